//! Every lint against a certificate that it must object to, and many against one that it must let pass.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation
)]
#![allow(missing_docs, unreachable_pub)]

mod build;
mod ca_rules;
mod extensions;
mod fields;
mod host_names;
mod key_rules;
mod linter;
mod openssl;
mod properties;

use std::collections::BTreeSet;

use build::{Case, Fixture, client, intermediate, responder, root, server};

/// Depends on what another crate chooses to refuse, so it may join in anywhere; it has a test of its own.
const OWN_READER: &str = "tpm2ca_own_reader_accepts";

#[test]
fn each_case_is_found_by_exactly_the_lints_it_names() {
    let wrong: Vec<String> = cases().iter().filter_map(mismatch).collect();
    assert!(
        wrong.is_empty(),
        "{} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn each_registered_lint_has_a_failing_case() {
    let covered: BTreeSet<&str> = cases()
        .iter()
        .flat_map(|case| case.expected.clone())
        .collect();
    let registered: BTreeSet<&str> = tpm2ca_lint::lints().iter().map(|lint| lint.name).collect();
    let untested: Vec<_> = registered.difference(&covered).collect();
    let unknown: Vec<_> = covered.difference(&registered).collect();
    assert!(untested.is_empty(), "no failing case for {untested:?}");
    assert!(unknown.is_empty(), "no such lint: {unknown:?}");
    assert!(registered.len() >= 45, "only {} lints", registered.len());
}

#[test]
fn good_certificates_of_each_role_have_no_findings_at_all() {
    for fixture in [root(), intermediate(), server(), client(), responder()] {
        assert_eq!(fixture.findings(), [], "{:?}", fixture.role);
    }
}

#[test]
fn what_our_own_reader_refuses_is_refused() {
    let twice = server().with(|fixture| {
        let all = fixture.extensions.as_mut().unwrap();
        all.push(all[0].clone());
    });
    assert!(names(&twice).contains(OWN_READER), "{:?}", twice.findings());
}

fn cases() -> Vec<Case> {
    let mut cases = fields::cases();
    cases.extend(ca_rules::cases());
    cases.extend(extensions::cases());
    cases.extend(host_names::cases());
    cases.extend(key_rules::cases());
    cases.push(
        client()
            .with(|f| f.serial = vec![])
            .breaks(OWN_READER)
            .and("x690_der_canonical")
            .and("rfc5280_serial_not_zero")
            .and("br_serial_64_bits"),
    );
    cases
}

fn names(fixture: &Fixture) -> BTreeSet<&'static str> {
    fixture
        .findings()
        .iter()
        .map(|finding| finding.lint)
        .collect()
}

fn mismatch(case: &Case) -> Option<String> {
    let mut found = names(&case.fixture);
    let expected: BTreeSet<&str> = case.expected.iter().copied().collect();
    if !expected.contains(OWN_READER) {
        found.remove(OWN_READER);
    }
    (found != expected).then(|| {
        let messages: Vec<_> = case
            .fixture
            .findings()
            .iter()
            .map(ToString::to_string)
            .collect();
        format!(
            "expected {expected:?}\n   found {found:?}\n         {}",
            messages.join("\n         ")
        )
    })
}
