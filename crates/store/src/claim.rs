//! Claims: what a reservation uses up besides its serial number.
//!
//! A claim is written with its reservation, in one transaction, and follows it: it holds while the reservation is open
//! (also after a crash, since a certificate may have been signed) and when the certificate is recorded, and is undone
//! when the reservation is released.

use std::fmt;

/// An order, a use of a token or a renewal that a reservation takes together with its serial number: [`NewReservation::claim`](crate::NewReservation::claim).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Claim {
    /// Nothing.
    #[default]
    None,
    /// An ACME order (RFC 8555 section 7.1.3), by its number. It gets one certificate.
    AcmeOrder(i64),
    /// One use of an enrollment token.
    Token {
        /// SHA-256 of the token.
        hash: [u8; 32],
        /// The last second in which it can be used.
        until: i64,
        /// The number of certificates that it is good for.
        uses: u32,
    },
    /// The renewal of a certificate that is issued and not revoked. There may be several, but not at the same time.
    Renewal {
        /// [`CertificateRow::position`](crate::CertificateRow::position) of the certificate.
        predecessor: i64,
    },
}

/// The kind of a [`Claim`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClaimKind {
    /// [`Claim::AcmeOrder`].
    AcmeOrder,
    /// [`Claim::Token`].
    Token,
    /// [`Claim::Renewal`].
    Renewal,
}

impl ClaimKind {
    /// Returns the word in the records.
    pub fn as_str(self) -> &'static str {
        match self {
            ClaimKind::AcmeOrder => "acme-order",
            ClaimKind::Token => "token",
            ClaimKind::Renewal => "renewal",
        }
    }
}

impl fmt::Display for ClaimKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Claim {
    /// Returns the kind, and the key of what is claimed; `None` for no claim.
    pub(crate) fn key(&self) -> Option<(ClaimKind, Vec<u8>)> {
        Some(match self {
            Claim::None => return None,
            Claim::AcmeOrder(order) => (ClaimKind::AcmeOrder, order.to_be_bytes().to_vec()),
            Claim::Token { hash, .. } => (ClaimKind::Token, hash.to_vec()),
            Claim::Renewal { predecessor } => {
                (ClaimKind::Renewal, predecessor.to_be_bytes().to_vec())
            }
        })
    }
}
