//! The OpenSSL Certificate Authority guide with `openssl` itself, `-engine tpm2tss -keyform engine` added where a key is
//! used. Its two files are unchanged but for `dir`.

use std::path::Path;

use tpm2ca_testkit::Tool;
use tpm2ca_tests::guide::{
    CHAIN, CONFIG, Configuration, Guide, INTERMEDIATE, RESPONDER, Step, begin, begin_root_s_crl,
    certificates, equivalent, is_here, of_the_guide, revocation,
};

use crate::world::{World, everywhere};

const RSA: &str = "--alg rsa --keysize 2048";
const P384: &str = "--alg ecdsa --curve nist_p384";

#[test]
fn with_rsa_keys() {
    everywhere(|world| walk(world, RSA, equivalent));
}

#[test]
fn with_p384_keys() {
    everywhere(|world| walk(world, P384, equivalent));
}

#[test]
fn with_its_own_files() {
    if is_here() {
        everywhere(|world| walk(world, RSA, of_the_guide));
    }
}

fn walk(world: &World, kind: &str, configuration: Configuration) {
    let guide = ByEngine { world, kind };
    begin(guide.folder(), configuration);
    begin_root_s_crl(guide.folder());
    certificates(&guide);
    revocation(&guide);
}

/// By the OpenSSL of this world.
struct ByEngine<'a> {
    world: &'a World,
    kind: &'a str,
}

impl Guide for ByEngine<'_> {
    fn folder(&self) -> &Path {
        self.world.folder.path()
    }

    fn judge(&self, arguments: &str) -> Tool {
        self.world.theirs(arguments)
    }

    fn key(&self, file: &str) {
        Tool::new(tpm2ca_tests::program("tpm2ca"))
            .arg("genkey")
            .args(self.kind.split_whitespace())
            .arg(file)
            .env("TPM2CA_TCTI", self.world.tpm.tcti().to_string())
            .dir(self.folder())
            .ok();
    }

    fn take(&self, step: &Step<'_>) {
        self.world
            .plain(&step.of_openssl())
            .input(step.typed())
            .ok();
    }

    fn request(&self, name: &str, csr: &str) {
        self.world
            .plain(&format!(
                "req -config {CONFIG} -new -newkey rsa:2048 -nodes -keyout {name}.key.pem -sha256 \
                 -subj /C=US/ST=California/O=Example/CN={name} -out {csr}"
            ))
            .ok();
    }

    /// The guide's responder has a key in a file.
    fn ocsp(&self, asked: &str) -> String {
        for line in [
            format!("ocsp -issuer {INTERMEDIATE} {asked} -no_nonce -reqout query.der"),
            format!(
                "ocsp -index ca/intermediate/index.txt -CA {CHAIN} -rkey ocsp.key.pem -rsigner {RESPONDER} \
                 -reqin query.der -respout answer.der"
            ),
        ] {
            self.world.plain(&line).ok();
        }
        self.answer("answer.der", asked)
    }
}
