//! A software TPM inside this process: libtpms, loaded at run time, with its state in a folder.
//!
//! libtpms is the TCG reference code behind a C library (`tpm_library.h`). It keeps everything in C globals, so a
//! process has room for one TPM at a time; [`lock`] makes the others wait. Its secrets lie in the folder in
//! clear: whoever reads that folder has the keys.

#![allow(unsafe_code)]

mod callbacks;
mod fork;
mod library;
mod lock;
mod state;

use std::path::Path;
use std::process;
use std::time::{Duration, Instant};

use self::callbacks::{Failure, Storage};
use self::fork::undivided;
use self::library::{Library, Response};
use self::lock::{FolderLock, ProcessSlot};
use self::state::StateFolder;
use super::frame::check_response;
use super::{Transport, TransportError};

/// A running software TPM. Dropping it shuts it down in good order.
pub(super) struct Embedded {
    at: String,
    library: &'static Library,
    storage: Storage,
    response: Response,
    failed: bool,
    /// The process that it runs in. In a child there is a copy of it, which is of no use.
    process: u32,
    // Given back in this order, after `drop` has stopped the TPM.
    _lock: FolderLock,
    _slot: ProcessSlot,
}

impl Embedded {
    /// Starts the TPM whose state is in `folder`; makes a new TPM where there is none yet.
    ///
    /// Waits up to [`PATIENCE`] for another user of the folder, or of another folder in this process.
    pub(super) fn open(at: &str, folder: &Path) -> Result<Self, TransportError> {
        let library = library::load()?;
        let deadline = Instant::now() + PATIENCE;
        let slot = ProcessSlot::acquire(at, deadline)?;
        let state = StateFolder::open(folder)?;
        let lock = FolderLock::acquire(at, folder, deadline)?;
        // What runs in the library now is the copy of a parent's TPM. Its state in the folder is not its business.
        undivided(|| library.stop());
        let mut this = Self {
            at: at.to_owned(),
            library,
            storage: Storage::new(state),
            response: Response::default(),
            failed: true,
            process: process::id(),
            _lock: lock,
            _slot: slot,
        };
        // From here on `this.drop` undoes whatever was done.
        this.storage
            .during(|| undivided(|| library.start(&callbacks::TABLE)))?
            .map_err(|(call, code)| TransportError::Emulator {
                at: at.to_owned(),
                call,
                code,
            })?;
        this.failed = false;
        Ok(this)
    }

    fn run(&mut self, command: &[u8]) -> Result<Result<(), (&'static str, u32)>, Failure> {
        let (library, response) = (self.library, &mut self.response);
        self.storage
            .during(|| undivided(|| library.process(response, command)))
    }
}

impl Transport for Embedded {
    fn transact(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if self.failed || self.process != process::id() {
            // It has lost its state, and takes no more commands until it is started afresh.
            return Err(TransportError::Closed {
                at: self.at.clone(),
            });
        }
        let outcome = self.run(command).inspect_err(|_| {
            // The TPM answers TPM_RC_FAILURE now and for ever; what is on disk is the state before this command.
            self.failed = true;
        })?;
        outcome.map_err(|(call, code)| TransportError::Emulator {
            at: self.at.clone(),
            call,
            code,
        })?;
        let response = self.response.bytes().to_vec();
        check_response(&self.at, &response)?;
        Ok(response)
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if self.process != process::id() {
            return;
        }
        if !self.failed {
            // An orderly end; without it the TPM counts a failed authorization at the next start and writes more.
            let _ = self.run(&SHUTDOWN_CLEAR);
        }
        let library = self.library;
        let _ = self.storage.during(|| undivided(|| library.stop()));
    }
}

impl From<Failure> for TransportError {
    fn from(failure: Failure) -> Self {
        let Failure {
            action,
            path,
            source,
        } = failure;
        Self::State {
            action,
            path,
            source,
        }
    }
}

/// How long an open waits for another user of the TPM: short-lived commands of two processes shall both succeed,
/// one after the other, while a server that keeps the TPM is named soon.
const PATIENCE: Duration = Duration::from_secs(10);

/// TPM2_Shutdown(TPM_SU_CLEAR), TPM 2.0 Library Part 3, 9.4.
const SHUTDOWN_CLEAR: [u8; 12] = [0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x45, 0, 0];
