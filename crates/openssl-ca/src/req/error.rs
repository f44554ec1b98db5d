//! What can be wrong with `[req]`.

use tpm2ca_openssl_conf::{ConfError, Value};

use tpm2ca_openssl_x509v3::OpensslError;

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReqError {
    /// The file itself, or a section that is not in it.
    #[error(transparent)]
    Conf(#[from] ConfError),
    /// A value that makes names or extensions.
    #[error(transparent)]
    Openssl(#[from] OpensslError),
    /// A section without anything in it that a subject could be made of.
    #[error(
        "{file}: [{section}] names no section with parts of the subject by its key `distinguished_name`"
    )]
    NoName {
        /// The file.
        file: String,
        /// The section.
        section: String,
    },
    /// The section that a name is made of names nothing.
    #[error("{place}: the subject has no attribute")]
    EmptyName {
        /// File and line of the section.
        place: String,
    },
    /// A value.
    #[error("{place}: `{key}` in [{section}]: {problem}")]
    Value {
        /// File and line.
        place: String,
        /// The section.
        section: String,
        /// The key.
        key: String,
        /// What was expected and what was found.
        problem: String,
        /// What to do.
        hint: Option<String>,
    },
}

impl ReqError {
    /// Something that is wrong with a value.
    pub fn value(value: &Value, problem: impl Into<String>, hint: Option<&str>) -> Self {
        Self::Value {
            place: value.place().to_string(),
            section: value.section().to_owned(),
            key: value.name().to_owned(),
            problem: problem.into(),
            hint: hint.map(str::to_owned),
        }
    }

    /// The same for an error that does not know which value it is about.
    pub(super) fn at(value: &Value, error: &OpensslError) -> Self {
        Self::value(value, error.to_string(), error.hint())
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Conf(error) => error.hint(),
            Self::Openssl(error) => Some(error.hint().unwrap_or(CHANGE_IT).to_owned()),
            Self::NoName { section, .. } => Some(format!(
                "give the subject with `--subj /C=DE/O=Example/CN=host`, or add `distinguished_name = dn` to [{section}] \
                 and a section [dn]"
            )),
            Self::EmptyName { .. } => Some(
                "answer at least one question, give the subject with `--subj`, or add attributes such as \
                 `commonName = ...`"
                    .to_owned(),
            ),
            Self::Value { hint, .. } => Some(hint.clone().unwrap_or_else(|| CHANGE_IT.to_owned())),
        }
    }
}

const CHANGE_IT: &str = "change the value; openssl-req(1) and x509v3_config(5) describe them";
