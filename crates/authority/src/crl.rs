//! Certificate revocation lists (RFC 5280 section 5), written as a stream: memory does not grow with the entries.

use std::{
    fs::{File, TryLockError},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use tpm2ca_keys::Hasher;
use tpm2ca_store::{CrlScope, CrlSnapshot, NewCrl, RevokedRow, StoreError};
use tpm2ca_x509::{
    Extension, Serial, UnixTime, Validity,
    crl::{CrlFields, CrlStreamError, CrlWriter, EntriesSize, ReasonCode, RevokedEntry},
    ext,
};

use crate::{
    Authority, AuthorityError, Issuer, IssuerConfig, Shard,
    file::{Replacement, file_error, folder_of},
    hashing_writer::HashingWriter,
    issuer::Signing,
};

/// A wish for CRLs.
#[derive(Clone, Copy, Debug, Default)]
pub struct CrlRequest<'a> {
    /// The issuer; none for the CA's default.
    pub issuer: Option<&'a str>,
    /// Into how many lists they are divided: none for as many as `ca.toml` says, 0 for one list of all certificates.
    pub shards: Option<u32>,
    /// Only what has changed since the newest complete list.
    pub delta: bool,
    /// Seconds to the next one; none for what `ca.toml` says.
    pub valid_for: Option<UnixTime>,
    /// The requester, as the records name it.
    pub requester: &'a str,
}

/// A CRL that was made and recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlSummary {
    /// The issuer.
    pub issuer: String,
    /// Where it is, DER.
    pub path: PathBuf,
    /// Which part of the issuer's certificates it is about; none for all.
    pub shard: Option<Shard>,
    /// Its number (RFC 5280 section 5.2.3).
    pub number: u64,
    /// For a delta CRL, the number of the complete one that it changes.
    pub base: Option<u64>,
    /// When it was made.
    pub this_update: UnixTime,
    /// When the next one is due.
    pub next_update: UnixTime,
    /// How many certificates are on it.
    pub entries: u64,
}

impl Authority {
    /// Makes the CRL of an issuer (none: the default one) with all its certificates; see [`Authority::crls`].
    ///
    /// # Errors
    /// As [`Authority::crls`].
    pub fn crl(
        &self,
        issuer: Option<&str>,
        days: Option<u32>,
        requester: &str,
    ) -> Result<CrlSummary, AuthorityError> {
        let made = self.crls(&CrlRequest {
            issuer,
            shards: Some(0),
            delta: false,
            valid_for: days.map(|days| i64::from(days.max(1)) * SECONDS_PER_DAY),
            requester,
        })?;
        // One list of all of them is one list.
        made.into_iter().next().ok_or(AuthorityError::NoShards)
    }

    /// Makes the CRLs of an issuer from one consistent view of the records, records them, and puts them in the place of
    /// those before.
    ///
    /// The entries are read three times: for the lengths of the lists, for their digests, and into the files. That is
    /// what keeps a list of a million entries within a few megabytes of memory. Many shards are made at once in each
    /// of these walks, all under one number.
    ///
    /// # Errors
    /// [`AuthorityError::IssuerExpired`], [`AuthorityError::IssuerNotYetValid`]; [`AuthorityError::NoShards`] when
    /// certificates do not bear the URLs of shards; [`StoreError::NoBaseCrl`]; those of the key, the records and the
    /// disk. The CRLs before stay where they were then.
    pub fn crls(&self, wish: &CrlRequest<'_>) -> Result<Vec<CrlSummary>, AuthorityError> {
        let issuer = self.issuer(wish.issuer)?;
        let config = self.issuer_config(issuer.name())?;
        let signing = issuer.signing(None)?;
        let count = wish.shards.unwrap_or(config.crl_shards);
        let shards = match count {
            0 => vec![None],
            1..=Shard::MAX => Shard::all(count).map(Some).collect(),
            _ => return Err(AuthorityError::NoShards),
        };
        let extensions = shards
            .iter()
            .map(|shard| list_extensions(config, *shard, wish.delta))
            .collect::<Result<Vec<_>, _>>()?;
        // Whoever makes the same CRL at the same time has to wait: published later, an older list would take back
        // revocations that the newer one has told the world.
        let _alone = alone_in(folder_of(&self.path(&config.crl)))?;
        let this_update = self.now();
        let usual = if wish.delta {
            i64::from(config.delta_hours) * SECONDS_PER_HOUR
        } else {
            i64::from(config.crl_days.max(1)) * SECONDS_PER_DAY
        };
        let next_update = next_update(&issuer, this_update, wish.valid_for.unwrap_or(usual))?;
        let scope = CrlScope {
            shards: count,
            delta: wish.delta,
        };
        let snapshot = self.store.begin_crl(issuer.id(), scope, this_update)?;
        let number = snapshot.number();
        let base = snapshot
            .previous()
            .filter(|_| wish.delta)
            .map(|base| base.number);
        let mut lists = Vec::new();
        for (shard, mut extensions) in shards.into_iter().zip(extensions) {
            extensions.extend(base.map(ext::delta_crl_indicator));
            lists.push(List {
                shard,
                path: self.path(&path_of(&config.crl, shard, wish.delta)),
                extensions,
                size: EntriesSize::new(),
            });
        }
        let about = About {
            issuer: &issuer,
            signing,
            this_update,
            next_update,
            number,
        };
        let mut made = Vec::new();
        for some in lists.chunks_mut(AT_ONCE) {
            made.extend(about.make(&snapshot, some)?);
        }
        self.store.record_crl(&NewCrl {
            issuer: issuer.id(),
            number,
            sha256: digest_of_all(&made),
            this_update,
            next_update,
            entries: lists.iter().map(|list| list.size.count()).sum(),
            requester: wish.requester,
            at: self.now(),
        })?;
        for one in made {
            one.file.commit()?;
        }
        Ok(lists
            .into_iter()
            .map(|list| CrlSummary {
                issuer: issuer.name().to_owned(),
                path: list.path,
                shard: list.shard,
                number,
                base,
                this_update,
                next_update,
                entries: list.size.count(),
            })
            .collect())
    }
}

