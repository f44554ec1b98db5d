//! The commands of a TPM: code, name, and what is fixed about each (TPM 2.0 Library Part 2, 6.5.2 `TPM_CC`; Part 3).

use crate::rc::{ResponseCode, Subject};

/// A command of a TPM.
///
/// [`TpmCommand::ALL`] holds the commands that this crate sends or names, not every command of the specification.
#[derive(Debug, PartialEq, Eq)]
pub struct TpmCommand {
    pub(crate) code: u32,
    pub(crate) name: &'static str,
    word: Option<&'static str>,
    /// Names of the handles.
    pub(crate) handles: &'static [&'static str],
    /// Names of the parameters.
    parameters: &'static [&'static str],
    /// The first parameter is a `TPM2B`, so a session can encrypt it (Part 1, 21).
    pub(crate) encrypts_request: bool,
    /// The first parameter of the response is a `TPM2B`.
    pub(crate) encrypts_response: bool,
    /// The response begins with the handle of a new object or session.
    pub(crate) returns_handle: bool,
}

impl TpmCommand {
    /// Returns the command code, `TPM_CC`.
    pub fn code(&self) -> u32 {
        self.code
    }

    /// Returns the name in the specification's spelling, such as `TPM2_Sign`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Finds a command by its code.
    pub fn by_code(code: u32) -> Option<&'static Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|command| command.code == code)
    }

    /// Finds a command by the word that names it in the text of a policy, such as `sign`.
    pub fn by_word(word: &str) -> Option<&'static Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|command| command.word == Some(word))
    }

    /// Returns true for a command that asserts a condition in a policy session (Part 3, 23).
    pub(crate) fn is_assertion(&self) -> bool {
        self.name.starts_with("TPM2_Policy") && self.code != Self::POLICY_RESTART.code
    }

    /// Returns the name of the handle or parameter that a response code is about.
    pub(crate) fn argument(&self, code: ResponseCode) -> Option<&'static str> {
        let (names, number) = match code.subject()? {
            Subject::Handle(number) => (self.handles, number),
            Subject::Parameter(number) => (self.parameters, number),
            Subject::Session(_) => return None,
        };
        names.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// A command that is named and never sent.
    const NAMED: Self = Self {
        code: 0,
        name: "",
        word: None,
        handles: &[],
        parameters: &[],
        encrypts_request: false,
        encrypts_response: false,
        returns_handle: false,
    };
}

macro_rules! commands {
    ($($constant:ident = $code:literal $name:literal $section:literal { $($field:ident: $value:expr),* $(,)? })*) => {
        impl TpmCommand {
            $(
                #[doc = concat!("`", $name, "` (Part 3, ", $section, ").")]
                pub const $constant: &'static Self = &Self {
                    code: $code,
                    name: $name,
                    $($field: $value,)*
                    ..Self::NAMED
                };
            )*

            /// The commands that this crate sends or names, by ascending code.
            pub const ALL: &'static [&'static Self] = &[$(Self::$constant),*];
        }
    };
}

