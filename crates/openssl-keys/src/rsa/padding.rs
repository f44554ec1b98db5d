//! EMSA-PKCS1-v1_5 (RFC 8017, 9.2).

use der::asn1::{AnyRef, OctetStringRef};
use der::{Encode, Sequence};
use spki::AlgorithmIdentifierRef;

use crate::digest::Md;
use crate::error::Error;

/// The block that is signed, as long as the modulus. Without a hash the data itself is padded.
///
/// # Errors
/// [`Error::DataLength`] when it does not fit.
pub fn pkcs1(md: Option<Md>, data: &[u8], length: usize) -> Result<Vec<u8>, Error> {
    let content = match md {
        Some(md) => digest_info(md, data)?,
        None => data.to_vec(),
    };
    // At least eight octets of padding between three fixed ones.
    let Some(padding) = length
        .checked_sub(content.len() + 3)
        .filter(|&count| count >= 8)
    else {
        return Err(Error::DataLength {
            expected: format!("at most {} for this key", length.saturating_sub(11)),
            got: data.len(),
        });
    };
    let mut block = vec![0, 1];
    block.resize(2 + padding, 0xff);
    block.push(0);
    block.extend_from_slice(&content);
    Ok(block)
}

#[derive(Sequence)]
struct DigestInfo<'a> {
    algorithm: AlgorithmIdentifierRef<'a>,
    digest: &'a OctetStringRef,
}

fn digest_info(md: Md, digest: &[u8]) -> Result<Vec<u8>, Error> {
    let info = OctetStringRef::new(digest).and_then(|digest| {
        DigestInfo {
            algorithm: AlgorithmIdentifierRef {
                oid: md.oid(),
                parameters: Some(AnyRef::NULL),
            },
            digest,
        }
        .to_der()
    });
    info.map_err(|_| Error::DataLength {
        expected: md.len().to_string(),
        got: digest.len(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn too_short_a_key_is_refused() {
        let digest = [7; 64];
        assert!(pkcs1(Some(Md::Sha512), &digest, 93).is_err());
        let block = pkcs1(Some(Md::Sha512), &digest, 94).unwrap();
        assert_eq!(block.len(), 94);
        assert_eq!(
            block[..12],
            [0, 1, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0x30]
        );
        assert_eq!(
            pkcs1(None, b"x", 12).unwrap(),
            [0, 1, 255, 255, 255, 255, 255, 255, 255, 255, 0, b'x']
        );
    }
}
