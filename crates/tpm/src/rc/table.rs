//! Names and meanings of response codes, in numeric order (TPM 2.0 Library Part 2, 6.6.3; those from 0x0a8 on of version 184).

/// Name and meaning of a code without its handle, parameter or session number.
pub(super) fn find(base: u32) -> Option<(&'static str, &'static str)> {
    CODES
        .binary_search_by_key(&base, |(code, ..)| *code)
        .ok()
        .and_then(|at| CODES.get(at))
        .map(|(_, name, meaning)| (*name, *meaning))
}

pub(crate) const HASH: u32 = 0x083;
pub(crate) const LOCALITY: u32 = 0x907;
pub(crate) const PCR_CHANGED: u32 = 0x128;
pub(crate) const ECC_POINT: u32 = 0x0a7;
pub(crate) const POLICY_CC: u32 = 0x0a4;
pub(crate) const EXPIRED: u32 = 0x0a3;
pub(crate) const POLICY_FAIL: u32 = 0x09d;
pub(crate) const SIGNATURE: u32 = 0x09b;
pub(crate) const SIZE: u32 = 0x095;
pub(crate) const VALUE: u32 = 0x084;
pub(crate) const HIERARCHY: u32 = 0x085;
pub(crate) const HANDLE: u32 = 0x08b;
pub(crate) const RANGE: u32 = 0x08d;
pub(crate) const AUTH_FAIL: u32 = 0x08e;
pub(crate) const SCHEME: u32 = 0x092;
pub(crate) const INTEGRITY: u32 = 0x09f;
pub(crate) const BAD_AUTH: u32 = 0x0a2;
pub(crate) const BINDING: u32 = 0x0a5;
pub(crate) const INITIALIZE: u32 = 0x100;
pub(crate) const FAILURE: u32 = 0x101;
pub(crate) const COMMAND_CODE: u32 = 0x143;
pub(crate) const NV_SPACE: u32 = 0x14b;
pub(crate) const NV_DEFINED: u32 = 0x14c;
pub(crate) const NEEDS_TEST: u32 = 0x153;
pub(crate) const CONTEXT_GAP: u32 = 0x901;
pub(crate) const OBJECT_MEMORY: u32 = 0x902;
pub(crate) const SESSION_MEMORY: u32 = 0x903;
pub(crate) const MEMORY: u32 = 0x904;
pub(crate) const SESSION_HANDLES: u32 = 0x905;
pub(crate) const OBJECT_HANDLES: u32 = 0x906;
pub(crate) const YIELDED: u32 = 0x908;
pub(crate) const TESTING: u32 = 0x90a;
pub(crate) const NV_RATE: u32 = 0x920;
pub(crate) const LOCKOUT: u32 = 0x921;
pub(crate) const RETRY: u32 = 0x922;

