//! Object identifiers by name: those everybody knows, and those a configuration file adds.

mod oid;
mod table;

use std::{collections::HashMap, sync::LazyLock};

use tpm2ca_openssl_conf::{Conf, Value};
use tpm2ca_x509::ObjectIdentifier;

pub use self::oid::Oid;

use super::error::{OpensslError, Problem, shown};
use tpm2ca_x509::spelling::nearest;

/// Names of object identifiers: short ones such as `CN`, long ones such as `commonName`, in exactly this spelling.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    // What a configuration file has added.
    short: HashMap<Vec<u8>, Oid>,
    long: HashMap<Vec<u8>, Oid>,
    /// Short and long name.
    by_oid: HashMap<Oid, (String, String)>,
}

impl Objects {
    /// The names everybody knows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Those, and what the file adds by `oid_section` in its default section, or in the section that its
    /// `openssl_conf` names. The file that [`Self::oid_file`] names is not read; add it with [`Self::add_file`].
    pub fn from_conf(conf: &Conf) -> Result<Self, OpensslError> {
        let mut objects = Self::new();
        let module = conf
            .get("default", "openssl_conf")
            .and_then(|value| value.as_str().ok())
            .and_then(|name| conf.section(name))
            .and_then(|section| section.get("oid_section"));
        if let Some(value) = module {
            objects.add_section(conf, value, true)?;
        }
        if let Some(value) = conf.get("default", "oid_section") {
            objects.add_section(conf, value, false)?;
        }
        Ok(objects)
    }

    /// The value of `oid_file` in the default section: a path. OpenSSL goes on without a word when there is no such
    /// file.
    pub fn oid_file(conf: &Conf) -> Option<&Value> {
        conf.get("default", "oid_file")
    }

    /// Adds the lines `1.2.3.4 shortName Long Name`, as far as the first line that is none; returns their number.
    /// Lines that add nothing new end it as well.
    pub fn add_file(&mut self, bytes: &[u8]) -> usize {
        let mut added = 0;
        for line in bytes.split(|&b| b == b'\n') {
            let digits = line
                .iter()
                .take_while(|b| b.is_ascii_digit() || **b == b'.')
                .count();
            let (dotted, names) = line.split_at(digits);
            let names = names.trim_ascii();
            let end = names
                .iter()
                .position(u8::is_ascii_whitespace)
                .unwrap_or(names.len());
            let (short, long) = names.split_at(end);
            let long = long.trim_ascii();
            let Some(oid) = Oid::parse(dotted) else { break };
            if short.is_empty()
                || self.short(short).is_some()
                || (!long.is_empty() && self.long(long).is_some())
            {
                break;
            }
            self.insert(short, if long.is_empty() { None } else { Some(long) }, oid);
            added += 1;
        }
        added
    }

    /// By short name, long name, or dotted numbers.
    pub fn find(&self, text: &str) -> Option<Oid> {
        self.by_any(text.as_bytes())
    }

