//! A key file or a persistent handle becomes a key, with the authorization value that belongs to it.

use std::sync::Arc;

use tpm2ca_tpm::{Auth, AuthNeed, KeyFile, TpmError};
use zeroize::Zeroizing;

use crate::connection::Connection;
use crate::error::Error;
use crate::key::{Key, KeyAuth, Kind};

/// What the prompt for an authorization value calls the key.
pub const PROMPT: &str = "TPM key";

/// The key in a file. `ask` is asked for its authorization value if it needs one and the configuration has none; `None`
/// from it is nobody's answer.
///
/// An empty answer is no value where a wrong one counts towards lockout: programs give it when they were given nothing.
/// Only the configuration can say that such a key has the empty value, whatever its file says.
///
/// # Errors
/// [`Error::Auth`] when the key needs a value and there was nobody to ask (after an empty answer, [`Key::prove`] and the
/// use of the key say so); whatever is wrong with the file.
pub fn file(
    connection: &Arc<Connection>,
    file: KeyFile,
    ask: impl FnOnce() -> Option<Zeroizing<Vec<u8>>>,
) -> Result<Key, Error> {
    let auth = if file.needs_auth() {
        match connection.config().key_auth()? {
            Some(auth) => auth.into(),
            None => match Answer::of(ask) {
                Answer::Value(auth) => auth.into(),
                // Under a policy the value may not be needed.
                _ if !file.asks_for_auth() => Auth::empty().into(),
                Answer::Empty if file.attributes()?.no_da => Auth::empty().into(),
                answer @ Answer::Empty => KeyAuth::Missing(answer.missing(NEEDED)),
                answer @ Answer::None => {
                    return Err(Error::Auth {
                        reason: answer.missing(NEEDED),
                    });
                }
            },
        }
    } else {
        Auth::empty().into()
    };
    Key::from_file(connection, file, auth)
}

/// The key at a persistent handle. `auth` is its authorization value where that is known; otherwise the TPM tells
/// whether there is one, and `ask` is asked as for [`file()`].
///
/// # Errors
/// When the TPM cannot be reached or has no such key; [`Error::Auth`] when it needs a value and there is none, or when
/// the TPM tells nothing and trying the empty one could count towards lockout.
pub fn handle(
    connection: &Arc<Connection>,
    handle: u32,
    auth: Option<Auth>,
    ask: impl FnOnce() -> Option<Zeroizing<Vec<u8>>>,
) -> Result<Key, Error> {
    let (found, need) = connection.with(None, |open| {
        let found = open.tpm().read_public(handle)?;
        let need = match auth {
            // It is there, so it need not be found out.
            Some(_) => AuthNeed::None,
            None => open.tpm().auth_need(handle)?,
        };
        Ok((found, need))
    })?;
    let auth = match (auth, need) {
        (Some(auth), _) => auth,
        (None, AuthNeed::None) => Auth::empty(),
        (None, AuthNeed::Needed | AuthNeed::Unknown) => match connection.config().key_auth()? {
            Some(auth) => auth,
            None => match Answer::of(ask) {
                Answer::Value(auth) => auth,
                // A wrong try costs nothing.
                _ if need == AuthNeed::Unknown && found.no_da => Auth::empty(),
                answer => {
                    let why = match need {
                        AuthNeed::Needed => NEEDED,
                        _ => NOT_KNOWN,
                    };
                    return Err(Error::Auth {
                        reason: answer.missing(why),
                    });
                }
            },
        },
    };
    Key::at_handle(connection, handle, &found.public, auth)
}

/// What came of asking for a value.
enum Answer {
    Value(Auth),
    /// Somebody answered, and said nothing.
    Empty,
    /// There was nobody to ask.
    None,
}

impl Answer {
    fn of(ask: impl FnOnce() -> Option<Zeroizing<Vec<u8>>>) -> Self {
        match ask().map(|octets| Auth::new(octets.to_vec())) {
            Some(auth) if auth.is_empty() => Self::Empty,
            Some(auth) => Self::Value(auth),
            None => Self::None,
        }
    }

    /// The reason that there is no value.
    fn missing(&self, why: &str) -> String {
        let answer = match self {
            Self::Empty => "the answer was empty",
            Self::Value(_) | Self::None => "nobody gave any",
        };
        format!("{why}, and {answer}")
    }
}

