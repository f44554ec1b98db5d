//! Reads a CRL without copying it: RFC 5280 section 5.

use super::{ReasonCode, entry::ENUMERATED};
use crate::{
    Error, Name, RawExtension, Serial, SignatureAlgorithm, UnixTime,
    extension::read_extensions,
    name::check_name,
    oid,
    read::{self, Cursor, tag},
    time::{read_generalized_time, read_time},
};

/// A parsed CRL that borrows its bytes. The entries are looked at only when they are iterated over, so parsing takes
/// the same time whatever their number.
#[derive(Clone, Debug)]
pub struct CertificateList<'a> {
    der: &'a [u8],
    tbs_der: &'a [u8],
    signature_algorithm_der: &'a [u8],
    signature: &'a [u8],
    version: u8,
    issuer_der: &'a [u8],
    this_update: UnixTime,
    next_update: Option<UnixTime>,
    entries: Option<Cursor<'a>>,
    extensions: Vec<RawExtension<'a>>,
    number: Option<&'a [u8]>,
    authority_key_id: Option<&'a [u8]>,
}

impl<'a> CertificateList<'a> {
    /// Reads a DER `CertificateList` of version 1 or 2. Refuses two signature algorithms that differ (RFC 5280
    /// 5.1.1.2) and repeated extensions; whether critical extensions are understood is the caller's question, see
    /// [`CertificateList::unknown_critical_extensions`].
    pub fn parse(der: &'a [u8]) -> Result<Self, Error> {
        let mut outer = read::document(der, "CertificateList")?;
        let tbs = outer.element(tag::SEQUENCE, "SEQUENCE", "tbsCertList")?;
        let signature_algorithm_der = outer.sequence_der("signatureAlgorithm")?;
        let signature = outer.whole_bytes("signatureValue")?;
        outer.finish()?;

        let mut inner = tbs.open()?;
        let version = match inner.optional(tag::INTEGER, "version")? {
            None => 0,
            Some(element) => match element.as_u32()? {
                1 => 1,
                other => {
                    return Err(value_error(
                        "version",
                        format!("must be 1 (v2) or absent, found {other}"),
                    ));
                }
            },
        };
        if inner.sequence_der("signature")? != signature_algorithm_der {
            return Err(value_error(
                "signature",
                "differs from `signatureAlgorithm`".to_owned(),
            ));
        }
        let issuer = inner.element(tag::SEQUENCE, "SEQUENCE", "issuer")?;
        check_name(&issuer)?;
        let this_update = read_time(&mut inner, "thisUpdate")?;
        let next_update = match inner.peek_tag() {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => {
                Some(read_time(&mut inner, "nextUpdate")?)
            }
            _ => None,
        };
        let entries = inner.optional(tag::SEQUENCE, "revokedCertificates")?;
        let extensions = match inner.optional(tag::context_constructed(0), "crlExtensions")? {
            Some(element) => {
                let mut wrapper = element.open()?;
                let extensions = read_extensions(&mut wrapper, "crlExtensions")?;
                wrapper.finish()?;
                extensions
            }
            None => Vec::new(),
        };
        inner.finish()?;

        let find = |wanted| extensions.iter().find(|e| e.oid == wanted);
        let number = find(oid::CRL_NUMBER)
            .map(|e| read_number(e.value))
            .transpose()?;
        let authority_key_id = match find(oid::AUTHORITY_KEY_IDENTIFIER) {
            Some(extension) => read_key_identifier(extension.value)?,
            None => None,
        };
        Ok(Self {
            der,
            tbs_der: tbs.der,
            signature_algorithm_der,
            signature,
            version,
            issuer_der: issuer.der,
            this_update,
            next_update,
            entries: entries.map(|element| element.open()).transpose()?,
            extensions,
            number,
            authority_key_id,
        })
    }

