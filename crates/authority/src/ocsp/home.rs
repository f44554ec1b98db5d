//! The CA that a responder answers for: one with a directory of its own, or one that an openssl.cnf describes.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tpm2ca_keys::{Signer, make_csr};
use tpm2ca_x509::{
    Name,
    ocsp::{CertId, OcspRequest},
};

use super::seat::Seat;
use crate::{
    Authority, AuthorityError, IssueRequest, Issued, OpensslCa, ca_certificate::CaCertificate,
};

/// Where the certificates come from.
#[derive(Clone, Copy)]
pub(super) struct Home<'a> {
    pub(super) ca: &'a Authority,
    pub(super) openssl: Option<&'a OpensslCa>,
}

impl Home<'_> {
    /// The certificate of an issuer.
    pub(super) fn issuer_certificate(&self, name: &str) -> Result<CaCertificate, AuthorityError> {
        if let Some(openssl) = self.openssl {
            return openssl.certificate().cloned();
        }
        CaCertificate::parse(self.ca.issuer_certificate(name)?).map_err(|message| {
            AuthorityError::IssuerCertificate {
                path: name.into(),
                message,
            }
        })
    }

    /// A certificate for a responder's key.
    pub(super) fn certify(
        &self,
        issuer: &str,
        signer: &dyn Signer,
        requester: &str,
    ) -> Result<Issued, AuthorityError> {
        if let Some(openssl) = self.openssl {
            let subject = openssl.responder_subject(&signer.public_key().key_identifier())?;
            let csr = make_csr(subject.as_der(), &[], signer)?;
            return openssl.certify_responder(&csr, requester);
        }
        let subject = Name::common_name(&format!("{} OCSP responder", self.ca.config().name))?;
        let csr = make_csr(subject.as_der(), &[], signer)?;
        self.ca.issue(&IssueRequest {
            issuer: Some(issuer),
            ..IssueRequest::new(&csr, "ocsp", requester)
        })
    }

    pub(super) fn release_keys(&self) {
        match self.openssl {
            Some(openssl) => openssl.release_keys(),
            None => self.ca.release_keys(),
        }
    }
}

/// Sees to it that what others write into index.txt is in the records before an answer is given.
pub(super) struct InStep {
    pub(super) openssl: Arc<OpensslCa>,
    /// How the file looked when it was taken in last.
    seen: Mutex<Option<Look>>,
    /// Held by who takes it in.
    turn: Mutex<()>,
    /// Whether it could not be taken in when it was tried last.
    failed: AtomicBool,
    /// Whether there was no such file.
    missing: AtomicBool,
}

/// Enough to tell whether somebody has changed the file since: octets, time of the change, inode.
type Look = (u64, i64, i64, u64);

impl InStep {
    pub(super) fn new(openssl: Arc<OpensslCa>) -> Self {
        Self {
            openssl,
            seen: Mutex::default(),
            turn: Mutex::default(),
            failed: AtomicBool::new(false),
            missing: AtomicBool::new(false),
        }
    }

    /// Whether the file is as it was taken in. Costs one system call.
    pub(super) fn is(&self) -> bool {
        self.look().is_ok_and(|look| self.was_seen(look))
    }

    /// Takes in what has changed. Somebody else who works on the books has taken it in before, and is not waited for. A
    /// file that cannot be taken in is tried once: answers go on from what is known, as those of `openssl ocsp` do, and
    /// [`InStep::must_be`] says what is wrong with it.
    pub(super) fn keep(&self) {
        // Between two renames of `openssl ca` there is no file for a moment.
        let Ok(look) = self.look() else { return };
        if self.was_seen(look) {
            return;
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.was_seen(look) {
            let failed = self.openssl.try_synchronize().is_err();
            self.failed.store(failed, Ordering::Release);
            self.note(look);
        }
    }

    /// The same, and an error when the file cannot be taken in, or is still not there.
    pub(super) fn must_be(&self) -> Result<(), AuthorityError> {
        let look = self.look().ok();
        let was_missing = self.missing.swap(look.is_none(), Ordering::AcqRel);
        if look.map_or(!was_missing, |look| self.was_seen(look))
            && !self.failed.load(Ordering::Acquire)
        {
            return Ok(());
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = self.openssl.try_synchronize();
        self.failed.store(taken.is_err(), Ordering::Release);
        if let Some(look) = look {
            self.note(look);
        }
        taken
    }

    fn was_seen(&self, look: Look) -> bool {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) == Some(look)
    }

    fn note(&self, look: Look) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(look);
    }

    fn look(&self) -> io::Result<Look> {
        let metadata = fs::metadata(self.openssl.index())?;
        Ok((
            metadata.len(),
            metadata.mtime(),
            metadata.mtime_nsec(),
            metadata.ino(),
        ))
    }
}

impl OpensslCa {
    /// Whether an OCSP request is about certificates of this CA. No key is touched.
    ///
    /// # Errors
    /// Those of the CA's certificate.
    pub fn is_asked_about(&self, request: &OcspRequest<'_>) -> Result<bool, AuthorityError> {
        let home = Home {
            ca: self.authority(),
            openssl: Some(self),
        };
        let kinds: Vec<CertId<'_>> = Seat::kinds(home, &self.authority().config().default_issuer)?;
        Ok(request
            .certs()
            .iter()
            .any(|id| kinds.iter().any(|kind| kind.has_same_issuer(id))))
    }
}
