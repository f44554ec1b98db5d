//! What clap says about the arguments, in the form that all our errors have.

use std::{env, ffi::OsString};

use clap::{CommandFactory, error::ErrorKind};

use crate::{
    args::Cli,
    error::{Code, Failure},
    output::Output,
    text::printable,
};

/// Prints help, version or what is wrong with the arguments.
///
/// `program` is the name that we are called by.
pub(crate) fn report(error: &clap::Error, program: &'static str) -> Code {
    match error.kind() {
        // A reader that goes away while help is printed is nobody's error.
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            return Code::Done;
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            return Code::Usage;
        }
        _ => {}
    }
    let arguments: Vec<OsString> = env::args_os().collect();
    let json = arguments.iter().any(|argument| argument == "--json");
    let help = if program == PROGRAM {
        help_command(&arguments)
    } else {
        format!("{program} --help")
    };
    let failure = failure(&error.render().to_string(), &help);
    Output::new(json, false, false).failure(&failure);
    Code::Usage
}

/// What we are called by most.
pub(crate) const PROGRAM: &str = "tpm2ca";

/// clap's text is a message, tips, the usage and a line about `--help`, with empty lines between.
fn failure(rendered: &str, help: &str) -> Failure {
    let mut message = String::new();
    let mut hint = String::new();
    for paragraph in rendered.split("\n\n") {
        let lines: Vec<&str> = paragraph.lines().map(str::trim).collect();
        let text = lines.join(" ");
        if let Some(text) = text.strip_prefix("error: ") {
            message = printable(text);
        } else if let Some(tip) = text.strip_prefix("tip: ") {
            hint.push_str(&printable(tip));
            hint.push_str("; ");
        }
    }
    hint.push('`');
    hint.push_str(help);
    hint.push_str("` shows what there is");
    Failure {
        message: message.replace('\'', "`"),
        hint: Some(hint.replace('\'', "`")),
        code: Code::Usage,
        about: None,
    }
}

/// The command whose help fits: as far as the arguments name one.
fn help_command(arguments: &[OsString]) -> String {
    let mut words = vec![PROGRAM];
    let definition = Cli::command().ignore_errors(true);
    let matches = definition.try_get_matches_from(arguments).ok();
    let mut level = matches.as_ref();
    while let Some((name, below)) = level.and_then(clap::ArgMatches::subcommand) {
        words.push(name);
        level = Some(below);
    }
    words.push("--help");
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure_of(arguments: &[&str]) -> Failure {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let error = Cli::command().try_get_matches_from(&arguments).map(drop);
        let rendered = error.map_or_else(|error| error.render().to_string(), |()| String::new());
        failure(&rendered, &help_command(&arguments))
    }

    #[test]
    fn the_message_is_one_line_and_the_hint_names_a_command() {
        let failure = failure_of(&["tpm2ca", "init", "--quiet"]);
        assert_eq!(
            failure.message,
            "the following required arguments were not provided: --name <NAME>"
        );
        assert_eq!(
            failure.hint.as_deref(),
            Some("`tpm2ca init --help` shows what there is")
        );
    }

    #[test]
    fn a_slip_of_the_pen_gets_a_tip() {
        let failure = failure_of(&["tpm2ca", "sing"]);
        assert_eq!(failure.message, "unrecognized subcommand `sing`");
        let hint = failure.hint.unwrap_or_default();
        assert!(
            hint.contains("`sign`") && hint.contains("`tpm2ca --help`"),
            "{hint}"
        );
    }

    #[test]
    fn a_secret_without_its_prefix_is_not_repeated() {
        let failure = failure_of(&["tpm2ca", "crl", "--key-auth", "hunter2"]);
        assert!(
            failure.message.contains("--key-auth"),
            "{}",
            failure.message
        );
        assert!(!failure.message.contains("hunter2"), "{}", failure.message);
        assert!(
            failure
                .hint
                .is_some_and(|hint| hint.contains("tpm2ca crl --help"))
        );
    }
}
