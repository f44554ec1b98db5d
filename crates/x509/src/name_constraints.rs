//! Name constraints, RFC 5280 section 4.2.1.10.

use std::{fmt, net::IpAddr, str::FromStr};

use crate::{
    Error, GeneralName, Name,
    general_name::{ascii_bytes, read_address, read_other_form},
    read::{Cursor, tag},
    write,
};

/// One name space that names may, or must not, lie in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subtree {
    /// A DNS name and everything below it; the empty name is everything.
    Dns(String),
    /// A mailbox, a host, or with a dot in front a domain.
    Email(String),
    /// An address range in CIDR style: address and length of the prefix in bits.
    Ip(IpAddr, u8),
    /// A directory name and everything below it.
    Dir(Name),
    /// The host of a URI, or with a dot in front a domain.
    Uri(String),
    /// A form that nothing here looks into.
    Unsupported {
        /// Number of the context tag.
        tag: u8,
        /// The whole GeneralName.
        der: Vec<u8>,
    },
}

impl Subtree {
    /// The `base` GeneralName.
    fn base_der(&self) -> Result<Vec<u8>, Error> {
        Ok(match self {
            Self::Dns(text) => write::tlv(tag::context(2), ascii_bytes(text, "dNSName")?),
            Self::Email(text) => write::tlv(tag::context(1), ascii_bytes(text, "rfc822Name")?),
            Self::Uri(text) => write::tlv(
                tag::context(6),
                ascii_bytes(text, "uniformResourceIdentifier")?,
            ),
            Self::Dir(name) => write::tlv(tag::context_constructed(4), name.as_der()),
            Self::Ip(address, prefix_len) => {
                let address = octets(*address);
                let mask = mask(address.len(), *prefix_len)?;
                if address.iter().zip(&mask).any(|(a, m)| a & !m != 0) {
                    return Err(Error::Value {
                        field: "iPAddress",
                        problem: format!("`{self}` has bits set beyond its prefix"),
                    });
                }
                write::tlv(tag::context(7), &[address, mask].concat())
            }
            Self::Unsupported { der, .. } => der.clone(),
        })
    }
}

/// As OpenSSL's nameConstraints write it, with the prefix length instead of a mask: `IP:192.0.2.0/24`.
impl fmt::Display for Subtree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(text) => write!(f, "DNS:{text}"),
            Self::Email(text) => write!(f, "email:{text}"),
            Self::Ip(address, prefix_len) => write!(f, "IP:{address}/{prefix_len}"),
            Self::Dir(name) => write!(f, "dirName:{name}"),
            Self::Uri(text) => write!(f, "URI:{text}"),
            Self::Unsupported { tag, .. } => write!(f, "[{tag}]"),
        }
    }
}

impl FromStr for Subtree {
    type Err = Error;

    /// `DNS:`, `email:`, `URI:` and `IP:address/prefix-length` in any case.
    fn from_str(text: &str) -> Result<Self, Error> {
        let syntax = |problem: &str| Error::GeneralNameSyntax {
            text: text.to_owned(),
            problem: problem.to_owned(),
        };
        let (kind, value) = text
            .split_once(':')
            .ok_or_else(|| syntax("has no `DNS:` or other type in front"))?;
        let value = value.trim();
        let subtree = match kind.trim().to_ascii_lowercase().as_str() {
            "dns" => Self::Dns(value.to_owned()),
            "email" => Self::Email(value.to_owned()),
            "uri" => Self::Uri(value.to_owned()),
            "ip" => {
                let (address, prefix_len) = value
                    .split_once('/')
                    .ok_or_else(|| syntax("has no `/` with a prefix length"))?;
                Self::Ip(
                    address.parse().map_err(|_| syntax("is no IP address"))?,
                    prefix_len
                        .parse()
                        .map_err(|_| syntax("has no number as prefix length"))?,
                )
            }
            _ => return Err(syntax("has an unknown type")),
        };
        match subtree.base_der() {
            Ok(_) => Ok(subtree),
            Err(Error::Value { problem, .. }) => Err(syntax(&problem)),
            Err(other) => Err(other),
        }
    }
}

