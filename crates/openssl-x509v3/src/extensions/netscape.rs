//! The extensions of Netscape, which old configuration files still have.

use super::{ExtensionBuilder, basic::named_bits};
use crate::{
    der::{self, tag},
    error::Problem,
    list::Item,
};

/// `server, email`
pub(super) fn certificate_type(
    _: &mut ExtensionBuilder<'_>,
    items: &[Item<'_>],
) -> Result<Vec<u8>, Problem> {
    const NAMES: [(&str, &str); 8] = [
        ("client", "SSL Client"),
        ("server", "SSL Server"),
        ("email", "S/MIME"),
        ("objsign", "Object Signing"),
        ("reserved", "Unused"),
        ("sslCA", "SSL CA"),
        ("emailCA", "S/MIME CA"),
        ("objCA", "Object Signing CA"),
    ];
    named_bits(items, &NAMES)
}

/// A comment or a URL, as it stands.
#[allow(clippy::unnecessary_wraps)] // one of many with this signature
pub(super) fn text(_: &mut ExtensionBuilder<'_>, text: &[u8]) -> Result<Vec<u8>, Problem> {
    Ok(der::tlv(tag::IA5_STRING, text))
}
