//! What can go wrong with a TPM, and what to do about it.

mod policy;

use std::time::Duration;

use thiserror::Error;

use crate::algorithm::{Algorithm, HashAlg};
use crate::name::Name;
use crate::persistent::{Origin, PersistentKey};
use crate::rc::ResponseCode;
use crate::transport::TransportError;

pub use policy::PolicyError;

pub(crate) use policy::hex;

/// Why a TPM did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TpmError {
    /// The TPM cannot be reached, or was lost and did not come back in time.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The TPM refused a command in a way that has no variant of its own.
    #[error("`{command}` failed with {code}{}", argument.map(|name| format!(" (`{name}`)")).unwrap_or_default())]
    Rc {
        /// The command, in the specification's spelling.
        command: &'static str,
        /// What the TPM answered.
        code: ResponseCode,
        /// The parameter or handle that the code speaks of, in the specification's spelling.
        argument: Option<&'static str>,
    },
    /// Too many wrong authorizations: the TPM refuses every key under its lockout protection.
    #[error(
        "the TPM is in lockout after {lockout_counter} failed authorizations, of which {max_auth_fail} lock it; a try is given back within {}",
        seconds(*until)
    )]
    Lockout {
        /// The longest it can take until one try is given back (`TPM_PT_LOCKOUT_INTERVAL`; the TPM does not tell how
        /// much of the interval has passed). Zero means that the TPM did not say.
        until: Duration,
        /// Failed authorizations that count at present.
        lockout_counter: u32,
        /// Failed authorizations that lead to lockout.
        max_auth_fail: u32,
        /// How long the lockout hierarchy itself is blocked after its own authorization failed.
        recovery: Duration,
    },
    /// The authorization value is wrong. It is never tried again by itself.
    #[error("wrong authorization for {what}{}", tries(*tries_left))]
    AuthFailed {
        /// What was to be authorized, e.g. `the key`.
        what: String,
        /// How many more wrong ones lead to lockout; `None` where they do not count, or the TPM did not say.
        tries_left: Option<u32>,
        /// It was the empty value that was tried.
        empty: bool,
    },
    /// The authorization value was not sent: the TPM refused it before in this process, and another failure would count
    /// towards lockout.
    #[error(
        "the authorization value for {what} was not sent to the TPM, which has refused {} before",
        if *empty { "the empty one" } else { "the same value" }
    )]
    RefusedBefore {
        /// What was to be authorized, e.g. `the key`.
        what: String,
        /// It is the empty value.
        empty: bool,
    },
    /// The key does not belong under the parent that was tried: it was made in another TPM, before the TPM was
    /// cleared, or under another parent.
    #[error(
        "the key cannot be loaded under {tried}: it was made under another parent or in another TPM"
    )]
    WrongParent {
        /// The parent, with its handle and template.
        tried: String,
    },
    /// There is nothing at the persistent handle that a key file names as its parent.
    #[error("there is no key at the persistent handle {handle:#010x}")]
    NoParent {
        /// The handle.
        handle: u32,
    },
    /// A wrapped key was made for a parent in another TPM, or was changed on its way.
    #[error("the key cannot be imported: it was not wrapped for {tried}, or was changed since")]
    NotWrappedForThis {
        /// The parent that was tried, with its handle and template.
        tried: String,
    },
    /// The key cannot be duplicated to where it should go.
    #[error("the key cannot be duplicated: {reason}")]
    CannotLeave {
        /// Why.
        reason: String,
    },
    /// No key can be wrapped for the parent with this public area.
    #[error("no key can be wrapped for this parent: {reason}")]
    BadParentPublic {
        /// Why.
        reason: String,
    },
    /// A key cannot be made or used under this parent.
    #[error("this parent cannot be used: {reason}")]
    UnsuitableParent {
        /// Why.
        reason: String,
    },
    /// There is nothing at a persistent handle.
    #[error("there is nothing at the persistent handle {handle:#010x}")]
    NothingAt {
        /// The handle.
        handle: u32,
    },
    /// A persistent handle is in use already. Nothing is ever evicted to make room.
    #[error("the persistent handle {handle:#010x} is taken by {found}")]
    HandleTaken {
        /// The handle.
        handle: u32,
        /// What is there, and whether it is ours.
        found: Box<PersistentKey>,
        /// It is the very key that was to be put there.
        same: bool,
    },
    /// Another key is at the persistent handle than was there before.
    #[error(
        "the key at the persistent handle {handle:#010x} was replaced: it is `{got}`, was `{expected}`"
    )]
    KeyReplaced {
        /// The handle.
        handle: u32,
        /// The Name it had.
        expected: Name,
        /// The Name of what is there now.
        got: Name,
    },
    /// A handle at which no key can be persistent, or not this one.
    #[error("cannot be made persistent at {handle:#010x}: {reason}")]
    BadHandle {
        /// The handle.
        handle: u32,
        /// Why not.
        reason: String,
    },
    /// A key that no TPM would make as it was asked for.
    #[error("such a key cannot be made: {reason}")]
    Template {
        /// Why.
        reason: String,
    },
    /// The storage root key is not the one that was expected: this is another TPM, or it was cleared.
    #[error("this is not the expected TPM: its storage root key is `{got}`, expected `{expected}`")]
    WrongTpm {
        /// The Name that was pinned.
        expected: Name,
        /// The Name of the key this TPM made.
        got: Name,
    },
    /// This TPM cannot make or use such keys.
    #[error("this TPM cannot do {asked}; it can do {}", list(can))]
    UnsupportedAlgorithm {
        /// What was asked for.
        asked: Algorithm,
        /// What it can do.
        can: Vec<Algorithm>,
    },
    /// This TPM, or this key, cannot sign digests of this kind.
    #[error("cannot sign a {asked} digest; possible here: {}", list(can))]
    UnsupportedHash {
        /// What was asked for.
        asked: HashAlg,
        /// What is possible.
        can: Vec<HashAlg>,
    },
    /// A key that this program cannot use.
    #[error("this key cannot be used: {reason}")]
    UnsupportedKey {
        /// Why.
        reason: String,
    },
    /// A digest whose length is not that of its hash.
    #[error("a {hash} digest has {expected} octets, got {got}", expected = hash.len())]
    DigestLength {
        /// The hash.
        hash: HashAlg,
        /// Octets that were given.
        got: usize,
    },
    /// An authorization value that is longer than the TPM allows.
    #[error("an authorization value may have {max} octets, got {got}")]
    AuthTooLong {
        /// Octets that are allowed.
        max: usize,
        /// Octets that were given.
        got: usize,
    },
    /// The answer is not what the specification says: a broken or hostile TPM, or something in between.
    #[error("the response to `{command}` is malformed: {problem}")]
    BadResponse {
        /// The command, in the specification's spelling.
        command: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The answer was changed on its way, or does not come from the TPM that the session was started with.
    #[error("the response to `{command}` is not authentic: its HMAC is wrong")]
    ResponseHmac {
        /// The command, in the specification's spelling.
        command: &'static str,
    },
    /// There is no room in the TPM, even after everything of ours was unloaded, also what killed processes left.
    #[error("the TPM has no room for another {what}")]
    SlotsFull {
        /// `object` or `session`.
        what: &'static str,
    },
    /// The policy under which a key may be used cannot be satisfied, or is none.
    #[error(transparent)]
    Policy(Box<PolicyError>),
    /// The TPM was still not done with a request after more commands, or more time, than any request needs.
    #[error("the TPM did not finish a request within {limit}")]
    RequestLimit {
        /// `4096 commands` or `60 s`.
        limit: String,
    },
    /// The cryptography library failed, e.g. for lack of randomness.
    #[error("cannot {operation}")]
    Crypto {
        /// What it was to do.
        operation: &'static str,
    },
    /// The operating system gave no thread for the TPM.
    #[error("cannot start a thread for the TPM")]
    Thread {
        /// The reason.
        #[source]
        source: std::io::Error,
    },
    /// Something panicked while the TPM was in use, an [`Observer`](crate::Observer) for example. What was in the TPM is
    /// flushed, and nothing more is done with it.
    #[error("the TPM is out of use after a panic")]
    Stopped,
}

