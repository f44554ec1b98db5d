//! Writes a CRL of any length with little memory: RFC 5280 section 5.1.

use std::io;

use super::{CrlError, CrlStreamError, EntriesSize, ReasonCode, RevokedEntry};
use crate::{
    Error, Extension, SignatureAlgorithm, UnixTime, ext, format_time,
    name::check_name,
    oid,
    read::{Cursor, tag},
    time::encode_time,
    write,
};

/// Everything of a CRL but its entries and its signature.
#[derive(Clone, Copy, Debug)]
pub struct CrlFields<'a> {
    /// What the CRL is going to be signed with.
    pub signature_algorithm: SignatureAlgorithm,
    /// The issuer's Name, byte for byte the subject of its certificate; not empty (RFC 5280 5.1.2.3).
    pub issuer_der: &'a [u8],
    /// When the list was made.
    pub this_update: UnixTime,
    /// When there will be a newer list at the latest; RFC 5280 5.1.2.5 wants it in every CRL.
    pub next_update: UnixTime,
    /// The issuer's subjectKeyIdentifier.
    pub authority_key_id: &'a [u8],
    /// Of the CRL; grows with each one of the issuer (RFC 5280 5.2.3).
    pub number: u64,
    /// Further extensions of the list, such as `issuingDistributionPoint`, `deltaCRLIndicator` or `freshestCRL`. Not
    /// `authorityKeyIdentifier` and `cRLNumber`, which are always written.
    pub extensions: &'a [Extension],
}

impl CrlFields<'_> {
    /// First walk over the entries.
    pub fn entries_len<E>(
        entries: impl IntoIterator<Item = Result<RevokedEntry, E>>,
    ) -> Result<EntriesSize, CrlStreamError<E>> {
        let mut size = EntriesSize::new();
        for entry in entries {
            let entry = entry.map_err(CrlStreamError::Entries)?;
            size.add(&entry).map_err(CrlError::from)?;
        }
        Ok(size)
    }

    /// Bytes of the whole `TBSCertList`. Refuses what [`CrlFields::write_tbs`] refuses before it writes.
    pub fn tbs_len(&self, size: &EntriesSize) -> Result<u64, CrlError> {
        Ok(Frame::new(self, size)?.tbs_len())
    }

    /// Second walk: writes the `TBSCertList`, which is what gets signed, into `out`, usually a hasher.
    ///
    /// After an error, what `out` has received is to be thrown away.
    pub fn write_tbs<E>(
        &self,
        size: &EntriesSize,
        entries: impl IntoIterator<Item = Result<RevokedEntry, E>>,
        out: &mut impl io::Write,
    ) -> Result<(), CrlStreamError<E>> {
        let mut writer = self.tbs_writer(size, out)?;
        for entry in entries {
            writer.entry(&entry.map_err(CrlStreamError::Entries)?)?;
        }
        Ok(writer.finish()?)
    }

    /// Third walk: writes the whole `CertificateList` into `out`, usually a new file.
    ///
    /// `signature` goes into the BIT STRING as it is: a PKCS #1 block, a DER `Ecdsa-Sig-Value`, or 64 bytes of Ed25519.
    /// After an error, what `out` has received is to be thrown away.
    pub fn write<E>(
        &self,
        size: &EntriesSize,
        entries: impl IntoIterator<Item = Result<RevokedEntry, E>>,
        signature: &[u8],
        out: &mut impl io::Write,
    ) -> Result<(), CrlStreamError<E>> {
        let mut writer = self.list_writer(size, signature, out)?;
        for entry in entries {
            writer.entry(&entry.map_err(CrlStreamError::Entries)?)?;
        }
        Ok(writer.finish()?)
    }

    /// As [`CrlFields::write_tbs`], for sources that call back instead of being iterated.
    pub fn tbs_writer<W: io::Write>(
        &self,
        size: &EntriesSize,
        out: W,
    ) -> Result<CrlWriter<W>, CrlError> {
        let frame = Frame::new(self, size)?;
        Ok(CrlWriter::new(
            self.is_delta(),
            size,
            frame,
            Vec::new(),
            out,
        ))
    }

    /// As [`CrlFields::write`], for sources that call back instead of being iterated.
    pub fn list_writer<W: io::Write>(
        &self,
        size: &EntriesSize,
        signature: &[u8],
        out: W,
    ) -> Result<CrlWriter<W>, CrlError> {
        let (frame, tail) =
            Frame::new(self, size)?.with_signature(self.signature_algorithm, signature)?;
        Ok(CrlWriter::new(self.is_delta(), size, frame, tail, out))
    }

    fn is_delta(&self) -> bool {
        self.extensions
            .iter()
            .any(|e| e.oid == oid::DELTA_CRL_INDICATOR)
    }
}

