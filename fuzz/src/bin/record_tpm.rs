//! Makes seeds for the target `tpm_response`: what a real TPM answers. Needs libtpms.
//!
//! `cargo run --bin record_tpm -- FOLDER`

use std::{
    env, fs,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use tpm2ca_fuzz::{OPERATIONS, exercise, open};
use tpm2ca_tpm::{Connector, Tcti, Transport, TransportError};

/// Writes down all answers.
struct Recorder<T> {
    inner: T,
    tape: Arc<Mutex<Vec<u8>>>,
}

impl Connector for Recorder<Box<dyn Connector>> {
    fn connect(&mut self) -> Result<Box<dyn Transport>, TransportError> {
        Ok(Box::new(Recorder {
            inner: self.inner.connect()?,
            tape: Arc::clone(&self.tape),
        }))
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

impl Transport for Recorder<Box<dyn Transport>> {
    fn transact(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let answer = self.inner.transact(command)?;
        let mut tape = self.tape.lock().unwrap_or_else(PoisonError::into_inner);
        tape.extend(u16::try_from(answer.len()).unwrap_or(0).to_be_bytes());
        tape.extend(&answer);
        Ok(answer)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(env::args().nth(1).ok_or("name a folder for the seeds")?);
    fs::create_dir_all(&folder)?;
    let state = env::temp_dir().join(format!("record-tpm-{}", std::process::id()));
    for operation in 0..OPERATIONS {
        let tape = Arc::default();
        let connector = Recorder {
            inner: Tcti::Libtpms(state.clone()).connector(),
            tape: Arc::clone(&tape),
        };
        let tpm = open(Box::new(connector))?;
        exercise(&tpm, operation).map_err(|error| format!("operation {operation}: {error}"))?;
        drop(tpm);
        let tape = tape.lock().unwrap_or_else(PoisonError::into_inner);
        fs::write(
            folder.join(format!("operation-{operation:02}")),
            [&[operation], tape.as_slice()].concat(),
        )?;
    }
    fs::remove_dir_all(&state)?;
    Ok(())
}
