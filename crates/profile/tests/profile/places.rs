//! A name is held to the same rules wherever it stands: in the subject, in a directoryName, in a URI, in an otherName.

use proptest::prelude::*;
use tpm2ca_profile::{IssuerView, Plan, Profile, Refusal, Request, SubjectSource};
use tpm2ca_x509::{GeneralName, Name, ObjectIdentifier, oid};

use crate::setup::*;

/// A client profile for every type of names, with lines for its `names` table.
fn client(lines: &str) -> Profile {
    profiles(&format!(
        "[profile.any]\nbase = \"client\"\nsan_kinds = [\"dns\", \"ip\", \"email\", \"uri\", \
         \"directory-name\", \"registered-id\", \"other-name\"]\n[profile.any.names]\n{lines}"
    ))
    .get("any")
    .unwrap()
    .clone()
}

/// A server profile whose common names are not looked for among the subject alternative names.
fn loose_server(lines: &str) -> Profile {
    profiles(&format!(
        "[profile.loose]\nbase = \"server\"\ncommon_name = \"any\"\n[profile.loose.names]\n{lines}"
    ))
    .get("loose")
    .unwrap()
    .clone()
}

fn plan_name(profile: &Profile, san: GeneralName) -> Result<Plan, Refusal> {
    let (subject, names) = (name("/O=Acme"), [san]);
    profile.plan(&request(&subject, &names), Some(&issuer()))
}

fn utf8(text: &str) -> Vec<u8> {
    let mut value = vec![0x0c, u8::try_from(text.len()).unwrap()];
    value.extend_from_slice(text.as_bytes());
    value
}

fn other(type_id: ObjectIdentifier, text: &str) -> GeneralName {
    GeneralName::Other {
        oid: type_id,
        value: utf8(text),
    }
}

/// A name of one attribute, whose value has this type and content.
fn one_attribute(type_id: ObjectIdentifier, string_type: u8, content: &[u8]) -> Name {
    let tlv = |tag: u8, content: &[u8]| {
        let mut der = vec![tag, u8::try_from(content.len()).unwrap()];
        der.extend_from_slice(content);
        der
    };
    let parts = [tlv(6, type_id.as_bytes()), tlv(string_type, content)];
    Name::from_rdns([vec![tlv(0x30, &parts.concat())]]).unwrap()
}

const ALLOW_EMAIL: &str = "allow_email = [\"@example.com\"]";
const ALLOW_DNS: &str = "allow_dns = [\"example.com\", \"*.example.com\"]";

#[test]
fn mail_addresses_in_every_place_of_the_subject() {
    let profile = client(ALLOW_EMAIL);
    for (subject, good) in [
        ("/emailAddress=a@example.com", true),
        ("/emailAddress=a@EXAMPLE.com", true),
        ("/CN=a@example.com", true),
        ("/UID=a@example.com", true),
        ("/UID=alice", true),
        ("/CN=Alice", true),
        ("/emailAddress=a@example.org", false),
        // several, and in one RDN with others
        (
            "/emailAddress=a@example.com/emailAddress=a@example.org",
            false,
        ),
        ("/CN=Alice+emailAddress=a@example.org", false),
        ("/CN=a@example.org", false),
        ("/UID=a@example.org", false),
        ("/serialNumber=a.example.org", true),
    ] {
        let outcome = plan(&profile, subject, "");
        assert_eq!(outcome.is_ok(), good, "{subject}: {outcome:?}");
        if let Err(refusal) = outcome {
            assert!(
                matches!(refusal, Refusal::NameNotAllowed { kind: "email", .. }),
                "{subject}: {refusal}"
            );
        }
        // The same stands in a directoryName.
        let san = GeneralName::DirectoryName(name(subject));
        assert_eq!(plan_name(&profile, san).is_ok(), good, "dirName:{subject}");
    }
    assert_eq!(
        plan(&profile, "/emailAddress=a@example.org", "")
            .unwrap_err()
            .to_string(),
        "`emailAddress:a@example.org` is not allowed: allow_email in profile `any` has \"@example.com\""
    );
}

