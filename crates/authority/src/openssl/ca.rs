//! A CA section, opened: its certificate, its records, and, when it is needed, its key.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use tpm2ca_openssl_ca::config::{CaFileError, CaSettings, SerialRule};
use tpm2ca_openssl_conf::Conf;
use tpm2ca_store::{
    IssuerRow, NewIssuer, SqliteStore, Store, StoreError, StoreErrorClass, SyncReport,
};
use tpm2ca_x509::{Name, Serial, UnixTime};

use super::{Books, books::BookFiles, index_sync::IndexSync};
use crate::{
    Authority, AuthorityError, CaConfig, CaDirectory, Environment, FORMAT, Issuer, IssuerConfig,
    KeyLocation, Keyring, OwnFiles, TpmConfig, ca_certificate::CaCertificate,
};

/// What the command line says of the CA, in place of the file.
#[derive(Clone, Debug, Default)]
pub struct OpensslCaOptions {
    /// The section; none for the one that `default_ca` names.
    pub section: Option<String>,
    /// `private_key`
    pub key: Option<String>,
    /// `certificate`
    pub certificate: Option<PathBuf>,
    /// What the file that `oid_file` names contains.
    pub oid_file: Option<Vec<u8>>,
    /// Whether it is enough to read the records: nothing is taken in then, and nothing written.
    pub read_only: bool,
    /// Whether there may be no certificate yet, because it is going to be its own issuer.
    pub selfsign: bool,
    /// The requester, as the records name it.
    pub requester: String,
}

/// A CA that a section of an openssl.cnf describes.
pub struct OpensslCa {
    pub(super) authority: Authority,
    pub(super) conf: Conf,
    pub(super) settings: CaSettings,
    pub(super) certificate: Option<CaCertificate>,
    /// The records' row; none before the first certificate of a CA that is its own issuer.
    pub(super) row: OnceLock<IssuerRow>,
    pub(super) files: BookFiles,
    pub(super) key: Option<String>,
    own: OwnFiles,
    issuer: Mutex<Option<Arc<Issuer>>>,
    pub(super) sync: IndexSync,
}

impl OpensslCa {
    /// Reads the section, the CA's certificate, and opens the records, which are made if there are none. No key is
    /// touched yet, and index.txt is not read yet.
    ///
    /// # Errors
    /// What is wrong with the file or the certificate.
    pub fn open(
        conf: Conf,
        options: &OpensslCaOptions,
        keyring: Keyring,
        environment: Environment,
    ) -> Result<Self, AuthorityError> {
        let settings = CaSettings::read(
            &conf,
            options.section.as_deref(),
            options.oid_file.as_deref(),
        )?;
        let key = options.key.clone().or_else(|| settings.private_key.clone());
        let certificate_path = options
            .certificate
            .clone()
            .or_else(|| settings.certificate.clone());
        let certificate = match &certificate_path {
            Some(path) if !options.selfsign || path.exists() => {
                Some(CaCertificate::read_any(path)?)
            }
            Some(_) => None,
            None if options.selfsign => None,
            None => {
                return Err(CaFileError::MissingKey {
                    file: conf.name().to_owned(),
                    section: settings.section.clone(),
                    key: "certificate",
                    purpose: "the CA's certificate",
                }
                .into());
            }
        };
        let files = BookFiles::new(&settings);
        if !files.index.exists() {
            return Err(AuthorityError::NoIndex(files.index));
        }
        let records = settings.dir.join(RECORDS);
        let store = open_records(&records, options.read_only)?;
        let row = OnceLock::new();
        if let Some(certificate) = &certificate {
            let found = issuer_row(
                &store,
                &settings.section,
                certificate,
                key.as_deref().unwrap_or_default(),
                &options.requester,
                environment.clock.now(),
            )?;
            let _ = row.set(found);
        }
        let name = row
            .get()
            .map_or(&settings.section, |row: &IssuerRow| &row.name);
        let config = config(&settings, name, key.as_deref(), certificate_path.as_deref());
        let own = own_files(
            &conf,
            &settings,
            &[key.as_deref(), settings.private_key.as_deref()],
            // One that signs itself gets its certificate, or a new one, by being written to.
            certificate_path.as_deref().filter(|_| !options.selfsign),
        );
        let directory = CaDirectory::new(settings.dir.clone());
        let authority =
            Authority::of_openssl(directory, config, Box::new(store), keyring, environment)?;
        Ok(Self {
            authority,
            conf,
            settings,
            certificate,
            row,
            files,
            key,
            own,
            issuer: Mutex::default(),
            sync: IndexSync::default(),
        })
    }

    /// The CA with its records, for what is the same with every CA.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// What the section says.
    pub fn settings(&self) -> &CaSettings {
        &self.settings
    }

    /// The configuration file.
    pub fn conf(&self) -> &Conf {
        &self.conf
    }

    /// The files that no output may be written over: those that the configuration names, and the records.
    pub fn own_files(&self) -> &OwnFiles {
        &self.own
    }

