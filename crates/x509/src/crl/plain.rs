//! A CRL whose extensions, and those of its entries, are all given: what other programs' configurations ask for.

use std::io;

use super::{
    CrlError, CrlStreamError, CrlWriter, EntriesSize,
    writer::{Frame, Outline, crl_number},
};
use crate::{
    Error, Extension, Serial, SignatureAlgorithm, UnixTime, oid, read::tag,
    time::encode_generalized_time, time::encode_time, write,
};

/// Everything of a CRL but its entries and its signature. Unlike [`CrlFields`](super::CrlFields) it may lack the
/// extensions that RFC 5280 asks for, and be of version 1.
#[derive(Clone, Copy, Debug)]
pub struct PlainCrlFields<'a> {
    /// Whether it says that it is of version 2, which extensions ask for.
    pub version_2: bool,
    /// What the CRL is going to be signed with.
    pub signature_algorithm: SignatureAlgorithm,
    /// The issuer's Name, byte for byte the subject of its certificate.
    pub issuer_der: &'a [u8],
    /// When the list was made.
    pub this_update: UnixTime,
    /// When there will be a newer list at the latest.
    pub next_update: UnixTime,
    /// In the order in which they are written.
    pub extensions: &'a [Extension],
}

impl PlainCrlFields<'_> {
    /// First walk over the entries.
    pub fn entries_len<E>(
        entries: impl IntoIterator<Item = Result<PlainEntry, E>>,
    ) -> Result<EntriesSize, CrlStreamError<E>> {
        let mut size = EntriesSize::new();
        for entry in entries {
            let entry = entry.map_err(CrlStreamError::Entries)?;
            size.add_der(&entry.to_der().map_err(CrlError::from)?);
        }
        Ok(size)
    }

    /// Second walk: writes what gets signed into `out`.
    pub fn write_tbs<E>(
        &self,
        size: &EntriesSize,
        entries: impl IntoIterator<Item = Result<PlainEntry, E>>,
        out: &mut impl io::Write,
    ) -> Result<(), CrlStreamError<E>> {
        let frame = self.frame(size)?;
        copy(CrlWriter::new(true, size, frame, Vec::new(), out), entries)
    }

    /// Third walk: writes the whole list with its signature.
    pub fn write<E>(
        &self,
        size: &EntriesSize,
        entries: impl IntoIterator<Item = Result<PlainEntry, E>>,
        signature: &[u8],
        out: &mut impl io::Write,
    ) -> Result<(), CrlStreamError<E>> {
        let (frame, tail) = self
            .frame(size)?
            .with_signature(self.signature_algorithm, signature)?;
        copy(CrlWriter::new(true, size, frame, tail, out), entries)
    }

    fn frame(&self, size: &EntriesSize) -> Result<Frame, CrlError> {
        let Self {
            version_2,
            signature_algorithm,
            issuer_der,
            this_update,
            next_update,
            extensions,
        } = *self;
        let extensions: Vec<&Extension> = extensions.iter().collect();
        Frame::of(
            &Outline {
                version_2,
                signature_algorithm,
                issuer_der,
                this_update,
                next_update,
            },
            &extensions,
            size,
        )
    }
}

fn copy<E, W: io::Write>(
    mut writer: CrlWriter<W>,
    entries: impl IntoIterator<Item = Result<PlainEntry, E>>,
) -> Result<(), CrlStreamError<E>> {
    for entry in entries {
        let der = entry
            .map_err(CrlStreamError::Entries)?
            .to_der()
            .map_err(CrlError::from)?;
        writer.entry_der(&der)?;
    }
    Ok(writer.finish()?)
}

/// A `cRLNumber` extension (RFC 5280 section 5.2.3).
pub fn crl_number_extension(number: u64) -> Extension {
    crl_number(number)
}

/// A revoked certificate with whatever an issuer wants to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainEntry {
    /// Of the certificate; `None` is 0, which RFC 5280 forbids and old CAs began with.
    pub serial: Option<Serial>,
    /// When the CA was told, or decided.
    pub revoked_at: UnixTime,
    /// The code of the reason, also 0 and 8.
    pub reason: Option<u8>,
    /// Since when the key is known or suspected to be bad.
    pub invalidity_date: Option<UnixTime>,
    /// What to do with what is on hold (RFC 3280 section 5.3.2; RFC 5280 has it no more).
    pub hold_instruction: Option<crate::ObjectIdentifier>,
}

impl PlainEntry {
    /// The whole entry of `revokedCertificates`. Refuses times that have no encoding.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        let Self {
            serial,
            revoked_at,
            reason,
            invalidity_date,
            hold_instruction,
        } = self;
        let serial = serial
            .as_ref()
            .map_or_else(|| vec![0], Serial::to_integer_content);
        let mut content = write::tlv(tag::INTEGER, &serial);
        content.extend_from_slice(&encode_time(*revoked_at)?);
        let mut extensions = Vec::new();
        let mut add = |oid, value| {
            extensions.extend(
                Extension {
                    oid,
                    critical: false,
                    value,
                }
                .to_der(),
            );
        };
        if let Some(reason) = reason {
            add(oid::CRL_REASON, vec![super::ENUMERATED, 1, *reason]);
        }
        if let Some(date) = invalidity_date {
            add(oid::INVALIDITY_DATE, encode_generalized_time(*date)?);
        }
        if let Some(instruction) = hold_instruction {
            add(
                oid::HOLD_INSTRUCTION,
                write::tlv(tag::OID, instruction.as_bytes()),
            );
        }
        if !extensions.is_empty() {
            write::push_tlv(&mut content, tag::SEQUENCE, &extensions);
        }
        Ok(write::tlv(tag::SEQUENCE, &content))
    }
}
