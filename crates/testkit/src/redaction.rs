//! Placeholders for what differs from run to run: times, serial numbers, hashes, keys, ports, paths.

use std::{collections::HashMap, sync::LazyLock};

use regex_lite::{Captures, Regex};

/// What is replaced in a text: always what differs in each run of a CA, and the values that were named.
///
/// A serial number or hash is numbered by its first occurrence, so that a snapshot shows where the same one is meant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redactions {
    values: Vec<(String, String)>,
}

/// Patterns with their placeholders, in the order in which they are applied.
static PATTERNS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        // PEM (RFC 7468), as lines and inside of a JSON string
        (
            r"(-----BEGIN [A-Z0-9 ]+-----)(\\n|\s+)[A-Za-z0-9+/=\s\\]+?(-----END)",
            "$1 [BASE64] $3",
        ),
        // RFC 3339, GeneralizedTime, and as OpenSSL prints times
        (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z| UTC)?", "[TIME]"),
        (r"\b\d{12,14}Z\b", "[TIME]"),
        (
            r"\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT",
            "[TIME]",
        ),
        (r"\b\d{4}-\d\d-\d\d\b", "[DATE]"),
        // how long it is to that time: a second later it is a day less
        (
            r"\[TIME\], in \d+ (s|min|h|days)\b",
            "[TIME], in [DURATION]",
        ),
        // where test servers listen, and TPMs
        (r"\b(127\.0\.0\.1|localhost|\[::1\]):\d{4,5}\b", "$1:[PORT]"),
        (r"\bport=\d{4,5}\b", "port=[PORT]"),
        (r"\buid:\d+\b", "uid:[UID]"),
        // code that may be moved
        (r"\bpanicked at [\w/.-]+:\d+:\d+", "panicked at [PLACE]"),
        (r"\bdone in \d+\.\d s\b", "done in [SECONDS] s"),
        // a temporary folder of this crate that has no name of its own
        (r"(/[\w.-]+)*/tpm2ca-\w{6}\b", "[OTHER FOLDER]"),
    ]
    .map(|(pattern, placeholder)| (Regex::new(pattern).expect("a pattern"), placeholder))
    .into()
});

/// The examples in messages, and the turn of a year, which tests ask for.
static KEPT: LazyLock<Regex> = LazyLock::new(|| {
    let examples = "2026-12-31T23:59:59Z|20261231235959Z|.*:8080";
    let years = r"20\d\d-01-01T00:00:00Z|20\d\d0101000000Z";
    Regex::new(&format!("^({examples}|{years})$")).expect("a pattern")
});

/// Hexadecimal numbers of 8 bytes and more, plain or with colons.
static HEX: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b([0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){7,}|[0-9A-Fa-f]{16,})\b").expect("a pattern")
});

impl Redactions {
    pub(crate) fn value(&mut self, value: String, placeholder: String) {
        assert!(!value.is_empty(), "nothing to replace by {placeholder}");
        self.values.push((value, placeholder));
        // A path before the path of the folder it is in.
        self.values
            .sort_by_key(|(value, _)| usize::MAX - value.len());
    }

    pub(crate) fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (value, placeholder) in &self.values {
            text = text.replace(value, placeholder);
        }
        for (pattern, placeholder) in PATTERNS.iter() {
            text = pattern
                .replace_all(&text, |captures: &Captures<'_>| {
                    let mut replaced = String::new();
                    if KEPT.is_match(&captures[0]) {
                        replaced.push_str(&captures[0]);
                    } else {
                        captures.expand(placeholder, &mut replaced);
                    }
                    replaced
                })
                .into_owned();
        }
        let mut seen = HashMap::<String, String>::new();
        let mut counts = HashMap::<&str, usize>::new();
        HEX.replace_all(&text, |captures: &Captures<'_>| {
            let digits = captures[0].replace(':', "").to_lowercase();
            // The long names of tests.
            if digits.chars().all(|digit| digits.starts_with(digit)) {
                return captures[0].to_owned();
            }
            let kind = kind(&digits);
            seen.entry(digits)
                .or_insert_with(|| {
                    let count = counts.entry(kind).or_default();
                    *count += 1;
                    format!("[{kind}-{count}]")
                })
                .clone()
        })
        .into_owned()
    }
}

/// Returns what a number of this length is, in this program.
fn kind(digits: &str) -> &'static str {
    match digits.len() {
        0..=40 => "SERIAL",
        64 => "SHA256",
        // TPMI_ALG_HASH in front of the digest (TPM 2.0 Library Part 1, section 16)
        68 if digits.starts_with("000b") => "NAME",
        _ => "HEX",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_replaced_and_the_rest_stays() {
        let mut redactions = Redactions::default();
        redactions.value("/tmp/a".to_owned(), "[FOLDER]".to_owned());
        redactions.value("/tmp/a/b".to_owned(), "[INNER]".to_owned());
        for (text, expected) in [
            (
                "/tmp/a/b/c /tmp/a/c 0x81000001",
                "[INNER]/c [FOLDER]/c 0x81000001",
            ),
            (
                "0123456789abcdef0123 then FEDCBA9876543210, again 01:23:45:67:89:AB:CD:EF:01:23",
                "[SERIAL-1] then [SERIAL-2], again [SERIAL-1]",
            ),
            (
                "2026-11-30T20:32:10Z 20261130203210Z 2026-11-30 Nov 30 20:32:10 2026 GMT",
                "[TIME] [TIME] [DATE] [TIME]",
            ),
            (
                "such as 2026-12-31T23:59:59Z or 20300101000000Z",
                "such as 2026-12-31T23:59:59Z or 20300101000000Z",
            ),
            ("/var/tmp/tpm2ca-By5mZL/a.crt", "[OTHER FOLDER]/a.crt"),
            (
                "aaaaaaaaaaaaaaaaaaaaaaaa.example.com",
                "aaaaaaaaaaaaaaaaaaaaaaaa.example.com",
            ),
            (
                "-----BEGIN CERTIFICATE-----\nMIIB+/=\nAA==\n-----END CERTIFICATE-----\n",
                "-----BEGIN CERTIFICATE----- [BASE64] -----END CERTIFICATE-----\n",
            ),
            (
                r#""-----BEGIN X509 CRL-----\nMIIB\nAA==\n-----END X509 CRL-----\n""#,
                r#""-----BEGIN X509 CRL----- [BASE64] -----END X509 CRL-----\n""#,
            ),
            (
                "swtpm:host=127.0.0.1,port=43211 port=1 127.0.0.1:34567 127.0.0.1:8080",
                "swtpm:host=127.0.0.1,port=[PORT] port=1 127.0.0.1:[PORT] 127.0.0.1:8080",
            ),
        ] {
            assert_eq!(redactions.apply(text), expected);
        }
    }
}
