//! Checks of times: the calendar's, and the forms that ASN.1 allows beyond DER's (X.680 sections 46 and 47).

use crate::{
    der::tag,
    error::{Problem, shown},
};

/// `YYMMDDhhmm[ss](Z|±hhmm)`, with four digits of a year and fractions of a second in a GeneralizedTime.
pub(super) fn check(text: &[u8], kind: u8) -> Result<(), Problem> {
    let well_formed = if kind == tag::UTC_TIME {
        utc(text)
    } else {
        generalized(text)
    };
    if well_formed.is_some() {
        return Ok(());
    }
    let (name, example) = if kind == tag::UTC_TIME {
        ("UTCTime", "`261231235959Z`")
    } else {
        ("GeneralizedTime", "`20261231235959Z`")
    };
    Err(Problem::new(format!("`{}` is no {name}", shown(text)))
        .hint(format!("write it like {example}")))
}

fn utc(text: &[u8]) -> Option<()> {
    let mut fields = Fields(text);
    let year = fields.two(0..=99)?;
    let year = if year < 50 { 2000 + year } else { 1900 + year };
    fields.day(year)?;
    fields.two(0..=23)?;
    fields.two(0..=59)?;
    if !fields.at_zone() {
        fields.two(0..=59)?;
    }
    fields.zone()
}

fn generalized(text: &[u8]) -> Option<()> {
    let mut fields = Fields(text);
    let year = fields.two(0..=99)? * 100 + fields.two(0..=99)?;
    fields.day(year)?;
    fields.two(0..=23)?;
    fields.two(0..=59)?;
    if !fields.at_zone() {
        fields.two(0..=59)?;
    }
    if let Some(rest) = fields.0.strip_prefix(b".") {
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        fields.0 = rest.get(digits..)?;
    }
    fields.zone()
}

struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn two(&mut self, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(2)?;
        self.0 = rest;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let value = digits
            .iter()
            .fold(0, |sum, b| sum * 10 + u32::from(b - b'0'));
        range.contains(&value).then_some(value)
    }

    fn day(&mut self, year: u32) -> Option<()> {
        let month = self.two(1..=12)?;
        let is_leap =
            year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
        let days = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        self.two(1..=days)?;
        Some(())
    }

    fn at_zone(&self) -> bool {
        matches!(self.0.first(), Some(b'Z' | b'+' | b'-'))
    }

    fn zone(&mut self) -> Option<()> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        if matches!(first, b'+' | b'-') {
            self.two(0..=12)?;
            self.two(0..=59)?;
        } else if first != b'Z' {
            return None;
        }
        self.0.is_empty().then_some(())
    }
}
