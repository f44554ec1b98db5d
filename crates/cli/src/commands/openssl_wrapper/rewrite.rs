//! Options for engines, as scripts of before OpenSSL 4 have them, become what a provider needs, which is mostly nothing:
//! a key file says by itself what it is.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

use crate::installed_openssl::modules::is_our_engine;

/// Arguments of which options for engines were taken out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rewritten {
    pub(super) arguments: Vec<OsString>,
    /// What was done, for the curious.
    pub(super) changes: Vec<String>,
}

/// Rewrites the arguments of a command if they name our engine; otherwise they stay as they are. `command` is the first
/// of the words that `openssl` was given, `arguments` are the others.
pub(super) fn for_providers(command: &str, arguments: &[OsString]) -> Rewritten {
    let words: Vec<Word<'_>> = words(arguments);
    let named: Vec<&str> = words.iter().filter_map(Word::engine).collect();
    let is_asked = words.iter().any(Word::is_engine_form);
    let is_named = words.iter().any(|word| word.key_of_engine().is_some());
    let is_ours = !named.is_empty() || is_asked || is_named;
    if !is_ours || named.iter().any(|name| !is_our_engine(name)) {
        return Rewritten {
            arguments: arguments.to_vec(),
            changes: Vec::new(),
        };
    }
    let mut rewritten = Rewritten {
        arguments: Vec::with_capacity(arguments.len()),
        changes: Vec::new(),
    };
    for word in words {
        rewritten.add(command, &word);
    }
    rewritten
}

/// Where the value of an option is: which of the words, and behind how many octets of it.
pub(super) fn value_place(arguments: &[OsString], name: &str) -> Option<(usize, usize)> {
    arguments.iter().enumerate().find_map(|(at, word)| {
        let word = word.to_str()?;
        match option_name(word)? {
            (None, found) if found == name => arguments.get(at + 1).map(|_| (at + 1, 0)),
            (Some(value), found) if found == name => Some((at, word.len() - value.len())),
            _ => None,
        }
    })
}

/// The value of an option, if it is text.
pub(super) fn value_of<'a>(arguments: &'a [OsString], name: &str) -> Option<&'a str> {
    let (at, skipped) = value_place(arguments, name)?;
    arguments[at].to_str()?.get(skipped..)
}

/// Whether the arguments name our engine; for versions that have it.
pub(super) fn names_our_engine(arguments: &[OsString]) -> bool {
    words(arguments)
        .iter()
        .filter_map(Word::engine)
        .any(is_our_engine)
}

/// The arguments with our engine named by its file, for an OpenSSL that does not find it by itself.
pub(super) fn for_engine_at(file: &Path, arguments: &[OsString]) -> Vec<OsString> {
    let words = words(arguments);
    let changed = words.iter().flat_map(|word| match word {
        Word::Valued { name, .. } if word.engine().is_some_and(is_our_engine) => {
            vec![format!("-{name}").into(), file.as_os_str().to_owned()]
        }
        _ => word.words(),
    });
    changed.collect()
}

/// An option with its value, or anything else.
#[derive(Debug)]
enum Word<'a> {
    /// `-name value` or `-name=value`
    Valued {
        name: &'a str,
        value: &'a str,
        given: &'a [OsString],
    },
    /// Whatever we need not understand.
    Other(&'a OsStr),
}

/// Finds the options that may be rewritten. They all take a value but one.
///
/// Which other options take values is not known here, and need not be: no value of theirs looks like one of these names.
fn words(arguments: &[OsString]) -> Vec<Word<'_>> {
    let mut words = Vec::with_capacity(arguments.len());
    let mut rest = arguments;
    while let Some((first, after)) = rest.split_first() {
        let option = first.to_str().and_then(option_name);
        match option {
            // What follows are names of files.
            Some((None, "" | "infiles")) => break,
            Some((None, name)) if is_of_interest(name) => {
                // Some of the names are flags of other commands: `cms -sign -engine tpm2tss`.
                let value = after.first().and_then(|value| value.to_str());
                if let Some(value) = value.filter(|value| !value.starts_with('-')) {
                    words.push(Word::Valued {
                        name,
                        value,
                        given: &rest[..2],
                    });
                    rest = &rest[2..];
                    continue;
                }
            }
            Some((Some(value), name)) if is_of_interest(name) => {
                words.push(Word::Valued {
                    name,
                    value,
                    given: &rest[..1],
                });
                rest = after;
                continue;
            }
            _ => {}
        }
        words.push(Word::Other(first));
        rest = after;
    }
    words.extend(rest.iter().map(|word| Word::Other(word)));
    words
}

