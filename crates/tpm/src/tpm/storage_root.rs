//! The storage root key, and the session that is salted to it.
//!
//! The key is the primary key of template H-2 in the owner hierarchy. It comes out the same from every
//! `TPM2_CreatePrimary` until the TPM is cleared, so its Name says which TPM this is. Where 0x81000001 holds this very
//! key it is used, which spares making it (0.1 to 0.3 s on a chip) and a slot. Anything else that is there is left alone.

use crate::algorithm::{Algorithm, Curve};
use crate::auth::Auth;
use crate::command::{Authorization, Channel, object};
use crate::error::TpmError;
use crate::name::Name;
use crate::rc::Subject;
use crate::session::{ParameterCipher, Salt};
use crate::tpm::owner::Owner;
use crate::wire::code;
use crate::wire::public::PublicArea;

/// The storage root key, loaded.
#[derive(Clone, Debug)]
pub(super) struct StorageRoot {
    pub(super) handle: u32,
    pub(super) name: Name,
    pub(super) area: PublicArea,
    pub(super) certainty: Certainty,
}

/// Whether a key is the storage root key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certainty {
    /// It has the pinned Name, or the TPM has just made it.
    Sure,
    /// It is where the storage root key is kept and has all its attributes. It can still be a key made with another
    /// `unique` part, as go-tpm's `ECCSRKTemplate` makes it.
    Guessed,
}

impl StorageRoot {
    fn new(handle: u32, area: PublicArea) -> Option<Self> {
        // The template's name algorithm is known, and nothing but the template gets here.
        let name = area.name()?;
        Some(Self {
            handle,
            name,
            area,
            certainty: Certainty::Sure,
        })
    }

    pub(super) fn is_persistent(&self) -> bool {
        let [kind, ..] = self.handle.to_be_bytes();
        kind == code::HT_PERSISTENT
    }
}

impl Owner {
    /// A key that a session can be salted to, and that keys may load under: the storage root key, or while no Name is
    /// pinned what looks like it at 0x81000001. That spares making it once in every process.
    ///
    /// A session is as safe with the wrong key of that template as with the right one: either never leaves its TPM.
    pub(super) fn session_root(&mut self) -> Result<StorageRoot, TpmError> {
        if let Some(root) = &self.root {
            return Ok(root.clone());
        }
        let persistent = self.persistent_root()?;
        match persistent {
            Some(mut root) if self.pinned.is_none() => {
                root.certainty = Certainty::Guessed;
                let expected = self.guessed.get_or_insert_with(|| root.name.clone());
                if *expected != root.name {
                    return Err(TpmError::WrongTpm {
                        expected: expected.clone(),
                        got: root.name,
                    });
                }
                self.root = Some(root.clone());
                Ok(root)
            }
            persistent => self.settle_root(persistent),
        }
    }

    /// The storage root key; loads it, and makes sure that it is the pinned one.
    pub(super) fn storage_root(&mut self) -> Result<StorageRoot, TpmError> {
        if let Some(root) = &self.root
            && root.certainty == Certainty::Sure
        {
            return Ok(root.clone());
        }
        let persistent = self.persistent_root()?;
        self.settle_root(persistent)
    }

    /// Decides by the pinned Name or by making it which key is the storage root key.
    fn settle_root(&mut self, persistent: Option<StorageRoot>) -> Result<StorageRoot, TpmError> {
        let root = match (persistent, &self.pinned) {
            (Some(root), Some(pinned)) if root.name == *pinned => root,
            (persistent, _) => {
                let made = self.make_root()?;
                // The one that was just made is the truth; one with the same Name is the same key.
                match persistent.filter(|root| root.name == made.name) {
                    Some(root) => {
                        self.channel.release(made.handle);
                        root
                    }
                    None => made,
                }
            }
        };
        match &self.pinned {
            Some(expected) if *expected != root.name => {
                return Err(TpmError::WrongTpm {
                    expected: expected.clone(),
                    got: root.name,
                });
            }
            Some(_) => {}
            None => self.pinned = Some(root.name.clone()),
        }
        self.guessed = None;
        self.root = Some(root.clone());
        Ok(root)
    }

    /// Opens the session if there is none.
    pub(super) fn ensure_session(&mut self) -> Result<(), TpmError> {
        if self.session.is_some() {
            return Ok(());
        }
        let root = self.session_root()?;
        let salt = Salt::agree(&root.area)?;
        let open = |channel: &mut Channel, cipher| {
            channel.start_salted_session((root.handle, root.name.clone()), &salt, cipher)
        };
        let session = match open(&mut self.channel, self.cipher) {
            // Firmware without AES-CFB in sessions (Intel PTT before 2018) still has XOR.
            Err(error) if self.cipher == ParameterCipher::AesCfb && refuses_the_cipher(&error) => {
                let session = open(&mut self.channel, ParameterCipher::Xor)?;
                self.cipher = ParameterCipher::Xor;
                session
            }
            outcome => outcome?,
        };
        self.session = Some(session);
        Ok(())
    }

    /// The key at 0x81000001, if it is of the template.
    pub(super) fn persistent_root(&mut self) -> Result<Option<StorageRoot>, TpmError> {
        let area = match self.channel.read_public(code::SRK_HANDLE) {
            Ok(found) => found.map(|found| found.area),
            // A kind of object that is not read here. Whatever it is, it is not the key that is looked for.
            Err(TpmError::BadResponse { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok(area
            .filter(|area| area.is_made_from(&PublicArea::storage_root_template()))
            .and_then(|area| StorageRoot::new(code::SRK_HANDLE, area)))
    }

    fn make_root(&mut self) -> Result<StorageRoot, TpmError> {
        let template = PublicArea::storage_root_template();
        let call = object::create_primary(code::RH_OWNER, &template);
        let outcome = if self.hierarchy_auth.is_empty() {
            self.channel
                .execute(call, &mut [Authorization::EmptyPassword])
        } else {
            let mut session = self.channel.start_unsalted_session()?;
            let authorization = Authorization::Session {
                session: &mut session,
                auth: &self.hierarchy_auth,
                last: true,
            };
            self.channel.execute(call, &mut [authorization])
        };
        let reply = match outcome {
            Ok(reply) => reply,
            Err(error) => return Err(self.why_no_root(error)),
        };
        let area = object::created_primary(&reply)?;
        let handle = reply.handle()?;
        Some(area)
            .filter(|area| area.is_made_from(&template))
            .and_then(|area| StorageRoot::new(handle, area))
            .ok_or_else(|| TpmError::BadResponse {
                command: reply.command.name,
                problem: "the key in it is not of the template that was sent".to_owned(),
            })
    }

    fn why_no_root(&mut self, error: TpmError) -> TpmError {
        let asked = Algorithm::Ecc(Curve::P256);
        let of_parameter = error
            .code()
            .is_some_and(|code| matches!(code.subject(), Some(Subject::Parameter(_))));
        if of_parameter
            && let Ok(capabilities) = self.capabilities()
            && !capabilities.can_do(asked)
        {
            return TpmError::UnsupportedAlgorithm {
                asked,
                can: capabilities.algorithms,
            };
        }
        let auth: Auth = self.hierarchy_auth.clone();
        let holder = Name::of_handle(code::RH_OWNER);
        self.explain(error, &auth, "the owner hierarchy", Some(&holder))
    }
}

/// Whether `TPM2_StartAuthSession` failed for its fourth parameter.
fn refuses_the_cipher(error: &TpmError) -> bool {
    error
        .code()
        .is_some_and(|code| code.subject() == Some(Subject::Parameter(4)))
}
