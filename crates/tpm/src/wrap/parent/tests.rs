#![allow(clippy::unwrap_used)]

use aws_lc_rs::agreement::PrivateKey;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use proptest::prelude::*;

use super::*;

/// The public area of a storage root key on a curve, of which somebody else has the private key.
pub(in crate::wrap) fn ecc(curve: Curve, hash: HashAlg) -> PublicArea {
    let point = PrivateKey::generate(ecdh(curve))
        .and_then(|key| key.compute_public_key())
        .unwrap();
    let (their_x, their_y) = point.as_ref()[1..].split_at(curve.coordinate_len());
    let mut area = PublicArea::storage_root_template();
    area.name_alg = hash.tpm_id();
    if let PublicParameters::Ecc {
        curve: id, x, y, ..
    } = &mut area.parameters
    {
        *id = curve.tpm_id();
        *x = their_x.to_vec();
        *y = their_y.to_vec();
    }
    area
}

pub(in crate::wrap) fn rsa() -> PublicArea {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let modulus = pair.public_key().modulus();
    let mut area = PublicArea::storage_root_template();
    area.parameters = PublicParameters::Rsa {
        symmetric: Some(Symmetric::AES_128_CFB),
        scheme: Scheme::Null,
        bits: 2048,
        exponent: 0,
        modulus: modulus.big_endian_without_leading_zero().to_vec(),
    };
    area
}

fn read(area: &PublicArea) -> Result<ParentPublic, TpmError> {
    ParentPublic::from_octets(&area.to_tpm2b().unwrap())
}

fn reason(outcome: Result<ParentPublic, TpmError>) -> String {
    match outcome {
        Err(TpmError::BadParentPublic { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn both_forms_are_read() {
    for area in [
        ecc(Curve::P256, HashAlg::Sha256),
        ecc(Curve::P521, HashAlg::Sha512),
        rsa(),
    ] {
        let blob = area.to_tpm2b().unwrap();
        let parent = ParentPublic::from_octets(&blob).unwrap();
        assert_eq!(ParentPublic::from_octets(&blob[2..]).unwrap(), parent);
        assert_eq!(parent.as_tpm2b(), blob.as_slice());
        assert_eq!(parent.name(), &area.name().unwrap());
    }
}

#[test]
fn the_two_primary_keys_that_all_tools_make_are_told_from_others() {
    let of = |area: &PublicArea| read(area).unwrap().in_key_file();
    assert_eq!(
        of(&ecc(Curve::P256, HashAlg::Sha256)),
        (KeyFile::OWNER, false)
    );
    assert_eq!(of(&rsa()), (KeyFile::OWNER, true));
    assert_eq!(of(&ecc(Curve::P384, HashAlg::Sha384)), (0x8100_0001, false));
}

#[test]
fn what_is_no_storage_key_is_refused() {
    let good = ecc(Curve::P256, HashAlg::Sha256);
    let mut signing = good.clone();
    signing.attributes = code::ATTR_SIGN | code::ATTR_RESTRICTED;
    assert!(reason(read(&signing)).contains("storage key"));
    let mut sha1 = good.clone();
    sha1.name_alg = code::ALG_SHA1;
    assert!(reason(read(&sha1)).contains("0x0004"));
    assert!(reason(ParentPublic::from_octets(b"-----BEGIN PUBLIC KEY-----")).contains("PEM"));
    assert!(reason(ParentPublic::from_octets(&[])).contains("octets needed"));
}

#[test]
fn absurd_parameters_are_refused() {
    let change = |change: fn(&mut PublicParameters)| {
        let mut area = ecc(Curve::P256, HashAlg::Sha256);
        change(&mut area.parameters);
        let ecc = reason(read(&area));
        let mut area = rsa();
        change(&mut area.parameters);
        (ecc, reason(read(&area)))
    };
    let (ecc, rsa) = change(|parameters| match parameters {
        PublicParameters::Ecc { x, .. } => x[31] ^= 1,
        PublicParameters::Rsa { exponent, .. } => *exponent = 65536,
    });
    assert!(
        ecc.contains("not on P-256") && rsa.contains("65536"),
        "{ecc} {rsa}"
    );
    let (ecc, rsa) = change(|parameters| match parameters {
        PublicParameters::Ecc { x, y, .. } => {
            x.clear();
            y.clear();
        }
        PublicParameters::Rsa { bits, modulus, .. } => {
            *bits = 1024;
            modulus.truncate(128);
        }
    });
    assert!(
        ecc.contains("not on P-256") && rsa.contains("1024"),
        "{ecc} {rsa}"
    );
    let (ecc, rsa) = change(|parameters| match parameters {
        PublicParameters::Ecc { curve, .. } => *curve = 0x10,
        PublicParameters::Rsa { bits, .. } => *bits = 4096,
    });
    assert!(
        ecc.contains("0x0010") && rsa.contains("4096"),
        "{ecc} {rsa}"
    );
    let (ecc, rsa) = change(|parameters| match parameters {
        PublicParameters::Ecc { symmetric, .. } | PublicParameters::Rsa { symmetric, .. } => {
            *symmetric = None;
        }
    });
    assert!(
        ecc.contains("AES-CFB") && rsa.contains("AES-CFB"),
        "{ecc} {rsa}"
    );
    let (ecc, rsa) = change(|parameters| match parameters {
        PublicParameters::Ecc { x, .. } => *x = vec![7; 3000],
        PublicParameters::Rsa { modulus, .. } => *modulus = vec![7; 60_000],
    });
    assert!(ecc.contains("3000") && rsa.contains("bits"), "{ecc} {rsa}");
}

#[test]
fn a_modulus_without_sense_is_an_error_at_the_latest_when_it_is_used() {
    let mut area = rsa();
    if let PublicParameters::Rsa { modulus, .. } = &mut area.parameters {
        *modulus = vec![0x80; 256];
    }
    if let Ok(parent) = read(&area) {
        let _ = super::super::Seed::send_to(&parent);
    }
}

proptest! {
    #[test]
    fn reading_never_panics(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(ParentPublic::from_octets(&octets).is_err());
    }

    #[test]
    fn a_changed_octet_never_panics(at in 0usize..90, octet: u8) {
        // The point of P-256's generator.
        let mut blob = GENERATOR.to_vec();
        let at = at % blob.len();
        blob[at] = octet;
        if let Ok(parent) = ParentPublic::from_octets(&blob) {
            prop_assert!(super::super::Seed::send_to(&parent).is_ok());
        }
    }
}

const GENERATOR: [u8; 92] = [
    0x00, 0x5a, 0x00, 0x23, 0x00, 0x0b, 0x00, 0x03, 0x04, 0x72, 0x00, 0x00, 0x00, 0x06, 0x00, 0x80,
    0x00, 0x43, 0x00, 0x10, 0x00, 0x03, 0x00, 0x10, 0x00, 0x20, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c,
    0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb,
    0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x00, 0x20, 0x4f, 0xe3, 0x42, 0xe2,
    0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57,
    0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];
