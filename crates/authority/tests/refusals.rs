//! What is refused is in the audit log, with who, what and why; and nothing else is written.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;

use serde_json::Value;
use support::{Ca, DAY, assert_sound, audit, csr, csr_of, generate, now, rows};
use tpm2ca_authority::{Authority, AuthorityError, IssueRequest};
use tpm2ca_keys::{Digest, Hash, KeyAlgorithm, KeyError};
use tpm2ca_profile::Refusal;
use tpm2ca_store::{AuditEntry, AuditKind};
use tpm2ca_testkit::Tool;
use tpm2ca_x509::{Csr, Extension, Name, oid};

/// Refused; what the audit log says of it.
fn refused(authority: &Authority, wish: &IssueRequest<'_>) -> (AuthorityError, AuditEntry, Value) {
    let before = audit(authority.store(), AuditKind::Refused).len();
    let error = authority.issue(wish).unwrap_err();
    assert!(error.is_refusal(), "{error:?}");
    let mut entries = audit(authority.store(), AuditKind::Refused);
    assert_eq!(entries.len(), before + 1, "{error}");
    let (entry, detail) = entries.pop().unwrap();
    assert_eq!(entry.actor, wish.requester);
    assert_eq!(detail["reason"], error.to_string());
    assert_eq!(detail["profile"], wish.profile);
    let digest = Digest::of(Hash::Sha256, wish.csr);
    assert_eq!(
        format!("SHA-256:{}", detail["csr_sha256"].as_str().unwrap()),
        format!("{digest:?}")
    );
    assert_eq!(rows(authority.store()).len(), 0, "nothing is reserved");
    (error, entry, detail)
}

#[test]
fn a_name_that_is_not_allowed() {
    let ca = Ca::new();
    fs::write(
        ca.path("profiles/server.toml"),
        "[profile.server.names]\nallow_dns = [\"*.example.com\"]\n",
    )
    .unwrap();
    let authority = ca.open();
    let request = csr("www.example.org");
    let wish = IssueRequest::new(&request, "server", "uid:1000");
    let (error, entry, detail) = refused(&authority, &wish);
    assert!(
        matches!(
            error,
            AuthorityError::Refused(Refusal::NameNotAllowed { .. })
        ),
        "{error:?}"
    );
    assert_eq!(
        entry.issuer,
        Some(authority.issuer_id("intermediate").unwrap())
    );
    assert_eq!(detail["subject"], "CN=www.example.org");
    assert!(
        detail["reason"]
            .as_str()
            .unwrap()
            .contains("www.example.org")
    );
    assert_sound(&authority, 0);
}

#[test]
fn a_forged_request() {
    let authority = Ca::new();
    let authority = authority.open();
    let mut request = csr("www.example.com");
    *request.last_mut().unwrap() ^= 1;
    // Also one that asks for impossible names: what counts is that it is forged.
    let (error, ..) = refused(&authority, &IssueRequest::new(&request, "server", "test"));
    assert!(
        matches!(error, AuthorityError::Key(KeyError::BadSignature { .. })),
        "{error:?}"
    );
}

