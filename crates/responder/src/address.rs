//! Where to listen.

use std::{
    fmt, fs, io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
    os::unix::{
        fs::FileTypeExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    str::FromStr,
};

use crate::ServeError;

/// A place to listen at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// A host, or all of them, and a port; port 0 is any free one.
    Tcp(String),
    /// A socket in the file system, for a web server in front.
    Unix(PathBuf),
}

impl FromStr for ListenAddress {
    type Err = ServeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ServeError::Address {
            given: text.to_owned(),
        };
        if let Some(path) = text.strip_prefix("unix:") {
            return match path {
                "" => Err(wrong()),
                path => Ok(Self::Unix(path.into())),
            };
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        // Without brackets one could not tell where an IPv6 address ends.
        let is_bracketed = host.starts_with('[') && host.ends_with(']');
        if (host.contains(':') && !is_bracketed) || port.parse::<u16>().is_err() {
            return Err(wrong());
        }
        Ok(Self::Tcp(match host {
            // Linux takes IPv4 there as well.
            "" | "*" => format!("[::]:{port}"),
            _ => text.to_owned(),
        }))
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => f.write_str(address),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A socket that listens.
#[derive(Debug)]
pub(crate) enum Bound {
    Tcp(TcpListener, SocketAddr),
    Unix(UnixListener, UnlinkedAtTheEnd),
}

/// The name of a socket, which outlives its program unless it is removed.
#[derive(Debug)]
pub(crate) struct UnlinkedAtTheEnd(pub(crate) PathBuf);

impl Drop for UnlinkedAtTheEnd {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl ListenAddress {
    /// All sockets of the address: a host name may stand for several.
    pub(crate) fn bind(&self) -> Result<Vec<Bound>, ServeError> {
        let failed = |source| ServeError::Listen {
            address: self.to_string(),
            source,
        };
        match self {
            Self::Tcp(address) => address
                .to_socket_addrs()
                .map_err(failed)?
                .map(|address| {
                    let listener = TcpListener::bind(address).map_err(failed)?;
                    listener.set_nonblocking(true).map_err(failed)?;
                    // The standard library's queue is short. Listening once more only makes it longer.
                    rustix::net::listen(&listener, QUEUE).map_err(|error| failed(error.into()))?;
                    let address = listener.local_addr().map_err(failed)?;
                    Ok(Bound::Tcp(listener, address))
                })
                .collect(),
            Self::Unix(path) => {
                remove_abandoned(path).map_err(failed)?;
                let listener = UnixListener::bind(path).map_err(failed)?;
                listener.set_nonblocking(true).map_err(failed)?;
                Ok(vec![Bound::Unix(listener, UnlinkedAtTheEnd(path.clone()))])
            }
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(_, address) => write!(f, "http://{address}/"),
            Self::Unix(_, path) => write!(f, "unix:{}", path.0.display()),
        }
    }
}

/// Connections that wait to be taken in; the system may have a lower limit of its own.
const QUEUE: i32 = 4096;

/// Removes the socket of a program that was killed. One at which somebody listens stays, and so does any other file.
fn remove_abandoned(path: &Path) -> io::Result<()> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    let is_refused = || {
        UnixStream::connect(path)
            .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    };
    if is_socket && is_refused() {
        fs::remove_file(path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let read = |text: &str| {
            text.parse::<ListenAddress>()
                .map(|address| address.to_string())
        };
        for (text, meaning) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("[::1]:0", "[::1]:0"),
            ("localhost:80", "localhost:80"),
            (":8888", "[::]:8888"),
            ("*:8888", "[::]:8888"),
            ("unix:/run/ocsp.sock", "unix:/run/ocsp.sock"),
        ] {
            assert_eq!(read(text).ok().as_deref(), Some(meaning), "{text}");
        }
        for text in [
            "",
            "8080",
            "::1:80",
            "localhost",
            "a:b",
            "a:70000",
            "unix:",
            "http://a:80/",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_abandoned_socket_is_replaced_and_one_in_use_is_not() {
        let folder = std::env::temp_dir().join(format!("tpm2ca-socket-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let path = folder.join("s");
        let address = ListenAddress::Unix(path.clone());
        // As after a kill: the file is there, and nobody listens.
        drop(UnixListener::bind(&path).unwrap());
        let bound = address.bind().unwrap();
        assert!(matches!(address.bind(), Err(ServeError::Listen { .. })));
        drop(bound);
        assert!(!path.exists());
        fs::write(&path, "precious").unwrap();
        assert!(address.bind().is_err());
        assert_eq!(fs::read(&path).unwrap(), b"precious");
        fs::remove_dir_all(&folder).unwrap();
    }
}
