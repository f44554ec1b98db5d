//! What somebody who listens between the program and the TPM sees of keys: no secret, and every command that carries one
//! has it encrypted.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use tpm2ca_testkit::{Exchange, Recorder, Tool};
use tpm2ca_tests::keys::KeyBench;

const OLD: &str = "the old value 5c1f";
const NEW: &str = "the new value 9e07";
const OWNER: &str = "the owner's value 31";
const PARENT: &str = "the parent's value 8";
const ENDORSEMENT: &str = "endorsed by 4711 ab";

#[test]
fn nothing_secret_crosses_in_clear() {
    let mut bench = KeyBench::new();
    let there = KeyBench::new();
    let recorder = Recorder::start(&bench.tpm.tcti());
    bench.tcti = recorder.tcti().to_string();
    for (name, value) in [
        ("old", OLD),
        ("new", NEW),
        ("owner", OWNER),
        ("parent", PARENT),
        ("endorsement", ENDORSEMENT),
    ] {
        fs::write(bench.path(name), value).unwrap();
    }
    // A parent with a value of its own, and hierarchies with theirs.
    bench.tool(
        "createprimary",
        &[
            "-C",
            "o",
            "-G",
            "ecc256:aes128cfb",
            "-p",
            PARENT,
            "-c",
            "parent.ctx",
        ],
    );
    bench.tool(
        "evictcontrol",
        &["-C", "o", "-c", "parent.ctx", "0x81000002"],
    );
    bench.tool("changeauth", &["-c", "o", OWNER]);
    bench.tool("changeauth", &["-c", "e", ENDORSEMENT]);
    bench.openssl(&["genrsa", "-out", "rsa.key", "2048"]);
    bench.openssl(&[
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-out",
        "ec.key",
    ]);
    there.ok(&["key", "public", "--parent", "--out", "recovery.pub"]);
    fs::copy(there.path("recovery.pub"), bench.path("recovery.pub")).unwrap();

    let owner = ["--owner-auth", "file:owner"];
    let old = [&owner[..], &["--key-auth", "file:old"]].concat();
    let new = [&owner[..], &["--key-auth", "file:new"]].concat();
    for algorithm in ["rsa", "ecdsa"] {
        bench.ok(&[&["genkey", "-a", algorithm, "key.pem", "--force"], &old[..]].concat());
        bench.signs("key.pem", &old);
        bench.ok(&[
            &["key", "passwd", "key.pem", "--new-key-auth", "file:new"],
            &old[..],
        ]
        .concat());
        bench.signs("key.pem", &new);
    }
    bench.ok(&[
        &["key", "persist", "key.pem", "--handle", "0x81000110"],
        &owner[..],
    ]
    .concat());
    bench.signs("handle:0x81000110", &new);
    bench.ok(&[
        &["key", "evict", "0x81000110", "--key", "key.pem"],
        &owner[..],
    ]
    .concat());
    for key in ["rsa.key", "ec.key"] {
        bench.ok(&[
            &["key", "import", "--in", key, "--out", "key.pem", "--force"],
            &old[..],
        ]
        .concat());
        bench.signs("key.pem", &old);
    }
    let parent = [&old[..], &["--parent-auth", "file:parent"]].concat();
    bench.ok(&[
        &[
            "genkey",
            "-a",
            "ecdsa",
            "-P",
            "0x81000002",
            "key.pem",
            "--force",
        ],
        &parent[..],
    ]
    .concat());
    bench.signs("key.pem", &parent);
    let secrets = [&owner[..], &["--parent-auth", "file:endorsement"]].concat();
    let genkey = [
        "genkey",
        "-a",
        "ecdsa",
        "--policy",
        "secret:owner and secret:endorsement",
        "key.pem",
        "--force",
    ];
    bench.ok(&[&genkey[..], &secrets].concat());
    bench.signs("key.pem", &secrets);
    bench.ok(&[
        &[
            "genkey",
            "-a",
            "ecdsa",
            "--duplicable-to",
            "recovery.pub",
            "key.pem",
            "--force",
        ],
        &old[..],
    ]
    .concat());
    bench.ok(&[
        &[
            "key",
            "duplicate",
            "key.pem",
            "--to",
            "recovery.pub",
            "--out",
            "wrapped.pem",
        ],
        &old[..],
    ]
    .concat());
    // And the way in, on the other machine.
    let ear = Recorder::start(&there.tpm.tcti());
    fs::copy(bench.path("wrapped.pem"), there.path("wrapped.pem")).unwrap();
    fs::copy(bench.path("old"), there.path("old")).unwrap();
    let there = KeyBench {
        tcti: ear.tcti().to_string(),
        ..there
    };
    there.ok(&["key", "receive", "wrapped.pem", "--out", "key.pem"]);
    there.signs("key.pem", &["--key-auth", "file:old"]);

    let mut needles: Vec<Vec<u8>> = [OLD, NEW, OWNER, PARENT, ENDORSEMENT]
        .iter()
        .flat_map(|value| {
            // Not even a digest, from which it could be guessed.
            let digest = Tool::openssl("dgst")
                .args(["-sha256", "-binary"])
                .input(*value)
                .ok()
                .stdout;
            [value.as_bytes().to_vec(), digest]
        })
        .collect();
    needles.extend(numbers(&bench));
    for recorder in [&recorder, &ear] {
        for needle in &needles {
            assert!(!recorder.contains(needle), "{needle:02x?} crossed in clear");
        }
    }
    let exchanges = [recorder.exchanges(), ear.exchanges()].concat();
    for (command, code, handles) in [
        ("Create", 0x153, 1),
        ("ObjectChangeAuth", 0x150, 2),
        ("Import", 0x156, 1),
        ("Load", 0x157, 1),
        ("Sign", 0x15d, 1),
    ] {
        let sent: Vec<&Exchange> = exchanges
            .iter()
            .filter(|exchange| exchange.command_code() == code)
            .collect();
        assert!(!sent.is_empty(), "no TPM2_{command} was recorded");
        for exchange in sent {
            let sessions = sessions(&exchange.command, handles);
            assert!(
                sessions
                    .iter()
                    .any(|(_, attributes)| attributes & DECRYPT == DECRYPT),
                "TPM2_{command} without parameter encryption"
            );
        }
    }
    // Values are proved by HMACs and never sent: there is no password session, but for the empty value.
    assert!(
        exchanges
            .iter()
            .any(|exchange| exchange.command_code() == 0x151),
        "TPM2_PolicySecret"
    );
    assert!(
        exchanges
            .iter()
            .any(|exchange| exchange.command_code() == 0x14b),
        "TPM2_Duplicate"
    );
}

