//! `tpm2ca key public`.

use anyhow::Result;
use tpm2ca_authority::KeyLocation;
use tpm2ca_keys::spki_from_tpm;
use tpm2ca_tpm::KeyPublic;
use tpm2ca_x509::pem;

use crate::{
    args::{Form, Global, key::KeyPublicArgs},
    commands::delivery::is_stdout,
    context::own_files,
    error::{CliError, Code},
    key_file::{self, Stored},
    key_tpm::KeyTpm,
    new_file::{Existing, NewFile},
    output::Output,
};

pub(super) fn run(global: &Global, args: &KeyPublicArgs, output: &Output) -> Result<Code> {
    // A new software TPM is as good a place for others' keys as an old one.
    let tpm = KeyTpm::for_new_keys(global, output);
    let octets = match &args.key {
        None => tpm.open()?.parent_public()?,
        Some(KeyLocation::Handle(handle)) => {
            let key = tpm.open()?.read_public(*handle)?;
            of_area(args, key.public)?
        }
        Some(KeyLocation::File(path)) => match key_file::read(path)? {
            Stored::Tpm(file) => of_area(args, file.public_blob().to_vec())?,
            Stored::Software(_) if args.tpm2b => {
                return Err(CliError::failed(
                    format!(
                        "`{}` is no key of a TPM, so it has no public area",
                        path.display()
                    ),
                    "leave `--tpm2b` away",
                )
                .into());
            }
            Stored::Software(octets) => {
                let key = key_file::software(path, &octets, None)?;
                in_form(args.outform, key.public_key().spki_der())
            }
        },
    };
    match args.out.as_deref().filter(|path| !is_stdout(path)) {
        None => output.data(&octets)?,
        Some(path) => {
            let existing = if args.force {
                Existing::Replace
            } else {
                Existing::Keep
            };
            NewFile::begin(path, MODE, existing, &own_files(global))?.publish(&octets)?;
        }
    }
    Ok(Code::Done)
}

fn of_area(args: &KeyPublicArgs, tpm2b: Vec<u8>) -> Result<Vec<u8>> {
    if args.tpm2b {
        return Ok(tpm2b);
    }
    let public = KeyPublic::from_tpm2b_public(&tpm2b)?;
    Ok(in_form(args.outform, &spki_from_tpm(&public)))
}

fn in_form(form: Form, spki: &[u8]) -> Vec<u8> {
    match form {
        Form::Pem => pem::encode("PUBLIC KEY", spki).into_bytes(),
        Form::Der => spki.to_vec(),
    }
}

const MODE: u32 = 0o644;
