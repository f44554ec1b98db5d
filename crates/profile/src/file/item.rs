//! Typed access to one value of a TOML tree.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use toml::Spanned;
use toml::de::DeValue;

use crate::names::PatternError;
use tpm2ca_x509::spelling::did_you_mean;

/// A value that does not do: what is wrong and where, not yet tied to a file and key.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) offset: usize,
    pub(crate) problem: String,
    pub(crate) hint: Option<String>,
}

impl Fault {
    pub(crate) fn at(offset: usize, problem: impl Into<String>) -> Self {
        Self {
            offset,
            problem: problem.into(),
            hint: None,
        }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

/// One value.
#[derive(Clone, Copy)]
pub(crate) struct Item<'a, 'i> {
    value: &'a Spanned<DeValue<'i>>,
}

impl<'a, 'i> Item<'a, 'i> {
    pub(crate) fn new(value: &'a Spanned<DeValue<'i>>) -> Self {
        Self { value }
    }

    pub(crate) fn string(self) -> Result<&'a str, Fault> {
        self.value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.expected("a string"))
    }

    pub(crate) fn boolean(self) -> Result<bool, Fault> {
        self.value
            .get_ref()
            .as_bool()
            .ok_or_else(|| self.expected("true or false"))
    }

    /// A whole number in `range`.
    pub(crate) fn number(self, range: RangeInclusive<u32>) -> Result<u32, Fault> {
        let wanted = || format!("a whole number from {} to {}", range.start(), range.end());
        let integer = self
            .value
            .get_ref()
            .as_integer()
            .ok_or_else(|| self.expected(wanted()))?;
        u32::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                Fault::at(
                    self.offset(),
                    format!("must be {}, found {integer}", wanted()),
                )
            })
    }

    /// One of the words of a choice.
    pub(crate) fn word<T: Copy>(self, words: &[(&'static str, T)]) -> Result<T, Fault> {
        let text = self.string()?;
        words
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, choice)| *choice)
            .ok_or_else(|| {
                Fault::at(
                    self.offset(),
                    format!("`{}` is not a choice it has", text.escape_debug()),
                )
                .hint(did_you_mean(
                    text,
                    words.iter().map(|(word, _)| *word),
                    "choices",
                ))
            })
    }

    /// A string that `read` understands.
    pub(crate) fn parsed<T>(
        self,
        read: impl Fn(&str) -> Result<T, PatternError>,
    ) -> Result<T, Fault> {
        let text = self.string()?;
        read(text).map_err(|PatternError { problem, hint }| Fault {
            offset: self.offset(),
            problem: format!("`{}`: {problem}", text.escape_debug()),
            hint,
        })
    }

    /// The items of an array, without repetitions.
    pub(crate) fn list<T: PartialEq>(
        self,
        read: impl Fn(Item<'a, 'i>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let array = self
            .value
            .get_ref()
            .as_array()
            .ok_or_else(|| self.expected("a list such as [\"a\", \"b\"]"))?;
        let mut list = Vec::with_capacity(array.len());
        for value in array {
            let item = Item::new(value);
            let entry = read(item)?;
            if list.contains(&entry) {
                return Err(Fault::at(item.offset(), "has the same entry twice"));
            }
            list.push(entry);
        }
        Ok(list)
    }

    /// A list of patterns.
    pub(crate) fn patterns<T: FromStr<Err = PatternError> + PartialEq>(
        self,
    ) -> Result<Vec<T>, Fault> {
        self.list(|item| item.parsed(str::parse))
    }

    pub(crate) fn offset(self) -> usize {
        self.value.span().start
    }

    fn expected(self, wanted: impl fmt::Display) -> Fault {
        Fault::at(
            self.offset(),
            format!(
                "must be {wanted}, found {}",
                self.value.get_ref().type_str()
            ),
        )
    }
}
