//! Keys are made (TPM 2.0 Library Part 3, 12.1 `TPM2_Create`).

use crate::algorithm::Algorithm;
use crate::auth::Auth;
use crate::command::object;
use crate::creation::KeyOptions;
use crate::error::TpmError;
use crate::key::KeyPublic;
use crate::keyfile::KeyFile;
use crate::rc::{self, Subject};
use crate::tpm::owner::Owner;
use crate::tpm::parent::ParentKey;
use crate::wire::{Writer, code};

impl Owner {
    /// `TPM2_Create` under the parent that was asked for.
    pub(super) fn create_key(
        &mut self,
        options: &KeyOptions,
        auth: &Auth,
    ) -> Result<KeyFile, TpmError> {
        options.check()?;
        check_auth(auth, LONGEST_AUTH)?;
        let capabilities = self.capabilities()?;
        if !capabilities.can_do(options.algorithm) {
            return Err(TpmError::UnsupportedAlgorithm {
                asked: options.algorithm,
                can: capabilities.algorithms,
            });
        }
        let refuses_public = |error: &TpmError| {
            error
                .code()
                .is_some_and(|code| code.subject() == Some(IN_PUBLIC))
        };
        let is_rsa = matches!(options.algorithm, Algorithm::Rsa { .. });
        match self.create(options, options.exponent, auth) {
            // Some TPMs take only their own way to write the default exponent, 0.
            Err(error)
                if is_rsa
                    && options.exponent == code::RSA_DEFAULT_EXPONENT
                    && refuses_public(&error) =>
            {
                self.create(options, 0, auth)
            }
            // Not every TPM says which parameter it means.
            Err(error)
                if is_rsa
                    && options.exponent != code::RSA_DEFAULT_EXPONENT
                    && (error.is_code(rc::RANGE) || error.is_code(rc::VALUE)) =>
            {
                Err(TpmError::Template {
                    reason: format!(
                        "this TPM does not take the exponent {}; all take {}",
                        options.exponent,
                        code::RSA_DEFAULT_EXPONENT
                    ),
                })
            }
            outcome => outcome,
        }
    }

    fn create(
        &mut self,
        options: &KeyOptions,
        rsa_exponent: u32,
        auth: &Auth,
    ) -> Result<KeyFile, TpmError> {
        let wanted = options.public_area(rsa_exponent);
        let key = ParentKey::new(options.parent, options.rsa_parent);
        let parent = self.parent_in_use(key)?;
        if options.fixed && !parent.fixed {
            return Err(TpmError::UnsuitableParent {
                reason: format!(
                    "{} can leave this TPM itself, so no key under it can be fixed to it",
                    parent.what
                ),
            });
        }
        let call = object::create((parent.handle, parent.name.clone()), auth, &wanted);
        let reply = self.run(call, &parent.auth, &parent.what)?;
        self.done_with(&parent);
        let created = object::Created::read(&reply)?;
        let bad = |problem: &str| TpmError::BadResponse {
            command: reply.command.name,
            problem: problem.to_owned(),
        };
        if !created.public.is_made_from(&wanted) {
            return Err(bad("the key in it is not of the template that was sent"));
        }
        KeyPublic::from_area(&created.public).map_err(|problem| bad(&format!("{problem}")))?;
        let unwritable = |problem| bad(&format!("{problem}"));
        let public = created.public.to_tpm2b().map_err(unwritable)?.to_vec();
        let mut private = Writer::new();
        private.sized(&created.private, "outPrivate");
        let private = private.finish().map_err(unwritable)?.to_vec();
        let file = KeyFile::loadable(options.parent.handle(), auth.is_empty(), public, private);
        Ok(if options.rsa_parent {
            file.with_rsa_parent()
        } else {
            file
        })
    }
}

/// Refuses an authorization value that is longer than a digest of the key's name algorithm.
pub(super) fn check_auth(auth: &Auth, max: usize) -> Result<(), TpmError> {
    let got = auth.as_bytes().len();
    if got > max {
        return Err(TpmError::AuthTooLong { max, got });
    }
    Ok(())
}

/// As long as the digest of the name algorithm (TPM 2.0 Library Part 3, 12.1 `TPM2_Create`).
const LONGEST_AUTH: usize = 32;
const IN_PUBLIC: Subject = Subject::Parameter(2);
