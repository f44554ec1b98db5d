//! The Online Certificate Status Protocol: RFC 6960, its profile for large numbers RFC 5019, and the nonce of RFC 9654.
//!
//! A responder reads an [`OcspRequest`], looks the certificates of its [`CertId`]s up, writes [`BasicResponseFields`],
//! has these bytes signed and puts everything together with [`assemble_ocsp`]; what goes wrong before that is answered
//! with [`ocsp_error`]. [`OcspResponse`] reads responses back.
//!
//! A `CertID` names its issuer by hashes. This crate has no hash functions: the caller computes SHA-1 and SHA-256 of
//! its issuer's subject (the DER Name) and key (the BIT STRING without its unused-bits octet, see
//! [`crate::spki_key_bits`]) once, and compares with [`CertId::is_of_issuer`]. Clients still send SHA-1 by default.

mod cert_id;
mod reader;
mod request;
mod responder;
mod response;
mod single;
mod status;

pub use cert_id::CertId;
pub use reader::{BasicResponse, OcspResponse};
pub use request::{OcspRequest, OcspRequestFields};
pub use responder::ResponderId;
pub use response::{BasicResponseFields, assemble_ocsp};
pub use single::{CertStatus, SingleResponse};
pub use status::{ErrorStatus, ocsp_error};

use crate::{
    Error, Extension, RawExtension, oid,
    read::{Cursor, tag},
    write,
};

/// Octets that a nonce may have, RFC 9654 section 2.1.
const NONCE_LEN: std::ops::RangeInclusive<usize> = 1..=128;

/// The nonce extension, never critical (RFC 6960 section 4.4).
fn nonce_extension(nonce: &[u8]) -> Result<Extension, Error> {
    check_nonce_len(nonce)?;
    Ok(Extension {
        oid: oid::OCSP_NONCE,
        critical: false,
        value: write::tlv(tag::OCTET_STRING, nonce),
    })
}

/// The nonce among extensions, out of the OCTET STRING that RFC 9654 section 2.1 wraps it in.
fn find_nonce<'a>(extensions: &[RawExtension<'a>]) -> Result<Option<&'a [u8]>, Error> {
    let Some(extension) = extensions.iter().find(|e| e.oid == oid::OCSP_NONCE) else {
        return Ok(None);
    };
    let mut cursor = Cursor::new(extension.value, "nonce")?;
    let nonce = cursor.octet_string("nonce")?;
    cursor.finish()?;
    check_nonce_len(nonce)?;
    Ok(Some(nonce))
}

fn check_nonce_len(nonce: &[u8]) -> Result<(), Error> {
    if NONCE_LEN.contains(&nonce.len()) {
        Ok(())
    } else {
        Err(value_error(
            "nonce",
            format!("must have 1 to 128 octets, found {}", nonce.len()),
        ))
    }
}

/// An `Extensions` SEQUENCE inside `[number]` EXPLICIT; nothing when there are none. Refuses repeated extensions.
fn push_extensions(out: &mut Vec<u8>, number: u8, extensions: &[Extension]) -> Result<(), Error> {
    if extensions.is_empty() {
        return Ok(());
    }
    let mut list = Vec::new();
    for (at, extension) in extensions.iter().enumerate() {
        if extensions
            .iter()
            .take(at)
            .any(|earlier| earlier.oid == extension.oid)
        {
            return Err(Error::DuplicateExtension(extension.oid));
        }
        list.extend(extension.to_der());
    }
    write::push_tlv(
        out,
        tag::context_constructed(number),
        &write::tlv(tag::SEQUENCE, &list),
    );
    Ok(())
}

/// Extensions inside `[number]` EXPLICIT, if they are what comes next.
fn read_explicit_extensions<'a>(
    cursor: &mut Cursor<'a>,
    number: u8,
    field: &'static str,
) -> Result<Vec<RawExtension<'a>>, Error> {
    let Some(element) = cursor.optional(tag::context_constructed(number), field)? else {
        return Ok(Vec::new());
    };
    let mut wrapper = element.open()?;
    let extensions = crate::extension::read_extensions(&mut wrapper, field)?;
    wrapper.finish()?;
    Ok(extensions)
}

/// `version [0] EXPLICIT Version DEFAULT v1`, which may be there although DER leaves defaults out.
fn read_version_1(cursor: &mut Cursor<'_>) -> Result<(), Error> {
    let Some(element) = cursor.optional(tag::context_constructed(0), "version")? else {
        return Ok(());
    };
    let mut wrapper = element.open()?;
    let version = wrapper
        .element(tag::INTEGER, "INTEGER", "version")?
        .as_u32()?;
    wrapper.finish()?;
    match version {
        0 => Ok(()),
        other => Err(value_error(
            "version",
            format!("must be 0 (v1), found {other}"),
        )),
    }
}

fn value_error(field: &'static str, problem: String) -> Error {
    Error::Value { field, problem }
}
