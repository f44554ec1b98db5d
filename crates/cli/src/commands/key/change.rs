//! `tpm2ca key passwd`.

use std::path::Path;

use anyhow::Result;
use tpm2ca_authority::KeyLocation;
use tpm2ca_tpm::{Auth, KeyFileKind};
use zeroize::Zeroizing;

use super::report;
use crate::{
    args::{Global, key::KeyPasswd},
    auth,
    error::{CliError, Code},
    key_file,
    key_tpm::KeyTpm,
    output::Output,
    terminal,
};

pub(super) fn run(global: &Global, args: &KeyPasswd, output: &Output) -> Result<Code> {
    let KeyLocation::File(path) = &args.key else {
        return Err(CliError::usage(
            "a TPM changes the authorization value of a key in a file only, not of one at a handle",
            "change it in the file, `tpm2ca key evict` the old key and `tpm2ca key persist` the new one",
        )
        .into());
    };
    let file = key_file::read_tpm(path)?;
    let tpm = KeyTpm::new(global, output);
    let old = tpm.auth_of(&args.key, &file)?;
    let new = new_value(args, path)?;
    let guessable = auth::is_guessable(&new);
    let new = Auth::new(new.to_vec());
    let tpm = tpm.open()?;
    let file = if file.kind() == KeyFileKind::Importable {
        tpm.receive(&file)?
    } else {
        file
    };
    let changed = tpm.change_auth(&file, &old, &new)?;
    // The old file goes only when the new one is known to work. Keys that sign prove it, others are as the TPM said.
    if changed.attributes()?.signs && changed.policy().is_empty() {
        drop(tpm.load(changed.clone(), new)?);
    }
    key_file::replace(path, &changed)?;
    report::made(path, &changed, output)?;
    output.say("copies of the old file still work with the old value: remove them");
    let no_da = changed.attributes()?.no_da;
    if guessable && no_da {
        output.warn(
            "the new value is short, and the TPM does not guard this key against guessing, which was decided when it was \
             made",
        );
    } else if guessable {
        auth::warn_of_lockout(tpm.capabilities()?.max_auth_fail, output);
    }
    Ok(Code::Done)
}

fn new_value(args: &KeyPasswd, path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    if args.remove {
        return Ok(Zeroizing::default());
    }
    if args.new_key_auth.is_some() {
        return auth::value("--new-key-auth", args.new_key_auth.as_ref());
    }
    let ask = |prompt: String| {
        terminal::ask(&prompt).map_err(|message| {
            CliError::secret(
                format!("there is no new authorization value: {message}"),
                "give it with `--new-key-auth file:PATH`, `env:VAR`, `fd:N`, `stdin` or `credential:NAME`, or take the \
                 value away with `--remove`",
            )
        })
    };
    let first = ask(format!("new authorization value of `{}`: ", path.display()))?;
    let second = ask("the same once more: ".to_owned())?;
    if first != second {
        return Err(CliError::failed(
            "the two values are not the same",
            "nothing was changed; try again",
        )
        .into());
    }
    Ok(first)
}
