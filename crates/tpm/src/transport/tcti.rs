//! TCTI strings: which TPM is meant, in the words that tpm2-tools and tpm2-openssl use too (TSS 2.0 TCTI loader).

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;

use super::device::Device;
use super::embedded::Embedded;
use super::mssim::Mssim;
use super::stream::Stream;
use super::{Connector, Transport, TransportError};

/// Which TPM, and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tcti {
    /// The kernel's device: `device:/dev/tpmrm0`.
    Device(PathBuf),
    /// The emulator swtpm over TCP: `swtpm:host=127.0.0.1,port=2321`.
    SwtpmTcp {
        /// Name or address.
        host: String,
        /// The port of its data channel.
        port: u16,
    },
    /// The emulator swtpm over a Unix socket: `swtpm:path=/run/swtpm.sock`.
    SwtpmUnix(PathBuf),
    /// The Microsoft simulator: `mssim:host=127.0.0.1,port=2321`.
    Mssim {
        /// Name or address.
        host: String,
        /// The command port; the platform port is the next one.
        port: u16,
    },
    /// libtpms in this process, with its state in this folder: `libtpms:DIR`.
    Libtpms(PathBuf),
}

impl Tcti {
    /// What opens it.
    pub fn connector(&self) -> Box<dyn Connector> {
        Box::new(self.clone())
    }
}

impl Connector for Tcti {
    fn connect(&mut self) -> Result<Box<dyn Transport>, TransportError> {
        let at = self.to_string();
        Ok(match self {
            Self::Device(path) => Box::new(Device::open(&at, path)?),
            Self::SwtpmTcp { host, port } => Box::new(Stream::tcp(&at, host, *port)?),
            Self::SwtpmUnix(path) => Box::new(Stream::unix(&at, path)?),
            Self::Mssim { host, port } => Box::new(Mssim::open(&at, host, *port)?),
            Self::Libtpms(folder) => Box::new(Embedded::open(&at, folder)?),
        })
    }

    fn describe(&self) -> String {
        self.to_string()
    }
}

impl FromStr for Tcti {
    type Err = TctiError;

    fn from_str(text: &str) -> Result<Self, TctiError> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        match module(kind) {
            "device" if rest.is_empty() => Ok(Self::Device(DEFAULT_DEVICE.into())),
            "device" => Ok(Self::Device(rest.into())),
            "libtpms" if rest.is_empty() => Err(TctiError::NoFolder),
            "libtpms" => Ok(Self::Libtpms(rest.into())),
            "swtpm" => match rest.strip_prefix("path=") {
                Some("") => Err(TctiError::bad_option("path=", text)),
                Some(path) => Ok(Self::SwtpmUnix(path.into())),
                None => {
                    let (host, port) = host_and_port(rest, text)?;
                    Ok(Self::SwtpmTcp { host, port })
                }
            },
            "mssim" => {
                let (host, port) = host_and_port(rest, text)?;
                if port == u16::MAX {
                    // There is no platform port above it.
                    return Err(TctiError::bad_option(&format!("port={port}"), text));
                }
                Ok(Self::Mssim { host, port })
            }
            _ if text.starts_with("/dev/") => Ok(Self::Device(text.into())),
            _ => Err(TctiError::UnknownKind {
                kind: kind.to_owned(),
            }),
        }
    }
}

impl fmt::Display for Tcti {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(path) => write!(f, "device:{}", path.display()),
            Self::SwtpmTcp { host, port } => write!(f, "swtpm:host={host},port={port}"),
            Self::SwtpmUnix(path) => write!(f, "swtpm:path={}", path.display()),
            Self::Mssim { host, port } => write!(f, "mssim:host={host},port={port}"),
            Self::Libtpms(folder) => write!(f, "libtpms:{}", folder.display()),
        }
    }
}

/// Why a string names no TPM.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TctiError {
    /// The word before the colon is none that is known.
    #[error("`{kind}` is no kind of TPM connection")]
    UnknownKind {
        /// That word.
        kind: String,
    },
    /// Something other than `host=` and `port=`, or a port that is none.
    #[error("`{option}` is no option of a TPM connection in `{tcti}`")]
    BadOption {
        /// That part of the string.
        option: String,
        /// The whole string.
        tcti: String,
    },
    /// The software TPM needs a folder for its state.
    #[error("`libtpms:` needs a folder")]
    NoFolder,
}

impl TctiError {
    fn bad_option(option: &str, tcti: &str) -> Self {
        Self::BadOption {
            option: option.to_owned(),
            tcti: tcti.to_owned(),
        }
    }