    /// The whole CRL.
    pub fn der(&self) -> &'a [u8] {
        self.der
    }

    /// The signed bytes.
    pub fn tbs_der(&self) -> &'a [u8] {
        self.tbs_der
    }

    /// The whole AlgorithmIdentifier of the signature.
    pub fn signature_algorithm_der(&self) -> &'a [u8] {
        self.signature_algorithm_der
    }

    /// The algorithm of the signature, if this crate knows it.
    pub fn signature_algorithm(&self) -> Result<SignatureAlgorithm, Error> {
        SignatureAlgorithm::from_der(self.signature_algorithm_der)
    }

    /// Bytes of the signature.
    pub fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// 1 for v2, 0 for v1.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// The issuer's Name, as received.
    pub fn issuer_der(&self) -> &'a [u8] {
        self.issuer_der
    }

    /// The issuer's Name, to look at.
    pub fn issuer(&self) -> Name {
        Name::trusted(self.issuer_der.to_vec())
    }

    /// When the list was made.
    pub fn this_update(&self) -> UnixTime {
        self.this_update
    }

    /// When there will be a newer one.
    pub fn next_update(&self) -> Option<UnixTime> {
        self.next_update
    }

    /// Content of the `cRLNumber` INTEGER: big-endian, not negative, at most 20 octets (RFC 5280 5.2.3).
    pub fn number(&self) -> Option<&'a [u8]> {
        self.number
    }

    /// The CRL number, `None` also when it does not fit.
    pub fn number_u64(&self) -> Option<u64> {
        let digits = self.number?;
        let zeros = digits.iter().take_while(|&&b| b == 0).count();
        let digits = digits.get(zeros..)?;
        (digits.len() <= 8).then(|| digits.iter().fold(0, |sum, &b| sum << 8 | u64::from(b)))
    }

    /// The issuer's key identifier, from `authorityKeyIdentifier`.
    pub fn authority_key_id(&self) -> Option<&'a [u8]> {
        self.authority_key_id
    }

    /// All extensions of the list.
    pub fn extensions(&self) -> &[RawExtension<'a>] {
        &self.extensions
    }

    /// One extension of the list.
    pub fn extension(&self, oid: der::asn1::ObjectIdentifier) -> Option<&RawExtension<'a>> {
        self.extensions.iter().find(|e| e.oid == oid)
    }

    /// Critical extensions that this reader does not interpret, such as `issuingDistributionPoint`. A caller that
    /// does not interpret them either must not use the CRL to decide about certificates (RFC 5280 5.2).
    pub fn unknown_critical_extensions(&self) -> impl Iterator<Item = &RawExtension<'a>> {
        self.extensions.iter().filter(|e| {
            e.critical && e.oid != oid::CRL_NUMBER && e.oid != oid::AUTHORITY_KEY_IDENTIFIER
        })
    }

    /// The entries, in the order of the list. Each may be malformed; the iteration ends with the first one that is.
    pub fn entries(&self) -> RevokedCertificates<'a> {
        RevokedCertificates {
            rest: self.entries.clone(),
        }
    }

    /// The entry of a certificate, by the content of its serial number's INTEGER. Reads the whole list at worst.
    pub fn find(&self, serial_content: &[u8]) -> Result<Option<RevokedCertificate<'a>>, Error> {
        for entry in self.entries() {
            let entry = entry?;
            if entry.serial_content() == serial_content {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }
}

/// Iterator over the entries of a [`CertificateList`].
#[derive(Clone, Debug)]
pub struct RevokedCertificates<'a> {
    /// `None` when there is no list, or after an error.
    rest: Option<Cursor<'a>>,
}

impl<'a> Iterator for RevokedCertificates<'a> {
    type Item = Result<RevokedCertificate<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let cursor = self.rest.as_mut()?;
        if cursor.is_finished() {
            return None;
        }
        let entry = RevokedCertificate::read(cursor);
        if entry.is_err() {
            self.rest = None;
        }
        Some(entry)
    }
}

/// One entry of a CRL, as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedCertificate<'a> {
    serial: &'a [u8],
    revoked_at: UnixTime,
    reason: Option<ReasonCode>,
    invalidity_date: Option<UnixTime>,
    extensions: Vec<RawExtension<'a>>,
}

