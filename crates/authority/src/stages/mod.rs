//! The stages of one certificate, from the draft to the record.
//!
//! Each is a value that only the stage before it can make, and that the stage after it takes away. The stages before
//! these are [`tpm2ca_x509::Csr`], [`tpm2ca_keys::VerifiedCsr`] and [`tpm2ca_profile::Plan`]. All along they carry the
//! issuer that the draft was made for, so that no other can sign it.
//!
//! Nothing here waits for the records or the key: the steps that need them are given what is to be done with their
//! answer. It is called on their thread, so that it should do no more than to pass the answer on.

use std::sync::Arc;

use tpm2ca_keys::{Digest, MadeSignature, SignError, VerifiedCsr};
use tpm2ca_lint::{Context, Finding, Linted, Linter, Role};
use tpm2ca_profile::{Kind, Plan};
use tpm2ca_store::{Claim, Holder, NewReservation, Recorded, Reserved as Reservation, Store};
use tpm2ca_tpm::TpmError;
use tpm2ca_x509::{
    Certificate, CertificateFields, Extension, Serial, TbsCertificate, UnixTime, Validity,
    assemble, ext, oid,
};

use crate::{
    AuthorityError, Checkpoint, Environment, Issuer, PlannedCertificate, Randomness,
    issuer::Signing, sha256::sha256,
};

#[cfg(test)]
mod tests;

/// The bytes that are to be signed, as planned and completed by the issuer: serial number, key identifiers,
/// and where to find the CRL and the issuer's certificate.
pub(crate) struct Draft {
    tbs: Vec<u8>,
    subject_key_identifier: [u8; 20],
    info: DraftInfo,
}

/// What all stages know.
struct DraftInfo {
    issuer: Arc<Issuer>,
    signing: Signing,
    serial: Serial,
    plan: Plan,
    /// The subject in the form that the records are to have; none for that of RFC 4514.
    subject: Option<String>,
}

impl Draft {
    /// Completes a plan for the holder of the key in `request`.
    pub(crate) fn new(
        plan: Plan,
        request: &VerifiedCsr<'_>,
        issuer: Arc<Issuer>,
        signing: Signing,
        randomness: &dyn Randomness,
    ) -> Result<Self, AuthorityError> {
        let serial = random_serial(randomness)?;
        let key = request.public_key();
        let subject_key_identifier = key.key_identifier();
        let mut extensions: Vec<Extension> = plan.extensions().to_vec();
        extensions.push(ext::subject_key_identifier(&subject_key_identifier));
        extensions.extend_from_slice(issuer.extensions());
        extensions.extend(issuer.crl_points(&serial)?);
        let tbs = CertificateFields {
            serial: &serial,
            signature_algorithm: signing.algorithm,
            issuer_der: issuer.subject_der(),
            validity: plan.validity(),
            subject_der: plan.subject_der(),
            spki_der: key.spki_der(),
            extensions: &extensions,
        }
        .to_tbs_der()?;
        Ok(Self {
            tbs,
            subject_key_identifier,
            info: DraftInfo {
                issuer,
                signing,
                serial,
                plan,
                subject: None,
            },
        })
    }

    /// A plan that leaves nothing to complete but the serial number and the issuer's name.
    pub(crate) fn as_planned(planned: PlannedCertificate<'_>) -> Result<Self, AuthorityError> {
        let PlannedCertificate {
            plan,
            request,
            issuer,
            serial,
            md,
            subject,
        } = planned;
        let signing = issuer.signing(md)?;
        let key = request.public_key();
        let fields = CertificateFields {
            serial: &serial,
            signature_algorithm: signing.algorithm,
            issuer_der: match plan.kind() {
                Kind::Root => plan.subject_der(),
                _ => issuer.subject_der(),
            },
            validity: plan.validity(),
            subject_der: plan.subject_der(),
            spki_der: key.spki_der(),
            extensions: plan.extensions(),
        };
        let tbs = if plan.extensions().is_empty() {
            fields.to_tbs_der_v1()?
        } else {
            fields.to_tbs_der()?
        };
        Ok(Self {
            tbs,
            subject_key_identifier: key.key_identifier(),
            info: DraftInfo {
                issuer,
                signing,
                serial,
                plan,
                subject: Some(subject),
            },
        })
    }

