//! A new CA: root and intermediate, both keys made inside the TPM.

use std::{collections::BTreeMap, sync::Arc};

use tpm2ca_keys::make_csr;
use tpm2ca_store::{NewIssuer, SqliteStore, Store, StoreErrorClass};
use tpm2ca_tpm::{Algorithm, Auth, KeyFile, KeyTemplate};
use tpm2ca_x509::{Name, pem};

use crate::{
    Authority, AuthorityError, CaConfig, CaDirectory, Environment, FORMAT, IssueRequest, Issued,
    Issuer, IssuerConfig, Keyring, TpmConfig, ca_certificate::CaCertificate, keyring::OpenKey,
};
use made::Made;

pub(crate) mod made;
mod rehearsal;

/// What a new CA is to be like.
#[derive(Clone, Debug)]
pub struct InitOptions {
    /// Its name; the certificates are called `NAME Root CA` and `NAME Intermediate CA`.
    pub name: String,
    /// The kind of both keys.
    pub algorithm: Algorithm,
    /// Days of validity of the root; none for the profile's.
    pub root_days: Option<u32>,
    /// Days of validity of the intermediate; none for the profile's.
    pub intermediate_days: Option<u32>,
    /// DNS suffixes below which alone the intermediate may issue; empty for no constraint.
    pub permit_dns: Vec<String>,
    /// The authorization value of both keys; may be empty.
    pub key_auth: Auth,
    /// Whether wrong tries of it do not count towards the TPM's lockout. True suits a value that cannot be guessed.
    pub no_da: bool,
    /// Where CRLs will be published, with `%` for the issuer's name.
    pub crl_url: Option<String>,
    /// The TCTI string to remember.
    pub tcti: Option<String>,
    /// Who does this, for the records.
    pub requester: String,
}

/// A new CA, and the certificates that were made for it.
pub struct Initialized {
    /// The CA, open, with both keys loaded.
    pub authority: Authority,
    /// The root's certificate.
    pub root: Issued,
    /// The intermediate's.
    pub intermediate: Issued,
}

/// Makes a CA in a directory that has none. If it fails, nothing of it stays; if the process is killed, the directory
/// has no `ca.toml`, and nobody takes it for a CA.
///
/// # Errors
/// [`AuthorityError::DirectoryInUse`] when there is one already; the TPM's errors, the profile's refusals.
pub fn init(
    directory: &CaDirectory,
    keyring: Keyring,
    environment: Environment,
    options: &InitOptions,
) -> Result<Initialized, AuthorityError> {
    directory.must_be_free()?;
    let subjects = Subjects::new(&options.name)?;
    let profiles = directory.profiles()?;
    rehearsal::rehearse(&profiles, &subjects, options, environment.clock.now())?;
    // Without a TPM, not even an empty folder is made.
    keyring.tpm()?;
    let mut made = Made::default();
    let ca = make(
        directory,
        keyring,
        environment,
        options,
        &subjects,
        &mut made,
    );
    if ca.is_err() {
        made.take_back();
    }
    ca
}

const ROOT: &str = "root";
const INTERMEDIATE: &str = "intermediate";

/// What the two CAs are called.
struct Subjects {
    root: Name,
    intermediate: Name,
}

impl Subjects {
    fn new(name: &str) -> Result<Self, AuthorityError> {
        Ok(Self {
            root: Name::common_name(&format!("{name} Root CA"))?,
            intermediate: Name::common_name(&format!("{name} Intermediate CA"))?,
        })
    }
}

fn make(
    directory: &CaDirectory,
    keyring: Keyring,
    environment: Environment,
    options: &InitOptions,
    subjects: &Subjects,
    made: &mut Made,
) -> Result<Initialized, AuthorityError> {
    // Making keys takes some chips a minute, in which a user may change their mind: nothing is on disk before them.
    let keys = [new_key(&keyring, options)?, new_key(&keyring, options)?];
    let store = claim(directory, made)?;
    let pinned_srk = keyring.tpm()?.srk_name()?;
    let mut candidate = |name, subject: &Name, key: KeyFile| {
        let key = open_key(directory, &keyring, name, key, options, made)?;
        store.add_issuer(&NewIssuer {
            name,
            subject_der: subject.as_der(),
            key_id: &key.signer.public_key().key_identifier(),
            key: &key_file(name),
            pinned_parent: Some(pinned_srk.as_bytes()),
            certificate_der: None,
            requester: &options.requester,
            at: environment.clock.now(),
        })?;
        Ok::<_, AuthorityError>(Candidate {
            name,
            csr: make_csr(subject.as_der(), &[], &*key.signer)?,
            key,
        })
    };
    let [root_key, intermediate_key] = keys;
    let root = candidate(ROOT, &subjects.root, root_key)?;
    let intermediate = candidate(INTERMEDIATE, &subjects.intermediate, intermediate_key)?;

    let config = CaConfig {
        format: FORMAT,
        name: options.name.clone(),
        default_issuer: INTERMEDIATE.to_owned(),
        tpm: TpmConfig {
            tcti: options.tcti.clone(),
            srk: Some(pinned_srk.to_string()),
        },
        issuer: BTreeMap::from([
            (ROOT.to_owned(), issuer_config(ROOT, None, options)),
            (
                INTERMEDIATE.to_owned(),
                issuer_config(INTERMEDIATE, Some(ROOT), options),
            ),
        ]),
    };
    let authority = Authority::assemble(
        directory.clone(),
        config,
        Box::new(store),
        keyring,
        environment,
    )?;
    let root_wish = IssueRequest {
        days: options.root_days,
        ..IssueRequest::new(&root.csr, ROOT, &options.requester)
    };
    let id = authority.issuer_id(ROOT)?;
    let itself = Issuer::root_to_be(id, ROOT, &subjects.root, root.key.clone());
    let root = root.certify(&authority, Arc::new(itself), &root_wish)?;
    let intermediate_wish = IssueRequest {
        days: options.intermediate_days,
        permitted_dns: &options.permit_dns,
        ..IssueRequest::new(&intermediate.csr, INTERMEDIATE, &options.requester)
    };
    let above = authority.issuer(Some(ROOT))?;
    let intermediate = intermediate.certify(&authority, above, &intermediate_wish)?;

    let root_pem = pem::encode("CERTIFICATE", &root.certificate);
    let intermediate_pem = pem::encode("CERTIFICATE", &intermediate.certificate);
    let chain = format!("{intermediate_pem}{root_pem}");
    made.write(directory.resolve("root.crt"), &root_pem)?;
    made.write(directory.resolve("intermediate.crt"), &intermediate_pem)?;
    made.write(directory.resolve("chain.crt"), &chain)?;
    made.write(directory.config_path(), &authority.config.to_toml()?)?;
    Ok(Initialized {
        authority,
        root,
        intermediate,
    })
}

