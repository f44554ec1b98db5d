//! Begin and end of a certificate (RFC 5280, section 4.1.2.5).

use tpm2ca_x509::{UnixTime, Validity, format_time};

use crate::profile::Profile;
use crate::refusal::Refusal;
use crate::request::{IssuerView, Request};

/// The begin is the one asked for, or `now` less the backdate; the end is the one asked for, or so
/// many days after `now` (after the begin where one was asked for). Both are cut to the issuer's
/// validity.
pub(super) fn decide(
    profile: &Profile,
    request: &Request<'_>,
    issuer: Option<&IssuerView<'_>>,
    notes: &mut Vec<String>,
) -> Result<Validity, Refusal> {
    let start = request.not_before.unwrap_or(request.now);
    let mut not_before = request
        .not_before
        .unwrap_or_else(|| request.now.saturating_sub(i64::from(profile.backdate)));
    let mut not_after = end(profile, request, start)?;
    if let Some(issuer) = issuer {
        if not_before < issuer.not_before {
            // The backdate alone is nothing the requester asked for, so there is nothing to tell
            // either.
            if request.not_before.is_some() {
                notes.push(format!(
                    "the validity begins at {}, not at {}: the issuer's certificate begins then",
                    format_time(issuer.not_before),
                    format_time(not_before)
                ));
            }
            not_before = issuer.not_before;
        }
        if not_after > issuer.not_after {
            notes.push(format!(
                "the validity was cut to {} instead of {}: the issuer's certificate ends then",
                format_time(issuer.not_after),
                format_time(not_after)
            ));
            not_after = issuer.not_after;
        }
    }
    for time in [not_before, not_after] {
        if !(Validity::EARLIEST..=Validity::NO_EXPIRY).contains(&time) {
            return Err(Refusal::TimeOutOfRange { time });
        }
    }
    if not_after <= not_before {
        return Err(Refusal::ValidityEmpty {
            not_before,
            not_after,
        });
    }
    if not_after < request.now {
        notes.push(format!(
            "the certificate has expired already, at {}",
            format_time(not_after)
        ));
    }
    Ok(Validity {
        not_before,
        not_after,
    })
}

fn end(profile: &Profile, request: &Request<'_>, start: UnixTime) -> Result<UnixTime, Refusal> {
    let (days, end) = match (request.days, request.not_after) {
        (Some(_), Some(_)) => return Err(Refusal::DaysAndEnd),
        (None, None) => {
            return Ok(start.saturating_add(i64::from(profile.days).saturating_mul(DAY)));
        }
        (Some(days), None) => (
            i64::from(days),
            start.saturating_add(i64::from(days).saturating_mul(DAY)),
        ),
        // An end at or before the begin is for the caller to refuse, by its own words.
        (None, Some(end)) if end <= start => return Ok(end),
        (None, Some(end)) => (end.saturating_sub(start).saturating_sub(1) / DAY + 1, end),
    };
    if days < i64::from(profile.min_days) || days > i64::from(profile.max_days) {
        return Err(Refusal::Days {
            days,
            min: profile.min_days,
            max: profile.max_days,
            profile: profile.name.clone(),
        });
    }
    Ok(end)
}

const DAY: i64 = 86_400;
