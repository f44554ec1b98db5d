//! Kinds of keys, as users name them.

use anyhow::Result;
use tpm2ca_tpm::{Algorithm, Curve};

use crate::error::CliError;

/// A curve by one of its many names.
///
/// # Errors
/// When it is none that a TPM signs with here.
pub(crate) fn curve(text: &str) -> Result<Curve> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "nist_p256" | "p-256" | "p256" | "prime256v1" | "secp256r1" => Curve::P256,
        "nist_p384" | "p-384" | "p384" | "secp384r1" => Curve::P384,
        "nist_p521" | "p-521" | "p521" | "secp521r1" => Curve::P521,
        other => {
            return Err(CliError::usage(
                format!("`{other}` is not a curve known here"),
                "use nist_p256, nist_p384 or nist_p521",
            )
            .into());
        }
    })
}

/// RSA of a size, if one is given.
///
/// # Errors
/// When there is also a curve.
pub(crate) fn rsa(keysize: Option<u16>, curve: Option<&str>) -> Result<Algorithm> {
    if curve.is_some() {
        return Err(CliError::usage(
            "`--curve` does not go with `--alg rsa`",
            "use `--keysize 2048` or `--alg ecdsa`",
        )
        .into());
    }
    Ok(Algorithm::Rsa {
        bits: keysize.unwrap_or(2048),
    })
}

/// ECDSA on a curve, if one is given.
///
/// # Errors
/// When there is also a size, or the curve is not known.
pub(crate) fn ecdsa(keysize: Option<u16>, name: Option<&str>) -> Result<Algorithm> {
    if keysize.is_some() {
        return Err(CliError::usage(
            "`--keysize` does not go with `--alg ecdsa`",
            "use `--curve nist_p256` or `--alg rsa`",
        )
        .into());
    }
    name.map_or(Ok(Curve::P256), curve).map(Algorithm::Ecc)
}
