//! Name constraints against OpenSSL: what is planned, `openssl verify` accepts.

use std::fs;
use std::path::Path;
use std::process::Command;

use tpm2ca_profile::IssuerView;

use crate::setup::*;

/// Runs openssl in `dir`; whether it succeeded.
fn openssl(dir: &Path, arguments: &[&str]) -> bool {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(dir)
        .output()
        .unwrap();
    output.status.success()
}

fn made(dir: &Path, arguments: &[&str]) {
    assert!(openssl(dir, arguments), "openssl {arguments:?}");
}

/// A CA with these constraints issues a certificate with these names: does OpenSSL verify it?
fn openssl_accepts(dir: &Path, constraints: &str, subject: &str, san: &str) -> bool {
    let constraints = format!("nameConstraints=critical,{constraints}");
    let usage = [
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "keyUsage=critical,keyCertSign",
    ];
    let ca = [
        "req", "-x509", "-config", "c", "-key", "ca.key", "-subj", "/CN=CA", "-out", "ca.pem",
    ];
    made(dir, &[&ca[..], &usage, &["-addext", &constraints]].concat());
    made(
        dir,
        &[
            "req", "-new", "-config", "c", "-key", "ca.key", "-subj", subject, "-out", "leaf.csr",
        ],
    );
    let extensions = if san.is_empty() {
        String::new()
    } else {
        format!("subjectAltName={san}\n")
    };
    fs::write(
        dir.join("ext"),
        format!("basicConstraints=CA:FALSE\n{extensions}"),
    )
    .unwrap();
    let leaf = [
        "x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "9",
    ];
    made(
        dir,
        &[
            &leaf[..],
            &["-set_serial", "7", "-extfile", "ext", "-out", "leaf.pem"],
        ]
        .concat(),
    );
    openssl(dir, &["verify", "-CAfile", "ca.pem", "leaf.pem"])
}

