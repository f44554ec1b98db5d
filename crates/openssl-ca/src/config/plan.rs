//! From a request to a plan, by a CA section.

use tpm2ca_openssl_conf::Conf;
use tpm2ca_x509::{Extension, Name, RawExtension, Serial, TbsCertificate, UnixTime, ext, oid};

use super::{CaFileError, CaSettings, PolicyRefusal, lifetime, policy};
use tpm2ca_openssl_x509v3::{
    ExtensionBuilder, ExtensionContext, Issuer, IssuerCertificate, OpensslError, Target,
};
use tpm2ca_profile::{Kind, Plan, Refusal};

/// A CA section with what the command line puts in its place.
#[derive(Clone, Copy, Debug)]
pub struct CaRules<'a> {
    /// The whole file.
    pub conf: &'a Conf,
    /// The CA's section.
    pub settings: &'a CaSettings,
    /// The policy's section.
    pub policy: &'a str,
    /// Where extensions come from.
    pub extensions: ExtensionSource<'a>,
    /// Whether the subject stays as it is in the request.
    pub preserve: bool,
    /// Whether email addresses stay in the subject.
    pub email_in_dn: bool,
}

/// The section with the extensions of certificates.
#[derive(Clone, Copy, Debug)]
pub enum ExtensionSource<'a> {
    /// A section of the file, or none.
    Section(Option<&'a str>),
    /// A section of another file (`-extfile`).
    File {
        /// That file.
        conf: &'a Conf,
        /// The section in it.
        section: &'a str,
    },
}

/// A request whose signature has been verified.
#[derive(Clone, Copy, Debug)]
pub struct CaRequest<'a> {
    /// The configuration file, for messages.
    pub file: &'a str,
    /// The request's subject, or the operator's in its place.
    pub subject: &'a Name,
    /// SHA-1 of the key's bits (RFC 5280 section 4.2.1.2, method 1).
    pub key_id: &'a [u8],
    /// The extensions that the request asks for.
    pub requested: &'a [RawExtension<'a>],
    /// The serial, for a certificate that is its own issuer.
    pub serial: &'a Serial,
    /// Days of validity in place of the file's.
    pub days: Option<i64>,
    /// Start of validity.
    pub not_before: Option<UnixTime>,
    /// End of validity.
    pub not_after: Option<UnixTime>,
    /// The time, which is handed in.
    pub now: UnixTime,
}

/// Who issues.
#[derive(Clone, Copy, Debug)]
pub enum CaIssuer<'a> {
    /// The certificate is its own issuer (`-selfsign`).
    Itself,
    /// The CA's certificate.
    Certificate(&'a TbsCertificate<'a>),
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The file.
    #[error(transparent)]
    File(Box<CaFileError>),
    /// The policy.
    #[error(transparent)]
    Policy(#[from] PolicyRefusal),
    /// The validity.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The name that comes of it.
    #[error(transparent)]
    Name(#[from] tpm2ca_x509::Error),
}

impl From<CaFileError> for PlanError {
    fn from(error: CaFileError) -> Self {
        Self::File(Box::new(error))
    }
}

impl From<OpensslError> for PlanError {
    fn from(error: OpensslError) -> Self {
        CaFileError::from(error).into()
    }
}

impl CaRules<'_> {
    /// The certificate as `openssl ca` would make it.
    ///
    /// # Errors
    /// [`PlanError`]
    pub fn plan(&self, request: &CaRequest<'_>, issuer: CaIssuer<'_>) -> Result<Plan, PlanError> {
        let Self {
            conf,
            settings,
            policy,
            extensions,
            preserve,
            email_in_dn,
        } = *self;
        let policy_section = conf
            .section(policy)
            .ok_or_else(|| CaFileError::MissingSection {
                place: request.file.to_owned(),
                section: policy.to_owned(),
                purpose: "which is the policy",
            })?;
        let ca_subject = match issuer {
            CaIssuer::Itself => request.subject.clone(),
            CaIssuer::Certificate(certificate) => certificate.subject(),
        };
        let subject = policy::apply(
            policy_section,
            &settings.objects,
            request.subject,
            &ca_subject,
            preserve,
            email_in_dn,
        )?;
        let validity = lifetime::decide(settings, request)?;
        let serial = request.serial.to_integer_content();
        let (ext_conf, section) = match extensions {
            ExtensionSource::Section(section) => (conf, section),
            ExtensionSource::File { conf, section } => (conf, Some(section)),
        };
        let mut builder = ExtensionBuilder::new(ExtensionContext {
            conf: Some(ext_conf),
            objects: &settings.objects,
            string_mask: settings.string_mask,
            target: Target::Certificate {
                subject: &subject,
                key_id: request.key_id,
                issuer: match issuer {
                    CaIssuer::Itself => Issuer::Itself { serial: &serial },
                    CaIssuer::Certificate(certificate) => {
                        Issuer::Other(IssuerCertificate::new(certificate))
                    }
                },
            },
        });
        if let Some(name) = section {
            let section = ext_conf
                .section(name)
                .ok_or_else(|| CaFileError::MissingSection {
                    place: ext_conf.name().to_owned(),
                    section: name.to_owned(),
                    purpose: "which is to have the extensions",
                })?;
            builder.add_section(section)?;
        }
        builder.copy(request.requested, settings.copy_extensions);
        builder.complete_key_identifiers()?;
        let made = builder.finish();
        let mut subject = made.subject.unwrap_or(subject);
        if !email_in_dn {
            subject = policy::without_email(&subject)?;
        }
        let mut notes: Vec<String> = made.warnings.iter().map(ToString::to_string).collect();
        let of_issuer = match issuer {
            CaIssuer::Itself => None,
            CaIssuer::Certificate(certificate) => Some(certificate.validity()),
        };
        notes.extend(lifetime::notes(validity, of_issuer, request.now));
        Ok(Plan::of_openssl_section(
            format!("{}:{}", settings.section, section.unwrap_or("-")),
            kind(&made.list, issuer),
            &subject,
            validity,
            made.list,
            notes,
        ))
    }
}

fn kind(extensions: &[Extension], issuer: CaIssuer<'_>) -> Kind {
    let is_ca = extensions
        .iter()
        .find(|extension| extension.oid == oid::BASIC_CONSTRAINTS)
        .and_then(|extension| ext::parse_basic_constraints(&extension.value).ok())
        .is_some_and(|(is_ca, _)| is_ca);
    match (is_ca, issuer) {
        (_, CaIssuer::Itself) => Kind::Root,
        (true, CaIssuer::Certificate(_)) => Kind::Intermediate,
        (false, CaIssuer::Certificate(_)) => Kind::Leaf,
    }
}
