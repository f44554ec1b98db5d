//! Commands that move keys (TPM 2.0 Library Part 3, 13.1 Duplicate, 13.3 Import, 23.15 PolicyDuplicationSelect).

use crate::command::{Call, Reply};
use crate::error::TpmError;
use crate::name::Name;
use crate::wire::Writer;
use crate::wire::command::TpmCommand;
use crate::wire::public::Symmetric;

/// `TPM2_Import` of something that has an outer wrapper only.
pub(crate) fn import(parent: (u32, Name), public: &[u8], duplicate: &[u8], secret: &[u8]) -> Call {
    let mut parameters = Writer::new();
    parameters
        .sized(&[], "encryptionKey")
        .octets(public)
        .octets(duplicate)
        .octets(secret);
    Symmetric::write(None, &mut parameters);
    Call {
        command: TpmCommand::IMPORT,
        handles: vec![parent],
        parameters,
    }
}

/// The content of the `TPM2B_PRIVATE` that a `TPM2_Import` returned.
pub(crate) fn imported(reply: &Reply) -> Result<Vec<u8>, TpmError> {
    reply.read(|reader| Ok(reader.sized("outPrivate")?.to_vec()))
}

/// `TPM2_PolicyDuplicationSelect` without the object in the policy (`includeObject` NO): the policy was made before the
/// object had a Name.
pub(crate) fn select(session: u32, object: &Name, new_parent: &Name) -> Call {
    let mut parameters = Writer::new();
    parameters
        .sized(object.as_bytes(), "objectName")
        .sized(new_parent.as_bytes(), "newParentName")
        .u8(NO);
    Call {
        command: TpmCommand::POLICY_DUPLICATION_SELECT,
        handles: vec![(session, Name::of_handle(session))],
        parameters,
    }
}

/// `TPM2_Duplicate` with an outer wrapper only.
pub(crate) fn duplicate(object: (u32, Name), new_parent: (u32, Name)) -> Call {
    let mut parameters = Writer::new();
    parameters.sized(&[], "encryptionKeyIn");
    Symmetric::write(None, &mut parameters);
    Call {
        command: TpmCommand::DUPLICATE,
        handles: vec![object, new_parent],
        parameters,
    }
}

/// The contents of the `TPM2B_PRIVATE` and the `TPM2B_ENCRYPTED_SECRET` that a `TPM2_Duplicate` returned.
pub(crate) fn duplicated(reply: &Reply) -> Result<(Vec<u8>, Vec<u8>), TpmError> {
    reply.read(|reader| {
        reader.sized("encryptionKeyOut")?;
        let duplicate = reader.sized("duplicate")?.to_vec();
        let secret = reader.sized("outSymSeed")?.to_vec();
        Ok((duplicate, secret))
    })
}

const NO: u8 = 0;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    use super::*;
    use crate::options::Receipt;

    proptest! {
        #[test]
        fn reading_never_panics(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let reply = Reply {
                command: TpmCommand::DUPLICATE,
                handle: None,
                parameters: Zeroizing::new(octets),
                receipt: Receipt { command_code: TpmCommand::DUPLICATE.code, cp_hash: [0; 32], rp_hash: [0; 32] },
            };
            let _ = imported(&reply);
            let _ = duplicated(&reply);
        }
    }
}
