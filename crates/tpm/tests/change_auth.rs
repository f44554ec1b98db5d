//! Authorization values are changed, and nothing of either can be seen on the wire.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use support::{P256, auth, command, held_handles, open, sign_and_verify, template};
use tpm2ca_testkit::{Recorder, Swtpm};
use tpm2ca_tpm::{Algorithm, Auth, HashAlg, KeyFile, KeyTemplate, Tpm, TpmError, TpmOptions};

#[test]
fn the_new_value_works_and_the_old_one_does_not() {
    let swtpm = Swtpm::start();
    let recorder = Recorder::start(&swtpm.tcti());
    let tpm = Tpm::open(&recorder.tcti(), TpmOptions::default()).unwrap();
    let (old, new) = ("the old authorization", "the new authorization");
    for algorithm in [P256, Algorithm::Rsa { bits: 2048 }] {
        let file = tpm.create_key(template(algorithm), &auth(old)).unwrap();
        let changed = tpm.change_auth(&file, &auth(old), &auth(new)).unwrap();
        let changed = KeyFile::from_pem(changed.to_pem().as_bytes()).unwrap();
        assert_eq!(changed.public_blob(), file.public_blob());
        assert!(!recorder.contains(&changed.private_blob()[2..]));
        assert!(matches!(
            tpm.load(changed.clone(), auth(old)),
            Err(TpmError::AuthFailed { .. })
        ));
        let key = tpm.load(changed.clone(), auth(new)).unwrap();
        sign_and_verify(&key, HashAlg::Sha256, b"with the new one");
        // The old file is another door to the same key.
        assert!(tpm.load(file, auth(old)).is_ok());

        let bare = tpm
            .change_auth(&changed, &auth(new), &Auth::empty())
            .unwrap();
        assert!(changed.needs_auth() && !bare.needs_auth());
        let again = tpm.change_auth(&bare, &Auth::empty(), &auth(new)).unwrap();
        assert!(again.needs_auth());
        let key = tpm.load(again, auth(new)).unwrap();
        sign_and_verify(&key, HashAlg::Sha256, b"with a value again");
    }
    drop(tpm);
    assert!(!recorder.contains(old.as_bytes()) && !recorder.contains(new.as_bytes()));
    let changes: Vec<_> = recorder
        .exchanges()
        .into_iter()
        .filter(|exchange| exchange.command_code() == command::OBJECT_CHANGE_AUTH)
        .collect();
    assert_eq!(changes.len(), 6);
    for exchange in changes {
        // Two handles, the size of the authorization area, the session's handle and its nonce of 32 octets.
        let attributes = exchange.command[10 + 8 + 4 + 4 + 2 + 32];
        assert_eq!(attributes & 0x60, 0x60, "decrypt and encrypt are set");
    }
    assert_eq!(held_handles(&swtpm), "");
}

#[test]
fn a_wrong_old_value_changes_nothing_and_counts_once() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let protected = KeyTemplate {
        algorithm: P256,
        no_da: false,
    };
    let file = tpm.create_key(protected, &auth("right")).unwrap();
    match tpm.change_auth(&file, &auth("wrong"), &auth("new")) {
        Err(TpmError::AuthFailed { what, .. }) => assert_eq!(what, "the key"),
        other => panic!("{other:?}"),
    }
    assert_eq!(tpm.capabilities().unwrap().lockout_counter, 1);
    assert!(matches!(
        tpm.change_auth(&file, &auth("right"), &Auth::new(vec![7; 33])),
        Err(TpmError::AuthTooLong { max: 32, got: 33 })
    ));
    let changed = tpm
        .change_auth(&file, &auth("right"), &auth("new"))
        .unwrap();
    let key = tpm.load(changed, auth("new")).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"with the new one");
    assert_eq!(tpm.capabilities().unwrap().lockout_counter, 1);
}

#[test]
fn a_key_of_another_tpm_cannot_be_changed_here() {
    let (here, there) = (Swtpm::start(), Swtpm::start());
    let file = open(&there)
        .create_key(template(P256), &Auth::empty())
        .unwrap();
    assert!(matches!(
        open(&here).change_auth(&file, &Auth::empty(), &auth("new")),
        Err(TpmError::WrongParent { .. })
    ));
}
