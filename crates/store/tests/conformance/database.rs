//! The databases that are tested.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tpm2ca_store::{IssuerId, SqliteStore, Store};

use crate::fixture::{Calls, add_issuer};

/// A database, which is removed when this is dropped.
pub(crate) trait Database: Sync {
    /// Opens it, as each process would.
    fn open(&self) -> Box<dyn Store>;
}

/// Makes an empty database.
pub(crate) type New = fn() -> Box<dyn Database>;

/// A file of SQLite.
pub(crate) struct Sqlite {
    path: PathBuf,
    _folder: Option<TempDir>,
}

impl Sqlite {
    /// A new file.
    pub(crate) fn at(path: &Path) -> Self {
        drop(SqliteStore::create(path).unwrap());
        Self {
            path: path.to_owned(),
            _folder: None,
        }
    }
}

impl Database for Sqlite {
    fn open(&self) -> Box<dyn Store> {
        Box::new(SqliteStore::open(&self.path).unwrap())
    }
}

pub(crate) fn sqlite() -> Box<dyn Database> {
    let folder = tempfile::tempdir().unwrap();
    let Sqlite { path, .. } = Sqlite::at(&folder.path().join("ca.db"));
    Box::new(Sqlite {
        path,
        _folder: Some(folder),
    })
}

/// A database with one issuer.
pub(crate) struct Ca {
    pub(crate) store: Box<dyn Store>,
    pub(crate) issuer: IssuerId,
    database: Box<dyn Database>,
}

impl Ca {
    pub(crate) fn new(new: New) -> Self {
        let database = new();
        let store = database.open();
        let issuer = add_issuer(&*store, "root").unwrap();
        Self {
            store,
            issuer,
            database,
        }
    }

    /// The same database in another process, as far as a store can tell.
    pub(crate) fn reopen(self) -> Self {
        let Self {
            store,
            issuer,
            database,
        } = self;
        drop(store);
        Self {
            store: database.open(),
            issuer,
            database,
        }
    }
}

impl Calls for Ca {
    fn store(&self) -> &dyn Store {
        &*self.store
    }

    fn issuer(&self) -> IssuerId {
        self.issuer
    }
}
