//! Public areas of RSA and ECC keys, `TPMT_PUBLIC` (TPM 2.0 Library Part 2, 12.2.4).

use zeroize::Zeroizing;

use crate::name::Name;
use crate::wire::{Reader, WireError, WireProblem, Writer, code};

/// A `TPMT_PUBLIC`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicArea {
    pub(crate) name_alg: u16,
    pub(crate) attributes: u32,
    pub(crate) auth_policy: Vec<u8>,
    pub(crate) parameters: PublicParameters,
}

/// Parameters and the unique part, which belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PublicParameters {
    Rsa {
        symmetric: Option<Symmetric>,
        scheme: Scheme,
        bits: u16,
        exponent: u32,
        modulus: Vec<u8>,
    },
    Ecc {
        symmetric: Option<Symmetric>,
        scheme: Scheme,
        curve: u16,
        kdf: Scheme,
        x: Vec<u8>,
        y: Vec<u8>,
    },
}

/// A block cipher, `TPMT_SYM_DEF_OBJECT`; `None` stands for `TPM_ALG_NULL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Symmetric {
    pub(crate) algorithm: u16,
    pub(crate) key_bits: u16,
    pub(crate) mode: u16,
}

/// A signing, encrypting or key derivation scheme with its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Null,
    /// RSAES has no hash.
    Bare(u16),
    Hashed {
        algorithm: u16,
        hash: u16,
    },
    /// ECDAA also has a counter.
    Counted {
        algorithm: u16,
        hash: u16,
        count: u16,
    },
}

impl PublicArea {
    /// The storage root key: template H-2 of the TCG EK Credential Profile with the changes the TCG Provisioning
    /// Guidance makes for storage, and an empty unique part. This is what a parent 0x40000001 in a TSS2 key file means.
    pub(crate) fn storage_root_template() -> Self {
        Self {
            name_alg: code::ALG_SHA256,
            attributes: code::ATTR_RESTRICTED
                | code::ATTR_DECRYPT
                | code::ATTR_USER_WITH_AUTH
                | code::ATTR_FIXED_TPM
                | code::ATTR_FIXED_PARENT
                | code::ATTR_SENSITIVE_DATA_ORIGIN
                | code::ATTR_NO_DA,
            auth_policy: Vec::new(),
            parameters: PublicParameters::Ecc {
                symmetric: Some(Symmetric::AES_128_CFB),
                scheme: Scheme::Null,
                curve: code::ECC_NIST_P256,
                kdf: Scheme::Null,
                x: Vec::new(),
                y: Vec::new(),
            },
        }
    }

    /// The RSA-2048 primary key of a hierarchy, template H-1 with the same changes. What `rsaParent` in a TSS2 key file
    /// means.
    pub(crate) fn rsa_storage_template() -> Self {
        Self {
            parameters: PublicParameters::Rsa {
                symmetric: Some(Symmetric::AES_128_CFB),
                scheme: Scheme::Null,
                bits: 2048,
                exponent: 0,
                modulus: Vec::new(),
            },
            ..Self::storage_root_template()
        }
    }

    pub(crate) fn has(&self, attribute: u32) -> bool {
        self.attributes & attribute == attribute
    }

    /// Whether it is what `template` asks for, whatever the key itself (the unique part) is.
    pub(crate) fn is_made_from(&self, template: &Self) -> bool {
        let mut bare = self.clone();
        let mut wanted = template.clone();
        for area in [&mut bare, &mut wanted] {
            match &mut area.parameters {
                PublicParameters::Rsa { modulus, .. } => modulus.clear(),
                PublicParameters::Ecc { x, y, .. } => {
                    x.clear();
                    y.clear();
                }
            }
        }
        bare == wanted
    }

    /// Its Name, computed here; `None` for an unknown name algorithm.
    pub(crate) fn name(&self) -> Option<Name> {
        Name::of_public(self.name_alg, &self.to_tpmt().ok()?)
    }

    /// Reads a whole `TPM2B_PUBLIC`.
    pub(crate) fn from_tpm2b(blob: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(blob);
        let area = Self::read_tpm2b(&mut reader)?;
        reader.finish("TPM2B_PUBLIC")?;
        Ok(area)
    }

    /// Reads a `TPM2B_PUBLIC` with something behind it.
    pub(crate) fn read_tpm2b(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        Self::from_tpmt(reader.sized("TPM2B_PUBLIC")?)
    }

    pub(crate) fn to_tpm2b(&self) -> Result<Zeroizing<Vec<u8>>, WireError> {
        let mut writer = Writer::new();
        self.write_tpm2b(&mut writer);
        writer.finish()
    }

