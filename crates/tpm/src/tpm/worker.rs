//! Who works with the TPM: one thread at a time.
//!
//! A caller who finds the TPM free works on his own thread: to wake another and to be woken takes as long as a third of
//! an ECDSA signature in software (`docs/adr/0011-a-turn-at-the-tpm.md`). Everybody else's work, and what nobody waits
//! for, is done in order on a thread that is there for it.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use crate::error::TpmError;
use crate::options::TpmOptions;
use crate::tpm::owner::Owner;
use crate::transport::Connector;

/// The way to give a TPM work. When it is dropped, what was given is done first and everything in the TPM is flushed.
pub(super) struct Worker {
    turn: Arc<Turn>,
    /// `None` only while it is dropped.
    thread: Option<JoinHandle<()>>,
    describe: String,
}

type Job = Box<dyn FnOnce(&mut Owner) + Send>;

impl Worker {
    pub(super) fn spawn(
        connector: Box<dyn Connector>,
        options: TpmOptions,
    ) -> Result<Self, TpmError> {
        let describe = connector.describe();
        let turn = Arc::new(Turn::new(Owner::new(connector, options)));
        let server = Arc::clone(&turn);
        let thread = thread::Builder::new()
            .name("tpm".to_owned())
            .spawn(move || server.serve())
            .map_err(|source| TpmError::Thread { source })?;
        Ok(Self {
            turn,
            thread: Some(thread),
            describe,
        })
    }

    /// What it is connected to, as a TCTI string.
    pub(super) fn describe(&self) -> &str {
        &self.describe
    }

    pub(super) fn first_contact(&self) -> Result<(), TpmError> {
        self.ask(Owner::first_contact)
    }

    /// Has work done, again from its beginning when the TPM was lost on the way, and waits for what comes of it.
    pub(super) fn call<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Owner) -> Result<T, TpmError> + Send + 'static,
    ) -> Result<T, TpmError> {
        self.ask(move |owner| owner.carry_out(work))
    }

    /// The same, but waits for nothing: what comes of it is given to `done`, on the thread that is there for it.
    pub(super) fn call_then<T: 'static>(
        &self,
        work: impl FnMut(&mut Owner) -> Result<T, TpmError> + Send + 'static,
        done: impl FnOnce(Result<T, TpmError>) + Send + 'static,
    ) {
        let done = Answer::new(done);
        self.leave(move |owner| done.give(owner.carry_out(work)));
    }

    /// Has something done that nobody waits for.
    pub(super) fn leave(&self, work: impl FnOnce(&mut Owner) + Send + 'static) {
        self.turn.wait_in_line(Box::new(work));
    }

    fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Owner) -> Result<T, TpmError> + Send + 'static,
    ) -> Result<T, TpmError> {
        if self.turn.take() {
            let outcome = self.turn.work(work);
            self.turn.give_back();
            return outcome.unwrap_or(Err(TpmError::Stopped));
        }
        let (answer, reply) = mpsc::sync_channel(1);
        self.leave(move |owner| {
            // Nobody listens any more only if the caller's thread was killed.
            let _ = answer.send(work(owner));
        });
        reply.recv().map_err(|_| TpmError::Stopped)?
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.turn.close();
        let Some(thread) = self.thread.take() else {
            return;
        };
        // An observer, or one who waits for nothing, may own the last handle. Then this is the thread, which cannot
        // wait for itself.
        if thread.thread().id() != thread::current().id() {
            // A panic over there has been reported to the callers as `Stopped`.
            let _ = thread.join();
        }
    }
}

/// The owner of everything in the TPM, and the line of those who want it.
struct Turn {
    line: Mutex<Line>,
    /// There is a job and nobody has the turn, or it is the end.
    wanted: Condvar,
    /// Locked by nobody but who has the turn, so never waited for. `None` after a panic.
    owner: Mutex<Option<Box<Owner>>>,
}

#[derive(Default)]
struct Line {
    jobs: VecDeque<Job>,
    taken: bool,
    closed: bool,
}

impl Turn {
    fn new(owner: Owner) -> Self {
        Self {
            line: Mutex::default(),
            wanted: Condvar::new(),
            owner: Mutex::new(Some(Box::new(owner))),
        }
    }

    /// Takes the turn if it is free and nobody waits for it.
    fn take(&self) -> bool {
        let mut line = self.line();
        let free = !line.taken && line.jobs.is_empty();
        line.taken |= free;
        free
    }

    fn give_back(&self) {
        let mut line = self.line();
        line.taken = false;
        let wanted = !line.jobs.is_empty();
        drop(line);
        if wanted {
            self.wanted.notify_one();
        }
    }

    fn wait_in_line(&self, job: Job) {
        let mut line = self.line();
        line.jobs.push_back(job);
        // Whoever has the turn looks at the line when he gives it back.
        let wanted = !line.taken;
        drop(line);
        if wanted {
            self.wanted.notify_one();
        }
    }

    /// Does what waits in line, until the end.
    fn serve(&self) {
        let mut line = self.line();
        loop {
            let job = if line.taken {
                None
            } else {
                line.jobs.pop_front()
            };
            if let Some(job) = job {
                line.taken = true;
                drop(line);
                self.work(job);
                line = self.line();
                line.taken = false;
            } else if line.closed && line.jobs.is_empty() {
                break;
            } else {
                line = self
                    .wanted
                    .wait(line)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
        drop(line);
        if let Some(owner) = self.owner().take() {
            flush(owner);
        }
    }

    /// Works with the TPM; only for who has the turn. `None` when it is out of use, or is from now on.
    fn work<T>(&self, work: impl FnOnce(&mut Owner) -> T) -> Option<T> {
        let mut place = self.owner();
        let mut owner = place.take()?;
        // An observer or a connector may panic. The panic hook has reported it; those who wait get `Stopped`.
        if let Ok(done) = panic::catch_unwind(AssertUnwindSafe(|| work(&mut owner))) {
            *place = Some(owner);
            return Some(done);
        }
        flush(owner);
        None
    }

    fn close(&self) {
        self.line().closed = true;
        self.wanted.notify_one();
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Nothing that could panic is done while it is held.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn owner(&self) -> MutexGuard<'_, Option<Box<Owner>>> {
        // Panics are caught while it is held.
        self.owner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops the owner, which flushes what it holds; never during a panic, since a second one would abort the process.
fn flush(owner: Box<Owner>) {
    let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(owner)));
}

/// Who is to be told, also when it never comes to the work.
struct Answer<T, F: FnOnce(Result<T, TpmError>)>(Option<F>, PhantomData<fn(T)>);

impl<T, F: FnOnce(Result<T, TpmError>)> Answer<T, F> {
    fn new(done: F) -> Self {
        Self(Some(done), PhantomData)
    }

    fn give(mut self, outcome: Result<T, TpmError>) {
        if let Some(done) = self.0.take() {
            done(outcome);
        }
    }
}

impl<T, F: FnOnce(Result<T, TpmError>)> Drop for Answer<T, F> {
    fn drop(&mut self) {
        if let Some(done) = self.0.take() {
            done(Err(TpmError::Stopped));
        }
    }
}
