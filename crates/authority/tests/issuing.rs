//! From a request to a certificate that others accept and the records know.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    collections::HashSet,
    fs,
    sync::{Arc, Mutex},
    thread,
};

use support::{Ca, DAY, SetClock, assert_sound, csr, csr_of, generate, now, openssl_text, rows};
use tpm2ca_authority::{
    AuthorityError, Checkpoint, Checkpoints, Clock, Environment, IssueRequest, OsRandom,
    Randomness, RevokeRequest,
};
use tpm2ca_keys::{Hash, KeyAlgorithm};
use tpm2ca_store::{State, Status};
use tpm2ca_x509::{Certificate, GeneralName, Name, SignatureAlgorithm};

#[test]
fn a_certificate_passes_every_point_and_every_verifier() {
    #[derive(Default)]
    struct Seen(Mutex<Vec<Checkpoint>>);
    impl Checkpoints for Seen {
        fn reached(&self, point: Checkpoint) {
            self.0.lock().unwrap().push(point);
        }
    }
    let ca = Ca::new();
    let seen = Arc::new(Seen::default());
    let authority = ca.open_in(Environment {
        checkpoints: Arc::clone(&seen) as Arc<dyn Checkpoints>,
        ..Environment::default()
    });
    let request = csr("www.example.com");
    let issued = authority
        .issue(&IssueRequest::new(&request, "server", "uid:7"))
        .unwrap();
    assert_eq!(*seen.0.lock().unwrap(), Checkpoint::ALL);
    assert_eq!(issued.issuer, "intermediate");
    ca.openssl_verifies(&issued.certificate);

    let row = authority.find(&issued.serial, None).unwrap();
    assert_eq!(
        (row.state, row.requester.as_str()),
        (State::Issued, "uid:7")
    );
    assert_eq!(row.names, ["DNS:www.example.com"]);
    assert_eq!(
        authority.store().certificate_der(row.issuer, &row.serial),
        Ok(Some(issued.certificate.clone()))
    );
    assert_eq!(
        (row.not_before, row.not_after),
        (issued.validity.not_before, issued.validity.not_after)
    );
    let chain = authority.chain("intermediate").unwrap();
    assert_eq!(
        chain,
        [authority.issuer_certificate("intermediate").unwrap()]
    );
    assert_eq!(authority.chain("root").unwrap(), Vec::<Vec<u8>>::new());
    assert_sound(&authority, 0);
}

/// The profile may change what was asked for, and the operator may too: the records are about the certificate.
#[test]
fn the_records_say_what_the_certificate_says() {
    let ca = Ca::new();
    fs::write(
        ca.path("profiles/web.toml"),
        "[profile.web]\nbase = \"server\"\ncommon_name = \"add\"\nsubject = \"empty\"\ndays = 3\n",
    )
    .unwrap();
    let authority = ca.open();
    let key = generate(KeyAlgorithm::P256);
    let request = csr_of(
        &key,
        "/O=Example/CN=added.example.com",
        &["www.example.com"],
    );
    let issued = authority
        .issue(&IssueRequest::new(&request, "web", "test"))
        .unwrap();
    let row = authority.find(&issued.serial, None).unwrap();
    assert_eq!(row.profile, "web");
    assert_eq!(row.subject, Name::empty().to_string());
    assert_eq!(row.names, ["DNS:www.example.com", "DNS:added.example.com"]);
    let certificate = Certificate::parse(&issued.certificate).unwrap();
    assert_eq!(
        certificate.tbs().general_names().unwrap(),
        [
            GeneralName::Dns("www.example.com".into()),
            GeneralName::Dns("added.example.com".into())
        ]
    );
    let days = issued.validity.not_after - now();
    assert!(
        (3 * DAY - 60..=3 * DAY).contains(&days),
        "its own profile was used"
    );

    let operator = authority
        .issue(&IssueRequest {
            subject: Some(Name::parse("/CN=other.example.com").unwrap()),
            names: Some(vec![GeneralName::Dns("other.example.com".into())]),
            ..IssueRequest::new(&request, "server", "test")
        })
        .unwrap();
    let row = authority.find(&operator.serial, None).unwrap();
    assert_eq!(row.subject, "CN=other.example.com");
    assert_eq!(row.names, ["DNS:other.example.com"]);
    ca.openssl_verifies(&operator.certificate);
}

