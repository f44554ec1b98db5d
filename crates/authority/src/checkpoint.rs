//! Where a certificate is on its way, told to an observer.
//!
//! Crash tests stop the process at each of these points; a progress display could use them too.

/// A point between two stages of one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Checkpoint {
    /// Linted; nothing is on disk yet.
    BeforeReserve,
    /// The serial number is durably reserved.
    AfterReserve,
    /// The next thing is the signature.
    BeforeSign,
    /// The signature exists and was verified; it is in memory only.
    AfterSign,
    /// The next thing is the durable record.
    BeforeRecord,
    /// Recorded; the caller has not got it yet.
    AfterRecord,
}

impl Checkpoint {
    /// All points, in the order in which a certificate passes them.
    pub const ALL: [Self; 6] = [
        Self::BeforeReserve,
        Self::AfterReserve,
        Self::BeforeSign,
        Self::AfterSign,
        Self::BeforeRecord,
        Self::AfterRecord,
    ];
}

/// Is told of every [`Checkpoint`].
pub trait Checkpoints: Send + Sync {
    /// A certificate has reached `point`.
    fn reached(&self, point: Checkpoint);
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCheckpoints;

impl Checkpoints for NoCheckpoints {
    fn reached(&self, _: Checkpoint) {}
}
