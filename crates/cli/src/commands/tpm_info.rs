//! `tpm2ca tpm info`: what a TPM is and can do, and which features of this program that leaves.
//!
//! The fields of the JSON record are documented in `docs/doctor.md`, and are a contract.

use anyhow::Result;
use serde_json::{Map, Value, json};
use tpm2ca_tpm::{Algorithm, Capabilities, ErrorKind, Name, PcrBank, Tcti, Tpm};

use crate::{
    args::Global,
    context::ca_directory,
    error::Code,
    features::Feature,
    output::Output,
    tpm::{chosen, options, remembered},
};

pub(super) fn run(global: &Global, output: &Output) -> Result<Code> {
    let tcti = chosen(global, of_the_ca(global, output)?, output)?;
    let tpm = Tpm::open(&tcti, options(global, None)?)?;
    let can = tpm.capabilities()?;
    let srk = match tpm.srk_name() {
        Ok(name) => Some(name),
        // All the rest can be told without the owner.
        Err(error) if error.kind() == ErrorKind::Auth && global.owner_auth.is_none() => None,
        Err(error) => return Err(error.into()),
    };
    output.record(
        || record(&tcti, &can, srk.as_ref()),
        || text(&tcti, &can, srk.as_ref()),
    )?;
    Ok(Code::Done)
}

fn record(tcti: &Tcti, can: &Capabilities, srk: Option<&Name>) -> Value {
    let features: Map<String, Value> = Feature::ALL
        .into_iter()
        .map(|feature| {
            let lacks = feature.is_there(can).err();
            let entry = json!({ "available": lacks.is_none(), "missing": lacks });
            (feature.name().to_owned(), entry)
        })
        .collect();
    let banks: Map<String, Value> = can
        .pcr_banks
        .iter()
        .map(|bank| (bank.hash.clone(), bank.registers.clone().into()))
        .collect();
    json!({
        "tpm": tcti.to_string(),
        "manufacturer": can.manufacturer,
        "vendor": can.vendor,
        "firmware": can.firmware,
        "spec_revision": can.spec_revision,
        "software": can.is_software,
        "srk": srk.map(ToString::to_string),
        "key_algorithms": words(&can.algorithms),
        "rsa_bits": rsa_bits(can),
        "curves": curves(can),
        "hashes": words(&can.hashes),
        "parameter_encryption": parameter_encryption(can),
        "pcr_banks": banks,
        "commands": can.commands.len(),
        "transient_slots": can.transient_slots,
        "transient_free": can.transient_free,
        "session_slots": can.session_slots,
        "sessions_free": can.sessions_free,
        "persistent_free": can.persistent_free,
        "nv_index_max": can.nv_index_max,
        "max_auth_fail": can.max_auth_fail,
        "lockout_counter": can.lockout_counter,
        "lockout_interval": can.lockout_interval,
        "lockout_recovery": can.lockout_recovery,
        "in_lockout": can.in_lockout,
        "owner_auth_set": can.owner_auth_set,
        "lockout_auth_set": can.lockout_auth_set,
        "features": features,
    })
}

fn text(tcti: &Tcti, can: &Capabilities, srk: Option<&Name>) -> String {
    let kind = if can.is_software {
        "a program, for trials"
    } else {
        "hardware or firmware"
    };
    let lockout = if can.in_lockout {
        format!(
            "locked out after {} of {} wrong tries, one forgotten every {} s",
            can.lockout_counter, can.max_auth_fail, can.lockout_interval
        )
    } else {
        format!(
            "{} of {} wrong tries so far, one forgotten every {} s",
            can.lockout_counter, can.max_auth_fail, can.lockout_interval
        )
    };
    let banks: Vec<String> = can.pcr_banks.iter().map(bank).collect();
    let mut lines = vec![
        ("tpm", tcti.to_string()),
        (
            "maker",
            format!(
                "{} {}, firmware {}",
                can.manufacturer, can.vendor, can.firmware
            ),
        ),
        ("kind", kind.to_owned()),
        ("CA keys", words(&can.algorithms).join(", ")),
        ("hashes", words(&can.hashes).join(", ")),
        ("PCR banks", banks.join(", ")),
        (
            "on the bus",
            format!("secrets are hidden with {}", parameter_encryption(can)),
        ),
        ("commands", can.commands.len().to_string()),
        (
            "key slots",
            format!("{}, {} free now", can.transient_slots, can.transient_free),
        ),
        (
            "sessions",
            format!("{}, {} free now", can.session_slots, can.sessions_free),
        ),
        (
            "persistent",
            format!("room for at least {} more keys", can.persistent_free),
        ),
        (
            "memory",
            format!("an index has up to {} octets", can.nv_index_max),
        ),
    ];
    for feature in Feature::ALL {
        lines.push(match feature.is_there(can) {
            Ok(()) => ("can", feature.title().to_owned()),
            Err(lacks) => ("cannot", format!("{} (no {lacks})", feature.title())),
        });
    }
    let owner = match (can.owner_auth_set, can.lockout_auth_set) {
        (false, false) => "no owner and no lockout authorization is set",
        (true, false) => "an owner authorization is set, and none for the lockout",
        (false, true) => "a lockout authorization is set, and none for the owner",
        (true, true) => "owner and lockout authorizations are set",
    };
    lines.push(("owner", owner.to_owned()));
    lines.push(("guessing", lockout));
    lines.push((
        "storage key",
        srk.map_or_else(
            || "only with the owner authorization: `--owner-auth SOURCE`".to_owned(),
            ToString::to_string,
        ),
    ));
    lines
        .iter()
        .map(|(name, value)| format!("{name:<12} {value}"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn words<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

fn rsa_bits(can: &Capabilities) -> Vec<u16> {
    can.algorithms
        .iter()
        .filter_map(|algorithm| match algorithm {
            Algorithm::Rsa { bits } => Some(*bits),
            Algorithm::Ecc(_) => None,
        })
        .collect()
}

fn curves(can: &Capabilities) -> Vec<String> {
    can.algorithms
        .iter()
        .filter_map(|algorithm| match algorithm {
            Algorithm::Ecc(curve) => Some(curve.to_string()),
            Algorithm::Rsa { .. } => None,
        })
        .collect()
}

fn parameter_encryption(can: &Capabilities) -> &'static str {
    if can.aes_cfb { "AES-128-CFB" } else { "XOR" }
}

/// Such as `SHA-256 (0-23)`.
fn bank(bank: &PcrBank) -> String {
    let registers = match (bank.registers.first(), bank.registers.last()) {
        (Some(first), Some(last)) if bank.registers.len() == usize::from(last - first) + 1 => {
            format!("{first}-{last}")
        }
        _ => words(&bank.registers).join(" "),
    };
    format!("{} ({registers})", bank.hash)
}

/// The TPM of the CA, where there is one. A CA is not needed for this; but one that was named must be there.
fn of_the_ca(global: &Global, output: &Output) -> Result<Option<Tcti>> {
    let found = ca_directory(global, output).and_then(|directory| {
        let config = directory.config()?;
        remembered(&directory, &config)
    });
    if global.ca.is_some() && global.tpm.is_none() {
        return found;
    }
    Ok(found.ok().flatten())
}
