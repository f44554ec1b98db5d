//! Persistent handles: keys are put there, used, named, taken away; what is in the way stays.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use support::{
    P256, auth, code_of, command, held_handles, new_key, open, open_through, sign_and_verify,
    template,
};
use tpm2ca_testkit::{Recorder, Swtpm, Tool, temp_dir};
use tpm2ca_tpm::{
    Algorithm, Auth, AuthNeed, ErrorKind, HashAlg, KeyOptions, KeyTemplate, Origin, Parent, Tpm,
    TpmError, TpmOptions, TransportError,
};

const HANDLE: u32 = 0x8100_0010;

#[test]
fn a_persistent_key_signs_without_its_file() {
    let swtpm = Swtpm::start();
    for (number, algorithm, secret) in [
        (0, P256, Auth::empty()),
        (1, P256, auth("sesame")),
        (2, Algorithm::Rsa { bits: 2048 }, auth("sesame")),
    ] {
        let handle = HANDLE + number;
        let tpm = open(&swtpm);
        let file = tpm.create_key(template(algorithm), &secret).unwrap();
        let name = tpm.persist(file.clone(), handle).unwrap();
        assert_eq!(tpm.load(file, secret.clone()).unwrap().name(), &name);
        drop(tpm);
        assert_eq!(held_handles(&swtpm), "");

        // The tools agree about what is there.
        let shown = Tool::tpm2("tpm2_readpublic", &swtpm)
            .args(["-c", &format!("{handle:#x}")])
            .ok()
            .text();
        assert!(shown.contains(&format!("name: {name}")), "{shown}");

        let tpm = open(&swtpm);
        let key = tpm.load_handle(handle, secret.clone()).unwrap();
        assert_eq!((key.name(), key.algorithm()), (&name, algorithm));
        sign_and_verify(&key, HashAlg::Sha256, b"persistent");
        // Keys in files and this one do not get into each other's way.
        let others: Vec<_> = (0..3).map(|_| new_key(&tpm)).collect();
        for key in others.iter().chain([&key]) {
            sign_and_verify(key, HashAlg::Sha256, b"in turns");
        }
        drop((key, others));
        let again = tpm.load_handle(handle, secret).unwrap();
        sign_and_verify(&again, HashAlg::Sha256, b"still there");
        drop((again, tpm));
        assert_eq!(held_handles(&swtpm), "");
    }
}

#[test]
fn a_persistent_key_outlives_a_reset() {
    let mut swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = tpm.create_key(template(P256), &auth("sesame")).unwrap();
    tpm.persist(file, HANDLE).unwrap();
    let key = tpm.load_handle(HANDLE, auth("sesame")).unwrap();
    swtpm.restart();
    sign_and_verify(&key, HashAlg::Sha256, b"after the reset");
}

