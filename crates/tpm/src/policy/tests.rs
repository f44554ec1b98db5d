#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::key::{KeyPublic, RawSignature};
use crate::keyfile::{AuthPolicy, KeyFile, PolicyStep};
use crate::tpm::duplication_policy;
use crate::{Curve, TpmError};

fn signer() -> PolicyKey {
    // The generator of P-256: any point on the curve will do.
    let point = |text: &str| {
        (0..32)
            .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
            .collect()
    };
    PolicyKey::from_public(&KeyPublic::Ecc {
        curve: Curve::P256,
        x: point("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
        y: point("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
    })
    .unwrap()
}

fn owner_secret() -> PolicyStepKind {
    PolicyStepKind::Secret {
        handle: 0x4000_0001,
        name: Name::of_handle(0x4000_0001),
        policy_ref: Vec::new(),
    }
}

fn simple() -> impl Strategy<Value = PolicyStepKind> {
    let reference = || proptest::collection::vec(any::<u8>(), 0..=32);
    let signature = (any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(|(r, s)| {
        let raw = RawSignature::Ecdsa {
            r: r.to_vec(),
            s: s.to_vec(),
        };
        PolicySignature::new(HashAlg::Sha256, raw)
    });
    prop_oneof![
        (
            proptest::sample::select(HashAlg::ALL.to_vec()),
            proptest::collection::vec(0u8..24, 1..5),
            any::<[u8; 32]>()
        )
            .prop_map(|(bank, selection, digest)| PolicyStepKind::Pcr {
                bank,
                selection,
                digest
            }),
        Just(PolicyStepKind::AuthValue),
        reference().prop_map(|policy_ref| PolicyStepKind::Secret {
            handle: 0x4000_000b,
            name: Name::of_handle(0x4000_000b),
            policy_ref
        }),
        reference().prop_map(|policy_ref| PolicyStepKind::Signed {
            key: signer(),
            policy_ref
        }),
        (reference(), proptest::option::of(signature)).prop_map(|(policy_ref, signature)| {
            PolicyStepKind::Authorize {
                key: signer(),
                policy_ref,
                signature,
            }
        }),
        any::<u32>().prop_map(PolicyStepKind::CommandCode),
        (1u8..).prop_map(PolicyStepKind::Locality),
        any::<bool>().prop_map(|named| PolicyStepKind::DuplicationSelect {
            object: named.then(|| signer().name().clone()),
            new_parent: signer().name().clone()
        }),
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    let straight = proptest::collection::vec(simple(), 0..4);
    straight
        .prop_recursive(2, 24, 3, |inner| {
            let branches = proptest::collection::vec(
                inner.prop_map(|steps| Branch::Steps(Policy::new(steps).unwrap())),
                2..4,
            );
            (proptest::collection::vec(simple(), 0..3), branches).prop_map(
                |(mut steps, branches)| {
                    steps.push(PolicyStepKind::Or(branches));
                    steps
                },
            )
        })
        .prop_map(|steps| Policy::new(steps).unwrap())
}

proptest! {
    #[test]
    fn every_way_leads_to_the_digest_and_through_a_file(policy in policy()) {
        let ways = policy.alternatives();
        prop_assert!(!ways.is_empty());
        for way in &ways {
            let read = Policy::from_steps(way).unwrap();
            prop_assert_eq!(read.digest(), policy.digest());
            prop_assert_eq!(&read.to_steps(), way);
        }
    }

    #[test]
    fn straight_policies_round_trip(steps in proptest::collection::vec(simple(), 0..5)) {
        let policy = Policy::new(steps).unwrap();
        let steps = policy.to_steps();
        prop_assert_eq!(Policy::from_steps(&steps), Ok(policy));
        // Not one octet may be missing, nor be too many.
        for (at, step) in steps.iter().enumerate() {
            let with = |command_policy| {
                let mut changed = steps.clone();
                changed[at].command_policy = command_policy;
                Policy::from_steps(&changed)
            };
            let body = &step.command_policy;
            for end in 0..body.len() {
                prop_assert!(with(body[..end].to_vec()).is_err());
            }
            prop_assert!(with([body.as_slice(), &[0]].concat()).is_err());
        }
    }

    #[test]
    fn reading_never_panics(
        own in steps_of_anybody(),
        others in proptest::collection::vec(steps_of_anybody(), 0..3),
    ) {
        let _ = Policy::from_steps(&own);
        let mut file = KeyFile::loadable(KeyFile::OWNER, true, vec![0, 0], vec![0, 0]).with_policy_steps(own);
        for policy in others {
            file.add_signed_policy(AuthPolicy { name: None, policy });
        }
        if let Err(problem) = KeyPolicy::of(&file) {
            let _ = (problem.to_string(), problem.hint());
        }
        let _ = file.unsupported_reason();
    }

    #[test]
    fn damaged_bodies_never_panic(step in simple(), at: prop::sample::Index, octet: u8, cut: prop::sample::Index) {
        let mut steps = Policy::new(vec![step]).unwrap().to_steps();
        let body = &mut steps[0].command_policy;
        if !body.is_empty() {
            let place = at.index(body.len());
            body[place] = octet;
            body.truncate(cut.index(body.len() + 1));
        }
        if let Ok(policy) = Policy::from_steps(&steps) {
            let _ = policy.digest();
        }
    }
}

/// What a hostile file could hold.
fn steps_of_anybody() -> impl Strategy<Value = Vec<PolicyStep>> {
    let code = prop_oneof![0x149u32..0x193, any::<u32>()];
    let step = (code, proptest::collection::vec(any::<u8>(), 0..120)).prop_map(
        |(command_code, command_policy)| PolicyStep {
            command_code,
            command_policy,
        },
    );
    proptest::collection::vec(step, 0..80)
}

#[test]
fn bodies_octet_by_octet() {
    let body = |step| Policy::new(vec![step]).unwrap().to_steps().remove(0);
    let step = body(PolicyStepKind::Pcr {
        bank: HashAlg::Sha256,
        selection: vec![7, 0, 7],
        digest: [9; 32],
    });
    let expected = [&[0, 32][..], &[9; 32], &[0, 0, 0, 1, 0, 11, 3, 0x81, 0, 0]].concat();
    assert_eq!((step.command_code, step.command_policy), (0x17f, expected));
    let step = body(PolicyStepKind::AuthValue);
    assert_eq!((step.command_code, step.command_policy), (0x16b, vec![]));
    let step = body(owner_secret());
    let expected = vec![0x40, 0, 0, 1, 0, 4, 0x40, 0, 0, 1, 0, 0];
    assert_eq!((step.command_code, step.command_policy), (0x151, expected));
    let step = body(PolicyStepKind::Authorize {
        key: signer(),
        policy_ref: b"boot".to_vec(),
        signature: None,
    });
    let expected = [signer().public_blob(), &[0, 4], b"boot", &[0, 0x10]].concat();
    assert_eq!((step.command_code, step.command_policy), (0x16a, expected));
    let step = body(PolicyStepKind::CommandCode(0x15d));
    assert_eq!(step.command_policy, [0, 0, 1, 0x5d]);
    let step = body(PolicyStepKind::Locality(8));
    assert_eq!(step.command_policy, [8]);
}

#[test]
fn the_pcr_form_of_openssl_tpm2_engine_is_read() {
    let list = [0, 0, 0, 1, 0, 11, 3, 0x81, 0, 0];
    let steps = [PolicyStep {
        command_code: 0x17f,
        command_policy: [&list[..], &[9; 32]].concat(),
    }];
    let expected = PolicyStepKind::Pcr {
        bank: HashAlg::Sha256,
        selection: vec![0, 7],
        digest: [9; 32],
    };
    assert_eq!(Policy::from_steps(&steps).unwrap().steps(), [expected]);
}

#[test]
fn a_password_is_proved_and_not_sent() {
    let steps = [PolicyStep {
        command_code: 0x18c,
        command_policy: Vec::new(),
    }];
    let policy = Policy::from_steps(&steps).unwrap();
    assert_eq!(policy.steps(), [PolicyStepKind::AuthValue]);
    assert!(policy.needs_auth_value());
}

#[test]
fn what_no_tpm_takes_is_refused() {
    let new = |step| Policy::new(vec![step]).map(drop);
    let straight = || Branch::Steps(Policy::default());
    let nest = |inner: Policy| Policy::any_of(vec![inner, Policy::default()]);
    for step in [
        PolicyStepKind::Locality(0),
        PolicyStepKind::Or(vec![]),
        PolicyStepKind::Or(vec![straight()]),
        PolicyStepKind::Or(vec![straight(); 65]),
        PolicyStepKind::Pcr {
            bank: HashAlg::Sha256,
            selection: vec![],
            digest: [0; 32],
        },
        PolicyStepKind::Pcr {
            bank: HashAlg::Sha256,
            selection: vec![24],
            digest: [0; 32],
        },
        PolicyStepKind::Signed {
            key: signer(),
            policy_ref: vec![0; 33],
        },
    ] {
        assert!(matches!(
            new(step),
            Err(PolicyError::Invalid { step: 1, .. })
        ));
    }
    let mut deep = Policy::default();
    for _ in 0..4 {
        deep = nest(deep).unwrap();
    }
    assert!(matches!(nest(deep), Err(PolicyError::Invalid { .. })));
    let eight = PolicyStepKind::Or(vec![straight(); 8]);
    assert!(Policy::new(vec![eight.clone(), eight.clone()]).is_ok());
    let many = Policy::new(vec![eight.clone(), eight.clone(), eight]);
    assert!(matches!(many, Err(PolicyError::Invalid { .. })));
}

#[test]
fn a_list_of_digests_must_hold_what_comes_before_it() {
    let or = |first| PolicyStepKind::Or(vec![Branch::Digest(first), Branch::Digest([2; 32])]);
    let before = Policy::new(vec![PolicyStepKind::AuthValue]).unwrap();
    let with = |first| before.clone().and(or(first)).unwrap().to_steps();
    assert!(Policy::from_steps(&with(before.digest())).is_ok());
    assert!(matches!(
        Policy::from_steps(&with([1; 32])),
        Err(PolicyError::Invalid { step: 2, .. })
    ));
}

#[test]
fn duplication_is_the_same_policy_everywhere() {
    let new_parent = signer().name().clone();
    let digest = duplication_policy(&new_parent);
    let object = None;
    let policy = Policy::new(vec![PolicyStepKind::DuplicationSelect {
        object,
        new_parent,
    }]);
    assert_eq!(policy.unwrap().digest(), digest);
}

#[test]
fn a_signature_with_another_key_is_noticed() {
    let policy = Policy::new(vec![PolicyStepKind::AuthValue]).unwrap();
    let signed = sign_policy(None, &policy, &signer(), b"", |hash, digest| {
        assert_eq!((hash, digest.len()), (HashAlg::Sha256, 32));
        Ok::<_, PolicyError>(RawSignature::Ecdsa {
            r: vec![1; 32],
            s: vec![1; 32],
        })
    });
    assert!(matches!(
        signed,
        Err(PolicyError::BadSignature { step: 2, .. })
    ));
    let branching = Policy::any_of(vec![policy.clone(), policy]).unwrap();
    let signed = sign_policy(None, &branching, &signer(), b"", |_, _| {
        Err(TpmError::Stopped)
    });
    assert!(matches!(signed, Err(TpmError::Policy(_))));
}
