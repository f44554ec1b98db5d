//! A CA of `openssl ca` becomes an issuer of a CA directory: its certificate, its key, and all that index.txt tells.
//!
//! Its files stay as they are, and nobody reads them any more: from then on there is one book again.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tpm2ca_openssl_ca::config::{CaFileError, CaSettings, CaUrls};
use tpm2ca_openssl_conf::Conf;
use tpm2ca_store::{
    IndexRow, IndexStatus, IssuerId, IssuerRow, NewIssuer, SqliteStore, Store, StoreError,
    SyncReport,
};
use tpm2ca_tpm::KeyFile;
use tpm2ca_x509::{Certificate, UnixTime, crl::ReasonCode, pem};
use zeroize::Zeroizing;

use super::{
    books::{BookFiles, NewCertificates, TakenRows, row_error},
    crl::small,
    index_txt::Rows,
    number_file,
};
use crate::{
    AuthorityError, CaConfig, CaDirectory, FORMAT, IssuerConfig, KeyLocation, TpmConfig,
    ca_certificate::CaCertificate,
    check::verify,
    config::url_flaw,
    crl::alone_in,
    file::{file_error, folder_of, write_new, write_replacing},
    init::{claim, made::Made},
};

/// What is to be taken over.
#[derive(Clone, Copy, Debug)]
pub struct TakeOver<'a> {
    /// The openssl.cnf.
    pub conf: &'a Conf,
    /// The CA's section; none for the one that `default_ca` names.
    pub section: Option<&'a str>,
    /// What the file that `oid_file` names contains.
    pub oid_file: Option<&'a [u8]>,
    /// What the issuer is to be called; none for `root` or `intermediate`, as its certificate tells.
    pub issuer: Option<&'a str>,
    /// The TCTI string for a new `ca.toml` to remember.
    pub tcti: Option<&'a str>,
    /// Who does this, for the records.
    pub requester: &'a str,
    /// The time.
    pub at: UnixTime,
}

/// What was taken over.
#[derive(Clone, Debug)]
pub struct TakenOver {
    /// What the issuer is called.
    pub issuer: String,
    /// Whether the directory is new.
    pub new_directory: bool,
    /// Its rows.
    pub taken: SyncReport,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Makes the CA of an openssl.cnf an issuer of the directory, which is made if there is no CA in it. Its key is not
/// needed for that: a key file of a TPM is copied, a software key stays where it is.
///
/// # Errors
/// What is wrong with the file, the certificate or index.txt, whose damaged line is named; nothing has been changed
/// then. [`AuthorityError::TakenOver`] when it was done before.
pub fn take_over(
    directory: &CaDirectory,
    wish: &TakeOver<'_>,
) -> Result<TakenOver, AuthorityError> {
    let old = OldCa::read(wish)?;
    let _alone = alone_in(folder_of(&old.files.index))?;
    // All of it is read once before anything is written.
    old.check_rows()?;
    let mut made = Made::default();
    let done = if directory.config_path().exists() {
        old.join(directory, wish, &mut made)
    } else {
        directory.must_be_free()?;
        old.found(directory, wish, &mut made)
    };
    if done.is_err() {
        made.take_back();
    }
    done
}

/// The CA as its file describes it.
struct OldCa {
    settings: CaSettings,
    certificate: CaCertificate,
    is_root: bool,
    key: OldKey,
    files: BookFiles,
    /// The number of its next CRL, if it has numbers.
    next_crl: Option<u64>,
    urls: CaUrls,
}

enum OldKey {
    /// A TPM's key file, which is copied: it is of no use elsewhere.
    TpmFile(Zeroizing<Vec<u8>>),
    /// Where a software key is, or a key's handle: as `ca.toml` names it.
    Elsewhere(String, bool),
}

impl OldCa {
    fn read(wish: &TakeOver<'_>) -> Result<Self, AuthorityError> {
        let settings = CaSettings::read(wish.conf, wish.section, wish.oid_file)?;
        let missing = |key, purpose| CaFileError::MissingKey {
            file: wish.conf.name().to_owned(),
            section: settings.section.clone(),
            key,
            purpose,
        };
        let path = settings
            .certificate
            .as_ref()
            .ok_or_else(|| missing("certificate", "the CA's certificate"))?;
        let certificate = CaCertificate::read_any(path)?;
        let unusable = |message| AuthorityError::IssuerCertificate {
            path: path.clone(),
            message,
        };
        let certificate = CaCertificate::parse(certificate.der).map_err(unusable)?;
        let is_root = {
            let parsed = Certificate::parse(&certificate.der)?;
            parsed.tbs().issuer_der() == certificate.facts.subject_der
        };
        let key = settings
            .private_key
            .as_deref()
            .ok_or_else(|| missing("private_key", "the CA's key"))?;
        let key = OldKey::read(key)?;
        let files = BookFiles::new(&settings);
        if !files.index.exists() {
            return Err(AuthorityError::NoIndex(files.index));
        }
        let next_crl = match &settings.crlnumber {
            None => None,
            Some(path) => match number_file::read(path)? {
                None => None,
                Some(number) => {
                    let number = small(&number).ok_or_else(|| AuthorityError::NumberFile {
                        path: path.clone(),
                        got: super::index_txt::serial_digits(&number),
                    })?;
                    Some(number)
                }
            },
        };
        Ok(Self {
            certificate,
            is_root,
            key,
            files,
            next_crl,
            urls: CaUrls::of(wish.conf),
            settings,
        })
    }

