//! CRLs as `openssl ca -gencrl` makes them: all that index.txt lists as revoked, in the order of the numbers, with the
//! extensions that the file asks for.

use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use tpm2ca_openssl_ca::config::CaFileError;
use tpm2ca_openssl_x509v3::{ExtensionBuilder, ExtensionContext, IssuerCertificate, Target};
use tpm2ca_store::{CrlSnapshot, RevokedRow, SyncReport};
use tpm2ca_x509::{
    Certificate, Extension, Serial, UnixTime,
    crl::{PlainEntry, crl_number_extension},
    format_time,
};

use super::{OpensslCa, index_txt::Revocation, number_file};
use crate::{
    AuthorityError, CrlFile, CrlSummary, PlannedCrl,
    file::{Replacement, file_error},
};

/// What the command line puts in the place of the file.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpensslCrlOptions<'a> {
    /// Days to the next one.
    pub days: Option<i64>,
    /// Hours to the next one, added to the days.
    pub hours: Option<i64>,
    /// When the list is made; none for now.
    pub this_update: Option<UnixTime>,
    /// When the next one is due, whatever days and hours say.
    pub next_update: Option<UnixTime>,
    /// Section with the extensions.
    pub extensions: Option<&'a str>,
    /// Hash of the signature.
    pub md: Option<&'a str>,
    /// The requester, as the records name it.
    pub requester: &'a str,
}

/// A CRL that was made and recorded; its file vanishes when this is dropped.
pub struct OpensslCrl {
    /// What it is.
    pub summary: CrlSummary,
    /// Whether it bears its number.
    pub has_number: bool,
    /// What the user may not have meant.
    pub notes: Vec<String>,
    /// What others had done.
    pub taken: Option<SyncReport>,
    file: Replacement,
}

impl OpensslCrl {
    /// Where it is, DER.
    pub fn path(&self) -> &Path {
        self.file.temporary()
    }
}

impl OpensslCa {
    /// Makes a CRL and records it.
    ///
    /// # Errors
    /// What is wrong with the file; those of the key, the records and the disk.
    pub fn crl(&self, options: &OpensslCrlOptions<'_>) -> Result<OpensslCrl, AuthorityError> {
        let this_update = options.this_update.unwrap_or_else(|| self.authority.now());
        let next_update = self.next_update(options, this_update)?;
        let md = self.hash_named(options.md)?;
        let mut notes = Vec::new();
        let (mut extensions, section) = self.crl_extensions(options, &mut notes)?;
        let row = self.known_row()?;
        let issuer = self.issuer()?;
        issuer.check_hash(md)?;
        let (_books, taken) = self.books(row, self.authority.now())?;
        let not_after = issuer.validity().not_after;
        if next_update > not_after {
            notes.push(format!(
                "the next CRL is due at {}, after the end of the CA's certificate at {}",
                format_time(next_update),
                format_time(not_after)
            ));
        }
        let number_file = self.settings.crlnumber.as_deref();
        let wanted = match number_file {
            Some(path) => next_number(path, &mut notes)?,
            None => 1,
        };
        let store = &self.authority.store;
        let snapshot = store
            .require_index()?
            .begin_listed_crl(row.id, wanted, this_update)?;
        let number = snapshot.number();
        if let Some(path) = number_file {
            number_file::write(path, &digits(number.saturating_add(1)))?;
            if number != wanted {
                notes.push(format!(
                    "`{}` says {wanted:02X}, which was used before: {number:02X} is the next that is free",
                    path.display()
                ));
            }
            extensions.push(crl_number_extension(number));
        }
        let planned = PlannedCrl {
            issuer: &issuer,
            md,
            number,
            this_update,
            next_update,
            version_2: section || number_file.is_some(),
            extensions: &extensions,
            requester: options.requester,
        };
        let mut out = NewCrlFile::create(self.settings.dir.join("crl"))?;
        let count = self
            .authority
            .sign_crl(&planned, || entries(&snapshot), &mut out)?;
        let file = out.into_file()?;
        Ok(OpensslCrl {
            summary: CrlSummary {
                shard: None,
                base: None,
                issuer: issuer.name().to_owned(),
                path: file.temporary().to_owned(),
                number,
                this_update,
                next_update,
                entries: count,
            },
            has_number: number_file.is_some(),
            notes,
            taken,
            file,
        })
    }

