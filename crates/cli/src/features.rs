//! Which features of this program a TPM has what it takes for.
//!
//! Many commands are optional in the specification, and discrete chips lack some of them; there is no list of which chip
//! has which, so each is asked (`TPM2_GetCapability`).

use tpm2ca_tpm::{Algorithm, Capabilities, Curve, TpmCommand};

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
            .filter(|command| !can.has_command(command.code()))
            .map(|command| command.name())
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

    /// Returns the commands that it takes.
    fn commands(self) -> &'static [&'static TpmCommand] {
        match self {
            Self::Keys => &[
                TpmCommand::CREATE_PRIMARY,
                TpmCommand::CREATE,
                TpmCommand::LOAD,
                TpmCommand::SIGN,
                TpmCommand::FLUSH_CONTEXT,
                TpmCommand::READ_PUBLIC,
                TpmCommand::START_AUTH_SESSION,
            ],
            Self::AesParameters => &[],
            Self::ProvenAuth => &[TpmCommand::CERTIFY],
            Self::PersistentKeys => &[TpmCommand::EVICT_CONTROL],
            Self::ChangeAuth => &[TpmCommand::OBJECT_CHANGE_AUTH],
            Self::Import => &[TpmCommand::IMPORT],
            Self::Duplicate => &[
                TpmCommand::DUPLICATE,
                TpmCommand::IMPORT,
                TpmCommand::POLICY_DUPLICATION_SELECT,
            ],
            Self::PcrPolicy => &[TpmCommand::PCR_READ, TpmCommand::POLICY_PCR],
            Self::SignedPolicy => &[
                TpmCommand::LOAD_EXTERNAL,
                TpmCommand::POLICY_AUTHORIZE,
                TpmCommand::VERIFY_SIGNATURE,
            ],
            Self::Approval => &[TpmCommand::POLICY_SIGNED, TpmCommand::LOAD_EXTERNAL],
            Self::OtherPolicies => &[
                TpmCommand::POLICY_SECRET,
                TpmCommand::POLICY_AUTH_VALUE,
                TpmCommand::POLICY_COMMAND_CODE,
                TpmCommand::POLICY_OR,
            ],
            Self::CommandAudit => &[
                TpmCommand::GET_COMMAND_AUDIT_DIGEST,
                TpmCommand::SET_COMMAND_CODE_AUDIT_STATUS,
            ],
            Self::SessionAudit => &[TpmCommand::GET_SESSION_AUDIT_DIGEST],
            Self::Quota => &[
                TpmCommand::NV_DEFINE_SPACE,
                TpmCommand::NV_INCREMENT,
                TpmCommand::POLICY_NV,
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
