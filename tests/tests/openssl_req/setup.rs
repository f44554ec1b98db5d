//! The same question to both programs.

use std::fs;

use tpm2ca_testkit::{TempDir, Tool, temp_dir};
use tpm2ca_tests::{said, tpm2ca};
use tpm2ca_x509::{Certificate, Csr};

/// A configuration and what is asked of it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) config: &'static str,
    /// Options in OpenSSL's spelling; ours has one more `-`.
    pub(crate) options: &'static [&'static str],
    /// What is typed.
    pub(crate) answers: &'static str,
}

pub(crate) const fn case(
    name: &'static str,
    config: &'static str,
    options: &'static [&'static str],
) -> Case {
    Case {
        name,
        config,
        options,
        answers: "",
    }
}

pub(crate) const fn answered(
    name: &'static str,
    config: &'static str,
    answers: &'static str,
) -> Case {
    Case {
        name,
        config,
        options: &[],
        answers,
    }
}

pub(crate) fn compare(folder: &TempDir, case: &Case, key: &str) -> Result<(), String> {
    let arguments = [&["-new", "-key", key], case.options].concat();
    let Some(theirs) = openssl(folder, &arguments, case.answers) else {
        return Err("openssl refuses it".to_owned());
    };
    let options: Vec<String> = arguments.iter().map(|option| ours(option)).collect();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let mut command = tpm2ca(
        folder.path(),
        &[
            &[
                "req",
                "--config",
                "test.cnf",
                "--outform",
                "der",
                "--out",
                "ours.der",
            ],
            &options[..],
        ]
        .concat(),
    );
    fs::write(folder.path().join("answers"), case.answers).unwrap();
    let answers = fs::File::open(folder.path().join("answers")).unwrap();
    let output = command.stdin(answers).output().unwrap();
    if !output.status.success() {
        return Err(said(&output));
    }
    let ours = fs::read(folder.path().join("ours.der")).unwrap();
    let (ours_signed, theirs_signed) = if case.options.contains(&"-x509") {
        (
            dated_alike(&ours, &theirs),
            Certificate::parse(&theirs).unwrap().tbs().der().to_vec(),
        )
    } else {
        if key == "rsa.key" && ours == theirs {
            return Ok(());
        }
        (
            Csr::parse(&ours).unwrap().info_der().to_vec(),
            Csr::parse(&theirs).unwrap().info_der().to_vec(),
        )
    };
    if ours_signed == theirs_signed && (key != "rsa.key" || case.options.contains(&"-x509")) {
        return Ok(());
    }
    Err(format!(
        "\n  ours:    {}\n  openssl: {}\n{}",
        ours_signed.escape_ascii(),
        theirs_signed.escape_ascii(),
        said(&output)
    ))
}

/// What we signed, with the dates of the other: the clock may have moved on between the two.
pub(crate) fn dated_alike(ours: &[u8], theirs: &[u8]) -> Vec<u8> {
    let (ours, theirs) = (
        Certificate::parse(ours).unwrap(),
        Certificate::parse(theirs).unwrap(),
    );
    let (from, to) = (ours.tbs().validity_der(), theirs.tbs().validity_der());
    assert_eq!(from.len(), to.len());
    let [mine, other] = [&ours, &theirs].map(|certificate| certificate.tbs().validity());
    assert_eq!(
        mine.not_after - mine.not_before,
        other.not_after - other.not_before
    );
    let tbs = ours.tbs().der();
    let at = tbs
        .windows(from.len())
        .position(|window| window == from)
        .unwrap();
    [&tbs[..at], to, &tbs[at + from.len()..]].concat()
}

pub(crate) fn openssl(folder: &TempDir, arguments: &[&str], answers: &str) -> Option<Vec<u8>> {
    let ran = Tool::openssl("req")
        .args([
            "-config",
            "test.cnf",
            "-outform",
            "DER",
            "-out",
            "theirs.der",
        ])
        .args(arguments)
        .input(answers)
        .dir(folder.path())
        .run();
    ran.success()
        .then(|| fs::read(folder.path().join("theirs.der")).unwrap())
}

/// Our spelling of an option.
pub(crate) fn ours(argument: &str) -> String {
    let is_option = argument.starts_with('-') && argument.len() > 2;
    if is_option {
        format!("-{argument}")
    } else {
        argument.to_owned()
    }
}

/// A folder with software keys.
pub(crate) fn keys() -> TempDir {
    let folder = temp_dir();
    for (file, options) in [
        (
            "rsa.key",
            &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        ),
        (
            "p256.key",
            &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        ),
        (
            "p384.key",
            &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        ),
    ] {
        Tool::openssl("genpkey")
            .args(options)
            .args(["-out", file])
            .dir(folder.path())
            .ok();
    }
    folder
}
