//! The table of commands against the names and codes that tpm2-tools print.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use tpm2ca_testkit::{Swtpm, Tool};
use tpm2ca_tpm::TpmCommand;

#[test]
fn tpm2_tools_know_each_command_by_the_same_code() {
    let swtpm = Swtpm::start();
    let text = Tool::tpm2("tpm2_getcap", &swtpm)
        .arg("commands")
        .ok()
        .text();
    let mut known = BTreeMap::new();
    let mut name = "";
    for line in text.lines() {
        match line.trim().split_once(':') {
            Some((found, "")) => name = found,
            Some(("commandIndex", index)) => {
                let digits = index.trim().trim_start_matches("0x");
                known.insert(name, u32::from_str_radix(digits, 16).unwrap());
            }
            _ => {}
        }
    }
    for command in TpmCommand::ALL {
        let name = command.name().replace("TPM2_", "TPM2_CC_");
        let code = known.get(name.as_str());
        assert_eq!(code, Some(&command.code()), "{name} in {text}");
    }
}
