//! GeneralName, RFC 5280 section 4.2.1.6.

use std::{fmt, net::IpAddr, str::FromStr};

use der::asn1::ObjectIdentifier;

use crate::{
    Error, Name,
    read::{Cursor, Element, tag},
    write,
};

/// One name of a subjectAltName, or of another place that has GeneralNames.
///
/// Text is what was encoded, byte for byte; whether it is a DNS name or a URI is the profile's question. It is always
/// printable ASCII: control characters, NUL above all, are refused when a name is read or written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GeneralName {
    /// `dNSName`, `[2]`
    Dns(String),
    /// `rfc822Name`, `[1]`
    Email(String),
    /// `uniformResourceIdentifier`, `[6]`
    Uri(String),
    /// `iPAddress`, `[7]`, of 4 or 16 octets
    Ip(IpAddr),
    /// `directoryName`, `[4]`
    DirectoryName(Name),
    /// `registeredID`, `[8]`
    RegisteredId(ObjectIdentifier),
    /// `otherName`, `[0]`
    Other {
        /// `type-id`
        oid: ObjectIdentifier,
        /// The element inside the `[0] EXPLICIT` tag of `value`, as received.
        value: Vec<u8>,
    },
    /// A form that nothing here looks into: x400Address, ediPartyName.
    Unsupported {
        /// Number of the context tag.
        tag: u8,
        /// The whole element.
        der: Vec<u8>,
    },
}

impl GeneralName {
    /// The whole GeneralName. Refuses text that is not printable ASCII.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        Ok(match self {
            Self::Dns(text) => write::tlv(tag::context(2), ascii_bytes(text, "dNSName")?),
            Self::Email(text) => write::tlv(tag::context(1), ascii_bytes(text, "rfc822Name")?),
            Self::Uri(text) => write::tlv(
                tag::context(6),
                ascii_bytes(text, "uniformResourceIdentifier")?,
            ),
            Self::Ip(IpAddr::V4(address)) => write::tlv(tag::context(7), &address.octets()),
            Self::Ip(IpAddr::V6(address)) => write::tlv(tag::context(7), &address.octets()),
            Self::DirectoryName(name) => write::tlv(tag::context_constructed(4), name.as_der()),
            Self::RegisteredId(oid) => write::tlv(tag::context(8), oid.as_bytes()),
            Self::Other { oid, value } => {
                let mut content = write::tlv(tag::OID, oid.as_bytes());
                write::push_tlv(&mut content, tag::context_constructed(0), value);
                write::tlv(tag::context_constructed(0), &content)
            }
            Self::Unsupported { der, .. } => der.clone(),
        })
    }
}

/// Reads a GeneralNames SEQUENCE, such as the content of a subjectAltName's `extnValue`. It must not be empty.
///
/// Lenient about which forms there are, strict about how each is written.
pub fn parse_general_names(der: &[u8]) -> Result<Vec<GeneralName>, Error> {
    let mut outer = Cursor::new(der, "GeneralNames")?;
    let mut list = outer.sequence("GeneralNames")?;
    outer.finish()?;
    let mut names = Vec::new();
    while !list.is_finished() {
        names.push(read_general_name(&list.any("GeneralName")?)?);
    }
    if names.is_empty() {
        return Err(Error::Value {
            field: "GeneralNames",
            problem: "has no name".to_owned(),
        });
    }
    Ok(names)
}

/// A GeneralNames SEQUENCE. Refuses an empty one.
pub fn encode_general_names(names: &[GeneralName]) -> Result<Vec<u8>, Error> {
    if names.is_empty() {
        return Err(Error::Value {
            field: "GeneralNames",
            problem: "needs at least one name".to_owned(),
        });
    }
    let mut list = Vec::with_capacity(32 * names.len());
    for name in names {
        list.extend_from_slice(&name.to_der()?);
    }
    Ok(write::tlv(tag::SEQUENCE, &list))
}

/// One GeneralName whose iPAddress is an address; in name constraints it is something else.
fn read_general_name(element: &Element<'_>) -> Result<GeneralName, Error> {
    if element.tag == tag::context(7) {
        return match element.content.len() {
            4 | 16 => Ok(GeneralName::Ip(read_address(element.content, "iPAddress")?)),
            len => Err(Error::Value {
                field: "iPAddress",
                problem: format!("must have 4 or 16 octets, found {len}"),
            }),
        };
    }
    read_other_form(element)
}

