//! Ctrl-C while a TPM is at work: it is let finish, and then everything is taken back.
//!
//! A TPM carries out the command that it was given whatever becomes of us, and what it has loaded for us stays loaded
//! if we just end. So the first signal is noted, and takes effect when the command is done; the second ends the process
//! as usual.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result};
use rustix::process::{Signal, getpid, kill_process};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use thiserror::Error;

use crate::output::Output;

/// The user wanted it to end. Everything has been taken back when this arrives in `main`.
#[derive(Debug, Error)]
#[error("interrupted")]
pub(crate) struct Interrupted;

/// Ends the process as the signal would have done, so that shells see what happened.
pub(crate) fn end() {
    // The first signal has been here, so that this one has its usual effect.
    let _ = kill_process(getpid(), Signal::INT);
}

/// Does work that the user may interrupt; what it has made is dropped then.
///
/// # Errors
/// [`Interrupted`], and those of the work.
pub(crate) fn interruptible<T>(output: &Output, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let noted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        register(signal, &noted).context("cannot watch for Ctrl-C")?;
    }
    let outcome = thread::scope(|scope| {
        let (done, is_done) = mpsc::channel::<()>();
        let noted = Arc::clone(&noted);
        scope.spawn(move || {
            while is_done.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                if noted.load(Ordering::SeqCst) {
                    output.say("interrupted: ends when the TPM is done with the present command; Ctrl-C again ends at once");
                    return;
                }
            }
        });
        let outcome = work();
        drop(done);
        outcome
    });
    if noted.load(Ordering::SeqCst) {
        return Err(Interrupted.into());
    }
    outcome
}

fn register(signal: i32, noted: &Arc<AtomicBool>) -> io::Result<()> {
    // In this order: the first signal finds the flag unset, and sets it; the second finds it set.
    flag::register_conditional_default(signal, Arc::clone(noted))?;
    flag::register(signal, Arc::clone(noted)).map(drop)
}

const TICK: Duration = Duration::from_millis(50);
