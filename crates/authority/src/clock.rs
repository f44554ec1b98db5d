//! Time and randomness, handed in so that tests can choose them.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SecureRandom;
use tpm2ca_x509::UnixTime;

use crate::AuthorityError;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Seconds since 1970-01-01 UTC.
    fn now(&self) -> UnixTime;
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks for the time"
    )]
    fn now(&self) -> UnixTime {
        // A clock before 1970 reads as 1970: every issuer is then "not yet valid", which is refused.
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |passed| {
                UnixTime::try_from(passed.as_secs()).unwrap_or(UnixTime::MAX)
            })
    }
}

/// Makes unpredictable octets.
pub trait Randomness: Send + Sync {
    /// Fills `buffer`.
    ///
    /// # Errors
    /// [`AuthorityError::Randomness`] when the operating system has none to give.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), AuthorityError>;
}

/// The randomness of the operating system, through the cryptographic library's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

impl Randomness for OsRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), AuthorityError> {
        aws_lc_rs::rand::SystemRandom::new()
            .fill(buffer)
            .map_err(|_| AuthorityError::Randomness)
    }
}
