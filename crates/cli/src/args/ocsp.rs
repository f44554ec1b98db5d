//! `tpm2ca ocsp`.
#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "help texts speak of addresses: [::1]"
)]

use std::path::PathBuf;

use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser as NonEmpty, value_parser};
use tpm2ca_responder::ListenAddress;

use super::FromConfig;

/// `tpm2ca ocsp`
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Ocsp {
    /// Where to answer over HTTP: 127.0.0.1:8080, [::1]:8080, :8080 (all interfaces) or unix:PATH; may be given several
    /// times; the system chooses a port for 0
    #[arg(
        long,
        value_name = "ADDR",
        value_parser = address,
        required_unless_present_any = ["once", "reqin"]
    )]
    pub listen: Vec<ListenAddress>,
    /// Answers the one request in `--reqin`, and does not listen
    #[arg(long, conflicts_with = "listen")]
    pub once: bool,
    /// The request, DER [default: standard input, which `-` also means]
    #[arg(long, value_name = "FILE", conflicts_with = "listen")]
    pub reqin: Option<PathBuf>,
    /// Where to put the response, DER [default: standard output, which `-` also means]
    #[arg(long, value_name = "FILE", conflicts_with = "listen")]
    pub respout: Option<PathBuf>,
    /// Answer for this issuer; may be given several times [default: all issuers whose keys are here]
    #[arg(long, value_name = "NAME", value_parser = NonEmpty::new(), conflicts_with = "config")]
    pub issuer: Vec<String>,
    /// Where the key is that signs the answers: memory or tpm. It is new with each responder certificate, which is
    /// issued and renewed without being asked for, and is in no file
    #[arg(
        long,
        value_enum,
        value_name = "WHERE",
        default_value = "memory",
        hide_possible_values = true,
        conflicts_with_all = ["rsigner", "rkey"]
    )]
    pub key: ResponderKeyArg,
    /// A responder certificate that exists, in place of one that is issued now; nobody renews it
    #[arg(long, value_name = "CERT", requires = "rkey")]
    pub rsigner: Option<PathBuf>,
    /// Its key file
    #[arg(long, value_name = "KEY", requires = "rsigner")]
    pub rkey: Option<PathBuf>,
    /// Minutes for which an answer may be kept [default: 60]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(2..=MINUTES_PER_YEAR), conflicts_with = "ndays", allow_negative_numbers = true)]
    pub nmin: Option<u32>,
    /// The same in days
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=366), allow_negative_numbers = true)]
    pub ndays: Option<u32>,
    /// The CA and its files.
    #[command(flatten)]
    pub from: FromConfig,
}

const EXAMPLES: &str = "Examples:
  tpm2ca ocsp --listen 127.0.0.1:8080
  tpm2ca ocsp --listen :80 --listen unix:/run/tpm2ca/ocsp.sock --ndays 1
  tpm2ca ocsp --once --reqin request.der --respout response.der
  tpm2ca ocsp --config openssl.cnf --listen :2560 --rsigner ocsp.cert.pem --rkey ocsp.key.pem";

const MINUTES_PER_YEAR: i64 = 366 * 24 * 60;

/// Where the key of a responder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ResponderKeyArg {
    /// In the memory of the program
    Memory,
    /// In the TPM
    Tpm,
}

fn address(text: &str) -> Result<ListenAddress, String> {
    text.parse().map_err(|error: tpm2ca_responder::ServeError| {
        error.hint().unwrap_or_else(|| error.to_string())
    })
}
