//! The shapes of the records, a contract with scripts: fields may come, none may go.

use serde_json::{Value, json};

use crate::support::{Ca, Ran, tpm2ca};

/// The name of a field, and what its value must be like.
type Field = (&'static str, fn(&Value) -> bool);

fn assert_has(record: &Value, fields: &[Field]) {
    for (field, fits) in fields {
        let value = record
            .get(field)
            .unwrap_or_else(|| panic!("no `{field}` in {record}"));
        assert!(fits(value), "`{field}` is {value}");
    }
}

fn text(value: &Value) -> bool {
    value.is_string()
}

fn text_or_null(value: &Value) -> bool {
    value.is_string() || value.is_null()
}

fn number(value: &Value) -> bool {
    value.is_u64()
}

fn list(value: &Value) -> bool {
    value.is_array()
}

fn truth(value: &Value) -> bool {
    value.is_boolean()
}

fn time(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.len() == 20 && text.ends_with('Z'))
}

fn hex(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| !text.is_empty() && text.chars().all(|digit| digit.is_ascii_hexdigit()))
}

fn pem(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.starts_with("-----BEGIN CERTIFICATE-----\n"))
}

const ISSUED: &[Field] = &[
    ("serial", hex),
    ("issuer", text),
    ("not_before", time),
    ("not_after", time),
    ("file", text_or_null),
    ("key", text_or_null),
    ("certificate", pem),
    ("chain", list),
    ("notes", list),
];

const ROW: &[Field] = &[
    ("serial", hex),
    ("issuer", text),
    ("status", text),
    ("subject", text),
    ("names", list),
    ("profile", text),
    ("requester", text),
    ("not_before", time),
    ("not_after", time),
    ("issued_at", text_or_null),
    ("revoked_at", text_or_null),
    ("reason", text_or_null),
];

