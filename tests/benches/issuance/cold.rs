//! One process, one certificate: `tpm2ca sign` beside `openssl ca` with a key in a file; and a directory with few
//! certificates beside one with a hundred thousand.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use tpm2ca_authority::{Clock, SystemClock};
use tpm2ca_tests::{bulk, openssl_csr, program, said};

use crate::{
    Parts,
    table::{Table, median},
};

const ROUNDS: usize = 21;

pub(crate) fn measure(folder: &Path, parts: &Parts, table: &mut Table) {
    let folder = &folder.join("cold");
    fs::create_dir(folder).unwrap();
    let csr = openssl_csr(folder, "cold.example.com");
    if parts.have("process") {
        one_process(folder, &csr, table);
    }
    if parts.have("grown") {
        grown_directory(folder, &csr, table);
    }
}

fn one_process(folder: &Path, csr: &Path, table: &mut Table) {
    let ca = init(folder, "rsa", &["--alg", "rsa"]);
    openssl_ca(folder);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let out = folder.join(format!("ours-{round}.crt"));
        ours.push(milliseconds(
            tpm2ca(&ca, &["sign", "--quiet", "--in"])
                .arg(csr)
                .arg("--out")
                .arg(out),
        ));
        theirs.push(milliseconds(
            Command::new("openssl")
                .args(["ca", "-batch", "-config", "openssl.cnf", "-notext", "-in"])
                .arg(csr)
                .args(["-out", &format!("theirs-{round}.crt")])
                .current_dir(folder),
        ));
    }
    table.figure(
        "one `tpm2ca sign` process, RSA-2048, embedded TPM",
        median(&mut ours),
        "ms",
    );
    table.figure(
        "one `openssl ca` process, RSA-2048, file key, no fsync",
        median(&mut theirs),
        "ms",
    );
}

fn grown_directory(folder: &Path, csr: &Path, table: &mut Table) {
    let sizes = [("100", 100, 10), ("100000", 100_000, 10)];
    let directories = sizes.map(|(name, count, revoke_every)| {
        let ca = init(folder, &format!("size-{name}"), &[]);
        bulk::load(&ca, count, revoke_every, SystemClock.now());
        ca
    });
    // sign, show, revoke; for the small and the large directory.
    let mut times: [[Vec<f64>; 2]; 3] = Default::default();
    for round in 0..ROUNDS {
        for (size, ca) in directories.iter().enumerate() {
            let out = folder.join(format!("size-{size}-{round}.crt"));
            let steps = [
                milliseconds(
                    tpm2ca(ca, &["sign", "--quiet", "--in"])
                        .arg(csr)
                        .arg("--out")
                        .arg(&out),
                ),
                milliseconds(tpm2ca(ca, &["show"]).arg(&out)),
                milliseconds(tpm2ca(ca, &["revoke", "--quiet"]).arg(&out)),
            ];
            for (times, step) in times.iter_mut().zip(steps) {
                times[size].push(step);
            }
        }
    }
    for (name, [small, large]) in ["sign", "show", "revoke"].iter().zip(&mut times) {
        let (small, large) = (median(small), median(large));
        table.figure(
            &format!("`tpm2ca {name}` with 100 certificates"),
            small,
            "ms",
        );
        table.figure(
            &format!("`tpm2ca {name}` with 100,000 certificates"),
            large,
            "ms",
        );
        table.at_most(&format!("`tpm2ca {name}`: ratio"), large / small, "", 1.3);
    }
}

fn init(folder: &Path, name: &str, arguments: &[&str]) -> PathBuf {
    let ca = folder.join(name);
    let tcti = format!("libtpms:{}", folder.join(format!("{name}-tpm")).display());
    milliseconds(tpm2ca(&ca, &["init", "--quiet", "--name", name, "--tpm", &tcti]).args(arguments));
    ca
}

fn tpm2ca(ca: &Path, arguments: &[&str]) -> Command {
    let folder = ca.parent().unwrap();
    let mut command = tpm2ca_tests::tpm2ca(folder, arguments);
    command.env("TPM2CA_DIR", ca);
    command
}

fn milliseconds(command: &mut Command) -> f64 {
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output().unwrap();
    let took = start.elapsed();
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    took.as_secs_f64() * 1000.0
}

/// The CA that people have today, with its key in a file.
fn openssl_ca(folder: &Path) {
    let config = "[ca]\ndefault_ca = c\n[c]\ndir = .\ndatabase = index.txt\nserial = serial\nnew_certs_dir = .\n\
                  private_key = file.key\ncertificate = file.crt\ndefault_md = sha256\ndefault_days = 90\npolicy = p\n\
                  unique_subject = no\nx509_extensions = e\ncopy_extensions = copy\n[p]\ncommonName = supplied\n\
                  [e]\nbasicConstraints = CA:FALSE\nextendedKeyUsage = serverAuth\n\
                  [req]\ndistinguished_name = d\n[d]\n";
    fs::write(folder.join("openssl.cnf"), config).unwrap();
    fs::write(folder.join("index.txt"), "").unwrap();
    fs::write(folder.join("serial"), "1000\n").unwrap();
    milliseconds(
        Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=file",
            ])
            .args(["-keyout", "file.key", "-out", "file.crt"])
            .current_dir(folder),
    );
    assert!(program("tpm2ca").exists());
}
