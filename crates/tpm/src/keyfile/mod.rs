//! TSS2 PRIVATE KEY files: a key that only one TPM can use, wrapped by its parent key
//! (draft-bottomley-tpm2-keys, "ASN.1 Specification for TPM 2.0 Key Files").
//!
//! What is read is what the tools of the last ten years wrote; what is written is the minimal form, which
//! tpm2-tss-engine and tpm2-openssl both take. A key with optional fields is written back with them.

mod armour;
mod asn1;
mod error;
mod policy;
mod write;

use std::fmt;
use std::path::Path;

pub use error::KeyFileError;

/// A key as it lies on disk. Public and private part are a TPM's own structures, the private part encrypted.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyFile {
    kind: KeyFileKind,
    empty_auth: Option<bool>,
    policy: Vec<PolicyStep>,
    secret: Option<Vec<u8>>,
    auth_policy: Vec<AuthPolicy>,
    description: Option<String>,
    rsa_parent: Option<bool>,
    parent: u32,
    public: Vec<u8>,
    private: Vec<u8>,
}

impl KeyFile {
    /// The largest file that is read, in octets. A key has 1 or 2 KiB; the rest is room for certificates.
    pub const MAX_LEN: usize = 64 * 1024;
    /// Parent value for the owner hierarchy: the primary key is made from template H-2 before the key is loaded.
    pub const OWNER: u32 = 0x4000_0001;

    /// Reads the one `TSS2 PRIVATE KEY` (or old `TSS2 KEY BLOB`) of a file, whatever else is in it.
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyFileError> {
        Self::check_len(text)?;
        Self::from_der(&armour::find(text)?)
    }

