//! The stages with a key that can be told what to answer.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::{Arc, Mutex, mpsc};

use tpm2ca_keys::{
    KeyAlgorithm, PublicKey, Signer, SoftwareKey, VerifiedSignature, make_csr, verify_csr,
};
use tpm2ca_profile::{Profiles, Request, SubjectSource};
use tpm2ca_store::{
    CertificateRow, Claim, Filter, IssuerId, NewIssuer, SqliteStore, State, Status,
};
use tpm2ca_x509::{Csr, GeneralName, Name, SignatureAlgorithm};

use super::*;
use crate::{
    Checkpoints, Clock, IssuerConfig, OsRandom, ca_certificate::CaCertificate, keyring::OpenKey,
};

/// A key that can be told what to answer.
struct Puppet {
    key: SoftwareKey,
    answer: Answer,
}

#[derive(Clone, Copy)]
enum Answer {
    Sign,
    /// A signature, but of something else.
    SignSomethingElse,
    /// A signature by another key.
    SignWithAnotherKey,
    Unsupported,
    NoTpm,
    WrongAuth,
}

impl Signer for Puppet {
    fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &Digest,
    ) -> Result<VerifiedSignature, SignError> {
        match self.answer {
            Answer::Sign => self.key.sign(algorithm, digest),
            Answer::SignSomethingElse => {
                let other = Digest::of(digest.hash(), b"something else");
                let made = self.key.sign(algorithm, &other)?;
                VerifiedSignature::check(self, algorithm, digest, made.into_bytes())
            }
            Answer::SignWithAnotherKey => {
                let other = SoftwareKey::generate(KeyAlgorithm::P256).unwrap();
                let made = other.sign(algorithm, digest)?;
                VerifiedSignature::check(self, algorithm, digest, made.into_bytes())
            }
            Answer::Unsupported => Err(SignError::Unsupported {
                signer: self.describe(),
                algorithm,
                reason: "it is a puppet",
            }),
            Answer::NoTpm => Err(SignError::Tpm(TpmError::Stopped)),
            Answer::WrongAuth => Err(SignError::Tpm(TpmError::AuthFailed {
                what: "the key".to_owned(),
                tries_left: Some(1),
                empty: false,
            })),
        }
    }

    fn describe(&self) -> String {
        "puppet".to_owned()
    }
}

/// A clock that goes one second with every look at it.
#[derive(Default)]
struct Ticking(Mutex<UnixTime>);

impl Clock for Ticking {
    fn now(&self) -> UnixTime {
        let mut now = self.0.lock().unwrap();
        *now += 1;
        NOW + *now
    }
}

#[derive(Default)]
struct Seen(Mutex<Vec<Checkpoint>>);

impl Checkpoints for Seen {
    fn reached(&self, point: Checkpoint) {
        self.0.lock().unwrap().push(point);
    }
}

/// Everything that the stages need, and nothing else.
struct Workshop {
    _folder: tempfile::TempDir,
    store: SqliteStore,
    environment: Environment,
    seen: Arc<Seen>,
    issuer: Arc<Issuer>,
}

impl Workshop {
    fn new(answer: Answer) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::create(&folder.path().join("records.db")).unwrap();
        let key = SoftwareKey::generate(KeyAlgorithm::P256).unwrap();
        let subject = Name::common_name("Workshop").unwrap();
        store
            .add_issuer(&NewIssuer {
                name: "root",
                subject_der: subject.as_der(),
                key_id: &key.public_key().key_identifier(),
                key: "root.key",
                pinned_parent: None,
                certificate_der: None,
                requester: "test",
                at: NOW,
            })
            .unwrap();
        let row = store.issuers().unwrap().remove(0);
        let seen = Arc::new(Seen::default());
        let environment = Environment {
            clock: Arc::new(Ticking::default()),
            randomness: Arc::new(OsRandom),
            checkpoints: Arc::clone(&seen) as Arc<dyn Checkpoints>,
        };
        let csr = make_csr(subject.as_der(), &[], &key).unwrap();
        let pem = key.to_pkcs8_pem().unwrap();
        let puppet = |answer| {
            let key = SoftwareKey::from_pkcs8_pem(pem.as_bytes()).unwrap();
            OpenKey::outside_of_a_tpm(Arc::new(Puppet { key, answer }))
        };
        let itself = Issuer::root_to_be(row.id, "root", &subject, puppet(Answer::Sign));
        let root = finish(draft(&csr, "root", &Arc::new(itself)), &store, &environment).unwrap();
        let certificate = CaCertificate::parse(root.certificate).unwrap();
        let issuer = Issuer::new(&row, &config(), certificate, puppet(answer)).unwrap();
        seen.0.lock().unwrap().clear();
        Self {
            _folder: folder,
            store,
            environment,
            seen,
            issuer: Arc::new(issuer),
        }
    }

    /// All stages for a server; the record of it, and what came back.
    fn run(&self) -> (Option<CertificateRow>, Result<Finished, AuthorityError>) {
        let key = SoftwareKey::generate(KeyAlgorithm::P256).unwrap();
        let names = [GeneralName::Dns("www.example.com".into())];
        let san = ext::subject_alt_name(&names, true).unwrap();
        let csr = key.make_csr(Name::empty().as_der(), &[san]).unwrap();
        let draft = draft(&csr, "server", &self.issuer);
        let finished = finish(draft, &self.store, &self.environment);
        let mut rows = Vec::new();
        let filter = Filter {
            now: NOW,
            ..Filter::default()
        };
        self.store
            .list(&filter, &mut |row| {
                rows.push(row);
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        assert!(rows.len() <= 2, "the root's, and the one at most");
        (rows.get(1).cloned(), finished)
    }
}

/// The stages after the draft.
fn finish(
    draft: Draft,
    store: &SqliteStore,
    environment: &Environment,
) -> Result<Finished, AuthorityError> {
    let linted = draft.check(&Linter::new()).unwrap();
    let reserved = wait(|done| linted.reserve(store, environment, "test", Claim::None, NOW, done))?;
    let signed = wait(|done| reserved.sign(environment, done)).verify(store, environment)?;
    let recorded = wait(|done| signed.record(store, environment, done))?;
    Ok(recorded.hand_out(environment))
}

fn wait<T: Send + 'static>(step: impl FnOnce(Box<dyn FnOnce(T) + Send>)) -> T {
    let (told, answer) = mpsc::channel();
    step(Box::new(move |value| told.send(value).unwrap()));
    answer.recv().unwrap()
}

