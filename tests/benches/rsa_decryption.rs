//! `make bench`: does the time of a decryption tell a right padding from a wrong one? Both in turns, through the provider
//! and the engine, on a TPM that takes 5 ms longer for each command than swtpm does.
//!
//! `cargo bench --bench rsa_decryption -- 1000` measures a thousand of each, which is what the goals are made for; without
//! a number it is a hundred. The difference of the medians and its interval are in `target/bench.json`, too.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs
)]

#[path = "issuance/table.rs"]
#[allow(dead_code, reason = "the other benchmark uses all of it")]
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use table::{Table, median};
use tpm2ca_keys::spki_from_tpm;
use tpm2ca_testkit::{Swtpm, TempDir, temp_dir};
use tpm2ca_tests::decrypter::{Decrypter, encrypt_block, pkcs1_blocks};
use tpm2ca_tests::program;
use tpm2ca_tpm::{Algorithm, Auth, KeyOptions, Tcti, Tpm, TpmOptions};

/// Of each kind, unless a number is given.
const FEW: usize = 100;
/// Of each kind, for the goals to mean something.
const MANY: usize = 1000;
const DELAY: Duration = Duration::from_millis(5);
const RIGHT: &str = "right";
const WRONG: &str = "no-separator";

fn main() {
    // `cargo test --benches` and nextest run benches with such flags; there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let rounds = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(FEW);
    let mut table = Table::default();
    for (module, padding) in [
        ("provider", "pkcs1"),
        ("provider", "tls"),
        ("engine", "pkcs1"),
    ] {
        // With a TPM of its own: a process leaves its key in this one, which no resource manager clears.
        let world = World::new();
        let pairs = world.decrypter(module).durations(
            "rsa.tss",
            padding,
            [&format!("{RIGHT}.secret"), &format!("{WRONG}.secret")],
            rounds,
        );
        let milliseconds =
            |which: usize| -> Vec<f64> { pairs.iter().map(|pair| pair[which] / 1e6).collect() };
        let (right, wrong) = (milliseconds(0), milliseconds(1));
        let name = |what: &str| format!("{module}, {padding}, {rounds} times: {what}");
        let middle = |values: &[f64]| median(&mut values.to_vec());
        table.figure(&name("right padding"), middle(&right), "ms");
        table.figure(&name("wrong padding"), middle(&wrong), "ms");
        table.figure(
            &name("wrong - right"),
            middle(&wrong) - middle(&right),
            "ms",
        );
        let (low, high) = interval_of_difference(&right, &wrong);
        if rounds < MANY {
            table.figure(&name("99 % interval, from"), low, "ms");
            table.figure(&name("99 % interval, to"), high, "ms");
        } else {
            table.at_most(&name("99 % interval, from"), low, "ms", 0.0);
            table.at_least(&name("99 % interval, to"), high, "ms", 0.0);
            table.at_most(&name("99 % interval, width"), high - low, "ms", 0.2);
        }
    }
    print!("{}", table.text());
    let program = std::env::current_exe().unwrap();
    table.save(program.ancestors().nth(3).unwrap(), "rsa_decryption");
}

/// Where the difference of two medians is with a probability of 99 %, by the bootstrap: 2000 samples of what was measured,
/// drawn with replacement.
fn interval_of_difference(right: &[f64], wrong: &[f64]) -> (f64, f64) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut differences: Vec<f64> = (0..2000)
        .map(|_| random.median_of(wrong) - random.median_of(right))
        .collect();
    differences.sort_by(f64::total_cmp);
    (differences[10], differences[1989])
}

/// Numbers that look random (xorshift64), the same ones each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn median_of(&mut self, values: &[f64]) -> f64 {
        let mut sample: Vec<f64> = (0..values.len())
            .map(|_| values[self.below(values.len())])
            .collect();
        median(&mut sample)
    }
}

struct World {
    folder: TempDir,
    /// The device of the TPM, slower than the TPM itself.
    device: Tcti,
    relay: Child,
    _tpm: Swtpm,
}

impl World {
    /// A TPM, an RSA key in it, and a cipher text of each kind.
    fn new() -> Self {
        let (folder, swtpm) = (temp_dir(), Swtpm::start());
        let write =
            |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).unwrap();
        let tpm = Tpm::open(&swtpm.tcti(), TpmOptions::default()).unwrap();
        // Fewer commands, so less that can take longer at times.
        tpm.persist_storage_root().unwrap();
        let options = KeyOptions::new(Algorithm::Rsa { bits: 2048 });
        let file = tpm.create_key(options, &Auth::empty()).unwrap();
        write("rsa.tss", file.to_pem().as_bytes());
        write("rsa.pub", &spki_from_tpm(&file.key_public().unwrap()));
        drop(tpm);
        for (name, block) in pkcs1_blocks() {
            if [RIGHT, WRONG].contains(&name) {
                encrypt_block(folder.path(), "rsa.pub", name, &block);
            }
        }
        let (device, relay) = slow_device(folder.path(), &swtpm.tcti());
        let provider = format!(
            "openssl_conf = init\n[init]\nproviders = list\n[list]\ndefault = on\ntpm2 = tpm2\n[on]\nactivate = \
             1\n[tpm2]\nactivate = 1\nmodule = {}\ntcti = {}\n",
            module("provider").display(),
            device,
        );
        write("provider.cnf", provider.as_bytes());
        Self {
            folder,
            device,
            relay,
            _tpm: swtpm,
        }
    }

    fn decrypter(&self, name: &str) -> Decrypter {
        let is_engine = name == "engine";
        let configuration = if is_engine {
            "/dev/null"
        } else {
            "provider.cnf"
        };
        Decrypter {
            folder: self.folder.path().to_owned(),
            libcrypto: "libcrypto.so.3".into(),
            engine: is_engine.then(|| module(name)),
            environment: vec![
                ("OPENSSL_CONF", configuration.into()),
                ("ENGINE_TCTI", self.device.to_string().into()),
            ],
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.relay.kill();
        let _ = self.relay.wait();
    }
}

/// Starts a device in front of a TPM, under a name by which modules know that it can stay open: then an operation is one
/// command, and little else of it varies.
fn slow_device(folder: &Path, tpm: &Tcti) -> (Tcti, Child) {
    let Tcti::SwtpmTcp { port, .. } = tpm else {
        panic!("a swtpm on TCP, not {tpm}");
    };
    let link = folder.join("tpmrm0");
    let relay = Command::new("python3")
        .args(["-c", include_str!("slow_device.py")])
        .arg(port.to_string())
        .arg(&link)
        .arg(DELAY.as_secs_f64().to_string())
        .spawn()
        .unwrap();
    while !link.exists() {
        thread::sleep(Duration::from_millis(10));
    }
    (Tcti::Device(link), relay)
}

/// The module as it is given to users.
fn module(name: &str) -> PathBuf {
    program(&format!("libtpm2ca_openssl_{name}.so"))
}
