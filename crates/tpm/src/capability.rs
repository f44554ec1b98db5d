//! What a TPM is and can do (TPM 2.0 Library Part 3, 30.2 `TPM2_GetCapability` and 30.3 `TPM2_TestParms`).

use crate::algorithm::{Algorithm, Curve, HashAlg};
use crate::policy::registers;
use crate::wire::capability::PcrSelection;
use crate::wire::code;

/// A description of a TPM.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about a TPM"
)]
pub struct Capabilities {
    /// The manufacturer's registered four letters, e.g. `IFX` or `IBM`.
    pub manufacturer: String,
    /// What the manufacturer calls the part, e.g. `SLB9672`.
    pub vendor: String,
    /// Firmware version, in the form `major.minor.build.patch` of the four 16-bit numbers in it.
    pub firmware: String,
    /// Revision of the specification times 100, e.g. 164 for 1.64.
    pub spec_revision: u32,
    /// `TPM_CC` of every command it carries out, ascending.
    pub commands: Vec<u32>,
    /// Hashes it can sign digests of.
    pub hashes: Vec<HashAlg>,
    /// Kinds of keys it can really make: curves it lists, and RSA lengths it accepted in `TPM2_TestParms`.
    pub algorithms: Vec<Algorithm>,
    /// Wrong authorizations that lead to lockout.
    pub max_auth_fail: u32,
    /// Wrong authorizations that count at present.
    pub lockout_counter: u32,
    /// Seconds after which one wrong authorization is forgotten.
    pub lockout_interval: u32,
    /// Seconds for which the lockout hierarchy is blocked after its own authorization failed.
    pub lockout_recovery: u32,
    /// Whether it is in lockout now.
    pub in_lockout: bool,
    /// Whether making the storage root key needs the owner's authorization.
    pub owner_auth_set: bool,
    /// Objects it holds at least at the same time.
    pub transient_slots: u32,
    /// Objects it has room for at present.
    pub transient_free: u32,
    /// Sessions it holds loaded at least at the same time.
    pub session_slots: u32,
    /// Sessions it has room for at present, loaded ones.
    pub sessions_free: u32,
    /// Sessions it can keep track of at present, saved ones included.
    pub sessions_trackable: u32,
    /// Keys it has room for at persistent handles, at least.
    pub persistent_free: u32,
    /// Octets of the largest index in its non-volatile memory; 0 when it does not say.
    pub nv_index_max: u32,
    /// Its banks of platform configuration registers, those without registers left out.
    pub pcr_banks: Vec<PcrBank>,
    /// Whether it has AES-128-CFB, which sessions hide parameters with; without it they take XOR.
    pub aes_cfb: bool,
    /// Whether the lockout can be lifted with an authorization value that somebody has set, and by nobody else.
    pub lockout_auth_set: bool,
    /// It is a program and not a chip: its keys are as safe as the files it keeps them in.
    pub is_software: bool,
}

/// A bank of platform configuration registers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PcrBank {
    /// The hash it is extended with, in the specification's spelling, or its number.
    pub hash: String,
    /// Numbers of its registers, ascending.
    pub registers: Vec<u8>,
}

impl PcrBank {
    fn new(selection: &PcrSelection) -> Option<Self> {
        let registers = registers(&selection.bits);
        let hash = match (HashAlg::from_tpm_id(selection.hash), selection.hash) {
            (Some(hash), _) => hash.to_string(),
            (None, code::ALG_SHA1) => "SHA-1".to_owned(),
            (None, code::ALG_SM3_256) => "SM3-256".to_owned(),
            (None, other) => format!("{other:#06x}"),
        };
        (!registers.is_empty()).then_some(Self { hash, registers })
    }
}

impl Capabilities {
    /// Whether it carries out a command, given by its `TPM_CC`.
    pub fn has_command(&self, command_code: u32) -> bool {
        self.commands.binary_search(&command_code).is_ok()
    }

    /// Whether it can make keys of this kind.
    pub fn can_do(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }
}

/// Lengths of RSA keys that are asked for; what is shorter than 2048 bits has no place in a certificate authority.
pub(crate) const RSA_LENGTHS: [u16; 3] = [2048, 3072, 4096];

