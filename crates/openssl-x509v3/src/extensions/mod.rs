//! Extensions from the entries of a section.

mod access;
mod basic;
mod constraints;
mod copy;
mod distribution_points;
mod general_names;
mod key_identifiers;
mod kinds;
mod netscape;
mod policies;
mod sections;
mod sign_tool;

use tpm2ca_openssl_conf::{Section, Value};
use tpm2ca_x509::{Extension, Name, ObjectIdentifier, RawExtension, oid};

pub use self::copy::CopyExtensions;

use self::kinds::Kind;
use super::{
    asn1::Generator,
    context::{ExtensionContext, Target},
    error::{OpensslError, Problem, Warning},
    list::{self, Item},
    scalar,
};

/// Far more than anybody has, and few enough to look through for every new one.
const MAX_EXTENSIONS: usize = 1_000;

/// Extensions that grow by one entry after the other, in OpenSSL's order.
///
/// A certificate has no extension twice: a later one replaces the earlier and stands at the end. In requests and CRLs
/// OpenSSL keeps both, and so does this.
///
/// Refused although OpenSSL makes them: `proxyCertInfo`, because a proxy certificate is issued by a user and not by a
/// CA (RFC 3820 section 3.1); `sbgp-ipAddrBlock`, `sbgp-autonomousSysNum` (RFC 3779) and `SXNetID`, which can be
/// written with `DER:` or `ASN1:`; notices with `noticeNumbers` but without `organization`, because what OpenSSL
/// makes of them cannot be read.
#[derive(Clone, Debug)]
pub struct ExtensionBuilder<'a> {
    context: ExtensionContext<'a>,
    /// `email:move` takes addresses out of it.
    subject: Option<Name>,
    list: Vec<Extension>,
    warnings: Vec<Warning>,
}

/// What an [`ExtensionBuilder`] has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extensions {
    /// The extensions in their order.
    pub list: Vec<Extension>,
    /// The subject, which `email:move` has taken the addresses out of; `None` for a CRL.
    pub subject: Option<Name>,
    /// What the user may not have meant.
    pub warnings: Vec<Warning>,
}

impl<'a> ExtensionBuilder<'a> {
    /// Without any extension yet.
    pub fn new(context: ExtensionContext<'a>) -> Self {
        let subject = match context.target {
            Target::Request { subject, .. } | Target::Certificate { subject, .. } => {
                Some(subject.clone())
            }
            Target::Crl { .. } => None,
        };
        Self {
            context,
            subject,
            list: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Adds all of a section, in its order.
    pub fn add_section(&mut self, section: &Section) -> Result<(), OpensslError> {
        for value in section.values() {
            self.add_value(value)?;
        }
        Ok(())
    }

    /// Adds one entry of a section.
    pub fn add_value(&mut self, value: &Value) -> Result<(), OpensslError> {
        let item = Item {
            name: value.name().as_bytes(),
            value: Some(value.as_bytes()),
            entry: Some(value),
        };
        self.make(&item, value.as_bytes())
            .map_err(|problem| problem.in_entry(value))
    }

    /// Adds one extension: its name, and its value as it would stand behind the `=`.
    pub fn add(&mut self, name: &str, value: &[u8]) -> Result<(), OpensslError> {
        let item = Item {
            name: name.as_bytes(),
            value: Some(value),
            entry: None,
        };
        let text = [name.as_bytes(), b"=", value].concat();
        self.make(&item, value)
            .map_err(|problem| problem.in_text(&text))
    }

    /// Adds the extensions of a request, as `copy_extensions` says.
    pub fn copy(&mut self, requested: &[RawExtension<'_>], how: CopyExtensions) {
        copy::copy(&mut self.list, requested, how);
    }

    /// What OpenSSL does last with a certificate that has extensions: key identifiers that say `none` are taken away,
    /// and missing ones are added, except for an authorityKeyIdentifier in a certificate that is its own issuer
    /// (RFC 5280 section 4.2.1.1 allows to leave it out) or is signed with its own key.
    pub fn complete_key_identifiers(&mut self) -> Result<(), OpensslError> {
        key_identifiers::complete(self)
    }

    /// What has been made.
    pub fn finish(self) -> Extensions {
        let Self {
            context: _,
            subject,
            list,
            warnings,
        } = self;
        Extensions {
            list,
            subject,
            warnings,
        }
    }

    fn make(&mut self, item: &Item<'_>, value: &[u8]) -> Result<(), Problem> {
        if value.contains(&0) {
            return Err(Problem::new("has a NUL byte"));
        }
        if self.list.len() >= MAX_EXTENSIONS {
            return Err(Problem::new(format!(
                "is one of more than {MAX_EXTENSIONS} extensions"
            )));
        }
        let (critical, text) = match value.strip_prefix(b"critical,") {
            Some(rest) => (true, list::skip_space(rest)),
            None => (false, value),
        };
        let (oid, value) = if let Some(hex) = text.strip_prefix(b"DER:") {
            let oid = self.any_oid(item.name)?;
            (oid, scalar::hex(list::skip_space(hex))?)
        } else if let Some(description) = text.strip_prefix(b"ASN1:") {
            let oid = self.any_oid(item.name)?;
            let generator = Generator::new(self.context.conf, self.context.objects);
            (oid, generator.generate(list::skip_space(description))?)
        } else {
            let (oid, kind) = kinds::by_name(item.name, self.context.objects)?;
            (oid, self.named(kind, text)?)
        };
        if oid.to_string() == kinds::PROXY_CERT_INFO {
            return Err(kinds::no_proxies());
        }
        if oid == oid::SUBJECT_ALT_NAME && value == [0x30, 0] {
            self.warnings.push(item.warning(
                "has no name, which RFC 5280 section 4.2.1.6 forbids; `email:copy` found no address in the subject",
            ));
        }
        self.push(Extension {
            oid,
            critical,
            value,
        });
        Ok(())
    }

    fn named(&mut self, kind: Kind, text: &[u8]) -> Result<Vec<u8>, Problem> {
        match kind {
            Kind::Text(make) => make(self, text),
            Kind::List(make) => {
                let items = match text.strip_prefix(b"@") {
                    Some(name) => list::of_section(sections::find(self, name)?.values()),
                    None => list::parse(text)?,
                };
                if items.is_empty() {
                    return Err(Problem::new("names an empty section"));
                }
                make(self, &items)
            }
        }
    }

    fn any_oid(&self, name: &[u8]) -> Result<ObjectIdentifier, Problem> {
        self.context.objects.require(name)?.fitting(name)
    }

    fn push(&mut self, extension: Extension) {
        if matches!(self.context.target, Target::Certificate { .. }) {
            self.list.retain(|earlier| earlier.oid != extension.oid);
        }
        self.list.push(extension);
    }

    /// Value of an extension that has been made already.
    fn value_of(&self, oid: ObjectIdentifier) -> Option<&[u8]> {
        self.list
            .iter()
            .find(|extension| extension.oid == oid)
            .map(|extension| extension.value.as_slice())
    }
}
