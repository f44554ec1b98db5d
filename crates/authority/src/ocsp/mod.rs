//! OCSP answers (RFC 6960, RFC 5019), signed by delegated responders whose certificates are issued like any other.
//!
//! Each issuer has a delegate: a key, and a certificate for it that may sign answers and nothing else. The issuer's own
//! key, and with it the TPM, is asked for once in a delegate's life. Answers are signed ahead and kept; what is asked
//! for again costs no signature, and no look into the records. That an answer that is kept is still right is seen to
//! by [`OcspResponder::catch_up`], which learns of every revocation, whichever process has recorded it.

use std::{
    mem,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use tpm2ca_store::{CertificateRow, Change, State, Watch};
use tpm2ca_x509::{
    Serial, UnixTime,
    crl::ReasonCode,
    ocsp::{CertId, CertStatus, ErrorStatus, OcspRequest, SingleResponse, ocsp_error},
};

use crate::{Authority, AuthorityError, ErrorClass};
use cache::{Cache, Key, Signed};
use delegate::Delegate;
use seat::Seat;

mod ahead;
mod cache;
mod delegate;
mod responder_ca;
mod seat;

pub use ahead::AheadOfTime;
pub use responder_ca::ResponderCa;

/// How a responder is to work.
#[derive(Clone, Debug)]
pub struct OcspOptions {
    /// The issuers to answer for. Empty: all whose key can be used, see [`OcspResponder::take_left_out`].
    pub issuers: Vec<String>,
    /// Where the keys are that sign the answers.
    pub key: ResponderKey,
    /// Seconds for which an answer may be kept; it is signed anew after half of them.
    pub valid_for: UnixTime,
    /// Lets go of the issuers' keys, and of their TPM, whenever a delegate was made: others may need it for all the
    /// days until the next one, and not every TPM can be used by two.
    pub release_keys: bool,
    /// Answers that are kept ready at most, each of some 400 octets.
    pub capacity: usize,
    /// Who asks for the responders' certificates, for the records.
    pub requester: String,
}

/// Where the keys are that sign the answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ResponderKey {
    /// In memory: a new one for each certificate, and in no file at all.
    #[default]
    Memory,
    /// In the TPM: a new one for each certificate. It is not kept either.
    Tpm,
    /// A certificate that exists already, PEM, and its key file. It is for one issuer and nobody renews it.
    Files {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
    },
}

impl OcspOptions {
    /// Everything as usual: all issuers, keys in memory, answers valid for an hour.
    pub fn new(requester: impl Into<String>) -> Self {
        Self {
            issuers: Vec::new(),
            key: ResponderKey::Memory,
            valid_for: 3600,
            release_keys: false,
            capacity: 500_000,
            requester: requester.into(),
        }
    }
}

/// What a client gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcspAnswer {
    /// The whole `OCSPResponse`.
    pub der: Vec<u8>,
    /// How long it may be kept; none when not at all: it is an error, or made for one nonce.
    pub freshness: Option<Freshness>,
}

/// When an answer was made, until when it holds, and how to know it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// When it was signed, and what it says was true.
    pub this_update: UnixTime,
    /// When there will be newer knowledge at the latest.
    pub next_update: UnixTime,
    /// Names the answer for caches: RFC 5019 section 6.2 makes an ETag of it. Nothing rests on SHA-1's strength.
    pub sha1: [u8; 20],
}

/// A certificate that a responder was given, in place of an earlier one.
#[derive(Debug)]
pub struct Renewal {
    /// The issuer.
    pub issuer: String,
    /// Its serial number and its end; or why there is none. The earlier one, if it has not ended, goes on.
    pub result: Result<(Serial, UnixTime), AuthorityError>,
}

/// Answers for the issuers of a CA, from many threads at once.
pub struct OcspResponder<C = Arc<dyn ResponderCa>> {
    ca: C,
    options: OcspOptions,
    seats: Vec<Seat>,
    left_out: Vec<(String, AuthorityError)>,
    cache: Cache,
    watch: Mutex<Box<dyn Watch>>,
    /// How far the records were read by [`OcspResponder::work_ahead`].
    walk: Mutex<ahead::Walk>,
}