#[test]
fn mail_addresses_without_a_list_for_them() {
    // As `email:a@example.com` among the names.
    let server = server_with_names(ALLOW_DNS);
    for subject in ["/emailAddress=a@example.com", "/CN=a@example.com"] {
        let refusal = plan(&server, subject, "DNS:a.example.com").unwrap_err();
        assert!(
            matches!(refusal, Refusal::NameTypeNotAllowed { kind: "email", .. }),
            "{refusal}"
        );
    }
    let refusal = plan(
        &built_in("server"),
        "/emailAddress=a@example.com",
        "DNS:a.example.com",
    )
    .unwrap_err();
    assert_eq!(
        (
            refusal.to_string().as_str(),
            refusal.hint().unwrap().as_str()
        ),
        (
            "`emailAddress:a@example.com` is not allowed: profile `server` has no names of type email, only dns, ip",
            "ask without it, or write san_kinds = [\"dns\", \"ip\", \"email\"] in `[profile.server]`"
        )
    );
    assert!(plan(&built_in("client"), "/emailAddress=a@example.com", "").is_ok());
}

#[test]
fn mail_addresses_of_every_string_type() {
    let profile = client(ALLOW_EMAIL);
    let latin = |text: &str| text.as_bytes().to_vec();
    let wide = |text: &str, width: usize| -> Vec<u8> {
        text.bytes()
            .flat_map(|b| {
                let mut unit = vec![0; width - 1];
                unit.push(b);
                unit
            })
            .collect()
    };
    for (string_type, encode) in [
        (0x0c, &latin as &dyn Fn(&str) -> Vec<u8>),
        (0x13, &latin),
        (0x14, &latin),
        (0x16, &latin),
        (0x1c, &|text| wide(text, 4)),
        (0x1e, &|text| wide(text, 2)),
    ] {
        for (address, good) in [("a@example.com", true), ("a@example.org", false)] {
            let subject = one_attribute(oid::EMAIL_ADDRESS, string_type, &encode(address));
            let outcome = profile.plan(&request(&subject, &[]), Some(&issuer()));
            assert_eq!(outcome.is_ok(), good, "{string_type:02x} {outcome:?}");
        }
    }
    let subject = one_attribute(oid::EMAIL_ADDRESS, 0x04, b"a@example.com");
    assert!(matches!(
        profile.plan(&request(&subject, &[]), Some(&issuer())),
        Err(Refusal::BadEmail { .. })
    ));
}

#[test]
fn an_email_address_below_name_constraints_is_an_ia5_string() {
    let permitted = subtrees(&["DNS:example.com"]);
    let narrow = IssuerView {
        permitted: &permitted,
        ..issuer()
    };
    for (string_type, good) in [(0x16, true), (0x0c, false)] {
        let subject = one_attribute(oid::EMAIL_ADDRESS, string_type, b"a@example.com");
        let outcome = built_in("client").plan(&request(&subject, &[]), Some(&narrow));
        assert_eq!(outcome.is_ok(), good, "{outcome:?}");
        let outcome = built_in("client").plan(&request(&subject, &[]), Some(&issuer()));
        assert!(outcome.is_ok(), "{outcome:?}");
    }
}

#[test]
fn hosts_in_every_place_of_the_subject() {
    let profile = client(ALLOW_DNS);
    for (subject, good) in [
        ("/CN=www.example.com", true),
        ("/CN=www.example.com.", true),
        ("/CN=Alice", true),
        ("/CN=alice", true),
        ("/CN=John B. Doe", true),
        ("/DC=com/DC=example/CN=alice", true),
        ("/DC=com/DC=example/DC=www/CN=alice", true),
        ("/1.2.840.113549.1.9.2=router.example.com", true),
        ("/O=example.org", true),
        ("/CN=www.example.org", false),
        ("/CN=www.example.org.", false),
        ("/CN=alice/CN=www.example.org", false),
        ("/O=x+CN=www.example.org", false),
        ("/CN=*.example.com", false),
        ("/CN=w*.example.com", false),
        ("/UID=www.example.org", false),
        ("/serialNumber=www.example.org", false),
        ("/DC=org/DC=example/CN=alice", false),
        ("/1.2.840.113549.1.9.2=router.example.org", false),
    ] {
        let outcome = plan(&profile, subject, "");
        assert_eq!(outcome.is_ok(), good, "{subject}: {outcome:?}");
        let san = GeneralName::DirectoryName(name(subject));
        assert_eq!(plan_name(&profile, san).is_ok(), good, "dirName:{subject}");
    }
}

