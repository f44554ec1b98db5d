//! Parents of keys: the storage root key made anew or persistent, other persistent keys, wrong ones.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use support::{P256, auth, code_of, command, new_key, open, sign_and_verify, template};
use tpm2ca_testkit::{Intercept, Swtpm, Tool, temp_dir};
use tpm2ca_tpm::{Auth, HashAlg, KeyFile, Tpm, TpmError, TpmOptions};

const ATTRIBUTES: &str = "restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth";

/// Makes a primary key and makes it persistent.
fn persist(swtpm: &Swtpm, dir: &Path, handle: &str, attributes: &str, secret: &str) {
    let context = dir.join("persist.ctx");
    let unique = dir.join("unique");
    fs::write(&unique, [0; 4]).unwrap();
    let mut make = Tool::tpm2("tpm2_createprimary", swtpm)
        .args(["-C", "o", "-G", "ecc256:aes128cfb", "-g", "sha256"])
        .args(["-a", attributes, "-u"])
        .arg(&unique)
        .arg("-c")
        .arg(&context);
    if !secret.is_empty() {
        make = make.args(["-p", secret]);
    }
    make.ok();
    Tool::tpm2("tpm2_flushcontext", swtpm).arg("-t").ok();
    Tool::tpm2("tpm2_evictcontrol", swtpm)
        .args(["-C", "o", "-c"])
        .arg(&context)
        .arg(handle)
        .ok();
    Tool::tpm2("tpm2_flushcontext", swtpm).arg("-t").ok();
}

#[test]
fn a_persistent_storage_root_key_is_used_if_it_is_the_one() {
    let swtpm = Swtpm::start();
    let dir = temp_dir();
    let tpm = open(&swtpm);
    let name = tpm.srk_name().unwrap();
    let file = tpm.create_key(template(P256), &Auth::empty()).unwrap();
    drop(tpm);
    persist(
        &swtpm,
        dir.path(),
        "0x81000001",
        &format!("{ATTRIBUTES}|noda"),
        "",
    );

    for expected_srk in [Some(name.clone()), None] {
        let pinned = expected_srk.is_some();
        let codes: Arc<Mutex<Vec<u32>>> = Arc::default();
        let tape = Arc::clone(&codes);
        let connector = Intercept::new(swtpm.tcti().connector(), move |request, tpm| {
            tape.lock().unwrap().push(code_of(request));
            tpm.transact(request)
        });
        let options = TpmOptions {
            expected_srk,
            ..TpmOptions::default()
        };
        let tpm = Tpm::with_connector(Box::new(connector), options).unwrap();
        assert_eq!(tpm.srk_name().unwrap(), name);
        let key = tpm.load(file.clone(), Auth::empty()).unwrap();
        sign_and_verify(&key, HashAlg::Sha256, b"under the persistent key");
        let made = codes
            .lock()
            .unwrap()
            .iter()
            .filter(|code| **code == command::CREATE_PRIMARY)
            .count();
        // Without a pin, the TPM's own seed has to say once which key is the right one.
        assert_eq!(made, usize::from(!pinned));
    }
}

#[test]
fn another_key_at_that_handle_is_left_alone() {
    let swtpm = Swtpm::start();
    let dir = temp_dir();
    let name = open(&swtpm).srk_name().unwrap();
    // The same but for noDA: another key.
    persist(&swtpm, dir.path(), "0x81000001", ATTRIBUTES, "");
    let tpm = open(&swtpm);
    assert_eq!(tpm.srk_name().unwrap(), name);
    sign_and_verify(&new_key(&tpm), HashAlg::Sha256, b"under the right key");
}

#[test]
fn a_key_under_another_persistent_parent_is_loaded_there() {
    let swtpm = Swtpm::start();
    let dir = temp_dir();
    persist(
        &swtpm,
        dir.path(),
        "0x81000005",
        ATTRIBUTES,
        "parent secret",
    );
    let (public, private) = (dir.path().join("key.pub"), dir.path().join("key.priv"));
    Tool::tpm2("tpm2_create", &swtpm)
        .args(["-C", "0x81000005", "-P", "parent secret", "-G", "ecc256"])
        .args([
            "-a",
            "sign|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda",
        ])
        .arg("-u")
        .arg(&public)
        .arg("-r")
        .arg(&private)
        .ok();
    let file = |parent| {
        let (public, private) = (fs::read(&public).unwrap(), fs::read(&private).unwrap());
        KeyFile::loadable(parent, true, public, private)
    };

    let with = |parent_auth| {
        let options = TpmOptions {
            parent_auth,
            ..TpmOptions::default()
        };
        Tpm::open(&swtpm.tcti(), options).unwrap()
    };
    let tpm = with(auth("parent secret"));
    let key = tpm.load(file(0x8100_0005), Auth::empty()).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"under another parent");

    match tpm.load(file(0x8100_0006), Auth::empty()) {
        Err(
            error @ TpmError::NoParent {
                handle: 0x8100_0006,
            },
        ) => {
            assert!(error.to_string().contains("0x81000006"));
        }
        other => panic!("{other:?}"),
    }
    match tpm.load(file(0x4000_0001), Auth::empty()) {
        Err(error @ TpmError::WrongParent { .. }) => {
            let text = error.to_string();
            assert!(
                text.contains("H-2") && text.contains("0x40000001"),
                "{text}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        tpm.load(file(0x8000_0000), Auth::empty()),
        Err(TpmError::UnsupportedKey { .. })
    ));
    drop((key, tpm));
    match with(Auth::empty()).load(file(0x8100_0005), Auth::empty()) {
        Err(TpmError::AuthFailed { what, .. }) => assert!(what.contains("0x81000005"), "{what}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_of_another_tpm_names_the_parent_that_was_tried() {
    let (here, there) = (Swtpm::start(), Swtpm::start());
    let file = open(&there)
        .create_key(template(P256), &Auth::empty())
        .unwrap();
    let tpm = open(&here);
    match tpm.load(file, Auth::empty()) {
        Err(error @ TpmError::WrongParent { .. }) => {
            assert!(error.to_string().contains("template H-2"));
            assert!(error.hint().unwrap().contains("TPM it was made in"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn damaged_key_files_are_refused() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let good = tpm.create_key(template(P256), &Auth::empty()).unwrap();
    let (public, private) = (good.public_blob().to_vec(), good.private_blob().to_vec());
    let load = |public: &[u8], private: &[u8]| {
        let file = KeyFile::loadable(KeyFile::OWNER, true, public.to_vec(), private.to_vec());
        tpm.load(file, Auth::empty()).map(drop)
    };
    assert!(load(&public, &private).is_ok());
    for end in 0..public.len() {
        assert!(matches!(
            load(&public[..end], &private),
            Err(TpmError::UnsupportedKey { .. })
        ));
    }
    let mut longer = private.clone();
    longer.push(0);
    assert!(matches!(
        load(&public, &longer),
        Err(TpmError::UnsupportedKey { .. })
    ));
    let mut flipped = private.clone();
    *flipped.last_mut().unwrap() ^= 1;
    assert!(matches!(
        load(&public, &flipped),
        Err(TpmError::WrongParent { .. })
    ));
}
