//! The OpenSSL Certificate Authority guide from its first step to its last, by `openssl` itself: with its two files, whose
//! only change is `dir`, and root, intermediate and OCSP responder in a TPM. Once with the options that load the
//! provider, once with those of the engine by way of `tpm2ca openssl`. Others judge what comes of it.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use tpm2ca_testkit::{Ran, Tool};
use tpm2ca_tests::openssl_versions::{OpenSsl, Version};

use crate::world::World;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `openssl req -provider default -provider tpm2 ...`
    Provider,
    /// `tpm2ca openssl req -engine tpm2tss -keyform engine ...`
    Engine,
}

#[derive(Clone, Copy)]
enum Kind {
    Rsa,
    P384,
}

type Configuration = fn(&str) -> String;

#[test]
fn by_the_provider_with_rsa_keys_on_the_system_s_openssl() {
    walk(OpenSsl::system(), Form::Provider, Kind::Rsa, any());
}

#[test]
fn by_the_provider_with_p384_keys_on_the_system_s_openssl() {
    walk(OpenSsl::system(), Form::Provider, Kind::P384, any());
}

#[test]
fn by_the_provider_with_rsa_keys_on_3_5() {
    walk(
        OpenSsl::version(Version::V3_5),
        Form::Provider,
        Kind::Rsa,
        any(),
    );
}

#[test]
fn by_the_provider_with_rsa_keys_on_4_0() {
    walk(
        OpenSsl::version(Version::V4_0),
        Form::Provider,
        Kind::Rsa,
        any(),
    );
}

#[test]
fn by_the_provider_with_p384_keys_and_files_that_say_the_same_on_4_0() {
    walk(
        OpenSsl::version(Version::V4_0),
        Form::Provider,
        Kind::P384,
        equivalent,
    );
}

#[test]
fn by_the_options_of_the_engine_with_rsa_keys_on_the_system_s_openssl() {
    walk(OpenSsl::system(), Form::Engine, Kind::Rsa, equivalent);
}

#[test]
fn by_the_options_of_the_engine_with_rsa_keys_on_4_0() {
    walk(
        OpenSsl::version(Version::V4_0),
        Form::Engine,
        Kind::Rsa,
        any(),
    );
}

#[test]
fn by_the_options_of_the_engine_with_p384_keys_on_4_0() {
    walk(
        OpenSsl::version(Version::V4_0),
        Form::Engine,
        Kind::P384,
        any(),
    );
}

/// The one line that everything began with, word for word, with the guide's file.
#[test]
fn the_one_line() {
    for openssl in crate::world::all() {
        let world = World::new(openssl);
        world.write("openssl.cnf", any()("root"));
        world.ours("genkey -a rsa -s 2048 ca-root.key.tss").ok();
        world
            .wrapped(
                "req -config openssl.cnf -new -x509 -engine tpm2tss -key ca-root.key.tss -keyform engine -days 7300 -sha256 \
                 -extensions v3_ca -out ca-root.cert",
            )
            .input(answers("Alice Ltd Root CA"))
            .ok();
        world.is_self_signed("ca-root.cert");
        let text = world
            .theirs("x509 -in ca-root.cert -noout -text")
            .ok()
            .text();
        assert!(
            text.contains("CA:TRUE") && text.contains("Alice Ltd Root CA"),
            "{text}"
        );
    }
}

struct Guide {
    world: World,
    form: Form,
}

const ROOT: &str = "ca/certs/ca.cert.pem";
const INTERMEDIATE: &str = "ca/intermediate/certs/intermediate.cert.pem";
const CHAIN: &str = "ca/intermediate/certs/ca-chain.cert.pem";
const ROOT_CRL: &str = "ca/crl/ca.crl.pem";
const CRL: &str = "ca/intermediate/crl/intermediate.crl.pem";
const SERVER: &str = "ca/intermediate/certs/www.example.com.cert.pem";
const CLIENT: &str = "ca/intermediate/certs/bob@example.com.cert.pem";

/// The guide's own files where they are, which are not ours to copy; else files that say the same.
fn any() -> Configuration {
    if folder_of_the_guide().exists() {
        |name| {
            fs::read_to_string(folder_of_the_guide().join(format!("{name}-openssl.cnf"))).unwrap()
        }
    } else {
        equivalent
    }
}

fn folder_of_the_guide() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/testdata/nguyen")
}

