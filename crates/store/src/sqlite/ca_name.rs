//! The table of names of CAs.

use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use super::sql;
use super::transaction::{Statements, Transaction};
use crate::error::StoreError;
use crate::holder::{HolderKey, names_of_issuer};
use crate::issuer::IssuerId;
use crate::rules::ca_name::{NameOwner, check_name};

/// Checks that the holder may have its name. Certificates that were reserved and certainly not signed do not count.
pub(super) fn check(
    transaction: &mut Transaction<'_, '_>,
    holder: &HolderKey,
    subject: &str,
) -> Result<(), StoreError> {
    let Statements {
        ca_name_any,
        ca_name_same,
        ..
    } = &mut *transaction.statements;
    decide(ca_name_any, ca_name_same, holder, subject)
}

/// Checks it on a connection that only reads: what holds now need not hold when the certificate is reserved.
pub(super) fn look(
    connection: &Connection,
    holder: &HolderKey,
    subject: &str,
) -> Result<(), StoreError> {
    let mut any = connection.prepare(sql::CA_NAME_ANY)?;
    let mut same = connection.prepare(sql::CA_NAME_SAME)?;
    decide(&mut any, &mut same, holder, subject)
}

fn decide(
    any: &mut Statement<'_>,
    same: &mut Statement<'_>,
    holder: &HolderKey,
    subject: &str,
) -> Result<(), StoreError> {
    let HolderKey { name, key, .. } = *holder;
    let Some(name) = name else {
        return Ok(());
    };
    let owner = any.query_row(params![name], owner).optional()?;
    let is_same_key = || Ok(same.exists(params![name, key])?);
    check_name(holder, owner, is_same_key, subject)
}

/// Notes the name of the holder of the certificate in row `certificate`, if it is a CA.
pub(super) fn add(
    transaction: &mut Transaction<'_, '_>,
    certificate: i64,
    holder: &HolderKey,
) -> Result<(), StoreError> {
    if let Some((name, key)) = holder.ca_name() {
        transaction
            .statements
            .ca_name_add
            .execute(params![name, key, None::<i64>, certificate])?;
    }
    Ok(())
}

/// Notes the name of an issuer, and the name of the CA above it, of which the key is not known.
pub(super) fn add_issuer(
    transaction: &mut Transaction<'_, '_>,
    issuer: IssuerId,
    certificate_der: &[u8],
) -> Result<(), StoreError> {
    for (name, key) in names_of_issuer(certificate_der) {
        transaction.statements.ca_name_add.execute(params![
            name,
            key,
            issuer.get(),
            None::<i64>
        ])?;
    }
    Ok(())
}

/// Notes the names of what is in a store from before there was the table.
pub(super) fn fill(connection: &Connection) -> Result<(), StoreError> {
    let mut add = connection.prepare(sql::CA_NAME_ADD)?;
    let mut issuers = connection.prepare(ISSUERS)?;
    let mut rows = issuers.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let der = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        for (name, key) in names_of_issuer(der) {
            add.execute(params![name, key, id, None::<i64>])?;
        }
    }
    let mut certificates = connection.prepare(CERTIFICATES)?;
    let mut rows = certificates.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let der = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        if let Some(holder) = HolderKey::of_certificate(der).filter(|holder| holder.is_ca) {
            add.execute(params![holder.name, holder.key, None::<i64>, id])?;
        }
    }
    Ok(())
}

/// A row of `CA_NAME_ANY`.
fn owner(row: &Row<'_>) -> rusqlite::Result<NameOwner> {
    let (issuer, key_is_known): (Option<String>, bool) = (row.get(0)?, row.get(1)?);
    Ok(match issuer {
        Some(issuer) if key_is_known => NameOwner::Issuer(issuer),
        Some(issuer) => NameOwner::AboveIssuer(issuer),
        None => NameOwner::Certificate(row.get(2)?),
    })
}

const ISSUERS: &str =
    "SELECT id, certificate_der FROM issuer WHERE certificate_der IS NOT NULL ORDER BY id";

/// Those that have basic constraints (2.5.29.19), which are few in most CAs.
const CERTIFICATES: &str = "SELECT id, der FROM certificate
     WHERE der IS NOT NULL AND instr(der, x'0603551d13') > 0 ORDER BY id";