    pub(crate) fn write_tpm2b(&self, writer: &mut Writer) {
        writer.nested("publicArea", |writer| self.write_tpmt(writer));
    }

    /// Reads a whole `TPMT_PUBLIC`, without a size in front.
    pub(crate) fn from_tpmt(octets: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(octets);
        let kind = reader.u16("type")?;
        let name_alg = reader.u16("nameAlg")?;
        let attributes = reader.u32("objectAttributes")?;
        let auth_policy = reader.sized("authPolicy")?.to_vec();
        let parameters = match kind {
            code::ALG_RSA => PublicParameters::Rsa {
                symmetric: Symmetric::read(&mut reader)?,
                scheme: Scheme::read(&mut reader)?,
                bits: reader.u16("keyBits")?,
                exponent: reader.u32("exponent")?,
                modulus: reader.sized("unique")?.to_vec(),
            },
            code::ALG_ECC => PublicParameters::Ecc {
                symmetric: Symmetric::read(&mut reader)?,
                scheme: Scheme::read(&mut reader)?,
                curve: reader.u16("curveID")?,
                kdf: Scheme::read(&mut reader)?,
                x: reader.sized("unique.x")?.to_vec(),
                y: reader.sized("unique.y")?.to_vec(),
            },
            other => {
                return Err(reader.error(
                    "type",
                    WireProblem::Value {
                        got: u32::from(other),
                    },
                ));
            }
        };
        reader.finish("TPMT_PUBLIC")?;
        Ok(Self {
            name_alg,
            attributes,
            auth_policy,
            parameters,
        })
    }

    fn to_tpmt(&self) -> Result<Zeroizing<Vec<u8>>, WireError> {
        let mut writer = Writer::new();
        self.write_tpmt(&mut writer);
        writer.finish()
    }

    fn write_tpmt(&self, writer: &mut Writer) {
        let kind = match self.parameters {
            PublicParameters::Rsa { .. } => code::ALG_RSA,
            PublicParameters::Ecc { .. } => code::ALG_ECC,
        };
        writer
            .u16(kind)
            .u16(self.name_alg)
            .u32(self.attributes)
            .sized(&self.auth_policy, "authPolicy");
        self.parameters.write_parameters(writer);
        match &self.parameters {
            PublicParameters::Rsa { modulus, .. } => writer.sized(modulus, "unique"),
            PublicParameters::Ecc { x, y, .. } => writer.sized(x, "unique.x").sized(y, "unique.y"),
        };
    }
}

impl PublicParameters {
    /// `TPMT_PUBLIC_PARMS`, which `TPM2_TestParms` takes.
    pub(crate) fn write_with_type(&self, writer: &mut Writer) {
        writer.u16(match self {
            Self::Rsa { .. } => code::ALG_RSA,
            Self::Ecc { .. } => code::ALG_ECC,
        });
        self.write_parameters(writer);
    }

    pub(crate) fn scheme(&self) -> Scheme {
        match self {
            Self::Rsa { scheme, .. } | Self::Ecc { scheme, .. } => *scheme,
        }
    }

    fn write_parameters(&self, writer: &mut Writer) {
        match self {
            Self::Rsa {
                symmetric,
                scheme,
                bits,
                exponent,
                modulus: _,
            } => {
                Symmetric::write(*symmetric, writer);
                scheme.write(writer);
                writer.u16(*bits).u32(*exponent);
            }
            Self::Ecc {
                symmetric,
                scheme,
                curve,
                kdf,
                x: _,
                y: _,
            } => {
                Symmetric::write(*symmetric, writer);
                scheme.write(writer);
                writer.u16(*curve);
                kdf.write(writer);
            }
        }
    }
}

impl Symmetric {
    pub(crate) const AES_128_CFB: Self = Self {
        algorithm: code::ALG_AES,
        key_bits: 128,
        mode: code::ALG_CFB,
    };

    /// `TPMT_SYM_DEF` has the same form for block ciphers.
    pub(crate) fn write(symmetric: Option<Self>, writer: &mut Writer) {
        match symmetric {
            None => writer.u16(code::ALG_NULL),
            Some(Self {
                algorithm,
                key_bits,
                mode,
            }) => writer.u16(algorithm).u16(key_bits).u16(mode),
        };
    }

    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, WireError> {
        let algorithm = reader.u16("symmetric")?;
        if algorithm == code::ALG_NULL {
            return Ok(None);
        }
        Ok(Some(Self {
            algorithm,
            key_bits: reader.u16("symmetric.keyBits")?,
            mode: reader.u16("symmetric.mode")?,
        }))
    }
}

