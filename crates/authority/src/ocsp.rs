//! OCSP answers (RFC 6960), signed by a delegated responder whose certificate is issued like any other.

use aws_lc_rs::digest;
use tpm2ca_keys::{KeyAlgorithm, PublicKey, Signer, SoftwareKey};
use tpm2ca_store::{IssuerId, State};
use tpm2ca_x509::{
    Name, ObjectIdentifier, UnixTime,
    crl::ReasonCode,
    ocsp::{
        BasicResponseFields, CertId, CertStatus, ErrorStatus, OcspRequest, ResponderId,
        SingleResponse, assemble_ocsp, ocsp_error,
    },
    oid, spki_key_bits,
};

use crate::{Authority, AuthorityError, IssueRequest};

/// Answers for one issuer. Its key is a software key that exists in memory only: the issuer's TPM signs the
/// responder's certificate once, and is not asked for each answer.
pub struct OcspResponder<'a> {
    authority: &'a Authority,
    issuer: IssuerId,
    hashes: Vec<IssuerHashes>,
    key: SoftwareKey,
    certificate: Vec<u8>,
    not_after: UnixTime,
}

/// How requests name the issuer: hashes of its subject and of its key (RFC 6960 section 4.1.1).
struct IssuerHashes {
    oid: ObjectIdentifier,
    name: digest::Digest,
    key: digest::Digest,
}

impl Authority {
    /// A responder for an issuer (none: the default one), with a new key and a new certificate of the profile `ocsp`.
    ///
    /// # Errors
    /// Those of [`Authority::issue`].
    pub fn ocsp_responder(
        &self,
        issuer: Option<&str>,
        requester: &str,
    ) -> Result<OcspResponder<'_>, AuthorityError> {
        let issuer = self.issuer(issuer)?;
        let key = SoftwareKey::generate(KeyAlgorithm::P256)?;
        let subject = Name::common_name(&format!("{} OCSP responder", self.config.name))?;
        let csr = key.make_csr(subject.as_der(), &[])?;
        let issued = self.issue(&IssueRequest {
            issuer: Some(issuer.name()),
            ..IssueRequest::new(&csr, "ocsp", requester)
        })?;
        let issuer_key = issuer.signer().public_key();
        let hashes = ISSUER_HASHES
            .into_iter()
            .map(|(oid, algorithm)| {
                IssuerHashes::new(oid, algorithm, issuer.subject_der(), issuer_key)
            })
            .collect::<Result<_, _>>()?;
        Ok(OcspResponder {
            authority: self,
            issuer: issuer.id(),
            hashes,
            key,
            certificate: issued.certificate,
            not_after: issued.validity.not_after,
        })
    }
}

impl OcspResponder<'_> {
    /// The responder's certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// When that certificate ends. A new responder must have taken over by then.
    pub fn not_after(&self) -> UnixTime {
        self.not_after
    }

    /// Answers one request, DER in, DER out. There is always an answer: what cannot be read gets `malformedRequest`,
    /// questions about other issuers only `unauthorized`, trouble of our own `internalError`, and after the end of our
    /// certificate, when nobody would believe an answer, everybody gets `tryLater`.
    ///
    /// Only what was recorded as issued and not revoked is `good`: a serial number that was never given, or only
    /// reserved, is `unknown`.
    pub fn answer(&self, request: &[u8]) -> Vec<u8> {
        let Ok(request) = OcspRequest::parse(request) else {
            return ocsp_error(ErrorStatus::MalformedRequest);
        };
        if request.unknown_critical_extension().is_some() {
            return ocsp_error(ErrorStatus::MalformedRequest);
        }
        // RFC 5019 section 2.2.3: who asks only about strangers is told that this is the wrong responder.
        if !request.certs().iter().any(|id| self.is_ours(id)) {
            return ocsp_error(ErrorStatus::Unauthorized);
        }
        let now = self.authority.now();
        if now > self.not_after {
            return ocsp_error(ErrorStatus::TryLater);
        }
        self.sign(&request, now)
            .unwrap_or_else(|_| ocsp_error(ErrorStatus::InternalError))
    }

    fn sign(&self, request: &OcspRequest<'_>, now: UnixTime) -> Result<Vec<u8>, AuthorityError> {
        let next_update = (now + ANSWER_VALID_FOR).min(self.not_after);
        let responses = request
            .certs()
            .iter()
            .map(|id| {
                Ok(SingleResponse {
                    cert_id: id.clone(),
                    status: self.status(id)?,
                    this_update: now,
                    next_update: Some(next_update),
                    archive_cutoff: None,
                })
            })
            .collect::<Result<Vec<_>, AuthorityError>>()?;
        let algorithm = self.key.default_algorithm();
        let tbs = BasicResponseFields {
            responder: ResponderId::ByKey(&self.key.public_key().key_identifier()),
            produced_at: now,
            responses: &responses,
            nonce: request.nonce(),
            extensions: &[],
        }
        .to_tbs_der()?;
        let signature = self.key.sign_message(algorithm, &tbs)?;
        Ok(assemble_ocsp(
            &tbs,
            algorithm,
            signature.bytes(),
            &[&self.certificate],
        ))
    }

    fn status(&self, id: &CertId<'_>) -> Result<CertStatus, AuthorityError> {
        let Ok(serial) = id.serial() else {
            return Ok(CertStatus::Unknown);
        };
        if !self.is_ours(id) {
            return Ok(CertStatus::Unknown);
        }
        let rows = self
            .authority
            .store
            .find_by_serial(Some(self.issuer), serial.as_be_bytes())?;
        Ok(match rows.first() {
            Some(row) => match row.revoked_at {
                Some(at) => CertStatus::Revoked {
                    at,
                    reason: row.reason.and_then(|code| ReasonCode::try_from(code).ok()),
                },
                None if row.state == State::Issued => CertStatus::Good,
                // What was reserved and never recorded was handed out to nobody.
                None => CertStatus::Unknown,
            },
            None => CertStatus::Unknown,
        })
    }

    fn is_ours(&self, id: &CertId<'_>) -> bool {
        self.hashes
            .iter()
            .any(|hashes| id.is_of_issuer(hashes.oid, hashes.name.as_ref(), hashes.key.as_ref()))
    }
}

/// Seconds for which an answer may be kept.
const ANSWER_VALID_FOR: UnixTime = 3600;

/// What clients hash an issuer's name and key with.
const ISSUER_HASHES: [(ObjectIdentifier, &digest::Algorithm); 4] = [
    (oid::SHA1, &digest::SHA1_FOR_LEGACY_USE_ONLY),
    (oid::SHA256, &digest::SHA256),
    (oid::SHA384, &digest::SHA384),
    (oid::SHA512, &digest::SHA512),
];

impl IssuerHashes {
    fn new(
        oid: ObjectIdentifier,
        algorithm: &'static digest::Algorithm,
        subject_der: &[u8],
        key: &PublicKey,
    ) -> Result<Self, AuthorityError> {
        let key_bits = spki_key_bits(key.spki_der())?;
        Ok(Self {
            oid,
            name: digest::digest(algorithm, subject_der),
            key: digest::digest(algorithm, key_bits),
        })
    }
}
