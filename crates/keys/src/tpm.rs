//! Signing with a key that lives in a TPM, and that key's public half in X.509's form.

use tpm2ca_tpm::{Curve, HashAlg, KeyPublic, RawSignature, TpmKey};
use tpm2ca_x509::{Hash, SignatureAlgorithm};

use crate::{
    Digest, KeyAlgorithm, KeyError, MadeSignature, PublicKey, SignError, SignatureTaker, Signer,
    VerifiedSignature,
    der_write::{BIT_STRING, OBJECT_IDENTIFIER, SEQUENCE, integer, tlv},
    public_key::{EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP256R1, SECP384R1, SECP521R1},
    signer::check_request,
};

/// Signs with a loaded TPM key: RSASSA-PKCS1-v1_5 or ECDSA.
///
/// Digests are computed in software; the TPM is given the digest only, so a large CRL is not sent through it. What
/// comes back is checked before it is believed.
pub struct TpmSigner {
    key: TpmKey,
    public: PublicKey,
}

impl TpmSigner {
    /// Takes a loaded key.
    ///
    /// # Errors
    /// A [`KeyError`] when the public area of the key makes no acceptable public key.
    pub fn new(key: TpmKey) -> Result<Self, KeyError> {
        let public = PublicKey::from_spki_der(&spki_from_tpm(key.public()))?;
        Ok(Self { key, public })
    }

    /// The key in the TPM.
    pub fn key(&self) -> &TpmKey {
        &self.key
    }
}

impl Signer for TpmSigner {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &Digest,
    ) -> Result<VerifiedSignature, SignError> {
        check_request(&self.public, algorithm, digest)?;
        let (raw, _receipt) = self.key.sign(tpm_hash(digest.hash()), digest.value())?;
        VerifiedSignature::check(
            self,
            algorithm,
            digest,
            x509_signature(&raw, self.public.algorithm()),
        )
    }

    fn is_elsewhere(&self) -> bool {
        true
    }

    fn sign_then(&self, algorithm: SignatureAlgorithm, digest: Digest, done: SignatureTaker) {
        if let Err(error) = check_request(&self.public, algorithm, &digest) {
            return done(Err(error));
        }
        let kind = self.public.algorithm();
        self.key
            .sign_then(tpm_hash(digest.hash()), digest.value(), move |made| {
                done(match made {
                    Ok((raw, _receipt)) => {
                        let bytes = x509_signature(&raw, kind);
                        Ok(MadeSignature::unchecked(algorithm, digest, bytes))
                    }
                    Err(error) => Err(error.into()),
                });
            });
    }

    fn describe(&self) -> String {
        format!("TPM key {} ({})", self.public.algorithm(), self.key.name())
    }
}

impl std::fmt::Debug for TpmSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TpmSigner")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

/// The public half of a TPM key as SubjectPublicKeyInfo (RFC 3279 section 2.3.1, RFC 5480), byte for byte as OpenSSL
/// writes it.
///
/// Coordinates are as long as the curve's field, also where the TPM left out leading zeros.
pub fn spki_from_tpm(public: &KeyPublic) -> Vec<u8> {
    let (algorithm, bits) = match public {
        KeyPublic::Rsa { modulus, exponent } => {
            let oid = tlv(OBJECT_IDENTIFIER, &[RSA_ENCRYPTION.as_bytes()]);
            let key = tlv(
                SEQUENCE,
                &[&integer(modulus), &integer(&exponent.to_be_bytes())],
            );
            (tlv(SEQUENCE, &[&oid, NULL]), key)
        }
        KeyPublic::Ecc { curve, x, y } => {
            let (named, field_len) = match curve {
                Curve::P256 => (SECP256R1, 32),
                Curve::P384 => (SECP384R1, 48),
                Curve::P521 => (SECP521R1, 66),
            };
            let oid = tlv(OBJECT_IDENTIFIER, &[EC_PUBLIC_KEY.as_bytes()]);
            let curve = tlv(OBJECT_IDENTIFIER, &[named.as_bytes()]);
            let point = [
                vec![UNCOMPRESSED],
                padded(x, field_len),
                padded(y, field_len),
            ]
            .concat();
            (tlv(SEQUENCE, &[&oid, &curve]), point)
        }
    };
    tlv(SEQUENCE, &[&algorithm, &tlv(BIT_STRING, &[&[0], &bits])])
}

/// RSA: as long as the modulus (RFC 8017 section 8.2.1). ECDSA: ECDSA-Sig-Value (RFC 3279 section 2.2.3).
///
/// A signature of another kind than the key's is passed on as it is, to fail the check like every other wrong one.
fn x509_signature(raw: &RawSignature, key: KeyAlgorithm) -> Vec<u8> {
    match raw {
        RawSignature::Rsa(block) => match key {
            KeyAlgorithm::Rsa { bits } => padded(block, bits.div_ceil(8)),
            _ => block.clone(),
        },
        RawSignature::Ecdsa { r, s } => tlv(SEQUENCE, &[&integer(r), &integer(s)]),
    }
}

