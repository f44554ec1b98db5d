//! A TPM, or something that claims to be one, which answers with whatever it likes.
//!
//! The first octet chooses what is asked; the rest is the answers, each behind its length. `record_tpm` makes seeds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tpm2ca_fuzz::{exercise, open};
use tpm2ca_tpm::{Connector, TpmError, Transport, TransportError};

/// Hands out pieces of the input, each as long as its first two octets say; then it is gone.
struct Script {
    rest: Vec<u8>,
    /// Answers that mean "again" are followed by a pause each, which finds nothing and takes time.
    agains: u8,
}

impl Script {
    fn next(&mut self) -> Option<Vec<u8>> {
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

fuzz_target!(|data: &[u8]| {
    let Some((operation, answers)) = data.split_first() else {
        return;
    };
    let script = Script {
        rest: answers.to_vec(),
        agains: 0,
    };
    let Ok(tpm) = open(Box::new(script)) else {
        return;
    };
    if let Err(error) = exercise(&tpm, *operation) {
        assert!(
            !matches!(error, TpmError::Stopped),
            "the thread that owns the TPM panicked"
        );
        let _ = (error.to_string(), error.hint());
    }
});
