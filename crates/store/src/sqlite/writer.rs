//! The one thread that writes: takes all requests that are waiting into one transaction, commits
//! once, answers afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::checkpoint::Checkpoints;
use super::error::SqliteError;
use super::transaction::{Statements, Transaction};
use crate::error::StoreError;

/// Handle to the writing thread; ends it when dropped.
pub(super) struct Writer {
    /// `None` only while being dropped.
    requests: Option<Sender<Box<dyn Request>>>,
    commits: Arc<AtomicU64>,
    /// Certificates that are reserved and not signed yet.
    signing: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(mut connection: Connection) -> Result<Self, StoreError> {
        let checkpoints = Checkpoints::of(&mut connection)?;
        let (requests, waiting) = mpsc::channel();
        let commits = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&commits);
        let signing = Arc::new(AtomicUsize::new(0));
        let queue = Arc::clone(&signing);
        let (ready, started) = mpsc::sync_channel(1);
        let thread = thread::Builder::new()
            .name("tpm2ca-store".to_owned())
            .spawn(move || serve(&connection, checkpoints, &waiting, &counter, &queue, &ready))
            .map_err(|error| SqliteError::Io {
                doing: "starting the writer of",
                detail: error.to_string(),
            })?;
        started.recv().map_err(|_| SqliteError::WriterGone)??;
        Ok(Self {
            requests: Some(requests),
            commits,
            signing,
            thread: Some(thread),
        })
    }

    /// Runs `work` in a transaction, on the writing thread. Its result comes back when it is
    /// durable; when `work` fails, all that it did is undone.
    pub(super) fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Transaction<'_, '_>) -> Result<T, StoreError> + Send + 'static,
    {
        wait(|done| self.send(false, work, done))
    }

    /// The same without waiting, for work that changes nothing when it fails ([`Transaction::whole`]): the result is given
    /// to `done`, on the writing thread or, if that is gone, on this one.
    pub(super) fn run_whole_async<T, F, D>(&self, work: F, done: D)
    where
        T: Send + 'static,
        F: FnOnce(&mut Transaction<'_, '_>) -> Result<T, StoreError> + Send + 'static,
        D: FnOnce(Result<T, StoreError>) + Send + 'static,
    {
        self.send(true, work, done);
    }

    fn send<T, F, D>(&self, whole: bool, work: F, done: D)
    where
        T: Send + 'static,
        F: FnOnce(&mut Transaction<'_, '_>) -> Result<T, StoreError> + Send + 'static,
        D: FnOnce(Result<T, StoreError>) + Send + 'static,
    {
        let task = Box::new(Task {
            whole,
            work: Some(work),
            result: None,
            done: Some(done),
        });
        if let Some(requests) = &self.requests {
            // What cannot be sent is dropped, and says so itself.
            let _ = requests.send(task);
        }
    }

    /// The count of the certificates that are being signed, for an [`OpenReservation`](crate::certificate::OpenReservation).
    pub(super) fn signing(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.signing)
    }

    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // it can only have panicked, and then every request has been told so already
            let _ = thread.join();
        }
    }
}

/// A request of whatever type of result.
trait Request: Send {
    /// Whether the work changes nothing when it fails.
    fn is_whole(&self) -> bool;

    /// Does the work. `false` when it failed and is to be undone.
    fn work(&mut self, transaction: &mut Transaction<'_, '_>) -> bool;

    /// Answers who waits: with `failure` if the transaction came to nothing.
    fn answer(self: Box<Self>, failure: Option<&StoreError>);

    /// The error with which the work failed.
    fn failure(&self) -> Option<&StoreError>;
}

struct Task<T, F, D: FnOnce(Result<T, StoreError>)> {
    whole: bool,
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    /// `None` once it was told.
    done: Option<D>,
}

impl<T, F, D> Request for Task<T, F, D>
where
    T: Send,
    F: FnOnce(&mut Transaction<'_, '_>) -> Result<T, StoreError> + Send,
    D: FnOnce(Result<T, StoreError>) + Send,
{
    fn is_whole(&self) -> bool {
        self.whole
    }

    fn work(&mut self, transaction: &mut Transaction<'_, '_>) -> bool {
        self.result = self.work.take().map(|work| work(transaction));
        matches!(self.result, Some(Ok(_)))
    }

    fn answer(mut self: Box<Self>, failure: Option<&StoreError>) {
        let result = match (self.result.take(), failure) {
            (Some(Err(own)), _) => Err(own),
            (_, Some(failure)) => Err(failure.clone()),
            (Some(result), None) => result,
            (None, None) => Err(SqliteError::WriterGone.into()),
        };
        if let Some(done) = self.done.take() {
            done(result);
        }
    }

    fn failure(&self) -> Option<&StoreError> {
        self.result
            .as_ref()
            .and_then(|result| result.as_ref().err())
    }
}

/// A request that is dropped was never carried out, or the writer ended in the middle of it.
impl<T, F, D: FnOnce(Result<T, StoreError>)> Drop for Task<T, F, D> {
    fn drop(&mut self) {
        if let Some(done) = self.done.take() {
            done(Err(SqliteError::WriterGone.into()));
        }
    }
}

/// Waits for the outcome of a call that does not wait.
pub(super) fn wait<T: Send + 'static>(
    call: impl FnOnce(Box<dyn FnOnce(Result<T, StoreError>) + Send>),
) -> Result<T, StoreError> {
    let (reply, answer) = mpsc::sync_channel(1);
    call(Box::new(move |result| {
        // who does not wait any more needs no answer
        let _ = reply.send(result);
    }));
    answer.recv().map_err(|_| SqliteError::WriterGone)?
}

/// Most requests in one transaction; bounds how long the first of them waits.
const BATCH: usize = 256;

