//! otherName: values that name a mailbox, a user or a host are held to the rules for those.

use tpm2ca_x509::{ObjectIdentifier, OtherName};

use super::Checker;
use crate::names::{DnsName, EmailAddress};
use crate::refusal::Refusal;

impl Checker<'_> {
    /// Types that are not known here have no rules: `san_kinds` alone decides about them.
    pub(super) fn other_name(
        &self,
        shown: &str,
        type_id: ObjectIdentifier,
        value: &[u8],
    ) -> Result<(), Refusal> {
        let bad = |problem: String| Refusal::BadOtherName {
            name: shown.to_owned(),
            problem,
        };
        let name = OtherName::read(type_id, value).map_err(|error| bad(error.to_string()))?;
        let host = |text: &str| {
            let dns =
                DnsName::parse(text, true).map_err(|fault| bad(format!("`{text}`: {fault}")))?;
            let shown = format!("{shown}:{text}");
            self.wildcard(&shown, &dns)?;
            self.rules(&shown, |rules| rules.dns(&dns))
        };
        let mailbox = |text: &str| {
            let address = EmailAddress::parse_utf8(text)
                .map_err(|fault| bad(format!("`{text}`: {fault}")))?;
            self.rules(&format!("{shown}:{text}"), |rules| rules.email(&address))?;
            Ok(address)
        };
        match name {
            None => Ok(()),
            Some(OtherName::UserPrincipalName(text) | OtherName::KerberosPrincipal(text)) => {
                mailbox(&text).map(drop)
            }
            Some(OtherName::Mailbox(text)) => {
                let address = mailbox(&text)?;
                // RFC 9598, section 6: constraints of rfc822Name hold for it as well.
                self.constraints.email(&format!("{shown}:{text}"), &address)
            }
            Some(OtherName::Service(text)) => match text.split_once('.') {
                Some((service, name)) if service.starts_with('_') => host(name),
                _ => Err(bad(format!("`{text}` is not of the form `_service.host`"))),
            },
            Some(OtherName::XmppAddress(text)) => {
                let bare = text.split('/').next().unwrap_or(&text);
                if bare.contains('@') {
                    mailbox(bare).map(drop)
                } else {
                    host(bare)
                }
            }
            Some(OtherName::Realm(text)) => host(&text),
        }
    }
}