#[test]
fn a_weak_key() {
    let ca = Ca::new();
    let run = |tool: Tool| tool.dir(ca.folder.path()).ok();
    run(Tool::openssl("genpkey")
        .args(["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        .args(["-pkeyopt", "rsa_keygen_pubexp:3", "-out", "three.key"]));
    let request = run(Tool::openssl("req")
        .args([
            "-new",
            "-key",
            "three.key",
            "-subj",
            "/CN=www.example.com",
            "-outform",
            "DER",
        ])
        .args(["-addext", "subjectAltName=DNS:www.example.com"]))
    .stdout;
    let (error, ..) = refused(&ca.open(), &IssueRequest::new(&request, "server", "test"));
    assert!(
        matches!(error, AuthorityError::Key(KeyError::Weak(_))),
        "{error:?}"
    );
    assert!(error.to_string().contains("exponent"), "{error}");
}

#[test]
fn names_that_cannot_be_read() {
    let san = Extension {
        oid: oid::SUBJECT_ALT_NAME,
        critical: false,
        value: b"\x30\x03\x82\x7fa".to_vec(),
    };
    let subject = Name::common_name("www.example.com").unwrap();
    let key = generate(KeyAlgorithm::P256);
    let mut request = key.make_csr(subject.as_der(), &[san]).unwrap();
    let ca = Ca::new();
    let authority = ca.open();
    let wish = IssueRequest::new(&request, "server", "test");
    let (error, ..) = refused(&authority, &wish);
    assert!(
        matches!(error, AuthorityError::UnreadableNames(_)),
        "{error:?}"
    );

    // Of a forged request the names are not even looked at.
    *request.last_mut().unwrap() ^= 1;
    let (error, ..) = refused(&authority, &IssueRequest::new(&request, "server", "test"));
    assert!(matches!(error, AuthorityError::Key(_)), "{error:?}");
}

/// The profiles let it pass, the lints do not.
#[test]
fn a_certificate_that_breaks_a_rule() {
    let ca = Ca::new();
    let authority = ca.open();
    // An organization of 65 characters; RFC 5280 appendix A allows 64.
    let head = b"\x30\x4c\x31\x4a\x30\x48\x06\x03\x55\x04\x0a\x0c\x41";
    let subject = [&head[..], &[b'x'; 65]].concat();
    let key = generate(KeyAlgorithm::P256);
    let like = csr_of(&key, "/CN=x", &["www.example.com"]);
    let san = Csr::parse(&like)
        .unwrap()
        .subject_alt_name_der()
        .unwrap()
        .to_vec();
    let san = tpm2ca_x509::ext::subject_alt_name_raw(&san, false);
    let request = key.make_csr(&subject, &[san]).unwrap();
    let (error, _, detail) = refused(&authority, &IssueRequest::new(&request, "server", "test"));
    assert!(matches!(error, AuthorityError::Lint(_)), "{error:?}");
    let reason = detail["reason"].as_str().unwrap();
    assert!(reason.contains("rfc5280_"), "{reason}");
}

#[test]
fn a_root_by_request() {
    let ca = Ca::new();
    let request = csr("www.example.com");
    let (error, ..) = refused(&ca.open(), &IssueRequest::new(&request, "root", "test"));
    assert!(matches!(error, AuthorityError::RootByRequest), "{error:?}");
}

#[test]
fn an_issuer_outside_of_its_time() {
    let ca = Ca::new();
    let request = csr("www.example.com");
    let wish = IssueRequest::new(&request, "server", "test");
    let early = now() - 2 * DAY;
    let (authority, clock) = ca.open_at(early);
    let (error, entry, _) = refused(&authority, &wish);
    assert_eq!(entry.at, early);
    assert!(
        matches!(
            error,
            AuthorityError::Refused(Refusal::IssuerNotYetValid { .. })
        ),
        "{error:?}"
    );
    assert!(matches!(
        authority.crl(None, None, "test"),
        Err(AuthorityError::IssuerNotYetValid { .. })
    ));
    clock.set(now() + 3651 * DAY);
    let (error, ..) = refused(&authority, &wish);
    assert!(
        matches!(
            error,
            AuthorityError::Refused(Refusal::IssuerExpired { .. })
        ),
        "{error:?}"
    );
    let error = authority.crl(None, None, "test").unwrap_err();
    assert!(
        matches!(error, AuthorityError::IssuerExpired { .. }),
        "{error:?}"
    );
    assert!(error.hint().is_some());
    assert_eq!(audit(authority.store(), AuditKind::Crl).len(), 0);
}

/// These are mistakes in the question; nobody was refused anything.
#[test]
fn what_is_no_refusal_leaves_no_entry() {
    let ca = Ca::new();
    let authority = ca.open();
    let request = csr("www.example.com");
    let wish = IssueRequest::new(&request, "server", "test");
    let wrong = [
        IssueRequest {
            csr: &request[..100],
            ..wish.clone()
        },
        IssueRequest {
            csr: b"no CSR",
            ..wish.clone()
        },
        IssueRequest {
            profile: "servre",
            ..wish.clone()
        },
        IssueRequest {
            issuer: Some("rooot"),
            ..wish.clone()
        },
    ];
    for wish in wrong {
        let error = authority.issue(&wish).unwrap_err();
        assert!(!error.is_refusal(), "{error:?}");
    }
    assert_eq!(audit(authority.store(), AuditKind::Refused).len(), 0);
    assert_eq!(rows(authority.store()).len(), 0);
}

/// For a bad request nobody is asked for a pass phrase, and no TPM is looked for.
#[test]
fn a_bad_request_is_refused_without_the_key() {
    let ca = Ca::new();
    fs::remove_file(ca.path("intermediate.key")).unwrap();
    let authority = ca.open();
    let mut request = csr("www.example.com");
    let wish = IssueRequest::new(&request, "server", "test");
    let error = authority.issue(&wish).unwrap_err();
    assert!(matches!(error, AuthorityError::File { .. }), "{error:?}");
    *request.last_mut().unwrap() ^= 1;
    refused(&authority, &IssueRequest::new(&request, "server", "test"));
}
