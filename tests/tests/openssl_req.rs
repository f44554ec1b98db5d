//! `tpm2ca req` beside `openssl req`: the same configuration, the same software key, the same bytes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use tpm2ca_testkit::{TempDir, Tool, temp_dir};
use tpm2ca_tests::{said, tpm2ca};
use tpm2ca_x509::{Certificate, Csr};

/// A configuration and what is asked of it.
struct Case {
    name: &'static str,
    config: &'static str,
    /// Options in OpenSSL's spelling; ours has one more `-`.
    options: &'static [&'static str],
    /// What is typed.
    answers: &'static str,
}

const fn case(name: &'static str, config: &'static str, options: &'static [&'static str]) -> Case {
    Case {
        name,
        config,
        options,
        answers: "",
    }
}

const fn answered(name: &'static str, config: &'static str, answers: &'static str) -> Case {
    Case {
        name,
        config,
        options: &[],
        answers,
    }
}

/// Every key of `[req]`, every way to a subject, and what makes extensions. Whoever adds an option adds a line here.
const CASES: &[Case] = &[
    case(
        "a name that is not asked for",
        "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nC=DE\nO=Beispiel\nCN=a.example\n",
        &[],
    ),
    case("no section for the name", "[req]\n", &["-subj", "/CN=a"]),
    case(
        "another section",
        "[req]\nprompt=no\n[mine]\nprompt=no\ndistinguished_name=dn\n[dn]\nCN=mine\n",
        &["-section", "mine"],
    ),
    case(
        "keys at the top of the file",
        "prompt=no\ndistinguished_name=dn\ndefault_md=sha512\n[req]\n[dn]\nCN=top\n",
        &[],
    ),
    case(
        "numbered attributes",
        "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nC=DE\n0.O=A\n1.O=B\n0.OU=C\n1.OU=D\nCN=x\n",
        &[],
    ),
    case(
        "attributes that join",
        "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nO=A\nOU=z\n1.+OU=a\n2.+CN=m\nCN=x\n",
        &[],
    ),
    case(
        "names of attributes, long and short",
        "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\ncountryName=DE\nstateOrProvinceName=Bayern\nL=Ort\nDC=org\nserialNumber=12\nsurname=Doe\ngivenName=Jane\ninitials=JD\nemailAddress=j@example.org\nUID=jd\ntitle=Dr\ndescription=text\nname=n\ndnQualifier=q\n",
        &[],
    ),
    case(
        "escapes and quotes",
        "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nO=\"A, B # C\"\nOU=a\\\\b\\#c\nCN='x y'\n",
        &[],
    ),
    case(
        "variables",
        "host=a.example\n[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=e\n[dn]\nCN=$host\n[e]\nsubjectAltName=DNS:${dn::CN},DNS:www.$host\n",
        &[],
    ),
    case(
        "Latin-1, as it was",
        "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nCN=Müller\n",
        &[],
    ),
    case(
        "UTF-8",
        "[req]\nprompt=no\nutf8=yes\ndistinguished_name=dn\n[dn]\nC=DE\nO=Müller & Söhne\nCN=€\n",
        &[],
    ),
    case(
        "UTF-8 by option",
        "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nCN=Müller\n",
        &["-utf8"],
    ),
    case(
        "utf8 is `yes` or nothing",
        "[req]\nprompt=no\nutf8=true\ndistinguished_name=dn\n[dn]\nCN=Müller\n",
        &[],
    ),
    case(
        "string_mask nombstr",
        "[req]\nprompt=no\nstring_mask=nombstr\ndistinguished_name=dn\n[dn]\nC=DE\nO=A & B\nCN=x*y\nemailAddress=a@b\n",
        &[],
    ),
    case(
        "string_mask pkix",
        "[req]\nprompt=no\nstring_mask=pkix\nutf8=yes\ndistinguished_name=dn\n[dn]\nO=A & B\nCN=plain\nOU=Müller\n",
        &[],
    ),
    case(
        "string_mask default",
        "[req]\nprompt=no\nstring_mask=default\nutf8=yes\ndistinguished_name=dn\n[dn]\nO=A & B\nCN=plain\nOU=Müller\nL=€\n",
        &[],
    ),
    case(
        "string_mask by number",
        "[req]\nprompt=no\nstring_mask=MASK:0x2002\ndistinguished_name=dn\n[dn]\nO=A & B\nCN=plain\n",
        &[],
    ),
    case(
        "attributes",
        "[req]\nprompt=no\ndistinguished_name=dn\nattributes=at\n[dn]\nCN=x\n[at]\nchallengePassword=secret word\nunstructuredName=A company\n",
        &[],
    ),
    case(
        "attributes and extensions are sorted",
        "[req]\nprompt=no\ndistinguished_name=dn\nattributes=at\nreq_extensions=e\n[dn]\nCN=x\n[at]\nunstructuredName=An optional company name\nchallengePassword=secret\n[e]\nkeyUsage=digitalSignature\n",
        &[],
    ),
    case(
        "subject by option",
        "[req]\ndistinguished_name=dn\n[dn]\nCN=name\nCN_default=not this\n",
        &["-subj", "/C=DE/O=Example/CN=a.example"],
    ),
    case(
        "subject with parts that join",
        "[req]\n",
        &[
            "-subj",
            "/DC=org/DC=example/UID=123456+CN=John Doe/O=z+OU=a",
        ],
    ),
    case(
        "subject with escapes",
        "[req]\n",
        &["-subj", r"/O=a\/b\+c\=d/CN=e\\f=g, h"],
    ),
    case(
        "subject with an empty part",
        "[req]\n",
        &["-subj", "/O=/CN=a/OU="],
    ),
    case(
        "empty subject",
        "[req]\n",
        &["-subj", "/", "-addext", "subjectAltName=critical,DNS:a"],
    ),
    case(
        "subject, UTF-8",
        "[req]\nutf8=yes\n",
        &["-subj", "/O=Müller/CN=€"],
    ),
    case("subject, Latin-1", "[req]\n", &["-subj", "/O=Müller"]),
    case(
        "subject without attributes",
        "[req]\nattributes=at\n[at]\nchallengePassword=secret\n",
        &["-subj", "/CN=a"],
    ),
    case(
        "subject with object identifiers of the file",
        "oid_section=ids\n[ids]\nmyName=1.2.3.4\n[req]\n",
        &["-subj", "/myName=a/1.2.3.4=b/CN=c"],
    ),
    case(
        "extensions",
        "[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=e\n[dn]\nCN=x\n[e]\nbasicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth,clientAuth,1.2.3.4\nsubjectKeyIdentifier=hash\nsubjectAltName=@alt\ntlsfeature=status_request\n[alt]\nDNS.1=a.example\nDNS.2=*.a.example\nIP.1=192.0.2.1\nIP.2=2001:db8::1\nURI.1=https://a.example/\nemail.1=a@a.example\nRID.1=1.2.3.4\ndirName.1=d\notherName.1=1.2.3.4;UTF8:x\n[d]\nC=DE\nO=y\n",
        &[],
    ),
    case(
        "extensions of another section",
        "[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=no such\n[dn]\nCN=x\n[other]\nkeyUsage=cRLSign\n",
        &["-reqexts", "other"],
    ),
    case(
        "extensions by option",
        "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nCN=x\n",
        &[
            "-addext",
            "subjectAltName = DNS:a, IP:192.0.2.1",
            "-addext",
            "keyUsage = critical, digitalSignature",
            "-addext",
            "1.2.3.4 = DER:05:00",
        ],
    ),
    case(
        "extensions from nothing but ASN.1",
        "[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=e\n[dn]\nCN=x\n[e]\n1.2.3.4=ASN1:SEQUENCE:s\n1.2.3.5=critical,ASN1:UTF8:text\n[s]\na=INT:5\nb=OID:1.2.3\nc=EXP:0,IA5:x\n",
        &[],
    ),
    case(
        "email:copy and email:move",
        "[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=e\n[dn]\nCN=x\nemailAddress=a@example.org\n[e]\nsubjectAltName=email:move\n",
        &[],
    ),
    case(
        "sha384",
        "[req]\nprompt=no\ndefault_md=sha384\ndistinguished_name=dn\n[dn]\nCN=x\n",
        &[],
    ),
    case(
        "the option for the hash goes first",
        "[req]\nprompt=no\ndefault_md=sha384\ndistinguished_name=dn\n[dn]\nCN=x\n",
        &["-sha512"],
    ),
    case("defaults in batch", PROMPTS, &["-batch"]),
    answered(
        "answers",
        PROMPTS,
        "FR\nÎle\n.\nO Two\nUnit\na.example\na@example.org\nsecret\n\n",
    ),
    answered("defaults, by Enter", PROMPTS, "\n\n\n\n\nCN\n\n\n\n"),
    answered(
        "too short and too long, asked again",
        PROMPTS,
        "D\nDEU\nDE\n\n\n\n\nCN\n\nabc\nabcd\n\n",
    ),
    answered("white space stays", PROMPTS, "DE\n  x  \n\n\n\nCN\n\n\n\n"),
    case(
        "certificate",
        "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN=Root\n[v3]\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always,issuer\nbasicConstraints=critical,CA:true\nkeyUsage=critical,digitalSignature,cRLSign,keyCertSign\n",
        &["-x509", "-days", "7300", "-set_serial", "4096"],
    ),
    case(
        "certificate with the issuer's name and serial number",
        "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN=Root\n[v3]\nauthorityKeyIdentifier=keyid,issuer:always\nbasicConstraints=CA:true,pathlen:1\nsubjectKeyIdentifier=hash\nissuerAltName=issuer:copy\nnsComment=\"a comment\"\nnsCertType=sslCA,emailCA\ncrlDistributionPoints=URI:http://a.example/crl\nauthorityInfoAccess=OCSP;URI:http://a.example/ocsp\ncertificatePolicies=1.2.3.4\nsubjectAltName=email:ca@a.example\n",
        &[
            "-x509",
            "-set_serial",
            "0x1000000000000000000000000000000000000f",
        ],
    ),
    case(
        "certificate without extensions",
        "[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=e\n[dn]\nCN=x\n[e]\nkeyUsage=cRLSign\n",
        &["-x509", "-set_serial", "1"],
    ),
    case(
        "certificate with key identifiers that nobody asked for",
        "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN=x\n[v3]\nkeyUsage=keyCertSign\n",
        &["-x509", "-set_serial", "1"],
    ),
    case(
        "certificate with no key identifier",
        "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN=x\n[v3]\nkeyUsage=keyCertSign\nsubjectKeyIdentifier=none\nauthorityKeyIdentifier=none\n",
        &["-x509", "-set_serial", "1"],
    ),
    case(
        "certificate, section by option",
        "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN=x\n[v3]\nkeyUsage=keyCertSign\n[v4]\nbasicConstraints=CA:FALSE\n",
        &["-x509", "-extensions", "v4", "-set_serial", "1"],
    ),
    case(
        "certificate, extension by option replaces",
        "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN=x\n[v3]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n",
        &[
            "-x509",
            "-addext",
            "basicConstraints=CA:FALSE",
            "-addext",
            "subjectAltName=DNS:x",
            "-set_serial",
            "1",
        ],
    ),
    case(
        "certificate, answers and attributes",
        PROMPTS,
        &["-x509", "-batch", "-set_serial", "1"],
    ),
    case(
        "certificate with sha384",
        "[req]\nprompt=no\ndefault_md=sha384\ndistinguished_name=dn\n[dn]\nCN=x\n",
        &["-x509", "-set_serial", "1", "-subj", "/CN=other"],
    ),
    case(
        "certificate with name constraints",
        "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN=x\n[v3]\nbasicConstraints=critical,CA:TRUE\nnameConstraints=critical,permitted;DNS:.example.org,excluded;IP:10.0.0.0/255.0.0.0\npolicyConstraints=requireExplicitPolicy:0\ninhibitAnyPolicy=1\n",
        &["-x509", "-set_serial", "1"],
    ),
];

