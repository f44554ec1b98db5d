//! The arguments of `tpm2ca doctor`.

use clap::{Args, builder::NonEmptyStringValueParser as NonEmpty};

/// `tpm2ca doctor`
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Doctor {
    /// Keys to look at as well: key files, or handle:0x81... for keys at persistent handles
    #[arg(value_name = "KEY", value_parser = NonEmpty::new())]
    pub keys: Vec<String>,
}

const EXAMPLES: &str = "Examples:
  tpm2ca doctor
  tpm2ca doctor --ca ./my-ca --quiet
  tpm2ca doctor server.key handle:0x81000010

Exit codes: 0 nothing is wrong (there may be warnings), 1 something is wrong, 3 the TPM cannot be used,
5 a secret is wrong or missing.
Nothing is changed, nobody is asked for a secret, and no authorization value is tried but those that were given.";
