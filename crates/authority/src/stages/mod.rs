//! The stages of one certificate, from the draft to the record.
//!
//! Each is a value that only the stage before it can make, and that the stage after it takes away. The stages before
//! these are [`tpm2ca_x509::Csr`], [`tpm2ca_keys::VerifiedCsr`] and [`tpm2ca_profile::Plan`]. All along they carry the
//! issuer that the draft was made for, so that no other can sign it.

use tpm2ca_keys::{Digest, SignError, VerifiedCsr};
use tpm2ca_lint::{Context, Finding, Linted, Linter, Role};
use tpm2ca_profile::{Kind, Plan};
use tpm2ca_store::{NewReservation, Recorded, Reserved as Reservation, Store};
use tpm2ca_tpm::TpmError;
use tpm2ca_x509::{
    Certificate, CertificateFields, Extension, Serial, TbsCertificate, UnixTime, assemble, ext, oid,
};

use crate::{
    AuthorityError, Checkpoint, Environment, Issuer, Randomness, issuer::Signing, sha256::sha256,
};

#[cfg(test)]
mod tests;

/// The bytes that are to be signed, as planned and completed by the issuer: serial number, key identifiers,
/// and where to find the CRL and the issuer's certificate.
pub struct Draft<'i> {
    tbs: Vec<u8>,
    subject_key_identifier: [u8; 20],
    about: About<'i>,
}

/// What all stages know.
struct About<'i> {
    issuer: &'i Issuer,
    signing: Signing,
    serial: Serial,
    plan: Plan,
}

impl<'i> Draft<'i> {
    /// Completes a plan for the holder of the key in `request`.
    pub(crate) fn new(
        plan: Plan,
        request: &VerifiedCsr<'_>,
        issuer: &'i Issuer,
        signing: Signing,
        randomness: &dyn Randomness,
    ) -> Result<Self, AuthorityError> {
        let serial = random_serial(randomness)?;
        let key = request.public_key();
        let subject_key_identifier = key.key_identifier();
        let mut extensions: Vec<Extension> = plan.extensions().to_vec();
        extensions.push(ext::subject_key_identifier(&subject_key_identifier));
        extensions.extend_from_slice(issuer.extensions());
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

    /// Lints exactly these bytes.
    pub(crate) fn check(self, linter: &Linter) -> Result<Checked<'i>, AuthorityError> {
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
pub struct Checked<'i> {
    linted: Linted,
    about: About<'i>,
}

impl<'i> Checked<'i> {
    /// Reserves the serial number together with the digest of the bytes; durable when this returns.
    pub(crate) fn reserve(
        self,
        store: &dyn Store,
        environment: &Environment,
        requester: &str,
        at: UnixTime,
    ) -> Result<Reserved<'i>, AuthorityError> {
        let Self { linted, about } = self;
        // The records are to say what the certificate says, not what was asked for.
        let tbs = TbsCertificate::parse(linted.tbs())?;
        let names: Vec<String> = tbs
            .general_names()?
            .iter()
            .map(ToString::to_string)
            .collect();
        let validity = tbs.validity();
        environment.checkpoints.reached(Checkpoint::BeforeReserve);
        let reservation = store.reserve(&NewReservation {
            issuer: about.issuer.id(),
            serial: about.serial.as_be_bytes(),
            tbs_sha256: sha256(linted.tbs()),
            requester,
            profile: about.plan.profile(),
            subject: &tbs.subject().to_string(),
            names: &names,
            not_before: validity.not_before,
            not_after: validity.not_after,
            at,
        })?;
        environment.checkpoints.reached(Checkpoint::AfterReserve);
        Ok(Reserved {
            reservation,
            linted,
            about,
        })
    }
}

/// Linted bytes under a durable reservation: the only thing that is ever signed.
pub struct Reserved<'i> {
    reservation: Reservation,
    linted: Linted,
    about: About<'i>,
}

impl<'i> Reserved<'i> {
    /// Asks the issuer's key for the signature, which is verified before it comes back.
    ///
    /// When the key was certainly not used, the reservation is released; when it cannot be known whether a signature
    /// was made, it stays, is listed, and can be revoked.
    pub(crate) fn sign(
        self,
        store: &dyn Store,
        environment: &Environment,
    ) -> Result<Signed<'i>, AuthorityError> {
        let Self {
            reservation,
            linted,
            about,
        } = self;
        environment.checkpoints.reached(Checkpoint::BeforeSign);
        let Signing { algorithm, hash } = about.signing;
        let digest = Digest::of(hash, linted.tbs());
        match about.issuer.signer().sign(algorithm, &digest) {
            Ok(signature) => {
                environment.checkpoints.reached(Checkpoint::AfterSign);
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
pub struct Signed<'i> {
    certificate: Vec<u8>,
    reservation: Reservation,
    findings: Vec<Finding>,
    about: About<'i>,
}

/// What is left of the stages when the record is durable.
pub(crate) struct Finished {
    pub(crate) certificate: Vec<u8>,
    pub(crate) serial: Serial,
    pub(crate) plan: Plan,
    pub(crate) findings: Vec<Finding>,
}

impl Signed<'_> {
    /// Records certificate and audit entry in one durable commit.
    pub(crate) fn record(
        self,
        store: &dyn Store,
        environment: &Environment,
    ) -> Result<Finished, AuthorityError> {
        let Self {
            certificate,
            reservation,
            findings,
            about,
        } = self;
        // The assembled bytes must read back; an encoder's mistake ends here.
        Certificate::parse(&certificate)?;
        environment.checkpoints.reached(Checkpoint::BeforeRecord);
        // `Recorded` is the store's word that the certificate may be handed out.
        let _recorded: Recorded =
            store.record(reservation, &certificate, environment.clock.now())?;
        environment.checkpoints.reached(Checkpoint::AfterRecord);
        Ok(Finished {
            certificate,
            serial: about.serial,
            plan: about.plan,
            findings,
        })
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
fn random_serial(randomness: &dyn Randomness) -> Result<Serial, AuthorityError> {
    let mut octets = [1; 17];
    let [_, random @ ..] = &mut octets;
    randomness.fill(random)?;
    Ok(Serial::from_be_bytes(&octets)?)
}
