//! The kernel's character devices: `/dev/tpmrm0` (with the kernel's resource manager) and `/dev/tpm0` (without).

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use super::frame::{bad_frame, check_response};
use super::{Transport, TransportError};

/// An open device. The kernel bounds the time of every command itself, so there is no deadline here.
pub(super) struct Device {
    file: File,
    at: String,
}

impl Device {
    /// Opens the device for reading and writing.
    pub(super) fn open(at: &str, path: &Path) -> Result<Self, TransportError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|error| explain(at, error))?;
        Ok(Self {
            file,
            at: at.to_owned(),
        })
    }
}

impl Transport for Device {
    fn transact(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        // One command is one write and one response is one read, whole: the kernel takes no half ones.
        let written =
            uninterrupted(|| self.file.write(command)).map_err(|error| explain(&self.at, error))?;
        if written != command.len() {
            return Err(bad_frame(
                &self.at,
                format!("{} octets taken", command.len()),
                written,
            ));
        }
        let mut response = vec![0; LARGEST_READ];
        let got = uninterrupted(|| self.file.read(&mut response))
            .map_err(|error| explain(&self.at, error))?;
        if got == 0 {
            return Err(TransportError::Closed {
                at: self.at.clone(),
            });
        }
        response.truncate(got);
        check_response(&self.at, &response)?;
        Ok(response)
    }
}

fn uninterrupted(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn explain(at: &str, error: io::Error) -> TransportError {
    let at = at.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound => TransportError::NotFound { at },
        io::ErrorKind::PermissionDenied => TransportError::PermissionDenied { at },
        io::ErrorKind::ResourceBusy => TransportError::InUse {
            at,
            by: "another program".to_owned(),
        },
        _ => TransportError::Io { at, source: error },
    }
}

/// The kernel's TPM_BUFSIZE is 4096; one octet more shows an answer that does not fit.
const LARGEST_READ: usize = 4096 + 1;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::process::Command;

    use super::*;

    /// A FIFO is a device that answers each command with the command itself.
    fn echo() -> (tempfile::TempDir, Device) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("fifo");
        assert!(
            Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        let device = Device::open("device:fifo", &path).unwrap();
        (dir, device)
    }

    #[test]
    fn one_write_one_read() {
        let (_dir, mut device) = echo();
        let message = [0x80, 1, 0, 0, 0, 12, 0, 0, 0, 0, 7, 7];
        assert_eq!(device.transact(&message).unwrap(), message);
        assert_eq!(device.transact(&message).unwrap(), message);
    }

    #[test]
    fn a_size_that_lies_is_refused() {
        let (_dir, mut device) = echo();
        let result = device.transact(&[0x80, 1, 0, 0, 0, 13, 0, 0, 0, 0, 7, 7]);
        assert!(matches!(result, Err(TransportError::BadFrame { .. })));
    }

    #[test]
    fn a_missing_device_says_how_to_get_a_software_tpm() {
        let Err(error) = Device::open("device:/dev/no-such-tpm", Path::new("/dev/no-such-tpm"))
        else {
            panic!("there is one");
        };
        assert!(error.hint().unwrap().contains("--tpm libtpms:"));
    }

    #[test]
    fn a_busy_device_says_so() {
        let error = explain("device:/dev/tpm0", io::Error::from_raw_os_error(16));
        assert!(error.to_string().contains("in use by another program"));
        assert!(error.hint().unwrap().contains("/dev/tpmrm0"));
    }
}