    fn next_update(
        &self,
        options: &OpensslCrlOptions<'_>,
        this_update: UnixTime,
    ) -> Result<UnixTime, AuthorityError> {
        if let Some(time) = options.next_update {
            return Ok(time);
        }
        let (days, hours) = match (options.days, options.hours) {
            (None, None) => (self.settings.crl_days, self.settings.crl_hours),
            (days, hours) => (days.unwrap_or(0), hours.unwrap_or(0)),
        };
        if days == 0 && hours == 0 {
            return Err(CaFileError::MissingKey {
                file: self.conf.name().to_owned(),
                section: self.settings.section.clone(),
                key: "default_crl_days",
                purpose: "so it is not known when the next CRL is due",
            }
            .into());
        }
        Ok(this_update
            .saturating_add(days.saturating_mul(86_400))
            .saturating_add(hours.saturating_mul(3_600)))
    }

    /// The extensions that the file asks for, and whether it asks for any.
    fn crl_extensions(
        &self,
        options: &OpensslCrlOptions<'_>,
        notes: &mut Vec<String>,
    ) -> Result<(Vec<Extension>, bool), AuthorityError> {
        let Some(name) = options
            .extensions
            .or(self.settings.crl_extensions.as_deref())
        else {
            return Ok((Vec::new(), false));
        };
        let section = self
            .conf
            .section(name)
            .ok_or_else(|| CaFileError::MissingSection {
                place: self.conf.name().to_owned(),
                section: name.to_owned(),
                purpose: "which is to have the extensions of the CRL",
            })?;
        let certificate = self
            .certificate
            .as_ref()
            .ok_or_else(|| self.missing("certificate", "the CA's certificate"))?;
        let parsed = Certificate::parse(&certificate.der)?;
        let mut builder = ExtensionBuilder::new(ExtensionContext {
            conf: Some(&self.conf),
            objects: &self.settings.objects,
            string_mask: self.settings.string_mask,
            target: Target::Crl {
                issuer: IssuerCertificate::new(parsed.tbs()),
            },
        });
        builder.add_section(section).map_err(CaFileError::from)?;
        let made = builder.finish();
        notes.extend(made.warnings.iter().map(ToString::to_string));
        Ok((made.list, true))
    }
}

/// The number in the file; a CA that has none yet begins with 1.
fn next_number(path: &Path, notes: &mut Vec<String>) -> Result<u64, AuthorityError> {
    if let Some(number) = number_file::read(path)? {
        return small(&number).ok_or_else(|| AuthorityError::NumberFile {
            path: path.to_owned(),
            got: super::index_txt::serial_digits(&number),
        });
    }
    notes.push(format!(
        "there was no `{}`: CRL numbers begin with 01",
        path.display()
    ));
    Ok(1)
}

fn entries(
    snapshot: &CrlSnapshot,
) -> impl Iterator<Item = Result<PlainEntry, AuthorityError>> + '_ {
    snapshot.entries().map(|row| entry(&row?))
}

fn entry(row: &RevokedRow) -> Result<PlainEntry, AuthorityError> {
    let (reason, hold_instruction) = Revocation::on_crl(row.reason, row.note.as_deref());
    let serial = match row.serial.as_slice() {
        [0] => None,
        serial => Some(Serial::from_be_bytes(serial)?),
    };
    Ok(PlainEntry {
        serial,
        revoked_at: row.revoked_at,
        reason,
        invalidity_date: row.invalidity_date,
        hold_instruction,
    })
}

pub(super) fn small(number: &[u8]) -> Option<u64> {
    (number.len() < 8).then(|| {
        number
            .iter()
            .fold(0, |sum, octet| sum << 8 | u64::from(*octet))
    })
}

fn digits(number: u64) -> Vec<u8> {
    let octets = number.to_be_bytes();
    octets.into_iter().skip_while(|octet| *octet == 0).collect()
}

/// The file of a CRL before it is complete.
struct NewCrlFile {
    path: PathBuf,
    file: BufWriter<Replacement>,
}

impl NewCrlFile {
    fn create(path: PathBuf) -> Result<Self, AuthorityError> {
        let file = Replacement::create(&path, 0o644)?;
        Ok(Self {
            path,
            file: BufWriter::with_capacity(64 * 1024, file),
        })
    }

    fn into_file(self) -> Result<Replacement, AuthorityError> {
        self.file
            .into_inner()
            .map_err(|error| file_error("write", &self.path, error.into_error()))
    }
}

impl Write for NewCrlFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl CrlFile for NewCrlFile {
    fn finish(&mut self) -> Result<(), AuthorityError> {
        self.flush()
            .map_err(|source| file_error("write", &self.path, source))
    }
}
