//! OCSP answers (RFC 6960, RFC 5019), signed by delegated responders whose certificates are issued like any other.
//!
//! Each issuer has a delegate: a key, and a certificate for it that may sign answers and nothing else. The issuer's own
//! key, and with it the TPM, is asked for once in a delegate's life. Answers are signed ahead and kept; what is asked
//! for again costs no signature, and no look into the records. That an answer that is kept is still right is seen to
//! by [`OcspResponder::refresh`], which learns of every revocation, whichever process has recorded it.

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
use delegate::DelegatedResponder;
use issuer::{CertIdForm, ResponderIssuer};

mod cache;
mod delegate;
mod issuer;
mod presign;
mod responder_ca;

pub use presign::PresignProgress;
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
    issuers: Vec<ResponderIssuer>,
    left_out: Vec<(String, AuthorityError)>,
    cache: Cache,
    watch: Mutex<Box<dyn Watch>>,
    /// The position in the records up to which [`OcspResponder::presign`] has read.
    walk: Mutex<presign::Walk>,
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
        let mut issuers = Vec::new();
        let mut left_out = Vec::new();
        if let ResponderKey::Files { certificate, key } = &options.key {
            issuers.push(ResponderIssuer::with_files(
                &ca,
                &options,
                certificate,
                key,
            )?);
        } else if options.issuers.is_empty() {
            for name in authority.config().issuer.keys() {
                match ResponderIssuer::open(&ca, name, &options) {
                    Ok(issuer) => issuers.push(issuer),
                    // Left out, it would cost a try of the TPM at every start.
                    Err(error) if is_refused(&error) => return Err(error),
                    Err(error) => left_out.push((name.clone(), error)),
                }
            }
        } else {
            for name in &options.issuers {
                issuers.push(ResponderIssuer::open(&ca, name, &options)?);
            }
        }
        if issuers.is_empty() && !left_out.is_empty() {
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
            issuers,
            left_out,
            watch: Mutex::new(watch),
            walk: Mutex::default(),
        })
    }

    /// The issuers it answers for.
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        self.issuers.iter().map(|issuer| issuer.name.as_str())
    }

    /// The issuers it does not answer for, such as a root whose key is elsewhere, and why. Told once.
    pub fn take_left_out(&mut self) -> Vec<(String, AuthorityError)> {
        mem::take(&mut self.left_out)
    }

    /// The certificates with which it answers now, DER, by issuer.
    pub fn certificates(&self) -> Vec<(String, Vec<u8>)> {
        let one = |issuer: &ResponderIssuer| {
            (issuer.name.clone(), issuer.delegate().certificate.to_vec())
        };
        self.issuers.iter().map(one).collect()
    }

    /// Whether its keys are in a TPM, so that a signature may take its time.
    pub fn signs_slowly(&self) -> bool {
        self.issuers.iter().any(|issuer| issuer.delegate().is_slow)
    }

    /// Imports what others have written, and forgets the answers that changed. Takes some microseconds when nothing has.
    ///
    /// # Errors
    /// Those of the records. Answers that are kept must not be given then.
    pub fn refresh(&self) -> Result<(), AuthorityError> {
        self.ca.refresh();
        self.forget_what_changed()
    }

    /// Forgets the answers that changed, and imports nothing. Returns true when the answers that are kept are right; if
    /// not, [`OcspResponder::refresh`] makes them so.
    pub fn is_current(&self) -> bool {
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
        let refreshed = self.refresh();
        match self.lookup(request) {
            // An error is one whatever is in the records.
            Lookup::Hit(answer) if refreshed.is_ok() || answer.freshness.is_none() => answer,
            Lookup::Miss(ticket) if refreshed.is_ok() => self.sign_now(&ticket),
            _ => error(ErrorStatus::InternalError),
        }
    }

    /// Looks for the answer to a request among those that are kept, without a signature and without reading the records.
    /// It is as right as [`OcspResponder::is_current`] last said.
    pub fn lookup(&self, request: &[u8]) -> Lookup {
        let Ok(request) = OcspRequest::parse(request) else {
            return Lookup::error(ErrorStatus::MalformedRequest);
        };
        if request.unknown_critical_extension().is_some() {
            return Lookup::error(ErrorStatus::MalformedRequest);
        }
        // RFC 5019 section 2.2.3: a client that asks about other issuers only is told that this is the wrong responder.
        let found = request.certs().iter().find_map(|id| {
            let mut issuers = self.issuers.iter().enumerate();
            issuers.find_map(|(at, issuer)| Some((at, issuer.form(id)?)))
        });
        let Some((issuer, form)) = found else {
            return Lookup::error(ErrorStatus::Unauthorized);
        };
        if request.nonce().is_none()
            && let [id] = request.certs()
            && let Some(kept) = self.kept(issuer, id, form)
        {
            return Lookup::Hit(kept);
        }
        let certs = request.certs().iter();
        Lookup::Miss(SigningTicket {
            certs: certs.map(|id| id.clone().into_owned()).collect(),
            nonce: request.nonce().map(<[u8]>::to_vec),
            issuer,
        })
    }

    /// Signs the answer that [`OcspResponder::lookup`] did not find, from the records as they are now.
    pub fn sign(&self, ticket: &SigningTicket) -> OcspAnswer {
        if self.refresh().is_err() {
            return error(ErrorStatus::InternalError);
        }
        if let (None, [id]) = (&ticket.nonce, ticket.certs.as_slice())
            && let Some(form) = self.issuers.get(ticket.issuer).and_then(|issuer| issuer.form(id))
            // Another thread was asked the same meanwhile.
            && let Some(kept) = self.kept(ticket.issuer, id, form)
        {
            return kept;
        }
        self.sign_now(ticket)
    }

    /// Returns the answer about one certificate that is kept in the form in which the request names its issuer.
    fn kept(&self, issuer: usize, id: &CertId<'_>, form: CertIdForm) -> Option<OcspAnswer> {
        let issuer = self.issuers.get(issuer)?;
        let key = Key::new(issuer.id, id.serial().ok()?.as_be_bytes());
        let kept = self.cache.get(&key, form, self.now())?;
        Some(kept.to_answer())
    }

    fn sign_now(&self, ticket: &SigningTicket) -> OcspAnswer {
        let SigningTicket {
            certs,
            nonce,
            issuer,
        } = ticket;
        // A ticket of another responder would not fit.
        let Some(issuer) = self.issuers.get(*issuer) else {
            return error(ErrorStatus::InternalError);
        };
        let now = self.now();
        let delegate = issuer.delegate();
        if now > delegate.not_after {
            return error(ErrorStatus::TryLater);
        }
        let signed = match (certs.as_slice(), nonce) {
            ([id], None) => self.sign_to_keep(issuer, &delegate, id, now),
            (ids, nonce) => self
                .statuses(issuer, &delegate, ids, now)
                .and_then(|list| delegate.sign(&list, nonce.as_deref(), now)),
        };
        match signed {
            Ok(signed) if nonce.is_none() => signed.to_answer(),
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
        issuer: &ResponderIssuer,
        delegate: &DelegatedResponder,
        id: &CertId<'_>,
        now: UnixTime,
    ) -> Result<Signed, AuthorityError> {
        // Before the records are read: what is revoked from here on must not be kept as good.
        let generation = self.cache.generation();
        let list = self.statuses(issuer, delegate, std::slice::from_ref(id), now)?;
        let signed = delegate.sign(&list, None, now)?;
        // What is unknown today may be issued in a second; and there are too many numbers to keep.
        let is_known = list.iter().all(|one| one.status != CertStatus::Unknown);
        if let (true, Ok(serial), Some(form)) = (is_known, id.serial(), issuer.form(id)) {
            let key = Key::new(issuer.id, serial.as_be_bytes());
            self.cache.put(key, form, &signed, generation);
        }
        Ok(signed)
    }

    fn statuses<'a>(
        &self,
        issuer: &ResponderIssuer,
        delegate: &DelegatedResponder,
        ids: &[CertId<'a>],
        now: UnixTime,
    ) -> Result<Vec<SingleResponse<'a>>, AuthorityError> {
        let store = self.ca.authority().store();
        ids.iter()
            .map(|id| {
                let serial = id.serial().ok().filter(|_| issuer.form(id).is_some());
                let row = match serial {
                    Some(serial) => store
                        .find_by_serial(Some(issuer.id), serial.as_be_bytes())?
                        .pop(),
                    None => None,
                };
                Ok(self.single(issuer, delegate, id.clone(), row.as_ref(), now))
            })
            .collect()
    }

    fn single<'a>(
        &self,
        issuer: &ResponderIssuer,
        delegate: &DelegatedResponder,
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
            archive_cutoff: is_over.then_some(issuer.since),
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

/// The outcome of [`OcspResponder::lookup`].
#[derive(Debug)]
pub enum Lookup {
    /// The answer, which needs no signature.
    Hit(OcspAnswer),
    /// A ticket for [`OcspResponder::sign`], which makes the answer. That can take as long as a signature of the TPM.
    Miss(SigningTicket),
}

impl Lookup {
    fn error(status: ErrorStatus) -> Self {
        Self::Hit(error(status))
    }
}

/// A request that was read and needs a signature.
#[derive(Debug)]
pub struct SigningTicket {
    certs: Vec<CertId<'static>>,
    nonce: Option<Vec<u8>>,
    /// The place in the list of issuers of the one whose delegate signs.
    issuer: usize,
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