#[test]
fn a_taken_handle_is_left_alone_and_named() {
    let swtpm = Swtpm::start();
    let dir = temp_dir();
    let tpm = open(&swtpm);
    let [ours, other] = [(); 2].map(|()| tpm.create_key(template(P256), &Auth::empty()).unwrap());
    let name = tpm.persist(ours.clone(), HANDLE).unwrap();

    let refusal = |file, handle| match tpm.persist(file, handle) {
        Err(error @ TpmError::HandleTaken { .. }) => (error.to_string(), error.hint().unwrap()),
        other => panic!("{other:?}"),
    };
    let (text, hint) = refusal(other.clone(), HANDLE);
    assert_eq!(
        text,
        format!(
            "the persistent handle 0x81000010 is taken by a P-256 signing key `{name}`, made under the storage root key"
        )
    );
    assert!(hint.contains("key evict 0x81000010"), "{hint}");
    let (_, hint) = refusal(ours, HANDLE);
    assert!(hint.contains("very key"), "{hint}");

    let root = tpm.persist_storage_root().unwrap();
    assert_eq!(tpm.srk_name().unwrap(), root);
    assert_eq!(tpm.persist_storage_root().unwrap(), root);
    let (text, hint) = refusal(other.clone(), 0x8100_0001);
    assert!(
        text.ends_with(&format!("the storage root key `{root}`")),
        "{text}"
    );
    assert!(hint.contains("another handle"), "{hint}");
    drop(tpm);

    // Somebody else's: sealed data, which is not even a key.
    let context = dir.path().join("primary.ctx");
    let (public, private) = (dir.path().join("pub"), dir.path().join("priv"));
    Tool::tpm2("tpm2_createprimary", &swtpm)
        .args(["-C", "e", "-c"])
        .arg(&context)
        .ok();
    Tool::tpm2("tpm2_create", &swtpm)
        .args(["-i", "-", "-C"])
        .arg(&context)
        .arg("-u")
        .arg(&public)
        .arg("-r")
        .arg(&private)
        .input("sealed")
        .ok();
    Tool::tpm2("tpm2_flushcontext", &swtpm).arg("-t").ok();
    let sealed = dir.path().join("sealed.ctx");
    Tool::tpm2("tpm2_load", &swtpm)
        .arg("-C")
        .arg(&context)
        .arg("-u")
        .arg(&public)
        .arg("-r")
        .arg(&private)
        .arg("-c")
        .arg(&sealed)
        .ok();
    Tool::tpm2("tpm2_flushcontext", &swtpm).arg("-t").ok();
    Tool::tpm2("tpm2_evictcontrol", &swtpm)
        .args(["-C", "o", "-c"])
        .arg(&sealed)
        .arg("0x81000011")
        .ok();
    Tool::tpm2("tpm2_flushcontext", &swtpm).arg("-t").ok();
    let tpm = open(&swtpm);
    match tpm.persist(other, 0x8100_0011) {
        Err(error @ TpmError::HandleTaken { .. }) => {
            let text = error.to_string();
            assert!(text.contains("another kind of object"), "{text}");
            assert!(
                text.contains("not made under the storage root key"),
                "{text}"
            );
            assert!(error.hint().unwrap().contains("another program"));
        }
        other => panic!("{other:?}"),
    }
    match tpm.load_handle(0x8100_0011, Auth::empty()) {
        Err(TpmError::UnsupportedKey { .. }) => {}
        other => panic!("{other:?}"),
    }

    let found = tpm.persistent_handles().unwrap();
    let seen: Vec<_> = found
        .iter()
        .map(|key| {
            (
                key.handle,
                key.algorithm,
                key.signs,
                key.is_parent,
                key.origin,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (0x8100_0001, Some(P256), false, true, Origin::StorageRoot),
            (HANDLE, Some(P256), true, false, Origin::UnderStorageRoot),
            (0x8100_0011, None, false, false, Origin::Other),
        ]
    );
    assert_eq!(tpm.read_public(HANDLE).unwrap(), found[1]);
    assert_eq!(found[1].name.as_ref(), Some(&name));
    drop(tpm);
    let listed = Tool::tpm2("tpm2_getcap", &swtpm)
        .arg("handles-persistent")
        .ok()
        .text();
    for key in &found {
        assert!(
            listed
                .to_lowercase()
                .contains(&format!("{:#x}", key.handle)),
            "{listed}"
        );
        let shown = Tool::tpm2("tpm2_readpublic", &swtpm)
            .args(["-c", &format!("{:#x}", key.handle)])
            .ok()
            .text();
        let name = key.name.as_ref().unwrap();
        assert!(shown.contains(&format!("name: {name}")), "{shown}");
    }
}

#[test]
fn evicting_makes_room_and_is_noticed_by_who_uses_the_key() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let [first, second] =
        [(); 2].map(|()| tpm.create_key(template(P256), &auth("sesame")).unwrap());
    let expected = tpm.persist(first, HANDLE).unwrap();
    let key = tpm.load_handle(HANDLE, auth("sesame")).unwrap();
    tpm.evict(HANDLE).unwrap();
    assert!(matches!(
        tpm.evict(HANDLE),
        Err(TpmError::NothingAt { handle: HANDLE })
    ));
    assert!(matches!(
        tpm.load_handle(HANDLE, Auth::empty()),
        Err(TpmError::NothingAt { .. })
    ));
    assert!(matches!(
        key.sign(HashAlg::Sha256, &[7; 32]),
        Err(TpmError::NothingAt { .. })
    ));
    let got = tpm.persist(second, HANDLE).unwrap();
    match key.sign(HashAlg::Sha256, &[7; 32]) {
        Err(TpmError::KeyReplaced {
            handle: HANDLE,
            expected: was,
            got: is,
        }) => assert_eq!((was, is), (expected, got)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_persistent_handles_are_taken_for_such() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = tpm.create_key(template(P256), &Auth::empty()).unwrap();
    for handle in [0x8000_0000, 0x4000_0001, 0x0100_0000, 0x8200_0000] {
        assert!(matches!(tpm.evict(handle), Err(TpmError::BadHandle { .. })));
        assert!(matches!(
            tpm.persist(file.clone(), handle),
            Err(TpmError::BadHandle { .. })
        ));
        assert!(matches!(
            tpm.read_public(handle),
            Err(TpmError::BadHandle { .. })
        ));
        assert!(matches!(
            tpm.auth_need(handle),
            Err(TpmError::BadHandle { .. })
        ));
    }
    // The upper half is the platform's, and what is of the null hierarchy cannot stay.
    match tpm.persist(file, 0x8180_0000) {
        Err(error @ TpmError::BadHandle { .. }) => {
            assert!(error.to_string().contains("platform"), "{error}");
            assert!(error.hint().unwrap().contains("0x81000010"));
        }
        other => panic!("{other:?}"),
    }
    let under = |parent| {
        let mut options = KeyOptions::new(P256);
        options.parent = parent;
        tpm.create_key(options, &Auth::empty()).unwrap()
    };
    match tpm.persist(under(Parent::Null), HANDLE) {
        Err(error @ TpmError::BadHandle { .. }) => {
            assert!(error.to_string().contains("null hierarchy"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    let platform = under(Parent::Platform);
    assert!(matches!(
        tpm.persist(platform.clone(), HANDLE),
        Err(TpmError::BadHandle { .. })
    ));
    tpm.persist(platform, 0x8180_0000).unwrap();
    let key = tpm.load_handle(0x8180_0000, Auth::empty()).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"of the platform");
    drop(key);
    tpm.evict(0x8180_0000).unwrap();
    tpm.persist(under(Parent::Endorsement), HANDLE).unwrap();
    // It is not under the storage root key, though as good as it.
    assert_eq!(tpm.read_public(HANDLE).unwrap().origin, Origin::Other);
}

#[test]
fn whether_a_value_is_needed_is_told_at_no_cost() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let put = |handle, no_da, secret: &Auth| {
        let template = KeyTemplate {
            algorithm: P256,
            no_da,
        };
        let file = tpm.create_key(template, secret).unwrap();
        tpm.persist(file, handle).unwrap();
    };
    put(HANDLE, true, &Auth::empty());
    put(HANDLE + 1, true, &auth("secret"));
    put(HANDLE + 2, false, &Auth::empty());
    put(HANDLE + 3, false, &auth("secret"));
    for (handle, need) in [
        (HANDLE, AuthNeed::None),
        (HANDLE + 1, AuthNeed::Needed),
        (HANDLE + 2, AuthNeed::Unknown),
        (HANDLE + 3, AuthNeed::Unknown),
    ] {
        assert_eq!(tpm.auth_need(handle).unwrap(), need, "{handle:#x}");
    }
    // Of the first two the empty value is tried, of the others not.
    match tpm.load_handle(HANDLE + 1, Auth::empty()) {
        Err(error @ TpmError::AuthFailed { empty: true, .. }) => {
            assert!(error.hint().unwrap().contains("none was given"));
        }
        other => panic!("{other:?}"),
    }
    for handle in [HANDLE, HANDLE + 2] {
        let key = tpm.load_handle(handle, Auth::empty()).unwrap();
        sign_and_verify(&key, HashAlg::Sha256, b"no value needed");
    }
    for _ in 0..5 {
        tpm.load_handle(HANDLE + 3, Auth::empty()).unwrap();
    }
    assert_eq!(tpm.capabilities().unwrap().lockout_counter, 0);

    // A value that was given is proved, and that counts.
    let max = tpm.capabilities().unwrap().max_auth_fail;
    for failures in 1..=max {
        match tpm.load_handle(HANDLE + 3, auth(&format!("wrong {failures}"))) {
            Err(TpmError::AuthFailed { tries_left, .. }) => {
                assert_eq!(tries_left, Some(max - failures));
            }
            other => panic!("{other:?}"),
        }
    }
    match tpm.load_handle(HANDLE + 3, auth("secret")) {
        Err(error @ TpmError::Lockout { .. }) => assert_eq!(error.kind(), ErrorKind::Lockout),
        other => panic!("{other:?}"),
    }
    assert_eq!(tpm.auth_need(HANDLE + 3).unwrap(), AuthNeed::Unknown);
    // Lockout is about protected keys only.
    let key = tpm.load_handle(HANDLE + 1, auth("secret")).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"not protected");
    drop((key, tpm));
    Tool::tpm2("tpm2_dictionarylockout", &swtpm).arg("-c").ok();
    let key = open(&swtpm)
        .load_handle(HANDLE + 3, auth("secret"))
        .unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"unlocked");
}

#[test]
fn the_owner_authorizes_without_sending_the_value() {
    let swtpm = Swtpm::start();
    Tool::tpm2("tpm2_changeauth", &swtpm)
        .args(["-c", "owner", "owner secret"])
        .ok();
    let recorder = Recorder::start(&swtpm.tcti());
    let with = |owner_auth| {
        let options = TpmOptions {
            owner_auth,
            ..TpmOptions::default()
        };
        Tpm::open(&recorder.tcti(), options).unwrap()
    };
    let tpm = with(auth("owner secret"));
    let file = tpm.create_key(template(P256), &auth("key secret")).unwrap();
    tpm.persist(file.clone(), HANDLE).unwrap();
    tpm.persist_storage_root().unwrap();
    drop(tpm);

    // With both where they are, the owner is not needed for signatures any more, only for changes.
    let tpm = with(Auth::empty());
    let key = tpm.load_handle(HANDLE, auth("key secret")).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"without the owner");
    let from_file = tpm.load(file.clone(), auth("key secret")).unwrap();
    sign_and_verify(&from_file, HashAlg::Sha256, b"without the owner");
    for outcome in [
        tpm.evict(HANDLE),
        tpm.persist(file.clone(), HANDLE + 1).map(drop),
    ] {
        match outcome {
            Err(TpmError::AuthFailed {
                what, empty: true, ..
            }) => assert_eq!(what, "the owner hierarchy"),
            other => panic!("{other:?}"),
        }
    }
    // What is there can be told, but not what hangs from what.
    let found = tpm.persistent_handles().unwrap();
    assert_eq!(found.len(), 2);
    drop((key, from_file, tpm));

    let wrong = with(auth("not it"));
    assert!(matches!(
        wrong.evict(HANDLE),
        Err(TpmError::AuthFailed { empty: false, .. })
    ));
    drop(wrong);
    with(auth("owner secret")).evict(HANDLE).unwrap();
    assert!(!recorder.contains(b"owner secret") && !recorder.contains(b"key secret"));
    let evictions = recorder
        .exchanges()
        .iter()
        .filter(|exchange| exchange.command_code() == command::EVICT_CONTROL)
        .filter(|exchange| exchange.response_code() == Some(0))
        .count();
    assert_eq!(evictions, 3);
}

#[test]
fn no_room_for_another_persistent_key_is_said() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = tpm
        .create_key(template(Algorithm::Rsa { bits: 2048 }), &Auth::empty())
        .unwrap();
    for number in 0..1000 {
        match tpm.persist(file.clone(), HANDLE + number) {
            Ok(_) => {}
            Err(error @ TpmError::Rc { .. }) => {
                assert!(number > 1);
                assert!(error.to_string().contains("TPM_RC_NV_SPACE"), "{error}");
                assert!(error.hint().unwrap().contains("evict"), "{error}");
                tpm.evict(HANDLE).unwrap();
                tpm.persist(file, HANDLE + number).unwrap();
                return;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    panic!("this TPM never gets full");
}

#[test]
fn a_response_that_got_lost_is_no_reason_to_complain() {
    let swtpm = Swtpm::start();
    let mut lost = 0;
    let tpm = open_through(&swtpm, TpmOptions::default(), move |request, tpm| {
        let response = tpm.transact(request)?;
        let changes = code_of(request) == command::EVICT_CONTROL;
        if changes && lost < 2 && response[6..10] == [0; 4] {
            lost += 1;
            return Err(TransportError::Closed {
                at: "a test".to_owned(),
            });
        }
        Ok(response)
    });
    let file = tpm.create_key(template(P256), &Auth::empty()).unwrap();
    tpm.persist(file, HANDLE).unwrap();
    tpm.evict(HANDLE).unwrap();
    assert!(tpm.persistent_handles().unwrap().is_empty());
}
