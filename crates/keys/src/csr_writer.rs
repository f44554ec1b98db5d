//! Writes PKCS#10 requests (RFC 2986 section 4.1) for keys of ours, such as that of an intermediate CA whose root is
//! elsewhere.

use tpm2ca_x509::{Extension, ObjectIdentifier, SignatureAlgorithm};

use crate::{
    SignError, Signer,
    der_write::{BIT_STRING, OID, SEQUENCE, SET, tlv},
};

/// What a request says, beside the key it is for.
#[derive(Clone, Copy, Debug)]
pub struct RequestFields<'a> {
    /// A Name in DER, copied as it is.
    pub subject_der: &'a [u8],
    /// Attributes beside the extensions.
    pub attributes: &'a [RequestAttribute],
    /// Without any, the request has no attribute extensionRequest (RFC 2985 section 5.4.2).
    pub extensions: &'a [Extension],
}

/// An attribute with one value, such as challengePassword (RFC 2985 section 5.4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestAttribute {
    /// Its type.
    pub oid: ObjectIdentifier,
    /// Its value: one element in DER.
    pub value_der: Vec<u8>,
}

impl RequestFields<'_> {
    /// Makes a request in DER for the signer's key.
    ///
    /// # Errors
    /// [`SignError`]
    pub fn sign(
        &self,
        signer: &dyn Signer,
        algorithm: SignatureAlgorithm,
    ) -> Result<Vec<u8>, SignError> {
        let info = self.info(signer.public_key().spki_der());
        let signature = signer.sign_message(algorithm, &info)?;
        Ok(assemble(&info, algorithm, signature.bytes()))
    }

    /// CertificationRequestInfo
    fn info(&self, spki_der: &[u8]) -> Vec<u8> {
        let Self {
            subject_der,
            attributes,
            extensions,
        } = self;
        let attribute = |oid: &[u8], value: &[u8]| tlv(SEQUENCE, &[oid, &tlv(SET, &[value])]);
        let mut encoded: Vec<Vec<u8>> = attributes
            .iter()
            .map(|RequestAttribute { oid, value_der }| {
                attribute(&tlv(OID, &[oid.as_bytes()]), value_der)
            })
            .collect();
        if !extensions.is_empty() {
            let list: Vec<u8> = extensions.iter().flat_map(Extension::to_der).collect();
            encoded.push(attribute(EXTENSION_REQUEST, &tlv(SEQUENCE, &[&list])));
        }
        // DER has the elements of a SET OF sorted.
        encoded.sort();
        tlv(
            SEQUENCE,
            &[
                VERSION_1,
                subject_der,
                spki_der,
                &tlv(ATTRIBUTES, &[&encoded.concat()]),
            ],
        )
    }
}

/// Makes a request in DER, signed with the signer's default algorithm.
///
/// `subject_der` is a Name in DER and copied as it is. With extensions the request gets the attribute extensionRequest
/// (RFC 2985 section 5.4.2), without it has no attribute.
pub fn make_csr(
    subject_der: &[u8],
    extensions: &[Extension],
    signer: &dyn Signer,
) -> Result<Vec<u8>, SignError> {
    let fields = RequestFields {
        subject_der,
        attributes: &[],
        extensions,
    };
    fields.sign(signer, signer.default_algorithm())
}

/// CertificationRequest
fn assemble(info: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
    let bits = tlv(BIT_STRING, &[&[0], signature]);
    tlv(SEQUENCE, &[info, algorithm.to_der(), &bits])
}

/// `[0] IMPLICIT SET OF Attribute`
const ATTRIBUTES: u8 = 0xa0;
/// `version INTEGER { v1(0) }`
const VERSION_1: &[u8] = &[0x02, 0x01, 0x00];
/// 1.2.840.113549.1.9.14
const EXTENSION_REQUEST: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e,
];
