//! A private key that was made outside of a TPM, and how it becomes a TPM's key.

use std::fmt;

use aws_lc_rs::agreement::PrivateKey;
use zeroize::Zeroizing;

use crate::algorithm::{Algorithm, Curve};
use crate::auth::Auth;
use crate::creation::KeyOptions;
use crate::error::TpmError;
use crate::key::{KeyPublic, left_padded, without_leading_zeros};
use crate::keyfile::KeyFile;
use crate::parent::Parent;
use crate::wire::public::{PublicArea, PublicParameters};
use crate::wire::{WireError, Writer, code};
use crate::wrap::Wrapped;
use crate::wrap::parent::{ParentPublic, ecdh, uncompressed};

/// The numbers of a private key. Big-endian, with or without leading zeros; the secret ones are wiped on drop.
#[derive(Clone)]
pub enum SoftwarePrivate {
    /// An RSA key with two primes of the same length.
    Rsa {
        /// The product of the primes.
        modulus: Vec<u8>,
        /// Either of them.
        prime: Zeroizing<Vec<u8>>,
        /// The public exponent. Most TPMs take 65537 only.
        exponent: u32,
    },
    /// A key on a curve.
    Ecc {
        /// The curve.
        curve: Curve,
        /// The secret number.
        d: Zeroizing<Vec<u8>>,
        /// Of the public point.
        x: Vec<u8>,
        /// Of the public point.
        y: Vec<u8>,
    },
}

/// What an imported key shall be, beside being what it is.
///
/// It signs (RSA keys also decrypt), and is not marked as bound to the TPM or its parent, nor as made in it, none of
/// which would be true (`fixedTPM`, `fixedParent`, `sensitiveDataOrigin`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportTemplate {
    /// As [`KeyOptions::no_da`].
    pub no_da: bool,
    /// As [`KeyOptions::policy`]. Without one that allows it the key can never be duplicated.
    pub policy: Option<Vec<u8>>,
    /// As [`KeyOptions::user_with_auth`].
    pub user_with_auth: bool,
    /// The parent; `None` is the storage root key, or for a key that is wrapped for another TPM the primary key that
    /// can be told by its public area, and 0x81000001 if it is none of those.
    pub parent: Option<Parent>,
    /// As [`KeyOptions::rsa_parent`]; not looked at for a key that is wrapped for another TPM.
    pub rsa_parent: bool,
}

impl Default for ImportTemplate {
    /// As [`KeyOptions::new`].
    fn default() -> Self {
        Self {
            no_da: true,
            policy: None,
            user_with_auth: true,
            parent: None,
            rsa_parent: false,
        }
    }
}

impl SoftwarePrivate {
    /// Kind and length.
    pub fn algorithm(&self) -> Algorithm {
        self.public().algorithm()
    }

    /// The public half, as the numbers say.
    pub fn public(&self) -> KeyPublic {
        let padded = |octets: &[u8], curve: &Curve| {
            left_padded(octets, curve.coordinate_len()).unwrap_or_else(|| octets.to_vec())
        };
        match self {
            Self::Rsa {
                modulus, exponent, ..
            } => KeyPublic::Rsa {
                modulus: without_leading_zeros(modulus).to_vec(),
                exponent: *exponent,
            },
            Self::Ecc { curve, x, y, .. } => KeyPublic::Ecc {
                curve: *curve,
                x: padded(x, curve),
                y: padded(y, curve),
            },
        }
    }

    /// Wraps the key for a parent, here and without any TPM. The result is an importable key file, which is of use
    /// only where that parent is: [`Tpm::receive`](crate::Tpm::receive) or [`Tpm::load`](crate::Tpm::load) there
    /// imports it.
    ///
    /// # Errors
    /// [`TpmError::UnsupportedKey`] when the numbers do not make a key that a TPM can have, [`TpmError::AuthTooLong`]
    /// when `auth` has more than 32 octets.
    pub fn wrap_for(
        &self,
        parent: &ParentPublic,
        template: &ImportTemplate,
        auth: &Auth,
    ) -> Result<KeyFile, TpmError> {
        self.wrap_with_exponent(parent, template, auth, None)
    }

    /// The same with another way to write the RSA exponent.
    pub(crate) fn wrap_with_exponent(
        &self,
        parent: &ParentPublic,
        template: &ImportTemplate,
        auth: &Auth,
        written_exponent: Option<u32>,
    ) -> Result<KeyFile, TpmError> {
        let mut area = self.public_area(template)?;
        if let (PublicParameters::Rsa { exponent, .. }, Some(written)) =
            (&mut area.parameters, written_exponent)
        {
            *exponent = written;
        }
        let unwritable = |problem: WireError| unsupported(problem.to_string());
        let public = area.to_tpm2b().map_err(unwritable)?.to_vec();
        let name = area
            .name()
            .ok_or_else(|| unsupported("its Name cannot be computed"))?;
        let wrapped = Wrapped::seal(parent, self.sensitive(auth)?, &name)?;
        let (told, rsa_parent) = parent.in_key_file();
        let (handle, rsa_parent) = match template.parent {
            None => (told, rsa_parent),
            Some(handle @ Parent::Handle(_)) => (handle.handle(), false),
            Some(hierarchy) => (hierarchy.handle(), parent.is_rsa()),
        };
        Ok(KeyFile::importable(
            handle,
            rsa_parent,
            auth.is_empty(),
            public,
            wrapped.duplicate,
            wrapped.secret,
        ))
    }

