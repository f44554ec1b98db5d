//! Commands (TPM 2.0 Library Part 3): what each is called, how it is sent and what comes back.

mod allowance;
mod channel;
pub(crate) mod duplication;
pub(crate) mod object;
pub(crate) mod persist;
pub(crate) mod policy;
pub(crate) mod private_use;
pub(crate) mod session;
pub(crate) mod system;

pub(crate) use channel::{Authorization, Call, Channel, Reply, Started};

use crate::rc::{ResponseCode, Subject};

/// What is fixed about a command.
#[derive(Debug)]
pub(crate) struct Command {
    /// `TPM_CC`.
    pub(crate) code: u32,
    pub(crate) name: &'static str,
    handles: &'static [&'static str],
    parameters: &'static [&'static str],
    /// The first parameter is a `TPM2B`, which a session can encrypt.
    encrypts_request: bool,
    /// The same of the response.
    encrypts_response: bool,
    /// The response begins with a handle that must be flushed some day.
    returns_handle: bool,
}

impl Command {
    /// What a response code speaks of, in the specification's spelling.
    fn argument(&self, code: ResponseCode) -> Option<&'static str> {
        let (names, number) = match code.subject()? {
            Subject::Handle(number) => (self.handles, number),
            Subject::Parameter(number) => (self.parameters, number),
            Subject::Session(_) => return None,
        };
        names.get(usize::from(number).checked_sub(1)?).copied()
    }
}

pub(crate) static STARTUP: Command = Command {
    code: 0x144,
    name: "TPM2_Startup",
    handles: &[],
    parameters: &["startupType"],
    encrypts_request: false,
    encrypts_response: false,
    returns_handle: false,
};

pub(crate) static SELF_TEST: Command = Command {
    code: 0x143,
    name: "TPM2_SelfTest",
    handles: &[],
    parameters: &["fullTest"],
    encrypts_request: false,
    encrypts_response: false,
    returns_handle: false,
};

pub(crate) static GET_TEST_RESULT: Command = Command {
    code: 0x17c,
    name: "TPM2_GetTestResult",
    handles: &[],
    parameters: &[],
    encrypts_request: false,
    encrypts_response: true,
    returns_handle: false,
};

pub(crate) static READ_CLOCK: Command = Command {
    code: 0x181,
    name: "TPM2_ReadClock",
    handles: &[],
    parameters: &[],
    encrypts_request: false,
    encrypts_response: false,
    returns_handle: false,
};

pub(crate) static GET_CAPABILITY: Command = Command {
    code: 0x17a,
    name: "TPM2_GetCapability",
    handles: &[],
    parameters: &["capability", "property", "propertyCount"],
    encrypts_request: false,
    encrypts_response: false,
    returns_handle: false,
};

pub(crate) static TEST_PARMS: Command = Command {
    code: 0x18a,
    name: "TPM2_TestParms",
    handles: &[],
    parameters: &["parameters"],
    encrypts_request: false,
    encrypts_response: false,
    returns_handle: false,
};

pub(crate) static GET_RANDOM: Command = Command {
    code: 0x17b,
    name: "TPM2_GetRandom",
    handles: &[],
    parameters: &["bytesRequested"],
    encrypts_request: false,
    encrypts_response: true,
    returns_handle: false,
};

pub(crate) static READ_PUBLIC: Command = Command {
    code: 0x173,
    name: "TPM2_ReadPublic",
    handles: &["objectHandle"],
    parameters: &[],
    encrypts_request: false,
    encrypts_response: true,
    returns_handle: false,
};

pub(crate) static FLUSH_CONTEXT: Command = Command {
    code: 0x165,
    name: "TPM2_FlushContext",
    // The handle is a parameter here (Part 3, 28.4): a flush needs no authorization.
    handles: &[],
    parameters: &["flushHandle"],
    encrypts_request: false,
    encrypts_response: false,
    returns_handle: false,
};

pub(crate) static START_AUTH_SESSION: Command = Command {
    code: 0x176,
    name: "TPM2_StartAuthSession",
    handles: &["tpmKey", "bind"],
    parameters: &[
        "nonceCaller",
        "encryptedSalt",
        "sessionType",
        "symmetric",
        "authHash",
    ],
    encrypts_request: true,
    encrypts_response: true,
    returns_handle: true,
};

pub(crate) static CREATE_PRIMARY: Command = Command {
    code: 0x131,
    name: "TPM2_CreatePrimary",
    handles: &["primaryHandle"],
    parameters: &["inSensitive", "inPublic", "outsideInfo", "creationPCR"],
    encrypts_request: true,
    encrypts_response: true,
    returns_handle: true,
};

pub(crate) static CREATE: Command = Command {
    code: 0x153,
    name: "TPM2_Create",
    handles: &["parentHandle"],
    parameters: &["inSensitive", "inPublic", "outsideInfo", "creationPCR"],
    encrypts_request: true,
    encrypts_response: true,
    returns_handle: false,
};

pub(crate) static LOAD: Command = Command {
    code: 0x157,
    name: "TPM2_Load",
    handles: &["parentHandle"],
    parameters: &["inPrivate", "inPublic"],
    encrypts_request: true,
    encrypts_response: true,
    returns_handle: true,
};

pub(crate) static EVICT_CONTROL: Command = Command {
    code: 0x120,
    name: "TPM2_EvictControl",
    handles: &["auth", "objectHandle"],
    parameters: &["persistentHandle"],
    encrypts_request: false,
    encrypts_response: false,
    returns_handle: false,
};

pub(crate) static OBJECT_CHANGE_AUTH: Command = Command {
    code: 0x150,
    name: "TPM2_ObjectChangeAuth",
    handles: &["objectHandle", "parentHandle"],
    parameters: &["newAuth"],
    encrypts_request: true,
    encrypts_response: true,
    returns_handle: false,
};

pub(crate) static SIGN: Command = Command {
    code: 0x15d,
    name: "TPM2_Sign",
    handles: &["keyHandle"],
    parameters: &["digest", "inScheme", "validation"],
    encrypts_request: true,
    // A TPMT_SIGNATURE has no size in front.
    encrypts_response: false,
    returns_handle: false,
};

pub(crate) static CERTIFY: Command = Command {
    code: 0x148,
    name: "TPM2_Certify",
    handles: &["objectHandle", "signHandle"],
    parameters: &["qualifyingData", "inScheme"],
    encrypts_request: true,
    encrypts_response: true,
    returns_handle: false,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_that_was_refused_is_named() {
        let name = |command: &Command, raw| command.argument(ResponseCode::new(raw));
        assert_eq!(name(&LOAD, 0x1df), Some("inPrivate"));
        assert_eq!(name(&CREATE, 0x2c2), Some("inPublic"));
        assert_eq!(name(&CERTIFY, 0x28b), Some("signHandle"));
        assert_eq!(name(&SIGN, 0xfc4), None);
        assert_eq!(name(&SIGN, 0x98e), None);
        assert_eq!(name(&SIGN, 0x101), None);
    }
}