/// The secret numbers of the imported keys.
fn numbers(bench: &KeyBench) -> Vec<Vec<u8>> {
    let mut numbers = Vec::new();
    let hex = |text: &str| -> Vec<u8> {
        let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
        let octets: Vec<u8> = (0..digits.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
            .collect();
        octets.into_iter().skip_while(|octet| *octet == 0).collect()
    };
    for (key, fields) in [
        ("rsa.key", &["prime1:", "prime2:", "privateExponent:"][..]),
        ("ec.key", &["priv:"]),
    ] {
        let text = bench
            .openssl(&["pkey", "-in", key, "-noout", "-text"])
            .text();
        for field in fields {
            let after = text.split(field).nth(1).unwrap();
            let lines: Vec<&str> = after
                .lines()
                .skip(1)
                .take_while(|line| line.starts_with("    "))
                .collect();
            numbers.push(hex(&lines.concat()));
        }
    }
    assert!(numbers.len() == 4 && numbers.iter().all(|number| number.len() >= 30));
    numbers
}

const DECRYPT: u8 = 0x20;

/// Handles and attributes of a command's sessions (TPM 2.0 Library Part 1, 18.6).
fn sessions(command: &[u8], handles: usize) -> Vec<(u32, u8)> {
    if command[..2] != [0x80, 0x02] {
        return Vec::new();
    }
    let at = 10 + 4 * handles;
    let size =
        usize::try_from(u32::from_be_bytes(command[at..at + 4].try_into().unwrap())).unwrap();
    let mut area = &command[at + 4..at + 4 + size];
    let mut sessions = Vec::new();
    while !area.is_empty() {
        let handle = u32::from_be_bytes(area[..4].try_into().unwrap());
        let nonce = usize::from(u16::from_be_bytes([area[4], area[5]]));
        let attributes = area[6 + nonce];
        let hmac_at = 7 + nonce;
        let hmac = usize::from(u16::from_be_bytes([area[hmac_at], area[hmac_at + 1]]));
        sessions.push((handle, attributes));
        area = &area[hmac_at + 2 + hmac..];
    }
    sessions
}

/// A process that signs once: the parent is read, a session opened, the key loaded, it signs, both are flushed. Before
/// that it says TPM2_Startup, which costs a TPM nothing that is started already.
#[test]
fn one_signature_takes_six_commands() {
    let mut bench = KeyBench::new();
    for algorithm in ["rsa", "ecdsa"] {
        bench.ok(&["genkey", "-a", algorithm, "-p", OLD, "key.pem", "--force"]);
        let recorder = Recorder::start(&bench.tpm.tcti());
        bench.tcti = recorder.tcti().to_string();
        let key_auth = format!("pass:{OLD}");
        let sign = [
            "key", "sign", "--key", "key.pem", "--in", "message", "--out", "sig", "--force",
        ];
        bench.ok(&[&sign[..], &["--key-auth", &key_auth]].concat());
        let codes: Vec<u32> = recorder
            .exchanges()
            .iter()
            .map(Exchange::command_code)
            .collect();
        // Startup; ReadPublic, StartAuthSession, Load, Sign, FlushContext twice
        let expected = [0x144, 0x173, 0x176, 0x157, 0x15d, 0x165, 0x165];
        assert_eq!(codes, expected, "{codes:x?}");
        bench.tcti = bench.tpm.tcti().to_string();
    }
}
