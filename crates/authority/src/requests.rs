//! Certificate requests and self-signed certificates of a key, by an openssl.cnf: what `openssl req` makes.
//!
//! The file decides what is in them; what a lint finds is a warning.

use tpm2ca_keys::{Hash, RequestAttribute, RequestFields, Signer};
use tpm2ca_openssl_conf::{Conf, Section};
use tpm2ca_openssl_x509v3::{
    ExtensionBuilder, ExtensionContext, Extensions, Issuer, Objects, OpensslError, StringMask,
    Target,
};
use tpm2ca_x509::{Name, Serial, SignatureAlgorithm, Validity};

use crate::{AuthorityError, Environment, SelfSignRequest, random_serial, self_sign};

/// What a request or a self-signed certificate is to say.
#[derive(Clone, Debug)]
pub struct RequestPlan<'a> {
    /// Whom it is about.
    pub subject: Name,
    /// What its extensions are made from.
    pub extensions: ExtensionSource<'a>,
    /// Hash of the signature; `None` leaves it to the key.
    pub hash: Option<Hash>,
}

/// What extensions are made from.
#[derive(Clone, Copy, Debug)]
pub struct ExtensionSource<'a> {
    /// Where values that name sections find them.
    pub conf: &'a Conf,
    /// Names of object identifiers.
    pub objects: &'a Objects,
    /// String types in names.
    pub string_mask: StringMask,
    /// The section of extensions.
    pub section: Option<&'a Section>,
    /// More extensions, which replace those of the section.
    pub added: Option<&'a Section>,
}

/// What a self-signed certificate needs beyond that.
#[derive(Clone, Debug)]
pub struct SelfSigning {
    /// Its serial number; `None` for a random one.
    pub serial: Option<Serial>,
    /// Days of validity, from now on.
    pub days: u32,
    /// Whether what a lint takes for an error is one.
    pub strict: bool,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The request or certificate.
    pub der: Vec<u8>,
    /// Its subject, which an extension may have taken something out of.
    pub subject: Name,
    /// What its maker should know.
    pub warnings: Vec<String>,
}

impl RequestPlan<'_> {
    /// A certificate request (RFC 2986) for the signer's key.
    ///
    /// # Errors
    /// [`AuthorityError::Openssl`] for a value that is no extension, [`AuthorityError::HashDoesNotFit`], and those of
    /// the signer.
    pub fn request(
        &self,
        attributes: &[RequestAttribute],
        signer: &dyn Signer,
    ) -> Result<Made, AuthorityError> {
        let algorithm = self.algorithm(signer)?;
        let key_id = signer.public_key().key_identifier();
        let built = self.extensions.of_request(&self.subject, &key_id)?;
        let subject = built.subject.unwrap_or_else(|| self.subject.clone());
        let fields = RequestFields {
            subject_der: subject.as_der(),
            attributes,
            extensions: &built.list,
        };
        Ok(Made {
            der: fields.sign(signer, algorithm)?,
            subject,
            warnings: built.warnings.iter().map(ToString::to_string).collect(),
        })
    }

    /// A certificate of the signer's key that this key signs itself. Without extensions it is of version 1, as
    /// OpenSSL makes it.
    ///
    /// # Errors
    /// Those of [`RequestPlan::request`]; [`AuthorityError::Lint`] when it is to be strict.
    pub fn self_signed(
        &self,
        how: &SelfSigning,
        signer: &dyn Signer,
        environment: &Environment,
    ) -> Result<Made, AuthorityError> {
        let algorithm = self.algorithm(signer)?;
        let serial = match &how.serial {
            Some(serial) => serial.clone(),
            None => random_serial(&*environment.randomness)?,
        };
        let key = signer.public_key();
        let key_id = key.key_identifier();
        let serial_content = serial.to_integer_content();
        let built = self.extensions.of_certificate(Target::Certificate {
            subject: &self.subject,
            key_id: &key_id,
            issuer: Issuer::Itself {
                serial: &serial_content,
            },
        })?;
        let subject = built.subject.unwrap_or_else(|| self.subject.clone());
        let now = environment.clock.now();
        let (der, findings) = self_sign(
            &SelfSignRequest {
                subject: &subject,
                validity: Validity {
                    not_before: now,
                    not_after: now
                        .saturating_add(i64::from(how.days).saturating_mul(SECONDS_A_DAY)),
                },
                serial: &serial,
                extensions: &built.list,
                algorithm,
                strict: how.strict,
            },
            signer,
        )?;
        let mut warnings: Vec<String> = built.warnings.iter().map(ToString::to_string).collect();
        warnings.extend(findings.iter().map(ToString::to_string));
        Ok(Made {
            der,
            subject,
            warnings,
        })
    }

    fn algorithm(&self, signer: &dyn Signer) -> Result<SignatureAlgorithm, AuthorityError> {
        let key = signer.public_key().algorithm();
        let own = signer.default_algorithm();
        match self.hash {
            // A key that signs messages as they are has no use for a hash; OpenSSL passes over it too.
            Some(hash) if own.hash().is_some() => SignatureAlgorithm::ALL
                .into_iter()
                .find(|algorithm| algorithm.hash() == Some(hash) && key.fits(*algorithm))
                .ok_or(AuthorityError::HashDoesNotFit { key, hash }),
            _ => Ok(own),
        }
    }
}

impl ExtensionSource<'_> {
    fn of_certificate(&self, target: Target<'_>) -> Result<Extensions, OpensslError> {
        let mut builder = self.builder(target);
        for section in [self.section, self.added].into_iter().flatten() {
            builder.add_section(section)?;
        }
        builder.complete_key_identifiers()?;
        Ok(builder.finish())
    }

    fn of_request(&self, subject: &Name, key_id: &[u8]) -> Result<Extensions, OpensslError> {
        let build = |subject, section: Option<&Section>| {
            let mut builder = self.builder(Target::Request { subject, key_id });
            if let Some(section) = section {
                builder.add_section(section)?;
            }
            Ok::<_, OpensslError>(builder.finish())
        };
        let mut all = build(subject, self.section)?;
        let added = build(all.subject.as_ref().unwrap_or(subject), self.added)?;
        // OpenSSL 3.0 fails where there are both; later ones replace what is there twice.
        all.list
            .retain(|extension| added.list.iter().all(|other| other.oid != extension.oid));
        all.list.extend(added.list);
        all.warnings.extend(added.warnings);
        all.subject = added.subject;
        Ok(all)
    }

    fn builder<'s>(&'s self, target: Target<'s>) -> ExtensionBuilder<'s> {
        ExtensionBuilder::new(ExtensionContext {
            conf: Some(self.conf),
            objects: self.objects,
            string_mask: self.string_mask,
            target,
        })
    }
}

const SECONDS_A_DAY: i64 = 86_400;
