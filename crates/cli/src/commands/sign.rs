//! `tpm2ca sign`: certificates from CSRs.

use std::path::Path;

use anyhow::Result;
use tpm2ca_authority::{Authority, IssueRequest, Issued};
use tpm2ca_keys::Hash;
use tpm2ca_x509::{GeneralName, Name};

use super::{
    csr,
    delivery::{Delivery, Destination},
    sign_many,
};
use crate::{
    args::{Global, Md, Sign, ValidityArgs},
    context::{authority, own_files, requester},
    error::{CliError, Code},
    names,
    new_file::Existing,
    output::Output,
};

pub(super) fn run(global: &Global, args: &Sign, output: &Output) -> Result<Code> {
    if args.by_config.config.is_some() {
        return super::openssl::sign(global, args, output);
    }
    args.validity.one_end()?;
    let wishes = Wishes::new(args)?;
    match (&args.input, args.csrs.as_slice()) {
        (Some(input), _) => one(global, args, &wishes, input, output),
        // `sign x.csr --out x.crt` is as clear as `sign --in x.csr --out x.crt`.
        (None, [input]) if args.out.is_some() => one(global, args, &wishes, input, output),
        (None, _) if args.out.is_some() => Err(CliError::usage(
            "`--out` names one file, and there are several CSRs",
            "`--outdir DIR` names a folder for their certificates",
        )
        .into()),
        (None, csrs) => match csrs.iter().find(|csr| csr::is_stdin(csr)) {
            Some(_) => Err(CliError::usage(
                "a CSR from standard input has no name for its certificate to be called after",
                "use `--in - --out FILE`",
            )
            .into()),
            None => sign_many::run(global, args, &wishes, output),
        },
    }
}

fn one(
    global: &Global,
    args: &Sign,
    wishes: &Wishes,
    input: &Path,
    output: &Output,
) -> Result<Code> {
    if csr::is_stdin(input) && secrets_from_stdin(global) {
        return Err(CliError::usage(
            "the CSR and a secret cannot both come from standard input",
            "give the secret as `file:PATH`, `fd:N` or `env:VAR`, or the CSR as `--in FILE`",
        )
        .into());
    }
    // What can go wrong without a TPM goes wrong before the TPM is touched.
    let csr = csr::read(input)?;
    let destination = Destination::begin(args.out.as_deref(), existing(args), &own_files(global))?;
    let authority = authority(global, output)?;
    let issued = wishes.issue(&authority, &csr, args)?;
    let delivery = Delivery {
        authority: &authority,
        issued: &issued,
        chain: args.chain,
        key: None,
    };
    delivery.to(destination, output)?;
    Ok(Code::Done)
}

fn secrets_from_stdin(global: &Global) -> bool {
    [&global.key_auth, &global.parent_auth, &global.owner_auth]
        .into_iter()
        .flatten()
        .any(crate::secret::Secret::is_stdin)
}

/// What `--force` says about output files.
pub(super) fn existing(args: &Sign) -> Existing {
    if args.force {
        Existing::Replace
    } else {
        Existing::Keep
    }
}

/// The options, parsed once for all CSRs.
pub(super) struct Wishes {
    subject: Option<Name>,
    names: Option<Vec<GeneralName>>,
    requester: String,
}

impl Wishes {
    fn new(args: &Sign) -> Result<Self> {
        let subject = args
            .subj
            .as_deref()
            .map(|text| {
                Name::parse(text).map_err(|error| {
                    CliError::usage(
                        format!("`--subj {text}`: {error}"),
                        "a subject looks like /C=DE/O=Example/CN=www.example.com",
                    )
                })
            })
            .transpose()?;
        let names = args
            .names
            .iter()
            .map(|text| names::parse(text))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            subject,
            names: (!names.is_empty()).then_some(names),
            requester: requester(),
        })
    }

    pub(super) fn issue(&self, authority: &Authority, csr: &[u8], args: &Sign) -> Result<Issued> {
        let ValidityArgs {
            days,
            startdate,
            enddate,
        } = args.validity;
        Ok(authority.issue(&IssueRequest {
            issuer: args.issuer.as_deref(),
            subject: self.subject.clone(),
            names: self.names.clone(),
            days,
            not_before: startdate,
            not_after: enddate,
            md: args.md.map(|md| match md {
                Md::Sha256 => Hash::Sha256,
                Md::Sha384 => Hash::Sha384,
                Md::Sha512 => Hash::Sha512,
            }),
            ..IssueRequest::new(csr, &args.profile, &self.requester)
        })?)
    }
}