fn equivalent(name: &str) -> String {
    let (key, policy) = match name {
        "root" => ("ca", "policy_strict"),
        _ => ("intermediate", "policy_loose"),
    };
    include_str!("../openssl_ca/guide.cnf")
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

impl Guide {
    /// The folders and files that the guide begins with, and the root's `crlnumber`, which it forgets.
    fn new(openssl: OpenSsl, form: Form, configuration: Configuration) -> Self {
        let world = World::new(openssl);
        for (name, dir) in [("root", "ca"), ("intermediate", "ca/intermediate")] {
            for folder in ["certs", "crl", "csr", "newcerts", "private"] {
                fs::create_dir_all(world.path(dir).join(folder)).unwrap();
            }
            world.write(&format!("{dir}/index.txt"), "");
            world.write(&format!("{dir}/serial"), "1000\n");
            world.write(&format!("{dir}/crlnumber"), "1000\n");
            world.write(
                &format!("{dir}/openssl.cnf"),
                in_folder(&configuration(name), &world.path(dir)),
            );
        }
        Self { world, form }
    }

    /// `openssl COMMAND` with a TPM key, in the form that is walked.
    fn with_tpm(&self, line: &str) -> Tool {
        match self.form {
            Form::Engine => self.world.wrapped(line),
            Form::Provider => {
                let (command, rest) = line.split_once(' ').unwrap();
                let rest = rest.replace(" -engine tpm2tss -keyform engine", "");
                self.world
                    .theirs(&format!(
                        "{command} -provider default -provider tpm2 {rest}"
                    ))
                    .env("OPENSSL_MODULES", &self.world.modules)
                    .env("TPM2CA_TCTI", self.world.tpm.tcti().to_string())
            }
        }
    }

    fn key(&self, kind: Kind, file: &str) {
        match self.form {
            Form::Engine => {
                let options = match kind {
                    Kind::Rsa => "-a rsa -s 2048",
                    Kind::P384 => "-a ecdsa -c nist_p384",
                };
                self.world.ours(&format!("genkey {options} {file}")).ok();
            }
            Form::Provider => {
                let options = match kind {
                    Kind::Rsa => "-algorithm RSA -pkeyopt bits:2048",
                    Kind::P384 => "-algorithm EC -pkeyopt group:P-384",
                };
                self.with_tpm(&format!(
                    "genpkey -propquery ?provider=tpm2 {options} -out {file}"
                ))
                .ok();
            }
        }
        let text = String::from_utf8(self.world.read(file)).unwrap();
        assert!(text.contains("TSS2 PRIVATE KEY"), "{text}");
    }

    fn openssl(&self, line: &str) -> Ran {
        self.world.theirs(line).ok()
    }

    /// `openssl verify` at its strictest; what it objects to.
    fn objection(&self, arguments: &str) -> Option<String> {
        let ran = self
            .world
            .theirs(&format!(
                "verify -x509_strict -check_ss_sig -CAfile {ROOT} {arguments}"
            ))
            .run();
        (!ran.success()).then(|| ran.errors())
    }

    /// GnuTLS agrees that the certificate is good.
    fn certtool_verifies(&self, certificate: &str) {
        let chain = [certificate, INTERMEDIATE, ROOT]
            .map(|name| self.world.read(name))
            .concat();
        self.world.write("chain.pem", chain);
        Tool::certtool()
            .args(["--verify", "--load-ca-certificate", ROOT])
            .args(["--infile", "chain.pem"])
            .dir(self.world.folder.path())
            .ok();
    }

    fn crl(&self, config: &str, issuer: &str, out: &str) {
        self.with_tpm(&format!(
            "ca -config {config} -engine tpm2tss -keyform engine -gencrl -out {out}"
        ))
        .ok();
        let ran = self.openssl(&format!("crl -in {out} -noout -CAfile {CHAIN}"));
        assert!(ran.errors().contains("verify OK"), "{}", ran.report());
        Tool::certtool()
            .args(["--verify-crl", "--load-ca-certificate", issuer])
            .args(["--infile", out])
            .dir(self.world.folder.path())
            .ok();
    }

    /// What a responder with its key in the TPM answers.
    fn ocsp(&self, asked: &str) -> String {
        self.openssl(&format!(
            "ocsp -issuer {INTERMEDIATE} {asked} -no_nonce -reqout ocsp.req"
        ));
        self.with_tpm(&format!(
            "ocsp -index ca/intermediate/index.txt -CA {INTERMEDIATE} -rsigner ca/intermediate/certs/ocsp.cert.pem \
             -rkey ca/intermediate/private/ocsp.key.pem -reqin ocsp.req -respout ocsp.resp"
        ))
        .ok();
        let ran = self.openssl(&format!(
            "ocsp -respin ocsp.resp -issuer {INTERMEDIATE} {asked} -no_nonce -CAfile {CHAIN}"
        ));
        assert!(
            ran.errors().contains("Response verify OK"),
            "{}",
            ran.report()
        );
        ran.text()
    }
}

fn walk(openssl: OpenSsl, form: Form, kind: Kind, configuration: Configuration) {
    let guide = Guide::new(openssl, form, configuration);
    root_and_intermediate(&guide, kind);
    for (name, section, purpose) in [
        ("www.example.com", "server_cert", "sslserver"),
        ("bob@example.com", "usr_cert", "sslclient"),
        ("ocsp", "ocsp", "ocsphelper"),
    ] {
        let csr = format!("ca/intermediate/csr/{name}.csr.pem");
        let cert = format!("ca/intermediate/certs/{name}.cert.pem");
        let subject = format!("-subj /C=US/ST=California/O=Example/CN={name} -out {csr}");
        if name == "ocsp" {
            let key = "ca/intermediate/private/ocsp.key.pem";
            guide.key(kind, key);
            guide
                .with_tpm(&format!(
                    "req -config ca/intermediate/openssl.cnf -new -sha256 -engine tpm2tss -keyform engine -key {key} {subject}"
                ))
                .ok();
        } else {
            guide.openssl(&format!(
                "req -config ca/intermediate/openssl.cnf -new -newkey rsa:2048 -nodes -keyout {name}.key.pem {subject}"
            ));
        }
        guide
            .with_tpm(&format!(
                "ca -config ca/intermediate/openssl.cnf -engine tpm2tss -keyform engine -extensions {section} -days 375 -notext \
                 -md sha256 -batch -in {csr} -out {cert}"
            ))
            .ok();
        let objection = guide.objection(&format!(
            "-untrusted {INTERMEDIATE} -purpose {purpose} {cert}"
        ));
        assert_eq!(objection, None, "{name}");
        guide.certtool_verifies(&cert);
    }
    revocation(&guide);
}

fn root_and_intermediate(guide: &Guide, kind: Kind) {
    guide.key(kind, "ca/private/ca.key.pem");
    guide
        .with_tpm(&format!(
            "req -config ca/openssl.cnf -engine tpm2tss -keyform engine -key ca/private/ca.key.pem -new -x509 -days 7300 \
             -sha256 -extensions v3_ca -out {ROOT}"
        ))
        .input(answers("Alice Ltd Root CA"))
        .ok();
    guide.key(kind, "ca/intermediate/private/intermediate.key.pem");
    let csr = "ca/intermediate/csr/intermediate.csr.pem";
    guide
        .with_tpm(&format!(
            "req -config ca/intermediate/openssl.cnf -engine tpm2tss -keyform engine -new -sha256 \
             -key ca/intermediate/private/intermediate.key.pem -out {csr}"
        ))
        .input(answers("Alice Ltd Intermediate CA"))
        .ok();
    guide.openssl(&format!("req -in {csr} -noout -verify"));
    guide
        .with_tpm(&format!(
            "ca -config ca/openssl.cnf -engine tpm2tss -keyform engine -extensions v3_intermediate_ca -days 3650 -notext \
             -md sha256 -batch -in {csr} -out {INTERMEDIATE}"
        ))
        .ok();
    let index = String::from_utf8(guide.world.read("ca/index.txt")).unwrap();
    assert!(
        index.starts_with("V\t") && index.contains("\t1000\t"),
        "{index}"
    );
    let chain = [INTERMEDIATE, ROOT]
        .map(|name| guide.world.read(name))
        .concat();
    guide.world.write(CHAIN, chain);
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

    guide
        .with_tpm(&format!(
            "ca -config {config} -engine tpm2tss -keyform engine -revoke {CLIENT} -crl_reason keyCompromise"
        ))
        .ok();
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
    let number = String::from_utf8(guide.world.read("ca/intermediate/crlnumber")).unwrap();
    assert_eq!(number, "1002\n");
}
