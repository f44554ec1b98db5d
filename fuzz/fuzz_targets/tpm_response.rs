//! A TPM, or something that claims to be one, which answers with whatever it likes.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tpm2ca_tpm::{
    Algorithm, Auth, Connector, Curve, KeyTemplate, Tpm, TpmOptions, Transport, TransportError,
};

/// Hands out pieces of the input, each as long as its first two octets say; then it is gone.
struct Script(Vec<u8>);

impl Script {
    fn next(&mut self) -> Option<Vec<u8>> {
        let length = usize::from(u16::from_be_bytes([*self.0.first()?, *self.0.get(1)?])) % 1024;
        let end = (2 + length).min(self.0.len());
        let piece = self.0[2..end].to_vec();
        self.0.drain(..end);
        Some(piece)
    }
}

impl Connector for Script {
    fn connect(&mut self) -> Result<Box<dyn Transport>, TransportError> {
        Ok(Box::new(Script(std::mem::take(&mut self.0))))
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
    let options = TpmOptions {
        patience: Duration::ZERO,
        ..TpmOptions::default()
    };
    let Ok(tpm) = Tpm::with_connector(Box::new(Script(data.to_vec())), options) else {
        return;
    };
    let _ = tpm.capabilities();
    let _ = tpm.srk_name();
    let _ = tpm.create_key(
        KeyTemplate {
            algorithm: Algorithm::Ecc(Curve::P256),
            no_da: true,
        },
        &Auth::empty(),
    );
});
