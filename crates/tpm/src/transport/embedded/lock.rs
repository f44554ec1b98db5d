//! One user at a time: of the library within this process, and of a state folder among processes.
//!
//! Both are locks on files (`flock`). Such a lock belongs to whoever has opened the file, so it keeps out other threads
//! as well as other copies of this code in the process, of which each has its own statics: two modules of OpenSSL, or
//! one that is installed under two names. Why it is files of `/proc`: `docs/adr/0105-one-software-tpm-in-a-process.md`.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use super::fork::Unshared;
use crate::transport::TransportError;

/// The right to use the library, of which there is one in a process. Given back when it is dropped.
///
/// Files about this process under `/proc` are other files in every process, also in a child that is forked off, and go
/// with it.
pub(super) struct ProcessSlot(#[expect(dead_code, reason = "it is there to be dropped")] Lock);

impl ProcessSlot {
    /// Waits for the slot until `deadline`.
    pub(super) fn acquire(at: &str, deadline: Instant) -> Result<Self, TransportError> {
        let explain = |file: &str, source| TransportError::State {
            action: "lock",
            path: PathBuf::from(file),
            source,
        };
        let open = |file: &'static str| {
            File::open(file)
                .map(Lock::new)
                .map_err(|source| explain(file, source))
        };
        let (queue, mut slot) = (open(QUEUE_OF_PROCESS)?, open(SLOT_OF_PROCESS)?);
        let acquired = slot
            .acquire_behind(queue, deadline)
            .map_err(|source| explain(SLOT_OF_PROCESS, source))?;
        if !acquired {
            return Err(TransportError::InUse {
                at: at.to_owned(),
                by: "this process, which has room for one software TPM".to_owned(),
            });
        }
        Ok(Self(slot))
    }
}

/// The lock on a state folder. The kernel lets go of it when the process ends, however it ends.
pub(super) struct FolderLock(Lock);

impl FolderLock {
    /// Waits for the lock until `deadline`.
    ///
    /// The file is never removed: somebody else may have opened it and be about to lock it. Who waits has a lock on the
    /// folder itself.
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
        let queue = Lock::unshared(File::open(folder).map_err(explain)?);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(explain)?;
        let mut lock = Lock::unshared(file);
        if !lock.acquire_behind(queue, deadline).map_err(explain)? {
            return Err(TransportError::InUse {
                at: at.to_owned(),
                by: owner(&mut lock.file),
            });
        }
        // Only for the message that others give. On a full disk it is missing, and the lock holds all the same.
        let _ = lock
            .file
            .set_len(0)
            .and_then(|()| writeln!(lock.file, "{}", process::id()));
        Ok(Self(lock))
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        if self.0.is_held() {
            let _ = self.0.file.set_len(0);
        }
    }
}

/// A lock on an open file, which is let go of when this is dropped.
///
/// A child that is forked off has the file open too, and while anybody has, closing it does not let go of the lock. So
/// whoever took it lets go of it by name, and a child does not.
struct Lock {
    /// The process that has the lock.
    holder: Option<u32>,
    // In this order: see there.
    _unshared: Option<Unshared>,
    file: File,
}

impl Lock {
    fn new(file: File) -> Self {
        Self {
            holder: None,
            _unshared: None,
            file,
        }
    }

    /// One that a child that is forked off gives up at once.
    fn unshared(file: File) -> Self {
        Self {
            holder: None,
            _unshared: Some(Unshared::new(&file)),
            file,
        }
    }

    /// Waits for it until `deadline`; `false` when somebody else still has it then.
    fn acquire(&mut self, deadline: Instant) -> io::Result<bool> {
        loop {
            match self.file.try_lock() {
                Ok(()) => {
                    self.holder = Some(process::id());
                    return Ok(true);
                }
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Ok(false),
                Err(TryLockError::Error(source)) => return Err(source),
            }
        }
    }

    /// The same, but nobody overtakes whoever has the queue and waits: not even one who had this lock and wants it back
    /// at once.
    fn acquire_behind(&mut self, mut queue: Self, deadline: Instant) -> io::Result<bool> {
        Ok(queue.acquire(deadline)? && self.acquire(deadline)?)
    }

    fn is_held(&self) -> bool {
        self.holder == Some(process::id())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.is_held() {
            // An error would leave it to the file's end, which comes next.
            let _ = self.file.unlock();
        }
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
/// Any two files that every process has, may read whoever it is, and never locks for anything else.
const QUEUE_OF_PROCESS: &str = "/proc/self/stat";
const SLOT_OF_PROCESS: &str = "/proc/self/status";
/// Between two tries: short beside the start of a TPM, long beside a system call.
const PAUSE: Duration = Duration::from_millis(2);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::sync::{Arc, Mutex};

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
    fn whoever_waits_gets_it_before_one_who_wants_it_back() {
        let dir = tempfile::tempdir().unwrap();
        let acquire = |folder: &Path| {
            FolderLock::acquire(
                "libtpms:x",
                folder,
                Instant::now() + Duration::from_secs(10),
            )
            .unwrap()
        };
        let order = Arc::new(Mutex::new(Vec::new()));
        let first = acquire(dir.path());
        let (path, told) = (dir.path().to_owned(), Arc::clone(&order));
        let waiting = thread::spawn(move || {
            let _lock = acquire(&path);
            told.lock().unwrap().push("who waited");
        });
        let queue = File::open(dir.path()).unwrap();
        while queue.try_lock().is_ok() {
            queue.unlock().unwrap();
            thread::sleep(PAUSE);
        }
        drop(first);
        let _again = acquire(dir.path());
        order.lock().unwrap().push("who came back");
        waiting.join().unwrap();
        assert_eq!(*order.lock().unwrap(), ["who waited", "who came back"]);
    }

    #[test]
    fn another_user_in_the_process_waits_and_is_told_so() {
        let deadline = Instant::now() + Duration::from_secs(10);
        let slot = ProcessSlot::acquire("libtpms:x", deadline).unwrap();
        // As another copy of this code would do it: nothing but files is shared with it.
        let taken = File::open(SLOT_OF_PROCESS).unwrap();
        assert!(matches!(taken.try_lock(), Err(TryLockError::WouldBlock)));
        let Err(error) = ProcessSlot::acquire("libtpms:x", Instant::now()) else {
            panic!("two software TPMs in a process");
        };
        assert_eq!(
            error.to_string(),
            "the TPM at `libtpms:x` is in use by this process, which has room for one software TPM"
        );
        drop(slot);
        taken.try_lock().unwrap();
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
