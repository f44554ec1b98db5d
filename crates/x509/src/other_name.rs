//! Values of otherName that name a mailbox, a host or a realm (RFC 5280 section 4.2.1.6).

use der::asn1::ObjectIdentifier;

use crate::{
    Error,
    name::string_text,
    oid,
    read::{Cursor, Element, tag},
};

/// An otherName of a type that verifiers match names by, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OtherName {
    /// `userPrincipalName` of Microsoft: `user@domain`
    UserPrincipalName(String),
    /// `SmtpUTF8Mailbox`, RFC 9598: `mailbox@domain`
    Mailbox(String),
    /// `SRVName`, RFC 4985: `_service.host`
    Service(String),
    /// `XmppAddr`, RFC 6120 section 13.7.1.4: `localpart@domain/resource`, where domain alone must be there
    XmppAddress(String),
    /// `NAIRealm`, RFC 7585 section 2.2: `realm`, or `*.realm`
    Realm(String),
    /// `KRB5PrincipalName`, RFC 4556 section 3.2.2: `name/instance@REALM`
    KerberosPrincipal(String),
}

impl OtherName {
    /// Reads the element inside the `[0] EXPLICIT` tag of an otherName; `None` for types that are not known here.
    ///
    /// # Errors
    /// When the type is known, and the value is not of the form that the type has.
    pub fn read(type_id: ObjectIdentifier, value: &[u8]) -> Result<Option<Self>, Error> {
        let variant = match type_id {
            oid::USER_PRINCIPAL_NAME => Self::UserPrincipalName,
            oid::SMTP_UTF8_MAILBOX => Self::Mailbox,
            oid::SRV_NAME => Self::Service,
            oid::XMPP_ADDRESS => Self::XmppAddress,
            oid::NAI_REALM => Self::Realm,
            oid::KERBEROS_PRINCIPAL_NAME => {
                return kerberos(value).map(Self::KerberosPrincipal).map(Some);
            }
            _ => return Ok(None),
        };
        let mut cursor = Cursor::new(value, "otherName value")?;
        let element = cursor.any("otherName value")?;
        cursor.finish()?;
        Ok(Some(variant(text(&element)?)))
    }
}

/// A string of any type that verifiers read.
fn text(element: &Element<'_>) -> Result<String, Error> {
    string_text(element.der, element.content)
        .filter(|text| !text.contains(char::REPLACEMENT_CHARACTER))
        .ok_or_else(|| element.wrong_type("a string"))
}

/// `KRB5PrincipalName ::= SEQUENCE { realm [0] Realm, principalName [1] PrincipalName }`
fn kerberos(value: &[u8]) -> Result<String, Error> {
    const FIELD: &str = "KRB5PrincipalName";
    let mut outer = Cursor::new(value, FIELD)?;
    let mut parts = outer.sequence(FIELD)?;
    outer.finish()?;
    let realm = parts.element(tag::context_constructed(0), "[0]", "realm")?;
    let realm = general_string(&mut realm.open()?, "realm")?;
    let principal = parts.element(tag::context_constructed(1), "[1]", "principalName")?;
    parts.finish()?;
    let mut principal = principal.open()?;
    let mut fields = principal.sequence("principalName")?;
    principal.finish()?;
    fields.element(tag::context_constructed(0), "[0]", "name-type")?;
    let strings = fields.element(tag::context_constructed(1), "[1]", "name-string")?;
    fields.finish()?;
    let mut strings = strings.open()?;
    let mut list = strings.sequence("name-string")?;
    strings.finish()?;
    let mut components = Vec::new();
    while !list.is_finished() {
        components.push(read_general_string(&list.any("name-string")?)?);
    }
    Ok(format!("{}@{realm}", components.join("/")))
}

fn general_string(cursor: &mut Cursor<'_>, field: &'static str) -> Result<String, Error> {
    let text = read_general_string(&cursor.any(field)?)?;
    cursor.finish()?;
    Ok(text)
}

