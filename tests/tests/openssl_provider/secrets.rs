//! A wrong or missing authorization value costs one try of the TPM's lockout counter at most, however often it is used.

use std::process::Command;

use tpm2ca_testkit::Tool;
use tpm2ca_tests::tls::{Nginx, Server};
use tpm2ca_tpm::{Algorithm, Auth, Curve, KeyFile, KeyOptions, Tpm, TpmOptions};

use crate::world::{World, clean, everywhere, here};

fn open(world: &World) -> Tpm {
    Tpm::open(&world.tpm.tcti(), TpmOptions::default()).unwrap()
}

fn tries(world: &World) -> u32 {
    open(world).capabilities().unwrap().lockout_counter
}

/// A key whose wrong values count, in `pin.tss`, and its certificate; or one whose file says wrongly that it has a value.
fn key(world: &World, value: &str, no_da: bool) -> KeyFile {
    let mut options = KeyOptions::new(Algorithm::Ecc(Curve::P256));
    options.no_da = no_da;
    let auth = Auth::new(value.as_bytes().to_vec());
    let file = open(world).create_key(options, &auth).unwrap();
    let (public, private) = (file.public_blob().to_vec(), file.private_blob().to_vec());
    let file = KeyFile::loadable(KeyFile::OWNER, false, public, private);
    world.write("pin.tss", file.to_pem());
    world
        .ours("req -new -x509 -key pin.tss -subj /CN=pin -out pin.crt")
        .env("TPM2CA_KEY_AUTH", format!("pass:{value}"))
        .ok();
    file
}

/// Loads the key with each of the pass phrases, and lets a client of the same process in after each time it went well.
const LOADS: &str = r"
import ssl, sys
client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
def handshake(server):
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(back, there), server.wrap_bio(there, back, server_side=True)]
    while ends:
        for end in list(ends):
            try:
                end.do_handshake()
                ends.remove(end)
            except ssl.SSLWantReadError:
                pass
def visit(server):
    try:
        handshake(server)
        return 'served'
    except ssl.SSLError:
        return 'failed'
for password in sys.argv[1:]:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain('pin.crt', 'pin.tss', password=password)
    print(*(visit(server) for _ in range(3)))
";

fn loads(world: &World, passwords: &[&str]) -> String {
    let ran = clean(Tool::python(LOADS))
        .args(passwords)
        .env("OPENSSL_CONF", world.configuration(""))
        .dir(world.folder.path())
        .ok();
    ran.text()
}

#[test]
fn an_empty_answer_is_no_value() {
    here(|world| {
        key(world, "4711", false);
        let failed = "failed failed failed\n";
        assert_eq!(loads(world, &["", ""]), [failed, failed].concat());
        assert_eq!(tries(world), 0);
    });
    everywhere(|world| {
        key(world, "4711", false);
        let refused = world
            .ours("dgst -sha256 -sign pin.tss -passin pass: -out x message")
            .run();
        assert_eq!(refused.code, Some(1), "{}", refused.report());
        for words in [
            "authorization failed",
            "the key needs one, and the answer was empty",
            "`TPM2CA_KEY_AUTH=pass:`",
        ] {
            assert!(refused.errors().contains(words), "{}", refused.report());
        }
        assert_eq!(tries(world), 0);
    });
}

#[test]
fn a_wrong_value_is_sent_once_by_a_process() {
    here(|world| {
        key(world, "4711", false);
        let said = loads(world, &["wrong", "wrong", "wrong", "4711", "wrong", "4711"]);
        let (failed, served) = ("failed failed failed\n", "served served served\n");
        assert_eq!(
            said,
            [failed, failed, failed, served, failed, served].concat()
        );
        assert_eq!(tries(world), 1);
    });
}

