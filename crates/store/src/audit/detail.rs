//! The details of audit entries: JSON that is made from the columns of a row, so that a check can make it again.

use aws_lc_rs::digest;

use crate::certificate::ReservationData;
use crate::digest::{hex, to_array};

/// Writer of an entry's detail: a JSON object whose members stand in the order in which they were
/// added, so that the same data always give the same text.
pub(crate) struct Detail(String);

impl Detail {
    pub(crate) fn new() -> Self {
        Self(String::from("{"))
    }

    pub(crate) fn text(self, key: &str, value: &str) -> Self {
        let json = serde_json::Value::from(value).to_string();
        self.raw(key, &json)
    }

    pub(crate) fn hex(self, key: &str, bytes: &[u8]) -> Self {
        self.text(key, &hex(bytes))
    }

    pub(crate) fn number(self, key: &str, value: impl Into<i64>) -> Self {
        self.raw(key, &value.into().to_string())
    }

    /// Adds the member if there is a value.
    pub(crate) fn number_if(self, key: &str, value: Option<impl Into<i64>>) -> Self {
        match value {
            Some(value) => self.number(key, value),
            None => self,
        }
    }

    /// Adds the member if there is a value.
    pub(crate) fn hex_if(self, key: &str, bytes: Option<&[u8]>) -> Self {
        match bytes {
            Some(bytes) => self.hex(key, bytes),
            None => self,
        }
    }

    /// `json` must be JSON.
    pub(crate) fn raw(mut self, key: &str, json: &str) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(key);
        self.0.push_str("\":");
        self.0.push_str(json);
        self
    }

    pub(crate) fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// Detail of `issued`: all columns of the row, so that a check finds every change.
pub(crate) fn issued_detail(
    reservation: &ReservationData,
    certificate_sha256: &[u8; 32],
) -> String {
    reservation_detail(reservation)
        .hex("certificate_sha256", certificate_sha256)
        .finish()
}

/// Detail of `released`.
pub(crate) fn released_detail(reservation: &ReservationData, why: &str) -> String {
    reservation_detail(reservation).text("why", why).finish()
}

fn reservation_detail(reservation: &ReservationData) -> Detail {
    // `issuer`, `serial` and `requester` are columns of the entry itself
    let ReservationData {
        issuer: _,
        serial: _,
        requester: _,
        tbs_sha256,
        profile,
        subject,
        names,
        not_before,
        not_after,
        reserved_at,
    } = reservation;
    Detail::new()
        .text("profile", profile)
        .text("subject", subject)
        .raw("names", names)
        .number("not_before", *not_before)
        .number("not_after", *not_after)
        .number("reserved_at", *reserved_at)
        .hex("tbs_sha256", tbs_sha256)
}

/// Detail of `taken-in`: the hash is that of [`ImportedRows`], one for each certificate.
pub(crate) fn imported_detail(rows: i64, sha256: &[u8]) -> String {
    Detail::new()
        .number("rows", rows)
        .hex("sha256", sha256)
        .finish()
}

/// SHA-256 over all certificates that an entry `taken-in` covers, in order of their rows.
pub(crate) struct ImportedRows(digest::Context);

impl ImportedRows {
    pub(crate) fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    pub(crate) fn add(
        &mut self,
        serial: &[u8],
        tbs_sha256: &[u8; 32],
        subject: &str,
        not_after: i64,
    ) {
        for field in [
            serial,
            tbs_sha256,
            subject.as_bytes(),
            &not_after.to_be_bytes(),
        ] {
            let len = u32::try_from(field.len()).unwrap_or(u32::MAX);
            self.0.update(&len.to_be_bytes());
            self.0.update(field);
        }
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        to_array(&self.0.finish())
    }
}

/// Detail of `revoked`.
pub(crate) fn revoked_detail(
    revoked_at: i64,
    reason: Option<u8>,
    invalidity_date: Option<i64>,
) -> String {
    Detail::new()
        .number("revoked_at", revoked_at)
        .number_if("reason", reason)
        .number_if("invalidity_date", invalidity_date)
        .finish()
}

/// Detail of `crl`.
pub(crate) fn crl_detail(
    number: i64,
    sha256: &[u8],
    this_update: i64,
    next_update: i64,
    entries: i64,
    shards: u32,
    base: Option<i64>,
) -> String {
    Detail::new()
        .number("number", number)
        .number("this_update", this_update)
        .number("next_update", next_update)
        .number("entries", entries)
        .hex("sha256", sha256)
        .number_if("shards", (shards > 0).then_some(shards))
        .number_if("base", base)
        .finish()
}

/// Detail of `issuer-added`.
pub(crate) fn issuer_detail(
    name: &str,
    subject_der: &[u8],
    key_id: &[u8],
    key: &str,
    pinned_parent: Option<&[u8]>,
) -> String {
    Detail::new()
        .text("name", name)
        .hex("subject_der", subject_der)
        .hex("key_id", key_id)
        .text("key", key)
        .hex_if("pinned_parent", pinned_parent)
        .finish()
}

/// Detail of `issuer-certified`.
pub(crate) fn certified_detail(certificate_sha256: &[u8; 32]) -> String {
    Detail::new()
        .hex("certificate_sha256", certificate_sha256)
        .finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn detail_is_json_whatever_is_in_it() {
        let detail = Detail::new()
            .text("a", "quote \" backslash \\ newline \n nul \0 \u{1f511}")
            .number("b", -5)
            .number_if("c", None::<i64>)
            .hex("d", &[0, 255])
            .finish();
        let value: serde_json::Value = serde_json::from_str(&detail).unwrap();
        assert_eq!(
            value["a"],
            "quote \" backslash \\ newline \n nul \0 \u{1f511}"
        );
        assert_eq!(value["b"], -5);
        assert!(value.get("c").is_none());
        assert_eq!(value["d"], "00ff");
    }
}
