//! AlgorithmIdentifiers of signatures, as certificates and requests carry them (RFC 4055, RFC 5758).

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Encode, Sequence};
use spki::AlgorithmIdentifierRef;
use tpm2ca_openssl_keys::Error;
use tpm2ca_openssl_keys::digest::Md;
use tpm2ca_openssl_keys::key::RSASSA_PSS;
use tpm2ca_openssl_keys::rsa::pss::Pss;
use tpm2ca_openssl_keys::signature::Scheme;

/// The DER of the AlgorithmIdentifier; an error for what has none.
pub(super) fn of(scheme: Scheme) -> Result<Vec<u8>, Error> {
    let none = || {
        Error::unsupported(
            "a signature without a hash",
            "it has no AlgorithmIdentifier",
        )
    };
    let encoded = match scheme {
        Scheme::RsaPkcs1(md) => AlgorithmIdentifierRef {
            oid: rsa(md.ok_or_else(none)?),
            parameters: Some(AnyRef::NULL),
        }
        .to_der(),
        Scheme::Ecdsa(md) => AlgorithmIdentifierRef {
            oid: ecdsa(md.ok_or_else(none)?),
            parameters: None,
        }
        .to_der(),
        Scheme::RsaPss(pss) => parameters(pss).and_then(|parameters| {
            AlgorithmIdentifierRef {
                oid: RSASSA_PSS,
                parameters: Some(AnyRef::from_der(&parameters)?),
            }
            .to_der()
        }),
        Scheme::RsaBare => return Err(none()),
    };
    encoded.map_err(|_| Error::unsupported("this signature algorithm", "it does not fit into DER"))
}

/// RSASSA-PSS-params (RFC 4055, 3.1). Every field has a default, which DER leaves out.
#[derive(Sequence)]
struct PssParameters<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifierRef<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask: Option<AlgorithmIdentifierRef<'a>>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    salt_len: Option<u16>,
}

fn parameters(Pss { md, mgf1, salt }: Pss) -> der::Result<Vec<u8>> {
    let hash = |md: Md| AlgorithmIdentifierRef {
        oid: md.oid(),
        parameters: Some(AnyRef::NULL),
    };
    let mask_hash = hash(mgf1).to_der()?;
    let mask = AlgorithmIdentifierRef {
        oid: MGF1,
        parameters: Some(AnyRef::from_der(&mask_hash)?),
    };
    let salt = u16::try_from(salt.unwrap_or(md.len())).unwrap_or(u16::MAX);
    PssParameters {
        hash: (md != Md::Sha1).then(|| hash(md)),
        mask: (mgf1 != Md::Sha1).then_some(mask),
        salt_len: (salt != DEFAULT_SALT).then_some(salt),
    }
    .to_der()
}

fn rsa(md: Md) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(match md {
        Md::Sha1 => "1.2.840.113549.1.1.5",
        Md::Sha224 => "1.2.840.113549.1.1.14",
        Md::Sha256 => "1.2.840.113549.1.1.11",
        Md::Sha384 => "1.2.840.113549.1.1.12",
        Md::Sha512 => "1.2.840.113549.1.1.13",
    })
}

fn ecdsa(md: Md) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(match md {
        Md::Sha1 => "1.2.840.10045.4.1",
        Md::Sha224 => "1.2.840.10045.4.3.1",
        Md::Sha256 => "1.2.840.10045.4.3.2",
        Md::Sha384 => "1.2.840.10045.4.3.3",
        Md::Sha512 => "1.2.840.10045.4.3.4",
    })
}

const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const DEFAULT_SALT: u16 = 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn ecdsa_has_no_parameters_and_rsa_has_null() {
        let ecdsa = of(Scheme::Ecdsa(Some(Md::Sha256))).unwrap();
        assert_eq!(
            ecdsa,
            [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]
        );
        let rsa = of(Scheme::RsaPkcs1(Some(Md::Sha384))).unwrap();
        assert_eq!(rsa[rsa.len() - 3..], [12, 5, 0]);
        assert!(of(Scheme::RsaPkcs1(None)).is_err());
        assert!(of(Scheme::RsaBare).is_err());
    }

    #[test]
    fn pss_of_nothing_but_defaults_is_empty() {
        let pss = |md, salt| Pss {
            md,
            mgf1: md,
            salt: Some(salt),
        };
        assert_eq!(parameters(pss(Md::Sha1, 20)).unwrap(), [0x30, 0]);
        let full = parameters(pss(Md::Sha256, 32)).unwrap();
        assert_eq!(full[full.len() - 5..], [0xa2, 3, 2, 1, 32]);
    }
}
