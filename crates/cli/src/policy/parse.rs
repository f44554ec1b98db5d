//! The syntax of `--policy`: conditions, `and`, `or`, parentheses. `and` binds tighter.
//!
//! ```text
//! policy    = all *( "or" all )
//! all       = one *( "and" one )
//! one       = "(" policy ")" | condition
//! condition = "pcr:" bank ":" register *( "," register ) | "authvalue" | "secret:" holder
//!           | "signed:" file [ "#" reference ] | "authorize:" file [ "#" reference ]
//!           | "command:" command | "locality:" number *( "," number ) | "duplicate:" parent
//! register  = number [ "=" hex ]
//! ```
//!
//! A condition with blanks or parentheses in it stands in quotes.

use std::{path::PathBuf, str::FromStr};

use tpm2ca_tpm::{HashAlg, TpmCommand};

use crate::args::genkey::bank;

/// A policy as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    /// All of them hold, in this order.
    All(Vec<Expression>),
    /// One of them holds.
    Any(Vec<Expression>),
    /// `pcr:`
    Pcr(Registers),
    /// `authvalue`
    AuthValue,
    /// `secret:`
    Secret(u32),
    /// `signed:`
    Signed(Signer),
    /// `authorize:`
    Authorize(Signer),
    /// `command:`, a `TPM_CC`
    Command(u32),
    /// `locality:`, a `TPMA_LOCALITY`
    Locality(u8),
    /// `duplicate:`, a Name or a file
    Duplicate(String),
}

/// Registers of a bank, some with the value that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registers {
    pub(crate) bank: HashAlg,
    pub(crate) list: Vec<(u8, Option<Vec<u8>>)>,
}

/// A public key in a file, and what its signatures also cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signer {
    pub(crate) file: PathBuf,
    pub(crate) reference: Vec<u8>,
}

impl FromStr for Expression {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut words = words(text)?.into_iter().peekable();
        let expression = any(&mut words, 0)?;
        match words.next() {
            None => Ok(expression),
            Some(word) => Err(format!(
                "expected `and`, `or` or the end, found `{}`",
                word.text
            )),
        }
    }
}

impl FromStr for Registers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, list) = text
            .split_once(':')
            .ok_or("expected a bank and PCRs, such as sha256:0,7")?;
        let bank = bank(name).ok_or_else(|| {
            format!("`{name}` is not a bank known here; use sha256, sha384 or sha512")
        })?;
        let list = list
            .split([',', '+'])
            .map(|register| one_register(register, bank))
            .collect::<Result<_, _>>()?;
        Ok(Self { bank, list })
    }
}

fn one_register(text: &str, bank: HashAlg) -> Result<(u8, Option<Vec<u8>>), String> {
    let (number, value) = match text.split_once('=') {
        Some((number, value)) => (number, Some(value)),
        None => (text, None),
    };
    let number = number
        .parse()
        .ok()
        .filter(|number| *number < 24)
        .ok_or_else(|| format!("`{number}` is no PCR; they are 0 to 23"))?;
    let value = match value {
        None => None,
        Some(digits) => Some(
            unhex(digits)
                .filter(|value| value.len() == bank.len())
                .ok_or_else(|| {
                    format!(
                        "the value of PCR {number} is not a {bank} digest of {} hex digits",
                        2 * bank.len()
                    )
                })?,
        ),
    };
    Ok((number, value))
}

/// A word, and whether it was quoted, so that it is a condition in any case.
struct Word {
    text: String,
    quoted: bool,
}

impl Word {
    fn is(&self, text: &str) -> bool {
        !self.quoted && self.text == text
    }
}

type Words = std::iter::Peekable<std::vec::IntoIter<Word>>;

fn words(text: &str) -> Result<Vec<Word>, String> {
    let mut words: Vec<Word> = Vec::new();
    let mut present: Option<Word> = None;
    let mut quote = None;
    for character in text.chars() {
        if let Some(end) = quote {
            if character == end {
                quote = None;
            } else if let Some(word) = &mut present {
                word.text.push(character);
            }
            continue;
        }
        match character {
            '"' | '\'' => {
                quote = Some(character);
                let word = present.get_or_insert(Word {
                    text: String::new(),
                    quoted: true,
                });
                word.quoted = true;
            }
            '(' | ')' => {
                words.extend(present.take());
                words.push(Word {
                    text: character.to_string(),
                    quoted: false,
                });
            }
            blank if blank.is_whitespace() => words.extend(present.take()),
            other => {
                let word = present.get_or_insert(Word {
                    text: String::new(),
                    quoted: false,
                });
                word.text.push(other);
            }
        }
    }
    if quote.is_some() {
        return Err("a quote does not end".to_owned());
    }
    words.extend(present);
    Ok(words)
}

