//! What the other tests rely on.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::thread;

use tpm2ca_testkit::{Swtpm, Tool, temp_dir};

#[test]
fn emulators_that_start_together_do_not_meet() {
    let starting: Vec<_> = (0..6).map(|_| thread::spawn(Swtpm::start)).collect();
    let emulators: Vec<Swtpm> = starting
        .into_iter()
        .map(|emulator| emulator.join().unwrap())
        .collect();
    let ports: BTreeSet<u16> = emulators.iter().map(Swtpm::port).collect();
    assert_eq!(ports.len(), emulators.len());
    // Each tells which one it is by what was defined in it.
    for (emulator, index) in emulators.iter().zip(1..) {
        define(emulator, index);
    }
    for (emulator, index) in emulators.iter().zip(1..) {
        assert_eq!(defined(emulator), [format!("0x150000{index}")]);
    }
}

#[test]
fn state_outlives_a_kill() {
    let mut emulator = Swtpm::start();
    define(&emulator, 7);
    let (port, pid) = (emulator.port(), emulator.pid());
    emulator.restart();
    assert_eq!(emulator.port(), port);
    assert_ne!(emulator.pid(), pid);
    assert_eq!(defined(&emulator), ["0x1500007"]);
    assert!(emulator.state_dir().join("tpm2-00.permall").exists());
}

#[test]
fn nothing_stays_behind() {
    let emulator = Swtpm::start_unix();
    let (dir, pid) = (emulator.state_dir(), emulator.pid());
    assert!(dir.exists());
    drop(emulator);
    assert!(!dir.exists());
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn tools_are_heard_out() {
    let dir = temp_dir();
    let long = vec![b'x'; 1 << 20];
    let ran = Tool::new("cat").input(long.clone()).dir(&dir).ok();
    assert_eq!(ran.stdout, long);

    let ran = Tool::openssl("version").ok();
    assert!(ran.text().starts_with("OpenSSL"), "{}", ran.report());

    let script = "import sys, cryptography; print(sys.argv[1]); sys.exit(3)";
    let ran = Tool::python(script).arg("hallo").run();
    assert_eq!((ran.code, ran.text().trim()), (Some(3), "hallo"));
    assert!(!ran.success());

    let ran = Tool::new("sh")
        .args(["-c", "echo oops >&2; kill -9 $$"])
        .run();
    assert_eq!((ran.code, ran.errors().trim()), (None, "oops"));
    assert!(ran.report().contains("oops"));
}

fn define(emulator: &Swtpm, index: u32) {
    Tool::tpm2("tpm2_nvdefine", emulator)
        .args(["-C", "o", "-s", "8", &format!("0x150000{index}")])
        .ok();
}

fn defined(emulator: &Swtpm) -> Vec<String> {
    let ran = Tool::tpm2("tpm2_getcap", emulator)
        .arg("handles-nv-index")
        .ok();
    ran.text()
        .lines()
        .map(|line| line.trim_start_matches("- ").to_owned())
        .collect()
}
