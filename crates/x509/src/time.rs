//! Times of certificates, RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050, always in UTC
//! with seconds.

use crate::{
    Error,
    read::{Cursor, tag},
    write,
};

/// Seconds since 1970-01-01T00:00:00Z, without leap seconds.
pub type UnixTime = i64;

/// How long a certificate is valid; both ends are inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Validity {
    /// First second.
    pub not_before: UnixTime,
    /// Last second. [`Validity::NO_EXPIRY`] means that there is no good end (RFC 5280 4.1.2.5).
    pub not_after: UnixTime,
}

impl Validity {
    /// 9999-12-31T23:59:59Z, the last moment that can be written and the mark for "no well-defined expiration date".
    pub const NO_EXPIRY: UnixTime = 253_402_300_799;
    /// 1950-01-01T00:00:00Z, the first moment that can be written.
    pub const EARLIEST: UnixTime = -631_152_000;

    /// The whole `Validity` SEQUENCE. Refuses a reversed validity and times that have no encoding.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        if self.not_before > self.not_after {
            return Err(Error::ValidityReversed {
                not_before: format_time(self.not_before),
                not_after: format_time(self.not_after),
            });
        }
        let mut content = encode_time(self.not_before)?;
        content.extend_from_slice(&encode_time(self.not_after)?);
        Ok(write::tlv(tag::SEQUENCE, &content))
    }

    /// Whether `at` lies in it.
    pub fn contains(&self, at: UnixTime) -> bool {
        (self.not_before..=self.not_after).contains(&at)
    }
}

/// `2026-11-23T21:44:00Z`. Years outside of 0 to 9999 get the digits they need, so every number has a text.
pub fn format_time(time: UnixTime) -> String {
    let c = Civil::from_unix(time);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        c.year, c.month, c.day, c.hour, c.minute, c.second
    )
}

/// Reads `2026-11-23T21:44:00Z`, `20261123214400Z` or `261123214400Z`; in the last form years from 50 on are 19xx
/// (RFC 5280 4.1.2.5.1). Days and hours that do not exist are refused.
pub fn parse_time(text: &str) -> Option<UnixTime> {
    let bytes = text.as_bytes();
    if let [
        _,
        _,
        _,
        _,
        b'-',
        _,
        _,
        b'-',
        _,
        _,
        b'T',
        _,
        _,
        b':',
        _,
        _,
        b':',
        _,
        _,
        b'Z',
    ] = bytes
    {
        let digits: Vec<u8> = bytes
            .iter()
            .copied()
            .filter(|b| !b"-T:".contains(b))
            .collect();
        return if digits.len() == GENERALIZED_LEN {
            parse_digits(&digits, 4)
        } else {
            None
        };
    }
    match bytes.len() {
        GENERALIZED_LEN => parse_digits(bytes, 4),
        UTC_LEN => parse_digits(bytes, 2),
        _ => None,
    }
}

/// A whole `Time` element: UTCTime for 1950 to 2049, GeneralizedTime for 2050 to 9999.
pub(crate) fn encode_time(time: UnixTime) -> Result<Vec<u8>, Error> {
    if !(Validity::EARLIEST..=Validity::NO_EXPIRY).contains(&time) {
        return Err(Error::TimeOutOfRange { seconds: time });
    }
    Ok(if time < YEAR_2050 {
        let mut digits = generalized_digits(time);
        digits.drain(..2);
        write::tlv(tag::UTC_TIME, &digits)
    } else {
        write::tlv(tag::GENERALIZED_TIME, &generalized_digits(time))
    })
}

/// A whole GeneralizedTime element, for fields that are never UTCTime (CRL `invalidityDate`, all times of OCSP).
pub(crate) fn encode_generalized_time(time: UnixTime) -> Result<Vec<u8>, Error> {
    if !(Validity::EARLIEST..=Validity::NO_EXPIRY).contains(&time) {
        return Err(Error::TimeOutOfRange { seconds: time });
    }
    Ok(write::tlv(tag::GENERALIZED_TIME, &generalized_digits(time)))
}

