//! Moves what was committed from the write-ahead log into the file, beside the writer.
//!
//! SQLite would do it within the commit that makes the log long enough. That commit takes several milliseconds, in which
//! nothing is reserved and a quick signer runs out of work. So another connection does most of it meanwhile, and the
//! writer only what was committed since: then the log is begun anew. Nothing of this matters for what is durable.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use rusqlite::hooks::Wal;
use rusqlite::{Connection, OpenFlags};

use super::error::SqliteError;
use super::open;
use crate::error::StoreError;

/// Has the log of the writer's connection emptied when it is long enough; ends its thread when dropped.
pub(super) struct Checkpoints {
    /// Pages in the log after the last commit.
    pages: Arc<AtomicU32>,
    /// Pages from which it is to be emptied.
    due: u32,
    /// Whether the helper was told to begin.
    begun: bool,
    helper: Help,
}

/// Who does most of it.
enum Help {
    /// Whoever opens the file for few certificates needs no thread for this.
    NotYet,
    By(Helper),
    /// No thread or no connection was to be had: the writer does all of it.
    Never,
}

impl Checkpoints {
    /// Takes over from SQLite what the connection would do by itself.
    pub(super) fn of(connection: &mut Connection) -> Result<Self, StoreError> {
        let pages = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&pages);
        connection.wal_hook(Some(move |_: &mut Wal, pages| {
            count.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self {
            pages,
            due: PAGES,
            begun: false,
            helper: Help::NotYet,
        })
    }

    /// To be called by the writer after each commit.
    pub(super) fn after_commit(&mut self, connection: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < self.due.saturating_sub(PAGES) {
            // It was begun anew.
            self.due = PAGES;
        }
        if pages < self.due {
            return;
        }
        if let Help::NotYet = self.helper {
            self.helper = match connection.path().map(Helper::start) {
                Some(Ok(helper)) => Help::By(helper),
                _ => Help::Never,
            };
        }
        if let Help::By(helper) = &self.helper {
            if !self.begun && helper.begin() {
                self.begun = true;
                return;
            }
            if self.begun && !helper.is_done() && pages < self.due + MOST_PAGES {
                return;
            }
        }
        move_committed(connection);
        self.begun = false;
        // A reader may keep the log from being begun anew; it is not tried with each commit.
        self.due = pages + PAGES;
    }
}

/// A thread with a connection of its own.
struct Helper {
    /// `None` only while being dropped.
    wishes: Option<Sender<()>>,
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Helper {
    fn start(path: &str) -> Result<Self, StoreError> {
        let connection = open::connect(Path::new(path), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        let (wishes, received) = mpsc::channel();
        let done = Arc::new(AtomicBool::new(false));
        let tell = Arc::clone(&done);
        let thread = thread::Builder::new()
            .name("tpm2ca-log".to_owned())
            .spawn(move || serve(&connection, &received, &tell))
            .map_err(|error| SqliteError::Io {
                doing: "starting a thread for the log of",
                detail: error.to_string(),
            })?;
        Ok(Self {
            wishes: Some(wishes),
            done,
            thread: Some(thread),
        })
    }

    /// Whether it could begin.
    fn begin(&self) -> bool {
        self.done.store(false, Ordering::Relaxed);
        self.wishes
            .as_ref()
            .is_some_and(|wishes| wishes.send(()).is_ok())
    }

    fn is_done(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.wishes = None;
        if let Some(thread) = self.thread.take() {
            // What it was to do is done by the next who opens the file.
            let _ = thread.join();
        }
    }
}

fn serve(connection: &Connection, wishes: &Receiver<()>, done: &AtomicBool) {
    while wishes.recv().is_ok() {
        move_committed(connection);
        done.store(true, Ordering::Relaxed);
    }
}

/// A checkpoint that waits for nobody. If it fails, all is still in the log, and there is a next time; a full or broken
/// disk is told by the next commit.
fn move_committed(connection: &Connection) {
    let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
}

/// Pages in the log from which it is emptied: 16 MiB. SQLite's own choice is a quarter of that, but each time the writer
/// has to stop for a moment.
const PAGES: u32 = 4000;
/// How much longer it may get before the writer waits for it to be emptied.
const MOST_PAGES: u32 = 2 * PAGES;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_log_stays_short_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        open::create_file(&path).unwrap();
        let mut connection = open::writable(&path).unwrap();
        let mut checkpoints = Checkpoints::of(&mut connection).unwrap();
        connection
            .execute_batch("CREATE TABLE page (content BLOB)")
            .unwrap();
        let mut longest = 0;
        for _ in 0..3 * PAGES / 100 {
            connection
                .execute("INSERT INTO page VALUES (zeroblob(408000))", [])
                .unwrap();
            checkpoints.after_commit(&connection);
            longest = longest.max(checkpoints.pages.load(Ordering::Relaxed));
        }
        // Each row is a page, and each commit writes the one above it again.
        assert!(
            (PAGES..PAGES + MOST_PAGES + 200).contains(&longest),
            "{longest}"
        );
        assert!(matches!(checkpoints.helper, Help::By(_)));
        drop(checkpoints);
        let other = open::readable(&path, false).unwrap();
        let count: u32 = other
            .query_row("SELECT count(*) FROM page", [], |row| row.get(0))
            .unwrap();
        assert_eq!(count, 3 * PAGES / 100);
    }

    #[test]
    fn without_a_helper_the_writer_empties_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        open::create_file(&path).unwrap();
        let mut connection = open::writable(&path).unwrap();
        let mut checkpoints = Checkpoints::of(&mut connection).unwrap();
        checkpoints.helper = Help::Never;
        connection
            .execute_batch("CREATE TABLE page (content BLOB)")
            .unwrap();
        let mut longest = 0;
        for _ in 0..2 * PAGES / 100 {
            connection
                .execute("INSERT INTO page VALUES (zeroblob(408000))", [])
                .unwrap();
            checkpoints.after_commit(&connection);
            longest = longest.max(checkpoints.pages.load(Ordering::Relaxed));
        }
        assert!((PAGES..PAGES + 200).contains(&longest), "{longest}");
    }
}
