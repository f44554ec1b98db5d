//! `make bench`: a CA with an openssl.cnf and a million rows in its index.txt, beside one with a thousand and beside
//! `openssl ca`. The table goes to stdout, the same to `target/bench.json`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs
)]

#[allow(dead_code, reason = "the other benchmark uses all of it")]
#[path = "issuance/table.rs"]
mod table;

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use table::{Table, median};
use tpm2ca_tests::{openssl_csr, program, said};

const FEW: usize = 1_000;
const MANY: usize = 1_000_000;

fn main() {
    if env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let target = env::current_exe()
        .unwrap()
        .ancestors()
        .nth(3)
        .unwrap()
        .to_owned();
    let folder = tempfile::tempdir_in(&target).unwrap();
    let mut table = Table::default();
    let few = Ca::new(&folder.path().join("few"), FEW);
    let many = Ca::new(&folder.path().join("many"), MANY);
    few.tpm2ca(&["db", "import-openssl", "--config", "openssl.cnf"]);
    let taken = many.tpm2ca(&["db", "import-openssl", "--config", "openssl.cnf"]);
    table.figure("taking in 1,000,000 rows, once", taken.0, "s");

    let (mut signs_few, mut signs_many) = (Vec::new(), Vec::new());
    // Many, since other work on the machine is about as long as one of them.
    for round in 0..45 {
        let subject = format!("/CN=round-{round}");
        let arguments = [
            "sign",
            "--config",
            "openssl.cnf",
            "--batch",
            "--in",
            "x.csr",
            "--out",
            "x.crt",
            "--subj",
            &subject,
        ];
        signs_few.push(few.tpm2ca(&arguments).0);
        signs_many.push(many.tpm2ca(&arguments).0);
    }
    let (signs_few, signs_many) = (median(&mut signs_few), median(&mut signs_many));
    table.figure("sign, 1,000 rows", signs_few * 1e3, "ms");
    table.figure("sign, 1,000,000 rows", signs_many * 1e3, "ms");
    table.at_most(
        "sign, 1,000,000 rows / 1,000 rows",
        signs_many / signs_few,
        "",
        1.3,
    );

    let (mut ours, mut theirs, mut memory) = (Vec::new(), Vec::new(), 0);
    for _ in 0..3 {
        let (seconds, kib) = many.tpm2ca(&["crl", "--config", "openssl.cnf", "--out", "a.crl"]);
        ours.push(seconds);
        memory = memory.max(kib);
        theirs.push(
            many.run(
                "openssl",
                &["ca", "-config", "openssl.cnf", "-gencrl", "-out", "b.crl"],
            )
            .0,
        );
    }
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    table.figure("CRL of 100,000 entries, openssl ca -gencrl", theirs, "s");
    table.figure("CRL of 100,000 entries, tpm2ca", ours, "s");
    table.at_most("CRL, tpm2ca / openssl ca", ours / theirs, "", 0.5);
    table.at_most(
        "CRL, memory at the most",
        memory as f64 / 1024.0,
        "MiB",
        64.0,
    );

    let serial = "0186A1";
    let revoked = many
        .tpm2ca(&["revoke", "--config", "openssl.cnf", serial])
        .0;
    table.figure("revoke, 1,000,000 rows", revoked, "s");
    let theirs = many
        .run(
            "openssl",
            &["ca", "-config", "openssl.cnf", "-revoke", "x.crt"],
        )
        .0;
    table.figure("revoke, 1,000,000 rows, openssl ca", theirs, "s");
    let learned = many
        .tpm2ca(&["list", "--config", "openssl.cnf", "--name", "nobody"])
        .0;
    table.figure("taking in that revocation, and a list", learned, "s");
    print!("{}", table.text());
    table.save(&target, "openssl_ca");
}

struct Ca {
    folder: PathBuf,
}

impl Ca {
    /// A CA with a key in a file and so many rows, of which every tenth is revoked.
    fn new(folder: &Path, rows: usize) -> Self {
        fs::create_dir_all(folder.join("newcerts")).unwrap();
        let mut index = String::new();
        for row in 1..=rows {
            let serial = 100_000 + row;
            let (letter, revocation) = if row % 10 == 0 {
                ("R", "260101000000Z,superseded")
            } else {
                ("V", "")
            };
            writeln!(
                index,
                "{letter}\t401231235959Z\t{revocation}\t{serial:06X}\tunknown\t/C=GB/ST=England/O=Example Ltd/OU=Machines/CN=host-{row}.example.com"
            )
            .unwrap();
        }
        fs::write(folder.join("index.txt"), index).unwrap();
        fs::write(folder.join("serial"), format!("{:06X}\n", 100_001 + rows)).unwrap();
        fs::write(folder.join("crlnumber"), "01\n").unwrap();
        fs::write(folder.join("openssl.cnf"), CNF).unwrap();
        let this = Self {
            folder: folder.to_owned(),
        };
        this.run(
            "openssl",
            &[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-subj",
                "/CN=CA",
                "-days",
                "7300",
                "-keyout",
                "ca.key",
                "-out",
                "ca.crt",
            ],
        );
        fs::rename(openssl_csr(folder, "x"), folder.join("x.csr")).unwrap();
        this
    }

    fn tpm2ca(&self, arguments: &[&str]) -> (f64, u64) {
        self.run(program("tpm2ca").to_str().unwrap(), arguments)
    }

    /// Seconds, and the most memory that it had, in KiB.
    fn run(&self, program: &str, arguments: &[&str]) -> (f64, u64) {
        let batch: &[&str] = if program == "openssl" && arguments.first() == Some(&"ca") {
            &["-batch"]
        } else {
            &[]
        };
        let begin = Instant::now();
        let child = Command::new(program)
            .args(arguments)
            .args(batch)
            .current_dir(&self.folder)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let status = format!("/proc/{}/status", child.id());
        // The peak only grows, so the last look before the end is the one that counts.
        let watch = thread::spawn(move || {
            let mut peak = 0;
            while let Ok(text) = fs::read_to_string(&status) {
                let Some(line) = text.lines().find(|line| line.starts_with("VmHWM:")) else {
                    break;
                };
                let kib = line.split_whitespace().nth(1).unwrap();
                peak = kib.parse::<u64>().unwrap().max(peak);
                thread::sleep(Duration::from_millis(5));
            }
            peak
        });
        let output = child.wait_with_output().unwrap();
        let seconds = begin.elapsed().as_secs_f64();
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        (seconds, watch.join().unwrap())
    }
}

const CNF: &str = "\
[ca]
default_ca = d
[d]
dir = .
database = index.txt
new_certs_dir = newcerts
serial = serial
crlnumber = crlnumber
private_key = ca.key
certificate = ca.crt
default_md = sha256
default_days = 365
default_crl_days = 30
policy = p
x509_extensions = e
crl_extensions = c
[p]
commonName = supplied
[e]
basicConstraints = CA:FALSE
[c]
authorityKeyIdentifier = keyid:always
";
