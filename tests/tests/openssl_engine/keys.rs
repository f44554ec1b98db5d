//! What a key may be: a file in several forms, a persistent handle, with an authorization value or a policy.

use tpm2ca_testkit::{Recorder, Tool};
use tpm2ca_tests::{modules::preload, program};
use tpm2ca_tpm::{Algorithm, Auth, Curve, HashAlg, KeyFile, KeyOptions};

use crate::world::{World, clean, everywhere};

/// Signs with a key of that name, and has the judge verify with `KIND.pub`.
fn signs(world: &World, kind: &str, name: &str, options: &str) {
    world
        .ours(&format!(
            "dgst -keyform engine -sha256 -sign {name} {options} -out signature message"
        ))
        .ok();
    world
        .theirs(&format!(
            "dgst -sha256 -verify {kind}.pub -signature signature message"
        ))
        .ok();
}

#[test]
fn persistent_handles() {
    everywhere(|world| {
        for (kind, handle) in [("ec", 0x8100_0010), ("rsa", 0x8100_0011)] {
            world.key_pair(kind);
            world
                .open_tpm()
                .persist(world.key_file(&format!("{kind}.tss")), handle)
                .unwrap();
            signs(world, kind, &format!("{handle:#010x}"), "");
            signs(world, kind, &format!("handle:{handle:#010x}"), "");
            let public = world
                .ours(&format!("pkey -inform engine -in {handle:#010x} -pubout"))
                .ok();
            assert_eq!(public.stdout, world.read(&format!("{kind}.pub")));
        }
    });
}

#[test]
fn persistent_handles_with_a_value() {
    everywhere(|world| {
        world.key_pair("auth");
        world
            .open_tpm()
            .persist(world.key_file("auth.tss"), 0x8100_0010)
            .unwrap();
        signs(world, "auth", "0x81000010", "-passin pass:secret");
    });
}

#[test]
fn a_handle_with_nothing_at_it() {
    everywhere(|world| {
        let refused = world
            .ours("dgst -keyform engine -sha256 -sign 0x81000077 -out x message")
            .run();
        assert!(!refused.success());
        assert!(
            refused.errors().contains("0x81000077"),
            "{}",
            refused.report()
        );
    });
}

#[test]
fn keys_with_a_value_ask_for_it() {
    everywhere(|world| {
        world.key_pair("auth");
        signs(world, "auth", "auth.tss", "-passin pass:secret");
        world.write("value", "secret\n");
        signs(world, "auth", "auth.tss", "-passin file:value");
    });
}

/// Runs a program on a terminal and types the answer when it is asked.
const TERMINAL: &str = r"
import os, pty, sys
question, answer = sys.argv[1].encode(), sys.argv[2].encode()
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[3], sys.argv[3:])
said = b''
while question not in said:
    said += os.read(terminal, 1024)
os.write(terminal, answer + b'\n')
try:
    while os.read(terminal, 1024):
        pass
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
";

#[test]
fn keys_with_a_value_ask_for_it_on_a_terminal() {
    everywhere(|world| {
        world.key_pair("auth");
        for (answer, code) in [("secret", 0), ("wrong", 1)] {
            let said = clean(Tool::python(TERMINAL))
                .args(["Enter authorization value for auth.tss:", answer])
                .arg(&world.openssl.program)
                .args("dgst -engine tpm2tss -keyform engine -sha256 -sign auth.tss -out signature message".split(' '))
                .dir(world.folder.path())
                .env("OPENSSL_CONF", "openssl.cnf")
                .env("OPENSSL_ENGINES", world.path("engines"))
                .env("TPM2TSSENGINE_TCTI", world.tpm.tcti().to_string())
                .envs(preload())
                .run();
            assert_eq!(said.code, Some(code), "{}", said.report());
            if code == 0 {
                world
                    .theirs("dgst -sha256 -verify auth.pub -signature signature message")
                    .ok();
            }
        }
    });
}

#[test]
fn a_wrong_value_is_refused() {
    everywhere(|world| {
        world.key("auth");
        let refused = world
            .ours("dgst -keyform engine -sha256 -sign auth.tss -passin pass:wrong -out x message")
            .run();
        assert_eq!(refused.code, Some(1), "{}", refused.report());
        assert!(
            refused.errors().contains("authorization failed"),
            "{}",
            refused.report()
        );
        let none = world
            .ours("dgst -keyform engine -sha256 -sign auth.tss -out x message")
            .run();
        assert!(!none.success(), "{}", none.report());
    });
}

#[test]
fn certificates_with_a_key_that_has_a_value() {
    everywhere(|world| world.certificate("auth"));
}

#[test]
fn a_key_and_its_certificate_in_one_file() {
    everywhere(|world| {
        world.certificate("ec");
        for (first, second) in [("ec.crt", "ec.tss"), ("ec.tss", "ec.crt")] {
            world.write("both.pem", [world.read(first), world.read(second)].concat());
            world
                .ours("req -keyform engine -new -x509 -key both.pem -subj /CN=both -extensions ca -out both.crt")
                .ok();
            world.is_self_signed("both.crt");
        }
    });
}

