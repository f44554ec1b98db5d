//! The subject's public key: RFC 3279 and RFC 8017 (RSA), RFC 5480 (EC), RFC 8410 (Ed25519).
//!
//! Whether a key is weak in ways that take arithmetic was settled before there were bytes to lint; here it is about
//! what the certificate says the key is.

use tpm2ca_x509::{ObjectIdentifier, oid};

use super::{Report, hex};
use crate::{
    tlv::{Oid, tag},
    view::View,
};

pub(crate) fn algorithm_allowed(view: &View<'_>, report: &mut Report<'_>) {
    let key = &view.public_key;
    if !key.is_rsa() && !key.is_ec() && !key.is_ed25519() {
        report.add(format!(
            "the public key's algorithm {} is neither RSA nor EC nor Ed25519",
            key.algorithm
        ));
    }
}

pub(crate) fn whole_octets(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.public_key.unused_bits != 0 || view.public_key.bits.is_empty(),
        "the public key is not a whole number of octets",
    );
}

pub(crate) fn rsa_parameters(view: &View<'_>, report: &mut Report<'_>) {
    let is_null = view
        .public_key
        .parameters
        .is_some_and(|parameters| parameters.raw == [tag::NULL, 0]);
    report.add_if(
        view.public_key.is_rsa() && !is_null,
        "the parameters of the RSA key are not NULL",
    );
}

pub(crate) fn rsa_well_formed(view: &View<'_>, report: &mut Report<'_>) {
    if !view.public_key.is_rsa() {
        return;
    }
    match view.public_key.rsa {
        None => report.add("the RSA key is not a SEQUENCE of modulus and exponent"),
        Some(key) => {
            for (number, name) in [(key.modulus, "modulus"), (key.exponent, "exponent")] {
                if number.first().is_none_or(|first| first & 0x80 != 0) {
                    report.add(format!("the RSA {name} is not positive"));
                }
            }
        }
    }
}

pub(crate) fn rsa_size(view: &View<'_>, report: &mut Report<'_>) {
    if let Some(key) = view.public_key.rsa {
        let bits = bit_length(key.modulus);
        if bits < 2048 {
            report.add(format!(
                "the RSA key has {bits} bits instead of at least 2048"
            ));
        }
    }
}

pub(crate) fn rsa_size_usual(view: &View<'_>, report: &mut Report<'_>) {
    if let Some(key) = view.public_key.rsa {
        let bits = bit_length(key.modulus);
        if bits > 4096 || (bits > 2048 && !bits.is_multiple_of(8)) {
            report.add(format!(
                "the RSA key has {bits} bits; not every verifier takes that"
            ));
        }
    }
}

pub(crate) fn rsa_modulus_odd(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.public_key.rsa.is_some_and(|key| !is_odd(key.modulus)),
        "the RSA modulus is even",
    );
}

pub(crate) fn rsa_exponent(view: &View<'_>, report: &mut Report<'_>) {
    if let Some(key) = view.public_key.rsa
        && (!is_odd(key.exponent) || bit_length(key.exponent) < 17)
    {
        report.add(format!(
            "the RSA exponent 0x{} is even or less than 65537",
            hex(key.exponent)
        ));
    }
}

pub(crate) fn ec_named_curve(view: &View<'_>, report: &mut Report<'_>) {
    if view.public_key.is_ec() && curve_octets(view).is_none() {
        report.add("the EC key's parameters are not the name of P-256, P-384 or P-521");
    }
}

pub(crate) fn ec_point(view: &View<'_>, report: &mut Report<'_>) {
    if !view.public_key.is_ec() {
        return;
    }
    let point = view.public_key.bits;
    if let Some(octets) = curve_octets(view)
        && (point.first() != Some(&4) || point.len() != 1 + 2 * octets)
    {
        report.add(format!(
            "the EC key has {} octets and begins with 0x{} instead of an uncompressed point of {} octets",
            point.len(),
            hex(point.get(..1).unwrap_or_default()),
            1 + 2 * octets
        ));
    }
}

pub(crate) fn ed25519(view: &View<'_>, report: &mut Report<'_>) {
    let key = &view.public_key;
    report.add_if(
        key.is_ed25519() && (key.parameters.is_some() || key.bits.len() != 32),
        "the Ed25519 key has parameters, or not 32 octets",
    );
}

const CURVES: [(ObjectIdentifier, usize); 3] = [
    (oid::SECP256R1, 32),
    (oid::SECP384R1, 48),
    (oid::SECP521R1, 66),
];

/// Octets of one coordinate.
fn curve_octets(view: &View<'_>) -> Option<usize> {
    let parameters = view.public_key.parameters?;
    if parameters.tag != tag::OID {
        return None;
    }
    let name = Oid(parameters.content);
    CURVES
        .iter()
        .find(|(oid, _)| name == *oid)
        .map(|(_, octets)| *octets)
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|last| last & 1 == 1)
}

fn bit_length(number: &[u8]) -> usize {
    let mut significant = number.iter().skip_while(|&&octet| octet == 0);
    significant.next().map_or(0, |first| {
        significant.count() * 8 + (8 - first.leading_zeros() as usize)
    })
}