    /// The short name of an object identifier that is known from the start.
    pub fn short_name(oid: &ObjectIdentifier) -> Option<&'static str> {
        KNOWN.by_oid.get(oid.as_bytes()).copied()
    }

    /// The short name, also of an object identifier that a configuration file has named.
    pub fn short_name_of(&self, oid: &ObjectIdentifier) -> Option<&str> {
        let added = || self.by_oid.get(&Oid::from(*oid));
        Self::short_name(oid).or_else(|| added().map(|(short, _)| short.as_str()))
    }

    /// The long name, also of an object identifier that a configuration file has named.
    pub fn long_name_of(&self, oid: &ObjectIdentifier) -> Option<&str> {
        let dotted = oid.to_string();
        let known = table::NAMES.iter().find(|(known, ..)| *known == dotted);
        let added = || self.by_oid.get(&Oid::from(*oid));
        known
            .map(|(_, _, long)| *long)
            .or_else(|| added().map(|(_, long)| long.as_str()))
    }

    pub(super) fn by_any(&self, text: &[u8]) -> Option<Oid> {
        if let Some(oid) = self.short(text).or_else(|| self.long(text)) {
            return Some(oid);
        }
        if text.first().is_some_and(u8::is_ascii_digit) {
            Oid::parse(text)
        } else {
            None
        }
    }

    /// The same, with a message.
    pub(super) fn require(&self, text: &[u8]) -> Result<Oid, Problem> {
        self.by_any(text).ok_or_else(|| unknown(text))
    }

    pub(super) fn short(&self, text: &[u8]) -> Option<Oid> {
        KNOWN
            .short
            .get(text)
            .or_else(|| self.short.get(text))
            .cloned()
    }

    fn long(&self, text: &[u8]) -> Option<Oid> {
        KNOWN
            .long
            .get(text)
            .or_else(|| self.long.get(text))
            .cloned()
    }

    /// `long_names`: `short = long name, 1.2.3.4` is understood.
    fn add_section(
        &mut self,
        conf: &Conf,
        wanted: &Value,
        long_names: bool,
    ) -> Result<(), OpensslError> {
        let section = wanted
            .as_str()
            .ok()
            .and_then(|name| conf.section(name))
            .ok_or_else(|| {
                Problem::new(format!(
                    "there is no section [{}]",
                    shown(wanted.as_bytes())
                ))
                .in_entry(wanted)
            })?;
        for value in section.values() {
            self.add_entry(value, long_names)
                .map_err(|problem| problem.in_entry(value))?;
        }
        Ok(())
    }

    fn add_entry(&mut self, value: &Value, long_names: bool) -> Result<(), Problem> {
        let short = value.name().as_bytes();
        let text = value.as_bytes();
        let comma = text.iter().rposition(|&b| b == b',').filter(|_| long_names);
        let (long, dotted) = match comma {
            Some(comma) => {
                let (long, dotted) = text.split_at(comma);
                (
                    long.trim_ascii(),
                    dotted.get(1..).unwrap_or_default().trim_ascii(),
                )
            }
            None => (short, text),
        };
        let oid = Oid::parse(dotted).ok_or_else(|| {
            Problem::new(format!(
                "expected an object identifier in dotted numbers, found `{}`",
                shown(dotted)
            ))
            .hint("write it as `1.2.3.4`")
        })?;
        for (name, known) in [(short, self.short(short)), (long, self.long(long))] {
            if known.is_some_and(|known| known != oid) {
                return Err(Problem::new(format!(
                    "the name `{}` belongs to another object identifier already",
                    shown(name)
                ))
                .hint("remove the line, or choose another name"));
            }
        }
        self.insert(short, Some(long), oid);
        Ok(())
    }

    fn insert(&mut self, short: &[u8], long: Option<&[u8]>, oid: Oid) {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        self.short.insert(short.to_vec(), oid.clone());
        if let Some(long) = long {
            self.long.insert(long.to_vec(), oid.clone());
        }
        let names = (text(short), text(long.unwrap_or(short)));
        self.by_oid.entry(oid).or_insert(names);
    }
}

/// For a name that nobody knows.
fn unknown(text: &[u8]) -> Problem {
    let name = shown(text);
    let problem = Problem::new(format!(
        "expected the name of an object identifier, or its dotted numbers, found `{name}`"
    ));
    let names = table::NAMES
        .iter()
        .flat_map(|&(_, short, long)| [short, long]);
    match nearest(&name, names) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint(
            "write the dotted numbers, or name it in the section that `oid_section` points to",
        ),
    }
}

