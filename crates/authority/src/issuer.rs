//! One issuer: its certificate, its key, and what it adds to the certificates it signs.

use tpm2ca_keys::{Hash, PublicKey, Signer};
use tpm2ca_store::{IssuerId, IssuerRow};
use tpm2ca_x509::{Extension, Name, Serial, SignatureAlgorithm, Validity, ext};

use crate::{
    AuthorityError, CaDirectory, IssuerConfig, Shard,
    ca_certificate::{CaCertificate, Facts},
    keyring::{Keyring, OpenKey},
};

/// A certificate that signs others, with the key that belongs to it.
pub struct Issuer {
    id: IssuerId,
    name: String,
    facts: Facts,
    certificate_der: Option<Vec<u8>>,
    key: OpenKey,
    /// Those that every certificate it signs bears.
    extensions: Vec<Extension>,
    crl_points: CrlPoints,
}

/// Where the CRLs are that would revoke a certificate.
#[derive(Default)]
struct CrlPoints {
    urls: Vec<String>,
    /// 0 when there is one list of all.
    shards: u32,
}

/// How something is going to be signed: never with an algorithm that takes no digest, since the TPM is given digests
/// only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signing {
    pub(crate) algorithm: SignatureAlgorithm,
    pub(crate) hash: Hash,
}

impl Issuer {
    /// Reads the certificate, and loads the key.
    ///
    /// # Errors
    /// Those of the files and the TPM, and those of [`Issuer::new`].
    pub(crate) fn open(
        row: &IssuerRow,
        config: &IssuerConfig,
        directory: &CaDirectory,
        keyring: &Keyring,
    ) -> Result<Self, AuthorityError> {
        let certificate = CaCertificate::read(&directory.resolve(&config.certificate))?;
        let key = keyring.open(&directory.resolve(&config.key))?;
        Self::new(row, config, certificate, key)
    }

    /// Brings certificate, key and records together.
    ///
    /// # Errors
    /// [`AuthorityError::KeyMismatch`] when the key is not the one in the certificate: it would sign certificates
    /// that nobody can verify. [`AuthorityError::IssuerCertificate`] when the records know the issuer as somebody
    /// else: serial numbers and CRLs of two CAs would be mixed up. [`AuthorityError::KeyCannotSign`].
    pub(crate) fn new(
        row: &IssuerRow,
        config: &IssuerConfig,
        certificate: CaCertificate,
        key: OpenKey,
    ) -> Result<Self, AuthorityError> {
        if certificate.key.spki_der() != key.signer.public_key().spki_der() {
            return Err(AuthorityError::KeyMismatch {
                issuer: row.name.clone(),
                key: config.key.clone(),
                certificate: config.certificate.clone(),
            });
        }
        let CaCertificate { der, facts, .. } = certificate;
        if facts.subject_der != row.subject_der || facts.key_identifier != row.key_id {
            return Err(AuthorityError::IssuerCertificate {
                path: config.certificate.clone().into(),
                message: format!("the records have another subject or key for `{}`", row.name),
            });
        }
        let this = Self {
            id: row.id,
            name: row.name.clone(),
            extensions: extensions(&facts, config)?,
            crl_points: CrlPoints {
                urls: config.crl_urls.clone(),
                shards: config.crl_shards,
            },
            facts,
            certificate_der: Some(der),
            key,
        };
        // What cannot sign is found out now, and not when something is reserved already.
        this.signing(None)?;
        Ok(this)
    }

    /// A root whose certificate is to be made, with its own key.
    pub(crate) fn root_to_be(id: IssuerId, name: &str, subject: &Name, key: OpenKey) -> Self {
        Self {
            id,
            name: name.to_owned(),
            facts: Facts::prospective(subject, key.signer.public_key()),
            certificate_der: None,
            key,
            // A root's authority is itself; RFC 5280 section 4.2.1.1 lets it go unsaid, and its own CRL or OCSP could
            // not be believed about it.
            extensions: Vec::new(),
            crl_points: CrlPoints::default(),
        }
    }

    /// Its number in the records.
    pub fn id(&self) -> IssuerId {
        self.id
    }

    /// Its name in `ca.toml`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its certificate, DER; none for a root whose certificate is only being made.
    pub fn certificate_der(&self) -> Option<&[u8]> {
        self.certificate_der.as_deref()
    }

    /// Its subject, which is the issuer of what it signs.
    pub fn subject_der(&self) -> &[u8] {
        &self.facts.subject_der
    }

    /// The key.
    pub(crate) fn signer(&self) -> &dyn Signer {
        &*self.key.signer
    }

    /// Its public key.
    pub fn public_key(&self) -> &PublicKey {
        self.signer().public_key()
    }

    /// When its certificate is valid.
    pub fn validity(&self) -> Validity {
        self.facts.validity
    }

    /// Finds out whether it can sign with this hash, or with the one that suits its key.
    ///
    /// # Errors
    /// [`AuthorityError::KeyCannotSign`]; [`tpm2ca_tpm::TpmError::UnsupportedHash`] when its TPM does not have it.
    pub fn check_hash(&self, md: Option<Hash>) -> Result<(), AuthorityError> {
        self.signing(md).map(drop)
    }

    /// Its subject key identifier.
    pub fn key_identifier(&self) -> &[u8] {
        &self.facts.key_identifier
    }

    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The extensions that depend on the issuer alone: its key identifier, and where to find its OCSP responder and its
    /// certificate.
    pub(crate) fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// Where to find the CRL that would revoke the certificate with this serial number; nothing when it is not said.
    pub(crate) fn crl_points(&self, serial: &Serial) -> Result<Option<Extension>, AuthorityError> {
        let CrlPoints { urls, shards } = &self.crl_points;
        if urls.is_empty() {
            return Ok(None);
        }
        let points = if *shards == 0 {
            ext::crl_distribution_points(urls)
        } else {
            ext::crl_distribution_points(&Shard::of(serial, *shards).urls(urls))
        };
        Ok(Some(points?))
    }

    /// How it signs with this hash, or with the one that suits its key.
    ///
    /// # Errors
    /// [`AuthorityError::KeyCannotSign`] when the key does not go with the hash, or with none;
    /// [`tpm2ca_tpm::TpmError::UnsupportedHash`] when its TPM does not have it.
    pub(crate) fn signing(&self, md: Option<Hash>) -> Result<Signing, AuthorityError> {
        let key = self.signer().public_key().algorithm();
        let algorithm = match md {
            None => Some(self.signer().default_algorithm()),
            Some(_) => SignatureAlgorithm::ALL
                .into_iter()
                .find(|algorithm| algorithm.hash() == md && key.fits(*algorithm)),
        };
        let (algorithm, hash) = algorithm
            .and_then(|algorithm| Some((algorithm, algorithm.hash()?)))
            .ok_or_else(|| AuthorityError::KeyCannotSign {
                issuer: self.name.clone(),
                key,
                md,
            })?;
        self.key.can_hash(hash)?;
        Ok(Signing { algorithm, hash })
    }
}

fn extensions(facts: &Facts, config: &IssuerConfig) -> Result<Vec<Extension>, AuthorityError> {
    let IssuerConfig {
        ocsp_urls,
        ca_issuers_urls,
        ..
    } = config;
    let mut extensions = vec![ext::authority_key_identifier(&facts.key_identifier)];
    if !ocsp_urls.is_empty() || !ca_issuers_urls.is_empty() {
        extensions.push(ext::authority_info_access(ocsp_urls, ca_issuers_urls)?);
    }
    Ok(extensions)
}
