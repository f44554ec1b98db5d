//! Who answers: `ResponderID`, RFC 6960 section 4.2.1.

use super::value_error;
use crate::{
    Error,
    name::check_name,
    read::{Cursor, tag},
    write,
};

/// The signer of a response, so that clients find its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponderId<'a> {
    /// The whole Name that is the subject of its certificate.
    ByName(&'a [u8]),
    /// SHA-1 of its key (the BIT STRING without the unused-bits octet), always 20 octets. Shorter, and what RFC 5019
    /// section 2.2.1 recommends.
    ByKey(&'a [u8]),
}

impl<'a> ResponderId<'a> {
    pub(super) fn push_der(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        match *self {
            Self::ByName(name) => {
                let mut cursor = Cursor::new(name, "byName")?;
                check_name(&cursor.element(tag::SEQUENCE, "SEQUENCE", "byName")?)?;
                cursor.finish()?;
                write::push_tlv(out, tag::context_constructed(1), name);
            }
            Self::ByKey(hash) => {
                check_key_hash(hash)?;
                write::push_tlv(
                    out,
                    tag::context_constructed(2),
                    &write::tlv(tag::OCTET_STRING, hash),
                );
            }
        }
        Ok(())
    }

    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Error> {
        let choice = cursor.any("responderID")?;
        let mut inside = choice.open()?;
        let id = if choice.tag == tag::context_constructed(1) {
            let name = inside.element(tag::SEQUENCE, "SEQUENCE", "byName")?;
            check_name(&name)?;
            Self::ByName(name.der)
        } else if choice.tag == tag::context_constructed(2) {
            let hash = inside.octet_string("byKey")?;
            check_key_hash(hash)?;
            Self::ByKey(hash)
        } else {
            return Err(choice.wrong_type("[1] or [2]"));
        };
        inside.finish()?;
        Ok(id)
    }
}

fn check_key_hash(hash: &[u8]) -> Result<(), Error> {
    if hash.len() == SHA1_LEN {
        Ok(())
    } else {
        Err(value_error(
            "byKey",
            format!("must have {SHA1_LEN} octets, found {}", hash.len()),
        ))
    }
}

const SHA1_LEN: usize = 20;
