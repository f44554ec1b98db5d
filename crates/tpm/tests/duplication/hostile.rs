//! Files and answers that lie.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use tpm2ca_testkit::{Intercept, Swtpm};
use tpm2ca_tpm::{Auth, Curve, ImportTemplate, KeyFile, ParentPublic, Tpm, TpmError, TpmOptions};

use crate::duplicate::movable;
use crate::support::{P256, auth, code_of, held_handles, new_key, open};
use crate::tools::SoftwareKey;

/// A key that is wrapped for this TPM.
fn wrapped(tpm: &Tpm) -> KeyFile {
    let parent = ParentPublic::from_octets(&tpm.parent_public().unwrap()).unwrap();
    SoftwareKey::ecc(Curve::P256)
        .numbers
        .wrap_for(&parent, &ImportTemplate::default(), &auth("sesame"))
        .unwrap()
}

fn with(file: &KeyFile, public: &[u8], duplicate: &[u8], secret: &[u8]) -> KeyFile {
    KeyFile::importable(
        file.parent(),
        false,
        false,
        public.to_vec(),
        duplicate.to_vec(),
        secret.to_vec(),
    )
}

#[test]
fn damaged_files_are_errors() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = wrapped(&tpm);
    let (public, duplicate) = (file.public_blob(), file.private_blob());
    let secret = file.secret().unwrap();
    let mut changed = duplicate.to_vec();
    *changed.last_mut().unwrap() ^= 1;
    let mut off_curve = secret.to_vec();
    off_curve[10] ^= 1;
    let mut other_policy = public.to_vec();
    // A bit of the attributes: another Name than the one it was wrapped with.
    other_policy[8] ^= 0x04;
    let cases: [(&str, KeyFile); 10] = [
        ("changed", with(&file, public, &changed, secret)),
        ("off the curve", with(&file, public, duplicate, &off_curve)),
        (
            "another Name",
            with(&file, &other_policy, duplicate, secret),
        ),
        ("no duplicate", with(&file, public, &[0, 0], secret)),
        ("no seed", with(&file, public, duplicate, &[0, 0])),
        ("cut off", with(&file, public, &duplicate[..20], secret)),
        ("cut off", with(&file, public, duplicate, &secret[..1])),
        ("empty", with(&file, &[], &[], &[])),
        (
            "too long",
            with(
                &file,
                public,
                duplicate,
                &[vec![0x80, 0], vec![1; 0x8000]].concat(),
            ),
        ),
        (
            "of a loadable key",
            with(&file, public, &[0, 3, 1, 2, 3], &[0, 4, 0, 0, 0, 0]),
        ),
    ];
    for (what, file) in cases {
        let received = tpm.receive(&file).map(drop);
        assert!(
            !matches!(received, Ok(()) | Err(TpmError::Stopped)),
            "{what}: {received:?}"
        );
        assert!(tpm.load(file, auth("sesame")).is_err(), "{what}");
    }
    for file in [
        with(&file, public, &changed, secret),
        with(&file, &other_policy, duplicate, secret),
        with(&file, public, duplicate, &off_curve),
    ] {
        let refused = tpm.receive(&file);
        assert!(
            matches!(refused, Err(TpmError::NotWrappedForThis { .. })),
            "{refused:?}"
        );
    }
    // What was not wrapped, and what has no seed.
    let loadable = KeyFile::loadable(KeyFile::OWNER, false, public.to_vec(), duplicate.to_vec());
    assert!(matches!(
        tpm.receive(&loadable),
        Err(TpmError::UnsupportedKey { .. })
    ));
    assert!(tpm.receive(&file).is_ok());
    drop(tpm);
    assert_eq!(held_handles(&swtpm), "");
}

#[test]
fn a_parent_with_absurd_parameters_does_not_get_to_the_tpm() {
    let (here, there) = (Swtpm::start(), Swtpm::start());
    let recovery = open(&there).parent_public().unwrap();
    let tpm = open(&here);
    let file = movable(&tpm, P256, &recovery, &Auth::empty());
    for at in 2..recovery.len() {
        let mut changed = recovery.clone();
        changed[at] ^= 0x40;
        let refused = tpm.duplicate(&file, Auth::empty(), &changed);
        assert!(
            matches!(
                refused,
                Err(TpmError::BadParentPublic { .. } | TpmError::CannotLeave { .. })
            ),
            "{at}: {refused:?}"
        );
    }
    for absurd in [
        &[][..],
        &[0, 0],
        &[0xff; 90],
        b"-----BEGIN PUBLIC KEY-----",
        file.public_blob(),
    ] {
        let refused = tpm.duplicate(&file, Auth::empty(), absurd);
        assert!(
            matches!(refused, Err(TpmError::BadParentPublic { .. })),
            "{refused:?}"
        );
    }
}

