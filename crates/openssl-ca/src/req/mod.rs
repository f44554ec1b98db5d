//! The section `[req]` of an openssl.cnf, openssl-req(1): what it says of certificate requests and self-signed
//! certificates, and what it asks the user.
//!
//! `openssl req` 3.0 is the model. Nothing is asked here: [`Question`] is what to ask, and takes the answer.

mod error;
mod questions;
mod settings;

pub use self::error::ReqError;
pub use self::questions::{Answer, Question, WrongLength};
pub use self::settings::{ReqSettings, hash_by_name};
