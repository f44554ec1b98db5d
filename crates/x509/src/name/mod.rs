//! Distinguished names, RFC 5280 section 4.1.2.4.

mod compare;
mod decode;
mod display;
mod parse;
mod types;

use std::str::FromStr;

use der::asn1::ObjectIdentifier;

use crate::{
    Error, oid,
    read::{Cursor, Element, tag},
    write,
};

/// A distinguished name: the DER of an RDNSequence, kept as it was received or made.
///
/// Two names are equal when their bytes are, which path building in practice relies on; [`Name::matches`] compares more
/// loosely, as RFC 5280 section 7.1 does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    der: Vec<u8>,
}

impl Name {
    /// Checks that it is an RDNSequence. Values may be of any string type and charset, and of types that are no strings.
    pub fn from_der(der: Vec<u8>) -> Result<Self, Error> {
        let mut outer = Cursor::new(&der, "Name")?;
        check_name(&outer.element(tag::SEQUENCE, "SEQUENCE", "Name")?)?;
        outer.finish()?;
        Ok(Self { der })
    }

    /// The name without any attribute, for certificates that are about their subjectAltName only.
    pub fn empty() -> Self {
        Self {
            der: vec![tag::SEQUENCE, 0],
        }
    }

    /// One commonName, of 1 to 64 characters (RFC 5280 appendix A, `ub-common-name`).
    pub fn common_name(text: &str) -> Result<Self, Error> {
        Self::from_attributes(&[(oid::COMMON_NAME, text)])
    }

    /// One attribute after the other, each its own RDN, with the string types and the limits of RFC 5280 appendix A.
    pub fn from_attributes(attributes: &[(ObjectIdentifier, &str)]) -> Result<Self, Error> {
        parse::encode(
            attributes
                .iter()
                .map(|&(oid, text)| vec![(oid, text.to_owned())]),
        )
    }

    /// Reads OpenSSL's `-subj` form: `/C=DE/O=Example Ltd/CN=host`, where `+` joins the attributes of one RDN, `\`
    /// takes the special meaning from the character that follows, and types are short names or dotted numbers. `/`
    /// alone is the empty name.
    pub fn parse(text: &str) -> Result<Self, Error> {
        parse::parse(text)
    }

    /// From RDNs, each a list of whole AttributeTypeAndValue elements as [`NameAttribute::der`] gives them; they are put
    /// into DER's order.
    ///
    /// # Errors
    /// When they are no such elements.
    pub fn from_rdns(rdns: impl IntoIterator<Item = Vec<Vec<u8>>>) -> Result<Self, Error> {
        let mut content = Vec::new();
        for mut rdn in rdns {
            rdn.sort();
            write::push_tlv(&mut content, tag::SET, &rdn.concat());
        }
        Self::from_der(write::tlv(tag::SEQUENCE, &content))
    }

    /// Bytes that have been through [`check_name`] already.
    pub(crate) fn trusted(der: Vec<u8>) -> Self {
        Self { der }
    }

    /// The whole RDNSequence.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// Whether it has no attribute.
    pub fn is_empty(&self) -> bool {
        self.der == [tag::SEQUENCE, 0]
    }

    /// Whether the attributes of every multi-valued RDN are sorted as DER wants a SET OF (X.690 section 11.6).
    /// Everything else about DER is checked when a name is read.
    pub fn is_canonical_der(&self) -> bool {
        self.rdns()
            .iter()
            .all(|rdn| rdn.is_sorted_by(|a, b| a.der <= b.der))
    }

