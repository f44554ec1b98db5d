//! A transaction of the writer: its prepared statements, and the head of the audit chain within it.

use rusqlite::{Connection, OptionalExtension, Statement, params};

use super::error::SqliteError;
use super::sql;
use crate::audit::{AuditHead, NewEntry};
use crate::error::StoreError;

/// Every statement that the writer uses, prepared once.
pub(super) struct Statements<'c> {
    begin: Statement<'c>,
    commit: Statement<'c>,
    rollback: Statement<'c>,
    savepoint: Statement<'c>,
    release: Statement<'c>,
    rollback_to: Statement<'c>,
    audit_head: Statement<'c>,
    audit_append: Statement<'c>,
    pub(super) issuer_add: Statement<'c>,
    pub(super) issuer_certify: Statement<'c>,
    pub(super) reserve: Statement<'c>,
    pub(super) ca_name_any: Statement<'c>,
    pub(super) ca_name_same: Statement<'c>,
    pub(super) ca_name_add: Statement<'c>,
    pub(super) claim_add: Statement<'c>,
    pub(super) claim_newest: Statement<'c>,
    pub(super) token_held: Statement<'c>,
    pub(super) token_use: Statement<'c>,
    pub(super) token_free: Statement<'c>,
    pub(super) record: Statement<'c>,
    pub(super) void: Statement<'c>,
    pub(super) state_by_id: Statement<'c>,
    pub(super) state_by_serial: Statement<'c>,
    pub(super) set_revocation: Statement<'c>,
    pub(super) crl_begin: Statement<'c>,
    pub(super) crl_state: Statement<'c>,
    pub(super) crl_record: Statement<'c>,
    pub(super) index_seen: Statement<'c>,
    pub(super) index_standing: Statement<'c>,
    pub(super) index_add: Statement<'c>,
    pub(super) index_change: Statement<'c>,
    pub(super) index_written: Statement<'c>,
    pub(super) index_note: Statement<'c>,
    pub(super) index_expire: Statement<'c>,
    pub(super) crl_begin_as: Statement<'c>,
}

impl<'c> Statements<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> Result<Self, StoreError> {
        Ok(Self {
            begin: connection.prepare("BEGIN IMMEDIATE")?,
            commit: connection.prepare("COMMIT")?,
            rollback: connection.prepare("ROLLBACK")?,
            savepoint: connection.prepare("SAVEPOINT request")?,
            release: connection.prepare("RELEASE request")?,
            rollback_to: connection.prepare("ROLLBACK TO request")?,
            audit_head: connection.prepare(sql::AUDIT_HEAD)?,
            audit_append: connection.prepare(sql::AUDIT_APPEND)?,
            issuer_add: connection.prepare(sql::ISSUER_ADD)?,
            issuer_certify: connection.prepare(sql::ISSUER_CERTIFY)?,
            reserve: connection.prepare(sql::RESERVE)?,
            ca_name_any: connection.prepare(sql::CA_NAME_ANY)?,
            ca_name_same: connection.prepare(sql::CA_NAME_SAME)?,
            ca_name_add: connection.prepare(sql::CA_NAME_ADD)?,
            claim_add: connection.prepare(sql::CLAIM_ADD)?,
            claim_newest: connection.prepare(sql::CLAIM_NEWEST)?,
            token_held: connection.prepare(sql::TOKEN_HELD)?,
            token_use: connection.prepare(sql::TOKEN_USE)?,
            token_free: connection.prepare(sql::TOKEN_FREE)?,
            record: connection.prepare(sql::RECORD)?,
            void: connection.prepare(sql::VOID)?,
            state_by_id: connection.prepare(sql::STATE_BY_ID)?,
            state_by_serial: connection.prepare(sql::STATE_BY_SERIAL)?,
            set_revocation: connection.prepare(sql::SET_REVOCATION)?,
            crl_begin: connection.prepare(sql::CRL_BEGIN)?,
            crl_state: connection.prepare(sql::CRL_STATE)?,
            crl_record: connection.prepare(sql::CRL_RECORD)?,
            index_seen: connection.prepare(sql::INDEX_SEEN)?,
            index_standing: connection.prepare(sql::INDEX_STANDING)?,
            index_add: connection.prepare(sql::INDEX_ADD)?,
            index_change: connection.prepare(sql::INDEX_CHANGE)?,
            index_written: connection.prepare(sql::INDEX_WRITTEN)?,
            index_note: connection.prepare(sql::INDEX_NOTE)?,
            index_expire: connection.prepare(sql::INDEX_EXPIRE)?,
            crl_begin_as: connection.prepare(sql::CRL_BEGIN_AS)?,
        })
    }

    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        Ok(self.begin.execute([]).map(drop)?)
    }

    pub(super) fn rollback(&mut self) -> Result<(), StoreError> {
        Ok(self.rollback.execute([]).map(drop)?)
    }
}

