//! The rows of `index.txt`, the database of `openssl ca` (its TXT_DB format).
//!
//! ```text
//! V  270101000000Z                               1000  unknown  /C=GB/CN=www.example.com
//! R  270101000000Z  260301120000Z,keyCompromise  1001  unknown  /C=GB/CN=mail.example.com
//! E  250101000000Z                               1002  unknown  /C=GB/CN=old.example.com
//! ```
//!
//! Six fields between tabs: status, end of validity, revocation, serial in hexadecimal digits, file name (never used),
//! subject. `\` before a tab makes it part of the field. What begins with `#` is a comment.

use std::{fmt::Write as _, io::BufRead};

use tpm2ca_openssl_ca::config::oneline;
use tpm2ca_openssl_x509v3::Objects;
use tpm2ca_store::{IndexEntry, IndexRow, IndexStatus};
use tpm2ca_x509::{
    Name, ObjectIdentifier, Serial, UnixTime, Validity, crl::ReasonCode, format_time, parse_time,
};

/// Reads rows one by one, from any place of the file that is the beginning of a line.
pub(crate) struct Rows<R> {
    input: R,
    line: Vec<u8>,
    /// Number of the line that was read last.
    number: u64,
}

/// A line without its newline, and the row in it; a comment has none.
pub(crate) type Line<'a> = (&'a [u8], Option<IndexRow>);

/// What is wrong with a row.
#[derive(Debug)]
pub(crate) enum RowError {
    /// The line cannot be read as a row.
    Damaged { line: u64, problem: String },
    /// The file cannot be read.
    Io(std::io::Error),
}

impl<R: BufRead> Rows<R> {
    /// `before`: how many lines stand before the first one.
    pub(crate) fn new(input: R, before: u64) -> Self {
        Self {
            input,
            line: Vec::new(),
            number: before,
        }
    }

    /// The next line; none at the end.
    pub(crate) fn next_line(&mut self) -> Result<Option<Line<'_>>, RowError> {
        self.line.clear();
        let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX) + 1;
        let read = std::io::Read::take(&mut self.input, limit)
            .read_until(b'\n', &mut self.line)
            .map_err(RowError::Io)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        let line = self.number;
        let damaged = |problem| RowError::Damaged { line, problem };
        if self.line.last() != Some(&b'\n') {
            return Err(damaged(if self.line.len() > MAX_LINE {
                format!("is longer than {MAX_LINE} octets")
            } else {
                "does not end: the file was cut off".to_owned()
            }));
        }
        self.line.pop();
        if self.line.first() == Some(&b'#') {
            return Ok(Some((&self.line, None)));
        }
        let row = parse(&self.line).map_err(damaged)?;
        Ok(Some((&self.line, Some(row))))
    }
}

/// Longest line that is read; OpenSSL has no limit.
const MAX_LINE: usize = 64 * 1024;

/// One line without its newline. The error is what is wrong with it.
pub(crate) fn parse(line: &[u8]) -> Result<IndexRow, String> {
    let fields = fields(line)?;
    let [status, end, revocation, serial, _file, subject] = &fields;
    let status = text(status)
        .and_then(IndexStatus::parse)
        .ok_or_else(|| format!("begins with `{}`, expected V, R or E", shown(status)))?;
    let not_after = text(end).and_then(parse_time).ok_or_else(|| {
        format!(
            "has the end of validity `{}`, expected YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ",
            shown(end)
        )
    })?;
    let revoked = match (status, revocation.is_empty()) {
        (IndexStatus::Revoked, true) => {
            return Err("is revoked, but has no revocation date".to_owned());
        }
        (IndexStatus::Revoked, false) => Some(Revocation::parse(revocation)?),
        (_, true) => None,
        (_, false) => {
            return Err("has a revocation date, but is not revoked".to_owned());
        }
    };
    let serial = parse_serial(serial)?;
    let mut row = IndexRow {
        status,
        serial,
        subject: readable(subject),
        not_after,
        revoked_at: None,
        reason: None,
        invalidity_date: None,
        note: None,
        certificate: None,
    };
    if let Some(revoked) = revoked {
        row.revoked_at = Some(revoked.at);
        row.reason = revoked.reason;
        row.invalidity_date = revoked.invalidity_date;
        row.note = revoked.note;
    }
    Ok(row)
}

