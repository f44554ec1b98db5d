//! `tpm2ca key persist` and `tpm2ca key evict`.

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use tpm2ca_tpm::{KeyFile, KeyFileKind, Tpm, TpmError};

use crate::{
    args::{
        Global,
        key::{KeyEvict, KeyPersist},
    },
    error::{CliError, Code},
    key_file,
    key_tpm::KeyTpm,
    output::Output,
};

pub(super) fn persist(global: &Global, args: &KeyPersist, output: &Output) -> Result<Code> {
    let Some(path) = &args.key else {
        let tpm = KeyTpm::for_new_keys(global, output);
        let name = tpm.open()?.persist_storage_root()?;
        return done(
            STORAGE_ROOT,
            &name.to_string(),
            "the storage root key",
            output,
        );
    };
    let tpm = KeyTpm::new(global, output);
    let file = loadable(path, &tpm)?;
    let attributes = file.attributes()?;
    let tpm = tpm.open()?;
    let handle = match args.handle {
        Some(handle) => handle,
        None => first_free(&tpm)?,
    };
    let name = match tpm.persist(file, handle) {
        Ok(name) => name.to_string(),
        // What was wanted is so.
        Err(TpmError::HandleTaken {
            same: true, found, ..
        }) => found.name.map(|name| name.to_string()).unwrap_or_default(),
        Err(error) => return Err(error.into()),
    };
    if !attributes.user_with_auth {
        output.warn(
            "the key can be used under its policy only, which is in its file: name the file where a key is asked for, not \
             the handle",
        );
    }
    done(handle, &name, &path.display().to_string(), output)
}

fn done(handle: u32, name: &str, what: &str, output: &Output) -> Result<Code> {
    output.done(
        || json!({ "handle": format!("{handle:#010x}"), "key": format!("handle:{handle:#010x}"), "name": name }),
        || crate::text::printable(&format!("handle:{handle:#010x}  {what}")),
    )?;
    Ok(Code::Done)
}

/// The key of a file, imported first if it has to be.
fn loadable(path: &Path, tpm: &KeyTpm<'_>) -> Result<KeyFile> {
    let file = key_file::read_tpm(path)?;
    if file.kind() == KeyFileKind::Importable {
        return Ok(tpm.open()?.receive(&file)?);
    }
    Ok(file)
}

fn first_free(tpm: &Tpm) -> Result<u32> {
    let taken: Vec<u32> = tpm
        .persistent_handles()?
        .iter()
        .map(|key| key.handle)
        .collect();
    (FIRST..=LAST)
        .find(|handle| !taken.contains(handle))
        .ok_or_else(|| {
            CliError::failed(
                format!("all handles from {FIRST:#010x} to {LAST:#010x} are taken"),
                "name another one with `--handle`",
            )
            .into()
        })
}

pub(super) fn evict(global: &Global, args: &KeyEvict, output: &Output) -> Result<Code> {
    let handle = args.handle;
    let tpm = KeyTpm::new(global, output);
    let expected = match &args.key {
        Some(path) => key_file::read_tpm(path)?.attributes()?.name,
        None => None,
    };
    let tpm = tpm.open()?;
    let found = tpm.read_public(handle)?;
    if !args.force {
        match (&args.key, &expected) {
            (Some(_), Some(_)) if found.name == expected => {}
            (Some(path), _) => {
                return Err(CliError::failed(
                    format!(
                        "at {handle:#010x} is not the key of `{}` but {found}",
                        path.display()
                    ),
                    "nothing was removed; `tpm2_getcap handles-persistent` lists what there is",
                )
                .into());
            }
            (None, _) => {
                return Err(CliError::failed(
                    format!("at {handle:#010x} is {found}; nothing says that it can be had again"),
                    format!(
                        "name its file with `--key FILE`, from which it can be loaded ever after; or `tpm2ca key evict \
                         {handle:#010x} --force`, after which a key without a file is gone for ever"
                    ),
                )
                .into());
            }
        }
    }
    tpm.evict(handle)?;
    output.done(
        || {
            json!({
                "handle": format!("{handle:#010x}"),
                "name": found.name.as_ref().map(ToString::to_string),
                "evicted": true,
            })
        },
        || format!("{handle:#010x} is free; there was {found}"),
    )?;
    Ok(Code::Done)
}

/// Where the TCG has no plans of its own (Registry of reserved TPM 2.0 handles, 2.3.1: the owner's from 0x81000000 on,
/// with storage root keys at its beginning).
const FIRST: u32 = 0x8100_0100;
const LAST: u32 = 0x8100_01ff;
const STORAGE_ROOT: u32 = 0x8100_0001;
