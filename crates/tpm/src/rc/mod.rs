//! Response codes, `TPM_RC` (TPM 2.0 Library Part 2, 6.6; how the bits are laid out: 6.6.2 and figures there).

mod mend;
mod table;

use std::fmt;

pub(crate) use table::{
    AUTH_FAIL, BAD_AUTH, BINDING, COMMAND_CODE, CONTEXT_GAP, ECC_POINT, EXPIRED, FAILURE, HANDLE,
    HASH, HIERARCHY, INITIALIZE, INTEGRITY, LOCALITY, LOCKOUT, MEMORY, NEEDS_TEST, NV_DEFINED,
    NV_RATE, OBJECT_HANDLES, OBJECT_MEMORY, PCR_CHANGED, POLICY_CC, POLICY_FAIL, RANGE, RETRY,
    SCHEME, SESSION_HANDLES, SESSION_MEMORY, SIGNATURE, SIZE, TESTING, VALUE, YIELDED,
};

/// What a TPM answers instead of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ResponseCode(u32);

impl ResponseCode {
    /// The code as the TPM sent it.
    pub fn new(raw: u32) -> Self {
        Self(raw)
    }

    /// The code as the TPM sent it.
    pub fn raw(self) -> u32 {
        self.0
    }

    /// The code without the number of a handle, parameter or session, and without the layer that a resource manager
    /// adds in bits 16 to 23: what the name stands for.
    pub fn base(self) -> u32 {
        let code = self.0 & LIBRARY_BITS;
        if code & FORMAT_ONE != 0 {
            code & (FORMAT_ONE | ERROR_BITS)
        } else {
            code
        }
    }

    /// The name in the specification; `TPM_RC_UNKNOWN` for a code that is not in it.
    pub fn name(self) -> &'static str {
        table::find(self.base()).map_or("TPM_RC_UNKNOWN", |(name, _)| name)
    }

    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        table::find(self.base()).map_or(
            "a code of the manufacturer's own or of a later specification",
            |(_, meaning)| meaning,
        )
    }

    /// What to do about it; `None` for a code that is not in the specification.
    pub fn hint(self) -> Option<&'static str> {
        mend::find(self.base())
    }

    /// Which part of the command it speaks of.
    pub fn subject(self) -> Option<Subject> {
        let code = self.0 & LIBRARY_BITS;
        if code & FORMAT_ONE == 0 {
            return match code {
                REFERENCE_H0..=REFERENCE_H6 => {
                    Some(Subject::Handle(number(code - REFERENCE_H0 + 1)))
                }
                REFERENCE_S0..=REFERENCE_S6 => {
                    Some(Subject::Session(number(code - REFERENCE_S0 + 1)))
                }
                _ => None,
            };
        }
        let index = code >> 8;
        match (code & PARAMETER != 0, index & SESSION != 0, index) {
            (true, _, 0) | (false, _, 0 | SESSION) => None,
            (true, _, index) => Some(Subject::Parameter(number(index))),
            (false, true, index) => Some(Subject::Session(number(index & !SESSION))),
            (false, false, index) => Some(Subject::Handle(number(index))),
        }
    }

    /// Says that a handle or a session which was valid before is not there any more.
    pub(crate) fn is_stale_reference(self) -> bool {
        let base = self.base();
        (REFERENCE_H0..=REFERENCE_H6).contains(&base)
            || (REFERENCE_S0..=REFERENCE_S6).contains(&base)
            || (base == HANDLE && !matches!(self.subject(), Some(Subject::Parameter(_))))
    }
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:#05x}", self.name(), self.0)?;
        if let Some(subject) = self.subject() {
            write!(f, ", {subject}")?;
        }
        write!(f, "): {}", self.meaning())
    }
}

/// The part of a command that a response code speaks of, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A handle.
    Handle(u8),
    /// A parameter.
    Parameter(u8),
    /// A session.
    Session(u8),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handle(number) => write!(f, "handle {number}"),
            Self::Parameter(number) => write!(f, "parameter {number}"),
            Self::Session(number) => write!(f, "session {number}"),
        }
    }
}

fn number(index: u32) -> u8 {
    // Four bits at most.
    u8::try_from(index & 0xf).unwrap_or(0)
}

/// Above these, software stacks mark which layer spoke (TSS 2.0 Overview, "Response Code Layer"); the library itself uses no more.
const LIBRARY_BITS: u32 = 0xfff;
const FORMAT_ONE: u32 = 0x080;
const ERROR_BITS: u32 = 0x03f;
const PARAMETER: u32 = 0x040;
const SESSION: u32 = 0x8;
const REFERENCE_H0: u32 = 0x910;
const REFERENCE_H6: u32 = 0x916;
const REFERENCE_S0: u32 = 0x918;
const REFERENCE_S6: u32 = 0x91e;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_met_in_practice() {
        let cases: [(u32, &str, Option<Subject>); 14] = [
            (0x100, "TPM_RC_INITIALIZE", None),
            (0x1df, "TPM_RC_INTEGRITY", Some(Subject::Parameter(1))),
            (0x98e, "TPM_RC_AUTH_FAIL", Some(Subject::Session(1))),
            (0x9a2, "TPM_RC_BAD_AUTH", Some(Subject::Session(1))),
            (0xa8e, "TPM_RC_AUTH_FAIL", Some(Subject::Session(2))),
            (0x18b, "TPM_RC_HANDLE", Some(Subject::Handle(1))),
            (0x28b, "TPM_RC_HANDLE", Some(Subject::Handle(2))),
            (0x2c4, "TPM_RC_VALUE", Some(Subject::Parameter(2))),
            (0x921, "TPM_RC_LOCKOUT", None),
            (0x922, "TPM_RC_RETRY", None),
            (0x902, "TPM_RC_OBJECT_MEMORY", None),
            (0x910, "TPM_RC_REFERENCE_H0", Some(Subject::Handle(1))),
            (0x919, "TPM_RC_REFERENCE_S1", Some(Subject::Session(2))),
            (0x000b_0143, "TPM_RC_COMMAND_CODE", None),
        ];
        for (raw, name, subject) in cases {
            let code = ResponseCode::new(raw);
            assert_eq!((code.name(), code.subject()), (name, subject), "{raw:#x}");
        }
        assert_eq!(
            ResponseCode::new(0x1df).to_string(),
            "TPM_RC_INTEGRITY (0x1df, parameter 1): integrity check failed"
        );
        assert_eq!(ResponseCode::new(0x17e).name(), "TPM_RC_UNKNOWN");
    }

    #[test]
    fn stale_is_what_names_a_handle_or_a_session() {
        let stale = |raw| ResponseCode::new(raw).is_stale_reference();
        assert!(stale(0x910) && stale(0x918) && stale(0x18b) && stale(0x98b));
        // A handle inside the parameters, such as EvictControl's persistentHandle, is the caller's.
        assert!(!stale(0x1cb) && !stale(0x98e) && !stale(0x921) && !stale(0x100));
    }

    proptest! {
        #[test]
        fn every_code_can_be_shown(raw: u32) {
            let code = ResponseCode::new(raw);
            prop_assert!(code.to_string().starts_with("TPM_RC_"));
            if let Some(Subject::Handle(n) | Subject::Parameter(n) | Subject::Session(n)) = code.subject() {
                prop_assert!((1..=15).contains(&n));
            }
        }
    }
}
