//! The DER of a key file: `TPMKey` of the draft, and its older form from before 2018.
//!
//! Reading takes what tools have really written: a BOOLEAN TRUE that is not FF, a parent as a negative INTEGER.
//! Writing is DER.
//!
//! ```text
//! TPMKey ::= SEQUENCE {                              OldTPMKey ::= SEQUENCE {
//!   type        OBJECT IDENTIFIER,                     type      OBJECT IDENTIFIER,
//!   emptyAuth   [0] EXPLICIT BOOLEAN OPTIONAL,         emptyAuth [0] EXPLICIT BOOLEAN OPTIONAL,
//!   policy      [1] EXPLICIT SEQUENCE OF TPMPolicy,    parent    [1] EXPLICIT INTEGER OPTIONAL,
//!   secret      [2] EXPLICIT OCTET STRING OPTIONAL,    pubkey    [2] EXPLICIT OCTET STRING OPTIONAL,
//!   authPolicy  [3] EXPLICIT SEQUENCE OF TPMAuthPolicy,  policy  [3] EXPLICIT SEQUENCE OF TPMPolicy OPTIONAL,
//!   description [4] EXPLICIT UTF8String OPTIONAL,      privkey   OCTET STRING }
//!   rsaParent   [5] EXPLICIT BOOLEAN OPTIONAL,
//!   parent      INTEGER,
//!   pubkey      OCTET STRING,
//!   privkey     OCTET STRING }
//! TPMPolicy ::= SEQUENCE { commandCode [0] EXPLICIT INTEGER, commandPolicy [1] EXPLICIT OCTET STRING }
//! TPMAuthPolicy ::= SEQUENCE { name [0] EXPLICIT UTF8String OPTIONAL, policy [1] EXPLICIT SEQUENCE OF TPMPolicy }
//! ```

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, Tagged};

use super::{AuthPolicy, KeyFile, KeyFileError, KeyFileKind, PolicyStep};

/// Reads either form.
pub(super) fn decode(der: &[u8]) -> Result<KeyFile, KeyFileError> {
    let mut outer = Fields::new(der)?;
    let mut fields = outer.take("TPMKey", Tag::Sequence)?.inner()?;
    outer.end("the end after TPMKey")?;

    let oid = fields.take("type", Tag::ObjectIdentifier)?;
    let (kind, form) = kind_of(oid.bytes)?;
    let empty_auth = fields.explicit("emptyAuth", 0, Fields::boolean)?;
    let key = match form {
        Form::Current => KeyFile {
            kind,
            empty_auth,
            policy: fields
                .explicit("policy", 1, Fields::policy)?
                .unwrap_or_default(),
            secret: fields.explicit("secret", 2, Fields::octets)?,
            auth_policy: fields
                .explicit("authPolicy", 3, Fields::auth_policies)?
                .unwrap_or_default(),
            description: fields.explicit("description", 4, Fields::text)?,
            rsa_parent: fields.explicit("rsaParent", 5, Fields::boolean)?,
            parent: parent(fields.integer("parent")?),
            public: fields.octets("pubkey")?,
            private: fields.octets("privkey")?,
        },
        Form::Old => KeyFile {
            kind,
            empty_auth,
            parent: parent(
                fields
                    .explicit("parent", 1, Fields::integer)?
                    .unwrap_or_default(),
            ),
            public: fields
                .explicit("pubkey", 2, Fields::octets)?
                .ok_or_else(|| malformed("pubkey", "an OCTET STRING"))?,
            policy: fields
                .explicit("policy", 3, Fields::policy)?
                .unwrap_or_default(),
            private: fields.octets("privkey")?,
            secret: None,
            auth_policy: Vec::new(),
            description: None,
            rsa_parent: None,
        },
    };
    fields.end("the end after privkey")?;
    check_sized("pubkey", &key.public)?;
    check_sized("privkey", &key.private)?;
    if let Some(secret) = &key.secret {
        check_sized("secret", secret)?;
    }
    Ok(key)
}

/// Writes the current form.
pub(super) fn encode(key: &KeyFile) -> Vec<u8> {
    let KeyFile {
        kind,
        empty_auth,
        policy,
        secret,
        auth_policy,
        description,
        rsa_parent,
        parent,
        public,
        private,
    } = key;
    let mut content = tlv(OBJECT_IDENTIFIER, oid_of(*kind));
    let mut explicit = |number: u8, value: Option<Vec<u8>>| {
        if let Some(value) = value {
            content.extend(tlv(CONTEXT | number, &value));
        }
    };
    explicit(0, empty_auth.map(boolean));
    explicit(1, (!policy.is_empty()).then(|| policy_sequence(policy)));
    explicit(2, secret.as_ref().map(|secret| tlv(OCTET_STRING, secret)));
    explicit(
        3,
        (!auth_policy.is_empty()).then(|| {
            let items: Vec<u8> = auth_policy.iter().flat_map(auth_policy_sequence).collect();
            tlv(SEQUENCE, &items)
        }),
    );
    explicit(
        4,
        description
            .as_ref()
            .map(|text| tlv(UTF8_STRING, text.as_bytes())),
    );
    explicit(5, rsa_parent.map(boolean));
    content.extend(integer(*parent));
    content.extend(tlv(OCTET_STRING, public));
    content.extend(tlv(OCTET_STRING, private));
    tlv(SEQUENCE, &content)
}

