//! The validity, RFC 5280 section 4.1.2.5.

use tpm2ca_x509::{UnixTime, Validity, format_time, oid};

use super::{Report, quote};
use crate::{
    context::Role,
    tlv::tag,
    view::{Time, View},
};

pub(crate) fn well_formed(view: &View<'_>, report: &mut Report<'_>) {
    for (field, time) in fields(view) {
        if time.value.is_none() {
            report.add(format!(
                "`{field}` is {} instead of a time in UTC with seconds and `Z`, without fractions",
                quote(time.content)
            ));
        }
    }
}

pub(crate) fn right_type(view: &View<'_>, report: &mut Report<'_>) {
    for (field, time) in fields(view) {
        let Some(value) = time.value else { continue };
        let (expected, name) = if value < YEAR_2050 {
            (tag::UTC_TIME, "UTCTime")
        } else {
            (tag::GENERALIZED_TIME, "GeneralizedTime")
        };
        if time.tag != expected {
            report.add(format!("`{field}` {} is not a {name}", format_time(value)));
        }
    }
}

pub(crate) fn order(view: &View<'_>, report: &mut Report<'_>) {
    if let (Some(first), Some(last)) = (view.not_before.value, view.not_after.value)
        && first > last
    {
        report.add(format!(
            "the validity begins at {} after it ends at {}",
            format_time(first),
            format_time(last)
        ));
    }
}

pub(crate) fn within_issuer(view: &View<'_>, report: &mut Report<'_>) {
    if let (Some(issuer), Some(last)) = (&view.context.issuer, view.not_after.value)
        && last > issuer.not_after
    {
        report.add(format!(
            "the validity ends at {}, after the issuer's, which ends at {}",
            format_time(last),
            format_time(issuer.not_after)
        ));
    }
}

pub(crate) fn not_before_issuer(view: &View<'_>, report: &mut Report<'_>) {
    if let (Some(issuer), Some(first)) = (&view.context.issuer, view.not_before.value)
        && first < issuer.not_before
    {
        report.add(format!(
            "the validity begins at {}, before the issuer's, which begins at {}",
            format_time(first),
            format_time(issuer.not_before)
        ));
    }
}

pub(crate) fn root_lifetime(view: &View<'_>, report: &mut Report<'_>) {
    if view.context.role == Role::Root {
        at_most(view, 9132, report);
    }
}

pub(crate) fn intermediate_lifetime(view: &View<'_>, report: &mut Report<'_>) {
    if view.context.role == Role::Intermediate {
        at_most(view, 5479, report);
    }
}

pub(crate) fn server_lifetime(view: &View<'_>, report: &mut Report<'_>) {
    if !view.is_ca() && view.has_purpose(oid::SERVER_AUTH) {
        at_most(view, 398, report);
    }
}

pub(crate) fn leaf_lifetime(view: &View<'_>, report: &mut Report<'_>) {
    if view.context.role == Role::Leaf && !view.has_purpose(oid::SERVER_AUTH) {
        at_most(view, 1827, report);
    }
}

pub(crate) fn responder_lifetime(view: &View<'_>, report: &mut Report<'_>) {
    if view.context.role == Role::OcspResponder {
        at_most(view, 90, report);
    }
}

pub(crate) fn has_expiry(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.not_after.value == Some(Validity::NO_EXPIRY),
        "the certificate never expires (99991231235959Z)",
    );
}

const YEAR_2050: UnixTime = 2_524_608_000;

const DAY: i64 = 86_400;

fn fields<'v, 'a>(view: &'v View<'a>) -> [(&'static str, &'v Time<'a>); 2] {
    [
        ("notBefore", &view.not_before),
        ("notAfter", &view.not_after),
    ]
}

fn at_most(view: &View<'_>, days: i64, report: &mut Report<'_>) {
    // A day for the back-dating and for tools that count days from midnight to midnight.
    if let Some(lifetime) = view.lifetime()
        && lifetime > (days + 1) * DAY
        && view.not_after.value != Some(Validity::NO_EXPIRY)
    {
        report.add(format!(
            "the certificate is valid for {} days; more than {days} are too many for its kind",
            lifetime / DAY
        ));
    }
}
