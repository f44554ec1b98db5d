//! `init`: what it makes, judged by openssl, and what stays when it fails.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{
        Arc, Barrier, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    thread,
};

use support::{
    DAY, SetClock, assert_sound, audit, csr,
    in_the_middle::{Hook, TPM2_SIGN, code_of, keyring, lost, options},
    now, openssl_text, rows, verify_with_openssl,
};
use tpm2ca_authority::{
    Authority, AuthorityError, CaDirectory, Clock, Environment, InitOptions, Initialized,
    IssueRequest, Keyring, NoAuth, init,
};
use tpm2ca_store::AuditKind;
use tpm2ca_testkit::{Intercept, Swtpm, TempDir, temp_dir};
use tpm2ca_tpm::{Algorithm, Auth, Curve, Tpm, TpmOptions};

fn make(
    folder: &TempDir,
    tpm: &Swtpm,
    options: &InitOptions,
) -> Result<Initialized, AuthorityError> {
    init(
        &CaDirectory::new(folder.path().join("ca")),
        keyring(tpm.tcti()),
        Environment::default(),
        options,
    )
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn every_option_is_in_the_certificates() {
    let (folder, tpm) = (temp_dir(), Swtpm::start());
    let made = make(
        &folder,
        &tpm,
        &InitOptions {
            algorithm: Algorithm::Ecc(Curve::P384),
            root_days: Some(1000),
            intermediate_days: Some(500),
            permit_dns: vec!["example.com".into(), "example.org".into()],
            key_auth: Auth::new(b"a long and random secret".to_vec()),
            crl_url: Some("http://pki.example.com/%.crl".into()),
            tcti: Some(tpm.tcti().to_string()),
            ..options("Acme")
        },
    )
    .unwrap();
    let text = openssl_text(&made.root.certificate);
    for expected in [
        "Issuer: CN = Acme Root CA",
        "Subject: CN = Acme Root CA",
        "CA:TRUE\n",
        "Certificate Sign, CRL Sign",
        "NIST CURVE: P-384",
        "ecdsa-with-SHA384",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert!(!text.contains("CRL Distribution"), "{text}");
    let text = openssl_text(&made.intermediate.certificate);
    for expected in [
        "Issuer: CN = Acme Root CA",
        "Subject: CN = Acme Intermediate CA",
        "CA:TRUE, pathlen:0",
        "Name Constraints: critical",
        "DNS:example.com",
        "DNS:example.org",
        "IP:0.0.0.0/0.0.0.0",
        "URI:http://pki.example.com/root.crl",
        "Certificate Sign, CRL Sign",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    let id_after = |text: &str, heading: &str| {
        let rest = text.split(heading).nth(1).unwrap().trim_start();
        rest.lines()
            .next()
            .unwrap()
            .trim()
            .trim_start_matches("keyid:")
            .to_owned()
    };
    let root_text = openssl_text(&made.root.certificate);
    assert_eq!(
        id_after(&text, "X509v3 Authority Key Identifier:"),
        id_after(&root_text, "X509v3 Subject Key Identifier:")
    );
    for (issued, days) in [(&made.root, 1000), (&made.intermediate, 500)] {
        let left = issued.validity.not_after - now();
        assert!((days * DAY - 120..=days * DAY).contains(&left), "{left}");
        assert!(issued.validity.not_before < now());
    }

    let ca = folder.path().join("ca");
    verify_with_openssl(
        &ca.join("root.crt"),
        &ca.join("root.crt"),
        &made.intermediate.certificate,
    );
    verify_with_openssl(
        &ca.join("root.crt"),
        &ca.join("root.crt"),
        &made.root.certificate,
    );
    // The keys are loaded still: nobody is asked for their value again.
    let authority = made.authority;
    let request = csr("www.example.com");
    let issued = authority
        .issue(&IssueRequest::new(&request, "server", "test"))
        .unwrap();
    verify_with_openssl(
        &ca.join("root.crt"),
        &ca.join("intermediate.crt"),
        &issued.certificate,
    );
    let outside = csr("www.example.net");
    let error = authority
        .issue(&IssueRequest::new(&outside, "server", "test"))
        .unwrap_err();
    assert!(
        error.is_refusal() && error.to_string().contains("example.net"),
        "{error}"
    );
    assert_eq!(audit(authority.store(), AuditKind::Refused).len(), 1);
    assert_sound(&authority, 0);
    assert_eq!(rows(authority.store()).len(), 3);
    drop(authority);
    let again = Authority::open(
        CaDirectory::new(&ca),
        keyring(tpm.tcti()),
        Environment::default(),
    )
    .unwrap();
    assert_sound(&again, 0);
    assert!(matches!(
        again.issuer(None),
        Err(AuthorityError::KeyAuth { .. })
    ));
}

#[test]
fn files_have_their_modes_and_no_others_are_there() {
    let (folder, tpm) = (temp_dir(), Swtpm::start());
    drop(make(&folder, &tpm, &options("Acme")).unwrap());
    let ca = folder.path().join("ca");
    let mode = |name: &str| fs::metadata(ca.join(name)).unwrap().permissions().mode() & 0o777;
    for (name, expected) in [
        ("", 0o700),
        ("profiles", 0o700),
        ("crl", 0o700),
        ("ca.toml", 0o644),
        ("root.key", 0o600),
        ("intermediate.key", 0o600),
        ("records.db", 0o600),
        ("root.crt", 0o644),
        ("intermediate.crt", 0o644),
        ("chain.crt", 0o644),
    ] {
        assert_eq!(mode(name), expected, "{name}");
    }
    assert_eq!(names(&ca).len(), 9, "{:?}", names(&ca));
    let text = fs::read_to_string(ca.join("chain.crt")).unwrap();
    assert_eq!(text.matches("BEGIN CERTIFICATE").count(), 2);
}

#[test]
fn what_the_profiles_refuse_is_refused_before_anything_is_made() {
    let (folder, tpm) = (temp_dir(), Swtpm::start());
    for wrong in [
        InitOptions {
            root_days: Some(0),
            ..options("Acme")
        },
        InitOptions {
            intermediate_days: Some(1_000_000),
            ..options("Acme")
        },
        InitOptions {
            permit_dns: vec!["no name".into()],
            ..options("Acme")
        },
        InitOptions {
            crl_url: Some("pki.example.com".into()),
            ..options("Acme")
        },
        options(&"x".repeat(60)),
    ] {
        let before = tpm.log();
        let error = make(&folder, &tpm, &wrong).err().unwrap();
        assert!(
            matches!(
                error,
                AuthorityError::Refused(_) | AuthorityError::Url { .. } | AuthorityError::X509(_)
            ),
            "{error:?}"
        );
        assert_eq!(names(folder.path()).len(), 0, "{error}");
        assert_eq!(tpm.log(), before, "the TPM was not even looked for");
    }
    // A profile that is there beforehand counts from the first certificate on.
    let profiles = folder.path().join("ca/profiles");
    fs::create_dir_all(&profiles).unwrap();
    fs::write(
        profiles.join("x.toml"),
        "[profile.intermediate]\nmax_days = 10\ndays = 10\n",
    )
    .unwrap();
    let made = make(&folder, &tpm, &options("Acme")).unwrap();
    let left = made.intermediate.validity.not_after - now();
    assert!(left <= 10 * DAY, "{left}");
}

#[test]
fn a_directory_that_is_in_use_is_left_alone() {
    let (folder, tpm) = (temp_dir(), Swtpm::start());
    drop(make(&folder, &tpm, &options("Acme")).unwrap());
    let error = make(&folder, &tpm, &options("Other")).err().unwrap();
    assert!(
        matches!(
            error,
            AuthorityError::DirectoryInUse {
                half_made: false,
                ..
            }
        ),
        "{error:?}"
    );
    let ca = folder.path().join("ca");
    // As after a crash of `init`.
    fs::remove_file(ca.join("ca.toml")).unwrap();
    for left in ["chain.crt", "records.db"] {
        let before = names(&ca);
        let error = make(&folder, &tpm, &options("Other")).err().unwrap();
        assert!(
            matches!(
                error,
                AuthorityError::DirectoryInUse {
                    half_made: true,
                    ..
                }
            ),
            "{error:?}"
        );
        assert!(error.hint().is_some());
        assert_eq!(names(&ca), before);
        fs::remove_file(ca.join(left)).unwrap();
    }
}

/// Everything it sends to the TPM is cut off once: it takes back what it made, and nothing else.
#[test]
fn whenever_it_fails_only_its_own_files_go() {
    let tpm = Swtpm::start();
    let folder = temp_dir();
    let ca = folder.path().join("ca");
    fs::create_dir(&ca).unwrap();
    fs::write(ca.join("notes.txt"), "precious").unwrap();
    let attempt = |fail_at: usize| {
        let mut signatures = 0;
        let hook: Box<Hook> = Box::new(move |command, tpm| {
            if code_of(command) == TPM2_SIGN {
                signatures += 1;
            }
            if signatures >= fail_at {
                return Err(lost());
            }
            tpm.transact(command)
        });
        let hook = Mutex::new(hook);
        let connector = Intercept::new(tpm.tcti().connector(), move |command, tpm| {
            (hook.lock().unwrap())(command, tpm)
        });
        let patience = std::time::Duration::from_millis(50);
        let options_of_tpm = TpmOptions {
            patience,
            ..TpmOptions::default()
        };
        let tpm = Tpm::with_connector(Box::new(connector), options_of_tpm).unwrap();
        init(
            &CaDirectory::new(&ca),
            Keyring::with_tpm(tpm, Box::new(NoAuth)),
            Environment::default(),
            &options("Acme"),
        )
    };
    // Two requests and two certificates.
    for fail_at in 1..=4 {
        let error = attempt(fail_at).err().unwrap();
        assert!(matches!(error, AuthorityError::Signature(_)), "{error:?}");
        assert_eq!(names(&ca), ["notes.txt".to_owned()].into(), "{fail_at}");
    }
    let made = attempt(5).unwrap();
    assert_sound(&made.authority, 0);
    assert_eq!(
        fs::read_to_string(ca.join("notes.txt")).unwrap(),
        "precious"
    );
}

/// Of two that begin at the same time, one makes the CA, and the other's failure does not touch it.
#[test]
fn two_at_the_same_time() {
    let (folder, tpms) = (temp_dir(), [Swtpm::start(), Swtpm::start()]);
    let barrier = Barrier::new(2);
    let outcomes: Vec<bool> = thread::scope(|scope| {
        let both: Vec<_> = tpms
            .iter()
            .map(|tpm| {
                let (folder, barrier) = (&folder, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    match make(folder, tpm, &options("Acme")) {
                        Ok(made) => {
                            assert_sound(&made.authority, 0);
                            true
                        }
                        Err(AuthorityError::DirectoryInUse { .. }) => false,
                        Err(error) => panic!("{error}"),
                    }
                })
            })
            .collect();
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let winner = outcomes.iter().position(|won| *won).unwrap();
    assert!(!outcomes[1 - winner]);
    let authority = Authority::open(
        CaDirectory::new(folder.path().join("ca")),
        keyring(tpms[winner].tcti()),
        Environment::default(),
    )
    .unwrap();
    let request = csr("www.example.com");
    authority
        .issue(&IssueRequest::new(&request, "server", "test"))
        .unwrap();
    assert_sound(&authority, 0);
}

#[test]
fn without_a_tpm_nothing_is_made() {
    let folder = temp_dir();
    for keyring in [
        keyring("swtpm:host=127.0.0.1,port=1".parse().unwrap()),
        support::no_tpm(),
    ] {
        let directory = CaDirectory::new(folder.path().join("a/b/ca"));
        assert!(
            init(
                &directory,
                keyring,
                Environment::default(),
                &options("Acme")
            )
            .is_err()
        );
        assert_eq!(names(folder.path()).len(), 0);
    }
}

/// With RSA, and a clock of its own.
#[test]
fn rsa_keys_and_another_time() {
    let (folder, tpm) = (temp_dir(), Swtpm::start());
    let clock = SetClock(AtomicI64::new(0));
    clock.0.store(2_600_000_000, Ordering::SeqCst);
    let made = init(
        &CaDirectory::new(folder.path().join("ca")),
        keyring(tpm.tcti()),
        Environment {
            clock: Arc::new(clock) as Arc<dyn Clock>,
            ..Environment::default()
        },
        &InitOptions {
            algorithm: Algorithm::Rsa { bits: 2048 },
            ..options("Acme")
        },
    )
    .unwrap();
    // 2052: times after 2049 have another form.
    let text = openssl_text(&made.intermediate.certificate);
    assert!(
        text.contains("Not Before: May 22") && text.contains("2052 GMT"),
        "{text}"
    );
    assert!(text.contains("sha256WithRSAEncryption"), "{text}");
    assert_sound(&made.authority, 0);
}
