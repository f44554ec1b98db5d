//! The sections of an openssl.cnf that `openssl ca` and `openssl req` use: [`config`] reads the CA section, ca(1), [`req`]
//! the section `[req]`, openssl-req(1).

#![forbid(unsafe_code)]

pub mod config;
pub mod req;
