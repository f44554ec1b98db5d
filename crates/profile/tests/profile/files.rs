//! Profile files: what they change, and what is said about mistakes in them.

use tpm2ca_profile::{Kind, ProfileError, Profiles, SanKind};
use tpm2ca_x509::ext::KeyUsage;
use tpm2ca_x509::oid;

use crate::setup::{built_in, profiles};

#[test]
fn one_key_changes_one_thing() {
    let changed = profiles("[profile.server]\ndays = 30\n");
    let mut expected = built_in("server");
    expected.days = 30;
    assert_eq!(changed.get("server").unwrap(), &expected);
    assert_eq!(changed.get("client").unwrap(), &built_in("client"));
}

#[test]
fn a_base_is_looked_up_when_all_is_there() {
    // The base stands behind its user, and is changed by a later file.
    let mut profiles = profiles(
        r#"
        [profile.a]
        base = "z"
        [profile.z]
        base = "server"
        days = 10
        [profile.z.names]
        allow_dns = ["*.example.com"]
        "#,
    );
    assert_eq!(profiles.get("a").unwrap().days, 10);
    assert_eq!(profiles.get("a").unwrap().name, "a");
    assert_eq!(profiles.get("a").unwrap().base.as_deref(), Some("z"));
    profiles
        .merge_toml(
            "[profile.z]\ndays = 20\n[profile.server]\nmax_days = 100\n",
            "later.toml",
        )
        .unwrap();
    let a = profiles.get("a").unwrap();
    assert_eq!((a.days, a.max_days), (20, 100));
    assert_eq!(a.names.allow_dns.len(), 1);
    assert_eq!(a.extended_key_usage, [oid::SERVER_AUTH]);
}

#[test]
fn a_profile_of_ones_own_has_the_defaults() {
    let profiles = profiles("[profile.sign]\nextended_key_usage = [\"codeSigning\"]\n");
    let sign = profiles.get("sign").unwrap();
    assert_eq!(sign.kind, Kind::Leaf);
    assert_eq!(
        (sign.days, sign.min_days, sign.max_days, sign.backdate),
        (90, 1, 825, 300)
    );
    assert_eq!(sign.key_usage, KeyUsage::DIGITAL_SIGNATURE);
    assert_eq!(sign.san_kinds, [SanKind::Dns, SanKind::Ip]);
    assert!(
        !sign.allow_wildcards && !sign.allow_underscore && !sign.must_staple && !sign.ocsp_no_check
    );
}

#[test]
fn every_key_is_read() {
    let profiles = profiles(
        r#"
        [profile.leaf]
        kind = "leaf"
        days = 0x1e
        min_days = 2
        max_days = 300
        backdate = 0
        key_usage = ["digitalsignature", "contentCommitment"]
        extended_key_usage = ["clientAuth", "1.3.6.1.4.1.99999.5"]
        path_len = "none"
        basic_constraints = "present"
        subject = "rebuild"
        subject_attributes = ["CN", "2.5.4.10"]
        common_name = "add"
        san = "required"
        san_kinds = ["dns", "other-name"]
        policies = ["2.5.29.32.0"]
        ocsp_no_check = false
        must_staple = true
        names = { allow_dns = ["a.example"], deny_dns = ["*"], allow_wildcards = true, allow_underscore = true }
        [[profile.leaf.requester]]
        match = "uid:*"
        refuse = true
        deny_ip = ["::/0"]
        [profile.ca]
        kind = "intermediate"
        key_usage = ["keyCertSign"]
        path_len = 255
        permit_dns = ["example.com"]
        permit_ip = ["10.0.0.0/8"]
        "#,
    );
    let leaf = profiles.get("leaf").unwrap();
    assert_eq!(
        (leaf.days, leaf.min_days, leaf.max_days, leaf.backdate),
        (30, 2, 300, 0)
    );
    assert_eq!(
        leaf.key_usage,
        KeyUsage::DIGITAL_SIGNATURE | KeyUsage::CONTENT_COMMITMENT
    );
    assert_eq!(leaf.extended_key_usage.len(), 2);
    assert_eq!(
        leaf.subject_attributes,
        [oid::COMMON_NAME, oid::ORGANIZATION]
    );
    assert_eq!(leaf.san_kinds, [SanKind::Dns, SanKind::OtherName]);
    assert!(leaf.must_staple && leaf.allow_wildcards && leaf.allow_underscore);
    assert_eq!(leaf.requesters.len(), 1);
    assert!(leaf.requesters[0].refuse && leaf.requesters[0].matches.fits("uid:7"));
    let ca = profiles.get("ca").unwrap();
    assert_eq!(
        (ca.path_len, ca.permit_dns.as_slice()),
        (Some(255), &["example.com".to_owned()][..])
    );
}

