//! The answer about one certificate: `SingleResponse`, RFC 6960 section 4.2.1.

use super::{CertId, push_extensions, read_explicit_extensions, value_error};
use crate::{
    Error, Extension, ObjectIdentifier, RawExtension, UnixTime,
    crl::{ENUMERATED, ReasonCode, reason_from_content},
    format_time, oid,
    read::{Cursor, tag},
    time::{encode_generalized_time, read_generalized_time},
    write,
};

/// What is known about a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertStatus {
    /// Not revoked.
    Good,
    /// Revoked, or on hold.
    Revoked {
        /// When.
        at: UnixTime,
        /// Why. [`ReasonCode::Unspecified`] is written like `None`, as nothing; [`ReasonCode::RemoveFromCrl`] is
        /// refused, since such a certificate is good.
        reason: Option<ReasonCode>,
    },
    /// The responder does not know the certificate.
    Unknown,
}

/// The answer about one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SingleResponse<'a> {
    /// Which certificate, exactly as the client named it.
    pub cert_id: CertId<'a>,
    /// What is known about it.
    pub status: CertStatus,
    /// Since when that is known to be right.
    pub this_update: UnixTime,
    /// When there will be newer knowledge at the latest; `None` says that there always is. RFC 5019 section 2.2.4
    /// wants it to be there.
    pub next_update: Option<UnixTime>,
    /// Since when the responder remembers revocations of certificates that have expired (RFC 6960 section 4.4.4).
    pub archive_cutoff: Option<UnixTime>,
    /// Since when the key of a revoked certificate must be doubted (RFC 5280 section 5.3.2, allowed here by RFC 6960
    /// section 4.4.5).
    pub invalidity_date: Option<UnixTime>,
}

impl<'a> SingleResponse<'a> {
    /// The whole `SingleResponse`. Refuses times that have no encoding, and a next update before this update.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        let Self {
            cert_id,
            status,
            this_update,
            next_update,
            archive_cutoff,
            invalidity_date,
        } = self;
        let mut content = cert_id.to_der();
        push_status(&mut content, *status)?;
        content.extend(encode_generalized_time(*this_update)?);
        if let Some(next_update) = next_update {
            if next_update < this_update {
                let (next, this) = (format_time(*next_update), format_time(*this_update));
                return Err(value_error(
                    "nextUpdate",
                    format!("{next} is earlier than `thisUpdate` {this}"),
                ));
            }
            let time = encode_generalized_time(*next_update)?;
            write::push_tlv(&mut content, tag::context_constructed(0), &time);
        }
        let mut extensions = Vec::new();
        for (oid, time) in [
            (ARCHIVE_CUTOFF, archive_cutoff),
            (oid::INVALIDITY_DATE, invalidity_date),
        ] {
            if let Some(time) = time {
                extensions.push(Extension {
                    oid,
                    critical: false,
                    value: encode_generalized_time(*time)?,
                });
            }
        }
        push_extensions(&mut content, 1, &extensions)?;
        Ok(write::tlv(tag::SEQUENCE, &content))
    }

    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Error> {
        let mut parts = cursor.sequence("SingleResponse")?;
        let cert_id = CertId::read(&mut parts)?;
        let status = read_status(&mut parts)?;
        let this_update = read_generalized_time(&mut parts, "thisUpdate")?;
        let next_update = match parts.optional(tag::context_constructed(0), "nextUpdate")? {
            Some(element) => Some(read_only_time(&mut element.open()?, "nextUpdate")?),
            None => None,
        };
        let extensions = read_explicit_extensions(&mut parts, 1, "singleExtensions")?;
        parts.finish()?;
        let archive_cutoff = find_time(&extensions, ARCHIVE_CUTOFF, "archiveCutoff")?;
        let invalidity_date = find_time(&extensions, oid::INVALIDITY_DATE, "invalidityDate")?;
        if let Some(strange) = extensions
            .iter()
            .find(|e| e.critical && ![ARCHIVE_CUTOFF, oid::INVALIDITY_DATE].contains(&e.oid))
        {
            return Err(value_error(
                "singleExtensions",
                format!("has the unknown critical extension {}", strange.oid),
            ));
        }
        Ok(Self {
            cert_id,
            status,
            this_update,
            next_update,
            archive_cutoff,
            invalidity_date,
        })
    }
}

fn push_status(out: &mut Vec<u8>, status: CertStatus) -> Result<(), Error> {
    match status {
        CertStatus::Good => write::push_tlv(out, GOOD, &[]),
        CertStatus::Unknown => write::push_tlv(out, UNKNOWN, &[]),
        CertStatus::Revoked {
            reason: Some(ReasonCode::RemoveFromCrl),
            ..
        } => {
            return Err(value_error(
                "revocationReason",
                "must not be `removeFromCRL`".to_owned(),
            ));
        }
        CertStatus::Revoked { at, reason } => {
            let mut info = encode_generalized_time(at)?;
            if let Some(reason) = reason.and_then(ReasonCode::written) {
                let value = write::tlv(ENUMERATED, &[reason.code()]);
                write::push_tlv(&mut info, tag::context_constructed(0), &value);
            }
            write::push_tlv(out, REVOKED, &info);
        }
    }
    Ok(())
}

fn read_status(cursor: &mut Cursor<'_>) -> Result<CertStatus, Error> {
    let choice = cursor.any("certStatus")?;
    match choice.tag {
        GOOD if choice.content.is_empty() => Ok(CertStatus::Good),
        UNKNOWN if choice.content.is_empty() => Ok(CertStatus::Unknown),
        GOOD | UNKNOWN => Err(choice.not_der("a NULL that has content")),
        REVOKED => {
            let mut info = choice.open()?;
            let at = read_generalized_time(&mut info, "revocationTime")?;
            let reason = match info.optional(tag::context_constructed(0), "revocationReason")? {
                Some(element) => {
                    let mut inside = element.open()?;
                    let value = inside.element(ENUMERATED, "ENUMERATED", "revocationReason")?;
                    inside.finish()?;
                    Some(reason_from_content(value.content)?)
                }
                None => None,
            };
            info.finish()?;
            Ok(CertStatus::Revoked { at, reason })
        }
        _ => Err(choice.wrong_type("[0], [1] or [2]")),
    }
}

fn find_time(
    extensions: &[RawExtension<'_>],
    oid: ObjectIdentifier,
    field: &'static str,
) -> Result<Option<UnixTime>, Error> {
    extensions
        .iter()
        .find(|extension| extension.oid == oid)
        .map(|extension| read_only_time(&mut Cursor::new(extension.value, field)?, field))
        .transpose()
}

fn read_only_time(cursor: &mut Cursor<'_>, field: &'static str) -> Result<UnixTime, Error> {
    let time = read_generalized_time(cursor, field)?;
    cursor.finish()?;
    Ok(time)
}

const GOOD: u8 = tag::context(0);
const REVOKED: u8 = tag::context_constructed(1);
const UNKNOWN: u8 = tag::context(2);
/// `id-pkix-ocsp-archive-cutoff`, RFC 6960 section 4.4.4
const ARCHIVE_CUTOFF: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.6");