#[test]
fn a_day_with_a_ca() {
    let ca = Ca::new(&[]);
    let issued = ca.json(&["issue", "www.example.com", "--chain"]).remove(0);
    assert_has(&issued, ISSUED);
    assert_eq!(issued["file"], "www.example.com.crt");
    assert_eq!(issued["key"], "www.example.com.key");
    assert_eq!(issued["chain"].as_array().unwrap().len(), 1);
    let serial = issued["serial"].as_str().unwrap();

    let csr = ca.csr("a.example.com");
    let signed = ca.json(&["sign", "--in", &csr, "--out", "a.crt"]).remove(0);
    assert_has(&signed, ISSUED);
    assert_eq!(
        (&signed["file"], &signed["key"]),
        (&Value::from("a.crt"), &Value::Null)
    );
    let to_stdout = ca.json(&["sign", "--in", &csr]);
    assert_eq!(to_stdout.len(), 1);
    assert_has(&to_stdout[0], ISSUED);
    assert_eq!(to_stdout[0]["file"], Value::Null);

    let revoked = ca
        .json(&["revoke", serial, "--reason", "SUPERSEDED"])
        .remove(0);
    assert_has(
        &revoked,
        &[
            ("serial", hex),
            ("issuer", text),
            ("subject", text),
            ("reason", text),
            ("revoked_at", time),
        ],
    );
    assert_eq!(revoked["reason"], "superseded");

    let crl = ca.json(&["crl"]).remove(0);
    assert_has(
        &crl,
        &[
            ("issuer", text),
            ("number", number),
            ("entries", number),
            ("this_update", time),
            ("next_update", time),
            ("file", text),
        ],
    );
    assert_eq!(crl["entries"], 1);

    let rows = ca.json(&["list"]);
    assert_eq!(rows.len(), 5, "{rows:?}");
    for row in &rows {
        assert_has(row, ROW);
    }
    let revoked: Vec<_> = rows
        .iter()
        .filter(|row| row["status"] == "revoked")
        .collect();
    assert_eq!(revoked.len(), 1);
    assert_eq!(revoked[0]["serial"], serial);

    let shown = ca.json(&["show", serial, "--pem"]).remove(0);
    assert_has(&shown, ROW);
    assert_has(&shown, &[("certificate", pem), ("sha256", hex)]);
    assert_eq!(shown["certificate"], issued["certificate"]);

    let report = ca.json(&["db", "check"]).remove(0);
    assert_has(
        &report,
        &[
            ("clean", truth),
            ("issued", number),
            ("verified", number),
            ("revoked", number),
            ("void", number),
            ("crls", number),
            ("audit_entries", number),
            ("audit_head", hex),
            ("possibly_signed", list),
            ("problems", list),
        ],
    );

    let tpm = ca.json(&["tpm", "info"]).remove(0);
    assert_has(
        &tpm,
        &[
            ("tpm", text),
            ("manufacturer", text),
            ("vendor", text),
            ("firmware", text),
            ("software", truth),
            ("srk", hex),
            ("key_algorithms", list),
            ("hashes", list),
            ("commands", number),
            ("transient_slots", number),
            ("max_auth_fail", number),
            ("lockout_counter", number),
            ("lockout_interval", number),
            ("lockout_recovery", number),
            ("in_lockout", truth),
            ("spec_revision", number),
            ("rsa_bits", list),
            ("curves", list),
            ("parameter_encryption", text),
            ("pcr_banks", Value::is_object),
            ("transient_free", number),
            ("session_slots", number),
            ("sessions_free", number),
            ("persistent_free", number),
            ("nv_index_max", number),
            ("owner_auth_set", truth),
            ("lockout_auth_set", truth),
            ("features", Value::is_object),
        ],
    );
    assert_eq!(tpm["software"], true);
    assert_eq!(tpm["rsa_bits"], json!([2048, 3072]));
    assert_eq!(tpm["curves"], json!(["P-256", "P-384", "P-521"]));
    assert_eq!(
        tpm["pcr_banks"]["SHA-256"].as_array().map(Vec::len),
        Some(24)
    );
    let features = tpm["features"].as_object().unwrap();
    assert!(features.len() >= 14);
    for (name, feature) in features {
        assert_has(feature, &[("available", truth), ("missing", text_or_null)]);
        assert_eq!(feature["available"], feature["missing"].is_null(), "{name}");
    }
    assert_eq!(features["keys"]["available"], true);

    for finding in ca.json(&["doctor"]) {
        assert_has(
            &finding,
            &[
                ("check", text),
                ("level", text),
                ("what", text),
                ("hint", text_or_null),
            ],
        );
        let level = finding["level"].as_str().unwrap();
        assert!(["ok", "warning", "problem"].contains(&level), "{finding}");
        assert_eq!(level == "ok", finding["hint"].is_null(), "{finding}");
    }

    let made = ca
        .json(&[
            "init",
            "--ca",
            "other",
            "--name",
            "Other",
            "--tpm",
            "libtpms:tpm",
        ])
        .remove(0);
    assert_has(
        &made,
        &[
            ("ca", text),
            ("name", text),
            ("tpm", text),
            ("root", Value::is_object),
            ("intermediate", Value::is_object),
        ],
    );
    assert_has(&made["root"], &[("serial", hex), ("not_after", time)]);
}

#[test]
fn errors_are_objects_too() {
    let ca = Ca::new(&[]);
    for (code, arguments) in [
        (1, &["show", "1234"][..]),
        (1, &["sign", "--in", "no-such.csr"]),
        (1, &["list", "--ca", "nowhere"]),
        (1, &["issue", "not a name"]),
        (1, &["crl", "--issuer", "nobody"]),
        (3, &["crl", "--tpm", "swtpm:path=/no/such/socket"]),
    ] {
        let ran = ca.fails(code, &[arguments, &["--json"]].concat());
        let records = ran.json();
        assert_eq!(records.len(), 1, "{ran:?}");
        assert_has(
            &records[0],
            &[("error", text), ("hint", text), ("exit_code", number)],
        );
        assert_eq!(records[0]["exit_code"], code);
    }
    ca.snapshot("json/errors_are_objects_too");
}

#[test]
fn the_demo_tells_its_steps() {
    let folder = tpm2ca_testkit::temp_dir();
    let ran = Ran::of(&mut tpm2ca(folder.path(), &["demo", "trial", "--json"]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let steps = ran.json();
    assert!(steps.len() >= 7, "{ran:?}");
    for step in &steps {
        assert_has(step, &[("step", text), ("file", text), ("checked", text)]);
    }
}