/// Message and hint of what is wrong with a file.
fn mistake(toml: &str) -> (String, String) {
    let mut profiles = Profiles::built_in();
    let error = profiles.merge_toml(toml, "profiles/web.toml").unwrap_err();
    // A file with a mistake changes nothing.
    assert_eq!(profiles.get("server").unwrap(), &built_in("server"));
    assert!(profiles.get("web").is_err());
    (error.to_string(), error.hint().unwrap_or_default())
}

#[test]
fn mistakes_are_named_with_file_and_line() {
    for (toml, message, hint) in [
        (
            "[profile.server]\n\ndayz = 30\n",
            "profiles/web.toml:3: unknown key `dayz` in [profile.server]",
            "did you mean `days`? known keys: base, kind, days, min_days,",
        ),
        (
            "[profile.server]\nallow_dns = [\"a\"]\n",
            "profiles/web.toml:2: unknown key `allow_dns` in [profile.server]",
            "`allow_dns` belongs in `[profile.server.names]`",
        ),
        (
            "[profile.server]\nrefuse = true\n",
            "profiles/web.toml:2: unknown key `refuse` in [profile.server]",
            "`refuse` belongs in `[[profile.server.requester]]`",
        ),
        (
            "[profile.server.names]\nallow_dsn = [\"a\"]\n",
            "profiles/web.toml:2: unknown key `allow_dsn` in [profile.server.names]",
            "did you mean `allow_dns`?",
        ),
        (
            "[[profile.server.requester]]\nmatch = \"a\"\nuser = 1\n",
            "profiles/web.toml:3: unknown key `user` in [[profile.server.requester]]",
            "known keys: match, refuse, allow_dns",
        ),
        (
            "[server]\ndays = 1\n",
            "profiles/web.toml:1: unknown key `server` in the file",
            "write `[profile.server]`",
        ),
        (
            "days = 1\n",
            "profiles/web.toml:1: unknown key `days` in the file",
            "put it below `[profile.NAME]`",
        ),
        (
            "[profile.server]\ndays = \"30\"\n",
            "profiles/web.toml:2: `days` in [profile.server]: must be a whole number from 1 to 36525, found string",
            "",
        ),
        (
            "# a\n[profile.server]\ndays = 0\n",
            "profiles/web.toml:3: `days` in [profile.server]: must be a whole number from 1 to 36525, found 0",
            "",
        ),
        (
            "[profile.server]\ndays = -1\n",
            "profiles/web.toml:2: `days` in [profile.server]: must be a whole number from 1 to 36525, found -1",
            "",
        ),
        (
            "[profile.server]\ndays = 99999999999999999999999\n",
            "profiles/web.toml:2: `days` in [profile.server]: must be a whole number from 1 to 36525, found 99999999999999999999999",
            "",
        ),
        (
            "[profile.server]\nmust_staple = \"yes\"\n",
            "profiles/web.toml:2: `must_staple` in [profile.server]: must be true or false, found string",
            "",
        ),
        (
            "[profile.server]\nsan = \"needed\"\n",
            "profiles/web.toml:2: `san` in [profile.server]: `needed` is not a choice it has",
            "known choices: required, optional, forbidden",
        ),
        (
            "[profile.server]\nkey_usage = [\n  \"digitalSignature\",\n  \"signing\",\n]\n",
            "profiles/web.toml:4: `key_usage` in [profile.server]: `signing`: it is not a key usage",
            "known are: digitalSignature, nonRepudiation",
        ),
        (
            "[profile.server]\nextended_key_usage = \"serverAuth\"\n",
            "profiles/web.toml:2: `extended_key_usage` in [profile.server]: must be a list such as [\"a\", \"b\"], found string",
            "",
        ),
        (
            "[profile.server]\npolicies = [\"1.2.3.x\"]\n",
            "profiles/web.toml:2: `policies` in [profile.server]: `1.2.3.x`: it is not an object identifier",
            "write it as numbers with dots",
        ),
        (
            "[profile.server.names]\nallow_dns = [\".example.com\"]\n",
            "profiles/web.toml:2: `allow_dns` in [profile.server.names]: `.example.com`: a pattern may not begin with a dot",
            "write \"*.example.com\" for every name below it, \"example.com\" for the host itself, or both",
        ),
        (
            "[profile.server.names]\nallow_dns = []\n",
            "profiles/web.toml:2: `allow_dns` in [profile.server.names]: may not be empty",
            "write [\"*\"] to allow every name of this type",
        ),
        (
            "[profile.server.names]\ndeny_dns = [\"a\", \"a\"]\n",
            "profiles/web.toml:2: `deny_dns` in [profile.server.names]: has the same entry twice",
            "",
        ),
        (
            "[profile.server.names]\nallow_ip = [\"10.0.0.1/8\"]\n",
            "profiles/web.toml:2: `allow_ip` in [profile.server.names]: `10.0.0.1/8`: it has bits set beyond its prefix length",
            "write \"10.0.0.0/8\" for the block",
        ),
        (
            "[[profile.server.requester]]\nallow_dns = [\"a\"]\n",
            "profiles/web.toml:1: `match` in [[profile.server.requester]]: is missing",
            "say whom the block is for",
        ),
        (
            "[profile.server]\nrequester = 1\n",
            "profiles/web.toml:2: `requester` in [[profile.server.requester]]: must be blocks of their own",
            "write `[[profile.server.requester]]` on a line by itself",
        ),
        (
            "[profile.server]\nnames = true\n",
            "profiles/web.toml:2: `names` in [profile.server.names]: must be a table",
            "",
        ),
        (
            "profile = 1\n",
            "profiles/web.toml:1: `profile` in the file: must be a table `[profile.NAME]`",
            "",
        ),
        (
            "[profile]\nweb = 1\n",
            "profiles/web.toml:2: `web` in [profile]: must be a table `[profile.web]`",
            "",
        ),
        (
            "[profile.\"a b\"]\n",
            "profiles/web.toml:1: `profile` in the file: `a b` is not a name for a profile",
            "use up to 64 letters",
        ),
        (
            "[profile.web]\nbase = \"sever\"\n",
            "profiles/web.toml:2: `base` in [profile.web]: there is no profile `sever`",
            "did you mean `server`? known profiles: client, intermediate, ocsp, root, server, web",
        ),
        (
            "[profile.web]\nbase = 7\n",
            "profiles/web.toml:2: `base` in [profile.web]: must be a string, found integer",
            "",
        ),
        (
            "[profile.server]\nbase = \"client\"\n",
            "profiles/web.toml:2: `base` in [profile.server]: a built-in profile cannot have one",
            "make a new profile: `[profile.my-server]`",
        ),
        (
            "[profile.web]\nbase = \"x\"\n[profile.x]\nbase = \"web\"\n",
            "profiles/web.toml:4: `base` in [profile.x]: the profile is based on itself: web -> x -> web",
            "take one of these bases away",
        ),
        (
            "[profile.web]\nbase = \"web\"\n",
            "profiles/web.toml:2: `base` in [profile.web]: the profile is based on itself: web -> web",
            "take one of these bases away",
        ),
    ] {
        let (found, found_hint) = mistake(toml);
        assert_eq!(found, message);
        assert!(
            found_hint.contains(hint) && found_hint.is_empty() == hint.is_empty(),
            "{toml}\n{found_hint}"
        );
    }
}