/// `-name` and `--name` are the same to OpenSSL, and `-name=value` is as good as two words.
fn option_name(word: &str) -> Option<(Option<&str>, &str)> {
    let name = word.strip_prefix('-')?;
    let name = name.strip_prefix('-').unwrap_or(name);
    match name.split_once('=') {
        Some((name, value)) => Some((Some(value), name)),
        None => Some((None, name)),
    }
}

fn is_of_interest(name: &str) -> bool {
    ENGINE.contains(&name)
        || KEY.contains(&name)
        || name == INPUT
        || name == VERIFY
        || is_form(name)
}

/// `-keyform`, `-CAkeyform`, `-inform` and so on: the form of something that is read.
fn is_form(name: &str) -> bool {
    name.ends_with("form") && name != "outform"
}

impl<'a> Word<'a> {
    fn engine(&self) -> Option<&'a str> {
        match self {
            Self::Valued { name, value, .. } if ENGINE.contains(name) => Some(value),
            _ => None,
        }
    }

    /// `org.openssl.engine:tpm2tss:ocsp.key`, by which OpenSSL 3 takes keys of engines where there is no option for them.
    fn key_of_engine(&self) -> Option<&'a str> {
        let Self::Valued { value, .. } = self else {
            return None;
        };
        let (engine, key) = value.strip_prefix("org.openssl.engine:")?.split_once(':')?;
        is_our_engine(engine).then_some(key)
    }

    /// OpenSSL looks at the first letter alone.
    fn is_engine_form(&self) -> bool {
        matches!(self, Self::Valued { name, value, .. } if is_form(name) && value.starts_with(['e', 'E']))
    }

    fn words(&self) -> Vec<OsString> {
        match self {
            Self::Valued { given, .. } => given.to_vec(),
            Self::Other(word) => vec![(*word).to_owned()],
        }
    }
}

impl Rewritten {
    fn add(&mut self, command: &str, word: &Word<'_>) {
        match word {
            Word::Valued { name, value, .. }
                if word.engine().is_some() || word.is_engine_form() =>
            {
                self.changes.push(format!("`-{name} {value}` is left out"));
            }
            Word::Other(other) if is_impl_flag(other) => {
                self.changes.push("`-engine_impl` is left out".to_owned());
            }
            Word::Valued { name, value, .. } if word.key_of_engine().is_some() => {
                let key = word
                    .key_of_engine()
                    .map(named_for_providers)
                    .unwrap_or_default();
                self.changes
                    .push(format!("`-{name} {value}` is `-{name} {key}`"));
                self.arguments.push(format!("-{name}").into());
                self.arguments.push(key.into());
            }
            Word::Valued { name, value, .. } if takes_key(command, name) && is_handle(value) => {
                self.changes
                    .push(format!("`-{name} {value}` is `-{name} handle:{value}`"));
                self.arguments.push(format!("-{name}").into());
                self.arguments.push(format!("handle:{value}").into());
            }
            _ => self.arguments.extend(word.words()),
        }
    }
}

/// The flag with which an engine is to make the digests too.
fn is_impl_flag(word: &OsStr) -> bool {
    word.to_str().and_then(option_name) == Some((None, "engine_impl"))
}

/// How a provider calls a key of the engine.
fn named_for_providers(key: &str) -> String {
    let prefix = if is_handle(key) { "handle:" } else { "" };
    format!("{prefix}{key}")
}

