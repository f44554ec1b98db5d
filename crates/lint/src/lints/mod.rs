//! The lints, by theme. Each is a function from the [`View`](crate::view::View) to findings; its name, severity and
//! reference stand in [`crate::table`].

pub(crate) mod alt_names;
pub(crate) mod attributes;
pub(crate) mod constraints;
pub(crate) mod distribution;
pub(crate) mod encoding;
pub(crate) mod identifiers;
pub(crate) mod key_usage;
pub(crate) mod names;
pub(crate) mod public_key;
pub(crate) mod purposes;
pub(crate) mod serial;
pub(crate) mod structure;
pub(crate) mod validity;

use crate::{finding::Finding, table::LintInfo};

/// Where a lint puts what it finds.
pub(crate) struct Report<'a> {
    lint: &'static LintInfo,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(lint: &'static LintInfo, findings: &'a mut Vec<Finding>) -> Self {
        Self { lint, findings }
    }

    pub(crate) fn add(&mut self, message: impl Into<String>) {
        self.findings.push(Finding {
            lint: self.lint.name,
            severity: self.lint.severity,
            message: message.into(),
            reference: self.lint.reference,
        });
    }

    /// Adds the message when `found`.
    pub(crate) fn add_if(&mut self, found: bool, message: &str) {
        if found {
            self.add(message);
        }
    }
}

/// `1f:80:..`, at most 24 octets of it.
fn hex(octets: &[u8]) -> String {
    const SHOWN: usize = 24;
    let digits = octets
        .iter()
        .take(SHOWN)
        .map(|octet| format!("{octet:02x}"));
    let mut text = digits.collect::<Vec<_>>().join(":");
    if octets.len() > SHOWN {
        text.push_str(":…");
    }
    text
}

/// Text from a certificate, safe to print, at most about 80 characters of it.
fn quote(octets: &[u8]) -> String {
    const SHOWN: usize = 80;
    let text = String::from_utf8_lossy(octets);
    let mut shown = text
        .chars()
        .take(SHOWN)
        .flat_map(char::escape_debug)
        .collect::<String>();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}
