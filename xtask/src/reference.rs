//! Reference documents in Markdown.

use std::fmt::Write as _;

use tpm2ca_lint::{Severity, lints as all_lints};
use tpm2ca_profile::{KeyInfo, Profiles, Section, keys};

/// `docs/profiles.md`
pub(crate) fn profiles() -> String {
    let mut text = format!("{GENERATED}{}", include_str!("profiles.md"));
    for (section, title, about) in [
        (
            Section::Profile,
            "`[profile.NAME]`",
            "What the certificate is.",
        ),
        (
            Section::Names,
            "`[profile.NAME.names]`",
            "Which names may be asked for. A deny rule wins over every allow rule. Without any allow list every name \
             with a correct syntax is allowed.",
        ),
        (
            Section::Requester,
            "`[[profile.NAME.requester]]`",
            "What a single requester, or a group of them, may have. There may be several blocks. A name needs the \
             consent of `[profile.NAME.names]` and of the block.",
        ),
    ] {
        let _ = write!(
            text,
            "\n## {title}\n{about}\n\n{}",
            key_table(&keys(section))
        );
    }
    text.push_str("\n## Built-in profiles\nTheir text, as a start for your own:\n");
    for name in Profiles::BUILT_IN {
        let toml = Profiles::built_in_text(name).unwrap_or_default();
        let _ = write!(text, "\n```toml\n{}\n```\n", toml.trim_end());
    }
    text
}

/// `docs/lints.md`
pub(crate) fn lints() -> String {
    let mut text = format!("{GENERATED}{}", include_str!("lints.md"));
    let count = |severity| {
        all_lints()
            .iter()
            .filter(|lint| lint.severity == severity)
            .count()
    };
    let _ = write!(
        text,
        "\nThere are {} lints: {} errors, {} warnings, {} notices.\n\n",
        all_lints().len(),
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Notice)
    );
    text.push_str("| name | severity | rule | what is checked |\n|---|---|---|---|\n");
    for lint in all_lints() {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} |",
            lint.name,
            lint.severity,
            cell(lint.reference),
            cell(lint.description)
        );
    }
    text
}

fn key_table(keys: &[&KeyInfo]) -> String {
    let mut table = "| key | value | default | what it does |\n|---|---|---|---|\n".to_owned();
    for key in keys {
        let KeyInfo {
            name,
            value,
            default,
            description,
        } = key;
        let default = match *default {
            "none" | "must be given" => cell(default),
            value => format!("`{value}`"),
        };
        let _ = writeln!(
            table,
            "| `{name}` | {} | {default} | {} |",
            cell(value),
            cell(description)
        );
    }
    table
}

/// Text in a table's cell. What is in quotes is to be written as it stands.
fn cell(text: &str) -> String {
    let parts = text.split('"').enumerate().map(|(index, part)| {
        if index % 2 == 1 {
            format!("`\"{part}\"`")
        } else {
            // A star might begin something.
            part.replace('*', "\\*")
        }
    });
    // A bar would end the cell.
    parts.collect::<String>().replace('|', "\\|")
}

/// For whoever wants to change the file by hand.
const GENERATED: &str = "<!-- Made by `cargo run -p tpm2ca-xtask`. Do not change it here. -->\n";