    /// A directory of its own.
    fn found(
        &self,
        directory: &CaDirectory,
        wish: &TakeOver<'_>,
        made: &mut Made,
    ) -> Result<TakenOver, AuthorityError> {
        let name = self.name(wish).to_owned();
        let store = claim(directory, made)?;
        let mut notes = Vec::new();
        let issuer = self.issuer_config(&name, None, &mut notes);
        let config = CaConfig {
            format: FORMAT,
            name: self.display_name(),
            default_issuer: name.clone(),
            tpm: TpmConfig {
                tcti: wish.tcti.map(str::to_owned),
                srk: None,
            },
            issuer: BTreeMap::from([(name.clone(), issuer)]),
        };
        let text = config.to_toml()?;
        CaConfig::parse(&text, &directory.config_path().display().to_string())?;
        let taken = self.record(&store, &name, &config.issuer, wish, &mut notes)?;
        self.write_files(directory, &name, made)?;
        made.write(directory.config_path(), &text)?;
        if !self.is_root {
            notes.push(
                "the CA above it is not in this directory: take its openssl.cnf over as well, or keep its certificate at \
                 hand for chains"
                    .to_owned(),
            );
        }
        Ok(TakenOver {
            issuer: name,
            new_directory: true,
            taken,
            notes,
        })
    }

    /// One more issuer of a directory that has some.
    fn join(
        &self,
        directory: &CaDirectory,
        wish: &TakeOver<'_>,
        made: &mut Made,
    ) -> Result<TakenOver, AuthorityError> {
        let mut config = directory.config()?;
        let store = SqliteStore::open(&directory.records_path())?;
        let rows = store.issuers()?;
        let is_this = |row: &&IssuerRow| {
            row.subject_der == self.certificate.facts.subject_der
                && row.key_id == self.certificate.facts.key_identifier
        };
        if let Some(row) = rows.iter().find(is_this)
            && config.issuer.contains_key(&row.name)
        {
            return Err(AuthorityError::TakenOver {
                path: directory.path().to_owned(),
                issuer: row.name.clone(),
            });
        }
        let name = match rows.iter().find(is_this) {
            // What an earlier try has left, which did not come to its end.
            Some(row) => row.name.clone(),
            None => self.name(wish).to_owned(),
        };
        if config.issuer.contains_key(&name) {
            return Err(StoreError::IssuerTaken { name }.into());
        }
        let parent = rows
            .iter()
            .find(|row| !self.is_root && self.is_signed_by(row))
            .map(|row| row.name.clone())
            .filter(|name| config.issuer.contains_key(name));
        let mut notes = Vec::new();
        let issuer = self.issuer_config(&name, parent, &mut notes);
        let path = directory.config_path();
        let text = fs::read_to_string(&path).map_err(|source| file_error("read", &path, source))?;
        let text = format!("{}\n\n{}", text.trim_end(), issuer.to_toml(&name)?);
        config.issuer.insert(name.clone(), issuer);
        CaConfig::parse(&text, &path.display().to_string())?;
        let taken = self.record(&store, &name, &config.issuer, wish, &mut notes)?;
        self.write_files(directory, &name, made)?;
        write_replacing(&path, text.as_bytes(), 0o644)?;
        if config.default_issuer != name {
            notes.push(format!(
                "`{}` signs when no issuer is named: give `--issuer {name}`, or set `default_issuer = \"{name}\"` in \
                 `{}`",
                config.default_issuer,
                path.display()
            ));
        }
        Ok(TakenOver {
            issuer: name,
            new_directory: false,
            taken,
            notes,
        })
    }

