//! Signatures by others, `TPMT_SIGNATURE` (TPM 2.0 Library Part 2, 11.3.4).

use crate::algorithm::HashAlg;
use crate::key::RawSignature;
use crate::wire::{Reader, WireError, WireProblem, Writer, code};

/// A signature and how it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySignature {
    scheme: u16,
    hash: HashAlg,
    raw: RawSignature,
}

impl PolicySignature {
    /// A signature of RSASSA-PKCS1-v1_5 or ECDSA over a digest of this hash.
    pub fn new(hash: HashAlg, raw: RawSignature) -> Self {
        let scheme = match raw {
            RawSignature::Rsa(_) => code::ALG_RSASSA,
            RawSignature::Ecdsa { .. } => code::ALG_ECDSA,
        };
        Self { scheme, hash, raw }
    }

    /// The hash it was made with.
    pub fn hash(&self) -> HashAlg {
        self.hash
    }

    /// Its octets.
    pub fn raw(&self) -> &RawSignature {
        &self.raw
    }

    pub(super) fn is_pss(&self) -> bool {
        self.scheme == ALG_RSAPSS
    }

    pub(super) fn write(signature: Option<&Self>, writer: &mut Writer) {
        let Some(Self { scheme, hash, raw }) = signature else {
            writer.u16(code::ALG_NULL);
            return;
        };
        writer.u16(*scheme).u16(hash.tpm_id());
        match raw {
            RawSignature::Rsa(octets) => writer.sized(octets, "sig"),
            RawSignature::Ecdsa { r, s } => writer.sized(r, "signatureR").sized(s, "signatureS"),
        };
    }

    /// The whole `TPMT_SIGNATURE`.
    pub(crate) fn to_tpmt(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        Self::write(Some(self), &mut writer);
        // Signatures longer than a TPM2B can be are longer than any key: the TPM then refuses what is left of them.
        writer
            .finish()
            .map(|octets| octets.to_vec())
            .unwrap_or_default()
    }

    /// Reads a `TPMT_SIGNATURE`; `None` for the one that stands for no signature.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, WireError> {
        let scheme = reader.u16("sigAlg")?;
        if scheme == code::ALG_NULL {
            return Ok(None);
        }
        let unexpected = |reader: &Reader<'_>, field, got: u16| {
            reader.error(field, WireProblem::Value { got: got.into() })
        };
        if !matches!(scheme, code::ALG_RSASSA | ALG_RSAPSS | code::ALG_ECDSA) {
            return Err(unexpected(reader, "sigAlg", scheme));
        }
        let id = reader.u16("signature.hash")?;
        let hash =
            HashAlg::from_tpm_id(id).ok_or_else(|| unexpected(reader, "signature.hash", id))?;
        let raw = match scheme {
            code::ALG_ECDSA => RawSignature::Ecdsa {
                r: reader.sized("signatureR")?.to_vec(),
                s: reader.sized("signatureS")?.to_vec(),
            },
            _ => RawSignature::Rsa(reader.sized("sig")?.to_vec()),
        };
        Ok(Some(Self { scheme, hash, raw }))
    }
}

const ALG_RSAPSS: u16 = 0x0016;