#[test]
fn common_names_of_servers_without_a_list_for_them() {
    // Verifiers look into the common name where there is no dNSName.
    let server = loose_server("allow_ip = [\"10.0.0.0/8\"]");
    for common_name in ["www.example.org", "intranet"] {
        let refusal = plan(&server, &format!("/CN={common_name}"), "IP:10.0.0.1").unwrap_err();
        assert!(
            matches!(refusal, Refusal::NameTypeNotAllowed { kind: "dns", .. }),
            "{common_name}: {refusal}"
        );
    }
    assert!(plan(&server, "/CN=Acme Router", "IP:10.0.0.1").is_ok());
    assert!(plan(&server, "/CN=10.1.1.1", "IP:10.0.0.1").is_ok());
    assert!(matches!(
        plan(&server, "/CN=11.1.1.1", "IP:10.0.0.1"),
        Err(Refusal::NameNotAllowed { kind: "ip", .. })
    ));
    // To a client it is the name of a user.
    assert!(plan(&client(ALLOW_EMAIL), "/CN=john.doe", "").is_ok());
}

#[test]
fn denied_addresses_are_denied_in_every_spelling() {
    let profile = client("deny_ip = [\"10.0.0.0/8\"]");
    for subject in ["/CN=10.1.1.1", "/CN=::ffff:10.1.1.1", "/UID=10.1.1.1"] {
        assert!(
            matches!(plan(&profile, subject, ""), Err(Refusal::NameDenied { .. })),
            "{subject}"
        );
    }
}

#[test]
fn hosts_of_uris() {
    let profile = client("deny_dns = [\"*.secret.example\"]\ndeny_ip = [\"10.0.0.0/8\"]");
    for (uri, good) in [
        ("https://www.example.com/", true),
        ("urn:a", true),
        ("https://a.secret.example:1/", false),
        ("spiffe://A.secret.example/x", false),
        ("https://10.1.1.1/", false),
    ] {
        let outcome = plan_name(&profile, GeneralName::Uri(uri.to_owned()));
        assert_eq!(outcome.is_ok(), good, "{uri}: {outcome:?}");
    }
    let listed = client(ALLOW_DNS);
    assert!(matches!(
        plan_name(
            &listed,
            GeneralName::Uri("https://www.example.com/".to_owned())
        ),
        Err(Refusal::NameTypeNotAllowed { kind: "uri", .. })
    ));
}

#[test]
fn other_names() {
    let mail = client(ALLOW_EMAIL);
    for (type_id, text, good) in [
        (oid::USER_PRINCIPAL_NAME, "alice@example.com", true),
        (oid::USER_PRINCIPAL_NAME, "jürgen@EXAMPLE.com", true),
        (oid::USER_PRINCIPAL_NAME, "alice@example.org", false),
        (oid::USER_PRINCIPAL_NAME, "alice", false),
        (oid::SMTP_UTF8_MAILBOX, "jürgen@example.com", true),
        (oid::SMTP_UTF8_MAILBOX, "jürgen@example.org", false),
        (oid::SMTP_UTF8_MAILBOX, "jürgen@exämple.com", false),
        (oid::XMPP_ADDRESS, "alice@example.com/desk", true),
        (oid::XMPP_ADDRESS, "alice@example.org/desk", false),
        (oid::XMPP_ADDRESS, "im.example.com", false),
        // Nobody but its owner knows this type.
        (oid::SERVER_AUTH, "alice@example.org", true),
    ] {
        let outcome = plan_name(&mail, other(type_id, text));
        assert_eq!(outcome.is_ok(), good, "{type_id} {text}: {outcome:?}");
    }
    let hosts = client(ALLOW_DNS);
    for (type_id, text, good) in [
        (oid::SRV_NAME, "_imap.www.example.com", true),
        (oid::SRV_NAME, "_imap.www.example.org", false),
        (oid::SRV_NAME, "www.example.com", false),
        (oid::XMPP_ADDRESS, "im.example.com", true),
        (oid::XMPP_ADDRESS, "im.example.org", false),
        (oid::NAI_REALM, "example.com", true),
        (oid::NAI_REALM, "example.org", false),
        (oid::NAI_REALM, "*.example.com", false),
        (oid::USER_PRINCIPAL_NAME, "alice@example.com", false),
    ] {
        let outcome = plan_name(&hosts, other(type_id, text));
        assert_eq!(outcome.is_ok(), good, "{type_id} {text}: {outcome:?}");
    }
    let refusal = plan_name(&mail, other(oid::USER_PRINCIPAL_NAME, "alice@example.org"));
    assert_eq!(
        refusal.unwrap_err().to_string(),
        "`otherName:1.3.6.1.4.1.311.20.2.3:alice@example.org` is not allowed: allow_email in profile `any` has \
         \"@example.com\""
    );
    let refusal = plan_name(&mail, other(oid::USER_PRINCIPAL_NAME, "alice"));
    assert_eq!(
        refusal.unwrap_err().to_string(),
        "`otherName:1.3.6.1.4.1.311.20.2.3` is not a name for a certificate: `alice`: it has no `@`"
    );
    // Constraints on rfc822Name hold for SmtpUTF8Mailbox.
    let permitted = subtrees(&["email:example.com"]);
    let narrow = IssuerView {
        permitted: &permitted,
        ..issuer()
    };
    let (subject, names) = (
        name("/O=Acme"),
        [other(oid::SMTP_UTF8_MAILBOX, "jürgen@example.org")],
    );
    assert!(matches!(
        client("").plan(&request(&subject, &names), Some(&narrow)),
        Err(Refusal::IssuerDoesNotPermit { .. })
    ));
}

