//! Test TPMs, eyes and hands on the wire, and other people's tools as oracles. For tests only: it panics freely.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc)]

mod connectors;
mod frames;
mod mssim;
mod ports;
mod recorder;
mod swtpm;
mod tools;

pub use connectors::{Delay, Intercept};
pub use mssim::MssimProxy;
pub use recorder::{Exchange, Recorder};
pub use swtpm::Swtpm;
pub use tempfile::TempDir;
pub use tools::{Ran, Tool};

/// A folder that vanishes when it is dropped.
pub fn temp_dir() -> TempDir {
    tempfile::Builder::new()
        .prefix("tpm2ca-")
        .tempdir()
        .expect("a temporary folder")
}
