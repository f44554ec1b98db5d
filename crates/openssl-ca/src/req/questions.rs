//! What `[req]` asks the user, and what becomes of the answers.

use std::fmt;

use tpm2ca_openssl_conf::{Conf, Value};
use tpm2ca_x509::ObjectIdentifier;

use super::{ReqError, settings};
use tpm2ca_openssl_x509v3::{NameBuilder, NameRules};

/// A question for one attribute: `NAME = text`, with `NAME_default`, `NAME_value`, `NAME_min` and `NAME_max` beside it.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    entry: &'a Value,
    attribute: &'a str,
    joins: bool,
    default: &'a [u8],
    fixed: Option<&'a [u8]>,
    min: i64,
    max: i64,
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The attribute is left out.
    LeftOut,
    /// Its text.
    Text(Vec<u8>),
}

/// An answer that is too short or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongLength {
    /// It must have this many octets at least.
    TooShort(i64),
    /// It must have this many octets at most.
    TooLong(i64),
}

/// In OpenSSL's words.
impl fmt::Display for WrongLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort(min) => write!(f, "String too short, must be at least {min} bytes long"),
            Self::TooLong(max) => write!(f, "String too long, must be at most {max} bytes long"),
        }
    }
}

impl<'a> Question<'a> {
    pub(super) fn new(
        conf: &'a Conf,
        entry: &'a Value,
        attribute: &'a str,
        joins: bool,
    ) -> Result<Self, ReqError> {
        let beside = |suffix: &str| conf.get(entry.section(), &format!("{}{suffix}", entry.name()));
        let number = |suffix| beside(suffix).map(Value::number).transpose();
        Ok(Self {
            entry,
            attribute,
            joins,
            default: beside("_default").map_or(b"", Value::as_bytes),
            fixed: beside("_value").map(Value::as_bytes),
            min: number("_min")?.unwrap_or(-1),
            max: number("_max")?.unwrap_or(-1),
        })
    }

    /// The text that asks.
    pub fn text(&self) -> &'a [u8] {
        self.entry.as_bytes()
    }

    /// What an empty answer means; empty if that leaves the attribute out.
    pub fn default(&self) -> &'a [u8] {
        self.default
    }

    /// The answer that the file gives itself.
    pub fn fixed(&self) -> Option<&'a [u8]> {
        self.fixed
    }

    /// Takes a line without its end: nothing is the default, `.` leaves the attribute out.
    pub fn answer(&self, line: &[u8]) -> Result<Answer, WrongLength> {
        let text = match line {
            b"" if self.default.is_empty() => return Ok(Answer::LeftOut),
            b"" => self.default,
            b"." => return Ok(Answer::LeftOut),
            line => line,
        };
        let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
        if self.min > 0 && length < self.min {
            Err(WrongLength::TooShort(self.min))
        } else if self.max >= 0 && length > self.max {
            Err(WrongLength::TooLong(self.max))
        } else {
            Ok(Answer::Text(text.to_vec()))
        }
    }

    /// An answer that cannot be asked for again.
    pub fn refusal(&self, wrong: WrongLength) -> ReqError {
        let problem = match wrong {
            WrongLength::TooShort(min) => format!("the answer must have {min} octets at least"),
            WrongLength::TooLong(max) => format!("the answer must have {max} octets at most"),
        };
        ReqError::value(
            self.entry,
            problem,
            Some("give another value, or change its `_min` and `_max`"),
        )
    }

    /// Adds the answer to the subject.
    pub fn add_to(&self, name: &mut NameBuilder<'_>, text: &[u8]) -> Result<(), ReqError> {
        name.push(self.attribute, text, self.joins)
            .map_err(|error| ReqError::at(self.entry, &error))
    }

    /// The answer as an attribute of a request: type and value in DER.
    pub fn to_attribute(
        &self,
        rules: NameRules<'_>,
        text: &[u8],
    ) -> Result<(ObjectIdentifier, Vec<u8>), ReqError> {
        settings::attribute(rules, self.entry, self.attribute, text)
    }
}
