//! Key files that others wrote are read, and others take what is written from them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;

use tpm2ca_testkit::{Ran, Swtpm, Tool, temp_dir};
use tpm2ca_tpm::{KeyFile, KeyFileKind};

#[test]
fn tpm2_openssl_writes_reads_and_signs() {
    let tpm = Swtpm::start();
    let dir = temp_dir();
    for (name, options) in [
        ("rsa", ["-algorithm", "RSA", "-pkeyopt", "bits:2048"]),
        ("ec", ["-algorithm", "EC", "-pkeyopt", "group:P-256"]),
    ] {
        let theirs = dir.path().join(format!("{name}.theirs.pem"));
        provider(&tpm, "genpkey", &dir)
            .args(options)
            .arg("-out")
            .arg(&theirs)
            .ok();
        let text = fs::read(&theirs).unwrap();
        assert!(KeyFile::is_tss2_pem(&text));
        let key = KeyFile::from_pem(&text).unwrap();
        assert_eq!(key.kind(), KeyFileKind::Loadable);
        assert_eq!(key.parent(), KeyFile::OWNER);
        assert!(!key.needs_auth());
        assert_eq!(key.unsupported_reason(), None);

        let ours = dir.path().join(format!("{name}.ours.pem"));
        key.write_new(&ours).unwrap();
        assert_eq!(KeyFile::from_pem(&fs::read(&ours).unwrap()).unwrap(), key);
        sign_and_verify(&tpm, &dir, &ours);
    }
}

#[test]
fn a_key_with_an_authorization_says_so() {
    let tpm = Swtpm::start();
    let dir = temp_dir();
    let path = dir.path().join("key.pem");
    provider(&tpm, "genpkey", &dir)
        .args(["-algorithm", "EC", "-pkeyopt", "group:P-256"])
        .args(["-pkeyopt", "user-auth:secret", "-out"])
        .arg(&path)
        .ok();
    let key = KeyFile::from_pem(&fs::read(&path).unwrap()).unwrap();
    assert!(key.needs_auth());
    let again = KeyFile::from_pem(key.to_pem().as_bytes()).unwrap();
    assert!(again.needs_auth());
}

#[test]
fn tpm2_tools_write_a_key_and_load_its_blobs() {
    let tpm = Swtpm::start();
    let dir = temp_dir();
    // The emulator has three slots for keys, and the tools leave theirs behind.
    let tool = |name: &str| {
        Tool::tpm2("tpm2_flushcontext", &tpm).arg("-t").ok();
        Tool::tpm2(name, &tpm).dir(&dir)
    };
    tool("tpm2_createprimary")
        .args(["-G", "ecc", "-c", "primary.ctx"])
        .ok();
    tool("tpm2_create")
        .args(["-C", "primary.ctx", "-G", "ecc"])
        .args(["-u", "key.pub", "-r", "key.priv"])
        .ok();
    tool("tpm2_evictcontrol")
        .args(["-c", "primary.ctx", "0x81000001"])
        .ok();
    tool("tpm2_encodeobject")
        .args(["-C", "0x81000001", "-u", "key.pub", "-r", "key.priv"])
        .args(["-o", "key.pem"])
        .ok();
    let key = KeyFile::from_pem(&fs::read(dir.path().join("key.pem")).unwrap()).unwrap();
    assert_eq!(key.parent(), 0x8100_0001);
    assert_eq!(
        key.public_blob(),
        fs::read(dir.path().join("key.pub")).unwrap()
    );
    assert_eq!(
        key.private_blob(),
        fs::read(dir.path().join("key.priv")).unwrap()
    );

    Tool::tpm2("tpm2_flushcontext", &tpm).arg("-t").ok();
    let key = KeyFile::loadable(
        key.parent(),
        true,
        key.public_blob().to_vec(),
        key.private_blob().to_vec(),
    );
    let ours = dir.path().join("ours.pem");
    key.write_new(&ours).unwrap();
    sign_and_verify(&tpm, &dir, &ours);
}

/// `openssl COMMAND` with Debian's tpm2-openssl.
fn provider(tpm: &Swtpm, command: &str, dir: impl AsRef<Path>) -> Tool {
    Tool::openssl(command)
        .dir(dir)
        .env("TPM2OPENSSL_TCTI", tpm.tpm2_tools_tcti())
        .args(["-provider", "tpm2", "-provider", "default"])
        .args(["-propquery", "?provider=tpm2"])
}

/// The provider loads the key and signs with it; plain OpenSSL finds the signature good.
fn sign_and_verify(tpm: &Swtpm, dir: impl AsRef<Path>, key: &Path) {
    let dir = dir.as_ref();
    fs::write(dir.join("digest"), [7; 32]).unwrap();
    let public: Ran = provider(tpm, "pkey", dir)
        .args(["-pubout", "-in"])
        .arg(key)
        .ok();
    fs::write(dir.join("public.pem"), &public.stdout).unwrap();
    provider(tpm, "pkeyutl", dir)
        .args(["-sign", "-in", "digest", "-out", "signature"])
        .args(["-pkeyopt", "digest:sha256", "-inkey"])
        .arg(key)
        .ok();
    Tool::openssl("pkeyutl")
        .dir(dir)
        .args(["-verify", "-pubin", "-inkey", "public.pem"])
        .args(["-pkeyopt", "digest:sha256"])
        .args(["-in", "digest", "-sigfile", "signature"])
        .ok();
}
