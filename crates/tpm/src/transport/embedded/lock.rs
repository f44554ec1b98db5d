//! One user at a time: of the library within this process, and of a state folder among processes.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::transport::TransportError;

/// The right to use the library, of which there is one in a process. Given back when it is dropped.
pub(super) struct ProcessSlot(());

impl ProcessSlot {
    /// Waits for the slot until `deadline`.
    pub(super) fn acquire(at: &str, deadline: Instant) -> Result<Self, TransportError> {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        while *taken {
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return Err(TransportError::InUse {
                    at: at.to_owned(),
                    by: "this process, which has room for one software TPM".to_owned(),
                });
            }
            (taken, _) = FREED
                .wait_timeout(taken, rest)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *taken = true;
        Ok(Self(()))
    }
}

impl Drop for ProcessSlot {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) = false;
        FREED.notify_one();
    }
}

static TAKEN: Mutex<bool> = Mutex::new(false);
static FREED: Condvar = Condvar::new();

/// The lock on a state folder. The kernel lets go of it when the process ends, however it ends.
pub(super) struct FolderLock {
    file: File,
}

impl FolderLock {
    /// Waits for the lock until `deadline`.
    ///
    /// The file is never removed: somebody else may have opened it and be about to lock it.
    pub(super) fn acquire(
        at: &str,
        folder: &Path,
        deadline: Instant,
    ) -> Result<Self, TransportError> {
        let path = folder.join(FILE_NAME);
        let explain = |source: io::Error| TransportError::State {
            action: "lock",
            path: path.clone(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(explain)?;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    return Err(TransportError::InUse {
                        at: at.to_owned(),
                        by: owner(&mut file),
                    });
                }
                Err(TryLockError::Error(source)) => return Err(explain(source)),
            }
        }
        // Only for the message that others give. On a full disk it is missing, and the lock holds all the same.
        let _ = file
            .set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { file })
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
    }
}

/// Who wrote itself into the lock file.
fn owner(file: &mut File) -> String {
    let mut text = String::new();
    let read = file
        .rewind()
        .and_then(|()| file.take(32).read_to_string(&mut text));
    match (read, text.trim().parse::<u32>()) {
        (Ok(_), Ok(pid)) => format!("process {pid}"),
        _ => "another program".to_owned(),
    }
}

const FILE_NAME: &str = "lock";
/// Between two tries: short beside a command of a TPM, long beside a system call.
const PAUSE: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn the_second_waits_and_then_names_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = FolderLock::acquire("libtpms:x", dir.path(), Instant::now()).unwrap();
        let patience = Duration::from_millis(60);
        let started = Instant::now();
        let Err(error) = FolderLock::acquire("libtpms:x", dir.path(), started + patience) else {
            panic!("locked twice");
        };
        assert!(started.elapsed() >= patience);
        let pid = format!("in use by process {}", std::process::id());
        assert!(error.to_string().contains(&pid), "{error}");
        assert!(!error.is_lost());
        drop(first);
        FolderLock::acquire("libtpms:x", dir.path(), Instant::now()).unwrap();
    }

    #[test]
    fn the_second_gets_it_when_the_first_is_done() {
        let dir = tempfile::tempdir().unwrap();
        let first = FolderLock::acquire("libtpms:x", dir.path(), Instant::now()).unwrap();
        let path = dir.path().to_owned();
        let second = thread::spawn(move || {
            FolderLock::acquire("libtpms:x", &path, Instant::now() + Duration::from_secs(10))
                .is_ok()
        });
        thread::sleep(Duration::from_millis(50));
        drop(first);
        assert!(second.join().unwrap());
    }
}
