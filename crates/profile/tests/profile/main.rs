//! Profiles from the outside: files in, requests in, plans and refusals out.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod built_in;
mod files;
mod names;
mod oracle;
mod places;
mod properties;
mod requested;
mod setup;
mod subject;
mod validity;