/// Takes the entries of a CRL one by one and writes it on the way; only [`CrlWriter::finish`] makes it whole.
#[derive(Debug)]
#[must_use = "without `finish` the CRL has no end"]
pub struct CrlWriter<W: io::Write> {
    out: W,
    /// What `out` has not got yet, so that it gets few large pieces.
    buffer: Vec<u8>,
    /// What follows the entries.
    tail: Vec<u8>,
    announced: EntriesSize,
    found: EntriesSize,
    is_delta: bool,
}

impl<W: io::Write> CrlWriter<W> {
    pub(super) fn new(
        is_delta: bool,
        size: &EntriesSize,
        frame: Frame,
        after: Vec<u8>,
        out: W,
    ) -> Self {
        let Frame { head, mut tail, .. } = frame;
        tail.extend(after);
        Self {
            out,
            buffer: head,
            tail,
            announced: size.clone(),
            found: EntriesSize::new(),
            is_delta,
        }
    }

    /// The next entry, in the order in which the entries were measured.
    pub fn entry(&mut self, entry: &RevokedEntry) -> Result<(), CrlError> {
        if entry.reason == Some(ReasonCode::RemoveFromCrl) && !self.is_delta {
            return Err(CrlError::RemoveFromCrl {
                serial: entry.serial.clone(),
            });
        }
        let start = self.buffer.len();
        entry.push_der(&mut self.buffer)?;
        self.entered(start)
    }

    /// The next entry as it is.
    pub(super) fn entry_der(&mut self, entry_der: &[u8]) -> Result<(), CrlError> {
        let start = self.buffer.len();
        self.buffer.extend_from_slice(entry_der);
        self.entered(start)
    }

    /// Counts the entry that stands in the buffer from `start` on.
    fn entered(&mut self, start: usize) -> Result<(), CrlError> {
        self.found
            .add_der(self.buffer.get(start..).unwrap_or_default());
        if self.found.count() > self.announced.count()
            || self.found.octets() > self.announced.octets()
        {
            return Err(self.changed("then there were more"));
        }
        if self.buffer.len() >= PIECE {
            self.flush_buffer()?;
        }
        Ok(())
    }

    /// After the last entry: compares them with those that were measured, writes what follows, and flushes the sink.
    pub fn finish(mut self) -> Result<(), CrlError> {
        if self.found != self.announced {
            let found = if self.found.count() == self.announced.count() {
                "then as many others".to_owned()
            } else {
                format!(
                    "then {} entries of {} bytes",
                    self.found.count(),
                    self.found.octets()
                )
            };
            return Err(self.changed(&found));
        }
        self.buffer.append(&mut self.tail);
        self.flush_buffer()?;
        Ok(self.out.flush()?)
    }

    fn flush_buffer(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    fn changed(&self, found: &str) -> CrlError {
        CrlError::EntriesChanged {
            announced_count: self.announced.count(),
            announced_octets: self.announced.octets(),
            found: found.to_owned(),
        }
    }
}

/// What every CRL has before its entries.
#[derive(Clone, Copy)]
pub(super) struct Outline<'a> {
    pub(super) version_2: bool,
    pub(super) signature_algorithm: SignatureAlgorithm,
    pub(super) issuer_der: &'a [u8],
    pub(super) this_update: UnixTime,
    pub(super) next_update: UnixTime,
}

/// What stands before and after the entries.
pub(super) struct Frame {
    head: Vec<u8>,
    entries_octets: u64,
    tail: Vec<u8>,
}

impl Frame {
    fn new(fields: &CrlFields<'_>, size: &EntriesSize) -> Result<Self, CrlError> {
        let CrlFields {
            signature_algorithm,
            issuer_der,
            this_update,
            next_update,
            authority_key_id,
            number,
            extensions,
        } = *fields;
        let own = [
            ext::authority_key_identifier(authority_key_id),
            crl_number(number),
        ];
        let all: Vec<&Extension> = own.iter().chain(extensions).collect();
        Self::of(
            &Outline {
                version_2: true,
                signature_algorithm,
                issuer_der,
                this_update,
                next_update,
            },
            &all,
            size,
        )
    }

