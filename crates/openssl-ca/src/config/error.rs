//! What can be wrong with a CA section, and why a policy refuses a name.

use tpm2ca_openssl_conf::{ConfError, Value};

use tpm2ca_openssl_x509v3::OpensslError;

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaFileError {
    /// The file itself.
    #[error(transparent)]
    Conf(#[from] ConfError),
    /// A value that makes names or extensions.
    #[error(transparent)]
    Openssl(#[from] OpensslError),
    /// A key that is needed.
    #[error("{file}: [{section}] has no `{key}`, {purpose}")]
    MissingKey {
        /// The file.
        file: String,
        /// The section.
        section: String,
        /// The key.
        key: &'static str,
        /// What it is needed for.
        purpose: &'static str,
    },
    /// A section that is needed.
    #[error("{place}: there is no section [{section}], {purpose}")]
    MissingSection {
        /// File and line of the value that names it, or the file.
        place: String,
        /// The section.
        section: String,
        /// What it is needed for.
        purpose: &'static str,
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

impl CaFileError {
    pub(super) fn value(value: &Value, problem: impl Into<String>, hint: Option<&str>) -> Self {
        Self::Value {
            place: value.place().to_string(),
            section: value.section().to_owned(),
            key: value.name().to_owned(),
            problem: problem.into(),
            hint: hint.map(str::to_owned),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Conf(error) => Some(
                error
                    .hint()
                    .unwrap_or_else(|| "config(5) and ca(1) describe the file".to_owned()),
            ),
            Self::Openssl(error) => Some(
                error
                    .hint()
                    .unwrap_or("x509v3_config(5) describes the values")
                    .to_owned(),
            ),
            Self::MissingKey { key, section, .. } => Some(format!(
                "add `{key} = ...` to [{section}], or name another section with `--name`; ca(1) describes the keys"
            )),
            Self::MissingSection { section, .. } => Some(format!(
                "add [{section}] to the file, or name another section"
            )),
            Self::Value { hint, .. } => Some(
                hint.clone()
                    .unwrap_or_else(|| "ca(1) describes the keys".to_owned()),
            ),
        }
    }
}

/// The policy, or OpenSSL's rules for names, refuse the subject of a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyRefusal {
    /// `supplied`
    #[error("the policy wants the field `{field}` in the request's subject, and it is not there")]
    NotSupplied {
        /// Name of the field as the policy has it.
        field: String,
    },
    /// `match`, but the request has no such field.
    #[error(
        "the policy wants the field `{field}` to match the CA's (`{ca}`), and the request does not have it"
    )]
    NothingToMatch {
        /// The field.
        field: String,
        /// The CA's value.
        ca: String,
    },
    /// `match`, but the CA's own subject has no such field.
    #[error(
        "the policy wants the field `{field}` to match the CA's, and the CA's certificate does not have it"
    )]
    NotInCa {
        /// The field.
        field: String,
    },
    /// `match`, and they differ.
    #[error(
        "the policy wants the field `{field}` to match: it is `{ca}` in the CA's certificate and `{request}` in the request{}",
        if *types { ": the text is the same, but not its string type" } else { "" }
    )]
    Different {
        /// The field.
        field: String,
        /// The CA's value.
        ca: String,
        /// The request's value.
        request: String,
        /// Whether only the string types differ.
        types: bool,
    },
    /// An emailAddress that is no IA5String.
    #[error("the field `emailAddress` of the request is no IA5String, which it must be")]
    EmailType,
    /// Characters that the string type does not have.
    #[error(
        "the field `{field}` of the request has characters that its string type does not allow"
    )]
    Characters {
        /// The field.
        field: String,
    },
}

impl PolicyRefusal {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Different { types: true, .. } => {
                "make the request with the `string_mask` that the CA's certificate was made with, or set \
                 `optional` or `supplied` in the policy"
            }
            Self::Different { .. } | Self::NothingToMatch { .. } | Self::NotSupplied { .. } => {
                "correct the request, give the subject with `--subj`, or choose another policy with `--policy`"
            }
            Self::NotInCa { .. } => "change the policy to `optional` or `supplied` for this field",
            Self::EmailType | Self::Characters { .. } => "make a new request; its subject is damaged",
        }
        .to_owned()
    }
}
