//! Somebody between the CA and its TPM: nothing wrong is ever handed out, and the records know what may exist.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use support::{
    assert_sound, csr,
    in_the_middle::{Hook, TPM2_SIGN, TpmCa, code_of, honest, keyring, lost},
    now, rows,
};
use tpm2ca_authority::{
    Authority, AuthorityError, Environment, ErrorClass, IssueRequest, Issued, RevokeRequest,
};
use tpm2ca_keys::{Hash, SignError};
use tpm2ca_store::{State, Status};
use tpm2ca_testkit::Swtpm;
use tpm2ca_tpm::{Transport, TransportError};
use tpm2ca_x509::Serial;

type Answer = Result<Vec<u8>, TransportError>;

/// Answers to `TPM2_Sign` go through `change`; the TPM has signed by then.
fn changing(mut change: impl FnMut(Vec<u8>) -> Answer + Send + 'static) -> Box<Hook> {
    Box::new(move |command, tpm| {
        let response = tpm.transact(command)?;
        if code_of(command) == TPM2_SIGN {
            change(response)
        } else {
            Ok(response)
        }
    })
}

fn refusal(code: u32) -> Vec<u8> {
    [&[0x80, 0x01, 0, 0, 0, 10][..], &code.to_be_bytes()].concat()
}

fn issue(authority: &Authority) -> Result<Issued, AuthorityError> {
    let request = csr("www.example.com");
    authority.issue(&IssueRequest::new(&request, "server", "test"))
}

/// An issuance fails under `hook`, and leaves one reservation that can be revoked. Afterwards, all is well.
fn caught(ca: &TpmCa, authority: &Authority, hook: &Mutex<Box<Hook>>, evil: Box<Hook>, what: &str) {
    let before = rows(authority.store());
    *hook.lock().unwrap() = evil;
    let error = issue(authority).unwrap_err();
    assert!(
        matches!(error, AuthorityError::Signature(_)),
        "{what}: {error:?}"
    );
    assert!(!error.is_refusal());
    let mut after = rows(authority.store());
    assert_eq!(after.len(), before.len() + 1, "{what}");
    let row = after.pop().unwrap();
    assert_eq!(after, before, "{what}: the others are as they were");
    assert_eq!(row.status(now()), Status::Reserved, "{what}: {error}");
    assert_eq!(
        authority.store().certificate_der(row.issuer, &row.serial),
        Ok(None),
        "{what}"
    );
    assert_sound(authority, 1);
    let serial = Serial::from_be_bytes(&row.serial).unwrap();
    let revoked = authority
        .revoke(&RevokeRequest {
            serial: &serial,
            issuer: None,
            reason: None,
            invalidity_date: None,
            requester: "test",
        })
        .unwrap();
    assert_eq!(revoked.outcome.state, State::Reserved, "{what}");

    *hook.lock().unwrap() = Box::new(|command, tpm| tpm.transact(command));
    let issued = issue(authority).unwrap_or_else(|error| panic!("after {what}: {error}"));
    let folder = ca.directory();
    support::verify_with_openssl(
        &folder.resolve("root.crt"),
        &folder.resolve("intermediate.crt"),
        &issued.certificate,
    );
    assert_sound(authority, 0);
}

#[test]
fn whatever_is_done_to_a_signature_is_caught() {
    let ca = TpmCa::new();
    let hook = honest();
    let authority = ca.open_through(Arc::clone(&hook));
    let old = Arc::new(Mutex::new(Vec::new()));
    let tape = Arc::clone(&old);
    *hook.lock().unwrap() = changing(move |response| {
        tape.lock().unwrap().clone_from(&response);
        Ok(response)
    });
    issue(&authority).unwrap();
    let old = old.lock().unwrap().clone();
    // tag, size, code, parameterSize; then the algorithms, and r behind its length
    let in_r = 14 + 4 + 2 + 5;

    let cases: Vec<(&str, Box<Hook>)> = vec![
        (
            "another signature by the same key",
            changing(move |_| Ok(old.clone())),
        ),
        (
            "a changed signature",
            changing(move |mut response| {
                response[in_r] ^= 1;
                Ok(response)
            }),
        ),
        (
            "a wrong HMAC",
            changing(|mut response| {
                *response.last_mut().unwrap() ^= 1;
                Ok(response)
            }),
        ),
        (
            "a short response",
            changing(|mut response| {
                response.truncate(40);
                response[2..6].copy_from_slice(&40u32.to_be_bytes());
                Ok(response)
            }),
        ),
        ("an empty response", changing(|_| Ok(Vec::new()))),
        // The signature exists, and somebody has it: that the TPM seems to have refused proves nothing.
        (
            "the signature kept, `wrong authorization` sent",
            changing(|_| Ok(refusal(0x98e))),
        ),
        (
            "the signature kept, `lockout` sent",
            changing(|_| Ok(refusal(0x921))),
        ),
        (
            "the signature kept, `unsupported hash` sent",
            changing(|_| Ok(refusal(0x2d2))),
        ),
        (
            "the signature kept, the line cut",
            changing(|_| Err(lost())),
        ),
    ];
    for (what, evil) in cases {
        caught(&ca, &authority, &hook, evil, what);
    }
}

