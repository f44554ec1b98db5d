//! Responses that say why there is no answer: `OCSPResponseStatus`, RFC 6960 section 4.2.1.

use std::fmt;

use crate::{crl::ENUMERATED, read::tag, write};

/// Why a responder does not answer. Such a response is not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorStatus {
    /// The request could not be read.
    MalformedRequest = 1,
    /// The responder is in trouble; another one may help.
    InternalError = 2,
    /// The responder cannot answer just now.
    TryLater = 3,
    /// Requests must be signed here.
    SigRequired = 5,
    /// The responder does not answer about this certificate, or not to this client. RFC 5019 2.2.3: the answer about
    /// certificates that it has no information on.
    Unauthorized = 6,
}

impl ErrorStatus {
    /// Every status, by its number. 0 is success and 4 is not used.
    pub const ALL: [Self; 5] = [
        Self::MalformedRequest,
        Self::InternalError,
        Self::TryLater,
        Self::SigRequired,
        Self::Unauthorized,
    ];

    /// The number in the encoding.
    pub const fn code(self) -> u8 {
        self as u8
    }

    pub(super) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
}

impl fmt::Display for ErrorStatus {
    /// The name in RFC 6960, such as `malformedRequest`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MalformedRequest => "malformedRequest",
            Self::InternalError => "internalError",
            Self::TryLater => "tryLater",
            Self::SigRequired => "sigRequired",
            Self::Unauthorized => "unauthorized",
        })
    }
}

/// The whole `OCSPResponse` that says so.
pub fn ocsp_error(status: ErrorStatus) -> Vec<u8> {
    write::tlv(tag::SEQUENCE, &write::tlv(ENUMERATED, &[status.code()]))
}
