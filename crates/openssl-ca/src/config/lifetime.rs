//! Begin and end of a certificate, as `openssl ca` reckons them.

use tpm2ca_profile::Refusal;
use tpm2ca_x509::{UnixTime, Validity, format_time, parse_time};

use super::{CaFileError, CaRequest, CaSettings, plan::PlanError};

/// The begin is the one asked for, or now; the end is the one asked for, or so many days from now, wherever the begin
/// is.
pub(super) fn decide(
    settings: &CaSettings,
    request: &CaRequest<'_>,
) -> Result<Validity, PlanError> {
    let now = request.now;
    let default = |key, text: &Option<String>| {
        text.as_deref()
            .filter(|text| *text != "today")
            .map(|text| date(settings, key, text))
            .transpose()
    };
    let not_before = match request.not_before {
        Some(time) => time,
        None => default("default_startdate", &settings.startdate)?.unwrap_or(now),
    };
    let end = match (request.not_after, request.days) {
        (Some(time), _) => Some(time),
        // `-days` does not get past a `default_enddate`, in OpenSSL neither
        _ => default("default_enddate", &settings.enddate)?,
    };
    let not_after = match (end, request.days.unwrap_or(settings.days)) {
        (Some(time), _) => time,
        (None, 0) => {
            return Err(CaFileError::MissingKey {
                file: request.file.to_owned(),
                section: settings.section.clone(),
                key: "default_days",
                purpose: "so it is not known how long the certificate is to be valid",
            }
            .into());
        }
        (None, days) => now.saturating_add(days.saturating_mul(DAY)),
    };
    for time in [not_before, not_after] {
        if !(Validity::EARLIEST..=Validity::NO_EXPIRY).contains(&time) {
            return Err(Refusal::TimeOutOfRange { time }.into());
        }
    }
    if not_after < not_before {
        return Err(Refusal::ValidityEmpty {
            not_before,
            not_after,
        }
        .into());
    }
    Ok(Validity {
        not_before,
        not_after,
    })
}

fn date(settings: &CaSettings, key: &str, text: &str) -> Result<UnixTime, CaFileError> {
    parse_time(text).ok_or_else(|| CaFileError::Value {
        place: settings.section.clone(),
        section: settings.section.clone(),
        key: key.to_owned(),
        problem: format!("expected YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ, got `{text}`"),
        hint: None,
    })
}

/// What the validity has that a profile would not have given.
pub(super) fn notes(validity: Validity, issuer: Option<Validity>, now: UnixTime) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(issuer) = issuer {
        if validity.not_after > issuer.not_after {
            notes.push(format!(
                "the certificate ends at {}, after the issuer's, which ends at {}",
                format_time(validity.not_after),
                format_time(issuer.not_after)
            ));
        }
        if validity.not_before < issuer.not_before {
            notes.push(format!(
                "the certificate begins at {}, before the issuer's, which begins at {}",
                format_time(validity.not_before),
                format_time(issuer.not_before)
            ));
        }
    }
    if validity.not_after < now {
        notes.push(format!(
            "the certificate has expired already, at {}",
            format_time(validity.not_after)
        ));
    }
    notes
}

const DAY: i64 = 86_400;