    fn name<'a>(&self, wish: &TakeOver<'a>) -> &'a str {
        let usual = if self.is_root { "root" } else { "intermediate" };
        wish.issuer.unwrap_or(usual)
    }

    /// What people call it: its common name, or its organization.
    fn display_name(&self) -> String {
        let subject = Certificate::parse(&self.certificate.der)
            .map(|parsed| parsed.tbs().subject())
            .unwrap_or_default();
        subject
            .common_names()
            .pop()
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| self.settings.section.clone())
    }

    fn is_signed_by(&self, row: &IssuerRow) -> bool {
        let Some(Ok(above)) = row.certificate_der.clone().map(CaCertificate::parse) else {
            return false;
        };
        let Ok(parsed) = Certificate::parse(&self.certificate.der) else {
            return false;
        };
        parsed.tbs().issuer_der() == above.facts.subject_der
            && verify(&self.certificate.der, &above.key).is_ok()
    }

    fn issuer_config(
        &self,
        name: &str,
        parent: Option<String>,
        notes: &mut Vec<String>,
    ) -> IssuerConfig {
        let key = match &self.key {
            OldKey::TpmFile(_) => format!("{name}.key"),
            OldKey::Elsewhere(key, is_file) => {
                if *is_file {
                    notes.push(format!(
                        "`{key}` is a software key and stays there: `tpm2ca key import` makes a TPM's key of it, which \
                         `key` in `ca.toml` then names"
                    ));
                }
                key.clone()
            }
        };
        let mut usable = |urls: &[String]| -> Vec<String> {
            let (usable, others): (Vec<String>, Vec<String>) = urls
                .iter()
                .cloned()
                .partition(|url| url_flaw(url).is_none());
            for url in others {
                notes.push(format!(
                    "`{url}` is not taken over: it is no URL that `ca.toml` can have"
                ));
            }
            usable
        };
        let days = match (self.settings.crl_days, self.settings.crl_hours) {
            (0, 0) => 30,
            (days, hours) => days.saturating_add(hours / 24).max(1),
        };
        IssuerConfig {
            key,
            certificate: format!("{name}.crt"),
            parent,
            crl: format!("crl/{name}.crl"),
            crl_days: u32::try_from(days).unwrap_or(30),
            delta_hours: 24,
            crl_shards: 0,
            crl_urls: usable(&self.urls.crl),
            delta_urls: Vec::new(),
            ocsp_urls: usable(&self.urls.ocsp),
            ca_issuers_urls: usable(&self.urls.ca_issuers),
        }
    }

    fn check_rows(&self) -> Result<(), AuthorityError> {
        let mut rows = Rows::new(BufReader::with_capacity(256 * 1024, self.open_index()?), 0);
        loop {
            match rows.next_line() {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(error) => return Err(row_error(&self.files.index, error)),
            }
        }
    }

    /// The issuer, its rows, and the number that its CRLs go on from.
    fn record(
        &self,
        store: &SqliteStore,
        name: &str,
        config: &BTreeMap<String, IssuerConfig>,
        wish: &TakeOver<'_>,
        notes: &mut Vec<String>,
    ) -> Result<SyncReport, AuthorityError> {
        let id = self.add_issuer(store, name, config, wish)?;
        let failure = Arc::new(Mutex::new(None));
        let counts = Arc::new(Mutex::new(Counts::default()));
        let rows = NativeRows {
            rows: TakenRows {
                rows: Rows::new(BufReader::with_capacity(256 * 1024, self.open_index()?), 0),
                certificates: Some(NewCertificates {
                    files: self.files.clone(),
                    issuer: self.certificate.facts.subject_der.clone(),
                }),
                failure: Arc::clone(&failure),
            },
            counts: Arc::clone(&counts),
        };
        let taken =
            store
                .require_index()?
                .migrate_index(id, Box::new(rows), wish.requester, wish.at);
        let failed = failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(error) = failed {
            return Err(row_error(&self.files.index, error));
        }
        let taken = taken?;
        if let Some(used) = self.next_crl.and_then(|next| next.checked_sub(1))
            && used > 0
            && store.last_crl(id)?.is_none()
        {
            // Taken out of the way, so that the next one gets the number of the file.
            store.require_index()?.begin_listed_crl(id, used, wish.at)?;
        }
        counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .tell(notes);
        Ok(taken)
    }

    fn add_issuer(
        &self,
        store: &SqliteStore,
        name: &str,
        config: &BTreeMap<String, IssuerConfig>,
        wish: &TakeOver<'_>,
    ) -> Result<IssuerId, AuthorityError> {
        let facts = &self.certificate.facts;
        let rows = store.issuers()?;
        if let Some(row) = rows
            .iter()
            .find(|row| row.subject_der == facts.subject_der && row.key_id == facts.key_identifier)
        {
            return Ok(row.id);
        }
        Ok(store.add_issuer(&NewIssuer {
            name,
            subject_der: &facts.subject_der,
            key_id: &facts.key_identifier,
            key: config.get(name).map_or("", |issuer| &issuer.key),
            pinned_parent: None,
            certificate_der: Some(&self.certificate.der),
            requester: wish.requester,
            at: wish.at,
        })?)
    }

    fn write_files(
        &self,
        directory: &CaDirectory,
        name: &str,
        made: &mut Made,
    ) -> Result<(), AuthorityError> {
        if let OldKey::TpmFile(text) = &self.key {
            let path = directory.resolve(&format!("{name}.key"));
            write_new(&path, text, 0o600)?;
            made.file(path);
        }
        let pem = pem::encode("CERTIFICATE", &self.certificate.der);
        made.write(directory.resolve(&format!("{name}.crt")), &pem)
    }

    fn open_index(&self) -> Result<File, AuthorityError> {
        let path = &self.files.index;
        File::open(path).map_err(|source| file_error("read", path, source))
    }
}

