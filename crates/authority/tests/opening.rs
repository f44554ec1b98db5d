//! What a directory can have wrong, found out when it is opened and told with its place.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    fs,
    os::unix::fs::symlink,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use support::{
    Ca, ca_certificate, csr, generate,
    in_the_middle::{TpmCa, keyring},
    issuer_config, no_tpm, rows,
};
use tpm2ca_authority::{
    AuthSource, Authority, AuthorityError, CaDirectory, Environment, ErrorClass, InitOptions,
    IssueRequest, Keyring, init,
};
use tpm2ca_keys::KeyAlgorithm;
use tpm2ca_testkit::{Swtpm, temp_dir};
use tpm2ca_tpm::{Auth, TpmOptions};
use tpm2ca_x509::pem;

fn open(ca: &Ca) -> Result<Authority, AuthorityError> {
    Authority::open(ca.directory(), no_tpm(), Environment::default())
}

/// The error of an issuance, which must not have left anything.
fn issue_fails(ca: &Ca) -> AuthorityError {
    let authority = open(ca).unwrap();
    let request = csr("www.example.com");
    let error = authority
        .issue(&IssueRequest::new(&request, "server", "test"))
        .unwrap_err();
    assert_eq!(rows(authority.store()).len(), 0, "{error}");
    error
}

#[test]
fn no_ca() {
    let folder = temp_dir();
    for path in [folder.path().to_owned(), folder.path().join("absent")] {
        let opened = Authority::open(CaDirectory::new(&path), no_tpm(), Environment::default());
        let error = opened.err().unwrap();
        assert!(matches!(error, AuthorityError::NoCa(_)), "{error:?}");
        assert!(error.hint().unwrap().contains("tpm2ca init"));
    }
}

#[test]
fn bad_urls_and_issuers_that_are_not_there() {
    let ca = Ca::new();
    let good = ca.config();
    let complaint = |ca: &Ca| {
        let error = open(ca).err().unwrap();
        assert!(matches!(error, AuthorityError::Config { .. }), "{error:?}");
        assert!(error.hint().is_some(), "{error}");
        assert!(error.to_string().contains("ca.toml"), "{error}");
        error.to_string()
    };
    for (url, problem) in [
        ("pki.example.com/x.crl", "is not a whole URL"),
        ("ftp://pki.example.com/x.crl", "is neither http nor ldap"),
        ("http://pki.example.com/a b", "must be escaped"),
    ] {
        let mut config = good.clone();
        config.issuer.get_mut("intermediate").unwrap().crl_urls = vec![url.to_owned()];
        ca.write_config(&config);
        let said = complaint(&ca);
        assert!(
            said.contains("issuer.intermediate.crl_urls") && said.contains(problem),
            "{said}"
        );
    }
    ca.write_config(&good);
    ca.change_config(|config| {
        config
            .issuer
            .insert("other".into(), issuer_config("other", None));
    });
    assert!(complaint(&ca).contains("the records know no issuer `other`"));
    ca.write_config(&good);
    open(&ca).unwrap();
}

#[test]
fn profiles_that_refer_to_what_is_not_there() {
    let ca = Ca::new();
    for (text, said) in [
        ("[profile.web]\nbase = \"servre\"\n", "servre"),
        (
            "[profile.server]\nextended_key_usage = [\"serverAuht\"]\n",
            "serverAuht",
        ),
        ("[profile.server]\ndais = 3\n", "dais"),
    ] {
        fs::write(ca.path("profiles/web.toml"), text).unwrap();
        let error = open(&ca).err().unwrap();
        assert!(matches!(error, AuthorityError::Profile(_)), "{error:?}");
        let message = error.to_string();
        assert!(
            message.contains("web.toml") && message.contains(said),
            "{message}"
        );
        assert!(error.hint().is_some(), "{message}");
    }
    fs::remove_file(ca.path("profiles/web.toml")).unwrap();
    // What editors leave beside a file that is open is no profile.
    symlink("user@host.1234", ca.path("profiles/.#web.toml")).unwrap();
    fs::write(ca.path("profiles/web.toml~"), "nonsense").unwrap();
    assert!(open(&ca).is_ok());
}