/// The answers to `TPM2_GetCapability`, before they are understood.
pub(crate) struct Answers {
    pub(crate) fixed: Vec<(u32, u32)>,
    pub(crate) variable: Vec<(u32, u32)>,
    pub(crate) commands: Vec<(u32, u32)>,
    pub(crate) algorithms: Vec<(u32, u32)>,
    pub(crate) curves: Vec<(u32, u32)>,
    pub(crate) rsa_lengths: Vec<u16>,
    pub(crate) pcr_banks: Vec<PcrSelection>,
}

impl Answers {
    pub(crate) fn understood(self) -> Capabilities {
        let fixed = |property| value(&self.fixed, property);
        let manufacturer = text(&[fixed(code::PT_MANUFACTURER)]);
        let vendor = text(&[
            fixed(code::PT_VENDOR_STRING_1),
            fixed(code::PT_VENDOR_STRING_1 + 1),
            fixed(code::PT_VENDOR_STRING_1 + 2),
            fixed(code::PT_VENDOR_STRING_1 + 3),
        ]);
        let has_algorithm = |id: u16| {
            self.algorithms
                .iter()
                .any(|(found, _)| *found == u32::from(id))
        };
        let rsa = self.rsa_lengths.iter().map(|&bits| Algorithm::Rsa { bits });
        let curves = Curve::ALL
            .into_iter()
            .filter(|curve| {
                has_algorithm(code::ALG_ECDSA)
                    && self
                        .curves
                        .iter()
                        .any(|(found, _)| *found == u32::from(curve.tpm_id()))
            })
            .map(Algorithm::Ecc);
        let mut commands: Vec<u32> = self.commands.iter().map(|(code, _)| *code).collect();
        commands.sort_unstable();
        let mut capabilities = Capabilities {
            firmware: firmware(
                fixed(code::PT_FIRMWARE_VERSION_1),
                fixed(code::PT_FIRMWARE_VERSION_2),
            ),
            spec_revision: fixed(code::PT_REVISION),
            commands,
            hashes: HashAlg::ALL
                .into_iter()
                .filter(|hash| has_algorithm(hash.tpm_id()))
                .collect(),
            algorithms: rsa.chain(curves).collect(),
            max_auth_fail: 0,
            lockout_counter: 0,
            lockout_interval: 0,
            lockout_recovery: 0,
            in_lockout: false,
            owner_auth_set: false,
            transient_slots: fixed(code::PT_HR_TRANSIENT_MIN),
            transient_free: 0,
            session_slots: fixed(code::PT_HR_LOADED_MIN),
            sessions_free: 0,
            sessions_trackable: 0,
            persistent_free: 0,
            nv_index_max: fixed(code::PT_NV_INDEX_MAX),
            pcr_banks: self.pcr_banks.iter().filter_map(PcrBank::new).collect(),
            aes_cfb: has_algorithm(code::ALG_AES) && has_algorithm(code::ALG_CFB),
            lockout_auth_set: false,
            is_software: is_software(&manufacturer, &vendor),
            manufacturer,
            vendor,
        };
        update(&mut capabilities, &self.variable);
        capabilities
    }
}

/// Takes over the properties that change while a TPM runs.
pub(crate) fn update(capabilities: &mut Capabilities, variable: &[(u32, u32)]) {
    let permanent = value(variable, code::PT_PERMANENT);
    capabilities.max_auth_fail = value(variable, code::PT_MAX_AUTH_FAIL);
    capabilities.lockout_counter = value(variable, code::PT_LOCKOUT_COUNTER);
    capabilities.lockout_interval = value(variable, code::PT_LOCKOUT_INTERVAL);
    capabilities.lockout_recovery = value(variable, code::PT_LOCKOUT_RECOVERY);
    capabilities.in_lockout = permanent & code::PERMANENT_IN_LOCKOUT != 0;
    capabilities.owner_auth_set = permanent & code::PERMANENT_OWNER_AUTH_SET != 0;
    capabilities.lockout_auth_set = permanent & code::PERMANENT_LOCKOUT_AUTH_SET != 0;
    capabilities.sessions_free = value(variable, code::PT_HR_LOADED_AVAIL);
    capabilities.sessions_trackable = value(variable, code::PT_HR_ACTIVE_AVAIL);
    capabilities.persistent_free = value(variable, code::PT_HR_PERSISTENT_AVAIL);
    capabilities.transient_free = value(variable, code::PT_HR_TRANSIENT_AVAIL);
}