/// The line of an entry, with its newline.
pub(crate) fn line(entry: &IndexEntry) -> Vec<u8> {
    let IndexEntry {
        position: _,
        status,
        serial,
        subject,
        not_after,
        revoked_at,
        reason,
        invalidity_date,
        note,
        is_new: _,
    } = entry;
    let revocation = revoked_at.map_or_else(String::new, |at| {
        Revocation {
            at,
            reason: *reason,
            invalidity_date: *invalidity_date,
            note: note.clone(),
        }
        .field()
    });
    let mut out = Vec::with_capacity(128 + subject.len());
    let end = digits(*not_after);
    for field in [
        status.as_str(),
        &end,
        &revocation,
        &serial_digits(serial),
        "unknown",
        subject,
    ] {
        for octet in field.bytes() {
            if octet == b'\t' {
                out.push(b'\\');
            }
            out.push(octet);
        }
        out.push(b'\t');
    }
    out.pop();
    out.push(b'\n');
    out
}

/// The line of an entry that has one already: only status and revocation are new.
pub(crate) fn changed_line(old: &[u8], entry: &IndexEntry) -> Vec<u8> {
    let new = line(entry);
    let (Some([status, _, revocation, _]), Some([_, end, _, rest])) =
        (first_three(&new), first_three(old))
    else {
        return new;
    };
    let mut out = [status, end, revocation, rest].join(&b'\t');
    out.push(b'\n');
    out
}

/// Status, end, revocation as they stand there, and the rest.
fn first_three(line: &[u8]) -> Option<[&[u8]; 4]> {
    let mut before = 0;
    let mut parts = line.splitn(4, |octet| {
        // A tab behind `\` is part of its field.
        let is_escaped = before == b'\\';
        before = *octet;
        *octet == b'\t' && !is_escaped
    });
    Some([parts.next()?, parts.next()?, parts.next()?, parts.next()?])
}

/// A serial as index.txt and the `serial` file have it: an even number of digits in capitals.
pub(crate) fn serial_digits(serial: &[u8]) -> String {
    if serial.is_empty() {
        return "00".to_owned();
    }
    let mut digits = String::with_capacity(2 * serial.len());
    for octet in serial {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{octet:02X}");
    }
    digits
}

/// Returns the subject as index.txt is to have it: for an empty one the serial number, as `openssl ca` does.
pub(crate) fn listed_subject(subject: &Name, serial: &Serial, objects: &Objects) -> String {
    let line = oneline(subject, objects);
    if line.is_empty() {
        serial.to_string().to_uppercase()
    } else {
        line
    }
}

/// The third field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Revocation {
    pub(crate) at: UnixTime,
    pub(crate) reason: Option<u8>,
    pub(crate) invalidity_date: Option<UnixTime>,
    /// The reason as it stands there, where the other fields would be written otherwise.
    pub(crate) note: Option<String>,
}

impl Revocation {
    /// `date[,reason[,more]]`.
    fn parse(field: &[u8]) -> Result<Self, String> {
        let field = text(field).ok_or_else(|| format!("has the revocation `{}`", shown(field)))?;
        let (date, rest) = match field.split_once(',') {
            Some((date, rest)) => (date, Some(rest)),
            None => (field, None),
        };
        let at = parse_time(date)
            .ok_or_else(|| format!("has the revocation date `{date}`, expected YYMMDDHHMMSSZ"))?;
        let (reason, invalidity_date) = match rest {
            None => (None, None),
            Some(rest) => reason(rest)?,
        };
        let mut this = Self {
            at,
            reason,
            invalidity_date,
            note: None,
        };
        if this.reason_text().as_deref() != rest {
            this.note = rest.map(str::to_owned);
        }
        Ok(this)
    }

    fn field(&self) -> String {
        let date = digits(self.at);
        match self.note.clone().or_else(|| self.reason_text()) {
            Some(text) => format!("{date},{text}"),
            None => date,
        }
    }

