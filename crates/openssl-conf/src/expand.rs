//! Escapes, quotes and variables of a value.

use std::borrow::Cow;

use crate::{
    ConfError, Place,
    chars::{is_quote, is_word, octet},
    limits,
};

/// Where variables get their values.
pub(crate) trait Variables {
    /// The value of `name` in `section` or, where that has none, in `default`; `None` for a section is `default`.
    fn lookup(&self, section: Option<&str>, name: &str) -> Option<Cow<'_, [u8]>>;
}

/// What is expanded, for lookups and messages.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) place: &'a Place,
    /// The section in which variables are looked up.
    pub(crate) section: Option<&'a str>,
    /// The name of the value, if it is one.
    pub(crate) name: Option<&'a str>,
    pub(crate) dollar_in_names: bool,
}

/// The value that `text` stands for.
pub(crate) fn expand(
    text: &[u8],
    context: Context<'_>,
    variables: &impl Variables,
) -> Result<Vec<u8>, ConfError> {
    let mut value = Vec::with_capacity(text.len());
    // The length that the value would have without any further variable, with OpenSSL's end mark.
    let mut length = text.len() + 1;
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            quote if is_quote(quote) => at = quoted(text, at, &mut value),
            b'\\' => {
                value.extend(text.get(at + 1).copied().map(unescape));
                at += 2;
            }
            b'$' if !context.dollar_in_names || matches!(octet(text, at + 1), b'{' | b'(') => {
                let variable = Variable::parse(text, at, context)?;
                let Some(found) = variable.value(context, variables) else {
                    return Err(ConfError::NoValue {
                        place: context.place.clone(),
                        name: context.name.map(str::to_owned),
                        variable: variable.to_string(),
                    });
                };
                length = length - (variable.end - at) + found.len();
                if length > limits::EXPANDED_VALUE {
                    return Err(ConfError::ExpansionTooLong {
                        place: context.place.clone(),
                        name: context.name.map(str::to_owned),
                        variable: variable.to_string(),
                    });
                }
                value.extend_from_slice(&found);
                at = variable.end;
            }
            other => {
                value.push(other);
                at += 1;
            }
        }
    }
    Ok(value)
}

/// Within quotes `\` makes the next character literal, and nothing else is special. A quotation that does not close
/// goes to the end.
fn quoted(text: &[u8], at: usize, value: &mut Vec<u8>) -> usize {
    let quote = text[at];
    let mut at = at + 1;
    while at < text.len() && text[at] != quote {
        if text[at] == b'\\' {
            at += 1;
        }
        value.extend(text.get(at));
        at += 1;
    }
    at + 1
}

fn unescape(octet: u8) -> u8 {
    match octet {
        b'r' => b'\r',
        b'n' => b'\n',
        b'b' => 8,
        b't' => b'\t',
        other => other,
    }
}

/// `$name`, `${name}`, `$(name)`, each perhaps with `section::` before the name.
struct Variable<'a> {
    section: Option<&'a str>,
    name: &'a str,
    /// Behind it.
    end: usize,
}

impl<'a> Variable<'a> {
    fn parse(text: &'a [u8], dollar: usize, context: Context<'_>) -> Result<Self, ConfError> {
        let close = match octet(text, dollar + 1) {
            b'{' => Some(b'}'),
            b'(' => Some(b')'),
            _ => None,
        };
        let word = |from: usize| -> (usize, &'a str) {
            let length = text[from..]
                .iter()
                .position(|octet| !(is_word(*octet) || context.dollar_in_names && *octet == b'$'))
                .unwrap_or(text.len() - from);
            let end = from + length;
            // Words are ASCII.
            (end, str::from_utf8(&text[from..end]).unwrap_or_default())
        };
        let (mut end, mut name) = word(dollar + 1 + usize::from(close.is_some()));
        let mut section = None;
        if text[end..].starts_with(b"::") {
            section = Some(name);
            (end, name) = word(end + 2);
        }
        if let Some(close) = close {
            if octet(text, end) != close {
                return Err(ConfError::UnclosedVariable {
                    place: context.place.clone(),
                    name: context.name.map(str::to_owned),
                    expected: char::from(close),
                    got: crate::reader::excerpt(&text[end..]),
                });
            }
            end += 1;
        }
        Ok(Self { section, name, end })
    }

    fn value<'v>(
        &self,
        context: Context<'_>,
        variables: &'v impl Variables,
    ) -> Option<Cow<'v, [u8]>> {
        variables.lookup(self.section.or(context.section), self.name)
    }
}

impl std::fmt::Display for Variable<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(section) = self.section {
            write!(f, "{section}::")?;
        }
        f.write_str(self.name)
    }
}
