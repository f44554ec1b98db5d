//! Carries commands to the TPM and responses back: frames, sessions, receipts, and the list of handles that have to be
//! flushed.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use zeroize::Zeroizing;

use crate::auth::Auth;
use crate::command::allowance::Allowance;
use crate::error::TpmError;
use crate::name::Name;
use crate::options::{Observer, Receipt};
use crate::rc::{self, ResponseCode};
use crate::session::{DIGEST_LEN, Session};
use crate::transport::{Connector, Transport, patience};
use crate::wire::command::TpmCommand;
use crate::wire::frame::{self, AuthCommand, Response};
use crate::wire::{Reader, WireError, Writer, code};

/// The connection to a TPM, opened again when it was lost.
pub(crate) struct Channel {
    connector: Box<dyn Connector>,
    transport: Option<Box<dyn Transport>>,
    observer: Option<Observer>,
    allowance: Allowance,
    /// TPM2_Startup was sent over this connection.
    started: bool,
    /// Objects and sessions that the TPM holds for us.
    held: BTreeSet<u32>,
    /// The same, from before the connection was lost. They are still there if the TPM was not reset.
    abandoned: BTreeSet<u32>,
}

/// Whether the TPM was running already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Started {
    /// It has just been reset: nothing is loaded in it.
    Now,
    /// It was running, with whatever was loaded.
    Before,
}

/// A command ready to be sent, but for its sessions.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) command: &'static TpmCommand,
    pub(crate) handles: Vec<(u32, Name)>,
    pub(crate) parameters: Writer,
}

/// How a handle is authorized. Sessions beyond the handles that need it only encrypt.
pub(crate) enum Authorization<'a> {
    /// Through an HMAC session, which also encrypts if it can.
    Session {
        session: &'a mut Session,
        auth: &'a Auth,
        /// The TPM ends it after this command.
        last: bool,
    },
    /// With the empty value, as a password in clear: there is no secret in it.
    EmptyPassword,
}

/// A successful, authentic response.
pub(crate) struct Reply {
    pub(crate) command: &'static TpmCommand,
    pub(crate) handle: Option<u32>,
    pub(crate) parameters: Zeroizing<Vec<u8>>,
    pub(crate) receipt: Receipt,
}

