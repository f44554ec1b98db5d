//! Commands about what stays: keys that are made persistent, and changed authorization values (TPM 2.0 Library Part 3,
//! 12.8 ObjectChangeAuth, 28.5 EvictControl).

use crate::auth::Auth;
use crate::command::{Call, Channel, Reply};
use crate::error::TpmError;
use crate::name::Name;
use crate::rc;
use crate::wire::Writer;
use crate::wire::command::TpmCommand;

/// `TPM2_EvictControl`: puts a loaded key to a persistent handle, or takes the one that is there away when it is called
/// with the persistent handle itself. The hierarchy authorizes it.
pub(crate) fn evict_control(hierarchy: u32, object: (u32, Name), persistent: u32) -> Call {
    let mut parameters = Writer::new();
    parameters.u32(persistent);
    Call {
        command: TpmCommand::EVICT_CONTROL,
        handles: vec![(hierarchy, Name::of_handle(hierarchy)), object],
        parameters,
    }
}

/// `TPM2_ObjectChangeAuth`. The new value is the first parameter, so a session that encrypts hides it.
pub(crate) fn object_change_auth(object: (u32, Name), parent: (u32, Name), new: &Auth) -> Call {
    let mut parameters = Writer::new();
    parameters.sized(new.as_bytes(), "newAuth");
    Call {
        command: TpmCommand::OBJECT_CHANGE_AUTH,
        handles: vec![object, parent],
        parameters,
    }
}

/// The whole `TPM2B_PRIVATE` that a `TPM2_ObjectChangeAuth` returned. The loaded object keeps its old value.
pub(crate) fn changed_private(reply: &Reply) -> Result<Vec<u8>, TpmError> {
    reply.read(|reader| {
        let private = reader.sized("outPrivate")?;
        let mut whole = Writer::new();
        whole.sized(private, "outPrivate");
        Ok(whole.finish()?.to_vec())
    })
}

/// What `TPM2_ReadPublic` finds, of whatever kind it is.
pub(crate) struct Anything {
    /// Content of `TPM2B_PUBLIC`.
    pub(crate) public: Vec<u8>,
    /// As the TPM says it.
    pub(crate) qualified_name: Vec<u8>,
}

impl Channel {
    /// `TPM2_ReadPublic` of an object that need not be a key; `None` when nothing is there.
    pub(crate) fn read_anything(&mut self, handle: u32) -> Result<Option<Anything>, TpmError> {
        let call = Call {
            command: TpmCommand::READ_PUBLIC,
            // Nothing is computed from this Name, because no session is used.
            handles: vec![(handle, Name::of_handle(handle))],
            parameters: Writer::new(),
        };
        match self.execute(call, &mut []) {
            Ok(reply) => reply
                .read(|reader| {
                    let public = reader.sized("outPublic")?.to_vec();
                    reader.sized("name")?;
                    let qualified_name = reader.sized("qualifiedName")?.to_vec();
                    Ok(Anything {
                        public,
                        qualified_name,
                    })
                })
                .map(Some),
            Err(error) if error.is_code(rc::HANDLE) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
