//! From a socket that listens to connections that are served.

use std::{future::poll_fn, io, mem, pin::pin, sync::Arc, task::Poll, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};

use crate::{
    http::Service,
    server::Limits,
    stream::{Socket, Stream},
};

/// Something that takes connections in.
pub(crate) trait Listener: Send + 'static {
    type Stream: Socket;

    fn accept(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<Self::Stream> {
        Self::accept(self).await.map(|(stream, _)| stream)
    }
}

impl Listener for UnixListener {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<Self::Stream> {
        Self::accept(self).await.map(|(stream, _)| stream)
    }
}

/// What all connections of a thread have in common.
#[derive(Clone)]
pub(crate) struct Hall {
    pub(crate) service: Arc<Service>,
    pub(crate) limits: Limits,
    /// As many permits as there may be connections.
    pub(crate) places: Arc<Semaphore>,
    /// Becomes true when the server is to end.
    pub(crate) stop: watch::Receiver<bool>,
}

impl Hall {
    /// Takes connections in until the server is to end.
    pub(crate) async fn receive(self, listener: impl Listener) {
        let places = Arc::clone(&self.places);
        let mut stop = self.stop.clone();
        let until_stopped = pin!(async move {
            // An error means that nobody is left who could say so.
            let _ = stop.wait_for(|stop| *stop).await;
        });
        let accepting = pin!(async {
            loop {
                // It is closed by nobody.
                let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                    return;
                };
                match listener.accept().await {
                    Ok(socket) => {
                        let hall = self.clone();
                        tokio::spawn(async move {
                            hall.serve(Stream::new(socket)).await;
                            drop(place);
                        });
                        others_first().await;
                    }
                    // The client was gone before it was taken in.
                    Err(error) if is_of_one_client(&error) => {}
                    // No file descriptors or no memory: some may be free soon.
                    Err(_) => sleep(Duration::from_millis(50)).await,
                }
            }
        });
        tokio::select! {
            () = until_stopped => {}
            () = accepting => {}
        }
    }

    async fn serve(self, stream: Stream<impl Socket>) {
        let Self {
            service,
            limits,
            mut stop,
            ..
        } = self;
        let service = service_fn(move |request| Arc::clone(&service).reply(request));
        let mut connection = pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                // Also the time for which a connection may be idle between two requests.
                .header_read_timeout(limits.header_timeout)
                .max_headers(MAX_HEADERS)
                .max_buf_size(MAX_HEAD)
                .serve_connection(TokioIo::new(stream), service)
        );
        let until_told = async {
            let _ = timeout(limits.connection_age, stop.wait_for(|stop| *stop)).await;
        };
        tokio::select! {
            // In this order, since most connections are over when they have been looked at once.
            biased;
            // What goes wrong on one connection is its client's business.
            _ = connection.as_mut() => return,
            () = until_told => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = timeout(limits.grace, connection).await;
    }
}

/// Lets the tasks run that are ready, such as the connection that was just taken in; then another thread may have taken
/// in the next. The runtime's own way to do so looks for events as well, which costs more than most answers.
async fn others_first() {
    let mut has_waited = false;
    poll_fn(|context| {
        if mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    [
        ConnectionAborted,
        ConnectionRefused,
        ConnectionReset,
        Interrupted,
    ]
    .contains(&error.kind())
}

/// Octets of request line and headers. RFC 5019 wants GET for requests below 255 octets only.
const MAX_HEAD: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;
