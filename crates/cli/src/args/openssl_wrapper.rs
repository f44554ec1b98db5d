//! The arguments of `tpm2ca openssl`.

use std::{ffi::OsString, path::PathBuf};

use clap::Args;

/// `tpm2ca openssl`
#[derive(Args, Debug, Default)]
#[command(after_help = EXAMPLES)]
pub struct OpenSslWrapper {
    /// The program to run [default: $TPM2CA_OPENSSL, else the first `openssl` in $PATH]
    #[arg(long, value_name = "PROGRAM")]
    pub openssl: Option<PathBuf>,
    /// Prints the lines of an openssl.cnf with which every program loads our module, and runs nothing
    #[arg(long)]
    pub print_config: bool,
    /// Command and options of openssl, as they are; options of ours stand before them
    #[arg(
        value_name = "ARGUMENT",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub arguments: Vec<OsString>,
}

const EXAMPLES: &str = "Examples:
  tpm2ca openssl req -new -x509 -key ca-root.key -subj '/CN=Example root' -out ca-root.crt
  tpm2ca openssl req -config openssl.cnf -new -x509 -engine tpm2tss -key ca-root.key -keyform engine -out ca-root.crt
  tpm2ca openssl --tpm swtpm:host=127.0.0.1,port=2321 --key-auth file:/etc/tpm2ca.pin ca -config ca.cnf -gencrl
  tpm2ca openssl --print-config >> openssl.cnf

The exit code is that of openssl. A link called `openssl` to this program does the same, without options of ours.";
