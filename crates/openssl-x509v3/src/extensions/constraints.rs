//! nameConstraints, policyConstraints and inhibitAnyPolicy: RFC 5280 sections 4.2.1.10, 4.2.1.11 and 4.2.1.14.

use super::{
    ExtensionBuilder,
    general_names::{self, Address},
};
use crate::{
    der::{self, tag},
    error::Problem,
    list::Item,
    scalar,
};

/// `permitted;DNS:example.com, excluded;IP:192.0.2.0/255.255.255.0`
pub(super) fn names(
    builder: &mut ExtensionBuilder<'_>,
    items: &[Item<'_>],
) -> Result<Vec<u8>, Problem> {
    let mut permitted = Vec::new();
    let mut excluded = Vec::new();
    for item in items {
        let (trees, form) = match (after(item.name, "permitted"), after(item.name, "excluded")) {
            (Some(form), _) => (&mut permitted, form),
            (None, Some(form)) => (&mut excluded, form),
            (None, None) => {
                let problem = Problem::new(format!(
                    "expected `permitted;` or `excluded;` and a name, found `{}`",
                    item.shown()
                ));
                return Err(item.blame(problem.hint("write it like `permitted;DNS:example.com`")));
            }
        };
        let base = Item {
            name: form,
            ..*item
        };
        let base = general_names::one(builder, &base, Address::Masked)
            .map_err(|problem| item.blame(problem))?;
        der::push(trees, tag::SEQUENCE, &base);
    }
    let mut content = Vec::new();
    for (number, trees) in [(0, permitted), (1, excluded)] {
        if !trees.is_empty() {
            der::push(&mut content, tag::context_constructed(number), &trees);
        }
    }
    Ok(der::tlv(tag::SEQUENCE, &content))
}

/// What follows the word and the one character behind it, which OpenSSL does not look at.
fn after<'a>(name: &'a [u8], word: &str) -> Option<&'a [u8]> {
    name.strip_prefix(word.as_bytes())?.get(1..)
}

/// `requireExplicitPolicy:3, inhibitPolicyMapping:0`, one of them or both.
pub(super) fn policies(
    _: &mut ExtensionBuilder<'_>,
    items: &[Item<'_>],
) -> Result<Vec<u8>, Problem> {
    let mut explicit = None;
    let mut mapping = None;
    for item in items {
        let field = match item.name {
            b"requireExplicitPolicy" => &mut explicit,
            b"inhibitPolicyMapping" => &mut mapping,
            _ => {
                return Err(item.blame(Problem::new(format!(
                    "expected `requireExplicitPolicy:NUMBER` or `inhibitPolicyMapping:NUMBER`, found `{}`",
                    item.shown()
                ))));
            }
        };
        let number = item
            .required()
            .and_then(scalar::integer)
            .map_err(|problem| item.blame(problem))?;
        *field = Some(number);
    }
    let mut content = Vec::new();
    for (number, field) in [(0, explicit), (1, mapping)] {
        if let Some(value) = field {
            der::push(&mut content, tag::context(number), &value);
        }
    }
    Ok(der::tlv(tag::SEQUENCE, &content))
}

/// A number.
pub(super) fn inhibit_any_policy(
    _: &mut ExtensionBuilder<'_>,
    text: &[u8],
) -> Result<Vec<u8>, Problem> {
    Ok(der::tlv(tag::INTEGER, &scalar::integer(text)?))
}