impl Authority {
    /// A responder for one issuer (none: the default one), for whoever wants some answers and no service.
    ///
    /// # Errors
    /// Those of [`Authority::issue`].
    pub fn ocsp_responder(
        &self,
        issuer: Option<&str>,
        requester: &str,
    ) -> Result<OcspResponder<&Self>, AuthorityError> {
        let issuer = issuer.unwrap_or(&self.config().default_issuer);
        OcspResponder::open(
            self,
            OcspOptions {
                issuers: vec![issuer.to_owned()],
                ..OcspOptions::new(requester)
            },
        )
    }
}

impl<C: ResponderCa> OcspResponder<C> {
    /// Gets every issuer its delegate.
    ///
    /// # Errors
    /// Those of [`Authority::issue`] for an issuer that was named, or when there is no issuer for whom it went well, or
    /// as soon as the authorization value of one was refused;
    /// [`AuthorityError::Responder`] for a certificate in [`ResponderKey::Files`] that is of no use.
    pub fn open(ca: C, options: OcspOptions) -> Result<Self, AuthorityError> {
        let authority = ca.authority();
        // Before anything is read from the records, so that nothing is missed.
        let watch = authority.store().watch()?;
        let mut seats = Vec::new();
        let mut left_out = Vec::new();
        if let ResponderKey::Files { certificate, key } = &options.key {
            seats.push(Seat::with_files(&ca, &options, certificate, key)?);
        } else if options.issuers.is_empty() {
            for name in authority.config().issuer.keys() {
                match Seat::open(&ca, name, &options) {
                    Ok(seat) => seats.push(seat),
                    // Left out, it would cost a try of the TPM at every start.
                    Err(error) if is_refused(&error) => return Err(error),
                    Err(error) => left_out.push((name.clone(), error)),
                }
            }
        } else {
            for name in &options.issuers {
                seats.push(Seat::open(&ca, name, &options)?);
            }
        }
        if seats.is_empty() && !left_out.is_empty() {
            // A secret that is missing is the reason that matters: nothing helps until it is given.
            let at = left_out
                .iter()
                .position(|(_, error)| error.class() == ErrorClass::WrongSecret)
                .unwrap_or(left_out.len() - 1);
            return Err(left_out.swap_remove(at).1);
        }
        if options.release_keys {
            ca.release_keys();
        }
        Ok(Self {
            cache: Cache::new(options.capacity),
            ca,
            options,
            seats,
            left_out,
            watch: Mutex::new(watch),
            walk: Mutex::default(),
        })
    }