/// KerberosString: a GeneralString that is restricted to IA5String's characters (RFC 4120 section 5.2.1).
fn read_general_string(element: &Element<'_>) -> Result<String, Error> {
    let is_text = element.tag == GENERAL_STRING && element.content.is_ascii();
    match std::str::from_utf8(element.content) {
        Ok(text) if is_text => Ok(text.to_owned()),
        _ => Err(element.wrong_type("an ASCII GeneralString")),
    }
}

const GENERAL_STRING: u8 = 0x1b;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::write::tlv;

    fn principal(realm: &[u8], components: &[&[u8]]) -> Vec<u8> {
        let string = |text: &[u8]| tlv(GENERAL_STRING, text);
        let strings: Vec<u8> = components.iter().flat_map(|text| string(text)).collect();
        let names = [
            tlv(tag::context_constructed(0), b"\x02\x01\x01"),
            tlv(tag::context_constructed(1), &tlv(tag::SEQUENCE, &strings)),
        ];
        let parts = [
            tlv(tag::context_constructed(0), &string(realm)),
            tlv(
                tag::context_constructed(1),
                &tlv(tag::SEQUENCE, &names.concat()),
            ),
        ];
        tlv(tag::SEQUENCE, &parts.concat())
    }

    #[test]
    fn known_types() {
        let utf8 = |text: &str| tlv(tag::UTF8_STRING, text.as_bytes());
        let bmp = tlv(tag::BMP_STRING, b"\0a\0@\0b");
        for (type_id, value, expected) in [
            (
                oid::USER_PRINCIPAL_NAME,
                utf8("alice@example.com"),
                OtherName::UserPrincipalName("alice@example.com".to_owned()),
            ),
            (
                oid::USER_PRINCIPAL_NAME,
                bmp,
                OtherName::UserPrincipalName("a@b".to_owned()),
            ),
            (
                oid::SMTP_UTF8_MAILBOX,
                utf8("jürgen@example.com"),
                OtherName::Mailbox("jürgen@example.com".to_owned()),
            ),
            (
                oid::SRV_NAME,
                tlv(tag::IA5_STRING, b"_imap.example.com"),
                OtherName::Service("_imap.example.com".to_owned()),
            ),
            (
                oid::XMPP_ADDRESS,
                utf8("im.example.com"),
                OtherName::XmppAddress("im.example.com".to_owned()),
            ),
            (
                oid::NAI_REALM,
                utf8("*.example.com"),
                OtherName::Realm("*.example.com".to_owned()),
            ),
            (
                oid::KERBEROS_PRINCIPAL_NAME,
                principal(b"EXAMPLE.COM", &[b"host", b"www.example.com"]),
                OtherName::KerberosPrincipal("host/www.example.com@EXAMPLE.COM".to_owned()),
            ),
        ] {
            assert_eq!(OtherName::read(type_id, &value).unwrap(), Some(expected));
        }
        assert_eq!(
            OtherName::read(oid::SERVER_AUTH, b"anything").unwrap(),
            None
        );
    }

    #[test]
    fn values_of_another_form() {
        for (type_id, value) in [
            (oid::USER_PRINCIPAL_NAME, tlv(tag::OCTET_STRING, b"a@b")),
            (oid::USER_PRINCIPAL_NAME, tlv(tag::UTF8_STRING, b"a\xff@b")),
            (oid::USER_PRINCIPAL_NAME, b"\x0c\x01a\x00".to_vec()),
            (oid::USER_PRINCIPAL_NAME, Vec::new()),
            (
                oid::KERBEROS_PRINCIPAL_NAME,
                tlv(tag::UTF8_STRING, b"a@EXAMPLE.COM"),
            ),
            (
                oid::KERBEROS_PRINCIPAL_NAME,
                principal(b"EX\xffAMPLE", &[b"a"]),
            ),
        ] {
            assert!(OtherName::read(type_id, &value).is_err(), "{value:02x?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut mutated = principal(b"EXAMPLE.COM", &[b"host", b"www"]);
            let at = at.index(mutated.len());
            mutated[at] = byte;
            for type_id in [oid::USER_PRINCIPAL_NAME, oid::KERBEROS_PRINCIPAL_NAME] {
                let _ = OtherName::read(type_id, &bytes);
                let _ = OtherName::read(type_id, &mutated);
            }
        }
    }
}
