//! The options of `tpm2ca sign` that say what a certificate is to be.

use anyhow::Result;
use tpm2ca_authority::{Authority, IssueRequest, Issued};
use tpm2ca_keys::Hash;
use tpm2ca_x509::{GeneralName, Name};

use crate::{
    args::{Md, Sign, ValidityArgs},
    error::CliError,
    names,
    new_file::Existing,
    requester::requester,
};

/// Returns the treatment of existing output files that `--force` decides.
pub(super) fn existing(args: &Sign) -> Existing {
    if args.force {
        Existing::Replace
    } else {
        Existing::Keep
    }
}

/// The options, parsed once for all CSRs.
pub(super) struct IssueParams {
    subject: Option<Name>,
    names: Option<Vec<GeneralName>>,
    requester: String,
}

impl IssueParams {
    pub(super) fn new(args: &Sign) -> Result<Self> {
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
