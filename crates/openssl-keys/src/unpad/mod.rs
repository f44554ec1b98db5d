//! Removes the padding of what an RSA key has decrypted (RFC 8017, 7), in constant time.
//!
//! The TPM could do it, but answers a wrong padding with an error: in another time than a message, and before a next
//! command that takes longer. Who sends cipher texts and measures that learns messages, and makes signatures
//! (Bleichenbacher's attack on PKCS#1 v1.5, Manger's on OAEP). So the TPM does the private operation only, and here no
//! branch, no index and no length depends on the decrypted block, up to the length of the message that is returned.
//!
//! - draft-irtf-cfrg-rsa-guidance: implicit rejection, as OpenSSL 3.2 and newer have it
//! - RFC 8017, 7.1.2 and 7.2.2; RFC 5246, 7.4.7.1

mod mask;
mod oaep;
mod pkcs1;
mod rejection;

pub use oaep::{Oaep, oaep};
pub use pkcs1::{TLS_SECRET_LEN, pkcs1, pkcs1_or_synthetic, tls_secret};
pub use rejection::Rejection;