    /// Lints exactly these bytes.
    pub(crate) fn check(self, linter: &Linter) -> Result<LintedDraft, AuthorityError> {
        let Self {
            tbs,
            subject_key_identifier,
            info,
        } = self;
        let is_root = info.plan.kind() == Kind::Root;
        let context = Context {
            role: role(&info.plan),
            issuer: (!is_root).then(|| info.issuer.facts().for_lints()),
            signature_algorithm: info.signing.algorithm,
            subject_key_identifier: Some(&subject_key_identifier),
        };
        let linted = linter
            .check(tbs, &context)
            .map_err(|rejected| AuthorityError::Lint(Box::new(rejected)))?;
        Ok(LintedDraft { linted, info })
    }
}

/// Linted bytes; nothing is on disk yet.
pub(crate) struct LintedDraft {
    linted: Linted,
    info: DraftInfo,
}

impl LintedDraft {
    /// Returns the issuer that is going to sign.
    pub(crate) fn issuer(&self) -> &Arc<Issuer> {
        &self.info.issuer
    }

    /// Reserves the serial number together with the digest of the bytes; durable when `done` gets it.
    pub(crate) fn reserve(
        self,
        store: &dyn Store,
        environment: &Environment,
        requester: &str,
        claim: Claim,
        at: UnixTime,
        done: impl FnOnce(Result<ReservedDraft, AuthorityError>) + Send + 'static,
    ) {
        let Self { linted, info } = self;
        // The records are to say what the certificate says, not what was asked for.
        let said = match CertificateSummary::by(linted.tbs(), &info) {
            Ok(said) => said,
            Err(error) => return done(Err(error.into())),
        };
        let (issuer, serial) = (info.issuer.id(), info.serial.clone());
        let profile = info.plan.profile().to_owned();
        let tbs_sha256 = sha256(linted.tbs());
        environment.checkpoints.reached(Checkpoint::BeforeReserve);
        store.reserve_async(
            &NewReservation {
                issuer,
                holder: said.holder(),
                serial: serial.as_be_bytes(),
                tbs_sha256,
                requester,
                profile: &profile,
                subject: &said.subject,
                names: &said.names,
                not_before: said.validity.not_before,
                not_after: said.validity.not_after,
                claim,
                at,
            },
            Box::new(move |reserved| {
                done(match reserved {
                    Ok(reservation) => Ok(ReservedDraft {
                        reservation,
                        linted,
                        info,
                    }),
                    Err(error) => Err(error.into()),
                });
            }),
        );
    }
}

/// What a certificate says of its holder, as the records will have it.
struct CertificateSummary {
    subject_der: Vec<u8>,
    spki_der: Vec<u8>,
    /// True for a CA, also for one that does not say so: a root of version 1.
    is_ca: bool,
    subject: String,
    names: Vec<String>,
    validity: Validity,
}

impl CertificateSummary {
    fn by(tbs: &[u8], info: &DraftInfo) -> Result<Self, tpm2ca_x509::Error> {
        let tbs = TbsCertificate::parse(tbs)?;
        let names = tbs.general_names()?;
        Ok(Self {
            is_ca: info.plan.kind().is_ca() || tbs.is_ca(),
            subject: match &info.subject {
                Some(subject) => subject.clone(),
                None => tbs.subject().to_string(),
            },
            names: names.iter().map(ToString::to_string).collect(),
            validity: tbs.validity(),
            subject_der: tbs.subject_der().to_vec(),
            spki_der: tbs.spki_der().to_vec(),
        })
    }

    fn holder(&self) -> Holder<'_> {
        Holder {
            subject_der: &self.subject_der,
            spki_der: &self.spki_der,
            is_ca: self.is_ca,
        }
    }
}

/// Linted bytes under a durable reservation: the only thing that is ever signed.
pub(crate) struct ReservedDraft {
    reservation: Reservation,
    linted: Linted,
    info: DraftInfo,
}

impl ReservedDraft {
    /// Asks the issuer's key for the signature; `done` gets it to check it.
    pub(crate) fn sign(
        self,
        environment: &Environment,
        done: impl FnOnce(UnverifiedSignature) + Send + 'static,
    ) {
        environment.checkpoints.reached(Checkpoint::AfterReserve);
        environment.checkpoints.reached(Checkpoint::BeforeSign);
        let Signing { algorithm, hash } = self.info.signing;
        let digest = Digest::of(hash, self.linted.tbs());
        let issuer = Arc::clone(&self.info.issuer);
        issuer.signer().sign_then(
            algorithm,
            digest,
            Box::new(move |answer| {
                done(UnverifiedSignature {
                    reserved: self,
                    answer,
                });
            }),
        );
    }
}

/// What the key answered; not believed yet.
pub(crate) struct UnverifiedSignature {
    reserved: ReservedDraft,
    answer: Result<MadeSignature, SignError>,
}

