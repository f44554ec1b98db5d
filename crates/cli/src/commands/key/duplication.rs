//! `tpm2ca key duplicate` and `tpm2ca key receive`: a key moves to another TPM.

use anyhow::{Context as _, Result};
use tpm2ca_authority::KeyLocation;
use tpm2ca_tpm::{KeyFileKind, ParentPublic};

use super::report;
use crate::{
    args::{
        Global,
        key::{KeyDuplicate, KeyReceive},
    },
    context::own_files,
    error::{CliError, Code},
    key_file,
    key_tpm::KeyTpm,
    output::Output,
};

pub(super) fn duplicate(global: &Global, args: &KeyDuplicate, output: &Output) -> Result<Code> {
    let new_file = key_file::begin(&args.out, args.force, &own_files(global))?;
    let file = key_file::read_tpm(&args.key)?;
    let to = key_file::read_limited(&args.to)?;
    let parent =
        ParentPublic::from_octets(&to).with_context(|| format!("`{}`", args.to.display()))?;
    let tpm = KeyTpm::new(global, output);
    let auth = tpm.auth_of(&KeyLocation::File(args.key.clone()), &file)?;
    let credentials = tpm.credentials(&file)?;
    let wrapped = tpm
        .open()?
        .duplicate_with(&file, auth, credentials, &to)
        .with_context(|| format!("`{}`", args.key.display()))?;
    new_file.publish(wrapped.to_pem().as_bytes())?;
    report::made(&args.out, &wrapped, output)?;
    output.say(&format!(
        "only the TPM with the parent `{}` can use it: `tpm2ca key receive {} --out FILE` there",
        parent.name(),
        crate::text::shell_word(&args.out.display().to_string())
    ));
    Ok(Code::Done)
}

pub(super) fn receive(global: &Global, args: &KeyReceive, output: &Output) -> Result<Code> {
    let new_file = key_file::begin(&args.out, args.force, &own_files(global))?;
    let mut file = key_file::read_tpm(&args.key)?;
    if file.kind() == KeyFileKind::Loadable {
        return Err(CliError::failed(
            format!("`{}` was not wrapped for import", args.key.display()),
            "it is used as it is, in the TPM it was made in",
        )
        .into());
    }
    if let Some(parent) = args.parent {
        file = file.with_parent(parent.handle());
    }
    let received = KeyTpm::new(global, output)
        .open()?
        .receive(&file)
        .with_context(|| format!("`{}`", args.key.display()))?;
    new_file.publish(received.to_pem().as_bytes())?;
    report::made(&args.out, &received, output)?;
    Ok(Code::Done)
}
