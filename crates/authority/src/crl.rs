//! Certificate revocation lists (RFC 5280 section 5), written as a stream: memory does not grow with the entries.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use aws_lc_rs::digest;
use tpm2ca_keys::Hasher;
use tpm2ca_store::{CrlSnapshot, NewCrl, RevokedRow, StoreError};
use tpm2ca_x509::{
    Serial, UnixTime, Validity,
    crl::{CrlFields, CrlStreamError, ReasonCode, RevokedEntry},
};

use crate::{
    Authority, AuthorityError, Issuer, IssuerConfig,
    file::{Replacement, file_error, folder_of},
};

/// A CRL that was made and recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlSummary {
    /// The issuer.
    pub issuer: String,
    /// Where it is, DER.
    pub path: PathBuf,
    /// Its number (RFC 5280 section 5.2.3).
    pub number: u64,
    /// When it was made.
    pub this_update: UnixTime,
    /// When the next one is due.
    pub next_update: UnixTime,
    /// How many certificates are on it.
    pub entries: u64,
}

impl Authority {
    /// Makes the CRL of an issuer (none: the default one) from one consistent view of the records, records it, and
    /// puts it in the place of the one before.
    ///
    /// The entries are read three times: for the length of the list, for its digest, and into the file. That is what
    /// keeps a list of a million entries within a few megabytes of memory.
    ///
    /// # Errors
    /// [`AuthorityError::IssuerExpired`], [`AuthorityError::IssuerNotYetValid`]; those of the key, the records and the
    /// disk. The CRL before stays where it was then.
    pub fn crl(
        &self,
        issuer: Option<&str>,
        days: Option<u32>,
        requester: &str,
    ) -> Result<CrlSummary, AuthorityError> {
        let issuer = self.issuer(issuer)?;
        let IssuerConfig { crl, crl_days, .. } = self.issuer_config(issuer.name())?;
        let path = self.path(crl);
        let signing = issuer.signing(None)?;
        // Whoever makes the same CRL at the same time has to wait: published later, an older list would take back
        // revocations that the newer one has told the world.
        let _alone = alone_in(folder_of(&path))?;
        let this_update = self.now();
        let next_update = next_update(&issuer, this_update, days.unwrap_or(*crl_days))?;
        let snapshot = self.store.begin_crl(issuer.id(), this_update)?;
        let fields = CrlFields {
            signature_algorithm: signing.algorithm,
            issuer_der: issuer.subject_der(),
            this_update,
            next_update,
            authority_key_id: issuer.key_identifier(),
            number: snapshot.number(),
            extensions: &[],
        };

        let size = CrlFields::entries_len(entries(&snapshot))?;
        let mut hasher = Hasher::new(signing.hash);
        fields.write_tbs(&size, entries(&snapshot), &mut hasher)?;
        let signature = issuer.signer().sign(signing.algorithm, &hasher.finish())?;

        let mut file = HashingFile {
            file: BufWriter::new(Replacement::create(&path, 0o644)?),
            hash: digest::Context::new(&digest::SHA256),
        };
        fields.write(&size, entries(&snapshot), signature.bytes(), &mut file)?;
        let (replacement, sha256) = file
            .finish()
            .map_err(|source| file_error("write", &path, source))?;
        replacement.sync()?;
        self.store.record_crl(&NewCrl {
            issuer: issuer.id(),
            number: snapshot.number(),
            sha256,
            this_update,
            next_update,
            entries: size.count(),
            requester,
            at: self.now(),
        })?;
        replacement.commit()?;
        Ok(CrlSummary {
            issuer: issuer.name().to_owned(),
            path,
            number: snapshot.number(),
            this_update,
            next_update,
            entries: size.count(),
        })
    }
}

/// When the next CRL is due: in so many days, but a CRL that outlives its issuer could not be verified at its end.
fn next_update(
    issuer: &Issuer,
    this_update: UnixTime,
    days: u32,
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
    let wanted = this_update.saturating_add(i64::from(days.max(1)) * SECONDS_PER_DAY);
    Ok(wanted.min(not_after))
}

const SECONDS_PER_DAY: i64 = 86_400;

/// Locks a folder against other threads and processes that do the same, until the value is dropped.
pub(crate) fn alone_in(folder: &Path) -> Result<File, AuthorityError> {
    let failed = |source| file_error("lock", folder, source);
    let handle = File::open(folder).map_err(failed)?;
    handle.lock().map_err(failed)?;
    Ok(handle)
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

/// Counts the digest of what goes into the file, for the records.
struct HashingFile {
    file: BufWriter<Replacement>,
    hash: digest::Context,
}

impl HashingFile {
    fn finish(self) -> io::Result<(Replacement, [u8; 32])> {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.hash.finish().as_ref());
        let replacement = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        Ok((replacement, sha256))
    }
}

impl Write for HashingFile {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.file.write(octets)?;
        // A writer never claims to have written more than it was given.
        self.hash.update(octets.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl From<CrlStreamError<AuthorityError>> for AuthorityError {
    fn from(error: CrlStreamError<AuthorityError>) -> Self {
        match error {
            CrlStreamError::Entries(error) => error,
            CrlStreamError::Crl(error) => Self::Crl(error),
        }
    }
}
