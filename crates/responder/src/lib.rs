//! OCSP over HTTP (RFC 6960 appendix A, RFC 5019 sections 5 and 6): the face of the responder in `authority`.
//!
//! [`Server::bind`] opens the sockets, [`Server::run`] answers until SIGTERM or SIGINT. What the clients do to one
//! another is bounded: a connection that says nothing, half a request or an endless one costs some memory until its
//! time is over, and nobody waits for it.
//!
//! This is a room beside `authority`, which knows nothing of sockets, and the lowest one with an asynchronous runtime.
#![forbid(unsafe_code)]

mod address;
mod connections;
mod error;
mod http;
mod keeper;
mod news;
mod path;
mod server;
mod stream;

pub use address::ListenAddress;
pub use error::ServeError;
pub use keeper::Event;
pub use path::{Paths, request_in_path};
pub use server::{Limits, Server};
