//! The rule that the name of a CA belongs to one key: CRLs are found by the name of their issuer (RFC 5280 section
//! 6.3.3).

use crate::digest::hex;
use crate::error::StoreError;
use crate::holder::HolderKey;

/// The owner of a name of a CA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NameOwner {
    /// The issuer with this name in the records.
    Issuer(String),
    /// The CA above the issuer with this name in the records.
    AboveIssuer(String),
    /// The CA whose certificate has this serial.
    Certificate(Vec<u8>),
}

/// Checks that the holder may have its name: a leaf may not have that of a CA, and a CA not that of one with another
/// key. `owner` is the CA that has the name, and `is_same_key` tells whether one of those that have it has the
/// holder's key. `subject` is for the message.
///
/// # Errors
/// [`StoreError::SubjectIsCa`].
pub(crate) fn check_name(
    holder: &HolderKey,
    owner: Option<NameOwner>,
    is_same_key: impl FnOnce() -> Result<bool, StoreError>,
    subject: &str,
) -> Result<(), StoreError> {
    let Some(owner) = owner else {
        return Ok(());
    };
    if holder.is_ca && is_same_key()? {
        return Ok(());
    }
    Err(StoreError::SubjectIsCa {
        subject: subject.to_owned(),
        holder: match owner {
            NameOwner::Issuer(name) => format!("issuer `{name}`"),
            NameOwner::AboveIssuer(name) => format!("the CA above issuer `{name}`"),
            NameOwner::Certificate(serial) => {
                format!(
                    "the CA whose certificate has the serial number {}",
                    hex(&serial)
                )
            }
        },
        is_ca: holder.is_ca,
    })
}
