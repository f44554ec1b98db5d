//! What happens to a key in its life: an update, a move to another machine, a place in a CA.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, sync::Arc};

use tpm2ca_authority::{AuthSource, AuthorityError, Keyring, NoAuth};
use tpm2ca_keys::{KeyApprover, SoftwareKey, make_csr};
use tpm2ca_testkit::Tool;
use tpm2ca_tests::{Ca, keys::KeyBench};
use tpm2ca_tpm::{Auth, Credentials, KeyFile, TpmOptions};
use tpm2ca_x509::{Name, pem};

const EVENT: &str = "sha256=1111111111111111111111111111111111111111111111111111111111111111";

#[test]
fn a_bound_key_signs_until_an_update_and_again_after_a_new_policy() {
    let bench = KeyBench::new();
    bench.openssl(&[
        "genpkey",
        "-algorithm",
        "RSA",
        "-pkeyopt",
        "rsa_keygen_bits:2048",
        "-out",
        "signer.key",
    ]);
    bench.openssl(&["pkey", "-in", "signer.key", "-pubout", "-out", "signer.pub"]);
    bench.ok(&["genkey", "-a", "ecdsa", "--pcr", "sha256:16", "bound.pem"]);
    bench.ok(&[
        "genkey",
        "-a",
        "ecdsa",
        "--policy",
        "authorize:signer.pub",
        "boot.pem",
    ]);
    let sign_policy = |policy: &str, name: &str| {
        bench.ok(&[
            "key",
            "policy",
            "sign",
            "--key",
            "signer.key",
            "--policy",
            policy,
            "--name",
            name,
            "boot.pem",
        ]);
    };
    sign_policy("pcr:sha256:16", "one");
    bench.signs("bound.pem", &[]);
    bench.signs("boot.pem", &[]);

    bench.tool("pcrextend", &[&format!("16:{EVENT}")]);
    for key in ["bound.pem", "boot.pem"] {
        bench.shows_that_it_does_not_sign(key, &[]);
    }
    sign_policy("pcr:sha256:16", "two");
    bench.signs("boot.pem", &[]);
    bench.shows(&["key", "show", "boot.pem"]);

    // The next one is signed before it happens, with the value that is expected.
    let next = {
        let read = bench.tool("pcrread", &["sha256:16", "-o", "pcr"]);
        assert!(read.success());
        let event = [0x11; 32];
        let value = [fs::read(bench.path("pcr")).unwrap(), event.to_vec()].concat();
        let digest = Tool::openssl("dgst")
            .args(["-sha256", "-r"])
            .input(value)
            .ok()
            .text();
        digest.split(' ').next().unwrap().to_owned()
    };
    sign_policy(&format!("pcr:sha256:16={next}"), "three");
    bench.signs("boot.pem", &[]);
    bench.tool("pcrextend", &[&format!("16:{EVENT}")]);
    bench.signs("boot.pem", &[]);

    // Without it, no more.
    bench.ok(&["key", "policy", "remove", "boot.pem", "three"]);
    bench.shows_that_it_does_not_sign("boot.pem", &[]);
    bench.fails(1, &["key", "policy", "remove", "boot.pem", "three"]);
    bench.fails(
        1,
        &[
            "key",
            "policy",
            "sign",
            "--key",
            "signer.key",
            "--policy",
            "locality:0",
            "bound.pem",
        ],
    );
    bench.openssl(&["genrsa", "-out", "other.key", "2048"]);
    bench.fails(
        1,
        &[
            "key",
            "policy",
            "sign",
            "--key",
            "other.key",
            "--policy",
            "locality:0",
            "boot.pem",
        ],
    );
    bench.snapshot("key_lifetime/a_bound_key_signs_until_an_update_and_again_after_a_new_policy");
}

