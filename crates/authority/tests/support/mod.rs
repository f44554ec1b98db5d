//! A CA directory without a TPM: its keys are software keys in files, its certificates are made by hand.
#![allow(dead_code)] // no test file needs all of it

pub(crate) mod failing_store;
pub(crate) mod in_the_middle;

use std::{
    collections::BTreeMap,
    fs,
    ops::ControlFlow,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use serde_json::Value;
use tpm2ca_authority::{
    Authority, CaConfig, CaDirectory, Clock, Environment, FORMAT, IssuerConfig, Keyring, NoAuth,
    SystemClock, TpmConfig,
};
use tpm2ca_keys::{KeyAlgorithm, SoftwareKey};
use tpm2ca_store::{AuditEntry, AuditKind, CertificateRow, Filter, NewIssuer, SqliteStore, Store};
use tpm2ca_testkit::{TempDir, Tool, temp_dir};
use tpm2ca_tpm::TpmOptions;
use tpm2ca_x509::{
    CertificateFields, Extension, GeneralName, Name, Serial, Validity, assemble, ext, pem,
};

pub(crate) const DAY: i64 = 86_400;

/// A root and an intermediate with P-256 keys, valid from yesterday on for ten years.
pub(crate) struct Ca {
    pub(crate) folder: TempDir,
}

impl Ca {
    pub(crate) fn new() -> Self {
        Self::with_keys(KeyAlgorithm::P256)
    }

    pub(crate) fn with_keys(algorithm: KeyAlgorithm) -> Self {
        let ca = Self { folder: temp_dir() };
        let store = SqliteStore::create(&ca.path("records.db")).unwrap();
        let (root_key, key) = (generate(algorithm), generate(algorithm));
        let root = ca_certificate(&root_key, "Root", None);
        let intermediate = ca_certificate(&key, "Intermediate", Some((&root_key, "Root")));
        for (name, key, subject, der) in [
            ("root", &root_key, "Root", &root),
            ("intermediate", &key, "Intermediate", &intermediate),
        ] {
            key.write_new(&ca.path(&format!("{name}.key"))).unwrap();
            fs::write(
                ca.path(&format!("{name}.crt")),
                pem::encode("CERTIFICATE", der),
            )
            .unwrap();
            store
                .add_issuer(&NewIssuer {
                    name,
                    subject_der: Name::common_name(subject).unwrap().as_der(),
                    key_id: &key.public_key().key_identifier(),
                    key: &format!("{name}.key"),
                    pinned_parent: None,
                    certificate_der: Some(der),
                    requester: "fixture",
                    at: now(),
                })
                .unwrap();
        }
        fs::create_dir(ca.path("profiles")).unwrap();
        fs::create_dir(ca.path("crl")).unwrap();
        let config = CaConfig {
            format: FORMAT,
            name: "Test".into(),
            default_issuer: "intermediate".into(),
            tpm: TpmConfig::default(),
            issuer: BTreeMap::from([
                ("root".into(), issuer_config("root", None)),
                (
                    "intermediate".into(),
                    issuer_config("intermediate", Some("root")),
                ),
            ]),
        };
        ca.write_config(&config);
        ca
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn directory(&self) -> CaDirectory {
        CaDirectory::new(self.folder.path())
    }

    pub(crate) fn config(&self) -> CaConfig {
        self.directory().config().unwrap()
    }

    pub(crate) fn write_config(&self, config: &CaConfig) {
        fs::write(self.path("ca.toml"), config.to_toml().unwrap()).unwrap();
    }

    pub(crate) fn change_config(&self, change: impl FnOnce(&mut CaConfig)) {
        let mut config = self.config();
        change(&mut config);
        self.write_config(&config);
    }

    pub(crate) fn open(&self) -> Authority {
        self.open_in(Environment::default())
    }

    pub(crate) fn open_in(&self, environment: Environment) -> Authority {
        Authority::open(self.directory(), no_tpm(), environment).unwrap()
    }

    /// At another time than now.
    pub(crate) fn open_at(&self, time: i64) -> (Authority, Arc<SetClock>) {
        let clock = Arc::new(SetClock(AtomicI64::new(time)));
        let environment = Environment {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ..Environment::default()
        };
        (self.open_in(environment), clock)
    }

    /// What openssl says of a certificate's chain to the root.
    pub(crate) fn openssl_verifies(&self, der: &[u8]) {
        verify_with_openssl(&self.path("root.crt"), &self.path("intermediate.crt"), der);
    }
}

/// `openssl verify` in its strictest mood.
pub(crate) fn verify_with_openssl(
    root: &std::path::Path,
    intermediate: &std::path::Path,
    der: &[u8],
) {
    Tool::openssl("verify")
        .args(["-x509_strict", "-check_ss_sig", "-CAfile"])
        .arg(root)
        .arg("-untrusted")
        .arg(intermediate)
        .input(pem::encode("CERTIFICATE", der))
        .ok();
}

/// `openssl x509 -text`.
pub(crate) fn openssl_text(der: &[u8]) -> String {
    Tool::openssl("x509")
        .args(["-noout", "-text", "-inform", "DER"])
        .input(der)
        .ok()
        .text()
}

/// A clock that stands still until it is set.
pub(crate) struct SetClock(pub(crate) AtomicI64);

impl SetClock {
    pub(crate) fn set(&self, time: i64) {
        self.0.store(time, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

pub(crate) fn no_tpm() -> Keyring {
    Keyring::new(None, TpmOptions::default(), Box::new(NoAuth))
}

pub(crate) fn now() -> i64 {
    SystemClock.now()
}

pub(crate) fn generate(algorithm: KeyAlgorithm) -> SoftwareKey {
    SoftwareKey::generate(algorithm).unwrap()
}

/// A request of a new P-256 key for one host, with the common name of the same.
pub(crate) fn csr(host: &str) -> Vec<u8> {
    csr_of(
        &generate(KeyAlgorithm::P256),
        &format!("/CN={host}"),
        &[host],
    )
}

pub(crate) fn csr_of(key: &SoftwareKey, subject: &str, hosts: &[&str]) -> Vec<u8> {
    let subject = Name::parse(subject).unwrap();
    let names: Vec<_> = hosts
        .iter()
        .map(|host| GeneralName::Dns((*host).to_owned()))
        .collect();
    let san =
        (!names.is_empty()).then(|| ext::subject_alt_name(&names, subject.is_empty()).unwrap());
    key.make_csr(subject.as_der(), san.as_slice()).unwrap()
}

pub(crate) fn rows(store: &dyn Store) -> Vec<CertificateRow> {
    let mut rows = Vec::new();
    let all = Filter {
        now: now(),
        ..Filter::default()
    };
    store
        .list(&all, &mut |row| {
            rows.push(row);
            ControlFlow::Continue(())
        })
        .unwrap();
    rows
}

/// The audit entries of one kind, with their details.
pub(crate) fn audit(store: &dyn Store, kind: AuditKind) -> Vec<(AuditEntry, Value)> {
    let mut entries = Vec::new();
    store
        .audit(0, &mut |entry| {
            if entry.kind == kind {
                let detail = serde_json::from_str(&entry.detail).unwrap();
                entries.push((entry, detail));
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    entries
}

/// Nothing is wrong; so many reservations may have been signed.
pub(crate) fn assert_sound(authority: &Authority, possibly_signed: usize) {
    let report = authority.check().unwrap();
    assert!(
        report.is_clean(),
        "{:?} {:?}",
        report.problems,
        report.records.problems
    );
    assert_eq!(report.verified, report.records.issued);
    assert_eq!(report.records.outstanding.len(), possibly_signed);
}

pub(crate) fn issuer_config(name: &str, parent: Option<&str>) -> IssuerConfig {
    IssuerConfig {
        key: format!("{name}.key"),
        certificate: format!("{name}.crt"),
        parent: parent.map(str::to_owned),
        crl: format!("crl/{name}.crl"),
        crl_days: 7,
        delta_hours: 24,
        crl_shards: 0,
        delta_urls: Vec::new(),
        crl_urls: Vec::new(),
        ocsp_urls: Vec::new(),
        ca_issuers_urls: Vec::new(),
    }
}

/// `above` is key and name of the issuer; none for a root.
pub(crate) fn ca_certificate(
    key: &SoftwareKey,
    name: &str,
    above: Option<(&SoftwareKey, &str)>,
) -> Vec<u8> {
    let validity = Validity {
        not_before: now() - DAY,
        not_after: now() + 3650 * DAY,
    };
    ca_certificate_valid(key, name, above, validity)
}

pub(crate) fn ca_certificate_valid(
    key: &SoftwareKey,
    name: &str,
    above: Option<(&SoftwareKey, &str)>,
    validity: Validity,
) -> Vec<u8> {
    let (signer, issuer) = above.unwrap_or((key, name));
    let algorithm = signer.public_key().algorithm().default_signature();
    let path_len = above.map(|_| 0);
    let extensions: Vec<Extension> = vec![
        ext::basic_constraints(true, path_len),
        ext::key_usage(ext::KeyUsage::KEY_CERT_SIGN | ext::KeyUsage::CRL_SIGN),
        ext::subject_key_identifier(&key.public_key().key_identifier()),
        ext::authority_key_identifier(&signer.public_key().key_identifier()),
    ];
    let tbs = CertificateFields {
        serial: &"0123456789abcdef".parse::<Serial>().unwrap(),
        signature_algorithm: algorithm,
        issuer_der: Name::common_name(issuer).unwrap().as_der(),
        validity,
        subject_der: Name::common_name(name).unwrap().as_der(),
        spki_der: key.public_key().spki_der(),
        extensions: &extensions,
    }
    .to_tbs_der()
    .unwrap();
    let signature = signer.sign_message(algorithm, &tbs).unwrap();
    assemble(&tbs, algorithm, signature.bytes())
}