    /// The issuers it answers for.
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        self.seats.iter().map(|seat| seat.name.as_str())
    }

    /// The issuers it does not answer for, such as a root whose key is elsewhere, and why. Told once.
    pub fn take_left_out(&mut self) -> Vec<(String, AuthorityError)> {
        mem::take(&mut self.left_out)
    }

    /// The certificates with which it answers now, DER, by issuer.
    pub fn certificates(&self) -> Vec<(String, Vec<u8>)> {
        let one = |seat: &Seat| (seat.name.clone(), seat.delegate().certificate.to_vec());
        self.seats.iter().map(one).collect()
    }

    /// Whether its keys are in a TPM, so that a signature may take its time.
    pub fn signs_slowly(&self) -> bool {
        self.seats.iter().any(|seat| seat.delegate().is_slow)
    }

    /// Forgets the answers that are not right any more. Takes some microseconds, so that it can be called before each
    /// answer.
    ///
    /// # Errors
    /// Those of the records. Answers that are kept must not be given then.
    pub fn catch_up(&self) -> Result<(), AuthorityError> {
        self.ca.refresh();
        self.forget_what_changed()
    }

    /// The same without importing what others have written. Returns true when the answers that are kept are still right;
    /// if not, [`OcspResponder::answer`] sees to it.
    pub fn catch_up_at_once(&self) -> bool {
        self.ca.is_current() && self.forget_what_changed().is_ok()
    }

    fn forget_what_changed(&self) -> Result<(), AuthorityError> {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(watch.changes(&mut |change| match change {
            Change::Revocation { issuer, serial } => self.cache.forget(&Key::new(issuer, &serial)),
            Change::Anything => self.cache.forget_all(),
        })?)
    }

    /// Answers one request, DER in, DER out. There is always an answer: what cannot be read gets `malformedRequest`,
    /// questions about other issuers only `unauthorized`, trouble of our own `internalError`, and after the end of our
    /// certificate, when nobody would believe an answer, everybody gets `tryLater`.
    ///
    /// Only what was recorded as issued and not revoked is `good`: a serial number that was never given, or only
    /// reserved, is `unknown`. A request about certificates of several issuers is answered for the first of them; the
    /// others are `unknown`, since one delegate signs, and it can speak for its own issuer only.
    pub fn answer(&self, request: &[u8]) -> OcspAnswer {
        let known = self.catch_up();
        match self.ready(request) {
            // An error is one whatever is in the records.
            Ready::Answer(answer) if known.is_ok() || answer.freshness.is_none() => answer,
            Ready::ToBeSigned(question) if known.is_ok() => self.sign(&question),
            _ => error(ErrorStatus::InternalError),
        }
    }

    /// As [`OcspResponder::answer`], but only if no signature and no look into the records is needed for it.
    pub fn answer_at_once(&self, request: &[u8]) -> Option<OcspAnswer> {
        if self.catch_up_at_once() {
            self.kept_answer(request)
        } else {
            None
        }
    }

    /// As [`OcspResponder::answer_at_once`], from what was known when [`OcspResponder::catch_up_at_once`] was called
    /// last and went well: for whoever sees to it that this was not long ago.
    pub fn kept_answer(&self, request: &[u8]) -> Option<OcspAnswer> {
        match self.ready(request) {
            Ready::Answer(answer) => Some(answer),
            Ready::ToBeSigned(_) => None,
        }
    }

    fn ready<'r>(&self, request: &'r [u8]) -> Ready<'r, '_> {
        let Ok(request) = OcspRequest::parse(request) else {
            return Ready::error(ErrorStatus::MalformedRequest);
        };
        if request.unknown_critical_extension().is_some() {
            return Ready::error(ErrorStatus::MalformedRequest);
        }
        // RFC 5019 section 2.2.3: who asks only about strangers is told that this is the wrong responder.
        let found = request
            .certs()
            .iter()
            .find_map(|id| self.seats.iter().find(|seat| seat.kind(id).is_some()));
        let Some(seat) = found else {
            return Ready::error(ErrorStatus::Unauthorized);
        };
        let now = self.now();
        if request.nonce().is_none()
            && let [id] = request.certs()
            && let (Ok(serial), Some(kind)) = (id.serial(), seat.kind(id))
        {
            let key = Key::new(seat.id, serial.as_be_bytes());
            if let Some(kept) = self.cache.get(&key, kind, now) {
                return Ready::Answer(kept.to_answer());
            }
        }
        Ready::ToBeSigned(Question { request, seat, now })
    }

    fn sign(&self, question: &Question<'_, '_>) -> OcspAnswer {
        let Question { request, seat, now } = question;
        let delegate = seat.delegate();
        if *now > delegate.not_after {
            return error(ErrorStatus::TryLater);
        }
        let signed = match (request.certs(), request.nonce()) {
            ([id], None) => self.sign_to_keep(seat, &delegate, id, *now),
            (ids, nonce) => self
                .statuses(seat, &delegate, ids, *now)
                .and_then(|list| delegate.sign(&list, nonce, *now)),
        };
        match signed {
            Ok(signed) if request.nonce().is_none() => signed.to_answer(),
            Ok(signed) => OcspAnswer {
                freshness: None,
                ..signed.to_answer()
            },
            Err(_) => error(ErrorStatus::InternalError),
        }
    }

    /// Signs the answer about one certificate, and keeps it if the certificate is one of ours.
    fn sign_to_keep(
        &self,
        seat: &Seat,
        delegate: &Delegate,
        id: &CertId<'_>,
        now: UnixTime,
    ) -> Result<Signed, AuthorityError> {
        // Before the records are read: what is revoked from here on must not be kept as good.
        let generation = self.cache.generation();
        let list = self.statuses(seat, delegate, std::slice::from_ref(id), now)?;
        let signed = delegate.sign(&list, None, now)?;
        // What is unknown today may be issued in a second; and there are too many numbers to keep.
        let is_known = list.iter().all(|one| one.status != CertStatus::Unknown);
        if let (true, Ok(serial), Some(kind)) = (is_known, id.serial(), seat.kind(id)) {
            let key = Key::new(seat.id, serial.as_be_bytes());
            self.cache.put(key, kind, &signed, generation);
        }
        Ok(signed)
    }

    fn statuses<'a>(
        &self,
        seat: &Seat,
        delegate: &Delegate,
        ids: &[CertId<'a>],
        now: UnixTime,
    ) -> Result<Vec<SingleResponse<'a>>, AuthorityError> {
        let store = self.ca.authority().store();
        ids.iter()
            .map(|id| {
                let serial = id.serial().ok().filter(|_| seat.kind(id).is_some());
                let row = match serial {
                    Some(serial) => store
                        .find_by_serial(Some(seat.id), serial.as_be_bytes())?
                        .pop(),
                    None => None,
                };
                Ok(self.single(seat, delegate, id.clone(), row.as_ref(), now))
            })
            .collect()
    }

    fn single<'a>(
        &self,
        seat: &Seat,
        delegate: &Delegate,
        cert_id: CertId<'a>,
        row: Option<&CertificateRow>,
        now: UnixTime,
    ) -> SingleResponse<'a> {
        let status = row.map_or(CertStatus::Unknown, status);
        let valid_for = match status {
            // It may be issued at any time.
            CertStatus::Unknown => self.options.valid_for.min(UNKNOWN_FOR),
            CertStatus::Good | CertStatus::Revoked { .. } => self.options.valid_for,
        };
        let is_over = row.is_some_and(|row| row.not_after < now);
        SingleResponse {
            cert_id,
            status,
            this_update: now,
            next_update: Some(now.saturating_add(valid_for).min(delegate.not_after)),
            // Revocations are never forgotten here, so answers reach as far back as the issuer.
            archive_cutoff: is_over.then_some(seat.since),
            invalidity_date: row
                .filter(|row| row.revoked_at.is_some())
                .and_then(|row| row.invalidity_date),
        }
    }

    /// The time now, as the authority sees it.
    pub fn now(&self) -> UnixTime {
        self.ca.authority().now()
    }
}