/// A list that is to be made.
struct List {
    shard: Option<Shard>,
    path: PathBuf,
    extensions: Vec<Extension>,
    size: EntriesSize,
}

/// A list that is on the disk, under another name still.
struct Made {
    file: Replacement,
    sha256: [u8; 32],
}

/// What all lists of one run have in common.
struct About<'a> {
    issuer: &'a Issuer,
    signing: Signing,
    this_update: UnixTime,
    next_update: UnixTime,
    number: u64,
}

impl About<'_> {
    fn fields<'l>(&'l self, list: &'l List) -> CrlFields<'l> {
        CrlFields {
            signature_algorithm: self.signing.algorithm,
            issuer_der: self.issuer.subject_der(),
            this_update: self.this_update,
            next_update: self.next_update,
            authority_key_id: self.issuer.key_identifier(),
            number: self.number,
            extensions: &list.extensions,
        }
    }

    fn make(
        &self,
        snapshot: &CrlSnapshot,
        lists: &mut [List],
    ) -> Result<Vec<Made>, AuthorityError> {
        let parts = Parts::of(lists);
        for entry in entries(snapshot) {
            let entry = entry?;
            if let Some(list) = parts
                .of_serial(&entry.serial)
                .and_then(|at| lists.get_mut(at))
            {
                list.size.add(&entry)?;
            }
        }
        let lists = &*lists;
        let mut hashers: Vec<Hasher> = lists
            .iter()
            .map(|_| Hasher::new(self.signing.hash))
            .collect();
        let writers = lists
            .iter()
            .zip(&mut hashers)
            .map(|(list, hasher)| Ok(self.fields(list).tbs_writer(&list.size, hasher)?))
            .collect::<Result<Vec<_>, AuthorityError>>()?;
        write_entries(snapshot, &parts, writers)?;

        let mut files = Vec::new();
        let mut signatures = Vec::new();
        for (list, hasher) in lists.iter().zip(hashers) {
            let signer = self.issuer.signer();
            signatures.push(signer.sign(self.signing.algorithm, &hasher.finish())?);
            files.push(HashingWriter::new(BufWriter::new(Replacement::create(
                &list.path, 0o644,
            )?)));
        }
        let writers = lists
            .iter()
            .zip(&mut files)
            .zip(&signatures)
            .map(|((list, file), signature)| {
                let fields = self.fields(list);
                Ok(fields.list_writer(&list.size, signature.bytes(), file)?)
            })
            .collect::<Result<Vec<_>, AuthorityError>>()?;
        write_entries(snapshot, &parts, writers)?;
        lists
            .iter()
            .zip(files)
            .map(|(list, file)| {
                let (file, sha256) = file.into_parts();
                let file = file
                    .into_inner()
                    .map_err(|error| file_error("write", &list.path, error.into_error()))?;
                file.sync()?;
                Ok(Made { file, sha256 })
            })
            .collect()
    }
}

/// One more walk over the entries, each into its list.
fn write_entries<W: Write>(
    snapshot: &CrlSnapshot,
    parts: &Parts,
    mut writers: Vec<CrlWriter<W>>,
) -> Result<(), AuthorityError> {
    for entry in entries(snapshot) {
        let entry = entry?;
        if let Some(writer) = parts
            .of_serial(&entry.serial)
            .and_then(|at| writers.get_mut(at))
        {
            writer.entry(&entry)?;
        }
    }
    for writer in writers {
        writer.finish()?;
    }
    Ok(())
}

/// Which of the lists that are being made at once a serial number belongs to.
struct Parts {
    /// The first shard, and how many there are in all; none when there is one list of all.
    first: Option<Shard>,
}

impl Parts {
    fn of(lists: &[List]) -> Self {
        Self {
            first: lists.first().and_then(|list| list.shard),
        }
    }

