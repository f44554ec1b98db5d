//! The CA's records, as far as can be seen in a moment.

use std::ops::ControlFlow;

use anyhow::Result;
use tpm2ca_store::{Filter, SqliteStore, Status, Store as _, StoreError};

use super::{finding::Findings, situation::Situation};
use crate::text::{hex, printable};

pub(super) fn check(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let Some((directory, config)) = situation.ca() else {
        return Ok(());
    };
    let store = match SqliteStore::open_read_only(&directory.records_path()) {
        Ok(store) => store,
        Err(error) => return Ok(findings.error(CHECK, error)?),
    };
    let known = match store.quick_check().and_then(|damage| match damage {
        None => store.issuers(),
        Some(what) => Err(StoreError::Corrupt { what }),
    }) {
        Ok(issuers) => issuers,
        Err(error) => {
            return Ok(findings.problem(
                CHECK,
                error.to_string(),
                "keep the directory as it is, restore a backup into another one, and run `tpm2ca db check` there",
            )?);
        }
    };
    for name in config.issuer.keys() {
        if known.iter().all(|row| row.name != *name) {
            findings.problem(
                CHECK,
                format!("`ca.toml` has an issuer `{name}` that the records do not know"),
                "restore `ca.toml` and `records.db` from the same backup",
            )?;
        }
    }
    let reserved = Filter {
        status: Some(Status::Reserved),
        now: situation.now,
        limit: Some(LISTED + 1),
        ..Filter::default()
    };
    let mut possibly_signed = Vec::new();
    store.list(&reserved, &mut |row| {
        possibly_signed.push(hex(&row.serial));
        ControlFlow::Continue(())
    })?;
    let Some(first) = possibly_signed.first() else {
        return Ok(findings.ok(
            CHECK,
            "in order at a glance; `tpm2ca db check` verifies every signature",
        )?);
    };
    let more = if possibly_signed.len() as u64 > LISTED {
        "more than "
    } else {
        ""
    };
    let count = possibly_signed
        .len()
        .min(usize::try_from(LISTED).unwrap_or(usize::MAX));
    Ok(findings.warning(
        CHECK,
        format!("{more}{count} certificates may have been signed before a crash, and are not recorded"),
        printable(&format!(
            "`tpm2ca list --status reserved` shows them; `tpm2ca revoke {first}` makes sure that nobody can use one"
        )),
    )?)
}

/// More are not counted.
const LISTED: u64 = 100;
const CHECK: &str = "records";
