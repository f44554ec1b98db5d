//! A TPM that answers whatever it likes gets an error out of us, and nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;

use support::{P256, auth, template};
use tpm2ca_tpm::{
    Auth, Connector, ImportTemplate, KeyFile, SoftwarePrivate, Tpm, TpmError, TpmOptions,
    Transport, TransportError,
};

/// Answers from a script, then hangs up.
struct Script {
    answers: Arc<Mutex<VecDeque<Vec<u8>>>>,
}

impl Connector for Script {
    fn connect(&mut self) -> Result<Box<dyn Transport>, TransportError> {
        Ok(Box::new(Self {
            answers: Arc::clone(&self.answers),
        }))
    }

    fn describe(&self) -> String {
        "script:".to_owned()
    }
}

impl Transport for Script {
    fn transact(&mut self, _command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let next = self.answers.lock().unwrap().pop_front();
        next.ok_or_else(|| TransportError::Io {
            at: self.describe(),
            source: io::ErrorKind::UnexpectedEof.into(),
        })
    }
}

fn answer() -> impl Strategy<Value = Vec<u8>> {
    let body = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        // The beginning of something plausible: a handle, a parameter size.
        proptest::collection::vec(any::<u8>(), 0..200).prop_map(|rest| {
            let mut body = vec![0x80, 0, 0, 0, 0, 0, 0, 20, 0, 18];
            body.extend(rest);
            body
        }),
    ];
    let code = prop_oneof![
        8 => Just(0u32),
        1 => prop::sample::select(vec![0x100, 0x18b, 0x902, 0x903, 0x910, 0x918, 0x98e, 0x921, 0x1df]),
    ];
    (body, code, any::<bool>()).prop_map(|(body, code, sessions)| {
        let mut response = vec![0x80, if sessions { 2 } else { 1 }];
        response.extend(u32::try_from(10 + body.len()).unwrap().to_be_bytes());
        response.extend(code.to_be_bytes());
        response.extend(body);
        response
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_but_errors(answers in proptest::collection::vec(prop_oneof![9 => answer(), 1 => proptest::collection::vec(any::<u8>(), 0..40)], 1..12)) {
        let options = TpmOptions { patience: Duration::ZERO, ..TpmOptions::default() };
        let started = [0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0].to_vec();
        let mut script = VecDeque::from(answers);
        script.push_front(started);
        let tpm = Tpm::with_connector(Box::new(Script { answers: Arc::new(Mutex::new(script)) }), options).unwrap();
        let file = KeyFile::loadable(KeyFile::OWNER, false, public(), vec![0, 2, 1, 2]);
        let stopped = [
            tpm.capabilities().map(drop),
            tpm.srk_name().map(drop),
            tpm.create_key(template(P256), &auth("sesame")).map(drop),
            tpm.load(file, Auth::empty()).map(drop),
            tpm.random(40).map(drop),
        ].into_iter().any(|outcome| matches!(outcome, Err(TpmError::Stopped)));
        prop_assert!(!stopped, "something panicked");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_but_errors_about_keys_that_move(answers in proptest::collection::vec(answer(), 1..12), which in 0..4) {
        let options = TpmOptions { patience: Duration::ZERO, ..TpmOptions::default() };
        let started = [0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0].to_vec();
        let mut script = VecDeque::from(answers);
        script.push_front(started);
        let tpm = Tpm::with_connector(Box::new(Script { answers: Arc::new(Mutex::new(script)) }), options).unwrap();
        let outcome = match which {
            0 => tpm.parent_public().map(drop),
            1 => tpm.receive(&KeyFile::importable(KeyFile::OWNER, false, true, public(), vec![0, 2, 1, 2], vec![0, 1, 9])).map(drop),
            2 => tpm.load(KeyFile::importable(KeyFile::OWNER, true, true, public(), vec![0, 2, 1, 2], vec![0, 1, 9]), Auth::empty()).map(drop),
            _ => {
                let key = SoftwarePrivate::Rsa { modulus: vec![0xc5; 256], prime: vec![0xc5; 128].into(), exponent: 65537 };
                tpm.import_software_key(key, ImportTemplate::default(), &auth("sesame")).map(drop)
            }
        };
        prop_assert!(!matches!(outcome, Ok(()) | Err(TpmError::Stopped)), "{outcome:?}");
    }
}

/// A P-256 signing key, as a TPM2B_PUBLIC.
fn public() -> Vec<u8> {
    let mut area = vec![
        0x00, 0x23, 0x00, 0x0b, 0x00, 0x04, 0x04, 0x72, 0x00, 0x00, 0x00, 0x10, 0x00, 0x10, 0x00,
        0x03, 0x00, 0x10,
    ];
    for coordinate in [[1; 32], [2; 32]] {
        area.extend([0, 32]);
        area.extend(coordinate);
    }
    let mut blob = u16::try_from(area.len()).unwrap().to_be_bytes().to_vec();
    blob.extend(area);
    blob
}
