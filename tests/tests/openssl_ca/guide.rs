//! The OpenSSL Certificate Authority guide from its first step to its last, with its two files, whose only change is
//! `dir`; root and intermediate are in a TPM. Others judge what comes of it.

use std::{io::Write as _, path::Path, process::Stdio};

use tpm2ca_testkit::{Swtpm, TempDir, Tool, temp_dir};
use tpm2ca_tests::{
    guide::{
        CHAIN, CLIENT, CONFIG, Configuration, Guide, INTERMEDIATE, RESPONDER, ROOT, ROOT_CONFIG,
        Step, begin, certificates, equivalent, is_here, of_the_guide, revocation,
    },
    ocsp::Responder,
    said, tpm2ca,
};

const RSA: &str = "-a rsa -s 2048";
const P384: &str = "-a ecdsa -c nist_p384";

#[test]
fn with_rsa_keys() {
    walk(RSA, equivalent);
}

#[test]
fn with_p384_keys() {
    walk(P384, equivalent);
}

#[test]
fn with_its_own_files_and_rsa_keys() {
    if is_here() {
        walk(RSA, of_the_guide);
    }
}

#[test]
fn with_its_own_files_and_p384_keys() {
    if is_here() {
        walk(P384, of_the_guide);
    }
}

fn walk(kind: &'static str, configuration: Configuration) {
    let ours = Ours {
        folder: temp_dir(),
        tpm: Swtpm::start(),
        kind,
    };
    begin(ours.folder(), configuration);
    certificates(&ours);
    revocation(&ours);
    for config in [ROOT_CONFIG, CONFIG] {
        ours.ok(&format!("db check --config {config}"));
    }
}

/// By `tpm2ca` alone.
struct Ours {
    folder: TempDir,
    tpm: Swtpm,
    kind: &'static str,
}

impl Guide for Ours {
    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn judge(&self, arguments: &str) -> Tool {
        Tool::new("openssl")
            .args(arguments.split_whitespace())
            .dir(self.folder())
    }

    fn key(&self, file: &str) {
        self.ok(&format!("genkey {} {file}", self.kind));
    }

    fn take(&self, step: &Step<'_>) {
        let arguments = match step {
            Step::Root => format!(
                "req --config {ROOT_CONFIG} --key ca/private/ca.key.pem --new --x509 --days 7300 --sha256 \
                 --extensions v3_ca --out {ROOT}"
            ),
            Step::Request(csr) => format!(
                "req --config {CONFIG} --new --sha256 --key ca/intermediate/private/intermediate.key.pem --out {csr}"
            ),
            Step::Sign {
                config,
                extensions,
                days,
                csr,
                out,
            } => format!(
                "sign --config {config} --extensions {extensions} --days {days} --notext --md sha256 --batch \
                 --in {csr} --out {out}"
            ),
            Step::Crl { config, out } => format!("crl --config {config} --out {out}"),
            Step::Revoke => return self.revoke_while_listening(),
        };
        self.answered(&arguments, &step.typed());
    }

    fn request(&self, name: &str, csr: &str) {
        self.openssl(&format!(
            "req -new -newkey rsa:2048 -nodes -keyout {name}.key.pem -subj /C=US/ST=California/O=Example/CN={name} \
             -out {csr}"
        ));
    }

    /// What our responder answers, and what one does that knows nothing but our index.txt.
    fn ocsp(&self, asked: &str) -> String {
        self.openssl(&format!(
            "ocsp -issuer {INTERMEDIATE} {asked} -no_nonce -reqout ocsp.req"
        ));
        self.openssl(&format!(
            "ocsp -index ca/intermediate/index.txt -CA {INTERMEDIATE} -rsigner {RESPONDER} -rkey ocsp.key.pem \
             -reqin ocsp.req -respout theirs.resp"
        ));
        self.ok(&format!(
            "ocsp --config {CONFIG} --once --rsigner {RESPONDER} --rkey ocsp.key.pem --reqin ocsp.req \
             --respout ours.resp"
        ));
        let [theirs, ours] =
            ["theirs.resp", "ours.resp"].map(|response| self.answer(response, asked));
        let without_times = |answer: &str| -> String {
            let lines = answer.lines().filter(|line| !line.contains("Update:"));
            lines.collect::<Vec<_>>().join("\n")
        };
        assert_eq!(without_times(&ours), without_times(&theirs));
        ours
    }
}

impl Ours {
    /// The program, which must succeed; arguments have no spaces.
    fn ok(&self, arguments: &str) -> String {
        self.answered(arguments, "")
    }

    /// The same, with what is typed.
    fn answered(&self, arguments: &str, typed: &str) -> String {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let mut child = tpm2ca(self.folder(), &arguments)
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

    /// Revokes the client, which a responder that was there before is told by nobody.
    fn revoke_while_listening(&self) {
        let responder = self.listening();
        let answer = self.asked_over_http(&responder, &format!("-cert {CLIENT}"));
        assert!(answer.contains(&format!("{CLIENT}: good")), "{answer}");
        self.ok(&format!(
            "revoke --config {CONFIG} {CLIENT} --reason keyCompromise"
        ));
        let answer = self.asked_over_http(&responder, &format!("-cert {CLIENT} -serial 0x7777"));
        assert!(
            answer.contains(&format!("{CLIENT}: revoked")) && answer.contains("0x7777: unknown"),
            "{answer}"
        );
    }

    /// The responder with a certificate that it gets for itself.
    fn listening(&self) -> Responder {
        let arguments = ["ocsp", "--listen", "127.0.0.1:0", "--config", CONFIG];
        let mut command = tpm2ca(self.folder(), &arguments);
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
