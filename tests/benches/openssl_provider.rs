//! `make bench`: a hundred signatures by a hundred `openssl pkeyutl -sign` processes, our provider beside Debian's
//! tpm2-openssl, one after the other on one swtpm with the same key files.
//!
//! The commands per signature are counted in a run of their own, because the counting costs time. The medians are also
//! in `target/bench.json`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs
)]

#[allow(dead_code, reason = "this benchmark prints a table of its own")]
#[path = "issuance/table.rs"]
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use table::Table;
use tpm2ca_testkit::{Recorder, Swtpm, TempDir, Tool, temp_dir};
use tpm2ca_tests::{program, said};

const SIGNATURES: usize = 100;

fn main() {
    // `cargo test --benches` and nextest run benches with such flags; there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    println!(
        "{SIGNATURES} processes `openssl pkeyutl -sign -rawin`, one swtpm; medians, CPU on average"
    );
    println!(
        "{:<10} {:<28} {:>9} {:>12} {:>11} {:>13}",
        "key", "provider", "wall ms", "openssl CPU", "swtpm CPU", "TPM commands"
    );
    let mut slower = Vec::new();
    let mut table = Table::default();
    for (key, options) in [
        ("RSA-2048", "-algorithm RSA -pkeyopt bits:2048"),
        ("P-256", "-algorithm EC -pkeyopt group:P-256"),
    ] {
        for is_parent_persistent in [false, true] {
            let bench = Bench::new(options, is_parent_persistent);
            let [ours, theirs] = bench.run();
            let place = if is_parent_persistent {
                "parent persistent"
            } else {
                "parent made anew"
            };
            for (name, figures) in [("tpm2ca", &ours), ("tpm2-openssl", &theirs)] {
                println!(
                    "{key:<10} {:<28} {:>9.2} {:>9.2} ms {:>8.2} ms {:>13}",
                    format!("{name}, {place}"),
                    figures.wall,
                    figures.cpu,
                    figures.tpm_cpu,
                    figures
                        .commands
                        .map_or_else(|| "-".to_owned(), |count| count.to_string())
                );
            }
            println!(
                "{key:<10} {:<28} {:>9.2} {:>12.2}",
                "ratio, at most 1",
                ours.wall / theirs.wall,
                ours.cpu / theirs.cpu
            );
            let name = |what| format!("{key}, {place}: {what}");
            table.figure(&name("tpm2ca"), ours.wall, "ms");
            table.figure(&name("tpm2-openssl"), theirs.wall, "ms");
            table.at_most(&name("ratio"), ours.wall / theirs.wall, "", 1.0);
            if ours.wall > theirs.wall {
                slower.push(format!("{key}, {place}"));
            }
        }
    }
    if !slower.is_empty() {
        println!("slower by the clock: {}", slower.join("; "));
    }
    let program = std::env::current_exe().unwrap();
    table.save(program.ancestors().nth(3).unwrap(), "openssl_provider");
}

struct Bench {
    folder: TempDir,
    tpm: Swtpm,
}

/// Milliseconds for one signature, and commands.
struct Figures {
    wall: f64,
    cpu: f64,
    tpm_cpu: f64,
    /// Not counted of libtss2, which also wants the emulator's control channel.
    commands: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Provider {
    Ours,
    Theirs,
}

impl Bench {
    fn new(options: &str, is_parent_persistent: bool) -> Self {
        let bench = Self {
            folder: temp_dir(),
            tpm: Swtpm::start(),
        };
        fs::write(bench.folder.path().join("message"), "to be signed").unwrap();
        let modules = bench.modules();
        fs::create_dir(&modules).unwrap();
        fs::copy(module(), modules.join("tpm2.so")).unwrap();
        if is_parent_persistent {
            let tpm = tpm2ca_tpm::Tpm::open(&bench.tpm.tcti(), tpm2ca_tpm::TpmOptions::default());
            tpm.unwrap().persist_storage_root().unwrap();
        }
        let mut line = vec!["genpkey", "-propquery", "?provider=tpm2", "-out", "key"];
        line.extend(options.split(' '));
        succeed(&mut bench.command(Provider::Ours, &line, &bench.tcti()));
        bench
    }

