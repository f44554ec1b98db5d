//! What can be wrong with a configuration file.

use std::{io, path::PathBuf};

use crate::{Place, limits};

/// A configuration cannot be read. The message begins with `file:line:` where there is a line to name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfError {
    /// A variable makes a value longer than OpenSSL's limit.
    #[error(
        "{place}: the value{} is longer than {} octets after `${variable}` is expanded",
        of(.name.as_deref()),
        limits::EXPANDED_VALUE - 1
    )]
    ExpansionTooLong {
        /// The line.
        place: Place,
        /// The value's name; `None` for what is not a value.
        name: Option<String>,
        /// The variable.
        variable: String,
    },
    /// Files include one another in a circle, or too deeply for any purpose.
    #[error("{place}: `{}` would be the {}th file within files", path.display(), limits::INCLUDE_DEPTH + 1)]
    IncludeDepth {
        /// The `.include` line.
        place: Place,
        /// What it names.
        path: PathBuf,
    },
    /// More files than any configuration has.
    #[error("{place}: more than {} files are included", limits::INCLUDES)]
    IncludeCount {
        /// The `.include` line.
        place: Place,
    },
    /// `.pragma` without `keyword:value`, or with a value that the keyword does not take.
    #[error("{place}: expected {expected} after `.pragma`, got `{got}`")]
    InvalidPragma {
        /// The line.
        place: Place,
        /// What was expected.
        expected: &'static str,
        /// What stands there.
        got: String,
    },
    /// A line that opens a section and does not close the bracket.
    #[error("{place}: expected `]` after the section's name, got {got}")]
    MissingBracket {
        /// The line.
        place: Place,
        /// What stands there.
        got: String,
    },
    /// A line that is neither a section, nor a comment, nor `name = value`.
    #[error("{place}: expected `name = value`, got {got} where the `=` should be")]
    MissingEqualSign {
        /// The line.
        place: Place,
        /// What stands there.
        got: String,
    },
    /// A value names a section that is not there.
    #[error(
        "{place}: `{name}` in [{section}] names the section [{missing}], which is not in the file"
    )]
    MissingSection {
        /// The line of the value.
        place: Place,
        /// The section that has the value.
        section: String,
        /// The value's name.
        name: String,
        /// The section it names.
        missing: String,
    },
    /// A variable that has no value up to this line.
    #[error("{place}: the variable `${variable}`{} has no value up to this line", in_value_of(.name.as_deref()))]
    NoValue {
        /// The line.
        place: Place,
        /// The name of the value that uses it; `None` for what is not a value.
        name: Option<String>,
        /// The variable, with its section if one was named.
        variable: String,
    },
    /// A value that was to be a number and is too large for one.
    #[error("{place}: `{name}` in [{section}] is too large a number: `{got}`")]
    NumberTooLarge {
        /// The line of the value.
        place: Place,
        /// The section that has the value.
        section: String,
        /// The value's name.
        name: String,
        /// The value.
        got: String,
    },
    /// A text that is not UTF-8.
    #[error("{place}: {what} is not UTF-8")]
    NotUtf8 {
        /// The line.
        place: Place,
        /// What it is, with its name.
        what: String,
    },
    /// A NUL byte, at which OpenSSL reads something else than what stands there.
    #[error("{place}: the line contains a NUL byte")]
    NullByte {
        /// The line.
        place: Place,
    },
    /// The file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A relative `.include` under `.pragma abspath:true`.
    #[error("{place}: `.pragma abspath` asks for absolute paths, got `{}`", path.display())]
    RelativeInclude {
        /// The `.include` line.
        place: Place,
        /// What it names.
        path: PathBuf,
    },
    /// The file with all that it includes is too large.
    #[error(
        "{file}: the configuration has more than {} octets with all that it includes",
        limits::INPUT
    )]
    TooLarge {
        /// The file that went beyond.
        file: String,
    },
    /// All values together are too large, after variables were expanded.
    #[error(
        "{place}: with this line all values together have more than {} octets",
        limits::VALUES
    )]
    ValuesTooLarge {
        /// The line that went beyond.
        place: Place,
    },
    /// `${` or `$(` without its end.
    #[error("{place}: expected `{expected}` after the variable's name{}, got {got}", in_value_of(.name.as_deref()))]
    UnclosedVariable {
        /// The line.
        place: Place,
        /// The name of the value that uses the variable; `None` for what is not a value.
        name: Option<String>,
        /// The brace or parenthesis.
        expected: char,
        /// What stands there.
        got: String,
    },
}

impl ConfError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::ExpansionTooLong { .. } => "write the value out, or split it into several",
            Self::IncludeCount { .. } | Self::IncludeDepth { .. } => {
                "do the files include one another?"
            }
            Self::InvalidPragma { .. } => {
                "pragmas are `dollarid:on`, `dollarid:off`, `abspath:true`, `abspath:false` and `includedir:FOLDER`"
            }
            Self::MissingBracket { .. } => {
                "a section begins with a line like `[ name ]`; a `#` makes a comment"
            }
            Self::MissingEqualSign { .. } => {
                "begin a comment with `#`; end the line before with `\\` if this one continues it; names consist of \
                 letters, digits and `!%&*+,-./;?@^_|~`"
            }
            Self::MissingSection { missing, .. } => {
                return Some(format!("add a section `[ {missing} ]`, or mend the name"));
            }
            Self::NoValue { variable, .. } => {
                return Some(match variable.strip_prefix("ENV::") {
                    Some(name) => {
                        format!("set {name} in the environment, or give `{name}` a value at the top of the file")
                    }
                    None => "a variable must stand above the line that uses it, in the same section or at the top of \
                             the file; write `\\$` for the character"
                        .to_owned(),
                });
            }
            Self::NotUtf8 { .. } => "save the file as UTF-8",
            Self::NullByte { .. } => "save the file as UTF-8 text, not as UTF-16",
            Self::RelativeInclude { .. } => {
                "write the whole path, set the variable OPENSSL_CONF_INCLUDE, or add `.pragma = includedir:FOLDER`"
            }
            Self::UnclosedVariable { .. } => {
                "a variable is `$name`, `${name}` or `${section::name}`; `\\$` is a dollar"
            }
            Self::NumberTooLarge { .. }
            | Self::Read { .. }
            | Self::TooLarge { .. }
            | Self::ValuesTooLarge { .. } => {
                return None;
            }
        };
        Some(hint.to_owned())
    }

    /// The line, where there is one to name.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::ExpansionTooLong { place, .. }
            | Self::IncludeDepth { place, .. }
            | Self::IncludeCount { place }
            | Self::InvalidPragma { place, .. }
            | Self::MissingBracket { place, .. }
            | Self::MissingEqualSign { place, .. }
            | Self::MissingSection { place, .. }
            | Self::NoValue { place, .. }
            | Self::NumberTooLarge { place, .. }
            | Self::NotUtf8 { place, .. }
            | Self::NullByte { place }
            | Self::RelativeInclude { place, .. }
            | Self::ValuesTooLarge { place }
            | Self::UnclosedVariable { place, .. } => Some(place),
            Self::Read { .. } | Self::TooLarge { .. } => None,
        }
    }
}

fn of(name: Option<&str>) -> String {
    name.map_or(String::new(), |name| format!(" of `{name}`"))
}

fn in_value_of(name: Option<&str>) -> String {
    name.map_or(String::new(), |name| format!(" in the value of `{name}`"))
}
