//! The two books of a CA with an openssl.cnf, its records and its `index.txt`, in step.
//!
//! Who works on them holds a lock on the folder of `index.txt`. First, what others have changed in the file is taken
//! in: nothing is read if the file is the one that was last written, only the new lines if it merely grew, and all of
//! it if lines were changed (`openssl ca -revoke`). Then, what the records know and the file does not say yet is
//! written: after a crash that is what the crash left undone.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tpm2ca_openssl_ca::config::CaSettings;
use tpm2ca_store::{
    ImportedCertificate, IndexEntry, IndexRow, IndexSeen, IssuerId, IssuerRow, Store, StoreError,
    SyncReport,
};
use tpm2ca_x509::{Certificate, UnixTime, pem};

use super::{
    index_txt::{self, RowError, Rows, serial_digits},
    number_file::{mode_of, with_ending},
};
use crate::{
    AuthorityError,
    crl::{alone_in, try_alone_in},
    file::{Replacement, file_error, folder_of, sync_folder, write_afresh, write_replacing},
    sha256::sha256,
};

/// Where the files are.
#[derive(Clone, Debug)]
pub(crate) struct BookFiles {
    pub(crate) index: PathBuf,
    pub(crate) new_certs: Option<PathBuf>,
    /// What a new index.txt.attr is to say.
    unique_subject: bool,
}

impl BookFiles {
    pub(crate) fn new(settings: &CaSettings) -> Self {
        Self {
            index: settings.database.clone(),
            new_certs: settings.new_certs_dir.clone(),
            unique_subject: settings.unique_subject,
        }
    }

    /// The file of a certificate among the new ones.
    pub(crate) fn certificate(&self, serial: &[u8]) -> Option<PathBuf> {
        let folder = self.new_certs.as_ref()?;
        Some(folder.join(format!("{}.pem", serial_digits(serial))))
    }
}

/// The books, opened and locked.
pub(crate) struct Books<'a> {
    store: &'a dyn Store,
    issuer: IssuerId,
    issuer_name: &'a [u8],
    files: &'a BookFiles,
    _lock: File,
}

impl<'a> Books<'a> {
    /// Waits for the lock, takes in what others have done, and completes the file.
    ///
    /// # Errors
    /// [`AuthorityError::Index`] names the damaged line; then nothing has been changed.
    pub(crate) fn open(
        store: &'a dyn Store,
        issuer: &'a IssuerRow,
        files: &'a BookFiles,
        now: UnixTime,
    ) -> Result<(Self, Option<SyncReport>), AuthorityError> {
        let lock = alone_in(folder_of(&files.index))?;
        Self::under(lock, store, issuer, files, now)
    }

    /// The same, unless somebody else has the lock.
    pub(crate) fn try_open(
        store: &'a dyn Store,
        issuer: &'a IssuerRow,
        files: &'a BookFiles,
        now: UnixTime,
    ) -> Result<Option<(Self, Option<SyncReport>)>, AuthorityError> {
        try_alone_in(folder_of(&files.index))?
            .map(|lock| Self::under(lock, store, issuer, files, now))
            .transpose()
    }

    fn under(
        lock: File,
        store: &'a dyn Store,
        issuer: &'a IssuerRow,
        files: &'a BookFiles,
        now: UnixTime,
    ) -> Result<(Self, Option<SyncReport>), AuthorityError> {
        let books = Self {
            store,
            issuer: issuer.id,
            issuer_name: &issuer.subject_der,
            files,
            _lock: lock,
        };
        books.mend_last_line()?;
        let taken = books.sync_index(now)?;
        books.write_pending()?;
        Ok((books, taken))
    }