/// Whether the value of an option is the name of a key.
fn takes_key(command: &str, name: &str) -> bool {
    KEY.contains(&name)
        || (name == INPUT && READS_KEYS.contains(&command))
        // Elsewhere that is how long a chain may be.
        || (name == VERIFY && command == "dgst")
}

/// How engines call a key at a persistent handle: `0x81000001`.
pub(super) fn is_handle(value: &str) -> bool {
    let digits = value.strip_prefix("0x").or(value.strip_prefix("0X"));
    digits.is_some_and(|digits| {
        digits.len() == 8
            && digits.starts_with("81")
            && digits.bytes().all(|octet| octet.is_ascii_hexdigit())
    })
}

const ENGINE: [&str; 3] = ["engine", "keygen_engine", "ssl_client_engine"];
const KEY: [&str; 13] = [
    "CAkey",
    "dkey",
    "force_pubkey",
    "inkey",
    "key",
    "keyfile",
    "newkey",
    "oldkey",
    "peerkey",
    "prverify",
    "rkey",
    "sign",
    "signkey",
];
const INPUT: &str = "in";
const VERIFY: &str = "verify";
/// Commands whose `-in` is a key.
const READS_KEYS: [&str; 4] = ["ec", "pkcs8", "pkey", "rsa"];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn rewritten(line: &str) -> String {
        let (command, rest) = line.split_once(' ').unwrap();
        let rest: Vec<OsString> = rest.split(' ').map(OsString::from).collect();
        let rewritten = for_providers(command, &rest);
        let words: Vec<&str> = rewritten
            .arguments
            .iter()
            .map(|word| word.to_str().unwrap())
            .collect();
        format!("{command} {}", words.join(" "))
    }

    #[test]
    fn engine_options_go_away() {
        for (old, new) in [
            (
                "req -config openssl.cnf -new -x509 -engine tpm2tss -key ca-root.key.tss -keyform engine -days 7300",
                "req -config openssl.cnf -new -x509 -key ca-root.key.tss -days 7300",
            ),
            (
                "x509 -req -in a.csr -CA ca.crt -CAkey ca.tss -engine tpm2tss -CAkeyform ENGINE -out a.crt",
                "x509 -req -in a.csr -CA ca.crt -CAkey ca.tss -out a.crt",
            ),
            (
                "rsa -engine=tpm2tss -inform=engine -in k.tss -pubout",
                "rsa -in k.tss -pubout",
            ),
            (
                "pkey --engine libtpm2tss --inform e -in k.tss",
                "pkey -in k.tss",
            ),
            (
                "dgst -engine /usr/lib/engines-1.1/libtpm2tss.so -keyform eng -engine_impl -sha256 -sign k.tss m",
                "dgst -sha256 -sign k.tss m",
            ),
            (
                "s_client -engine tpm2tss -ssl_client_engine tpm2tss -keyform engine -key k.tss -cert c.pem",
                "s_client -key k.tss -cert c.pem",
            ),
            (
                "pkeyutl -derive -keyform engine -peerform engine -inkey k.tss",
                "pkeyutl -derive -inkey k.tss",
            ),
            (
                "req -keygen_engine tpm2tss -newkey rsa:2048",
                "req -newkey rsa:2048",
            ),
            (
                "cms -sign -engine tpm2tss -keyform engine -in m -inkey k.tss",
                "cms -sign -in m -inkey k.tss",
            ),
            // The engine of openssl.cnf.
            ("ca -keyform engine -keyfile k.tss", "ca -keyfile k.tss"),
        ] {
            assert_eq!(rewritten(old), new);
        }
    }

    #[test]
    fn handles_get_their_prefix_where_a_key_is_named() {
        for (old, new) in [
            (
                "req -engine tpm2tss -keyform engine -key 0x81000001",
                "req -key handle:0x81000001",
            ),
            (
                "ca -engine tpm2tss -keyfile=0x81000aBc",
                "ca -keyfile handle:0x81000aBc",
            ),
            (
                "pkey -inform engine -in 0x81000001",
                "pkey -in handle:0x81000001",
            ),
            (
                "ocsp -rkey org.openssl.engine:tpm2tss:0x81000001 -text",
                "ocsp -rkey handle:0x81000001 -text",
            ),
            (
                "ocsp -rkey org.openssl.engine:tpm2ca:a:b.key",
                "ocsp -rkey a:b.key",
            ),
            (
                "dgst -engine tpm2tss -verify 0x81000001 m",
                "dgst -verify handle:0x81000001 m",
            ),
            (
                "x509 -engine tpm2tss -CAkey 0x81000001 -set_serial 0x81000001",
                "x509 -CAkey handle:0x81000001 -set_serial 0x81000001",
            ),
            (
                "req -engine tpm2tss -in 0x81000001 -key 0x810000011",
                "req -in 0x81000001 -key 0x810000011",
            ),
            (
                "s_server -engine tpm2tss -verify 0x81000001",
                "s_server -verify 0x81000001",
            ),
        ] {
            assert_eq!(rewritten(old), new);
        }
    }

    #[test]
    fn everything_else_stays() {
        for line in [
            "req -new -key 0x81000001 -out x",
            "req -new -engine pkcs11 -keyform engine -key pkcs11:x",
            "ocsp -rkey org.openssl.engine:pkcs11:a.key -text",
            "pkey -in k.pem -outform engine",
            "pkey -inform DER -in k.der -outform PEM",
            "dgst -sha256 -- -engine tpm2tss",
            "ca -infiles -engine tpm2tss",
            "req -engine",
        ] {
            assert_eq!(rewritten(line), line);
        }
        let after_files = "ca -engine tpm2tss -infiles -keyform engine";
        assert_eq!(rewritten(after_files), "ca -infiles -keyform engine");
    }

    #[test]
    fn values_are_found_in_either_form() {
        let words = |line: &str| -> Vec<OsString> { line.split(' ').map(OsString::from).collect() };
        let value = |line: &str| value_of(&words(line), "config").map(str::to_owned);
        assert_eq!(value("-new -config a.cnf").as_deref(), Some("a.cnf"));
        assert_eq!(value("--config=b=c.cnf -new").as_deref(), Some("b=c.cnf"));
        assert_eq!(value("-new -config"), None);
        assert_eq!(value("config a.cnf"), None);
    }

    #[test]
    fn an_engine_that_is_not_installed_is_named_by_its_file() {
        let words: Vec<OsString> = ["-engine", "tpm2tss", "-keyform", "engine", "x"]
            .map(OsString::from)
            .to_vec();
        assert!(names_our_engine(&words));
        assert_eq!(
            for_engine_at(Path::new("/e/tpm2tss.so"), &words),
            ["-engine", "/e/tpm2tss.so", "-keyform", "engine", "x"]
        );
    }

    proptest! {
        #[test]
        fn what_names_no_engine_of_ours_is_untouched(words in prop::collection::vec("[-=a-z0-9x. ]{0,12}", 0..12)) {
            let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
            let has_engine = words.iter().any(|word| {
                let word = word.to_str().unwrap();
                word.contains("engine") || word.contains("form")
            });
            prop_assume!(!has_engine);
            prop_assert_eq!(for_providers("req", &words).arguments, words);
        }

        #[test]
        fn no_word_is_lost(before in prop::collection::vec("[a-z./]{0,8}", 0..6), after in prop::collection::vec("[a-z./]{0,8}", 0..6)) {
            let words = |parts: &[&[String]]| -> Vec<OsString> { parts.concat().into_iter().map(OsString::from).collect() };
            let engine = ["-engine", "tpm2tss", "-keyform", "engine"].map(str::to_owned);
            let given = words(&[&before, &engine, &after]);
            prop_assert_eq!(for_providers("req", &given).arguments, words(&[&before, &after]));
        }
    }
}
