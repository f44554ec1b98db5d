//! What must hold for every input.

use proptest::collection::vec;
use proptest::prelude::*;
use tpm2ca_profile::names::{
    DnsName, DnsPattern, EmailAddress, EmailPattern, IpPattern, Uri, UriPattern,
};
use tpm2ca_profile::{Profiles, Request, SubjectSource};
use tpm2ca_x509::{GeneralName, Name, oid, parse_general_names};

use crate::setup::*;

/// Labels from a small stock, so that names and patterns meet often.
fn host() -> impl Strategy<Value = String> {
    vec(
        prop_oneof![Just("a"), Just("b"), Just("B"), Just("ab")],
        1..4,
    )
    .prop_map(|labels| labels.join("."))
}

fn dns_name() -> impl Strategy<Value = String> {
    prop_oneof![3 => host(), 1 => host().prop_map(|host| format!("*.{host}"))]
}

fn dns_pattern() -> impl Strategy<Value = String> {
    prop_oneof![4 => dns_name(), 1 => Just("*".to_owned())]
}

fn quoted(patterns: &[String]) -> String {
    let mut patterns: Vec<_> = patterns
        .iter()
        .map(|pattern| pattern.to_ascii_lowercase())
        .collect();
    patterns.sort();
    patterns.dedup();
    format!("{patterns:?}")
}

