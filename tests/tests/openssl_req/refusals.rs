//! What is refused, and what is only warned of.

use std::fs;

use tpm2ca_tests::{said, tpm2ca};

use super::setup::{keys, openssl, ours};

/// What both refuse, and that we say where it stands.
#[test]
fn what_openssl_refuses_is_refused_with_a_place() {
    let folder = keys();
    for (config, options, message) in [
        (
            "[req]\nprompt=no\ndistinguished_name=gone\n",
            &[][..],
            "test.cnf:3: `distinguished_name` in [req] names the section [gone], which is not in the file",
        ),
        (
            "[req]\nprompt=no\n",
            &[],
            "[req] names no section with parts of the subject",
        ),
        (
            "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\n",
            &[],
            "test.cnf:4: the subject has no attribute",
        ),
        (
            "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nnonsense=x\n",
            &[],
            "test.cnf:5: `nonsense` in [dn]",
        ),
        (
            "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nC=Germany\n",
            &[],
            "test.cnf:5: `C` in [dn]",
        ),
        (
            "[req]\nprompt=no\nstring_mask=wrong\ndistinguished_name=dn\n[dn]\nCN=x\n",
            &[],
            "test.cnf:3: `string_mask` in [req]",
        ),
        (
            "[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=e\n[dn]\nCN=x\n[e]\nkeyUsage=nonsense\n",
            &[],
            "test.cnf:8: `keyUsage` in [e]",
        ),
        (
            "[req]\nprompt=no\ndistinguished_name=dn\nattributes=at\n[dn]\nCN=x\n[at]\nnonsense=x\n",
            &[],
            "test.cnf:8: `nonsense` in [at]",
        ),
        (
            "[req]\nprompt=no\ndistinguished_name=$nothing\n",
            &[],
            "test.cnf:3: the variable `$nothing`",
        ),
        ("[req]\n", &["-subj", "CN=x"], "`--subj`"),
        (
            "[req]\n",
            &["-subj", "/CN=x", "-addext", "keyUsage"],
            "`--addext keyUsage`",
        ),
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
            "`--addext` gives `keyUsage` twice",
        ),
        (
            "[req]\n",
            &["-subj", "/CN=x", "-addext", "keyUsage=wrong"],
            "--addext:1: `keyUsage` in [default]",
        ),
        (
            "[req]\n",
            &["-subj", "/CN=x", "-reqexts", "gone"],
            "test.cnf has no section [gone]",
        ),
        (
            "[req]\ndistinguished_name=dn\n[dn]\nCN=Name\nCN_default=x\nCN_min=5\n",
            &["-batch"],
            "test.cnf:4: `CN` in [dn]: the answer must have 5 octets at least",
        ),
        (
            "[req]\ndistinguished_name=dn\n[dn]\nCN=Name\nCN_default=x\n",
            &[],
            "nobody answers the question for `Name`",
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
        let output = tpm2ca(
            folder.path(),
            &[
                &[
                    "req", "--config", "test.cnf", "--key", "rsa.key", "--out", "ours",
                ],
                &options[..],
            ]
            .concat(),
        )
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
        let text = said(&output);
        assert!(!output.status.success(), "{config}: {text}");
        assert!(
            text.contains(message) && text.contains("hint: "),
            "{message}\n{text}"
        );
        assert!(!folder.path().join("ours").exists(), "{config}");
    }
}

#[test]
fn broken_hashes_are_refused_whatever_the_file_says() {
    let folder = keys();
    for hash in ["md5", "sha1"] {
        let config =
            format!("[req]\nprompt=no\ndefault_md={hash}\ndistinguished_name=dn\n[dn]\nCN=x\n");
        fs::write(folder.path().join("test.cnf"), config).unwrap();
        let output = tpm2ca(
            folder.path(),
            &["req", "--config", "test.cnf", "--key", "rsa.key"],
        )
        .output()
        .unwrap();
        let text = said(&output);
        assert!(
            text.contains(&format!(
                "test.cnf:3: `default_md` in [req]: signatures with `{hash}` can be forged"
            )),
            "{text}"
        );
        assert!(output.stdout.is_empty());
    }
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
