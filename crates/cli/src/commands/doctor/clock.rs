//! The time: certificates begin and end by this machine's clock.

use std::path::Path;

use anyhow::Result;
use tpm2ca_store::Store as _;
use tpm2ca_x509::format_time;

use super::{finding::Findings, issuers, situation::Situation};

pub(super) fn check(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let now = situation.now;
    let newest = newest_trace(situation);
    let says = format!("this machine's clock says {}", format_time(now));
    if let Some(newest) = newest.filter(|newest| now < newest - SLACK) {
        return Ok(findings.problem(
            CHECK,
            format!(
                "{says}, which is before the CA was last used ({}): certificates would begin and end at wrong times",
                format_time(newest)
            ),
            "set the clock: `sudo timedatectl set-ntp true`, then `timedatectl` shows whether it is synchronized",
        )?);
    }
    // Where systemd keeps the time, this file says that it has got it from somewhere.
    let keeper = Path::new("/run/systemd/timesync");
    if keeper.is_dir() && !keeper.join("synchronized").exists() {
        return Ok(findings.warning(
            CHECK,
            format!("{says}; no time server has confirmed it since the last start"),
            "`timedatectl timesync-status` shows why",
        )?);
    }
    let tpm = match situation.health().and_then(|health| health.clock) {
        Some(clock) if !clock.is_safe => {
            "; the TPM's own clock lost its power and may repeat itself, which matters for approvals that expire"
        }
        _ => "",
    };
    Ok(findings.ok(CHECK, format!("{says}{tpm}"))?)
}

/// The newest time that is certainly past: the newest CRL, or the begin of an issuer's certificate.
fn newest_trace(situation: &Situation<'_>) -> Option<i64> {
    let (directory, config) = situation.ca()?;
    let begins = config.issuer.values().filter_map(|issuer| {
        let certificate = issuers::read(&directory.resolve(&issuer.certificate)).ok()?;
        Some(certificate.validity.not_before)
    });
    let crls = situation.records().into_iter().flat_map(|records| {
        let issuers = records.issuers().unwrap_or_default();
        issuers
            .into_iter()
            .filter_map(|row| records.last_crl(row.id).ok().flatten())
            .map(|crl| crl.this_update)
            .collect::<Vec<_>>()
    });
    begins.chain(crls).max()
}

/// Clocks of two machines that share a CA may differ a little, in seconds.
const SLACK: i64 = 300;
const CHECK: &str = "clock";
