//! What can be wrong with bytes of RFC 5280 and its neighbours.

use der::asn1::ObjectIdentifier;

/// Why bytes could not be read, or a structure could not be written.
///
/// `field` is the ASN.1 name of the innermost thing that was being read, such as `subject`; `offset` counts bytes from
/// the start of what was given to the parser.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input is longer than this program is willing to read.
    #[error("{len} bytes are more than the limit of {max} bytes")]
    TooLarge {
        /// Bytes given.
        len: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// The input ends before the structure does.
    #[error("truncated: `{field}` needs {expected} bytes, but only {got} are there")]
    Truncated {
        /// What was being read.
        field: &'static str,
        /// Bytes from the start of the input that the structure needs, as far as known.
        expected: usize,
        /// Bytes that are there.
        got: usize,
    },
    /// The bytes are not DER (X.690 section 10).
    #[error("not DER: {problem} in `{field}` at offset {offset}")]
    NotDer {
        /// What was being read.
        field: &'static str,
        /// Where it begins.
        offset: usize,
        /// Which rule is broken.
        problem: &'static str,
    },
    /// The first byte is not that of a SEQUENCE, so this is another kind of file.
    #[error("neither PEM nor DER of a `{field}`: the first byte is 0x{first:02x}")]
    NeitherPemNorDer {
        /// What was expected.
        field: &'static str,
        /// The first byte.
        first: u8,
    },
    /// PEM text came where DER bytes belong.
    #[error("PEM text where DER bytes are expected")]
    PemNotDer,
    /// A structure of X.509, but another one.
    #[error("this is a {found}, not a {expected}")]
    WrongKind {
        /// What was expected.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// Something follows the end of a structure.
    #[error("{len} bytes follow the end of `{field}` at offset {offset}")]
    TrailingData {
        /// What had ended.
        field: &'static str,
        /// Where the surplus begins.
        offset: usize,
        /// Bytes of surplus.
        len: usize,
    },
    /// Well-formed DER, but another element than the structure has at this place.
    #[error("`{field}` at offset {offset} must be {expected}, found {found}")]
    WrongType {
        /// What was being read.
        field: &'static str,
        /// Where it begins.
        offset: usize,
        /// The ASN.1 type that belongs there.
        expected: &'static str,
        /// The ASN.1 type that is there.
        found: String,
    },
    /// An element that must be there is not.
    #[error("`{field}` is missing at offset {offset}")]
    Missing {
        /// What is missing.
        field: &'static str,
        /// Where it belongs.
        offset: usize,
    },
    /// The right type, but a value that its definition does not allow.
    #[error("`{field}` {problem}")]
    Value {
        /// What was being read or written.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// An extension that occurs twice (RFC 5280, 4.2: "A certificate MUST NOT include more than one instance").
    #[error("extension {0} occurs more than once")]
    DuplicateExtension(ObjectIdentifier),
    /// A signature algorithm that this crate does not know.
    #[error("unknown signature algorithm {0}")]
    UnknownSignatureAlgorithm(ObjectIdentifier),
    /// The parameters of an AlgorithmIdentifier are not those its algorithm is defined with.
    #[error("{algorithm} must have {expected} as parameters, found {found}")]
    AlgorithmParameters {
        /// The algorithm's name.
        algorithm: &'static str,
        /// What RFC 4055, 5758 or 8410 asks for.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// Text that should become a distinguished name.
    #[error("distinguished name `{text}`: {problem}")]
    NameSyntax {
        /// The text given.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Text that should become a general name, such as `DNS:host.example.com`.
    #[error("name `{text}`: {problem}")]
    GeneralNameSyntax {
        /// The text given.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A number that cannot be a certificate's serial number.
    #[error("serial number {problem}")]
    Serial {
        /// What is wrong with it.
        problem: String,
    },
    /// A time that RFC 5280 has no encoding for.
    #[error("time {seconds} (seconds since 1970) is outside of 1950-01-01 to 9999-12-31")]
    TimeOutOfRange {
        /// Seconds since 1970-01-01 UTC.
        seconds: i64,
    },
    /// A validity that ends before it begins.
    #[error("not-before {not_before} is later than not-after {not_after}")]
    ValidityReversed {
        /// Beginning, as text.
        not_before: String,
        /// End, as text.
        not_after: String,
    },
}

impl Error {
    /// What the user can do about it, where there is something to say.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::TooLarge { .. } => {
                "a request is a few kilobytes; look whether this is the right file"
            }
            Self::Truncated { .. } => "the file was cut off; copy or download it again",
            Self::WrongKind { .. } => "look whether this is the right file",
            Self::PemNotDer => {
                "this is base64 text: hand over the file as it is, or decode it with `openssl req -in FILE -outform DER`"
            }
            Self::NeitherPemNorDer { .. } => {
                "look whether this is the right file, for example with `file FILE`"
            }
            Self::NotDer { .. } | Self::WrongType { .. } | Self::Missing { .. } => {
                "look at the structure with `openssl asn1parse -inform DER -in FILE`"
            }
            Self::TrailingData { .. } => {
                "one file holds one structure; split it, or remove what follows"
            }
            Self::DuplicateExtension(_) => {
                "remove the repeated extension from the request's configuration"
            }
            Self::NameSyntax { .. } => "write it as `/C=DE/O=Example/CN=host.example.com`",
            Self::GeneralNameSyntax { .. } => {
                "write it as `DNS:host.example.com`, `IP:192.0.2.1`, `email:me@example.com` or `URI:https://example.com/`"
            }
            Self::Serial { .. } => {
                "a serial number is 1 to 20 bytes in hexadecimal, such as `01` or `7f3a…`"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }
}
