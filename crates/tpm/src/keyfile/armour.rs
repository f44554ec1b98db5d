//! The PEM block of a key file (RFC 7468), read from files that people have pasted together.

use pem_rfc7468::LineEnding;

use super::KeyFileError;

/// The DER in the one TSS2 block of `text`; other blocks and whatever stands around them are passed over.
pub(super) fn find(text: &[u8]) -> Result<Vec<u8>, KeyFileError> {
    let mut keys = Vec::new();
    let mut others = Vec::new();
    let mut lines = lines(text);
    while let Some(line) = lines.next() {
        match label(line, BEGIN) {
            Some(label) if LABELS.contains(&label) => {
                keys.push(body(lines.by_ref(), label)?);
            }
            Some(label) => others.push(String::from_utf8_lossy(label).into_owned()),
            None => {}
        }
    }
    match (keys.pop(), keys.len()) {
        (Some(key), 0) => decode(&key),
        (Some(_), more) => Err(KeyFileError::SeveralKeys { count: more + 1 }),
        (None, _) => {
            // A hostile file may have a thousand; a message needs a few.
            others.truncate(MAX_NAMED);
            Err(KeyFileError::NoKey { found: others })
        }
    }
}

/// Whether a TSS2 block begins somewhere.
pub(super) fn is_present(text: &[u8]) -> bool {
    lines(text).any(|line| label(line, BEGIN).is_some_and(|label| LABELS.contains(&label)))
}

/// A PEM block around `der`.
#[expect(
    clippy::expect_used,
    reason = "the label is good, and what exists in memory has a length that fits"
)]
pub(super) fn wrap(der: &[u8]) -> String {
    pem_rfc7468::encode_string(LABEL, LineEnding::LF, der).expect("a constant label")
}

/// The base64 up to the end line.
fn body<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    expected: &[u8],
) -> Result<Vec<u8>, KeyFileError> {
    let mut base64 = Vec::new();
    for line in lines {
        if label(line, END) == Some(expected) {
            return Ok(base64);
        }
        if label(line, BEGIN).is_some() || label(line, END).is_some() {
            break;
        }
        base64.extend(line.iter().filter(|b| !b.is_ascii_whitespace()));
    }
    Err(damaged("it has no end line"))
}

/// Strict base64, in whatever lines it came.
fn decode(base64: &[u8]) -> Result<Vec<u8>, KeyFileError> {
    let mut block = format!("-----BEGIN {LABEL}-----\n").into_bytes();
    for line in base64.chunks(LINE) {
        block.extend_from_slice(line);
        block.push(b'\n');
    }
    block.extend_from_slice(format!("-----END {LABEL}-----\n").as_bytes());
    let (_, der) = pem_rfc7468::decode_vec(&block).map_err(|error| damaged(&error.to_string()))?;
    Ok(der)
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.strip_prefix(BYTE_ORDER_MARK)
        .unwrap_or(text)
        .split(|b| matches!(b, b'\n' | b'\r'))
        .map(<[u8]>::trim_ascii)
}

/// `X` out of `-----BEGIN X-----`.
fn label<'a>(line: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    line.strip_prefix(start)?.strip_suffix(DASHES)
}

fn damaged(reason: &str) -> KeyFileError {
    KeyFileError::BadArmour {
        reason: reason.to_owned(),
    }
}

/// Of UTF-8, as editors of Windows write it at the start of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const LABEL: &str = "TSS2 PRIVATE KEY";
/// The second one is from before 2018.
const LABELS: [&[u8]; 2] = [LABEL.as_bytes(), b"TSS2 KEY BLOB"];
const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
/// Characters in a line of base64.
const LINE: usize = 64;
/// Labels in an error message.
const MAX_NAMED: usize = 4;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";

    #[test]
    fn found_among_other_things() {
        let key = wrap(b"the key");
        for text in [
            key.clone(),
            key.replace('\n', "\r\n"),
            key.replace('\n', "\r"),
            format!("\u{feff}\nBag Attributes\n{CERTIFICATE}{key}trailing \u{e9}\n{CERTIFICATE}"),
            key.replace("TSS2 PRIVATE KEY", "TSS2 KEY BLOB"),
            format!("  {}", key.replace('\n', " \n\t")),
            format!("\u{feff}{key}"),
            key.trim_end().to_owned(),
        ] {
            assert!(is_present(text.as_bytes()));
            assert_eq!(find(text.as_bytes()).unwrap(), b"the key", "{text}");
        }
        let mut binary = vec![0xff, 0xfe, b'\n'];
        binary.extend_from_slice(key.as_bytes());
        assert_eq!(find(&binary).unwrap(), b"the key");
    }

    #[test]
    fn long_and_short_lines_are_read() {
        let long = wrap(&[7; 200]);
        let body: String = long.lines().filter(|l| !l.starts_with('-')).collect();
        for width in [1, 76, 1000] {
            let lines: Vec<&str> = body
                .as_bytes()
                .chunks(width)
                .map(|line| str::from_utf8(line).unwrap())
                .collect();
            let text = format!(
                "-----BEGIN {LABEL}-----\n{}\n-----END {LABEL}-----",
                lines.join("\n")
            );
            assert_eq!(find(text.as_bytes()).unwrap(), [7; 200]);
        }
    }

    #[test]
    fn what_is_no_key_is_named() {
        let error = find(CERTIFICATE.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("only `CERTIFICATE`"), "{error}");
        assert!(!is_present(CERTIFICATE.as_bytes()));
        assert!(find(b"").is_err());
        let twice = wrap(b"a") + &wrap(b"b");
        let error = find(twice.as_bytes()).unwrap_err();
        assert!(matches!(error, KeyFileError::SeveralKeys { count: 2 }));
    }

    #[test]
    fn damage_is_named() {
        let key = wrap(b"the key");
        for text in [
            key.replace("END", "END "),
            key.replace("-----END TSS2 PRIVATE KEY-----\n", ""),
            key.replace("-----END TSS2 PRIVATE KEY-----\n", CERTIFICATE),
            key.replace("dGhl", "dGh*"),
            key.replace("==", ""),
            format!("-----BEGIN {LABEL}-----\n-----END {LABEL}-----"),
        ] {
            let result = find(text.as_bytes());
            assert!(
                matches!(result, Err(KeyFileError::BadArmour { .. })),
                "{text}: {result:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = find(&bytes);
            let _ = decode(&bytes);
        }

        #[test]
        fn what_is_wrapped_is_found(der in proptest::collection::vec(any::<u8>(), 1..300), before in "\\PC*") {
            prop_assume!(!before.contains("-----"));
            let text = format!("{before}\n{}{before}", wrap(&der));
            prop_assert_eq!(find(text.as_bytes()).unwrap(), der);
        }
    }
}
