//! A look at the file that takes a moment.

use super::SqliteStore;
use crate::error::StoreError;

impl SqliteStore {
    /// Looks whether the file is whole: its pages and their order, not what stands in them. Much quicker than
    /// [`Store::check`](crate::Store::check). Returns the first damage.
    ///
    /// # Errors
    /// Those of reading.
    pub fn quick_check(&self) -> Result<Option<String>, StoreError> {
        self.readers.with(|connection| {
            let found: String =
                connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            Ok((found != "ok").then_some(found))
        })
    }
}
