//! Writes PKCS#10 requests (RFC 2986 section 4.1) for keys of ours, such as that of an intermediate CA whose root is
//! elsewhere.

use tpm2ca_x509::{Extension, Hash, SignatureAlgorithm};

use crate::{
    Digest, SignError, Signer,
    der_write::{BIT_STRING, SEQUENCE, SET, tlv},
};

/// Makes a request in DER, signed with the signer's default algorithm.
///
/// `subject_der` is a Name in DER and copied as it is. With extensions the request gets the attribute extensionRequest
/// (RFC 2985 section 5.4.2), without it has no attribute.
pub fn make_csr(
    subject_der: &[u8],
    extensions: &[Extension],
    signer: &dyn Signer,
) -> Result<Vec<u8>, SignError> {
    let algorithm = signer.default_algorithm();
    let info = request_info(subject_der, signer.public_key().spki_der(), extensions);
    // a signer of something that is not hashed first says so itself, whatever it is given
    let digest = Digest::of(algorithm.hash().unwrap_or(Hash::Sha512), &info);
    let signature = signer.sign(algorithm, &digest)?;
    Ok(assemble(&info, algorithm, signature.bytes()))
}

/// CertificationRequestInfo
pub(crate) fn request_info(
    subject_der: &[u8],
    spki_der: &[u8],
    extensions: &[Extension],
) -> Vec<u8> {
    let attributes = if extensions.is_empty() {
        Vec::new()
    } else {
        let list: Vec<u8> = extensions.iter().flat_map(Extension::to_der).collect();
        let values = tlv(SET, &[&tlv(SEQUENCE, &[&list])]);
        tlv(SEQUENCE, &[EXTENSION_REQUEST, &values])
    };
    tlv(
        SEQUENCE,
        &[
            VERSION_1,
            subject_der,
            spki_der,
            &tlv(ATTRIBUTES, &[&attributes]),
        ],
    )
}

/// CertificationRequest
pub(crate) fn assemble(info: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
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
