//! The proof that a requester holds its key: the signature of a PKCS#10 request (RFC 2986 section 4.2).

use tpm2ca_x509::Csr;

use crate::{KeyError, PublicKey, check_strength, signature_scheme::SignatureScheme};

/// A request whose signature is right and whose key is not known to be weak. Only [`verify_csr`] makes one.
#[derive(Clone, Debug)]
pub struct VerifiedCsr<'a> {
    csr: Csr<'a>,
    public_key: PublicKey,
}

impl<'a> VerifiedCsr<'a> {
    /// The request.
    pub fn csr(&self) -> &Csr<'a> {
        &self.csr
    }

    /// Its public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }
}

/// Checks the key of a request, and then its signature, over the CertificationRequestInfo as it was received.
///
/// The key comes first since a signature by a weak key proves nothing, and its weakness is the more useful thing to say.
///
/// # Errors
/// Every [`KeyError`] but those about digests.
pub fn verify_csr(csr: Csr<'_>) -> Result<VerifiedCsr<'_>, KeyError> {
    let public_key = PublicKey::from_spki_der(csr.spki_der())?;
    check_strength(&public_key)?;
    SignatureScheme::from_der(csr.signature_algorithm_der())?.verify(
        &public_key,
        csr.info_der(),
        csr.signature(),
    )?;
    Ok(VerifiedCsr { csr, public_key })
}
