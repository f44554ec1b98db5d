//! Certificates that a front end has planned itself.
//!
//! The plan of a profile is completed by the issuer ([`Authority::issue`]); the plan of a front end is complete. Both
//! go through the same stages.

use std::sync::{Arc, mpsc};

use tpm2ca_keys::{Hash, VerifiedCsr};
use tpm2ca_lint::Linter;
use tpm2ca_profile::Plan;
use tpm2ca_store::Claim;
use tpm2ca_x509::{Serial, UnixTime};

use crate::{
    Authority, AuthorityError, Issued, Issuer,
    issuance::issued,
    stages::{Draft, LintedDraft},
};

/// A certificate that is planned but for the serial number, the issuer's name and the signature.
pub struct PlannedCertificate<'a> {
    /// Everything else that it says.
    pub plan: Plan,
    /// The request, for its key.
    pub request: &'a VerifiedCsr<'a>,
    /// The issuer; for a certificate that is its own issuer ([`Kind::Root`](tpm2ca_profile::Kind::Root)), its key.
    pub issuer: Arc<Issuer>,
    /// The serial number.
    pub serial: Serial,
    /// The hash of the signature; none for the one that suits the issuer's key.
    pub md: Option<Hash>,
    /// The subject in the form that the records are to have.
    pub subject: String,
}

/// A planned certificate whose bytes have passed the lints; nothing is on disk yet.
pub struct LintedPlan(LintedDraft);

impl Authority {
    /// Makes the bytes that are to be signed, and lints exactly these.
    ///
    /// # Errors
    /// [`AuthorityError::KeyCannotSign`]; [`AuthorityError::Lint`] for what the linter rejects.
    pub fn lint_plan(
        &self,
        planned: PlannedCertificate<'_>,
        linter: &Linter,
    ) -> Result<LintedPlan, AuthorityError> {
        Draft::as_planned(planned)?.check(linter).map(LintedPlan)
    }

    /// Reserves, signs and records a planned certificate. `at` is the time for which all was decided.
    ///
    /// # Errors
    /// When this returns an error, no certificate was handed out.
    pub fn issue_plan(
        &self,
        plan: LintedPlan,
        requester: &str,
        at: UnixTime,
    ) -> Result<Issued, AuthorityError> {
        let LintedPlan(linted) = plan;
        let issuer = Arc::clone(linted.issuer());
        let (store, environment) = (&*self.store, &self.environment);
        let reserved =
            wait(|done| linted.reserve(store, environment, requester, Claim::None, at, done))??;
        let signed = wait(|done| reserved.sign(environment, done))?.verify(store, environment)?;
        let recorded = wait(|done| signed.record(store, environment, done))??;
        Ok(issued(recorded.hand_out(environment), &issuer))
    }
}

/// Waits for a stage that passes its outcome on.
fn wait<T: Send + 'static>(
    stage: impl FnOnce(Box<dyn FnOnce(T) + Send>),
) -> Result<T, AuthorityError> {
    let (reply, answer) = mpsc::sync_channel(1);
    stage(Box::new(move |outcome| {
        // Nobody has stopped waiting.
        let _ = reply.send(outcome);
    }));
    answer.recv().map_err(|_| AuthorityError::BrokenOff)
}
