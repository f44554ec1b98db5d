//! How command bytes reach a TPM and response bytes come back (TPM 2.0 Library Part 1, 4.74 "transport").
//!
//! One file per way: the kernel's device, a byte stream as swtpm speaks it, the framing of the Microsoft
//! simulator, and libtpms inside this process. None of them looks into a command further than its header, and
//! none sends a command of its own while it is in use: `TPM2_Startup`, retries and sessions live above.

mod device;
mod embedded;
mod error;
mod frame;
mod mssim;
mod socket;
mod stream;
mod tcti;

pub use error::TransportError;
pub(crate) use frame::patience;
pub use tcti::{Tcti, TctiError};

/// One open way to a TPM: a whole command in, a whole response out.
pub trait Transport: Send {
    /// Sends one command and waits for its response.
    ///
    /// The response has at least its ten octets of header, and its size field agrees with its length. After an
    /// error for which [`TransportError::is_lost`] holds, this transport is of no more use.
    fn transact(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError>;
}

/// Opens a [`Transport`], and opens it again after it broke.
pub trait Connector: Send {
    /// Opens a fresh connection.
    ///
    /// Drop the old transport first: a TPM inside this process and a raw device have room for one at a time.
    fn connect(&mut self) -> Result<Box<dyn Transport>, TransportError>;
    /// What is connected to, in the words of a TCTI string.
    fn describe(&self) -> String;
}
