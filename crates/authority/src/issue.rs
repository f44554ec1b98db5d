//! From the bytes of a CSR to a certificate.

use std::sync::{Arc, mpsc};

use tpm2ca_keys::{Hash, verify_csr};
use tpm2ca_profile::{Kind, Profile};
use tpm2ca_store::{Claim, Refused};
use tpm2ca_x509::{Csr, GeneralName, Name, Serial, UnixTime, Validity};

use crate::{
    Authority, AuthorityError, Issuer,
    issuance::{Issuance, Tools, Wish},
    sha256::sha256,
};

/// A wish for a certificate.
#[derive(Clone, Debug)]
pub struct IssueRequest<'a> {
    /// The CSR, DER.
    pub csr: &'a [u8],
    /// The profile.
    pub profile: &'a str,
    /// The issuer; none for the CA's default.
    pub issuer: Option<&'a str>,
    /// Who asks, as it will stand in the records.
    pub requester: &'a str,
    /// The operator's subject in place of the CSR's.
    pub subject: Option<Name>,
    /// The operator's names in place of the CSR's.
    pub names: Option<Vec<GeneralName>>,
    /// Days of validity in place of the profile's.
    pub days: Option<u32>,
    /// Start of validity.
    pub not_before: Option<UnixTime>,
    /// End of validity.
    pub not_after: Option<UnixTime>,
    /// DNS suffixes for the name constraints of an intermediate.
    pub permitted_dns: &'a [String],
    /// The hash of the signature; none for the one that suits the issuer's key.
    pub md: Option<Hash>,
    /// An order, a use of a token or a renewal that is reserved together with the serial number.
    pub claim: Claim,
}

impl<'a> IssueRequest<'a> {
    /// A wish with everything else as the profile has it.
    pub fn new(csr: &'a [u8], profile: &'a str, requester: &'a str) -> Self {
        Self {
            csr,
            profile,
            issuer: None,
            requester,
            subject: None,
            names: None,
            days: None,
            not_before: None,
            not_after: None,
            permitted_dns: &[],
            md: None,
            claim: Claim::None,
        }
    }
}

/// A certificate that is signed, verified and durably recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// Its serial number.
    pub serial: Serial,
    /// When it is valid.
    pub validity: Validity,
    /// Who signed it.
    pub issuer: String,
    /// What was decided otherwise than asked, and lint warnings; for the user.
    pub notes: Vec<String>,
}

impl Authority {
    /// Issues a certificate: all stages, in order. Safe to call from many threads; their durable commits are shared.
    ///
    /// The caller only waits: the work is done on a few threads of the authority's own.
    ///
    /// # Errors
    /// When this returns an error no certificate was handed out. What was refused ([`AuthorityError::is_refusal`]) is
    /// in the audit log; bytes that are no CSR, and names of profiles and issuers that do not exist, are not. For
    /// everything that went wrong before the reservation nothing else is written.
    pub fn issue(&self, wish: &IssueRequest<'_>) -> Result<Issued, AuthorityError> {
        let issuer = wish.issuer.unwrap_or(&self.config.default_issuer);
        let at = self.now();
        let outcome = match self.issuers.opened(issuer) {
            Some(issuer) if self.profiles.get(wish.profile)?.kind != Kind::Root => {
                self.certify(issuer, wish, at)
            }
            _ => {
                let csr = Csr::parse(wish.csr)?;
                let profile = self.profiles.get(wish.profile)?;
                self.issuer_config(issuer)?;
                self.prepare(csr, profile, issuer)
                    .and_then(|issuer| self.certify(issuer, wish, at))
            }
        };
        outcome.inspect_err(|error| {
            if error.is_refusal() {
                self.note_refusal(error, issuer, wish, at);
            }
        })
    }

    /// Opens the issuer. The request comes before it: for a bad one neither the TPM nor a pass phrase is needed.
    fn prepare(
        &self,
        csr: Csr<'_>,
        profile: &Profile,
        issuer: &str,
    ) -> Result<Arc<Issuer>, AuthorityError> {
        if profile.kind == Kind::Root {
            return Err(AuthorityError::RootByRequest);
        }
        verify_csr(csr)?;
        self.issuer(Some(issuer))
    }

    /// Has the stages done for a request under this issuer, and waits. `at` is the time for which all is decided.
    pub(crate) fn certify(
        &self,
        issuer: Arc<Issuer>,
        wish: &IssueRequest<'_>,
        at: UnixTime,
    ) -> Result<Issued, AuthorityError> {
        let (reply, answer) = mpsc::sync_channel(1);
        let issuance = Issuance {
            tools: Tools {
                store: Arc::clone(&self.store),
                profiles: Arc::clone(&self.profiles),
                linter: Arc::clone(&self.linter),
                environment: self.environment.clone(),
                queue: Arc::clone(self.workers.queue()),
                issuer,
            },
            wish: Wish::of(wish),
            at,
            attempts: 0,
            reply,
        };
        self.workers.begin(move || issuance.begin());
        answer.recv().map_err(|_| AuthorityError::BrokenOff)?
    }

    /// Leaves an audit entry. The requester is to learn the reason, whether it could be recorded or not.
    fn note_refusal(
        &self,
        error: &AuthorityError,
        issuer: &str,
        wish: &IssueRequest<'_>,
        at: UnixTime,
    ) {
        let asked = match &wish.subject {
            Some(name) => name.to_string(),
            // That it can be read was seen before it was refused.
            None => Csr::parse(wish.csr)
                .and_then(|csr| Name::from_der(csr.subject_der().to_vec()))
                .map_or_else(|error| error.to_string(), |name| name.to_string()),
        };
        let _ = self.store.refuse(&Refused {
            issuer: self.issuer_id(issuer).ok(),
            requester: wish.requester,
            profile: wish.profile,
            subject: &asked,
            reason: &error.to_string(),
            csr_sha256: Some(sha256(wish.csr)),
            at,
        });
    }
}
