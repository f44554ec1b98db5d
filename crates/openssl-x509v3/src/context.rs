//! What extensions are made from, beside their own text.

use tpm2ca_openssl_conf::Conf;
use tpm2ca_x509::{Name, TbsCertificate, oid};

use super::{names::StringMask, objects::Objects};

/// What the values of extensions may refer to.
#[derive(Clone, Copy, Debug)]
pub struct ExtensionContext<'a> {
    /// Where `@section` is looked up. Without it, only values that name no section work.
    pub conf: Option<&'a Conf>,
    /// Names of object identifiers.
    pub objects: &'a Objects,
    /// String types of the attributes in `dirName` and `relativename`.
    pub string_mask: StringMask,
    /// What the extensions are for.
    pub target: Target<'a>,
}

/// What gets the extensions.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// A certificate request. There is no issuer yet.
    Request {
        /// The subject, for `email:copy`.
        subject: &'a Name,
        /// SHA-1 of the subject's public key bits, for `subjectKeyIdentifier = hash`.
        key_id: &'a [u8],
    },
    /// A certificate.
    Certificate {
        /// The subject, for `email:copy`.
        subject: &'a Name,
        /// SHA-1 of the subject's public key bits, for `subjectKeyIdentifier = hash`.
        key_id: &'a [u8],
        /// Who issues it.
        issuer: Issuer<'a>,
    },
    /// A CRL, or an entry of one.
    Crl {
        /// Who issues it.
        issuer: IssuerCertificate<'a>,
    },
}

/// The issuer of a certificate.
#[derive(Clone, Copy, Debug)]
pub enum Issuer<'a> {
    /// The certificate is its own issuer: subject and key are the same.
    Itself {
        /// Content of the INTEGER.
        serial: &'a [u8],
    },
    /// Another certificate.
    Other(IssuerCertificate<'a>),
}

/// What is needed of the issuer's certificate.
#[derive(Clone, Copy, Debug)]
pub struct IssuerCertificate<'a> {
    /// Name of the issuer's own issuer: what `authorityKeyIdentifier = issuer` puts beside the serial number.
    pub issuer_der: &'a [u8],
    /// Serial number: content of the INTEGER.
    pub serial: &'a [u8],
    /// Value of its subjectKeyIdentifier extension.
    pub subject_key_identifier: Option<&'a [u8]>,
    /// Value of its subjectAltName extension.
    pub subject_alt_name: Option<&'a [u8]>,
}

impl<'a> IssuerCertificate<'a> {
    /// From the certificate.
    pub fn new(certificate: &TbsCertificate<'a>) -> Self {
        let value = |oid| certificate.extension(oid).map(|extension| extension.value);
        Self {
            issuer_der: certificate.issuer_der(),
            serial: certificate.serial(),
            subject_key_identifier: value(oid::SUBJECT_KEY_IDENTIFIER),
            subject_alt_name: value(oid::SUBJECT_ALT_NAME),
        }
    }
}