#[test]
fn what_is_planned_is_verified() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::write(dir.join("c"), "[req]\ndistinguished_name=d\n[d]\n").unwrap();
    let curve = "ec_paramgen_curve:P-256";
    made(
        dir,
        &[
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            curve,
            "-out",
            "ca.key",
        ],
    );

    let profiles = profiles(
        "[profile.any]\nbase = \"client\"\nsan_kinds = [\"dns\", \"ip\", \"email\", \"uri\"]\n[profile.any.names]\nallow_wildcards = true",
    );
    let any = profiles.get("any").unwrap();
    // Constraint, subject, names; planned, verified by OpenSSL 3.0.
    for (constraint, subject, san, planned, verified) in [
        (
            "permitted;DNS:example.com",
            "/O=x",
            "DNS:example.com",
            true,
            true,
        ),
        (
            "permitted;DNS:example.com",
            "/O=x",
            "DNS:a.b.EXAMPLE.com",
            true,
            true,
        ),
        (
            "permitted;DNS:example.com",
            "/O=x",
            "DNS:*.example.com",
            true,
            true,
        ),
        (
            "permitted;DNS:example.com",
            "/O=x",
            "DNS:badexample.com",
            false,
            false,
        ),
        (
            "permitted;DNS:example.com",
            "/O=x",
            "DNS:example.com,DNS:a.org",
            false,
            false,
        ),
        (
            "permitted;DNS:.example.com",
            "/O=x",
            "DNS:a.example.com",
            true,
            true,
        ),
        (
            "permitted;DNS:.example.com",
            "/O=x",
            "DNS:example.com",
            false,
            false,
        ),
        (
            "permitted;DNS:example.com",
            "/O=x",
            "IP:10.0.0.1",
            true,
            true,
        ),
        (
            "excluded;DNS:example.com",
            "/O=x",
            "DNS:a.example.com",
            false,
            false,
        ),
        (
            "excluded;DNS:example.com",
            "/O=x",
            "DNS:example.org",
            true,
            true,
        ),
        // OpenSSL does not see that the wildcard stands for the excluded host.
        (
            "excluded;DNS:a.example.com",
            "/O=x",
            "DNS:*.example.com",
            false,
            true,
        ),
        (
            "permitted;IP:10.0.0.0/255.0.0.0",
            "/O=x",
            "IP:10.9.9.9",
            true,
            true,
        ),
        (
            "permitted;IP:10.0.0.0/255.0.0.0",
            "/O=x",
            "IP:11.9.9.9",
            false,
            false,
        ),
        (
            "permitted;IP:10.0.0.0/255.0.0.0",
            "/O=x",
            "IP:fd00::1",
            false,
            false,
        ),
        (
            "excluded;IP:0.0.0.0/0.0.0.0",
            "/O=x",
            "IP:10.0.0.1",
            false,
            false,
        ),
        (
            "permitted;email:example.com",
            "/O=x",
            "email:a@example.com",
            true,
            true,
        ),
        (
            "permitted;email:example.com",
            "/O=x",
            "email:a@b.example.com",
            false,
            false,
        ),
        (
            "permitted;email:.example.com",
            "/O=x",
            "email:a@b.example.com",
            true,
            true,
        ),
        (
            "permitted;email:a@example.com",
            "/O=x",
            "email:a@EXAMPLE.com",
            true,
            true,
        ),
        (
            "permitted;email:a@example.com",
            "/O=x",
            "email:A@example.com",
            false,
            false,
        ),
        (
            "permitted;email:example.com",
            "/O=x/emailAddress=a@example.org",
            "",
            false,
            false,
        ),
        (
            "permitted;email:example.com",
            "/emailAddress=a@example.com/O=x+emailAddress=b@example.org",
            "DNS:a.example",
            false,
            false,
        ),
        (
            "permitted;email:example.com",
            "/emailAddress=a@example.org",
            "email:a@example.com",
            false,
            false,
        ),
        (
            "excluded;email:a@example.com",
            "/emailAddress=a@example.com",
            "",
            false,
            false,
        ),
        (
            "permitted;email:example.com",
            "/emailAddress=a@example.com",
            "",
            true,
            true,
        ),
        (
            "permitted;URI:example.com",
            "/O=x",
            "URI:https://example.com/a",
            true,
            true,
        ),
        (
            "permitted;URI:example.com",
            "/O=x",
            "URI:https://a.example.com/",
            false,
            false,
        ),
        (
            "permitted;URI:.example.com",
            "/O=x",
            "URI:https://a.example.com/",
            true,
            true,
        ),
        (
            "permitted;URI:example.com",
            "/O=x",
            "URI:urn:a",
            false,
            false,
        ),
        (
            "permitted;DNS:example.com",
            "/CN=a.example.com",
            "",
            true,
            true,
        ),
        (
            "permitted;DNS:example.com",
            "/CN=a.example.org",
            "",
            false,
            false,
        ),
        (
            "permitted;DNS:example.com",
            "/CN=a.example.org",
            "DNS:example.com",
            true,
            true,
        ),
        ("permitted;DNS:example.com", "/CN=Alice", "", true, true),
        // To OpenSSL these are DNS names, too.
        (
            "permitted;DNS:example.com",
            "/CN=10.0.0.1",
            "",
            false,
            false,
        ),
        ("permitted;DNS:example.com", "/CN=v1.0", "", false, false),
        ("permitted;DNS:example.com", "/CN=a b.c", "", true, true),
    ] {
        let (kind, text) = constraint.split_once(';').unwrap();
        let text = text.replace("/255.0.0.0", "/8").replace("/0.0.0.0", "/0");
        let trees = subtrees(&[&text]);
        let view = match kind {
            "permitted" => IssuerView {
                permitted: &trees,
                ..issuer()
            },
            _ => IssuerView {
                excluded: &trees,
                ..issuer()
            },
        };
        let (asked, names) = (name(subject), names(san));
        let outcome = any.plan(&request(&asked, &names), Some(&view));
        let case = format!("{constraint} {subject} {san}");
        assert_eq!(outcome.is_ok(), planned, "{case}: {outcome:?}");
        assert_eq!(
            openssl_accepts(dir, constraint, subject, san),
            verified,
            "{case}"
        );
        assert!(verified || !planned, "{case}");
    }
}
