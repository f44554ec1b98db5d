//! Certificates that OpenSSL made, as its manual says to make them: an independent writer's idea of good ones.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use tpm2ca_lint::{Context, Finding, IssuerFacts, Linter, Role, Severity};
use tpm2ca_x509::{Certificate, SignatureAlgorithm, pem};

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tpm2ca-lint-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(&self.0)
            .output()
            .unwrap();
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments}\n{talk}");
    }

    /// Makes the key, the request and the certificate; `issuer` signs, or the key itself.
    fn certificate(
        &self,
        name: &str,
        key: &str,
        subject: &str,
        extensions: &str,
        issuer: Option<&str>,
        days: u32,
    ) -> Vec<u8> {
        fs::write(self.0.join("ext.cnf"), extensions).unwrap();
        self.openssl(&format!("genpkey {key} -out {name}.key"));
        // Without the default file there is no section that adds extensions of its own.
        let config = "[req]\ndistinguished_name=dn\nstring_mask=utf8only\n[dn]\n";
        fs::write(self.0.join("req.cnf"), config).unwrap();
        self.openssl(&format!(
            "req -new -config req.cnf -key {name}.key -subj {subject} -out {name}.csr"
        ));
        let signer = issuer.map_or_else(
            || format!("-signkey {name}.key"),
            |issuer| format!("-CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial"),
        );
        self.openssl(&format!(
            "x509 -req -in {name}.csr {signer} -sha256 -days {days} -extfile ext.cnf -out {name}.pem"
        ));
        read(&self.0.join(format!("{name}.pem")))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn read(path: &Path) -> Vec<u8> {
    pem::single(&fs::read(path).unwrap(), &["CERTIFICATE"]).unwrap()
}

fn findings(role: Role, certificate: &[u8], issuer: Option<&[u8]>) -> Vec<Finding> {
    let certificate = Certificate::parse(certificate).unwrap();
    let issuer = issuer.map(|der| Certificate::parse(der).unwrap());
    let context = Context {
        role,
        issuer: issuer.as_ref().map(|issuer| IssuerFacts::of(issuer.tbs())),
        signature_algorithm: SignatureAlgorithm::from_der(certificate.signature_algorithm_der())
            .unwrap(),
        subject_key_identifier: None,
    };
    match Linter::new().check(certificate.tbs().der().to_vec(), &context) {
        Ok(linted) => linted.warnings().to_vec(),
        Err(rejected) => rejected.findings,
    }
}

fn names(findings: &[Finding], at_least: Severity) -> Vec<&'static str> {
    let severe = findings
        .iter()
        .filter(|finding| finding.severity >= at_least);
    severe.map(|finding| finding.lint).collect()
}

const P256: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
const P384: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-384";
const P521: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-521";
const RSA: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
const ED25519: &str = "-algorithm ED25519";

const ROOT: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
    subjectKeyIdentifier=hash\n";
const INTERMEDIATE: &str = "basicConstraints=critical,CA:TRUE,pathlen:0\n\
    keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n";
const LEAF: &str =
    "basicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n";

/// Root, its folder, and the root's certificate.
fn with_root(key: &str) -> (Folder, Vec<u8>) {
    let folder = Folder::new();
    let root = folder.certificate("root", key, "/C=DE/O=Acme/CN=Root", ROOT, None, 7300);
    (folder, root)
}

#[test]
fn roots_pass_clean() {
    for key in [P256, P384, P521, RSA] {
        let (_folder, root) = with_root(key);
        assert_eq!(findings(Role::Root, &root, None), [], "{key}");
    }
}

#[test]
fn intermediates_pass_clean() {
    let (folder, root) = with_root(P256);
    for (name, key, extra) in [
        ("plain", P256, ""),
        ("rsa", RSA, ""),
        (
            "permitted",
            P384,
            "nameConstraints=critical,permitted;DNS:example.com,permitted;IP:10.0.0.0/255.0.0.0\n",
        ),
        (
            "excluded",
            P256,
            "nameConstraints=critical,excluded;email:example.org,excluded;URI:.example.org\n",
        ),
        (
            "policies",
            P256,
            "certificatePolicies=2.5.29.32.0\npolicyConstraints=critical,requireExplicitPolicy:0\ninhibitAnyPolicy=critical,0\n",
        ),
    ] {
        let extensions = format!("{INTERMEDIATE}{extra}");
        let made = folder.certificate(
            name,
            key,
            "/CN=Intermediate",
            &extensions,
            Some("root"),
            3650,
        );
        assert_eq!(
            findings(Role::Intermediate, &made, Some(&root)),
            [],
            "{name}"
        );
    }
}

