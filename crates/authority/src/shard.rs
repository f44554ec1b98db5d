//! One of several lists among which the certificates of an issuer are divided.

use std::fmt;

use tpm2ca_x509::Serial;

/// A shard of an issuer's CRL: it has the certificates whose serial numbers leave `index` when divided by `count`.
/// Serial numbers are random, so that all shards become about as long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shard {
    index: u32,
    count: u32,
}

impl Shard {
    /// More are not made: their files are open at the same time.
    pub const MAX: u32 = 512;

    /// What stands in a URL for the name of the shard.
    pub const PLACE: &'static str = "{shard}";

    /// The one of `count` shards (0 counts as 1) that a serial number belongs to.
    pub fn of(serial: &Serial, count: u32) -> Self {
        let count = count.max(1);
        let rest = serial.as_be_bytes().iter().fold(0, |rest: u64, octet| {
            (rest << 8 | u64::from(*octet)) % u64::from(count)
        });
        Self {
            // Less than `count`.
            index: u32::try_from(rest).unwrap_or(0),
            count,
        }
    }

    /// All of `count` shards.
    pub fn all(count: u32) -> impl Iterator<Item = Self> {
        (0..count).map(move |index| Self { index, count })
    }

    /// Its number, from 0 on.
    pub fn index(self) -> u32 {
        self.index
    }

    /// How many there are.
    pub fn count(self) -> u32 {
        self.count
    }

    /// URLs with its name in them.
    pub(crate) fn urls(self, urls: &[String]) -> Vec<String> {
        let name = self.to_string();
        urls.iter()
            .map(|url| url.replace(Self::PLACE, &name))
            .collect()
    }
}

impl fmt::Display for Shard {
    /// `3-of-16`. That their number is a part of the name keeps lists of different numbers apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-of-{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_divided_as_numbers() {
        let serial = |text: &str| text.parse::<Serial>().unwrap();
        assert_eq!(Shard::of(&serial("01ff"), 16).to_string(), "15-of-16");
        assert_eq!(Shard::of(&serial("0100"), 10).to_string(), "6-of-10");
        assert_eq!(Shard::of(&serial("7f"), 1).index(), 0);
        assert_eq!(Shard::of(&serial("7f"), 0).count(), 1);
        // 2^152 - 1 = 1 mod 3, since 2^2 = 1.
        let longest = Serial::from_be_bytes(&[0xff; 19]).unwrap();
        assert_eq!(Shard::of(&longest, 3).index(), 0);
        assert_eq!(Shard::of(&longest, u32::MAX).count(), u32::MAX);
        let all: Vec<_> = Shard::all(3).map(|shard| shard.to_string()).collect();
        assert_eq!(all, ["0-of-3", "1-of-3", "2-of-3"]);
    }

    #[test]
    fn urls_tell_the_number_of_shards() {
        let shard = Shard::of(&"05".parse().unwrap(), 4);
        let urls = ["http://a/{shard}.crl".to_owned(), "http://b/".to_owned()];
        assert_eq!(shard.urls(&urls), ["http://a/1-of-4.crl", "http://b/"]);
    }
}