    fn run(&self) -> [Figures; 2] {
        let both = [Provider::Ours, Provider::Theirs];
        let mut walls = both.map(|_| Vec::new());
        let mut cpu = [0.0; 2];
        let mut tpm_cpu = [0.0; 2];
        // Warm, and sure to work.
        for provider in both {
            succeed(&mut self.signing(provider, &self.tcti()));
        }
        for _ in 0..SIGNATURES {
            for (at, provider) in both.into_iter().enumerate() {
                let mut command = self.signing(provider, &self.tcti());
                let before = (children_ticks(), ticks_of(self.tpm.pid()));
                let start = Instant::now();
                succeed(&mut command);
                walls[at].push(start.elapsed().as_secs_f64() * 1000.0);
                cpu[at] += children_ticks() - before.0;
                tpm_cpu[at] += ticks_of(self.tpm.pid()) - before.1;
            }
        }
        both.map(|provider| {
            let at = usize::from(provider == Provider::Theirs);
            let commands = (provider == Provider::Ours).then(|| {
                let recorder = Recorder::start(&self.tpm.tcti());
                succeed(&mut self.signing(provider, &recorder.tcti().to_string()));
                recorder.exchanges().len()
            });
            let mut walls = walls[at].clone();
            walls.sort_by(f64::total_cmp);
            Figures {
                wall: walls[walls.len() / 2],
                cpu: cpu[at] / SIGNATURES as f64,
                tpm_cpu: tpm_cpu[at] / SIGNATURES as f64,
                commands,
            }
        })
    }

    fn signing(&self, provider: Provider, tcti: &str) -> Command {
        // As `openssl dgst -sign`, which tpm2-openssl 1.1 cannot do: its keys lose their private half there.
        let line = "pkeyutl -sign -rawin -digest sha256 -inkey key -in message -out signature";
        let line: Vec<&str> = line.split(' ').collect();
        self.command(provider, &line, tcti)
    }

    fn command(&self, provider: Provider, line: &[&str], tcti: &str) -> Command {
        let mut command = Command::new("openssl");
        command.arg(line[0]);
        if provider == Provider::Ours {
            command.arg("-provider-path").arg(self.modules());
            command.args(["-provider", "default", "-provider", "tpm2"]);
        } else {
            // It leaves what it has loaded when it is done with a TPM without resource manager.
            Tool::tpm2("tpm2_flushcontext", &self.tpm).arg("-t").ok();
            // In the other order its keys lose their private half.
            command.args(["-provider", "tpm2", "-provider", "default"]);
        }
        command
            .args(&line[1..])
            .env("OPENSSL_CONF", "/dev/null")
            .env("TPM2OPENSSL_TCTI", tcti)
            .env_remove("TPM2CA_TCTI")
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    fn tcti(&self) -> String {
        self.tpm.tpm2_tools_tcti()
    }

    fn modules(&self) -> PathBuf {
        self.folder.path().join("modules")
    }
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", said(&output));
}

/// The module as it is given to users.
fn module() -> PathBuf {
    program("libtpm2ca_openssl_provider.so")
}

/// CPU time of the children that have ended, in milliseconds.
fn children_ticks() -> f64 {
    milliseconds(Path::new("/proc/self/stat"), [15, 16])
}

fn ticks_of(process: u32) -> f64 {
    milliseconds(&PathBuf::from(format!("/proc/{process}/stat")), [13, 14])
}

/// Two fields of proc_pid_stat(5), counted from 0, in clock ticks of 10 ms. Over a hundred processes that is fine enough.
fn milliseconds(stat: &Path, fields: [usize; 2]) -> f64 {
    let text = fs::read_to_string(stat).unwrap();
    // The name, in brackets, may have spaces in it.
    let (_, after) = text.rsplit_once(')').unwrap();
    let words: Vec<&str> = after.split_whitespace().collect();
    let ticks = |field: usize| words[field - 2].parse::<f64>().unwrap();
    fields.into_iter().map(ticks).sum::<f64>() * 10.0
}
