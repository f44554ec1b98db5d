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
use tpm2ca_openssl_ca::config::oneline;
use tpm2ca_openssl_x509v3::Objects;
use tpm2ca_profile::{Kind, Plan};
use tpm2ca_store::{Claim, Holder, NewReservation, Recorded, Reserved as Reservation, Store};
use tpm2ca_tpm::TpmError;
use tpm2ca_x509::{
    Certificate, CertificateFields, Extension, Name, Serial, TbsCertificate, UnixTime, Validity,
    assemble, ext, oid,
};

use crate::{
    AuthorityError, Checkpoint, Environment, Issuer, Randomness, issuer::Signing, sha256::sha256,
};

#[cfg(test)]
mod tests;

/// The bytes that are to be signed, as planned and completed by the issuer: serial number, key identifiers,
/// and where to find the CRL and the issuer's certificate.
pub struct Draft {
    tbs: Vec<u8>,
    subject_key_identifier: [u8; 20],
    about: About,
}

/// What all stages know.
struct About {
    issuer: Arc<Issuer>,
    signing: Signing,
    serial: Serial,
    plan: Plan,
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
            about: About {
                issuer,
                signing,
                serial,
                plan,
            },
        })
    }

    /// A plan that leaves nothing to complete but the serial number and the issuer's name, for a certificate that
    /// `issuer` signs, or that is its own issuer.
    pub(crate) fn as_planned(
        plan: Plan,
        request: &VerifiedCsr<'_>,
        issuer: Arc<Issuer>,
        signing: Signing,
        serial: Serial,
    ) -> Result<Self, AuthorityError> {
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
            about: About {
                issuer,
                signing,
                serial,
                plan,
            },
        })
    }

    /// Lints exactly these bytes.
    pub(crate) fn check(self, linter: &Linter) -> Result<Checked, AuthorityError> {
        let Self {
            tbs,
            subject_key_identifier,
            about,
        } = self;
        let is_root = about.plan.kind() == Kind::Root;
        let context = Context {
            role: role(&about.plan),
            issuer: (!is_root).then(|| about.issuer.facts().for_lints()),
            signature_algorithm: about.signing.algorithm,
            subject_key_identifier: Some(&subject_key_identifier),
        };
        let linted = linter
            .check(tbs, &context)
            .map_err(|rejected| AuthorityError::Lint(Box::new(rejected)))?;
        Ok(Checked { linted, about })
    }
}

/// Linted bytes; nothing is on disk yet.
pub struct Checked {
    linted: Linted,
    about: About,
}

impl Checked {
    /// Reserves the serial number together with the digest of the bytes; durable when `done` gets it.
    pub(crate) fn reserve(
        self,
        store: &dyn Store,
        environment: &Environment,
        requester: &str,
        claim: Claim,
        at: UnixTime,
        done: impl FnOnce(Result<Reserved, AuthorityError>) + Send + 'static,
    ) {
        let Self { linted, about } = self;
        // The records are to say what the certificate says, not what was asked for.
        let said = match Said::by(linted.tbs(), &about) {
            Ok(said) => said,
            Err(error) => return done(Err(error.into())),
        };
        let (issuer, serial) = (about.issuer.id(), about.serial.clone());
        let profile = about.plan.profile().to_owned();
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
                    Ok(reservation) => Ok(Reserved {
                        reservation,
                        linted,
                        about,
                    }),
                    Err(error) => Err(error.into()),
                });
            }),
        );
    }
}

/// What a certificate says of its holder, as the records will have it.
struct Said {
    subject_der: Vec<u8>,
    spki_der: Vec<u8>,
    /// True for a CA, also for one that does not say so: a root of version 1.
    is_ca: bool,
    subject: String,
    names: Vec<String>,
    validity: Validity,
}

