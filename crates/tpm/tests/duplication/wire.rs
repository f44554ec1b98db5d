//! What somebody who listens sees of import and duplication: nothing.

use tpm2ca_testkit::{Exchange, Recorder, Swtpm};
use tpm2ca_tpm::{Curve, HashAlg, ImportTemplate, ParentPublic, Tpm, TpmOptions};

use crate::duplicate::movable;
use crate::support::{P256, auth, sign_and_verify};
use crate::tools::SoftwareKey;

const SECRET: &str = "correct horse battery staple";

fn open(recorder: &Recorder) -> Tpm {
    Tpm::open(&recorder.tcti(), TpmOptions::default()).unwrap()
}

/// Attributes of the sessions of the commands with this code.
fn session_attributes(exchanges: &[Exchange], code: u32, handles: usize) -> Vec<u8> {
    exchanges
        .iter()
        .filter(|exchange| exchange.command_code() == code)
        .map(|exchange| {
            assert_eq!(exchange.response_code(), Some(0));
            assert_eq!(exchange.command[..2], [0x80, 0x02], "no session at all");
            let session = &exchange.command[10 + 4 * handles + 4..];
            assert_ne!(session[..4], [0x40, 0, 0, 9], "a password session");
            let nonce = usize::from(u16::from_be_bytes([session[4], session[5]]));
            session[6 + nonce]
        })
        .collect()
}

#[test]
fn an_imported_key_crosses_encrypted() {
    for key in [SoftwareKey::rsa(2048), SoftwareKey::ecc(Curve::P256)] {
        let swtpm = Swtpm::start();
        let recorder = Recorder::start(&swtpm.tcti());
        let tpm = open(&recorder);
        let template = ImportTemplate::default();
        let file = tpm
            .import_software_key(key.numbers.clone(), template.clone(), &auth(SECRET))
            .unwrap();
        let loaded = tpm.load(file, auth(SECRET)).unwrap();
        sign_and_verify(&loaded, HashAlg::Sha256, b"to be signed");
        let parent = ParentPublic::from_octets(&tpm.parent_public().unwrap()).unwrap();
        let wrapped = key
            .numbers
            .wrap_for(&parent, &template, &auth(SECRET))
            .unwrap();
        tpm.load(wrapped, auth(SECRET)).unwrap();
        for secret in &key.secrets {
            assert!(
                !recorder.contains(secret),
                "a private number crossed in clear"
            );
        }
        assert!(!recorder.contains(SECRET.as_bytes()));
        // decrypt and encrypt
        let attributes = session_attributes(&recorder.exchanges(), IMPORT, 1);
        assert_eq!(attributes.len(), 2);
        for attributes in attributes {
            assert_eq!(attributes & 0x60, 0x60);
        }
        // The public half crosses, or the recorder is deaf.
        let tpm2ca_tpm::KeyPublic::Ecc { x, .. } = &key.public else {
            continue;
        };
        assert!(recorder.contains(x));
    }
}

#[test]
fn a_duplicate_crosses_encrypted() {
    let (here, there) = (Swtpm::start(), Swtpm::start());
    let ears = [here.tcti(), there.tcti()].map(|tcti| Recorder::start(&tcti));
    let recovery = open(&ears[1]).parent_public().unwrap();
    let tpm = open(&ears[0]);
    let file = movable(&tpm, P256, &recovery, &auth(SECRET));
    let duplicate = tpm.duplicate(&file, auth(SECRET), &recovery).unwrap();
    let received = open(&ears[1]).receive(&duplicate).unwrap();
    let key = open(&ears[1]).load(received, auth(SECRET)).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"over there");
    for ear in &ears {
        assert!(!ear.contains(SECRET.as_bytes()));
    }
    assert_eq!(
        session_attributes(&ears[0].exchanges(), DUPLICATE, 2).len(),
        1
    );
    let attributes = session_attributes(&ears[1].exchanges(), IMPORT, 1);
    assert!(
        attributes
            .iter()
            .all(|attributes| attributes & 0x60 == 0x60)
    );
    assert_eq!(attributes.len(), 1);
}

const IMPORT: u32 = 0x156;
const DUPLICATE: u32 = 0x14b;
