//! What a lint has to say.

use std::fmt;

use crate::table::lints;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Notice,
    /// Allowed, but some verifier or reader will stumble over it.
    Warning,
    /// A MUST is broken: the certificate is not signed.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One thing that one lint found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The lint's name, e.g. `rfc5280_serial_positive`.
    pub lint: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was found where, and what was expected.
    pub message: String,
    /// The rule's place in its document.
    pub reference: &'static str,
}

/// `warning: the message (lint_name, reference)`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            lint,
            severity,
            message,
            reference,
        } = self;
        write!(f, "{severity}: {message} ({lint}, {reference})")
    }
}

/// Bytes that will not be signed, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the certificate breaks {}", rules(findings))]
pub struct Rejected {
    /// All findings, the errors first; at least one is an [`Severity::Error`].
    pub findings: Vec<Finding>,
    /// The bytes that were checked.
    pub tbs: Vec<u8>,
}

impl Rejected {
    /// The findings that are the reason.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        errors(&self.findings)
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let first = self.errors().next()?;
        let theme = lints().iter().find(|lint| lint.name == first.lint)?.theme;
        let advice = match theme {
            "public_key" => {
                "make a new key: RSA with 2048 to 4096 bits, P-256, P-384, P-521 or Ed25519"
            }
            "names" | "attributes" => {
                "change the subject in the request, or give another one with `--subj`"
            }
            "alt_names" => "change the alternative names in the request",
            "validity" => "ask for other dates or fewer days",
            _ => "change what the profile or the request asks for",
        };
        Some(advice.to_owned())
    }
}

fn errors(findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
}

fn rules(findings: &[Finding]) -> String {
    let texts: Vec<String> = errors(findings)
        .map(|finding| {
            format!(
                "{} ({}, {})",
                finding.message, finding.lint, finding.reference
            )
        })
        .collect();
    match texts.as_slice() {
        [one] => format!("a rule: {one}"),
        several => format!("{} rules: {}", several.len(), several.join("; ")),
    }
}
