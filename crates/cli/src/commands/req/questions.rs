//! Asks what `[req]` asks, in OpenSSL's words: questions on standard error, answers from standard input, so that
//! scripts that pipe answers in go on working.

use std::io::{self, BufRead as _, Read as _};

use anyhow::Result;
use tpm2ca_openssl_ca::req::{Answer, Question};

use crate::{error::CliError, output::Output, text::printable};

/// Who answers.
pub(super) struct Questioner<'a> {
    output: &'a Output,
    /// Nobody: the defaults are the answers.
    batch: bool,
}

impl<'a> Questioner<'a> {
    pub(super) fn new(batch: bool, output: &'a Output) -> Self {
        Self { output, batch }
    }

    /// Before the questions for the subject.
    pub(super) fn introduce_name(&self) {
        if !self.batch {
            self.output.prompt(INTRODUCTION);
        }
    }

    /// Before those for the attributes.
    pub(super) fn introduce_attributes(&self) {
        if !self.batch {
            self.output.prompt(ATTRIBUTES);
        }
    }

    /// The answer to one question.
    ///
    /// # Errors
    /// When there is nobody to ask, and when an answer of the file itself is too short or too long.
    pub(super) fn ask(&self, question: &Question<'_>) -> Result<Answer> {
        let text = String::from_utf8_lossy(question.text());
        let default = String::from_utf8_lossy(question.default());
        loop {
            if !self.batch {
                self.output
                    .prompt(&printable(&format!("{text} [{default}]:")));
            }
            let line = match question.fixed() {
                Some(fixed) => {
                    let shown = printable(&String::from_utf8_lossy(fixed));
                    self.output.prompt(&format!("{shown}\n"));
                    fixed.to_vec()
                }
                None if self.batch => Vec::new(),
                None => read_line(&text).inspect_err(|_| self.output.prompt("\n"))?,
            };
            match question.answer(&line) {
                Ok(answer) => return Ok(answer),
                Err(wrong) if self.batch || question.fixed().is_some() => {
                    return Err(question.refusal(wrong).into());
                }
                Err(wrong) => self.output.prompt(&format!("{wrong}\n")),
            }
        }
    }
}

/// One line of standard input, without its end.
fn read_line(question: &str) -> Result<Vec<u8>> {
    let mut line = Vec::new();
    let read = io::stdin()
        .lock()
        .take(LONGEST)
        .read_until(b'\n', &mut line);
    if let Err(error) = read {
        return Err(CliError::failed(
            format!(
                "standard input cannot be read: {}",
                crate::error::reason(&error)
            ),
            NOBODY,
        )
        .into());
    }
    if line.pop() == Some(b'\n') {
        return Ok(line);
    }
    let question = printable(question);
    let problem = if line.len() as u64 + 1 < LONGEST {
        format!("nobody answers the question for `{question}`: standard input has ended")
    } else {
        format!("the answer to `{question}` is too long")
    };
    Err(CliError::failed(problem, NOBODY).into())
}

/// As OpenSSL's buffer takes it.
const LONGEST: u64 = 1023;

const NOBODY: &str = "give the subject with `--subj /C=DE/O=Example/CN=host`, take the configuration's defaults with `--batch`, or set \
     `prompt = no` there";

const INTRODUCTION: &str = "\
You are about to be asked to enter information that will be incorporated
into your certificate request.
What you are about to enter is what is called a Distinguished Name or a DN.
There are quite a few fields but you can leave some blank
For some fields there will be a default value,
If you enter '.', the field will be left blank.
-----
";

const ATTRIBUTES: &str = "
Please enter the following 'extra' attributes
to be sent with your certificate request
";
