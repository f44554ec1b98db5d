//! Everything that belongs to one TPM in use: the connection, the session, the loaded keys. One thread at a time works
//! with it.

use std::time::{Duration, Instant};

use crate::auth::Auth;
use crate::capability::Capabilities;
use crate::command::{Authorization, Call, Channel, Reply, system};
use crate::error::TpmError;
use crate::name::Name;
use crate::options::TpmOptions;
use crate::rc::{self, Subject};
use crate::refused::Holder;
use crate::session::{ParameterCipher, Session};
use crate::tpm::loaded::LoadedKeys;
use crate::tpm::policy::PolicySession;
use crate::tpm::storage_root::StorageRoot;
use crate::transport::Connector;

/// The state of one TPM in use.
pub(super) struct Owner {
    pub(super) channel: Channel,
    pub(super) hierarchy_auth: Auth,
    pub(super) parent_auth: Auth,
    pub(super) patience: Duration,
    /// When the connection was lost, until it is there again.
    pub(super) lost_since: Option<Instant>,
    /// The storage root key that must answer: the expected one, or the first that answered.
    pub(super) pinned: Option<Name>,
    /// What was taken for the storage root key as long as nobody had to be sure.
    pub(super) guessed: Option<Name>,
    /// The storage root key while it is loaded.
    pub(super) root: Option<StorageRoot>,
    pub(super) session: Option<Session>,
    pub(super) policy_session: Option<PolicySession>,
    /// Which parameter encryption sessions are opened with.
    pub(super) cipher: ParameterCipher,
    pub(super) keys: LoadedKeys,
    pub(super) capabilities: Option<Capabilities>,
}

impl Owner {
    pub(super) fn new(connector: Box<dyn Connector>, options: TpmOptions) -> Self {
        let TpmOptions {
            owner_auth,
            parent_auth,
            expected_srk,
            patience,
            observer,
        } = options;
        Self {
            channel: Channel::new(connector, observer),
            hierarchy_auth: owner_auth,
            parent_auth,
            patience,
            lost_since: None,
            pinned: expected_srk,
            guessed: None,
            root: None,
            session: None,
            policy_session: None,
            cipher: ParameterCipher::AesCfb,
            keys: LoadedKeys::default(),
            capabilities: None,
        }
    }

    /// Connects without any patience, and checks the TPM when there is something to check it by.
    pub(super) fn first_contact(&mut self) -> Result<(), TpmError> {
        self.channel.begin_request();
        self.channel.make_ready()?;
        if self.pinned.is_some() {
            // It takes a while to make the key, and the first request is likely to need it.
            self.carry_out_ahead(|owner| owner.storage_root().map(drop))?;
        }
        Ok(())
    }

    /// Octets from the TPM's generator.
    pub(super) fn random(&mut self, count: usize) -> Result<Vec<u8>, TpmError> {
        let mut octets = Vec::new();
        while octets.len() < count {
            let missing = (count - octets.len()).min(RANDOM_CHUNK);
            let call = system::get_random(u16::try_from(missing).unwrap_or(u16::MAX));
            let reply = self.run(call, &Auth::empty(), "the session")?;
            let more = system::random_octets(&reply)?;
            if more.is_empty() || more.len() > missing {
                return Err(TpmError::BadResponse {
                    command: reply.command.name,
                    problem: format!("{} octets instead of {missing}", more.len()),
                });
            }
            if more.len() == missing {
                // However much is asked for; only a TPM that gives little by little comes to an end.
                self.channel.begin_request();
            }
            octets.extend(more);
        }
        Ok(octets)
    }

    /// Runs a command through the session, which authorizes its first handle if it needs that. `what` says in an
    /// error whose authorization value `auth` is.
    pub(super) fn run(&mut self, call: Call, auth: &Auth, what: &str) -> Result<Reply, TpmError> {
        self.run_with(call, auth, what, 0)
    }

    /// The same for a command that has more handles to authorize, all of them with the empty value.
    pub(super) fn run_with(
        &mut self,
        call: Call,
        auth: &Auth,
        what: &str,
        empty_passwords: usize,
    ) -> Result<Reply, TpmError> {
        let object = call.handles.first().map(|(_, name)| name.clone());
        self.must_not_be_refused(auth, what, object.as_ref())?;
        // Dropped here and below: `tidy` flushes it.
        self.session
            .take_if(|session| !session.suits(object.as_ref(), auth));
        let is_in_doubt = self.session.as_ref().is_some_and(Session::is_in_doubt);
        let again = is_in_doubt.then(|| call.clone());
        let mut outcome = self.run_once(call, auth, empty_passwords);
        if let Err(error) = &outcome
            && (error.is_code(rc::AUTH_FAIL) || error.is_code(rc::BAD_AUTH))
            && let Some(again) = again
        {
            // The value was right before: the error before this one was not the TPM's.
            self.session = None;
            outcome = self.run_once(again, auth, empty_passwords);
        }
        if let (Ok(_), Some(name)) = (&outcome, &object) {
            self.note_accepted(auth, name);
        }
        outcome.map_err(|error| {
            match (&mut self.session, &object) {
                // It may be about what a private key has made of the data. A new session for the next command would show
                // that to everybody who measures how long the command takes.
                (Some(session), Some(object)) if is_about_data(&error) => {
                    session.doubt(object.clone(), auth.clone());
                }
                // Nothing proves that an error comes from the TPM. If it does not, the TPM has moved on to the next
                // nonces, and nothing more would be authorized through this session.
                _ => self.session = None,
            }
            self.explain(error, auth, what, object.as_ref())
        })
    }

