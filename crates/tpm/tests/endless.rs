//! A TPM that never comes to an end: every answer may be a lie, and there is always one more. What comes of it is an
//! error, after a bounded number of commands and bytes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use support::{P256, auth, code_of, command, open_through, template};
use tpm2ca_testkit::Swtpm;
use tpm2ca_tpm::{HashAlg, Tpm, TpmError, TpmOptions, TransportError};

/// What went to and fro.
#[derive(Clone, Copy, Default)]
struct Traffic {
    commands: usize,
    bytes: usize,
}

/// A list of capabilities that has another page behind every page, of so many entries.
fn open_endless(swtpm: &Swtpm, entries: u32) -> (Tpm, Arc<Mutex<Traffic>>) {
    let traffic: Arc<Mutex<Traffic>> = Arc::default();
    let count = Arc::clone(&traffic);
    let tpm = open_through(swtpm, impatient(), move |sent, tpm| {
        if code_of(sent) != command::GET_CAPABILITY {
            return tpm.transact(sent);
        }
        let response = page_without_end(sent, entries);
        let mut count = count.lock().unwrap();
        count.commands += 1;
        count.bytes += response.len();
        Ok(response)
    });
    (tpm, traffic)
}

fn page_without_end(sent: &[u8], entries: u32) -> Vec<u8> {
    let number = |at: usize| u32::from_be_bytes(sent[at..at + 4].try_into().unwrap());
    let (capability, first) = (number(10), number(14));
    let mut body = vec![1];
    body.extend(capability.to_be_bytes());
    body.extend(entries.to_be_bytes());
    for entry in first..first.saturating_add(entries) {
        let short = u16::try_from(entry).unwrap_or(u16::MAX).to_be_bytes();
        match capability {
            // Algorithms with their attributes, curves.
            0 => body.extend([short.as_slice(), &[0; 4]].concat()),
            8 => body.extend(short),
            // Handles and commands, properties with their values.
            1 | 2 => body.extend(entry.to_be_bytes()),
            _ => body.extend([entry.to_be_bytes(), [0; 4]].concat()),
        }
    }
    let mut response = vec![0x80, 0x01];
    response.extend(u32::try_from(10 + body.len()).unwrap().to_be_bytes());
    response.extend([0; 4]);
    response.extend(body);
    response
}

#[test]
fn a_list_without_end_is_an_error() {
    let swtpm = Swtpm::start();
    for entries in [1, 200, 256] {
        let (tpm, traffic) = open_endless(&swtpm, entries);
        for outcome in [
            tpm.capabilities().map(drop),
            tpm.persistent_handles().map(drop),
        ] {
            assert_eq!(
                outcome.unwrap_err().to_string(),
                "the response to `TPM2_GetCapability` is malformed: there are more than 1024 entries"
            );
        }
        let traffic = *traffic.lock().unwrap();
        assert!(traffic.commands < 5000, "{} commands", traffic.commands);
        assert!(traffic.bytes < 1_000_000, "{} bytes", traffic.bytes);
    }
}

#[test]
fn more_entries_than_asked_for_are_an_error() {
    let swtpm = Swtpm::start();
    let (tpm, _) = open_endless(&swtpm, 257);
    assert_eq!(
        tpm.persistent_handles().unwrap_err().to_string(),
        "the response to `TPM2_GetCapability` is malformed: 257 entries instead of 256 at most"
    );
}

/// One lie: something about a response that is not what the TPM said.
#[derive(Clone, Debug)]
enum Lie {
    /// Bytes at a place, counted from the beginning, are others.
    Field(usize, Vec<u8>),
    /// The same, counted from the end.
    FieldFromEnd(usize, Vec<u8>),
    Truncated(usize),
    Extended(Vec<u8>),
    /// The response to the command before.
    Stale,
    Code(u32),
}

/// From a command on, the lies that are told, in turn; and whether the size in the header is put right again.
#[derive(Clone, Debug)]
struct Liar {
    from: usize,
    /// How many commands are lied about; for ever without.
    many: Option<usize>,
    lies: Vec<Lie>,
    sizes_agree: bool,
}

fn lie() -> impl Strategy<Value = Lie> {
    let number = prop_oneof![
        Just(vec![0]),
        Just(vec![1]),
        Just(vec![0xff]),
        Just(vec![0, 0]),
        Just(vec![0xff; 2]),
        Just(vec![0, 0, 0, 0]),
        Just(vec![0, 0, 0xff, 0xff]),
        Just(vec![0x80, 0, 0, 7]),
        Just(vec![0xff; 4]),
        proptest::collection::vec(any::<u8>(), 1..5),
    ];
    let code = prop::sample::select(vec![
        0u32, 0x100, 0x101, 0x18b, 0x184, 0x902, 0x903, 0x904, 0x910, 0x918, 0x98e, 0x921, 0x9a2,
        0x1df,
    ]);
    prop_oneof![
        4 => (0usize..80, number.clone()).prop_map(|(at, bytes)| Lie::Field(at, bytes)),
        2 => (1usize..80, number).prop_map(|(at, bytes)| Lie::FieldFromEnd(at, bytes)),
        1 => (1usize..60).prop_map(Lie::Truncated),
        1 => proptest::collection::vec(any::<u8>(), 1..40).prop_map(Lie::Extended),
        1 => Just(Lie::Stale),
        1 => code.prop_map(Lie::Code),
    ]
}

