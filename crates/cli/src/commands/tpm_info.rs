//! `tpm2ca tpm info`.

use anyhow::Result;
use serde_json::json;
use tpm2ca_tpm::{Tcti, Tpm};

use crate::{
    args::Global,
    context::ca_directory,
    error::Code,
    output::Output,
    tpm::{chosen, options, remembered},
};

pub(super) fn run(global: &Global, output: &Output) -> Result<Code> {
    let tcti = chosen(global, of_the_ca(global, output)?, output)?;
    let tpm = Tpm::open(&tcti, options(global, None)?)?;
    let can = tpm.capabilities()?;
    let srk = tpm.srk_name()?;
    let algorithms: Vec<String> = can.algorithms.iter().map(ToString::to_string).collect();
    let hashes: Vec<String> = can.hashes.iter().map(ToString::to_string).collect();
    output.record(
        || {
            json!({
                "tpm": tcti.to_string(),
                "manufacturer": can.manufacturer,
                "vendor": can.vendor,
                "firmware": can.firmware,
                "software": can.is_software,
                "srk": srk.to_string(),
                "key_algorithms": algorithms,
                "hashes": hashes,
                "commands": can.commands.len(),
                "transient_slots": can.transient_slots,
                "max_auth_fail": can.max_auth_fail,
                "lockout_counter": can.lockout_counter,
                "lockout_interval": can.lockout_interval,
                "lockout_recovery": can.lockout_recovery,
                "in_lockout": can.in_lockout,
            })
        },
        || {
            let kind = if can.is_software {
                "a program, for trials"
            } else {
                "hardware or firmware"
            };
            let lockout = if can.in_lockout {
                "locked out".to_owned()
            } else {
                format!(
                    "{} of {} wrong tries so far, one forgotten every {} s",
                    can.lockout_counter, can.max_auth_fail, can.lockout_interval
                )
            };
            [
                ("tpm", tcti.to_string()),
                (
                    "maker",
                    format!(
                        "{} {}, firmware {}",
                        can.manufacturer, can.vendor, can.firmware
                    ),
                ),
                ("kind", kind.to_owned()),
                ("CA keys", algorithms.join(", ")),
                ("hashes", hashes.join(", ")),
                ("commands", can.commands.len().to_string()),
                ("key slots", can.transient_slots.to_string()),
                ("guessing", lockout),
                ("storage key", srk.to_string()),
            ]
            .map(|(name, value)| format!("{name:<12} {value}"))
            .join("\n")
        },
    )?;
    Ok(Code::Done)
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
