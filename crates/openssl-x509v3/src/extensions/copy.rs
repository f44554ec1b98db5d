//! `copy_extensions` of `openssl ca`.

use tpm2ca_x509::{Extension, RawExtension};

use crate::error::{OpensslError, Problem, shown};

/// Which extensions of a request get into the certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CopyExtensions {
    /// None.
    #[default]
    None,
    /// Those that the configuration file has not made.
    Copy,
    /// All; they replace what the configuration file has made.
    CopyAll,
}

impl CopyExtensions {
    /// Reads `none`, `copy` or `copyall`.
    pub fn parse(text: &[u8]) -> Result<Self, OpensslError> {
        match text {
            b"none" => Ok(Self::None),
            b"copy" => Ok(Self::Copy),
            b"copyall" => Ok(Self::CopyAll),
            _ => Err(Problem::new(format!(
                "expected `none`, `copy` or `copyall`, found `{}`",
                shown(text)
            ))
            .in_text(text)),
        }
    }
}

pub(super) fn copy(list: &mut Vec<Extension>, requested: &[RawExtension<'_>], how: CopyExtensions) {
    for extension in requested {
        let is_there = list.iter().any(|made| made.oid == extension.oid);
        match how {
            CopyExtensions::None => return,
            CopyExtensions::Copy if is_there => continue,
            CopyExtensions::Copy => {}
            CopyExtensions::CopyAll => list.retain(|made| made.oid != extension.oid),
        }
        list.push(extension.to_owned());
    }
}
