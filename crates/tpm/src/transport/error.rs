//! What can go wrong on the way to a TPM, and what the user may do about it.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// Why bytes did not reach the TPM, or its answer did not come back.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The operating system refused.
    #[error("cannot reach the TPM at `{at}`")]
    Io {
        /// What was connected to, as a TCTI string.
        at: String,
        /// The reason.
        #[source]
        source: io::Error,
    },
    /// There is no device, socket or host of that name.
    #[error("no TPM at `{at}`")]
    NotFound {
        /// What was connected to, as a TCTI string.
        at: String,
    },
    /// There is one, but this user may not open it.
    #[error("no permission to use the TPM at `{at}`")]
    PermissionDenied {
        /// What was connected to, as a TCTI string.
        at: String,
    },
    /// Somebody else has it open, and there is room for one only.
    #[error("the TPM at `{at}` is in use by {by}")]
    InUse {
        /// What was connected to, as a TCTI string.
        at: String,
        /// Who has it, as far as is known: `process 4711`, `this process`, `another program`.
        by: String,
    },
    /// The other side closed the connection.
    #[error("the TPM at `{at}` closed the connection")]
    Closed {
        /// What was connected to, as a TCTI string.
        at: String,
    },
    /// No answer came in time.
    #[error("the TPM at `{at}` did not answer within {} s", after.as_secs())]
    Timeout {
        /// What was connected to, as a TCTI string.
        at: String,
        /// How long was waited.
        after: Duration,
    },
    /// The bytes that came back are not a TPM response.
    #[error("the TPM at `{at}` sent a malformed answer: expected {expected}, got {got}")]
    BadFrame {
        /// What was connected to, as a TCTI string.
        at: String,
        /// What the format demands.
        expected: String,
        /// What came.
        got: String,
    },
    /// The library with the software TPM cannot be loaded.
    #[error("cannot load `{library}`: {reason}")]
    LibraryMissing {
        /// Its file name.
        library: &'static str,
        /// What the dynamic loader said.
        reason: String,
    },
    /// The software TPM inside this process refused to start or to take a command.
    #[error("the software TPM at `{at}` failed in `{call}` with code {code:#x}")]
    Emulator {
        /// Which one, as a TCTI string.
        at: String,
        /// The library function.
        call: &'static str,
        /// Its return code (`tpm_error.h` of libtpms).
        code: u32,
    },
    /// The state of the software TPM could not be read or written. What was on disk before is still there.
    #[error("cannot {action} the software TPM's state `{path}`")]
    State {
        /// `read`, `write`, `remove`, `lock` or `create`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        #[source]
        source: io::Error,
    },
}

impl TransportError {
    /// Whether a new connection to the same TPM may work where this one failed.
    ///
    /// For a TPM that has been reached before: it may be restarting. Nobody should wait like this for one that
    /// was never there.
    pub fn is_lost(&self) -> bool {
        match self {
            Self::Io { .. }
            | Self::NotFound { .. }
            | Self::Closed { .. }
            | Self::Timeout { .. }
            | Self::BadFrame { .. } => true,
            Self::PermissionDenied { .. }
            | Self::InUse { .. }
            | Self::LibraryMissing { .. }
            | Self::Emulator { .. }
            | Self::State { .. } => false,
        }
    }

    /// What the user should do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotFound { at } if at.starts_with(DEVICE) => {
                "see `ls /dev/tpm*` and the firmware's settings; for a software TPM say `--tpm libtpms:DIR`"
            }
            Self::NotFound { .. } => "is the TPM emulator running, and is the address right?",
            Self::PermissionDenied { at } if at.starts_with(DEVICE) => {
                "the group `tss` may use the TPM: `sudo usermod -aG tss $USER`, then log in again"
            }
            Self::PermissionDenied { .. } => {
                "run this as the user who owns the emulator's socket or state"
            }
            Self::InUse { at, .. } if at.starts_with(DEVICE) => {
                "`--tpm device:/dev/tpmrm0` is the TPM with the kernel's resource manager, which many may use"
            }
            Self::InUse { .. } => {
                "wait until the other one has finished; a software TPM serves one at a time"
            }
            Self::Timeout { at, .. } if !at.starts_with(DEVICE) => {
                "an emulator serves one connection at a time: another program may hold it"
            }
            Self::LibraryMissing { .. } => {
                "`sudo apt install libtpms0` brings the software TPM (0.9 or newer)"
            }
            Self::Emulator { .. } => {
                "its state may be damaged or from a newer libtpms; put back a copy of the folder, or use another"
            }
            Self::State { source, .. }
                if matches!(
                    source.kind(),
                    io::ErrorKind::StorageFull
                        | io::ErrorKind::QuotaExceeded
                        | io::ErrorKind::FileTooLarge
                ) =>
            {
                "make room on that disk and try again; the state from before is still there"
            }
            Self::State { path, .. } if path.starts_with("/proc") => {
                "mount `/proc`: by it the software TPM knows that it is the only one in its process"
            }
            Self::State { .. } => "check the folder's owner and mode, and that it may be written",
            Self::Io { source, .. } if source.kind() == io::ErrorKind::ConnectionRefused => {
                "is the TPM emulator running, and is the address right?"
            }
            Self::BadFrame { .. } => "is that really a TPM 2.0, and is the kind of TCTI right?",
            Self::Io { .. } | Self::Closed { .. } | Self::Timeout { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

/// How the TCTI string of a kernel device starts.
const DEVICE: &str = "device:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_fit_the_kind_of_tpm() {
        let device = TransportError::NotFound {
            at: "device:/dev/tpmrm0".into(),
        };
        assert!(device.hint().is_some_and(|h| h.contains("libtpms:DIR")));
        let denied = TransportError::PermissionDenied {
            at: "device:/dev/tpmrm0".into(),
        };
        assert!(denied.hint().is_some_and(|h| h.contains("`tss`")));
        assert!(!denied.is_lost());
        let socket = TransportError::NotFound {
            at: "swtpm:path=/x".into(),
        };
        assert!(socket.hint().is_some_and(|h| h.contains("running")));
    }

    #[test]
    fn a_full_disk_is_named_as_such() {
        let error = TransportError::State {
            action: "write",
            path: "/x/permall".into(),
            source: io::Error::from(io::ErrorKind::StorageFull),
        };
        assert!(error.hint().is_some_and(|h| h.contains("make room")));
        assert!(!error.is_lost(), "a new connection makes no room");
    }
}
