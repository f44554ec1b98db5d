//! Key files of other programs work here, and ours there: every kind of key, with and without an authorization value,
//! with every kind of policy, and in every odd form that files have had.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use tpm2ca_testkit::Tool;
use tpm2ca_tests::keys::KeyBench;
use tpm2ca_tpm::{KeyFile, KeyFileKind};

/// What openssl, tpm2-tools and we call the same kind of key.
struct Kind {
    name: &'static str,
    provider: [&'static str; 4],
    tools: &'static str,
    ours: &'static [&'static str],
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "RSA-2048",
        provider: ["-algorithm", "RSA", "-pkeyopt", "bits:2048"],
        tools: "rsa2048",
        ours: &["-a", "rsa"],
    },
    Kind {
        name: "RSA-3072",
        provider: ["-algorithm", "RSA", "-pkeyopt", "bits:3072"],
        tools: "rsa3072",
        ours: &["-a", "rsa", "-s", "3072"],
    },
    Kind {
        name: "P-256",
        provider: ["-algorithm", "EC", "-pkeyopt", "group:P-256"],
        tools: "ecc256",
        ours: &["-a", "ecdsa"],
    },
    Kind {
        name: "P-384",
        provider: ["-algorithm", "EC", "-pkeyopt", "group:P-384"],
        tools: "ecc384",
        ours: &["-a", "ecdsa", "-c", "nist_p384"],
    },
];

/// With and without an authorization value.
const AUTHS: [Option<&str>; 2] = [None, Some("sesame, open thyself")];

fn given(auth: Option<&str>) -> Vec<String> {
    auth.map_or_else(Vec::new, |auth| {
        vec!["--key-auth".to_owned(), format!("pass:{auth}")]
    })
}

fn signs(bench: &KeyBench, key: &str, auth: Option<&str>) {
    let given = given(auth);
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    bench.signs(key, &given);
    let shown = bench.ok(&["key", "show", key]);
    assert_eq!(shown.contains("none needed"), auth.is_none(), "{shown}");
    if auth.is_some() {
        let said = bench.lacks_a_secret(key, &[]);
        assert!(said.contains("authorization value"), "{said}");
    }
}

#[test]
fn keys_of_tpm2_openssl_sign_here() {
    let bench = KeyBench::new();
    for kind in &KINDS {
        for auth in AUTHS {
            let option = auth.map(|auth| format!("user-auth:{auth}"));
            let mut arguments = vec!["genpkey", "-propquery", "provider=tpm2"];
            arguments.extend(kind.provider);
            if let Some(option) = &option {
                arguments.extend(["-pkeyopt", option]);
            }
            arguments.extend(["-out", "theirs.pem"]);
            let made = bench.provider(&arguments);
            assert!(made.success(), "{}", made.report());
            signs(&bench, "theirs.pem", auth);
            assert!(bench.ok(&["key", "show", "theirs.pem"]).contains(kind.name));
        }
    }
}

#[test]
fn keys_of_tpm2_tools_sign_here() {
    let bench = KeyBench::new();
    for kind in &KINDS {
        for auth in AUTHS {
            let mut create = vec![
                "-C",
                "0x81000001",
                "-G",
                kind.tools,
                "-u",
                "key.pub",
                "-r",
                "key.priv",
            ];
            create.extend(auth.iter().flat_map(|auth| ["-p", auth]));
            bench.tool("create", &create);
            // Wrapped by us, under the handle and under the hierarchy, whose primary key is the same.
            for parent in ["0x81000001", "owner"] {
                let mut wrap = vec![
                    "genkey", "-u", "key.pub", "-r", "key.priv", "-P", parent, "pair.pem",
                    "--force",
                ];
                wrap.extend(auth.iter().flat_map(|auth| ["-p", auth]));
                bench.ok(&wrap);
                signs(&bench, "pair.pem", auth);
            }
            // And by themselves.
            let mut encode = vec![
                "-C",
                "0x81000001",
                "-u",
                "key.pub",
                "-r",
                "key.priv",
                "-o",
                "encoded.pem",
            ];
            if auth.is_some() {
                encode.push("-p");
            }
            bench.tool("encodeobject", &encode);
            // Debian 12's version 5.4 says of each key the contrary of what is true.
            let given = given(Some(auth.unwrap_or_default()));
            let given: Vec<&str> = given.iter().map(String::as_str).collect();
            bench.signs("encoded.pem", &given);
        }
    }
}

