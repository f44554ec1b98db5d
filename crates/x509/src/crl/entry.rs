//! One revoked certificate in a CRL, RFC 5280 sections 5.1.2.6 and 5.3, and the size of many.

use std::hash::{DefaultHasher, Hasher};

use super::ReasonCode;
use crate::{
    Error, Extension, Serial, UnixTime, oid,
    read::tag,
    time::{encode_generalized_time, encode_time},
    write,
};

/// A certificate that a CRL says is revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedEntry {
    /// Of the certificate.
    pub serial: Serial,
    /// When the CA was told, or decided.
    pub revoked_at: UnixTime,
    /// Why. [`ReasonCode::Unspecified`] is written like `None`, as nothing.
    pub reason: Option<ReasonCode>,
    /// Since when the key is known or suspected to be bad, which may be long before `revoked_at`.
    pub invalidity_date: Option<UnixTime>,
}

impl RevokedEntry {
    /// The whole entry of `revokedCertificates`. Refuses times that have no encoding.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::with_capacity(MAX_LEN);
        self.push_der(&mut out)?;
        Ok(out)
    }

    pub(super) fn push_der(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        let Self {
            serial,
            revoked_at,
            reason,
            invalidity_date,
        } = self;
        let mut content = Vec::with_capacity(MAX_LEN);
        write::push_tlv(&mut content, tag::INTEGER, &serial.to_integer_content());
        content.extend_from_slice(&encode_time(*revoked_at)?);

        let mut extensions = Vec::new();
        if let Some(reason) = reason.and_then(ReasonCode::written) {
            let value = vec![ENUMERATED, 1, reason.code()];
            extensions.extend(
                Extension {
                    oid: oid::CRL_REASON,
                    critical: false,
                    value,
                }
                .to_der(),
            );
        }
        if let Some(date) = invalidity_date {
            // GeneralizedTime in every year, RFC 5280 5.3.2.
            let value = encode_generalized_time(*date)?;
            extensions.extend(
                Extension {
                    oid: oid::INVALIDITY_DATE,
                    critical: false,
                    value,
                }
                .to_der(),
            );
        }
        if !extensions.is_empty() {
            write::push_tlv(&mut content, tag::SEQUENCE, &extensions);
        }
        write::push_tlv(out, tag::SEQUENCE, &content);
        Ok(())
    }
}

/// How many entries a CRL will have, how many bytes they will be, and a fingerprint of these bytes.
///
/// The fingerprint finds an accidental change between two walks over the entries, such as a revocation that came in
/// between. It is no cryptographic hash and only compares within one process.
#[derive(Clone, Debug, Default)]
pub struct EntriesSize {
    pub(super) octets: u64,
    pub(super) count: u64,
    pub(super) fingerprint: DefaultHasher,
}

impl EntriesSize {
    /// Of no entries at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one more entry in. For sources that call back; [`super::CrlFields::entries_len`] takes an iterator.
    pub fn add(&mut self, entry: &RevokedEntry) -> Result<(), Error> {
        self.add_der(&entry.to_der()?);
        Ok(())
    }

    pub(super) fn add_der(&mut self, entry_der: &[u8]) {
        self.octets += entry_der.len() as u64;
        self.count += 1;
        self.fingerprint.write(entry_der);
    }

    /// Bytes of all entries together, without the header around them.
    pub fn octets(&self) -> u64 {
        self.octets
    }

    /// Number of entries.
    pub fn count(&self) -> u64 {
        self.count
    }
}

impl PartialEq for EntriesSize {
    fn eq(&self, other: &Self) -> bool {
        self.octets == other.octets
            && self.count == other.count
            && self.fingerprint.finish() == other.fingerprint.finish()
    }
}

impl Eq for EntriesSize {}

pub(crate) const ENUMERATED: u8 = 0x0a;
/// The longest entry: serial 22, GeneralizedTime 17, both extensions 40, headers 2.
const MAX_LEN: usize = 81;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::parse_time;

    fn entry() -> RevokedEntry {
        RevokedEntry {
            serial: "80".parse().unwrap(),
            revoked_at: parse_time("2026-11-23T21:44:00Z").unwrap(),
            reason: None,
            invalidity_date: None,
        }
    }

    #[test]
    fn plain_entry() {
        let expected = b"\x30\x13\x02\x02\x00\x80\x17\x0d261123214400Z";
        assert_eq!(entry().to_der().unwrap(), expected);
        let unspecified = RevokedEntry {
            reason: Some(ReasonCode::Unspecified),
            ..entry()
        };
        assert_eq!(unspecified.to_der().unwrap(), expected);
    }

    #[test]
    fn reason_is_enumerated_and_not_critical() {
        let der = RevokedEntry {
            reason: Some(ReasonCode::KeyCompromise),
            ..entry()
        }
        .to_der()
        .unwrap();
        assert_eq!(
            der[21..],
            *b"\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x01"
        );
    }

    #[test]
    fn invalidity_date_is_generalized_time_in_every_year() {
        let date = parse_time("2026-01-02T03:04:05Z");
        let der = RevokedEntry {
            invalidity_date: date,
            ..entry()
        }
        .to_der()
        .unwrap();
        assert_eq!(
            der[21..],
            *b"\x30\x1a\x30\x18\x06\x03\x55\x1d\x18\x04\x11\x18\x0f20260102030405Z"
        );
    }

    #[test]
    fn revocation_times_turn_to_generalized_time_in_2050() {
        let late = RevokedEntry {
            revoked_at: parse_time("2050-01-01T00:00:00Z").unwrap(),
            ..entry()
        };
        assert_eq!(
            late.to_der().unwrap(),
            b"\x30\x15\x02\x02\x00\x80\x18\x0f20500101000000Z"
        );
        let never = RevokedEntry {
            revoked_at: i64::MAX,
            ..entry()
        };
        assert_eq!(
            never.to_der(),
            Err(Error::TimeOutOfRange { seconds: i64::MAX })
        );
    }

    #[test]
    fn the_longest_entry_has_the_longest_length() {
        let longest = RevokedEntry {
            serial: Serial::from_be_bytes(&[0x7f; 20]).unwrap(),
            revoked_at: crate::Validity::NO_EXPIRY,
            reason: Some(ReasonCode::AaCompromise),
            invalidity_date: Some(0),
        };
        assert_eq!(longest.to_der().unwrap().len(), MAX_LEN);
    }

    #[test]
    fn sizes_see_a_change_of_equal_length() {
        let (mut one, mut other) = (EntriesSize::new(), EntriesSize::new());
        one.add(&entry()).unwrap();
        other
            .add(&RevokedEntry {
                revoked_at: entry().revoked_at + 1,
                ..entry()
            })
            .unwrap();
        assert_eq!((one.octets(), one.count()), (other.octets(), other.count()));
        assert_ne!(one, other);
    }
}