impl OcspResponder<&Authority> {
    /// The certificate with which it answers, DER.
    pub fn certificate(&self) -> Vec<u8> {
        let certificates = self.certificates();
        certificates
            .into_iter()
            .next()
            .map_or_else(Vec::new, |(_, der)| der)
    }
}

/// What a look at a request has shown.
enum Ready<'r, 's> {
    Answer(OcspAnswer),
    ToBeSigned(Question<'r, 's>),
}

impl Ready<'_, '_> {
    fn error(status: ErrorStatus) -> Self {
        Self::Answer(error(status))
    }
}

/// A request that needs a signature.
struct Question<'r, 's> {
    request: OcspRequest<'r>,
    /// Whose delegate signs.
    seat: &'s Seat,
    now: UnixTime,
}

/// Returns true for a secret that was given and is wrong.
fn is_refused(error: &AuthorityError) -> bool {
    error.class() == ErrorClass::WrongSecret && !matches!(error, AuthorityError::KeyAuth { .. })
}

fn error(status: ErrorStatus) -> OcspAnswer {
    OcspAnswer {
        der: ocsp_error(status),
        freshness: None,
    }
}

fn status(row: &CertificateRow) -> CertStatus {
    match row.revoked_at {
        Some(at) => CertStatus::Revoked {
            at,
            reason: row.reason.and_then(|code| ReasonCode::try_from(code).ok()),
        },
        None if row.state == State::Issued => CertStatus::Good,
        // What was reserved and never recorded was handed out to nobody.
        None => CertStatus::Unknown,
    }
}

/// Seconds for which it may be kept that a certificate is not known.
const UNKNOWN_FOR: UnixTime = 60;
