//! Walks DER (X.690 section 10) without copying, and says where and why it stopped.
//!
//! `der`'s own readers decode into typed values and know no UniversalString; here every element is kept as the bytes
//! it was received in, whatever its type, and every error names the field. Lengths are read by `der`.

use der::{ErrorKind, Length, Reader, SliceReader, asn1::ObjectIdentifier};

use crate::Error;

/// Identifier octets of the types that X.509 uses.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const NUMERIC_STRING: u8 = 0x12;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const TELETEX_STRING: u8 = 0x14;
    pub(crate) const IA5_STRING: u8 = 0x16;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const VISIBLE_STRING: u8 = 0x1a;
    pub(crate) const UNIVERSAL_STRING: u8 = 0x1c;
    pub(crate) const BMP_STRING: u8 = 0x1e;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// `[number]` with primitive content, as an IMPLICIT tag over a string or an INTEGER.
    pub(crate) const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// `[number]` with constructed content: EXPLICIT, or IMPLICIT over a SEQUENCE or SET.
    pub(crate) const fn context_constructed(number: u8) -> u8 {
        0xa0 | number
    }

    /// The ASN.1 type's name, for messages.
    pub(crate) fn describe(tag: u8) -> String {
        let name = match tag {
            BOOLEAN => "BOOLEAN",
            INTEGER => "INTEGER",
            BIT_STRING => "BIT STRING",
            OCTET_STRING => "OCTET STRING",
            NULL => "NULL",
            OID => "OBJECT IDENTIFIER",
            UTF8_STRING => "UTF8String",
            NUMERIC_STRING => "NumericString",
            PRINTABLE_STRING => "PrintableString",
            TELETEX_STRING => "TeletexString",
            IA5_STRING => "IA5String",
            UTC_TIME => "UTCTime",
            GENERALIZED_TIME => "GeneralizedTime",
            VISIBLE_STRING => "VisibleString",
            UNIVERSAL_STRING => "UniversalString",
            BMP_STRING => "BMPString",
            SEQUENCE => "SEQUENCE",
            SET => "SET",
            0x80..=0xbf => return format!("[{}]", tag & 0x1f),
            _ => return format!("tag 0x{tag:02x}"),
        };
        name.to_owned()
    }
}

/// One element: identifier, length and content, as received.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// Identifier and length octets included.
    pub(crate) der: &'a [u8],
    field: &'static str,
    offset: usize,
}

impl<'a> Element<'a> {
    /// Walks the content.
    pub(crate) fn open(&self) -> Result<Cursor<'a>, Error> {
        let header = self.der.len() - self.content.len();
        Cursor::nested(self.content, self.field, self.offset + header)
    }

    pub(crate) fn wrong_type(&self, expected: &'static str) -> Error {
        Error::WrongType {
            field: self.field,
            offset: self.offset,
            expected,
            found: tag::describe(self.tag),
        }
    }

    pub(crate) fn not_der(&self, problem: &'static str) -> Error {
        Error::NotDer {
            field: self.field,
            offset: self.offset,
            problem,
        }
    }

    /// The value of an OBJECT IDENTIFIER element, also when it is tagged IMPLICITly.
    pub(crate) fn as_oid(&self) -> Result<ObjectIdentifier, Error> {
        ObjectIdentifier::from_bytes(self.content).map_err(|_| {
            self.not_der("an object identifier that is malformed, over 39 bytes long, or has a number of over 32 bits")
        })
    }

    /// The value of a BOOLEAN element, also when it is tagged IMPLICITly.
    pub(crate) fn as_boolean(&self) -> Result<bool, Error> {
        match self.content {
            [0x00] => Ok(false),
            [0xff] => Ok(true),
            _ => Err(self.not_der("a BOOLEAN that is neither 00 nor FF")),
        }
    }

    /// Content of an INTEGER element, checked to be in its shortest form.
    pub(crate) fn as_integer(&self) -> Result<&'a [u8], Error> {
        match self.content {
            [] => Err(self.not_der("an INTEGER without content")),
            [0x00, second, ..] if *second < 0x80 => {
                Err(self.not_der("an INTEGER that is not in its shortest form"))
            }
            [0xff, second, ..] if *second >= 0x80 => {
                Err(self.not_der("an INTEGER that is not in its shortest form"))
            }
            content => Ok(content),
        }
    }

    /// A non-negative INTEGER of at most 32 bits, also when it is tagged IMPLICITly.
    pub(crate) fn as_u32(&self) -> Result<u32, Error> {
        let content = self.as_integer()?;
        let negative = content.first().is_some_and(|&b| b >= 0x80);
        if negative || content.len() > 5 {
            return Err(Error::Value {
                field: self.field,
                problem: format!(
                    "is {} than 32 bits can count",
                    if negative { "less" } else { "more" }
                ),
            });
        }
        let value = content.iter().fold(0u64, |sum, &b| sum << 8 | u64::from(b));
        u32::try_from(value).map_err(|_| Error::Value {
            field: self.field,
            problem: "is more than 32 bits can count".to_owned(),
        })
    }

    /// Bytes of a BIT STRING that has whole bytes, as keys and signatures do.
    pub(crate) fn as_whole_bytes(&self) -> Result<&'a [u8], Error> {
        match self.content {
            [0, bytes @ ..] => Ok(bytes),
            [] => Err(self.not_der("a BIT STRING without content")),
            [unused, ..] => Err(Error::Value {
                field: self.field,
                problem: format!("must be whole bytes, but has {unused} unused bits"),
            }),
        }
    }
}