    /// The RDNs in the order of the encoding, each with its attributes.
    pub fn rdns(&self) -> Vec<Vec<NameAttribute<'_>>> {
        read_rdns(&self.der).unwrap_or_default()
    }

    /// All attributes in the order of the encoding: type, the whole value element (identifier and length included), and
    /// the value as text: lossily decoded, or `#` and hexadecimal digits when it is no string.
    pub fn attributes(&self) -> impl Iterator<Item = (ObjectIdentifier, &[u8], String)> {
        self.rdns()
            .into_iter()
            .flatten()
            .map(|a| (a.oid, a.value, a.text()))
    }

    /// Texts of all commonName attributes.
    pub fn common_names(&self) -> Vec<String> {
        self.attributes()
            .filter(|(oid, ..)| *oid == oid::COMMON_NAME)
            .map(|(_, _, text)| text)
            .collect()
    }

    /// One line as OpenSSL's `-nameopt oneline` has it: `C = DE, O = Example Ltd, CN = host`.
    pub fn to_oneline(&self) -> String {
        display::oneline(self)
    }
}

impl Default for Name {
    fn default() -> Self {
        Self::empty()
    }
}

impl FromStr for Name {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

/// One attribute of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameAttribute<'a> {
    /// Its type.
    pub oid: ObjectIdentifier,
    /// The whole value element; the first octet tells the string type.
    pub value: &'a [u8],
    content: &'a [u8],
    der: &'a [u8],
}

impl NameAttribute<'_> {
    /// Lossily decoded, or `#` and the value's hexadecimal digits when it is no string.
    pub fn text(&self) -> String {
        decode::text(self.value, self.content)
    }

    /// The value's identifier octet, such as 12 for UTF8String.
    pub fn string_type(&self) -> u8 {
        self.value.first().copied().unwrap_or_default()
    }
}

impl<'a> NameAttribute<'a> {
    /// The octets of the value, without identifier and length.
    pub fn content(&self) -> &'a [u8] {
        self.content
    }

    /// The whole AttributeTypeAndValue.
    pub fn der(&self) -> &'a [u8] {
        self.der
    }
}

/// The text of a string element, lossily decoded as in names; `None` for an element that is no string.
pub(crate) fn string_text(der: &[u8], content: &[u8]) -> Option<String> {
    let string_type = der.first().copied().unwrap_or_default();
    display::is_string_type(string_type).then(|| decode::text(der, content))
}

/// Checks the structure of a name, without looking into its values.
pub(crate) fn check_name(name: &Element<'_>) -> Result<(), Error> {
    for_each_attribute(name, |_, _| ())
}

fn read_rdns(der: &[u8]) -> Result<Vec<Vec<NameAttribute<'_>>>, Error> {
    let name = Cursor::new(der, "Name")?.element(tag::SEQUENCE, "SEQUENCE", "Name")?;
    let mut rdns: Vec<Vec<NameAttribute<'_>>> = Vec::new();
    for_each_attribute(&name, |first, attribute| match rdns.last_mut() {
        Some(rdn) if !first => rdn.push(attribute),
        _ => rdns.push(vec![attribute]),
    })?;
    Ok(rdns)
}

/// Calls `each` with whether the attribute begins an RDN, and the attribute.
fn for_each_attribute<'a>(
    name: &Element<'a>,
    mut each: impl FnMut(bool, NameAttribute<'a>),
) -> Result<(), Error> {
    let mut rdns = name.open()?;
    while !rdns.is_finished() {
        let rdn = rdns.element(tag::SET, "SET", "RelativeDistinguishedName")?;
        let mut attributes = rdn.open()?;
        if attributes.is_finished() {
            return Err(Error::Value {
                field: "RelativeDistinguishedName",
                problem: "has no attribute".to_owned(),
            });
        }
        let mut first = true;
        while !attributes.is_finished() {
            let attribute =
                attributes.element(tag::SEQUENCE, "SEQUENCE", "AttributeTypeAndValue")?;
            let mut parts = attribute.open()?;
            let oid = parts.oid("attribute type")?;
            let value = parts.any("attribute value")?;
            parts.finish()?;
            each(
                first,
                NameAttribute {
                    oid,
                    value: value.der,
                    content: value.content,
                    der: attribute.der,
                },
            );
            first = false;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
