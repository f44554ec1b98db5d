//! Asks on the terminal before certificates are signed.

use std::{
    fs::OpenOptions,
    io::{BufRead, BufReader, Write},
};

use anyhow::Result;

use crate::{error::CliError, text::printable};

/// Shows `text` and asks `question`. Anything but yes is no.
///
/// # Errors
/// When there is no terminal.
pub(super) fn confirm(text: &str, question: &str) -> Result<bool> {
    let terminal = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .map_err(|_| {
            CliError::usage(
                "there is no terminal to confirm the certificates on",
                "`--batch` signs without asking",
            )
        })?;
    let failed = |error: std::io::Error| {
        CliError::failed(
            format!("the terminal cannot be used: {error}"),
            "`--batch` signs without asking",
        )
    };
    let mut lines = String::new();
    for line in text.lines() {
        lines.push_str(&printable(line));
        lines.push('\n');
    }
    (&terminal)
        .write_all(format!("{lines}{question} [y/n]: ").as_bytes())
        .map_err(failed)?;
    let mut answer = String::new();
    BufReader::new(&terminal)
        .read_line(&mut answer)
        .map_err(failed)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes" | "YES"))
}