#[test]
fn files_that_are_not_toml() {
    let (message, _) = mistake("[profile.server]\ndays 30\n");
    assert!(message.starts_with("profiles/web.toml:2: "), "{message}");
    let (message, _) = mistake("[profile.server]\ndays = 30\ndays = 31\n");
    assert!(
        message.starts_with("profiles/web.toml:3: ") && message.contains("duplicate"),
        "{message}"
    );
}

#[test]
fn keys_that_do_not_go_together() {
    for (toml, problem) in [
        (
            "[profile.server]\ndays = 1000\n",
            "days = 1000 is more than max_days = 825",
        ),
        (
            "[profile.server]\nmin_days = 100\n",
            "days = 90 is less than min_days = 100",
        ),
        (
            "[profile.server]\nkey_usage = [\"keyCertSign\"]\n",
            "a leaf with keyCertSign contradicts itself",
        ),
        (
            "[profile.server]\npath_len = 1\n",
            "path_len is for CAs, but kind is \"leaf\"",
        ),
        (
            "[profile.server]\nextended_key_usage = []\n",
            "a leaf needs an extended_key_usage",
        ),
        (
            "[profile.web]\ndays = 3\n",
            "a leaf needs an extended_key_usage",
        ),
        (
            "[profile.server]\nocsp_no_check = true\n",
            "ocsp_no_check is for OCSP responders",
        ),
        (
            "[profile.server]\nsan_kinds = []\n",
            "san = \"required\" with an empty san_kinds",
        ),
        (
            "[profile.server]\nsubject = \"rebuild\"\n",
            "subject = \"rebuild\" without subject_attributes",
        ),
        (
            "[profile.client]\nsubject = \"empty\"\n",
            "subject = \"empty\" needs a leaf with san = \"required\"",
        ),
        (
            "[profile.client]\npermit_dns = [\"a\"]\n",
            "permit_dns is for intermediates, but kind is \"leaf\"",
        ),
        (
            "[profile.root]\npermit_dns = [\"a\"]\n",
            "permit_dns is for intermediates, but kind is \"root\"",
        ),
        (
            "[profile.intermediate]\npermit_ip = [\"::1\"]\n",
            "permit_ip without permit_dns",
        ),
        (
            "[profile.intermediate]\nkey_usage = [\"cRLSign\"]\n",
            "kind = \"intermediate\" without keyCertSign",
        ),
        (
            "[profile.root]\nmust_staple = true\n",
            "ocsp_no_check and must_staple are for leaves",
        ),
        (
            "[profile.server]\nkind = \"intermediate\"\n",
            "kind = \"intermediate\" without keyCertSign",
        ),
    ] {
        let (message, hint) = mistake(&format!("# a comment\n{toml}"));
        assert!(
            message.starts_with("profiles/web.toml:2: profile `") && message.contains(problem),
            "{message}"
        );
        assert!(!hint.is_empty());
    }
}