/// Every form but iPAddress.
pub(crate) fn read_other_form(element: &Element<'_>) -> Result<GeneralName, Error> {
    const OTHER_NAME: u8 = tag::context_constructed(0);
    const EMAIL: u8 = tag::context(1);
    const DNS: u8 = tag::context(2);
    const DIRECTORY_NAME: u8 = tag::context_constructed(4);
    const URI: u8 = tag::context(6);
    const REGISTERED_ID: u8 = tag::context(8);

    match element.tag {
        EMAIL => Ok(GeneralName::Email(read_ascii(
            element.content,
            "rfc822Name",
        )?)),
        DNS => Ok(GeneralName::Dns(read_ascii(element.content, "dNSName")?)),
        URI => Ok(GeneralName::Uri(read_ascii(
            element.content,
            "uniformResourceIdentifier",
        )?)),
        DIRECTORY_NAME => Ok(GeneralName::DirectoryName(Name::from_der(
            element.content.to_vec(),
        )?)),
        REGISTERED_ID => Ok(GeneralName::RegisteredId(element.as_oid()?)),
        OTHER_NAME => {
            let mut parts = element.open()?;
            let oid = parts.oid("otherName type-id")?;
            let explicit = parts.element(tag::context_constructed(0), "[0]", "otherName value")?;
            parts.finish()?;
            let mut inside = explicit.open()?;
            let value = inside.any("otherName value")?.der.to_vec();
            inside.finish()?;
            Ok(GeneralName::Other { oid, value })
        }
        // [3] and [5] are constructed, numbers above 8 do not exist yet.
        0xa3 | 0xa5 | 0x89..=0x9e | 0xa9..=0xbe => Ok(GeneralName::Unsupported {
            tag: element.tag & 0x1f,
            der: element.der.to_vec(),
        }),
        _ => Err(element.wrong_type("a form of GeneralName")),
    }
}

/// An address from its 4 or 16 octets.
pub(crate) fn read_address(octets: &[u8], field: &'static str) -> Result<IpAddr, Error> {
    if let Ok(v4) = <[u8; 4]>::try_from(octets) {
        return Ok(IpAddr::from(v4));
    }
    <[u8; 16]>::try_from(octets)
        .map(IpAddr::from)
        .map_err(|_| Error::Value {
            field,
            problem: format!("must have 4 or 16 octets, found {}", octets.len()),
        })
}

/// IA5String content without control characters.
pub(crate) fn ascii_bytes<'a>(text: &'a str, field: &'static str) -> Result<&'a [u8], Error> {
    match text.chars().find(|c| !matches!(c, ' '..='~')) {
        None => Ok(text.as_bytes()),
        Some(odd) => Err(Error::Value {
            field,
            problem: format!(
                "must be printable ASCII, found {odd:?} in `{}`",
                text.escape_debug()
            ),
        }),
    }
}

fn read_ascii(content: &[u8], field: &'static str) -> Result<String, Error> {
    match content.iter().find(|b| !matches!(b, b' '..=b'~')) {
        None => Ok(content.iter().copied().map(char::from).collect()),
        Some(odd) => Err(Error::Value {
            field,
            problem: format!(
                "must be printable ASCII, found byte 0x{odd:02x} in `{}`",
                content.escape_ascii()
            ),
        }),
    }
}

/// As in OpenSSL's configuration files, `DNS:host.example.com`, and as [`FromStr`] reads it.
impl fmt::Display for GeneralName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(text) => write!(f, "DNS:{text}"),
            Self::Email(text) => write!(f, "email:{text}"),
            Self::Uri(text) => write!(f, "URI:{text}"),
            Self::Ip(address) => write!(f, "IP:{address}"),
            Self::DirectoryName(name) => write!(f, "dirName:{name}"),
            Self::RegisteredId(oid) => write!(f, "RID:{oid}"),
            Self::Other { oid, .. } => write!(f, "otherName:{oid}"),
            Self::Unsupported { tag: 3, .. } => f.write_str("x400Address"),
            Self::Unsupported { tag: 5, .. } => f.write_str("ediPartyName"),
            Self::Unsupported { tag, .. } => write!(f, "[{tag}]"),
        }
    }
}

impl FromStr for GeneralName {
    type Err = Error;