/// Reads the content of a nameConstraints `extnValue`: the permitted and the excluded subtrees.
///
/// Refuses `minimum` and `maximum`, which RFC 5280 does not use, and masks that are no prefixes.
pub fn parse_name_constraints(der: &[u8]) -> Result<(Vec<Subtree>, Vec<Subtree>), Error> {
    let mut outer = Cursor::new(der, "NameConstraints")?;
    let mut lists = outer.sequence("NameConstraints")?;
    outer.finish()?;
    let mut read = |number, field| match lists.optional(tag::context_constructed(number), field)? {
        Some(list) => read_subtrees(&mut list.open()?, field),
        None => Ok(Vec::new()),
    };
    let permitted = read(0, "permittedSubtrees")?;
    let excluded = read(1, "excludedSubtrees")?;
    lists.finish()?;
    if permitted.is_empty() && excluded.is_empty() {
        return Err(nothing());
    }
    Ok((permitted, excluded))
}

/// A NameConstraints SEQUENCE. Refuses one without any subtree.
pub fn encode_name_constraints(
    permitted: &[Subtree],
    excluded: &[Subtree],
) -> Result<Vec<u8>, Error> {
    if permitted.is_empty() && excluded.is_empty() {
        return Err(nothing());
    }
    let mut content = Vec::new();
    for (number, subtrees) in [(0, permitted), (1, excluded)] {
        if subtrees.is_empty() {
            continue;
        }
        let mut list = Vec::new();
        for subtree in subtrees {
            write::push_tlv(&mut list, tag::SEQUENCE, &subtree.base_der()?);
        }
        write::push_tlv(&mut content, tag::context_constructed(number), &list);
    }
    Ok(write::tlv(tag::SEQUENCE, &content))
}

fn read_subtrees(list: &mut Cursor<'_>, field: &'static str) -> Result<Vec<Subtree>, Error> {
    let mut subtrees = Vec::new();
    while !list.is_finished() {
        let mut parts = list.sequence("GeneralSubtree")?;
        let base = parts.any("base")?;
        let minimum = parts.optional(tag::context(0), "minimum")?;
        if minimum.is_some_and(|m| m.content != [0]) || !parts.is_finished() {
            return Err(Error::Value {
                field: "GeneralSubtree",
                problem: "has a minimum or a maximum, which RFC 5280 does not use".to_owned(),
            });
        }
        subtrees.push(if base.tag == tag::context(7) {
            read_range(base.content)?
        } else {
            match read_other_form(&base)? {
                GeneralName::Dns(text) => Subtree::Dns(text),
                GeneralName::Email(text) => Subtree::Email(text),
                GeneralName::Uri(text) => Subtree::Uri(text),
                GeneralName::DirectoryName(name) => Subtree::Dir(name),
                _ => Subtree::Unsupported {
                    tag: base.tag & 0x1f,
                    der: base.der.to_vec(),
                },
            }
        });
    }
    if subtrees.is_empty() {
        return Err(Error::Value {
            field,
            problem: "has no subtree".to_owned(),
        });
    }
    Ok(subtrees)
}

/// Address and mask, 4 + 4 or 16 + 16 octets.
fn read_range(octets: &[u8]) -> Result<Subtree, Error> {
    if !matches!(octets.len(), 8 | 32) {
        return Err(Error::Value {
            field: "iPAddress",
            problem: format!(
                "must have 8 or 32 octets in name constraints, found {}",
                octets.len()
            ),
        });
    }
    let (address, given) = octets.split_at(octets.len() / 2);
    let ones: u32 = given.iter().map(|b| b.count_ones()).sum();
    let prefix_len = u8::try_from(ones).unwrap_or(u8::MAX);
    if mask(given.len(), prefix_len)? != given {
        return Err(Error::Value {
            field: "iPAddress",
            problem: "has a mask that is no prefix (RFC 4632)".to_owned(),
        });
    }
    Ok(Subtree::Ip(read_address(address, "iPAddress")?, prefix_len))
}

