//! The serial number, RFC 5280 section 4.1.2.2.

use super::{Report, hex};
use crate::view::View;

pub(crate) fn positive(view: &View<'_>, report: &mut Report<'_>) {
    if view.serial.first().is_some_and(|first| first & 0x80 != 0) {
        report.add(format!(
            "the serial number 0x{} is negative",
            hex(view.serial)
        ));
    }
}

pub(crate) fn not_zero(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.serial.iter().all(|&octet| octet == 0),
        "the serial number is zero",
    );
}

pub(crate) fn at_most_20_octets(view: &View<'_>, report: &mut Report<'_>) {
    if view.serial.len() > 20 {
        report.add(format!(
            "the serial number has {} octets instead of at most 20",
            view.serial.len()
        ));
    }
}

/// 64 random bits fill at least 8 octets but once in 256 times, and ours are 128: what is shorter was not drawn.
pub(crate) fn at_least_64_bits(view: &View<'_>, report: &mut Report<'_>) {
    let significant = view.serial.iter().skip_while(|&&octet| octet == 0).count();
    if significant < 8 {
        report.add(format!(
            "the serial number 0x{} has fewer than 64 bits",
            hex(view.serial)
        ));
    }
}

pub(crate) fn not_a_pattern(view: &View<'_>, report: &mut Report<'_>) {
    let mut digits = view.serial.iter().skip(1);
    let first = digits.next();
    if view.serial.len() >= 8 && digits.all(|octet| Some(octet) == first) {
        report.add(format!(
            "the serial number 0x{} repeats one octet: the randomness looks broken",
            hex(view.serial)
        ));
    }
}