impl Channel {
    pub(crate) fn new(connector: Box<dyn Connector>, observer: Option<Observer>) -> Self {
        Self {
            connector,
            transport: None,
            observer,
            allowance: Allowance::new(),
            started: false,
            held: BTreeSet::new(),
            abandoned: BTreeSet::new(),
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.transport.is_some() && self.started
    }

    /// Begins a request, which may take a certain number of commands and a certain time in all.
    pub(crate) fn begin_request(&mut self) {
        self.allowance = Allowance::new();
    }

    /// Whether the present request has taken so long that nothing is tried again.
    pub(crate) fn is_overdue(&self) -> bool {
        self.allowance.is_overdue()
    }

    /// Connects if need be and makes sure that the TPM was started.
    pub(crate) fn make_ready(&mut self) -> Result<(), TpmError> {
        self.connect()?;
        if !self.started {
            let started = self.startup()?;
            self.started = true;
            self.settle(started);
        }
        Ok(())
    }

    /// Drops the connection. Whatever the TPM holds is flushed after the next one is made, if it is still there.
    pub(crate) fn disconnect(&mut self) {
        self.transport = None;
        self.was_reset();
    }

    /// Notes that the TPM has to be started again.
    pub(crate) fn was_reset(&mut self) {
        self.started = false;
        self.abandoned.append(&mut self.held);
        while self.abandoned.len() > MOST_HELD {
            self.abandoned.pop_first();
        }
    }

    /// Returns the TCTI string of the TPM.
    pub(crate) fn describe(&self) -> String {
        self.connector.describe()
    }

    /// Whether the kernel's resource manager stands between us and the TPM.
    pub(crate) fn has_resource_manager(&self) -> bool {
        self.connector.describe().contains(RESOURCE_MANAGER)
    }

    pub(crate) fn held(&self) -> &BTreeSet<u32> {
        &self.held
    }

    /// Flushes an object or a session. Whether the TPM still knew it does not matter to anybody.
    pub(crate) fn release(&mut self, handle: u32) {
        // A flush that fails for the connection leaves the handle to what is done after the next connect; one that
        // the TPM refuses, or answers with nonsense, means that the handle is gone.
        if !matches!(
            self.flush(handle),
            Err(TpmError::Transport(_) | TpmError::RequestLimit { .. })
        ) {
            self.held.remove(&handle);
        }
    }

    /// The same of several, until the connection is lost.
    pub(crate) fn release_all(&mut self, handles: impl IntoIterator<Item = u32>) {
        for handle in handles {
            self.release(handle);
            if self.held.contains(&handle) {
                return;
            }
        }
    }

    fn connect(&mut self) -> Result<&mut dyn Transport, TpmError> {
        if self.transport.is_none() {
            let begin = Instant::now();
            let connected = self.connector.connect();
            self.allowance.spend(begin.elapsed());
            self.transport = Some(connected?);
        }
        match &mut self.transport {
            Some(transport) => Ok(transport.as_mut()),
            // It was set above.
            None => Err(TpmError::Stopped),
        }
    }

    /// Sends a command until the TPM takes it, checks and decrypts what comes back.
    pub(crate) fn execute(
        &mut self,
        call: Call,
        authorizations: &mut [Authorization<'_>],
    ) -> Result<Reply, TpmError> {
        let Call {
            command,
            handles,
            parameters,
        } = call;
        let malformed = |problem: WireError| TpmError::UnsupportedKey {
            reason: format!("it does not fit into `{}`: {problem}", command.name),
        };
        let mut parameters = parameters.finish().map_err(malformed)?;

        for authorization in authorizations.iter_mut() {
            if let Authorization::Session { session, auth, .. } = authorization {
                session.begin()?;
                if command.encrypts_request {
                    session.encrypt(auth, first_parameter(command, &mut parameters)?)?;
                }
            }
        }
        let cp_hash = sha256(|hash| {
            hash.update(&command.code.to_be_bytes());
            for (_, name) in &handles {
                hash.update(name.as_bytes());
            }
            hash.update(&parameters);
        });
        let sessions: Vec<AuthCommand> = authorizations
            .iter()
            .enumerate()
            .map(|(at, authorization)| {
                // The first session vouches for the one that hides the parameters (Part 1, 19.6.5).
                let beside = if at == 0 {
                    authorizations.get(1..).unwrap_or_default()
                } else {
                    &[]
                };
                authorization.prove(command, &cp_hash, beside)
            })
            .collect();
        let request = frame::command(
            command.code,
            handles.iter().map(|(handle, _)| *handle),
            &sessions,
            &parameters,
        )
        .map_err(malformed)?;

        let octets = Zeroizing::new(self.send(command, &request)?);
        let bad = |problem: WireError| bad_response(command, &problem);
        let response = Response::read(&octets).map_err(bad)?;
        if response.code != 0 {
            let code = ResponseCode::new(response.code);
            return Err(TpmError::Rc {
                command: command.name,
                code,
                argument: command.argument(code),
            });
        }
        // From here on the TPM may hold something, whatever else is wrong with the response.
        if command.returns_handle {
            self.held
                .extend(response.handle().filter(|handle| is_ours(*handle)));
            if self.held.len() > MOST_HELD {
                return Err(TpmError::BadResponse {
                    command: command.name,
                    problem: "no TPM holds as much as this one says it does".to_owned(),
                });
            }
        }
        let parts = response
            .parts(command.returns_handle, authorizations.len())
            .map_err(bad)?;
        if parts.handle.is_some_and(|handle| !is_ours(handle)) {
            return Err(TpmError::BadResponse {
                command: command.name,
                problem: "the handle in it is neither an object's nor a session's".to_owned(),
            });
        }
        let rp_hash = sha256(|hash| {
            hash.update(&response_code_octets());
            hash.update(&command.code.to_be_bytes());
            hash.update(parts.parameters);
        });
        let mut parameters = Zeroizing::new(parts.parameters.to_vec());
        for (authorization, answer) in authorizations.iter_mut().zip(&parts.sessions) {
            let Authorization::Session {
                session,
                auth,
                last,
            } = authorization
            else {
                continue;
            };
            if !session.verify(auth, &rp_hash, answer) {
                return Err(TpmError::ResponseHmac {
                    command: command.name,
                });
            }
            if *last {
                self.held.remove(&session.handle());
            }
            if command.encrypts_response {
                session.decrypt(auth, first_parameter(command, &mut parameters)?)?;
            }
        }
        let receipt = Receipt {
            command_code: command.code,
            cp_hash,
            rp_hash,
        };
        if let Some(observer) = &mut self.observer {
            observer(&receipt);
        }
        Ok(Reply {
            command,
            handle: parts.handle,
            parameters,
            receipt,
        })
    }

    /// Sends the same octets again as long as the TPM asks for it.
    fn send(&mut self, command: &'static TpmCommand, request: &[u8]) -> Result<Vec<u8>, TpmError> {
        let begin = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut tested = false;
        loop {
            self.allowance.take(patience(request))?;
            let transport = self.connect()?;
            let sent = Instant::now();
            let response = transport.transact(request);
            self.allowance.spend(sent.elapsed());
            let response = response?;
            let code = Response::read(&response).map_or(0, |response| response.code);
            match ResponseCode::new(code).base() {
                rc::NEEDS_TEST if !tested && command.code != TpmCommand::SELF_TEST.code => {
                    tested = true;
                    self.self_test()?;
                }
                rc::RETRY | rc::YIELDED | rc::TESTING | rc::NV_RATE
                    if begin.elapsed() < RETRY_TIME =>
                {
                    thread::sleep(pause);
                    self.allowance.spend(pause);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                _ => return Ok(response),
            }
        }
    }

    /// Deals with what the TPM held for us before the connection was lost.
    fn settle(&mut self, started: Started) {
        let abandoned = std::mem::take(&mut self.abandoned);
        // The kernel's resource manager has flushed everything when the old connection was closed, and by now the
        // same handles may belong to others.
        if started == Started::Now || self.has_resource_manager() {
            return;
        }
        self.held.extend(&abandoned);
        self.release_all(abandoned);
    }
}

impl Authorization<'_> {
    fn prove(
        &self,
        command: &TpmCommand,
        cp_hash: &[u8; DIGEST_LEN],
        beside: &[Authorization<'_>],
    ) -> AuthCommand {
        match self {
            Self::Session {
                session,
                auth,
                last,
            } => {
                let mut attributes = if *last { 0 } else { code::SESSION_CONTINUE };
                if session.encrypts() && command.encrypts_request {
                    attributes |= code::SESSION_DECRYPT;
                }
                if session.encrypts() && command.encrypts_response {
                    attributes |= code::SESSION_ENCRYPT;
                }
                if command.handles.is_empty() && attributes & !code::SESSION_CONTINUE == 0 {
                    // A session that neither authorizes nor encrypts must audit, else it is refused.
                    attributes |= code::SESSION_AUDIT;
                }
                let nonces = beside
                    .iter()
                    .find_map(|other| other.hiding_nonce(command))
                    .unwrap_or_default();
                AuthCommand {
                    handle: session.handle(),
                    nonce: session.nonce().to_vec(),
                    attributes,
                    hmac: session.authorize_beside(auth, cp_hash, attributes, nonces),
                }
            }
            Self::EmptyPassword => AuthCommand {
                handle: code::RS_PW,
                nonce: Vec::new(),
                attributes: code::SESSION_CONTINUE,
                hmac: Vec::new(),
            },
        }
    }

    /// The TPM's nonce of a session that encrypts parameters of this command.
    fn hiding_nonce(&self, command: &TpmCommand) -> Option<&[u8]> {
        match self {
            Self::Session { session, .. }
                if session.encrypts()
                    && (command.encrypts_request || command.encrypts_response) =>
            {
                Some(session.nonce_tpm())
            }
            _ => None,
        }
    }
}

impl Reply {
    /// Reads the parameters, all of them.
    pub(crate) fn read<T>(
        &self,
        parse: impl FnOnce(&mut Reader<'_>) -> Result<T, WireError>,
    ) -> Result<T, TpmError> {
        let mut reader = Reader::new(&self.parameters);
        parse(&mut reader)
            .and_then(|value| reader.finish("response parameters").map(|()| value))
            .map_err(|problem| bad_response(self.command, &problem))
    }

    /// The handle, which a command with `returns_handle` has.
    pub(crate) fn handle(&self) -> Result<u32, TpmError> {
        self.handle.ok_or_else(|| TpmError::BadResponse {
            command: self.command.name,
            problem: "there is no handle in it".to_owned(),
        })
    }
}

fn bad_response(command: &TpmCommand, problem: &WireError) -> TpmError {
    TpmError::BadResponse {
        command: command.name,
        problem: problem.to_string(),
    }
}

/// The content of the `TPM2B` at the beginning, the part that sessions encrypt.
fn first_parameter<'a>(
    command: &TpmCommand,
    parameters: &'a mut [u8],
) -> Result<&'a mut [u8], TpmError> {
    let length = Reader::new(parameters)
        .sized("first parameter")
        .map_err(|problem| bad_response(command, &problem))?
        .len();
    // `sized` has just found that many octets behind the two of the length.
    Ok(parameters.get_mut(2..2 + length).unwrap_or_default())
}

fn sha256(feed: impl FnOnce(&mut digest::Context)) -> [u8; DIGEST_LEN] {
    let mut context = digest::Context::new(&digest::SHA256);
    feed(&mut context);
    let mut octets = [0; DIGEST_LEN];
    for (to, from) in octets.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    octets
}

/// Only a success has an `rpHash`.
fn response_code_octets() -> [u8; 4] {
    0u32.to_be_bytes()
}

/// Handles that a command can create for us, and that nobody but us must flush.
fn is_ours(handle: u32) -> bool {
    let [kind, ..] = handle.to_be_bytes();
    matches!(
        kind,
        code::HT_TRANSIENT | code::HT_HMAC_SESSION | code::HT_POLICY_SESSION
    )
}

/// Pauses before a command is sent again, growing from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// How long a command is sent again. Self-tests of slow chips take seconds.
const RETRY_TIME: Duration = Duration::from_secs(10);
/// Objects and sessions of ours in a TPM. One has room for a few objects, and for 64 sessions or so.
const MOST_HELD: usize = 128;
/// In the names of devices that stand for a TPM with the kernel's resource manager.
const RESOURCE_MANAGER: &str = "tpmrm";
