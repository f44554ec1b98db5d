//! Profile files: TOML (version 1.0) with tables `[profile.NAME]`.
//!
//! The tables are walked by hand over the parser's spanned tree rather than derived: that way each
//! mistake is reported with its file and line and with the keys that would have been right, and one
//! list of keys ([`keys`]) serves the parser, its error messages and the reference documentation.

mod item;
mod keys;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use self::item::{Fault, Item};
use self::keys::{Key, NAMES_SWITCHES, PROFILE_KEYS, REQUESTER_KEYS, RULE_KEYS};
pub use self::keys::{KeyInfo, Section, keys};
use crate::error::ProfileError;
use crate::profile::Profile;
use crate::rules::RequesterRule;
use tpm2ca_x509::spelling::did_you_mean;

/// A parsed file: where it came from, and its `[profile.NAME]` tables.
pub(crate) struct Document<'a> {
    place: Place<'a>,
    tables: Vec<ProfileTable<'a>>,
}

/// One `[profile.NAME]` table, not yet applied to a profile.
pub(crate) struct ProfileTable<'a> {
    /// NAME.
    pub(crate) name: String,
    /// The value of `base`, with its offset in the text.
    pub(crate) base: Option<(String, usize)>,
    /// Where the table begins in the text.
    pub(crate) offset: usize,
    table: DeTable<'a>,
}

/// Turns an offset into file and line.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    origin: &'a str,
    text: &'a str,
}

impl<'a> Document<'a> {
    pub(crate) fn parse(origin: &'a str, text: &'a str) -> Result<Self, ProfileError> {
        let place = Place { origin, text };
        let root = DeTable::parse(text).map_err(|error| ProfileError::Syntax {
            origin: origin.to_owned(),
            line: place.line(error.span().map_or(0, |span| span.start)),
            message: error.message().trim().replace('\n', ", "),
        })?;
        let mut tables = Vec::new();
        for (key, value) in in_order(root.into_inner()) {
            let name = key.get_ref().as_ref();
            if name != "profile" {
                return Err(place.unknown_top_level(name, key.span().start));
            }
            let DeValue::Table(profiles) = value.into_inner() else {
                return Err(place.value(
                    "the file",
                    name,
                    Fault::at(key.span().start, "must be a table `[profile.NAME]`"),
                ));
            };
            for (key, value) in in_order(profiles) {
                tables.push(ProfileTable::new(
                    place,
                    key.get_ref(),
                    key.span().start,
                    value.into_inner(),
                )?);
            }
        }
        Ok(Self { place, tables })
    }

    pub(crate) fn place(&self) -> Place<'a> {
        self.place
    }

    pub(crate) fn tables(&self) -> &[ProfileTable<'a>] {
        &self.tables
    }
}

impl<'a> ProfileTable<'a> {
    fn new(
        place: Place<'_>,
        name: &str,
        offset: usize,
        value: DeValue<'a>,
    ) -> Result<Self, ProfileError> {
        let good = !name.is_empty()
            && name.len() <= MAX_PROFILE_NAME
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !good {
            let fault = Fault::at(
                offset,
                format!("`{}` is not a name for a profile", name.escape_debug()),
            )
            .hint("use up to 64 letters, digits, `-`, `_` and `.`");
            return Err(place.value("the file", "profile", fault));
        }
        let DeValue::Table(table) = value else {
            return Err(place.value(
                "[profile]",
                name,
                Fault::at(offset, format!("must be a table `[profile.{name}]`")),
            ));
        };
        let base = table
            .iter()
            .find(|(key, _)| key.get_ref() == "base")
            .map(|(key, value)| {
                Item::new(value)
                    .string()
                    .map(|base| (base.to_owned(), key.span().start))
            });
        let base = base
            .transpose()
            .map_err(|fault| place.value(&format!("[profile.{name}]"), "base", fault))?;
        Ok(Self {
            name: name.to_owned(),
            base,
            offset,
            table,
        })
    }

    /// Applies every key of the table to `profile`.
    pub(crate) fn apply(
        &self,
        place: Place<'_>,
        profile: &mut Profile,
    ) -> Result<(), ProfileError> {
        let section = format!("[profile.{}]", self.name);
        for (key, value) in in_order(&self.table) {
            match key.get_ref().as_ref() {
                "base" => profile.base = self.base.as_ref().map(|(base, _)| base.clone()),
                "names" => self.apply_names(place, value, profile)?,
                "requester" => profile.requesters = self.requesters(place, value)?,
                word => {
                    let Some(known) = find(PROFILE_KEYS, word) else {
                        return Err(place.unknown_key(
                            &section,
                            word,
                            key.span().start,
                            self.profile_hint(word),
                        ));
                    };
                    (known.set)(profile, Item::new(value))
                        .map_err(|fault| place.value(&section, word, fault))?;
                }
            }
        }
        Ok(())
    }

    fn apply_names(
        &self,
        place: Place<'_>,
        value: &Spanned<DeValue<'_>>,
        profile: &mut Profile,
    ) -> Result<(), ProfileError> {
        let section = format!("[profile.{}.names]", self.name);
        let table = value.get_ref().as_table().ok_or_else(|| {
            place.value(
                &section,
                "names",
                Fault::at(value.span().start, "must be a table"),
            )
        })?;
        for (key, value) in in_order(table) {
            let word = key.get_ref().as_ref();
            let item = Item::new(value);
            let done = match (find(RULE_KEYS, word), find(NAMES_SWITCHES, word)) {
                (Some(known), _) => (known.set)(&mut profile.names, item),
                (None, Some(known)) => (known.set)(profile, item),
                (None, None) => {
                    let known = words(RULE_KEYS).chain(words(NAMES_SWITCHES));
                    let hint = did_you_mean(word, known, "keys");
                    return Err(place.unknown_key(&section, word, key.span().start, hint));
                }
            };
            done.map_err(|fault| place.value(&section, word, fault))?;
        }
        Ok(())
    }