/// A signature by another key in the same TPM, taken through a line of one's own.
#[test]
fn a_signature_by_another_key_is_caught() {
    let ca = TpmCa::new();
    let hook = honest();
    let authority = ca.open_through(Arc::clone(&hook));
    // The root's: its responses are authentic for the root's session only.
    let of_the_root = Arc::new(Mutex::new(Vec::new()));
    let tape = Arc::clone(&of_the_root);
    *hook.lock().unwrap() = changing(move |response| {
        tape.lock().unwrap().clone_from(&response);
        Ok(response)
    });
    authority.crl(Some("root"), None, "test").unwrap();
    let of_the_root = of_the_root.lock().unwrap().clone();
    assert!(!of_the_root.is_empty());
    let evil = changing(move |_| Ok(of_the_root.clone()));
    caught(
        &ca,
        &authority,
        &hook,
        evil,
        "a signature by the root's key",
    );
}

/// What is signed is encrypted on its way and covered by an HMAC, so that another digest cannot be slipped in.
#[test]
fn a_changed_command_is_caught() {
    let ca = TpmCa::new();
    let hook = honest();
    let authority = ca.open_through(Arc::clone(&hook));
    for from_the_end in [1, 8, 20, 40] {
        let evil: Box<Hook> = Box::new(move |command, tpm: &mut dyn Transport| {
            let mut changed = command.to_vec();
            if code_of(command) == TPM2_SIGN {
                let at = changed.len() - from_the_end;
                changed[at] ^= 1;
            }
            tpm.transact(&changed)
        });
        caught(
            &ca,
            &authority,
            &hook,
            evil,
            &format!("bit {from_the_end} of the command"),
        );
    }
}

/// A CRL is signed by the same key: it is not published, and its number is not used again.
#[test]
fn a_crl_with_a_changed_signature_is_not_published() {
    let ca = TpmCa::new();
    let hook = honest();
    let authority = ca.open_through(Arc::clone(&hook));
    *hook.lock().unwrap() = changing(|mut response| {
        response[30] ^= 1;
        Ok(response)
    });
    let error = authority.crl(None, None, "test").unwrap_err();
    assert!(
        matches!(error, AuthorityError::Signature(SignError::Tpm(_))),
        "{error:?}"
    );
    assert!(!ca.directory().resolve("crl/intermediate.crl").exists());
    *hook.lock().unwrap() = Box::new(|command, tpm| tpm.transact(command));
    assert_eq!(authority.crl(None, None, "test").unwrap().number, 2);
    assert_sound(&authority, 0);
}

#[test]
fn another_tpm_in_its_place_is_caught_before_anything_is_reserved() {
    let ca = TpmCa::new();
    let other = Swtpm::start();
    let config = ca.directory().config().unwrap();
    let options = tpm2ca_tpm::TpmOptions {
        expected_srk: Some(config.tpm.srk.unwrap().parse().unwrap()),
        ..Default::default()
    };
    let keyring = tpm2ca_authority::Keyring::new(
        Some(other.tcti()),
        options,
        Box::new(tpm2ca_authority::NoAuth),
    );
    let authority = Authority::open(ca.directory(), keyring, Environment::default()).unwrap();
    let before = rows(authority.store()).len();
    let error = issue(&authority).unwrap_err();
    assert!(
        error.to_string().contains("not the expected TPM"),
        "{error}"
    );
    // Also when it is asked again: nothing is forgotten about how the TPM must be.
    let error = issue(&authority).unwrap_err();
    assert!(
        error.to_string().contains("not the expected TPM"),
        "{error}"
    );
    assert_eq!(rows(authority.store()).len(), before);
    // Without the pin the TPM itself does not know the key.
    let authority = Authority::open(
        ca.directory(),
        self::keyring(other.tcti()),
        Environment::default(),
    )
    .unwrap();
    assert!(issue(&authority).is_err());
    assert_eq!(rows(authority.store()).len(), before);
}

