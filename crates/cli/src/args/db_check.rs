//! The arguments of `tpm2ca db check`.

use clap::Args;

use super::FromConfig;

/// `tpm2ca db check`
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct DbCheck {
    /// A head of the audit log that was noted earlier, as this command prints it: nothing up to it may have been changed
    /// or cut off
    #[arg(long, value_name = "HEX", value_parser = head)]
    pub audit_head: Option<[u8; 32]>,
    /// The CA and its files.
    #[command(flatten)]
    pub from: FromConfig,
}

/// SHA-256 in hexadecimal, with or without colons.
fn head(text: &str) -> Result<[u8; 32], String> {
    let digits: String = text
        .chars()
        .filter(|character| !matches!(character, ':' | ' '))
        .collect();
    let mut head = [0; 32];
    if digits.len() != 2 * head.len() || !digits.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        return Err("expected the 64 hexadecimal digits that `tpm2ca db check` prints".to_owned());
    }
    for (octet, pair) in head.iter_mut().zip(digits.as_bytes().chunks(2)) {
        let pair = str::from_utf8(pair).unwrap_or_default();
        *octet = u8::from_str_radix(pair, 16).unwrap_or_default();
    }
    Ok(head)
}

const EXAMPLES: &str = "Examples:
  tpm2ca db check
  tpm2ca db check --audit-head 7a1c...

Note the head in another place from time to time: who can write to the CA's directory can remove the newest records, and
only a noted head shows it.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        assert_eq!(head(&"0a".repeat(32)), Ok([10; 32]));
        assert_eq!(head(&["0A"; 32].join(":")), Ok([10; 32]));
        for wrong in ["", "0a", &"0g".repeat(32), &"\u{e4}".repeat(32)] {
            assert!(head(wrong).is_err(), "{wrong}");
        }
    }
}