fn any(words: &mut Words, depth: usize) -> Result<Expression, String> {
    let mut list = vec![all(words, depth)?];
    while words.next_if(|word| word.is("or")).is_some() {
        list.push(all(words, depth)?);
    }
    Ok(one_or(list, Expression::Any))
}

fn all(words: &mut Words, depth: usize) -> Result<Expression, String> {
    let mut list = vec![one(words, depth)?];
    while words.next_if(|word| word.is("and")).is_some() {
        list.push(one(words, depth)?);
    }
    Ok(one_or(list, Expression::All))
}

fn one(words: &mut Words, depth: usize) -> Result<Expression, String> {
    let word = words.next().ok_or("a condition is missing at the end")?;
    if word.is("(") {
        if depth == MOST_PARENTHESES {
            return Err(format!(
                "parentheses are nested more than {MOST_PARENTHESES} deep"
            ));
        }
        let inside = any(words, depth + 1)?;
        return match words.next() {
            Some(word) if word.is(")") => Ok(inside),
            _ => Err("a parenthesis is not closed".to_owned()),
        };
    }
    if [")", "and", "or"].into_iter().any(|text| word.is(text)) {
        return Err(format!("a condition is missing before `{}`", word.text));
    }
    condition(&word.text)
}

fn one_or(mut list: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match list.pop() {
        Some(only) if list.is_empty() => only,
        last => {
            list.extend(last);
            many(list)
        }
    }
}

fn condition(text: &str) -> Result<Expression, String> {
    let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
    match (kind, rest) {
        ("authvalue", "") => Ok(Expression::AuthValue),
        ("pcr", rest) => rest.parse().map(Expression::Pcr),
        ("secret", rest) => holder(rest).map(Expression::Secret),
        ("signed", rest) => signer(rest).map(Expression::Signed),
        ("authorize", rest) => signer(rest).map(Expression::Authorize),
        ("command", rest) => command(rest).map(Expression::Command),
        ("locality", rest) => localities(rest).map(Expression::Locality),
        ("duplicate", rest) if !rest.is_empty() => Ok(Expression::Duplicate(rest.to_owned())),
        _ => Err(format!(
            "`{text}` is not a condition; there are {CONDITIONS}"
        )),
    }
}

const CONDITIONS: &str = "pcr:BANK:PCRS, authvalue, secret:HOLDER, signed:KEY, authorize:KEY, command:NAME, \
                          locality:NUMBERS and duplicate:PARENT";

fn holder(text: &str) -> Result<u32, String> {
    Ok(match text {
        "owner" => 0x4000_0001,
        "lockout" => 0x4000_000a,
        "endorsement" => 0x4000_000b,
        "platform" => 0x4000_000c,
        other => {
            let digits = other.strip_prefix("handle:").unwrap_or(other);
            match digits.parse() {
                Ok(tpm2ca_tpm::Parent::Handle(handle)) => handle,
                _ => {
                    return Err(format!(
                        "`{text}` holds no secret; use owner, endorsement, platform, lockout or a persistent handle"
                    ));
                }
            }
        }
    })
}

fn signer(text: &str) -> Result<Signer, String> {
    let (file, reference) = text.split_once('#').unwrap_or((text, ""));
    if file.is_empty() {
        return Err("the file with the public key is missing".to_owned());
    }
    Ok(Signer {
        file: file.into(),
        reference: reference.as_bytes().to_vec(),
    })
}

/// Reads the word for a command, or its code in hex (TPM 2.0 Library Part 2, 6.5.2 `TPM_CC`).
fn command(text: &str) -> Result<u32, String> {
    if let Some(command) = TpmCommand::by_word(text) {
        return Ok(command.code());
    }
    text.strip_prefix("0x")
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .ok_or_else(|| {
            format!(
                "`{text}` is not a command known here; use sign, certify, duplicate, quote, decrypt or its number in \
                 hex such as 0x15d"
            )
        })
}

fn localities(text: &str) -> Result<u8, String> {
    text.split(',')
        .try_fold(0u8, |set, number| match number.parse::<u8>() {
            Ok(number @ 0..=4) => Ok(set | 1 << number),
            _ => Err(format!("`{number}` is not a locality; they are 0 to 4")),
        })
}