    fn public_area(&self, template: &ImportTemplate) -> Result<PublicArea, TpmError> {
        let public = self.public();
        let mut options = KeyOptions::new(public.algorithm());
        options.no_da = template.no_da;
        options.policy.clone_from(&template.policy);
        options.user_with_auth = template.user_with_auth;
        options.fixed = false;
        if let KeyPublic::Rsa { exponent, .. } = public {
            options.exponent = exponent;
        }
        options.check()?;
        let mut area = options.public_area(options.exponent);
        area.attributes &= !code::ATTR_SENSITIVE_DATA_ORIGIN;
        set_unique(&mut area, public);
        Ok(area)
    }

    /// A whole `TPM2B_SENSITIVE` (TPM 2.0 Library Part 2, 12.3.2.4).
    fn sensitive(&self, auth: &Auth) -> Result<Zeroizing<Vec<u8>>, TpmError> {
        // As long as a digest of the name algorithm, so that the ciphertext does not tell the length of the value
        // (Part 1, 27.2 on `authValue`).
        let mut padded_auth = Zeroizing::new([0; LONGEST_AUTH]);
        let length = auth.as_bytes().len();
        padded_auth
            .get_mut(..length)
            .ok_or(TpmError::AuthTooLong {
                max: LONGEST_AUTH,
                got: length,
            })?
            .copy_from_slice(auth.as_bytes());
        let (kind, secret) = match self {
            Self::Rsa { modulus, prime, .. } => (code::ALG_RSA, rsa_sensitive(modulus, prime)?),
            Self::Ecc { curve, d, .. } => (code::ALG_ECC, self.ecc_sensitive(*curve, d)?),
        };
        let mut sensitive = Writer::new();
        sensitive.nested("sensitiveArea", |sensitive| {
            sensitive
                .u16(kind)
                .sized(padded_auth.as_slice(), "authValue")
                // Keys that are no parents themselves need none.
                .sized(&[], "seedValue")
                .sized(&secret, "sensitive");
        });
        sensitive
            .finish()
            .map_err(|problem| unsupported(problem.to_string()))
    }

    /// The TPM would say that public and private part do not belong together, and not which key it was about.
    fn ecc_sensitive(&self, curve: Curve, d: &[u8]) -> Result<Zeroizing<Vec<u8>>, TpmError> {
        let d = left_padded(d, curve.coordinate_len())
            .map(Zeroizing::new)
            .ok_or_else(|| unsupported(format!("its secret number is too large for {curve}")))?;
        let point = PrivateKey::from_private_key(ecdh(curve), &d)
            .and_then(|key| key.compute_public_key().map_err(Into::into))
            .map_err(|_| unsupported(format!("its secret number is not right for {curve}")))?;
        match self.public() {
            KeyPublic::Ecc { x, y, .. } if uncompressed(&x, &y) == point.as_ref() => Ok(d),
            _ => Err(unsupported(
                "its public point does not belong to its secret number",
            )),
        }
    }
}

impl fmt::Debug for SoftwarePrivate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftwarePrivate({}, redacted)", self.algorithm())
    }
}

fn set_unique(area: &mut PublicArea, public: KeyPublic) {
    match (&mut area.parameters, public) {
        (PublicParameters::Rsa { modulus, .. }, KeyPublic::Rsa { modulus: n, .. }) => *modulus = n,
        (
            PublicParameters::Ecc { x, y, .. },
            KeyPublic::Ecc {
                x: to_x, y: to_y, ..
            },
        ) => {
            *x = to_x;
            *y = to_y;
        }
        // The template was made for the algorithm of this very key.
        (PublicParameters::Rsa { .. } | PublicParameters::Ecc { .. }, _) => {}
    }
}

fn rsa_sensitive(modulus: &[u8], prime: &[u8]) -> Result<Zeroizing<Vec<u8>>, TpmError> {
    let prime = without_leading_zeros(prime);
    if prime.len() * 2 != without_leading_zeros(modulus).len() {
        return Err(unsupported(
            "its primes have different lengths, or are more than two",
        ));
    }
    Ok(Zeroizing::new(prime.to_vec()))
}

fn unsupported(reason: impl Into<String>) -> TpmError {
    TpmError::UnsupportedKey {
        reason: reason.into(),
    }
}

/// Octets of a SHA-256 digest, the name algorithm of the keys that are made here.
const LONGEST_AUTH: usize = 32;

#[cfg(test)]
mod tests;
