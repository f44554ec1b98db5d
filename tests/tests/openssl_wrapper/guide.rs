//! The OpenSSL Certificate Authority guide from its first step to its last, by `openssl` itself: with its two files, whose
//! only change is `dir`, and root, intermediate and OCSP responder in a TPM. Once with the options that load the
//! provider, once with those of the engine by way of `tpm2ca openssl`. Others judge what comes of it.

use std::path::Path;

use tpm2ca_testkit::Tool;
use tpm2ca_tests::{
    guide::{
        CONFIG, Configuration, Guide, INTERMEDIATE, RESPONDER, Step, answers, begin,
        begin_root_s_crl, certificates, equivalent, is_here, of_the_guide, revocation,
    },
    openssl_versions::{OpenSsl, Version},
};

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

/// The guide's own files where they are, else files that say the same.
fn any() -> Configuration {
    if is_here() { of_the_guide } else { equivalent }
}

fn walk(openssl: OpenSsl, form: Form, kind: Kind, configuration: Configuration) {
    let guide = ByOpenssl {
        world: World::new(openssl),
        form,
        kind,
    };
    begin(guide.folder(), configuration);
    begin_root_s_crl(guide.folder());
    certificates(&guide);
    revocation(&guide);
}

/// By `openssl`, in one of the forms.
struct ByOpenssl {
    world: World,
    form: Form,
    kind: Kind,
}

impl ByOpenssl {
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
}

impl Guide for ByOpenssl {
    fn folder(&self) -> &Path {
        self.world.folder.path()
    }

    fn judge(&self, arguments: &str) -> Tool {
        self.world.theirs(arguments)
    }

    fn key(&self, file: &str) {
        match self.form {
            Form::Engine => {
                let options = match self.kind {
                    Kind::Rsa => "-a rsa -s 2048",
                    Kind::P384 => "-a ecdsa -c nist_p384",
                };
                self.world.ours(&format!("genkey {options} {file}")).ok();
            }
            Form::Provider => {
                let options = match self.kind {
                    Kind::Rsa => "-algorithm RSA -pkeyopt bits:2048",
                    Kind::P384 => "-algorithm EC -pkeyopt group:P-384",
                };
                self.with_tpm(&format!(
                    "genpkey -propquery ?provider=tpm2 {options} -out {file}"
                ))
                .ok();
            }
        }
        let text = self.read(file);
        assert!(text.contains("TSS2 PRIVATE KEY"), "{text}");
    }

    fn take(&self, step: &Step<'_>) {
        self.with_tpm(&step.of_openssl()).input(step.typed()).ok();
    }

    fn request(&self, name: &str, csr: &str) {
        let subject = format!("-subj /C=US/ST=California/O=Example/CN={name} -out {csr}");
        if name == "ocsp" {
            let key = "ca/intermediate/private/ocsp.key.pem";
            self.key(key);
            self.with_tpm(&format!(
                "req -config {CONFIG} -new -sha256 -engine tpm2tss -keyform engine -key {key} {subject}"
            ))
            .ok();
        } else {
            self.openssl(&format!(
                "req -config {CONFIG} -new -newkey rsa:2048 -nodes -keyout {name}.key.pem {subject}"
            ));
        }
    }

    /// The responder's key is in the TPM.
    fn ocsp(&self, asked: &str) -> String {
        self.openssl(&format!(
            "ocsp -issuer {INTERMEDIATE} {asked} -no_nonce -reqout ocsp.req"
        ));
        self.with_tpm(&format!(
            "ocsp -index ca/intermediate/index.txt -CA {INTERMEDIATE} -rsigner {RESPONDER} \
             -rkey ca/intermediate/private/ocsp.key.pem -reqin ocsp.req -respout ocsp.resp"
        ))
        .ok();
        self.answer("ocsp.resp", asked)
    }
}