/// What a caller does differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No TPM, lost, or in use by somebody else: may work later.
    Unavailable,
    /// In lockout: works later.
    Lockout,
    /// A wrong authorization value.
    Auth,
    /// Anything else.
    Other,
}

impl TpmError {
    /// The kind, for exit codes and the like.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Transport(_) | Self::SlotsFull { .. } => ErrorKind::Unavailable,
            Self::Lockout { .. } => ErrorKind::Lockout,
            Self::AuthFailed { .. } | Self::RefusedBefore { .. } => ErrorKind::Auth,
            Self::Rc { .. }
            | Self::WrongParent { .. }
            | Self::NoParent { .. }
            | Self::NotWrappedForThis { .. }
            | Self::CannotLeave { .. }
            | Self::BadParentPublic { .. }
            | Self::UnsuitableParent { .. }
            | Self::NothingAt { .. }
            | Self::HandleTaken { .. }
            | Self::KeyReplaced { .. }
            | Self::BadHandle { .. }
            | Self::Template { .. }
            | Self::WrongTpm { .. }
            | Self::UnsupportedAlgorithm { .. }
            | Self::UnsupportedHash { .. }
            | Self::UnsupportedKey { .. }
            | Self::DigestLength { .. }
            | Self::AuthTooLong { .. }
            | Self::BadResponse { .. }
            | Self::ResponseHmac { .. }
            | Self::RequestLimit { .. }
            | Self::Policy(_)
            | Self::Crypto { .. }
            | Self::Thread { .. }
            | Self::Stopped => ErrorKind::Other,
        }
    }

    /// What the user can do about it, where there is something.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Transport(lost) => return lost.hint(),
            Self::Rc { code, .. } => return code.hint().map(str::to_owned),
            Self::Policy(problem) => return problem.hint(),
            Self::Lockout { .. } => {
                "wait, or reset it with the lockout authorization: `tpm2_dictionarylockout --clear-lockout`"
                    .to_owned()
            }
            Self::AuthFailed {
                what, empty: true, ..
            }
            | Self::RefusedBefore { what, empty: true } => {
                format!("none was given; {what} needs one")
            }
            Self::RefusedBefore { .. } => {
                "give the right one; a process that runs on takes the same value again after a restart only".to_owned()
            }
            Self::AuthFailed {
                tries_left: Some(0),
                ..
            } => {
                "wait (`tpm2ca doctor` says how long), or reset it with the lockout authorization: \
                 `tpm2_dictionarylockout --clear-lockout`; find the right one before the next try"
                    .to_owned()
            }
            Self::AuthFailed {
                tries_left: Some(1),
                ..
            } => "the next wrong one locks every protected key in this TPM; find the right one first"
                .to_owned(),
            Self::AuthFailed { .. } => "it was not tried again; check it and repeat".to_owned(),
            Self::WrongParent { .. } => {
                "a key file works only in the TPM it was made in, until that TPM is cleared; keys made under another \
                 primary key than ECC P-256 template H-2 need that parent as a persistent handle in the file"
                    .to_owned()
            }
            Self::NoParent { handle } => format!(
                "make the parent persistent again with `tpm2_evictcontrol`, at handle {handle:#010x}"
            ),
            Self::NotWrappedForThis { .. } => {
                "a wrapped key opens only in the TPM whose parent key it was made for; compare that parent's Name with \
                 this TPM's storage root key (`tpm2ca tpm info`)"
                    .to_owned()
            }
            Self::CannotLeave { .. } => {
                "whether and where to a key can be duplicated is chosen when it is made and never changes: `tpm2ca \
                 genkey --duplicable-to`"
                    .to_owned()
            }
            Self::BadParentPublic { .. } => {
                "give the public area of the other TPM's storage root key, as `tpm2_readpublic -c 0x81000001 -f tss \
                 -o FILE` writes it there"
                    .to_owned()
            }
            Self::NothingAt { .. } => {
                "`tpm2_getcap handles-persistent` lists what there is; a TPM that was cleared has lost its persistent keys"
                    .to_owned()
            }
            Self::HandleTaken { same: true, .. } => {
                "nothing has to be done: it is the very key that was to be put there".to_owned()
            }
            Self::HandleTaken { handle, found, .. } => match found.origin {
                Origin::StorageRoot => {
                    "it is the parent of other keys; leave it there and choose another handle".to_owned()
                }
                Origin::UnderStorageRoot => format!(
                    "choose another handle, or if that key is not needed any more `tpm2ca key evict {handle:#010x}`"
                ),
                Origin::Other => {
                    "it was not made under this storage root key, so another program may need it; choose another handle"
                        .to_owned()
                }
            },
            Self::KeyReplaced { .. } => {
                "somebody evicted the key and put another one there; load it again if that was meant to be".to_owned()
            }
            Self::BadHandle { .. } => {
                "choose a free handle from 0x81000002 to 0x817fffff, such as 0x81000010".to_owned()
            }
            Self::WrongTpm { .. } => {
                "check which TPM is used (`tpm2ca tpm info` shows its storage root key); if this one was cleared, its \
                 keys are gone"
                    .to_owned()
            }
            Self::UnsupportedAlgorithm { can, .. } => match can.first() {
                Some(first) => format!("choose another, e.g. {first}"),
                None => return None,
            },
            Self::UnsupportedHash { can, .. } => match can.first() {
                Some(first) => format!("choose another, e.g. {first}"),
                None => return None,
            },
            Self::AuthTooLong { max, .. } => {
                format!("use a value of at most {max} octets, or a hash of the long one")
            }
            Self::BadResponse { .. } | Self::ResponseHmac { .. } => {
                "nothing of the response was used; if it happens again, something between this program and the TPM \
                 changes data, or the TPM is defective"
                    .to_owned()
            }
            Self::RequestLimit { .. } => {
                "is that really a TPM 2.0? If it happens again, the TPM is defective or somebody stands in for it"
                    .to_owned()
            }
            Self::SlotsFull { what } => format!(
                "another program keeps {what}s loaded; use the kernel's resource manager (`device:/dev/tpmrm0`), or \
                 flush them with `tpm2_flushcontext`"
            ),
            Self::UnsupportedKey { .. } => {
                "`tpm2ca key show` says what is in a key file or at a handle".to_owned()
            }
            Self::UnsuitableParent { .. }
            | Self::Template { .. }
            | Self::DigestLength { .. }
            | Self::Crypto { .. }
            | Self::Thread { .. }
            | Self::Stopped => return None,
        };
        Some(hint)
    }

    /// The code, where the TPM answered with one that is not translated.
    pub(crate) fn code(&self) -> Option<ResponseCode> {
        match self {
            Self::Rc { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Whether the TPM answered with this code, whichever part of the command it speaks of.
    pub(crate) fn is_code(&self, base: u32) -> bool {
        self.code().is_some_and(|code| code.base() == base)
    }
}

impl From<PolicyError> for TpmError {
    fn from(problem: PolicyError) -> Self {
        Self::Policy(Box::new(problem))
    }
}

fn tries(left: Option<u32>) -> String {
    match left {
        None => String::new(),
        Some(0) => "; no try is left, the TPM is in lockout now".to_owned(),
        Some(1) => "; 1 try is left before lockout".to_owned(),
        Some(left) => format!("; {left} tries are left before lockout"),
    }
}

fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0 => "an unknown time".to_owned(),
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

fn list<T: std::fmt::Display>(items: &[T]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<String> = items.iter().map(ToString::to_string).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::Curve;

    #[test]
    fn a_refusal_names_code_and_parameter() {
        let error = TpmError::Rc {
            command: "TPM2_Load",
            code: ResponseCode::new(0x1d5),
            argument: Some("inPrivate"),
        };
        assert_eq!(
            error.to_string(),
            "`TPM2_Load` failed with TPM_RC_SIZE (0x1d5, parameter 1): a structure has the wrong size (`inPrivate`)"
        );
        assert_eq!(error.kind(), ErrorKind::Other);
    }

    #[test]
    fn an_unsupported_algorithm_lists_what_there_is() {
        let error = TpmError::UnsupportedAlgorithm {
            asked: Algorithm::Rsa { bits: 4096 },
            can: vec![Algorithm::Rsa { bits: 2048 }, Algorithm::Ecc(Curve::P256)],
        };
        assert_eq!(
            error.to_string(),
            "this TPM cannot do RSA-4096; it can do RSA-2048, P-256"
        );
        assert_eq!(
            error.hint().as_deref(),
            Some("choose another, e.g. RSA-2048")
        );
    }

    #[test]
    fn tries_left_are_told() {
        let error = |tries_left| TpmError::AuthFailed {
            what: "the key".to_owned(),
            tries_left,
            empty: false,
        };
        assert_eq!(
            error(Some(2)).to_string(),
            "wrong authorization for the key; 2 tries are left before lockout"
        );
        assert_eq!(error(None).to_string(), "wrong authorization for the key");
        assert_eq!(error(None).kind(), ErrorKind::Auth);
    }
}
