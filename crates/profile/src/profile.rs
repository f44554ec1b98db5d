//! A profile: everything that is decided about a certificate of one kind before a request for it
//! comes.

use tpm2ca_x509::ObjectIdentifier;
use tpm2ca_x509::ext::KeyUsage;

use crate::choice::{CommonNameRule, Kind, LeafBasicConstraints, SanKind, SanRule, SubjectRule};
use crate::names::IpPattern;
use crate::rules::{NameRules, RequesterRule};

/// What a certificate of a kind looks like, and who may have which names in it.
///
/// Made from TOML by [`Profiles`](crate::Profiles); the keys of the files are listed by
/// [`keys`](crate::keys), each sets the field of its name. [`Profile::plan`] applies a profile to a
/// request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file")]
pub struct Profile {
    /// The name, as in `--profile NAME`.
    pub name: String,
    /// The profile this one was made from.
    pub base: Option<String>,
    /// CA or not. Default: leaf.
    pub kind: Kind,
    /// Validity in days where the request asks for none. Default: 90.
    pub days: u32,
    /// Fewest days a request may ask for. Default: 1.
    pub min_days: u32,
    /// Most days a request may ask for. Default: 825, which is what the strictest verifiers accept
    /// from a private CA.
    pub max_days: u32,
    /// Seconds by which notBefore lies in the past, for verifiers whose clock is slow. Default:
    /// 300.
    pub backdate: u32,
    /// The key usage extension; usages that the request's key cannot do are left out. Empty: no
    /// extension. Default: digitalSignature.
    pub key_usage: KeyUsage,
    /// Purposes of the extended key usage extension. Empty (CAs only): no extension. Default: none.
    pub extended_key_usage: Vec<ObjectIdentifier>,
    /// For a CA: how many further CAs may stand below it. Default: no limit but the issuer's.
    pub path_len: Option<u8>,
    /// For a leaf: whether it has a basic constraints extension. Default: absent.
    pub basic_constraints: LeafBasicConstraints,
    /// Where the subject comes from. Default: the request's octets.
    pub subject: SubjectRule,
    /// Attributes that the subject may have. Empty: all of them. Default: empty.
    pub subject_attributes: Vec<ObjectIdentifier>,
    /// What happens to a common name that looks like a host name. Default: it must be among the
    /// subject alternative names.
    pub common_name: CommonNameRule,
    /// Whether there are subject alternative names. Default: optional.
    pub san: SanRule,
    /// Types of subject alternative names that may be there. Default: dns, ip.
    pub san_kinds: Vec<SanKind>,
    /// Certificate policies. Default: none.
    pub policies: Vec<ObjectIdentifier>,
    /// For an OCSP responder: verifiers need not ask for its own status (RFC 6960, section
    /// 4.2.2.2.1). Default: no.
    pub ocsp_no_check: bool,
    /// TLS servers must staple an OCSP response (RFC 7633). Default: no.
    pub must_staple: bool,
    /// For an intermediate: the DNS names it may issue for, each with everything below (RFC 5280,
    /// section 4.2.1.10). Default: no limit.
    pub permit_dns: Vec<String>,
    /// For an intermediate with `permit_dns`: the IP addresses it may issue for. Default: none.
    pub permit_ip: Vec<IpPattern>,
    /// Wildcard names (`*.example.com`) may be asked for. Default: no.
    pub allow_wildcards: bool,
    /// DNS names may have underscores. Default: no.
    pub allow_underscore: bool,
    /// Allow and deny rules for everybody.
    pub names: NameRules,
    /// Rules that narrow `names` for single requesters; the first that fits counts.
    pub requesters: Vec<RequesterRule>,
}

impl Profile {
    /// The defaults of all keys. It is no usable profile yet: a leaf needs an extended key usage.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            base: None,
            kind: Kind::default(),
            days: 90,
            min_days: 1,
            max_days: 825,
            backdate: 300,
            key_usage: KeyUsage::DIGITAL_SIGNATURE,
            extended_key_usage: Vec::new(),
            path_len: None,
            basic_constraints: LeafBasicConstraints::default(),
            subject: SubjectRule::default(),
            subject_attributes: Vec::new(),
            common_name: CommonNameRule::default(),
            san: SanRule::default(),
            san_kinds: vec![SanKind::Dns, SanKind::Ip],
            policies: Vec::new(),
            ocsp_no_check: false,
            must_staple: false,
            permit_dns: Vec::new(),
            permit_ip: Vec::new(),
            allow_wildcards: false,
            allow_underscore: false,
            names: NameRules::default(),
            requesters: Vec::new(),
        }
    }
}