/// The value of a property, 0 when the TPM did not name it.
pub(crate) fn value(properties: &[(u32, u32)], property: u32) -> u32 {
    properties
        .iter()
        .find(|(found, _)| *found == property)
        .map_or(0, |(_, value)| *value)
}

/// libtpms and swtpm say `IBM` and `SW   TPM`, Microsoft's reference code `MSFT` or `XYZ ` and `xCG fTPM`.
fn is_software(manufacturer: &str, vendor: &str) -> bool {
    (manufacturer == "IBM" && vendor.starts_with("SW")) || vendor.contains("xCG fTPM")
}

/// Four letters in each number, padded with zeros or blanks. Nothing but printable ASCII gets through: these strings
/// go to a terminal.
fn text(words: &[u32]) -> String {
    let letters: String = words
        .iter()
        .flat_map(|word| word.to_be_bytes())
        .filter(|&octet| octet != 0)
        .map(|octet| {
            if (0x20..0x7f).contains(&octet) {
                char::from(octet)
            } else {
                '?'
            }
        })
        .collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn firmware(first: u32, second: u32) -> String {
    format!(
        "{}.{}.{}.{}",
        first >> 16,
        first & 0xffff,
        second >> 16,
        second & 0xffff
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word(letters: [u8; 4]) -> u32 {
        u32::from_be_bytes(letters)
    }

    #[test]
    fn software_is_recognised() {
        let answers = Answers {
            fixed: vec![
                (code::PT_MANUFACTURER, word(*b"IBM\0")),
                (code::PT_VENDOR_STRING_1, word(*b"SW  ")),
                (code::PT_VENDOR_STRING_1 + 1, word(*b" TPM")),
                (code::PT_FIRMWARE_VERSION_1, 0x2019_1023),
                (code::PT_FIRMWARE_VERSION_2, 0x0016_3636),
                (code::PT_REVISION, 164),
            ],
            variable: vec![
                (code::PT_PERMANENT, 0x201),
                (code::PT_MAX_AUTH_FAIL, 3),
                (code::PT_LOCKOUT_INTERVAL, 1000),
            ],
            commands: vec![(0x17a, 0), (0x144, 0)],
            algorithms: vec![(0x0b, 0), (0x18, 0), (0x0d, 0)],
            curves: vec![(1, 0), (3, 0), (4, 0), (0x20, 0)],
            rsa_lengths: vec![2048],
            pcr_banks: vec![
                PcrSelection {
                    hash: code::ALG_SHA256,
                    bits: vec![0x81, 0, 0],
                },
                PcrSelection {
                    hash: code::ALG_SHA1,
                    bits: vec![0, 0, 0],
                },
            ],
        };
        let capabilities = answers.understood();
        assert_eq!(
            (
                capabilities.manufacturer.as_str(),
                capabilities.vendor.as_str()
            ),
            ("IBM", "SW TPM")
        );
        assert_eq!(capabilities.firmware, "8217.4131.22.13878");
        assert!(capabilities.is_software && capabilities.in_lockout);
        assert!(capabilities.owner_auth_set && !capabilities.lockout_auth_set);
        let [bank] = capabilities.pcr_banks.as_slice() else {
            panic!("{:?}", capabilities.pcr_banks);
        };
        assert_eq!(
            (bank.hash.as_str(), bank.registers.as_slice()),
            ("SHA-256", &[0, 7][..])
        );
        assert!(!capabilities.aes_cfb, "no CFB in the list");
        assert_eq!(capabilities.hashes, [HashAlg::Sha256, HashAlg::Sha512]);
        assert_eq!(
            capabilities.algorithms,
            [
                Algorithm::Rsa { bits: 2048 },
                Algorithm::Ecc(Curve::P256),
                Algorithm::Ecc(Curve::P384)
            ]
        );
        assert!(capabilities.has_command(0x144) && !capabilities.has_command(0x145));
        assert_eq!(
            (capabilities.max_auth_fail, capabilities.lockout_interval),
            (3, 1000)
        );
    }

    proptest! {
        #[test]
        fn texts_are_safe_to_print(words in proptest::collection::vec(any::<u32>(), 0..5)) {
            prop_assert!(text(&words).chars().all(|c| c == ' ' || c.is_ascii_graphic()));
        }
    }
}
