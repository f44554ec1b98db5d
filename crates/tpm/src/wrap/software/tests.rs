#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::algorithm::HashAlg;
use crate::wire::Reader;
use crate::wrap::parent::tests as parents;

/// d = 1, and so the point is the curve's generator.
fn one() -> SoftwarePrivate {
    SoftwarePrivate::Ecc {
        curve: Curve::P256,
        d: Zeroizing::new(vec![1]),
        x: GENERATOR_X.to_vec(),
        y: GENERATOR_Y.to_vec(),
    }
}

fn parent() -> ParentPublic {
    ParentPublic::from_area(parents::ecc(Curve::P256, HashAlg::Sha256)).unwrap()
}

fn wrap(key: &SoftwarePrivate, auth: &Auth) -> Result<KeyFile, TpmError> {
    key.wrap_for(&parent(), &ImportTemplate::default(), auth)
}

#[test]
fn the_sensitive_area_is_as_part_2_has_it() {
    let octets = one().sensitive(&Auth::new(b"abc".to_vec())).unwrap();
    let mut expected = vec![0, 2 + 2 + 32 + 2 + 2 + 32, 0x00, 0x23, 0, 32];
    expected.extend(b"abc");
    expected.extend([0; 29]);
    expected.extend([0, 0, 0, 32]);
    expected.extend([0; 31]);
    expected.push(1);
    assert_eq!(*octets, expected);
}

#[test]
fn the_length_of_the_authorization_value_does_not_show() {
    let lengths = [0, 1, 32].map(|length| {
        wrap(&one(), &Auth::new(vec![7; length]))
            .unwrap()
            .private_blob()
            .len()
    });
    assert_eq!(lengths, [lengths[0]; 3]);
    assert!(matches!(
        wrap(&one(), &Auth::new(vec![7; 33])),
        Err(TpmError::AuthTooLong { max: 32, got: 33 })
    ));
}

#[test]
fn an_imported_key_claims_nothing_that_is_not_so() {
    for no_da in [false, true] {
        let template = ImportTemplate {
            no_da,
            policy: Some(vec![9; 32]),
            parent: Some(Parent::Handle(0x8100_0007)),
            ..ImportTemplate::default()
        };
        let file = one()
            .wrap_for(&parent(), &template, &Auth::empty())
            .unwrap();
        let area = PublicArea::from_tpm2b(file.public_blob()).unwrap();
        let wanted = if no_da { code::ATTR_NO_DA } else { 0 };
        assert_eq!(
            area.attributes,
            code::ATTR_SIGN | code::ATTR_USER_WITH_AUTH | wanted
        );
        assert_eq!(area.auth_policy, [9; 32]);
        assert!(!file.copies().unwrap().made_in_tpm);
        assert!(!file.needs_auth());
        assert_eq!((file.parent(), file.rsa_parent()), (0x8100_0007, false));
    }
}

#[test]
fn every_kind_of_parent_can_be_wrapped_for() {
    let areas = [
        (parents::rsa(), 32, 256),
        (parents::ecc(Curve::P384, HashAlg::Sha384), 48, 100),
        (parents::ecc(Curve::P521, HashAlg::Sha512), 64, 136),
    ];
    for (area, digest_len, secret_len) in areas {
        let parent = ParentPublic::from_area(area).unwrap();
        let file = one()
            .wrap_for(&parent, &ImportTemplate::default(), &Auth::empty())
            .unwrap();
        let mut private = Reader::new(file.private_blob());
        let mut private = Reader::new(private.sized("TPM2B_PRIVATE").unwrap());
        assert_eq!(private.sized("outerHMAC").unwrap().len(), digest_len);
        assert_eq!(private.rest().len(), 2 + 2 + 34 + 2 + 34);
        assert_eq!(file.secret().unwrap().len(), 2 + secret_len);
    }
}

#[test]
fn nothing_is_wrapped_alike_twice() {
    let (first, second) = (wrap(&one(), &Auth::empty()), wrap(&one(), &Auth::empty()));
    assert_ne!(
        first.unwrap().private_blob(),
        second.unwrap().private_blob()
    );
}

#[test]
fn numbers_that_make_no_key_are_refused() {
    let refused = |key: SoftwarePrivate, word: &str| match wrap(&key, &Auth::empty()) {
        Err(TpmError::UnsupportedKey { reason }) => assert!(reason.contains(word), "{reason}"),
        other => panic!("{other:?}"),
    };
    let ecc = |d: Vec<u8>, x: &[u8]| SoftwarePrivate::Ecc {
        curve: Curve::P256,
        d: Zeroizing::new(d),
        x: x.to_vec(),
        y: GENERATOR_Y.to_vec(),
    };
    refused(ecc(vec![2], &GENERATOR_X), "does not belong");
    refused(ecc(vec![1], &[7; 32]), "does not belong");
    refused(ecc(vec![1], &[7; 99]), "does not belong");
    refused(ecc(vec![0], &GENERATOR_X), "not right for P-256");
    refused(ecc(vec![], &GENERATOR_X), "not right for P-256");
    refused(ecc(vec![0xff; 32], &GENERATOR_X), "not right for P-256");
    refused(ecc(vec![1; 33], &GENERATOR_X), "too large for P-256");
    let rsa = |modulus: Vec<u8>, prime: Vec<u8>| SoftwarePrivate::Rsa {
        modulus,
        prime: Zeroizing::new(prime),
        exponent: 65537,
    };
    refused(rsa(vec![0xc5; 256], vec![0xc5; 120]), "different lengths");
    refused(rsa(vec![], vec![7]), "different lengths");
    let template = ImportTemplate {
        user_with_auth: false,
        ..ImportTemplate::default()
    };
    let outcome = one().wrap_for(&parent(), &template, &Auth::empty());
    assert!(matches!(outcome, Err(TpmError::Template { .. })));
}

#[test]
fn debug_shows_no_number() {
    let shown = format!("{:?}", one());
    assert_eq!(shown, "SoftwarePrivate(P-256, redacted)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn wrapping_never_panics(secret in proptest::collection::vec(any::<u8>(), 0..70), x in proptest::collection::vec(any::<u8>(), 0..140), y in proptest::collection::vec(any::<u8>(), 0..70), exponent: u32, curve in prop::sample::select(Curve::ALL.to_vec())) {
        let ecc = SoftwarePrivate::Ecc { curve, d: Zeroizing::new(secret.clone()), x: x.clone(), y };
        prop_assert!(wrap(&ecc, &Auth::empty()).is_err());
        let rsa = SoftwarePrivate::Rsa { modulus: x, prime: Zeroizing::new(secret), exponent };
        let _ = wrap(&rsa, &Auth::empty());
    }
}

const GENERATOR_X: [u8; 32] = [
    0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
    0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
];
const GENERATOR_Y: [u8; 32] = [
    0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16,
    0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];