pub(super) fn unhex(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        return None;
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok())
        .collect()
}

const MOST_PARENTHESES: usize = 8;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::{
        self, Strategy, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
    };

    use super::*;

    fn parse(text: &str) -> Expression {
        text.parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn and_binds_tighter_than_or() {
        use Expression::{All, Any, AuthValue, Command, Secret};
        let owner = || Secret(0x4000_0001);
        assert_eq!(
            parse("authvalue and secret:owner or command:sign"),
            Any(vec![All(vec![AuthValue, owner()]), Command(0x15d)])
        );
        assert_eq!(
            parse("authvalue and (secret:owner or command:0x148)"),
            All(vec![AuthValue, Any(vec![owner(), Command(0x148)])])
        );
        assert_eq!(parse("((authvalue))"), AuthValue);
        assert_eq!(
            parse("(authvalue)and(secret:owner)"),
            All(vec![AuthValue, owner()])
        );
    }

    #[test]
    fn conditions() {
        let registers = |list| {
            Expression::Pcr(Registers {
                bank: HashAlg::Sha256,
                list,
            })
        };
        let value = "00".repeat(31) + "ff";
        assert_eq!(
            parse("pcr:sha256:0,7"),
            registers(vec![(0, None), (7, None)])
        );
        assert_eq!(
            parse(&format!("pcr:sha256:7={value}")),
            registers(vec![(7, Some([vec![0; 31], vec![0xff]].concat()))])
        );
        assert_eq!(parse("locality:0,3"), Expression::Locality(0b1001));
        assert_eq!(parse("secret:0x81000010"), Expression::Secret(0x8100_0010));
        assert_eq!(
            parse("\"signed:my keys/(a).pem#team\""),
            Expression::Signed(Signer {
                file: "my keys/(a).pem".into(),
                reference: b"team".to_vec()
            })
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (text, word) in [
            ("", "missing at the end"),
            ("authvalue and", "missing at the end"),
            ("or authvalue", "before `or`"),
            ("authvalue secret:owner", "`secret:owner`"),
            ("(authvalue", "not closed"),
            ("authvalue)", "`)`"),
            ("'authvalue", "does not end"),
            ("pcr:sha256:24", "`24`"),
            ("pcr:md5:0", "`md5`"),
            ("pcr:sha256:0=ab", "64 hex digits"),
            ("pcr:0,7", "a bank and PCRs"),
            ("secret:me", "`me`"),
            ("signed:", "file"),
            ("command:dance", "`dance`"),
            ("locality:5", "`5`"),
            ("duplicate:", "not a condition"),
            ("fingerprint", "authvalue"),
        ] {
            let error = text.parse::<Expression>().unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
        let deep = "(".repeat(100_000);
        assert!(deep.parse::<Expression>().unwrap_err().contains("nested"));
    }

    /// Text out of the words of the language, in any order, with some that are nearly words.
    fn nearly_a_policy() -> impl Strategy<Value = String> {
        let word = prop::sample::select(vec![
            "authvalue",
            "and",
            "or",
            "(",
            ")",
            "secret:owner",
            "secret:0x",
            "pcr:sha256:0,7",
            "pcr:sha256:7=",
            "pcr:",
            "signed:a.pem#team",
            "authorize:#",
            "'",
            "\"",
            "command:sign",
            "command:0x100000000",
            "locality:0,4",
            "locality:255",
            "duplicate:",
            "duplicate:000b",
            ":",
            "#",
            "=",
            ",",
            "\u{e9}",
            "\u{0}",
        ]);
        let blank = prop::sample::select(vec![" ", "", "\t"]);
        prop::collection::vec((word, blank), 0..20).prop_map(|words| {
            words
                .into_iter()
                .flat_map(|(word, blank)| [word, blank])
                .collect()
        })
    }

    proptest! {
        #[test]
        fn any_text_is_a_policy_or_a_mistake(text in prop_oneof![prelude::any::<String>(), nearly_a_policy()]) {
            match text.parse::<Expression>() {
                // With one more around them there may be too many.
                Ok(_) if text.matches('(').count() >= MOST_PARENTHESES => {}
                Ok(expression) => {
                    // Parentheses around the whole and blanks change nothing.
                    prop_assert_eq!(format!(" ( {text} ) ").parse::<Expression>(), Ok(expression));
                }
                Err(error) => prop_assert!(!error.is_empty()),
            }
            let _ = text.parse::<Registers>();
        }
    }
}
