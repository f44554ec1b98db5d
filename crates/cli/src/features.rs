//! Which features of this program a TPM has what it takes for.
//!
//! Many commands are optional in the specification, and discrete chips lack some of them; there is no list of which chip
//! has which, so each is asked (`TPM2_GetCapability`).

use tpm2ca_tpm::{Algorithm, Capabilities, Curve};

/// A feature that depends on what the TPM can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    /// Making, loading and using keys in files.
    Keys,
    /// Hiding secrets on the bus with AES; without it they are hidden with XOR.
    AesParameters,
    /// Finding out about a wrong authorization value before anything is reserved.
    ProvenAuth,
    /// Keys at persistent handles.
    PersistentKeys,
    /// Changing authorization values.
    ChangeAuth,
    /// Software keys into the TPM.
    Import,
    /// Moving keys to a recovery TPM.
    Duplicate,
    /// Policies over registers.
    PcrPolicy,
    /// Policies that are signed, so that updates do not lock a key out.
    SignedPolicy,
    /// Somebody's approval for each use.
    Approval,
    /// Policies with branches, secrets and commands.
    OtherPolicies,
    /// A hash over all uses of keys, kept by the TPM.
    CommandAudit,
    /// The same over one session.
    SessionAudit,
    /// Limits on the number of signatures, kept by the TPM.
    Quota,
}

/// How much depends on a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing works without.
    Everything,
    /// What it is for.
    Itself,
}

impl Feature {
    pub(crate) const ALL: [Self; 14] = [
        Self::Keys,
        Self::AesParameters,
        Self::ProvenAuth,
        Self::PersistentKeys,
        Self::ChangeAuth,
        Self::Import,
        Self::Duplicate,
        Self::PcrPolicy,
        Self::SignedPolicy,
        Self::Approval,
        Self::OtherPolicies,
        Self::CommandAudit,
        Self::SessionAudit,
        Self::Quota,
    ];

    /// Its name in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::AesParameters => "aes_parameter_encryption",
            Self::ProvenAuth => "auth_proven_before_use",
            Self::PersistentKeys => "persistent_keys",
            Self::ChangeAuth => "change_auth",
            Self::Import => "import",
            Self::Duplicate => "duplicate",
            Self::PcrPolicy => "pcr_policy",
            Self::SignedPolicy => "signed_policy",
            Self::Approval => "approval",
            Self::OtherPolicies => "other_policies",
            Self::CommandAudit => "command_audit",
            Self::SessionAudit => "session_audit",
            Self::Quota => "quota",
        }
    }

    /// What it is called for people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Keys => "keys in files",
            Self::AesParameters => "secrets hidden with AES on the bus",
            Self::ProvenAuth => "wrong authorization found before signing",
            Self::PersistentKeys => "keys that stay in the TPM",
            Self::ChangeAuth => "changing authorization values",
            Self::Import => "importing software keys",
            Self::Duplicate => "moving keys to a recovery TPM",
            Self::PcrPolicy => "keys bound to the boot (PCR)",
            Self::SignedPolicy => "signed PCR policies",
            Self::Approval => "approvals by somebody else",
            Self::OtherPolicies => "secrets, commands and OR in policies",
            Self::CommandAudit => "audit of all uses by the TPM",
            Self::SessionAudit => "audit of a session by the TPM",
            Self::Quota => "a quota of signatures kept by the TPM",
        }
    }

    pub(crate) fn need(self) -> Need {
        match self {
            Self::Keys => Need::Everything,
            _ => Need::Itself,
        }
    }

    /// Whether a TPM has what it takes; else what it lacks.
    pub(crate) fn is_there(self, can: &Capabilities) -> Result<(), String> {
        let missing: Vec<&str> = self
            .commands()
            .iter()
            .filter(|(code, _)| !can.has_command(*code))
            .map(|(_, name)| *name)
            .collect();
        if !missing.is_empty() {
            return Err(missing.join(", "));
        }
        match self {
            Self::Keys if !can.can_do(Algorithm::Ecc(Curve::P256)) => Err("P-256".to_owned()),
            Self::AesParameters if !can.aes_cfb => {
                Err("AES-128-CFB; XOR takes its place".to_owned())
            }
            Self::PcrPolicy | Self::SignedPolicy if can.pcr_banks.is_empty() => {
                Err("bank of PCRs".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The commands that it takes (TPM 2.0 Library Part 2, 6.5.2 `TPM_CC`).
    fn commands(self) -> &'static [(u32, &'static str)] {
        match self {
            Self::Keys => &[
                (0x131, "TPM2_CreatePrimary"),
                (0x153, "TPM2_Create"),
                (0x157, "TPM2_Load"),
                (0x15d, "TPM2_Sign"),
                (0x165, "TPM2_FlushContext"),
                (0x173, "TPM2_ReadPublic"),
                (0x176, "TPM2_StartAuthSession"),
            ],
            Self::AesParameters => &[],
            Self::ProvenAuth => &[(0x148, "TPM2_Certify")],
            Self::PersistentKeys => &[(0x120, "TPM2_EvictControl")],
            Self::ChangeAuth => &[(0x150, "TPM2_ObjectChangeAuth")],
            Self::Import => &[(0x156, "TPM2_Import")],
            Self::Duplicate => &[
                (0x14b, "TPM2_Duplicate"),
                (0x156, "TPM2_Import"),
                (0x188, "TPM2_PolicyDuplicationSelect"),
            ],
            Self::PcrPolicy => &[(0x17e, "TPM2_PCR_Read"), (0x17f, "TPM2_PolicyPCR")],
            Self::SignedPolicy => &[
                (0x167, "TPM2_LoadExternal"),
                (0x16a, "TPM2_PolicyAuthorize"),
                (0x177, "TPM2_VerifySignature"),
            ],
            Self::Approval => &[(0x160, "TPM2_PolicySigned"), (0x167, "TPM2_LoadExternal")],
            Self::OtherPolicies => &[
                (0x151, "TPM2_PolicySecret"),
                (0x16b, "TPM2_PolicyAuthValue"),
                (0x16c, "TPM2_PolicyCommandCode"),
                (0x171, "TPM2_PolicyOR"),
            ],
            Self::CommandAudit => &[
                (0x133, "TPM2_GetCommandAuditDigest"),
                (0x140, "TPM2_SetCommandCodeAuditStatus"),
            ],
            Self::SessionAudit => &[(0x14d, "TPM2_GetSessionAuditDigest")],
            Self::Quota => &[
                (0x12a, "TPM2_NV_DefineSpace"),
                (0x134, "TPM2_NV_Increment"),
                (0x149, "TPM2_PolicyNV"),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_for_machines_and_all_different() {
        let names: std::collections::BTreeSet<&str> =
            Feature::ALL.iter().map(|feature| feature.name()).collect();
        assert_eq!(names.len(), Feature::ALL.len());
        assert!(names.iter().all(|name| {
            name.bytes()
                .all(|octet| octet.is_ascii_lowercase() || octet == b'_')
        }));
    }
}
