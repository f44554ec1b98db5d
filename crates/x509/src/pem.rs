//! PEM armour, RFC 7468, with the explanatory text that OpenSSL writes around it.

use pem_rfc7468::{Decoder, LineEnding};
use zeroize::Zeroizing;

pub use crate::pem_writer::StreamWriter;

/// What stood between one BEGIN and its END.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Such as `CERTIFICATE`.
    pub label: String,
    /// The decoded bytes, not looked at yet.
    pub der: Vec<u8>,
}

/// Why text is not the PEM that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PemError {
    /// No BEGIN line.
    #[error("no PEM block found, expected {expected}")]
    NoBlock {
        /// The labels asked for.
        expected: String,
    },
    /// Several blocks where one belongs.
    #[error("{} PEM blocks found ({}), expected one {expected}", found.len(), found.join(", "))]
    SeveralBlocks {
        /// Labels of the blocks.
        found: Vec<String>,
        /// The labels asked for.
        expected: String,
    },
    /// One block, of another kind.
    #[error("the PEM block is a `{found}`, expected {expected}")]
    WrongLabel {
        /// The block's label.
        found: String,
        /// The labels asked for.
        expected: String,
    },
    /// Text in two bytes a character, as some Windows shells redirect it.
    #[error("the text is UTF-16, not ASCII")]
    Utf16,
    /// BEGIN without an END of the same label.
    #[error("the PEM block `{label}` that begins in line {line} has no `-----END {label}-----`")]
    NoEnd {
        /// The block's label.
        label: String,
        /// Line of BEGIN, from 1.
        line: usize,
    },
    /// A BEGIN line that is not one of RFC 7468.
    #[error("line {line} is no proper `-----BEGIN …-----`")]
    Begin {
        /// The line, from 1.
        line: usize,
    },
    /// Header lines, as OpenSSL's old encrypted keys have them.
    #[error("the PEM block `{label}` has headers (`{header}`)")]
    Headers {
        /// The block's label.
        label: String,
        /// The first header line.
        header: String,
    },
    /// The body is not base64.
    #[error("the PEM block `{label}` that begins in line {line} is not valid base64")]
    Base64 {
        /// The block's label.
        label: String,
        /// Line of BEGIN, from 1.
        line: usize,
    },
}

impl PemError {
    /// What the user can do about it, where there is something to say.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::SeveralBlocks { .. } => "put each block into a file of its own",
            Self::WrongLabel { found, .. } if found.contains("PRIVATE KEY") => {
                "this is a private key; keep it to yourself, and hand over the request or certificate made with it"
            }
            Self::NoBlock { .. } | Self::WrongLabel { .. } => "look whether this is the right file",
            Self::Utf16 => {
                "save it as ASCII or UTF-8, for example with `iconv -f UTF-16 -t UTF-8 FILE`"
            }
            Self::NoEnd { .. } => "the file was cut off; copy or download it again",
            Self::Begin { .. } | Self::Base64 { .. } => {
                "the file was changed on its way; copy or download it again"
            }
            Self::Headers { .. } => "convert it with `openssl pkcs8 -topk8 -in FILE -out NEWFILE`",
        };
        Some(text.to_owned())
    }
}

/// All blocks, in their order. Text outside of blocks is skipped. A byte order mark, blank lines, spaces at the ends of
/// lines, any line length and either line ending are accepted; a block that cannot be read makes all fail.
pub fn blocks(input: &[u8]) -> Result<Vec<Block>, PemError> {
    if matches!(input, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return Err(PemError::Utf16);
    }
    let input = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
    let mut blocks = Vec::new();
    let mut lines = input
        .split(|&b| b == b'\n')
        .map(<[u8]>::trim_ascii)
        .enumerate();
    while let Some((index, line)) = lines.next() {
        let line_number = index + 1;
        let Some(label) = read_boundary(line, b"-----BEGIN ") else {
            if line.starts_with(b"-----BEGIN") {
                return Err(PemError::Begin { line: line_number });
            }
            continue;
        };
        let mut body = Vec::new();
        loop {
            let Some((_, line)) = lines.next() else {
                return Err(PemError::NoEnd {
                    label,
                    line: line_number,
                });
            };
            if line.starts_with(b"-----") {
                if read_boundary(line, b"-----END ").as_deref() == Some(&label) {
                    break;
                }
                return Err(PemError::NoEnd {
                    label,
                    line: line_number,
                });
            }
            if line.contains(&b':') {
                return Err(PemError::Headers {
                    label,
                    header: String::from_utf8_lossy(line).into_owned(),
                });
            }
            body.push(line);
        }
        let Some(der) = decode(&body) else {
            return Err(PemError::Base64 {
                label,
                line: line_number,
            });
        };
        blocks.push(Block { label, der });
    }
    Ok(blocks)
}

