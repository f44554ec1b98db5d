//! One issuer that is answered for: how requests name it, and who signs for it now.

use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use aws_lc_rs::digest;
use tpm2ca_store::IssuerId;
use tpm2ca_x509::{ObjectIdentifier, Serial, UnixTime, ocsp::CertId, oid, spki_key_bits};

use super::{OcspOptions, ResponderCa, delegate::DelegatedResponder};
use crate::{AuthorityError, CaCertificate};

pub(super) struct ResponderIssuer {
    pub(super) name: String,
    pub(super) id: IssuerId,
    /// Start of the issuer's own validity.
    pub(super) since: UnixTime,
    /// How requests may name it (RFC 6960 section 4.1.1): with each hash, with and without parameters. The usual way
    /// comes first.
    forms: Vec<CertId<'static>>,
    delegate: RwLock<Arc<DelegatedResponder>>,
}

impl ResponderIssuer {
    /// With a delegate that is made and certified now.
    pub(super) fn open(
        ca: &dyn ResponderCa,
        name: &str,
        options: &OcspOptions,
    ) -> Result<Self, AuthorityError> {
        let delegate = DelegatedResponder::certify(ca, name, options)?;
        Self::new(ca, name, delegate)
    }

    /// With a certificate and a key that exist.
    pub(super) fn with_files(
        ca: &dyn ResponderCa,
        options: &OcspOptions,
        certificate: &Path,
        key: &Path,
    ) -> Result<Self, AuthorityError> {
        let name = match options.issuers.as_slice() {
            [name] => name,
            _ => ca.authority().default_issuer(),
        };
        let issuer = ca.ca_certificate(name)?;
        let delegate = DelegatedResponder::from_files(ca.authority(), &issuer, certificate, key)?;
        Self::new(ca, name, delegate)
    }

    fn new(
        ca: &dyn ResponderCa,
        name: &str,
        delegate: DelegatedResponder,
    ) -> Result<Self, AuthorityError> {
        let issuer = ca.ca_certificate(name)?;
        Ok(Self {
            name: name.to_owned(),
            id: ca.authority().issuer_id(name)?,
            since: issuer.facts.validity.not_before,
            forms: Self::forms(&issuer)?,
            delegate: RwLock::new(Arc::new(delegate)),
        })
    }

    /// Returns the ways in which requests may name an issuer.
    pub(super) fn forms(issuer: &CaCertificate) -> Result<Vec<CertId<'static>>, AuthorityError> {
        let key_bits = spki_key_bits(issuer.key.spki_der())?;
        let any = Serial::from_be_bytes(&[1])?;
        let mut forms = Vec::new();
        for (oid, algorithm) in ISSUER_HASHES {
            let name = digest::digest(algorithm, &issuer.facts.subject_der);
            let key = digest::digest(algorithm, key_bits);
            let id = CertId::new(oid, name.as_ref(), key.as_ref(), &any)?.into_owned();
            forms.extend([id.without_parameters(), id].into_iter().rev());
        }
        Ok(forms)
    }

    pub(super) fn delegate(&self) -> Arc<DelegatedResponder> {
        let delegate = self.delegate.read();
        Arc::clone(&delegate.unwrap_or_else(PoisonError::into_inner))
    }

    /// Has another one sign from now on. Answers that the former one signed stay good until they end, since they
    /// carry its certificate.
    pub(super) fn replace(&self, delegate: DelegatedResponder) {
        let mut place = self
            .delegate
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *place = Arc::new(delegate);
    }

    /// Which of its ways to name the issuer a request uses; none when it means another one.
    pub(super) fn form(&self, id: &CertId<'_>) -> Option<CertIdForm> {
        self.forms.iter().position(|form| form.has_same_issuer(id))
    }

    /// A certificate, named in one of the ways.
    pub(super) fn cert_id(&self, form: CertIdForm, serial: &Serial) -> Option<CertId<'static>> {
        Some(self.forms.get(form)?.with_serial(serial))
    }
}

/// A way to name the issuer: its place in the list.
pub(super) type CertIdForm = usize;

/// The way in which nearly all clients name issuers: with SHA-1 and NULL.
pub(super) const USUAL_FORM: CertIdForm = 0;

/// What clients hash an issuer's name and key with; the usual one first.
const ISSUER_HASHES: [(ObjectIdentifier, &digest::Algorithm); 4] = [
    (oid::SHA1, &digest::SHA1_FOR_LEGACY_USE_ONLY),
    (oid::SHA256, &digest::SHA256),
    (oid::SHA384, &digest::SHA384),
    (oid::SHA512, &digest::SHA512),
];
