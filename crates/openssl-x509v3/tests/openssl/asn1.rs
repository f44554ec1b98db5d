//! The `ASN1:` language.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::PathBuf};

use tpm2ca_openssl_x509v3::{Objects, generate};

use crate::{
    corpus::{self, bytes, lines},
    ours, theirs,
};

pub(crate) fn support() -> PathBuf {
    let root = env!("CARGO_MANIFEST_DIR");
    PathBuf::from(root).join("tests/openssl/corpus/support.cnf")
}

/// What differs between `openssl asn1parse -genstr` and us.
pub(crate) fn compare(description: &[u8]) -> Option<String> {
    let conf = ours::conf(include_bytes!("corpus/support.cnf"));
    // `asn1parse` reads no `oid_section`.
    let ours = generate(description, Some(&conf), &Objects::new());
    let theirs = theirs::asn1(OsStr::from_bytes(description), &support());
    match (&theirs, &ours) {
        (Some(theirs), Ok(ours)) if theirs == ours => None,
        (None, Err(_)) => None,
        _ => Some(format!(
            "{}\n  theirs {theirs:02x?}\n  ours   {ours:02x?}",
            String::from_utf8_lossy(description)
        )),
    }
}

#[test]
fn makes_what_openssl_makes() {
    let cases = lines(include_str!("corpus/asn1.txt"));
    assert!(cases.len() >= 60, "{}", cases.len());
    corpus::judge(&cases, |case| compare(&bytes(case)).into_iter().collect());
}
