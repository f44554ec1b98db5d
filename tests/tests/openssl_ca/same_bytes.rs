//! Certificates from the same file, key, request and dates are the same to the byte, signature included: RSA signatures
//! by PKCS #1 v1.5 have no randomness. What `openssl ca` refuses, the program refuses.

use tpm2ca_tests::said;

use super::folder::{Folder, LEAF, LOOSE, cnf};

struct Case {
    name: &'static str,
    /// Lines of the CA's section.
    ca: &'static str,
    policy: &'static str,
    extensions: &'static str,
    /// Further sections.
    more: &'static str,
    subject: &'static str,
    /// Lines of a section with the extensions of the CSR.
    requested: &'static str,
    /// Options as `openssl ca` has them; the program has them with one dash more.
    options: &'static [&'static str],
}

const PLAIN: Case = Case {
    name: "",
    ca: "x509_extensions = ext",
    policy: LOOSE,
    extensions: LEAF,
    more: "",
    subject: "/C=GB/ST=England/O=Alice Ltd/CN=www.example.com",
    requested: "",
    options: &[],
};

const DATES: [&str; 4] = [
    "-startdate",
    "20270101000000Z",
    "-enddate",
    "20280101000000Z",
];

const CASES: &[Case] = &[
    Case {
        name: "plain",
        ..PLAIN
    },
    Case {
        name: "no extensions make version 1",
        ca: "",
        ..PLAIN
    },
    Case {
        name: "extensions by option",
        ca: "",
        options: &["-extensions", "ext"],
        ..PLAIN
    },
    Case {
        name: "other extensions by option",
        options: &["-extensions", "other"],
        more: "[other]\nbasicConstraints = critical, CA:true, pathlen:0\nkeyUsage = critical, cRLSign, keyCertSign",
        ..PLAIN
    },
    Case {
        name: "an empty extension section",
        extensions: "",
        ..PLAIN
    },
    Case {
        name: "only one extension gets key identifiers",
        extensions: "extendedKeyUsage = serverAuth",
        ..PLAIN
    },
    Case {
        name: "no key identifiers",
        extensions: "basicConstraints = CA:FALSE\nsubjectKeyIdentifier = none\nauthorityKeyIdentifier = none",
        ..PLAIN
    },
    Case {
        name: "the guide's server",
        extensions: "basicConstraints = CA:FALSE\nnsCertType = server\nnsComment = \"OpenSSL Generated Server Certificate\"\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid,issuer:always\nkeyUsage = critical, digitalSignature, keyEncipherment\nextendedKeyUsage = serverAuth",
        ..PLAIN
    },
    Case {
        name: "the guide's client",
        extensions: "basicConstraints = CA:FALSE\nnsCertType = client, email\nnsComment = \"OpenSSL Generated Client Certificate\"\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid,issuer\nkeyUsage = critical, nonRepudiation, digitalSignature, keyEncipherment\nextendedKeyUsage = clientAuth, emailProtection",
        ..PLAIN
    },
    Case {
        name: "the guide's responder",
        extensions: "basicConstraints = CA:FALSE\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid,issuer\nkeyUsage = critical, digitalSignature\nextendedKeyUsage = critical, OCSPSigning",
        ..PLAIN
    },
    Case {
        name: "names, urls and policies",
        extensions: "subjectAltName = DNS:a.example, IP:10.0.0.1, URI:http://a.example/\ncrlDistributionPoints = URI:http://ca.example/crl\nauthorityInfoAccess = OCSP;URI:http://ca.example/ocsp, caIssuers;URI:http://ca.example/ca\ncertificatePolicies = 1.2.3.4, @pol\nissuerAltName = issuer:copy",
        more: "[pol]\npolicyIdentifier = 1.3.5.8\nCPS.1 = http://ca.example/cps",
        ..PLAIN
    },
    Case {
        name: "names in a section",
        extensions: "subjectAltName = critical, @names",
        more: "[names]\nDNS.1 = a.example\nDNS.2 = b.example\nIP.1 = ::1\ndirName = dn\n[dn]\nC = GB\nCN = x",
        ..PLAIN
    },
    Case {
        name: "an oid of the file's own",
        ca: "x509_extensions = ext",
        extensions: "mine = ASN1:UTF8String:hello\n1.2.3.5 = critical, DER:0500",
        more: "",
        options: &[],
        ..PLAIN
    },
    Case {
        name: "email:copy",
        extensions: "subjectAltName = email:copy",
        subject: "/CN=x/emailAddress=x@example.com",
        ..PLAIN
    },
    Case {
        name: "email:move",
        extensions: "subjectAltName = email:move",
        subject: "/CN=x/emailAddress=x@example.com",
        ..PLAIN
    },
    Case {
        name: "no email in the name",
        ca: "x509_extensions = ext\nemail_in_dn = no",
        subject: "/CN=x/emailAddress=x@example.com",
        ..PLAIN
    },
    Case {
        name: "no email by option",
        subject: "/CN=x/emailAddress=x@example.com",
        options: &["-noemailDN"],
        ..PLAIN
    },
    Case {
        name: "email stays",
        subject: "/CN=x/emailAddress=x@example.com",
        ..PLAIN
    },
    Case {
        name: "the policy's order",
        subject: "/CN=x/OU=y/O=z/C=DE",
        ..PLAIN
    },
    Case {
        name: "the policy drops what it does not name",
        policy: "commonName = supplied",
        ..PLAIN
    },
    Case {
        name: "several of a kind",
        subject: "/OU=a/OU=b/CN=c/CN=d/OU=e",
        ..PLAIN
    },
    Case {
        name: "a name with several values in one rdn",
        subject: "/O=a+OU=b/CN=c",
        options: &[],
        ..PLAIN
    },
    Case {
        name: "preserveDN",
        subject: "/CN=x/OU=y/DC=z/O=w",
        options: &["-preserveDN"],
        ..PLAIN
    },
    Case {
        name: "preserve in the CA's section is not read",
        ca: "x509_extensions = ext\npreserve = yes",
        subject: "/CN=x/O=w",
        ..PLAIN
    },
    Case {
        name: "preserve in [ca]",
        subject: "/CN=x/O=w/DC=z",
        more: "[ca]\npreserve = yes",
        ..PLAIN
    },
    Case {
        name: "match",
        policy: "countryName = match\nstateOrProvinceName = match\norganizationName = match\ncommonName = supplied",
        ..PLAIN
    },
    Case {
        name: "match refuses another value",
        policy: "organizationName = match\ncommonName = supplied",
        subject: "/O=Bob/CN=x",
        ..PLAIN
    },
    Case {
        name: "match refuses what is not there",
        policy: "organizationName = match\ncommonName = supplied",
        subject: "/CN=x",
        ..PLAIN
    },
    Case {
        name: "match of what the CA has not",
        policy: "organizationalUnitName = match\ncommonName = supplied",
        subject: "/OU=a/CN=x",
        ..PLAIN
    },
    Case {
        name: "supplied refuses what is not there",
        subject: "/O=x",
        ..PLAIN
    },
    Case {
        name: "an unknown field in the policy",
        policy: "favouriteColour = optional\ncommonName = supplied",
        ..PLAIN
    },
    Case {
        name: "an unknown word in the policy",
        policy: "commonName = perhaps",
        ..PLAIN
    },
    Case {
        name: "another policy by option",
        options: &["-policy", "strict"],
        more: "[strict]\ncommonName = supplied",
        ..PLAIN
    },
    Case {
        name: "a policy that is not there",
        options: &["-policy", "nowhere"],
        ..PLAIN
    },
    Case {
        name: "copy nothing",
        requested: "subjectAltName = DNS:evil.example\nbasicConstraints = CA:TRUE",
        ..PLAIN
    },
    Case {
        name: "copy",
        ca: "x509_extensions = ext\ncopy_extensions = copy",
        requested: "subjectAltName = DNS:a.example\nbasicConstraints = CA:TRUE",
        ..PLAIN
    },
    Case {
        name: "copyall",
        ca: "x509_extensions = ext\ncopy_extensions = copyall",
        requested: "subjectAltName = DNS:a.example\nkeyUsage = keyEncipherment",
        ..PLAIN
    },
    Case {
        name: "copy without a section",
        ca: "copy_extensions = copy",
        requested: "subjectAltName = DNS:a.example",
        ..PLAIN
    },
    Case {
        name: "copy_extensions with another word",
        ca: "copy_extensions = some",
        ..PLAIN
    },
    Case {
        name: "subj by option",
        options: &["-subj", "/C=FR/O=Other/CN=other"],
        ..PLAIN
    },
    Case {
        name: "subj in utf-8",
        ca: "x509_extensions = ext\nstring_mask = utf8only",
        options: &["-utf8", "-subj", "/CN=\u{fc}ml\u{e4}ut"],
        ..PLAIN
    },
    Case {
        name: "a name in utf-8",
        subject: "/O=Z\u{fc}rich/CN=\u{4e2d}",
        ..PLAIN
    },
    Case {
        name: "sha384",
        ca: "x509_extensions = ext\ndefault_md = sha384",
        ..PLAIN
    },
    Case {
        name: "sha512 by option",
        options: &["-md", "sha512"],
        ..PLAIN
    },
    Case {
        name: "default_md = default",
        ca: "x509_extensions = ext\ndefault_md = default",
        ..PLAIN
    },
    Case {
        name: "dates after 2050",
        options: &[
            "-startdate",
            "20490101000000Z",
            "-enddate",
            "20510101000000Z",
        ],
        ..PLAIN
    },
    Case {
        name: "dates with two digits of the year",
        options: &["-startdate", "270101000000Z", "-enddate", "280101000000Z"],
        ..PLAIN
    },
    Case {
        name: "dates from the file",
        ca: "x509_extensions = ext\ndefault_startdate = 20270101000000Z\ndefault_enddate = 270601000000Z",
        options: &["nodates"],
        ..PLAIN
    },
    Case {
        name: "beyond the end of the CA",
        options: &[
            "-startdate",
            "20270101000000Z",
            "-enddate",
            "20990101000000Z",
        ],
        ..PLAIN
    },
    Case {
        name: "values from the default section",
        ca: "",
        more: "[default]\nx509_extensions = ext",
        ..PLAIN
    },
    Case {
        name: "another CA section",
        options: &["-name", "second"],
        more: "[second]\ndatabase = ./index.txt\nnew_certs_dir = ./newcerts\nserial = ./serial\nprivate_key = ./ca.key\ncertificate = ./ca.crt\ndefault_md = sha256\ndefault_days = 1\npolicy = policy\nx509_extensions = ext",
        ..PLAIN
    },
    Case {
        name: "keys that are ignored",
        ca: "x509_extensions = ext\nRANDFILE = ./rand\nname_opt = ca_default\ncert_opt = ca_default\nmsie_hack = no",
        ..PLAIN
    },
    Case {
        name: "an extension that is wrong",
        extensions: "keyUsage = everything",
        ..PLAIN
    },
    Case {
        name: "an extension section that is not there",
        ca: "x509_extensions = nowhere",
        ..PLAIN
    },
    Case {
        name: "a file with extensions",
        options: &["-extfile", "extfile.cnf"],
        ..PLAIN
    },
    Case {
        name: "a file with extensions and a section",
        options: &["-extfile", "extfile.cnf", "-extensions", "two"],
        ..PLAIN
    },
    Case {
        name: "days beside an end",
        options: &[
            "-startdate",
            "20270101000000Z",
            "-enddate",
            "20280101000000Z",
            "-days",
            "825",
        ],
        ..PLAIN
    },
    Case {
        name: "as easy-rsa asks for it",
        ca: "x509_extensions = ext\ncopy_extensions = copy\npreserve = no\nRANDFILE = $dir/.rand\nunique_subject = no",
        extensions: "basicConstraints = CA:FALSE\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid,issuer:always",
        requested: "extendedKeyUsage = serverAuth\nkeyUsage = digitalSignature,keyEncipherment\nsubjectAltName = DNS:s.example",
        options: &["-utf8"],
        ..PLAIN
    },
    Case {
        name: "an empty subject",
        policy: "commonName = optional",
        subject: "/",
        ..PLAIN
    },
];

