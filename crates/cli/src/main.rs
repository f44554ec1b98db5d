//! The program `tpm2ca`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    tpm2ca_cli::main()
}