    /// Reads the DER inside.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyFileError> {
        Self::check_len(der)?;
        asn1::decode(der)
    }

    /// Whether there is a key of this kind in a PEM file; says nothing about its condition.
    pub fn is_tss2_pem(text: &[u8]) -> bool {
        armour::is_present(text)
    }

    /// A key that was created under `parent` in this TPM, out of what `TPM2_Create` returned: a whole TPM2B_PUBLIC
    /// and a whole TPM2B_PRIVATE, sizes included.
    pub fn loadable(parent: u32, empty_auth: bool, public: Vec<u8>, private: Vec<u8>) -> Self {
        Self {
            kind: KeyFileKind::Loadable,
            // FALSE is said: docs/adr/0023-say-that-a-key-has-a-value.md.
            empty_auth: Some(empty_auth),
            policy: Vec::new(),
            secret: None,
            auth_policy: Vec::new(),
            description: None,
            rsa_parent: None,
            parent,
            public,
            private,
        }
    }

    /// A key that was wrapped for `parent`, perhaps in another TPM: a whole TPM2B_PUBLIC, a whole TPM2B_PRIVATE (the
    /// duplicate) and a whole TPM2B_ENCRYPTED_SECRET (the seed), without an inner wrapper.
    ///
    /// `rsa_parent` as in [`Self::rsa_parent`].
    pub fn importable(
        parent: u32,
        rsa_parent: bool,
        empty_auth: bool,
        public: Vec<u8>,
        duplicate: Vec<u8>,
        secret: Vec<u8>,
    ) -> Self {
        Self {
            kind: KeyFileKind::Importable,
            secret: Some(secret),
            rsa_parent: rsa_parent.then_some(true),
            ..Self::loadable(parent, empty_auth, public, duplicate)
        }
    }

    /// The same key under another parent, for a wrapped key whose parent the other TPM keeps at a handle of its own.
    #[must_use]
    pub fn with_parent(self, parent: u32) -> Self {
        Self { parent, ..self }
    }

    /// This key after it was imported: with the private part that its parent can load.
    pub(crate) fn after_import(&self, private: Vec<u8>) -> Self {
        Self {
            kind: KeyFileKind::Loadable,
            secret: None,
            private,
            ..self.clone()
        }
    }

    /// This key wrapped for another parent.
    pub(crate) fn wrapped_for(
        &self,
        (parent, rsa_parent): (u32, bool),
        duplicate: Vec<u8>,
        secret: Vec<u8>,
    ) -> Self {
        Self {
            kind: KeyFileKind::Importable,
            secret: Some(secret),
            rsa_parent: rsa_parent.then_some(true),
            parent,
            private: duplicate,
            ..self.clone()
        }
    }

    /// The file's text.
    pub fn to_pem(&self) -> String {
        armour::wrap(&self.to_der())
    }

    /// The DER inside.
    pub fn to_der(&self) -> Vec<u8> {
        asn1::encode(self)
    }

    /// Writes a new file that its owner alone may read; never touches one that is there.
    ///
    /// File and folder are synced, so the key outlives a crash once this has returned.
    pub fn write_new(&self, path: &Path) -> Result<(), KeyFileError> {
        write::write_new(path, self.to_pem().as_bytes())
    }

    /// Which kind of key it is.
    pub fn kind(&self) -> KeyFileKind {
        self.kind
    }

    /// Whether the key was made with an authorization value. A hint for asking: nothing protects this field.
    pub fn needs_auth(&self) -> bool {
        self.empty_auth != Some(true)
    }

    /// The parent: a persistent handle (0x81…) or a hierarchy ([`Self::OWNER`] and its kin).
    pub fn parent(&self) -> u32 {
        self.parent
    }

    /// The whole TPM2B_PUBLIC.
    pub fn public_blob(&self) -> &[u8] {
        &self.public
    }

    /// The whole TPM2B_PRIVATE (of an importable key: the duplicate).
    pub fn private_blob(&self) -> &[u8] {
        &self.private
    }

    /// The policy commands to run, in order, before the key is used.
    pub fn policy(&self) -> &[PolicyStep] {
        &self.policy
    }

    /// The signed alternatives for a leading PolicyAuthorize.
    pub fn auth_policy(&self) -> &[AuthPolicy] {
        &self.auth_policy
    }

    /// The whole TPM2B_ENCRYPTED_SECRET of an importable key.
    pub fn secret(&self) -> Option<&[u8]> {
        self.secret.as_deref()
    }

    /// The same key with a text for people, which nothing protects.
    #[must_use]
    pub fn with_description(self, description: impl Into<String>) -> Self {
        Self {
            description: Some(description.into()),
            ..self
        }
    }

    /// Text for people.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Whether a hierarchy as parent means the RSA-2048 primary (template H-1) instead of H-2.
    pub fn rsa_parent(&self) -> bool {
        self.rsa_parent == Some(true)
    }

    /// Why this version cannot load the key, if it cannot.
    pub fn unsupported_reason(&self) -> Option<String> {
        match self.kind {
            KeyFileKind::Loadable => {}
            KeyFileKind::Importable if self.secret.is_some() => {}
            KeyFileKind::Importable => {
                return Some("the seed that it was wrapped for import with is missing".to_owned());
            }
            KeyFileKind::Sealed => {
                return Some("the file holds sealed data, not a key that can sign".to_owned());
            }
        }
        if self.secret.is_some() && self.kind == KeyFileKind::Loadable {
            return Some("it is both wrapped for import and not".to_owned());
        }
        if let Some(reason) = self.unsupported_policy() {
            return Some(reason);
        }
        match self.parent >> 24 {
            PERMANENT | PERSISTENT => None,
            _ => Some(format!(
                "the key's parent {:#010x} is neither a hierarchy nor a persistent key",
                self.parent
            )),
        }
    }

    /// The same key with another private part, which has an authorization value or not.
    pub(crate) fn with_private(mut self, private: Vec<u8>, empty_auth: bool) -> Self {
        self.private = private;
        self.empty_auth = Some(empty_auth);
        self
    }

    /// The same key, under the RSA-2048 primary key of its hierarchy.
    pub(crate) fn with_rsa_parent(mut self) -> Self {
        self.rsa_parent = Some(true);
        self
    }

    fn check_len(bytes: &[u8]) -> Result<(), KeyFileError> {
        if bytes.len() > Self::MAX_LEN {
            return Err(KeyFileError::TooLarge {
                len: bytes.len(),
                max: Self::MAX_LEN,
            });
        }
        Ok(())
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            empty_auth,
            policy,
            secret,
            auth_policy,
            description,
            rsa_parent,
            parent,
            public,
            private,
        } = self;
        f.debug_struct("KeyFile")
            .field("kind", kind)
            .field("empty_auth", empty_auth)
            .field("policy", policy)
            .field("secret", &secret.as_ref().map(Vec::len))
            .field("auth_policy", auth_policy)
            .field("description", description)
            .field("rsa_parent", rsa_parent)
            .field("parent", &format_args!("{parent:#010x}"))
            .field("public", &public.len())
            .field("private", &private.len())
            .finish()
    }
}

