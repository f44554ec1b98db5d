//! Commands and responses as a whole (TPM 2.0 Library Part 1, 18 "Command/Response Structure").

use zeroize::Zeroizing;

use crate::wire::{Reader, WireError, WireProblem, Writer, code};

/// Octets in front of every command and response: tag, size, code.
pub(crate) const HEADER_LEN: usize = 10;

/// The longest command that is sent: what the Linux driver and the common TPMs take. A longer one, made of a hostile
/// key file, would be cut in pieces by swtpm, and each answered.
pub(crate) const MAX_COMMAND_LEN: usize = 4096;

/// The authorization of one session in a command, `TPMS_AUTH_COMMAND`.
pub(crate) struct AuthCommand {
    pub(crate) handle: u32,
    pub(crate) nonce: Vec<u8>,
    pub(crate) attributes: u8,
    pub(crate) hmac: Vec<u8>,
}

/// The answer of one session, `TPMS_AUTH_RESPONSE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AuthResponse<'a> {
    pub(crate) nonce: &'a [u8],
    pub(crate) attributes: u8,
    pub(crate) hmac: &'a [u8],
}

/// A whole command.
pub(crate) fn command(
    command_code: u32,
    handles: impl Iterator<Item = u32>,
    sessions: &[AuthCommand],
    parameters: &[u8],
) -> Result<Zeroizing<Vec<u8>>, WireError> {
    let mut body = Writer::new();
    for handle in handles {
        body.u32(handle);
    }
    if !sessions.is_empty() {
        let mut area = Writer::new();
        for session in sessions {
            area.u32(session.handle)
                .sized(&session.nonce, "nonce")
                .u8(session.attributes)
                .sized(&session.hmac, "hmac");
        }
        let area = area.finish()?;
        body.u32(length(area.len())?).octets(&area);
    }
    body.octets(parameters);
    let body = body.finish()?;

    let mut whole = Writer::new();
    whole
        .u16(if sessions.is_empty() {
            code::ST_NO_SESSIONS
        } else {
            code::ST_SESSIONS
        })
        .u32(length(HEADER_LEN + body.len())?)
        .u32(command_code)
        .octets(&body);
    let whole = whole.finish()?;
    if whole.len() > MAX_COMMAND_LEN {
        return Err(too_long(whole.len()));
    }
    Ok(whole)
}

/// The header of a response, and what follows it.
#[derive(Clone, Debug)]
pub(crate) struct Response<'a> {
    /// `TPM_RC`; 0 is success.
    pub(crate) code: u32,
    tag: u16,
    body: Reader<'a>,
}

/// A successful response taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    pub(crate) handle: Option<u32>,
    pub(crate) parameters: &'a [u8],
    pub(crate) sessions: Vec<AuthResponse<'a>>,
}

impl<'a> Response<'a> {
    /// Reads the header; the size in it must be the size of what was received.
    pub(crate) fn read(octets: &'a [u8]) -> Result<Self, WireError> {
        let mut body = Reader::new(octets);
        let tag = body.u16("tag")?;
        let size = body.u32("responseSize")?;
        if usize::try_from(size) != Ok(octets.len()) {
            return Err(body.error("responseSize", WireProblem::Value { got: size }));
        }
        let code = body.u32("responseCode")?;
        Ok(Self { code, tag, body })
    }

    /// The handle of a successful response, which is there before anything that could be wrong behind it.
    pub(crate) fn handle(&self) -> Option<u32> {
        self.body.clone().u32("handle").ok()
    }

    /// Takes the body apart; there must be as many sessions as the command had.
    pub(crate) fn parts(
        mut self,
        returns_handle: bool,
        sessions: usize,
    ) -> Result<Parts<'a>, WireError> {
        let expected = if sessions == 0 {
            code::ST_NO_SESSIONS
        } else {
            code::ST_SESSIONS
        };
        if self.tag != expected {
            let got = u32::from(self.tag);
            return Err(self.body.error("tag", WireProblem::Value { got }));
        }
        let handle = if returns_handle {
            Some(self.body.u32("handle")?)
        } else {
            None
        };
        if sessions == 0 {
            return Ok(Parts {
                handle,
                parameters: self.body.rest(),
                sessions: Vec::new(),
            });
        }
        let size = self.body.u32("parameterSize")?;
        let parameters = self
            .body
            .take(usize::try_from(size).unwrap_or(usize::MAX), "parameters")?;
        let sessions = (0..sessions)
            .map(|_| {
                Ok(AuthResponse {
                    nonce: self.body.sized("nonceTPM")?,
                    attributes: self.body.u8("sessionAttributes")?,
                    hmac: self.body.sized("hmac")?,
                })
            })
            .collect::<Result<Vec<_>, WireError>>()?;
        self.body.finish("response")?;
        Ok(Parts {
            handle,
            parameters,
            sessions,
        })
    }
}

