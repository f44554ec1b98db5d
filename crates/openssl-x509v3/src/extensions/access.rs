//! authorityInfoAccess and subjectInfoAccess, RFC 5280 section 4.2.2.

use super::{
    ExtensionBuilder,
    general_names::{self, Address},
};
use crate::{
    der::{self, tag},
    error::{Problem, shown},
    list::Item,
};

/// `OCSP;URI:http://ocsp.example.com/`: a method and a name.
pub(super) fn access(
    builder: &mut ExtensionBuilder<'_>,
    items: &[Item<'_>],
) -> Result<Vec<u8>, Problem> {
    let mut descriptions = Vec::new();
    for item in items {
        let description = description(builder, item).map_err(|problem| item.blame(problem))?;
        der::push(&mut descriptions, tag::SEQUENCE, &description);
    }
    Ok(der::tlv(tag::SEQUENCE, &descriptions))
}

fn description(builder: &mut ExtensionBuilder<'_>, item: &Item<'_>) -> Result<Vec<u8>, Problem> {
    let semicolon = item.name.iter().position(|&b| b == b';').ok_or_else(|| {
        Problem::new(format!(
            "expected `METHOD;FORM:NAME`, found `{}`",
            shown(item.name)
        ))
        .hint("write it like `OCSP;URI:http://ocsp.example.com/`")
    })?;
    let (method, form) = item.name.split_at(semicolon);
    let location = Item {
        name: form.get(1..).unwrap_or_default(),
        ..*item
    };
    let location = general_names::one(builder, &location, Address::Single)?;
    let mut content = builder.context.objects.require(method)?.to_der();
    content.extend(location);
    Ok(content)
}
