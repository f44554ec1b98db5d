//! The server as a whole: sockets, threads, the end.

use std::{
    io,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use tokio::{
    net::{TcpListener, UnixListener},
    runtime,
    signal::unix::{Signal, SignalKind, signal},
    sync::{Semaphore, watch},
    time::timeout,
};
use tpm2ca_authority::OcspResponder;

use crate::{
    Event, ListenAddress, Paths, ServeError,
    address::Bound,
    connections::Hall,
    http::Service,
    keeper::{self, Report},
};

/// What clients may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the head of a request to arrive, and between two requests of one connection.
    pub header_timeout: Duration,
    /// For its body.
    pub body_timeout: Duration,
    /// For a connection in all.
    pub connection_age: Duration,
    /// For connections to end when the server does.
    pub grace: Duration,
    /// Connections at a time; others wait to be taken in.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            connection_age: Duration::from_mins(10),
            grace: Duration::from_secs(5),
            connections: 10_000,
        }
    }
}

/// Sockets that listen. What connects waits until [`Server::run`].
#[derive(Debug)]
pub struct Server {
    bound: Vec<Bound>,
}

impl Server {
    /// Opens the sockets.
    ///
    /// # Errors
    /// [`ServeError::Listen`].
    pub fn bind(addresses: &[ListenAddress]) -> Result<Self, ServeError> {
        let mut bound = Vec::new();
        for address in addresses {
            bound.extend(address.bind()?);
        }
        Ok(Self { bound })
    }

    /// Where it listens, with the ports that the system has chosen: `http://127.0.0.1:8080/`, `unix:PATH`.
    pub fn addresses(&self) -> Vec<String> {
        self.bound.iter().map(ToString::to_string).collect()
    }

    /// Answers until the process gets SIGTERM or SIGINT; then those who have begun are answered, and it returns. From
    /// when `ready` is called, signals end it in this way.
    ///
    /// # Errors
    /// [`ServeError::Start`].
    pub fn run(
        self,
        responder: Arc<OcspResponder>,
        paths: Paths,
        limits: Limits,
        report: impl Fn(Event) + Send + Sync + 'static,
        ready: impl FnOnce(),
    ) -> Result<(), ServeError> {
        self.serve(responder, paths, limits, Arc::new(report), ready)
            .map_err(ServeError::Start)
    }

    fn serve(
        &self,
        responder: Arc<OcspResponder>,
        paths: Paths,
        limits: Limits,
        report: Report,
        ready: impl FnOnce(),
    ) -> io::Result<()> {
        let signing = runtime::Builder::new_current_thread()
            .max_blocking_threads(SIGNING_THREADS)
            .thread_name("ocsp-sign")
            .enable_all()
            .build()?;
        let (work, stop_work) = mpsc::channel();
        let keeper = {
            let responder = Arc::clone(&responder);
            let keep = move || keeper::keep(&responder, &stop_work, &report);
            named("ocsp-ahead").spawn(keep)?
        };
        let service = Service {
            news: Arc::default(),
            responder,
            paths,
            body_timeout: limits.body_timeout,
            signing: signing.handle().clone(),
        };
        let result = signing.block_on(self.answer(service, limits, ready));
        drop(work);
        // A panic in it has been printed; the answers were right without it.
        let _ = keeper.join();
        signing.shutdown_timeout(Duration::from_secs(1));
        result
    }

    /// One thread for each processor, each with a runtime of its own: connections that never change their thread need
    /// no locks. They share the listeners, so that whoever has nothing to do takes in the next connection.
    async fn answer(
        &self,
        service: Service,
        limits: Limits,
        ready: impl FnOnce(),
    ) -> io::Result<()> {
        let mut signals = [SignalKind::terminate(), SignalKind::interrupt()]
            .into_iter()
            .map(signal)
            .collect::<io::Result<Vec<Signal>>>()?;
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let threads = threads.min(THREADS);
        // Each listener of each thread has one more in its hand, for the connection that is yet to come.
        let hands = threads * self.bound.len();
        let all = limits.connections.min(Semaphore::MAX_PERMITS - hands) + hands;
        let places = Arc::new(Semaphore::new(all));
        let (stop, stopped) = watch::channel(false);
        let (end, ended) = watch::channel(());
        let threads = (0..threads)
            .map(|_| {
                let hall = Hall {
                    service: Arc::new(service.clone()),
                    limits,
                    places: Arc::clone(&places),
                    stop: stopped.clone(),
                };
                let runtime = runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                let inside = runtime.enter();
                for one in &self.bound {
                    let hall = hall.clone();
                    match one {
                        Bound::Tcp(listener, _) => {
                            let listener = TcpListener::from_std(listener.try_clone()?)?;
                            tokio::spawn(hall.receive(listener));
                        }
                        Bound::Unix(listener, _) => {
                            let listener = UnixListener::from_std(listener.try_clone()?)?;
                            tokio::spawn(hall.receive(listener));
                        }
                    }
                }
                drop(inside);
                let mut ended = ended.clone();
                // An error, which means that the other end is gone.
                named("ocsp").spawn(move || runtime.block_on(ended.changed()))
            })
            .collect::<io::Result<Vec<_>>>()?;
        drop(service);
        ready();
        any_of(&mut signals).await;
        stop.send_replace(true);
        // Those who are being served, and the listeners, give their places back.
        let everybody = u32::try_from(all).unwrap_or(u32::MAX);
        let _ = timeout(limits.grace, places.acquire_many(everybody)).await;
        drop(end);
        for thread in threads {
            // A panic in it has been printed.
            let _ = thread.join();
        }
        Ok(())
    }
}

fn named(name: &str) -> thread::Builder {
    thread::Builder::new().name(name.to_owned())
}

async fn any_of(signals: &mut [Signal]) {
    std::future::poll_fn(|context| {
        let arrived = signals
            .iter_mut()
            .any(|signal| signal.poll_recv(context).is_ready());
        if arrived {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}

/// Threads that answer, at most. Each connection wakes all of those that have nothing to do, and a few suffice.
const THREADS: usize = 8;
/// Threads that sign what is asked for the first time, or with a nonce.
const SIGNING_THREADS: usize = 16;
