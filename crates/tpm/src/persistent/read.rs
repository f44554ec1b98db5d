//! Reads the public area of a persistent object.

use super::{Origin, PersistentKey};
use crate::key::KeyPublic;
use crate::name::Name;
use crate::wire::public::PublicArea;
use crate::wire::{Reader, code};

impl PersistentKey {
    /// Reads the content of a `TPM2B_PUBLIC`, of whatever kind of object.
    pub(crate) fn new(handle: u32, area: &[u8], origin: Origin) -> Self {
        let header = Header::read(area);
        let has = |attributes: u32| {
            header
                .as_ref()
                .is_some_and(|header| header.attributes & attributes == attributes)
        };
        // It came out of a TPM2B.
        let length = u16::try_from(area.len()).unwrap_or(u16::MAX).to_be_bytes();
        let public = [&length, area].concat();
        let algorithm = KeyPublic::from_tpm2b_public(&public)
            .ok()
            .map(|key| key.algorithm());
        Self {
            handle,
            name: header
                .as_ref()
                .and_then(|header| Name::of_public(header.name_alg, area)),
            algorithm,
            public,
            signs: algorithm.is_some() && has(code::ATTR_SIGN) && !has(code::ATTR_RESTRICTED),
            is_parent: has(code::ATTR_RESTRICTED | code::ATTR_DECRYPT) && !has(code::ATTR_SIGN),
            no_da: has(code::ATTR_NO_DA),
            origin,
        }
    }

    /// The public area, if it is one of the kinds that are used here.
    pub(crate) fn area(&self) -> Option<PublicArea> {
        PublicArea::from_tpm2b(&self.public).ok()
    }
}

/// What every `TPMT_PUBLIC` begins with.
struct Header {
    name_alg: u16,
    attributes: u32,
}

impl Header {
    fn read(area: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(area);
        reader.u16("type").ok()?;
        Some(Self {
            name_alg: reader.u16("nameAlg").ok()?,
            attributes: reader.u32("objectAttributes").ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_found_is_put_into_words() {
        let blob = PublicArea::rsa_storage_template().to_tpm2b().unwrap();
        // The template has no modulus yet, so it is no key.
        let found = PersistentKey::new(0x8100_0001, &blob[2..], Origin::Other);
        assert!(found.is_parent && !found.signs && found.no_da);
        assert_eq!(found.algorithm, None);
        assert_eq!(found.public, *blob);
        let name = found.name.clone().unwrap();
        assert_eq!(
            found.to_string(),
            format!("another kind of object `{name}`, not made under the storage root key")
        );
        // TPM_ALG_KEYEDHASH: sealed data has a Name too.
        let sealed = [0, 8, 0, 0x0b, 0, 0, 0, 0x12, 0, 0, 0, 0x10, 0, 0];
        let found = PersistentKey::new(0x8100_0002, &sealed, Origin::UnderStorageRoot);
        assert_eq!(found.name, Name::of_public(code::ALG_SHA256, &sealed));
        assert!(!found.signs && !found.is_parent);
    }

    proptest! {
        #[test]
        fn reading_never_panics(area in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = PersistentKey::new(0x8100_0000, &area, Origin::Other).to_string();
        }
    }
}
