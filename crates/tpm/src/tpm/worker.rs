//! Who works with the TPM: one thread at a time.
//!
//! A caller who finds the TPM free works on his own thread: to wake another and to be woken takes as long as a third of
//! an ECDSA signature in software (`docs/adr/0011-a-turn-at-the-tpm.md`). Everybody else's work is done in order on a
//! thread that is started when there is some for the first time. Where the system gives no thread, callers wait for
//! their turn (`docs/adr/0104-a-thread-only-when-needed.md`).

use std::collections::VecDeque;
use std::io;
use std::marker::PhantomData;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use crate::error::TpmError;
use crate::options::TpmOptions;
use crate::tpm::loaded::KeyId;
use crate::tpm::owner::Owner;
use crate::transport::Connector;

/// The way to give a TPM work. When it is dropped, what was given is done first and everything in the TPM is flushed.
pub(super) struct Worker {
    turn: Arc<Turn>,
    describe: String,
}

type Job = Box<dyn FnOnce(&mut Owner) + Send>;

impl Worker {
    /// Starts no thread and does not connect yet.
    pub(super) fn new(connector: Box<dyn Connector>, options: TpmOptions) -> Self {
        let describe = connector.describe();
        Self {
            turn: Arc::new(Turn::new(Owner::new(connector, options))),
            describe,
        }
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

    /// The same, but waits for nothing: what comes of it is given to `done`, on the thread that is there for it; at once
    /// and on this one where the system gives no thread.
    pub(super) fn call_then<T: 'static>(
        &self,
        work: impl FnMut(&mut Owner) -> Result<T, TpmError> + Send + 'static,
        done: impl FnOnce(Result<T, TpmError>) + Send + 'static,
    ) {
        if let Err(source) = self.turn.ensure_server(&mut self.turn.line()) {
            return done(Err(TpmError::Thread { source }));
        }
        let done = Answer::new(done);
        self.turn
            .wait_in_line(Box::new(move |owner| done.give(owner.carry_out(work))));
    }

    /// Unloads a key that nobody uses any more. Waits for nothing: it is done before whatever is done next.
    pub(super) fn unload(&self, key: KeyId) {
        let mut line = self.turn.line();
        if line.server.is_none() {
            line.unused.push(key);
            return;
        }
        drop(line);
        // Signatures with this key may be waiting in line.
        self.turn
            .wait_in_line(Box::new(move |owner| owner.unload(key)));
    }

    fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Owner) -> Result<T, TpmError> + Send + 'static,
    ) -> Result<T, TpmError> {
        if self.turn.take_or_find_server() {
            let outcome = self.turn.work(work);
            self.turn.give_back();
            return outcome.unwrap_or(Err(TpmError::Stopped));
        }
        let (answer, reply) = mpsc::sync_channel(1);
        self.turn.wait_in_line(Box::new(move |owner| {
            // Nobody listens any more only if the caller's thread was killed.
            let _ = answer.send(work(owner));
        }));
        reply.recv().map_err(|_| TpmError::Stopped)?
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let Some(server) = self.turn.close() else {
            // Nothing is left to be done, and nobody is left to do it.
            self.turn.retire();
            return;
        };
        // An observer, or one who waits for nothing, may own the last handle. Then this is the thread, which cannot
        // wait for itself.
        if server.thread().id() != thread::current().id() {
            // A panic over there has been reported to the callers as `Stopped`.
            let _ = server.join();
        }
    }
}

/// The owner of everything in the TPM, and the line of those who want it.
struct Turn {
    line: Mutex<Line>,
    /// There is a job and nobody has the turn, or it is the end.
    wanted: Condvar,
    /// Nobody has the turn, and callers wait for it.
    free: Condvar,
    /// Locked by nobody but who has the turn, so never waited for. `None` after a panic.
    owner: Mutex<Option<Box<Owner>>>,
}

#[derive(Default)]
struct Line {
    /// Done by the server.
    jobs: VecDeque<Job>,
    taken: bool,
    closed: bool,
    /// The thread that does the jobs, from the first one on.
    server: Option<JoinHandle<()>>,
    /// Keys to unload. To load one takes a turn, with which these go first: never more than were loaded before.
    unused: Vec<KeyId>,
    /// Numbers of the callers who wait for their turn because the system gives no thread: of the one who is next, and
    /// of the next one who comes.
    next: u64,
    last: u64,
}

impl Line {
    fn callers_wait(&self) -> bool {
        self.next != self.last
    }
}

impl Turn {
    fn new(owner: Owner) -> Self {
        Self {
            line: Mutex::default(),
            wanted: Condvar::new(),
            free: Condvar::new(),
            owner: Mutex::new(Some(Box::new(owner))),
        }
    }

    /// Takes the turn if it is free and nobody waits for it. Otherwise `false` when there is a thread to give the work
    /// to; without one it waits for the turn.
    fn take_or_find_server(self: &Arc<Self>) -> bool {
        let mut line = self.line();
        if !line.taken && line.jobs.is_empty() && !line.callers_wait() {
            line.taken = true;
            return true;
        }
        if self.ensure_server(&mut line).is_ok() {
            return false;
        }
        let number = line.last;
        line.last += 1;
        while line.taken || line.next != number {
            line = self.free.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
        line.next += 1;
        line.taken = true;
        true
    }

    fn give_back(&self) {
        let mut line = self.line();
        line.taken = false;
        let (jobs_wait, callers_wait) = (!line.jobs.is_empty(), line.callers_wait());
        drop(line);
        if jobs_wait {
            self.wanted.notify_one();
        }
        if callers_wait {
            self.free.notify_all();
        }
    }

    /// Starts the thread that does what waits in line, unless there is one.
    fn ensure_server(self: &Arc<Self>, line: &mut Line) -> io::Result<()> {
        if line.server.is_none() {
            let turn = Arc::clone(self);
            let server = thread::Builder::new()
                .name("tpm".to_owned())
                .spawn(move || turn.serve())?;
            line.server = Some(server);
        }
        Ok(())
    }

    /// Only where there is a server.
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
                if line.callers_wait() {
                    self.free.notify_all();
                }
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
        self.retire();
    }

    /// Works with the TPM; only for who has the turn. `None` when it is out of use, or is from now on.
    fn work<T>(&self, work: impl FnOnce(&mut Owner) -> T) -> Option<T> {
        let unused = std::mem::take(&mut self.line().unused);
        let mut place = self.owner();
        let mut owner = place.take()?;
        let work = |owner: &mut Owner| {
            for key in unused {
                owner.unload(key);
            }
            work(owner)
        };
        // An observer or a connector may panic. The panic hook has reported it; those who wait get `Stopped`.
        if let Ok(done) = panic::catch_unwind(AssertUnwindSafe(|| work(&mut owner))) {
            *place = Some(owner);
            return Some(done);
        }
        flush(owner);
        None
    }

    /// Lets the server end when everything is done; the server, if there is one.
    fn close(&self) -> Option<JoinHandle<()>> {
        let mut line = self.line();
        line.closed = true;
        self.wanted.notify_one();
        line.server.take()
    }

    /// Flushes what is in the TPM, for good.
    fn retire(&self) {
        let owner = self.owner().take();
        if let Some(owner) = owner {
            flush(owner);
        }
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
