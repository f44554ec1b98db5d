//! The CA that a responder answers for.

use std::ops::Deref;

use tpm2ca_keys::{Signer, make_csr};
use tpm2ca_x509::{Name, ocsp::OcspRequest};

use super::issuer::ResponderIssuer;
use crate::{Authority, AuthorityError, CaCertificate, IssueRequest, Issued};

/// A CA whose certificates a responder answers for: its records, its issuers, and the way in which it issues the
/// responder's own certificates.
///
/// Records can be a copy of what others write, such as an index.txt. [`is_current`](Self::is_current),
/// [`refresh`](Self::refresh) and [`ensure_current`](Self::ensure_current) are for such a CA; by default, records are
/// always current.
pub trait ResponderCa: Send + Sync {
    /// Returns the authority, whose records have the status of each certificate.
    fn authority(&self) -> &Authority;

    /// Returns the certificate of an issuer.
    ///
    /// # Errors
    /// Those of the certificate's file.
    fn ca_certificate(&self, issuer: &str) -> Result<CaCertificate, AuthorityError>;

    /// Issues a certificate with the purpose OCSPSigning (RFC 6960 section 4.2.2.2) for the key of a responder.
    ///
    /// # Errors
    /// As [`Authority::issue`].
    fn certify_responder(
        &self,
        issuer: &str,
        signer: &dyn Signer,
        requester: &str,
    ) -> Result<Issued, AuthorityError>;

    /// Closes the keys of the issuers, and their TPM.
    fn release_keys(&self) {
        self.authority().release_keys();
    }

    /// Returns true when the records have all that others have written. Takes some microseconds.
    fn is_current(&self) -> bool {
        true
    }

    /// Imports into the records what others have written, as far as that can be done now.
    fn refresh(&self) {}

    /// Imports into the records what others have written.
    ///
    /// # Errors
    /// Why that cannot be done.
    fn ensure_current(&self) -> Result<(), AuthorityError> {
        Ok(())
    }
}

impl ResponderCa for Authority {
    fn authority(&self) -> &Authority {
        self
    }

    fn ca_certificate(&self, issuer: &str) -> Result<CaCertificate, AuthorityError> {
        CaCertificate::parse(self.issuer_certificate(issuer)?).map_err(|message| {
            AuthorityError::IssuerCertificate {
                path: issuer.into(),
                message,
            }
        })
    }

    fn certify_responder(
        &self,
        issuer: &str,
        signer: &dyn Signer,
        requester: &str,
    ) -> Result<Issued, AuthorityError> {
        let subject = Name::common_name(&format!("{} OCSP responder", self.config().name))?;
        let csr = make_csr(subject.as_der(), &[], signer)?;
        self.issue(&IssueRequest {
            issuer: Some(issuer),
            ..IssueRequest::new(&csr, "ocsp", requester)
        })
    }
}

/// A pointer to a CA, such as a reference or an [`Arc`](std::sync::Arc).
impl<P> ResponderCa for P
where
    P: Deref + Send + Sync,
    P::Target: ResponderCa,
{
    fn authority(&self) -> &Authority {
        (**self).authority()
    }

    fn ca_certificate(&self, issuer: &str) -> Result<CaCertificate, AuthorityError> {
        (**self).ca_certificate(issuer)
    }

    fn certify_responder(
        &self,
        issuer: &str,
        signer: &dyn Signer,
        requester: &str,
    ) -> Result<Issued, AuthorityError> {
        (**self).certify_responder(issuer, signer, requester)
    }

    fn release_keys(&self) {
        (**self).release_keys();
    }

    fn is_current(&self) -> bool {
        (**self).is_current()
    }

    fn refresh(&self) {
        (**self).refresh();
    }

    fn ensure_current(&self) -> Result<(), AuthorityError> {
        (**self).ensure_current()
    }
}

impl CaCertificate {
    /// Returns true when an OCSP request is about certificates of this CA.
    ///
    /// # Errors
    /// Those of the certificate's key.
    pub fn is_asked_about(&self, request: &OcspRequest<'_>) -> Result<bool, AuthorityError> {
        let forms = ResponderIssuer::forms(self)?;
        Ok(request
            .certs()
            .iter()
            .any(|id| forms.iter().any(|form| form.has_same_issuer(id))))
    }
}

impl Authority {
    /// Returns the first issuer of ours that an OCSP request is about. No key is touched.
    pub fn issuer_asked_about(&self, request: &OcspRequest<'_>) -> Option<String> {
        let mut issuers = Vec::new();
        for name in self.config().issuer.keys() {
            // One without a certificate cannot be asked about.
            let forms = self
                .ca_certificate(name)
                .and_then(|certificate| ResponderIssuer::forms(&certificate));
            if let Ok(forms) = forms {
                issuers.push((name, forms));
            }
        }
        request.certs().iter().find_map(|id| {
            let (name, _) = issuers
                .iter()
                .find(|(_, forms)| forms.iter().any(|form| form.has_same_issuer(id)))?;
            Some((*name).clone())
        })
    }
}
