//! Finds new revocations by the audit log, in which every one of them is.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::{open, sql};
use crate::audit::AuditKind;
use crate::error::StoreError;
use crate::issuer::IssuerId;
use crate::watch::{Change, Watch};

/// A connection that never writes: for it, SQLite's `data_version` changes with every commit of anybody.
pub(super) struct SqliteWatch {
    connection: Connection,
    version: Option<i64>,
    /// Number of the last audit entry that was seen.
    seen: i64,
}

impl SqliteWatch {
    pub(super) fn open(path: &Path, fixed: bool) -> Result<Self, StoreError> {
        let connection = open::readable(path, fixed)?;
        let head = connection
            .query_row(sql::AUDIT_HEAD, [], |row| row.get(0))
            .optional()?;
        Ok(Self {
            connection,
            version: None,
            seen: head.unwrap_or(0),
        })
    }
}

impl Watch for SqliteWatch {
    fn changes(&mut self, each: &mut dyn FnMut(Change)) -> Result<(), StoreError> {
        let version = self
            .connection
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        if self.version == Some(version) {
            return Ok(());
        }
        let mut statement = self.connection.prepare_cached(sql::AUDIT_CHANGES)?;
        let mut rows = statement.query([self.seen])?;
        let mut anything = false;
        while let Some(row) = rows.next()? {
            let kind = AuditKind::parse(row.get_ref(1)?.as_str().unwrap_or_default());
            let issuer = row.get::<_, Option<i64>>(2)?.map(IssuerId::new);
            match Change::of_entry(kind, issuer, row.get(3)?) {
                None => {}
                Some(Change::Anything) => anything = true,
                Some(change) => each(change),
            }
            self.seen = row.get(0)?;
        }
        if anything {
            each(Change::Anything);
        }
        self.version = Some(version);
        Ok(())
    }
}
