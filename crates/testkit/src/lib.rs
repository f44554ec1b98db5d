//! Test TPMs, eyes and hands on the wire, other people's tools as oracles, and snapshots of what users read. For tests
//! only: it panics freely.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc)]

mod connectors;
mod frames;
mod mssim;
mod ports;
mod recorder;
mod redaction;
mod rounds;
mod snapshot;
mod swtpm;
mod tools;
mod transcript;

pub use connectors::{Delay, Intercept};
pub use mssim::MssimProxy;
pub use recorder::{Exchange, Recorder};
pub use rounds::rounds;
pub use snapshot::{snapshot, snapshots_in};
pub use swtpm::Swtpm;
pub use tempfile::TempDir;
pub use tools::{Ran, Tool};
pub use transcript::Transcript;

/// A folder that vanishes when it is dropped.
pub fn temp_dir() -> TempDir {
    tempfile::Builder::new()
        .prefix("tpm2ca-")
        .tempdir()
        .expect("a temporary folder")
}