fn length(octets: usize) -> Result<u32, WireError> {
    u32::try_from(octets).map_err(|_| too_long(octets))
}

fn too_long(octets: usize) -> WireError {
    WireError {
        field: "commandSize",
        offset: 0,
        problem: WireProblem::TooLong { got: octets },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_command_without_sessions() {
        let startup = command(0x144, std::iter::empty(), &[], &[0, 0]).unwrap();
        assert_eq!(
            startup.as_slice(),
            [0x80, 0x01, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0]
        );
    }

    #[test]
    fn a_command_that_no_tpm_takes_is_not_made() {
        let made = |len| command(0x157, std::iter::empty(), &[], &vec![0; len]);
        assert!(made(MAX_COMMAND_LEN - HEADER_LEN).is_ok());
        assert!(made(MAX_COMMAND_LEN - HEADER_LEN + 1).is_err());
    }

    #[test]
    fn a_password_session() {
        let session = AuthCommand {
            handle: code::RS_PW,
            nonce: Vec::new(),
            attributes: code::SESSION_CONTINUE,
            hmac: Vec::new(),
        };
        let whole = command(0x131, [code::RH_OWNER].into_iter(), &[session], &[7]).unwrap();
        assert_eq!(
            whole.as_slice(),
            [
                0x80, 0x02, 0, 0, 0, 28, 0, 0, 1, 0x31, 0x40, 0, 0, 1, 0, 0, 0, 9, 0x40, 0, 0, 9,
                0, 0, 1, 0, 0, 7
            ]
        );
    }

    #[test]
    fn a_size_that_lies_is_refused() {
        let octets = [0x80, 0x01, 0, 0, 0, 11, 0, 0, 0, 0];
        assert!(Response::read(&octets).is_err());
        assert!(Response::read(&octets[..9]).is_err());
    }

    #[test]
    fn sessions_must_be_answered() {
        let octets = [0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0];
        let response = Response::read(&octets).unwrap();
        assert!(response.clone().parts(false, 0).is_ok());
        assert!(response.parts(false, 1).is_err());
    }

    proptest! {
        #[test]
        fn reading_never_panics(mut octets in proptest::collection::vec(any::<u8>(), 0..96), returns_handle: bool, sessions in 0usize..3, tagged: bool) {
            if let (true, Some(header)) = (tagged, octets.get_mut(..1)) {
                header[0] = 0x80;
                if octets.len() > 6 {
                    let size = u32::try_from(octets.len()).unwrap();
                    octets[1] = if sessions == 0 { 1 } else { 2 };
                    octets[2..6].copy_from_slice(&size.to_be_bytes());
                }
            }
            if let Ok(response) = Response::read(&octets) {
                let _ = response.handle();
                let _ = response.parts(returns_handle, sessions);
            }
        }

        #[test]
        fn a_response_with_a_session_round_trips(handle: u32, parameters in proptest::collection::vec(any::<u8>(), 0..64), nonce in proptest::collection::vec(any::<u8>(), 0..33), attributes: u8) {
            let mut writer = Writer::new();
            let size = u32::try_from(10 + 4 + 4 + parameters.len() + 2 + nonce.len() + 1 + 2).unwrap();
            writer.u16(code::ST_SESSIONS).u32(size).u32(0).u32(handle)
                .u32(u32::try_from(parameters.len()).unwrap()).octets(&parameters)
                .sized(&nonce, "nonce").u8(attributes).sized(&[], "hmac");
            let octets = writer.finish().unwrap();
            let parts = Response::read(&octets).unwrap().parts(true, 1).unwrap();
            prop_assert_eq!(parts.handle, Some(handle));
            prop_assert_eq!(parts.parameters, parameters.as_slice());
            prop_assert_eq!(parts.sessions, vec![AuthResponse { nonce: &nonce, attributes, hmac: &[] }]);
        }
    }
}
