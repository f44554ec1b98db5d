//! One key: its file or its handle, its parent, what it takes to use it.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use anyhow::Result;
use tpm2ca_keys::{Signer as _, SoftwareKey, TpmSigner};
use tpm2ca_tpm::{
    Auth, AuthNeed, Capabilities, ErrorKind, KeyAttributes, KeyFile, KeyFileKind, Tpm, TpmError,
};
use zeroize::Zeroizing;

use super::{directory::is_private, finding::Findings, parents, policy, situation::Situation};
use crate::{error::CliError, text::shell_word};

/// A key that was named on the command line.
pub(super) fn check(
    situation: &Situation<'_>,
    name: &str,
    findings: &mut Findings<'_>,
) -> Result<()> {
    match name.strip_prefix("handle:") {
        Some(handle) => at_handle(situation, name, handle, findings),
        None => look(situation, name, Path::new(name), findings).map(drop),
    }
}

/// A key in a file. Returns its public half (SubjectPublicKeyInfo, DER) if it can be used.
pub(super) fn look(
    situation: &Situation<'_>,
    check: &str,
    path: &Path,
    findings: &mut Findings<'_>,
) -> Result<Option<Vec<u8>>> {
    let text = match read(path) {
        Ok(text) => text,
        Err(error) => {
            findings.error(check, error)?;
            return Ok(None);
        }
    };
    if !KeyFile::is_tss2_pem(&text) {
        return software(check, path, &text, findings);
    }
    let file = match KeyFile::from_pem(&text) {
        Ok(file) => file,
        Err(error) => {
            let hint = error
                .hint()
                .unwrap_or_else(|| "put the file back from a backup".to_owned());
            findings.problem(check, format!("`{}`: {error}", path.display()), hint)?;
            return Ok(None);
        }
    };
    in_tpm(situation, check, &file, findings)
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, CliError> {
    let refuse = |error| CliError::file("read", path, &error);
    let length = fs::metadata(path).map_err(refuse)?.len();
    if length > KeyFile::MAX_LEN as u64 {
        return Err(CliError::failed(
            format!(
                "`{}` is no key file: it has {length} octets",
                path.display()
            ),
            "name the file with the key, which has one or two KiB",
        ));
    }
    fs::read(path).map(Zeroizing::new).map_err(refuse)
}

fn software(
    check: &str,
    path: &Path,
    text: &[u8],
    findings: &mut Findings<'_>,
) -> Result<Option<Vec<u8>>> {
    let key = match SoftwareKey::from_pkcs8_pem(text) {
        Ok(key) => key,
        Err(error) => {
            findings.problem(
                check,
                format!("`{}` is neither a TPM key file nor a software key: {error}", path.display()),
                "a TPM key file begins with `-----BEGIN TSS2 PRIVATE KEY-----`; `openssl pkey -in FILE -noout` says what \
                 else it is",
            )?;
            return Ok(None);
        }
    };
    let mode = fs::metadata(path).map_or(0, |metadata| metadata.mode() & 0o7777);
    if is_private(mode) {
        findings.ok(check, "a software key: whoever has the file can sign")?;
    } else {
        findings.problem(
            check,
            format!(
                "`{}` is a software key, and others can read it (mode {mode:04o})",
                path.display()
            ),
            format!("chmod 600 {}", shell_word(&path.display().to_string())),
        )?;
    }
    Ok(Some(key.public_key().spki_der().to_vec()))
}

fn in_tpm(
    situation: &Situation<'_>,
    check: &str,
    file: &KeyFile,
    findings: &mut Findings<'_>,
) -> Result<Option<Vec<u8>>> {
    if let Some(reason) = file.unsupported_reason() {
        findings.problem(
            check,
            format!("it cannot be used here: {reason}"),
            "the program that made it can use it; `openssl asn1parse -in FILE` shows what is in it",
        )?;
        return Ok(None);
    }
    let attributes = match file.attributes() {
        Ok(attributes) => attributes,
        Err(error) => {
            findings.error(check, error)?;
            return Ok(None);
        }
    };
    let (Some(tpm), Some(can)) = (situation.tpm(), situation.capabilities()) else {
        findings.ok(
            check,
            format!(
                "the file of {} can be read; without a TPM no more is known",
                attributes.algorithm
            ),
        )?;
        return Ok(None);
    };
    if !can.can_do(attributes.algorithm) {
        findings.error(
            check,
            TpmError::UnsupportedAlgorithm {
                asked: attributes.algorithm,
                can: can.algorithms.clone(),
            },
        )?;
        return Ok(None);
    }
    let given = situation.key_auth()?;
    let loaded = match load(tpm, file, given.as_ref()) {
        Ok(loaded) => loaded,
        Err(TpmError::WrongParent { tried }) => {
            parents::explain(tpm, check, file, &tried, findings)?;
            return Ok(None);
        }
        Err(error) => {
            if error.kind() == ErrorKind::Auth {
                situation.wrong_auth.set(true);
            }
            findings.error(check, error)?;
            return Ok(None);
        }
    };
    let spki = match TpmSigner::new(loaded) {
        Ok(signer) => signer.public_key().spki_der().to_vec(),
        Err(error) => {
            findings.problem(
                check,
                format!("it loads, and cannot sign certificates: {error}"),
                "make another key: `tpm2ca tpm info` shows the kinds",
            )?;
            return Ok(None);
        }
    };
    findings.ok(check, describe(file, &attributes, can, given.as_ref()))?;
    policy::check(tpm, check, file, findings)?;
    Ok(Some(spki))
}

/// Loads it, and proves the authorization value if one was given: nothing is tried that the user did not ask for.
fn load(tpm: &Tpm, file: &KeyFile, given: Option<&Auth>) -> Result<tpm2ca_tpm::TpmKey, TpmError> {
    match given {
        Some(auth) if file.needs_auth() => tpm.load(file.clone(), auth.clone()),
        _ => tpm.load_unproved(file.clone(), Auth::empty()),
    }
}

fn describe(
    file: &KeyFile,
    attributes: &KeyAttributes,
    can: &Capabilities,
    given: Option<&Auth>,
) -> String {
    let kind = match file.kind() {
        KeyFileKind::Importable => ", wrapped for import",
        _ => "",
    };
    let copies = file
        .copies()
        .map_or_else(|_| String::new(), |copies| format!("; {copies}"));
    let auth = match (file.needs_auth(), given) {
        (false, _) => "needs no authorization value",
        (true, Some(_)) => "the authorization value that was given is right",
        (true, None) => "needs an authorization value, of which none was tried",
    };
    format!(
        "{} key{kind}, loads under {}{copies}; {auth}; {}",
        attributes.algorithm,
        parents::of_file(file),
        guarding(attributes.no_da, can)
    )
}

fn guarding(no_da: bool, can: &Capabilities) -> String {
    if no_da {
        "wrong ones do not count (noDA)".to_owned()
    } else {
        format!(
            "wrong ones count: {} of them lock all such keys in the TPM",
            can.max_auth_fail
        )
    }
}

fn at_handle(
    situation: &Situation<'_>,
    check: &str,
    handle: &str,
    findings: &mut Findings<'_>,
) -> Result<()> {
    let digits = handle.trim_start_matches("0x");
    let Ok(handle) = u32::from_str_radix(digits, 16) else {
        return Ok(findings.problem(
            check,
            "this is no handle",
            "a persistent handle looks like `handle:0x81000010`",
        )?);
    };
    let (Some(tpm), Some(can)) = (situation.tpm(), situation.capabilities()) else {
        return Ok(());
    };
    let found = match tpm.read_public(handle) {
        Ok(found) => found,
        Err(error) => return Ok(findings.error(check, error)?),
    };
    if !found.signs {
        return Ok(findings.problem(
            check,
            format!("there is {found}, which does not sign"),
            "`tpm2_getcap handles-persistent` lists other handles",
        )?);
    }
    let auth = match (situation.key_auth()?, tpm.auth_need(handle)) {
        (Some(auth), _) => match tpm.load_handle(handle, auth) {
            Ok(_) => "the authorization value that was given is right",
            Err(error) => {
                if error.kind() == ErrorKind::Auth {
                    situation.wrong_auth.set(true);
                }
                return Ok(findings.error(check, error)?);
            }
        },
        (None, Ok(AuthNeed::None)) => "needs no authorization value",
        (None, Ok(AuthNeed::Needed)) => "needs an authorization value: `--key-auth SOURCE`",
        (None, _) => "whether it needs an authorization value was not tried",
    };
    Ok(findings.ok(
        check,
        format!("{found}; {auth}; {}", guarding(found.no_da, can)),
    )?)
}