#[test]
fn a_mistake_that_a_later_file_makes_is_the_later_files() {
    let mut profiles = profiles("[profile.web]\nbase = \"server\"\ndays = 800\n");
    let error = profiles
        .merge_toml("\n[profile.server]\nmax_days = 100\n", "later.toml")
        .unwrap_err();
    // `web` is what breaks, and its table is where it must be mended.
    assert_eq!(
        error.to_string(),
        "test.toml:1: profile `web`: days = 800 is more than max_days = 100"
    );
    assert_eq!(profiles.get("server").unwrap().max_days, 825);
}

#[test]
fn unknown_profiles() {
    let error = Profiles::built_in().get("Server2").unwrap_err();
    assert!(matches!(&error, ProfileError::UnknownProfile { name, .. } if name == "Server2"));
    assert_eq!(error.to_string(), "there is no profile `Server2`");
    assert_eq!(
        error.hint().unwrap(),
        "did you mean `server`? known profiles: client, intermediate, ocsp, root, server"
    );
}

#[test]
fn bases_nest_to_a_depth() {
    // Profile n is based on n + 1, the last one on a built-in.
    let chain = |depth: usize| {
        let mut tables = vec![format!("[profile.p{depth:02}]\nbase = \"server\"")];
        tables.extend((0..depth).map(|n| format!("[profile.p{n:02}]\nbase = \"p{:02}\"", n + 1)));
        Profiles::built_in().merge_toml(&tables.join("\n"), "chain.toml")
    };
    assert_eq!(chain(14), Ok(()));
    let error = chain(20).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("more than 16 profiles are based on one another"),
        "{error}"
    );
}
