//! The linter as a whole: what it gives back, and to whom.

use tpm2ca_lint::{IssuerFacts, Linter, Severity};
use tpm2ca_x509::TbsCertificate;

use crate::build::{client, intermediate, root, server};

#[test]
fn linted_holds_exactly_the_bytes_that_were_checked() {
    let fixture = server();
    let linted = Linter::new()
        .check(fixture.tbs(), &fixture.context())
        .unwrap();
    assert_eq!(linted.tbs(), fixture.tbs());
    assert_eq!(linted.into_tbs(), fixture.tbs());
}

#[test]
fn warnings_do_not_reject_and_travel_with_the_bytes() {
    let fixture = client().with(|f| f.serial = vec![1; 16]);
    let linted = Linter::new()
        .check(fixture.tbs(), &fixture.context())
        .unwrap();
    let [finding] = linted.warnings() else {
        panic!("{:?}", linted.warnings());
    };
    assert_eq!(
        (finding.lint, finding.severity),
        ("tpm2ca_serial_random", Severity::Warning)
    );
}

#[test]
fn a_rejection_lists_errors_first_and_gives_the_bytes_back() {
    // Warns about the serial number, then finds two errors.
    let fixture = client().with(|f| {
        f.serial = vec![1; 21];
        f.version = vec![];
    });
    let rejected = Linter::new()
        .check(fixture.tbs(), &fixture.context())
        .unwrap_err();
    assert_eq!(rejected.tbs, fixture.tbs());
    let severities: Vec<_> = rejected
        .findings
        .iter()
        .map(|finding| finding.severity)
        .collect();
    assert_eq!(severities.first(), Some(&Severity::Error));
    assert!(severities.is_sorted_by(|a, b| a >= b), "{severities:?}");
    assert!(severities.contains(&Severity::Warning));
    let text = rejected.to_string();
    assert!(
        text.contains("rfc5280_version_v3") && text.contains("rfc5280_serial_max_20_octets"),
        "{text}"
    );
    assert!(!text.contains("tpm2ca_serial_random"), "{text}");
}

#[test]
fn the_hint_fits_the_first_error() {
    let hint = |fixture: crate::build::Fixture| {
        Linter::new()
            .check(fixture.tbs(), &fixture.context())
            .unwrap_err()
            .hint()
            .unwrap()
    };
    let weak = crate::build::rsa_key_of(&crate::build::modulus(1024), &[1, 0, 1]);
    assert!(hint(client().with(|f| f.key = weak)).contains("make a new key"));
    assert!(hint(client().alt_names(&[])).contains("alternative names"));
}

#[test]
fn an_exception_silences_one_lint_and_no_other() {
    let fixture = client().with(|f| f.serial = vec![5]);
    let lenient = Linter::ignoring(&["br_serial_64_bits"]).unwrap();
    assert!(
        Linter::new()
            .check(fixture.tbs(), &fixture.context())
            .is_err()
    );
    assert!(lenient.check(fixture.tbs(), &fixture.context()).is_ok());
    let zero = client().with(|f| f.serial = vec![0]);
    let rejected = lenient.check(zero.tbs(), &zero.context()).unwrap_err();
    let errors: Vec<_> = rejected.errors().map(|finding| finding.lint).collect();
    assert_eq!(errors, ["rfc5280_serial_not_zero"]);
}

#[test]
fn unreadable_bytes_are_rejected_whatever_is_ignored() {
    let all: Vec<&str> = tpm2ca_lint::lints().iter().map(|lint| lint.name).collect();
    let blind = Linter::ignoring(&all).unwrap();
    let fixture = client();
    assert!(blind.check(vec![0x30, 0x05], &fixture.context()).is_err());
    assert!(blind.check(vec![], &fixture.context()).is_err());
    assert!(blind.check(fixture.tbs(), &fixture.context()).is_ok());
}

#[test]
fn a_misspelt_exception_is_an_error_with_suggestions() {
    let error = Linter::ignoring(&["br_serial_64bits"]).unwrap_err();
    assert_eq!(error.to_string(), "there is no lint `br_serial_64bits`");
    assert!(
        error.hint().unwrap().contains("br_serial_64_bits"),
        "{:?}",
        error.hint()
    );
}

#[test]
fn facts_are_taken_from_the_issuer_s_own_certificate() {
    let issuer = root().with(|f| f.not_after = crate::build::utc("300101000000Z"));
    let issuer_tbs = issuer.tbs();
    let parsed = TbsCertificate::parse(&issuer_tbs).unwrap();
    let child = intermediate().with(|f| {
        f.issuer = issuer.subject.clone();
        f.subject = crate::build::common_name("Child");
    });
    let mut context = child.context();
    context.issuer = Some(IssuerFacts::of(&parsed));
    let rejected = Linter::new().check(child.tbs(), &context).unwrap_err();
    let found: Vec<_> = rejected
        .findings
        .iter()
        .map(|finding| finding.lint)
        .collect();
    // The fixture has another key identifier and outlives this issuer; its name fits.
    assert_eq!(
        found,
        [
            "tpm2ca_validity_within_issuer",
            "rfc5280_authority_key_id_matches_issuer"
        ]
    );
}
