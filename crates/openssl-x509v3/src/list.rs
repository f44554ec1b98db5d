//! `name:value, name, name:value`: the lists that most extensions are written as, and the sections that can stand in
//! their place.

use tpm2ca_openssl_conf::Value;

use super::error::{Problem, Warning, shown};

/// One item of a list, or one entry of the section `@section` stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    pub(super) name: &'a [u8],
    /// What follows the `:` or the `=`; an item of a list may have none.
    pub(super) value: Option<&'a [u8]>,
    /// The entry of a section.
    pub(super) entry: Option<&'a Value>,
}

impl<'a> Item<'a> {
    /// Whether the name is `name`, or `name.` and anything: the way to write several of a kind into a section.
    pub(super) fn is(&self, name: &str) -> bool {
        is_numbered(self.name, name)
    }

    /// The value, which must be there.
    pub(super) fn required(&self) -> Result<&'a [u8], Problem> {
        self.value.ok_or_else(|| {
            let name = shown(self.name);
            Problem::new(format!("`{name}` has no value")).hint(format!("write `{name}:VALUE`"))
        })
    }

    /// Name and value for a message.
    pub(super) fn shown(&self) -> String {
        match self.value {
            Some(value) => format!("{}:{}", shown(self.name), shown(value)),
            None => shown(self.name),
        }
    }

    /// Blames this item, if it is an entry of its own.
    pub(super) fn blame(&self, problem: Problem) -> Problem {
        match self.entry {
            Some(value) => problem.at(value),
            None => problem,
        }
    }

    pub(super) fn warning(&self, text: impl Into<String>) -> Warning {
        Warning {
            place: self.entry.map(|value| value.place().to_string()),
            key: shown(self.name),
            text: text.into(),
        }
    }
}

/// Entries of a section as items.
pub(super) fn of_section(values: &[Value]) -> Vec<Item<'_>> {
    values
        .iter()
        .map(|value| Item {
            name: value.name().as_bytes(),
            value: Some(value.as_bytes()),
            entry: Some(value),
        })
        .collect()
}

/// Splits at commas, and each item at its first colon; white space around names and values does not belong to them.
/// As in OpenSSL, nothing is split behind the end of the first line, and the white space behind a name or value of one
/// character stays.
pub(super) fn parse(text: &[u8]) -> Result<Vec<Item<'_>>, Problem> {
    let line = text
        .iter()
        .position(|b| matches!(b, b'\r' | b'\n'))
        .unwrap_or(text.len());
    let mut items = Vec::new();
    let mut start = 0;
    let mut name: Option<&[u8]> = None;
    let piece = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    for (at, &byte) in text.iter().enumerate().take(line) {
        match (byte, name) {
            (b':', None) => {
                name = Some(trim(piece(start, at)).ok_or_else(empty_name)?);
                start = at + 1;
            }
            (b',', _) => {
                items.push(item(name.take(), piece(start, at))?);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(item(name, piece(start, text.len()))?);
    Ok(items)
}

fn item<'a>(name: Option<&'a [u8]>, last: &'a [u8]) -> Result<Item<'a>, Problem> {
    let last = trim(last);
    match name {
        Some(name) => {
            let value = last.ok_or_else(|| {
                Problem::new(format!("`{}:` is followed by nothing", shown(name)))
            })?;
            Ok(Item {
                name,
                value: Some(value),
                entry: None,
            })
        }
        None => Ok(Item {
            name: last.ok_or_else(empty_name)?,
            value: None,
            entry: None,
        }),
    }
}

fn empty_name() -> Problem {
    Problem::new("has an empty item").hint("remove the surplus comma or colon, or the whole entry")
}

/// `None` when nothing is left.
fn trim(bytes: &[u8]) -> Option<&[u8]> {
    let start = bytes.iter().position(|&b| !is_space(b))?;
    let bytes = bytes.get(start..)?;
    let last = bytes.iter().rposition(|&b| !is_space(b))?;
    if last == 0 {
        return Some(bytes);
    }
    bytes.get(..=last)
}

/// White space of C's `isspace`.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Without the white space in front.
pub(super) fn skip_space(bytes: &[u8]) -> &[u8] {
    let start = bytes
        .iter()
        .position(|&b| !is_space(b))
        .unwrap_or(bytes.len());
    bytes.get(start..).unwrap_or_default()
}

/// Whether `text` is `name`, or `name.` and anything.
pub(super) fn is_numbered(text: &[u8], name: &str) -> bool {
    match text.strip_prefix(name.as_bytes()) {
        Some(rest) => matches!(rest.first(), None | Some(b'.')),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Option<Vec<(String, Option<String>)>> {
        let string = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some(
            parse(text.as_bytes())
                .ok()?
                .iter()
                .map(|item| (string(item.name), item.value.map(string)))
                .collect(),
        )
    }

    #[test]
    fn lists() {
        let owned = |list: &[(&str, Option<&str>)]| {
            Some(
                list.iter()
                    .map(|(n, v)| ((*n).to_owned(), v.map(str::to_owned)))
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(
            pairs(" CA : true ,pathlen:10, x"),
            owned(&[("CA", Some("true")), ("pathlen", Some("10")), ("x", None)])
        );
        assert_eq!(
            pairs("URI:http://a:80/,b"),
            owned(&[("URI", Some("http://a:80/")), ("b", None)])
        );
        // Peculiar, and the same in OpenSSL.
        assert_eq!(pairs("a: 0 ,b"), owned(&[("a", Some("0 ")), ("b", None)]));
        assert_eq!(pairs("ab\n,c"), owned(&[("ab\n,c", None)]));
        for bad in ["", " ", ",", "a,", "a:", "a:,b", ":b", "a,,b", ": "] {
            assert_eq!(pairs(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn numbered_names() {
        for (text, expected) in [
            ("DNS", true),
            ("DNS.1", true),
            ("DNS.", true),
            ("DNSx", false),
            ("DN", false),
        ] {
            assert_eq!(is_numbered(text.as_bytes(), "DNS"), expected, "{text}");
        }
    }
}