    /// `DNS:`, `IP:`, `email:`, `URI:` and `RID:` in any case, as in OpenSSL's subjectAltName.
    fn from_str(text: &str) -> Result<Self, Error> {
        let syntax = |problem: &str| Error::GeneralNameSyntax {
            text: text.to_owned(),
            problem: problem.to_owned(),
        };
        let (kind, value) = text
            .split_once(':')
            .ok_or_else(|| syntax("has no `DNS:` or other type in front"))?;
        let value = value.trim();
        if value.is_empty() {
            return Err(syntax("is empty"));
        }
        let name = match kind.trim().to_ascii_lowercase().as_str() {
            "dns" => Self::Dns(value.to_owned()),
            "email" => Self::Email(value.to_owned()),
            "uri" => Self::Uri(value.to_owned()),
            "ip" => Self::Ip(value.parse().map_err(|_| syntax("is no IP address"))?),
            "rid" => Self::RegisteredId(
                ObjectIdentifier::new(value).map_err(|_| syntax("is no object identifier"))?,
            ),
            _ => return Err(syntax("has an unknown type")),
        };
        name.to_der().map_err(|_| {
            syntax("must be printable ASCII; write other letters as an A-label (`xn--…`)")
        })?;
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    fn every_form() -> Vec<GeneralName> {
        vec![
            GeneralName::Dns("host.example.com".to_owned()),
            GeneralName::Email("me@example.com".to_owned()),
            GeneralName::Uri("https://example.com/?q=1".to_owned()),
            GeneralName::Ip("192.0.2.1".parse().unwrap()),
            GeneralName::Ip("2001:db8::1".parse().unwrap()),
            GeneralName::DirectoryName(Name::parse("/C=DE/CN=x").unwrap()),
            GeneralName::RegisteredId(ObjectIdentifier::new_unwrap("1.2.3.4")),
            GeneralName::Other {
                oid: ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2.3"),
                value: b"\x0c\x01u".to_vec(),
            },
            GeneralName::Unsupported {
                tag: 5,
                der: b"\xa5\x03\x81\x01e".to_vec(),
            },
        ]
    }

    #[test]
    fn every_form_round_trips() {
        let names = every_form();
        let der = encode_general_names(&names).unwrap();
        assert_eq!(parse_general_names(&der).unwrap(), names);
    }

    #[test]
    fn texts() {
        let texts: Vec<String> = every_form().iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "DNS:host.example.com",
                "email:me@example.com",
                "URI:https://example.com/?q=1",
                "IP:192.0.2.1",
                "IP:2001:db8::1",
                "dirName:CN=x,C=DE",
                "RID:1.2.3.4",
                "otherName:1.3.6.1.4.1.311.20.2.3",
                "ediPartyName",
            ]
        );
        for index in [0, 1, 2, 3, 4, 6] {
            assert_eq!(
                texts[index].parse::<GeneralName>().unwrap(),
                every_form()[index]
            );
        }
        for bad in [
            "host",
            "DNS:",
            "IP:1.2.3",
            "IP:1.2.3.4/8",
            "RID:x",
            "foo:bar",
            "DNS:münchen.de",
            "URI:a\nb",
        ] {
            assert!(bad.parse::<GeneralName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_refused() {
        for (problem, der) in [
            ("`GeneralNames` has no name", &b"\x30\x00"[..]),
            (
                "must have 4 or 16 octets, found 5",
                b"\x30\x07\x87\x05\x01\x02\x03\x04\x05",
            ),
            ("found byte 0x00 in `a\\x00b`", b"\x30\x05\x82\x03a\0b"),
            ("found byte 0xfc", b"\x30\x03\x82\x01\xfc"),
            (
                "must be a form of GeneralName, found [2]",
                b"\x30\x04\xa2\x02\x16\x00",
            ),
            (
                "must be a form of GeneralName, found UTF8String",
                b"\x30\x03\x0c\x01a",
            ),
            ("bytes follow the end", b"\x30\x03\x82\x01a\x00"),
            (
                "bytes follow the end",
                b"\x30\x0d\xa0\x0b\x06\x02\x2a\x03\xa0\x05\x0c\x01a\x05\x00",
            ),
            ("must be SEQUENCE, found SET", b"\x30\x04\xa4\x02\x31\x00"),
            ("object identifier", b"\x30\x03\x88\x01\x80"),
        ] {
            let error = parse_general_names(der).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
        assert!(encode_general_names(&[]).is_err());
        assert!(encode_general_names(&[GeneralName::Dns("a\0".to_owned())]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = parse_general_names(&bytes);
            let _ = parse_general_names(&write::tlv(tag::SEQUENCE, &bytes));
        }

        #[test]
        fn mutated_names_encode_as_they_were_read(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut der = encode_general_names(&every_form()).unwrap();
            let at = at.index(der.len());
            der[at] = byte;
            if let Ok(names) = parse_general_names(&der) {
                prop_assert_eq!(encode_general_names(&names).unwrap(), der);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(DNS|IP|URI|email|RID)?:?.{0,20}") {
            if let Ok(name) = text.parse::<GeneralName>() {
                prop_assert_eq!(name.to_string().parse::<GeneralName>().unwrap(), name);
            }
        }
    }
}
