//! Certificates that a key signs itself, outside of any CA.
//!
//! There are no records yet that such a certificate could be in, so it goes through fewer stages than an issued one:
//! built, linted, signed, verified.

use tpm2ca_keys::Signer;
use tpm2ca_lint::{Context, Finding, Linter, Role};
use tpm2ca_x509::{
    Certificate, CertificateFields, Extension, Name, Serial, SignatureAlgorithm, TbsCertificate,
    Validity, assemble,
};

use crate::AuthorityError;

/// A certificate that is its own issuer, but for its key and its signature.
#[derive(Clone, Copy, Debug)]
pub struct SelfSignRequest<'a> {
    /// Subject and issuer.
    pub subject: &'a Name,
    /// When it is valid.
    pub validity: Validity,
    /// Its serial number.
    pub serial: &'a Serial,
    /// Its extensions; without any it is of version 1, as OpenSSL makes it.
    pub extensions: &'a [Extension],
    /// The algorithm of the signature.
    pub algorithm: SignatureAlgorithm,
    /// True when what a lint takes for an error is one.
    pub strict: bool,
}

/// Signs it with its own key. Returns the certificate, DER, and what the lints found.
///
/// # Errors
/// [`AuthorityError::Lint`] when it is to be strict; those of the signer.
pub fn self_sign(
    request: &SelfSignRequest<'_>,
    signer: &dyn Signer,
) -> Result<(Vec<u8>, Vec<Finding>), AuthorityError> {
    let fields = CertificateFields {
        serial: request.serial,
        signature_algorithm: request.algorithm,
        issuer_der: request.subject.as_der(),
        validity: request.validity,
        subject_der: request.subject.as_der(),
        spki_der: signer.public_key().spki_der(),
        extensions: request.extensions,
    };
    let tbs = if request.extensions.is_empty() {
        fields.to_tbs_der_v1()?
    } else {
        fields.to_tbs_der()?
    };
    let findings = lint(&tbs, request.algorithm, request.strict)?;
    let signature = signer.sign_message(request.algorithm, &tbs)?;
    let der = assemble(&tbs, request.algorithm, signature.bytes());
    // The assembled bytes must read back; an encoder's mistake ends here.
    Certificate::parse(&der)?;
    Ok((der, findings))
}

/// Returns what is to be said of the bytes.
fn lint(
    tbs: &[u8],
    signature_algorithm: SignatureAlgorithm,
    strict: bool,
) -> Result<Vec<Finding>, AuthorityError> {
    let is_ca = TbsCertificate::parse(tbs)?.is_ca();
    let context = Context {
        role: if is_ca { Role::Root } else { Role::Leaf },
        issuer: None,
        signature_algorithm,
        subject_key_identifier: None,
    };
    match Linter::new().check(tbs.to_vec(), &context) {
        Ok(linted) => Ok(linted.warnings().to_vec()),
        Err(rejected) if strict => Err(AuthorityError::Lint(Box::new(rejected))),
        Err(rejected) => Ok(rejected.findings),
    }
}