    /// Takes in what has changed since the file was last seen.
    fn sync_index(&self, now: UnixTime) -> Result<Option<SyncReport>, AuthorityError> {
        let path = &self.files.index;
        let mut file = self.open_index()?;
        let seen = look(&mut file).map_err(|source| file_error("read", path, source))?;
        let last = self.store.require_index()?.index_seen(self.issuer)?;
        let start = match &last {
            Some(last)
                if (last.size, last.mtime_ns, last.inode)
                    == (seen.size, seen.mtime_ns, seen.inode) =>
            {
                return Ok(None);
            }
            Some(last) if last.size > 0 && last.size < seen.size => {
                let tail = tail_before(&mut file, last.size)
                    .map_err(|source| file_error("read", path, source))?;
                if tail == last.tail { Some(last) } else { None }
            }
            _ => None,
        };
        let (offset, before) = start.map_or((0, 0), |last| (last.size, last.rows));
        // Certificates are looked for where there are few of them: after an import of a million rows nobody wants to
        // wait for as many files.
        let few = seen.size - offset <= FEW_OCTETS;
        file.seek(SeekFrom::Start(offset))
            .map_err(|source| file_error("read", path, source))?;
        let failure = Arc::new(Mutex::new(None));
        let rows = TakenRows {
            rows: Rows::new(
                BufReader::with_capacity(256 * 1024, file.take(seen.size - offset)),
                before,
            ),
            certificates: few.then(|| NewCertificates {
                files: self.files.clone(),
                issuer: self.issuer_name.to_owned(),
            }),
            failure: Arc::clone(&failure),
        };
        let taken = self.store.require_index()?.sync_index(
            self.issuer,
            Box::new(rows),
            IndexSeen {
                rows: before,
                ..seen
            },
            OTHERS,
            now,
        );
        let failure = failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match failure {
            Some(error) => Err(self.row_error(error)),
            None => Ok(Some(taken?)),
        }
    }

    /// A line that a crash has cut off while it was being written is taken away again; it is still pending.
    fn mend_last_line(&self) -> Result<(), AuthorityError> {
        let path = &self.files.index;
        let failed = |source| file_error("read", path, source);
        let mut file = self.open_index()?;
        let size = file.metadata().map_err(failed)?.len();
        let from = size.saturating_sub(64 * 1024);
        file.seek(SeekFrom::Start(from)).map_err(failed)?;
        let mut end = Vec::new();
        file.read_to_end(&mut end).map_err(failed)?;
        let whole = end
            .iter()
            .rposition(|octet| *octet == b'\n')
            .map_or(0, |at| at + 1);
        let part = end.get(whole..).unwrap_or_default();
        if part.is_empty() {
            return Ok(());
        }
        let pending = self.store.require_index()?.index_pending(self.issuer)?;
        let ours = pending
            .iter()
            .any(|entry| index_txt::line(entry).starts_with(part));
        if ours {
            let keep = from + whole as u64;
            OpenOptions::new()
                .write(true)
                .open(path)
                .and_then(|file| {
                    file.set_len(keep)?;
                    file.sync_all()
                })
                .map_err(|source| file_error("write", path, source))?;
        }
        // What is not ours is told as damage when it is read.
        Ok(())
    }

    /// Writes what the file does not say yet: new certificates behind its end, changes by writing all of it anew.
    pub(crate) fn write_pending(&self) -> Result<(), AuthorityError> {
        let pending = self.store.require_index()?.index_pending(self.issuer)?;
        if pending.is_empty() {
            return Ok(());
        }
        for entry in &pending {
            self.write_certificate(entry)?;
        }
        let (new, changed): (Vec<_>, Vec<_>) = pending.iter().partition(|entry| entry.is_new);
        if changed.is_empty() {
            self.append(&new)?;
        } else {
            self.rewrite(&new, &changed)?;
        }
        self.write_attributes()?;
        let path = &self.files.index;
        let mut file = self.open_index()?;
        let seen = look(&mut file).map_err(|source| file_error("read", path, source))?;
        let last = self.store.require_index()?.index_seen(self.issuer)?;
        let rows = last.map_or(0, |last| last.rows) + new.len() as u64;
        self.store.require_index()?.index_written(
            self.issuer,
            pending.iter().map(|entry| entry.position).collect(),
            IndexSeen { rows, ..seen },
        )?;
        Ok(())
    }