/// What is wrong shows in the handshakes only, since nobody proves a parent's value when a key is loaded.
#[test]
fn a_wrong_value_of_a_parent_is_sent_once_by_a_server() {
    everywhere(|world| {
        let tools = |name: &str, options: &str| {
            Tool::tpm2(name, &world.tpm)
                .args(options.split_whitespace())
                .dir(world.folder.path())
                .ok()
        };
        tools("tpm2_createprimary", "-C o -G ecc -p right -c parent.ctx");
        tools("tpm2_evictcontrol", "-C o -c parent.ctx 0x81000005");
        tools("tpm2_flushcontext", "-t");
        world.genpkey(
            "ec.tss",
            "-algorithm EC -pkeyopt group:P-256 -pkeyopt parent:0x81000005 -pkeyopt parent-auth:right",
        );
        world
            .ours("req -new -x509 -key ec.tss -subj /CN=ec -out ec.crt")
            .env("TPM2CA_PARENT_AUTH", "pass:right")
            .ok();
        let mut command = Command::new(&world.installation.openssl);
        command
            .arg("s_server")
            .args(world.providers())
            .args("-cert ec.crt -key ec.tss".split(' '))
            .current_dir(world.folder.path())
            .env("OPENSSL_CONF", "/dev/null")
            .env("TPM2CA_TCTI", world.tpm.tcti().to_string())
            .env("TPM2CA_PARENT_AUTH", "pass:wrong");
        let end = Server::start(&mut command);
        for _ in 0..4 {
            let client = world
                .theirs(&format!("s_client -connect 127.0.0.1:{}", end.port))
                .run();
            assert!(!client.success(), "{}", client.report());
        }
        drop(end);
        assert_eq!(tries(world), 1);
    });
}

#[test]
fn workers_do_not_send_what_was_refused_before_they_were_forked_off() {
    here(|world| {
        key(world, "4711", false);
        let configuration = world.configuration("key-auth = pass:wrong");
        let nginx = Nginx::start(
            world.folder.path(),
            "pin.crt",
            &world.path("pin.tss").display().to_string(),
            &configuration,
        );
        for _ in 0..12 {
            let client = world
                .theirs(&format!("s_client -connect 127.0.0.1:{}", nginx.port))
                .run();
            assert!(!client.success(), "{}", client.report());
        }
        drop(nginx);
        assert_eq!(tries(world), 1);
    });
}

#[test]
fn a_handle_without_an_answer_is_no_guess() {
    everywhere(|world| {
        let pin = key(world, "4711", false);
        let bare = key(world, "", false);
        let tpm = open(world);
        tpm.persist(pin, 0x8100_0010).unwrap();
        tpm.persist(bare, 0x8100_0011).unwrap();
        drop(tpm);
        let sign = |handle: &str, options: &str| {
            world.ours(&format!(
                "dgst -sha256 -sign handle:{handle} {options} -out signature message"
            ))
        };
        for handle in ["0x81000010", "0x81000011"] {
            let refused = sign(handle, "-passin pass:").run();
            assert_eq!(refused.code, Some(1), "{}", refused.report());
            assert!(
                refused
                    .errors()
                    .contains("it is not known whether the key needs one"),
                "{}",
                refused.report()
            );
        }
        sign("0x81000010", "-passin pass:4711").ok();
        // Who knows that there is none says so.
        sign("0x81000011", "").env("TPM2CA_KEY_AUTH", "pass:").ok();
        sign("0x81000011?", "").ok();
        assert_eq!(tries(world), 0);
    });
}

#[test]
fn the_empty_value_can_be_said() {
    here(|world| {
        let signs = |options: &str, variable: &str| {
            world
                .ours(&format!(
                    "dgst -sha256 -sign pin.tss {options} -out signature message"
                ))
                .env("TPM2CA_KEY_AUTH", variable)
                .run()
        };
        // The files say that there is a value, and there is none.
        key(world, "", false);
        assert!(signs("", "pass:").success());
        assert!(!signs("-passin pass:", "").success());
        // With this one a wrong try costs nothing.
        key(world, "", true);
        assert!(signs("", "pass:").success());
        assert!(signs("-passin pass:", "").success());
        assert_eq!(tries(world), 0);
    });
}
