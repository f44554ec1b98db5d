//! Platform configuration registers, read and extended (TPM 2.0 Library Part 3, 22 "Integrity Collection (PCR)").

use std::collections::{BTreeMap, BTreeSet};

use crate::algorithm::HashAlg;
use crate::auth::Auth;
use crate::command::policy::{self as command, PcrPage};
use crate::error::{PolicyError, TpmError};
use crate::policy::{PcrValues, registers, selection_list};
use crate::tpm::Tpm;
use crate::tpm::owner::Owner;

impl Tpm {
    /// What registers hold (`TPM2_PCR_Read`). The answer is proved by the session's HMAC, so that a policy can be made
    /// of it.
    ///
    /// # Errors
    /// [`PolicyError::NoPcr`] where the TPM has no such registers, else as [`Tpm::srk_name`].
    pub fn pcr_read(&self, bank: HashAlg, registers: &[u8]) -> Result<PcrValues, TpmError> {
        let registers = registers.to_vec();
        self.worker
            .call(move |owner| owner.pcr_values(bank, &registers))
    }

    /// Extends a register (`TPM2_PCR_Extend`): its new value is the digest of the old one followed by `digest`. Only a
    /// reset takes it back; 16 and 23 are there for applications and tests.
    ///
    /// # Errors
    /// [`TpmError::DigestLength`], [`TpmError::Rc`] for a register that cannot be extended from here.
    pub fn pcr_extend(&self, bank: HashAlg, register: u8, digest: &[u8]) -> Result<(), TpmError> {
        if digest.len() != bank.len() {
            return Err(TpmError::DigestLength {
                hash: bank,
                got: digest.len(),
            });
        }
        let digest = digest.to_vec();
        self.worker.call(move |owner| {
            let call = command::pcr_extend(register, bank.tpm_id(), &digest);
            owner.run(call, &Auth::empty(), "the PCR").map(drop)
        })
    }
}

impl Owner {
    pub(super) fn pcr_values(
        &mut self,
        bank: HashAlg,
        wanted: &[u8],
    ) -> Result<PcrValues, TpmError> {
        for _ in 0..MOST_TRIES {
            if let Some(values) = self.pcr_values_once(bank, wanted)? {
                return Ok(PcrValues::new(bank, values)?);
            }
        }
        Err(PolicyError::PcrMoved.into())
    }

    /// `None` when a register changed while they were read.
    fn pcr_values_once(
        &mut self,
        bank: HashAlg,
        wanted: &[u8],
    ) -> Result<Option<BTreeMap<u8, Vec<u8>>>, TpmError> {
        let mut missing: BTreeSet<u8> = wanted.iter().copied().collect();
        let mut values = BTreeMap::new();
        let mut counter = None;
        while !missing.is_empty() {
            let selected: Vec<u8> = missing.iter().copied().collect();
            let call = command::pcr_read(&selection_list(bank, &selected));
            let reply = self.run(call, &Auth::empty(), "the session")?;
            let page = PcrPage::read(&reply)?;
            if *counter.get_or_insert(page.counter) != page.counter {
                return Ok(None);
            }
            let read: Vec<u8> = page
                .selection
                .iter()
                .filter(|(of, _)| *of == bank.tpm_id())
                .flat_map(|(_, bits)| registers(bits))
                .collect();
            if read.is_empty() {
                return Err(PolicyError::NoPcr {
                    bank,
                    pcrs: selected,
                }
                .into());
            }
            let bad = |problem: &str| TpmError::BadResponse {
                command: reply.command.name,
                problem: problem.to_owned(),
            };
            if read.len() != page.values.len() {
                return Err(bad("there are not as many values as PCRs"));
            }
            for (register, value) in read.into_iter().zip(page.values) {
                if !missing.remove(&register) || value.len() != bank.len() {
                    return Err(bad("it is about other PCRs than those that were asked for"));
                }
                values.insert(register, value);
            }
        }
        Ok(Some(values))
    }
}

/// Times that reading begins again because a register changed.
const MOST_TRIES: u32 = 5;