/// Armours `der` with lines of 64 characters and a final newline.
///
/// # Panics
/// When `label` is not one of RFC 7468 (printable ASCII without hyphens at the ends); labels are constants of the
/// program, never input.
pub fn encode(label: &str, der: &[u8]) -> String {
    #[expect(
        clippy::expect_used,
        reason = "fails for a wrong label only, which is documented"
    )]
    pem_rfc7468::encode_string(label, LineEnding::LF, der).expect("a label of RFC 7468")
}

/// DER as it is, or exactly one PEM block with one of `labels`.
///
/// Input without any BEGIN line whose first byte is that of a SEQUENCE counts as DER, whatever follows, so that the
/// parser of the structure can say what is wrong with it.
pub fn single(input: &[u8], labels: &[&str]) -> Result<Vec<u8>, PemError> {
    // The second byte of text is ASCII; that of a SEQUENCE of any size worth a file has its top bit set.
    if matches!(input, [SEQUENCE, 0x80..=0xff, ..]) {
        return Ok(input.to_vec());
    }
    let expected = || {
        let quoted: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        quoted.join(" or ")
    };
    let mut found = blocks(input)?;
    match found.pop() {
        None if input.first() == Some(&SEQUENCE) => Ok(input.to_vec()),
        None => Err(PemError::NoBlock {
            expected: expected(),
        }),
        Some(last) if !found.is_empty() => {
            let found = found
                .into_iter()
                .chain([last])
                .map(|block| block.label)
                .collect();
            Err(PemError::SeveralBlocks {
                found,
                expected: expected(),
            })
        }
        Some(block) if labels.contains(&block.label.as_str()) => Ok(block.der),
        Some(block) => Err(PemError::WrongLabel {
            found: block.label,
            expected: expected(),
        }),
    }
}

/// The label between `start` and five hyphens.
fn read_boundary(line: &[u8], start: &[u8]) -> Option<String> {
    let label = line.strip_prefix(start)?.strip_suffix(b"-----")?;
    let inner = label.iter().all(|&b| matches!(b, b' '..=b'~') && b != b'-');
    (inner && !label.is_empty()).then(|| label.iter().copied().map(char::from).collect())
}

/// Base64 in lines of any length, decoded in constant time because it may be a private key.
fn decode(lines: &[&[u8]]) -> Option<Vec<u8>> {
    let len: usize = lines.iter().map(|line| line.len()).sum();
    if len == 0 {
        return Some(Vec::new());
    }
    // As the one line that `pem-rfc7468` is then told to expect, reserved at once so that no copy is left behind.
    let (begin, end) = (b"-----BEGIN X-----\n", b"\n-----END X-----\n");
    let mut text = Zeroizing::new(Vec::with_capacity(begin.len() + len + end.len()));
    text.extend_from_slice(begin);
    for line in lines {
        text.extend_from_slice(line);
    }
    text.extend_from_slice(end);
    let mut der = Vec::with_capacity(len / 4 * 3 + 3);
    Decoder::new_wrapped(&text, len)
        .ok()?
        .decode_to_end(&mut der)
        .ok()?;
    Some(der)
}

