//! `tpm2ca sign CSR...`

use std::{collections::BTreeSet, fs};

use crate::support::{Ca, files};

#[test]
fn one_that_is_refused_does_not_stop_the_others() {
    let ca = Ca::new(&["--permit-dns", "example.com"]);
    let mut csrs: Vec<String> = (0..20)
        .map(|number| ca.csr(&format!("h{number}.example.com")))
        .collect();
    csrs.push(ca.csr("www.example.org"));
    fs::write(ca.path("junk.csr"), "junk").unwrap();
    csrs.push("junk.csr".to_owned());
    fs::create_dir(ca.path("out")).unwrap();
    let mut arguments = vec!["sign", "--outdir", "out", "--json"];
    arguments.extend(csrs.iter().map(String::as_str));
    let mut ran = ca.run(&arguments);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    ran.assert_is_friendly();

    let records = ran.json();
    // Certificates come in the order in which they are made.
    let refusals = ran.stdout.split_inclusive('\n').skip(20);
    ran.stdout = refusals.collect();
    ca.add(&["sign", "--outdir", "out", "--json", "(22 CSRs)"], &ran);
    assert_eq!(records.len(), 22, "{ran:?}");
    let serials: BTreeSet<&str> = records
        .iter()
        .filter_map(|record| record["serial"].as_str())
        .collect();
    assert_eq!(serials.len(), 20, "each has its own serial number");
    // Errors come last, in the order of the arguments, and say which CSR they are about.
    let refused: Vec<&str> = records[20..]
        .iter()
        .map(|record| record["csr"].as_str().unwrap())
        .collect();
    assert_eq!(refused, ["www.example.org.csr", "junk.csr"]);
    for record in &records[20..] {
        let (error, csr) = (
            record["error"].as_str().unwrap(),
            record["csr"].as_str().unwrap(),
        );
        assert_eq!(error.matches(csr).count(), 1, "{error}");
    }
    assert_eq!(files(&ca.path("out")).len(), 20);
    assert_eq!(ca.counts().0, 22, "with root and intermediate");
    ca.snapshot("many/one_that_is_refused_does_not_stop_the_others");
}

#[test]
fn what_is_wrong_with_all_is_said_once_and_nothing_is_signed() {
    let ca = Ca::new(&[]);
    let (first, second) = (ca.csr("a.example.com"), ca.csr("b.example.com"));
    fs::create_dir(ca.path("out")).unwrap();
    let before = ca.counts();
    for (code, more) in [
        (1, ["--profile", "servre"]),
        (1, ["--issuer", "nobody"]),
        (1, ["--outdir", "no-such-folder"]),
        (1, ["--outdir", &second]),
        (2, ["--out", "a.crt"]),
        (3, ["--tpm", "swtpm:host=127.0.0.1,port=1"]),
        (3, ["--tpm", "libtpms:no-such-tpm"]),
    ] {
        let ran = ca.fails(code, &[&["sign", &first, &second], &more[..]].concat());
        assert_eq!(
            ran.stderr.matches("error: ").count(),
            1,
            "{more:?}: {ran:?}"
        );
        assert_eq!(ca.counts(), before, "{more:?}");
    }
    ca.fails(2, &["sign", &first, &first]);
    fs::write(ca.path("b.example.com.crt"), "precious").unwrap();
    ca.fails(1, &["sign", &first, &second]);
    assert!(
        !ca.path("a.example.com.crt").exists(),
        "the first was not signed either"
    );
    assert!(
        !ca.path("no-such-tpm").exists(),
        "no software TPM is made unasked"
    );
    assert_eq!(ca.counts(), before);
    ca.snapshot("many/what_is_wrong_with_all_is_said_once_and_nothing_is_signed");
}

#[test]
fn beside_the_csrs_or_by_name() {
    let ca = Ca::new(&[]);
    let csr = ca.csr("a.example.com");
    ca.ok(&["sign", &csr]);
    assert!(ca.path("a.example.com.crt").exists());
    ca.ok(&["sign", &csr, "--out", "named.crt", "--chain"]);
    let chain = fs::read_to_string(ca.path("named.crt")).unwrap();
    assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 2);
}