    /// `newcerts/SERIAL.pem`, if it is not there yet.
    fn write_certificate(&self, entry: &IndexEntry) -> Result<(), AuthorityError> {
        let Some(path) = self.files.certificate(&entry.serial) else {
            return Ok(());
        };
        let Some(der) = self.store.certificate_der(self.issuer, &entry.serial)? else {
            return Ok(());
        };
        let text = pem::encode("CERTIFICATE", &der);
        // Another one may be left over from an earlier CA.
        if fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
            return Ok(());
        }
        write_replacing(&path, text.as_bytes(), 0o644)
    }

    fn append(&self, new: &[&IndexEntry]) -> Result<(), AuthorityError> {
        let path = &self.files.index;
        let failed = |source| file_error("write", path, source);
        let lines: Vec<u8> = new
            .iter()
            .flat_map(|entry| index_txt::line(entry))
            .collect();
        let mut file = OpenOptions::new().append(true).open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.len() <= SMALL {
            let before = fs::read(path).map_err(failed)?;
            write_afresh(&with_ending(path, "old"), &before, mode_of(path))?;
        }
        file.write_all(&lines).map_err(failed)?;
        file.sync_all().map_err(failed)
    }

    fn rewrite(&self, new: &[&IndexEntry], changed: &[&IndexEntry]) -> Result<(), AuthorityError> {
        let path = &self.files.index;
        let failed = |source| file_error("write", path, source);
        let mut left: std::collections::HashMap<&[u8], &IndexEntry> = changed
            .iter()
            .map(|entry| (entry.serial.as_slice(), *entry))
            .collect();
        let mut rows = Rows::new(BufReader::with_capacity(256 * 1024, self.open_index()?), 0);
        let mut out =
            BufWriter::with_capacity(256 * 1024, Replacement::create(path, mode_of(path))?);
        loop {
            let next = rows.next_line().map_err(|error| self.row_error(error))?;
            let Some((line, row)) = next else { break };
            let entry = row.and_then(|row| left.remove(row.serial.as_slice()));
            match entry {
                Some(entry) => out.write_all(&index_txt::changed_line(line, entry)),
                None => out.write_all(line).and_then(|()| out.write_all(b"\n")),
            }
            .map_err(failed)?;
        }
        // A reservation that was revoked has no line yet.
        let rest = changed
            .iter()
            .filter(|entry| left.contains_key(entry.serial.as_slice()));
        for entry in rest.chain(new) {
            out.write_all(&index_txt::line(entry)).map_err(failed)?;
        }
        let replacement = out
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        keep_old(path)?;
        replacement.commit()
    }

    /// `index.txt.attr`, which `openssl ca` writes with every change.
    fn write_attributes(&self) -> Result<(), AuthorityError> {
        let path = with_ending(&self.files.index, "attr");
        if path.exists() {
            return Ok(());
        }
        let unique = if self.files.unique_subject {
            "yes"
        } else {
            "no"
        };
        let text = format!("unique_subject = {unique}\n");
        write_replacing(&path, text.as_bytes(), mode_of(&self.files.index))
    }

    fn open_index(&self) -> Result<File, AuthorityError> {
        let path = &self.files.index;
        File::open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => AuthorityError::NoIndex(path.clone()),
            _ => file_error("read", path, source),
        })
    }

    fn row_error(&self, error: RowError) -> AuthorityError {
        row_error(&self.files.index, error)
    }
}

pub(super) fn row_error(path: &Path, error: RowError) -> AuthorityError {
    match error {
        RowError::Damaged { line, problem } => AuthorityError::Index {
            path: path.to_owned(),
            line,
            problem,
        },
        RowError::Io(source) => file_error("read", path, source),
    }
}

/// Rows on their way into the records, with the certificates that are at hand.
pub(super) struct TakenRows<R> {
    pub(super) rows: Rows<R>,
    pub(super) certificates: Option<NewCertificates>,
    /// Why there are no more.
    pub(super) failure: Arc<Mutex<Option<RowError>>>,
}

impl<R: io::BufRead> Iterator for TakenRows<R> {
    type Item = Result<IndexRow, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.rows.next_line() {
                Ok(Some((_, Some(mut row)))) => {
                    if let Some(certificates) = &self.certificates {
                        row.certificate = certificates.of(&row);
                    }
                    return Some(Ok(row));
                }
                Ok(Some((_, None))) => {}
                Ok(None) => return None,
                Err(error) => {
                    *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    return Some(Err(StoreError::Unreadable));
                }
            }
        }
    }
}

/// The folder of new certificates, and who issued those that are meant.
pub(super) struct NewCertificates {
    pub(super) files: BookFiles,
    /// The issuer's name, DER.
    pub(super) issuer: Vec<u8>,
}