#[test]
fn a_key_that_belongs_to_another_certificate() {
    let ca = Ca::new();
    fs::copy(ca.path("root.key"), ca.path("intermediate.key")).unwrap();
    let error = issue_fails(&ca);
    assert!(
        matches!(error, AuthorityError::KeyMismatch { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("intermediate.crt"), "{error}");
    assert!(error.hint().is_some());
}

/// Key and certificate fit one another, but they are not those of this CA's records.
#[test]
fn an_issuer_that_the_records_know_as_somebody_else() {
    for (name, keep_key) in [("Intermediate", false), ("Somebody else", true)] {
        let ca = Ca::new();
        let key = if keep_key {
            let text = fs::read(ca.path("intermediate.key")).unwrap();
            tpm2ca_keys::SoftwareKey::from_pkcs8_pem(&text).unwrap()
        } else {
            fs::remove_file(ca.path("intermediate.key")).unwrap();
            let key = generate(KeyAlgorithm::P256);
            key.write_new(&ca.path("intermediate.key")).unwrap();
            key
        };
        let root = fs::read(ca.path("root.key")).unwrap();
        let root = tpm2ca_keys::SoftwareKey::from_pkcs8_pem(&root).unwrap();
        let der = ca_certificate(&key, name, Some((&root, "Root")));
        fs::write(
            ca.path("intermediate.crt"),
            pem::encode("CERTIFICATE", &der),
        )
        .unwrap();
        let error = issue_fails(&ca);
        assert!(
            matches!(error, AuthorityError::IssuerCertificate { .. }),
            "{error:?}"
        );
        assert!(error.hint().is_some());
        // The deep check says so without anybody having issued anything.
        let problems = open(&ca).unwrap().check().unwrap().problems;
        assert!(
            problems
                .iter()
                .any(|problem| problem.contains("intermediate")),
            "{problems:?}"
        );
    }
}

#[test]
fn certificates_that_cannot_be_an_issuers() {
    let ca = Ca::new();
    let authority = open(&ca).unwrap();
    let request = csr("www.example.com");
    let leaf = authority
        .issue(&IssueRequest::new(&request, "server", "test"))
        .unwrap();
    drop(authority);
    for (text, said) in [
        (
            pem::encode("CERTIFICATE", &leaf.certificate),
            "not a CA certificate",
        ),
        ("nothing".to_owned(), "intermediate.crt"),
        (
            pem::encode("CERTIFICATE", b"\x30\x03\x02\x01\x05"),
            "intermediate.crt",
        ),
    ] {
        fs::write(ca.path("intermediate.crt"), text).unwrap();
        let error = open(&ca).unwrap().issuer(None).err().unwrap();
        assert!(
            matches!(error, AuthorityError::IssuerCertificate { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains(said), "{error}");
    }
    fs::remove_file(ca.path("intermediate.crt")).unwrap();
    let error = open(&ca).unwrap().issuer(None).err().unwrap();
    assert!(
        matches!(error, AuthorityError::File { action: "read", .. }),
        "{error:?}"
    );
}

#[test]
fn unknown_issuers_are_told_with_those_there_are() {
    let ca = Ca::new();
    let authority = open(&ca).unwrap();
    for error in [
        authority.issuer(Some("rot")).err().unwrap(),
        authority.chain("rot").unwrap_err(),
        authority.crl(Some("rot"), None, "test").unwrap_err(),
        authority.ocsp_responder(Some("rot"), "test").err().unwrap(),
    ] {
        assert!(
            matches!(error, AuthorityError::UnknownIssuer { .. }),
            "{error:?}"
        );
        assert_eq!(error.hint().unwrap(), "there are: intermediate, root");
    }
}

/// A TPM that was not there yet when it was first asked for is found later, with the same options.
#[test]
fn a_tpm_that_comes_later() {
    let mut ca = TpmCa::new();
    let receipts = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&receipts);
    let options = TpmOptions {
        observer: Some(Box::new(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        })),
        ..TpmOptions::default()
    };
    let keyring = Keyring::new(
        Some(ca.swtpm.tcti()),
        options,
        Box::new(tpm2ca_authority::NoAuth),
    );
    let authority = Authority::open(ca.directory(), keyring, Environment::default()).unwrap();
    ca.swtpm.kill();
    for _ in 0..2 {
        let error = authority.issuer(None).err().unwrap();
        assert_eq!(error.class(), ErrorClass::TpmUnavailable, "{error:?}");
    }
    ca.swtpm.restart();
    authority.issuer(None).unwrap();
    assert!(
        receipts.load(Ordering::SeqCst) > 0,
        "the observer is still told"
    );
}

/// Counts how often somebody has to type in the value.
struct Typing(Arc<Mutex<Vec<&'static [u8]>>>, Arc<AtomicUsize>);

impl AuthSource for Typing {
    fn key_auth(&self, _: &std::path::Path) -> Result<Auth, String> {
        self.1.fetch_add(1, Ordering::SeqCst);
        let value = self.0.lock().unwrap().pop().ok_or("nobody is there")?;
        Ok(Auth::new(value.to_vec()))
    }
}

#[test]
fn a_key_is_loaded_once_however_many_want_it_and_again_after_a_mistake() {
    let (folder, tpm) = (temp_dir(), Swtpm::start());
    let directory = CaDirectory::new(folder.path().join("ca"));
    let options = InitOptions {
        key_auth: Auth::new(b"right".to_vec()),
        ..support::in_the_middle::options("Acme")
    };
    drop(
        init(
            &directory,
            keyring(tpm.tcti()),
            Environment::default(),
            &options,
        )
        .unwrap(),
    );
    let asked = Arc::new(AtomicUsize::new(0));
    let answers = Arc::new(Mutex::new(vec![&b"right"[..], b"wrong"]));
    let keyring = Keyring::new(
        Some(tpm.tcti()),
        TpmOptions::default(),
        Box::new(Typing(answers, Arc::clone(&asked))),
    );
    let authority = Authority::open(directory, keyring, Environment::default()).unwrap();
    let error = authority.issuer(None).err().unwrap();
    assert!(matches!(error, AuthorityError::Tpm(_)), "{error:?}");
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| authority.issuer(None).map(drop).unwrap());
        }
    });
    assert_eq!(
        asked.load(Ordering::SeqCst),
        2,
        "one mistake, and then once for all"
    );
    let error = authority.issuer(Some("root")).err().unwrap();
    assert!(matches!(error, AuthorityError::KeyAuth { .. }), "{error:?}");
}
