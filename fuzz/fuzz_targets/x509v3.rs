//! Sections of a configuration file that extensions, names and ASN.1 values are made of.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tpm2ca_openssl_conf::{Conf, Files, Found};
use tpm2ca_openssl_x509v3::{
    ExtensionBuilder, ExtensionContext, Issuer, IssuerCertificate, NameRules, Objects, StringMask,
    Target, generate,
};
use tpm2ca_x509::Name;

/// No file is read.
struct Nothing;

impl Files for Nothing {
    fn find(&self, _: &std::path::Path, _: usize) -> std::io::Result<Found> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

static SUBJECT: LazyLock<Name> =
    LazyLock::new(|| "/CN=x/emailAddress=a@b".parse().expect("a right name"));

fuzz_target!(|data: &[u8]| {
    let Ok(conf) = Conf::parse_with(data, "fuzz.cnf", &|_: &str| None, &Nothing) else {
        return;
    };
    let Ok(objects) = Objects::from_conf(&conf) else {
        return;
    };
    let string_mask = conf
        .get("default", "string_mask")
        .and_then(|mask| StringMask::parse(mask.as_bytes()).ok())
        .unwrap_or_default();
    let rules = NameRules {
        objects: &objects,
        string_mask,
        utf8: data.len() % 2 == 0,
    };
    let issuer = IssuerCertificate {
        issuer_der: SUBJECT.as_der(),
        serial: &[1],
        subject_key_identifier: Some(b"\x04\x02\x01\x02"),
        subject_alt_name: Some(b"\x30\x03\x82\x01a"),
    };
    let certificate = |issuer| Target::Certificate {
        subject: &SUBJECT,
        key_id: &[7; 20],
        issuer,
    };
    for target in [
        certificate(Issuer::Itself { serial: &[1] }),
        certificate(Issuer::Other(issuer)),
        Target::Crl { issuer },
    ] {
        for section in conf.sections() {
            let mut builder = ExtensionBuilder::new(ExtensionContext {
                conf: Some(&conf),
                objects: &objects,
                string_mask,
                target,
            });
            for value in section.values() {
                if let Err(error) = builder.add_value(value) {
                    let _ = (error.to_string(), error.hint().map(str::len));
                }
            }
            let _ = builder.complete_key_identifiers();
            let made = builder.finish();
            for extension in &made.list {
                assert!(is_der(&extension.to_der(), 1));
                // `DER:` is any bytes, and universal tags can be put onto anything.
                if !has(data, b"DER:") && !has(data, b"IMP") && !has(data, b"EXP") {
                    assert!(is_der(&extension.value, 100), "{extension:02x?}");
                }
            }
        }
    }
    for section in conf.sections() {
        if let Ok(name) = rules.section(section) {
            assert!(name.is_canonical_der());
        }
        for value in section.values() {
            if let Ok((name, _)) = rules.subject(value.as_bytes()) {
                assert!(name.is_canonical_der());
            }
            if let Ok(der) = generate(value.as_bytes(), Some(&conf), &objects) {
                assert!(is_der(&der, 1));
            }
        }
    }
});

fn has(data: &[u8], word: &[u8]) -> bool {
    data.windows(word.len())
        .any(|part| part.eq_ignore_ascii_case(word))
}

/// Whether the bytes are one element, with elements in it as far as `depth`.
fn is_der(bytes: &[u8], depth: usize) -> bool {
    matches!(split(bytes), Some((_, _, []))) && all_der(bytes, depth)
}

fn all_der(mut bytes: &[u8], depth: usize) -> bool {
    while !bytes.is_empty() {
        let Some((constructed, content, rest)) = split(bytes) else {
            return false;
        };
        if constructed && depth > 1 && !all_der(content, depth - 1) {
            return false;
        }
        bytes = rest;
    }
    true
}

/// Whether the first element is constructed, its content, what follows it.
fn split(bytes: &[u8]) -> Option<(bool, &[u8], &[u8])> {
    let (&first, mut rest) = bytes.split_first()?;
    if first & 0x1f == 0x1f {
        let end = rest.iter().position(|&byte| byte < 0x80)?;
        rest = &rest[end + 1..];
    }
    let (&length, mut rest) = rest.split_first()?;
    let mut len = usize::from(length);
    if length >= 0x80 {
        let (digits, tail) = rest.split_at_checked(usize::from(length & 0x7f))?;
        if digits.is_empty() || digits[0] == 0 || digits.len() > 4 {
            return None;
        }
        len = digits
            .iter()
            .fold(0, |sum, &digit| sum << 8 | usize::from(digit));
        if len < 0x80 {
            return None;
        }
        rest = tail;
    }
    let (content, rest) = rest.split_at_checked(len)?;
    Some((first & 0x20 != 0, content, rest))
}