/// Identifier octet that every DER file here begins with.
const SEQUENCE: u8 = 0x30;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    const CSR: &[&str] = &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];

    fn problem(input: &str) -> String {
        single(input.as_bytes(), CSR).unwrap_err().to_string()
    }

    #[test]
    fn one_block_of_the_right_kind() {
        let text = encode("CERTIFICATE REQUEST", &[0x30, 1, 2]);
        assert_eq!(single(text.as_bytes(), CSR).unwrap(), [0x30, 1, 2]);
        let around = format!("Certificate Request:\n    Data: x\n{text}\ntrailing words\n");
        assert_eq!(single(around.as_bytes(), CSR).unwrap(), [0x30, 1, 2]);
        assert_eq!(single(&[0x30, 0x80, 1], CSR).unwrap(), [0x30, 0x80, 1]);
        assert_eq!(single(&[0x30, 1], CSR).unwrap(), [0x30, 1]);
        assert_eq!(
            single(format!("0 words\n{text}").as_bytes(), CSR).unwrap(),
            [0x30, 1, 2]
        );
        assert_eq!(
            single(format!("\u{feff}{text}").as_bytes(), CSR).unwrap(),
            [0x30, 1, 2]
        );
        assert_eq!(single(b"\xff\xfe-\0", CSR), Err(PemError::Utf16));
    }

    #[test]
    fn what_was_found_is_said() {
        assert_eq!(
            problem("hello"),
            "no PEM block found, expected `CERTIFICATE REQUEST` or `NEW CERTIFICATE REQUEST`"
        );
        assert!(problem("").starts_with("no PEM block found"));
        let (csr, certificate) = (
            encode("CERTIFICATE REQUEST", b"0"),
            encode("CERTIFICATE", b"0"),
        );
        assert!(problem(&certificate).starts_with("the PEM block is a `CERTIFICATE`, expected"));
        assert!(
            problem(&format!("{csr}{certificate}"))
                .starts_with("2 PEM blocks found (CERTIFICATE REQUEST, CERTIFICATE), expected one")
        );
        let key = single(encode("PRIVATE KEY", b"0").as_bytes(), CSR).unwrap_err();
        assert!(key.hint().unwrap().contains("private key"));
    }

    #[test]
    fn damaged_blocks() {
        assert_eq!(
            problem("x\n-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n"),
            "the PEM block `CERTIFICATE REQUEST` that begins in line 2 has no `-----END CERTIFICATE REQUEST-----`"
        );
        assert!(
            problem("-----BEGIN A-----\nMAA=\n-----END B-----\n")
                .contains("has no `-----END A-----`")
        );
        assert!(
            problem("-----BEGIN A-----\nMAA=\n-----BEGIN A-----\n")
                .contains("has no `-----END A-----`")
        );
        for body in ["MA", "MA=", "M?A=", "MAA=\nMAA=", "====", "MAB="] {
            let text = format!("-----BEGIN A-----\n{body}\n-----END A-----\n");
            assert!(
                problem(&text).contains("line 1 is not valid base64"),
                "{body}"
            );
        }
        assert_eq!(
            problem("-----BEGIN A----\n"),
            "line 1 is no proper `-----BEGIN …-----`"
        );
        assert!(
            problem("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMAA=\n-----END RSA PRIVATE KEY-----")
                .contains("has headers (`Proc-Type: 4,ENCRYPTED`)")
        );
    }

    #[test]
    fn sloppy_but_clear_text_is_read() {
        let der: Vec<u8> = (0..=255).collect();
        let strict = encode("A", &der);
        let body: String = strict.lines().filter(|l| !l.starts_with('-')).collect();
        for text in [
            strict.replace('\n', "\r\n"),
            strict.replace('\n', "  \n\n"),
            format!("-----BEGIN A-----\n{body}\n-----END A-----"),
            format!(
                "  -----BEGIN A-----\n{}\n{}\n-----END A-----  ",
                &body[..10],
                &body[10..]
            ),
        ] {
            assert_eq!(
                blocks(text.as_bytes()).unwrap(),
                [Block {
                    label: "A".to_owned(),
                    der: der.clone()
                }],
                "{text}"
            );
        }
        let empty = blocks(b"-----BEGIN A-----\n-----END A-----").unwrap();
        assert_eq!(empty[0].der, b"");
    }

    proptest! {
        #[test]
        fn round_trips(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..4)) {
            let text: String = parts.iter().map(|der| encode("CERTIFICATE", der)).collect();
            let read: Vec<Vec<u8>> = blocks(text.as_bytes()).unwrap().into_iter().map(|b| b.der).collect();
            prop_assert_eq!(read, parts);
        }

        #[test]
        fn any_bytes_are_read_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            lines in "((-----BEGIN A-----|-----END A-----|[A-Za-z0-9+/=]{0,8}|[ :-]{0,6})\r?\n){0,8}",
        ) {
            let _ = (blocks(&bytes), single(&bytes, CSR));
            let _ = (blocks(lines.as_bytes()), single(lines.as_bytes(), CSR));
        }
    }
}
