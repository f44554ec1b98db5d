//! The threads that certificates are made on.
//!
//! Requesters wait for their certificate on their own threads; the work is done here, by fewer threads than the machine
//! has processors. Whoever owns the TPM keeps a processor to himself: that matters to a TPM that is a program, and the
//! others lose nothing, since there is never more to do than the TPM can sign. The records and the signer are not
//! waited for: when they have an answer, the certificate's next step is put here, or if it takes no time done at once.

use std::{
    collections::VecDeque,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// Handle to the threads; ends them when dropped.
pub(crate) struct Workers {
    queue: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    most: usize,
}

/// Where work is put.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    work: Condvar,
    /// Certificates that the signer has.
    signing: AtomicUsize,
}

#[derive(Default)]
struct State {
    /// Next steps of certificates that are under way: they come first, so that the signer has always something to do.
    begun: VecDeque<Job>,
    new: VecDeque<Job>,
    /// Threads that wait and that nobody has woken yet.
    idle: usize,
    /// Threads that were woken and have not noticed yet.
    woken: usize,
    /// Whether a thread looks for work again in a moment, so that nobody has to be woken.
    napping: bool,
    closed: bool,
}

type Job = Box<dyn FnOnce() + Send>;

impl Workers {
    /// No thread is started before there is work for it.
    pub(crate) fn new() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self {
            queue: Arc::default(),
            threads: Mutex::default(),
            most: processors.saturating_sub(1).clamp(1, MOST_THREADS),
        }
    }

    /// Where certificates that are under way put their next steps.
    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Has a certificate begun.
    pub(crate) fn begin(&self, job: impl FnOnce() + Send + 'static) {
        if !self.queue.push(Box::new(job), |state| &mut state.new) {
            self.one_more();
        }
    }

    /// Starts a thread, if there may be more. When none can be started and there is none, the caller does the work.
    fn one_more(&self) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if threads.len() == self.most {
            return;
        }
        let queue = Arc::clone(&self.queue);
        let started = thread::Builder::new()
            .name("tpm2ca-issue".to_owned())
            .spawn(move || queue.serve(true));
        match started {
            Ok(thread) => threads.push(thread),
            Err(_) if threads.is_empty() => self.queue.serve(false),
            Err(_) => {}
        }
    }
}

impl State {
    /// Whether a thread waits that is to be woken now.
    fn call_one(&mut self) -> bool {
        let waits = self.idle > 0;
        if waits {
            self.idle -= 1;
            self.woken += 1;
        }
        waits
    }
}

impl Queue {
    /// Has the next step of a certificate done.
    pub(crate) fn go_on(&self, job: impl FnOnce() + Send + 'static) {
        self.push(Box::new(job), |state| &mut state.begun);
    }

    /// The same when the signer has an answer.
    pub(crate) fn answered(&self, job: impl FnOnce() + Send + 'static) {
        self.signing.fetch_sub(1, Ordering::Relaxed);
        self.go_on(job);
    }

    /// Tells that the signer is about to get one more.
    pub(crate) fn to_the_signer(&self) {
        self.signing.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether a thread was waiting for it.
    fn push(&self, job: Job, to: impl FnOnce(&mut State) -> &mut VecDeque<Job>) -> bool {
        let mut state = self.lock();
        to(&mut state).push_back(job);
        if state.napping {
            return true;
        }
        let waits = state.call_one();
        drop(state);
        if waits {
            self.work.notify_one();
        }
        waits
    }

    /// Does what there is to do; then waits for more, until the end.
    fn serve(&self, for_ever: bool) {
        let mut state = self.lock();
        let mut in_vain = 0;
        loop {
            let job = match state.begun.pop_front() {
                None => state.new.pop_front(),
                begun => begun,
            };
            if let Some(job) = job {
                in_vain = 0;
                drop(state);
                shielded(job);
                state = self.lock();
                continue;
            }
            if state.closed || !for_ever {
                return;
            }
            if in_vain < MOST_NAPS && !state.napping && self.signing.load(Ordering::Relaxed) >= MANY
            {
                state.napping = true;
                drop(state);
                thread::sleep(NAP);
                state = self.lock();
                state.napping = false;
                in_vain += 1;
                // Nobody was called for what came meanwhile.
                let more = (state.begun.len() + state.new.len()).saturating_sub(1);
                for _ in 0..more {
                    if !state.call_one() {
                        break;
                    }
                    self.work.notify_one();
                }
                continue;
            }
            state.idle += 1;
            state = self
                .work
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            if state.woken > 0 {
                state.woken -= 1;
            } else {
                state.idle -= 1;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic is done while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does a step on whatever thread this is. Whoever waits for it learns that it was dropped when it panics; the panic hook
/// has reported why.
pub(crate) fn shielded(step: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(step));
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.work.notify_all();
        let threads = self
            .threads
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            // A panic was caught and reported.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers")
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

/// With so many certificates at the signer its next answers are near, if it is a quick one, and come at short intervals.
/// Then one thread looks for them again and again: to wake it for each would take the signer's thread some 2 % of its
/// time, and here it is the signer that everybody waits for.
const MANY: usize = 4;
/// Less than any signature takes.
const NAP: Duration = Duration::from_micros(100);
/// So often it looks in vain before it waits to be woken, which a slow signer has time for.
const MOST_NAPS: u32 = 3;
/// More would only wait for the thread that writes the records: one does some 5,000 certificates a second.
const MOST_THREADS: usize = 8;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::mpsc;

    use super::*;

    /// Longer than anything here takes, so that a step that is lost fails the test instead of stopping it.
    const PATIENCE: Duration = Duration::from_mins(1);

    #[test]
    fn every_step_is_done_whether_a_thread_sleeps_naps_or_works() {
        const STEPS: usize = 500;
        let workers = Workers::new();
        let queue = Arc::clone(workers.queue());
        let (done, told) = mpsc::channel();
        // More at the signer than ever answer, so that a thread naps to the end.
        for _ in 0..STEPS + MANY {
            queue.to_the_signer();
        }
        for step in 0..STEPS {
            let (begun, answered) = (done.clone(), done.clone());
            workers.begin(move || begun.send(step).unwrap());
            queue.answered(move || answered.send(STEPS + step).unwrap());
            if step % 10 == 0 {
                // Now and then long enough for a nap, or for all of them.
                thread::sleep(NAP * u32::try_from(step % 7).unwrap());
            }
        }
        let mut steps: Vec<_> = (0..2 * STEPS)
            .map(|_| told.recv_timeout(PATIENCE).unwrap())
            .collect();
        steps.sort_unstable();
        assert!(steps.into_iter().eq(0..2 * STEPS), "each of them once");
    }

    #[test]
    fn a_step_that_panics_takes_no_thread_with_it() {
        let workers = Workers::new();
        for _ in 0..2 * MOST_THREADS {
            workers.begin(|| panic!("the step of this test panics on purpose"));
        }
        let (done, told) = mpsc::channel();
        workers.begin(move || done.send(()).unwrap());
        told.recv_timeout(PATIENCE).unwrap();
    }
}