    /// Lets go of the key, and of its TPM; both are opened again when they are needed.
    pub fn release_keys(&self) {
        *self.issuer_place() = None;
        self.authority.release_keys();
    }

    /// Takes in what others have done, and completes index.txt: what every other call does first.
    ///
    /// # Errors
    /// Those of the files and the records.
    pub fn synchronize(&self) -> Result<Option<SyncReport>, AuthorityError> {
        let Some(row) = self.row.get() else {
            return Ok(None);
        };
        let (_books, taken) = self.books(row, self.authority.now())?;
        Ok(taken)
    }

    /// As [`OpensslCa::synchronize`], but does not wait for who has the books: they have taken everything in themselves.
    pub(crate) fn try_synchronize(&self) -> Result<(), AuthorityError> {
        if let Some(row) = self.row.get() {
            let now = self.authority.now();
            Books::try_open(&*self.authority.store, row, &self.files, now)?;
        }
        Ok(())
    }

    /// index.txt
    pub(crate) fn index(&self) -> &Path {
        &self.files.index
    }

    /// Its certificate.
    pub(crate) fn certificate(&self) -> Result<&CaCertificate, AuthorityError> {
        self.certificate
            .as_ref()
            .ok_or_else(|| self.missing("certificate", "the CA's certificate"))
    }

    /// Marks as expired, in index.txt, what has ended: `openssl ca -updatedb`. Returns serials and subjects.
    ///
    /// # Errors
    /// Those of the files and the records.
    pub fn mark_expired(&self) -> Result<Vec<(String, String)>, AuthorityError> {
        let row = self.known_row()?;
        let now = self.authority.now();
        let (books, _) = self.books(row, now)?;
        let marked = self
            .authority
            .store
            .require_index()?
            .mark_expired(row.id, now)?;
        books.write_pending()?;
        Ok(marked
            .into_iter()
            .map(|(serial, subject)| (super::index_txt::serial_digits(&serial), subject))
            .collect())
    }

    /// Compares index.txt with the records: what does not fit.
    ///
    /// # Errors
    /// Only when the check itself cannot be done.
    pub fn check_index(&self) -> Result<Vec<String>, AuthorityError> {
        match self.row.get() {
            Some(row) => super::books::compare(&*self.authority.store, row.id, &self.files.index),
            None => Ok(Vec::new()),
        }
    }

    pub(super) fn books<'a>(
        &'a self,
        row: &'a IssuerRow,
        now: UnixTime,
    ) -> Result<(Books<'a>, Option<SyncReport>), AuthorityError> {
        Books::open(&*self.authority.store, row, &self.files, now)
    }

    pub(super) fn known_row(&self) -> Result<&IssuerRow, AuthorityError> {
        self.row
            .get()
            .ok_or_else(|| self.missing("certificate", "the CA's certificate"))
    }

    pub(super) fn missing(&self, key: &'static str, purpose: &'static str) -> AuthorityError {
        AuthorityError::MissingSetting {
            section: self.settings.section.clone(),
            key,
            purpose,
        }
    }

    /// The issuer with its key, which is loaded now if it was not yet.
    pub(super) fn issuer(&self) -> Result<Arc<Issuer>, AuthorityError> {
        let mut place = self.issuer_place();
        if let Some(issuer) = &*place {
            return Ok(Arc::clone(issuer));
        }
        let row = self.known_row()?;
        let key = self
            .key
            .as_deref()
            .ok_or_else(|| self.missing("private_key", "the CA's key"))?;
        let opened = self.authority.keyring.open(Path::new(key))?;
        let config = self.authority.issuer_config(&row.name)?;
        let certificate = self
            .certificate
            .clone()
            .ok_or_else(|| self.missing("certificate", "the CA's certificate"))?;
        let issuer = Issuer::new(row, config, certificate, opened)?;
        Ok(Arc::clone(place.insert(Arc::new(issuer))))
    }

    /// For a certificate that is its own issuer: there may be nothing yet but the key.
    pub(super) fn own_issuer(
        &self,
        subject: &Name,
        requester: &str,
    ) -> Result<Arc<Issuer>, AuthorityError> {
        if self.certificate.is_some() {
            return self.issuer();
        }
        let mut place = self.issuer_place();
        if let Some(issuer) = &*place {
            return Ok(Arc::clone(issuer));
        }
        let key = self
            .key
            .as_deref()
            .ok_or_else(|| self.missing("private_key", "the CA's key"))?;
        let opened = self.authority.keyring.open(Path::new(key))?;
        let id = opened.signer.public_key().key_identifier();
        let row = find_or_add(
            &*self.authority.store,
            &self.settings.section,
            subject.as_der(),
            &id,
            key,
            requester,
            self.authority.now(),
        )?;
        let issuer = Issuer::root_to_be(row.id, &row.name, subject, opened);
        let _ = self.row.set(row);
        Ok(Arc::clone(place.insert(Arc::new(issuer))))
    }

    fn issuer_place(&self) -> MutexGuard<'_, Option<Arc<Issuer>>> {
        self.issuer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lists the files that the section names for `openssl ca` to read or write. Elsewhere in the same folder users have their own
