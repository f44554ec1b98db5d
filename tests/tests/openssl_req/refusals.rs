//! What is refused, and what is only warned of.

use std::fs;

use tpm2ca_tests::{Shown, said, tpm2ca};

use super::setup::{keys, openssl, ours};

/// What both refuse, and that we say where it stands.
#[test]
fn what_openssl_refuses_is_refused_with_a_place() {
    let folder = keys();
    let shown = Shown::in_folder(folder.path());
    for (config, options) in [
        ("[req]\nprompt=no\ndistinguished_name=gone\n", &[][..]),
        ("[req]\nprompt=no\n", &[]),
        ("[req]\nprompt=no\ndistinguished_name=dn\n[dn]\n", &[]),
        (
            "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nnonsense=x\n",
            &[],
        ),
        (
            "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nC=Germany\n",
            &[],
        ),
        (
            "[req]\nprompt=no\nstring_mask=wrong\ndistinguished_name=dn\n[dn]\nCN=x\n",
            &[],
        ),
        (
            "[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=e\n[dn]\nCN=x\n[e]\nkeyUsage=nonsense\n",
            &[],
        ),
        (
            "[req]\nprompt=no\ndistinguished_name=dn\nattributes=at\n[dn]\nCN=x\n[at]\nnonsense=x\n",
            &[],
        ),
        ("[req]\nprompt=no\ndistinguished_name=$nothing\n", &[]),
        ("[req]\n", &["-subj", "CN=x"]),
        ("[req]\n", &["-subj", "/CN=x", "-addext", "keyUsage"]),
        (
            "[req]\n",
            &[
                "-subj",
                "/CN=x",
                "-addext",
                "keyUsage=cRLSign",
                "-addext",
                "keyUsage=cRLSign",
            ],
        ),
        ("[req]\n", &["-subj", "/CN=x", "-addext", "keyUsage=wrong"]),
        ("[req]\n", &["-subj", "/CN=x", "-reqexts", "gone"]),
        (
            "[req]\ndistinguished_name=dn\n[dn]\nCN=Name\nCN_default=x\nCN_min=5\n",
            &["-batch"],
        ),
        (
            "[req]\ndistinguished_name=dn\n[dn]\nCN=Name\nCN_default=x\n",
            &[],
        ),
    ] {
        fs::write(folder.path().join("test.cnf"), config).unwrap();
        let theirs = openssl(
            &folder,
            &[&["-new", "-key", "rsa.key"], options].concat(),
            "",
        );
        assert!(theirs.is_none(), "openssl accepts {config}");
        let options: Vec<String> = options.iter().map(|option| ours(option)).collect();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        shown.heading(&format!("{config:?}"));
        let req = [
            &[
                "req", "--config", "test.cnf", "--key", "rsa.key", "--out", "ours",
            ],
            &options[..],
        ]
        .concat();
        let output = shown.whatever(&req, &mut tpm2ca(folder.path(), &req));
        assert!(!output.status.success(), "{config}: {}", said(&output));
        assert!(!folder.path().join("ours").exists(), "{config}");
    }
    shown.snapshot("openssl_req_refusals/what_openssl_refuses_is_refused_with_a_place");
}

#[test]
fn broken_hashes_are_refused_whatever_the_file_says() {
    let folder = keys();
    let shown = Shown::in_folder(folder.path());
    for hash in ["md5", "sha1"] {
        let config =
            format!("[req]\nprompt=no\ndefault_md={hash}\ndistinguished_name=dn\n[dn]\nCN=x\n");
        fs::write(folder.path().join("test.cnf"), config).unwrap();
        let req = ["req", "--config", "test.cnf", "--key", "rsa.key"];
        let output = shown.whatever(&req, &mut tpm2ca(folder.path(), &req));
        assert!(output.stdout.is_empty());
    }
    shown.snapshot("openssl_req_refusals/broken_hashes_are_refused_whatever_the_file_says");
}

#[test]
fn a_file_that_a_profile_would_refuse_wins_with_a_warning_and_not_with_strict() {
    let folder = keys();
    let config = "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN=x\n[v3]\nbasicConstraints=CA:TRUE\n";
    fs::write(folder.path().join("test.cnf"), config).unwrap();
    let arguments = [
        "req", "--x509", "--config", "test.cnf", "--key", "rsa.key", "--out", "ours",
    ];
    let output = tpm2ca(folder.path(), &arguments).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("warning: ") && folder.path().join("ours").exists(),
        "{}",
        said(&output)
    );
    fs::remove_file(folder.path().join("ours")).unwrap();
    let output = tpm2ca(folder.path(), &[&arguments[..], &["--strict"]].concat())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(!folder.path().join("ours").exists());
}
