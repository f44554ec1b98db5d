//! The OpenSSL Certificate Authority guide from its first step to its last, with its two files, whose only change is
//! `dir`; root and intermediate are in a TPM. Others judge what comes of it.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use tpm2ca_testkit::{Ran, Swtpm, TempDir, Tool, temp_dir};
use tpm2ca_tests::{ocsp::Responder, said, tpm2ca};

const RSA: [&str; 4] = ["-a", "rsa", "-s", "2048"];
const P384: [&str; 4] = ["-a", "ecdsa", "-c", "nist_p384"];

#[test]
fn with_rsa_keys() {
    walk(&RSA, equivalent);
}

#[test]
fn with_p384_keys() {
    walk(&P384, equivalent);
}

#[test]
fn with_its_own_files_and_rsa_keys() {
    if is_here() {
        walk(&RSA, of_the_guide);
    }
}

#[test]
fn with_its_own_files_and_p384_keys() {
    if is_here() {
        walk(&P384, of_the_guide);
    }
}

struct Guide {
    folder: TempDir,
    tpm: Swtpm,
}

const ROOT: &str = "ca/certs/ca.cert.pem";
const INTERMEDIATE: &str = "ca/intermediate/certs/intermediate.cert.pem";
const CHAIN: &str = "ca/intermediate/certs/ca-chain.cert.pem";
const ROOT_CRL: &str = "ca/crl/ca.crl.pem";
const CRL: &str = "ca/intermediate/crl/intermediate.crl.pem";
const SERVER: &str = "ca/intermediate/certs/www.example.com.cert.pem";
const CLIENT: &str = "ca/intermediate/certs/bob@example.com.cert.pem";

