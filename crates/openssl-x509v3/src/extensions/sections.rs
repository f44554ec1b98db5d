//! Sections that the values of extensions name.

use tpm2ca_openssl_conf::Section;

use super::ExtensionBuilder;
use crate::error::{Problem, shown};

/// The section of this name.
pub(super) fn find<'a>(
    builder: &ExtensionBuilder<'a>,
    name: &[u8],
) -> Result<&'a Section, Problem> {
    let conf = builder.context.conf.ok_or_else(|| {
        Problem::new(format!(
            "names the section [{}], but there is no configuration file",
            shown(name)
        ))
        .hint("write the values themselves, or put the extension into the configuration file")
    })?;
    std::str::from_utf8(name)
        .ok()
        .and_then(|name| conf.section(name))
        .ok_or_else(|| {
            Problem::new(format!(
                "there is no section [{}] in {}",
                shown(name),
                conf.name()
            ))
        })
}