/// What a host name is matched by, written again and in the plainest way.
fn hosts_match(pattern: &str, host: &str) -> bool {
    let (pattern, host) = (pattern.to_ascii_lowercase(), host.to_ascii_lowercase());
    match pattern.strip_prefix("*.") {
        _ if pattern == "*" => true,
        Some(parent) => host.ends_with(&format!(".{parent}")),
        None => host == pattern,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn planned_names_are_allowed_and_not_denied(
        allow in vec(dns_pattern(), 0..4),
        deny in vec(dns_pattern(), 0..3),
        asked in vec(dns_name(), 1..4),
    ) {
        let allow_line = if allow.is_empty() { String::new() } else { format!("allow_dns = {}\n", quoted(&allow)) };
        let server = server_with_names(&format!("allow_wildcards = true\n{allow_line}deny_dns = {}", quoted(&deny)));
        let names: Vec<_> = asked.iter().cloned().map(GeneralName::Dns).collect();
        let subject = Name::empty();
        let Ok(plan) = server.plan(&request(&subject, &names), Some(&issuer())) else {
            return Ok(());
        };
        let san = plan.extensions().iter().find(|extension| extension.oid == oid::SUBJECT_ALT_NAME).unwrap();
        for name in parse_general_names(&san.value).unwrap() {
            let GeneralName::Dns(name) = name else { panic!("{name}") };
            // A host the name stands for: itself, or one below a wildcard.
            let host = name.replace('*', "any");
            prop_assert!(allow.is_empty() || allow.iter().any(|pattern| hosts_match(pattern, &host)), "{name}");
            prop_assert!(!deny.iter().any(|pattern| hosts_match(pattern, &host)), "{name}");
            for pattern in deny.iter().filter(|_| name.starts_with("*.")) {
                // And no denied host is one the wildcard stands for.
                prop_assert!(!hosts_match(&name, pattern.trim_start_matches("*.")), "{name} {pattern}");
            }
        }
    }

    #[test]
    fn what_is_asked_rightly_is_planned(asked in vec(host(), 1..4)) {
        let names: Vec<_> = asked.iter().filter(|name| DnsName::parse(name, false).is_ok()).cloned().map(GeneralName::Dns).collect();
        prop_assume!(!names.is_empty());
        let server = server_with_names(&format!("allow_dns = {}", quoted(&asked)));
        let subject = Name::empty();
        prop_assert!(server.plan(&request(&subject, &names), Some(&issuer())).is_ok());
    }

    #[test]
    fn constraints_are_obeyed(permitted in host(), excluded in host(), asked in dns_name()) {
        let (permit, exclude) = (subtrees(&[&format!("DNS:{permitted}")]), subtrees(&[&format!("DNS:{excluded}")]));
        let narrow = tpm2ca_profile::IssuerView { permitted: &permit, excluded: &exclude, ..issuer() };
        let server = server_with_names("allow_wildcards = true");
        let (subject, names) = (Name::empty(), [GeneralName::Dns(asked.clone())]);
        if server.plan(&request(&subject, &names), Some(&narrow)).is_ok() {
            let host = asked.to_ascii_lowercase();
            let within = |base: &str| {
                let base = base.to_ascii_lowercase();
                host == base || host.ends_with(&format!(".{base}"))
            };
            prop_assert!(within(&permitted) && !within(&excluded), "{asked}");
        }
    }

    #[test]
    fn covers_implies_touches(pattern in dns_pattern(), name in dns_name()) {
        if let (Ok(pattern), Ok(name)) = (pattern.parse::<DnsPattern>(), DnsName::parse(&name, false)) {
            prop_assert!(!pattern.covers(&name) || pattern.touches(&name));
            if !name.is_wildcard() {
                prop_assert_eq!(pattern.covers(&name), hosts_match(&pattern.to_string(), &name.to_string()));
            }
        }
    }

    #[test]
    fn ip_blocks_agree_with_bits(address in any::<u32>(), candidate in any::<u32>(), prefix in 0u8..=32) {
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        let block: std::net::Ipv4Addr = (address & mask).into();
        let pattern: IpPattern = format!("{block}/{prefix}").parse().unwrap();
        let candidate_ip = std::net::Ipv4Addr::from(candidate);
        prop_assert_eq!(pattern.matches(candidate_ip.into()), candidate & mask == address & mask);
        prop_assert!(!pattern.matches(candidate_ip.to_ipv6_mapped().into()));
    }

    #[test]
    fn patterns_read_back_what_they_show(text in "[a-z*@.:/\\[\\]0-9-]{0,20}") {
        if let Ok(pattern) = text.parse::<DnsPattern>() {
            prop_assert_eq!(pattern.to_string().parse::<DnsPattern>().unwrap(), pattern);
        }
        if let Ok(pattern) = text.parse::<IpPattern>() {
            prop_assert_eq!(pattern.to_string().parse::<IpPattern>().unwrap(), pattern);
        }
        if let Ok(pattern) = text.parse::<EmailPattern>() {
            prop_assert_eq!(pattern.to_string().parse::<EmailPattern>().unwrap(), pattern);
        }
        if let Ok(pattern) = text.parse::<UriPattern>() {
            prop_assert_eq!(pattern.to_string().parse::<UriPattern>().unwrap(), pattern);
        }
    }

    #[test]
    fn any_text_is_a_name_or_not(text in ".{0,300}", bits in vec(any::<u8>(), 0..80)) {
        for text in [text, String::from_utf8_lossy(&bits).into_owned()] {
            if let Ok(name) = DnsName::parse(&text, true) {
                prop_assert_eq!(name.to_string(), text.to_ascii_lowercase());
                prop_assert!(text.len() <= 253 && text.is_ascii());
            }
            let _ = EmailAddress::parse(&text);
            let _ = Uri::parse(&text);
        }
    }

    #[test]
    fn any_file_is_read_or_refused(text in ".{0,200}") {
        let _ = Profiles::built_in().merge_toml(&text, "any.toml");
    }

    #[test]
    fn files_near_to_right_are_read_or_refused(
        lines in vec(prop_oneof![
            Just("[profile.server]".to_owned()),
            Just("[profile.web]".to_owned()),
            Just("[profile.web.names]".to_owned()),
            Just("[[profile.web.requester]]".to_owned()),
            Just("base = \"server\"".to_owned()),
            "(days|max_days|path_len|kind|san|match|refuse|allow_dns|deny_ip|policies|names|requester) = (-?[0-9]{1,12}|\"[a-z*.]{0,6}\"|\\[\"?[a-z0-9*./]{0,8}\"?\\]|true|\\{\\}|\\[\\{\\}\\]|1979-05-27|1e9)",
        ], 0..12),
    ) {
        let mut profiles = Profiles::built_in();
        if let Err(error) = profiles.merge_toml(&lines.join("\n"), "near.toml") {
            prop_assert!(error.to_string().starts_with("near.toml:") || error.to_string().starts_with("built-in"), "{error}");
        }
    }

    #[test]
    fn any_request_is_planned_or_refused(
        subject in vec(any::<u8>(), 0..60),
        spki in vec(any::<u8>(), 0..60),
        san in vec(any::<u8>(), 0..60),
        texts in vec(".{0,30}", 0..4),
        days in any::<Option<u32>>(),
        times in any::<(Option<i64>, Option<i64>, i64)>(),
        profile in 0usize..5,
    ) {
        let names: Vec<_> = texts.iter().cloned().map(GeneralName::Dns).collect();
        let profile = built_in(Profiles::BUILT_IN[profile]);
        let request = Request {
            subject: SubjectSource::Csr(&subject),
            names: &names,
            san_der: Some(&san),
            spki_der: &spki,
            requester: "",
            days,
            not_before: times.0,
            not_after: times.1,
            now: times.2,
            requested: &[],
            permitted_dns: &texts,
        };
        for issuer in [None, Some(issuer())] {
            if let Err(refusal) = profile.plan(&request, issuer.as_ref()) {
                let _ = (refusal.to_string(), refusal.hint());
            }
        }
    }
}
