//! Policies as users write them, and in words.

mod parse;
mod resolve;
mod words;

pub(crate) use parse::Registers;
pub(crate) use resolve::{Guard, guard, signable};
pub(crate) use words::words;
