//! `tpm2ca key show`.

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use tpm2ca_authority::KeyLocation;
use tpm2ca_keys::{PrivateKeyError, SoftwareKey};
use tpm2ca_tpm::AuthNeed;

use super::report::Facts;
use crate::{
    args::{Global, key::KeyShow},
    error::{CliError, Code},
    key_file::{self, Stored},
    key_tpm::KeyTpm,
    output::Output,
    text::printable,
};

pub(super) fn run(global: &Global, args: &KeyShow, output: &Output) -> Result<Code> {
    let at = args.key.to_string();
    let (place, facts) = match &args.key {
        KeyLocation::File(path) => match key_file::read(path)? {
            Stored::Tpm(file) => ("file", Facts::of_file(&file)?),
            Stored::Software(octets) => return software(path, &octets, output),
        },
        KeyLocation::Handle(handle) => {
            let tpm = KeyTpm::new(global, output).open()?;
            let key = tpm.read_public(*handle)?;
            if key.attributes().is_none() {
                return Err(CliError::failed(
                    format!("at {handle:#010x} there is {key}"),
                    "only RSA and ECC keys are shown",
                )
                .into());
            }
            let has_auth = if key.signs {
                match tpm.auth_need(*handle)? {
                    AuthNeed::None => Some(false),
                    AuthNeed::Needed => Some(true),
                    AuthNeed::Unknown => None,
                }
            } else {
                None
            };
            ("handle", Facts::of_handle(&key, has_auth)?)
        }
    };
    output.record(|| facts.record(place, &at), || facts.table(place, &at))?;
    Ok(Code::Done)
}

/// A key that is in no TPM: what it is, and that anybody can copy it.
fn software(path: &Path, octets: &[u8], output: &Output) -> Result<Code> {
    let (algorithm, kind) = match SoftwareKey::from_pkcs8_pem(octets) {
        Ok(key) => (
            Some(key.public_key().algorithm().to_string()),
            "software key, not encrypted: whoever reads the file has the key",
        ),
        Err(PrivateKeyError::Encrypted { .. }) => (
            None,
            "software key, encrypted: whoever reads the file and knows the pass phrase has the key",
        ),
        // What it is not is said as for a TPM's key.
        Err(_) => {
            key_file::parse(path, octets)?;
            return Ok(Code::Failed);
        }
    };
    let file = path.display().to_string();
    output.record(
        || json!({ "file": file, "kind": kind, "algorithm": algorithm, "only_one": false }),
        || {
            let algorithm = algorithm.as_ref().map_or_else(String::new, |algorithm| {
                format!("\nalgorithm    {algorithm}")
            });
            printable(&format!("file         {file}"))
                + &format!("\nkind         {kind}{algorithm}")
        },
    )?;
    output.say(&format!(
        "next: tpm2ca key import --in {} --out FILE   # brings it into the TPM",
        crate::text::shell_word(&file)
    ));
    Ok(Code::Done)
}