/// Makes the folders and the records. Of several who try that at the same time only one can: who comes later must not
/// even clean up.
pub(crate) fn claim(
    directory: &CaDirectory,
    made: &mut Made,
) -> Result<SqliteStore, AuthorityError> {
    for folder in ["", "profiles", "crl"] {
        made.folder(&directory.resolve(folder))?;
    }
    let records = directory.records_path();
    let store = SqliteStore::create(&records);
    if matches!(&store, Err(error) if error.class() == StoreErrorClass::Conflict) {
        return Err(AuthorityError::DirectoryInUse {
            path: directory.path().to_owned(),
            half_made: true,
        });
    }
    for beside in ["", "-wal", "-shm"] {
        let mut name = records.clone().into_os_string();
        name.push(beside);
        made.file(name.into());
    }
    Ok(store?)
}

/// A CA that has a key, but no certificate yet.
struct Candidate<'a> {
    name: &'a str,
    csr: Vec<u8>,
    key: OpenKey,
}

impl Candidate<'_> {
    /// Issues its certificate, through the same stages as everybody's, and opens it as an issuer.
    fn certify(
        &self,
        authority: &Authority,
        above: Arc<Issuer>,
        wish: &IssueRequest<'_>,
    ) -> Result<Issued, AuthorityError> {
        let issued = authority.certify(above, wish, authority.now())?;
        authority.store.set_issuer_certificate(
            authority.issuer_id(self.name)?,
            &issued.certificate,
            wish.requester,
            authority.now(),
        )?;
        authority.issuers.get(self.name, |row| {
            let config = authority.issuer_config(self.name)?;
            let certificate =
                CaCertificate::parse(issued.certificate.clone()).map_err(|message| {
                    AuthorityError::IssuerCertificate {
                        path: config.certificate.clone().into(),
                        message,
                    }
                })?;
            Issuer::new(row, config, certificate, self.key.clone())
        })?;
        Ok(issued)
    }
}

fn new_key(keyring: &Keyring, options: &InitOptions) -> Result<KeyFile, AuthorityError> {
    let template = KeyTemplate {
        algorithm: options.algorithm,
        no_da: options.no_da,
    };
    Ok(keyring.tpm()?.create_key(template, &options.key_auth)?)
}

fn open_key(
    directory: &CaDirectory,
    keyring: &Keyring,
    name: &str,
    key: KeyFile,
    options: &InitOptions,
    made: &mut Made,
) -> Result<OpenKey, AuthorityError> {
    let path = directory.resolve(&key_file(name));
    key.write_new(&path)
        .map_err(|source| AuthorityError::Tss2File {
            path: path.clone(),
            source,
        })?;
    made.file(path.clone());
    keyring.load(&path, key, options.key_auth.clone())
}

fn key_file(name: &str) -> String {
    format!("{name}.key")
}

fn issuer_config(name: &str, parent: Option<&str>, options: &InitOptions) -> IssuerConfig {
    let url = |pattern: &String| pattern.replace('%', name);
    IssuerConfig {
        key: key_file(name),
        certificate: format!("{name}.crt"),
        parent: parent.map(str::to_owned),
        crl: format!("crl/{name}.crl"),
        // A root signs rarely and by hand; its CRL must outlive the time between two ceremonies.
        crl_days: if parent.is_none() { 180 } else { 7 },
        delta_hours: 24,
        crl_shards: 0,
        delta_urls: Vec::new(),
        crl_urls: options.crl_url.iter().map(url).collect(),
        ocsp_urls: Vec::new(),
        ca_issuers_urls: Vec::new(),
    }
}
