//! The TPM's protection against guessing (TPM 2.0 Library Part 1, 19.8).

use anyhow::Result;
use tpm2ca_tpm::Capabilities;

use super::{finding::Findings, situation::Situation};
use crate::text::duration;

pub(super) fn check(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let Some(can) = situation.capabilities() else {
        return Ok(());
    };
    let Capabilities {
        lockout_counter: counter,
        max_auth_fail: most,
        lockout_interval: interval,
        ..
    } = *can;
    let rule = format!(
        "{most} wrong tries lock all protected keys; one is forgotten every {}",
        duration(interval.into())
    );
    if can.in_lockout || (most > 0 && counter >= most) {
        let ends = match interval {
            0 => "it does not end by itself".to_owned(),
            interval => format!("one try is given back within {}", duration(interval.into())),
        };
        let reset = if can.lockout_auth_set {
            "`tpm2_dictionarylockout --clear-lockout --auth LOCKOUT_AUTH` ends it with the lockout authorization"
        } else {
            "`tpm2_dictionarylockout --clear-lockout` ends it, as no lockout authorization is set"
        };
        return Ok(findings.unusable_tpm(
            CHECK,
            format!("the TPM is in lockout after {counter} wrong tries of {most}; {ends}. Keys made with noDA still work"),
            format!("wait, or {reset}; then find the right authorization value before the next try"),
        )?);
    }
    if most > 0 && counter > 0 {
        let left = most - counter;
        return Ok(findings.warning(
            CHECK,
            format!("{counter} wrong tries count, {left} more lock all protected keys; {rule}"),
            format!(
                "find out who tries wrong values; wait {} until all are forgotten",
                duration(u64::from(interval) * u64::from(counter))
            ),
        )?);
    }
    Ok(findings.ok(CHECK, format!("no wrong tries count; {rule}"))?)
}

const CHECK: &str = "lockout";
