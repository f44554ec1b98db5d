//! IP addresses in certificates (RFC 5280, section 4.2.1.6) and the CIDR patterns (RFC 4632) of the
//! rules about them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::PatternError;

/// Refuses addresses that no host has, or that are another address in disguise.
pub fn check_ip(address: IpAddr) -> Result<(), IpFault> {
    match address {
        IpAddr::V4(v4) if v4.is_unspecified() => Err(IpFault::Unspecified),
        IpAddr::V6(v6) if v6.is_unspecified() => Err(IpFault::Unspecified),
        IpAddr::V6(v6) => v6
            .to_ipv4_mapped()
            .map_or(Ok(()), |v4| Err(IpFault::Mapped { v4 })),
        IpAddr::V4(_) => Ok(()),
    }
}

/// What is wrong with an IP address in a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IpFault {
    /// `0.0.0.0` or `::`
    #[error("it is the unspecified address, which no host has")]
    Unspecified,
    /// `::ffff:a.b.c.d`, which would slip past rules about the IPv4 address.
    #[error("it is an IPv4 address in IPv6 form, write it as {v4}")]
    Mapped {
        /// The address meant.
        v4: Ipv4Addr,
    },
}

/// A pattern of `allow_ip` and `deny_ip`: an address, a CIDR block (`10.0.0.0/8`, `fd00::/8`), or
/// `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IpPattern {
    /// `*`: every address
    Any,
    /// Addresses that agree with `address` in the first `prefix` bits; the other bits of `address`
    /// are zero.
    Block {
        /// The lowest address of the block.
        address: IpAddr,
        /// Length of the common prefix in bits, 0 to 32 or 0 to 128.
        prefix: u8,
    },
}

impl IpPattern {
    /// The block of a subtree of name constraints; bits beyond the prefix are dropped.
    pub(crate) fn new(address: IpAddr, prefix: u8) -> Self {
        let address = match address {
            IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask_v4(prefix))),
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask_v6(prefix))),
        };
        Self::Block { address, prefix }
    }

    /// True if the address is in the block. IPv4 and IPv6 never match one another.
    pub fn matches(&self, candidate: IpAddr) -> bool {
        match *self {
            Self::Any => true,
            Self::Block {
                address: IpAddr::V4(block),
                prefix,
            } => {
                matches!(candidate, IpAddr::V4(v4) if v4.to_bits() & mask_v4(prefix) == block.to_bits())
            }
            Self::Block {
                address: IpAddr::V6(block),
                prefix,
            } => {
                matches!(candidate, IpAddr::V6(v6) if v6.to_bits() & mask_v6(prefix) == block.to_bits())
            }
        }
    }
}

impl FromStr for IpPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| {
            PatternError::with_hint(
                "it is neither an IP address nor a CIDR block",
                "write for example \"192.0.2.7\", \"10.0.0.0/8\" or \"fd00::/8\"",
            )
        })?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(digits) => digits
                .parse::<u8>()
                .ok()
                .filter(|n| *n <= longest && digits.bytes().all(|b| b.is_ascii_digit()))
                .ok_or_else(|| {
                    PatternError::new(format!(
                        "its prefix length must be a number from 0 to {longest}"
                    ))
                })?,
        };
        let block = Self::new(address, prefix);
        if block != (Self::Block { address, prefix }) {
            return Err(PatternError::with_hint(
                "it has bits set beyond its prefix length",
                format!("write \"{block}\" for the block, or \"{address}\" for the one address"),
            ));
        }
        Ok(block)
    }
}

impl fmt::Display for IpPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Block { address, prefix } => write!(f, "{address}/{prefix}"),
        }
    }
}

fn mask_v4(prefix: u8) -> u32 {
    u32::MAX
        .checked_shl(32 - u32::from(prefix.min(32)))
        .unwrap_or(0)
}

fn mask_v6(prefix: u8) -> u128 {
    u128::MAX
        .checked_shl(128 - u32::from(prefix.min(128)))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn blocks_match_their_addresses_only() {
        for (pattern, address, expected) in [
            ("*", "192.0.2.1", true),
            ("*", "2001:db8::1", true),
            ("10.0.0.0/8", "10.255.255.255", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/8", "a00::", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "192.0.2.1", false),
            ("fd00::/8", "fdff::1", true),
            ("fd00::/8", "fe80::1", false),
            ("2001:db8::1", "2001:db8::1", true),
            ("2001:db8::1", "2001:db8::2", false),
            ("2001:db8::/127", "2001:db8::1", true),
        ] {
            let parsed: IpPattern = pattern.parse().unwrap();
            assert_eq!(
                parsed.matches(address.parse().unwrap()),
                expected,
                "{pattern} {address}"
            );
        }
    }

    #[test]
    fn malformed_blocks_say_what_to_write() {
        for (pattern, problem) in [
            ("10.0.0.1/8", "it has bits set beyond its prefix length"),
            (
                "10.0.0.0/33",
                "its prefix length must be a number from 0 to 32",
            ),
            (
                "10.0.0.0/+8",
                "its prefix length must be a number from 0 to 32",
            ),
            (
                "10.0.0.0/",
                "its prefix length must be a number from 0 to 32",
            ),
            ("::/129", "its prefix length must be a number from 0 to 128"),
            ("10.0.0", "it is neither an IP address nor a CIDR block"),
            ("", "it is neither an IP address nor a CIDR block"),
        ] {
            assert_eq!(
                pattern.parse::<IpPattern>().unwrap_err().problem,
                problem,
                "{pattern}"
            );
        }
        assert_eq!(
            "10.1.2.3/8".parse::<IpPattern>().unwrap_err().hint.unwrap(),
            "write \"10.0.0.0/8\" for the block, or \"10.1.2.3\" for the one address"
        );
    }

    #[test]
    fn odd_addresses_are_refused() {
        assert_eq!(
            check_ip("0.0.0.0".parse().unwrap()),
            Err(IpFault::Unspecified)
        );
        assert_eq!(check_ip("::".parse().unwrap()), Err(IpFault::Unspecified));
        assert_eq!(
            check_ip("::ffff:10.0.0.1".parse().unwrap()),
            Err(IpFault::Mapped {
                v4: Ipv4Addr::new(10, 0, 0, 1)
            })
        );
        assert_eq!(check_ip("127.0.0.1".parse().unwrap()), Ok(()));
        assert_eq!(check_ip("::1".parse().unwrap()), Ok(()));
    }
}
