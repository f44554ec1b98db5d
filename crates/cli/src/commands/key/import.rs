//! `tpm2ca key import`.

use anyhow::{Context as _, Result};
use tpm2ca_tpm::{Auth, ImportTemplate, ParentPublic};

use super::report;
use crate::{
    args::{Global, key::KeyImport},
    auth,
    context::own_files,
    error::Code,
    key_file,
    key_tpm::KeyTpm,
    output::Output,
    policy::guard,
};

pub(super) fn run(global: &Global, args: &KeyImport, output: &Output) -> Result<Code> {
    let key_auth = auth::value("--key-auth", global.key_auth.as_ref())?;
    let guessable = auth::is_guessable(&key_auth);
    let key_auth = Auth::new(key_auth.to_vec());
    let new_file = key_file::begin(&args.out, args.force, &own_files(global))?;
    let octets = key_file::read_limited(&args.input)?;
    let key = key_file::software(&args.input, &octets, args.passin.as_ref())?;
    let private = key
        .to_tpm()
        .with_context(|| format!("`{}`", args.input.display()))?;

    let tpm = KeyTpm::for_new_keys(global, output);
    let guard = guard(&args.guards, !key_auth.is_empty(), &tpm)?;
    let mut template = ImportTemplate {
        no_da: !guessable,
        policy: guard.digest.clone(),
        user_with_auth: !guard.is_for_use(),
        ..ImportTemplate::default()
    };
    let file = if let Some(path) = &args.wrap_for {
        let parent = ParentPublic::from_octets(&key_file::read_limited(path)?)
            .with_context(|| format!("`{}`", path.display()))?;
        private.wrap_for(&parent, &template, &key_auth)?
    } else {
        template.parent = args.parent;
        tpm.open()?
            .import_software_key(private, template, &key_auth)?
    };
    let file = match &guard.policy {
        Some(policy) => file.with_policy(policy),
        None => file,
    };
    let file = match &args.description {
        Some(text) => file.with_description(text),
        None => file,
    };
    new_file.publish(file.to_pem().as_bytes())?;
    if guessable && args.wrap_for.is_none() {
        auth::warn_of_lockout(tpm.open()?.capabilities()?.max_auth_fail, output);
    }
    report::made(&args.out, &file, output)?;
    output.advise(
        &format!(
            "a copy of the key exists outside of the TPM, in `{}` and wherever that file has been",
            args.input.display()
        ),
        "once the new key is tried out, remove the copy, or keep it offline as the backup; `tpm2ca genkey` makes keys \
         of which there is none",
    );
    Ok(Code::Done)
}