    /// Around entries of this size.
    pub(super) fn of(
        outline: &Outline<'_>,
        all: &[&Extension],
        size: &EntriesSize,
    ) -> Result<Self, CrlError> {
        let Outline {
            version_2,
            signature_algorithm,
            issuer_der,
            this_update,
            next_update,
        } = *outline;
        check_issuer(issuer_der)?;
        if next_update <= this_update {
            return Err(CrlError::UpdatesReversed {
                this_update: format_time(this_update),
                next_update: format_time(next_update),
            });
        }

        let mut content = Vec::new();
        if version_2 {
            write::push_tlv(&mut content, tag::INTEGER, &[VERSION_2]);
        }
        content.extend_from_slice(signature_algorithm.to_der());
        content.extend_from_slice(issuer_der);
        content.extend(encode_time(this_update)?);
        content.extend(encode_time(next_update)?);
        // RFC 5280 5.1.2.6: "When there are no revoked certificates, the revoked certificates list MUST be absent."
        if size.count() > 0 {
            push_long_header(&mut content, tag::SEQUENCE, size.octets())?;
        }

        let mut list = Vec::new();
        for (at, extension) in all.iter().enumerate() {
            if all
                .iter()
                .take(at)
                .any(|earlier| earlier.oid == extension.oid)
            {
                return Err(Error::DuplicateExtension(extension.oid).into());
            }
            list.extend(extension.to_der());
        }
        let tail = if list.is_empty() {
            Vec::new()
        } else {
            write::tlv(
                tag::context_constructed(0),
                &write::tlv(tag::SEQUENCE, &list),
            )
        };

        let mut head = Vec::new();
        let octets = content.len() as u64 + size.octets() + tail.len() as u64;
        push_long_header(&mut head, tag::SEQUENCE, octets)?;
        head.append(&mut content);
        Ok(Self {
            head,
            entries_octets: size.octets(),
            tail,
        })
    }

    fn tbs_len(&self) -> u64 {
        self.head.len() as u64 + self.entries_octets + self.tail.len() as u64
    }

    /// The same inside the whole list, and what then follows it.
    pub(super) fn with_signature(
        mut self,
        algorithm: SignatureAlgorithm,
        signature: &[u8],
    ) -> Result<(Self, Vec<u8>), CrlError> {
        let mut tail = algorithm.to_der().to_vec();
        write::push_whole_bytes(&mut tail, signature);
        let mut head = Vec::new();
        push_long_header(&mut head, tag::SEQUENCE, self.tbs_len() + tail.len() as u64)?;
        head.append(&mut self.head);
        self.head = head;
        Ok((self, tail))
    }
}

/// RFC 5280 5.1.2.3: "The issuer field MUST contain a non-empty X.500 distinguished name".
fn check_issuer(issuer_der: &[u8]) -> Result<(), Error> {
    let mut cursor = Cursor::new(issuer_der, "issuer")?;
    let name = cursor.element(tag::SEQUENCE, "SEQUENCE", "issuer")?;
    cursor.finish()?;
    check_name(&name)?;
    if name.content.is_empty() {
        return Err(Error::Value {
            field: "issuer",
            problem: "of a CRL must not be empty".to_owned(),
        });
    }
    Ok(())
}

/// `cRLNumber`, not critical (RFC 5280 5.2.3).
pub(super) fn crl_number(number: u64) -> Extension {
    Extension {
        oid: oid::CRL_NUMBER,
        critical: false,
        value: write::tlv(tag::INTEGER, &integer_content(number)),
    }
}

/// Content of the INTEGER.
pub(crate) fn integer_content(number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let mut content: Vec<u8> = bytes.into_iter().skip_while(|&b| b == 0).collect();
    if content.first().is_none_or(|&b| b >= 0x80) {
        content.insert(0, 0);
    }
    content
}

/// As [`write::push_header`], but within the lengths that [`super::CertificateList`] reads.
fn push_long_header(out: &mut Vec<u8>, tag: u8, octets: u64) -> Result<(), CrlError> {
    let too_long = || CrlError::TooLong {
        octets,
        max: MAX_OCTETS,
    };
    if octets > MAX_OCTETS {
        return Err(too_long());
    }
    write::push_header(out, tag, usize::try_from(octets).map_err(|_| too_long())?);
    Ok(())
}

/// `Version ::= INTEGER { v1(0), v2(1), v3(2) }`
const VERSION_2: u8 = 1;
/// Room is left for the headers and the signature around what is measured.
const MAX_OCTETS: u64 = u32::MAX as u64 - 64 * 1024;
/// Bytes that are written at once.
const PIECE: usize = 32 * 1024;

#[cfg(test)]
mod tests;
