//! The choices that keys of a profile offer, each with its written form.

use std::fmt;

use tpm2ca_x509::GeneralName;

/// Implements the written form of an enum: `WORDS`, `Display`, and reading back.
macro_rules! words {
    ($type:ident { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $type {
            /// Every choice with its written form, in the order of the documentation.
            pub const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),+];

            /// The written form.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// What a certificate is for, and so which duties it has: `kind`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Signs itself; the anchor of trust.
    Root,
    /// A CA below another one.
    Intermediate,
    /// Everything that is not a CA.
    #[default]
    Leaf,
}

words!(Kind { Root => "root", Intermediate => "intermediate", Leaf => "leaf" });

impl Kind {
    /// True for the kinds that sign certificates.
    pub const fn is_ca(self) -> bool {
        matches!(self, Self::Root | Self::Intermediate)
    }
}

/// Where the subject of a certificate comes from: `subject`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SubjectRule {
    /// The octets of the request, unchanged.
    #[default]
    Csr,
    /// Only the attributes of `subject_attributes`, each in an RDN of its own, in the request's
    /// order.
    Rebuild,
    /// None: the names are in the subject alternative name, which becomes critical.
    Empty,
}

words!(SubjectRule { Csr => "csr", Rebuild => "rebuild", Empty => "empty" });

/// What happens to a common name that looks like a host name: `common_name`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CommonNameRule {
    /// It must be among the subject alternative names too, else the request is refused.
    #[default]
    InSan,
    /// It is added to the subject alternative names where it is missing.
    Add,
    /// It may be anything.
    Any,
}

words!(CommonNameRule { InSan => "in-san", Add => "add", Any => "any" });

/// Whether a certificate has subject alternative names: `san`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SanRule {
    /// A request without one is refused.
    Required,
    /// With or without.
    #[default]
    Optional,
    /// A request with one is refused.
    Forbidden,
}

words!(SanRule { Required => "required", Optional => "optional", Forbidden => "forbidden" });

/// A type of subject alternative name (RFC 5280, section 4.2.1.6): `san_kinds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SanKind {
    /// `dNSName`
    Dns,
    /// `iPAddress`
    Ip,
    /// `rfc822Name`
    Email,
    /// `uniformResourceIdentifier`
    Uri,
    /// `directoryName`
    DirectoryName,
    /// `registeredID`
    RegisteredId,
    /// `otherName`, for example a Microsoft user principal name
    OtherName,
}

words!(SanKind {
    Dns => "dns",
    Ip => "ip",
    Email => "email",
    Uri => "uri",
    DirectoryName => "directory-name",
    RegisteredId => "registered-id",
    OtherName => "other-name",
});

impl SanKind {
    /// The type of a name; `None` for the types that no profile can permit (x400Address,
    /// ediPartyName).
    pub const fn of(name: &GeneralName) -> Option<Self> {
        Some(match name {
            GeneralName::Dns(_) => Self::Dns,
            GeneralName::Email(_) => Self::Email,
            GeneralName::Uri(_) => Self::Uri,
            GeneralName::Ip(_) => Self::Ip,
            GeneralName::DirectoryName(_) => Self::DirectoryName,
            GeneralName::RegisteredId(_) => Self::RegisteredId,
            GeneralName::Other { .. } => Self::OtherName,
            GeneralName::Unsupported { .. } => return None,
        })
    }
}

/// Whether a leaf says that it is not a CA: `basic_constraints`. CAs always have the extension,
/// critical.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LeafBasicConstraints {
    /// No extension; its absence says the same (RFC 5280, section 4.2.1.9).
    #[default]
    Absent,
    /// An empty extension, as some appliances want it.
    Present,
}

words!(LeafBasicConstraints { Absent => "absent", Present => "present" });
