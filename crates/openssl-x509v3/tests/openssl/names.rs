//! Distinguished names from sections and from `-subj`.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

use tpm2ca_openssl_x509v3::{NameRules, Objects, OpensslError, StringMask};

use crate::{
    corpus::{self, bytes, lines},
    ours, theirs,
};

/// `KEYS :: NAME`: keys of `[req]`, and a section or the text of `-subj`.
fn split(case: &str) -> (Vec<u8>, Vec<u8>) {
    let (keys, name) = case.split_once(" :: ").unwrap_or(("", case));
    (bytes(keys), bytes(name))
}

fn conf(keys: &[u8], section: &[u8]) -> Vec<u8> {
    let head = b"oid_section = new\n[new]\nexampleAttribute = 1.3.6.1.4.1.55555.3\n[req]\nprompt = no\ndistinguished_name = n\n";
    [&head[..], keys, b"\n[n]\n", section, b"\n"].concat()
}

/// Runs `make` with what the configuration says.
fn with_rules(
    conf: &[u8],
    make: impl Fn(NameRules<'_>, &tpm2ca_openssl_conf::Conf) -> Result<Vec<u8>, OpensslError>,
) -> Result<Vec<u8>, OpensslError> {
    let conf = ours::conf(conf);
    let objects = Objects::from_conf(&conf)?;
    let string_mask = match conf.get("req", "string_mask") {
        Some(mask) => StringMask::parse(mask.as_bytes())?,
        None => StringMask::default(),
    };
    let utf8 = conf
        .get("req", "utf8")
        .is_some_and(|v| v.as_bytes() == b"yes");
    let rules = NameRules {
        objects: &objects,
        string_mask,
        utf8,
    };
    make(rules, &conf)
}

fn verdict(
    case: &str,
    theirs: Option<&Vec<u8>>,
    ours: Result<&Vec<u8>, &OpensslError>,
) -> Vec<String> {
    match (theirs, ours) {
        (Some(theirs), Ok(ours)) if theirs == ours => Vec::new(),
        (None, Err(_)) => Vec::new(),
        _ => vec![format!(
            "{case}\n  theirs {theirs:02x?}\n  ours   {ours:02x?}"
        )],
    }
}

#[test]
fn of_sections() {
    let cases = lines(include_str!("corpus/name_sections.txt"));
    assert!(cases.len() >= 40, "{}", cases.len());
    corpus::judge(&cases, |case| {
        let (keys, section) = split(case);
        let conf = conf(&keys, &section);
        let ours = with_rules(&conf, |rules, conf| {
            let name = rules.section(conf.section("n").unwrap())?;
            Ok(name.as_der().to_vec())
        });
        verdict(case, theirs::name_of_section(&conf).as_ref(), ours.as_ref())
    });
}

/// What differs for a text of `-subj`, with these keys of `[req]`.
pub(crate) fn compare_subject(keys: &str, subject: &str) -> Vec<String> {
    let conf = conf(keys.as_bytes(), b"CN=x");
    let ours = with_rules(&conf, |rules, _| {
        Ok(rules.subject(subject.as_bytes())?.0.as_der().to_vec())
    });
    let theirs = theirs::name_of_subject(&conf, subject.as_ref());
    verdict(subject, theirs.as_ref(), ours.as_ref())
}

#[test]
fn of_subjects() {
    let cases = lines(include_str!("corpus/name_subjects.txt"));
    corpus::judge(&cases, |case| {
        let (keys, subject) = split(case);
        let conf = conf(&keys, b"CN=x");
        let ours = with_rules(&conf, |rules, _| {
            Ok(rules.subject(&subject)?.0.as_der().to_vec())
        });
        verdict(
            case,
            theirs::name_of_subject(&conf, OsStr::from_bytes(&subject)).as_ref(),
            ours.as_ref(),
        )
    });
}

/// OpenSSL leaves an unknown attribute of `-subj` out with a note that is easily overlooked.
#[test]
fn of_subjects_with_unknown_attributes() {
    let subject = |text: &str| {
        with_rules(&conf(b"", b""), |rules, _| {
            Ok(rules.subject(text.as_bytes())?.0.as_der().to_vec())
        })
    };
    let error = subject("/C=DE/commonname=host").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`/C=DE/commonname=host`: `commonname`: expected the name of an object identifier, or its dotted numbers, found `commonname`"
    );
    assert_eq!(error.hint(), Some("did you mean `commonName`?"));
    // What looks like a slip in the separators as well.
    assert!(subject("/O=a//CN=b").is_err());
    assert!(subject("/CN=/+OU=x/O=y").is_err());
    // Dotted numbers that OpenSSL has no name for are left out there too.
    assert!(subject("/1.3.6.1.4.1.55555.9=x").is_ok());
    let conf = conf(b"", b"CN=x");
    assert_eq!(
        theirs::name_of_subject(&conf, "/1.3.6.1.4.1.55555.9=x/CN=y".as_ref()),
        theirs::name_of_subject(&conf, "/CN=y".as_ref())
    );
}

#[test]
fn attributes_without_a_value_are_told() {
    let objects = Objects::new();
    let rules = NameRules {
        objects: &objects,
        string_mask: StringMask::default(),
        utf8: true,
    };
    let (name, left_out) = rules.subject(b"/C=/ST=/CN=host").unwrap();
    assert_eq!(name.to_string(), "CN=host");
    assert_eq!(left_out, ["C", "ST"]);
}
