//! Why a certificate was revoked: `CRLReason`, RFC 5280 section 5.3.1.

use std::{fmt, str::FromStr};

/// The reason for a revocation, in CRL entries and in OCSP responses.
///
/// The discriminant is the number in the encoding; 7 is not used by X.509.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReasonCode {
    /// No reason given. RFC 5280: "SHOULD be absent instead of using the unspecified (0) reasonCode value", so the
    /// writers of this crate leave the field out.
    Unspecified = 0,
    /// The private key is, or may be, in the wrong hands.
    KeyCompromise = 1,
    /// The same for the key of a certificate authority.
    CaCompromise = 2,
    /// The subject's name or other information changed.
    AffiliationChanged = 3,
    /// Another certificate took its place.
    Superseded = 4,
    /// The certificate is no longer needed.
    CessationOfOperation = 5,
    /// On hold, the only reason that can be taken back.
    CertificateHold = 6,
    /// No longer on hold. Only in delta CRLs.
    RemoveFromCrl = 8,
    /// A privilege that the certificate contains was withdrawn.
    PrivilegeWithdrawn = 9,
    /// The key of an attribute authority is, or may be, in the wrong hands.
    AaCompromise = 10,
}

impl ReasonCode {
    /// Every reason, by its number.
    pub const ALL: [Self; 10] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::CertificateHold,
        Self::RemoveFromCrl,
        Self::PrivilegeWithdrawn,
        Self::AaCompromise,
    ];

    /// The name as `openssl ca -crl_reason` spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "CACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "AACompromise",
        }
    }

    /// The number in the encoding.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// `None` for the reason that is never written.
    pub(crate) fn written(self) -> Option<Self> {
        (self != Self::Unspecified).then_some(self)
    }
}

impl TryFrom<u8> for ReasonCode {
    type Error = UnknownReason;

    fn try_from(code: u8) -> Result<Self, UnknownReason> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.code() == code)
            .ok_or_else(|| UnknownReason {
                found: code.to_string(),
            })
    }
}

impl From<ReasonCode> for u8 {
    fn from(reason: ReasonCode) -> Self {
        reason.code()
    }
}

impl FromStr for ReasonCode {
    type Err = UnknownReason;

    /// The names of [`ReasonCode::name`] in any mixture of upper and lower case.
    fn from_str(text: &str) -> Result<Self, UnknownReason> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownReason {
                found: text.to_owned(),
            })
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word or number that is no revocation reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no revocation reason")]
pub struct UnknownReason {
    /// What was given.
    pub found: String,
}

impl UnknownReason {
    /// The reasons there are.
    pub fn hint(&self) -> Option<String> {
        let names: Vec<_> = ReasonCode::ALL.iter().map(|reason| reason.name()).collect();
        Some(format!("use one of {}", names.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn names_and_numbers_round_trip() {
        for reason in ReasonCode::ALL {
            assert_eq!(reason.to_string().parse(), Ok(reason));
            assert_eq!(reason.name().to_uppercase().parse(), Ok(reason));
            assert_eq!(ReasonCode::try_from(u8::from(reason)), Ok(reason));
        }
        assert_eq!("cacompromise".parse(), Ok(ReasonCode::CaCompromise));
    }

    #[test]
    fn unknown_reasons_are_named() {
        for code in [7, 11, 255] {
            assert!(ReasonCode::try_from(code).is_err(), "{code}");
        }
        let error = "stolen".parse::<ReasonCode>().unwrap_err();
        assert_eq!(error.to_string(), "`stolen` is no revocation reason");
        assert!(error.hint().unwrap().contains("certificateHold"));
    }
}
