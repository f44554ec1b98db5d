//! From a request to a plan: everything of the certificate that the profile decides, or a refusal.

mod extensions;
mod issuer;
mod names;
mod requested;
mod subject;
mod validity;

use tpm2ca_x509::{Extension, Name, Validity};

use crate::choice::Kind;
use crate::profile::Profile;
use crate::refusal::Refusal;
use crate::request::{IssuerView, Request};
use crate::rules::RequesterRule;

/// What a certificate will look like, as far as its profile decides: only [`Profile::plan`] makes
/// one, so a plan is the proof that requester, names and validity were found good.
///
/// Left for the authority are the serial, the issuer's name, the key identifiers and the URLs of
/// CRL, OCSP and issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    profile: String,
    kind: Kind,
    subject_der: Vec<u8>,
    validity: Validity,
    extensions: Vec<Extension>,
    notes: Vec<String>,
}

impl Plan {
    /// Returns the plan that a CA section of an openssl.cnf leads to. The section decides everything, so this is for
    /// the crate that reads such sections (ca(1)) and for nothing else.
    pub fn of_openssl_section(
        profile: String,
        kind: Kind,
        subject: &Name,
        validity: Validity,
        extensions: Vec<Extension>,
        notes: Vec<String>,
    ) -> Self {
        Self {
            profile,
            kind,
            subject_der: subject.as_der().to_vec(),
            validity,
            extensions,
            notes,
        }
    }

    /// Name of the profile that made it.
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// What the certificate is for.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The subject, a DER `Name`.
    pub fn subject_der(&self) -> &[u8] {
        &self.subject_der
    }

    /// The validity; within the issuer's, unless an openssl.cnf decided it.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// The extensions that the profile decides, in the order in which they go into the certificate:
    /// basic constraints, key usage, extended key usage, subject alternative name, policies, name
    /// constraints, OCSP no check, TLS feature.
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// What came out otherwise than asked, for the requester to read: one sentence each, without a
    /// full stop.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

impl Profile {
    /// Applies the profile to a request. `issuer` is `None` for a root, and only for a root.
    ///
    /// The request is looked at in this order, and the first objection is the refusal: requester,
    /// issuer, validity, subject, names, key.
    pub fn plan(
        &self,
        request: &Request<'_>,
        issuer: Option<&IssuerView<'_>>,
    ) -> Result<Plan, Refusal> {
        let mut notes = Vec::new();
        let requester = self.requester_rule(request.requester)?;
        issuer::check(self, issuer, request.now)?;
        let validity = validity::decide(self, request, issuer, &mut notes)?;
        let asked = subject::read(request.subject)?;
        let subject = subject::decide(self, request.subject, &asked, issuer, &mut notes)?;
        let san = names::decide(
            self, requester, request, &asked, &subject, issuer, &mut notes,
        )?;
        let extensions = extensions::decide(self, request, issuer, san, &mut notes)?;
        requested::compare(self, request.requested, &extensions, &mut notes);
        Ok(Plan {
            profile: self.name.clone(),
            kind: self.kind,
            subject_der: subject.as_der().to_vec(),
            validity,
            extensions,
            notes,
        })
    }

    /// The block for this requester, if there is one.
    fn requester_rule(&self, requester: &str) -> Result<Option<&RequesterRule>, Refusal> {
        let rule = self
            .requesters
            .iter()
            .find(|rule| rule.matches.fits(requester));
        match rule {
            Some(rule) if rule.refuse => Err(Refusal::Requester {
                requester: requester.to_owned(),
                profile: self.name.clone(),
                pattern: rule.matches.to_string(),
            }),
            rule => Ok(rule),
        }
    }
}