    /// Its place among them, or beyond.
    fn of_serial(&self, serial: &Serial) -> Option<usize> {
        let Some(first) = self.first else {
            return Some(0);
        };
        let shard = Shard::of(serial, first.count());
        let place = shard.index().checked_sub(first.index())?;
        usize::try_from(place).ok()
    }
}

/// What goes into the records: of one list its digest, of several that of all their digests.
fn digest_of_all(made: &[Made]) -> [u8; 32] {
    if let [one] = made {
        return one.sha256;
    }
    let all: Vec<u8> = made.iter().flat_map(|one| one.sha256).collect();
    crate::sha256::sha256(&all)
}

/// Which certificates the list is about, and where its deltas are.
fn list_extensions(
    config: &IssuerConfig,
    shard: Option<Shard>,
    delta: bool,
) -> Result<Vec<Extension>, AuthorityError> {
    let mut extensions = Vec::new();
    if let Some(shard) = shard {
        let urls = shard.urls(&config.crl_urls);
        if urls.is_empty() || urls == config.crl_urls {
            return Err(AuthorityError::NoShards);
        }
        extensions.push(ext::issuing_distribution_point(&urls)?);
    }
    if !delta && !config.delta_urls.is_empty() {
        let urls = match shard {
            Some(shard) => shard.urls(&config.delta_urls),
            // Where deltas are divided there is none for the list of all.
            None => config
                .delta_urls
                .iter()
                .filter(|url| !url.contains(Shard::PLACE))
                .cloned()
                .collect(),
        };
        if !urls.is_empty() {
            extensions.push(ext::freshest_crl(&urls)?);
        }
    }
    Ok(extensions)
}

/// Where a list is kept: `crl/root.crl`, `crl/root-3-of-16.crl`, `crl/root-3-of-16-delta.crl`.
fn path_of(crl: &str, shard: Option<Shard>, delta: bool) -> String {
    let (stem, ending) = match crl.rsplit_once('.') {
        Some((stem, ending)) if !ending.contains('/') => (stem, format!(".{ending}")),
        _ => (crl, String::new()),
    };
    let shard = shard.map_or_else(String::new, |shard| format!("-{shard}"));
    let delta = if delta { "-delta" } else { "" };
    format!("{stem}{shard}{delta}{ending}")
}

/// When the next CRL is due: after so many seconds, but a CRL that outlives its issuer could not be verified at its end.
fn next_update(
    issuer: &Issuer,
    this_update: UnixTime,
    valid_for: UnixTime,
) -> Result<UnixTime, AuthorityError> {
    let Validity {
        not_before,
        not_after,
    } = issuer.facts().validity;
    let name = || issuer.name().to_owned();
    if this_update < not_before {
        return Err(AuthorityError::IssuerNotYetValid {
            issuer: name(),
            not_before,
        });
    }
    if this_update >= not_after {
        return Err(AuthorityError::IssuerExpired {
            issuer: name(),
            not_after,
        });
    }
    Ok(this_update.saturating_add(valid_for).min(not_after))
}

const SECONDS_PER_HOUR: i64 = 3600;
const SECONDS_PER_DAY: i64 = 86_400;
/// Lists that are made in one walk over the entries.
const AT_ONCE: usize = 64;

/// Locks a folder against other threads and processes that do the same, until the value is dropped.
pub(crate) fn alone_in(folder: &Path) -> Result<File, AuthorityError> {
    let failed = |source| file_error("lock", folder, source);
    let handle = File::open(folder).map_err(failed)?;
    handle.lock().map_err(failed)?;
    Ok(handle)
}

/// As [`alone_in`], but does not wait; nothing when somebody else has the folder.
pub(crate) fn try_alone_in(folder: &Path) -> Result<Option<File>, AuthorityError> {
    let failed = |source| file_error("lock", folder, source);
    let handle = File::open(folder).map_err(failed)?;
    match handle.try_lock() {
        Ok(()) => Ok(Some(handle)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn entries(
    snapshot: &CrlSnapshot,
) -> impl Iterator<Item = Result<RevokedEntry, AuthorityError>> + '_ {
    snapshot.entries().map(|row| entry(&row?))
}

fn entry(row: &RevokedRow) -> Result<RevokedEntry, AuthorityError> {
    let reason = row
        .reason
        .map(ReasonCode::try_from)
        .transpose()
        .map_err(|_| {
            AuthorityError::Store(StoreError::Corrupt {
                what: format!("revocation reason {:?} is not one of RFC 5280", row.reason),
            })
        })?;
    Ok(RevokedEntry {
        serial: Serial::from_be_bytes(&row.serial)?,
        revoked_at: row.revoked_at,
        reason,
        invalidity_date: row.invalidity_date,
    })
}

impl From<CrlStreamError<AuthorityError>> for AuthorityError {
    fn from(error: CrlStreamError<AuthorityError>) -> Self {
        match error {
            CrlStreamError::Entries(error) => error,
            CrlStreamError::Crl(error) => Self::Crl(error),
        }
    }
}