#[test]
fn keys_as_der() {
    everywhere(|world| {
        for kind in ["ec", "rsa"] {
            world.key_pair(kind);
            world.write("key.der", world.key_file(&format!("{kind}.tss")).to_der());
            signs(world, kind, "key.der", "");
        }
    });
}

#[test]
fn keys_of_tpm2tss_genkey_lines() {
    everywhere(|world| {
        for (kind, options) in [
            ("rsa", "--alg rsa --keysize 2048"),
            ("ec", "--alg ecdsa --curve nist_p256"),
        ] {
            Tool::new(program("tpm2ca"))
                .arg("genkey")
                .args(options.split_whitespace())
                .arg(format!("{kind}.tss"))
                .env("TPM2CA_TCTI", world.tpm.tcti().to_string())
                .dir(world.folder.path())
                .ok();
            world
                .ours(&format!(
                    "req -keyform engine -new -x509 -key {kind}.tss -subj /CN={kind} -extensions ca -out {kind}.crt"
                ))
                .ok();
            world.is_self_signed(&format!("{kind}.crt"));
        }
    });
}

#[test]
fn keys_under_a_persistent_parent() {
    everywhere(|world| {
        let tools = |name: &str, options: &str| {
            Tool::tpm2(name, &world.tpm)
                .args(options.split_whitespace())
                .dir(world.folder.path())
                .ok()
        };
        tools("tpm2_createprimary", "-C o -G ecc -c parent.ctx");
        tools("tpm2_evictcontrol", "-C o -c parent.ctx 0x81000001");
        tools("tpm2_flushcontext", "-t");
        let mut options = KeyOptions::new(Algorithm::Ecc(Curve::P256));
        options.parent = 0x8100_0001.try_into().unwrap();
        let file = world
            .open_tpm()
            .create_key(options, &Auth::empty())
            .unwrap();
        assert_eq!(file.parent(), 0x8100_0001);
        world.write("ec.tss", file.to_pem());
        world
            .ours("req -keyform engine -new -x509 -key ec.tss -subj /CN=ec -extensions ca -out ec.crt")
            .ok();
        world.is_self_signed("ec.crt");
    });
}

/// PKCS#1 v1.5 needs a digest only; PSS comes as a padded block, which takes the bare private operation.
#[test]
fn keys_that_may_only_sign() {
    everywhere(|world| {
        let tools = |name: &str, options: &str| {
            Tool::tpm2(name, &world.tpm)
                .args(options.split_whitespace())
                .dir(world.folder.path())
                .ok()
        };
        world
            .theirs("genrsa -traditional -out software.pem 2048")
            .ok();
        world
            .theirs("pkey -in software.pem -pubout -out software.pub")
            .ok();
        // The storage root key, as H-2 has it.
        tools(
            "tpm2_createprimary",
            "-C o -G ecc -c parent.ctx -a restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda",
        );
        tools(
            "tpm2_import",
            "-C parent.ctx -G rsa -i software.pem -a userwithauth|sign|noda -u key.public -r key.private",
        );
        tools("tpm2_flushcontext", "-t");
        let (public, private) = (world.read("key.public"), world.read("key.private"));
        let file = KeyFile::loadable(KeyFile::OWNER, true, public, private);
        assert!(!file.uses().unwrap().decrypts);
        world.write("sign.tss", file.to_pem());
        signs(world, "software", "sign.tss", "");
        let refused = world
            .ours("dgst -keyform engine -sha256 -sign sign.tss -sigopt rsa_padding_mode:pss -out x message")
            .run();
        assert!(!refused.success());
        assert!(
            refused
                .errors()
                .contains("may not do the bare private operation"),
            "{}",
            refused.report()
        );
    });
}

/// Nobody who listens between the program and the TPM sees it.
#[test]
fn the_value_of_a_key_does_not_cross_in_the_clear() {
    everywhere(|world| {
        world.key_pair("auth");
        let recorder = Recorder::start(&world.tpm.tcti());
        world
            .ours("dgst -keyform engine -sha256 -sign auth.tss -passin pass:secret -out signature message")
            .env("TPM2TSSENGINE_TCTI", recorder.tcti().to_string())
            .ok();
        world
            .theirs("dgst -sha256 -verify auth.pub -signature signature message")
            .ok();
        assert!(recorder.exchanges().len() > 2);
        assert!(!recorder.contains(b"secret"));
    });
}

/// An engine gets the padded block, which such a key cannot sign.
#[test]
fn keys_for_pss_only_are_refused_with_a_reason() {
    everywhere(|world| {
        let mut options = KeyOptions::new(Algorithm::Rsa { bits: 2048 });
        options.pss_only = Some(HashAlg::Sha256);
        let file = world
            .open_tpm()
            .create_key(options, &Auth::empty())
            .unwrap();
        world.write("pss.tss", file.to_pem());
        let refused = world
            .ours("dgst -keyform engine -sha256 -sign pss.tss -out x message")
            .run();
        assert!(!refused.success());
        assert!(
            refused.errors().contains("the provider can use it"),
            "{}",
            refused.report()
        );
    });
}
