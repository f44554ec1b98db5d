//! Names for certificates, as somebody types them.

use std::net::IpAddr;

use tpm2ca_x509::GeneralName;

use crate::error::CliError;

/// What kind of name somebody typed: an address, a URI, an email address, or else a DNS name. `DNS:`, `IP:`,
/// `email:` and `URI:` say so, as in x509v3_config(5).
///
/// # Errors
/// When it is not what its prefix says, or has characters that no name in a certificate can have.
pub(crate) fn parse(text: &str) -> Result<GeneralName, CliError> {
    let name = match text.split_once(':') {
        Some(("DNS", value)) => GeneralName::Dns(value.to_owned()),
        Some(("email", value)) => GeneralName::Email(value.to_owned()),
        Some(("URI", value)) => GeneralName::Uri(value.to_owned()),
        Some(("IP", value)) => GeneralName::Ip(value.parse().map_err(|_| {
            CliError::usage(
                format!("`{value}` is not an IP address"),
                "an address looks like 10.0.0.1 or 2001:db8::1, without a mask",
            )
        })?),
        _ => by_look(text),
    };
    match &name {
        GeneralName::Dns(text) | GeneralName::Email(text) | GeneralName::Uri(text) => ascii(text)?,
        _ => {}
    }
    Ok(name)
}

/// The name of a CA, from which the common names of its certificates are made.
///
/// # Errors
/// When they could not be.
pub(crate) fn for_ca(text: &str) -> Result<String, String> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        Err("a CA needs a name that people can read".to_owned())
    } else if length > LONGEST_CA_NAME {
        Err(format!(
            "it has {length} characters, at most {LONGEST_CA_NAME} are possible"
        ))
    } else if text.contains(char::is_control) {
        Err("it has a control character".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// The name of an issuer, which is also that of its files.
///
/// # Errors
/// When it could not be.
pub(crate) fn for_issuer(text: &str) -> Result<String, String> {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let is_short = (1..=64).contains(&text.len());
    if is_short && text.chars().all(is_fit) && !text.starts_with(['.', '-']) {
        Ok(text.to_owned())
    } else {
        Err("expected a name such as `intermediate-2`, which files can have".to_owned())
    }
}

/// What ` Intermediate CA` leaves of ub-common-name, in characters (RFC 5280 appendix A.1).
const LONGEST_CA_NAME: usize = 64 - " Intermediate CA".len();

/// Whether no kind of name looks like this, so that it can only be what people call somebody.
pub(crate) fn is_for_people(text: &str) -> bool {
    matches!(by_look(text), GeneralName::Dns(_))
        && text.contains(|character: char| character == ' ' || !character.is_ascii())
}

/// The bare value of a name, without its kind.
pub(crate) fn bare(name: &GeneralName) -> String {
    match name {
        GeneralName::Dns(text) | GeneralName::Email(text) | GeneralName::Uri(text) => text.clone(),
        GeneralName::Ip(address) => address.to_string(),
        other => other.to_string(),
    }
}

fn by_look(text: &str) -> GeneralName {
    if let Ok(address) = text.parse::<IpAddr>() {
        GeneralName::Ip(address)
    } else if text.contains("://") || text.starts_with("urn:") {
        GeneralName::Uri(text.to_owned())
    } else if text.contains('@') {
        GeneralName::Email(text.to_owned())
    } else {
        GeneralName::Dns(text.to_owned())
    }
}

/// The strings of these names are IA5 (RFC 5280 section 4.2.1.6). What an international name is in ASCII depends on
/// the tables of IDNA (RFC 5891), and is not guessed here.
///
/// # Errors
/// When there are other characters.
pub(crate) fn ascii(text: &str) -> Result<(), CliError> {
    if text.is_ascii() {
        return Ok(());
    }
    Err(CliError::usage(
        format!("`{text}` has characters outside ASCII, which no name in a certificate can have"),
        "write an international name in its `xn--` form, which `idn2 NAME` prints, such as xn--mnchen-3ya.example",
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        let kind = |text: &str| parse(text).unwrap();
        assert_eq!(kind("a.example"), GeneralName::Dns("a.example".into()));
        assert_eq!(kind("::1"), GeneralName::Ip("::1".parse().unwrap()));
        assert_eq!(
            kind("IP:10.0.0.1"),
            GeneralName::Ip("10.0.0.1".parse().unwrap())
        );
        assert_eq!(
            kind("a@b.example"),
            GeneralName::Email("a@b.example".into())
        );
        assert_eq!(
            kind("spiffe://x/y"),
            GeneralName::Uri("spiffe://x/y".into())
        );
        assert_eq!(kind("DNS:10.0.0.1"), GeneralName::Dns("10.0.0.1".into()));
        for wrong in [
            "IP:localhost",
            "m\u{fc}nchen.example",
            "email:j\u{fc}rgen@a.example",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_of_cas() {
        for right in ["Acme", "-A", "Gr\u{fc}n & S\u{f6}hne", &"x".repeat(48)] {
            assert_eq!(for_ca(right).as_deref(), Ok(right));
        }
        for wrong in ["", "  ", "a\u{1b}[2Jb", &"x".repeat(49)] {
            assert!(for_ca(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn people_are_told_from_machines() {
        for person in ["Jane Doe", "J\u{fc}rgen"] {
            assert!(is_for_people(person), "{person}");
        }
        for machine in [
            "www.example.com",
            "jane@example.com",
            "10.0.0.1",
            "https://x.example/a b",
        ] {
            assert!(!is_for_people(machine), "{machine}");
        }
    }
}