#[test]
fn certificates_are_the_same_to_the_byte() {
    let theirs = Folder::new("");
    let ours = theirs.twin();
    let mut same = 0;
    let mut refused = 0;
    for case in CASES {
        let name = case.name;
        let text = cnf(case.ca, case.policy, case.extensions, case.more);
        let text = format!("oid_section = oids\n{text}\n[oids]\nmine = 1.2.3.6\n");
        for ca in [&theirs, &ours] {
            ca.begin();
            ca.write("openssl.cnf", &text);
            ca.write("extfile.cnf", EXTFILE);
        }
        theirs.csr("x.csr", case.subject, case.requested);
        std::fs::copy(theirs.path("x.csr"), ours.path("x.csr")).unwrap();

        let dates: &[&str] =
            if case.options.contains(&"nodates") || case.options.contains(&"-startdate") {
                &[]
            } else {
                &DATES
            };
        let options: Vec<&str> = case
            .options
            .iter()
            .chain(dates)
            .copied()
            .filter(|option| *option != "nodates")
            .collect();
        let output =
            theirs.try_openssl_ca(&[&["-in", "x.csr", "-out", "x.crt"], &options[..]].concat());
        // It may say that it refused and exit with 0 nevertheless.
        let made = output.status.success() && theirs.names("newcerts") == ["1000.pem"];
        let doubled: Vec<String> = options
            .iter()
            .map(|option| {
                if option.starts_with('-') {
                    format!("-{option}")
                } else {
                    (*option).to_owned()
                }
            })
            .collect();
        let mut arguments = vec![
            "sign",
            "--config",
            "openssl.cnf",
            "--batch",
            "--notext",
            "--in",
            "x.csr",
            "--out",
            "x.crt",
        ];
        arguments.extend(doubled.iter().map(String::as_str));
        let own = ours.run(&arguments);
        assert_eq!(
            own.status.success(),
            made,
            "{name}: openssl: {}\ntpm2ca: {}",
            said(&output),
            said(&own)
        );
        if made {
            same += 1;
            if theirs.bytes("x.crt") != ours.bytes("x.crt") {
                let text = |ca: &Folder| ca.openssl(&["asn1parse", "-in", "x.crt"]).text();
                panic!(
                    "{name}:\nopenssl:\n{}\ntpm2ca:\n{}",
                    text(&theirs),
                    text(&ours)
                );
            }
            assert_eq!(
                theirs.read("newcerts/1000.pem"),
                ours.read("newcerts/1000.pem"),
                "{name}"
            );
        } else {
            refused += 1;
            let said = String::from_utf8_lossy(&own.stderr);
            assert!(said.contains("error: "), "{name}: {said}");
            assert_eq!(ours.names("newcerts").len(), 0, "{name}");
        }
        for file in ["index.txt", "serial"] {
            assert_eq!(theirs.read(file), ours.read(file), "{name}: {file}");
        }
        if made {
            assert_eq!(
                theirs.read("index.txt.attr"),
                ours.read("index.txt.attr"),
                "{name}"
            );
            ours.check();
        }
    }
    assert!(same >= 35 && refused >= 8, "{same} made, {refused} refused");
}

