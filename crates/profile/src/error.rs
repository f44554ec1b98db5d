//! What can be wrong with a profile file.

use tpm2ca_x509::spelling::did_you_mean;

/// A profile could not be loaded or found. The message begins with `file:line:` where there is a
/// place to name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The file is not TOML.
    #[error("{origin}:{line}: {message}")]
    Syntax {
        /// Name of the file.
        origin: String,
        /// Line, from 1.
        line: usize,
        /// What the TOML parser says.
        message: String,
    },
    /// A key that does not exist. The usual cause is a slip; an ignored rule would be a dangerous
    /// one.
    #[error("{origin}:{line}: unknown key `{key}` in {section}")]
    UnknownKey {
        /// Name of the file.
        origin: String,
        /// Line, from 1.
        line: usize,
        /// The table that has it, such as `[profile.server]`.
        section: Box<str>,
        /// The key.
        key: Box<str>,
        /// The key meant, or where the key belongs, or the keys there are.
        hint: String,
    },
    /// The value of a key is of the wrong type, out of range, or not understood.
    #[error("{origin}:{line}: `{key}` in {section}: {problem}")]
    Value {
        /// Name of the file.
        origin: String,
        /// Line, from 1.
        line: usize,
        /// The table, such as `[profile.server]`.
        section: Box<str>,
        /// The key.
        key: Box<str>,
        /// What is wrong: expected and found.
        problem: String,
        /// What to write instead.
        hint: Option<Box<str>>,
    },
    /// Keys that do not go together.
    #[error("{origin}:{line}: profile `{profile}`: {problem}")]
    Inconsistent {
        /// Name of the file that says the last word about the profile.
        origin: String,
        /// Line of the profile's table, from 1.
        line: usize,
        /// The profile.
        profile: String,
        /// What does not go together.
        problem: String,
        /// What to change.
        hint: String,
    },
    /// No profile of this name.
    #[error("there is no profile `{name}`")]
    UnknownProfile {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
}

impl ProfileError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Syntax { .. } => None,
            Self::UnknownKey { hint, .. } | Self::Inconsistent { hint, .. } => Some(hint.clone()),
            Self::Value { hint, .. } => hint.as_deref().map(str::to_owned),
            Self::UnknownProfile { name, known } => Some(did_you_mean(
                name,
                known.iter().map(String::as_str),
                "profiles",
            )),
        }
    }
}