impl NewCertificates {
    /// The certificate of a row, if it is there and can be read. One of an earlier CA may have been left under the same
    /// number: issuer and end must be the same too.
    fn of(&self, row: &IndexRow) -> Option<ImportedCertificate> {
        let file = File::open(self.files.certificate(&row.serial)?).ok()?;
        let mut text = Vec::new();
        file.take(MAX_CERTIFICATE).read_to_end(&mut text).ok()?;
        let der = pem::blocks(&text)
            .ok()?
            .into_iter()
            .find(|block| block.label == "CERTIFICATE")?
            .der;
        let certificate = Certificate::parse(&der).ok()?;
        let tbs = certificate.tbs();
        let validity = tbs.validity();
        if tbs.issuer_der() != self.issuer || validity.not_after != row.not_after {
            return None;
        }
        let names = tbs
            .general_names()
            .map(|names| names.iter().map(ToString::to_string).collect())
            .unwrap_or_default();
        Some(ImportedCertificate {
            der,
            not_before: validity.not_before,
            names,
        })
    }
}

/// How the file looks; its rows are not counted.
fn look(file: &mut File) -> io::Result<IndexSeen> {
    let metadata = file.metadata()?;
    let size = metadata.len();
    Ok(IndexSeen {
        size,
        mtime_ns: metadata
            .mtime()
            .saturating_mul(1_000_000_000)
            .saturating_add(metadata.mtime_nsec()),
        inode: metadata.ino(),
        rows: 0,
        tail: tail_before(file, size)?,
    })
}

/// SHA-256 of the octets in front of `end`.
fn tail_before(file: &mut File, end: u64) -> io::Result<[u8; 32]> {
    let from = end.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(end - from).read_to_end(&mut tail)?;
    Ok(sha256(&tail))
}

/// Gives the file the name with `.old` as well, as `openssl ca` leaves the one before a change.
fn keep_old(path: &Path) -> Result<(), AuthorityError> {
    let old = with_ending(path, "old");
    let failed = |source| file_error("write", &old, source);
    match fs::remove_file(&old) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    if fs::hard_link(path, &old).is_err() {
        fs::copy(path, &old).map_err(failed)?;
    }
    sync_folder(path)
}

/// Who has done what is found in the file, as the records name it.
const OTHERS: &str = "openssl ca";

/// Octets at the end of the file by which it is recognised.
const TAIL: u64 = 4096;
/// So many octets of new rows are few.
const FEW_OCTETS: u64 = 256 * 1024;
/// A file that is copied to `.old` before it grows; a larger one is not, so that no operation grows with it.
const SMALL: u64 = 256 * 1024;
const MAX_CERTIFICATE: u64 = 256 * 1024;

/// Compares every row of the file with the records; the differences, at most a thousand.
pub(super) fn compare(
    store: &dyn Store,
    issuer: IssuerId,
    path: &Path,
) -> Result<Vec<String>, AuthorityError> {
    let failed = |source| file_error("read", path, source);
    let file = File::open(path).map_err(failed)?;
    let mut rows = Rows::new(BufReader::new(file), 0);
    let mut problems = Vec::new();
    let mut listed = 0_u64;
    loop {
        let row = match rows.next_line() {
            Ok(None) => break,
            Ok(Some((_, row))) => row,
            Err(RowError::Damaged { line, problem }) => {
                problems.push(format!(
                    "`{}`, line {line}: the row {problem}",
                    path.display()
                ));
                return Ok(problems);
            }
            Err(RowError::Io(source)) => return Err(failed(source)),
        };
        let Some(row) = row else { continue };
        listed += 1;
        let serial = serial_digits(&row.serial);
        let known = store.find_by_serial(Some(issuer), &row.serial)?;
        let problem = match known.first() {
            // A serial of 0 cannot be asked for.
            None if row.serial == [0] => continue,
            None => "the records do not have it",
            Some(known) if known.revoked_at != row.revoked_at => {
                "its revocation is another one in the records"
            }
            Some(known) if known.subject != row.subject => {
                "its subject is another one in the records"
            }
            Some(known) if known.not_after != row.not_after => {
                "its end is another one in the records"
            }
            Some(_) => continue,
        };
        if problems.len() < 1000 {
            problems.push(format!("`{}`, {serial}: {problem}", path.display()));
        }
    }
    let mut entries = 0_u64;
    let mut after = i64::MIN;
    loop {
        let page = store.require_index()?.index_entries(issuer, after)?;
        let Some(last) = page.last() else { break };
        after = last.position;
        entries += page.len() as u64;
    }
    if entries != listed {
        problems.push(format!(
            "`{}` has {listed} rows, and the records have {entries} certificates for it",
            path.display()
        ));
    }
    Ok(problems)
}