    fn requesters(
        &self,
        place: Place<'_>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Vec<RequesterRule>, ProfileError> {
        let section = format!("[[profile.{}.requester]]", self.name);
        let not_blocks = |at: usize| {
            place.value(
                &section,
                "requester",
                Fault::at(at, "must be blocks of their own").hint(format!(
                    "write `{section}` on a line by itself, the block's keys below it"
                )),
            )
        };
        let blocks = value
            .get_ref()
            .as_array()
            .ok_or_else(|| not_blocks(value.span().start))?;
        blocks
            .iter()
            .map(|block| {
                let at = block.span().start;
                let table = block.get_ref().as_table().ok_or_else(|| not_blocks(at))?;
                read_requester(place, &section, at, table)
            })
            .collect()
    }

    /// The keys there are, and for a key of a sub-table where it belongs.
    fn profile_hint(&self, word: &str) -> String {
        let name = &self.name;
        if find(RULE_KEYS, word).is_some() || find(NAMES_SWITCHES, word).is_some() {
            return format!("`{word}` belongs in `[profile.{name}.names]`");
        }
        if find(REQUESTER_KEYS, word).is_some() {
            return format!("`{word}` belongs in `[[profile.{name}.requester]]`");
        }
        did_you_mean(
            word,
            ["base"]
                .into_iter()
                .chain(words(PROFILE_KEYS))
                .chain(["names", "requester"]),
            "keys",
        )
    }
}

impl Place<'_> {
    /// Line of an offset, from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        1 + self
            .text
            .bytes()
            .take(offset)
            .filter(|byte| *byte == b'\n')
            .count()
    }

    pub(crate) fn value(&self, section: &str, key: &str, fault: Fault) -> ProfileError {
        ProfileError::Value {
            origin: self.origin.to_owned(),
            line: self.line(fault.offset),
            section: section.into(),
            key: key.into(),
            problem: fault.problem,
            hint: fault.hint.map(String::into_boxed_str),
        }
    }

    pub(crate) fn inconsistent(
        &self,
        offset: usize,
        profile: &str,
        problem: String,
        hint: String,
    ) -> ProfileError {
        ProfileError::Inconsistent {
            origin: self.origin.to_owned(),
            line: self.line(offset),
            profile: profile.to_owned(),
            problem,
            hint,
        }
    }

    fn unknown_key(&self, section: &str, key: &str, offset: usize, hint: String) -> ProfileError {
        ProfileError::UnknownKey {
            origin: self.origin.to_owned(),
            line: self.line(offset),
            section: section.into(),
            key: key.into(),
            hint,
        }
    }

    fn unknown_top_level(&self, key: &str, offset: usize) -> ProfileError {
        let hint = if find(PROFILE_KEYS, key).is_some()
            || ["base", "names", "requester"].contains(&key)
        {
            format!("`{key}` belongs to a profile: put it below `[profile.NAME]`")
        } else {
            format!("write `[profile.{key}]` if it is a profile; there is nothing else in the file")
        };
        self.unknown_key("the file", key, offset, hint)
    }
}

/// One block; its `match` must be there.
fn read_requester(
    place: Place<'_>,
    section: &str,
    at: usize,
    table: &DeTable<'_>,
) -> Result<RequesterRule, ProfileError> {
    let mut rule = RequesterRule::default();
    let mut matched = false;
    for (key, value) in in_order(table) {
        let word = key.get_ref().as_ref();
        let item = Item::new(value);
        matched |= word == "match";
        let done = match (find(RULE_KEYS, word), find(REQUESTER_KEYS, word)) {
            (Some(known), _) => (known.set)(&mut rule.names, item),
            (None, Some(known)) => (known.set)(&mut rule, item),
            (None, None) => {
                let known = words(REQUESTER_KEYS).chain(words(RULE_KEYS));
                let hint = did_you_mean(word, known, "keys");
                return Err(place.unknown_key(section, word, key.span().start, hint));
            }
        };
        done.map_err(|fault| place.value(section, word, fault))?;
    }
    if !matched {
        let fault = Fault::at(at, "is missing")
            .hint("say whom the block is for, for example `match = \"uid:1000\"`");
        return Err(place.value(section, "match", fault));
    }
    Ok(rule)
}

/// The entries of a table as they stand in the file, so that the first mistake is the one reported.
fn in_order<K, V, T>(table: T) -> Vec<(K, V)>
where
    T: IntoIterator<Item = (K, V)>,
    K: Offset,
{
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by_key(|(key, _)| key.offset());
    entries
}

trait Offset {
    fn offset(&self) -> usize;
}

impl<T> Offset for Spanned<T> {
    fn offset(&self) -> usize {
        self.span().start
    }
}

impl<T> Offset for &Spanned<T> {
    fn offset(&self) -> usize {
        self.span().start
    }
}

fn find<T>(table: &'static [Key<T>], word: &str) -> Option<&'static Key<T>> {
    table.iter().find(|key| key.info.name == word)
}

fn words<T>(table: &'static [Key<T>]) -> impl Iterator<Item = &'static str> + Clone {
    table.iter().map(|key| key.info.name)
}

/// A fault that is found after the file was read, such as a base that does not exist.
pub(crate) fn fault(offset: usize, problem: String, hint: String) -> Fault {
    Fault::at(offset, problem).hint(hint)
}

const MAX_PROFILE_NAME: usize = 64;
