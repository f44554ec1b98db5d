//! Holders of certificates, and their names as they are compared (RFC 5280 section 7.1).

use tpm2ca_x509::{Certificate, Name};

use crate::digest::sha256;

/// The holder of a certificate: name, key, and whether it is a CA.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// The subject, a DER `Name`.
    pub subject_der: &'a [u8],
    /// The public key, a DER `SubjectPublicKeyInfo`.
    pub spki_der: &'a [u8],
    /// True for a CA.
    pub is_ca: bool,
}

/// Hashes of the name and the key of a holder, as the records have them.
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

    /// Returns the holder of a certificate; `None` for bytes that are no certificate.
    pub(crate) fn of_certificate(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::parse(der).ok()?;
        let tbs = certificate.tbs();
        Some(Self::of(&Holder {
            subject_der: tbs.subject_der(),
            spki_der: tbs.spki_der(),
            is_ca: tbs.is_ca(),
        }))
    }

    /// Returns hashes of name and key if the holder is a CA with a name.
    pub(crate) fn ca_name(&self) -> Option<([u8; 32], [u8; 32])> {
        Some((self.name?, self.key)).filter(|_| self.is_ca)
    }
}

/// Returns the names that an issuer's certificate makes known: its own, and that of the CA above it, of which the key is
/// not known.
pub(crate) fn names_of_issuer(certificate_der: &[u8]) -> Vec<([u8; 32], Option<[u8; 32]>)> {
    let own = HolderKey::of_certificate(certificate_der)
        .and_then(|holder| Some((holder.name?, Some(holder.key))));
    let above = issuer_name_sha256(certificate_der).map(|name| (name, None));
    own.into_iter().chain(above).collect()
}

/// Returns the hash of the name of the CA that issued a certificate; `None` if the certificate is its own issuer, or is
/// none.
fn issuer_name_sha256(der: &[u8]) -> Option<[u8; 32]> {
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
