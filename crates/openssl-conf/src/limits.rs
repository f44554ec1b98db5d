//! How much is read. No configuration that a person wrote comes near these.

/// Octets of all files read for one configuration, a file counted as often as it is included.
pub const INPUT: usize = 16 << 20;

/// Octets of all values together, after variables were expanded.
pub const VALUES: usize = 32 << 20;

/// Octets of one value into which a variable was expanded, the end mark of OpenSSL's included: the limit of OpenSSL.
/// A value without variables may be longer.
pub const EXPANDED_VALUE: usize = 65_536;

/// Files within files.
pub const INCLUDE_DEPTH: usize = 32;

/// Files included, in all.
pub const INCLUDES: usize = 10_000;
