//! Reads responses back, to check our own and those of others: RFC 6960 section 4.2.

use super::{
    ErrorStatus, ResponderId, SingleResponse, find_nonce, read_explicit_extensions, read_version_1,
    response::SUCCESSFUL, value_error,
};
use crate::{
    Error, RawExtension, SignatureAlgorithm, UnixTime,
    crl::ENUMERATED,
    oid,
    read::{self, Cursor, tag},
    time::read_generalized_time,
};

/// A parsed response that borrows its bytes.
#[derive(Clone, Debug)]
pub enum OcspResponse<'a> {
    /// There is an answer. Whether its signature is right is for the caller to find out.
    Successful(Box<BasicResponse<'a>>),
    /// There is none.
    Error(ErrorStatus),
}

impl<'a> OcspResponse<'a> {
    /// Longer responses are refused.
    pub const MAX_LEN: usize = 1024 * 1024;

    /// Reads a DER `OCSPResponse`. Other types of answer than `id-pkix-ocsp-basic` are refused.
    pub fn parse(der: &'a [u8]) -> Result<Self, Error> {
        if der.len() > Self::MAX_LEN {
            return Err(Error::TooLarge {
                len: der.len(),
                max: Self::MAX_LEN,
            });
        }
        let mut outer = read::document(der, "OCSPResponse")?;
        let status = outer.element(ENUMERATED, "ENUMERATED", "responseStatus")?;
        let explicit = outer.optional(tag::context_constructed(0), "responseBytes")?;
        outer.finish()?;
        match (status.content, explicit) {
            (&[SUCCESSFUL], Some(explicit)) => {
                let mut wrapper = explicit.open()?;
                let mut bytes = wrapper.sequence("responseBytes")?;
                wrapper.finish()?;
                let response_type = bytes.oid("responseType")?;
                let basic = bytes.octet_string("response")?;
                bytes.finish()?;
                if response_type != oid::OCSP_BASIC {
                    return Err(value_error(
                        "responseType",
                        format!("must be {} (basic), found {response_type}", oid::OCSP_BASIC),
                    ));
                }
                BasicResponse::parse(basic).map(|basic| Self::Successful(Box::new(basic)))
            }
            (&[SUCCESSFUL], None) => Err(Error::Missing {
                field: "responseBytes",
                offset: outer.offset(),
            }),
            (&[code], None) => ErrorStatus::from_code(code)
                .map(Self::Error)
                .ok_or_else(|| value_error("responseStatus", format!("has no meaning: {code}"))),
            (_, Some(_)) => Err(value_error(
                "responseBytes",
                "must not be there when `responseStatus` is an error".to_owned(),
            )),
            _ => Err(status.not_der("an ENUMERATED that is not one octet")),
        }
    }
}

/// A parsed `BasicOCSPResponse` that borrows its bytes.
#[derive(Clone, Debug)]
pub struct BasicResponse<'a> {
    tbs_der: &'a [u8],
    signature_algorithm_der: &'a [u8],
    signature: &'a [u8],
    certs: Vec<&'a [u8]>,
    responder: ResponderId<'a>,
    produced_at: UnixTime,
    responses: Vec<SingleResponse<'a>>,
    extensions: Vec<RawExtension<'a>>,
    nonce: Option<&'a [u8]>,
}

impl<'a> BasicResponse<'a> {
    /// Reads a DER `BasicOCSPResponse`, as it is inside an `OCSPResponse` and in CMS. Refuses unknown critical
    /// extensions of a single answer and repeated extensions.
    pub fn parse(der: &'a [u8]) -> Result<Self, Error> {
        let mut outer = read::document(der, "BasicOCSPResponse")?;
        let tbs = outer.element(tag::SEQUENCE, "SEQUENCE", "tbsResponseData")?;
        let signature_algorithm_der = outer.sequence_der("signatureAlgorithm")?;
        let signature = outer.whole_bytes("signature")?;
        let certs = match outer.optional(tag::context_constructed(0), "certs")? {
            Some(explicit) => read_certs(&mut explicit.open()?)?,
            None => Vec::new(),
        };
        outer.finish()?;

        let mut inner = tbs.open()?;
        read_version_1(&mut inner)?;
        let responder = ResponderId::read(&mut inner)?;
        let produced_at = read_generalized_time(&mut inner, "producedAt")?;
        let mut list = inner.sequence("responses")?;
        let mut responses = Vec::new();
        while !list.is_finished() {
            responses.push(SingleResponse::read(&mut list)?);
        }
        let extensions = read_explicit_extensions(&mut inner, 1, "responseExtensions")?;
        inner.finish()?;
        let nonce = find_nonce(&extensions)?;
        Ok(Self {
            tbs_der: tbs.der,
            signature_algorithm_der,
            signature,
            certs,
            responder,
            produced_at,
            responses,
            extensions,
            nonce,
        })
    }

    /// The signed bytes.
    pub fn tbs_der(&self) -> &'a [u8] {
        self.tbs_der
    }

    /// The whole AlgorithmIdentifier of the signature.
    pub fn signature_algorithm_der(&self) -> &'a [u8] {
        self.signature_algorithm_der
    }

    /// The algorithm of the signature, if this crate knows it.
    pub fn signature_algorithm(&self) -> Result<SignatureAlgorithm, Error> {
        SignatureAlgorithm::from_der(self.signature_algorithm_der)
    }

    /// Bytes of the signature.
    pub fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// Whole certificates, in their order; none of them has been looked into.
    pub fn certs(&self) -> &[&'a [u8]] {
        &self.certs
    }

    /// Who signed.
    pub fn responder(&self) -> ResponderId<'a> {
        self.responder
    }

    /// When it was signed.
    pub fn produced_at(&self) -> UnixTime {
        self.produced_at
    }

    /// The answers, in their order.
    pub fn responses(&self) -> &[SingleResponse<'a>] {
        &self.responses
    }

    /// The `responseExtensions`, the nonce among them.
    pub fn extensions(&self) -> &[RawExtension<'a>] {
        &self.extensions
    }

    /// The nonce of the request that this response was made for.
    pub fn nonce(&self) -> Option<&'a [u8]> {
        self.nonce
    }
}

fn read_certs<'a>(wrapper: &mut Cursor<'a>) -> Result<Vec<&'a [u8]>, Error> {
    let mut list = wrapper.sequence("certs")?;
    wrapper.finish()?;
    let mut certs = Vec::new();
    while !list.is_finished() {
        certs.push(list.sequence_der("Certificate")?);
    }
    Ok(certs)
}

#[cfg(test)]
mod tests;