    /// How `openssl ca` writes reason and invalidity date.
    fn reason_text(&self) -> Option<String> {
        let reason = ReasonCode::try_from(self.reason?).ok()?;
        Some(match (reason, self.invalidity_date) {
            (ReasonCode::KeyCompromise, Some(date)) => format!("keyTime,{}", generalized(date)),
            (ReasonCode::CaCompromise, Some(date)) => format!("CAkeyTime,{}", generalized(date)),
            (reason, _) => reason.name().to_owned(),
        })
    }

    /// What a CRL says of it: the reason's code (also 0, if the file says `unspecified`) and the hold instruction.
    pub(crate) fn on_crl(
        reason: Option<u8>,
        note: Option<&str>,
    ) -> (Option<u8>, Option<ObjectIdentifier>) {
        let Some(note) = note else {
            return (reason, None);
        };
        if reason.is_none() {
            return (Some(0), None);
        }
        (
            reason,
            note.split_once(',').and_then(|(word, more)| {
                word.eq_ignore_ascii_case(HOLD_INSTRUCTION)
                    .then(|| instruction(more))?
            }),
        )
    }
}

/// The reasons that index.txt knows, and what stands behind them. Case does not matter, as in OpenSSL.
fn reason(text: &str) -> Result<(Option<u8>, Option<UnixTime>), String> {
    let (word, more) = match text.split_once(',') {
        Some((word, more)) => (word, Some(more)),
        None => (text, None),
    };
    let is = |name: &str| word.eq_ignore_ascii_case(name);
    let date = || {
        more.and_then(|date| (date.len() == 15).then(|| parse_time(date))?)
            .ok_or_else(|| {
                format!("has the revocation `{text}`, expected `{word},YYYYMMDDHHMMSSZ`")
            })
    };
    if is("keyTime") {
        return Ok((Some(1), Some(date()?)));
    }
    if is("CAkeyTime") {
        return Ok((Some(2), Some(date()?)));
    }
    if is(HOLD_INSTRUCTION) {
        more.and_then(instruction)
            .ok_or_else(|| format!("has the revocation `{text}`, expected `{word},OID`"))?;
        return Ok((Some(6), None));
    }
    if is("unspecified") {
        return Ok((None, None));
    }
    if let Some(code) = INDEX_REASONS.iter().find(|code| is(code.name())) {
        return Ok((Some(code.code()), None));
    }
    let known: Vec<&str> = INDEX_REASONS.iter().map(|code| code.name()).collect();
    Err(format!(
        "has the revocation reason `{word}`, expected unspecified, {}, {HOLD_INSTRUCTION}, keyTime or CAkeyTime",
        known.join(", ")
    ))
}

/// Whether `openssl ca` can read this reason; with any other it refuses to work at all.
pub(crate) fn can_list(reason: ReasonCode) -> bool {
    reason == ReasonCode::Unspecified || INDEX_REASONS.contains(&reason)
}

const INDEX_REASONS: [ReasonCode; 7] = [
    ReasonCode::KeyCompromise,
    ReasonCode::CaCompromise,
    ReasonCode::AffiliationChanged,
    ReasonCode::Superseded,
    ReasonCode::CessationOfOperation,
    ReasonCode::CertificateHold,
    ReasonCode::RemoveFromCrl,
];

const HOLD_INSTRUCTION: &str = "holdInstruction";

/// A hold instruction: one of OpenSSL's names, or a dotted number.
pub(crate) fn instruction(text: &str) -> Option<ObjectIdentifier> {
    let dotted = match text {
        "holdInstructionNone" => "1.2.840.10040.2.1",
        "holdInstructionCallIssuer" => "1.2.840.10040.2.2",
        "holdInstructionReject" => "1.2.840.10040.2.3",
        dotted => dotted,
    };
    ObjectIdentifier::new(dotted).ok()
}

