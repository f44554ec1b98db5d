//! Why a profile refuses a request, and what is wrong with a profile.

use std::net::Ipv4Addr;

use tpm2ca_profile::{
    Kind, ProfileError, Refusal, RulePlace,
    names::{DnsFault, EmailFault, IpFault, UriFault},
};
use tpm2ca_x509::{self as x509, ext::KeyUsage};

use crate::{TIME, expect_all};

#[test]
fn refusal() {
    expect_all(
        "refusal",
        &[
            Refusal::BadOtherName {
                name: "NAME".into(),
                problem: "PROBLEM".into(),
            },
            Refusal::EmailStringType {
                name: "NAME".into(),
            },
            Refusal::Requester {
                requester: "REQUESTER".into(),
                profile: "PROFILE".into(),
                pattern: "PATTERN".into(),
            },
            Refusal::NoNames {
                profile: "PROFILE".into(),
                common_name: Some("COMMON_NAME".into()),
            },
            Refusal::NoNames {
                profile: "PROFILE".into(),
                common_name: None,
            },
            Refusal::NamesForbidden {
                names: vec!["ONE".into(), "TWO".into()],
                profile: "PROFILE".into(),
            },
            Refusal::NamesForbidden {
                names: Vec::new(),
                profile: "PROFILE".into(),
            },
            Refusal::NameKind {
                name: "NAME".into(),
                kind: "KIND",
                permitted: vec!["ONE", "TWO"],
                profile: "PROFILE".into(),
            },
            Refusal::NameKind {
                name: "NAME".into(),
                kind: "KIND",
                permitted: Vec::new(),
                profile: "PROFILE".into(),
            },
            Refusal::NameUnsupported {
                name: "NAME".into(),
            },
            Refusal::BadDns {
                name: "NAME".into(),
                fault: DnsFault::Empty,
            },
            Refusal::BadIp {
                address: Ipv4Addr::UNSPECIFIED.into(),
                fault: IpFault::Unspecified,
            },
            Refusal::BadEmail {
                address: "ADDRESS".into(),
                fault: EmailFault::NoAt,
            },
            Refusal::BadUri {
                uri: "URI".into(),
                fault: UriFault::NoScheme,
            },
            Refusal::Wildcard {
                name: "NAME".into(),
                profile: "PROFILE".into(),
            },
            Refusal::NameDenied {
                name: "NAME".into(),
                kind: "KIND",
                pattern: "PATTERN".into(),
                place: RulePlace {
                    profile: "PROFILE".into(),
                    requester: Some("REQUESTER".into()),
                },
            },
            Refusal::NameDenied {
                name: "NAME".into(),
                kind: "KIND",
                pattern: "PATTERN".into(),
                place: RulePlace {
                    profile: "PROFILE".into(),
                    requester: None,
                },
            },
            Refusal::NameNotAllowed {
                name: "NAME".into(),
                kind: "KIND",
                allowed: vec!["ONE".into(), "TWO".into()],
                place: RulePlace {
                    profile: "PROFILE".into(),
                    requester: Some("REQUESTER".into()),
                },
            },
            Refusal::NameNotAllowed {
                name: "NAME".into(),
                kind: "KIND",
                allowed: Vec::new(),
                place: RulePlace {
                    profile: "PROFILE".into(),
                    requester: None,
                },
            },
            Refusal::NameTypeNotAllowed {
                name: "NAME".into(),
                kind: "KIND",
                place: RulePlace {
                    profile: "PROFILE".into(),
                    requester: Some("REQUESTER".into()),
                },
            },
            Refusal::NameTypeNotAllowed {
                name: "NAME".into(),
                kind: "KIND",
                place: RulePlace {
                    profile: "PROFILE".into(),
                    requester: None,
                },
            },
            Refusal::IssuerExcludes {
                name: "NAME".into(),
                constraint: "CONSTRAINT".into(),
            },
            Refusal::IssuerDoesNotPermit {
                name: "NAME".into(),
                permitted: vec!["ONE".into(), "TWO".into()],
            },
            Refusal::IssuerDoesNotPermit {
                name: "NAME".into(),
                permitted: Vec::new(),
            },
            Refusal::IssuerConstraint {
                name: "NAME".into(),
                constraint: "CONSTRAINT".into(),
            },
            Refusal::SubjectUnreadable {
                problem: "PROBLEM".into(),
            },
            Refusal::SubjectEmpty {
                profile: "PROFILE".into(),
            },
            Refusal::SubjectAttribute {
                attribute: "ATTRIBUTE".into(),
                allowed: vec!["ONE".into(), "TWO".into()],
                profile: "PROFILE".into(),
            },
            Refusal::SubjectAttribute {
                attribute: "ATTRIBUTE".into(),
                allowed: Vec::new(),
                profile: "PROFILE".into(),
            },
            Refusal::SubjectIsIssuer {
                subject: "SUBJECT".into(),
            },
            Refusal::CommonNameNotInSan {
                common_name: "COMMON_NAME".into(),
                names: vec!["ONE".into(), "TWO".into()],
                profile: "PROFILE".into(),
            },
            Refusal::CommonNameNotInSan {
                common_name: "COMMON_NAME".into(),
                names: Vec::new(),
                profile: "PROFILE".into(),
            },
            Refusal::NoIssuer {
                profile: "PROFILE".into(),
                kind: Kind::Leaf,
            },
            Refusal::RootWithIssuer {
                profile: "PROFILE".into(),
            },
            Refusal::IssuerExpired {
                not_after: TIME,
                now: TIME,
            },
            Refusal::IssuerNotYetValid {
                not_before: TIME,
                now: TIME,
            },
            Refusal::PathLenExhausted,
            Refusal::Days {
                days: 7,
                min: 7,
                max: 7,
                profile: "PROFILE".into(),
            },
            Refusal::DaysAndEnd,
            Refusal::ValidityEmpty {
                not_before: TIME,
                not_after: TIME,
            },
            Refusal::TimeOutOfRange { time: TIME },
            Refusal::KeyUnreadable {
                problem: "PROBLEM".into(),
            },
            Refusal::KeyUsage {
                algorithm: "ALGORITHM".into(),
                usages: KeyUsage::CRL_SIGN,
                profile: "PROFILE".into(),
            },
            Refusal::ConstraintsForKind {
                profile: "PROFILE".into(),
                kind: Kind::Leaf,
            },
            Refusal::BadPermittedDns {
                name: "NAME".into(),
                problem: "PROBLEM".into(),
                hint: Some("HINT".into()),
            },
            Refusal::BadPermittedDns {
                name: "NAME".into(),
                problem: "PROBLEM".into(),
                hint: None,
            },
            Refusal::PermittedDnsTooWide {
                name: "NAME".into(),
                permitted: vec!["ONE".into(), "TWO".into()],
                profile: "PROFILE".into(),
            },
            Refusal::PermittedDnsTooWide {
                name: "NAME".into(),
                permitted: Vec::new(),
                profile: "PROFILE".into(),
            },
            Refusal::Encoding(x509::Error::PemNotDer),
        ],
        Refusal::hint,
    );
}