impl Guide {
    /// The folders and files that the guide begins with.
    fn new(configuration: fn(&str) -> String) -> Self {
        let this = Self {
            folder: temp_dir(),
            tpm: Swtpm::start(),
        };
        for (name, dir) in [("root", "ca"), ("intermediate", "ca/intermediate")] {
            let path = this.folder.path().join(dir);
            for folder in ["certs", "crl", "csr", "newcerts", "private"] {
                fs::create_dir_all(path.join(folder)).unwrap();
            }
            this.write(&format!("{dir}/index.txt"), "");
            this.write(&format!("{dir}/serial"), "1000\n");
            this.write(
                &format!("{dir}/openssl.cnf"),
                &in_folder(&configuration(name), &path),
            );
        }
        // The guide makes this one for the intermediate only.
        this.write("ca/intermediate/crlnumber", "1000\n");
        this
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The program, which must succeed; arguments have no spaces.
    fn ok(&self, arguments: &str) -> String {
        self.answered(arguments, "")
    }

    /// The same, with what is typed.
    fn answered(&self, arguments: &str, typed: &str) -> String {
        let folder = self.folder.path();
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let mut child = tpm2ca(folder, &arguments)
            .env("TPM2CA_TCTI", self.tpm.tcti().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A few octets, for which the pipe has room; whoever reads none may have gone.
        let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "tpm2ca {arguments:?}: {}",
            said(&output)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// `openssl`, whose arguments have no spaces either.
    fn try_openssl(&self, arguments: &str) -> Ran {
        Tool::new("openssl")
            .args(arguments.split_whitespace())
            .dir(self.folder.path())
            .run()
    }

    fn openssl(&self, arguments: &str) -> Ran {
        let ran = self.try_openssl(arguments);
        assert!(ran.success(), "{}", ran.report());
        ran
    }

    /// `openssl verify` at its strictest; what it objects to.
    fn objection(&self, arguments: &str) -> Option<String> {
        let ran = self.try_openssl(&format!(
            "verify -x509_strict -check_ss_sig -CAfile {ROOT} {arguments}"
        ));
        (!ran.success()).then(|| ran.errors())
    }

    /// GnuTLS agrees that the certificate is good.
    fn certtool_verifies(&self, certificate: &str) {
        self.write(
            "chain.pem",
            &[certificate, INTERMEDIATE, ROOT]
                .map(|name| self.read(name))
                .concat(),
        );
        Tool::certtool()
            .args(["--verify", "--load-ca-certificate", ROOT])
            .args(["--infile", "chain.pem"])
            .dir(self.folder.path())
            .ok();
    }

    /// A new CRL, which is right in the eyes of OpenSSL and GnuTLS.
    fn crl(&self, config: &str, issuer: &str, out: &str) {
        self.ok(&format!("crl --config {config} --out {out}"));
        let ran = self.openssl(&format!("crl -in {out} -noout -CAfile {CHAIN}"));
        assert!(ran.errors().contains("verify OK"), "{}", ran.report());
        Tool::certtool()
            .args(["--verify-crl", "--load-ca-certificate", issuer])
            .args(["--infile", out])
            .dir(self.folder.path())
            .ok();
    }

    /// What our responder answers, and what one does that knows nothing but our index.txt; `-cert FILE` or
    /// `-serial NUMBER`.
    fn ocsp(&self, asked: &str) -> String {
        self.openssl(&format!(
            "ocsp -issuer {INTERMEDIATE} {asked} -no_nonce -reqout ocsp.req"
        ));
        let signer = "-rsigner ca/intermediate/certs/ocsp.cert.pem -rkey ocsp.key.pem";
        self.openssl(&format!(
            "ocsp -index ca/intermediate/index.txt -CA {INTERMEDIATE} {signer} -reqin ocsp.req -respout theirs.resp"
        ));
        self.ok(&format!(
            "ocsp --config ca/intermediate/openssl.cnf --once -{} --reqin ocsp.req --respout ours.resp",
            signer.replace(" -rkey", " --rkey")
        ));
        let [theirs, ours] = ["theirs.resp", "ours.resp"].map(|response| {
            let ran = self.openssl(&format!(
                "ocsp -respin {response} -issuer {INTERMEDIATE} {asked} -no_nonce -CAfile {CHAIN}"
            ));
            assert!(
                ran.errors().contains("Response verify OK"),
                "{}",
                ran.report()
            );
            ran.text()
        });
        let without_times = |answer: &str| -> String {
            let lines = answer.lines().filter(|line| !line.contains("Update:"));
            lines.collect::<Vec<_>>().join("\n")
        };
        assert_eq!(without_times(&ours), without_times(&theirs));
        ours
    }

    /// The responder with a certificate that it gets for itself.
    fn listening(&self) -> Responder {
        let config = ["--config", "ca/intermediate/openssl.cnf"];
        let arguments = [&["ocsp", "--listen", "127.0.0.1:0"], &config[..]].concat();
        let mut command = tpm2ca(self.folder.path(), &arguments);
        command.env("TPM2CA_TCTI", self.tpm.tcti().to_string());
        Responder::spawn(command)
    }

    /// What it answers.
    fn asked_over_http(&self, responder: &Responder, asked: &str) -> String {
        let ran = self.openssl(&format!(
            "ocsp -issuer {INTERMEDIATE} {asked} -url {} -CAfile {CHAIN}",
            responder.url()
        ));
        assert!(
            ran.errors().contains("Response verify OK"),
            "{}",
            ran.report()
        );
        ran.text()
    }
}

/// The guide's own files, which are not ours to copy, are beside the repository or not at all.
fn folder_of_the_guide() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/testdata/nguyen")
}

fn is_here() -> bool {
    folder_of_the_guide().exists()
}

fn of_the_guide(name: &str) -> String {
    fs::read_to_string(folder_of_the_guide().join(format!("{name}-openssl.cnf"))).unwrap()
}

/// Files that say the same.
fn equivalent(name: &str) -> String {
    let (key, policy) = match name {
        "root" => ("ca", "policy_strict"),
        _ => ("intermediate", "policy_loose"),
    };
    include_str!("guide.cnf")
        .replace("KEY", key)
        .replace("POLICY", policy)
}

/// The file with its folder, and nothing else that is new.
fn in_folder(text: &str, dir: &Path) -> String {
    let (mut lines, mut changed) = (String::new(), 0);
    for line in text.lines() {
        if line.starts_with("dir ") {
            changed += 1;
            writeln!(lines, "dir = {}", dir.display()).unwrap();
        } else {
            writeln!(lines, "{line}").unwrap();
        }
    }
    assert_eq!(changed, 1);
    lines
}

/// What the guide says is typed; the rest are defaults.
fn answers(common_name: &str) -> String {
    format!("GB\nEngland\n\nAlice Ltd\nAlice Ltd Certificate Authority\n{common_name}\n\n")
}

fn walk(kind: &[&str], configuration: fn(&str) -> String) {
    let guide = Guide::new(configuration);
    let kind = kind.join(" ");
    root_and_intermediate(&guide, &kind);
    for (name, section, purpose) in [
        ("www.example.com", "server_cert", "sslserver"),
        ("bob@example.com", "usr_cert", "sslclient"),
        ("ocsp", "ocsp", "ocsphelper"),
    ] {
        let csr = format!("ca/intermediate/csr/{name}.csr.pem");
        let cert = format!("ca/intermediate/certs/{name}.cert.pem");
        guide.openssl(&format!(
            "req -new -newkey rsa:2048 -nodes -keyout {name}.key.pem -subj /C=US/ST=California/O=Example/CN={name} \
             -out {csr}"
        ));
        guide.ok(&format!(
            "sign --config ca/intermediate/openssl.cnf --extensions {section} --days 375 --notext --md sha256 --batch \
             --in {csr} --out {cert}"
        ));
        let objection = guide.objection(&format!(
            "-untrusted {INTERMEDIATE} -purpose {purpose} {cert}"
        ));
        assert_eq!(objection, None, "{name}");
        guide.certtool_verifies(&cert);
    }
    revocation(&guide);
    for config in ["ca/openssl.cnf", "ca/intermediate/openssl.cnf"] {
        guide.ok(&format!("db check --config {config}"));
    }
}

fn root_and_intermediate(guide: &Guide, kind: &str) {
    guide.ok(&format!("genkey {kind} ca/private/ca.key.pem"));
    guide.answered(
        &format!(
            "req --config ca/openssl.cnf --key ca/private/ca.key.pem --new --x509 --days 7300 --sha256 \
             --extensions v3_ca --out {ROOT}"
        ),
        &answers("Alice Ltd Root CA"),
    );
    guide.ok(&format!(
        "genkey {kind} ca/intermediate/private/intermediate.key.pem"
    ));
    let csr = "ca/intermediate/csr/intermediate.csr.pem";
    guide.answered(
        &format!(
            "req --config ca/intermediate/openssl.cnf --new --sha256 \
             --key ca/intermediate/private/intermediate.key.pem --out {csr}"
        ),
        &answers("Alice Ltd Intermediate CA"),
    );
    guide.openssl(&format!("req -in {csr} -noout -verify"));
    guide.ok(&format!(
        "sign --config ca/openssl.cnf --extensions v3_intermediate_ca --days 3650 --notext --md sha256 --batch \
         --in {csr} --out {INTERMEDIATE}"
    ));
    let index = guide.read("ca/index.txt");
    assert!(
        index.starts_with("V\t")
            && index.ends_with(
                "\t1000\tunknown\t/C=GB/ST=England/O=Alice Ltd/OU=Alice Ltd Certificate Authority\
                 /CN=Alice Ltd Intermediate CA\n"
            ),
        "{index}"
    );
    guide.write(
        CHAIN,
        &[INTERMEDIATE, ROOT].map(|name| guide.read(name)).concat(),
    );
    for certificate in [ROOT, INTERMEDIATE] {
        assert_eq!(guide.objection(certificate), None, "{certificate}");
        guide.certtool_verifies(certificate);
    }
}

/// CRLs and OCSP, before and after the revocation of the client.
fn revocation(guide: &Guide) {
    let config = "ca/intermediate/openssl.cnf";
    let checked = |certificate: &str| {
        guide.objection(&format!(
            "-untrusted {INTERMEDIATE} -crl_check -crl_check_all -CRLfile {CRL} -CRLfile {ROOT_CRL} {certificate}"
        ))
    };
    guide.crl("ca/openssl.cnf", ROOT, ROOT_CRL);
    guide.crl(config, INTERMEDIATE, CRL);
    for certificate in [SERVER, CLIENT] {
        assert_eq!(checked(certificate), None);
        let answer = guide.ocsp(&format!("-cert {certificate}"));
        assert!(answer.contains(&format!("{certificate}: good")), "{answer}");
    }

    let responder = guide.listening();
    let answer = guide.asked_over_http(&responder, &format!("-cert {CLIENT}"));
    assert!(answer.contains(&format!("{CLIENT}: good")), "{answer}");
    guide.ok(&format!(
        "revoke --config {config} {CLIENT} --reason keyCompromise"
    ));
    let answer = guide.asked_over_http(&responder, &format!("-cert {CLIENT} -serial 0x7777"));
    assert!(
        answer.contains(&format!("{CLIENT}: revoked")) && answer.contains("0x7777: unknown"),
        "{answer}"
    );
    drop(responder);
    guide.crl(config, INTERMEDIATE, CRL);
    assert_eq!(checked(SERVER), None);
    let objection = checked(CLIENT).unwrap();
    assert!(objection.contains("certificate revoked"), "{objection}");
    let answer = guide.ocsp(&format!("-cert {CLIENT}"));
    assert!(
        answer.contains(&format!("{CLIENT}: revoked")) && answer.contains("Reason: keyCompromise"),
        "{answer}"
    );
    let answer = guide.ocsp(&format!("-cert {SERVER}"));
    assert!(answer.contains(": good"), "{answer}");
    let answer = guide.ocsp("-serial 0x7777");
    assert!(answer.contains("0x7777: unknown"), "{answer}");
    assert_eq!(guide.read("ca/intermediate/crlnumber"), "1002\n");
}
