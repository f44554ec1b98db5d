//! The process, the TPM or the disk dies at any point of an issuance: nothing that may exist is unknown afterwards.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::HashSet,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use serde_json::Value;
use tpm2ca_testkit::rounds;
use tpm2ca_tests::{Ca, program, said};

/// Points of `Checkpoint::ALL`: before and after reserve, sign, record.
const POINTS: usize = 6;

#[test]
fn killed_at_every_point() {
    let ca = Ca::new(&["--alg", "ecdsa"]);
    let mut handed_out = HashSet::new();
    for round in 0..rounds() {
        let point = round % POINTS;
        // The first certificate of a process, or a later one, when key and session are warm.
        let nth = 1 + (round / POINTS) % 3;
        let output = issuer(&ca, point, nth, "kill", 4).output().unwrap();
        assert!(
            output.status.code().is_none(),
            "round {round}: not killed: {}",
            said(&output)
        );
        let printed = String::from_utf8(output.stdout).unwrap();
        let serials = issued(&printed);
        assert_eq!(serials.len(), nth - 1, "round {round}: {printed}");
        for serial in serials {
            assert!(
                handed_out.insert(serial),
                "round {round}: a serial was used twice"
            );
        }
    }
    let report = check(&ca);
    // Killed after reserve, before sign, after sign, before record: four of the six points leave a reservation.
    let outstanding = report["possibly_signed"].as_array().unwrap().len();
    let expected = (0..rounds())
        .filter(|round| (1..=4).contains(&(round % POINTS)))
        .count();
    assert_eq!(outstanding, expected, "{report}");
    // Killed after the record: recorded, though the caller never got it.
    let recorded_only = (0..rounds()).filter(|round| round % POINTS == 5).count();
    let root_and_intermediate = 2;
    assert_eq!(
        usize::try_from(report["issued"].as_u64().unwrap()).unwrap(),
        handed_out.len() + recorded_only + root_and_intermediate,
        "{report}"
    );
    all_recorded(&ca, &handed_out);

    // What may have been signed can be revoked, and is on the CRL then.
    let serial = report["possibly_signed"][0].as_str().unwrap().to_owned();
    ca.ok(&["revoke", &serial, "--reason", "keyCompromise"]);
    ca.ok(&["crl", "--out", "crl.pem"]);
    let text = Command::new("openssl")
        .args(["crl", "-noout", "-text", "-in"])
        .arg(ca.path("crl.pem"))
        .output()
        .unwrap();
    let text = String::from_utf8(text.stdout).unwrap().to_lowercase();
    assert!(
        text.contains(serial.trim_start_matches('0')),
        "{serial} is not in {text}"
    );

    let judged = ca.judged();
    assert_eq!(
        judged.certificates,
        handed_out.len() + recorded_only + root_and_intermediate
    );
    assert_eq!(judged.crls, 1);
}

#[test]
fn the_tpm_dies_at_every_point() {
    let mut ca = Ca::new(&["--alg", "ecdsa"]);
    let mut handed_out = HashSet::new();
    // Each point twice at least: with the first certificate of a process, and with a later one.
    for round in 0..rounds().max(2 * POINTS) {
        let point = round % POINTS;
        let nth = 1 + (round / POINTS) % 2;
        let mut child = issuer(&ca, point, nth, "pause", 3)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut printed = String::new();
        loop {
            let line = lines.next().expect("reaches the point").unwrap();
            if line == "reached" {
                break;
            }
            printed.push_str(&line);
            printed.push('\n');
        }
        ca.tpm.kill();
        ca.tpm.restart();
        child.stdin.take().unwrap().write_all(b"go on\n").unwrap();
        for line in lines {
            printed.push_str(&line.unwrap());
            printed.push('\n');
        }
        assert!(child.wait().unwrap().success());
        let serials = issued(&printed);
        assert_eq!(
            serials.len(),
            3,
            "point {point}, certificate {nth}: {printed}"
        );
        for serial in serials {
            assert!(handed_out.insert(serial), "a serial was used twice");
        }
    }
    let report = check(&ca);
    assert_eq!(
        report["possibly_signed"].as_array().unwrap().len(),
        0,
        "{report}"
    );
    all_recorded(&ca, &handed_out);
    assert!(ca.judged().certificates >= handed_out.len());
}

#[test]
fn the_disk_is_full() {
    let ca = Ca::new(&["--alg", "ecdsa"]);
    let mut handed_out = HashSet::new();
    let mut refused = 0;
    let wal = std::fs::metadata(ca.directory().join("records.db"))
        .unwrap()
        .len();
    // A limit on the size of files fails writes as a full disk does. It is raised in small steps, so that it strikes
    // at every write of an issuance, the log's and the database's.
    for step in 0..24 {
        let limit = 8 + step * 4;
        let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$@\"");
        let inner = issuer(&ca, 0, usize::MAX, "kill", 12);
        let output = Command::new("bash")
            .args(["-c", &script, "limited"])
            .arg(inner.get_program())
            .args(inner.get_args())
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout.clone()).unwrap();
        refused += printed
            .lines()
            .filter(|line| line.starts_with("error"))
            .count()
            + usize::from(!output.status.success());
        for serial in issued(&printed) {
            assert!(handed_out.insert(serial), "a serial was used twice");
        }
        // Every time, not only at the end: what a full disk left must be sound.
        let report = check(&ca);
        assert_eq!(report["clean"], true, "limit {limit}: {report}");
    }
    assert!(
        refused > 0,
        "the disk was never full; the database has {wal} octets"
    );
    all_recorded(&ca, &handed_out);
    // With room again, all is well.
    let output = issuer(&ca, 0, usize::MAX, "kill", 1).output().unwrap();
    assert_eq!(issued(&String::from_utf8(output.stdout).unwrap()).len(), 1);
    assert!(ca.judged().certificates > handed_out.len());
}

fn issuer(ca: &Ca, point: usize, nth: usize, action: &str, count: usize) -> Command {
    let mut command = Command::new(program("crash-issuer"));
    command
        .arg(ca.directory())
        .arg(ca.tpm.tcti().to_string())
        .args([point.to_string(), nth.to_string()])
        .arg(action)
        .arg(count.to_string());
    command
}

fn issued(printed: &str) -> Vec<String> {
    printed
        .lines()
        .filter_map(|line| line.strip_prefix("issued "))
        .map(str::to_owned)
        .collect()
}

fn check(ca: &Ca) -> Value {
    let report: Value = serde_json::from_str(&ca.ok(&["db", "check", "--json"])).unwrap();
    assert_eq!(report["clean"], true, "{report}");
    report
}

fn all_recorded(ca: &Ca, serials: &HashSet<String>) {
    let recorded: HashSet<String> = ca
        .ok(&["list", "--json"])
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|row| row["status"] == "valid")
        .map(|row| row["serial"].as_str().unwrap().to_owned())
        .collect();
    let missing: Vec<_> = serials.difference(&recorded).collect();
    assert!(
        missing.is_empty(),
        "handed out but not recorded: {missing:?}"
    );
}