/// Reads a `Time`: either type, also where RFC 5280 asks for the other one, because foreign certificates do that.
pub(crate) fn read_time(cursor: &mut Cursor<'_>, field: &'static str) -> Result<UnixTime, Error> {
    let element = cursor.any(field)?;
    let time = match element.tag {
        tag::UTC_TIME if element.content.len() == UTC_LEN => parse_digits(element.content, 2),
        tag::GENERALIZED_TIME if element.content.len() == GENERALIZED_LEN => {
            parse_digits(element.content, 4)
        }
        tag::UTC_TIME | tag::GENERALIZED_TIME => None,
        _ => return Err(element.wrong_type("UTCTime or GeneralizedTime")),
    };
    time.ok_or_else(|| Error::Value {
        field,
        problem: format!(
            "is no time of RFC 5280: `{}`",
            element.content.escape_ascii()
        ),
    })
}

/// Reads a GeneralizedTime and nothing else.
pub(crate) fn read_generalized_time(
    cursor: &mut Cursor<'_>,
    field: &'static str,
) -> Result<UnixTime, Error> {
    let offset = cursor.offset();
    match cursor.peek_tag() {
        Some(tag::GENERALIZED_TIME) => read_time(cursor, field),
        Some(found) => Err(Error::WrongType {
            field,
            offset,
            expected: "GeneralizedTime",
            found: tag::describe(found),
        }),
        None => Err(Error::Missing { field, offset }),
    }
}

/// A moment in the proleptic Gregorian calendar.
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

impl Civil {
    fn from_unix(time: UnixTime) -> Self {
        let days = time.div_euclid(SECONDS_PER_DAY);
        let second_of_day = time.rem_euclid(SECONDS_PER_DAY);
        // Eras of 400 years that begin on March 1st make the leap day the last day of its year.
        let shifted = days + DAYS_FROM_YEAR_0_MARCH;
        let era = shifted.div_euclid(DAYS_PER_ERA);
        let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        Self {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            hour: second_of_day / 3_600,
            minute: second_of_day / 60 % 60,
            second: second_of_day % 60,
        }
    }

    /// `None` when there is no such day or time of day. A leap second (`:60`) has no number and is refused.
    fn to_unix(&self) -> Option<UnixTime> {
        let exists = (1..=12).contains(&self.month)
            && (1..=self.days_in_month()).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second < 60;
        if !exists {
            return None;
        }
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month_from_march = (self.month + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * DAYS_PER_ERA + day_of_era - DAYS_FROM_YEAR_0_MARCH;
        Some(days * SECONDS_PER_DAY + self.hour * 3_600 + self.minute * 60 + self.second)
    }

    fn days_in_month(&self) -> i64 {
        let leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        match self.month {
            4 | 6 | 9 | 11 => 30,
            2 => 28 + i64::from(leap),
            _ => 31,
        }
    }
}

fn generalized_digits(time: UnixTime) -> Vec<u8> {
    let c = Civil::from_unix(time);
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}Z",
        c.year, c.month, c.day, c.hour, c.minute, c.second
    )
    .into_bytes()
}

/// `[YY]YYMMDDHHMMSSZ` with a year of `year_len` digits; the caller has looked at the length.
fn parse_digits(bytes: &[u8], year_len: usize) -> Option<UnixTime> {
    let digits = bytes.strip_suffix(b"Z")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |part: &[u8]| {
        part.iter()
            .fold(0, |sum: i64, &b| sum * 10 + i64::from(b - b'0'))
    };
    let (year, rest) = digits.split_at_checked(year_len)?;
    let year = match (year_len, number(year)) {
        (2, short @ 50..) => 1900 + short,
        (2, short) => 2000 + short,
        (_, full) => full,
    };
    let mut pairs = rest.chunks_exact(2).map(number);
    Civil {
        year,
        month: pairs.next()?,
        day: pairs.next()?,
        hour: pairs.next()?,
        minute: pairs.next()?,
        second: pairs.next()?,
    }
    .to_unix()
}