#[test]
fn our_keys_sign_in_tpm2_openssl_and_tpm2_tools() {
    let bench = KeyBench::new();
    for kind in &KINDS {
        for auth in AUTHS {
            let given = given(auth);
            let mut genkey = vec!["genkey", "ours.pem", "--force"];
            genkey.extend(kind.ours);
            genkey.extend(given.iter().map(String::as_str));
            bench.ok(&genkey);
            let passin = auth.map(|auth| format!("pass:{auth}"));
            let mut sign = vec![
                "pkeyutl", "-sign", "-rawin", "-digest", "sha256", "-inkey", "ours.pem", "-in",
                "message", "-out", "sig",
            ];
            sign.extend(passin.iter().flat_map(|passin| ["-passin", passin]));
            let signed = bench.provider(&sign);
            assert!(signed.success(), "{} {}", kind.name, signed.report());
            bench.is_signed_by("ours.pem");

            load_in_tools(&bench, "ours.pem", "0x81000001");
            let mut sign = vec![
                "-c", "key.ctx", "-g", "sha256", "-f", "plain", "-o", "sig", "message",
            ];
            sign.extend(auth.iter().flat_map(|auth| ["-p", auth]));
            bench.tool("sign", &sign);
            bench.is_signed_by("ours.pem");
        }
    }
}

/// `tpm2_load` of the two blobs of a key file, into `key.ctx`.
fn load_in_tools(bench: &KeyBench, file: &str, parent: &str) {
    let key = KeyFile::from_pem(&fs::read(bench.path(file)).unwrap()).unwrap();
    fs::write(bench.path("key.pub"), key.public_blob()).unwrap();
    fs::write(bench.path("key.priv"), key.private_blob()).unwrap();
    bench.tool(
        "load",
        &[
            "-C", parent, "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx",
        ],
    );
}

/// Every kind of policy, and what its use takes. With a value, it is one condition more.
const POLICIES: [(&str, &[&str]); 9] = [
    ("pcr:sha256:0,16", &[]),
    ("command:sign", &[]),
    ("locality:0", &[]),
    ("secret:owner", &[]),
    ("secret:endorsement", &[]),
    ("signed:signer.pub#here", &["--approver", "signer.key"]),
    ("pcr:sha256:16 and command:sign and locality:0,1", &[]),
    ("locality:4 or secret:platform or command:certify", &[]),
    ("(locality:4 or pcr:sha256:16) and command:sign", &[]),
];

/// The kinds of keys are imported ones, which takes a tenth of the time that making RSA keys takes.
#[test]
fn every_kind_of_policy_guards_every_kind_of_key() {
    let bench = KeyBench::new();
    signer(&bench);
    for kind in &KINDS {
        let mut genpkey = vec!["genpkey", "-out", "soft.key"];
        let [algorithm, name, option, value] = kind.provider;
        let value = value
            .replace("bits", "rsa_keygen_bits")
            .replace("group", "ec_paramgen_curve");
        genpkey.extend([algorithm, name, option, &value]);
        bench.openssl(&genpkey);
        for auth in AUTHS {
            for (policy, options) in POLICIES {
                let policy = match auth {
                    None => policy.to_owned(),
                    Some(_) => format!("({policy}) and authvalue"),
                };
                let given = given(auth);
                let given: Vec<&str> = given.iter().map(String::as_str).collect();
                let import = [
                    "key", "import", "--in", "soft.key", "--out", "key.pem", "--force", "--policy",
                    &policy,
                ];
                bench.ok(&[&import[..], &given].concat());
                bench.signs("key.pem", &[options, &given].concat());
                if auth.is_some() {
                    bench.lacks_a_secret("key.pem", options);
                }
            }
            // The way of signed policies, of which one is for another state.
            let given = given(auth);
            let given: Vec<&str> = given.iter().map(String::as_str).collect();
            let import = [
                "key",
                "import",
                "--in",
                "soft.key",
                "--out",
                "key.pem",
                "--force",
                "--policy",
                "authorize:signer.pub#here",
            ];
            bench.ok(&[&import[..], &given].concat());
            let said = bench.does_not_sign("key.pem", &given);
            assert!(said.contains("key policy sign"), "{said}");
            let zeros = format!("pcr:sha256:16={}", "f".repeat(64));
            for policy in ["pcr:sha256:16", zeros.as_str()] {
                let with_value = format!("{policy} and authvalue");
                let policy = if auth.is_some() { &with_value } else { policy };
                bench.ok(&[
                    "key",
                    "policy",
                    "sign",
                    "--key",
                    "signer.key",
                    "--policy",
                    policy,
                    "key.pem",
                ]);
            }
            bench.signs("key.pem", &given);
        }
    }
}

