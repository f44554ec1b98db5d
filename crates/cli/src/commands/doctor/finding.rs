//! What a check found, printed at once: a check further down may take seconds.

use serde_json::json;

use crate::{
    error::{Code, Failure, StdoutError},
    output::Output,
    text::printable,
};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// As it should be.
    Ok,
    /// It works, and will not for ever, or not for everything.
    Warning,
    /// Something does not work.
    Problem,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// The findings so far.
pub(super) struct Findings<'a> {
    output: &'a Output,
    worst: Code,
    warnings: usize,
    problems: usize,
}

impl<'a> Findings<'a> {
    pub(super) fn new(output: &'a Output) -> Self {
        Self {
            output,
            worst: Code::Done,
            warnings: 0,
            problems: 0,
        }
    }

    /// It is as it should be.
    pub(super) fn ok(&mut self, check: &str, what: impl AsRef<str>) -> Result<(), StdoutError> {
        self.report(Level::Ok, check, what.as_ref(), None)
    }

    /// It works, but.
    pub(super) fn warning(
        &mut self,
        check: &str,
        what: impl AsRef<str>,
        hint: impl AsRef<str>,
    ) -> Result<(), StdoutError> {
        self.warnings += 1;
        self.report(Level::Warning, check, what.as_ref(), Some(hint.as_ref()))
    }

    /// It does not work.
    pub(super) fn problem(
        &mut self,
        check: &str,
        what: impl AsRef<str>,
        hint: impl AsRef<str>,
    ) -> Result<(), StdoutError> {
        self.problem_with(check, what.as_ref(), Some(hint.as_ref()), Code::Failed)
    }

    /// It does not work, and so the TPM cannot be used, now or at all.
    pub(super) fn unusable_tpm(
        &mut self,
        check: &str,
        what: impl AsRef<str>,
        hint: impl AsRef<str>,
    ) -> Result<(), StdoutError> {
        self.problem_with(
            check,
            what.as_ref(),
            Some(hint.as_ref()),
            Code::TpmUnavailable,
        )
    }

    /// It does not work for want of the right secret.
    pub(super) fn wrong_secret(
        &mut self,
        check: &str,
        what: impl AsRef<str>,
        hint: impl AsRef<str>,
    ) -> Result<(), StdoutError> {
        self.problem_with(check, what.as_ref(), Some(hint.as_ref()), Code::WrongSecret)
    }

    /// What another command would have failed with.
    pub(super) fn error(
        &mut self,
        check: &str,
        error: impl Into<anyhow::Error>,
    ) -> Result<(), StdoutError> {
        self.error_ref(check, &error.into())
    }

    /// The same of an error that others want to see too.
    pub(super) fn error_ref(
        &mut self,
        check: &str,
        error: &anyhow::Error,
    ) -> Result<(), StdoutError> {
        let Failure {
            message,
            hint,
            code,
            about: _,
        } = Failure::from(error);
        self.problem_with(check, &message, hint.as_deref(), code)
    }

    /// Says how it stands, and gives the exit code.
    pub(super) fn conclude(self) -> Code {
        let plural = |count: usize, noun: &str| {
            let ending = if count == 1 { "" } else { "s" };
            format!("{count} {noun}{ending}")
        };
        let text = match (self.problems, self.warnings) {
            (0, 0) => "nothing is wrong".to_owned(),
            (0, warnings) => format!("nothing is wrong; {}", plural(warnings, "warning")),
            (problems, 0) => plural(problems, "problem"),
            (problems, warnings) => {
                format!(
                    "{}, {}",
                    plural(problems, "problem"),
                    plural(warnings, "warning")
                )
            }
        };
        self.output.say(&text);
        self.worst
    }

    fn problem_with(
        &mut self,
        check: &str,
        what: &str,
        hint: Option<&str>,
        code: Code,
    ) -> Result<(), StdoutError> {
        self.problems += 1;
        // What was typed wrongly, and what a verification said, is a problem like any other here.
        self.worst = match (self.worst, code) {
            (Code::TpmUnavailable, _) | (_, Code::TpmUnavailable) => Code::TpmUnavailable,
            (Code::WrongSecret, _) | (_, Code::WrongSecret) => Code::WrongSecret,
            _ => Code::Failed,
        };
        self.report(Level::Problem, check, what, hint)
    }

    fn report(
        &self,
        level: Level,
        check: &str,
        what: &str,
        hint: Option<&str>,
    ) -> Result<(), StdoutError> {
        self.output.checked(
            level == Level::Ok,
            || json!({ "check": check, "level": level.word(), "what": what, "hint": hint }),
            || {
                let line = format!("{:<8} {check}: {}", level.word(), printable(what));
                match hint {
                    Some(hint) => format!("{line}\n         hint: {}", printable(hint)),
                    None => line,
                }
            },
        )
    }
}
