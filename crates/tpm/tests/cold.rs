//! How many commands a process takes that signs once: every one costs milliseconds on a chip.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::{Arc, Mutex};

use support::command::{
    CERTIFY, CREATE_PRIMARY, FLUSH_CONTEXT, LOAD, READ_PUBLIC, SIGN, START_AUTH_SESSION, STARTUP,
};
use support::{P256, auth, code_of, open, sign_and_verify, template};
use tpm2ca_testkit::{Intercept, Swtpm};
use tpm2ca_tpm::{HashAlg, Name, Tpm, TpmKey, TpmOptions};

/// The commands that were sent, and those of them that the TPM carried out.
struct Tape {
    sent: Vec<u32>,
    done: Vec<u32>,
}

/// Opens a TPM, gets a key, signs once and ends.
fn cold_signature(
    swtpm: &Swtpm,
    expected_srk: Option<&Name>,
    get: impl FnOnce(&Tpm) -> TpmKey,
) -> Tape {
    let sent: Arc<Mutex<Vec<u32>>> = Arc::default();
    let done: Arc<Mutex<Vec<u32>>> = Arc::default();
    let (ear, eye) = (Arc::clone(&sent), Arc::clone(&done));
    let connector = Intercept::new(swtpm.tcti().connector(), move |request, tpm| {
        ear.lock().unwrap().push(code_of(request));
        tpm.transact(request)
    });
    let options = TpmOptions {
        expected_srk: expected_srk.cloned(),
        observer: Some(Box::new(move |receipt| {
            eye.lock().unwrap().push(receipt.command_code);
        })),
        ..TpmOptions::default()
    };
    let tpm = Tpm::with_connector(Box::new(connector), options).unwrap();
    let key = get(&tpm);
    sign_and_verify(&key, HashAlg::Sha256, b"once");
    drop((key, tpm));
    let take = |tape: &Mutex<Vec<u32>>| tape.lock().unwrap().clone();
    Tape {
        sent: take(&sent),
        done: take(&done),
    }
}

#[test]
fn a_cold_signature_takes_no_command_too_many() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let name = tpm.srk_name().unwrap();
    let file = tpm.create_key(template(P256), &auth("sesame")).unwrap();
    drop(tpm);
    let from_file = |tpm: &Tpm| tpm.load_unproved(file.clone(), auth("sesame")).unwrap();
    let proved = |tpm: &Tpm| tpm.load(file.clone(), auth("sesame")).unwrap();
    let handle = |tpm: &Tpm| tpm.load_handle(0x8100_0010, auth("sesame")).unwrap();

    let check = |what: &str, tape: &Tape, expected: &[u32]| {
        let names: Vec<_> = tape.done.iter().map(|code| name_of(*code)).collect();
        println!("{what}: {} commands: {}", names.len(), names.join(", "));
        assert_eq!(tape.done, expected, "{what}");
        // Beyond these, only the question whether the TPM is there and was started, which one that was refuses; and
        // a look at 0x81000001 that finds nothing.
        let refused = tape.sent.len() - tape.done.len();
        let empty_look = usize::from(!tape.done.contains(&READ_PUBLIC));
        assert_eq!(refused, 1 + empty_look, "{what}");
        assert_eq!(tape.sent[0], STARTUP);
    };

    // Without anything persistent the storage root key has to be made once, and flushed.
    for pin in [None, Some(&name)] {
        check(
            "storage root key made anew",
            &cold_signature(&swtpm, pin, from_file),
            &[
                CREATE_PRIMARY,
                START_AUTH_SESSION,
                LOAD,
                FLUSH_CONTEXT,
                SIGN,
                FLUSH_CONTEXT,
                FLUSH_CONTEXT,
            ],
        );
    }

    open(&swtpm).persist_storage_root().unwrap();
    let load_session_sign = [
        READ_PUBLIC,
        START_AUTH_SESSION,
        LOAD,
        SIGN,
        FLUSH_CONTEXT,
        FLUSH_CONTEXT,
    ];
    for pin in [None, Some(&name)] {
        check(
            "persistent storage root key",
            &cold_signature(&swtpm, pin, from_file),
            &load_session_sign,
        );
        check(
            "the same, with the authorization proved before it is used",
            &cold_signature(&swtpm, pin, proved),
            &[&load_session_sign[..3], &[CERTIFY], &load_session_sign[3..]].concat(),
        );
    }

    let tpm = open(&swtpm);
    tpm.persist(file.clone(), 0x8100_0010).unwrap();
    drop(tpm);
    check(
        "persistent key",
        &cold_signature(&swtpm, None, handle),
        &[
            READ_PUBLIC,
            READ_PUBLIC,
            START_AUTH_SESSION,
            CERTIFY,
            SIGN,
            FLUSH_CONTEXT,
        ],
    );
}

fn name_of(code: u32) -> &'static str {
    match code {
        CERTIFY => "Certify",
        CREATE_PRIMARY => "CreatePrimary",
        FLUSH_CONTEXT => "FlushContext",
        LOAD => "Load",
        READ_PUBLIC => "ReadPublic",
        SIGN => "Sign",
        START_AUTH_SESSION => "StartAuthSession",
        _ => "another",
    }
}
