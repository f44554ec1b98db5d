//! The OpenSSL Certificate Authority guide with `openssl` itself, `-engine tpm2tss -keyform engine` added where a key is
//! used. Its two files are unchanged but for `dir`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use tpm2ca_testkit::{Ran, Tool};

use crate::world::{World, everywhere};

#[test]
fn with_rsa_keys() {
    everywhere(|world| walk(world, "--alg rsa --keysize 2048", equivalent));
}

#[test]
fn with_p384_keys() {
    everywhere(|world| walk(world, "--alg ecdsa --curve nist_p384", equivalent));
}

#[test]
fn with_its_own_files() {
    if folder_of_the_guide().exists() {
        everywhere(|world| walk(world, "--alg rsa --keysize 2048", of_the_guide));
    }
}

const ROOT: &str = "ca/certs/ca.cert.pem";
const INTERMEDIATE: &str = "ca/intermediate/certs/intermediate.cert.pem";
const CHAIN: &str = "ca/intermediate/certs/ca-chain.cert.pem";
const CRL: &str = "ca/intermediate/crl/intermediate.crl.pem";
const KEY: &str = "-engine tpm2tss -keyform engine";

fn walk(world: &World, kind: &str, configuration: fn(&str) -> String) {
    folders(world, configuration);
    root_and_intermediate(world, kind);
    for (name, section, purpose) in [
        ("www.example.com", "server_cert", "sslserver"),
        ("bob@example.com", "usr_cert", "sslclient"),
        ("ocsp.example.com", "ocsp", "ocsphelper"),
    ] {
        let (csr, certificate) = (
            format!("ca/intermediate/csr/{name}.csr.pem"),
            certificate_of(name),
        );
        run(
            world,
            &format!(
                "req -config ca/intermediate/openssl.cnf -new -newkey rsa:2048 -nodes -keyout {name}.key.pem -sha256 \
                 -subj /C=US/ST=California/O=Example/CN={name} -out {csr}"
            ),
        );
        run(
            world,
            &format!(
                "ca {KEY} -config ca/intermediate/openssl.cnf -extensions {section} -days 375 -notext -md sha256 \
                 -batch -in {csr} -out {certificate}"
            ),
        );
        judged(
            world,
            &format!("-untrusted {INTERMEDIATE} -purpose {purpose} {certificate}"),
        );
    }
    revocation(world);
}

/// The folders and files that the guide begins with.
fn folders(world: &World, configuration: fn(&str) -> String) {
    for (name, dir) in [("root", "ca"), ("intermediate", "ca/intermediate")] {
        let path = world.path(dir);
        for folder in ["certs", "crl", "csr", "newcerts", "private"] {
            fs::create_dir_all(path.join(folder)).unwrap();
        }
        world.write(&format!("{dir}/index.txt"), "");
        world.write(&format!("{dir}/serial"), "1000\n");
        world.write(
            &format!("{dir}/openssl.cnf"),
            in_folder(&configuration(name), &path),
        );
    }
    world.write("ca/intermediate/crlnumber", "1000\n");
}

fn root_and_intermediate(world: &World, kind: &str) {
    for key in [
        "ca/private/ca.key.pem",
        "ca/intermediate/private/intermediate.key.pem",
    ] {
        Tool::new(tpm2ca_tests::program("tpm2ca"))
            .arg("genkey")
            .args(kind.split_whitespace())
            .arg(key)
            .env("TPM2CA_TCTI", world.tpm.tcti().to_string())
            .dir(world.folder.path())
            .ok();
    }
    answered(
        world,
        &format!(
            "req {KEY} -config ca/openssl.cnf -key ca/private/ca.key.pem -new -x509 -days 7300 -sha256 \
             -extensions v3_ca -out {ROOT}"
        ),
        &answers("Alice Ltd Root CA"),
    );
    let csr = "ca/intermediate/csr/intermediate.csr.pem";
    answered(
        world,
        &format!(
            "req {KEY} -config ca/intermediate/openssl.cnf -new -sha256 \
             -key ca/intermediate/private/intermediate.key.pem -out {csr}"
        ),
        &answers("Alice Ltd Intermediate CA"),
    );
    world.theirs(&format!("req -in {csr} -noout -verify")).ok();
    run(
        world,
        &format!(
            "ca {KEY} -config ca/openssl.cnf -extensions v3_intermediate_ca -days 3650 -notext -md sha256 -batch \
             -in {csr} -out {INTERMEDIATE}"
        ),
    );
    world.write(CHAIN, [world.read(INTERMEDIATE), world.read(ROOT)].concat());
    for certificate in [ROOT, INTERMEDIATE] {
        judged(world, certificate);
        certtool_verifies(world, certificate);
    }
}

