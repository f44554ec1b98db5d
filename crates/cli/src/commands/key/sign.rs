//! `tpm2ca key sign`: one raw signature, verified before anybody sees it.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use anyhow::Result;
use tpm2ca_authority::KeyLocation;
use tpm2ca_keys::{Digest, Hash, Hasher, SignatureAlgorithm, Signer, TpmSigner};

use crate::{
    args::{Global, Md, key::KeySign},
    commands::delivery::is_stdout,
    context::own_files,
    error::{CliError, Code},
    key_file::{self, Stored},
    key_tpm::KeyTpm,
    new_file::{Existing, NewFile},
    output::Output,
    secret::Secret,
};

pub(super) fn run(global: &Global, args: &KeySign, output: &Output) -> Result<Code> {
    let out = match args.out.as_deref().filter(|path| !is_stdout(path)) {
        None => None,
        Some(path) => {
            let existing = if args.force {
                Existing::Replace
            } else {
                Existing::Keep
            };
            Some(NewFile::begin(path, MODE, existing, &own_files(global))?)
        }
    };
    let from_stdin = args.input == Path::new("-");
    if from_stdin && global.key_auth.as_ref().is_some_and(Secret::is_stdin) {
        return Err(CliError::usage(
            "standard input cannot be both the secret and what is to be signed",
            "name the file with `--in FILE`, or give the secret in another way",
        )
        .into());
    }
    let tpm = KeyTpm::new(global, output);
    let signer = signer(&args.key, &tpm)?;
    let algorithm = algorithm(args.md, &*signer)?;
    let hash = algorithm.hash().unwrap_or(Hash::Sha256);
    let digest = if from_stdin {
        digest(hash, &mut io::stdin().lock(), &args.input)?
    } else {
        let mut file =
            File::open(&args.input).map_err(|error| CliError::file("read", &args.input, &error))?;
        digest(hash, &mut file, &args.input)?
    };
    let signature = signer.sign(algorithm, &digest)?;
    output.detail(&format!(
        "{} by {}, verified",
        algorithm.name(),
        signer.describe()
    ));
    match out {
        Some(file) => file.publish(signature.bytes())?,
        None => output.data(signature.bytes())?,
    }
    Ok(Code::Done)
}

/// A key that signs once. Its authorization value is proved by the signature, which spares a command.
pub(super) fn signer(key: &KeyLocation, tpm: &KeyTpm<'_>) -> Result<Box<dyn Signer>> {
    let loaded = match key {
        KeyLocation::Handle(handle) => {
            let auth = tpm.auth_at(*handle)?;
            tpm.open()?.load_handle(*handle, auth)?
        }
        KeyLocation::File(path) => match key_file::read(path)? {
            Stored::Software(octets) => {
                return Ok(Box::new(key_file::software(path, &octets, None)?));
            }
            Stored::Tpm(file) => {
                let auth = tpm.auth_to_sign(key, &file)?;
                let credentials = tpm.credentials(&file)?;
                tpm.open()?.load_unproved_with(file, auth, credentials)?
            }
        },
    };
    Ok(Box::new(TpmSigner::new(loaded)?))
}

fn algorithm(md: Option<Md>, signer: &dyn Signer) -> Result<SignatureAlgorithm> {
    let hash = match md {
        None => return Ok(signer.default_algorithm()),
        Some(Md::Sha256) => Hash::Sha256,
        Some(Md::Sha384) => Hash::Sha384,
        Some(Md::Sha512) => Hash::Sha512,
    };
    let kind = signer.public_key().algorithm();
    SignatureAlgorithm::ALL
        .into_iter()
        .find(|algorithm| algorithm.hash() == Some(hash) && kind.fits(*algorithm))
        .ok_or_else(|| {
            CliError::failed(
                format!("a key of the kind {kind} signs no digests"),
                "use an RSA or EC key",
            )
            .into()
        })
}

fn digest(hash: Hash, input: &mut dyn Read, path: &Path) -> Result<Digest> {
    let mut hasher = Hasher::new(hash);
    io::copy(input, &mut hasher).map_err(|error| CliError::file("read", path, &error))?;
    Ok(hasher.finish())
}

const MODE: u32 = 0o644;