/// The same number in `len` octets; left as it is when it is longer than that.
fn padded(number: &[u8], len: usize) -> Vec<u8> {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    let digits = number.get(zeros..).unwrap_or_default();
    let mut padded = vec![0; len.saturating_sub(digits.len())];
    padded.extend_from_slice(digits);
    padded
}

fn tpm_hash(hash: Hash) -> HashAlg {
    match hash {
        Hash::Sha256 => HashAlg::Sha256,
        Hash::Sha384 => HashAlg::Sha384,
        Hash::Sha512 => HashAlg::Sha512,
    }
}

const NULL: &[u8] = &[0x05, 0x00];
const UNCOMPRESSED: u8 = 0x04;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use tpm2ca_testkit::Swtpm;
    use tpm2ca_tpm::{Algorithm, Auth, KeyTemplate, Tpm, TpmOptions};

    use crate::SoftwareKey;

    use super::*;

    /// As if the TPM signed with another key than it was told to, or something else than it was given.
    #[test]
    fn a_wrong_signature_of_the_tpm_is_caught() {
        let swtpm = Swtpm::start();
        let tpm = Tpm::open(&swtpm.tcti(), TpmOptions::default()).unwrap();
        for algorithm in [Algorithm::Ecc(Curve::P256), Algorithm::Rsa { bits: 2048 }] {
            let template = KeyTemplate {
                algorithm,
                no_da: true,
            };
            let key = || {
                let file = tpm.create_key(template, &Auth::empty()).unwrap();
                tpm.load(file, Auth::empty()).unwrap()
            };
            let other = PublicKey::from_spki_der(&spki_from_tpm(key().public())).unwrap();
            let signer = TpmSigner {
                key: key(),
                public: other,
            };
            let digest = Digest::of(Hash::Sha256, b"message");
            let error = signer
                .sign(signer.default_algorithm(), &digest)
                .unwrap_err();
            assert!(matches!(error, SignError::BadSignature { .. }), "{error:?}");
            assert!(error.to_string().starts_with("TPM key "), "{error}");
            assert!(error.hint().unwrap().contains("faulty"));
        }
    }

    #[test]
    fn rsa_keys_come_out_as_openssl_writes_them() {
        let key = SoftwareKey::generate(KeyAlgorithm::Rsa { bits: 2048 }).unwrap();
        let (modulus, exponent) = key.public_key().rsa_numbers().unwrap();
        assert_eq!(exponent, [1, 0, 1]);
        let public = KeyPublic::Rsa {
            modulus: modulus.to_vec(),
            exponent: 65_537,
        };
        assert_eq!(spki_from_tpm(&public), key.public_key().spki_der());
    }

    #[test]
    fn coordinates_get_their_leading_zeros_back() {
        for (algorithm, curve) in [
            (KeyAlgorithm::P256, Curve::P256),
            (KeyAlgorithm::P384, Curve::P384),
            (KeyAlgorithm::P521, Curve::P521),
        ] {
            // one key in 128 has a zero at the beginning of a coordinate (P-521: nearly each)
            let (key, x, y) = std::iter::repeat_with(|| SoftwareKey::generate(algorithm).unwrap())
                .map(|key| {
                    let (x, y) =
                        key.public_key().key_bits()[1..].split_at(algorithm.field_len().unwrap());
                    let (x, y) = (x.to_vec(), y.to_vec());
                    (key, x, y)
                })
                .find(|(_, x, y)| x[0] == 0 || y[0] == 0)
                .unwrap();
            let stripped =
                |number: Vec<u8>| number.into_iter().skip_while(|octet| *octet == 0).collect();
            let public = KeyPublic::Ecc {
                curve,
                x: stripped(x),
                y: stripped(y),
            };
            assert_eq!(spki_from_tpm(&public), key.public_key().spki_der());
        }
    }

    #[test]
    fn signatures_take_the_form_of_x509() {
        let short = RawSignature::Rsa(vec![7; 255]);
        let block = x509_signature(&short, KeyAlgorithm::Rsa { bits: 2048 });
        assert_eq!(block, [vec![0], vec![7; 255]].concat());
        let odd = x509_signature(&short, KeyAlgorithm::Rsa { bits: 2049 });
        assert_eq!(odd.len(), 257);

        let ecdsa = RawSignature::Ecdsa {
            r: vec![0, 0, 0x80, 1],
            s: vec![0, 0x7f],
        };
        assert_eq!(
            x509_signature(&ecdsa, KeyAlgorithm::P256),
            [0x30, 0x08, 0x02, 0x03, 0x00, 0x80, 0x01, 0x02, 0x01, 0x7f]
        );
    }
}
