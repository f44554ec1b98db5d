//! What several tests of this crate need.
#![allow(dead_code)] // no test file needs all of it

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
};
use tpm2ca_testkit::{Intercept, Swtpm, Tool};
use tpm2ca_tpm::{
    Algorithm, Auth, Curve, HashAlg, KeyPublic, KeyTemplate, RawSignature, Tpm, TpmKey, TpmOptions,
    Transport, TransportError,
};

pub(crate) const P256: Algorithm = Algorithm::Ecc(Curve::P256);

pub(crate) fn open(swtpm: &Swtpm) -> Tpm {
    Tpm::open(&swtpm.tcti(), TpmOptions::default()).unwrap()
}

/// Opens with somebody in the middle.
pub(crate) fn open_through(
    swtpm: &Swtpm,
    options: TpmOptions,
    hook: impl FnMut(&[u8], &mut dyn Transport) -> Result<Vec<u8>, TransportError> + Send + 'static,
) -> Tpm {
    let connector = Box::new(Intercept::new(swtpm.tcti().connector(), hook));
    Tpm::with_connector(connector, options).unwrap()
}

pub(crate) fn auth(text: &str) -> Auth {
    Auth::new(text.as_bytes().to_vec())
}

pub(crate) fn template(algorithm: Algorithm) -> KeyTemplate {
    KeyTemplate {
        algorithm,
        no_da: true,
    }
}

/// A new P-256 key without an authorization value, loaded.
pub(crate) fn new_key(tpm: &Tpm) -> TpmKey {
    let file = tpm.create_key(template(P256), &Auth::empty()).unwrap();
    tpm.load(file, Auth::empty()).unwrap()
}

/// Signs a message and verifies the signature with another library than the TPM's.
pub(crate) fn sign_and_verify(key: &TpmKey, hash: HashAlg, message: &[u8]) {
    let (signature, receipt) = key.sign(hash, &hash.digest(message)).unwrap();
    assert_eq!(receipt.command_code, command::SIGN);
    assert!(
        is_valid(key.public(), hash, message, &signature),
        "{key:?} signed {message:?} wrongly: {signature:?}"
    );
}

pub(crate) fn is_valid(
    public: &KeyPublic,
    hash: HashAlg,
    message: &[u8],
    signature: &RawSignature,
) -> bool {
    match (public, signature) {
        (KeyPublic::Rsa { modulus, exponent }, RawSignature::Rsa(octets)) => {
            let exponent = exponent.to_be_bytes();
            let start = exponent.iter().position(|&octet| octet != 0).unwrap();
            let key = PublicKeyComponents {
                n: modulus.as_slice(),
                e: &exponent[start..],
            };
            let parameters: &signature::RsaParameters = match hash {
                HashAlg::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
                HashAlg::Sha384 => &RSA_PKCS1_2048_8192_SHA384,
                HashAlg::Sha512 => &RSA_PKCS1_2048_8192_SHA512,
            };
            key.verify(parameters, message, octets).is_ok()
        }
        (KeyPublic::Ecc { curve, x, y }, RawSignature::Ecdsa { r, s }) => {
            let algorithm = match (curve, hash) {
                (Curve::P256, HashAlg::Sha256) => &ECDSA_P256_SHA256_FIXED,
                (Curve::P384, HashAlg::Sha384) => &ECDSA_P384_SHA384_FIXED,
                other => panic!("no test verifies {other:?}"),
            };
            let point = [&[4], x.as_slice(), y].concat();
            let fixed = [fixed_len(r, x.len()), fixed_len(s, x.len())].concat();
            UnparsedPublicKey::new(algorithm, point)
                .verify(message, &fixed)
                .is_ok()
        }
        _ => false,
    }
}

fn fixed_len(integer: &[u8], len: usize) -> Vec<u8> {
    let start = integer.iter().position(|&octet| octet != 0).unwrap();
    let integer = &integer[start..];
    [vec![0; len - integer.len()].as_slice(), integer].concat()
}

/// Handles that a TPM holds, as tpm2-tools list them. Only while nobody else is connected.
pub(crate) fn held_handles(swtpm: &Swtpm) -> String {
    ["handles-transient", "handles-loaded-session"]
        .map(|kind| Tool::tpm2("tpm2_getcap", swtpm).arg(kind).ok().text())
        .concat()
}

/// TPM_CC of a command.
pub(crate) fn code_of(command: &[u8]) -> u32 {
    u32::from_be_bytes(command[6..10].try_into().unwrap())
}

/// A response that is nothing but a TPM_RC.
pub(crate) fn refusal(code: u32) -> Vec<u8> {
    let mut response = vec![0x80, 0x01, 0, 0, 0, 10];
    response.extend(code.to_be_bytes());
    response
}

/// TPM2_FlushContext of a handle.
pub(crate) fn flush(handle: u32) -> Vec<u8> {
    let mut command = vec![0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01, 0x65];
    command.extend(handle.to_be_bytes());
    command
}

pub(crate) mod command {
    pub(crate) const CREATE_PRIMARY: u32 = 0x131;
    pub(crate) const CREATE: u32 = 0x153;
    pub(crate) const LOAD: u32 = 0x157;
    pub(crate) const SIGN: u32 = 0x15d;
    pub(crate) const FLUSH_CONTEXT: u32 = 0x165;
    pub(crate) const START_AUTH_SESSION: u32 = 0x176;
    pub(crate) const GET_CAPABILITY: u32 = 0x17a;
    pub(crate) const GET_RANDOM: u32 = 0x17b;
    pub(crate) const CERTIFY: u32 = 0x148;
    pub(crate) const EVICT_CONTROL: u32 = 0x120;
    pub(crate) const STARTUP: u32 = 0x144;
    pub(crate) const OBJECT_CHANGE_AUTH: u32 = 0x150;
    pub(crate) const READ_PUBLIC: u32 = 0x173;
}
