//! The Extension of RFC 5280 section 4.1, shared by certificates, requests, CRLs and OCSP.

use std::collections::HashSet;

use der::asn1::ObjectIdentifier;

use crate::{
    Error,
    read::{Cursor, tag},
    write,
};

/// An extension that is going to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Which one.
    pub oid: ObjectIdentifier,
    /// Whether a verifier that does not know it must refuse.
    pub critical: bool,
    /// DER inside the `extnValue` OCTET STRING.
    pub value: Vec<u8>,
}

impl Extension {
    /// The whole Extension. `critical` is left out when it is false, its DEFAULT.
    pub fn to_der(&self) -> Vec<u8> {
        let mut content = Vec::with_capacity(self.value.len() + 24);
        write::push_tlv(&mut content, tag::OID, self.oid.as_bytes());
        if self.critical {
            write::push_tlv(&mut content, tag::BOOLEAN, &[0xff]);
        }
        write::push_tlv(&mut content, tag::OCTET_STRING, &self.value);
        write::tlv(tag::SEQUENCE, &content)
    }
}

/// An extension as it was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawExtension<'a> {
    /// Which one.
    pub oid: ObjectIdentifier,
    /// Whether a verifier that does not know it must refuse.
    pub critical: bool,
    /// Bytes inside the `extnValue` OCTET STRING, not looked at yet.
    pub value: &'a [u8],
}

impl RawExtension<'_> {
    /// A copy that can be written.
    pub fn to_owned(&self) -> Extension {
        Extension {
            oid: self.oid,
            critical: self.critical,
            value: self.value.to_vec(),
        }
    }
}

/// Reads an `Extensions` SEQUENCE. A repeated extension is refused; an explicit `critical FALSE`, which DER forbids but
/// a few writers emit, is not.
pub(crate) fn read_extensions<'a>(
    cursor: &mut Cursor<'a>,
    field: &'static str,
) -> Result<Vec<RawExtension<'a>>, Error> {
    let mut list = cursor.sequence(field)?;
    let mut extensions = Vec::new();
    let mut seen = HashSet::new();
    while !list.is_finished() {
        let mut parts = list.sequence("extension")?;
        let oid = parts.oid("extnID")?;
        let critical = match parts.optional(tag::BOOLEAN, "critical")? {
            Some(element) => element.as_boolean()?,
            None => false,
        };
        let value = parts.octet_string("extnValue")?;
        parts.finish()?;
        if !seen.insert(oid) {
            return Err(Error::DuplicateExtension(oid));
        }
        extensions.push(RawExtension {
            oid,
            critical,
            value,
        });
    }
    Ok(extensions)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::oid;

    fn list(extensions: &[Extension]) -> Vec<u8> {
        write::tlv(
            tag::SEQUENCE,
            &extensions
                .iter()
                .flat_map(Extension::to_der)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn round_trips_and_leaves_out_the_default() {
        let sent = [
            Extension {
                oid: oid::KEY_USAGE,
                critical: true,
                value: vec![3, 2, 7, 128],
            },
            Extension {
                oid: oid::OCSP_NO_CHECK,
                critical: false,
                value: vec![5, 0],
            },
        ];
        let der = list(&sent);
        let read = read_extensions(&mut Cursor::new(&der, "e").unwrap(), "e").unwrap();
        assert_eq!(
            read.iter().map(RawExtension::to_owned).collect::<Vec<_>>(),
            sent
        );
        assert!(
            !sent[1].to_der().contains(&tag::BOOLEAN)
                || sent[1].oid.as_bytes().contains(&tag::BOOLEAN)
        );
        assert_eq!(
            sent[0].to_der(),
            b"\x30\x0e\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x07\x80"
        );
    }

    #[test]
    fn a_repeated_extension_is_refused() {
        let one = Extension {
            oid: oid::KEY_USAGE,
            critical: true,
            value: vec![3, 2, 7, 128],
        };
        let der = list(&[one.clone(), one]);
        assert_eq!(
            read_extensions(&mut Cursor::new(&der, "e").unwrap(), "e"),
            Err(Error::DuplicateExtension(oid::KEY_USAGE))
        );
    }

    #[test]
    fn surplus_in_an_extension_is_refused() {
        let der = b"\x30\x0b\x30\x09\x06\x03\x55\x1d\x0f\x04\x00\x05\x00";
        assert!(matches!(
            read_extensions(&mut Cursor::new(der, "e").unwrap(), "e"),
            Err(Error::TrailingData {
                field: "extension",
                offset: 11,
                len: 2
            })
        ));
    }
}