#[test]
fn the_key_that_signs_policies_can_be_in_a_tpm_too() {
    let bench = KeyBench::new();
    bench.ok(&["genkey", "-a", "ecdsa", "signer.pem"]);
    bench.ok(&[
        "genkey",
        "-a",
        "ecdsa",
        "--policy",
        "authorize:signer.pem",
        "key.pem",
    ]);
    bench.ok(&[
        "key",
        "policy",
        "sign",
        "--key",
        "signer.pem",
        "--policy",
        "locality:3 or command:sign",
        "key.pem",
    ]);
    bench.signs("key.pem", &[]);
    let shown = bench.ok(&["key", "show", "key.pem"]);
    assert!(
        shown.contains("for signing only") && shown.contains("locality 3"),
        "{shown}"
    );
}

#[test]
fn a_key_moves_to_the_machine_it_was_made_for_and_to_no_other() {
    let (here, there, elsewhere) = (KeyBench::new(), KeyBench::new(), KeyBench::new());
    let carry = |name: &str, from: &KeyBench, to: &KeyBench| {
        fs::copy(from.path(name), to.path(name)).unwrap();
    };
    there.ok(&["key", "public", "--parent", "--out", "recovery.pub"]);
    elsewhere.ok(&["key", "public", "--parent", "--out", "third.pub"]);
    carry("recovery.pub", &there, &here);
    carry("third.pub", &elsewhere, &here);
    let pin = ["--key-auth", "pass:sesame, open thyself"];
    for (options, extra) in [
        (&["-a", "ecdsa"][..], &[][..]),
        (&["-a", "rsa"], &pin[..]),
        (&["-a", "ecdsa", "--pcr", "sha256:16"], &[]),
        (&["-a", "ecdsa", "--pcr", "sha256:16"], &pin),
    ] {
        let genkey = [
            "genkey",
            "--duplicable-to",
            "recovery.pub",
            "key.pem",
            "--force",
        ];
        here.ok(&[&genkey[..], options, extra].concat());
        here.signs("key.pem", extra);
        let duplicate = [
            "key",
            "duplicate",
            "key.pem",
            "--out",
            "wrapped.pem",
            "--force",
            "--to",
        ];
        here.ok(&[&duplicate[..], &["recovery.pub"], extra].concat());
        here.fails(1, &[&duplicate[..], &["third.pub"], extra].concat());

        for bench in [&there, &elsewhere] {
            carry("wrapped.pem", &here, bench);
        }
        there.ok(&[
            "key",
            "receive",
            "wrapped.pem",
            "--out",
            "key.pem",
            "--force",
        ]);
        there.signs("key.pem", extra);
        elsewhere.fails(1, &["key", "receive", "wrapped.pem", "--out", "key.pem"]);
        elsewhere.shows_that_it_does_not_sign("wrapped.pem", extra);
        // It is the same key.
        let public = |bench: &KeyBench| bench.ok(&["key", "public", "key.pem"]);
        assert_eq!(public(&here), public(&there));
    }
    here.ok(&["genkey", "-a", "ecdsa", "fixed.pem"]);
    here.fails(
        1,
        &[
            "key",
            "duplicate",
            "fixed.pem",
            "--to",
            "recovery.pub",
            "--out",
            "x.pem",
        ],
    );
    // By Name, as `tpm info` shows it there.
    let info = there.ok(&["tpm", "info", "--json"]);
    let name = info
        .split("\"srk\":\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    here.ok(&[
        "genkey",
        "-a",
        "ecdsa",
        "--duplicable-to",
        name,
        "named.pem",
    ]);
    here.ok(&[
        "key",
        "duplicate",
        "named.pem",
        "--to",
        "recovery.pub",
        "--out",
        "named.wrapped",
    ]);
    elsewhere.snapshot(
        "key_lifetime/a_key_moves_to_the_machine_it_was_made_for_and_to_no_other_elsewhere",
    );
    here.snapshot("key_lifetime/a_key_moves_to_the_machine_it_was_made_for_and_to_no_other_here");
}