/// What the private part is, and so how it gets into a TPM (the file's `type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFileKind {
    /// 2.23.133.10.1.3, in old files 2.23.133.10.2: `TPM2_Load` takes it.
    Loadable,
    /// 2.23.133.10.1.4, in old files 2.23.133.10.3: `TPM2_Import` first.
    Importable,
    /// 2.23.133.10.1.5: data, not a key.
    Sealed,
}

/// One policy command (`TPMPolicy`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyStep {
    /// TPM_CC of the command.
    pub command_code: u32,
    /// Its parameters, marshalled (three commands deviate; see the draft).
    pub command_policy: Vec<u8>,
}

/// One signed alternative (`TPMAuthPolicy`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthPolicy {
    /// What people call it.
    pub name: Option<String>,
    /// Its commands.
    pub policy: Vec<PolicyStep>,
}

/// First octet of permanent handles, the hierarchies (TPM_HT_PERMANENT).
const PERMANENT: u32 = 0x40;
/// First octet of persistent keys (TPM_HT_PERSISTENT).
const PERSISTENT: u32 = 0x81;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn key() -> KeyFile {
        KeyFile::loadable(KeyFile::OWNER, true, vec![0, 1, 7], vec![0, 2, 8, 9])
    }

    #[test]
    fn a_plain_key_is_supported_and_others_say_why_not() {
        assert_eq!(key().unsupported_reason(), None);
        let policy = KeyFile {
            policy: vec![PolicyStep {
                command_code: 0x16b,
                command_policy: vec![],
            }],
            ..key()
        };
        assert_eq!(policy.unsupported_reason(), None);
        let policy = KeyFile {
            policy: vec![PolicyStep {
                command_code: 0x149,
                command_policy: vec![],
            }],
            ..key()
        };
        let reason = policy.unsupported_reason().unwrap();
        assert!(reason.contains("step 1, TPM2_PolicyNV"), "{reason}");
        let importable = KeyFile {
            kind: KeyFileKind::Importable,
            ..key()
        };
        assert!(importable.unsupported_reason().unwrap().contains("import"));
        let volatile = KeyFile {
            parent: 0x8000_0000,
            ..key()
        };
        assert!(
            volatile
                .unsupported_reason()
                .unwrap()
                .contains("0x80000000")
        );
    }

    #[test]
    fn only_an_explicit_true_means_no_auth() {
        assert!(!key().needs_auth());
        assert!(KeyFile::loadable(1, false, vec![], vec![]).needs_auth());
        let explicit = KeyFile {
            empty_auth: Some(false),
            ..key()
        };
        assert!(explicit.needs_auth());
    }

    #[test]
    fn debug_shows_no_blob() {
        let mut key = key();
        key.private = vec![0xab; 40];
        let shown = format!("{key:?}");
        assert!(shown.contains("private: 40"), "{shown}");
        assert!(!shown.contains("171"), "{shown}");
    }

    #[test]
    fn a_file_of_65_kib_is_not_even_looked_at() {
        let mut text = key().to_pem().into_bytes();
        text.resize(KeyFile::MAX_LEN + 1, b'\n');
        assert!(matches!(
            KeyFile::from_pem(&text),
            Err(KeyFileError::TooLarge { .. })
        ));
        text.pop();
        assert_eq!(KeyFile::from_pem(&text).unwrap(), key());
    }
}
