//! Writes the signed answer: `BasicOCSPResponse`, RFC 6960 section 4.2.1.

use super::{ResponderId, SingleResponse, nonce_extension, push_extensions, value_error};
use crate::{
    Error, Extension, SignatureAlgorithm, UnixTime, crl::ENUMERATED, oid, read::tag,
    time::encode_generalized_time, write,
};

/// Everything of a response before its signature.
#[derive(Clone, Copy, Debug)]
pub struct BasicResponseFields<'a> {
    /// Who signs.
    pub responder: ResponderId<'a>,
    /// When the response is signed.
    pub produced_at: UnixTime,
    /// The answers, at least one.
    pub responses: &'a [SingleResponse<'a>],
    /// The request's nonce, if it had one and the response is made for this request.
    pub nonce: Option<&'a [u8]>,
    /// Further `responseExtensions`; not the nonce.
    pub extensions: &'a [Extension],
}

impl BasicResponseFields<'_> {
    /// The `ResponseData`, which is what gets signed. Refuses an empty list, a nonce of a wrong length, and times that
    /// have no encoding.
    pub fn to_tbs_der(&self) -> Result<Vec<u8>, Error> {
        let Self {
            responder,
            produced_at,
            responses,
            nonce,
            extensions,
        } = self;
        if responses.is_empty() {
            return Err(value_error(
                "responses",
                "must answer about a certificate, but is empty".to_owned(),
            ));
        }
        let mut content = Vec::new();
        responder.push_der(&mut content)?;
        content.extend(encode_generalized_time(*produced_at)?);
        let mut list = Vec::new();
        for response in *responses {
            list.extend(response.to_der()?);
        }
        write::push_tlv(&mut content, tag::SEQUENCE, &list);
        let mut all = Vec::new();
        all.extend(nonce.map(nonce_extension).transpose()?);
        all.extend_from_slice(extensions);
        push_extensions(&mut content, 1, &all)?;
        Ok(write::tlv(tag::SEQUENCE, &content))
    }
}

/// The whole successful `OCSPResponse`.
///
/// `signature` goes into the BIT STRING as it is. `certs` are whole certificates that help the client to verify: the
/// responder's own one, unless the CA itself signs; none leaves the field out.
pub fn assemble_ocsp(
    tbs_der: &[u8],
    alg: SignatureAlgorithm,
    signature: &[u8],
    certs: &[&[u8]],
) -> Vec<u8> {
    let mut basic = tbs_der.to_vec();
    basic.extend_from_slice(alg.to_der());
    write::push_whole_bytes(&mut basic, signature);
    if !certs.is_empty() {
        let list = write::tlv(tag::SEQUENCE, &certs.concat());
        write::push_tlv(&mut basic, tag::context_constructed(0), &list);
    }
    let basic = write::tlv(tag::SEQUENCE, &basic);

    let mut bytes = write::tlv(tag::OID, oid::OCSP_BASIC.as_bytes());
    write::push_tlv(&mut bytes, tag::OCTET_STRING, &basic);
    let mut response = write::tlv(ENUMERATED, &[SUCCESSFUL]);
    write::push_tlv(
        &mut response,
        tag::context_constructed(0),
        &write::tlv(tag::SEQUENCE, &bytes),
    );
    write::tlv(tag::SEQUENCE, &response)
}

/// The status of a response that has an answer.
pub(super) const SUCCESSFUL: u8 = 0;
