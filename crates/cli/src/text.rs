//! Small texts in and out: times, durations, words for shells and terminals.

use tpm2ca_x509::{UnixTime, parse_time};

/// `2026-12-31T23:59:59Z`, `YYYYMMDDHHMMSSZ` or `YYMMDDHHMMSSZ`.
pub(crate) fn parse_when(text: &str) -> Result<UnixTime, String> {
    parse_time(text)
        .ok_or_else(|| "expected a time such as 2026-12-31T23:59:59Z or 20261231235959Z".to_owned())
}

/// `90s`, `15m`, `12h`, `30d`, `2w`; a bare number is days. In seconds.
pub(crate) fn parse_duration(text: &str) -> Result<i64, String> {
    let wrong = || "expected a time such as 12h, 30d or 2w".to_owned();
    let (number, unit) = match text.char_indices().last() {
        Some((at, unit)) if unit.is_ascii_alphabetic() => (&text[..at], unit),
        _ => (text, 'd'),
    };
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return Err(wrong()),
    };
    number
        .parse::<u32>()
        .ok()
        .and_then(|number| i64::from(number).checked_mul(seconds))
        .ok_or_else(wrong)
}

/// A time for people: `45 s`, `17 min`, `5 h`, `30 days`.
pub(crate) fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds.div_ceil(60)),
        7200..172_800 => format!("{} h", seconds.div_ceil(3600)),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A word that a shell takes as it is meant, for commands in hints.
pub(crate) fn shell_word(text: &str) -> String {
    let plain =
        |character: char| character.is_ascii_alphanumeric() || "/._-+=:,@%".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", printable(text).replace('\'', "'\\''"))
    }
}

/// Text that came from outside, safe for a terminal: control characters become visible.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            let escape = character.is_control()
                || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            let (escaped, plain) = if escape {
                (Some(character.escape_unicode()), None)
            } else {
                (None, Some(character))
            };
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

/// Lower case hexadecimal.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets
        .iter()
        .flat_map(|octet| [octet >> 4, octet & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(parse_duration("30d"), Ok(30 * 86_400));
        assert_eq!(parse_duration("2w"), Ok(14 * 86_400));
        assert_eq!(parse_duration("12h"), Ok(12 * 3600));
        assert_eq!(parse_duration("7"), Ok(7 * 86_400));
        for wrong in ["", "d", "-3d", "3y", "1e9d", "99999999999d", "3\u{e4}"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_for_people() {
        assert_eq!(duration(0), "0 s");
        assert_eq!(duration(1000), "17 min");
        assert_eq!(duration(86_400), "24 h");
        assert_eq!(duration(30 * 86_400), "30 days");
    }

    #[test]
    fn hexadecimal() {
        assert_eq!(hex(&[0x00, 0x1f, 0xa0, 0xff]), "001fa0ff");
    }

    #[test]
    fn words_for_the_shell() {
        assert_eq!(shell_word("/srv/my-ca"), "/srv/my-ca");
        assert_eq!(shell_word("my ca"), "'my ca'");
        assert_eq!(shell_word("it's"), "'it'\\''s'");
        assert_eq!(shell_word(""), "''");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(printable("gr\u{fc}n"), "gr\u{fc}n");
    }
}