const CODES: &[(u32, &str, &str)] = &[
    (
        0x01e,
        "TPM_RC_BAD_TAG",
        "the TPM does not understand the command at all; a TPM 1.2 answers so",
    ),
    (
        0x081,
        "TPM_RC_ASYMMETRIC",
        "asymmetric algorithm not supported or not correct",
    ),
    (0x082, "TPM_RC_ATTRIBUTES", "inconsistent attributes"),
    (
        HASH,
        "TPM_RC_HASH",
        "hash algorithm not supported or not right here",
    ),
    (
        VALUE,
        "TPM_RC_VALUE",
        "value out of range or not right in this context",
    ),
    (
        HIERARCHY,
        "TPM_RC_HIERARCHY",
        "hierarchy not enabled or not right for the use",
    ),
    (0x087, "TPM_RC_KEY_SIZE", "key size is not supported"),
    (
        0x088,
        "TPM_RC_MGF",
        "mask generation function not supported",
    ),
    (0x089, "TPM_RC_MODE", "mode of operation not supported"),
    (
        0x08a,
        "TPM_RC_TYPE",
        "the type of the value is not right for the use",
    ),
    (
        HANDLE,
        "TPM_RC_HANDLE",
        "the handle is not right for the use, or nothing is there",
    ),
    (
        0x08c,
        "TPM_RC_KDF",
        "unsupported key derivation function or function not right for the use",
    ),
    (RANGE, "TPM_RC_RANGE", "value was out of the allowed range"),
    (
        AUTH_FAIL,
        "TPM_RC_AUTH_FAIL",
        "the authorization HMAC check failed and the lockout counter was incremented",
    ),
    (
        0x08f,
        "TPM_RC_NONCE",
        "invalid nonce size or nonce value mismatch",
    ),
    (
        0x090,
        "TPM_RC_PP",
        "the authorization requires assertion of physical presence",
    ),
    (
        SCHEME,
        "TPM_RC_SCHEME",
        "unsupported or incompatible scheme",
    ),
    (0x095, "TPM_RC_SIZE", "a structure has the wrong size"),
    (
        0x096,
        "TPM_RC_SYMMETRIC",
        "unsupported symmetric algorithm or key size, or not right for the use",
    ),
    (0x097, "TPM_RC_TAG", "incorrect structure tag"),
    (0x098, "TPM_RC_SELECTOR", "union selector is incorrect"),
    (
        0x09a,
        "TPM_RC_INSUFFICIENT",
        "not enough octets to unmarshal a value",
    ),
    (0x09b, "TPM_RC_SIGNATURE", "the signature is not valid"),
    (
        0x09c,
        "TPM_RC_KEY",
        "key fields are not compatible with the selected use",
    ),
    (0x09d, "TPM_RC_POLICY_FAIL", "a policy check failed"),
    (INTEGRITY, "TPM_RC_INTEGRITY", "integrity check failed"),
    (0x0a0, "TPM_RC_TICKET", "invalid ticket"),
    (
        0x0a1,
        "TPM_RC_RESERVED_BITS",
        "reserved bits are not zero as required",
    ),
    (
        BAD_AUTH,
        "TPM_RC_BAD_AUTH",
        "the authorization failed, without consequences for the lockout",
    ),
    (0x0a3, "TPM_RC_EXPIRED", "the policy has expired"),
    (
        0x0a4,
        "TPM_RC_POLICY_CC",
        "the command code in the policy is not that of the command",
    ),
    (
        BINDING,
        "TPM_RC_BINDING",
        "public and sensitive portions of the object do not belong together",
    ),
    (0x0a6, "TPM_RC_CURVE", "curve not supported"),
    (
        0x0a7,
        "TPM_RC_ECC_POINT",
        "the point is not on the required curve",
    ),
    (
        0x0a8,
        "TPM_RC_FW_LIMITED",
        "the hierarchy is bound to firmware whose secret is not available",
    ),
    (
        0x0a9,
        "TPM_RC_SVN_LIMITED",
        "the hierarchy is bound to a security version of the firmware that is not available",
    ),
    (0x0aa, "TPM_RC_PARMS", "parameter set not supported"),
    (
        0x0ab,
        "TPM_RC_EXT_MU",
        "digests of messages that were hashed outside are not supported",
    ),
    (
        0x0ac,
        "TPM_RC_ONE_SHOT_SIGNATURE",
        "the key does not sign messages of any length in pieces",
    ),
    (
        0x0ad,
        "TPM_RC_SIGN_CONTEXT_KEY",
        "the signature was begun with another key",
    ),
    (
        0x0b0,
        "TPM_RC_CHANNEL",
        "the command needs a secure channel on the bus",
    ),
    (
        0x0b1,
        "TPM_RC_CHANNEL_KEY",
        "the secure channel was opened with another key than required",
    ),
    (
        INITIALIZE,
        "TPM_RC_INITIALIZE",
        "the TPM was reset and waits for TPM2_Startup, or was started already",
    ),
    (0x101, "TPM_RC_FAILURE", "the TPM is in failure mode"),
    (
        0x103,
        "TPM_RC_SEQUENCE",
        "improper use of a sequence handle",
    ),
    (0x10b, "TPM_RC_PRIVATE", "not currently used"),
    (0x119, "TPM_RC_HMAC", "not currently used"),
    (0x120, "TPM_RC_DISABLED", "the command is disabled"),
    (
        0x121,
        "TPM_RC_EXCLUSIVE",
        "the audit sequence required exclusivity",
    ),
    (
        0x124,
        "TPM_RC_AUTH_TYPE",
        "the kind of authorization is not allowed for this handle",
    ),
    (
        0x125,
        "TPM_RC_AUTH_MISSING",
        "the command needs an authorization session for a handle and has none",
    ),
    (
        0x126,
        "TPM_RC_POLICY",
        "policy failure in a mathematical operation or an invalid authPolicy",
    ),
    (0x127, "TPM_RC_PCR", "PCR check failed"),
    (
        0x128,
        "TPM_RC_PCR_CHANGED",
        "PCR have changed since they were checked",
    ),
    (0x12d, "TPM_RC_UPGRADE", "the TPM is in field upgrade mode"),
    (
        0x12e,
        "TPM_RC_TOO_MANY_CONTEXTS",
        "the context ID counter is at its maximum",
    ),
    (
        0x12f,
        "TPM_RC_AUTH_UNAVAILABLE",
        "authValue or authPolicy is not available for the entity",
    ),
    (
        0x130,
        "TPM_RC_REBOOT",
        "a reset of the TPM and Startup(CLEAR) is needed before it can go on",
    ),
    (
        0x131,
        "TPM_RC_UNBALANCED",
        "the sizes of the protection algorithms are not balanced",
    ),
    (
        0x142,
        "TPM_RC_COMMAND_SIZE",
        "the size in the command is not the size that was received",
    ),
    (
        COMMAND_CODE,
        "TPM_RC_COMMAND_CODE",
        "the TPM does not know the command",
    ),
    (
        0x144,
        "TPM_RC_AUTHSIZE",
        "the size of the authorization area is wrong",
    ),
    (
        0x145,
        "TPM_RC_AUTH_CONTEXT",
        "a session was given to a command that takes none",
    ),
    (
        0x146,
        "TPM_RC_NV_RANGE",
        "NV offset and size are out of range",
    ),
    (
        0x147,
        "TPM_RC_NV_SIZE",
        "the requested allocation is larger than allowed",
    ),
    (0x148, "TPM_RC_NV_LOCKED", "NV access is locked"),
    (
        0x149,
        "TPM_RC_NV_AUTHORIZATION",
        "NV access authorization fails",
    ),
    (
        0x14a,
        "TPM_RC_NV_UNINITIALIZED",
        "an NV index is used before it is initialized, or the state could not be restored",
    ),
    (
        NV_SPACE,
        "TPM_RC_NV_SPACE",
        "not enough space for NV allocation",
    ),
    (
        NV_DEFINED,
        "TPM_RC_NV_DEFINED",
        "the NV index or persistent object is already defined",
    ),
    (
        0x150,
        "TPM_RC_BAD_CONTEXT",
        "the context in a TPM2_ContextLoad is not valid",
    ),
    (
        0x151,
        "TPM_RC_CPHASH",
        "the cpHash is already set or not right for this use",
    ),
    (
        0x152,
        "TPM_RC_PARENT",
        "the handle of the parent is not that of a valid parent",
    ),
    (
        NEEDS_TEST,
        "TPM_RC_NEEDS_TEST",
        "a function needs testing first",
    ),
    (
        0x154,
        "TPM_RC_NO_RESULT",
        "an internal function cannot process the request for an unspecified reason",
    ),
    (
        0x155,
        "TPM_RC_SENSITIVE",
        "the sensitive area did not unmarshal correctly after decryption",
    ),
    (0x156, "TPM_RC_READ_ONLY", "the TPM is in read-only mode"),
    (
        CONTEXT_GAP,
        "TPM_RC_CONTEXT_GAP",
        "the gap for context ID is too large",
    ),
    (
        OBJECT_MEMORY,
        "TPM_RC_OBJECT_MEMORY",
        "no room for another object",
    ),
    (
        SESSION_MEMORY,
        "TPM_RC_SESSION_MEMORY",
        "no room for another session",
    ),
    (
        MEMORY,
        "TPM_RC_MEMORY",
        "out of memory for an object or a session",
    ),
    (
        SESSION_HANDLES,
        "TPM_RC_SESSION_HANDLES",
        "no session handle is free",
    ),
    (
        OBJECT_HANDLES,
        "TPM_RC_OBJECT_HANDLES",
        "no object handle is free",
    ),
    (0x907, "TPM_RC_LOCALITY", "bad locality"),
    (
        YIELDED,
        "TPM_RC_YIELDED",
        "the TPM suspended the command; it must be sent again",
    ),
    (0x909, "TPM_RC_CANCELED", "the command was cancelled"),
    (TESTING, "TPM_RC_TESTING", "the TPM is testing itself"),
    (
        0x910,
        "TPM_RC_REFERENCE_H0",
        "handle 1 refers to nothing that is loaded",
    ),
    (
        0x911,
        "TPM_RC_REFERENCE_H1",
        "handle 2 refers to nothing that is loaded",
    ),
    (
        0x912,
        "TPM_RC_REFERENCE_H2",
        "handle 3 refers to nothing that is loaded",
    ),
    (
        0x913,
        "TPM_RC_REFERENCE_H3",
        "handle 4 refers to nothing that is loaded",
    ),
    (
        0x914,
        "TPM_RC_REFERENCE_H4",
        "handle 5 refers to nothing that is loaded",
    ),
    (
        0x915,
        "TPM_RC_REFERENCE_H5",
        "handle 6 refers to nothing that is loaded",
    ),
    (
        0x916,
        "TPM_RC_REFERENCE_H6",
        "handle 7 refers to nothing that is loaded",
    ),
    (0x918, "TPM_RC_REFERENCE_S0", "session 1 is not loaded"),
    (0x919, "TPM_RC_REFERENCE_S1", "session 2 is not loaded"),
    (0x91a, "TPM_RC_REFERENCE_S2", "session 3 is not loaded"),
    (0x91b, "TPM_RC_REFERENCE_S3", "session 4 is not loaded"),
    (0x91c, "TPM_RC_REFERENCE_S4", "session 5 is not loaded"),
    (0x91d, "TPM_RC_REFERENCE_S5", "session 6 is not loaded"),
    (0x91e, "TPM_RC_REFERENCE_S6", "session 7 is not loaded"),
    (
        NV_RATE,
        "TPM_RC_NV_RATE",
        "the TPM limits accesses to its memory to prevent wear",
    ),
    (
        LOCKOUT,
        "TPM_RC_LOCKOUT",
        "authorizations of objects under lockout protection are not allowed now",
    ),
    (
        RETRY,
        "TPM_RC_RETRY",
        "the TPM could not start the command; it must be sent again",
    ),
    (
        0x923,
        "TPM_RC_NV_UNAVAILABLE",
        "the command may need writing to memory and it cannot be written now",
    ),
    (
        0x97f,
        "TPM_RC_NOT_USED",
        "a value that stands for no response code",
    ),
];

/// Every code with its name.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = (u32, &'static str)> {
    CODES.iter().map(|(code, name, _)| (*code, *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(CODES.is_sorted_by(|a, b| a.0 < b.0));
    }
}
