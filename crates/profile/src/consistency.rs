//! Keys of a profile that must go together: checked when it is loaded, so that no request finds
//! out.

use tpm2ca_x509::ext::KeyUsage;
use tpm2ca_x509::oid;

use crate::choice::{Kind, SanRule, SubjectRule};
use crate::profile::Profile;

/// What does not go together, and what to change.
#[derive(Debug)]
pub(crate) struct Contradiction {
    pub(crate) problem: String,
    pub(crate) hint: String,
}

pub(crate) fn check(profile: &Profile) -> Result<(), Contradiction> {
    check_days(profile)?;
    match profile.kind {
        Kind::Root | Kind::Intermediate => check_ca(profile)?,
        Kind::Leaf => check_leaf(profile)?,
    }
    if !profile.permit_dns.is_empty() && profile.kind != Kind::Intermediate {
        return contradiction(
            format!(
                "permit_dns is for intermediates, but kind is \"{}\"",
                profile.kind
            ),
            "put it into the intermediate's profile, or limit this one's names with `allow_dns`",
        );
    }
    if profile.permit_dns.is_empty() && !profile.permit_ip.is_empty() {
        return contradiction(
            "permit_ip without permit_dns would leave all DNS names open",
            "add permit_dns = [...], or take permit_ip away",
        );
    }
    if profile.subject == SubjectRule::Rebuild && profile.subject_attributes.is_empty() {
        return contradiction(
            "subject = \"rebuild\" without subject_attributes would leave nothing of the subject",
            "add for example subject_attributes = [\"CN\", \"O\"], or write subject = \"empty\"",
        );
    }
    if profile.subject == SubjectRule::Empty
        && (profile.kind.is_ca() || profile.san != SanRule::Required)
    {
        return contradiction(
            "subject = \"empty\" needs a leaf with san = \"required\", else the certificate \
                would name nobody",
            "write san = \"required\", or subject = \"csr\"",
        );
    }
    if profile.san == SanRule::Required && profile.san_kinds.is_empty() {
        return contradiction(
            "san = \"required\" with an empty san_kinds refuses every request",
            "add for example san_kinds = [\"dns\", \"ip\"]",
        );
    }
    Ok(())
}

fn check_days(profile: &Profile) -> Result<(), Contradiction> {
    let Profile {
        days,
        min_days,
        max_days,
        ..
    } = profile;
    if days > max_days {
        return contradiction(
            format!("days = {days} is more than max_days = {max_days}"),
            &format!("add max_days = {days}, or more, to the profile"),
        );
    }
    if days < min_days {
        return contradiction(
            format!("days = {days} is less than min_days = {min_days}"),
            &format!("add min_days = {days}, or less, to the profile"),
        );
    }
    Ok(())
}

fn check_ca(profile: &Profile) -> Result<(), Contradiction> {
    if !profile.key_usage.contains(KeyUsage::KEY_CERT_SIGN) {
        return contradiction(
            format!(
                "kind = \"{}\" without keyCertSign could not issue anything",
                profile.kind
            ),
            "write key_usage = [\"keyCertSign\", \"cRLSign\"]",
        );
    }
    if profile.ocsp_no_check || profile.must_staple {
        return contradiction(
            format!(
                "ocsp_no_check and must_staple are for leaves, but kind is \"{}\"",
                profile.kind
            ),
            "take them away",
        );
    }
    Ok(())
}

fn check_leaf(profile: &Profile) -> Result<(), Contradiction> {
    if profile.key_usage.contains(KeyUsage::KEY_CERT_SIGN) {
        return contradiction(
            "a leaf with keyCertSign contradicts itself",
            "take keyCertSign out of key_usage, or write kind = \"intermediate\"",
        );
    }
    if profile.path_len.is_some() {
        return contradiction(
            "path_len is for CAs, but kind is \"leaf\"",
            "write path_len = \"none\", or kind = \"intermediate\"",
        );
    }
    if profile.extended_key_usage.is_empty() {
        return contradiction(
            "a leaf needs an extended_key_usage, without one it would be good for every purpose",
            "add for example extended_key_usage = [\"clientAuth\"], or base = \"client\"",
        );
    }
    if profile.ocsp_no_check && !profile.extended_key_usage.contains(&oid::OCSP_SIGNING) {
        return contradiction(
            "ocsp_no_check is for OCSP responders, but OCSPSigning is not in extended_key_usage",
            "take ocsp_no_check away, or write extended_key_usage = [\"OCSPSigning\"]",
        );
    }
    Ok(())
}

fn contradiction(problem: impl Into<String>, hint: &str) -> Result<(), Contradiction> {
    Err(Contradiction {
        problem: problem.into(),
        hint: hint.to_owned(),
    })
}
