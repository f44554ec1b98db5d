//! The program as its users meet it: what it prints where, with which exit code, and what it leaves on the disk.
//! One file per matter.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod audit_head;
mod files;
mod genkey;
mod help;
mod interrupt;
mod json;
mod keys;
mod many;
mod names;
mod openssl;
mod output;
mod places;
mod prompt;
mod req;
mod secrets;
mod streams;
mod support;
mod usage;
