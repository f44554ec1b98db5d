//! A process that forks while one of its threads is at the software TPM.
//!
//! A child gets a copy of libtpms, of libcrypto below it, and of the open files. So nobody forks in the middle of a call
//! into the library, which would leave a TPM half-way through a command there, and locks that nobody releases. And a
//! child has none of the locks on the state folder: with them it would keep the folder when its parent is killed.
//!
//! `pthread_atfork` (POSIX) has this done at each `fork`, and takes the handlers back when this code is unloaded. A
//! child that was made without them, by a bare system call, must not use the TPM.

use std::ffi::c_int;
use std::fs::OpenOptions;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;
use std::time::Duration;

use rustix::io::{DupFlags, dup3};

/// Runs a call into the library, during which no thread of this process forks.
pub(super) fn undivided<T>(call: impl FnOnce() -> T) -> T {
    ensure_handlers();
    enter();
    let _left = Left;
    call()
}

/// A file that a child that is forked off does not share. Drop it before the file is closed.
pub(super) struct Unshared {
    file: RawFd,
    place: Option<&'static AtomicI32>,
}

impl Unshared {
    /// Call it before anything is done with the file that a child must not have.
    pub(super) fn new(file: &impl AsRawFd) -> Self {
        ensure_handlers();
        let file = file.as_raw_fd();
        // There are as many places as one user of the library needs, and there is one user in a process.
        let place = UNSHARED.iter().find(|place| {
            place
                .compare_exchange(NONE, file, Ordering::SeqCst, Ordering::SeqCst)
                .is_ok()
        });
        Self { file, place }
    }
}

impl Drop for Unshared {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            // In a child it is another file's place by now, or nobody's.
            let _ = place.compare_exchange(self.file, NONE, Ordering::SeqCst, Ordering::SeqCst);
        }
    }
}

struct Left;

impl Drop for Left {
    fn drop(&mut self) {
        BUSY.store(false, Ordering::SeqCst);
    }
}

fn enter() {
    // No mutex: one that another thread holds at the moment of the fork would be held in the child for ever.
    while BUSY.swap(true, Ordering::SeqCst) {
        thread::sleep(PAUSE);
    }
}

fn ensure_handlers() {
    if HAS_HANDLERS.swap(true, Ordering::SeqCst) {
        return;
    }
    if let Ok(nowhere) = OpenOptions::new().read(true).write(true).open("/dev/null") {
        NOWHERE.store(nowhere.into_raw_fd(), Ordering::SeqCst);
    }
    // SAFETY: the handlers are functions of this module, and do what POSIX allows between fork and exec. Its one error is
    // a lack of memory: then forks are as if there were no handlers.
    unsafe {
        pthread_atfork(Some(before_fork), Some(after_fork), Some(in_child));
    }
}

/// In the thread that forks; waits for the call into the library to return.
extern "C" fn before_fork() {
    enter();
}

/// In the parent.
extern "C" fn after_fork() {
    BUSY.store(false, Ordering::SeqCst);
}

/// In the child, whose one thread this is.
extern "C" fn in_child() {
    let nowhere = NOWHERE.load(Ordering::SeqCst);
    for place in &UNSHARED {
        let file = place.swap(NONE, Ordering::SeqCst);
        if file == NONE || nowhere == NONE {
            continue;
        }
        // SAFETY: both are open: `nowhere` for ever, `file` as long as its number is in its place. Whoever has it in this
        // process goes on to have it, as another file.
        let (nowhere, mut file) = unsafe {
            (
                BorrowedFd::borrow_raw(nowhere),
                ManuallyDrop::new(OwnedFd::from_raw_fd(file)),
            )
        };
        // It cannot fail: both are open.
        let _ = dup3(nowhere, &mut file, DupFlags::CLOEXEC);
    }
    BUSY.store(false, Ordering::SeqCst);
}

unsafe extern "C" {
    fn pthread_atfork(
        prepare: Option<extern "C" fn()>,
        parent: Option<extern "C" fn()>,
        child: Option<extern "C" fn()>,
    ) -> c_int;
}

/// A thread is in the library, or forks.
static BUSY: AtomicBool = AtomicBool::new(false);
static HAS_HANDLERS: AtomicBool = AtomicBool::new(false);
/// `/dev/null`
static NOWHERE: AtomicI32 = AtomicI32::new(NONE);
static UNSHARED: [AtomicI32; 2] = [const { AtomicI32::new(NONE) }; 2];
/// No file.
const NONE: RawFd = -1;
/// Short beside a command of a TPM.
const PAUSE: Duration = Duration::from_micros(50);