#[test]
fn leaves_pass_clean() {
    let (folder, root) = with_root(P256);
    let server = "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n";
    for (name, role, key, subject, extra) in [
        ("ec-server", Role::Leaf, P256, "/CN=host.example.com", format!("{server}subjectAltName=DNS:host.example.com,IP:192.0.2.1,IP:2001:db8::1\n")),
        ("wildcard", Role::Leaf, P384, "/CN=*.example.com", format!("{server}subjectAltName=DNS:*.example.com\n")),
        (
            "rsa-server",
            Role::Leaf,
            RSA,
            "/C=DE/ST=Berlin/L=Berlin/O=Acme/OU=Ops/CN=host.example.com",
            "keyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth,clientAuth\n\
             subjectAltName=DNS:host.example.com\ncrlDistributionPoints=URI:http://ca.example.com/ca.crl\n\
             authorityInfoAccess=OCSP;URI:http://ca.example.com/ocsp,caIssuers;URI:http://ca.example.com/ca.der\n\
             certificatePolicies=1.3.6.1.4.1.99999.1\n".to_owned(),
        ),
        ("ed25519-server", Role::Leaf, ED25519, "/CN=host.example.com", format!("{server}subjectAltName=DNS:host.example.com\ntlsfeature=status_request\n")),
        ("no-subject", Role::Leaf, P256, "/", format!("{server}subjectAltName=critical,DNS:host.example.com\n")),
        ("client", Role::Leaf, P256, "/CN=Alice+UID=alice", "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\nsubjectAltName=email:alice@example.com,URI:spiffe://example.com/alice\n".to_owned()),
        ("mail", Role::Leaf, RSA, "/CN=Alice", "keyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=emailProtection\nsubjectAltName=email:alice@example.com\n".to_owned()),
        ("ocsp", Role::OcspResponder, P256, "/CN=OCSP", "keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\nnoCheck=ignored\n".to_owned()),
    ] {
        let extensions = format!("{LEAF}{extra}");
        let made = folder.certificate(name, key, subject, &extensions, Some("root"), 80);
        assert_eq!(findings(role, &made, Some(&root)), [], "{name}");
    }
}

#[test]
fn openssl_s_own_defaults_have_no_errors() {
    // The extensions that openssl.cnf of the distributions gives to `openssl req -x509`: basic constraints are
    // critical there, a key usage is missing, and the authority key identifier of a root is its own.
    let folder = Folder::new();
    let root = folder.certificate(
        "self",
        RSA,
        "/CN=Self",
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\nbasicConstraints=critical,CA:true\n",
        None,
        30,
    );
    let found = findings(Role::Root, &root, None);
    assert_eq!(names(&found, Severity::Error), ["rfc5280_ca_key_cert_sign"]);
}

#[test]
fn wrong_ones_are_found() {
    let (folder, root) = with_root(P256);
    let ca_as_leaf = folder.certificate("ca", P256, "/CN=CA", INTERMEDIATE, Some("root"), 80);
    let found = findings(Role::Leaf, &ca_as_leaf, Some(&root));
    assert_eq!(
        names(&found, Severity::Error),
        [
            "rfc5280_leaf_not_ca",
            "rfc5280_leaf_no_key_cert_sign",
            "br_leaf_no_crl_sign"
        ]
    );

    let extensions =
        format!("{LEAF}keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n");
    let nameless = folder.certificate(
        "nameless",
        P256,
        "/CN=host.example.com",
        &extensions,
        Some("root"),
        80,
    );
    let found = findings(Role::Leaf, &nameless, Some(&root));
    assert_eq!(names(&found, Severity::Error), ["br_server_has_host"]);

    let (_other, stranger) = with_root(P384);
    let found = findings(Role::Leaf, &nameless, Some(&stranger));
    assert!(names(&found, Severity::Error).contains(&"rfc5280_authority_key_id_matches_issuer"));

    let weak = "-algorithm RSA -pkeyopt rsa_keygen_bits:1024";
    let extensions = format!("{extensions}subjectAltName=DNS:host.example.com\n");
    let weak = folder.certificate(
        "weak",
        weak,
        "/CN=host.example.com",
        &extensions,
        Some("root"),
        80,
    );
    assert_eq!(
        names(&findings(Role::Leaf, &weak, Some(&root)), Severity::Error),
        ["br_rsa_size"]
    );
}
