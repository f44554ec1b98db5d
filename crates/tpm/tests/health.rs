//! How a TPM is: what others left in it, its self-test, its clock; and finding the parent of a key that does not load.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;

use support::{P256, auth, held_handles, new_key, open, open_through, refusal, template};
use tpm2ca_testkit::{Swtpm, Tool, temp_dir};
use tpm2ca_tpm::{
    Auth, FittingParent, HashAlg, KeyFile, KeyOptions, Parent, ParentTemplate, SelfTest, TpmError,
    TpmOptions,
};

#[test]
fn a_fresh_tpm_is_well_and_empty() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    // What is our own does not count.
    let key = new_key(&tpm);
    let health = tpm.health(None).unwrap();
    assert_eq!(health.self_test, SelfTest::Passed);
    assert_eq!(health.objects, []);
    assert!(health.sessions.is_empty() && health.saved_sessions.is_empty());
    assert!(!health.resource_manager);
    let clock = health.clock.unwrap();
    assert!(clock.is_safe && clock.milliseconds < 600_000, "{clock:?}");
    drop((key, tpm));
    assert_eq!(held_handles(&swtpm), "");

    let can = open(&swtpm).capabilities().unwrap();
    assert!(can.aes_cfb && !can.lockout_auth_set);
    assert_eq!((can.session_slots, can.sessions_free), (3, 3));
    assert!(can.persistent_free > 2 && can.nv_index_max >= 2048);
    assert!(can.pcr_banks.iter().all(|bank| bank.registers.len() == 24));
    let sha256 = HashAlg::Sha256.to_string();
    assert!(can.pcr_banks.iter().any(|bank| bank.hash == sha256));
}

#[test]
fn what_others_left_is_told_apart_from_what_looks_like_ours() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = tpm.create_key(template(P256), &Auth::empty()).unwrap();
    tpm.persist_storage_root().unwrap();
    drop(tpm);
    let dir = temp_dir();
    Tool::tpm2("tpm2_createprimary", &swtpm)
        .args(["-C", "e", "-G", "ecc", "-c"])
        .arg(dir.path().join("primary.ctx"))
        .ok();
    fs::write(dir.path().join("pub"), file.public_blob()).unwrap();
    fs::write(dir.path().join("priv"), file.private_blob()).unwrap();
    Tool::tpm2("tpm2_load", &swtpm)
        .args(["-C", "0x81000001", "-u", "pub", "-r", "priv", "-c", "k.ctx"])
        .dir(dir.path())
        .ok();
    Tool::tpm2("tpm2_startauthsession", &swtpm)
        .args(["--policy-session", "-S", "session.ctx"])
        .dir(dir.path())
        .ok();
    let health = open(&swtpm).health(None).unwrap();
    let ours: Vec<bool> = health
        .objects
        .iter()
        .map(|object| object.under_storage_root)
        .collect();
    assert_eq!(ours, [false, true], "{health:?}");
    // tpm2-tools save their sessions into a file.
    assert_eq!(
        health.sessions.len() + health.saved_sessions.len(),
        1,
        "{health:?}"
    );
}

#[test]
fn a_full_tpm_can_still_be_asked() {
    let swtpm = Swtpm::start();
    let dir = temp_dir();
    for _ in 0..3 {
        Tool::tpm2("tpm2_createprimary", &swtpm)
            .args(["-C", "e", "-G", "ecc", "-c"])
            .arg(dir.path().join("primary.ctx"))
            .ok();
    }
    let tpm = open(&swtpm);
    assert_eq!(tpm.health(None).unwrap().objects.len(), 3);
    let full = tpm.capabilities().unwrap();
    assert_eq!(full.transient_free, 0);
    assert!(full.can_do(P256));
    drop(tpm);
    Tool::tpm2("tpm2_flushcontext", &swtpm).arg("-t").ok();
    let tpm = open(&swtpm);
    assert!(
        tpm.capabilities()
            .unwrap()
            .can_do(tpm2ca_tpm::Algorithm::Rsa { bits: 3072 })
    );
}