fn draft(csr: &[u8], profile: &str, issuer: &Arc<Issuer>) -> Draft {
    let verified = verify_csr(Csr::parse(csr).unwrap()).unwrap();
    let csr = verified.csr();
    let names = csr.general_names().unwrap();
    let request = Request {
        subject: SubjectSource::Csr(csr.subject_der()),
        names: &names,
        san_der: csr.subject_alt_name_der(),
        spki_der: csr.spki_der(),
        requester: "test",
        days: None,
        not_before: None,
        not_after: None,
        now: NOW,
        requested: csr.extensions(),
        permitted_dns: &[],
    };
    let profiles = Profiles::built_in();
    let view = issuer.facts().view();
    let above = (profile != "root").then_some(&view);
    let plan = profiles
        .get(profile)
        .unwrap()
        .plan(&request, above)
        .unwrap();
    let signing = issuer.signing(None).unwrap();
    Draft::new(plan, &verified, Arc::clone(issuer), signing, &OsRandom).unwrap()
}

fn config() -> IssuerConfig {
    IssuerConfig {
        key: "root.key".into(),
        certificate: "root.crt".into(),
        parent: None,
        crl: "root.crl".into(),
        crl_days: 7,
        delta_hours: 24,
        crl_shards: 0,
        delta_urls: Vec::new(),
        crl_urls: Vec::new(),
        ocsp_urls: Vec::new(),
        ca_issuers_urls: Vec::new(),
    }
}

/// 2027-01-15
const NOW: UnixTime = 1_800_000_000;

#[test]
fn points_are_passed_in_order_and_each_step_has_its_time() {
    let workshop = Workshop::new(Answer::Sign);
    let (row, finished) = workshop.run();
    let (row, finished) = (row.unwrap(), finished.unwrap());
    assert_eq!(*workshop.seen.0.lock().unwrap(), Checkpoint::ALL);
    assert_eq!(row.state, State::Issued);
    assert_eq!(row.serial, finished.serial.as_be_bytes());
    assert_eq!(row.reserved_at, NOW);
    assert!(
        row.issued_at > Some(NOW),
        "the time of the record, not of the question"
    );
}

#[test]
fn a_key_that_was_certainly_not_used_makes_the_reservation_void() {
    let workshop = Workshop::new(Answer::Unsupported);
    let (row, finished) = workshop.run();
    let row = row.unwrap();
    assert!(matches!(
        finished,
        Err(AuthorityError::Signature(SignError::Unsupported { .. }))
    ));
    assert_eq!(row.state, State::Void);
    let report = workshop.store.check().unwrap();
    assert!(report.is_clean(), "{:?}", report.problems);
    assert_eq!(report.outstanding.len(), 0);
    assert_eq!(
        *workshop.seen.0.lock().unwrap(),
        [
            Checkpoint::BeforeReserve,
            Checkpoint::AfterReserve,
            Checkpoint::BeforeSign
        ]
    );
}

/// Whatever else goes wrong, a signature may be somewhere.
#[test]
fn all_other_errors_leave_a_reservation_that_can_be_revoked() {
    for answer in [
        Answer::SignSomethingElse,
        Answer::SignWithAnotherKey,
        Answer::NoTpm,
        Answer::WrongAuth,
    ] {
        let workshop = Workshop::new(answer);
        let (row, finished) = workshop.run();
        let row = row.unwrap();
        let error = finished.err().unwrap();
        assert!(matches!(error, AuthorityError::Signature(_)), "{error:?}");
        assert_eq!(row.status(NOW), Status::Reserved, "{error}");
        assert_eq!(
            workshop.store.certificate_der(row.issuer, &row.serial),
            Ok(None)
        );
        let report = workshop.store.check().unwrap();
        assert!(report.is_clean(), "{:?}", report.problems);
        assert_eq!(report.outstanding.len(), 1);
        revoke(&workshop.store, row.issuer, &row.serial);
    }
}

fn revoke(store: &SqliteStore, issuer: IssuerId, serial: &[u8]) {
    let outcome = store
        .revoke(&tpm2ca_store::NewRevocation {
            issuer,
            serial,
            reason: None,
            invalidity_date: None,
            requester: "test",
            at: NOW,
        })
        .unwrap();
    assert_eq!(outcome.state, State::Reserved);
}