impl UnverifiedSignature {
    /// Verifies the signature.
    ///
    /// When the key was certainly not used, the reservation is released; when it cannot be known whether a signature
    /// was made, it stays, is listed, and can be revoked.
    pub(crate) fn verify(
        self,
        store: &dyn Store,
        environment: &Environment,
    ) -> Result<SignedCertificate, AuthorityError> {
        let Self { reserved, answer } = self;
        let ReservedDraft {
            reservation,
            linted,
            info,
        } = reserved;
        match answer.and_then(|made| made.check(info.issuer.signer())) {
            Ok(signature) => {
                environment.checkpoints.reached(Checkpoint::AfterSign);
                let algorithm = info.signing.algorithm;
                Ok(SignedCertificate {
                    certificate: assemble(linted.tbs(), algorithm, signature.bytes()),
                    reservation,
                    findings: linted.warnings().to_vec(),
                    info,
                })
            }
            Err(error) => {
                if was_never_signed(&error) {
                    // If this fails too, the reservation merely stays listed as possibly signed.
                    let _ = store.release(reservation, &error.to_string(), environment.clock.now());
                }
                Err(error.into())
            }
        }
    }
}

/// A certificate that is valid but not recorded, and therefore not handed out.
pub(crate) struct SignedCertificate {
    certificate: Vec<u8>,
    reservation: Reservation,
    findings: Vec<Finding>,
    info: DraftInfo,
}

impl SignedCertificate {
    /// Records certificate and audit entry in one durable commit.
    pub(crate) fn record(
        self,
        store: &dyn Store,
        environment: &Environment,
        done: impl FnOnce(Result<RecordedCertificate, AuthorityError>) + Send + 'static,
    ) {
        let Self {
            certificate,
            reservation,
            findings,
            info,
        } = self;
        // The assembled bytes must read back; an encoder's mistake ends here.
        if let Err(error) = Certificate::parse(&certificate) {
            return done(Err(error.into()));
        }
        environment.checkpoints.reached(Checkpoint::BeforeRecord);
        let der = certificate.clone();
        let DraftInfo { serial, plan, .. } = info;
        store.record_async(
            reservation,
            &der,
            None,
            environment.clock.now(),
            // `Recorded` is the store's word that the certificate may be handed out.
            Box::new(move |recorded: Result<Recorded, _>| {
                done(match recorded {
                    Ok(_) => Ok(RecordedCertificate(Finished {
                        certificate,
                        serial,
                        plan,
                        findings,
                    })),
                    Err(error) => Err(error.into()),
                });
            }),
        );
    }
}

/// A certificate that is durably recorded: it may be handed out.
pub(crate) struct RecordedCertificate(Finished);

impl RecordedCertificate {
    /// What goes to whoever asked.
    pub(crate) fn hand_out(self, environment: &Environment) -> Finished {
        environment.checkpoints.reached(Checkpoint::AfterRecord);
        self.0
    }
}

/// What is left of the stages at their end.
pub(crate) struct Finished {
    pub(crate) certificate: Vec<u8>,
    pub(crate) serial: Serial,
    pub(crate) plan: Plan,
    pub(crate) findings: Vec<Finding>,
}

fn role(plan: &Plan) -> Role {
    let answers_ocsp = || {
        plan.extensions()
            .iter()
            .any(|extension| extension.oid == oid::OCSP_NO_CHECK)
    };
    match plan.kind() {
        Kind::Root => Role::Root,
        Kind::Intermediate => Role::Intermediate,
        Kind::Leaf if answers_ocsp() => Role::OcspResponder,
        Kind::Leaf => Role::Leaf,
    }
}

/// Whether an error leaves no doubt that nobody has a signature: it was decided in this process, before anything was
/// sent, or the key itself is in this process.
///
/// A refusal by the TPM is not such a proof. Error responses carry no HMAC, so that somebody on the way could keep the
/// signature and send "wrong authorization" or "lockout" in its place; and the refusal may be info a second try, after
/// the connection was lost when the first was under way.
fn was_never_signed(error: &SignError) -> bool {
    matches!(
        error,
        SignError::Unsupported { .. }
            | SignError::Software { .. }
            | SignError::Tpm(TpmError::DigestLength { .. })
    )
}

/// Returns a serial number of 128 random bits behind a 1, so that all have the same length (RFC 5280 section 4.1.2.2 allows 20 octets; the
/// Baseline Requirements want at least 64 random bits).
///
/// # Errors
/// Those of the randomness.
pub fn random_serial(randomness: &dyn Randomness) -> Result<Serial, AuthorityError> {
    let mut octets = [1; 17];
    let [_, random @ ..] = &mut octets;
    randomness.fill(random)?;
    Ok(Serial::from_be_bytes(&octets)?)
}