const EXTFILE: &str = "\
extensions = one
[one]
basicConstraints = CA:FALSE
[two]
extendedKeyUsage = clientAuth
";

/// What a file names in `oid_section` has this name in index.txt as well.
#[test]
fn attributes_that_the_file_names() {
    let text = format!(
        "oid_section = oids\n{}\n[oids]\nbadge = 1.2.3.6\n",
        cnf(
            "x509_extensions = ext\nunique_subject = yes",
            "commonName = supplied\nbadge = optional",
            LEAF,
            ""
        )
    );
    let theirs = Folder::new(&text);
    let ours = theirs.twin();
    theirs.write(
        "csr.cnf",
        "oid_section = oids\n[oids]\nbadge = 1.2.3.6\nother = 1.2.3.7\n\
         [req]\ndistinguished_name = dn\nprompt = no\n[dn]\nCN = x\nbadge = 7\n",
    );
    theirs.openssl(&[
        "req", "-new", "-config", "csr.cnf", "-key", "ca.key", "-out", "x.csr",
    ]);
    std::fs::copy(theirs.path("x.csr"), ours.path("x.csr")).unwrap();
    let output = theirs.try_openssl_ca(&[&["-in", "x.csr", "-out", "x.crt"], &DATES[..]].concat());
    assert!(output.status.success(), "{}", said(&output));
    let dates = ["--startdate", DATES[1], "--enddate", DATES[3]];
    ours.sign("x.csr", "x.crt", &dates);
    assert_eq!(theirs.bytes("x.crt"), ours.bytes("x.crt"));
    assert_eq!(theirs.read("index.txt"), ours.read("index.txt"));
    assert!(ours.read("index.txt").ends_with("/CN=x/badge=7\n"));
    // Found again under this name, whoever wrote the row.
    let again = [
        "sign",
        "--config",
        "openssl.cnf",
        "--batch",
        "--in",
        "x.csr",
    ];
    assert!(ours.fails(1, &again).contains("/CN=x/badge=7"));
    assert!(theirs.fails(1, &again).contains("/CN=x/badge=7"));
    ours.check();
    theirs.check();
    ours.snapshot("openssl_ca_same_bytes/attributes_that_the_file_names_ours");
    theirs.snapshot("openssl_ca_same_bytes/attributes_that_the_file_names_theirs");
}