const NEEDED: &str = "the key needs one";
const NOT_KNOWN: &str = "it is not known whether the key needs one, trying could lead to lockout";

/// The number of a persistent handle, in hexadecimal digits with or without `0x`.
pub fn handle_number(digits: &str) -> Option<u32> {
    let digits = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
        .unwrap_or(digits);
    // `from_str_radix` would take a sign.
    if !digits.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        return None;
    }
    let handle = u32::from_str_radix(digits, 16).ok()?;
    (handle >> 24 == PERSISTENT).then_some(handle)
}

/// Reads the DER of a key file; `None` for what is no key file at all.
///
/// # Errors
/// What begins like a key file must be one, of a kind that can be used.
pub fn key_file(der: &[u8]) -> Result<Option<KeyFile>, Error> {
    any_key_file(der)?.map(usable).transpose()
}

/// Reads the DER of a key file, also of one whose key cannot be used; `None` for what is no key file at all.
///
/// # Errors
/// What begins like a key file must be one.
pub fn any_key_file(der: &[u8]) -> Result<Option<KeyFile>, Error> {
    match KeyFile::from_der(der) {
        Ok(file) => Ok(Some(file)),
        // It begins like one, so it was meant to be one.
        Err(error) if is_announced(der) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

/// The key file, if it is one whose key can be used.
///
/// # Errors
/// [`TpmError::UnsupportedKey`]
pub fn usable(file: KeyFile) -> Result<KeyFile, Error> {
    match file.unsupported_reason() {
        None => Ok(file),
        Some(reason) => Err(TpmError::UnsupportedKey { reason }.into()),
    }
}

/// Returns whether OpenSSL can use the private half of the key in a file.
///
/// # Errors
/// When the public half in it cannot be read.
pub fn is_usable(file: &KeyFile) -> Result<bool, Error> {
    Ok(file.unsupported_reason().is_none() && !file.uses()?.restricted)
}

/// What OpenSSL calls the type of the key in a file.
///
/// # Errors
/// When the public half in it cannot be read.
pub fn kind_of(file: &KeyFile) -> Result<Kind, Error> {
    Ok(Kind::of(&file.key_public()?, file.uses()?.bound))
}

/// Whether there is a SEQUENCE that begins with the object identifier of a TPM key.
fn is_announced(der: &[u8]) -> bool {
    der.first() == Some(&0x30)
        && der
            .get(..MOST_BEFORE_OID + TPM_KEY_OID.len())
            .unwrap_or(der)
            .windows(TPM_KEY_OID.len())
            .any(|window| window == TPM_KEY_OID)
}

/// First octet of persistent handles.
const PERSISTENT: u32 = 0x81;
/// 2.23.133.10.1, the arc of TPM keys, as it begins in DER (the last number follows).
const TPM_KEY_OID: [u8; 7] = [0x06, 0x06, 0x67, 0x81, 0x05, 0x0a, 0x01];
/// Tag and length of the SEQUENCE.
const MOST_BEFORE_OID: usize = 6;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_of_handles() {
        assert_eq!(handle_number("0x81000010"), Some(0x8100_0010));
        assert_eq!(handle_number("0X81ffffff"), Some(0x81ff_ffff));
        assert_eq!(handle_number("81000010"), Some(0x8100_0010));
        for digits in [
            "",
            "0x",
            "0x80000001",
            "+81000010",
            "0x181000010",
            "0x8100001g",
        ] {
            assert_eq!(handle_number(digits), None, "{digits}");
        }
    }

    #[test]
    fn what_begins_like_a_key_must_be_one() {
        assert!(matches!(key_file(b"\x30\x03\x02\x01\x00"), Ok(None)));
        let damaged = [&[0x30, 0x0a][..], &TPM_KEY_OID, &[3, 5, 0]].concat();
        assert!(key_file(&damaged).is_err());
    }

    proptest! {
        #[test]
        fn no_octets_panic(data: Vec<u8>, digits in "(0x)?.{0,12}") {
            let _ = key_file(&data);
            let _ = handle_number(&digits);
        }
    }
}