fn signer(bench: &KeyBench) {
    bench.openssl(&[
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-out",
        "signer.key",
    ]);
    bench.openssl(&["pkey", "-in", "signer.key", "-pubout", "-out", "signer.pub"]);
}

/// tpm2-openssl knows no policies; tpm2-tools satisfy them command by command.
#[test]
fn our_policies_hold_in_tpm2_tools() {
    let bench = KeyBench::new();
    let policies: [(&str, &[&[&str]]); 7] = [
        ("pcr:sha256:16", &[&["policypcr", "-l", "sha256:16"]]),
        ("command:sign", &[&["policycommandcode", "TPM2_CC_Sign"]]),
        ("locality:0", &[&["policylocality", "zero"]]),
        ("secret:owner", &[&["policysecret", "-c", "o"]]),
        ("secret:endorsement", &[&["policysecret", "-c", "e"]]),
        ("authvalue", &[&["policyauthvalue"]]),
        (
            "pcr:sha256:0,16 and authvalue and command:sign",
            &[
                &["policypcr", "-l", "sha256:0,16"],
                &["policyauthvalue"],
                &["policycommandcode", "TPM2_CC_Sign"],
            ],
        ),
    ];
    for (policy, steps) in policies {
        let auth = policy
            .contains("authvalue")
            .then_some("sesame, open thyself");
        let given = given(auth);
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        let genkey = [
            "genkey", "-a", "ecdsa", "--policy", policy, "key.pem", "--force",
        ];
        bench.ok(&[&genkey[..], &given].concat());
        let refused = bench.provider(&[
            "pkeyutl", "-sign", "-rawin", "-digest", "sha256", "-inkey", "key.pem", "-in",
            "message", "-out", "sig",
        ]);
        assert!(!refused.success(), "{policy}: {}", refused.report());

        load_in_tools(&bench, "key.pem", "0x81000001");
        bench.tool(
            "startauthsession",
            &["--policy-session", "-S", "session.ctx"],
        );
        for step in steps {
            let (name, options) = step.split_first().unwrap();
            bench.tool(name, &[&["-S", "session.ctx"], options].concat());
        }
        let session = match auth {
            Some(auth) => format!("session:session.ctx+{auth}"),
            None => "session:session.ctx".to_owned(),
        };
        bench.tool(
            "sign",
            &[
                "-c", "key.ctx", "-g", "sha256", "-f", "plain", "-o", "sig", "-p", &session,
                "message",
            ],
        );
        bench.is_signed_by("key.pem");
        bench.flush();
    }
}