impl OldKey {
    fn read(key: &str) -> Result<Self, AuthorityError> {
        if KeyLocation::is_handle(key) {
            return Ok(Self::Elsewhere(key.to_owned(), false));
        }
        let path = Path::new(key);
        let text =
            Zeroizing::new(fs::read(path).map_err(|source| file_error("read", path, source))?);
        if !KeyFile::is_tss2_pem(&text) {
            let path: PathBuf =
                std::path::absolute(path).map_err(|source| file_error("read", path, source))?;
            return Ok(Self::Elsewhere(path.display().to_string(), true));
        }
        KeyFile::from_pem(&text).map_err(|source| AuthorityError::Tss2File {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self::TpmFile(text))
    }
}

/// What is not in the records of a CA directory as it is in index.txt.
#[derive(Debug, Default)]
struct Counts {
    without_certificate: u64,
    removed: u64,
    hold_instructions: u64,
}

impl Counts {
    fn tell(&self, notes: &mut Vec<String>) {
        if self.without_certificate > 0 {
            notes.push(format!(
                "{} certificates are not among the new certificates: `show` has what index.txt says of them, and no PEM",
                self.without_certificate
            ));
        }
        if self.removed > 0 {
            notes.push(format!(
                "{} rows say removeFromCRL and are taken for not revoked",
                self.removed
            ));
        }
        if self.hold_instructions > 0 {
            notes.push(format!(
                "{} certificates on hold have an instruction, which the records do not keep (RFC 5280 has none any more)",
                self.hold_instructions
            ));
        }
    }
}

/// The rows as the records of a CA directory have them.
struct NativeRows<R> {
    rows: TakenRows<R>,
    counts: Arc<Mutex<Counts>>,
}

impl<R: std::io::BufRead> Iterator for NativeRows<R> {
    type Item = Result<IndexRow, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut row = match self.rows.next()? {
            Ok(row) => row,
            Err(error) => return Some(Err(error)),
        };
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let parsed = row
            .certificate
            .as_ref()
            .and_then(|taken| Certificate::parse(&taken.der).ok());
        match parsed {
            // As everywhere in these records.
            Some(parsed) => row.subject = parsed.tbs().subject().to_string(),
            None => counts.without_certificate += 1,
        }
        if row.reason == Some(ReasonCode::RemoveFromCrl.code()) {
            counts.removed += 1;
            row.status = IndexStatus::Valid;
            row.revoked_at = None;
            row.reason = None;
        }
        if row.note.take().is_some_and(|note| note.contains(',')) {
            counts.hold_instructions += 1;
        }
        Some(Ok(row))
    }
}
