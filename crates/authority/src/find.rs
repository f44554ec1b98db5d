//! The record of a certificate: by its serial number, or by the certificate itself.
//!
//! A serial number is unique for one issuer only (RFC 5280 section 4.1.2.2). So where the certificate is at hand, the
//! number alone does not tell which record is meant: issuer and bytes must be the same.

use tpm2ca_store::CertificateRow;
use tpm2ca_x509::{Certificate, Name, Serial};

use crate::{
    Authority, AuthorityError, ca_certificate::CaCertificate, check::verify, sha256::sha256,
};

impl Authority {
    /// The one record with this serial number.
    ///
    /// # Errors
    /// [`AuthorityError::Serial`] when there is none or more than one.
    pub fn find(
        &self,
        serial: &Serial,
        issuer: Option<&str>,
    ) -> Result<CertificateRow, AuthorityError> {
        let issuer = issuer.map(|name| self.issuer_id(name)).transpose()?;
        let mut rows = self.store.find_by_serial(issuer, serial.as_be_bytes())?;
        match (rows.pop(), rows.is_empty()) {
            (Some(row), true) => Ok(row),
            (last, _) => Err(AuthorityError::Serial {
                serial: serial.to_string(),
                issuers: rows
                    .into_iter()
                    .chain(last)
                    .map(|row| self.issuer_name(row.issuer))
                    .collect(),
            }),
        }
    }

    /// Returns the record of the certificate `der`.
    ///
    /// # Errors
    /// [`AuthorityError::NotIssuedHere`] when there is no record of it, or only one of another certificate with its
    /// serial number.
    pub fn find_certificate(
        &self,
        der: &[u8],
        issuer: Option<&str>,
    ) -> Result<CertificateRow, AuthorityError> {
        let certificate = Certificate::parse(der)?;
        let serial = Serial::from_be_bytes(certificate.tbs().serial())?;
        let issuer = issuer.map(|name| self.issuer_id(name)).transpose()?;
        let mut difference = None;
        for row in self.store.find_by_serial(issuer, serial.as_be_bytes())? {
            match self.check_record_of(&row, der) {
                Ok(()) => return Ok(row),
                Err(error) => difference = Some(error),
            }
        }
        Err(difference.unwrap_or_else(|| {
            not_issued_here(
                &certificate,
                "no certificate in the records has its serial number".to_owned(),
            )
        }))
    }

    /// Compares a record with the certificate `der`: issuer and serial number must be the same, and the bytes where
    /// they are recorded. Where they are not, the signature tells whether the certificate is of this CA.
    ///
    /// # Errors
    /// [`AuthorityError::NotIssuedHere`] says what differs.
    pub(crate) fn check_record_of(
        &self,
        row: &CertificateRow,
        der: &[u8],
    ) -> Result<(), AuthorityError> {
        let certificate = Certificate::parse(der)?;
        let tbs = certificate.tbs();
        let issuers = self.store.issuers()?;
        let issuer = issuers.iter().find(|issuer| issuer.id == row.issuer);
        let issuer = issuer.map_or_else(Vec::new, |issuer| issuer.subject_der.clone());
        if tbs.issuer_der() != issuer {
            let issuer = Name::from_der(issuer)
                .map_or_else(|error| error.to_string(), |name| name.to_string());
            return Err(not_issued_here(
                &certificate,
                format!("the certificate with this serial number here was issued by `{issuer}`"),
            ));
        }
        let is_same = Serial::from_be_bytes(tbs.serial())?.as_be_bytes() == row.serial
            && match self.store.certificate_der(row.issuer, &row.serial)? {
                Some(recorded) => recorded == der,
                None if row.tbs_sha256 == [0; 32] => return self.check_signed_here(der),
                // A reservation that may have been signed.
                None => row.tbs_sha256 == sha256(tbs.der()),
            };
        if is_same {
            return Ok(());
        }
        Err(not_issued_here(
            &certificate,
            format!(
                "the certificate with this serial number here is another one, for `{}`",
                row.subject
            ),
        ))
    }

    /// Verifies that an issuer of the records has signed the certificate `der`, with any of the keys that it has had.
    ///
    /// # Errors
    /// [`AuthorityError::NotIssuedHere`].
    pub(crate) fn check_signed_here(&self, der: &[u8]) -> Result<(), AuthorityError> {
        let certificate = Certificate::parse(der)?;
        let issuer = certificate.tbs().issuer_der();
        let mut problem = "this CA has no issuer of that name".to_owned();
        for row in self.store.issuers()? {
            if row.subject_der != issuer {
                continue;
            }
            let verified = row
                .certificate_der
                .ok_or_else(|| "the records have no certificate of the issuer".to_owned())
                .and_then(CaCertificate::parse_any)
                .and_then(|issuer| verify(der, &issuer.key));
            match verified {
                Ok(()) => return Ok(()),
                Err(error) => {
                    problem = format!("the signature is not by the key of this CA: {error}");
                }
            }
        }
        Err(not_issued_here(&certificate, problem))
    }
}

/// The error for a certificate that is not of this CA, or not in its records.
fn not_issued_here(certificate: &Certificate<'_>, problem: String) -> AuthorityError {
    let tbs = certificate.tbs();
    AuthorityError::NotIssuedHere {
        serial: Serial::from_be_bytes(tbs.serial())
            .map_or_else(|error| error.to_string(), |serial| serial.to_string()),
        issuer: tbs.issuer().to_string(),
        problem,
    }
}