impl Scheme {
    pub(crate) fn write(self, writer: &mut Writer) {
        match self {
            Self::Null => writer.u16(code::ALG_NULL),
            Self::Bare(algorithm) => writer.u16(algorithm),
            Self::Hashed { algorithm, hash } => writer.u16(algorithm).u16(hash),
            Self::Counted {
                algorithm,
                hash,
                count,
            } => writer.u16(algorithm).u16(hash).u16(count),
        };
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let algorithm = reader.u16("scheme")?;
        Ok(match algorithm {
            code::ALG_NULL => Self::Null,
            code::ALG_RSAES => Self::Bare(algorithm),
            code::ALG_ECDAA => Self::Counted {
                algorithm,
                hash: reader.u16("scheme.hashAlg")?,
                count: reader.u16("scheme.count")?,
            },
            _ => Self::Hashed {
                algorithm,
                hash: reader.u16("scheme.hashAlg")?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn symmetric() -> impl Strategy<Value = Option<Symmetric>> {
        prop_oneof![
            Just(None),
            (any::<u16>(), any::<u16>()).prop_map(|(key_bits, mode)| Some(Symmetric {
                algorithm: code::ALG_AES,
                key_bits,
                mode
            }))
        ]
    }

    fn scheme() -> impl Strategy<Value = Scheme> {
        prop_oneof![
            Just(Scheme::Null),
            Just(Scheme::Bare(code::ALG_RSAES)),
            any::<u16>().prop_map(|hash| Scheme::Hashed {
                algorithm: code::ALG_RSASSA,
                hash
            }),
            any::<(u16, u16)>().prop_map(|(hash, count)| Scheme::Counted {
                algorithm: code::ALG_ECDAA,
                hash,
                count
            }),
        ]
    }

    fn octets() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(any::<u8>(), 0..300)
    }

    fn parameters() -> impl Strategy<Value = PublicParameters> {
        prop_oneof![
            (symmetric(), scheme(), any::<(u16, u32)>(), octets()).prop_map(
                |(symmetric, scheme, (bits, exponent), modulus)| PublicParameters::Rsa {
                    symmetric,
                    scheme,
                    bits,
                    exponent,
                    modulus
                }
            ),
            (
                symmetric(),
                scheme(),
                any::<u16>(),
                scheme(),
                octets(),
                octets()
            )
                .prop_map(|(symmetric, scheme, curve, kdf, x, y)| {
                    PublicParameters::Ecc {
                        symmetric,
                        scheme,
                        curve,
                        kdf,
                        x,
                        y,
                    }
                }),
        ]
    }

    #[test]
    fn the_template_is_h2() {
        // Written out by hand: a single bit that differs makes another key, and no key file loads under it.
        let expected = [
            0x00, 0x1a, 0x00, 0x23, 0x00, 0x0b, 0x00, 0x03, 0x04, 0x72, 0x00, 0x00, 0x00, 0x06,
            0x00, 0x80, 0x00, 0x43, 0x00, 0x10, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00,
        ];
        let template = PublicArea::storage_root_template();
        assert_eq!(template.to_tpm2b().unwrap().as_slice(), expected);
    }

    #[test]
    fn only_the_unique_part_may_differ() {
        let template = PublicArea::storage_root_template();
        let mut made = template.clone();
        let PublicParameters::Ecc { x, y, .. } = &mut made.parameters else {
            panic!("the template is an ECC key");
        };
        *x = vec![1; 32];
        *y = vec![2; 32];
        assert!(made.is_made_from(&template));
        made.attributes ^= code::ATTR_NO_DA;
        assert!(!made.is_made_from(&template));
    }

    proptest! {
        #[test]
        fn public_areas_round_trip(name_alg: u16, attributes: u32, auth_policy in octets(), parameters in parameters()) {
            let area = PublicArea { name_alg, attributes, auth_policy, parameters };
            let blob = area.to_tpm2b().unwrap();
            prop_assert_eq!(PublicArea::from_tpm2b(&blob), Ok(area));
            for end in 0..blob.len() {
                prop_assert!(PublicArea::from_tpm2b(&blob[..end]).is_err());
            }
        }

        #[test]
        fn reading_never_panics(octets in octets()) {
            let _ = PublicArea::from_tpm2b(&octets);
            let _ = PublicArea::from_tpmt(&octets);
        }
    }
}
