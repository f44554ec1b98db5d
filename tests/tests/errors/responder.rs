//! The errors of `responder`.

use std::io;

use tpm2ca_responder::ServeError;

use crate::{expect_all, io_error};

#[test]
fn serve_error() {
    expect_all(
        "serve_error",
        &[
            ServeError::Address {
                given: "GIVEN".into(),
            },
            ServeError::Listen {
                address: "ADDRESS".into(),
                source: io_error(io::ErrorKind::NotFound),
            },
            ServeError::Listen {
                address: "ADDRESS".into(),
                source: io_error(io::ErrorKind::PermissionDenied),
            },
            ServeError::Start(io_error(io::ErrorKind::NotFound)),
            ServeError::Start(io_error(io::ErrorKind::PermissionDenied)),
        ],
        ServeError::hint,
    );
}
