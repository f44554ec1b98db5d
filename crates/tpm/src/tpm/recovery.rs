//! What is done when a TPM is lost, was reset, or is full: repair, and begin the request again.
//!
//! Commands that may be sent twice are the whole point: creating, loading and signing change nothing in the TPM that
//! a second time would spoil. What never is sent twice is an authorization that the TPM called wrong.

use std::thread;
use std::time::{Duration, Instant};

use crate::error::TpmError;
use crate::rc;
use crate::tpm::owner::Owner;
use crate::tpm::reclaim::Slot;

impl Owner {
    /// Carries out a request, from its beginning again after every repair.
    pub(super) fn carry_out<T>(
        &mut self,
        mut work: impl FnMut(&mut Self) -> Result<T, TpmError>,
    ) -> Result<T, TpmError> {
        let outcome = self.carry_out_ahead(&mut work);
        if self.channel.is_ready() {
            self.channel.begin_request();
            self.tidy();
        }
        outcome
    }

    /// The same, but what was loaded for it stays until the end of the next request.
    pub(super) fn carry_out_ahead<T>(
        &mut self,
        mut work: impl FnMut(&mut Self) -> Result<T, TpmError>,
    ) -> Result<T, TpmError> {
        self.channel.begin_request();
        let outcome = self.repeat(&mut work);
        if matches!(
            outcome,
            Err(TpmError::BadResponse { .. } | TpmError::RequestLimit { .. })
        ) {
            // Whoever sends such things may have left half a response on the way.
            self.forget_loaded();
            self.channel.disconnect();
        }
        outcome
    }

    fn repeat<T>(
        &mut self,
        work: &mut impl FnMut(&mut Self) -> Result<T, TpmError>,
    ) -> Result<T, TpmError> {
        let mut repairs = 0;
        let mut rooms = 0;
        loop {
            self.wait_until_ready()?;
            let error = match work(self) {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            match Repair::of(&error) {
                Repair::None => return Err(error),
                Repair::MakeRoom(slot) => {
                    if rooms == MOST_ROOMS || !self.make_room(slot, rooms > 0) {
                        return Err(TpmError::SlotsFull { what: slot.noun() });
                    }
                    rooms += 1;
                }
                repair => {
                    // Also at the last time, so that the next request finds nothing stale.
                    self.mend(repair);
                    if repairs == MOST_REPAIRS || self.channel.is_overdue() {
                        return Err(error);
                    }
                    repairs += 1;
                }
            }
        }
    }

    /// Flushes all that is ours, and if that was not enough, what was left behind. Whether there is more room now.
    fn make_room(&mut self, slot: Slot, was_tried: bool) -> bool {
        let had_some = !self.channel.held().is_empty();
        self.release_everything();
        (had_some && !was_tried) || self.reclaim(slot)
    }

    fn mend(&mut self, repair: Repair) {
        match repair {
            Repair::Reconnect => {
                self.forget_loaded();
                self.channel.disconnect();
                self.lost_since.get_or_insert_with(Instant::now);
            }
            Repair::Startup => {
                self.forget_loaded();
                self.channel.was_reset();
            }
            Repair::LoadAgain => self.release_everything(),
            Repair::None | Repair::MakeRoom(_) => {}
        }
    }

    /// Connects and starts the TPM if need be; waits for one that was lost as long as patience lasts, counted from
    /// its loss and not from this request, so that a queue of requests does not wait for ever.
    fn wait_until_ready(&mut self) -> Result<(), TpmError> {
        let mut pause = FIRST_PAUSE;
        while !self.channel.is_ready() {
            let Err(error) = self.channel.make_ready() else {
                break;
            };
            let TpmError::Transport(lost) = &error else {
                return Err(error);
            };
            let is_lost = lost.is_lost();
            self.channel.disconnect();
            let waited = self.lost_since.get_or_insert_with(Instant::now).elapsed();
            if !is_lost || waited >= self.patience {
                return Err(error);
            }
            thread::sleep(pause.min(self.patience.saturating_sub(waited)));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.lost_since = None;
        Ok(())
    }
}

/// Whether a request is begun again after this error.
pub(super) fn can_be_mended(error: &TpmError) -> bool {
    Repair::of(error) != Repair::None
}

/// What helps against an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repair {
    /// Nothing.
    None,
    /// The connection is gone, and maybe the TPM was reset.
    Reconnect,
    /// The TPM was reset behind a connection that still stands.
    Startup,
    /// Handles do not mean what they did: flush all and load again.
    LoadAgain,
    /// No slot is free for this kind of thing: flush what is ours.
    MakeRoom(Slot),
}

impl Repair {
    fn of(error: &TpmError) -> Self {
        match error {
            TpmError::Transport(lost) if lost.is_lost() => Self::Reconnect,
            TpmError::Rc { code, .. } => match code.base() {
                rc::INITIALIZE => Self::Startup,
                rc::OBJECT_MEMORY | rc::OBJECT_HANDLES | rc::MEMORY => Self::MakeRoom(Slot::Object),
                rc::SESSION_MEMORY | rc::SESSION_HANDLES | rc::CONTEXT_GAP => {
                    Self::MakeRoom(Slot::Session)
                }
                _ if code.is_stale_reference() => Self::LoadAgain,
                _ => Self::None,
            },
            _ => Self::None,
        }
    }
}

/// Repairs of one request. A TPM that is reset more often than this is being reset by somebody.
const MOST_REPAIRS: u32 = 3;
/// Times that room is made for one request: our own slots, then those left behind, once more for what the first made
/// possible to recognise.
const MOST_ROOMS: u32 = 4;
/// Pauses between tries to connect, growing from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rc::ResponseCode;

    #[test]
    fn a_wrong_authorization_is_never_repeated() {
        let repair = |raw| {
            Repair::of(&TpmError::Rc {
                command: "TPM2_Sign",
                code: ResponseCode::new(raw),
                argument: None,
            })
        };
        for raw in [0x98e, 0x9a2, 0x921, 0x1df, 0xa8e] {
            assert_eq!(repair(raw), Repair::None, "{raw:#x}");
        }
        assert_eq!(repair(0x100), Repair::Startup);
        assert_eq!(repair(0x918), Repair::LoadAgain);
        assert_eq!(repair(0x18b), Repair::LoadAgain);
        assert_eq!(repair(0x902), Repair::MakeRoom(Slot::Object));
        assert_eq!(repair(0x903), Repair::MakeRoom(Slot::Session));
        let auth = TpmError::AuthFailed {
            what: "the key".to_owned(),
            tries_left: None,
            empty: false,
        };
        assert_eq!(Repair::of(&auth), Repair::None);
    }
}
