//! A TPM that others have filled, or put something of theirs where the storage root key belongs.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;

use support::{P256, auth, flush, held_handles, open, sign_and_verify, template};
use tpm2ca_testkit::{Swtpm, Tool, temp_dir};
use tpm2ca_tpm::{Auth, ErrorKind, HashAlg, Origin, Tpm, TpmError};

/// Loads an object of somebody else's, which nothing ties to the storage root key, and leaves it loaded.
fn occupy(swtpm: &Swtpm) {
    let dir = temp_dir();
    Tool::tpm2("tpm2_createprimary", swtpm)
        .args(["-C", "e", "-G", "ecc", "-c"])
        .arg(dir.path().join("primary.ctx"))
        .ok();
}

fn is_full<T: std::fmt::Debug>(outcome: Result<T, TpmError>, noun: &str) {
    match outcome {
        Err(error @ TpmError::SlotsFull { what }) => {
            assert_eq!(what, noun);
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            let hint = error.hint().unwrap();
            assert!(
                hint.contains("/dev/tpmrm0") && hint.contains("tpm2_flushcontext"),
                "{hint}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn three_objects_of_others_are_left_alone_and_complained_about() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = tpm.create_key(template(P256), &Auth::empty()).unwrap();
    tpm.persist(file.clone(), 0x8100_0010).unwrap();
    tpm.persist_storage_root().unwrap();
    drop(tpm);
    (0..3).for_each(|_| occupy(&swtpm));
    let before = held_handles(&swtpm);
    assert_eq!(before.matches("0x8").count(), 3, "{before}");

    let tpm = open(&swtpm);
    is_full(tpm.srk_name(), "object");
    is_full(tpm.load(file.clone(), Auth::empty()), "object");
    is_full(tpm.create_key(template(P256), &Auth::empty()), "object");
    // Even a key that is in the TPM for good needs a slot while it is used.
    is_full(tpm.load_handle(0x8100_0010, Auth::empty()), "object");
    drop(tpm);
    assert_eq!(held_handles(&swtpm), before);

    // One free slot is enough for what is persistent.
    flush_transient(&swtpm, 0x8000_0002);
    let tpm = open(&swtpm);
    let key = tpm.load_handle(0x8100_0010, Auth::empty()).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"in one slot");
    is_full(tpm.load(file.clone(), Auth::empty()), "object");
    drop((key, tpm));

    // Two are enough for keys in files.
    flush_transient(&swtpm, 0x8000_0001);
    let tpm = open(&swtpm);
    let key = tpm.load(file, Auth::empty()).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"in two slots");
    drop((key, tpm));
    assert_eq!(held_handles(&swtpm).matches("0x8").count(), 1);
}

fn flush_transient(swtpm: &Swtpm, handle: u32) {
    let mut connection = swtpm.tcti().connector().connect().unwrap();
    let response = connection.transact(&flush(handle)).unwrap();
    assert_eq!(response[6..10], [0; 4]);
}

/// `TPM2_StartAuthSession` without a salt; the response.
fn start_session(connection: &mut dyn tpm2ca_tpm::Transport, kind: u8) -> Vec<u8> {
    let mut command = vec![0x80, 0x01, 0, 0, 0, 43, 0, 0, 0x01, 0x76];
    command.extend([0x40, 0, 0, 7, 0x40, 0, 0, 7]);
    command.extend([0, 16]);
    command.extend([1; 16]);
    command.extend([0, 0, kind, 0x00, 0x10, 0x00, 0x0b]);
    connection.transact(&command).unwrap()
}

fn code(response: &[u8]) -> u32 {
    u32::from_be_bytes(response[6..10].try_into().unwrap())
}

const HMAC: u8 = 0;
const POLICY: u8 = 1;

#[test]
fn three_policy_sessions_of_others_are_left_alone_and_complained_about() {
    let swtpm = Swtpm::start();
    let file = open(&swtpm)
        .create_key(template(P256), &auth("sesame"))
        .unwrap();
    let mut connection = swtpm.tcti().connector().connect().unwrap();
    let handles: Vec<Vec<u8>> = (0..3)
        .map(|_| {
            let response = start_session(connection.as_mut(), POLICY);
            assert_eq!(code(&response), 0);
            response[10..14].to_vec()
        })
        .collect();
    assert_eq!(
        code(&start_session(connection.as_mut(), POLICY)),
        TPM_RC_SESSION_MEMORY
    );
    drop(connection);

    let before = held_handles(&swtpm);
    let tpm = open(&swtpm);
    is_full(tpm.load(file.clone(), auth("sesame")), "session");
    is_full(tpm.random(8), "session");
    drop(tpm);
    assert_eq!(held_handles(&swtpm), before);

    let handle = u32::from_be_bytes(handles[1].clone().try_into().unwrap());
    flush_transient(&swtpm, handle);
    let tpm = open(&swtpm);
    let key = tpm.load(file, auth("sesame")).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"one is enough");
}

#[test]
fn hmac_sessions_that_nobody_uses_are_cleared_away() {
    let swtpm = Swtpm::start();
    let mut connection = swtpm.tcti().connector().connect().unwrap();
    while code(&start_session(connection.as_mut(), HMAC)) == 0 {}
    drop(connection);
    let tpm = open(&swtpm);
    let file = tpm.create_key(template(P256), &auth("sesame")).unwrap();
    let key = tpm.load(file, auth("sesame")).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"there is room");
}

