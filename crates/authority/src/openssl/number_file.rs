//! `serial` and `crlnumber`: a file with one hexadecimal number, the next to be used.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tpm2ca_x509::Serial;

use super::index_txt::serial_digits;
use crate::{
    AuthorityError,
    file::{file_error, write_afresh, write_replacing},
};

/// The number in the file, big endian without leading zeros (empty for 0); none if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, AuthorityError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(file_error("read", path, source)),
    };
    let wrong = || AuthorityError::NumberFile {
        path: path.to_owned(),
        got: text
            .iter()
            .take(60)
            .copied()
            .collect::<Vec<u8>>()
            .escape_ascii()
            .to_string(),
    };
    let digits = text.trim_ascii();
    let usable = !digits.is_empty()
        && digits.len() <= 2 * Serial::MAX_LEN
        && digits.iter().all(u8::is_ascii_hexdigit);
    if !usable {
        return Err(wrong());
    }
    let padded: Vec<u8> = [b"0"]
        .into_iter()
        .take(digits.len() % 2)
        .flatten()
        .chain(digits)
        .copied()
        .collect();
    let digit = |octet: u8| {
        char::from(octet)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
            .unwrap_or(0)
    };
    Ok(Some(
        padded
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |sum, octet| sum << 4 | digit(*octet)))
            .skip_while(|octet| *octet == 0)
            .collect(),
    ))
}

/// Puts a number into the file, durably; what was there before goes to the same name with `.old` behind it.
pub(super) fn write(path: &Path, number: &[u8]) -> Result<(), AuthorityError> {
    let text = format!("{}\n", serial_digits(number));
    let mode = mode_of(path);
    if let Ok(before) = fs::read(path) {
        let old = with_ending(path, "old");
        write_afresh(&old, &before, mode)?;
    }
    write_replacing(path, text.as_bytes(), mode)
}

/// The number after this one.
pub(super) fn successor(number: &[u8]) -> Vec<u8> {
    let mut next = number.to_vec();
    for octet in next.iter_mut().rev() {
        *octet = octet.wrapping_add(1);
        if *octet != 0 {
            return next;
        }
    }
    next.insert(0, 1);
    next
}

/// `index.txt` with `attr` is `index.txt.attr`.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// The permissions that a file has, or that a new one gets.
pub(super) fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).map_or(0o644, |metadata| metadata.permissions().mode() & 0o777)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn numbers_count_up_as_openssl_writes_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("serial");
        assert_eq!(read(&path).unwrap(), None);
        for (text, number, after) in [
            ("00\n", &[][..], "01\n"),
            ("0", &[], "01\n"),
            ("1000\n", &[0x10, 0], "1001\n"),
            ("FfF", &[0x0f, 0xff], "1000\n"),
            ("FF\n", &[0xff], "0100\n"),
            ("001\n", &[1], "02\n"),
        ] {
            fs::write(&path, text).unwrap();
            let read_back = read(&path).unwrap().unwrap();
            assert_eq!(read_back, number, "{text}");
            write(&path, &successor(&read_back)).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), after);
            assert_eq!(
                fs::read_to_string(folder.path().join("serial.old")).unwrap(),
                text
            );
        }
        for text in ["", "x", "-1", "10 00", &"1".repeat(41)] {
            fs::write(&path, text).unwrap();
            assert!(read(&path).is_err(), "{text}");
        }
    }
}