fn serve(
    connection: &Connection,
    mut checkpoints: Checkpoints,
    waiting: &Receiver<Box<dyn Request>>,
    commits: &AtomicU64,
    signing: &AtomicUsize,
    ready: &SyncSender<Result<(), StoreError>>,
) {
    let mut statements = match Statements::prepare(connection) {
        Ok(statements) => statements,
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    let _ = ready.send(Ok(()));
    let mut batch = Vec::with_capacity(BATCH);
    let mut pace = Pace::new();
    while let Ok(first) = waiting.recv() {
        batch.push(first);
        let pause = gathering_time(signing.load(Ordering::Relaxed), pace.certificate);
        if !pause.is_zero() {
            thread::sleep(pause);
        }
        let outcome = write(connection, &mut statements, waiting, &mut batch);
        if outcome.is_ok() {
            commits.fetch_add(1, Ordering::Relaxed);
        } else if !connection.is_autocommit() {
            // If even this fails, so will the next BEGIN, and its requests will be told.
            let _ = statements.rollback();
        }
        pace.count(batch.len());
        for request in batch.drain(..) {
            request.answer(outcome.as_ref().err());
        }
        checkpoints.after_commit(connection);
    }
}

/// How long to let more requests come in before the transaction begins, while the signer has so many certificates to
/// sign.
///
/// A sync costs far more than what it makes durable, and takes processor time from a TPM that is a program. As long as
/// the signer has others to sign meanwhile, nobody gets a certificate later for it; with a short queue there is no pause
/// at all, so that whoever issues one certificate at a time does not wait.
fn gathering_time(at_the_signer: usize, certificate: Duration) -> Duration {
    let to_spare = u32::try_from(at_the_signer.saturating_sub(SHORT_QUEUE)).unwrap_or(u32::MAX);
    // Less than they take, so that a queue is never waited empty.
    (certificate * 2 / 3)
        .saturating_mul(to_spare)
        .min(certificate * CROWD)
        .min(LONGEST_GATHERING)
}

/// What the signer does while the transaction itself runs.
const SHORT_QUEUE: usize = 3;
/// Certificates that may come together while requests are gathered. With more they go through the stages in ever larger
/// crowds, all of them here at once and then all at the signer.
const CROWD: u32 = 4;
const LONGEST_GATHERING: Duration = Duration::from_millis(10);

/// How long a certificate takes when there is always a next one: most often what its signature takes.
struct Pace {
    certificate: Duration,
    since: Instant,
    requests: usize,
}

impl Pace {
    fn new() -> Self {
        Self {
            certificate: QUICKEST,
            since: Instant::now(),
            requests: 0,
        }
    }

    fn count(&mut self, requests: usize) {
        self.requests += requests;
        let elapsed = self.since.elapsed();
        if elapsed >= WINDOW {
            self.certificate = of_one(elapsed, self.requests);
            self.since = Instant::now();
            self.requests = 0;
        }
    }
}

/// Each certificate is reserved and recorded. With few requests it was not always that there was a next one.
fn of_one(elapsed: Duration, requests: usize) -> Duration {
    match u32::try_from(requests / 2) {
        Ok(certificates @ 4..) => (elapsed / certificates).max(QUICKEST),
        _ => QUICKEST,
    }
}

/// Time over which certificates are counted.
const WINDOW: Duration = Duration::from_millis(100);
/// Below the time of any signature: a TPM that is a program takes some 260 µs for the quickest kind.
const QUICKEST: Duration = Duration::from_micros(200);

/// One transaction: the requests of `batch` and all that come in while it runs.
fn write(
    connection: &Connection,
    statements: &mut Statements<'_>,
    waiting: &Receiver<Box<dyn Request>>,
    batch: &mut Vec<Box<dyn Request>>,
) -> Result<(), StoreError> {
    statements.begin()?;
    let mut transaction = Transaction::new(statements)?;
    for next in 0..BATCH {
        if next == batch.len() {
            match waiting.try_recv() {
                Ok(request) => batch.push(request),
                Err(_) => break,
            }
        }
        let Some(request) = batch.get_mut(next) else {
            break;
        };
        // An error here means that nothing can be undone one by one: SQLite gives up the whole
        // transaction for a full disk. What the request itself got is then the better explanation.
        let outcome = if request.is_whole() {
            transaction.whole(connection, |transaction| request.work(transaction))
        } else {
            transaction.undoable(|transaction| request.work(transaction))
        };
        if let Err(error) = outcome {
            return Err(request.failure().cloned().unwrap_or(error));
        }
    }
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_others_while_the_signer_has_little_to_do() {
        let slow = Duration::from_millis(2);
        for certificate in [QUICKEST, slow] {
            for short in 0..=SHORT_QUEUE {
                let pause = gathering_time(short, certificate);
                assert_eq!(pause, Duration::ZERO, "{short}");
            }
            // What the signer has left when the pause is over is enough for the transaction.
            for many in [SHORT_QUEUE + 1, 8, 100, usize::MAX] {
                let pause = gathering_time(many, certificate);
                let queue = certificate.saturating_mul(u32::try_from(many).unwrap_or(u32::MAX));
                assert!(pause + certificate * 3 <= queue, "{many}");
                assert!(pause <= certificate * CROWD && pause <= LONGEST_GATHERING);
            }
        }
        assert!(gathering_time(13, slow) > 3 * slow, "several at once");
    }

    #[test]
    fn the_pace_is_that_of_certificates_or_the_quickest() {
        let second = Duration::from_secs(1);
        assert_eq!(of_one(second, 1000), Duration::from_millis(2));
        assert_eq!(of_one(second, 100_000), QUICKEST);
        // Few requests say nothing.
        for few in 0..8 {
            assert_eq!(of_one(second, few), QUICKEST);
        }
    }
}
