//! The most that one request may take of a TPM, whatever the TPM answers (`docs/adr/0106-bounds-on-a-tpm.md`).

use std::time::Duration;

use crate::error::TpmError;

/// What is left of it.
pub(super) struct Allowance {
    commands: u32,
    /// For answers, connections, and pauses before a command is sent again.
    waited: Duration,
    /// As long as the most patient of its commands may take.
    most: Duration,
}

impl Allowance {
    /// Of a new request.
    pub(super) fn new() -> Self {
        Self {
            commands: MOST_COMMANDS,
            waited: Duration::ZERO,
            most: Duration::ZERO,
        }
    }

    /// Takes a command, which itself may take as long as this, out of the allowance.
    pub(super) fn take(&mut self, patience: Duration) -> Result<(), TpmError> {
        self.most = self.most.max(patience);
        let limit = if self.is_overdue() {
            format!("{} s", self.most.as_secs())
        } else if let Some(rest) = self.commands.checked_sub(1) {
            self.commands = rest;
            return Ok(());
        } else {
            format!("{MOST_COMMANDS} commands")
        };
        Err(TpmError::RequestLimit { limit })
    }

    pub(super) fn spend(&mut self, time: Duration) {
        self.waited = self.waited.saturating_add(time);
    }

    /// Whether nothing is tried again.
    pub(super) fn is_overdue(&self) -> bool {
        self.waited >= self.most && !self.most.is_zero()
    }
}

/// To look through all that an unusually full TPM holds takes some hundreds.
const MOST_COMMANDS: u32 = 4096;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn the_time_of_all_commands_counts_together() {
        let mut allowance = Allowance::new();
        allowance.take(MINUTE).unwrap();
        allowance.spend(MINUTE / 2);
        allowance.take(MINUTE).unwrap();
        assert!(!allowance.is_overdue());
        allowance.spend(MINUTE / 2);
        assert!(allowance.is_overdue());
        assert_eq!(
            allowance.take(MINUTE).unwrap_err().to_string(),
            "the TPM did not finish a request within 60 s"
        );
        // Making a key may take longer.
        allowance.take(MINUTE * 10).unwrap();
        allowance.take(MINUTE).unwrap();
    }

    #[test]
    fn commands_are_counted() {
        let mut allowance = Allowance::new();
        for _ in 0..MOST_COMMANDS {
            allowance.take(MINUTE).unwrap();
        }
        assert_eq!(
            allowance.take(MINUTE).unwrap_err().to_string(),
            "the TPM did not finish a request within 4096 commands"
        );
    }
}