#[test]
fn profile_error() {
    expect_all(
        "profile_error",
        &[
            ProfileError::Syntax {
                origin: "ORIGIN".into(),
                line: 7,
                message: "MESSAGE".into(),
            },
            ProfileError::UnknownKey {
                origin: "ORIGIN".into(),
                line: 7,
                section: "SECTION".into(),
                key: "KEY".into(),
                hint: "HINT".into(),
            },
            ProfileError::Value {
                origin: "ORIGIN".into(),
                line: 7,
                section: "SECTION".into(),
                key: "KEY".into(),
                problem: "PROBLEM".into(),
                hint: Some("HINT".into()),
            },
            ProfileError::Value {
                origin: "ORIGIN".into(),
                line: 7,
                section: "SECTION".into(),
                key: "KEY".into(),
                problem: "PROBLEM".into(),
                hint: None,
            },
            ProfileError::Inconsistent {
                origin: "ORIGIN".into(),
                line: 7,
                profile: "PROFILE".into(),
                problem: "PROBLEM".into(),
                hint: "HINT".into(),
            },
            ProfileError::UnknownProfile {
                name: "NAME".into(),
                known: vec!["ONE".into(), "TWO".into()],
            },
            ProfileError::UnknownProfile {
                name: "NAME".into(),
                known: Vec::new(),
            },
        ],
        ProfileError::hint,
    );
}

#[test]
fn dns_fault() {
    expect_all(
        "dns_fault",
        &[
            DnsFault::Empty,
            DnsFault::NotAscii,
            DnsFault::TooLong { len: 7 },
            DnsFault::TrailingDot,
            DnsFault::WildcardPlace,
            DnsFault::WildcardTooWide,
            DnsFault::IpAddress,
            DnsFault::EmptyLabel,
            DnsFault::LabelTooLong {
                label: "LABEL".into(),
            },
            DnsFault::Hyphen {
                label: "LABEL".into(),
            },
            DnsFault::Underscore {
                label: "LABEL".into(),
            },
            DnsFault::Character {
                label: "LABEL".into(),
                character: '}',
            },
        ],
        |_| None,
    );
}

#[test]
fn uri_fault() {
    expect_all(
        "uri_fault",
        &[
            UriFault::NoScheme,
            UriFault::Empty,
            UriFault::Character { character: '}' },
            UriFault::Percent,
            UriFault::UserInfo,
            UriFault::Port {
                port: "PORT".into(),
            },
            UriFault::Ipv6 {
                host: "HOST".into(),
            },
            UriFault::Host(DnsFault::Empty),
        ],
        |_| None,
    );
}

#[test]
fn email_fault() {
    expect_all(
        "email_fault",
        &[
            EmailFault::NoAt,
            EmailFault::SecondAt,
            EmailFault::LocalTooLong { len: 7 },
            EmailFault::LocalPart {
                local: "LOCAL".into(),
            },
            EmailFault::Domain(DnsFault::Empty),
        ],
        |_| None,
    );
}

#[test]
fn ip_fault() {
    expect_all(
        "ip_fault",
        &[
            IpFault::Unspecified,
            IpFault::Mapped {
                v4: Ipv4Addr::LOCALHOST,
            },
        ],
        |_| None,
    );
}
