//! Our reading of response codes against that of tpm2-tools, over the whole range.
//!
//! `tpm2_rc_decode` prints texts and no names, and knows the specification up to version 159. So it is compared which
//! codes exist, which part of the command they speak of, and that a text of ours is about the same thing as theirs.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use tpm2ca_testkit::Tool;
use tpm2ca_tpm::{ResponseCode, Subject};

/// What tpm2-tools say: the part that it speaks of, and the text, where they know the code.
fn decoded(code: u32) -> (Option<Subject>, Option<String>) {
    let text = Tool::new("tpm2_rc_decode")
        .arg(format!("{code:#x}"))
        .ok()
        .text();
    let text = text.trim().strip_prefix("tpm:").unwrap();
    let (head, tail) = text.split_once(':').unwrap_or((text, ""));
    let subject = head.split_once('(').and_then(|(kind, number)| {
        let number = number.trim_end_matches(')').parse().ok()?;
        match kind {
            "handle" => Some(Subject::Handle(number)),
            "parameter" => Some(Subject::Parameter(number)),
            "session" => Some(Subject::Session(number)),
            _ => None,
        }
    });
    let is_unknown = tail.is_empty()
        || tail.contains("(null)")
        || tail.contains("unknown")
        || head.contains("(1.2)");
    (subject, (!is_unknown).then(|| tail.trim().to_owned()))
}

/// All codes that are without a number, and of those with one the first of each kind.
fn bases() -> Vec<u32> {
    let format_zero = (0x100..0x180).chain(0x900..0x980);
    let format_one = 0x180..0x1c0;
    format_zero.chain(format_one).collect()
}

fn all_decoded(codes: &[u32]) -> BTreeMap<u32, (Option<Subject>, Option<String>)> {
    thread::scope(|scope| {
        let workers: Vec<_> = codes
            .chunks(codes.len().div_ceil(4))
            .map(|codes| {
                scope.spawn(|| {
                    codes
                        .iter()
                        .map(|code| (*code, decoded(*code)))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    })
}

#[test]
fn both_know_the_same_codes_and_say_alike_of_them() {
    let mut unlike = Vec::new();
    for (raw, (_, theirs)) in all_decoded(&bases()) {
        let code = ResponseCode::new(raw);
        let known = code.name() != "TPM_RC_UNKNOWN";
        let base = code.base();
        match theirs {
            // Later than their version of the specification; 0x97f is a place holder.
            None => assert!(!known || LATER.contains(&base), "{code}"),
            Some(theirs) => {
                assert!(known, "{raw:#x}: {theirs}");
                let ours = format!("{} {}", words_of_name(code.name()), code.meaning());
                if words(&ours).is_disjoint(&words(&theirs)) {
                    unlike.push(format!("{code} | {theirs}"));
                }
            }
        }
        assert_eq!(known, code.hint().is_some(), "{code}");
    }
    assert!(unlike.is_empty(), "{unlike:#?}");
}

#[test]
fn both_find_the_same_part_of_the_command() {
    // TPM_RC_VALUE of every handle and session there can be, and of parameters up to the seventh: of higher ones
    // tpm2-tools take the fourth bit of the number for that of a session.
    let handles_and_sessions = (0..16).map(|number| number << 8 | 0x084);
    let parameters = (0..8).map(|number| number << 8 | 0x0c4);
    let codes: Vec<u32> = handles_and_sessions.chain(parameters).collect();
    for (raw, (theirs, _)) in all_decoded(&codes) {
        let code = ResponseCode::new(raw);
        assert_eq!(code.name(), "TPM_RC_VALUE", "{raw:#x}");
        assert_eq!(code.subject(), theirs, "{raw:#x}");
    }
}

/// Words that mean something, cut to their stems: `supported` and `support` are the same.
fn words(text: &str) -> BTreeSet<String> {
    text.to_lowercase()
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| word.len() > 2 && !EMPTY.contains(word))
        .map(|word| word.chars().take(5).collect())
        .collect()
}

fn words_of_name(name: &str) -> String {
    name.trim_start_matches("TPM_RC_").replace('_', " ")
}

const EMPTY: [&str; 10] = [
    "the", "not", "for", "and", "was", "that", "with", "this", "are", "has",
];

const LATER: [u32; 10] = [
    0x0a8, 0x0a9, 0x0aa, 0x0ab, 0x0ac, 0x0ad, 0x0b0, 0x0b1, 0x156, 0x97f,
];
