//! From the bytes of a CSR to a certificate.

use std::borrow::Cow;

use tpm2ca_keys::{Hash, VerifiedCsr, verify_csr};
use tpm2ca_profile::{Kind, Profile, Request, SubjectSource};
use tpm2ca_store::{Refused, StoreError};
use tpm2ca_x509::{Csr, GeneralName, Name, Serial, UnixTime, Validity};

use crate::{
    Authority, AuthorityError, Issuer,
    sha256::sha256,
    stages::{Draft, Finished},
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
    /// # Errors
    /// When this returns an error no certificate was handed out. What was refused ([`AuthorityError::is_refusal`]) is
    /// in the audit log; bytes that are no CSR, and names of profiles and issuers that do not exist, are not. For
    /// everything that went wrong before the reservation nothing else is written.
    pub fn issue(&self, wish: &IssueRequest<'_>) -> Result<Issued, AuthorityError> {
        let csr = Csr::parse(wish.csr)?;
        let profile = self.profiles.get(wish.profile)?;
        let issuer = wish.issuer.unwrap_or(&self.config.default_issuer);
        self.issuer_config(issuer)?;
        let at = self.now();
        let subject_der = csr.subject_der();
        self.issue_from(csr, profile, issuer, wish, at)
            .inspect_err(|error| {
                if error.is_refusal() {
                    self.note_refusal(error, subject_der, issuer, wish, at);
                }
            })
    }

    fn issue_from(
        &self,
        csr: Csr<'_>,
        profile: &Profile,
        issuer: &str,
        wish: &IssueRequest<'_>,
        at: UnixTime,
    ) -> Result<Issued, AuthorityError> {
        if profile.kind == Kind::Root {
            return Err(AuthorityError::RootByRequest);
        }
        // The request comes before the issuer: for a bad one neither the TPM nor a pass phrase is needed.
        let verified = verify_csr(csr)?;
        let issuer = self.issuer(Some(issuer))?;
        self.certify(&verified, profile, &issuer, wish, at)
    }

    /// Everything from the verified request on. `at` is the time for which all is decided.
    pub(crate) fn certify(
        &self,
        verified: &VerifiedCsr<'_>,
        profile: &Profile,
        issuer: &Issuer,
        wish: &IssueRequest<'_>,
        at: UnixTime,
    ) -> Result<Issued, AuthorityError> {
        let signing = issuer.signing(wish.md)?;
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
            requester: wish.requester,
            days: wish.days,
            not_before: wish.not_before,
            not_after: wish.not_after,
            permitted_dns: wish.permitted_dns,
            now: at,
        };
        let view = issuer.facts().view();
        let above = (profile.kind != Kind::Root).then_some(&view);
        let (store, environment) = (&*self.store, &self.environment);
        // A serial number that is taken already (chance: 2^-128) is a reason to draw another one, not to fail.
        for _ in 0..SERIAL_ATTEMPTS {
            let plan = profile.plan(&request, above)?;
            let draft = Draft::new(plan, verified, issuer, signing, &*environment.randomness)?;
            let checked = draft.check(&self.linter)?;
            let reserved = match checked.reserve(store, environment, wish.requester, at) {
                Err(AuthorityError::Store(StoreError::SerialTaken { .. })) => continue,
                reserved => reserved?,
            };
            let finished = reserved
                .sign(store, environment)?
                .record(store, environment)?;
            return Ok(issued(finished, issuer));
        }
        Err(AuthorityError::SerialsRepeat {
            attempts: SERIAL_ATTEMPTS,
        })
    }

    /// Leaves an audit entry. The requester is to learn the reason, whether it could be recorded or not.
    fn note_refusal(
        &self,
        error: &AuthorityError,
        subject_der: &[u8],
        issuer: &str,
        wish: &IssueRequest<'_>,
        at: UnixTime,
    ) {
        let asked = match &wish.subject {
            Some(name) => name.to_string(),
            // That it can be read was seen when the request was parsed.
            None => Name::from_der(subject_der.to_vec())
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

const SERIAL_ATTEMPTS: u32 = 3;

fn issued(finished: Finished, issuer: &Issuer) -> Issued {
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
