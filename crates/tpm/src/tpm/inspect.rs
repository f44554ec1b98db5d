//! Asking a TPM what it is, what it can do, and how near it is to lockout.

use crate::algorithm::Algorithm;
use crate::capability::{self, Answers, Capabilities, RSA_LENGTHS};
use crate::command::system::{NO_END, end_of_group};
use crate::creation::KeyOptions;
use crate::error::TpmError;
use crate::rc;
use crate::tpm::owner::Owner;
use crate::wire::code;

/// The state of the dictionary attack protection (TPM 2.0 Library Part 1, 19.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lockout {
    pub(super) counter: u32,
    pub(super) max_auth_fail: u32,
    /// Seconds.
    pub(super) interval: u32,
    /// Seconds.
    pub(super) recovery: u32,
}

impl Owner {
    /// What the TPM is and can do.
    pub(super) fn capabilities(&mut self) -> Result<Capabilities, TpmError> {
        let variable = self.properties(code::PT_VAR)?;
        if let Some(known) = &mut self.capabilities {
            capability::update(known, &variable);
            return Ok(known.clone());
        }
        let rsa_lengths = self.rsa_lengths()?;
        let is_certain = rsa_lengths.is_some();
        let answers = Answers {
            fixed: self.properties(code::PT_FIXED)?,
            variable,
            commands: self.list(code::CAP_COMMANDS)?,
            algorithms: self.list(code::CAP_ALGS)?,
            curves: self.list(code::CAP_ECC_CURVES)?,
            // Every TPM that has RSA has this.
            rsa_lengths: rsa_lengths.unwrap_or_else(|| vec![2048]),
            pcr_banks: self.channel.pcr_banks()?,
        };
        let capabilities = answers.understood();
        if is_certain {
            self.capabilities = Some(capabilities.clone());
        }
        Ok(capabilities)
    }

    pub(super) fn lockout(&mut self) -> Result<Lockout, TpmError> {
        let variable = self.properties(code::PT_VAR)?;
        let value = |property| capability::value(&variable, property);
        Ok(Lockout {
            counter: value(code::PT_LOCKOUT_COUNTER),
            max_auth_fail: value(code::PT_MAX_AUTH_FAIL),
            interval: value(code::PT_LOCKOUT_INTERVAL),
            recovery: value(code::PT_LOCKOUT_RECOVERY),
        })
    }

    fn properties(&mut self, group: u32) -> Result<Vec<(u32, u32)>, TpmError> {
        self.channel
            .get_capability(code::CAP_TPM_PROPERTIES, group, end_of_group(group))
    }

    fn list(&mut self, capability: u32) -> Result<Vec<(u32, u32)>, TpmError> {
        self.channel.get_capability(capability, 0, NO_END)
    }

    /// No capability lists the lengths of RSA keys: each has to be tried. That takes a slot; `None` when there is none.
    fn rsa_lengths(&mut self) -> Result<Option<Vec<u16>>, TpmError> {
        let mut supported = Vec::new();
        for bits in RSA_LENGTHS {
            let template = KeyOptions::new(Algorithm::Rsa { bits });
            // Exponent 0 is the one way to write the default that every TPM takes.
            match self.channel.test_parms(&template.public_area(0).parameters) {
                Ok(true) => supported.push(bits),
                Ok(false) => {}
                Err(error) if error.is_code(rc::OBJECT_MEMORY) || error.is_code(rc::MEMORY) => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Some(supported))
    }
}
