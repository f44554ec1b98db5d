//! The check of everything that was recorded.

use std::{collections::HashMap, ops::ControlFlow};

use tpm2ca_keys::{PublicKey, check_strength};
use tpm2ca_store::{
    CertificateRow, CheckReport, Filter, IMPORTED_PROFILE, IssuerId, IssuerRow, State,
};
use tpm2ca_x509::{Certificate, Serial, SignatureAlgorithm};

use crate::{Authority, AuthorityError, ca_certificate::CaCertificate};

/// What [`Authority::check`] found.
#[derive(Debug)]
pub struct DeepCheck {
    /// The records in themselves: the file, the audit chain, the states.
    pub records: CheckReport,
    /// Certificates whose signatures were verified.
    pub verified: u64,
    /// Problems beyond those of the records, the first [`CheckReport::MAX_LISTED`] of them.
    pub problems: Vec<String>,
}

impl DeepCheck {
    /// Whether nothing is wrong. Outstanding reservations are not wrong.
    pub fn is_clean(&self) -> bool {
        self.records.is_clean() && self.problems.is_empty()
    }

    fn problem(&mut self, problem: String) {
        if self.problems.len() < CheckReport::MAX_LISTED {
            self.problems.push(problem);
        }
    }
}

impl Authority {
    /// Checks the records: the file, the audit chain, every state, the certificates of the issuers against one another
    /// and against their files, and the signature of every certificate against its issuer's key. Needs no TPM.
    ///
    /// # Errors
    /// Only when the check itself cannot be done; what it finds is in the report.
    pub fn check(&self) -> Result<DeepCheck, AuthorityError> {
        let mut report = DeepCheck {
            records: self.store.check()?,
            verified: 0,
            problems: Vec::new(),
        };
        let rows = self.store.issuers()?;
        let issuers = self.check_issuers(&rows, &mut report);
        let everything = Filter {
            now: self.now(),
            ..Filter::default()
        };
        self.store.list(&everything, &mut |row| {
            // Of what was taken in from an index.txt the certificate may never have been here.
            let is_known = row.tbs_sha256 != [0; 32];
            if row.state == State::Issued && is_known {
                match self.check_certificate(&row, issuers.get(&row.issuer)) {
                    Ok(()) => report.verified += 1,
                    Err(problem) => report.problem(format!(
                        "certificate {} of `{}`: {problem}",
                        Serial::from_be_bytes(&row.serial)
                            .map_or_else(|error| error.to_string(), |serial| serial.to_string()),
                        self.issuer_name(row.issuer)
                    )),
                }
            }
            ControlFlow::Continue(())
        })?;
        Ok(report)
    }

    /// The issuers' certificates as they are recorded, which the audit chain protects, unlike the files.
    fn check_issuers(
        &self,
        rows: &[IssuerRow],
        report: &mut DeepCheck,
    ) -> HashMap<IssuerId, CaCertificate> {
        let mut issuers = HashMap::new();
        for row in rows {
            let recorded = row
                .certificate_der
                .clone()
                .ok_or_else(|| "the records have no certificate of it".to_owned())
                .and_then(CaCertificate::parse);
            match recorded {
                Ok(certificate) => {
                    issuers.insert(row.id, certificate);
                }
                Err(problem) => report.problem(format!("issuer `{}`: {problem}", row.name)),
            }
        }
        for row in rows {
            if let Some(certificate) = issuers.get(&row.id)
                && let Err(problem) = self.check_issuer(row, certificate, &issuers)
            {
                report.problem(format!("issuer `{}`: {problem}", row.name));
            }
        }
        issuers
    }

    fn check_issuer(
        &self,
        row: &IssuerRow,
        certificate: &CaCertificate,
        issuers: &HashMap<IssuerId, CaCertificate>,
    ) -> Result<(), String> {
        check_strength(&certificate.key).map_err(|weak| weak.to_string())?;
        let facts = &certificate.facts;
        if facts.subject_der != row.subject_der || facts.key_identifier != row.key_id {
            return Err("its certificate has another subject or key".to_owned());
        }
        // One that signs no more may be missing from `ca.toml`, with its file.
        let Some(config) = self.config.issuer.get(&row.name) else {
            return Ok(());
        };
        let path = self.path(&config.certificate);
        let file = CaCertificate::read(&path).map_err(|error| error.to_string())?;
        if file.der != certificate.der {
            return Err(format!(
                "`{}` is not the certificate in the records",
                path.display()
            ));
        }
        let above = match &config.parent {
            None => superior(certificate, issuers)?,
            Some(parent) => self
                .issuers
                .row(parent)
                .ok()
                .and_then(|parent| issuers.get(&parent.id)),
        };
        match above {
            Some(above) => verify(&certificate.der, &above.key),
            // Said of the parent already, or the one above is not in these records: an openssl.cnf speaks of one CA.
            None => Ok(()),
        }
    }

    fn check_certificate(
        &self,
        row: &CertificateRow,
        issuer: Option<&CaCertificate>,
    ) -> Result<(), String> {
        let issuer = issuer.ok_or("its issuer's certificate is not known")?;
        let der = self
            .store
            .certificate_der(row.issuer, &row.serial)
            .map_err(|error| error.to_string())?
            .ok_or("it is missing")?;
        verify(&der, &issuer.key)?;
        if row.profile == IMPORTED_PROFILE {
            compare_taken_in(row, &der)?;
        }
        Ok(())
    }
}

/// Compares with a certificate that was taken in what the records say of it and the audit chain does not: the chain
/// vouches for the certificate itself.
fn compare_taken_in(row: &CertificateRow, der: &[u8]) -> Result<(), String> {
    let certificate = Certificate::parse(der).map_err(|error| error.to_string())?;
    let tbs = certificate.tbs();
    let names: Vec<String> = tbs
        .general_names()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect();
    if row.not_before != tbs.validity().not_before {
        return Err("the records have another notBefore than the certificate".to_owned());
    }
    if row.names != names {
        return Err("the records have other names than the certificate".to_owned());
    }
    Ok(())
}

/// Who has signed a certificate of which nobody says it: a root itself, another one whoever has the issuer's name.
fn superior<'a>(
    certificate: &'a CaCertificate,
    issuers: &'a HashMap<IssuerId, CaCertificate>,
) -> Result<Option<&'a CaCertificate>, String> {
    let parsed = Certificate::parse(&certificate.der).map_err(|error| error.to_string())?;
    let name = parsed.tbs().issuer_der();
    if name == certificate.facts.subject_der {
        return Ok(Some(certificate));
    }
    Ok(issuers
        .values()
        .find(|other| name == other.facts.subject_der))
}

/// Whether the holder of the key has signed the certificate.
pub(crate) fn verify(der: &[u8], key: &PublicKey) -> Result<(), String> {
    let certificate = Certificate::parse(der).map_err(|error| error.to_string())?;
    let algorithm = SignatureAlgorithm::from_der(certificate.signature_algorithm_der())
        .map_err(|error| error.to_string())?;
    key.verify(algorithm, certificate.tbs().der(), certificate.signature())
        .map_err(|error| error.to_string())
}
