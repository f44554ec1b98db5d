//! One certificate on its way through the stages, on the threads of [`Workers`](crate::workers::Workers).

use std::{
    borrow::Cow,
    sync::{Arc, mpsc::SyncSender},
};

use tpm2ca_keys::{Hash, verify_csr};
use tpm2ca_lint::Linter;
use tpm2ca_profile::{Kind, Profiles, Request, SubjectSource};
use tpm2ca_store::{Claim, Store, StoreError};
use tpm2ca_x509::{Csr, GeneralName, Name, UnixTime};

use crate::{
    AuthorityError, Environment, IssueRequest, Issued, Issuer,
    stages::{
        Draft, Finished, LintedDraft, RecordedCertificate, ReservedDraft, UnverifiedSignature,
    },
    workers::{Queue, shielded},
};

/// A certificate that somebody waits for. Each step takes it along to the next one; if it is dropped on the way, who
/// waits learns that it broke off.
pub(crate) struct Issuance {
    pub(crate) tools: Tools,
    pub(crate) wish: Wish,
    /// The time for which all is decided.
    pub(crate) at: UnixTime,
    /// Serial numbers that were taken.
    pub(crate) attempts: u32,
    pub(crate) reply: SyncSender<Result<Issued, AuthorityError>>,
}

/// What the steps need of the authority.
pub(crate) struct Tools {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) profiles: Arc<Profiles>,
    pub(crate) linter: Arc<Linter>,
    pub(crate) environment: Environment,
    pub(crate) queue: Arc<Queue>,
    pub(crate) issuer: Arc<Issuer>,
}

/// An [`IssueRequest`] that owns what it says, but for the issuer.
pub(crate) struct Wish {
    csr: Vec<u8>,
    profile: String,
    requester: String,
    subject: Option<Name>,
    names: Option<Vec<GeneralName>>,
    days: Option<u32>,
    not_before: Option<UnixTime>,
    not_after: Option<UnixTime>,
    permitted_dns: Vec<String>,
    md: Option<Hash>,
    claim: Claim,
}

impl Wish {
    pub(crate) fn of(wish: &IssueRequest<'_>) -> Self {
        let IssueRequest {
            csr,
            profile,
            issuer: _,
            requester,
            subject,
            names,
            days,
            not_before,
            not_after,
            permitted_dns,
            md,
            claim,
        } = wish;
        Self {
            csr: csr.to_vec(),
            profile: (*profile).to_owned(),
            requester: (*requester).to_owned(),
            subject: subject.clone(),
            names: names.clone(),
            days: *days,
            not_before: *not_before,
            not_after: *not_after,
            permitted_dns: permitted_dns.to_vec(),
            md: *md,
            claim: *claim,
        }
    }
}

impl Issuance {
    /// Everything up to the reservation.
    pub(crate) fn begin(self) {
        let linted = match self.check() {
            Ok(linted) => linted,
            Err(error) => return self.answer(Err(error)),
        };
        let queue = Arc::clone(&self.tools.queue);
        let (store, environment) = (
            Arc::clone(&self.tools.store),
            self.tools.environment.clone(),
        );
        let requester = self.wish.requester.clone();
        let (claim, at) = (self.wish.claim, self.at);
        linted.reserve(
            &*store,
            &environment,
            &requester,
            claim,
            at,
            move |reserved| match reserved {
                // To hand it over takes no time, while this queue may be long.
                Ok(reserved) if self.tools.issuer.signer().is_elsewhere() => {
                    shielded(move || self.sign(reserved));
                }
                Ok(reserved) => queue.go_on(move || self.sign(reserved)),
                Err(error) => queue.go_on(move || self.try_again(error)),
            },
        );
    }

    fn check(&self) -> Result<LintedDraft, AuthorityError> {
        let Self {
            tools, wish, at, ..
        } = self;
        let verified = verify_csr(Csr::parse(&wish.csr)?)?;
        let profile = tools.profiles.get(&wish.profile)?;
        let signing = tools.issuer.signing(wish.md)?;
        let csr = verified.csr();
        let (names, san_der) = match &wish.names {
            Some(names) => (Cow::Borrowed(names), None),
            None => (
                csr.general_names()
                    .map(Cow::Owned)
                    .map_err(AuthorityError::UnreadableNames)?,
                csr.subject_alt_name_der(),
            ),
        };
        let request = Request {
            subject: match &wish.subject {
                Some(name) => SubjectSource::Operator(name),
                None => SubjectSource::Csr(csr.subject_der()),
            },
            names: &names,
            san_der,
            spki_der: csr.spki_der(),
            requested: csr.extensions(),
            requester: &wish.requester,
            days: wish.days,
            not_before: wish.not_before,
            not_after: wish.not_after,
            permitted_dns: &wish.permitted_dns,
            now: *at,
        };
        let view = tools.issuer.facts().view();
        let above = (profile.kind != Kind::Root).then_some(&view);
        let plan = profile.plan(&request, above)?;
        let issuer = Arc::clone(&tools.issuer);
        let randomness = &*tools.environment.randomness;
        Draft::new(plan, &verified, issuer, signing, randomness)?.check(&tools.linter)
    }

    /// A serial number that is taken already (chance: 2^-128) is a reason to draw another one, not to fail.
    fn try_again(mut self, error: AuthorityError) {
        if !matches!(error, AuthorityError::Store(StoreError::SerialTaken { .. })) {
            return self.answer(Err(error));
        }
        self.attempts += 1;
        if self.attempts < SERIAL_ATTEMPTS {
            return self.begin();
        }
        self.answer(Err(AuthorityError::SerialsRepeat {
            attempts: SERIAL_ATTEMPTS,
        }));
    }

    fn sign(self, reserved: ReservedDraft) {
        let queue = Arc::clone(&self.tools.queue);
        let environment = self.tools.environment.clone();
        queue.to_the_signer();
        reserved.sign(&environment, move |answered| {
            queue.answered(move || self.record(answered));
        });
    }

    fn record(self, answered: UnverifiedSignature) {
        let (store, environment) = (
            Arc::clone(&self.tools.store),
            self.tools.environment.clone(),
        );
        let signed = match answered.verify(&*store, &environment) {
            Ok(signed) => signed,
            Err(error) => return self.answer(Err(error)),
        };
        signed.record(&*store, &environment, move |recorded| {
            shielded(move || self.finish(recorded));
        });
    }

    fn finish(self, recorded: Result<RecordedCertificate, AuthorityError>) {
        let issued = recorded.map(|recorded| {
            let finished = recorded.hand_out(&self.tools.environment);
            issued(finished, &self.tools.issuer)
        });
        self.answer(issued);
    }

    fn answer(self, outcome: Result<Issued, AuthorityError>) {
        let Self { tools, reply, .. } = self;
        // Who gets the answer may let go of the keys next, and then nobody else is to hold one.
        drop(tools);
        // Who waited is gone only if its thread was killed.
        let _ = reply.send(outcome);
    }
}

const SERIAL_ATTEMPTS: u32 = 3;

pub(crate) fn issued(finished: Finished, issuer: &Issuer) -> Issued {
    let Finished {
        certificate,
        serial,
        plan,
        findings,
    } = finished;
    let mut notes = plan.notes().to_vec();
    notes.extend(findings.iter().map(ToString::to_string));
    Issued {
        certificate,
        serial,
        validity: plan.validity(),
        issuer: issuer.name().to_owned(),
        notes,
    }
}