fn liar() -> impl Strategy<Value = Liar> {
    (
        0usize..25,
        prop_oneof![Just(None), (1usize..4).prop_map(Some)],
        proptest::collection::vec(lie(), 1..4),
        prop::bool::weighted(0.8),
    )
        .prop_map(|(from, many, lies, sizes_agree)| Liar {
            from,
            many,
            lies,
            sizes_agree,
        })
}

impl Liar {
    fn tell(&self, number: usize, response: &mut Vec<u8>, before: &[u8]) {
        let Some(at) = number.checked_sub(self.from) else {
            return;
        };
        if self.many.is_some_and(|many| at >= many) {
            return;
        }
        let put = |response: &mut Vec<u8>, at: usize, bytes: &[u8]| {
            for (to, from) in response.iter_mut().skip(at).zip(bytes) {
                *to = *from;
            }
        };
        match &self.lies[at % self.lies.len()] {
            Lie::Field(at, bytes) => put(response, *at, bytes),
            Lie::FieldFromEnd(at, bytes) => {
                let at = response.len().saturating_sub(*at);
                put(response, at, bytes);
            }
            Lie::Truncated(by) => response.truncate(response.len().saturating_sub(*by)),
            Lie::Extended(bytes) => response.extend(bytes),
            Lie::Stale => *response = before.to_vec(),
            Lie::Code(code) => {
                *response = support::refusal(*code);
            }
        }
        if self.sizes_agree && response.len() >= 10 {
            let size = u32::try_from(response.len()).unwrap();
            put(response, 2, &size.to_be_bytes());
        }
    }
}

/// Opens the TPM with a liar in front of it.
fn open_lying(swtpm: &Swtpm, liar: Liar) -> (Result<Tpm, TpmError>, Arc<Mutex<Traffic>>) {
    let traffic: Arc<Mutex<Traffic>> = Arc::default();
    let count = Arc::clone(&traffic);
    let mut before = Vec::new();
    let mut again = 0;
    let hook = move |sent: &[u8], tpm: &mut dyn tpm2ca_tpm::Transport| {
        let mut count = count.lock().unwrap();
        let truth = tpm.transact(sent)?;
        let mut response = truth.clone();
        liar.tell(count.commands, &mut response, &before);
        before = truth;
        count.commands += 1;
        count.bytes += response.len();
        // "Again" is followed by a pause each time, which takes time and shows nothing.
        if matches!(
            response.get(6..10),
            Some([0, _, 9, 0x22 | 0x08 | 0x0a | 0x20])
        ) {
            again += 1;
            if again > 2 {
                return Err(TransportError::Closed {
                    at: "the liar".to_owned(),
                });
            }
        }
        Ok(response)
    };
    let connector = tpm2ca_testkit::Intercept::new(swtpm.tcti().connector(), hook);
    let tpm = Tpm::with_connector(Box::new(connector), impatient());
    (tpm, traffic)
}

fn ask(tpm: &Tpm, what: usize) -> Result<(), TpmError> {
    match what {
        0 => tpm.capabilities().map(drop),
        1 => tpm.persistent_handles().map(drop),
        2 => tpm.health(None).map(drop),
        3 => tpm.random(100).map(drop),
        4 => tpm.pcr_read(HashAlg::Sha256, &[0, 1, 7, 16]).map(drop),
        5 => {
            let file = tpm.create_key(template(P256), &auth("sesame"))?;
            tpm.fitting_parents(&file).map(drop)
        }
        _ => {
            let file = tpm.create_key(template(P256), &auth("sesame"))?;
            let key = tpm.load(file, auth("sesame"))?;
            for _ in 0..3 {
                key.sign(HashAlg::Sha256, &[7; 32])?;
            }
            Ok(())
        }
    }
}

#[test]
fn whatever_a_tpm_answers_there_is_an_end_to_it() {
    let swtpm = Swtpm::start();
    let config = Config {
        cases: 120,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&(liar(), 0usize..7), |(liar, what)| {
            let (tpm, traffic) = open_lying(&swtpm, liar);
            let outcome = tpm.and_then(|tpm| {
                let outcome = ask(&tpm, what);
                // Again, with whatever the first time has left behind.
                let _ = ask(&tpm, what);
                outcome
            });
            prop_assert!(
                !matches!(outcome, Err(TpmError::Stopped)),
                "something panicked"
            );
            let traffic = *traffic.lock().unwrap();
            prop_assert!(traffic.commands < 20_000, "{} commands", traffic.commands);
            prop_assert!(traffic.bytes < 20_000_000, "{} bytes", traffic.bytes);
            Ok(())
        })
        .unwrap();
}

fn impatient() -> TpmOptions {
    TpmOptions {
        patience: Duration::ZERO,
        ..TpmOptions::default()
    }
}
