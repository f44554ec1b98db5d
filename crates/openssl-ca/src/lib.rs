//! What `openssl ca` and `openssl req` do with an openssl.cnf: [`config`] is the CA section, ca(1), [`req`] the section
//! `[req]`, openssl-req(1).

#![forbid(unsafe_code)]

pub mod config;
pub mod req;
