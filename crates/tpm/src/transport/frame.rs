//! The ten octets before every command and response (TPM 2.0 Library Part 1, 18.2 and 18.3): tag, size, code.

use std::fmt;
use std::time::Duration;

use super::TransportError;
use crate::wire::command::TpmCommand;

/// Octets in a header.
pub(super) const HEADER: usize = 10;

/// More than any TPM answers (MAX_RESPONSE_SIZE is 4096 in every known one); keeps a broken peer from making us
/// allocate 4 GiB.
pub(super) const MAX_RESPONSE: usize = 64 * 1024;

/// The whole size of a response, out of its first octets; `None` while there are too few of them.
pub(super) fn response_size(at: &str, start: &[u8]) -> Result<Option<usize>, TransportError> {
    let Some((header, _)) = start.split_first_chunk::<HEADER>() else {
        return Ok(None);
    };
    let [t0, t1, s0, s1, s2, s3, ..] = *header;
    let tag = u16::from_be_bytes([t0, t1]);
    if !TAGS.contains(&tag) {
        return Err(bad_frame(at, "a response tag", format!("{tag:#06x}")));
    }
    let size = u32::from_be_bytes([s0, s1, s2, s3]);
    match usize::try_from(size) {
        Ok(size) if (HEADER..=MAX_RESPONSE).contains(&size) => Ok(Some(size)),
        _ => Err(bad_frame(
            at,
            format!("a size from {HEADER} to {MAX_RESPONSE}"),
            size,
        )),
    }
}

/// Refuses what is not exactly one response.
pub(super) fn check_response(at: &str, response: &[u8]) -> Result<(), TransportError> {
    match response_size(at, response)? {
        Some(size) if size == response.len() => Ok(()),
        Some(size) => Err(bad_frame(
            at,
            format!("{size} octets, as the header says"),
            response.len(),
        )),
        None => Err(bad_frame(
            at,
            format!("at least {HEADER} octets"),
            response.len(),
        )),
    }
}

/// How long to wait for the response to a command before the TPM is given up.
///
/// Looking for primes takes some chips over a minute, now and then several. Everything else is done in a second,
/// but an emulator lets a second client wait until the first has gone.
pub(crate) fn patience(command: &[u8]) -> Duration {
    let code = command
        .get(6..HEADER)
        .and_then(|code| <[u8; 4]>::try_from(code).ok())
        .map(u32::from_be_bytes);
    match code {
        Some(code) if SLOW_COMMANDS.contains(&code) => Duration::from_mins(10),
        _ => Duration::from_mins(1),
    }
}

/// A [`TransportError::BadFrame`].
pub(super) fn bad_frame(
    at: &str,
    expected: impl Into<String>,
    got: impl fmt::Display,
) -> TransportError {
    TransportError::BadFrame {
        at: at.to_owned(),
        expected: expected.into(),
        got: got.to_string(),
    }
}

/// TPM_ST_NO_SESSIONS, TPM_ST_SESSIONS, and TPM_ST_RSP_COMMAND, with which a TPM answers a command of TPM 1.2.
const TAGS: [u16; 3] = [0x8001, 0x8002, 0x00c4];

/// Commands that make a key, which takes minutes on a slow chip.
const SLOW_COMMANDS: [u32; 3] = [
    TpmCommand::CREATE_PRIMARY.code,
    TpmCommand::CREATE.code,
    TpmCommand::CREATE_LOADED.code,
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    const OK: [u8; 10] = [0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0];

    #[test]
    fn a_header_alone_is_a_response() {
        check_response("x", &OK).unwrap();
    }

    #[test]
    fn wrong_tags_and_sizes_are_refused() {
        let with = |at: usize, octet: u8| {
            let mut response = OK;
            response[at] = octet;
            check_response("x", &response).unwrap_err().to_string()
        };
        assert!(with(0, 0x90).contains("0x9001"));
        assert!(with(5, 9).contains("got 9"));
        assert!(with(5, 11).contains("11 octets"));
        assert!(with(2, 0xff).contains("65536"));
        assert!(check_response("x", &OK[..9]).is_err());
    }

    #[test]
    fn only_key_creation_may_take_minutes() {
        let sign = [0x80, 2, 0, 0, 0, 10, 0, 0, 1, 0x5d];
        let create = [0x80, 2, 0, 0, 0, 10, 0, 0, 1, 0x53];
        assert_eq!(patience(&sign), Duration::from_mins(1));
        assert_eq!(patience(&create), Duration::from_mins(10));
        assert_eq!(patience(&[]), Duration::from_mins(1));
    }

    proptest! {
        #[test]
        fn arbitrary_octets_never_pass_as_longer_than_they_are(bytes: Vec<u8>) {
            if check_response("x", &bytes).is_ok() {
                let size = u32::from_be_bytes(bytes[2..6].try_into().unwrap());
                prop_assert_eq!(size as usize, bytes.len());
            }
        }
    }
}