/// A position in a run of elements.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    reader: SliceReader<'a>,
    bytes: &'a [u8],
    /// Where `bytes` begins in the input, for messages.
    base: usize,
    /// Whether `bytes` is the whole input, so that running out of them means that the input was cut off.
    outermost: bool,
    field: &'static str,
}

impl<'a> Cursor<'a> {
    /// Over a part of something, such as an extension's value; `field` names what it is.
    pub(crate) fn new(bytes: &'a [u8], field: &'static str) -> Result<Self, Error> {
        Self::nested(bytes, field, 0)
    }

    fn nested(bytes: &'a [u8], field: &'static str, base: usize) -> Result<Self, Error> {
        let reader = SliceReader::new(bytes).map_err(|_| Error::TooLarge {
            len: bytes.len(),
            max: usize::try_from(u32::MAX).unwrap_or(usize::MAX),
        })?;
        Ok(Self {
            reader,
            bytes,
            base,
            outermost: false,
            field,
        })
    }

    /// Where the next element begins, from the start of the input.
    pub(crate) fn offset(&self) -> usize {
        self.base + self.position()
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.reader.is_finished()
    }

    /// What has not been read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position()..).unwrap_or_default()
    }

    /// Identifier octet of the next element.
    pub(crate) fn peek_tag(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    /// Nothing may be left.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        match self.rest() {
            [] => Ok(()),
            rest => Err(Error::TrailingData {
                field: self.field,
                offset: self.offset(),
                len: rest.len(),
            }),
        }
    }

    /// The next element, whatever its type.
    pub(crate) fn any(&mut self, field: &'static str) -> Result<Element<'a>, Error> {
        let offset = self.offset();
        let start = self.position();
        let whole = self.rest();
        let Some(tag) = self.peek_tag() else {
            return Err(Error::Missing { field, offset });
        };
        if tag & 0x1f == 0x1f {
            return Err(Error::NotDer {
                field,
                offset,
                problem: "a tag number over 30",
            });
        }
        let content = self
            .content()
            .map_err(|error| self.explain(error.kind(), field, offset))?;
        let der = whole.get(..self.position() - start).unwrap_or_default();
        Ok(Element {
            tag,
            content,
            der,
            field,
            offset,
        })
    }

    fn content(&mut self) -> Result<&'a [u8], der::Error> {
        self.reader.read_byte()?;
        let length = self.reader.decode::<Length>()?;
        self.reader.read_slice(length)
    }

    fn explain(&self, kind: ErrorKind, field: &'static str, offset: usize) -> Error {
        match kind {
            ErrorKind::Incomplete { expected_len, .. } if self.outermost => Error::Truncated {
                field,
                expected: self.base + usize::try_from(expected_len).unwrap_or(usize::MAX),
                got: self.base + self.bytes.len(),
            },
            ErrorKind::Incomplete { .. } => Error::NotDer {
                field,
                offset,
                problem: "a length beyond the end of what contains it",
            },
            ErrorKind::IndefiniteLength => Error::NotDer {
                field,
                offset,
                problem: "an indefinite length, which BER has but DER has not",
            },
            _ => Error::NotDer {
                field,
                offset,
                problem: "a length that is not in its shortest form, or over 32 bits",
            },
        }
    }

    /// The next element, which must have this tag.
    pub(crate) fn element(
        &mut self,
        tag: u8,
        expected: &'static str,
        field: &'static str,
    ) -> Result<Element<'a>, Error> {
        let element = self.any(field)?;
        if element.tag == tag {
            Ok(element)
        } else {
            Err(element.wrong_type(expected))
        }
    }

    /// The next element if it has this tag.
    pub(crate) fn optional(
        &mut self,
        tag: u8,
        field: &'static str,
    ) -> Result<Option<Element<'a>>, Error> {
        if self.peek_tag() == Some(tag) {
            self.any(field).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Walks the SEQUENCE that comes next.
    pub(crate) fn sequence(&mut self, field: &'static str) -> Result<Cursor<'a>, Error> {
        self.element(tag::SEQUENCE, "SEQUENCE", field)?.open()
    }

    /// The SEQUENCE that comes next, as received.
    pub(crate) fn sequence_der(&mut self, field: &'static str) -> Result<&'a [u8], Error> {
        Ok(self.element(tag::SEQUENCE, "SEQUENCE", field)?.der)
    }

    pub(crate) fn oid(&mut self, field: &'static str) -> Result<ObjectIdentifier, Error> {
        self.element(tag::OID, "OBJECT IDENTIFIER", field)?.as_oid()
    }

    pub(crate) fn octet_string(&mut self, field: &'static str) -> Result<&'a [u8], Error> {
        Ok(self
            .element(tag::OCTET_STRING, "OCTET STRING", field)?
            .content)
    }

    /// Content of the INTEGER that comes next, in its shortest form.
    pub(crate) fn integer(&mut self, field: &'static str) -> Result<&'a [u8], Error> {
        self.element(tag::INTEGER, "INTEGER", field)?.as_integer()
    }

    /// Bytes of the BIT STRING that comes next, which must have no unused bits.
    pub(crate) fn whole_bytes(&mut self, field: &'static str) -> Result<&'a [u8], Error> {
        self.element(tag::BIT_STRING, "BIT STRING", field)?
            .as_whole_bytes()
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.position()).unwrap_or(usize::MAX)
    }
}

/// Walks the one SEQUENCE that a whole file consists of, and tells cut off, PEM, and other kinds of files apart.
pub(crate) fn document<'a>(input: &'a [u8], field: &'static str) -> Result<Cursor<'a>, Error> {
    if input.trim_ascii_start().starts_with(b"-----BEGIN ") {
        return Err(Error::PemNotDer);
    }
    match input.first() {
        None => Err(Error::Truncated {
            field,
            expected: 2,
            got: 0,
        }),
        Some(&tag::SEQUENCE) => {
            let mut outer = Cursor {
                outermost: true,
                ..Cursor::new(input, field)?
            };
            let inner = outer.sequence(field)?;
            outer.finish()?;
            Ok(inner)
        }
        Some(&first) => Err(Error::NeitherPemNorDer { field, first }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    fn first_error(bytes: &[u8]) -> String {
        document(bytes, "Thing")
            .map(|_| ())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn kinds_of_wrong_files() {
        assert_eq!(
            first_error(b""),
            "truncated: `Thing` needs 2 bytes, but only 0 are there"
        );
        assert_eq!(
            first_error(b"\x30"),
            "truncated: `Thing` needs 2 bytes, but only 1 are there"
        );
        assert_eq!(
            first_error(b"\x30\x82\x01"),
            "truncated: `Thing` needs 4 bytes, but only 3 are there"
        );
        assert_eq!(
            first_error(b"\x30\x05\x02"),
            "truncated: `Thing` needs 7 bytes, but only 3 are there"
        );
        assert_eq!(
            first_error(b"hello"),
            "neither PEM nor DER of a `Thing`: the first byte is 0x68"
        );
        assert_eq!(
            first_error(b"\n-----BEGIN X-----\n"),
            "PEM text where DER bytes are expected"
        );
        assert_eq!(
            first_error(b"\x30\x00\n"),
            "1 bytes follow the end of `Thing` at offset 2"
        );
        assert!(first_error(b"\x30\x80\x00\x00").contains("indefinite length"));
        assert!(first_error(b"\x30\x81\x01\x00").contains("shortest form"));
    }

    #[test]
    fn inner_lengths_beyond_their_container_are_not_truncation() {
        let mut inner = document(b"\x30\x03\x04\x02\x00", "Thing").unwrap();
        assert_eq!(
            inner.octet_string("part").unwrap_err().to_string(),
            "not DER: a length beyond the end of what contains it in `part` at offset 2"
        );
    }

    #[test]
    fn offsets_count_from_the_input() {
        let mut outer = document(b"\x30\x07\x30\x05\x02\x01\x05\x05\x00", "Thing").unwrap();
        let mut inner = outer.sequence("inner").unwrap();
        assert_eq!(inner.integer("n").unwrap(), [5]);
        assert_eq!(
            inner.integer("m").unwrap_err().to_string(),
            "`m` at offset 7 must be INTEGER, found NULL"
        );
        assert_eq!(
            outer.any("next").unwrap_err(),
            Error::Missing {
                field: "next",
                offset: 9
            }
        );
    }

    #[test]
    fn integers() {
        let u32_of = |der: &[u8]| Cursor::new(der, "n").unwrap().any("n").unwrap().as_u32();
        assert_eq!(u32_of(b"\x02\x05\x00\xff\xff\xff\xff"), Ok(u32::MAX));
        assert_eq!(u32_of(b"\x02\x01\x00"), Ok(0));
        for bad in [
            &b"\x02\x00"[..],
            b"\x02\x01\xff",
            b"\x02\x02\x00\x01",
            b"\x02\x05\x01\0\0\0\0",
            b"\x02\x02\xff\xff",
        ] {
            assert!(u32_of(bad).is_err(), "{bad:02x?}");
        }
    }

    proptest! {
        #[test]
        fn elements_tile_the_input(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut cursor = Cursor::new(&bytes, "x").unwrap();
            let mut read = 0;
            while let Ok(element) = cursor.any("x") {
                prop_assert_eq!(&bytes[read..read + element.der.len()], element.der);
                prop_assert!(element.der.ends_with(element.content));
                read += element.der.len();
                prop_assert_eq!(cursor.offset(), read);
                let _ = (element.as_oid(), element.as_boolean(), element.as_u32(), element.as_whole_bytes());
            }
        }
    }
}
