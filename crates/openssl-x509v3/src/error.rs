//! What can be wrong with the values of an openssl.cnf that make names and extensions.

use std::fmt::Write;

use tpm2ca_openssl_conf::Value;

/// A value that OpenSSL refuses too, or that this program refuses with a reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpensslError {
    /// A value of a configuration file.
    #[error("{place}: `{key}` in [{section}]: {problem}")]
    Entry {
        /// `file:line`
        place: String,
        /// Section, without its brackets.
        section: String,
        /// Name in front of the `=`.
        key: String,
        /// What was expected and what was found.
        problem: String,
        /// What to write instead.
        hint: Option<String>,
    },
    /// Text that does not come from a configuration file, such as that of an option.
    #[error("`{text}`: {problem}")]
    Text {
        /// The text, cut off where it is very long.
        text: String,
        /// What was expected and what was found.
        problem: String,
        /// What to write instead.
        hint: Option<String>,
    },
}

impl OpensslError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Entry { hint, .. } | Self::Text { hint, .. } => hint.as_deref(),
        }
    }
}

/// Something that OpenSSL does without a word, and that the user may not have meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// `file:line`, where the entry comes from a file.
    pub place: Option<String>,
    /// The entry, such as `reason` or `subjectAltName`.
    pub key: String,
    /// What happens.
    pub text: String,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "`{}`: {}", self.key, self.text)
    }
}

/// A problem on its way up to the place that knows where the value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    text: String,
    hint: Option<String>,
    spot: Option<Spot>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Spot {
    place: String,
    section: String,
    key: String,
}

impl Problem {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            hint: None,
            spot: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn prefixed(mut self, prefix: &str) -> Self {
        self.text.insert_str(0, prefix);
        self
    }

    /// Names the entry, unless an inner one has been named already.
    pub(super) fn at(mut self, value: &Value) -> Self {
        self.spot.get_or_insert_with(|| Spot {
            place: value.place().to_string(),
            section: value.section().to_owned(),
            key: value.name().to_owned(),
        });
        self
    }

    /// For a value that `text` shows if no entry of a file is to blame.
    pub(super) fn in_text(self, text: &[u8]) -> OpensslError {
        let Self {
            text: problem,
            hint,
            spot,
        } = self;
        match spot {
            Some(Spot {
                place,
                section,
                key,
            }) => OpensslError::Entry {
                place,
                section,
                key,
                problem,
                hint,
            },
            None => OpensslError::Text {
                text: shown(text),
                problem,
                hint,
            },
        }
    }

    /// For an entry of a file.
    pub(super) fn in_entry(self, value: &Value) -> OpensslError {
        self.at(value).in_text(value.as_bytes())
    }
}

/// Bytes for a message: not longer than a line, and nothing that a terminal would act upon.
pub(super) fn shown(bytes: &[u8]) -> String {
    const MAX_CHARS: usize = 100;
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::new();
    for (index, c) in text.chars().enumerate() {
        if index == MAX_CHARS {
            out.push('…');
            break;
        }
        if c.is_control() {
            // Writing to a String cannot fail.
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}
