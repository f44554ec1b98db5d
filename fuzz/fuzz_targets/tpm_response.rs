//! A TPM, or something that claims to be one, which answers with whatever it likes.
//!
//! The first octet chooses what is asked; the rest is the answers, each behind its length. `record_tpm` makes seeds. With
//! the highest bit of the first octet the answers begin anew after the last one, so that it never comes to an end by itself.
#![no_main]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use libfuzzer_sys::fuzz_target;
use tpm2ca_fuzz::{exercise, open};
use tpm2ca_tpm::{Connector, TpmError, Transport, TransportError};

/// Hands out pieces of the input, each as long as its first two octets say; then it is gone, or begins anew.
struct Script {
    rest: Vec<u8>,
    /// What it begins with anew.
    whole: Option<Vec<u8>>,
    /// All that was handed out.
    commands: Arc<AtomicUsize>,
    /// Answers that mean "again" are followed by a pause each, which finds nothing and takes time.
    agains: u8,
}

impl Script {
    fn next(&mut self) -> Option<Vec<u8>> {
        assert!(
            self.commands.fetch_add(1, Ordering::Relaxed) < MOST_COMMANDS,
            "it does not come to an end"
        );
        if let (0..2, Some(whole)) = (self.rest.len(), &self.whole) {
            self.rest.clone_from(whole);
        }
        let length = usize::from(u16::from_be_bytes([
            *self.rest.first()?,
            *self.rest.get(1)?,
        ])) % 4096;
        let end = (2 + length).min(self.rest.len());
        let piece = self.rest[2..end].to_vec();
        self.rest.drain(..end);
        let code = piece.get(6..10).unwrap_or_default();
        if matches!(code, [0, _, 9, 0x22 | 0x08 | 0x0a | 0x20]) {
            self.agains += 1;
            if self.agains > 2 {
                return None;
            }
        }
        Some(piece)
    }
}

impl Connector for Script {
    fn connect(&mut self) -> Result<Box<dyn Transport>, TransportError> {
        Ok(Box::new(Script {
            rest: std::mem::take(&mut self.rest),
            whole: self.whole.clone(),
            commands: Arc::clone(&self.commands),
            agains: 0,
        }))
    }

    fn describe(&self) -> String {
        "script".to_owned()
    }
}

impl Transport for Script {
    fn transact(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.next().ok_or(TransportError::Closed {
            at: "script".to_owned(),
        })
    }
}

const ENDLESS: u8 = 0x80;
/// Every one of an operation's requests comes to an end by itself.
const MOST_COMMANDS: usize = 100_000;

fuzz_target!(|data: &[u8]| {
    let Some((operation, answers)) = data.split_first() else {
        return;
    };
    let is_endless = operation & ENDLESS != 0;
    let script = Script {
        rest: answers.to_vec(),
        whole: is_endless.then(|| answers.to_vec()),
        commands: Arc::default(),
        agains: 0,
    };
    let Ok(tpm) = open(Box::new(script)) else {
        return;
    };
    if let Err(error) = exercise(&tpm, operation & !ENDLESS) {
        assert!(
            !matches!(error, TpmError::Stopped),
            "the thread that owns the TPM panicked"
        );
        let _ = (error.to_string(), error.hint());
    }
});