/// The CRL and OCSP, before and after the revocation of the client.
fn revocation(world: &World) {
    let client = certificate_of("bob@example.com");
    let server = certificate_of("www.example.com");
    let checked = |certificate: &str| {
        run_judge(
            world,
            &format!("-untrusted {INTERMEDIATE} -crl_check -CRLfile {CRL} {certificate}"),
        )
    };
    for is_revoked in [false, true] {
        if is_revoked {
            run(
                world,
                &format!("ca {KEY} -config ca/intermediate/openssl.cnf -revoke {client}"),
            );
        }
        run(
            world,
            &format!("ca {KEY} -config ca/intermediate/openssl.cnf -gencrl -out {CRL}"),
        );
        let said = world
            .theirs(&format!("crl -in {CRL} -noout -CAfile {CHAIN}"))
            .ok();
        assert!(said.errors().contains("verify OK"), "{}", said.report());
        assert!(checked(&server).success());
        let client_checked = checked(&client);
        assert_eq!(
            !client_checked.success(),
            is_revoked,
            "{}",
            client_checked.report()
        );
        // The guide's responder has a key in a file.
        let asked = format!("-cert {client}");
        run(
            world,
            &format!("ocsp -issuer {INTERMEDIATE} {asked} -no_nonce -reqout query.der"),
        );
        run(
            world,
            &format!(
                "ocsp -index ca/intermediate/index.txt -CA {CHAIN} -rkey ocsp.example.com.key.pem -rsigner {} \
                 -reqin query.der -respout answer.der",
                certificate_of("ocsp.example.com")
            ),
        );
        let said = world
            .theirs(&format!(
                "ocsp -respin answer.der -issuer {INTERMEDIATE} {asked} -no_nonce -CAfile {CHAIN}"
            ))
            .ok()
            .report();
        let status = if is_revoked { ": revoked" } else { ": good" };
        assert!(
            said.contains("Response verify OK") && said.contains(status),
            "{said}"
        );
    }
}

fn certificate_of(name: &str) -> String {
    format!("ca/intermediate/certs/{name}.cert.pem")
}

fn run(world: &World, line: &str) -> Ran {
    world.plain(line).ok()
}

fn answered(world: &World, line: &str, typed: &str) {
    world.plain(line).input(typed).ok();
}

/// What the guide says is typed; the rest are defaults.
fn answers(common_name: &str) -> String {
    format!("GB\nEngland\n\nAlice Ltd\nAlice Ltd Certificate Authority\n{common_name}\n\n")
}

/// The judge at its strictest.
fn judged(world: &World, arguments: &str) {
    let said = run_judge(world, arguments);
    assert!(said.success(), "{}", said.report());
}

fn run_judge(world: &World, arguments: &str) -> Ran {
    world
        .theirs(&format!(
            "verify -x509_strict -check_ss_sig -CAfile {ROOT} {arguments}"
        ))
        .run()
}

/// GnuTLS agrees.
fn certtool_verifies(world: &World, certificate: &str) {
    let chain: Vec<u8> = [certificate, INTERMEDIATE, ROOT]
        .iter()
        .flat_map(|name| world.read(name))
        .collect();
    world.write("chain.pem", chain);
    Tool::certtool()
        .args(["--verify", "--load-ca-certificate", ROOT])
        .args(["--infile", "chain.pem"])
        .dir(world.folder.path())
        .ok();
}

/// The guide's own files, which are not ours to copy, are beside the repository or not at all.
fn folder_of_the_guide() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/testdata/nguyen")
}

fn of_the_guide(name: &str) -> String {
    fs::read_to_string(folder_of_the_guide().join(format!("{name}-openssl.cnf"))).unwrap()
}

/// Files that say the same.
fn equivalent(name: &str) -> String {
    let (key, policy) = match name {
        "root" => ("ca", "policy_strict"),
        _ => ("intermediate", "policy_loose"),
    };
    include_str!("../openssl_ca/guide.cnf")
        .replace("KEY", key)
        .replace("POLICY", policy)
}

/// The file with its folder, and nothing else that is new.
fn in_folder(text: &str, dir: &Path) -> String {
    let (mut lines, mut changed) = (String::new(), 0);
    for line in text.lines() {
        if line.starts_with("dir ") {
            changed += 1;
            writeln!(lines, "dir = {}", dir.display()).unwrap();
        } else {
            writeln!(lines, "{line}").unwrap();
        }
    }
    assert_eq!(changed, 1);
    lines
}