    fn run_once(
        &mut self,
        call: Call,
        auth: &Auth,
        empty_passwords: usize,
    ) -> Result<Reply, TpmError> {
        self.ensure_session()?;
        let Self {
            channel, session, ..
        } = self;
        let Some(session) = session else {
            return Err(TpmError::Stopped);
        };
        let mut authorizations = vec![Authorization::Session {
            session,
            auth,
            last: false,
        }];
        authorizations.extend((0..empty_passwords).map(|_| Authorization::EmptyPassword));
        channel.execute(call, &mut authorizations)
    }

    /// Refuses to send a value that the TPM refused before. Nothing is sent for this.
    pub(super) fn must_not_be_refused(
        &self,
        auth: &Auth,
        what: &str,
        holder: Option<&Name>,
    ) -> Result<(), TpmError> {
        let Some(name) = holder else {
            return Ok(());
        };
        let tpm = &self.channel.describe();
        if (Holder { tpm, name }).has_refused(auth) {
            return Err(TpmError::RefusedBefore {
                what: what.to_owned(),
                empty: auth.is_empty(),
            });
        }
        Ok(())
    }

    /// Notes that the TPM took a value for an object.
    pub(super) fn note_accepted(&self, auth: &Auth, name: &Name) {
        let tpm = &self.channel.describe();
        Holder { tpm, name }.accepted(auth);
    }

    /// Turns what the TPM says about authorizations into what the user has to know. Nothing is tried again, and of what
    /// the first session authorizes, a value whose failure counted is remembered.
    pub(super) fn explain(
        &mut self,
        error: TpmError,
        auth: &Auth,
        what: &str,
        holder: Option<&Name>,
    ) -> TpmError {
        let Some(code) = error.code() else {
            return error;
        };
        let refusal = code.base();
        if !matches!(refusal, rc::AUTH_FAIL | rc::BAD_AUTH | rc::LOCKOUT) {
            return error;
        }
        // Asked after the fact, so that the counter is the new one. A TPM that does not answer leaves us ignorant.
        let lockout = self.lockout().ok();
        // Errors are not authenticated. A refusal that the counter does not show was forged on the way, and a value that is
        // right must not be lost to it.
        let is_counted = refusal == rc::AUTH_FAIL
            && matches!(code.subject(), None | Some(Subject::Session(1)))
            && lockout.as_ref().is_none_or(|lockout| lockout.counter > 0);
        if let Some(name) = holder.filter(|_| is_counted) {
            let tpm = &self.channel.describe();
            Holder { tpm, name }.refused(auth);
        }
        if refusal == rc::LOCKOUT {
            let lockout = lockout.unwrap_or_default();
            return TpmError::Lockout {
                until: Duration::from_secs(lockout.interval.into()),
                lockout_counter: lockout.counter,
                max_auth_fail: lockout.max_auth_fail,
                recovery: Duration::from_secs(lockout.recovery.into()),
            };
        }
        TpmError::AuthFailed {
            what: what.to_owned(),
            tries_left: lockout
                .filter(|_| refusal == rc::AUTH_FAIL)
                .map(|lockout| lockout.max_auth_fail.saturating_sub(lockout.counter)),
            empty: auth.is_empty(),
        }
    }

    /// Flushes what is of no use beyond the present job: the storage root key, and whatever an error left behind.
    pub(super) fn tidy(&mut self) {
        if self.root.as_ref().is_some_and(|root| !root.is_persistent()) {
            self.root = None;
        }
        let session = self.session.as_ref().map(Session::handle);
        let policy = self.policy_session.as_ref().map(PolicySession::handle);
        let sessions = usize::from(session.is_some()) + usize::from(policy.is_some());
        if self.channel.held().len() <= sessions + self.keys.loaded_count() {
            return;
        }
        let leftovers: Vec<u32> = self
            .channel
            .held()
            .iter()
            .copied()
            .filter(|&handle| {
                ![session, policy].contains(&Some(handle)) && !self.keys.is_loaded(handle)
            })
            .collect();
        self.channel.release_all(leftovers);
    }

    /// Forgets what is loaded, because the TPM has lost it or is about to.
    pub(super) fn forget_loaded(&mut self) {
        self.session = None;
        self.policy_session = None;
        self.root = None;
        self.keys.forget_handles();
    }

    /// Flushes everything.
    pub(super) fn release_everything(&mut self) {
        self.forget_loaded();
        let held: Vec<u32> = self.channel.held().iter().copied().collect();
        self.channel.release_all(held);
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // Never connects again just to flush: a TPM that is gone holds nothing.
        if self.channel.is_ready() {
            self.channel.begin_request();
            self.release_everything();
        }
    }
}

/// Returns whether the TPM may say that it found the authorization right and the data of the command wrong.
fn is_about_data(error: &TpmError) -> bool {
    error.code().is_some_and(|code| {
        // `TPM_RC_FAILURE` is what libtpms says of a wrong padding.
        matches!(code.base(), rc::VALUE | rc::SIZE | rc::FAILURE)
            && matches!(code.subject(), None | Some(Subject::Parameter(_)))
    })
}

/// A TPM returns at most one digest of its largest hash at once; 32 octets is what every TPM can.
const RANDOM_CHUNK: usize = 32;