#[test]
fn a_certificate_that_is_its_own_issuer() {
    let theirs = Folder::new(&cnf(
        "x509_extensions = ext",
        LOOSE,
        "basicConstraints = critical, CA:true\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid:always,issuer:always",
        "",
    ));
    let ours = theirs.twin();
    theirs.write(
        "csr.cnf",
        "[req]\ndistinguished_name = dn\nprompt = no\n[dn]\nC = GB\nO = Self\nCN = Self Root\n",
    );
    theirs.openssl(&[
        "req", "-new", "-config", "csr.cnf", "-key", "ca.key", "-out", "x.csr",
    ]);
    std::fs::copy(theirs.path("x.csr"), ours.path("x.csr")).unwrap();
    for ca in [&theirs, &ours] {
        std::fs::remove_file(ca.path("ca.crt")).unwrap();
    }
    let arguments = [&["-selfsign", "-in", "x.csr", "-out", "x.crt"], &DATES[..]].concat();
    let output = theirs.try_openssl_ca(&arguments);
    assert!(output.status.success(), "{}", said(&output));
    ours.sign(
        "x.csr",
        "x.crt",
        &["--selfsign", "--startdate", DATES[1], "--enddate", DATES[3]],
    );
    assert_eq!(theirs.bytes("x.crt"), ours.bytes("x.crt"));
    assert_eq!(theirs.read("index.txt"), ours.read("index.txt"));
    // With its certificate in place the CA goes on from the same records.
    std::fs::copy(ours.path("x.crt"), ours.path("ca.crt")).unwrap();
    ours.csr("y.csr", "/CN=y", "");
    ours.sign("y.csr", "y.crt", &[]);
    ours.check();
    ours.fails(
        1,
        &[
            "sign",
            "--config",
            "openssl.cnf",
            "--batch",
            "--selfsign",
            "--in",
            "y.csr",
        ],
    );
    ours.snapshot("openssl_ca_same_bytes/a_certificate_that_is_its_own_issuer");
}
