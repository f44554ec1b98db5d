//! subjectSignTool and issuerSignTool of Russian qualified certificates.

use super::ExtensionBuilder;
use crate::{
    der::{self, tag},
    error::{Problem, shown},
    list::Item,
};

/// Any text.
#[allow(clippy::unnecessary_wraps)] // one of many with this signature
pub(super) fn subject(_: &mut ExtensionBuilder<'_>, text: &[u8]) -> Result<Vec<u8>, Problem> {
    Ok(der::tlv(tag::UTF8_STRING, text))
}

/// `signTool:…, cATool:…, signToolCert:…, cAToolCert:…`; what is left out is empty.
pub(super) fn issuer(_: &mut ExtensionBuilder<'_>, items: &[Item<'_>]) -> Result<Vec<u8>, Problem> {
    const FIELDS: [&str; 4] = ["signTool", "cATool", "signToolCert", "cAToolCert"];
    let mut values: [Option<&[u8]>; 4] = [None; 4];
    for item in items {
        let field = FIELDS
            .iter()
            .position(|field| field.as_bytes() == item.name)
            .ok_or_else(|| {
                let problem = Problem::new(format!("there is no `{}` in it", shown(item.name)));
                item.blame(problem.hint(format!("known are {}", FIELDS.join(", "))))
            })?;
        let value = item.required().map_err(|problem| item.blame(problem))?;
        if let Some(place) = values.get_mut(field) {
            *place = Some(value);
        }
    }
    let mut content = Vec::new();
    for value in values {
        der::push(&mut content, tag::UTF8_STRING, value.unwrap_or_default());
    }
    Ok(der::tlv(tag::SEQUENCE, &content))
}
