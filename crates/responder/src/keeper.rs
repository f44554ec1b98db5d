//! The thread that does what is to be done before anybody asks.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use tpm2ca_authority::{AuthorityError, OcspResponder, Renewal};

/// What an operator may want to know.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// A responder was given a new certificate, or was not.
    Renewal(Renewal),
    /// All answers that can be signed ahead are; so many are ready. Said once.
    Ready(usize),
    /// Answers cannot be signed ahead.
    Trouble(AuthorityError),
}

pub(crate) type Report = Arc<dyn Fn(Event) + Send + Sync>;

/// Works until the other end of `stop` is dropped.
pub(crate) fn keep(responder: &OcspResponder, stop: &Receiver<()>, report: &Report) {
    let piece = if responder.signs_slowly() {
        SLOW_PIECE
    } else {
        PIECE
    };
    let mut renewal_due = Instant::now();
    let mut silent_until = Instant::now();
    let mut said_ready = false;
    loop {
        let now = Instant::now();
        if now >= renewal_due {
            renewal_due = now + RENEWAL_EVERY;
            for renewal in responder.renew() {
                if renewal.result.is_err() {
                    renewal_due = now + RENEWAL_AGAIN;
                }
                report(Event::Renewal(renewal));
            }
        }
        let pause = match responder.presign(piece) {
            Ok(done) if done.more => Duration::ZERO,
            Ok(done) => {
                if !said_ready {
                    said_ready = true;
                    report(Event::Ready(done.ready));
                }
                PAUSE
            }
            Err(error) => {
                if now >= silent_until {
                    silent_until = now + SAY_AGAIN;
                    report(Event::Trouble(error));
                }
                PAUSE * 10
            }
        };
        if stop.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

/// Answers that are signed without looking up.
const PIECE: usize = 256;
/// The same where a TPM signs, which others need as well.
const SLOW_PIECE: usize = 4;
const PAUSE: Duration = Duration::from_secs(1);
const RENEWAL_EVERY: Duration = Duration::from_mins(1);
const RENEWAL_AGAIN: Duration = Duration::from_mins(10);
const SAY_AGAIN: Duration = Duration::from_mins(10);
