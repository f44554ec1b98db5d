//! Holders of certificates: their names, and whether those are free.

use tpm2ca_x509::{Certificate, Name};

use crate::audit::sha256;

/// Who gets a certificate.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// The subject, a DER `Name`.
    pub subject_der: &'a [u8],
    /// The public key, a DER `SubjectPublicKeyInfo`.
    pub spki_der: &'a [u8],
    /// True for a CA.
    pub is_ca: bool,
}

/// The name and the key of a holder, as `ca_name` has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HolderKey {
    /// SHA-256 of the name's comparison key; `None` for the empty name, which no CA has.
    pub(crate) name: Option<[u8; 32]>,
    /// SHA-256 of the SubjectPublicKeyInfo.
    pub(crate) key: [u8; 32],
    pub(crate) is_ca: bool,
}

impl HolderKey {
    pub(crate) fn of(holder: &Holder<'_>) -> Self {
        let Holder {
            subject_der,
            spki_der,
            is_ca,
        } = *holder;
        Self {
            name: name_sha256(subject_der),
            key: sha256(spki_der),
            is_ca,
        }
    }

    /// The holder of a certificate; `None` for bytes that are no certificate.
    pub(crate) fn of_certificate(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::parse(der).ok()?;
        let tbs = certificate.tbs();
        Some(Self::of(&Holder {
            subject_der: tbs.subject_der(),
            spki_der: tbs.spki_der(),
            is_ca: tbs.is_ca(),
        }))
    }
}

/// The name of the CA that issued a certificate, as `ca_name` has it; `None` if the certificate is its own issuer, or is
/// none.
pub(crate) fn issuer_name_sha256(der: &[u8]) -> Option<[u8; 32]> {
    let certificate = Certificate::parse(der).ok()?;
    let tbs = certificate.tbs();
    let above = name_sha256(tbs.issuer_der());
    above.filter(|_| above != name_sha256(tbs.subject_der()))
}

fn name_sha256(der: &[u8]) -> Option<[u8; 32]> {
    match Name::from_der(der.to_vec()) {
        Ok(name) => (!name.is_empty()).then(|| sha256(&name.comparison_key())),
        // What cannot be read is only equal to itself.
        Err(_) => Some(sha256(der)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn holder(subject: &str, spki_der: &[u8]) -> HolderKey {
        HolderKey::of(&Holder {
            subject_der: Name::parse(subject).unwrap().as_der(),
            spki_der,
            is_ca: true,
        })
    }

    #[test]
    fn names_that_match_are_one() {
        let one = holder("/CN=Test Root CA", b"k");
        assert_eq!(one, holder("/CN=TEST  root ca", b"k"));
        assert_ne!(one, holder("/CN=Test Root CA", b"l"));
        assert_ne!(one.name, holder("/CN=Test Root CA 2", b"k").name);
        assert_eq!(holder("/", b"k").name, None);
    }

    #[test]
    fn bytes_that_are_no_certificate() {
        assert_eq!(HolderKey::of_certificate(b"x"), None);
        assert_eq!(issuer_name_sha256(b"x"), None);
        assert!(name_sha256(b"x").is_some());
    }
}