/// The elements of a SEQUENCE, one after the other.
struct Fields<'a> {
    reader: SliceReader<'a>,
}

/// The content of one element.
struct Content<'a> {
    bytes: &'a [u8],
    field: &'static str,
}

impl<'a> Content<'a> {
    fn inner(&self) -> Result<Fields<'a>, KeyFileError> {
        Fields::new(self.bytes).map_err(|_| malformed(self.field, "fewer octets"))
    }
}

impl<'a> Fields<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, KeyFileError> {
        let reader = SliceReader::new(bytes).map_err(|_| malformed("TPMKey", "fewer octets"))?;
        Ok(Self { reader })
    }

    fn take(&mut self, field: &'static str, tag: Tag) -> Result<Content<'a>, KeyFileError> {
        let element =
            AnyRef::decode(&mut self.reader).map_err(|_| malformed(field, &tag.to_string()))?;
        if element.tag() != tag {
            return Err(malformed(field, &format!("{tag}, not {}", element.tag())));
        }
        Ok(Content {
            bytes: element.value(),
            field,
        })
    }

    /// `[number] EXPLICIT … OPTIONAL`
    fn explicit<T>(
        &mut self,
        field: &'static str,
        number: u8,
        read: impl FnOnce(&mut Fields<'a>, &'static str) -> Result<T, KeyFileError>,
    ) -> Result<Option<T>, KeyFileError> {
        if self.reader.peek_byte() != Some(CONTEXT | number) {
            return Ok(None);
        }
        let element = AnyRef::decode(&mut self.reader)
            .map_err(|_| malformed(field, &format!("[{number}]")))?;
        let mut inner = Content {
            bytes: element.value(),
            field,
        }
        .inner()?;
        let value = read(&mut inner, field)?;
        inner.end(field)?;
        Ok(Some(value))
    }

    fn end(&self, field: &'static str) -> Result<(), KeyFileError> {
        if self.reader.is_finished() {
            Ok(())
        } else {
            Err(malformed(field, "nothing more"))
        }
    }

    fn is_finished(&self) -> bool {
        self.reader.is_finished()
    }

    /// Any octet but 0 is TRUE: tpm2-openssl writes 01.
    fn boolean(&mut self, field: &'static str) -> Result<bool, KeyFileError> {
        match self.take(field, Tag::Boolean)?.bytes {
            [octet] => Ok(*octet != 0),
            _ => Err(malformed(field, "a BOOLEAN of one octet")),
        }
    }

    /// 32 bits, of which old writers took the uppermost one for a sign.
    fn integer(&mut self, field: &'static str) -> Result<u32, KeyFileError> {
        let bytes = self.take(field, Tag::Integer)?.bytes;
        let narrow = || malformed(field, "an INTEGER of 32 bits");
        let value = match bytes {
            [first, ..] if bytes.len() <= 8 => {
                let sign = if first & 0x80 == 0 { 0 } else { -1 };
                bytes
                    .iter()
                    .fold(sign, |value: i64, octet| (value << 8) | i64::from(*octet))
            }
            _ => return Err(narrow()),
        };
        u32::try_from(value)
            .or_else(|_| i32::try_from(value).map(i32::cast_unsigned))
            .map_err(|_| narrow())
    }

    fn octets(&mut self, field: &'static str) -> Result<Vec<u8>, KeyFileError> {
        Ok(self.take(field, Tag::OctetString)?.bytes.to_vec())
    }

    fn text(&mut self, field: &'static str) -> Result<String, KeyFileError> {
        let bytes = self.take(field, Tag::Utf8String)?.bytes;
        String::from_utf8(bytes.to_vec()).map_err(|_| malformed(field, "UTF-8"))
    }

    fn policy(&mut self, field: &'static str) -> Result<Vec<PolicyStep>, KeyFileError> {
        let mut items = self.take(field, Tag::Sequence)?.inner()?;
        let mut steps = Vec::new();
        while !items.is_finished() {
            let mut step = items.take(field, Tag::Sequence)?.inner()?;
            steps.push(PolicyStep {
                command_code: step
                    .explicit("commandCode", 0, Fields::integer)?
                    .ok_or_else(|| malformed("commandCode", "[0]"))?,
                command_policy: step
                    .explicit("commandPolicy", 1, Fields::octets)?
                    .ok_or_else(|| malformed("commandPolicy", "[1]"))?,
            });
            step.end(field)?;
        }
        Ok(steps)
    }

    fn auth_policies(&mut self, field: &'static str) -> Result<Vec<AuthPolicy>, KeyFileError> {
        let mut items = self.take(field, Tag::Sequence)?.inner()?;
        let mut policies = Vec::new();
        while !items.is_finished() {
            let mut item = items.take(field, Tag::Sequence)?.inner()?;
            policies.push(AuthPolicy {
                name: item.explicit("name", 0, Fields::text)?,
                policy: item
                    .explicit("policy", 1, Fields::policy)?
                    .ok_or_else(|| malformed("policy", "[1]"))?,
            });
            item.end(field)?;
        }
        Ok(policies)
    }
}