/// files, such as `crl/ca.crl.pem`.
fn own_files(
    conf: &Conf,
    settings: &CaSettings,
    keys: &[Option<&str>],
    certificate: Option<&Path>,
) -> OwnFiles {
    let mut own = OwnFiles::default();
    own.existing(Path::new(conf.name()), "the configuration of the CA");
    for key in keys.iter().flatten() {
        if !KeyLocation::is_handle(key) {
            own.existing(Path::new(key), "the key of the CA");
        }
    }
    if let Some(certificate) = certificate {
        own.existing(certificate, "the certificate of the CA");
    }
    own.database(&settings.dir.join(RECORDS));
    own.book(&settings.database, "the list of certificates of the CA");
    let serial = match &settings.serial {
        SerialRule::File(path) => Some(path),
        SerialRule::Random => None,
    };
    for path in serial.into_iter().chain(&settings.crlnumber) {
        own.book(path, "a file with the numbers of the CA");
    }
    own
}

/// The records beside the files.
const RECORDS: &str = "tpm2ca.db";

fn open_records(path: &Path, read_only: bool) -> Result<SqliteStore, AuthorityError> {
    if read_only && path.exists() {
        return Ok(
            SqliteStore::open(path).or_else(|error| match error.class() {
                StoreErrorClass::ReadOnly | StoreErrorClass::Denied => {
                    SqliteStore::open_read_only(path)
                }
                _ => Err(error),
            })?,
        );
    }
    if !path.exists() {
        match SqliteStore::create(path) {
            Ok(store) => return Ok(store),
            // somebody else was faster
            Err(error) if error.class() == StoreErrorClass::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(SqliteStore::open(path)?)
}

/// The issuer of this name and key in the records, added if it is new. A CA that got another key keeps its section and
/// its files, and is another issuer.
fn issuer_row(
    store: &dyn Store,
    section: &str,
    certificate: &CaCertificate,
    key: &str,
    requester: &str,
    at: UnixTime,
) -> Result<IssuerRow, AuthorityError> {
    let facts = &certificate.facts;
    let row = find_or_add(
        store,
        section,
        &facts.subject_der,
        &facts.key_identifier,
        key,
        requester,
        at,
    )?;
    if row.certificate_der.as_deref() != Some(&certificate.der) {
        match store.set_issuer_certificate(row.id, &certificate.der, requester, at) {
            // Who may only read sees the certificate before.
            Err(error) if error.class() == StoreErrorClass::ReadOnly => {}
            set => set?,
        }
    }
    Ok(row)
}

fn find_or_add(
    store: &dyn Store,
    section: &str,
    subject_der: &[u8],
    key_id: &[u8],
    key: &str,
    requester: &str,
    at: UnixTime,
) -> Result<IssuerRow, AuthorityError> {
    loop {
        let rows = store.issuers()?;
        let known = rows
            .iter()
            .find(|row| row.subject_der == subject_der && row.key_id == key_id);
        if let Some(row) = known {
            return Ok(row.clone());
        }
        let free = |name: &String| rows.iter().all(|row| row.name != *name);
        let name = std::iter::once(section.to_owned())
            .chain((2..1000).map(|number| format!("{section}-{number}")))
            .find(free)
            .unwrap_or_default();
        let added = store.add_issuer(&NewIssuer {
            name: &name,
            subject_der,
            key_id,
            key,
            pinned_parent: None,
            certificate_der: None,
            requester,
            at,
        });
        match added {
            Ok(_) | Err(StoreError::IssuerTaken { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// What `ca.toml` would say.
fn config(
    settings: &CaSettings,
    name: &str,
    key: Option<&str>,
    certificate: Option<&Path>,
) -> CaConfig {
    let absolute = |path: &Path| {
        std::path::absolute(path)
            .unwrap_or_else(|_| path.to_owned())
            .display()
            .to_string()
    };
    CaConfig {
        format: FORMAT,
        name: settings.section.clone(),
        default_issuer: name.to_owned(),
        tpm: TpmConfig::default(),
        issuer: BTreeMap::from([(
            name.to_owned(),
            IssuerConfig {
                key: match key {
                    Some(key) if !key.starts_with("handle:") => absolute(Path::new(key)),
                    key => key.unwrap_or_default().to_owned(),
                },
                certificate: certificate.map(absolute).unwrap_or_default(),
                parent: None,
                crl: absolute(&settings.dir.join("crl.pem")),
                crl_days: u32::try_from(settings.crl_days).unwrap_or(30).max(1),
                delta_hours: 24,
                crl_shards: 0,
                crl_urls: Vec::new(),
                delta_urls: Vec::new(),
                ocsp_urls: Vec::new(),
                ca_issuers_urls: Vec::new(),
            },
        )]),
    }
}

/// A serial for people and for messages, as index.txt has it.
pub(super) fn shown(serial: &Serial) -> String {
    super::index_txt::serial_digits(serial.as_be_bytes())
}