#[test]
fn requester_blocks_hold_for_the_subject() {
    let profiles = profiles(
        "[[profile.client.requester]]\nmatch = \"uid:1000\"\nallow_email = [\"a@example.com\"]",
    );
    let client = profiles.get("client").unwrap();
    let outcome = |subject: &str, requester: &str| {
        let subject = name(subject);
        let asked = Request {
            requester,
            subject: SubjectSource::Operator(&subject),
            ..request(&subject, &[])
        };
        client.plan(&asked, Some(&issuer())).map(|_| ())
    };
    assert_eq!(outcome("/emailAddress=a@example.com", "uid:1000"), Ok(()));
    assert_eq!(outcome("/emailAddress=b@example.com", "uid:1001"), Ok(()));
    for subject in ["/emailAddress=b@example.com", "/CN=b@example.com"] {
        assert!(matches!(
            outcome(subject, "uid:1000"),
            Err(Refusal::NameNotAllowed { .. })
        ));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// The subject's `emailAddress` is decided as the rfc822Name would be.
    #[test]
    fn an_email_address_is_decided_as_the_name(
        lists in proptest::sample::subsequence(vec![
            "allow_email = [\"@a.b\", \"c@b\"]", "allow_dns = [\"a.b\"]", "deny_email = [\"@*.a.b\"]", "allow_ip = [\"*\"]",
        ], 0..4),
        permitted in proptest::option::of("(email:([ac]@)?[.]?[ab]([.][ab])?)|(DNS:[ab])"),
        kinds in proptest::sample::select(vec!["\"email\"", "\"dns\"", "\"dns\", \"email\""]),
        address in "[aAc]@[aAb]([.][abB]){0,2}",
    ) {
        let text = format!("[profile.p]\nbase = \"client\"\nsan_kinds = [{kinds}]\n[profile.p.names]\n{}", lists.join("\n"));
        let profiles = profiles(&text);
        let profile = profiles.get("p").unwrap();
        let trees = subtrees(&permitted.iter().map(String::as_str).collect::<Vec<_>>());
        let narrow = IssuerView { permitted: &trees, ..issuer() };
        let (plain, names) = (name("/O=Acme"), [GeneralName::Email(address.clone())]);
        let as_name = profile.plan(&request(&plain, &names), Some(&narrow));
        let subject = name(&format!("/O=Acme/emailAddress={address}"));
        let as_attribute = profile.plan(&request(&subject, &[]), Some(&narrow));
        prop_assert_eq!(as_name.is_ok(), as_attribute.is_ok(), "{:?} {:?}", as_name, as_attribute);
    }
}