    /// What the user should do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::UnknownKind { kind } if kind == "tabrmd" => {
                "the resource manager tpm2-abrmd is not needed: `device:/dev/tpmrm0` has the kernel's"
            }
            Self::UnknownKind { .. } | Self::BadOption { .. } => {
                "known are `device:/dev/tpmrm0`, `swtpm:host=127.0.0.1,port=2321`, `swtpm:path=SOCKET`, \
                 `mssim:host=127.0.0.1,port=2321` and `libtpms:DIR`"
            }
            Self::NoFolder => "say where the software TPM keeps its state: `libtpms:DIR`",
        };
        Some(hint.to_owned())
    }
}

/// `device` out of `libtss2-tcti-device.so.0`, which the TCTI loader takes too.
fn module(kind: &str) -> &str {
    kind.strip_prefix("libtss2-tcti-")
        .and_then(|file| file.split_once(".so"))
        .map_or(kind, |(name, _)| name)
}

fn host_and_port(options: &str, tcti: &str) -> Result<(String, u16), TctiError> {
    let (mut host, mut port) = (DEFAULT_HOST.to_owned(), DEFAULT_PORT);
    for option in options.split(',').filter(|option| !option.is_empty()) {
        let bad = || TctiError::bad_option(option, tcti);
        match option.split_once('=') {
            Some(("host", value)) if !value.is_empty() => value.clone_into(&mut host),
            Some(("port", value)) => {
                port = value
                    .parse()
                    .ok()
                    .filter(|port| *port != 0)
                    .ok_or_else(bad)?;
            }
            _ => return Err(bad()),
        }
    }
    Ok((host, port))
}

const DEFAULT_DEVICE: &str = "/dev/tpmrm0";
const DEFAULT_HOST: &str = "127.0.0.1";
const DEFAULT_PORT: u16 = 2321;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    fn tcp(host: &str, port: u16) -> Tcti {
        Tcti::SwtpmTcp {
            host: host.to_owned(),
            port,
        }
    }

    #[test]
    fn the_documented_strings() {
        for (text, expected) in [
            ("device:/dev/tpmrm0", Tcti::Device("/dev/tpmrm0".into())),
            ("device", Tcti::Device("/dev/tpmrm0".into())),
            ("/dev/tpm0", Tcti::Device("/dev/tpm0".into())),
            (
                "libtss2-tcti-device.so.0:/dev/tpm0",
                Tcti::Device("/dev/tpm0".into()),
            ),
            ("swtpm:host=tpm.test,port=99", tcp("tpm.test", 99)),
            ("swtpm:port=99", tcp("127.0.0.1", 99)),
            ("swtpm:host=::1", tcp("::1", 2321)),
            ("swtpm", tcp("127.0.0.1", 2321)),
            ("swtpm:", tcp("127.0.0.1", 2321)),
            (
                "swtpm:path=/run/a,b.sock",
                Tcti::SwtpmUnix("/run/a,b.sock".into()),
            ),
            (
                "mssim:host=127.0.0.1,port=5",
                Tcti::Mssim {
                    host: "127.0.0.1".to_owned(),
                    port: 5,
                },
            ),
            ("libtpms:/a:b", Tcti::Libtpms("/a:b".into())),
        ] {
            assert_eq!(text.parse::<Tcti>().unwrap(), expected, "{text}");
            assert_eq!(expected.to_string().parse::<Tcti>().unwrap(), expected);
        }
    }

    #[test]
    fn what_names_no_tpm() {
        for text in [
            "",
            "tabrmd",
            "tabrmd:bus_name=x",
            "libtpms",
            "libtpms:",
            "swtpm:path=",
            "swtpm:port=0",
            "swtpm:port=65536",
            "swtpm:host=",
            "swtpm:speed=1",
            "mssim:port=65535",
        ] {
            let error = text.parse::<Tcti>().unwrap_err();
            assert!(error.hint().is_some(), "{text}");
        }
        let error = "tabrmd".parse::<Tcti>().unwrap_err();
        assert!(error.hint().unwrap().contains("/dev/tpmrm0"));
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_back(text in "(device|swtpm|mssim|libtpms)?:?(host=|path=|port=)?\\PC*") {
            if let Ok(tcti) = text.parse::<Tcti>() {
                prop_assert_eq!(tcti.to_string().parse::<Tcti>().unwrap(), tcti);
            }
        }
    }
}
