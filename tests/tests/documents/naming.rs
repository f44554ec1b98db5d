//! Commands and options in the documents, against the definition of the command line.

use clap::Command;

/// Looks at a code span or a line of a block; how many commands of ours were found in it.
pub(crate) fn check(code: &str, place: &str, wrong: &mut Vec<String>) -> usize {
    let mut program = tpm2ca_cli::command();
    program.build();
    let words: Vec<&str> = code.split_whitespace().collect();
    if let [option, ..] = words.as_slice()
        && option.starts_with("--")
        && !has_option_anywhere(&program, option)
    {
        wrong.push(format!("{place}: no command has the option `{option}`"));
    }
    let mut found = 0;
    for (index, word) in words.iter().enumerate() {
        let is_ours = *word == "tpm2ca" || word.ends_with("bin/tpm2ca");
        let is_argument = index > 0 && ["-p", "--package"].contains(&words[index - 1]);
        if is_ours && !is_argument && words.len() > index + 1 {
            found += 1;
            if let Err(problem) = one(&program, &words[index + 1..]) {
                wrong.push(format!("{place}: {problem} in `{code}`"));
            }
        }
    }
    found
}

/// Every command that does something, as people type it.
pub(crate) fn commands() -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![("tpm2ca".to_owned(), tpm2ca_cli::command())];
    while let Some((name, command)) = waiting.pop() {
        if command.has_subcommands() {
            let below = command.get_subcommands();
            waiting.extend(below.map(|sub| (format!("{name} {}", sub.get_name()), sub.clone())));
        } else {
            found.push(name);
        }
    }
    found
}

/// One command, up to where the shell takes over.
fn one(program: &Command, words: &[&str]) -> Result<(), String> {
    let mut command = program;
    let end = |word: &&&str| !["|", "||", "&&", ";", "#", ">", "<"].contains(*word);
    for word in words.iter().take_while(end) {
        let is_placeholder = word.chars().all(|c| c.is_ascii_uppercase());
        if let Some(option) = word.strip_prefix("--") {
            let name = option.split('=').next().unwrap_or_default();
            if !has_option(command, name) && !has_global(program, name) {
                return Err(format!("`{}` has no option `{word}`", command.get_name()));
            }
        } else if command.has_subcommands() && !is_placeholder && !word.starts_with('-') {
            command = command
                .find_subcommand(word)
                .ok_or_else(|| format!("there is no command `{} {word}`", command.get_name()))?;
        }
    }
    Ok(())
}

fn has_option(command: &Command, name: &str) -> bool {
    ["help", "version"].contains(&name)
        || command
            .get_arguments()
            .any(|argument| argument.get_long() == Some(name))
}

fn has_global(program: &Command, name: &str) -> bool {
    program
        .get_arguments()
        .any(|argument| argument.is_global_set() && argument.get_long() == Some(name))
}

fn has_option_anywhere(command: &Command, option: &str) -> bool {
    let name = option
        .trim_start_matches('-')
        .split('=')
        .next()
        .unwrap_or_default();
    has_option(command, name)
        || command
            .get_subcommands()
            .any(|below| has_option_anywhere(below, option))
}

#[test]
fn what_does_not_exist_is_found() {
    for (code, problems) in [
        ("tpm2ca list --json | head", 0),
        ("tpm2ca db check", 0),
        ("tpm2ca help COMMAND", 0),
        ("cargo build -p tpm2ca --locked", 0),
        ("--permit-dns example.com", 0),
        ("tpm2ca frobnicate", 1),
        ("tpm2ca db frobnicate", 1),
        ("/usr/bin/tpm2ca list --frobnicate", 1),
        ("--frobnicate", 1),
    ] {
        let mut wrong = Vec::new();
        check(code, "x", &mut wrong);
        assert_eq!(wrong.len(), problems, "{code}: {wrong:?}");
    }
}
