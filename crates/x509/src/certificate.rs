//! Signed certificates, RFC 5280 section 4.1.1.

use crate::{
    Error, SignatureAlgorithm, TbsCertificate,
    read::{document, tag},
    write,
};

/// A certificate that borrows its bytes. Parsing says nothing about the signature.
#[derive(Clone, Debug)]
pub struct Certificate<'a> {
    der: &'a [u8],
    tbs: TbsCertificate<'a>,
    signature_algorithm_der: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads one certificate and nothing after it. What is accepted beyond RFC 5280 is said at [`TbsCertificate`].
    pub fn parse(der: &'a [u8]) -> Result<Self, Error> {
        let mut parts = document(der, "Certificate")?;
        let tbs = parts.element(tag::SEQUENCE, "SEQUENCE", "tbsCertificate")?;
        let signature_algorithm_der = parts.sequence_der("signatureAlgorithm")?;
        let signature = parts.whole_bytes("signature")?;
        parts.finish()?;
        Ok(Self {
            der,
            tbs: TbsCertificate::from_element(&tbs)?,
            signature_algorithm_der,
            signature,
        })
    }

    /// All of it.
    pub fn der(&self) -> &'a [u8] {
        self.der
    }

    /// What is signed.
    pub fn tbs(&self) -> &TbsCertificate<'a> {
        &self.tbs
    }

    /// The whole AlgorithmIdentifier of the signature. RFC 5280 4.1.1.2 wants it equal to the one inside, which is the
    /// linter's and verifier's business.
    pub fn signature_algorithm_der(&self) -> &'a [u8] {
        self.signature_algorithm_der
    }

    /// Bytes of the signature BIT STRING.
    pub fn signature(&self) -> &'a [u8] {
        self.signature
    }
}

/// A certificate from its parts: `tbs_der` as it was signed, and the signature in X.509 form (a PKCS #1 block, or a DER
/// `ECDSA-Sig-Value`).
pub fn assemble(tbs_der: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
    let algorithm = algorithm.to_der();
    let mut content = Vec::with_capacity(tbs_der.len() + algorithm.len() + signature.len() + 8);
    content.extend_from_slice(tbs_der);
    content.extend_from_slice(algorithm);
    write::push_whole_bytes(&mut content, signature);
    write::tlv(tag::SEQUENCE, &content)
}