#[test]
fn urls_of_the_configuration_are_in_the_certificate() {
    let ca = Ca::new();
    ca.change_config(|config| {
        let issuer = config.issuer.get_mut("intermediate").unwrap();
        issuer.crl_urls = vec![
            "http://a.example/1.crl".into(),
            "http://b.example/1.crl".into(),
        ];
        issuer.ocsp_urls = vec!["http://ocsp.example".into()];
        issuer.ca_issuers_urls = vec!["http://a.example/1.crt".into()];
    });
    let request = csr("www.example.com");
    let issued = ca
        .open()
        .issue(&IssueRequest::new(&request, "server", "test"))
        .unwrap();
    let text = openssl_text(&issued.certificate);
    for expected in [
        "URI:http://a.example/1.crl",
        "URI:http://b.example/1.crl",
        "OCSP - URI:http://ocsp.example",
        "CA Issuers - URI:http://a.example/1.crt",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    ca.openssl_verifies(&issued.certificate);
}

#[test]
fn the_hash_can_be_chosen() {
    for (algorithm, names) in [
        (
            KeyAlgorithm::P256,
            [
                "ecdsa-with-SHA256",
                "ecdsa-with-SHA384",
                "ecdsa-with-SHA512",
            ],
        ),
        (
            KeyAlgorithm::Rsa { bits: 2048 },
            [
                "sha256WithRSAEncryption",
                "sha384WithRSAEncryption",
                "sha512WithRSAEncryption",
            ],
        ),
    ] {
        let ca = Ca::with_keys(algorithm);
        let authority = ca.open();
        let request = csr("www.example.com");
        for (md, name) in [Hash::Sha256, Hash::Sha384, Hash::Sha512]
            .into_iter()
            .zip(names)
        {
            let issued = authority
                .issue(&IssueRequest {
                    md: Some(md),
                    ..IssueRequest::new(&request, "server", "test")
                })
                .unwrap();
            let certificate = Certificate::parse(&issued.certificate).unwrap();
            let inside = SignatureAlgorithm::from_der(certificate.tbs().signature_algorithm_der());
            assert_eq!(inside.unwrap().name(), name);
            ca.openssl_verifies(&issued.certificate);
        }
        assert_sound(&authority, 0);
    }
}

/// A key that hashes by itself cannot be asked through a digest.
#[test]
fn an_issuer_that_cannot_sign_digests_is_found_out_before_anything_is_reserved() {
    let ca = Ca::with_keys(KeyAlgorithm::Ed25519);
    let authority = ca.open();
    let request = csr("www.example.com");
    for md in [None, Some(Hash::Sha256)] {
        let error = authority
            .issue(&IssueRequest {
                md,
                ..IssueRequest::new(&request, "server", "test")
            })
            .unwrap_err();
        assert!(
            matches!(error, AuthorityError::KeyCannotSign { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains("Ed25519"), "{error}");
        assert!(error.hint().is_some());
    }
    assert_eq!(rows(authority.store()).len(), 0);
}

#[test]
fn many_threads_get_different_serials() {
    const THREADS: usize = 8;
    const EACH: usize = 50;
    let ca = Ca::new();
    let authority = ca.open();
    let serials = thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|number| {
                let authority = &authority;
                scope.spawn(move || {
                    let request = csr(&format!("host{number}.example.com"));
                    (0..EACH)
                        .map(|_| {
                            authority
                                .issue(&IssueRequest::new(&request, "server", "test"))
                                .unwrap()
                                .serial
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect::<HashSet<_>>()
    });
    assert_eq!(serials.len(), THREADS * EACH);
    let report = authority.check().unwrap();
    assert!(report.is_clean(), "{:?}", report.problems);
    assert_eq!(report.verified, (THREADS * EACH) as u64);
    assert!(
        serials
            .iter()
            .all(|serial| serial.as_be_bytes().len() == 17)
    );
}

/// Gives the same octets several times before it gives others.
struct Repeating {
    given: Mutex<u32>,
    times: u32,
}

impl Randomness for Repeating {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), AuthorityError> {
        let mut given = self.given.lock().unwrap();
        *given += 1;
        if *given <= self.times {
            buffer.fill(0x5a);
            return Ok(());
        }
        OsRandom.fill(buffer)
    }
}

fn with_randomness(randomness: impl Randomness + 'static) -> Environment {
    Environment {
        randomness: Arc::new(randomness),
        ..Environment::default()
    }
}

#[test]
fn a_serial_that_is_taken_is_drawn_again() {
    let ca = Ca::new();
    let authority = ca.open_in(with_randomness(Repeating {
        given: Mutex::new(0),
        times: 3,
    }));
    let request = csr("www.example.com");
    let wish = IssueRequest::new(&request, "server", "test");
    let first = authority.issue(&wish).unwrap();
    let second = authority.issue(&wish).unwrap();
    assert_eq!(first.serial.to_string(), format!("01{}", "5a".repeat(16)));
    assert_ne!(first.serial, second.serial);
    assert_eq!(rows(authority.store()).len(), 2);
    assert_sound(&authority, 0);
}

#[test]
fn randomness_that_only_repeats_or_fails_signs_nothing() {
    struct Broken;
    impl Randomness for Broken {
        fn fill(&self, _: &mut [u8]) -> Result<(), AuthorityError> {
            Err(AuthorityError::Randomness)
        }
    }
    let ca = Ca::new();
    let request = csr("www.example.com");
    let wish = IssueRequest::new(&request, "server", "test");
    let authority = ca.open_in(with_randomness(Repeating {
        given: Mutex::new(0),
        times: u32::MAX,
    }));
    authority.issue(&wish).unwrap();
    let error = authority.issue(&wish).unwrap_err();
    assert!(
        matches!(error, AuthorityError::SerialsRepeat { attempts: 3 }),
        "{error:?}"
    );
    assert!(error.hint().unwrap().contains("not random"));

    let authority = ca.open_in(with_randomness(Broken));
    let error = authority.issue(&wish).unwrap_err();
    assert!(matches!(error, AuthorityError::Randomness), "{error:?}");
    assert_eq!(rows(authority.store()).len(), 1);
    assert_sound(&authority, 0);
}

/// The clock is looked at once for all that is decided, and again for when it is recorded.
#[test]
fn all_times_of_a_certificate_fit_together() {
    struct Jumping(SetClock);
    impl Clock for Jumping {
        fn now(&self) -> i64 {
            self.0
                .0
                .fetch_add(1000, std::sync::atomic::Ordering::SeqCst)
        }
    }
    let ca = Ca::new();
    let start = now();
    let authority = ca.open_in(Environment {
        clock: Arc::new(Jumping(SetClock(start.into()))),
        ..Environment::default()
    });
    let request = csr("www.example.com");
    let issued = authority
        .issue(&IssueRequest::new(&request, "server", "test"))
        .unwrap();
    let row = authority.find(&issued.serial, None).unwrap();
    assert_eq!(row.reserved_at, start);
    assert_eq!(
        row.not_before,
        start - 300,
        "backdated from the same moment"
    );
    assert_eq!(row.not_after, start + 90 * DAY);
    assert_eq!(row.issued_at, Some(start + 1000));
    assert_sound(&authority, 0);
}

#[test]
fn a_serial_that_two_issuers_used_must_be_told_apart() {
    let ca = Ca::new();
    let authority = ca.open_in(with_randomness(Repeating {
        given: Mutex::new(0),
        times: 2,
    }));
    let request = csr("www.example.com");
    let first = authority
        .issue(&IssueRequest::new(&request, "server", "test"))
        .unwrap();
    let second = authority
        .issue(&IssueRequest {
            issuer: Some("root"),
            ..IssueRequest::new(&request, "server", "test")
        })
        .unwrap();
    assert_eq!(
        first.serial, second.serial,
        "numbers are unique within an issuer only"
    );
    let revoke = |issuer| {
        authority.revoke(&RevokeRequest {
            serial: &first.serial,
            issuer,
            reason: None,
            invalidity_date: None,
            requester: "test",
        })
    };
    let error = revoke(None).unwrap_err();
    assert!(error.to_string().contains("root, intermediate"), "{error}");
    assert!(error.hint().unwrap().contains("--issuer"));
    assert_eq!(revoke(Some("root")).unwrap().issuer, "root");
    let standing = |issuer| {
        authority
            .find(&first.serial, Some(issuer))
            .unwrap()
            .status(now())
    };
    assert_eq!(standing("root"), Status::Revoked);
    assert_eq!(standing("intermediate"), Status::Valid);
}
