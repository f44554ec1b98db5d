//! basicConstraints, keyUsage, extendedKeyUsage (RFC 5280 section 4.2.1), tlsfeature (RFC 7633), noCheck (RFC 6960).

use tpm2ca_x509::spelling::did_you_mean;

use super::ExtensionBuilder;
use crate::{
    der::{self, tag},
    error::{Problem, shown},
    list::Item,
    scalar,
};

type Made = Result<Vec<u8>, Problem>;

/// `CA:true, pathlen:1`
pub(super) fn basic_constraints(_: &mut ExtensionBuilder<'_>, items: &[Item<'_>]) -> Made {
    let mut ca = false;
    let mut path_len = None;
    for item in items {
        let read = || match item.name {
            b"CA" => Ok((Some(scalar::boolean(item.required()?)?), None)),
            b"pathlen" => Ok((None, Some(scalar::integer(item.required()?)?))),
            _ => Err(Problem::new(format!(
                "expected `CA:TRUE` or `pathlen:NUMBER`, found `{}`",
                item.shown()
            ))),
        };
        let (new_ca, new_path_len) = read().map_err(|problem| item.blame(problem))?;
        ca = new_ca.unwrap_or(ca);
        path_len = new_path_len.or(path_len);
    }
    let mut content = Vec::new();
    if ca {
        der::push(&mut content, tag::BOOLEAN, &[0xff]);
    }
    if let Some(path_len) = path_len {
        der::push(&mut content, tag::INTEGER, &path_len);
    }
    Ok(der::tlv(tag::SEQUENCE, &content))
}

/// Bits of a named bit list; each has a short and a long name.
pub(super) fn named_bits(items: &[Item<'_>], names: &[(&str, &str)]) -> Made {
    let mut bits = Vec::new();
    for item in items {
        let bit = names
            .iter()
            .position(|(short, long)| [short.as_bytes(), long.as_bytes()].contains(&item.name))
            .ok_or_else(|| {
                let known = names.iter().map(|(short, _)| *short);
                let name = shown(item.name);
                let hint = match name.as_str() {
                    // What RFC 5280 calls the bit today; OpenSSL knows the old name only.
                    "contentCommitment" => "write `nonRepudiation`".to_owned(),
                    _ => did_you_mean(&name, known, "names"),
                };
                let problem = Problem::new(format!("there is no `{name}` in it")).hint(hint);
                item.blame(problem)
            })?;
        bits.push(bit);
    }
    Ok(der::tlv(tag::BIT_STRING, &der::named_bits(&bits)))
}

/// `digitalSignature, keyCertSign`
pub(super) fn key_usage(_: &mut ExtensionBuilder<'_>, items: &[Item<'_>]) -> Made {
    const NAMES: [(&str, &str); 9] = [
        ("digitalSignature", "Digital Signature"),
        ("nonRepudiation", "Non Repudiation"),
        ("keyEncipherment", "Key Encipherment"),
        ("dataEncipherment", "Data Encipherment"),
        ("keyAgreement", "Key Agreement"),
        ("keyCertSign", "Certificate Sign"),
        ("cRLSign", "CRL Sign"),
        ("encipherOnly", "Encipher Only"),
        ("decipherOnly", "Decipher Only"),
    ];
    named_bits(items, &NAMES)
}

/// `serverAuth, 1.2.3.4`; in a section, the values count.
pub(super) fn extended_key_usage(builder: &mut ExtensionBuilder<'_>, items: &[Item<'_>]) -> Made {
    let mut content = Vec::new();
    for item in items {
        let purpose = builder
            .context
            .objects
            .require(item.value.unwrap_or(item.name))
            .map_err(|problem| item.blame(problem))?;
        content.extend(purpose.to_der());
    }
    Ok(der::tlv(tag::SEQUENCE, &content))
}

/// `status_request`, or numbers of TLS extensions.
pub(super) fn tls_feature(_: &mut ExtensionBuilder<'_>, items: &[Item<'_>]) -> Made {
    let mut content = Vec::new();
    for item in items {
        let text = item.value.unwrap_or(item.name);
        let number: u16 = if text.eq_ignore_ascii_case(b"status_request") {
            5
        } else if text.eq_ignore_ascii_case(b"status_request_v2") {
            17
        } else {
            std::str::from_utf8(text)
                .ok()
                .and_then(|text| text.trim_start().parse().ok())
                .ok_or_else(|| {
                    item.blame(Problem::new(format!(
                        "expected `status_request`, `status_request_v2` or a number up to 65535, found `{}`",
                        shown(text)
                    )))
                })?
        };
        let number = scalar::twos_complement(&number.to_be_bytes(), false);
        der::push(&mut content, tag::INTEGER, &number);
    }
    Ok(der::tlv(tag::SEQUENCE, &content))
}

/// Whatever the value is.
#[allow(clippy::unnecessary_wraps)] // one of many with this signature
pub(super) fn no_check(_: &mut ExtensionBuilder<'_>, _: &[u8]) -> Made {
    Ok(der::tlv(tag::NULL, &[]))
}
