//! Signatures, `TPMT_SIGNATURE` (TPM 2.0 Library Part 2, 11.3.4).

use crate::algorithm::HashAlg;
use crate::key::RawSignature;
use crate::wire::{Reader, WireError, WireProblem, code};

/// Reads the signature that `TPM2_Sign` returned; it must be of the scheme and hash that were asked for.
pub(crate) fn read(
    reader: &mut Reader<'_>,
    scheme: u16,
    hash: HashAlg,
) -> Result<RawSignature, WireError> {
    let found = reader.u16("sigAlg")?;
    if found != scheme {
        let got = u32::from(found);
        return Err(reader.error("sigAlg", WireProblem::Value { got }));
    }
    let found = reader.u16("hash")?;
    if found != hash.tpm_id() {
        let got = u32::from(found);
        return Err(reader.error("hash", WireProblem::Value { got }));
    }
    match scheme {
        code::ALG_ECDSA => Ok(RawSignature::Ecdsa {
            r: reader.sized("signatureR")?.to_vec(),
            s: reader.sized("signatureS")?.to_vec(),
        }),
        _ => Ok(RawSignature::Rsa(reader.sized("sig")?.to_vec())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::Writer;

    #[test]
    fn another_hash_than_asked_for_is_refused() {
        let octets = [0x00, 0x14, 0x00, 0x0b, 0x00, 0x01, 0xaa];
        let read = |hash| read(&mut Reader::new(&octets), code::ALG_RSASSA, hash);
        assert_eq!(read(HashAlg::Sha256), Ok(RawSignature::Rsa(vec![0xaa])));
        assert!(read(HashAlg::Sha384).is_err());
    }

    proptest! {
        #[test]
        fn ecdsa_round_trips(r in proptest::collection::vec(any::<u8>(), 0..66), s in proptest::collection::vec(any::<u8>(), 0..66)) {
            let mut writer = Writer::new();
            writer.u16(code::ALG_ECDSA).u16(code::ALG_SHA384).sized(&r, "r").sized(&s, "s");
            let octets = writer.finish().unwrap_or_default();
            let mut reader = Reader::new(&octets);
            prop_assert_eq!(read(&mut reader, code::ALG_ECDSA, HashAlg::Sha384), Ok(RawSignature::Ecdsa { r, s }));
            prop_assert!(reader.finish("end").is_ok());
        }

        #[test]
        fn reading_never_panics(octets in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = read(&mut Reader::new(&octets), code::ALG_RSASSA, HashAlg::Sha256);
            let _ = read(&mut Reader::new(&octets), code::ALG_ECDSA, HashAlg::Sha256);
        }
    }
}