const PROMPTS: &str = "[req]
distinguished_name=dn
attributes=at
utf8=yes
x509_extensions=v3
[dn]
countryName=Country Name (2 letter code)
countryName_default=AU
countryName_min=2
countryName_max=2
ST=State
ST_default=Some \"quoted\" State
0.organizationName=Organization
0.organizationName_default=Example
1.organizationName=Second Organization
OU=Unit
OU_default=
commonName=Common Name
commonName_default=default.example
commonName_max=64
emailAddress=Email
emailAddress_value=given@example.org
nonsense=Nobody knows this
[at]
challengePassword=A challenge password
challengePassword_min=4
challengePassword_max=20
unstructuredName=An optional company name
unstructuredName_default=Acme
[v3]
basicConstraints=CA:TRUE
";

#[test]
fn requests_and_certificates_are_openssl_s_to_the_byte() {
    let folder = keys();
    let kinds = CASES.iter().cycle().zip(
        ["rsa.key", "p256.key", "rsa.key", "p384.key", "rsa.key"]
            .iter()
            .cycle(),
    );
    let mut wrong = Vec::new();
    for (number, (case, key)) in kinds.take(CASES.len()).enumerate() {
        fs::write(folder.path().join("test.cnf"), case.config).unwrap();
        // Whole outputs compare with RSA alone: ECDSA signatures are never the same twice.
        for key in ["rsa.key", key] {
            if let Err(difference) = compare(&folder, case, key) {
                wrong.push(format!("{number}: {} ({key}): {difference}", case.name));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(CASES.len() >= 25);
}

/// What both refuse, and that we say where it stands.
#[test]
fn what_openssl_refuses_is_refused_with_a_place() {
    let folder = keys();
    for (config, options, message) in [
        (
            "[req]\nprompt=no\ndistinguished_name=gone\n",
            &[][..],
            "test.cnf:3: `distinguished_name` in [req] names the section [gone], which is not in the file",
        ),
        (
            "[req]\nprompt=no\n",
            &[],
            "[req] names no section with parts of the subject",
        ),
        (
            "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\n",
            &[],
            "test.cnf:4: the subject has no attribute",
        ),
        (
            "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nnonsense=x\n",
            &[],
            "test.cnf:5: `nonsense` in [dn]",
        ),
        (
            "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nC=Germany\n",
            &[],
            "test.cnf:5: `C` in [dn]",
        ),
        (
            "[req]\nprompt=no\nstring_mask=wrong\ndistinguished_name=dn\n[dn]\nCN=x\n",
            &[],
            "test.cnf:3: `string_mask` in [req]",
        ),
        (
            "[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=e\n[dn]\nCN=x\n[e]\nkeyUsage=nonsense\n",
            &[],
            "test.cnf:8: `keyUsage` in [e]",
        ),
        (
            "[req]\nprompt=no\ndistinguished_name=dn\nattributes=at\n[dn]\nCN=x\n[at]\nnonsense=x\n",
            &[],
            "test.cnf:8: `nonsense` in [at]",
        ),
        (
            "[req]\nprompt=no\ndistinguished_name=$nothing\n",
            &[],
            "test.cnf:3: the variable `$nothing`",
        ),
        ("[req]\n", &["-subj", "CN=x"], "`--subj`"),
        (
            "[req]\n",
            &["-subj", "/CN=x", "-addext", "keyUsage"],
            "`--addext keyUsage`",
        ),
        (
            "[req]\n",
            &[
                "-subj",
                "/CN=x",
                "-addext",
                "keyUsage=cRLSign",
                "-addext",
                "keyUsage=cRLSign",
            ],
            "`--addext` gives `keyUsage` twice",
        ),
        (
            "[req]\n",
            &["-subj", "/CN=x", "-addext", "keyUsage=wrong"],
            "--addext:1: `keyUsage` in [default]",
        ),
        (
            "[req]\n",
            &["-subj", "/CN=x", "-reqexts", "gone"],
            "test.cnf has no section [gone]",
        ),
        (
            "[req]\ndistinguished_name=dn\n[dn]\nCN=Name\nCN_default=x\nCN_min=5\n",
            &["-batch"],
            "test.cnf:4: `CN` in [dn]: the answer must have 5 octets at least",
        ),
        (
            "[req]\ndistinguished_name=dn\n[dn]\nCN=Name\nCN_default=x\n",
            &[],
            "nobody answers the question for `Name`",
        ),
    ] {
        fs::write(folder.path().join("test.cnf"), config).unwrap();
        let theirs = openssl(
            &folder,
            &[&["-new", "-key", "rsa.key"], options].concat(),
            "",
        );
        assert!(theirs.is_none(), "openssl accepts {config}");
        let options: Vec<String> = options.iter().map(|option| ours(option)).collect();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let output = tpm2ca(
            folder.path(),
            &[
                &[
                    "req", "--config", "test.cnf", "--key", "rsa.key", "--out", "ours",
                ],
                &options[..],
            ]
            .concat(),
        )
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
        let text = said(&output);
        assert!(!output.status.success(), "{config}: {text}");
        assert!(
            text.contains(message) && text.contains("hint: "),
            "{message}\n{text}"
        );
        assert!(!folder.path().join("ours").exists(), "{config}");
    }
}

#[test]
fn broken_hashes_are_refused_whatever_the_file_says() {
    let folder = keys();
    for hash in ["md5", "sha1"] {
        let config =
            format!("[req]\nprompt=no\ndefault_md={hash}\ndistinguished_name=dn\n[dn]\nCN=x\n");
        fs::write(folder.path().join("test.cnf"), config).unwrap();
        let output = tpm2ca(
            folder.path(),
            &["req", "--config", "test.cnf", "--key", "rsa.key"],
        )
        .output()
        .unwrap();
        let text = said(&output);
        assert!(
            text.contains(&format!(
                "test.cnf:3: `default_md` in [req]: signatures with `{hash}` can be forged"
            )),
            "{text}"
        );
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_file_that_a_profile_would_refuse_wins_with_a_warning_and_not_with_strict() {
    let folder = keys();
    let config = "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN=x\n[v3]\nbasicConstraints=CA:TRUE\n";
    fs::write(folder.path().join("test.cnf"), config).unwrap();
    let arguments = [
        "req", "--x509", "--config", "test.cnf", "--key", "rsa.key", "--out", "ours",
    ];
    let output = tpm2ca(folder.path(), &arguments).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("warning: ") && folder.path().join("ours").exists(),
        "{}",
        said(&output)
    );
    fs::remove_file(folder.path().join("ours")).unwrap();
    let output = tpm2ca(folder.path(), &[&arguments[..], &["--strict"]].concat())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(!folder.path().join("ours").exists());
}

#[test]
fn a_new_key_is_made_as_the_configuration_says() {
    let folder = temp_dir();
    let config = "[req]\ndefault_bits=2048\ndefault_keyfile=new.key\nprompt=no\ndistinguished_name=dn\noutput_password=hunter2\n[dn]\nCN=x\n";
    fs::write(folder.path().join("test.cnf"), config).unwrap();
    let run = |options: &[&str]| {
        tpm2ca(
            folder.path(),
            &[&["req", "--config", "test.cnf"], options].concat(),
        )
        .output()
        .unwrap()
    };
    let openssl = |command: &str, options: &[&str]| {
        Tool::openssl(command).args(options).dir(folder.path()).ok()
    };
    let output = run(&["--out", "a.csr"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        fs::read_to_string(folder.path().join("new.key"))
            .unwrap()
            .starts_with("-----BEGIN ENCRYPTED PRIVATE KEY")
    );
    openssl(
        "pkey",
        &["-in", "new.key", "-passin", "pass:hunter2", "-noout"],
    );
    openssl("req", &["-in", "a.csr", "-verify", "-noout"]);
    // The key of the request is that of the file.
    let public = openssl("req", &["-in", "a.csr", "-noout", "-pubkey"]).text();
    assert_eq!(
        openssl(
            "pkey",
            &["-in", "new.key", "-passin", "pass:hunter2", "-pubout"]
        )
        .text(),
        public
    );

    let output = run(&["--out", "b.csr"]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "a key is never replaced: {}",
        said(&output)
    );

    for kind in ["rsa:3072", "ec:P-384", "ec", "ed25519"] {
        let name = format!("{}.pem", kind.replace(':', "-"));
        let output = run(&[
            "--newkey", kind, "--noenc", "--x509", "--keyout", &name, "--out", &name,
        ]);
        assert!(output.status.success(), "{}", said(&output));
        // Key and certificate in one file, as with OpenSSL.
        let key = openssl("pkey", &["-in", &name, "-pubout"]).text();
        assert_eq!(
            openssl("x509", &["-in", &name, "-noout", "-pubkey"]).text(),
            key
        );
        let verified = openssl("verify", &["-check_ss_sig", "-CAfile", &name, &name]);
        assert!(verified.report().contains("OK"), "{}", verified.report());
    }
    let output = run(&[
        "--newkey", "rsa:1024", "--noenc", "--keyout", "weak", "--out", "weak",
    ]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

#[test]
fn an_encrypted_software_key_is_opened_with_the_configuration_s_pass_phrase() {
    let folder = keys();
    Tool::openssl("pkey")
        .args([
            "-in",
            "rsa.key",
            "-aes256",
            "-passout",
            "pass:hunter2",
            "-out",
            "locked.key",
        ])
        .dir(folder.path())
        .ok();
    let config = "[req]\nprompt=no\ninput_password=hunter2\ndistinguished_name=dn\n[dn]\nCN=x\n";
    fs::write(folder.path().join("test.cnf"), config).unwrap();
    let request = |key: &str, options: &[&str]| {
        let arguments = ["req", "--config", "test.cnf", "--key", key];
        tpm2ca(folder.path(), &[&arguments[..], options].concat())
            .output()
            .unwrap()
    };
    let unlocked = request("rsa.key", &[]);
    assert!(unlocked.status.success(), "{}", said(&unlocked));
    assert_eq!(request("locked.key", &[]).stdout, unlocked.stdout);
    let wrong = request("locked.key", &["--key-auth", "pass:wrong"]);
    assert_eq!(wrong.status.code(), Some(1), "{}", said(&wrong));
}

#[test]
fn a_key_in_the_tpm_makes_requests_and_roots() {
    let ca = tpm2ca_tests::Ca::new(&["--alg", "rsa", "--key-auth", "pass:s3cret"]);
    let config = "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\nreq_extensions=e\nINPUT\n[dn]\nO=Acme\nCN=Acme Root\n[v3]\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\nbasicConstraints=critical,CA:true\nkeyUsage=critical,cRLSign,keyCertSign\n[e]\nsubjectAltName=DNS:a.example\n";
    fs::write(ca.path("test.cnf"), config.replace("INPUT", "")).unwrap();
    // The value of the key can stand in the file, as OpenSSL's pass phrase can.
    fs::write(
        ca.path("password.cnf"),
        config.replace("INPUT", "input_password=s3cret"),
    )
    .unwrap();
    let common = ["req", "--key", "ca/root.key"];
    ca.ok(&[
        &common[..],
        &[
            "--config",
            "test.cnf",
            "--key-auth",
            "pass:s3cret",
            "--out",
            "a.csr",
        ],
    ]
    .concat());
    ca.ok(&[
        &common[..],
        &[
            "--config",
            "password.cnf",
            "--x509",
            "--days",
            "100",
            "--out",
            "root.crt",
        ],
    ]
    .concat());
    let ran = Tool::openssl("req")
        .args(["-in", "a.csr", "-verify", "-noout"])
        .dir(ca.folder.path())
        .ok();
    assert!(ran.report().contains("verify OK"), "{}", ran.report());
    Tool::openssl("verify")
        .args([
            "-x509_strict",
            "-check_ss_sig",
            "-CAfile",
            "root.crt",
            "root.crt",
        ])
        .dir(ca.folder.path())
        .ok();
    Tool::certtool()
        .args([
            "--verify",
            "--load-ca-certificate",
            "root.crt",
            "--infile",
            "root.crt",
        ])
        .dir(ca.folder.path())
        .ok();
    let said = ca.fails(
        1,
        &[
            &common[..],
            &[
                "--config",
                "test.cnf",
                "--key-auth",
                "pass:wrong",
                "--out",
                "b.csr",
            ],
        ]
        .concat(),
    );
    assert!(
        said.contains("tries are left") && !ca.path("b.csr").exists(),
        "{said}"
    );
    // The same key at a persistent handle.
    ca.ok(&[
        "key",
        "persist",
        "ca/root.key",
        "--key-auth",
        "pass:s3cret",
        "--handle",
        "0x81000021",
    ]);
    ca.ok(&[
        "req",
        "--key",
        "handle:0x81000021",
        "--config",
        "password.cnf",
        "--x509",
        "--out",
        "handle.crt",
    ]);
    let public = |file: &str| {
        let ran = Tool::openssl("x509")
            .args(["-in", file, "-noout", "-pubkey"])
            .dir(ca.folder.path())
            .ok();
        ran.text()
    };
    assert_eq!(public("handle.crt"), public("root.crt"));
}

fn compare(folder: &TempDir, case: &Case, key: &str) -> Result<(), String> {
    let arguments = [&["-new", "-key", key], case.options].concat();
    let Some(theirs) = openssl(folder, &arguments, case.answers) else {
        return Err("openssl refuses it".to_owned());
    };
    let options: Vec<String> = arguments.iter().map(|option| ours(option)).collect();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let mut command = tpm2ca(
        folder.path(),
        &[
            &[
                "req",
                "--config",
                "test.cnf",
                "--outform",
                "der",
                "--out",
                "ours.der",
            ],
            &options[..],
        ]
        .concat(),
    );
    fs::write(folder.path().join("answers"), case.answers).unwrap();
    let answers = fs::File::open(folder.path().join("answers")).unwrap();
    let output = command.stdin(answers).output().unwrap();
    if !output.status.success() {
        return Err(said(&output));
    }
    let ours = fs::read(folder.path().join("ours.der")).unwrap();
    let (ours_signed, theirs_signed) = if case.options.contains(&"-x509") {
        (
            dated_alike(&ours, &theirs),
            Certificate::parse(&theirs).unwrap().tbs().der().to_vec(),
        )
    } else {
        if key == "rsa.key" && ours == theirs {
            return Ok(());
        }
        (
            Csr::parse(&ours).unwrap().info_der().to_vec(),
            Csr::parse(&theirs).unwrap().info_der().to_vec(),
        )
    };
    if ours_signed == theirs_signed && (key != "rsa.key" || case.options.contains(&"-x509")) {
        return Ok(());
    }
    Err(format!(
        "\n  ours:    {}\n  openssl: {}\n{}",
        ours_signed.escape_ascii(),
        theirs_signed.escape_ascii(),
        said(&output)
    ))
}

/// What we signed, with the dates of the other: the clock may have moved on between the two.
fn dated_alike(ours: &[u8], theirs: &[u8]) -> Vec<u8> {
    let (ours, theirs) = (
        Certificate::parse(ours).unwrap(),
        Certificate::parse(theirs).unwrap(),
    );
    let (from, to) = (ours.tbs().validity_der(), theirs.tbs().validity_der());
    assert_eq!(from.len(), to.len());
    let [mine, other] = [&ours, &theirs].map(|certificate| certificate.tbs().validity());
    assert_eq!(
        mine.not_after - mine.not_before,
        other.not_after - other.not_before
    );
    let tbs = ours.tbs().der();
    let at = tbs
        .windows(from.len())
        .position(|window| window == from)
        .unwrap();
    [&tbs[..at], to, &tbs[at + from.len()..]].concat()
}

fn openssl(folder: &TempDir, arguments: &[&str], answers: &str) -> Option<Vec<u8>> {
    let ran = Tool::openssl("req")
        .args([
            "-config",
            "test.cnf",
            "-outform",
            "DER",
            "-out",
            "theirs.der",
        ])
        .args(arguments)
        .input(answers)
        .dir(folder.path())
        .run();
    ran.success()
        .then(|| fs::read(folder.path().join("theirs.der")).unwrap())
}

/// Our spelling of an option.
fn ours(argument: &str) -> String {
    let is_option = argument.starts_with('-') && argument.len() > 2;
    if is_option {
        format!("-{argument}")
    } else {
        argument.to_owned()
    }
}

/// A folder with software keys.
fn keys() -> TempDir {
    let folder = temp_dir();
    for (file, options) in [
        (
            "rsa.key",
            &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        ),
        (
            "p256.key",
            &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        ),
        (
            "p384.key",
            &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        ),
    ] {
        Tool::openssl("genpkey")
            .args(options)
            .args(["-out", file])
            .dir(folder.path())
            .ok();
    }
    folder
}
