//! Private keys in PEM (RFC 7468): PKCS#8 (RFC 5958), and the older `RSA PRIVATE KEY` (RFC 8017 A.1.2) and
//! `EC PRIVATE KEY` (RFC 5915).

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use der::{
    Decode, SliceReader, Tag, Tagged,
    asn1::{AnyRef, ObjectIdentifier, OctetStringRef},
};
use spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use crate::{
    KeyAlgorithm, PrivateKeyError, encrypted_key,
    public_key::{
        EC_PUBLIC_KEY, ED25519, RSA_ENCRYPTION, curve_of, name_of_curve, name_of_key_algorithm,
    },
};

/// A private key in DER, and what it is.
pub(crate) struct PrivateKeyDer {
    pub(crate) form: Form,
    pub(crate) kind: Kind,
    pub(crate) der: Zeroizing<Vec<u8>>,
}

/// The structure around the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// PrivateKeyInfo
    Pkcs8,
    /// RSAPrivateKey
    Pkcs1,
    /// ECPrivateKey
    Sec1,
}

/// What kind of key it says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Rsa,
    /// one of the three NIST curves
    Ec(KeyAlgorithm),
    Ed25519,
}

/// Asked for the pass phrase of an encrypted key; a message for the user when there is none.
pub(crate) type AskPassphrase<'a> = &'a mut dyn FnMut() -> Result<Zeroizing<Vec<u8>>, String>;

/// Finds the one private key in a PEM file. Other blocks (`EC PARAMETERS`, certificates) and text around are skipped.
///
/// Without `ask`, an encrypted key is an error.
pub(crate) fn read(
    pem: &[u8],
    ask: Option<AskPassphrase<'_>>,
) -> Result<PrivateKeyDer, PrivateKeyError> {
    let text = std::str::from_utf8(pem).map_err(|_| PrivateKeyError::NotOneKey {
        found: "binary data".to_owned(),
    })?;
    let blocks = blocks(text)?;
    let mut keys = blocks
        .iter()
        .filter(|block| block.label.ends_with("PRIVATE KEY"));
    let (Some(block), None) = (keys.next(), keys.next()) else {
        return Err(PrivateKeyError::NotOneKey {
            found: enumerate(&blocks),
        });
    };
    let form = match block.label {
        "TSS2 PRIVATE KEY" => return Err(PrivateKeyError::TpmKeyFile),
        "PRIVATE KEY" | ENCRYPTED => Form::Pkcs8,
        "RSA PRIVATE KEY" => Form::Pkcs1,
        "EC PRIVATE KEY" => Form::Sec1,
        other => {
            return Err(PrivateKeyError::Unsupported {
                algorithm: other.to_owned(),
            });
        }
    };
    let der = match (block.encryption(), ask) {
        (None, _) => decode(block.text)?,
        (Some(form), None) => return Err(PrivateKeyError::Encrypted { form }),
        (Some(_), Some(ask)) => {
            let passphrase = ask().map_err(|reason| PrivateKeyError::NoPassphrase { reason })?;
            block.decrypt(&passphrase)?
        }
    };
    let kind = match form {
        Form::Pkcs8 => pkcs8_kind(&der)?,
        Form::Pkcs1 => Kind::Rsa,
        Form::Sec1 => ec_kind(&der)?,
    };
    Ok(PrivateKeyDer { form, kind, der })
}

/// Writes a new file with mode 0600, durably: when this returns, the file survives a power cut.
pub(crate) fn write_new(path: &Path, content: &[u8]) -> Result<(), PrivateKeyError> {
    let failed = |source: io::Error| PrivateKeyError::Io {
        path: path.to_owned(),
        source,
    };
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => PrivateKeyError::Exists {
                path: path.to_owned(),
            },
            _ => failed(source),
        })?;
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|source| {
            // half a key is of no use; that it cannot be removed either would not change the answer
            let _ = fs::remove_file(path);
            failed(source)
        })
}

/// One PEM block with its boundaries.
struct Block<'a> {
    label: &'a str,
    text: &'a str,
}

const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

impl Block<'_> {
    /// How one sees that it is encrypted, if it is.
    fn encryption(&self) -> Option<String> {
        if self.label == ENCRYPTED {
            return Some(self.label.to_owned());
        }
        self.header("Proc-Type:").map(str::to_owned)
    }

    /// A line of RFC 1421.
    fn header(&self, name: &str) -> Option<&str> {
        self.text
            .lines()
            .find(|line| line.starts_with(name))
            .map(str::trim_end)
    }

    fn decrypt(&self, passphrase: &[u8]) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
        if self.label == ENCRYPTED {
            return encrypted_key::open_pkcs8(&decode(self.text)?, passphrase);
        }
        let dek_info = self
            .header(DEK_INFO)
            .and_then(|line| line.strip_prefix(DEK_INFO))
            .ok_or_else(|| PrivateKeyError::Malformed {
                what: "`Proc-Type: 4,ENCRYPTED` without `DEK-Info`".to_owned(),
            })?;
        // What decodes PEM knows no headers.
        let bare: String = self
            .text
            .split_inclusive('\n')
            .filter(|line| !line.contains(':') && !line.trim().is_empty())
            .collect();
        encrypted_key::open_traditional(dek_info, &decode(&bare)?, passphrase)
    }
}