#[test]
fn a_full_table_of_saved_sessions_is_complained_about() {
    let swtpm = Swtpm::start();
    let mut connection = swtpm.tcti().connector().connect().unwrap();
    let mut saved = Vec::new();
    loop {
        let response = start_session(connection.as_mut(), HMAC);
        if code(&response) != 0 {
            assert_eq!(code(&response), TPM_RC_SESSION_HANDLES);
            break;
        }
        // TPM2_ContextSave takes it out of the TPM, but it keeps its number.
        let handle: [u8; 4] = response[10..14].try_into().unwrap();
        let mut command = vec![0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01, 0x62];
        command.extend(handle);
        assert_eq!(code(&connection.transact(&command).unwrap()), 0);
        saved.push(u32::from_be_bytes(handle));
    }
    assert!(saved.len() > 3, "{}", saved.len());
    drop(connection);

    let tpm = open(&swtpm);
    is_full(tpm.random(8), "session");
    drop(tpm);
    flush_transient(&swtpm, saved[0]);
    assert_eq!(open(&swtpm).random(8).unwrap().len(), 8);
}

/// What others keep at 0x81000001: arguments of `tpm2_createprimary`, and the content of its `-u`.
const FOREIGN: [(&[&str], Option<&[u8]>); 3] = [
    // tpm2-tools' own default.
    (&["-G", "rsa"], None),
    // The same as ours but for noDA.
    (
        &[
            "-G",
            "ecc256:aes128cfb",
            "-a",
            "restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth",
        ],
        Some(&[0; 4]),
    ),
    // go-tpm's ECCSRKTemplate: the same as ours but for what cannot be seen, a unique part of zeros.
    (
        &[
            "-G",
            "ecc256:aes128cfb",
            "-a",
            "restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda",
        ],
        Some(&{
            let mut unique = [0; 68];
            // Lengths in this machine's order.
            unique[0] = 32;
            unique[34] = 32;
            unique
        }),
    ),
];

#[test]
fn a_foreign_key_in_the_storage_root_keys_place_is_no_obstacle() {
    for (arguments, unique) in FOREIGN {
        let swtpm = Swtpm::start();
        let name = open(&swtpm).srk_name().unwrap();
        let before = open(&swtpm)
            .create_key(template(P256), &auth("sesame"))
            .unwrap();
        let dir = temp_dir();
        let context = dir.path().join("primary.ctx");
        let mut make = Tool::tpm2("tpm2_createprimary", &swtpm)
            .args(["-C", "o", "-g", "sha256", "-c"])
            .arg(&context)
            .args(arguments);
        if let Some(unique) = unique {
            let path = dir.path().join("unique");
            fs::write(&path, unique).unwrap();
            make = make.arg("-u").arg(path);
        }
        make.ok();
        Tool::tpm2("tpm2_flushcontext", &swtpm).arg("-t").ok();
        Tool::tpm2("tpm2_evictcontrol", &swtpm)
            .args(["-C", "o", "-c"])
            .arg(&context)
            .arg("0x81000001")
            .ok();
        Tool::tpm2("tpm2_flushcontext", &swtpm).arg("-t").ok();

        // A key that was made before, in a process that knows nothing yet.
        let tpm = open(&swtpm);
        let keys: Vec<_> = (0..3)
            .map(|_| tpm.load(before.clone(), auth("sesame")).unwrap())
            .collect();
        for key in &keys {
            sign_and_verify(key, HashAlg::Sha256, b"under the right parent");
        }
        drop((keys, tpm));
        // One that is made now, and its parent.
        let tpm = open(&swtpm);
        let file = tpm.create_key(template(P256), &auth("sesame")).unwrap();
        assert_eq!(tpm.srk_name().unwrap(), name);
        drop(tpm);
        let tpm = open(&swtpm);
        let key = tpm.load(file, auth("sesame")).unwrap();
        sign_and_verify(&key, HashAlg::Sha256, b"under the right parent");
        match tpm.persist_storage_root() {
            Err(error @ TpmError::HandleTaken { same: false, .. }) => {
                let hint = error.hint().unwrap();
                assert!(hint.contains("another program"), "{hint}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(tpm.read_public(0x8100_0001).unwrap().origin, Origin::Other);
        drop((key, tpm));
        assert_eq!(held_handles(&swtpm), "");
    }
}

#[test]
fn another_tpm_with_a_persistent_root_is_noticed() {
    let mut swtpm = Swtpm::start();
    open(&swtpm).persist_storage_root().unwrap();
    let other = Swtpm::start();
    open(&other).persist_storage_root().unwrap();
    let tpm: Tpm = open(&swtpm);
    assert_eq!(tpm.random(4).unwrap().len(), 4);
    swtpm.kill();
    fs::remove_dir_all(swtpm.state_dir()).unwrap();
    fs::create_dir(swtpm.state_dir()).unwrap();
    let state = |swtpm: &Swtpm| swtpm.state_dir().join("tpm2-00.permall");
    fs::copy(state(&other), state(&swtpm)).unwrap();
    swtpm.restart();
    assert!(matches!(tpm.random(4), Err(TpmError::WrongTpm { .. })));
}

const TPM_RC_SESSION_MEMORY: u32 = 0x903;
const TPM_RC_SESSION_HANDLES: u32 = 0x905;
