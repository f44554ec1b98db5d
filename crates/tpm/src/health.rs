//! How a TPM is at present: its self-test, what is loaded in it, and its clock.

use crate::rc::ResponseCode;

/// The state of a TPM at one moment, before this program loads anything. [`crate::Tpm::health`] asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// What came of its self-test (`TPM2_GetTestResult`).
    pub self_test: SelfTest,
    /// Transient objects that are loaded. With the kernel's resource manager each program sees its own only.
    pub objects: Vec<LoadedObject>,
    /// Handles of sessions that are loaded, HMAC and policy sessions alike.
    pub sessions: Vec<u32>,
    /// Handles of sessions that were saved to be loaded again.
    pub saved_sessions: Vec<u32>,
    /// Its clock; `None` where it has no command to read it.
    pub clock: Option<TpmClock>,
    /// Whether the kernel's resource manager stands between this program and the TPM.
    pub resource_manager: bool,
}

/// What a TPM says of its self-test (TPM 2.0 Library Part 3, 10.4 `TPM2_GetTestResult`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SelfTest {
    /// All that was tested is in order.
    Passed,
    /// Some algorithms are tested when they are first used.
    NotDone,
    /// It failed: the TPM is in failure mode, where it does nothing but answer this.
    Failed(ResponseCode),
}

/// An object in a slot of a TPM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadedObject {
    /// Its handle, 0x80000000 and following.
    pub handle: u32,
    /// It hangs from the storage root key, as keys of this program do. Such an object is flushed by itself when a
    /// slot is needed and no resource manager is there.
    pub under_storage_root: bool,
}

/// A TPM's clock (TPM 2.0 Library Part 1, 36 "Timing Components").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TpmClock {
    /// Milliseconds that the TPM has been powered since it was last cleared.
    pub milliseconds: u64,
    /// Resets since it was last cleared.
    pub resets: u32,
    /// Restarts and resumptions since the last reset.
    pub restarts: u32,
    /// No higher value than this was ever told. It is false after the power was cut, until the clock has caught up.
    pub is_safe: bool,
}

impl SelfTest {
    pub(crate) fn of(code: u32) -> Self {
        let code = ResponseCode::new(code);
        match code.base() {
            0 => Self::Passed,
            crate::rc::NEEDS_TEST | crate::rc::TESTING => Self::NotDone,
            _ => Self::Failed(code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_the_self_test() {
        assert_eq!(SelfTest::of(0), SelfTest::Passed);
        assert_eq!(SelfTest::of(0x153), SelfTest::NotDone);
        assert_eq!(SelfTest::of(0x90a), SelfTest::NotDone);
        assert_eq!(
            SelfTest::of(0x101),
            SelfTest::Failed(ResponseCode::new(0x101))
        );
    }
}
