//! What the caller knows about a certificate that its bytes cannot tell.

use tpm2ca_x509::{SignatureAlgorithm, TbsCertificate, UnixTime, oid};

/// What the certificate is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A self-signed CA certificate, the anchor of a chain.
    Root,
    /// A CA certificate issued by another CA.
    Intermediate,
    /// A certificate of something that is no CA.
    Leaf,
    /// A certificate that answers OCSP requests on behalf of its issuer (RFC 6960 section 4.2.2.2).
    OcspResponder,
}

impl Role {
    /// Whether a certificate of this role signs other certificates.
    pub fn is_ca(self) -> bool {
        matches!(self, Self::Root | Self::Intermediate)
    }
}

/// Everything a lint may know beside the bytes.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What the certificate is meant to be.
    pub role: Role,
    /// The certificate that issues this one; `None` when it signs itself.
    pub issuer: Option<IssuerFacts<'a>>,
    /// The algorithm the signature will be made with.
    pub signature_algorithm: SignatureAlgorithm,
    /// The key identifier the subject's key has, when the caller computed it; the certificate must then bear it.
    pub subject_key_identifier: Option<&'a [u8]>,
}

/// What is known of the issuer's certificate.
#[derive(Clone, Copy, Debug)]
pub struct IssuerFacts<'a> {
    /// Its subject, DER.
    pub subject_der: &'a [u8],
    /// Its subject key identifier.
    pub key_identifier: Option<&'a [u8]>,
    /// The first second of its validity.
    pub not_before: UnixTime,
    /// The last second of its validity.
    pub not_after: UnixTime,
    /// Its `pathLenConstraint`.
    pub path_len: Option<u32>,
    /// The content of its name constraints extension (RFC 5280 section 4.2.1.10), DER.
    pub name_constraints: Option<&'a [u8]>,
}

impl<'a> IssuerFacts<'a> {
    /// Takes all of them from the issuer's parsed certificate.
    pub fn of(issuer: &TbsCertificate<'a>) -> Self {
        let validity = issuer.validity();
        Self {
            subject_der: issuer.subject_der(),
            key_identifier: issuer.subject_key_identifier(),
            not_before: validity.not_before,
            not_after: validity.not_after,
            path_len: issuer.path_len(),
            name_constraints: issuer
                .extension(oid::NAME_CONSTRAINTS)
                .map(|extension| extension.value),
        }
    }
}