const DEK_INFO: &str = "DEK-Info:";

fn blocks(text: &str) -> Result<Vec<Block<'_>>, PrivateKeyError> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(start) = find_line(rest, "-----BEGIN ") {
        let block = rest.get(start..).unwrap_or_default();
        let line = block.lines().next().unwrap_or_default().trim_end();
        let label = line
            .strip_prefix("-----BEGIN ")
            .and_then(|line| line.strip_suffix("-----"))
            .ok_or_else(|| PrivateKeyError::Malformed {
                what: "a `-----BEGIN` line does not end in `-----`".to_owned(),
            })?;
        let end_line = format!("-----END {label}-----");
        let end = find_line(block, &end_line).ok_or_else(|| PrivateKeyError::Malformed {
            what: format!("the line `{end_line}` is missing"),
        })? + end_line.len();
        let (text, after) = block.split_at_checked(end).unwrap_or((block, ""));
        blocks.push(Block { label, text });
        rest = after;
    }
    Ok(blocks)
}

/// Where a line begins that begins with `start`.
fn find_line(text: &str, start: &str) -> Option<usize> {
    text.match_indices(start)
        .map(|(at, _)| at)
        .find(|&at| at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n'))
}

fn enumerate(blocks: &[Block<'_>]) -> String {
    if blocks.is_empty() {
        return "no PEM block".to_owned();
    }
    let labels: Vec<String> = blocks
        .iter()
        .map(|block| format!("`{}`", block.label))
        .collect();
    labels.join(", ")
}

fn decode(block: &str) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
    let damaged = |error: pem_rfc7468::Error| PrivateKeyError::Malformed {
        what: format!("PEM: {error}"),
    };
    let mut decoder = pem_rfc7468::Decoder::new_detect_wrap(block.as_bytes()).map_err(damaged)?;
    // reserved at once, so that no part of the key stays behind in a smaller buffer
    let mut der = Zeroizing::new(Vec::with_capacity(decoder.remaining_len()));
    decoder.decode_to_end(&mut der).map_err(damaged)?;
    Ok(der)
}

/// PrivateKeyInfo begins with the version and an AlgorithmIdentifier.
fn pkcs8_kind(der: &[u8]) -> Result<Kind, PrivateKeyError> {
    let malformed = |error: der::Error| PrivateKeyError::Malformed {
        what: format!("PrivateKeyInfo is not DER: {error}"),
    };
    let content = sequence_content(der).map_err(malformed)?;
    let mut reader = SliceReader::new(content).map_err(malformed)?;
    u8::decode(&mut reader).map_err(malformed)?;
    let algorithm = AlgorithmIdentifierRef::decode(&mut reader).map_err(malformed)?;
    match algorithm.oid {
        RSA_ENCRYPTION => Ok(Kind::Rsa),
        ED25519 => Ok(Kind::Ed25519),
        EC_PUBLIC_KEY => named_curve(algorithm.parameters),
        other => Err(PrivateKeyError::Unsupported {
            algorithm: name_of_key_algorithm(other),
        }),
    }
}

/// ECPrivateKey: version, private key, `[0]` curve; the curve is optional only inside of PKCS#8.
fn ec_kind(der: &[u8]) -> Result<Kind, PrivateKeyError> {
    let malformed = |error: der::Error| PrivateKeyError::Malformed {
        what: format!("ECPrivateKey is not DER: {error}"),
    };
    let content = sequence_content(der).map_err(malformed)?;
    let mut reader = SliceReader::new(content).map_err(malformed)?;
    u8::decode(&mut reader).map_err(malformed)?;
    <&OctetStringRef>::decode(&mut reader).map_err(malformed)?;
    let curve =
        der::asn1::ContextSpecific::<AnyRef<'_>>::decode_explicit(&mut reader, der::TagNumber(0))
            .map_err(malformed)?
            .map(|field| field.value);
    named_curve(curve)
}

fn sequence_content(der: &[u8]) -> Result<&[u8], der::Error> {
    let any = AnyRef::from_der(der)?;
    any.tag().assert_eq(Tag::Sequence)?;
    Ok(any.value())
}

fn named_curve(parameters: Option<AnyRef<'_>>) -> Result<Kind, PrivateKeyError> {
    let unsupported = |algorithm: &str| PrivateKeyError::Unsupported {
        algorithm: algorithm.to_owned(),
    };
    let parameters = parameters.ok_or_else(|| unsupported("EC without a curve"))?;
    let curve = parameters
        .decode_as::<ObjectIdentifier>()
        .map_err(|_| unsupported("EC with explicit curve parameters"))?;
    curve_of(curve)
        .map(Kind::Ec)
        .ok_or_else(|| unsupported(&name_of_curve(curve)))
}
