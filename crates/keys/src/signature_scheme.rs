//! The signature algorithm of a request: those of [`SignatureAlgorithm`], and RSASSA-PSS, which requesters may use
//! although this CA does not sign with it (RFC 4055 section 3.1). What is refused is called by its name.

use der::{
    Decode, Sequence,
    asn1::{AnyRef, ObjectIdentifier},
};
use spki::AlgorithmIdentifierRef;
use tpm2ca_x509::{Hash, SignatureAlgorithm};

use crate::{KeyError, PublicKey};

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureScheme {
    /// an algorithm that certificates have, too
    Plain(SignatureAlgorithm),
    /// RSASSA-PSS, MGF1 with the same hash, salt as long as the hash
    Pss(Hash),
}

impl SignatureScheme {
    /// Reads a whole AlgorithmIdentifier.
    pub(crate) fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let plain = match SignatureAlgorithm::from_der(der) {
            Ok(algorithm) => return Ok(Self::Plain(algorithm)),
            Err(error) => error,
        };
        let identifier = AlgorithmIdentifierRef::from_der(der).map_err(|error| {
            KeyError::MalformedAlgorithm {
                what: format!("AlgorithmIdentifier is not DER: {error}"),
            }
        })?;
        if identifier.oid == RSASSA_PSS {
            return read_pss(identifier.parameters).map(Self::Pss);
        }
        if SignatureAlgorithm::ALL
            .iter()
            .any(|known| known.oid() == identifier.oid)
        {
            return Err(KeyError::MalformedAlgorithm {
                what: plain.to_string(),
            });
        }
        let (algorithm, broken) = refused(identifier.oid);
        Err(KeyError::UnsupportedSignature { algorithm, broken })
    }

    /// Checks a signature of this scheme.
    pub(crate) fn verify(
        self,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), KeyError> {
        match self {
            Self::Plain(algorithm) => key.verify(algorithm, message, signature),
            Self::Pss(hash) => key.verify_pss(hash, message, signature),
        }
    }
}

/// RSASSA-PSS-params of RFC 4055 section 3.1. A missing field means SHA-1 (or 20 octets of salt).
#[derive(Sequence)]
struct PssParameters<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifierRef<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask: Option<AlgorithmIdentifierRef<'a>>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    salt_len: Option<u32>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    trailer: Option<u32>,
}

fn read_pss(parameters: Option<AnyRef<'_>>) -> Result<Hash, KeyError> {
    let unsupported = |what: &str| KeyError::PssParameters {
        what: what.to_owned(),
    };
    let parameters = parameters
        .ok_or_else(|| unsupported("there are none, which means SHA-1"))?
        .decode_as::<PssParameters<'_>>()
        .map_err(|error| KeyError::MalformedAlgorithm {
            what: format!("RSASSA-PSS-params is not DER: {error}"),
        })?;
    let hash = parameters
        .hash
        .and_then(|hash| pss_hash(&hash))
        .ok_or_else(|| unsupported("the hash is none of SHA-256, SHA-384 and SHA-512"))?;
    let mask_hash = parameters
        .mask
        .filter(|mask| mask.oid == MGF1)
        .and_then(|mask| mask.parameters)
        .and_then(|hash| hash.decode_as::<AlgorithmIdentifierRef<'_>>().ok())
        .and_then(|hash| pss_hash(&hash));
    if mask_hash != Some(hash) {
        return Err(unsupported(
            "the mask is not MGF1 with the hash of the message",
        ));
    }
    let (expected, got) = (salt_len(hash), parameters.salt_len.unwrap_or(20));
    if got != expected {
        return Err(unsupported(&format!(
            "the salt has {got} octets, it must be as long as the hash, {expected}"
        )));
    }
    if !matches!(parameters.trailer, None | Some(1)) {
        return Err(unsupported("the trailer is not `bc`"));
    }
    Ok(hash)
}

/// RFC 4055 section 2.1: parameters are NULL, and readers must also take their absence.
fn pss_hash(identifier: &AlgorithmIdentifierRef<'_>) -> Option<Hash> {
    if identifier
        .parameters
        .is_some_and(|parameters| parameters != AnyRef::NULL)
    {
        return None;
    }
    match identifier.oid {
        SHA256 => Some(Hash::Sha256),
        SHA384 => Some(Hash::Sha384),
        SHA512 => Some(Hash::Sha512),
        _ => None,
    }
}

const fn salt_len(hash: Hash) -> u32 {
    match hash {
        Hash::Sha256 => 32,
        Hash::Sha384 => 48,
        Hash::Sha512 => 64,
    }
}

/// The name of an algorithm that is refused, and whether because it is broken.
fn refused(oid: ObjectIdentifier) -> (String, bool) {
    let (name, broken) = match oid.to_string().as_str() {
        "1.2.840.113549.1.1.2" => ("md2WithRSAEncryption", true),
        "1.2.840.113549.1.1.3" => ("md4WithRSAEncryption", true),
        "1.2.840.113549.1.1.4" => ("md5WithRSAEncryption", true),
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => ("sha1WithRSAEncryption", true),
        "1.2.840.10045.4.1" => ("ecdsa-with-SHA1", true),
        "1.2.840.10040.4.3" => ("dsaWithSHA1", true),
        "1.2.840.113549.1.1.14" => ("sha224WithRSAEncryption", false),
        "1.2.840.10045.4.3.1" => ("ecdsa-with-SHA224", false),
        "2.16.840.1.101.3.4.3.1" => ("dsa-with-SHA224", false),
        "2.16.840.1.101.3.4.3.2" => ("dsa-with-SHA256", false),
        "2.16.840.1.101.3.4.3.10" => ("ecdsa-with-SHA3-256", false),
        "2.16.840.1.101.3.4.3.11" => ("ecdsa-with-SHA3-384", false),
        "2.16.840.1.101.3.4.3.12" => ("ecdsa-with-SHA3-512", false),
        "2.16.840.1.101.3.4.3.14" => ("RSA-SHA3-256", false),
        "2.16.840.1.101.3.4.3.15" => ("RSA-SHA3-384", false),
        "2.16.840.1.101.3.4.3.16" => ("RSA-SHA3-512", false),
        "1.3.101.113" => ("ED448", false),
        number => return (number.to_owned(), false),
    };
    (name.to_owned(), broken)
}

const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
