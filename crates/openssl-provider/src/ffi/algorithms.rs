//! The lists of implementations (`OSSL_ALGORITHM`), made when the provider is loaded, because the name under which it was
//! loaded is one of their properties.

use std::ffi::{CStr, CString, c_int};
use std::ptr;

use super::abi::{OsslAlgorithm, OsslDispatch};

/// One implementation.
pub(crate) struct Implementation {
    pub(crate) operation: c_int,
    /// Names and object identifiers with colons between them.
    pub(crate) names: &'static CStr,
    /// Properties beyond the provider's name, with a comma in front of each.
    pub(crate) properties: &'static str,
    pub(crate) functions: &'static [OsslDispatch],
}

/// All of them, each operation's with an end.
pub(crate) struct Algorithms {
    lists: Vec<(c_int, Vec<OsslAlgorithm>)>,
    /// What the lists point to.
    _properties: Vec<CString>,
}

// SAFETY: everything it points to is constant and lives as long as it does.
unsafe impl Send for Algorithms {}
// SAFETY: as above.
unsafe impl Sync for Algorithms {}

impl Algorithms {
    /// `provider` is the name under which the provider was loaded.
    pub(crate) fn new(provider: &str, all: &[&'static [Implementation]]) -> Self {
        let mut lists: Vec<(c_int, Vec<OsslAlgorithm>)> = Vec::new();
        let mut properties = Vec::new();
        for implementation in all.iter().copied().flatten() {
            let text = format!("provider={provider}{}", implementation.properties);
            // A name with a zero octet cannot come out of a C string.
            let text = CString::new(text).unwrap_or_default();
            let algorithm = OsslAlgorithm {
                names: implementation.names.as_ptr(),
                properties: text.as_ptr(),
                implementation: implementation.functions.as_ptr(),
                description: DESCRIPTION.as_ptr(),
            };
            properties.push(text);
            match lists
                .iter_mut()
                .find(|(operation, _)| *operation == implementation.operation)
            {
                Some((_, list)) => list.push(algorithm),
                None => lists.push((implementation.operation, vec![algorithm])),
            }
        }
        for (_, list) in &mut lists {
            list.push(OsslAlgorithm {
                names: ptr::null(),
                properties: ptr::null(),
                implementation: ptr::null(),
                description: ptr::null(),
            });
        }
        Self {
            lists,
            _properties: properties,
        }
    }

    /// What there is for an operation.
    pub(crate) fn of(&self, operation: c_int) -> Option<&[OsslAlgorithm]> {
        self.lists
            .iter()
            .find(|(of, _)| *of == operation)
            .map(|(_, list)| list.as_slice())
    }
}

const DESCRIPTION: &CStr = c"keys in a TPM 2.0";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    static NONE: [OsslDispatch; 1] = [OsslDispatch::END];

    #[test]
    fn each_list_has_its_end() {
        let one = |operation, names, properties| Implementation {
            operation,
            names,
            properties,
            functions: &NONE,
        };
        let leaked: &'static [Implementation] = Box::leak(Box::new([
            one(10, c"RSA:rsaEncryption", ""),
            one(20, c"RSA", ",output=pem"),
            one(10, c"EC", ""),
        ]));
        let algorithms = Algorithms::new("tpm2ca", &[leaked]);
        assert_eq!(algorithms.of(10).unwrap().len(), 3);
        assert!(algorithms.of(10).unwrap()[2].names.is_null());
        assert!(algorithms.of(12).is_none());
        // SAFETY: it is a C string, and `algorithms` is alive.
        let properties = unsafe { CStr::from_ptr(algorithms.of(20).unwrap()[0].properties) };
        assert_eq!(properties, c"provider=tpm2ca,output=pem");
    }
}