/// Lost for good after the command was sent: possibly signed. Lost before: the same, since nobody can know.
#[test]
fn a_tpm_that_is_lost_for_good_leaves_a_reservation() {
    let ca = TpmCa::new();
    let hook = honest();
    let authority = ca.open_through(Arc::clone(&hook));
    issue(&authority).unwrap();
    let known = rows(authority.store()).len();
    let signs = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&signs);
    let mut dead = false;
    *hook.lock().unwrap() = Box::new(move |command, tpm| {
        if !dead && code_of(command) == TPM2_SIGN {
            tpm.transact(command)?;
            count.fetch_add(1, Ordering::SeqCst);
            dead = true;
        }
        if dead {
            return Err(lost());
        }
        tpm.transact(command)
    });
    let error = issue(&authority).unwrap_err();
    assert_eq!(error.class(), ErrorClass::TpmUnavailable, "{error:?}");
    assert_eq!(signs.load(Ordering::SeqCst), 1, "it did sign");
    let row = rows(authority.store()).pop().unwrap();
    assert_eq!(row.status(now()), Status::Reserved);
    assert_sound(&authority, 1);

    *hook.lock().unwrap() = Box::new(|command, tpm| tpm.transact(command));
    issue(&authority).unwrap();
    assert_eq!(rows(authority.store()).len(), known + 2);
    assert_sound(&authority, 1);
}

/// Lost and found again: the request is not lost, and one certificate comes of it.
#[test]
fn a_line_that_is_cut_once_is_mended() {
    let ca = TpmCa::new();
    let hook = honest();
    let authority = ca.open_through(Arc::clone(&hook));
    let mut cut = false;
    *hook.lock().unwrap() = changing(move |response| {
        if cut {
            return Ok(response);
        }
        cut = true;
        Err(lost())
    });
    let before = rows(authority.store()).len();
    issue(&authority).unwrap();
    assert_eq!(rows(authority.store()).len(), before + 1);
    assert_sound(&authority, 0);
}

/// `TPM2_GetCapability` says that there is no SHA-512.
#[test]
fn a_hash_that_the_tpm_lacks_is_refused_before_anything_is_reserved() {
    const TPM2_GET_CAPABILITY: u32 = 0x17a;
    const SHA512: [u8; 2] = [0x00, 0x0d];
    let ca = TpmCa::new();
    let hook = honest();
    let authority = ca.open_through(Arc::clone(&hook));
    *hook.lock().unwrap() = Box::new(|command, tpm| {
        let mut response = tpm.transact(command)?;
        // TPM_CAP_ALGS: a list of algorithm and attributes, from octet 19 on.
        if code_of(command) == TPM2_GET_CAPABILITY && command[10..14] == [0; 4] {
            for entry in response[19..].chunks_exact_mut(6) {
                if entry[..2] == SHA512 {
                    entry[..2].copy_from_slice(&[0x7f, 0xff]);
                }
            }
        }
        Ok(response)
    });
    let before = rows(authority.store()).len();
    let request = csr("www.example.com");
    let wish = |md| IssueRequest {
        md: Some(md),
        ..IssueRequest::new(&request, "server", "test")
    };
    let error = authority.issue(&wish(Hash::Sha512)).unwrap_err();
    assert!(error.to_string().contains("SHA-512"), "{error}");
    assert!(error.hint().unwrap().contains("SHA-256"));
    assert_eq!(rows(authority.store()).len(), before);
    authority.issue(&wish(Hash::Sha384)).unwrap();
    authority.issue(&wish(Hash::Sha256)).unwrap();
    assert_sound(&authority, 0);
}
