//! The certificate of an issuer, read once.

use std::{fs, path::Path};

use tpm2ca_keys::PublicKey;
use tpm2ca_lint::IssuerFacts;
use tpm2ca_profile::IssuerView;
use tpm2ca_x509::{Certificate, Name, Subtree, Validity, oid, parse_name_constraints, pem};

use crate::{AuthorityError, file::file_error};

/// A CA certificate with all that is ever asked of it.
#[derive(Clone)]
pub struct CaCertificate {
    pub(crate) der: Vec<u8>,
    pub(crate) key: PublicKey,
    pub(crate) facts: Facts,
}

/// What a CA certificate says, as far as what it signs depends on it.
#[derive(Clone)]
pub(crate) struct Facts {
    pub(crate) subject_der: Vec<u8>,
    pub(crate) key_identifier: Vec<u8>,
    pub(crate) validity: Validity,
    path_len: Option<u32>,
    permitted: Vec<Subtree>,
    excluded: Vec<Subtree>,
    /// The same as it stands in the certificate.
    name_constraints: Option<Vec<u8>>,
}

impl CaCertificate {
    /// Reads a PEM file with one certificate.
    pub(crate) fn read(path: &Path) -> Result<Self, AuthorityError> {
        let text = fs::read(path).map_err(|source| file_error("read", path, source))?;
        pem::single(&text, &["CERTIFICATE"])
            .map_err(|error| error.to_string())
            .and_then(Self::parse)
            .map_err(|message| AuthorityError::IssuerCertificate {
                path: path.to_owned(),
                message,
            })
    }

    /// The first certificate of a PEM file, whatever it is for: what `openssl ca` takes.
    pub(crate) fn read_any(path: &Path) -> Result<Self, AuthorityError> {
        let text = fs::read(path).map_err(|source| file_error("read", path, source))?;
        let der = if text.first() == Some(&0x30) {
            Ok(text)
        } else {
            pem::blocks(&text)
                .map_err(|error| error.to_string())
                .and_then(|blocks| {
                    blocks
                        .into_iter()
                        .find(|block| block.label.ends_with("CERTIFICATE"))
                        .map(|block| block.der)
                        .ok_or_else(|| "there is no certificate in it".to_owned())
                })
        };
        der.and_then(Self::parse_any)
            .map_err(|message| AuthorityError::IssuerCertificate {
                path: path.to_owned(),
                message,
            })
    }

    /// Takes DER. The error is what is wrong with it.
    pub(crate) fn parse(der: Vec<u8>) -> Result<Self, String> {
        let is_ca = Certificate::parse(&der)
            .map_err(|error| error.to_string())?
            .tbs()
            .is_ca();
        if !is_ca {
            return Err("it is not a CA certificate (basicConstraints cA is not TRUE)".to_owned());
        }
        Self::parse_any(der)
    }

    /// The same for a certificate of any kind.
    pub(crate) fn parse_any(der: Vec<u8>) -> Result<Self, String> {
        let certificate = Certificate::parse(&der).map_err(|error| error.to_string())?;
        let tbs = certificate.tbs();
        let key = PublicKey::from_spki_der(tbs.spki_der()).map_err(|error| error.to_string())?;
        let name_constraints = tbs
            .extension(oid::NAME_CONSTRAINTS)
            .map(|extension| extension.value);
        let (permitted, excluded) = match name_constraints {
            Some(value) => parse_name_constraints(value).map_err(|error| error.to_string())?,
            None => (Vec::new(), Vec::new()),
        };
        let facts = Facts {
            subject_der: tbs.subject_der().to_vec(),
            key_identifier: tbs
                .subject_key_identifier()
                .map_or_else(|| key.key_identifier().to_vec(), <[u8]>::to_vec),
            validity: tbs.validity(),
            path_len: tbs.path_len(),
            permitted,
            excluded,
            name_constraints: name_constraints.map(<[u8]>::to_vec),
        };
        Ok(Self { der, key, facts })
    }
}

impl Facts {
    /// What the certificate of a root that is being made is going to say. Its own profile sets its limits.
    pub(crate) fn prospective(subject: &Name, key: &PublicKey) -> Self {
        Self {
            subject_der: subject.as_der().to_vec(),
            key_identifier: key.key_identifier().to_vec(),
            validity: Validity {
                not_before: Validity::EARLIEST,
                not_after: Validity::NO_EXPIRY,
            },
            path_len: None,
            permitted: Vec::new(),
            excluded: Vec::new(),
            name_constraints: None,
        }
    }

    /// For the profiles.
    pub(crate) fn view(&self) -> IssuerView<'_> {
        IssuerView {
            subject_der: &self.subject_der,
            not_before: self.validity.not_before,
            not_after: self.validity.not_after,
            path_len: self.path_len,
            permitted: &self.permitted,
            excluded: &self.excluded,
        }
    }

    /// For the lints.
    pub(crate) fn for_lints(&self) -> IssuerFacts<'_> {
        IssuerFacts {
            subject_der: &self.subject_der,
            key_identifier: Some(&self.key_identifier),
            not_before: self.validity.not_before,
            not_after: self.validity.not_after,
            path_len: self.path_len,
            name_constraints: self.name_constraints.as_deref(),
        }
    }
}
