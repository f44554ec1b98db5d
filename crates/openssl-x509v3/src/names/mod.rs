//! Distinguished names from the entries of a section and from `-subj`, in the string types that OpenSSL chooses.
//!
//! `tpm2ca_x509::Name::parse` reads `-subj` too, for names that this program decides on: always UTF8String, and no
//! configuration file can add an attribute. Here `string_mask`, `utf8` and `oid_section` have their say.

mod mask;
pub(super) mod strings;
mod subject;
mod table;

use tpm2ca_openssl_conf::{Section, Value};
use tpm2ca_x509::{Name, ObjectIdentifier};

pub use self::mask::StringMask;

use self::strings::{Charset, Types};
use super::{
    der::{self, tag},
    error::{OpensslError, Problem, shown},
    objects::{Objects, Oid},
};

/// How texts become the attributes of names and requests.
#[derive(Clone, Copy, Debug)]
pub struct NameRules<'a> {
    /// Names of attributes.
    pub objects: &'a Objects,
    /// `string_mask` of the configuration file.
    pub string_mask: StringMask,
    /// `utf8` of the configuration file: texts are UTF-8, not Latin-1.
    pub utf8: bool,
}

impl<'a> NameRules<'a> {
    /// A name from a section that has attributes as its keys, as `prompt = no` and `dirName` want it. What stands in
    /// front of the first `.`, `,` or `:` of a key only makes it different from others; `+` joins an attribute to the
    /// one before it.
    pub fn section(self, section: &Section) -> Result<Name, OpensslError> {
        let mut name = self.builder();
        for value in section.values() {
            name.push_entry(value)
                .map_err(|problem| problem.in_entry(value))?;
        }
        name.finish()
    }

    /// A name from the text of `-subj`, such as `/C=DE/O=Example Ltd+OU=Sales/CN=host`: `\` takes the special meaning
    /// from the character that follows. Attributes without a value are left out, and named in the second part.
    pub fn subject(self, text: &[u8]) -> Result<(Name, Vec<String>), OpensslError> {
        subject::parse(self, text)
    }

    /// An empty name to add attributes to.
    pub fn builder(self) -> NameBuilder<'a> {
        NameBuilder {
            rules: self,
            rdns: Vec::new(),
        }
    }

    /// The value of an attribute, such as `challengePassword` of a request: the whole element, in the string type that
    /// belongs to it.
    pub fn attribute_value(
        self,
        attribute: &ObjectIdentifier,
        text: &[u8],
    ) -> Result<Vec<u8>, OpensslError> {
        self.value(&Oid::from(*attribute), text)
            .map_err(|problem| problem.in_text(text))
    }

    pub(super) fn charset(self) -> Charset {
        if self.utf8 {
            Charset::Utf8
        } else {
            Charset::Latin1
        }
    }

    fn value(self, attribute: &Oid, text: &[u8]) -> Result<Vec<u8>, Problem> {
        let table::Limits {
            types,
            fixed,
            bounds,
        } = table::limits(attribute);
        let types = if fixed {
            types
        } else {
            types.and(Types(self.string_mask.bits()))
        };
        let (tag, content) = strings::encode(text, self.charset(), types, bounds)?;
        Ok(der::tlv(tag, &content))
    }
}

/// A name that grows by one attribute after the other.
#[derive(Clone, Debug)]
pub struct NameBuilder<'a> {
    rules: NameRules<'a>,
    /// Attributes as DER.
    rdns: Vec<Vec<Vec<u8>>>,
}

impl NameBuilder<'_> {
    /// Adds an attribute: its name or dotted numbers, and its text. `joins` puts it into the RDN of the one before it.
    pub fn push(&mut self, attribute: &str, text: &[u8], joins: bool) -> Result<(), OpensslError> {
        self.add(attribute.as_bytes(), text, joins)
            .map_err(|problem| problem.in_text(text))
    }

    /// Whether nothing has been added.
    pub fn is_empty(&self) -> bool {
        self.rdns.is_empty()
    }

    /// The name; each RDN's attributes in DER's order.
    pub fn finish(self) -> Result<Name, OpensslError> {
        let rdns: Vec<u8> = self
            .rdns
            .into_iter()
            .flat_map(|rdn| der::tlv(tag::SET, &der::sorted(rdn)))
            .collect();
        Name::from_der(der::tlv(tag::SEQUENCE, &rdns)).map_err(|error| {
            // An attribute type that the types of `x509` cannot hold.
            Problem::new(error.to_string()).in_text(b"name")
        })
    }

    /// One entry of a section.
    pub(super) fn push_entry(&mut self, value: &Value) -> Result<(), Problem> {
        let key = value.name().as_bytes();
        let mut attribute = key;
        if let Some(at) = key.iter().position(|b| matches!(b, b':' | b',' | b'.')) {
            let rest = key.get(at + 1..).unwrap_or_default();
            if !rest.is_empty() {
                attribute = rest;
            }
        }
        let joined = attribute.strip_prefix(b"+");
        self.add(
            joined.unwrap_or(attribute),
            value.as_bytes(),
            joined.is_some(),
        )
    }

    /// Attributes of the one RDN of a `relativename`, sorted; `None` if there are more RDNs, or none.
    pub(super) fn finish_relative(self) -> Option<Vec<u8>> {
        let mut rdns = self.rdns.into_iter();
        match (rdns.next(), rdns.next()) {
            (Some(rdn), None) => Some(der::sorted(rdn)),
            _ => None,
        }
    }

    fn add(&mut self, attribute: &[u8], text: &[u8], joins: bool) -> Result<(), Problem> {
        let oid = self.rules.objects.require(attribute)?;
        oid.fitting(attribute)?;
        let value = self.rules.value(&oid, text)?;
        let mut content = oid.to_der();
        content.extend_from_slice(&value);
        let encoded = der::tlv(tag::SEQUENCE, &content);
        match self.rdns.last_mut() {
            Some(rdn) if joins => rdn.push(encoded),
            _ => self.rdns.push(vec![encoded]),
        }
        Ok(())
    }
}

/// For `-subj`, whose attributes have no entry to blame.
fn of_attribute(problem: Problem, attribute: &[u8]) -> Problem {
    problem.prefixed(&format!("`{}`: ", shown(attribute)))
}