#[test]
fn the_key_of_a_ca_can_be_at_a_handle() {
    let ca = Ca::new(&[]);
    let config = ca.directory().join("ca.toml");
    let before = fs::read_to_string(&config).unwrap();
    let handle = |file: &str, handle: &str| {
        ca.ok(&["key", "persist", file, "--handle", handle]);
        let after = before.replace("\"intermediate.key\"", &format!("\"handle:{handle}\""));
        assert_ne!(before, after);
        fs::write(&config, after).unwrap();
    };
    handle("ca/intermediate.key", "0x81000100");
    ca.ok(&[
        "issue",
        "www.example.com",
        "--out",
        "www.crt",
        "--key-out",
        "www.key",
    ]);
    ca.ok(&["crl"]);
    Tool::openssl("verify")
        .args([
            "-CAfile",
            "ca/root.crt",
            "-untrusted",
            "ca/intermediate.crt",
            "www.crt",
        ])
        .dir(ca.folder.path())
        .ok();
    // Another key there would sign what nobody can verify.
    handle("ca/root.key", "0x81000101");
    ca.fails(1, &["issue", "x.example.com"]);
    ca.ok(&["key", "evict", "0x81000101", "--force"]);
    ca.fails(1, &["issue", "x.example.com"]);
    ca.snapshot("key_lifetime/the_key_of_a_ca_can_be_at_a_handle");
}

/// Says what was given on the command line, as the program does.
struct Given {
    owner: Auth,
    approver: fn(&KeyBench) -> SoftwareKey,
    bench: Arc<KeyBench>,
}

impl AuthSource for Given {
    fn key_auth(&self, _: &std::path::Path) -> Result<Auth, String> {
        Ok(Auth::new(b"sesame, open thyself".to_vec()))
    }

    fn credentials(&self, _: &KeyFile) -> Result<Credentials, String> {
        let approver = KeyApprover::new((self.approver)(&self.bench)).unwrap();
        Ok(Credentials::default()
            .approver(Arc::new(approver))
            .secret(0x4000_000b, self.owner.clone()))
    }
}

/// The way by which issuers open their keys.
#[test]
fn the_keys_of_issuers_can_be_under_policies() {
    let bench = Arc::new(KeyBench::new());
    bench.openssl(&["genrsa", "-out", "signer.key", "2048"]);
    bench.openssl(&["pkey", "-in", "signer.key", "-pubout", "-out", "signer.pub"]);
    let approver = |bench: &KeyBench| {
        SoftwareKey::from_pkcs8_pem(&fs::read(bench.path("signer.key")).unwrap()).unwrap()
    };
    let given = || -> Box<dyn AuthSource> {
        Box::new(Given {
            owner: Auth::empty(),
            approver,
            bench: Arc::clone(&bench),
        })
    };
    let pin = ["--key-auth", "pass:sesame, open thyself"];
    for (policy, options, needs_more) in [
        ("pcr:sha256:16", &[][..], false),
        ("secret:owner", &[], false),
        ("secret:endorsement and command:sign", &[], false),
        ("pcr:sha256:16 and authvalue", &pin[..], true),
        ("signed:signer.pub", &[], true),
    ] {
        let genkey = [
            "genkey", "-a", "ecdsa", "--policy", policy, "key.pem", "--force",
        ];
        bench.ok(&[&genkey[..], options].concat());
        let open = |auth| {
            let keyring = Keyring::new(Some(bench.tpm.tcti()), TpmOptions::default(), auth);
            keyring.signer(&bench.path("key.pem")).and_then(|signer| {
                let subject = Name::common_name("issuer").unwrap();
                make_csr(subject.as_der(), &[], &*signer).map_err(AuthorityError::from)
            })
        };
        let csr = open(given()).unwrap();
        let verified = Tool::openssl("req")
            .args(["-verify", "-noout"])
            .input(pem::encode("CERTIFICATE REQUEST", &csr))
            .ok();
        assert!(
            verified.report().contains("verify OK"),
            "{policy}: {}",
            verified.report()
        );
        assert_eq!(open(Box::new(NoAuth)).is_err(), needs_more, "{policy}");
    }
}