/// `len` octets that begin with `prefix_len` ones.
fn mask(len: usize, prefix_len: u8) -> Result<Vec<u8>, Error> {
    let prefix_len = usize::from(prefix_len);
    if prefix_len > len * 8 {
        return Err(Error::Value {
            field: "iPAddress",
            problem: format!(
                "has a prefix of {prefix_len} bits, which an address of {} bits has not",
                len * 8
            ),
        });
    }
    Ok((0..len)
        .map(|index| match prefix_len.saturating_sub(index * 8) {
            ones @ 0..8 => !(0xff_u8 >> ones),
            _ => 0xff,
        })
        .collect())
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

fn nothing() -> Error {
    Error::Value {
        field: "NameConstraints",
        problem: "must permit or exclude at least one subtree".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    fn subtrees(texts: &[&str]) -> Vec<Subtree> {
        texts.iter().map(|t| t.parse().unwrap()).collect()
    }

    #[test]
    fn round_trips() {
        let mut permitted = subtrees(&[
            "DNS:example.com",
            "DNS:",
            "email:.example.com",
            "URI:.example.com",
            "IP:192.0.2.0/24",
            "IP:0.0.0.0/0",
            "IP:10.1.2.3/32",
            "IP:10.128.0.0/9",
            "IP:2001:db8::/33",
            "IP:::1/128",
        ]);
        permitted.push(Subtree::Dir(Name::parse("/C=DE").unwrap()));
        permitted.push(Subtree::Unsupported {
            tag: 8,
            der: b"\x88\x02\x2a\x03".to_vec(),
        });
        let excluded = subtrees(&["DNS:bad.example.com"]);
        for (permitted, excluded) in [
            (&permitted, &excluded),
            (&permitted, &vec![]),
            (&vec![], &excluded),
        ] {
            let der = encode_name_constraints(permitted, excluded).unwrap();
            assert_eq!(
                parse_name_constraints(&der).unwrap(),
                (permitted.clone(), excluded.clone())
            );
        }
    }

    #[test]
    fn masks() {
        assert_eq!(mask(4, 0).unwrap(), [0, 0, 0, 0]);
        assert_eq!(mask(4, 9).unwrap(), [255, 128, 0, 0]);
        assert_eq!(mask(4, 31).unwrap(), [255, 255, 255, 254]);
        assert_eq!(mask(4, 32).unwrap(), [255; 4]);
        assert!(mask(4, 33).is_err());
    }

    #[test]
    fn wrong_texts() {
        for (problem, bad) in [
            ("beyond its prefix", "IP:10.0.0.1/8"),
            ("has a prefix of 33 bits", "IP:10.0.0.0/33"),
            ("no `/`", "IP:10.0.0.0"),
            ("no IP address", "IP:host/8"),
            ("no number", "IP:10.0.0.0/255.0.0.0"),
            ("unknown type", "foo:x"),
            ("printable ASCII", "DNS:münchen.de"),
            ("in front", "example.com"),
        ] {
            let error = bad.parse::<Subtree>().unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn what_is_refused() {
        assert!(encode_name_constraints(&[], &[]).is_err());
        for (problem, der) in [
            ("at least one subtree", &b"\x30\x00"[..]),
            ("`permittedSubtrees` has no subtree", b"\x30\x02\xa0\x00"),
            (
                "minimum or a maximum",
                b"\x30\x0a\xa0\x08\x30\x06\x82\x01a\x80\x01\x01",
            ),
            (
                "minimum or a maximum",
                b"\x30\x0a\xa0\x08\x30\x06\x82\x01a\x81\x01\x01",
            ),
            (
                "8 or 32 octets",
                b"\x30\x0a\xa0\x08\x30\x06\x87\x04\x0a\x00\x00\x00",
            ),
            (
                "no prefix",
                b"\x30\x0e\xa0\x0c\x30\x0a\x87\x08\x0a\x00\x00\x00\xff\x00\xff\x00",
            ),
            (
                "follow the end",
                b"\x30\x09\xa1\x05\x30\x03\x82\x01a\xa0\x00",
            ),
        ] {
            let error = parse_name_constraints(der).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = parse_name_constraints(&bytes);
            let _ = parse_name_constraints(&write::tlv(tag::SEQUENCE, &bytes));
        }

        #[test]
        fn mutated_constraints_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let all = subtrees(&["DNS:a.b", "IP:10.0.0.0/8", "IP:2001:db8::/32", "email:a@b"]);
            let mut der = encode_name_constraints(&all, &all).unwrap();
            let at = at.index(der.len());
            der[at] = byte;
            if let Ok((permitted, excluded)) = parse_name_constraints(&der) {
                let _ = encode_name_constraints(&permitted, &excluded);
            }
        }

        #[test]
        fn prefixes_round_trip(bits in any::<u32>(), prefix_len in 0u8..=32) {
            let kept = if prefix_len == 0 { 0 } else { bits & (u32::MAX << (32 - prefix_len)) };
            let subtree = Subtree::Ip(IpAddr::V4(kept.into()), prefix_len);
            let der = encode_name_constraints(std::slice::from_ref(&subtree), &[]).unwrap();
            prop_assert_eq!(parse_name_constraints(&der).unwrap().0, [subtree.clone()]);
            prop_assert_eq!(subtree.to_string().parse::<Subtree>().unwrap(), subtree);
        }
    }
}
