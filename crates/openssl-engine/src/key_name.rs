//! What programs call a key: the path of its file, or the number of a persistent handle.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use tpm2ca_openssl_keys::{Error, Key, Kind, open};
use tpm2ca_tpm::{Auth, KeyFile};
use zeroize::Zeroizing;

use crate::settings;

/// The key of that name. `ask` is asked for its authorization value at need.
pub(crate) fn private_key(
    name: &str,
    ask: impl FnOnce() -> Option<Zeroizing<Vec<u8>>>,
) -> Result<Key, Error> {
    let connection = settings::connection();
    let key = match handle(name) {
        Some(handle) => open::handle(&connection, handle, None, ask)?,
        None => open::file(&connection, read(name)?, ask)?,
    };
    if key.kind() == Kind::RsaPss {
        return Err(Error::unsupported(
            "a key for RSASSA-PSS only",
            "an engine gets the padded block, and such a key signs digests only; the provider can use it",
        ));
    }
    key.prove()?;
    Ok(key)
}

/// Its public half. A file needs no TPM for this.
pub(crate) fn public_key(name: &str) -> Result<Key, Error> {
    let connection = settings::connection();
    match handle(name) {
        // Its authorization value is not needed, and so not asked for.
        Some(handle) => open::handle(&connection, handle, Some(Auth::empty()), || None),
        None => Key::public_only(&connection, read(name)?.key_public()?),
    }
}

/// As tpm2-tss-engine has it, `0x81000010`; the provider's `handle:0x81000010` as well.
fn handle(name: &str) -> Option<u32> {
    match name.strip_prefix("handle:") {
        Some(digits) => open::handle_number(digits),
        None if name.starts_with("0x") || name.starts_with("0X") => open::handle_number(name),
        None => None,
    }
}

/// PEM, whatever else is in the file, or DER.
fn read(name: &str) -> Result<KeyFile, Error> {
    let path = Path::new(name.strip_prefix("file:").unwrap_or(name));
    let mut octets = Zeroizing::new(Vec::new());
    let limit = u64::try_from(KeyFile::MAX_LEN + 1).unwrap_or(u64::MAX);
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut octets))
        .map_err(|source| Error::ReadFile {
            path: path.to_owned(),
            source,
        })?;
    if !KeyFile::is_tss2_pem(&octets)
        && let Some(file) = open::key_file(&octets)?
    {
        return Ok(file);
    }
    open::usable(KeyFile::from_pem(&octets)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn handles_are_told_from_files() {
        assert_eq!(handle("0x81000010"), Some(0x8100_0010));
        assert_eq!(handle("0X81000010"), Some(0x8100_0010));
        assert_eq!(handle("handle:81000010"), Some(0x8100_0010));
        for file in [
            "81000010",
            "0x81000010.pem",
            "0x40000001",
            "handle:",
            "ca.key",
        ] {
            assert_eq!(handle(file), None, "{file}");
        }
    }

    #[test]
    fn what_is_no_key_file_says_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let name = path.to_str().unwrap();
        let says = |words: &str| {
            let error = read(name).unwrap_err().in_full();
            assert!(error.contains(words), "{error}");
        };
        says("cannot read");
        for (content, words) in [
            (&b""[..], "no `TSS2 PRIVATE KEY` block"),
            (b"-----BEGIN PRIVATE KEY-----\n", "only `PRIVATE KEY`"),
            (
                &[0x30, 0x0a, 6, 6, 0x67, 0x81, 5, 10, 1, 3, 5, 0],
                "damaged",
            ),
            (&vec![b'x'; KeyFile::MAX_LEN + 1], "at most"),
        ] {
            fs::write(&path, content).unwrap();
            says(words);
        }
        assert!(read(&format!("file:{name}")).is_err());
    }

    proptest! {
        #[test]
        fn no_name_panics(name in "(0x|handle:|file:)?.{0,20}") {
            let _ = handle(&name);
        }
    }
}
