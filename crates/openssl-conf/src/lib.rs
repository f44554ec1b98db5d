//! OpenSSL's configuration files, config(5): bytes to sections and values, exactly as OpenSSL 3.0 to 4.0 read them.
//!
//! [`Conf::load`] and [`Conf::parse`] do everything that config(5) describes: sections, variables, escapes and quotes,
//! comments, continued lines, `.include` and `.pragma`. What the values mean is not known here: no X.509, no keys.
//! Every value remembers the file and the line that it stands in ([`Place`]), so that whoever finds it wrong can say
//! where.
//!
//! # Where this reader differs from OpenSSL
//!
//! - A NUL byte is an error ([`ConfError::NullByte`]). OpenSSL drops what follows it in the line and glues the next
//!   line to what came before.
//! - Files that include one another in a circle are an error ([`ConfError::IncludeDepth`]). OpenSSL goes on until the
//!   process has no file descriptors left, and then carries on as if nothing had been.
//! - The files of an included folder are read in the order of their names; OpenSSL takes the file system's order.
//! - There are limits to the size of what is read and of what variables expand to ([`limits`]).
//! - A name or section name that is not UTF-8 (only escapes can make one) is an error.
//!
//! A file to include that does not exist is skipped as in OpenSSL, but remembered: [`Conf::skipped`].
//!
//! References: config(5), NCONF_get_string(3).

#![forbid(unsafe_code)]

mod chars;
mod conf;
mod draft;
mod error;
mod expand;
mod files;
pub mod limits;
mod lines;
mod place;
mod reader;
mod statement;
mod value;

pub use conf::{Conf, Section};
pub use error::ConfError;
pub use files::{Disk, Files, Found};
pub use place::{Place, Skipped};
pub use value::Value;