/// A transaction that has begun.
pub(super) struct Transaction<'s, 'c> {
    pub(super) statements: &'s mut Statements<'c>,
    head: AuditHead,
    /// Something is done by half and cannot be undone alone.
    spoiled: bool,
}

impl<'s, 'c> Transaction<'s, 'c> {
    /// The head is read anew in each transaction, since another process may have appended since the
    /// last one.
    pub(super) fn new(statements: &'s mut Statements<'c>) -> Result<Self, StoreError> {
        let head = statements
            .audit_head
            .query_row([], |row| {
                Ok(AuditHead {
                    seq: row.get(0)?,
                    hash: row.get(1)?,
                })
            })
            .optional()?
            .unwrap_or(AuditHead::EMPTY);
        Ok(Self {
            statements,
            head,
            spoiled: false,
        })
    }

    /// Does `work` and undoes it when it says `false`. An error means that the whole transaction is
    /// lost.
    pub(super) fn undoable(
        &mut self,
        work: impl FnOnce(&mut Self) -> bool,
    ) -> Result<(), StoreError> {
        let head = self.head;
        self.statements.savepoint.execute([])?;
        if !work(self) {
            self.head = head;
            self.statements.rollback_to.execute([])?;
        }
        self.statements.release.execute([])?;
        Ok(())
    }

    /// Does `work`, which changes nothing when it says `false`, and so needs no savepoint. An error means that the
    /// whole transaction is lost.
    pub(super) fn whole(
        &mut self,
        connection: &Connection,
        work: impl FnOnce(&mut Self) -> bool,
    ) -> Result<(), StoreError> {
        // SQLite itself gives up the transaction for a full disk and the like; then nothing more may be done in it,
        // since it would be done outside of any.
        if !work(self) && (self.spoiled || connection.is_autocommit()) {
            return Err(SqliteError::WriterGone.into());
        }
        Ok(())
    }

    /// As [`Self::append`], for the second half of something: when it fails, so does the transaction.
    pub(super) fn append_to_whole(&mut self, entry: &NewEntry<'_>) -> Result<i64, StoreError> {
        self.second_half(|this| this.append(entry))
    }

    /// Does the second half of something: when it fails, so does the transaction.
    pub(super) fn second_half<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let done = work(self);
        self.spoiled |= done.is_err();
        done
    }

    /// The number that the next audit entry will have.
    pub(super) fn next_entry(&self) -> i64 {
        self.head.next_seq()
    }

    /// Appends to the audit log and returns the entry's number.
    pub(super) fn append(&mut self, entry: &NewEntry<'_>) -> Result<i64, StoreError> {
        let (fields, head) = self.head.append(entry);
        self.statements.audit_append.execute(params![
            fields.seq,
            fields.at,
            fields.kind,
            fields.issuer,
            fields.serial,
            fields.actor,
            fields.detail,
            self.head.hash,
            head.hash
        ])?;
        self.head = head;
        Ok(head.seq)
    }

    pub(super) fn commit(self) -> Result<(), StoreError> {
        Ok(self.statements.commit.execute([]).map(drop)?)
    }
}
