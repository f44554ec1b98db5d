//! The one door through which bytes become signable.

use crate::{
    context::Context,
    finding::{Finding, Rejected, Severity},
    lints::Report,
    table::{LINTS, LintInfo, UNREADABLE},
    view::View,
};

/// A set of lints to check certificates with.
#[derive(Clone, Debug)]
pub struct Linter {
    active: Vec<&'static LintInfo>,
    /// Whether errors reject.
    advises: bool,
}

impl Linter {
    /// All lints.
    pub fn new() -> Self {
        Self {
            active: LINTS.iter().collect(),
            advises: false,
        }
    }

    /// All lints but those named. Bytes that cannot be read as a `TBSCertificate` are rejected whatever is named.
    ///
    /// # Errors
    /// [`UnknownLint`]: a misspelt exception would otherwise look like one that is in force.
    pub fn ignoring(names: &[&str]) -> Result<Self, UnknownLint> {
        if let Some(unknown) = names
            .iter()
            .find(|name| LINTS.iter().all(|lint| lint.name != **name))
        {
            return Err(UnknownLint((*unknown).to_owned()));
        }
        Ok(Self {
            active: LINTS
                .iter()
                .filter(|lint| !names.contains(&lint.name))
                .collect(),
            advises: false,
        })
    }

    /// All lints, whose errors reject nothing: for certificates that somebody else's rules decide. Only bytes that
    /// cannot be read as a `TBSCertificate` are rejected.
    pub fn advising() -> Self {
        Self {
            advises: true,
            ..Self::new()
        }
    }

    /// The same lints, whose errors reject nothing, as those of [`Linter::advising`].
    #[must_use]
    pub fn advise_only(self) -> Self {
        Self {
            advises: true,
            ..self
        }
    }

    /// Checks the bytes that are about to be signed, and gives them back as [`Linted`] when no lint objects.
    ///
    /// # Errors
    /// [`Rejected`] with all findings when at least one of them is an error.
    pub fn check(&self, tbs: Vec<u8>, context: &Context<'_>) -> Result<Linted, Rejected> {
        let mut findings = self.findings(&tbs, context);
        // Stable, so that findings of one severity stay in the order of the table.
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        match findings.first() {
            Some(first)
                if first.severity == Severity::Error
                    && (!self.advises || first.lint == UNREADABLE.name) =>
            {
                Err(Rejected { findings, tbs })
            }
            _ => Ok(Linted {
                tbs,
                warnings: findings,
            }),
        }
    }

    fn findings(&self, tbs: &[u8], context: &Context<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        match View::parse(tbs, context) {
            Ok(view) => {
                for &lint in &self.active {
                    (lint.check)(&view, &mut Report::new(lint, &mut findings));
                }
            }
            Err(flaw) => Report::new(UNREADABLE, &mut findings).add(flaw.to_string()),
        }
        findings
    }
}

impl Default for Linter {
    fn default() -> Self {
        Self::new()
    }
}

/// To-be-signed bytes that passed the lints. Only [`Linter::check`] makes it, so whoever holds one holds exactly the
/// bytes that were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linted {
    tbs: Vec<u8>,
    warnings: Vec<Finding>,
}

impl Linted {
    /// The bytes that were checked.
    pub fn tbs(&self) -> &[u8] {
        &self.tbs
    }

    /// The bytes that were checked, by value.
    pub fn into_tbs(self) -> Vec<u8> {
        self.tbs
    }

    /// What was found and is no reason to reject them: warnings, then notices.
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }
}

/// A lint was named that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no lint `{0}`")]
pub struct UnknownLint(pub String);

impl UnknownLint {
    /// The lints whose names are nearest.
    pub fn hint(&self) -> Option<String> {
        let words: Vec<&str> = self.0.split('_').filter(|word| word.len() > 2).collect();
        let near: Vec<&str> = LINTS
            .iter()
            .map(|lint| lint.name)
            .filter(|name| {
                words
                    .iter()
                    .any(|word| name.split('_').skip(1).any(|part| part == *word))
            })
            .take(5)
            .collect();
        (!near.is_empty()).then(|| format!("did you mean one of: {}", near.join(", ")))
    }
}
