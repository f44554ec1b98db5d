//! The two parts of a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), without knowing any algorithm.

use crate::{
    Error,
    read::{Cursor, Element, tag},
};

/// The bits of the subjectPublicKey BIT STRING, without its unused-bits octet: what key identifiers are hashed from
/// (RFC 5280 section 4.2.1.2).
pub fn spki_key_bits(spki_der: &[u8]) -> Result<&[u8], Error> {
    parts(spki_der).map(|(_, key)| key)
}

/// The whole AlgorithmIdentifier of the key.
pub fn spki_algorithm_der(spki_der: &[u8]) -> Result<&[u8], Error> {
    parts(spki_der).map(|(algorithm, _)| algorithm)
}

/// Takes the SubjectPublicKeyInfo that comes next, and checks that it has the two parts.
pub(crate) fn read_spki<'a>(cursor: &mut Cursor<'a>) -> Result<Element<'a>, Error> {
    let spki = cursor.element(tag::SEQUENCE, "SEQUENCE", "subjectPublicKeyInfo")?;
    open(&spki)?;
    Ok(spki)
}

fn parts(spki_der: &[u8]) -> Result<(&[u8], &[u8]), Error> {
    let mut outer = Cursor::new(spki_der, "subjectPublicKeyInfo")?;
    let spki = outer.element(tag::SEQUENCE, "SEQUENCE", "subjectPublicKeyInfo")?;
    outer.finish()?;
    open(&spki)
}

fn open<'a>(spki: &Element<'a>) -> Result<(&'a [u8], &'a [u8]), Error> {
    let mut fields = spki.open()?;
    let algorithm = fields.element(tag::SEQUENCE, "SEQUENCE", "subjectPublicKeyInfo.algorithm")?;
    algorithm.open()?.oid("subjectPublicKeyInfo.algorithm")?;
    let key = fields.whole_bytes("subjectPublicKey")?;
    fields.finish()?;
    Ok((algorithm.der, key))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn parts_of_an_ed25519_key() {
        let der = b"\x30\x0a\x30\x05\x06\x03\x2b\x65\x70\x03\x01\x00";
        assert_eq!(spki_key_bits(der).unwrap(), b"");
        assert_eq!(spki_algorithm_der(der).unwrap(), &der[2..9]);
    }

    #[test]
    fn keys_are_whole_bytes() {
        let der = b"\x30\x0b\x30\x05\x06\x03\x2b\x65\x70\x03\x02\x01\xfe";
        assert_eq!(
            spki_key_bits(der).unwrap_err().to_string(),
            "`subjectPublicKey` must be whole bytes, but has 1 unused bits"
        );
    }
}
