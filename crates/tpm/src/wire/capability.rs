//! Lists that `TPM2_GetCapability` returns, `TPMS_CAPABILITY_DATA` (TPM 2.0 Library Part 2, 10.10.2).

use crate::wire::{Reader, WireError, WireProblem, code};

/// One answer, and whether there is more to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) more: bool,
    /// (number, value): a property with its value, an algorithm or a command with its attributes, a curve or a handle with 0.
    pub(crate) entries: Vec<(u32, u32)>,
}

impl Page {
    /// Reads the response parameters for the capability that was asked for.
    pub(crate) fn read(octets: &[u8], asked: u32) -> Result<Self, WireError> {
        let mut reader = Reader::new(octets);
        let more = reader.u8("moreData")? != 0;
        let found = reader.u32("capability")?;
        if found != asked {
            return Err(reader.error("capability", WireProblem::Value { got: found }));
        }
        let entries = match asked {
            code::CAP_ALGS => list(&mut reader, 6, |reader| {
                Ok((u32::from(reader.u16("alg")?), reader.u32("algProperties")?))
            }),
            code::CAP_HANDLES => list(&mut reader, 4, |reader| Ok((reader.u32("handle")?, 0))),
            code::CAP_COMMANDS => list(&mut reader, 4, |reader| {
                let attributes = reader.u32("commandAttributes")?;
                Ok((attributes & COMMAND_CODE_BITS, attributes))
            }),
            code::CAP_ECC_CURVES => list(&mut reader, 2, |reader| {
                Ok((u32::from(reader.u16("eccCurve")?), 0))
            }),
            _ => list(&mut reader, 8, |reader| {
                Ok((reader.u32("property")?, reader.u32("value")?))
            }),
        }?;
        reader.finish("capabilityData")?;
        Ok(Self { more, entries })
    }
}

/// The registers of one bank, `TPMS_PCR_SELECTION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PcrSelection {
    pub(crate) hash: u16,
    /// A bit for each register that there is.
    pub(crate) bits: Vec<u8>,
}

impl PcrSelection {
    /// Reads the response parameters for `TPM_CAP_PCRS`.
    pub(crate) fn read_all(reader: &mut Reader<'_>) -> Result<Vec<Self>, WireError> {
        reader.u8("moreData")?;
        let found = reader.u32("capability")?;
        if found != code::CAP_PCRS {
            return Err(reader.error("capability", WireProblem::Value { got: found }));
        }
        let count = reader.count(3, "count")?;
        (0..count)
            .map(|_| {
                let hash = reader.u16("hash")?;
                let octets = usize::from(reader.u8("sizeofSelect")?);
                let bits = (0..octets)
                    .map(|_| reader.u8("pcrSelect"))
                    .collect::<Result<_, _>>()?;
                Ok(Self { hash, bits })
            })
            .collect()
    }
}

fn list<'a>(
    reader: &mut Reader<'a>,
    element: usize,
    mut read: impl FnMut(&mut Reader<'a>) -> Result<(u32, u32), WireError>,
) -> Result<Vec<(u32, u32)>, WireError> {
    let count = reader.count(element, "count")?;
    (0..count).map(|_| read(reader)).collect()
}

/// `commandIndex` and the vendor bit of `TPMA_CC`; together they are the `TPM_CC`.
const COMMAND_CODE_BITS: u32 = 0x2000_ffff;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn properties_are_read() {
        let octets = [0, 0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 1, 5, b'I', b'B', b'M', 0];
        let page = Page::read(&octets, code::CAP_TPM_PROPERTIES).unwrap();
        assert_eq!(
            page,
            Page {
                more: false,
                entries: vec![(code::PT_MANUFACTURER, 0x4942_4d00)]
            }
        );
        assert!(Page::read(&octets, code::CAP_ALGS).is_err());
    }

    #[test]
    fn banks_are_read() {
        let octets = [
            0, 0, 0, 0, 5, 0, 0, 0, 2, 0, 11, 3, 255, 255, 255, 0, 4, 1, 0,
        ];
        let banks = PcrSelection::read_all(&mut Reader::new(&octets)).unwrap();
        assert_eq!(banks.len(), 2);
        assert_eq!((banks[0].hash, banks[0].bits.len()), (code::ALG_SHA256, 3));
        assert_eq!(banks[1].bits, [0]);
    }

    proptest! {
        #[test]
        fn reading_banks_never_panics(octets in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = PcrSelection::read_all(&mut Reader::new(&octets));
        }

        #[test]
        fn reading_never_panics(asked in 0u32..10, mut octets in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Page::read(&octets, asked);
            if let Some(capability) = octets.get_mut(1..5) {
                capability.copy_from_slice(&asked.to_be_bytes());
            }
            if let Ok(page) = Page::read(&octets, asked) {
                prop_assert!(page.entries.len() * 2 <= octets.len());
            }
        }
    }
}