fn fields(line: &[u8]) -> Result<[Vec<u8>; 6], String> {
    let mut fields: [Vec<u8>; 6] = Default::default();
    let mut count = 0;
    let mut escaped = false;
    let Some(mut field) = fields.get_mut(0) else {
        return Err(String::new());
    };
    for &octet in line {
        if octet == b'\t' {
            if escaped {
                field.pop();
            } else {
                count += 1;
                field = fields
                    .get_mut(count)
                    .ok_or("has more than six fields between tabs")?;
                continue;
            }
        }
        escaped = octet == b'\\';
        field.push(octet);
    }
    if count != 5 {
        return Err(format!(
            "has {} fields between tabs, expected six",
            count + 1
        ));
    }
    Ok(fields)
}

fn parse_serial(field: &[u8]) -> Result<Vec<u8>, String> {
    let wrong = |what: &str| format!("has the serial `{}`, {what}", shown(field));
    if field.first() == Some(&b'-') {
        return Err(wrong("which is negative"));
    }
    if field.is_empty()
        || !field.len().is_multiple_of(2)
        || !field.iter().all(u8::is_ascii_hexdigit)
    {
        return Err(wrong("expected an even number of hexadecimal digits"));
    }
    let digit = |octet: u8| {
        char::from(octet)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let octets: Vec<u8> = field
        .chunks(2)
        .map(|pair| {
            pair.iter()
                .fold(0, |sum, octet| sum << 4 | digit(*octet).unwrap_or(0))
        })
        .skip_while(|octet| *octet == 0)
        .collect();
    match octets.len() {
        0 => Ok(vec![0]),
        1..=20 => Ok(octets),
        len => Err(wrong(&format!("which has {len} octets and may have 20"))),
    }
}

fn text(field: &[u8]) -> Option<&str> {
    str::from_utf8(field).ok()
}

fn shown(field: &[u8]) -> String {
    field.escape_ascii().to_string()
}

/// The subject. Names that OpenSSL writes are ASCII; octets of other programs that are no UTF-8 become what OpenSSL
/// would have written.
fn readable(field: &[u8]) -> String {
    let mut out = String::with_capacity(field.len());
    for chunk in field.utf8_chunks() {
        out.push_str(chunk.valid());
        for octet in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\x{octet:02X}");
        }
    }
    out
}

/// A time as index.txt has it: two digits of the year until 2049, four from then on, as in the certificate.
pub(crate) fn digits(time: UnixTime) -> String {
    let all = generalized(time);
    if (Validity::EARLIEST..YEAR_2050).contains(&time) {
        all.chars().skip(2).collect()
    } else {
        all
    }
}

fn generalized(time: UnixTime) -> String {
    format_time(time)
        .chars()
        .filter(|c| !matches!(c, '-' | ':' | 'T'))
        .collect()
}

const YEAR_2050: UnixTime = 2_524_608_000;

/// Reads octets as an index.txt, for fuzzing: of every row that can be read, what is written of it is read as the same.
///
/// # Panics
/// If it is not.
pub fn fuzzed_index_txt(data: &[u8]) {
    let mut rows = Rows::new(data, 0);
    while let Ok(Some((old, row))) = rows.next_line() {
        let Some(row) = row else { continue };
        for written in [line(&entry(&row)), changed_line(old, &entry(&row))] {
            let read = written.strip_suffix(b"\n").map(parse);
            assert_eq!(read, Some(Ok(row.clone())), "{}", shown(old));
        }
        let valid = IndexRow {
            status: IndexStatus::Valid,
            revoked_at: None,
            reason: None,
            invalidity_date: None,
            note: None,
            ..row
        };
        let written = changed_line(old, &entry(&valid));
        let read = written.strip_suffix(b"\n").map(parse);
        assert_eq!(read, Some(Ok(valid)), "{}", shown(old));
    }
}

fn entry(row: &IndexRow) -> IndexEntry {
    IndexEntry {
        position: 0,
        status: row.status,
        serial: row.serial.clone(),
        subject: row.subject.clone(),
        not_after: row.not_after,
        revoked_at: row.revoked_at,
        reason: row.reason,
        invalidity_date: row.invalidity_date,
        note: row.note.clone(),
        is_new: true,
    }
}

#[cfg(test)]
mod tests;
