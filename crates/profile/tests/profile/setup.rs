//! Requests and issuers to vary.

use tpm2ca_profile::{IssuerView, Plan, Profile, Profiles, Refusal, Request, SubjectSource};
use tpm2ca_x509::{GeneralName, Name, Subtree, UnixTime, parse_time};

pub(crate) const DAY: i64 = 86_400;

/// SubjectPublicKeyInfo with rsaEncryption and a key that nobody looks into.
pub(crate) const RSA: &[u8] =
    b"\x30\x13\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03\x02\x00\x00";
/// The same with id-ecPublicKey and P-256.
pub(crate) const EC: &[u8] =
    b"\x30\x19\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x02\x00\x04";
/// The same with Ed25519.
pub(crate) const ED25519: &[u8] = b"\x30\x0b\x30\x05\x06\x03\x2b\x65\x70\x03\x02\x00\x00";

pub(crate) fn now() -> UnixTime {
    parse_time("2026-11-23T12:00:00Z").unwrap()
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// Names in OpenSSL's form, separated by commas.
pub(crate) fn names(text: &str) -> Vec<GeneralName> {
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().unwrap())
        .collect()
}

pub(crate) fn subtrees(list: &[&str]) -> Vec<Subtree> {
    list.iter().map(|text| text.parse().unwrap()).collect()
}

/// The built-in profiles changed by `toml`.
pub(crate) fn profiles(toml: &str) -> Profiles {
    let mut profiles = Profiles::built_in();
    profiles.merge_toml(toml, "test.toml").unwrap();
    profiles
}

/// The built-in profile `server` with lines added to its `names` table.
pub(crate) fn server_with_names(lines: &str) -> Profile {
    profiles(&format!("[profile.server.names]\n{lines}"))
        .get("server")
        .unwrap()
        .clone()
}

pub(crate) fn built_in(name: &str) -> Profile {
    Profiles::built_in().get(name).unwrap().clone()
}

/// A request with an EC key, from `uid:1000`, for nothing in particular.
pub(crate) fn request<'a>(subject: &'a Name, names: &'a [GeneralName]) -> Request<'a> {
    Request {
        subject: SubjectSource::Csr(subject.as_der()),
        names,
        san_der: None,
        spki_der: EC,
        requester: "uid:1000",
        days: None,
        not_before: None,
        not_after: None,
        now: now(),
        requested: &[],
        permitted_dns: &[],
    }
}

/// An intermediate that is a year old and has nine to go, without constraints.
pub(crate) fn issuer() -> IssuerView<'static> {
    IssuerView {
        not_before: now() - 365 * DAY,
        not_after: now() + 9 * 365 * DAY,
        path_len: None,
        permitted: &[],
        excluded: &[],
        subject_der: b"\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02CA",
    }
}

/// Plans a request with this subject and these names.
pub(crate) fn plan(profile: &Profile, subject: &str, san: &str) -> Result<Plan, Refusal> {
    let (subject, names) = (name(subject), names(san));
    profile.plan(&request(&subject, &names), Some(&issuer()))
}
