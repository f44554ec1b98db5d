//! What one line says.

use crate::chars::{is_name, is_quote, is_space, octet, skip_space, trim_end};

/// A line, cut into its parts. Nothing is expanded or unescaped yet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Statement<'a> {
    /// Nothing, or a comment.
    Blank,
    /// `[ name ]`
    Section(&'a [u8]),
    /// `.pragma keyword:value`
    Pragma(&'a [u8]),
    /// `.include path`, in the section whose variables the path may use (`None`: the current one).
    Include {
        section: Option<&'a [u8]>,
        path: &'a [u8],
    },
    /// `name = value` or `section::name = value`
    Assignment {
        section: Option<&'a [u8]>,
        name: &'a [u8],
        value: &'a [u8],
    },
}

/// Why a line is no statement, with what stands where something else was expected.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Flaw<'a> {
    MissingBracket(&'a [u8]),
    MissingEqualSign(&'a [u8]),
}

impl<'a> Statement<'a> {
    /// `dollar_in_names`: whether `.pragma dollarid:on` is in force.
    pub(crate) fn parse(line: &'a [u8], dollar_in_names: bool) -> Result<Self, Flaw<'a>> {
        let line = without_comment(line);
        let start = skip_space(line, 0);
        match octet(line, start) {
            0 => Ok(Self::Blank),
            b'[' => section(line, start + 1, dollar_in_names),
            _ => other(line, start, dollar_in_names),
        }
    }
}

/// A section's name may have white space within. What follows the bracket is not looked at.
fn section(line: &[u8], start: usize, dollar_in_names: bool) -> Result<Statement<'_>, Flaw<'_>> {
    let start = skip_space(line, start);
    let mut word = start;
    loop {
        let end = end_of_name(line, word, dollar_in_names);
        let next = skip_space(line, end);
        match octet(line, next) {
            b']' => return Ok(Statement::Section(&line[start..end])),
            0 => return Err(Flaw::MissingBracket(&[])),
            _ if next == word => return Err(Flaw::MissingBracket(&line[next..])),
            _ => word = next,
        }
    }
}

fn other(line: &[u8], start: usize, dollar_in_names: bool) -> Result<Statement<'_>, Flaw<'_>> {
    let mut name = start;
    let mut end = end_of_name(line, start, dollar_in_names);
    let mut section = None;
    if line[end..].starts_with(b"::") {
        section = Some(&line[start..end]);
        name = end + 2;
        end = end_of_name(line, name, dollar_in_names);
    }
    let next = skip_space(line, end);
    let has_equal_sign = octet(line, next) == b'=';
    // Whatever merely begins like a directive is one, unless it is followed by neither white space nor `=`.
    let is_directive = |word: &[u8]| {
        line[name..].starts_with(word) && (next != name + word.len() || has_equal_sign)
    };
    let argument = || trim_end(&line[skip_space(line, next + usize::from(has_equal_sign))..]);
    if is_directive(b".pragma") {
        Ok(Statement::Pragma(argument()))
    } else if is_directive(b".include") {
        Ok(Statement::Include {
            section,
            path: argument(),
        })
    } else if has_equal_sign {
        Ok(Statement::Assignment {
            section,
            name: &line[name..end],
            value: argument(),
        })
    } else {
        Err(Flaw::MissingEqualSign(&line[next..]))
    }
}

/// The line up to the first `#` that is neither quoted nor escaped, even in a name.
fn without_comment(line: &[u8]) -> &[u8] {
    let mut at = 0;
    while at < line.len() {
        match line[at] {
            b'#' => return &line[..at],
            b'\\' => at += 2,
            quote if is_quote(quote) => at = end_of_quoted(line, at),
            _ => at += 1,
        }
    }
    line
}

/// What follows the quotation that opens at `at`; the end of the line, if it does not close.
fn end_of_quoted(line: &[u8], at: usize) -> usize {
    let quote = line[at];
    let mut at = at + 1;
    while at < line.len() && line[at] != quote {
        at += if line[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(line.len())
}

fn end_of_name(line: &[u8], mut at: usize, dollar_in_names: bool) -> usize {
    loop {
        match octet(line, at) {
            b'\\' => at = (at + 2).min(line.len()),
            b'$' if dollar_in_names => at += 1,
            c if is_name(c) => at += 1,
            _ => return at,
        }
    }
}

/// Cuts `keyword:value`; `None` if there is no keyword or no value.
pub(crate) fn pragma(argument: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = argument.iter().position(|octet| *octet == b':')?;
    let (keyword, value) = (&argument[..colon], &argument[colon + 1..]);
    let start = value.iter().position(|octet| !is_space(*octet))?;
    (colon > 0).then(|| (trim_end(keyword), &value[start..]))
}
