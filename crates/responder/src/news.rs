//! How often the records are asked whether anything was revoked.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use tpm2ca_authority::OcspResponder;

/// When the records were asked last.
///
/// To ask takes longer than to find an answer that is kept. So it is done at most once in [`WINDOW`], however many
/// requests there are, and not at all when there are none.
pub(crate) struct News {
    begin: Instant,
    /// Nanoseconds from `begin` to when the last look began that went well, and [`WINDOW`]. None was at 0.
    known_until: AtomicU64,
}

impl Default for News {
    fn default() -> Self {
        Self {
            begin: Instant::now(),
            known_until: AtomicU64::new(0),
        }
    }
}

impl News {
    /// Sees to it that the responder knows of every revocation that was recorded more than [`WINDOW`] ago. Whether it
    /// does.
    pub(crate) fn catch_up(&self, responder: &OcspResponder) -> bool {
        let now = nanoseconds(self.begin.elapsed());
        if now < self.known_until.load(Ordering::Acquire) {
            return true;
        }
        // Several threads may do this at once; each knows then what it has to know.
        let is_known = responder.is_current();
        if is_known {
            let until = now.saturating_add(nanoseconds(WINDOW));
            self.known_until.fetch_max(until, Ordering::Release);
        }
        is_known
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// For how long a revocation may not be seen yet.
const WINDOW: Duration = Duration::from_millis(1);