/// The two layouts.
enum Form {
    Current,
    Old,
}

fn kind_of(oid: &[u8]) -> Result<(KeyFileKind, Form), KeyFileError> {
    Ok(match oid {
        LOADABLE => (KeyFileKind::Loadable, Form::Current),
        IMPORTABLE => (KeyFileKind::Importable, Form::Current),
        SEALED => (KeyFileKind::Sealed, Form::Current),
        OLD_LOADABLE => (KeyFileKind::Loadable, Form::Old),
        OLD_IMPORTABLE => (KeyFileKind::Importable, Form::Old),
        other => {
            return Err(KeyFileError::UnknownType {
                oid: ObjectIdentifier::from_bytes(other)
                    .map_or_else(|_| format!("{other:02x?}"), |oid| oid.to_string()),
            });
        }
    })
}

fn oid_of(kind: KeyFileKind) -> &'static [u8] {
    match kind {
        KeyFileKind::Loadable => LOADABLE,
        KeyFileKind::Importable => IMPORTABLE,
        KeyFileKind::Sealed => SEALED,
    }
}

/// 0 is an old way to say "the owner's primary key".
fn parent(handle: u32) -> u32 {
    if handle == 0 { KeyFile::OWNER } else { handle }
}

/// A TPM2B holds its own length.
fn check_sized(field: &'static str, blob: &[u8]) -> Result<(), KeyFileError> {
    match blob.split_first_chunk::<2>() {
        Some((size, rest)) if usize::from(u16::from_be_bytes(*size)) == rest.len() => Ok(()),
        _ => Err(malformed(field, "a TPM2B with its own size before it")),
    }
}

fn malformed(field: &'static str, expected: &str) -> KeyFileError {
    KeyFileError::Malformed {
        field,
        expected: expected.to_owned(),
    }
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    out.push(tag);
    if let Ok(short @ 0..0x80) = u8::try_from(content.len()) {
        out.push(short);
    } else {
        let length = content.len().to_be_bytes();
        let significant = length.iter().skip_while(|octet| **octet == 0);
        // At most the eight octets of a `usize`.
        out.push(significant.clone().fold(0x80, |count, _| count + 1));
        out.extend(significant);
    }
    out.extend_from_slice(content);
    out
}

fn boolean(value: bool) -> Vec<u8> {
    tlv(BOOLEAN, &[if value { 0xff } else { 0 }])
}

fn integer(value: u32) -> Vec<u8> {
    // Five octets hold it with a sign; those that say nothing go.
    let wide = i64::from(value).to_be_bytes();
    let zeros = wide
        .windows(2)
        .take_while(|pair| matches!(pair, [0, next] if next & 0x80 == 0))
        .count();
    tlv(INTEGER, wide.get(zeros..).unwrap_or(&wide))
}

fn policy_sequence(steps: &[PolicyStep]) -> Vec<u8> {
    let items: Vec<u8> = steps
        .iter()
        .flat_map(|step| {
            let mut content = tlv(CONTEXT, &integer(step.command_code));
            content.extend(tlv(CONTEXT | 1, &tlv(OCTET_STRING, &step.command_policy)));
            tlv(SEQUENCE, &content)
        })
        .collect();
    tlv(SEQUENCE, &items)
}

fn auth_policy_sequence(policy: &AuthPolicy) -> Vec<u8> {
    let mut content = Vec::new();
    if let Some(name) = &policy.name {
        content.extend(tlv(CONTEXT, &tlv(UTF8_STRING, name.as_bytes())));
    }
    content.extend(tlv(CONTEXT | 1, &policy_sequence(&policy.policy)));
    tlv(SEQUENCE, &content)
}

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const SEQUENCE: u8 = 0x30;
/// `[0]`, constructed.
const CONTEXT: u8 = 0xa0;

/// 2.23.133.10.1.3
const LOADABLE: &[u8] = &[0x67, 0x81, 0x05, 0x0a, 1, 3];
/// 2.23.133.10.1.4
const IMPORTABLE: &[u8] = &[0x67, 0x81, 0x05, 0x0a, 1, 4];
/// 2.23.133.10.1.5
const SEALED: &[u8] = &[0x67, 0x81, 0x05, 0x0a, 1, 5];
/// 2.23.133.10.2
const OLD_LOADABLE: &[u8] = &[0x67, 0x81, 0x05, 0x0a, 2];
/// 2.23.133.10.3
const OLD_IMPORTABLE: &[u8] = &[0x67, 0x81, 0x05, 0x0a, 3];

#[cfg(test)]
mod tests;
