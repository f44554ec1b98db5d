//! Extensions that a CSR asks for: the profile decides, and what it decides otherwise than asked is
//! noted.

use tpm2ca_x509::ext::{KeyUsage, parse_basic_constraints, parse_extended_key_usage};
use tpm2ca_x509::{Extension, RawExtension, oid};

use crate::profile::Profile;
use crate::usage::{extended_key_usage_name, extension_name};

/// Compares what was asked with what was planned. The subject alternative name was looked at
/// before, and the key identifiers follow from the keys.
pub(super) fn compare(
    profile: &Profile,
    requested: &[RawExtension<'_>],
    planned: &[Extension],
    notes: &mut Vec<String>,
) {
    const DECIDED_ELSEWHERE: [tpm2ca_x509::ObjectIdentifier; 3] = [
        oid::SUBJECT_ALT_NAME,
        oid::SUBJECT_KEY_IDENTIFIER,
        oid::AUTHORITY_KEY_IDENTIFIER,
    ];
    let mut claims = Vec::new();
    for asked in requested
        .iter()
        .filter(|asked| !DECIDED_ELSEWHERE.contains(&asked.oid))
    {
        let given = planned.iter().find(|extension| extension.oid == asked.oid);
        if given.is_some_and(|given| given.value == asked.value) {
            continue;
        }
        match asked.oid {
            oid::BASIC_CONSTRAINTS => {
                basic_constraints(profile, asked.value, given, &mut claims, notes);
            }
            oid::KEY_USAGE => key_usage(profile, asked.value, given, notes),
            oid::EXTENDED_KEY_USAGE => extended_key_usage(profile, asked.value, given, notes),
            _ => notes.push(format!(
                "the request's extension `{}` was ignored: profile `{}` decides about it",
                extension_name(&asked.oid),
                profile.name
            )),
        }
    }
    // First, where it is seen.
    notes.splice(0..0, claims);
}

fn basic_constraints(
    profile: &Profile,
    asked: &[u8],
    given: Option<&Extension>,
    claims: &mut Vec<String>,
    notes: &mut Vec<String>,
) {
    let name = &profile.name;
    let Ok((ca, path_len)) = parse_basic_constraints(asked) else {
        notes.push(
            "the request's extension `basicConstraints` cannot be read and was ignored".to_owned(),
        );
        return;
    };
    match (ca, profile.kind.is_ca()) {
        (true, false) => claims.push(format!(
            "WARNING: the request asks to be a CA (basicConstraints CA:TRUE); by profile \
                `{name}` the certificate is not one"
        )),
        (false, true) => {
            notes.push(format!(
                "the request asks not to be a CA; by profile `{name}` the \
                certificate is one"
            ));
        }
        (true, true) => {
            let given = given
                .and_then(|given| parse_basic_constraints(&given.value).ok())
                .and_then(|(_, len)| len);
            if given != path_len {
                notes.push(format!(
                    "the request asks for {}; by profile `{name}` the certificate has {}",
                    show_path_len(path_len),
                    show_path_len(given)
                ));
            }
        }
        // "Not a CA" and no extension say the same.
        (false, false) => {}
    }
}

fn key_usage(profile: &Profile, asked: &[u8], given: Option<&Extension>, notes: &mut Vec<String>) {
    let read = |value: &[u8]| KeyUsage::from_der(value).ok();
    let given = given
        .and_then(|given| read(&given.value))
        .unwrap_or_default();
    match read(asked) {
        Some(asked) if asked == given => {}
        Some(asked) => notes.push(differs(
            profile,
            "key usage",
            &asked.to_string(),
            &given.to_string(),
        )),
        None => notes
            .push("the request's extension `keyUsage` cannot be read and was ignored".to_owned()),
    }
}

fn extended_key_usage(
    profile: &Profile,
    asked: &[u8],
    given: Option<&Extension>,
    notes: &mut Vec<String>,
) {
    let read = |value: &[u8]| {
        let mut names: Vec<_> = parse_extended_key_usage(value)
            .ok()?
            .iter()
            .map(extended_key_usage_name)
            .collect();
        names.sort();
        Some(names)
    };
    let given = given
        .and_then(|given| read(&given.value))
        .unwrap_or_default();
    match read(asked) {
        Some(asked) if asked == given => {}
        Some(asked) => {
            notes.push(differs(
                profile,
                "extended key usage",
                &asked.join(", "),
                &given.join(", "),
            ));
        }
        None => notes.push(
            "the request's extension `extendedKeyUsage` cannot be read and was ignored".to_owned(),
        ),
    }
}

fn differs(profile: &Profile, what: &str, asked: &str, given: &str) -> String {
    let given = if given.is_empty() { "none" } else { given };
    format!(
        "the request asks for {what} {asked}; by profile `{}` the certificate has {given}",
        profile.name
    )
}

fn show_path_len(path_len: Option<u32>) -> String {
    path_len.map_or_else(
        || "no path length".to_owned(),
        |len| format!("path length {len}"),
    )
}
