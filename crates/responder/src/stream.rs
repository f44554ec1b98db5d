//! A connection's socket, for which nobody waits unless they have to.

use std::{
    io, mem,
    os::fd::AsFd,
    pin::Pin,
    task::{Context, Poll},
};

use rustix::{io::Errno, net::SendFlags};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};

/// A connected socket of the runtime.
pub(crate) trait Socket: AsyncRead + AsyncWrite + AsFd + Send + Unpin + 'static {
    /// Has everything that is written sent at once.
    fn be_prompt(&self);
}

impl Socket for TcpStream {
    fn be_prompt(&self) {
        // Without it, answers may be late.
        let _ = self.set_nodelay(true);
    }
}

impl Socket for UnixStream {
    fn be_prompt(&self) {}
}

/// A socket on which the first read and the first write are tried at once.
///
/// The runtime tries neither before the system has told it that a socket is ready, in the next round. But most clients
/// send their request together with the connection, and are gone after the answer.
pub(crate) struct Stream<S> {
    socket: S,
    has_read: bool,
    has_written: bool,
    is_prompt: bool,
}

impl<S: Socket> Stream<S> {
    pub(crate) fn new(socket: S) -> Self {
        Self {
            socket,
            has_read: false,
            has_written: false,
            is_prompt: false,
        }
    }
}

impl<S: Socket> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !mem::replace(&mut self.has_read, true) {
            match rustix::io::read(&self.socket, buffer.initialize_unfilled()) {
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
                Ok(len) => {
                    buffer.advance(len);
                    return Poll::Ready(Ok(()));
                }
            }
        }
        Pin::new(&mut self.socket).poll_read(context, buffer)
    }
}

impl<S: Socket> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !mem::replace(&mut self.has_written, true) {
            match rustix::net::send(&self.socket, octets, SendFlags::NOSIGNAL) {
                Err(Errno::AGAIN | Errno::INTR) => {}
                sent => return Poll::Ready(sent.map_err(io::Error::from)),
            }
        }
        // An answer is written in one piece. The next one must not wait until that was acknowledged.
        if !mem::replace(&mut self.is_prompt, true) {
            self.socket.be_prompt();
        }
        Pin::new(&mut self.socket).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    /// Nothing: whoever shuts a connection down drops it next, and closing it says the same to the client.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
