//! A hundred thousand certificates in one directory.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use tpm2ca_authority::{Clock, SystemClock};
use tpm2ca_testkit::Tool;
use tpm2ca_tests::{Ca, bulk, program};

#[test]
fn a_crl_with_100000_entries_needs_little_memory() {
    let ca = Ca::new(&[]);
    bulk::load(&ca.directory(), ENTRIES, 1, SystemClock.now());
    // The operating system knows how much memory a program had at most.
    let script = "import resource, subprocess, sys\n\
                  subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n\
                  print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    let peak_kib: u64 = Tool::new("python3")
        .args(["-c", script])
        .arg(program("tpm2ca"))
        .args(["crl", "--out", "crl.pem", "--ca"])
        .arg(ca.directory())
        .args(["--tpm", &ca.tpm.tcti().to_string()])
        .dir(ca.folder.path())
        .ok()
        .text()
        .trim()
        .parse()
        .unwrap();
    assert!(peak_kib < 64 * 1024, "{peak_kib} KiB at most");

    let verified = Tool::openssl("crl")
        .args(["-noout", "-in", "crl.pem", "-CAfile", "ca/intermediate.crt"])
        .dir(ca.folder.path())
        .ok();
    assert!(
        verified.report().contains("verify OK"),
        "{}",
        verified.report()
    );
    let count: usize = Tool::python(&format!(
        "from cryptography import x509\n\
         print(len(x509.load_pem_x509_crl(open({:?}, 'rb').read())))",
        ca.path("crl.pem")
    ))
    .ok()
    .text()
    .trim()
    .parse()
    .unwrap();
    assert_eq!(count, ENTRIES);
}

const ENTRIES: usize = 100_000;