struct Known {
    short: HashMap<&'static [u8], Oid>,
    long: HashMap<&'static [u8], Oid>,
    by_oid: HashMap<Vec<u8>, &'static str>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known = Known {
        short: HashMap::new(),
        long: HashMap::new(),
        by_oid: HashMap::new(),
    };
    for (dotted, short, long) in table::NAMES {
        // A test reads all of the table.
        if let Some(oid) = Oid::parse(dotted.as_bytes()) {
            known.short.insert(short.as_bytes(), oid.clone());
            known.long.insert(long.as_bytes(), oid.clone());
            known.by_oid.insert(oid.as_content().to_vec(), short);
        }
    }
    known
});

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_table_is_whole() {
        assert_eq!(KNOWN.by_oid.len(), table::NAMES.len());
        assert_eq!(KNOWN.short.len(), table::NAMES.len());
        assert_eq!(KNOWN.long.len(), table::NAMES.len());
    }

    #[test]
    fn openssl_has_the_same_names() {
        let output = std::process::Command::new("openssl")
            .args(["list", "-objects"])
            .output()
            .unwrap();
        let list = String::from_utf8(output.stdout).unwrap();
        let lines: std::collections::HashSet<&str> = list.lines().collect();
        let different: Vec<String> = table::NAMES
            .iter()
            .map(|&(dotted, short, long)| {
                if short == long {
                    format!("{short} = {dotted}")
                } else {
                    format!("{short} = {long}, {dotted}")
                }
            })
            .filter(|line| !lines.contains(line.as_str()))
            .collect();
        assert!(different.is_empty(), "{different:#?}");
    }

    #[test]
    fn names() {
        let objects = Objects::new();
        let common_name = Oid::parse(b"2.5.4.3");
        for name in ["CN", "commonName", "2.5.4.3"] {
            assert_eq!(objects.find(name), common_name, "{name}");
        }
        for name in ["cn", "COMMONNAME", "", "x.5"] {
            assert_eq!(objects.find(name), None, "{name}");
        }
        assert_eq!(
            objects
                .require(b"commonNam")
                .unwrap_err()
                .in_text(b"")
                .hint(),
            Some("did you mean `commonName`?")
        );
    }

    #[test]
    fn a_file_of_names() {
        let mut objects = Objects::new();
        let file = b"1.2.3.4 first The First One\n1.2.3.5\tsecond\n2.5.4.3 CN\n1.2.3.6 third\n";
        assert_eq!(objects.add_file(file), 2);
        assert_eq!(objects.find("The First One"), Oid::parse(b"1.2.3.4"));
        assert_eq!(objects.find("second"), Oid::parse(b"1.2.3.5"));
        assert_eq!(objects.find("third"), None);
    }

    #[test]
    fn a_section_of_names() {
        let conf = |text: &str| Conf::parse(text.as_bytes(), "test.cnf", &|_: &str| None).unwrap();
        let objects = Objects::from_conf(&conf(
            "oid_section = new\nopenssl_conf = init\n[init]\noid_section = more\n[new]\na = 1.2.3.4\n[more]\nb = B for all, 1.2.3.5\nc = 1.2.3.6\n",
        ))
        .unwrap();
        assert_eq!(objects.find("a"), Oid::parse(b"1.2.3.4"));
        assert_eq!(objects.find("B for all"), Oid::parse(b"1.2.3.5"));
        assert_eq!(objects.find("c"), Oid::parse(b"1.2.3.6"));
        for (oid, short, long) in [
            ("1.2.3.4", "a", "a"),
            ("1.2.3.5", "b", "B for all"),
            ("2.5.4.3", "CN", "commonName"),
        ] {
            let oid = ObjectIdentifier::new(oid).unwrap();
            assert_eq!(objects.short_name_of(&oid), Some(short));
            assert_eq!(objects.long_name_of(&oid), Some(long));
        }
        let problem = |text: &str| Objects::from_conf(&conf(text)).unwrap_err().to_string();
        assert_eq!(
            problem("oid_section = none\n"),
            "test.cnf:1: `oid_section` in [default]: there is no section [none]"
        );
        assert_eq!(
            problem("oid_section = new\n[new]\nx = B for all, 1.2.3.5\n"),
            "test.cnf:3: `x` in [new]: expected an object identifier in dotted numbers, found `B for all, 1.2.3.5`"
        );
        assert_eq!(
            problem("oid_section = new\n[new]\nCN = 1.2.3.5\n"),
            "test.cnf:3: `CN` in [new]: the name `CN` belongs to another object identifier already"
        );
    }
}
