//! `tpm2ca revoke`.

mod already_revoked;
mod native;
mod openssl_conf;

use anyhow::Result;
use tpm2ca_x509::crl::ReasonCode;

use super::certificate::CertificateArg;
use crate::{
    args::{Global, Revoke},
    error::{CliError, Code},
    output::Output,
};

pub(super) fn run(global: &Global, args: &Revoke, output: &Output) -> Result<Code> {
    let certificate = CertificateArg::parse(&args.what)?;
    let reason = args.reason.as_deref().map(reason).transpose()?;
    match &args.from.config {
        Some(config) => openssl_conf::run(args, config, &certificate, reason, output),
        None => native::run(global, args, &certificate, reason, output),
    }
}

fn reason(text: &str) -> Result<ReasonCode> {
    Ok(text.parse().map_err(|_| {
        CliError::usage(
            format!("`{text}` is not a reason"),
            "use keyCompromise, CACompromise, affiliationChanged, superseded, cessationOfOperation, \
             privilegeWithdrawn or certificateHold, removeFromCRL to end a hold, or leave it out",
        )
    })?)
}