#[test]
fn a_tpm_whose_self_test_failed_says_so() {
    let swtpm = Swtpm::start();
    let tpm = open_through(&swtpm, TpmOptions::default(), |request, tpm| {
        let mut response = tpm.transact(request)?;
        if support::code_of(request) == 0x17c {
            // The last parameter of TPM2_GetTestResult.
            let end = response.len();
            response[end - 4..].copy_from_slice(&0x101u32.to_be_bytes());
        }
        Ok(response)
    });
    match tpm.health(None).unwrap().self_test {
        SelfTest::Failed(code) => assert_eq!(code.name(), "TPM_RC_FAILURE"),
        other => panic!("{other:?}"),
    }
    drop(tpm);
    // In failure mode it refuses everything, from the first command on.
    let connector = Box::new(tpm2ca_testkit::Intercept::new(
        swtpm.tcti().connector(),
        |_: &[u8], _: &mut dyn tpm2ca_tpm::Transport| Ok(refusal(0x101)),
    ));
    let error = tpm2ca_tpm::Tpm::with_connector(connector, TpmOptions::default()).unwrap_err();
    assert!(error.to_string().contains("TPM_RC_FAILURE"), "{error}");
    assert!(error.hint().unwrap().contains("self-test"));
}

#[test]
fn the_parent_of_a_key_is_found_by_trying() {
    let swtpm = Swtpm::start();
    let dir = temp_dir();
    let tool = |name: &str, arguments: &[&str]| {
        Tool::tpm2(name, &swtpm)
            .args(arguments)
            .dir(dir.path())
            .ok();
        Tool::tpm2("tpm2_flushcontext", &swtpm).arg("-t").ok();
    };
    fs::write(dir.path().join("zeros"), [0; 256]).unwrap();
    for template in ParentTemplate::ALL {
        // As the advice has it.
        let command = template.tools_command();
        Tool::new("sh")
            .args(["-e", "-c", command])
            .env("TPM2TOOLS_TCTI", swtpm.tcti().to_string())
            .dir(dir.path())
            .ok();
        Tool::tpm2("tpm2_flushcontext", &swtpm).arg("-t").ok();
        for name in ["key.pub", "key.priv"] {
            let _ = fs::remove_file(dir.path().join(name));
        }
        tool(
            "tpm2_create",
            &[
                "-C",
                "parent.ctx",
                "-G",
                "ecc",
                "-u",
                "key.pub",
                "-r",
                "key.priv",
            ],
        );
        let read = |name: &str| fs::read(dir.path().join(name)).unwrap();
        let file = KeyFile::loadable(KeyFile::OWNER, true, read("key.pub"), read("key.priv"));
        let tpm = open(&swtpm);
        let outcome = tpm.load(file.clone(), Auth::empty()).map(drop);
        assert_eq!(
            matches!(outcome, Err(TpmError::WrongParent { .. })),
            template != ParentTemplate::H2,
            "{template}: {outcome:?}"
        );
        assert_eq!(
            tpm.fitting_parents(&file).unwrap(),
            [FittingParent::Primary {
                hierarchy: Parent::Owner,
                template
            }],
            "{template}"
        );
        drop(tpm);
        assert_eq!(held_handles(&swtpm), "", "{template}");
    }
    // None fits a key of another TPM.
    let other = Swtpm::start();
    let stranger = open(&other).create_key(template(P256), &Auth::empty());
    assert_eq!(
        open(&swtpm).fitting_parents(&stranger.unwrap()).unwrap(),
        []
    );
}

#[test]
fn a_parent_at_a_persistent_handle_and_one_in_another_hierarchy_are_found() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    tpm.persist_storage_root().unwrap();
    let file = tpm.create_key(template(P256), &auth("sesame")).unwrap();
    match tpm.fitting_parents(&file).unwrap().as_slice() {
        [
            FittingParent::Persistent(found),
            FittingParent::Primary { template, .. },
        ] => {
            assert_eq!(found.handle, 0x8100_0001);
            assert_eq!(*template, ParentTemplate::H2);
        }
        other => panic!("{other:?}"),
    }
    let mut options = KeyOptions::new(P256);
    options.parent = Parent::Endorsement;
    let file = tpm.create_key(options, &Auth::empty()).unwrap();
    assert_eq!(
        tpm.fitting_parents(&file).unwrap(),
        [FittingParent::Primary {
            hierarchy: Parent::Endorsement,
            template: ParentTemplate::H2
        }]
    );
    let importable = KeyFile::importable(KeyFile::OWNER, false, true, vec![0], vec![0], vec![0]);
    assert!(tpm.fitting_parents(&importable).is_err());
}