impl<'a> RevokedCertificate<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Error> {
        let mut parts = cursor.sequence("revokedCertificate")?;
        let serial = parts.integer("userCertificate")?;
        let revoked_at = read_time(&mut parts, "revocationDate")?;
        let extensions = if parts.is_finished() {
            Vec::new()
        } else {
            read_extensions(&mut parts, "crlEntryExtensions")?
        };
        parts.finish()?;

        let find = |wanted| extensions.iter().find(|e| e.oid == wanted);
        let reason = find(oid::CRL_REASON)
            .map(|e| read_reason(e.value))
            .transpose()?;
        let invalidity_date = find(oid::INVALIDITY_DATE)
            .map(|e| read_invalidity_date(e.value))
            .transpose()?;
        Ok(Self {
            serial,
            revoked_at,
            reason,
            invalidity_date,
            extensions,
        })
    }

    /// Content of the serial number's INTEGER, as received.
    pub fn serial_content(&self) -> &'a [u8] {
        self.serial
    }

    /// The serial number, if it is one that RFC 5280 allows.
    pub fn serial(&self) -> Result<Serial, Error> {
        Serial::from_integer_content(self.serial)
    }

    /// When the certificate was revoked.
    pub fn revoked_at(&self) -> UnixTime {
        self.revoked_at
    }

    /// Why, if the entry says it.
    pub fn reason(&self) -> Option<ReasonCode> {
        self.reason
    }

    /// Since when the key is known or suspected to be bad, if the entry says it.
    pub fn invalidity_date(&self) -> Option<UnixTime> {
        self.invalidity_date
    }

    /// All extensions of the entry.
    pub fn extensions(&self) -> &[RawExtension<'a>] {
        &self.extensions
    }

    /// Critical extensions that this reader does not interpret, such as `certificateIssuer`, which says that the entry
    /// is about a certificate of another issuer (RFC 5280 5.3).
    pub fn unknown_critical_extensions(&self) -> impl Iterator<Item = &RawExtension<'a>> {
        self.extensions
            .iter()
            .filter(|e| e.critical && e.oid != oid::CRL_REASON && e.oid != oid::INVALIDITY_DATE)
    }
}

fn read_reason(value: &[u8]) -> Result<ReasonCode, Error> {
    let mut cursor = Cursor::new(value, "reasonCode")?;
    let element = cursor.element(ENUMERATED, "ENUMERATED", "reasonCode")?;
    cursor.finish()?;
    reason_from_content(element.content)
}

/// The value of a `CRLReason` ENUMERATED, from its content.
pub(crate) fn reason_from_content(content: &[u8]) -> Result<ReasonCode, Error> {
    match content {
        &[code] => ReasonCode::try_from(code)
            .map_err(|_| value_error("reasonCode", format!("has no meaning: {code}"))),
        other => Err(value_error(
            "reasonCode",
            format!("must be one octet, found {}", other.len()),
        )),
    }
}

fn read_invalidity_date(value: &[u8]) -> Result<UnixTime, Error> {
    let mut cursor = Cursor::new(value, "invalidityDate")?;
    let date = read_generalized_time(&mut cursor, "invalidityDate")?;
    cursor.finish()?;
    Ok(date)
}

fn read_number(value: &[u8]) -> Result<&[u8], Error> {
    let mut cursor = Cursor::new(value, "cRLNumber")?;
    let content = cursor.integer("cRLNumber")?;
    cursor.finish()?;
    if content.first().is_some_and(|&b| b >= 0x80) {
        return Err(value_error("cRLNumber", "must not be negative".to_owned()));
    }
    if content.len() > Serial::MAX_LEN {
        return Err(value_error(
            "cRLNumber",
            format!("has {} octets, more than 20", content.len()),
        ));
    }
    Ok(content)
}

fn read_key_identifier(value: &[u8]) -> Result<Option<&[u8]>, Error> {
    let mut cursor = Cursor::new(value, "authorityKeyIdentifier")?;
    let mut parts = cursor.sequence("authorityKeyIdentifier")?;
    cursor.finish()?;
    Ok(parts
        .optional(tag::context(0), "keyIdentifier")?
        .map(|element| element.content))
}

fn value_error(field: &'static str, problem: String) -> Error {
    Error::Value { field, problem }
}

#[cfg(test)]
mod tests;