const SECONDS_PER_DAY: i64 = 86_400;
const DAYS_PER_ERA: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const DAYS_FROM_YEAR_0_MARCH: i64 = 719_468;
/// 2050-01-01T00:00:00Z, from which on GeneralizedTime is due.
const YEAR_2050: UnixTime = 2_524_608_000;
const UTC_LEN: usize = "YYMMDDHHMMSSZ".len();
const GENERALIZED_LEN: usize = "YYYYMMDDHHMMSSZ".len();

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_moments() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (Validity::EARLIEST, "1950-01-01T00:00:00Z"),
            (YEAR_2050, "2050-01-01T00:00:00Z"),
            (Validity::NO_EXPIRY, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(format_time(seconds), text);
            assert_eq!(parse_time(text), Some(seconds));
        }
    }

    #[test]
    fn utc_time_ends_with_2049() {
        assert_eq!(
            encode_time(YEAR_2050 - 1).unwrap(),
            b"\x17\x0d491231235959Z"
        );
        assert_eq!(encode_time(YEAR_2050).unwrap(), b"\x18\x0f20500101000000Z");
        assert_eq!(
            encode_time(Validity::EARLIEST).unwrap(),
            b"\x17\x0d500101000000Z"
        );
        assert_eq!(
            encode_time(Validity::NO_EXPIRY).unwrap(),
            b"\x18\x0f99991231235959Z"
        );
        for outside in [
            Validity::EARLIEST - 1,
            Validity::NO_EXPIRY + 1,
            i64::MIN,
            i64::MAX,
        ] {
            assert_eq!(
                encode_time(outside),
                Err(Error::TimeOutOfRange { seconds: outside })
            );
        }
    }

    #[test]
    fn two_digit_years_turn_at_50() {
        assert_eq!(
            parse_time("491231235959Z"),
            parse_time("2049-12-31T23:59:59Z")
        );
        assert_eq!(
            parse_time("500101000000Z"),
            parse_time("1950-01-01T00:00:00Z")
        );
    }

    #[test]
    fn moments_that_do_not_exist() {
        for bad in [
            "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T23:60:00Z",
            "2026-12-31T23:59:60Z",
            "2026-01-01T00:00:00",
            "2026-01-01 00:00:00Z",
            "20260101000000",
            "20260101000000+0000",
            "202601010000Z",
            "2026-1-01T000:00:00Z",
            "----------T:::::::::Z",
            "",
            "+26010100000Z",
        ] {
            assert_eq!(parse_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_validity_must_not_be_reversed() {
        let reversed = Validity {
            not_before: 10,
            not_after: 9,
        };
        assert!(matches!(
            reversed.to_der(),
            Err(Error::ValidityReversed { .. })
        ));
        let moment = Validity {
            not_before: 10,
            not_after: 10,
        };
        assert!(moment.to_der().is_ok() && moment.contains(10) && !moment.contains(11));
    }

    proptest! {
        #[test]
        fn round_trips(time in Validity::EARLIEST..=Validity::NO_EXPIRY) {
            prop_assert_eq!(parse_time(&format_time(time)), Some(time));
            let der = encode_time(time).unwrap();
            prop_assert_eq!(read_time(&mut Cursor::new(&der, "t").unwrap(), "t"), Ok(time));
            let der = encode_generalized_time(time).unwrap();
            prop_assert_eq!(read_generalized_time(&mut Cursor::new(&der, "t").unwrap(), "t"), Ok(time));
        }

        #[test]
        fn every_number_has_a_text(time in any::<i64>()) {
            prop_assert!(format_time(time).ends_with('Z'));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,25}", digits in "[0-9TZ:-]{0,22}") {
            let _ = parse_time(&text);
            let _ = parse_time(&digits);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            let _ = read_time(&mut Cursor::new(&bytes, "t").unwrap(), "t");
        }
    }
}