/// tag, length, content
fn tlv(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header = match length {
        [0, low @ 0..0x80] => vec![tag, low],
        [0, low] => vec![tag, 0x81, low],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [header, content].concat()
}

/// A key file by hand, with what is optional in the middle.
fn by_hand(label: &str, oid: &[u8], optional: &[Vec<u8>], parent: &[u8], key: &KeyFile) -> String {
    let optional: Vec<u8> = optional.concat();
    let der = tlv(
        0x30,
        &[
            &tlv(6, &[oid]),
            &optional,
            &tlv(2, &[parent]),
            &tlv(4, &[key.public_blob()]),
            &tlv(4, &[key.private_blob()]),
        ],
    );
    armoured(label, der)
}

/// As openssl_tpm2_engine wrote it before 2018: another object identifier, and tags around parent and public part.
fn old_form(key: &KeyFile) -> String {
    let der = tlv(
        0x30,
        &[
            &tlv(6, &[&OLD]),
            &tlv(0xa0, &[&[1, 1, 1]]),
            &tlv(0xa1, &[&tlv(2, &[&OWNER])]),
            &tlv(0xa2, &[&tlv(4, &[key.public_blob()])]),
            &tlv(4, &[key.private_blob()]),
        ],
    );
    armoured("TSS2 KEY BLOB", der)
}

fn armoured(label: &str, der: Vec<u8>) -> String {
    let base64 = Tool::openssl("base64").input(der).ok().text();
    format!("-----BEGIN {label}-----\n{base64}-----END {label}-----\n")
}

/// 2.23.133.10.1.3, 2.23.133.10.2 (old)
const LOADABLE: [u8; 6] = [0x67, 0x81, 0x05, 0x0a, 0x01, 0x03];
const OLD: [u8; 5] = [0x67, 0x81, 0x05, 0x0a, 0x02];
const LABEL: &str = "TSS2 PRIVATE KEY";
const OWNER: [u8; 4] = [0x40, 0, 0, 1];
const STORAGE: &str =
    "restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda";

#[test]
fn files_in_every_odd_form_sign_here() {
    let bench = KeyBench::new();
    bench.ok(&["genkey", "-a", "ecdsa", "plain.pem"]);
    let key = KeyFile::from_pem(&fs::read(bench.path("plain.pem")).unwrap()).unwrap();
    let empty = |octet: u8| tlv(0xa0, &[&[1, 1, octet]]);
    let described = [
        empty(0xff),
        tlv(0xa4, &[&tlv(0x0c, &["für den Webserver".as_bytes()])]),
    ];
    let handle = [0x81, 0, 0, 1];
    let positive = [&[0], &handle[..]].concat();
    let minimal = by_hand(LABEL, &LOADABLE, &[empty(0xff)], &OWNER, &key);
    let forms = [
        ("the minimal form", minimal.clone()),
        (
            "an old guard",
            by_hand("TSS2 KEY BLOB", &LOADABLE, &[empty(1)], &OWNER, &key),
        ),
        ("the old form", old_form(&key)),
        (
            "TRUE as 01",
            by_hand(LABEL, &LOADABLE, &[empty(1)], &OWNER, &key),
        ),
        (
            "TRUE as 80",
            by_hand(LABEL, &LOADABLE, &[empty(0x80)], &OWNER, &key),
        ),
        (
            "parent 0",
            by_hand(LABEL, &LOADABLE, &[empty(1)], &[0], &key),
        ),
        (
            "a negative parent",
            by_hand(LABEL, &LOADABLE, &[empty(1)], &handle, &key),
        ),
        (
            "a handle as parent",
            by_hand(LABEL, &LOADABLE, &[empty(1)], &positive, &key),
        ),
        (
            "a description",
            by_hand(LABEL, &LOADABLE, &described, &OWNER, &key),
        ),
        ("Windows line ends", minimal.replace('\n', "\r\n")),
        (
            "text and certificates around",
            format!(
                "my key\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{minimal}thanks\n"
            ),
        ),
    ];
    for (what, text) in forms {
        fs::write(bench.path("odd.pem"), &text).unwrap();
        let ran = bench.run(&["key", "show", "odd.pem"]);
        assert!(ran.status.success(), "{what}: {}", tpm2ca_tests::said(&ran));
        bench.signs("odd.pem", &[]);
    }
    // Our own file is the minimal form, octet for octet.
    assert_eq!(
        fs::read_to_string(bench.path("plain.pem")).unwrap(),
        minimal
    );

    // FALSE, said or not, means that there is a value.
    bench.ok(&[
        "genkey",
        "-a",
        "ecdsa",
        "-p",
        "sesame, open thyself",
        "auth.pem",
    ]);
    let key = KeyFile::from_pem(&fs::read(bench.path("auth.pem")).unwrap()).unwrap();
    for optional in [vec![], vec![empty(0)]] {
        let text = by_hand(LABEL, &LOADABLE, &optional, &OWNER, &key);
        fs::write(bench.path("odd.pem"), text).unwrap();
        signs(&bench, "odd.pem", AUTHS[1]);
    }
}

#[test]
fn parents_in_every_hierarchy_and_of_rsa() {
    let bench = KeyBench::new();
    fs::write(bench.path("ecc"), [0; 4]).unwrap();
    fs::write(bench.path("rsa"), []).unwrap();
    let flag = tlv(0xa0, &[&[1, 1, 0xff]]);
    let rsa_parent = tlv(0xa5, &[&[1, 1, 0xff]]);
    for (letter, parent) in [("o", 1), ("e", 0x0b), ("p", 0x0c), ("n", 7)] {
        for rsa in [false, true] {
            let (kind, unique) = if rsa {
                ("rsa2048:aes128cfb", "rsa")
            } else {
                ("ecc256:aes128cfb", "ecc")
            };
            bench.tool(
                "createprimary",
                &[
                    "-C",
                    letter,
                    "-G",
                    kind,
                    "-a",
                    STORAGE,
                    "-u",
                    unique,
                    "-c",
                    "primary.ctx",
                ],
            );
            bench.tool(
                "create",
                &[
                    "-C",
                    "primary.ctx",
                    "-G",
                    "ecc256",
                    "-u",
                    "key.pub",
                    "-r",
                    "key.priv",
                ],
            );
            let key = KeyFile::loadable(
                0,
                true,
                fs::read(bench.path("key.pub")).unwrap(),
                fs::read(bench.path("key.priv")).unwrap(),
            );
            let mut optional = vec![flag.clone()];
            if rsa {
                optional.push(rsa_parent.clone());
            }
            let text = by_hand(LABEL, &LOADABLE, &optional, &[0x40, 0, 0, parent], &key);
            fs::write(bench.path("key.pem"), text).unwrap();
            bench.signs("key.pem", &[]);
        }
    }
    // The other way round: tpm2-tools make the parent that our file names.
    for (letter, parent) in [
        ("o", "owner"),
        ("e", "endorsement"),
        ("p", "platform"),
        ("n", "null"),
    ] {
        bench.ok(&["genkey", "-a", "ecdsa", "-P", parent, "ours.pem", "--force"]);
        bench.tool(
            "createprimary",
            &[
                "-C",
                letter,
                "-G",
                "ecc256:aes128cfb",
                "-a",
                STORAGE,
                "-u",
                "ecc",
                "-c",
                "primary.ctx",
            ],
        );
        load_in_tools(&bench, "ours.pem", "primary.ctx");
        bench.tool(
            "sign",
            &[
                "-c", "key.ctx", "-g", "sha256", "-f", "plain", "-o", "sig", "message",
            ],
        );
        bench.is_signed_by("ours.pem");
    }
}

/// What openssl says is in our smallest file: nothing that tpm2-tss-engine does not know.
#[test]
fn our_smallest_file_has_only_the_fields_that_everybody_knows() {
    let bench = KeyBench::new();
    let fields = [
        "SEQUENCE",
        "2.23.133.10.1.3",
        "cont [ 0 ]",
        "BOOLEAN",
        "40000001",
        "OCTET STRING",
        "OCTET STRING",
    ];
    for (options, boolean) in [(&[][..], ":255"), (&["-p", "sesame, open thyself"], ":0")] {
        bench.ok(&[&["genkey", "-a", "ecdsa", "key.pem", "--force"], options].concat());
        let text = bench.openssl(&["asn1parse", "-in", "key.pem"]).text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), fields.len(), "{text}");
        for (line, field) in lines.iter().zip(fields) {
            assert!(line.contains(field), "{field}: {line}");
        }
        assert!(lines[3].ends_with(boolean), "{text}");
    }
}

#[test]
fn a_wrapped_key_is_an_importable_file() {
    let bench = KeyBench::new();
    bench.ok(&["genkey", "-a", "ecdsa", "--importable", "wrapped.pem"]);
    let file = KeyFile::from_pem(&fs::read(bench.path("wrapped.pem")).unwrap()).unwrap();
    assert_eq!(file.kind(), KeyFileKind::Importable);
    bench.signs("wrapped.pem", &[]);
    bench.ok(&["key", "receive", "wrapped.pem", "--out", "loadable.pem"]);
    bench.signs("loadable.pem", &[]);
    let signed = bench.provider(&[
        "pkeyutl",
        "-sign",
        "-rawin",
        "-digest",
        "sha256",
        "-inkey",
        "loadable.pem",
        "-in",
        "message",
        "-out",
        "sig",
    ]);
    assert!(signed.success(), "{}", signed.report());
    bench.is_signed_by("loadable.pem");
}
