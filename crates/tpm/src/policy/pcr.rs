//! Platform configuration registers (TPM 2.0 Library Part 1, 17 "PCR Operations"): what has been started, as digests
//! that can only be extended until the next reset.

use std::collections::BTreeMap;

use super::PolicyStepKind;
use super::digest;
use crate::algorithm::HashAlg;
use crate::error::{PolicyError, hex};

/// Values of registers, as read from a TPM or computed in advance for what the next boot will measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PcrValues {
    bank: HashAlg,
    values: BTreeMap<u8, Vec<u8>>,
}

impl PcrValues {
    /// Takes values, each with its register's number.
    ///
    /// # Errors
    /// [`PolicyError::Invalid`] when there are none, a number is above 23, or a value is not as long as the bank's
    /// digests.
    pub fn new(
        bank: HashAlg,
        values: impl IntoIterator<Item = (u8, Vec<u8>)>,
    ) -> Result<Self, PolicyError> {
        let values: BTreeMap<u8, Vec<u8>> = values.into_iter().collect();
        let invalid = |reason| PolicyError::Invalid { step: 0, reason };
        if values.is_empty() {
            return Err(invalid("no PCR is selected".to_owned()));
        }
        for (register, value) in &values {
            if usize::from(*register) >= 8 * SELECT_LEN {
                return Err(invalid(format!(
                    "there is no PCR {register}, the last is 23"
                )));
            }
            if value.len() != bank.len() {
                return Err(invalid(format!(
                    "a value of PCR {register} in the {bank} bank has {} octets, got {}",
                    bank.len(),
                    value.len()
                )));
            }
        }
        Ok(Self { bank, values })
    }

    /// The bank they are of.
    pub fn bank(&self) -> HashAlg {
        self.bank
    }

    /// Number and value, in order of the numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &[u8])> {
        self.values
            .iter()
            .map(|(register, value)| (*register, value.as_slice()))
    }

    /// SHA-256 over all of them, as `TPM2_PolicyPCR` compares it.
    pub fn digest(&self) -> [u8; 32] {
        let parts: Vec<&[u8]> = self.values.values().map(Vec::as_slice).collect();
        digest::hash(&parts)
    }

    /// The condition that they have these values.
    pub fn to_step(&self) -> PolicyStepKind {
        PolicyStepKind::Pcr {
            bank: self.bank,
            selection: self.values.keys().copied().collect(),
            digest: self.digest(),
        }
    }

    /// `0: 00ab…, 7: 91f3…`, for people.
    pub(crate) fn describe(&self) -> String {
        let entries: Vec<String> = self
            .iter()
            .map(|(register, value)| format!("{register}: {}", hex(value)))
            .collect();
        entries.join(", ")
    }
}

/// Octets of a bit map of registers; a PC's TPM has 24 of them (PC Client Platform TPM Profile, 4.6).
pub(crate) const SELECT_LEN: usize = 3;

/// A `TPML_PCR_SELECTION` of one bank.
pub(crate) fn selection_list(bank: HashAlg, registers: &[u8]) -> Vec<u8> {
    let mut octets = 1u32.to_be_bytes().to_vec();
    octets.extend(bank.tpm_id().to_be_bytes());
    octets.push(3);
    octets.extend(bit_map(registers));
    octets
}

/// The registers in a bit map.
pub(crate) fn registers(bits: &[u8]) -> Vec<u8> {
    (0..=u8::MAX)
        .filter(|register| {
            bits.get(usize::from(register / 8))
                .is_some_and(|octet| octet & (1 << (register % 8)) != 0)
        })
        .collect()
}

fn bit_map(registers: &[u8]) -> [u8; SELECT_LEN] {
    let mut bits = [0; SELECT_LEN];
    for register in registers {
        if let Some(octet) = bits.get_mut(usize::from(register / 8)) {
            *octet |= 1 << (register % 8);
        }
    }
    bits
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_selection_is_a_bit_map() {
        let list = selection_list(HashAlg::Sha256, &[0, 7, 16, 23]);
        assert_eq!(list, [0, 0, 0, 1, 0, 0x0b, 3, 0x81, 0, 0x81]);
        assert_eq!(registers(&list[7..]), [0, 7, 16, 23]);
    }

    #[test]
    fn values_are_as_long_as_their_bank() {
        assert!(PcrValues::new(HashAlg::Sha256, [(0, vec![0; 32])]).is_ok());
        assert!(PcrValues::new(HashAlg::Sha384, [(0, vec![0; 32])]).is_err());
        assert!(PcrValues::new(HashAlg::Sha256, [(24, vec![0; 32])]).is_err());
        assert!(PcrValues::new(HashAlg::Sha256, []).is_err());
    }
}