/// Somebody in between answers with a parent of his own, to have the key wrapped for himself.
#[test]
fn a_parent_that_was_exchanged_on_the_way_is_noticed_before_anything_is_wrapped() {
    let (swtpm, his) = (Swtpm::start(), Swtpm::start());
    let tools = crate::tools::Tools::new(&swtpm);
    tools.run("tpm2_createprimary -C o -G ecc256:aes128cfb -c parent.ctx");
    tools.run("tpm2_evictcontrol -C o -c parent.ctx 0x81000007");
    let his_public = open(&his).parent_public().unwrap();
    let imports = Arc::new(Mutex::new(0));
    let told = Arc::clone(&imports);
    let tpm = crate::support::open_through(&swtpm, TpmOptions::default(), move |request, tpm| {
        let response = tpm.transact(request)?;
        match code_of(request) {
            IMPORT => *told.lock().unwrap() += 1,
            READ_PUBLIC if request[10..14] == [0x81, 0, 0, 7] && request[1] == 1 => {
                let mut forged = vec![0x80, 0x01, 0, 0, 0, 0, 0, 0, 0, 0];
                forged.extend(&his_public);
                forged.extend([0, 0, 0, 0]);
                let size = u32::try_from(forged.len()).unwrap().to_be_bytes();
                forged[2..6].copy_from_slice(&size);
                return Ok(forged);
            }
            _ => {}
        }
        Ok(response)
    });
    let template = ImportTemplate {
        parent: Some("0x81000007".parse().unwrap()),
        ..ImportTemplate::default()
    };
    let key = SoftwareKey::ecc(Curve::P256);
    let outcome = tpm.import_software_key(key.numbers, template, &Auth::empty());
    assert!(outcome.is_err());
    assert_eq!(
        *imports.lock().unwrap(),
        0,
        "the key was wrapped for somebody else"
    );
}

#[test]
fn answers_that_were_changed_are_noticed() {
    let (here, there) = (Swtpm::start(), Swtpm::start());
    let recovery = open(&there).parent_public().unwrap();
    let file = movable(&open(&here), P256, &recovery, &Auth::empty());
    let duplicate = open(&here)
        .duplicate(&file, Auth::empty(), &recovery)
        .unwrap();
    let tampered = |swtpm: &Swtpm, code| {
        let connector = Intercept::tamper(
            swtpm.tcti().connector(),
            |_| {},
            move |request, response| {
                if code_of(request) == code && response.len() > 40 {
                    response[30] ^= 1;
                }
            },
        );
        Tpm::with_connector(Box::new(connector), TpmOptions::default()).unwrap()
    };
    let refused = tampered(&here, DUPLICATE).duplicate(&file, Auth::empty(), &recovery);
    assert!(
        matches!(refused, Err(TpmError::ResponseHmac { .. })),
        "{refused:?}"
    );
    let refused = tampered(&there, IMPORT).receive(&duplicate);
    assert!(
        matches!(refused, Err(TpmError::ResponseHmac { .. })),
        "{refused:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// One TPM for all cases of one run would hide a leak, so it is asked for a key at the end.
    #[test]
    fn no_file_brings_the_tpm_down(changes in proptest::collection::vec((0usize..3, any::<prop::sample::Index>(), any::<u8>()), 12)) {
        let swtpm = Swtpm::start();
        let tpm = open(&swtpm);
        let good = wrapped(&tpm);
        for (part, at, octet) in changes {
            let mut parts = [good.public_blob().to_vec(), good.private_blob().to_vec(), good.secret().unwrap().to_vec()];
            let at = at.index(parts[part].len());
            parts[part][at] = octet;
            let [public, duplicate, secret] = parts;
            let file = with(&good, &public, &duplicate, &secret);
            let outcome = tpm.receive(&file);
            prop_assert!(!matches!(outcome, Err(TpmError::Stopped)));
            let _ = tpm.load(file, Auth::empty());
        }
        new_key(&tpm);
    }
}

const IMPORT: u32 = 0x156;
const DUPLICATE: u32 = 0x14b;
const READ_PUBLIC: u32 = 0x173;
