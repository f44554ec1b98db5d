//! Man pages and completions.

use std::{io, path::Path};

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::Files;

/// One page for the program and one for each command.
pub(crate) fn man_pages(folder: &Path, files: &mut Files) -> io::Result<()> {
    let mut program = definition().disable_help_subcommand(true);
    program.build();
    let exit_status = program
        .get_after_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let pages = Pages {
        folder,
        source: format!(
            "{} {}",
            program.get_name(),
            program.get_version().unwrap_or_default()
        ),
        exit_status: exit_status.trim_start_matches("Exit codes:").trim(),
    };
    pages.add(&program, None, files)
}

/// One file for each shell.
pub(crate) fn completions(folder: &Path, files: &mut Files) {
    for (shell, name) in [
        (Shell::Bash, "tpm2ca.bash"),
        (Shell::Zsh, "_tpm2ca"),
        (Shell::Fish, "tpm2ca.fish"),
    ] {
        let mut contents = Vec::new();
        clap_complete::generate(shell, &mut definition(), "tpm2ca", &mut contents);
        files.insert(folder.join(name), contents);
    }
}

/// The command line, without what the variables of this machine happen to say.
fn definition() -> Command {
    without_values(tpm2ca_cli::command())
}

fn without_values(command: Command) -> Command {
    command
        .mut_args(|argument| argument.hide_env_values(true))
        .mut_subcommands(without_values)
}

/// What all pages have in common.
struct Pages<'a> {
    folder: &'a Path,
    source: String,
    exit_status: &'a str,
}

impl Pages<'_> {
    fn add(&self, command: &Command, above: Option<&str>, files: &mut Files) -> io::Result<()> {
        let man = Man::new(command.clone())
            .source(&self.source)
            .manual("User Commands");
        let mut page = Vec::new();
        man.render_title(&mut page)?;
        man.render_name_section(&mut page)?;
        page.extend(section("SYNOPSIS", &synopsis(command)));
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
        if command.has_subcommands() {
            man.render_subcommands_section(&mut page)?;
        }
        page.extend(section(
            "EXIT STATUS",
            &escaped(&format!("{}.", self.exit_status)),
        ));
        let after = command
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        if let Some(examples) = after.strip_prefix("Examples:\n") {
            page.extend(section(
                "EXAMPLES",
                &format!(".nf\n{}\n.fi", escaped(examples)),
            ));
        }
        let name = command
            .get_display_name()
            .unwrap_or_else(|| command.get_name());
        if let Some(above) = above {
            page.extend(section("SEE ALSO", &format!("{}(1)", bold(above))));
        }
        let page = without_repetition(&String::from_utf8_lossy(&page));
        files.insert(self.folder.join(format!("{name}.1")), page.into_bytes());
        for below in command.get_subcommands() {
            self.add(below, Some(name), files)?;
        }
        Ok(())
    }
}

/// The usage as `--help` has it: the options follow one by one anyway.
fn synopsis(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    let name = command.get_bin_name().unwrap_or_default();
    match usage.strip_prefix(name) {
        Some(rest) => format!("{}{}", bold(name), escaped(rest)),
        None => escaped(usage),
    }
}

/// A section, in roff.
fn section(title: &str, text: &str) -> Vec<u8> {
    format!(".SH \"{title}\"\n{text}\n").into_bytes()
}

fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", escaped(text))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('\'', "\\(aq")
}

/// Each section comes with the same definition of an apostrophe in front; once is enough.
fn without_repetition(page: &str) -> String {
    let definition: String = page
        .lines()
        .take_while(|line| line.starts_with(".ie") || line.starts_with(".el"))
        .flat_map(|line| [line, "\n"])
        .collect();
    format!("{definition}{}", page.replace(&definition, ""))
}