impl Said {
    fn by(tbs: &[u8], about: &About) -> Result<Self, tpm2ca_x509::Error> {
        let tbs = TbsCertificate::parse(tbs)?;
        let names = tbs.general_names()?;
        Ok(Self {
            is_ca: about.plan.kind().is_ca() || tbs.is_ca(),
            subject: match about.plan.subject_line() {
                Some(line) => listed(line.to_owned(), &about.serial),
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
pub struct Reserved {
    reservation: Reservation,
    linted: Linted,
    about: About,
}

impl Reserved {
    /// Asks the issuer's key for the signature; `done` gets it to check it.
    pub(crate) fn sign(
        self,
        environment: &Environment,
        done: impl FnOnce(Answered) + Send + 'static,
    ) {
        environment.checkpoints.reached(Checkpoint::AfterReserve);
        environment.checkpoints.reached(Checkpoint::BeforeSign);
        let Signing { algorithm, hash } = self.about.signing;
        let digest = Digest::of(hash, self.linted.tbs());
        let issuer = Arc::clone(&self.about.issuer);
        issuer.signer().sign_then(
            algorithm,
            digest,
            Box::new(move |answer| {
                done(Answered {
                    reserved: self,
                    answer,
                });
            }),
        );
    }
}

/// What the key answered; not believed yet.
pub struct Answered {
    reserved: Reserved,
    answer: Result<MadeSignature, SignError>,
}

impl Answered {
    /// Verifies the signature.
    ///
    /// When the key was certainly not used, the reservation is released; when it cannot be known whether a signature
    /// was made, it stays, is listed, and can be revoked.
    pub(crate) fn verify(
        self,
        store: &dyn Store,
        environment: &Environment,
    ) -> Result<Signed, AuthorityError> {
        let Self { reserved, answer } = self;
        let Reserved {
            reservation,
            linted,
            about,
        } = reserved;
        match answer.and_then(|made| made.check(about.issuer.signer())) {
            Ok(signature) => {
                environment.checkpoints.reached(Checkpoint::AfterSign);
                let algorithm = about.signing.algorithm;
                Ok(Signed {
                    certificate: assemble(linted.tbs(), algorithm, signature.bytes()),
                    reservation,
                    findings: linted.warnings().to_vec(),
                    about,
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
pub struct Signed {
    certificate: Vec<u8>,
    reservation: Reservation,
    findings: Vec<Finding>,
    about: About,
}

impl Signed {
    /// Records certificate and audit entry in one durable commit.
    pub(crate) fn record(
        self,
        store: &dyn Store,
        environment: &Environment,
        done: impl FnOnce(Result<Kept, AuthorityError>) + Send + 'static,
    ) {
        let Self {
            certificate,
            reservation,
            findings,
            about,
        } = self;
        // The assembled bytes must read back; an encoder's mistake ends here.
        if let Err(error) = Certificate::parse(&certificate) {
            return done(Err(error.into()));
        }
        environment.checkpoints.reached(Checkpoint::BeforeRecord);
        let der = certificate.clone();
        let About { serial, plan, .. } = about;
        store.record_async(
            reservation,
            &der,
            None,
            environment.clock.now(),
            // `Recorded` is the store's word that the certificate may be handed out.
            Box::new(move |recorded: Result<Recorded, _>| {
                done(match recorded {
                    Ok(_) => Ok(Kept(Finished {
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
pub struct Kept(Finished);

impl Kept {
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

/// The subject as index.txt is to have it: for an empty one the serial number, as `openssl ca` does.
pub(crate) fn listed_subject(subject: &Name, serial: &Serial, objects: &Objects) -> String {
    listed(oneline(subject, objects), serial)
}

fn listed(line: String, serial: &Serial) -> String {
    if line.is_empty() {
        serial.to_string().to_uppercase()
    } else {
        line
    }
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
/// signature and send "wrong authorization" or "lockout" in its place; and the refusal may be about a second try, after
/// the connection was lost when the first was under way.
fn was_never_signed(error: &SignError) -> bool {
    matches!(
        error,
        SignError::Unsupported { .. }
            | SignError::Software { .. }
            | SignError::Tpm(TpmError::DigestLength { .. })
    )
}

/// 128 random bits behind a 1, so that all have the same length (RFC 5280 section 4.1.2.2 allows 20 octets; the
/// Baseline Requirements want at least 64 random bits).
pub(crate) fn random_serial(randomness: &dyn Randomness) -> Result<Serial, AuthorityError> {
    let mut octets = [1; 17];
    let [_, random @ ..] = &mut octets;
    randomness.fill(random)?;
    Ok(Serial::from_be_bytes(&octets)?)
}
