//! Commands that make, load and use keys (TPM 2.0 Library Part 3, 12.1 Create, 12.2 Load, 18.2 Certify, 20.2 Sign, 24.1 CreatePrimary).

use crate::algorithm::HashAlg;
use crate::auth::Auth;
use crate::command::{Call, Reply};
use crate::error::TpmError;
use crate::key::RawSignature;
use crate::name::Name;
use crate::wire::command::TpmCommand;
use crate::wire::public::{PublicArea, Scheme};
use crate::wire::{Reader, WireError, Writer, code, signature};

/// `TPM2_CreatePrimary` in a hierarchy; the key itself gets no authorization value.
pub(crate) fn create_primary(hierarchy: u32, template: &PublicArea) -> Call {
    Call {
        command: TpmCommand::CREATE_PRIMARY,
        handles: vec![(hierarchy, Name::of_handle(hierarchy))],
        parameters: creation(&Auth::empty(), template),
    }
}

/// The public area that a `TPM2_CreatePrimary` returned.
pub(crate) fn created_primary(reply: &Reply) -> Result<PublicArea, TpmError> {
    reply.read(|reader| {
        let public = PublicArea::read_tpm2b(reader)?;
        skip_creation(reader)?;
        reader.sized("name")?;
        Ok(public)
    })
}

/// `TPM2_Create`: a key with an authorization value, which crosses encrypted if the session encrypts.
pub(crate) fn create(parent: (u32, Name), auth: &Auth, template: &PublicArea) -> Call {
    Call {
        command: TpmCommand::CREATE,
        handles: vec![parent],
        parameters: creation(auth, template),
    }
}

/// What a `TPM2_Create` returned.
pub(crate) struct Created {
    /// Content of `TPM2B_PRIVATE`.
    pub(crate) private: Vec<u8>,
    pub(crate) public: PublicArea,
}

impl Created {
    pub(crate) fn read(reply: &Reply) -> Result<Self, TpmError> {
        reply.read(|reader| {
            let private = reader.sized("outPrivate")?.to_vec();
            let public = PublicArea::read_tpm2b(reader)?;
            skip_creation(reader)?;
            Ok(Self { private, public })
        })
    }
}

/// `TPM2_Load` of a whole `TPM2B_PRIVATE` and a whole `TPM2B_PUBLIC`.
pub(crate) fn load(parent: (u32, Name), private: &[u8], public: &[u8]) -> Call {
    let mut parameters = Writer::new();
    parameters.octets(private).octets(public);
    Call {
        command: TpmCommand::LOAD,
        handles: vec![parent],
        parameters,
    }
}

/// The Name that a `TPM2_Load` returned, to be compared with the one computed here.
pub(crate) fn loaded_name(reply: &Reply) -> Result<Vec<u8>, TpmError> {
    reply.read(|reader| Ok(reader.sized("name")?.to_vec()))
}

/// `TPM2_Sign` of a digest that was made here.
pub(crate) fn sign(key: (u32, Name), digest: &[u8], scheme: u16, hash: HashAlg) -> Call {
    let mut parameters = Writer::new();
    parameters.sized(digest, "digest");
    Scheme::Hashed {
        algorithm: scheme,
        hash: hash.tpm_id(),
    }
    .write(&mut parameters);
    // No ticket: it is needed for restricted keys only.
    parameters
        .u16(code::ST_HASHCHECK)
        .u32(code::RH_NULL)
        .sized(&[], "validation.digest");
    Call {
        command: TpmCommand::SIGN,
        handles: vec![key],
        parameters,
    }
}

/// The signature that a `TPM2_Sign` returned.
pub(crate) fn signed(reply: &Reply, scheme: u16, hash: HashAlg) -> Result<RawSignature, TpmError> {
    reply.read(|reader| signature::read(reader, scheme, hash))
}

/// `TPM2_Certify` with nobody to sign the certification: it does nothing but check the key's authorization.
pub(crate) fn certify_unsigned(key: (u32, Name)) -> Call {
    let mut parameters = Writer::new();
    parameters.sized(&[], "qualifyingData");
    Scheme::Null.write(&mut parameters);
    Call {
        command: TpmCommand::CERTIFY,
        handles: vec![key, (code::RH_NULL, Name::of_handle(code::RH_NULL))],
        parameters,
    }
}

/// `inSensitive`, `inPublic`, `outsideInfo`, `creationPCR`.
fn creation(auth: &Auth, template: &PublicArea) -> Writer {
    let mut parameters = Writer::new();
    parameters.nested("inSensitive", |sensitive| {
        sensitive
            .sized(auth.as_bytes(), "userAuth")
            .sized(&[], "data");
    });
    template.write_tpm2b(&mut parameters);
    parameters.sized(&[], "outsideInfo").u32(0);
    parameters
}

/// `creationData`, `creationHash`, `creationTicket`: nobody here asks where a key was made, because a key that loads
/// under the storage root key and is `fixedTPM` was made in this TPM.
fn skip_creation(reader: &mut Reader<'_>) -> Result<(), WireError> {
    reader.sized("creationData")?;
    reader.sized("creationHash")?;
    reader.u16("creationTicket.tag")?;
    reader.u32("creationTicket.hierarchy")?;
    reader.sized("creationTicket.digest")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    use super::*;
    use crate::options::Receipt;

    fn reply(parameters: Vec<u8>) -> Reply {
        Reply {
            command: TpmCommand::CREATE,
            handle: None,
            parameters: Zeroizing::new(parameters),
            receipt: Receipt {
                command_code: TpmCommand::CREATE.code,
                cp_hash: [0; 32],
                rp_hash: [0; 32],
            },
        }
    }

    fn octets() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(any::<u8>(), 0..200)
    }

    proptest! {
        #[test]
        fn reading_never_panics(octets in octets()) {
            let reply = reply(octets);
            let _ = created_primary(&reply);
            let _ = Created::read(&reply);
            let _ = loaded_name(&reply);
            let _ = signed(&reply, code::ALG_RSASSA, HashAlg::Sha256);
            prop_assert!(reply.handle().is_err());
        }

        #[test]
        fn what_was_created_is_read_to_its_end(private in octets(), data in octets(), ticket in octets(), extra in any::<bool>()) {
            let public = PublicArea::storage_root_template();
            let mut writer = Writer::new();
            writer.sized(&private, "outPrivate");
            public.write_tpm2b(&mut writer);
            writer.sized(&data, "creationData").sized(&[7; 32], "creationHash");
            writer.u16(0x8021).u32(code::RH_OWNER).sized(&ticket, "creationTicket");
            if extra {
                writer.u8(0);
            }
            let created = Created::read(&reply(writer.finish().map(|octets| octets.to_vec()).unwrap_or_default()));
            prop_assert_eq!(created.is_err(), extra);
            if let Ok(created) = created {
                prop_assert_eq!(created.private, private);
                prop_assert_eq!(created.public, public);
            }
        }
    }
}
