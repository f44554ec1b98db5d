//! Writes DER elements around content that is already DER.

/// One element: `tag`, the length in its shortest form, `content`.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + MAX_HEADER);
    push_tlv(&mut out, tag, content);
    out
}

/// Appends one element.
pub(crate) fn push_tlv(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    push_header(out, tag, content.len());
    out.extend_from_slice(content);
}

/// Appends identifier and length octets of an element whose content is `len` bytes long.
pub(crate) fn push_header(out: &mut Vec<u8>, tag: u8, len: usize) {
    out.push(tag);
    match u8::try_from(len) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = len.to_be_bytes();
            let digits: Vec<u8> = bytes.into_iter().skip_while(|&b| b == 0).collect();
            // A usize has at most 8 octets, so the count always fits beside the flag.
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or(0x7f));
            out.extend_from_slice(&digits);
        }
    }
}

/// Appends a BIT STRING of whole bytes.
pub(crate) fn push_whole_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    push_header(out, super::read::tag::BIT_STRING, bytes.len() + 1);
    out.push(0);
    out.extend_from_slice(bytes);
}

/// Identifier and length octets of anything that fits into 32 bits.
const MAX_HEADER: usize = 6;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::read::Cursor;

    #[test]
    fn lengths_are_shortest() {
        for (len, header) in [
            (0, &b"\x04\x00"[..]),
            (127, b"\x04\x7f"),
            (128, b"\x04\x81\x80"),
            (255, b"\x04\x81\xff"),
            (256, b"\x04\x82\x01\x00"),
            (70_000, b"\x04\x83\x01\x11\x70"),
        ] {
            let content = vec![7; len];
            let der = tlv(4, &content);
            assert!(der.starts_with(header), "{len}");
            assert_eq!(
                Cursor::new(&der, "x").unwrap().octet_string("x").unwrap(),
                content
            );
        }
    }
}
