//! CRLs from the same file, index.txt, key and dates are the same to the byte.

use tpm2ca_tests::said;

use super::folder::{Folder, LEAF, LOOSE, cnf};

/// Name, rows of index.txt (letter, revocation, serial), lines of the CA's section, of [crl_ext], options.
type Case = (
    &'static str,
    &'static [(&'static str, &'static str, &'static str)],
    &'static str,
    &'static str,
    &'static [&'static str],
);

const KEYID: &str = "authorityKeyIdentifier = keyid:always";

const CASES: &[Case] = &[
    (
        "nothing revoked",
        &[("V", "", "1000")],
        "crl_extensions = crl_ext",
        KEYID,
        &[],
    ),
    ("no row at all", &[], "crl_extensions = crl_ext", KEYID, &[]),
    (
        "without extensions",
        &[("R", "260101000000Z", "1000")],
        "",
        KEYID,
        &[],
    ),
    (
        "one revoked",
        &[("R", "260101000000Z", "1000")],
        "crl_extensions = crl_ext",
        KEYID,
        &[],
    ),
    (
        "every reason",
        &[
            ("R", "260101000000Z,unspecified", "01"),
            ("R", "260101000000Z,keyCompromise", "02"),
            ("R", "260101000000Z,CACompromise", "03"),
            ("R", "260101000000Z,affiliationChanged", "04"),
            ("R", "260101000000Z,superseded", "05"),
            ("R", "260101000000Z,cessationOfOperation", "06"),
            ("R", "260101000000Z,certificateHold", "07"),
            ("R", "260101000000Z,removeFromCRL", "08"),
            (
                "R",
                "260101000000Z,holdInstruction,holdInstructionCallIssuer",
                "09",
            ),
            ("R", "260101000000Z,holdInstruction,1.2.3.4.5", "0A"),
            ("R", "260101000000Z,keyTime,20251231235959Z", "0B"),
            ("R", "260101000000Z,CAkeyTime,20251231235959Z", "0C"),
        ],
        "crl_extensions = crl_ext",
        KEYID,
        &[],
    ),
    (
        "in the order of the numbers",
        &[
            ("R", "260101000000Z", "FF"),
            ("R", "260101000000Z", "0100"),
            ("R", "260101000000Z", "02"),
            (
                "R",
                "260101000000Z",
                "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
            ),
            ("R", "260101000000Z", "80"),
            ("R", "491231235959Z", "00"),
            ("E", "", "03"),
        ],
        "crl_extensions = crl_ext",
        KEYID,
        &[],
    ),
    (
        "issuer in the key identifier",
        &[("R", "260101000000Z", "1000")],
        "crl_extensions = crl_ext",
        "authorityKeyIdentifier = keyid:always,issuer:always",
        &[],
    ),
    (
        "issuer alt name",
        &[],
        "crl_extensions = crl_ext",
        "issuerAltName = issuer:copy\nauthorityKeyIdentifier = keyid",
        &[],
    ),
    (
        "distribution point",
        &[],
        "crl_extensions = crl_ext",
        "issuingDistributionPoint = critical, @idp\n[idp]\nfullname = URI:http://ca.example/crl\nonlyuser = TRUE",
        &[],
    ),
    ("an empty section", &[], "crl_extensions = crl_ext", "", &[]),
    (
        "extensions by option",
        &[],
        "",
        KEYID,
        &["-crlexts", "crl_ext"],
    ),
    (
        "sha512",
        &[],
        "crl_extensions = crl_ext\ndefault_md = sha512",
        KEYID,
        &[],
    ),
    (
        "md by option",
        &[],
        "crl_extensions = crl_ext",
        KEYID,
        &["-md", "sha384"],
    ),
    (
        "without numbers and extensions",
        &[("R", "260101000000Z", "1000")],
        "nonumber",
        KEYID,
        &[],
    ),
    (
        "without numbers, with reasons",
        &[("R", "260101000000Z,superseded", "1000")],
        "nonumber",
        KEYID,
        &[],
    ),
    (
        "without numbers, with extensions",
        &[],
        "nonumber\ncrl_extensions = crl_ext",
        KEYID,
        &[],
    ),
];

#[test]
fn lists_are_the_same_to_the_byte() {
    let theirs = Folder::new("");
    let ours = theirs.twin();
    for (name, rows, ca, extensions, options) in CASES {
        let mut text = cnf(
            ca.trim_start_matches("nonumber"),
            LOOSE,
            LEAF,
            &format!("[crl_ext]\n{extensions}"),
        );
        if ca.starts_with("nonumber") {
            text = text.replace("crlnumber = $dir/crlnumber\n", "");
        }
        let index: Vec<String> = rows
            .iter()
            .map(|(letter, revocation, serial)| {
                format!("{letter}\t260601000000Z\t{revocation}\t{serial}\tunknown\t/CN={serial}\n")
            })
            .collect();
        let index = index.concat();
        for ca in [&theirs, &ours] {
            ca.begin();
            ca.write("openssl.cnf", &text);
            ca.write("index.txt", &index);
        }
        let dates = ["20270101000000Z", "20270201000000Z"];
        let output = theirs.try_openssl_ca(
            &[
                &[
                    "-gencrl",
                    "-crl_lastupdate",
                    dates[0],
                    "-crl_nextupdate",
                    dates[1],
                    "-out",
                    "x.crl",
                ],
                *options,
            ]
            .concat(),
        );
        assert!(output.status.success(), "{name}: {}", said(&output));
        let doubled: Vec<String> = options
            .iter()
            .map(|option| match option.strip_prefix('-') {
                Some(option) => format!("--{option}"),
                None => (*option).to_owned(),
            })
            .collect();
        let mut arguments = vec![
            "crl",
            "--config",
            "openssl.cnf",
            "--lastupdate",
            dates[0],
            "--nextupdate",
            dates[1],
            "--out",
            "x.crl",
        ];
        arguments.extend(doubled.iter().map(String::as_str));
        ours.ok(&arguments);
        if theirs.bytes("x.crl") != ours.bytes("x.crl") {
            let text = |ca: &Folder| ca.openssl(&["asn1parse", "-in", "x.crl"]).text();
            panic!(
                "{name}:\nopenssl:\n{}\ntpm2ca:\n{}",
                text(&theirs),
                text(&ours)
            );
        }
        assert_eq!(theirs.read("crlnumber"), ours.read("crlnumber"), "{name}");
        assert_eq!(theirs.read("index.txt"), ours.read("index.txt"), "{name}");
        ours.check();
    }
}

#[test]
fn a_ca_without_a_number_file_begins_with_one() {
    let ca = Folder::new(&cnf("", LOOSE, LEAF, ""));
    std::fs::remove_file(ca.path("crlnumber")).unwrap();
    let output = ca.run(&["crl", "--config", "openssl.cnf", "--out", "x.crl"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("begin with 01"));
    assert_eq!(ca.read("crlnumber"), "02\n");
    // and to standard output, as `openssl ca -gencrl`
    let text = ca.ok(&[
        "crl",
        "--config",
        "openssl.cnf",
        "--days",
        "1",
        "--hours",
        "1",
    ]);
    assert!(text.starts_with("-----BEGIN X509 CRL-----"), "{text}");
    assert_eq!(ca.read("crlnumber"), "03\n");
    assert_eq!(ca.read("crlnumber.old"), "02\n");
}