commands! {
    EVICT_CONTROL = 0x120 "TPM2_EvictControl" "28.5" {
        handles: &["auth", "objectHandle"],
        parameters: &["persistentHandle"],
    }
    NV_DEFINE_SPACE = 0x12a "TPM2_NV_DefineSpace" "31.3" {}
    CREATE_PRIMARY = 0x131 "TPM2_CreatePrimary" "24.1" {
        handles: &["primaryHandle"],
        parameters: &["inSensitive", "inPublic", "outsideInfo", "creationPCR"],
        encrypts_request: true,
        encrypts_response: true,
        returns_handle: true,
    }
    GET_COMMAND_AUDIT_DIGEST = 0x133 "TPM2_GetCommandAuditDigest" "18.6" {}
    NV_INCREMENT = 0x134 "TPM2_NV_Increment" "31.8" {}
    SET_COMMAND_CODE_AUDIT_STATUS = 0x140 "TPM2_SetCommandCodeAuditStatus" "21.2" {}
    SELF_TEST = 0x143 "TPM2_SelfTest" "10.2" {
        parameters: &["fullTest"],
    }
    STARTUP = 0x144 "TPM2_Startup" "9.3" {
        parameters: &["startupType"],
    }
    CERTIFY = 0x148 "TPM2_Certify" "18.2" {
        word: Some("certify"),
        handles: &["objectHandle", "signHandle"],
        parameters: &["qualifyingData", "inScheme"],
        encrypts_request: true,
        encrypts_response: true,
    }
    POLICY_NV = 0x149 "TPM2_PolicyNV" "23.9" {}
    // Without an inner wrapper the first parameter is empty in both directions. What follows is encrypted for the new
    // parent.
    DUPLICATE = 0x14b "TPM2_Duplicate" "13.1" {
        word: Some("duplicate"),
        handles: &["objectHandle", "newParentHandle"],
        parameters: &["encryptionKeyIn", "symmetricAlg"],
        encrypts_request: true,
        encrypts_response: true,
    }
    GET_SESSION_AUDIT_DIGEST = 0x14d "TPM2_GetSessionAuditDigest" "18.5" {}
    OBJECT_CHANGE_AUTH = 0x150 "TPM2_ObjectChangeAuth" "12.8" {
        handles: &["objectHandle", "parentHandle"],
        parameters: &["newAuth"],
        encrypts_request: true,
        encrypts_response: true,
    }
    POLICY_SECRET = 0x151 "TPM2_PolicySecret" "23.4" {
        handles: &["authHandle", "policySession"],
        parameters: &["nonceTPM", "cpHashA", "policyRef", "expiration"],
        encrypts_request: true,
        encrypts_response: true,
    }
    CREATE = 0x153 "TPM2_Create" "12.1" {
        handles: &["parentHandle"],
        parameters: &["inSensitive", "inPublic", "outsideInfo", "creationPCR"],
        encrypts_request: true,
        encrypts_response: true,
    }
    ECDH_ZGEN = 0x154 "TPM2_ECDH_ZGen" "14.5" {
        handles: &["keyHandle"],
        parameters: &["inPoint"],
        encrypts_request: true,
        encrypts_response: true,
    }
    IMPORT = 0x156 "TPM2_Import" "13.3" {
        handles: &["parentHandle"],
        parameters: &["encryptionKey", "objectPublic", "duplicate", "inSymSeed", "symmetricAlg"],
        encrypts_request: true,
        encrypts_response: true,
    }
    LOAD = 0x157 "TPM2_Load" "12.2" {
        handles: &["parentHandle"],
        parameters: &["inPrivate", "inPublic"],
        encrypts_request: true,
        encrypts_response: true,
        returns_handle: true,
    }
    QUOTE = 0x158 "TPM2_Quote" "18.4" {
        word: Some("quote"),
    }
    RSA_DECRYPT = 0x159 "TPM2_RSA_Decrypt" "14.3" {
        word: Some("decrypt"),
        handles: &["keyHandle"],
        parameters: &["cipherText", "inScheme", "label"],
        encrypts_request: true,
        encrypts_response: true,
    }
    // The response is a `TPMT_SIGNATURE`, which has no size in front and so is not encrypted.
    SIGN = 0x15d "TPM2_Sign" "20.2" {
        word: Some("sign"),
        handles: &["keyHandle"],
        parameters: &["digest", "inScheme", "validation"],
        encrypts_request: true,
    }
    POLICY_SIGNED = 0x160 "TPM2_PolicySigned" "23.3" {
        handles: &["authObject", "policySession"],
        parameters: &["nonceTPM", "cpHashA", "policyRef", "expiration", "auth"],
        encrypts_request: true,
        encrypts_response: true,
    }
    // The handle is a parameter: a flush needs no authorization.
    FLUSH_CONTEXT = 0x165 "TPM2_FlushContext" "28.4" {
        parameters: &["flushHandle"],
    }
    LOAD_EXTERNAL = 0x167 "TPM2_LoadExternal" "12.3" {
        parameters: &["inPrivate", "inPublic", "hierarchy"],
        encrypts_request: true,
        encrypts_response: true,
        returns_handle: true,
    }
    POLICY_AUTHORIZE = 0x16a "TPM2_PolicyAuthorize" "23.16" {
        handles: POLICY_SESSION,
        parameters: &["approvedPolicy", "policyRef", "keySign", "checkTicket"],
    }
    POLICY_AUTH_VALUE = 0x16b "TPM2_PolicyAuthValue" "23.17" {
        handles: POLICY_SESSION,
    }
    POLICY_COMMAND_CODE = 0x16c "TPM2_PolicyCommandCode" "23.11" {
        handles: POLICY_SESSION,
        parameters: &["code"],
    }
    POLICY_COUNTER_TIMER = 0x16d "TPM2_PolicyCounterTimer" "23.10" {}
    POLICY_CP_HASH = 0x16e "TPM2_PolicyCpHash" "23.13" {}
    POLICY_LOCALITY = 0x16f "TPM2_PolicyLocality" "23.8" {
        handles: POLICY_SESSION,
        parameters: &["locality"],
    }
    POLICY_NAME_HASH = 0x170 "TPM2_PolicyNameHash" "23.14" {}
    POLICY_OR = 0x171 "TPM2_PolicyOR" "23.6" {
        handles: POLICY_SESSION,
        parameters: &["pHashList"],
    }
    POLICY_TICKET = 0x172 "TPM2_PolicyTicket" "23.5" {}
    READ_PUBLIC = 0x173 "TPM2_ReadPublic" "12.4" {
        handles: &["objectHandle"],
        encrypts_response: true,
    }
    START_AUTH_SESSION = 0x176 "TPM2_StartAuthSession" "11.1" {
        handles: &["tpmKey", "bind"],
        parameters: &["nonceCaller", "encryptedSalt", "sessionType", "symmetric", "authHash"],
        encrypts_request: true,
        encrypts_response: true,
        returns_handle: true,
    }
    VERIFY_SIGNATURE = 0x177 "TPM2_VerifySignature" "20.1" {
        handles: &["keyHandle"],
        parameters: &["digest", "signature"],
        encrypts_request: true,
    }
    GET_CAPABILITY = 0x17a "TPM2_GetCapability" "30.2" {
        parameters: &["capability", "property", "propertyCount"],
    }
    GET_RANDOM = 0x17b "TPM2_GetRandom" "16.1" {
        parameters: &["bytesRequested"],
        encrypts_response: true,
    }
    GET_TEST_RESULT = 0x17c "TPM2_GetTestResult" "10.4" {
        encrypts_response: true,
    }
    PCR_READ = 0x17e "TPM2_PCR_Read" "22.4" {
        parameters: &["pcrSelectionIn"],
    }
    POLICY_PCR = 0x17f "TPM2_PolicyPCR" "23.7" {
        handles: POLICY_SESSION,
        parameters: &["pcrDigest", "pcrs"],
    }
    POLICY_RESTART = 0x180 "TPM2_PolicyRestart" "11.2" {
        handles: POLICY_SESSION,
    }
    READ_CLOCK = 0x181 "TPM2_ReadClock" "29.1" {}
    PCR_EXTEND = 0x182 "TPM2_PCR_Extend" "22.2" {
        handles: &["pcrHandle"],
        parameters: &["digests"],
    }
    POLICY_PHYSICAL_PRESENCE = 0x187 "TPM2_PolicyPhysicalPresence" "23.12" {}
    POLICY_DUPLICATION_SELECT = 0x188 "TPM2_PolicyDuplicationSelect" "23.15" {
        handles: POLICY_SESSION,
        parameters: &["objectName", "newParentName", "includeObject"],
        encrypts_request: true,
    }
    POLICY_GET_DIGEST = 0x189 "TPM2_PolicyGetDigest" "23.19" {
        handles: POLICY_SESSION,
    }
    TEST_PARMS = 0x18a "TPM2_TestParms" "30.3" {
        parameters: &["parameters"],
    }
    POLICY_PASSWORD = 0x18c "TPM2_PolicyPassword" "23.18" {}
    POLICY_NV_WRITTEN = 0x18f "TPM2_PolicyNvWritten" "23.20" {}
    POLICY_TEMPLATE = 0x190 "TPM2_PolicyTemplate" "23.21" {}
    CREATE_LOADED = 0x191 "TPM2_CreateLoaded" "12.9" {}
    POLICY_AUTHORIZE_NV = 0x192 "TPM2_PolicyAuthorizeNV" "23.22" {}
}

/// The handle of most commands of policies.
const POLICY_SESSION: &[&str] = &["policySession"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_that_was_refused_is_named() {
        let name = |command: &TpmCommand, raw| command.argument(ResponseCode::new(raw));
        assert_eq!(name(TpmCommand::LOAD, 0x1df), Some("inPrivate"));
        assert_eq!(name(TpmCommand::CREATE, 0x2c2), Some("inPublic"));
        assert_eq!(name(TpmCommand::CERTIFY, 0x28b), Some("signHandle"));
        assert_eq!(name(TpmCommand::SIGN, 0xfc4), None);
        assert_eq!(name(TpmCommand::SIGN, 0x98e), None);
        assert_eq!(name(TpmCommand::SIGN, 0x101), None);
    }

    #[test]
    fn each_command_is_in_the_table_once() {
        assert!(
            TpmCommand::ALL
                .windows(2)
                .all(|pair| pair[0].code < pair[1].code)
        );
        for command in TpmCommand::ALL {
            assert_eq!(TpmCommand::by_code(command.code), Some(*command));
        }
        assert_eq!(TpmCommand::by_word("sign"), Some(TpmCommand::SIGN));
        assert_eq!(TpmCommand::by_word(""), None);
    }
}
