//! What comes in: a request that was verified already, and what matters of the issuer's
//! certificate.

use tpm2ca_x509::{GeneralName, Name, RawExtension, Subtree, UnixTime};

/// A request for a certificate. The signature of a CSR and the strength of its key were checked
/// before.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who the certificate is for.
    pub subject: SubjectSource<'a>,
    /// The subject alternative names asked for, from the CSR or given by the operator.
    pub names: &'a [GeneralName],
    /// The octets that `names` were read from, when they come from a CSR unchanged: the content of
    /// the extension. They go into the certificate as they are, so that no encoding is lost on the
    /// way.
    pub san_der: Option<&'a [u8]>,
    /// The public key: a DER `SubjectPublicKeyInfo`.
    pub spki_der: &'a [u8],
    /// Who asks, for example `uid:1000`: the `[[profile.NAME.requester]]` blocks are about it.
    pub requester: &'a str,
    /// Days of validity asked for; else the profile's.
    pub days: Option<u32>,
    /// Begin of the validity asked for; else `now` less the profile's backdate.
    pub not_before: Option<UnixTime>,
    /// End of the validity asked for; not together with `days`.
    pub not_after: Option<UnixTime>,
    /// The time, which is handed in.
    pub now: UnixTime,
    /// The extensions that the CSR asks for. The profile decides; what it decides otherwise than
    /// asked is noted.
    pub requested: &'a [RawExtension<'a>],
    /// For an intermediate: the DNS names it may issue for (`--permit-dns`), each with everything
    /// below.
    pub permitted_dns: &'a [String],
}

/// Who a certificate is for.
#[derive(Clone, Copy, Debug)]
pub enum SubjectSource<'a> {
    /// The subject of the CSR: its DER as it was received.
    Csr(&'a [u8]),
    /// A name that the operator gave.
    Operator(&'a Name),
}

impl<'a> SubjectSource<'a> {
    /// The DER of the name.
    pub fn der(self) -> &'a [u8] {
        match self {
            Self::Csr(der) => der,
            Self::Operator(name) => name.as_der(),
        }
    }
}

/// What matters of the certificate of the issuer.
#[derive(Clone, Copy, Debug)]
pub struct IssuerView<'a> {
    /// Begin of its validity.
    pub not_before: UnixTime,
    /// End of its validity.
    pub not_after: UnixTime,
    /// How many more CAs may stand below it; `None`: no limit.
    pub path_len: Option<u32>,
    /// Its permitted subtrees (RFC 5280, section 4.2.1.10); empty: no limit.
    pub permitted: &'a [Subtree],
    /// Its excluded subtrees.
    pub excluded: &'a [Subtree],
    /// Its subject.
    pub subject_der: &'a [u8],
}
