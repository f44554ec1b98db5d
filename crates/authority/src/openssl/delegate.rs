//! Certificates for OCSP responders that answer for the CA of an openssl.cnf.
//!
//! They are issued like any other, with the next serial number and a row in index.txt. The file says nothing of them:
//! it has a section for a responder's certificate at best, but that one is renewed by people, and this one by itself.

use tpm2ca_keys::{Signer, make_csr, verify_csr};
use tpm2ca_openssl_ca::config::{
    CaFileError, CaIssuer, CaRequest, CaRules, CaSettings, ExtensionSource,
};
use tpm2ca_openssl_conf::Conf;
use tpm2ca_openssl_x509v3::{CopyExtensions, NameRules, Objects, StringMask};
use tpm2ca_x509::{Certificate, Csr, Name, ObjectIdentifier, Serial, ocsp::OcspRequest, oid};

use super::{OpensslCa, SignOptions, Wanted, index_txt::serial_digits};
use crate::{Authority, AuthorityError, CaCertificate, Issued, ResponderCa};

impl ResponderCa for OpensslCa {
    fn authority(&self) -> &Authority {
        &self.authority
    }

    fn ca_certificate(&self, _: &str) -> Result<CaCertificate, AuthorityError> {
        self.certificate().cloned()
    }

    fn certify_responder(
        &self,
        _: &str,
        signer: &dyn Signer,
        requester: &str,
    ) -> Result<Issued, AuthorityError> {
        let subject = self.responder_subject(&signer.public_key().key_identifier())?;
        let csr = make_csr(subject.as_der(), &[], signer)?;
        self.issue_to_responder(&csr, requester)
    }

    fn release_keys(&self) {
        Self::release_keys(self);
    }

    fn is_current(&self) -> bool {
        self.sync.is_current(self)
    }

    fn refresh(&self) {
        self.sync.refresh(self);
    }

    fn ensure_current(&self) -> Result<(), AuthorityError> {
        self.sync.ensure_current(self)
    }
}

impl OpensslCa {
    /// Returns true when an OCSP request is about certificates of this CA. No key is touched.
    ///
    /// # Errors
    /// Those of the CA's certificate.
    pub fn is_asked_about(&self, request: &OcspRequest<'_>) -> Result<bool, AuthorityError> {
        self.certificate()?.is_asked_about(request)
    }

    /// The subject of a responder's certificate: the CA's, with a common name of its own, and a serial number, so that
    /// there can be a row of the next one in index.txt while this one is valid, also with `unique_subject = yes`.
    fn responder_subject(&self, key_id: &[u8]) -> Result<Name, AuthorityError> {
        let parsed = Certificate::parse(&self.certificate()?.der)?;
        let own = parsed.tbs().subject();
        let common_name = own
            .common_names()
            .pop()
            .map(|name| format!("{name} OCSP responder"))
            .filter(|name| name.chars().count() <= MAX_COMMON_NAME)
            .unwrap_or_else(|| "OCSP responder".to_owned());
        let number = serial_digits(key_id.get(..8).unwrap_or(key_id));
        let rules = NameRules {
            objects: &Objects::new(),
            string_mask: StringMask::default(),
            utf8: true,
        };
        let escaped: String = common_name
            .chars()
            .flat_map(|c| [Some('\\').filter(|_| "/+\\=".contains(c)), Some(c)])
            .flatten()
            .collect();
        let (ours, _) = rules
            .subject(format!("/CN={escaped}/serialNumber={number}").as_bytes())
            .map_err(CaFileError::from)?;
        let is_kept = |oid: &ObjectIdentifier| {
            ![oid::COMMON_NAME, oid::EMAIL_ADDRESS, oid::SERIAL_NUMBER].contains(oid)
        };
        let rdns = own.rdns();
        let kept = rdns
            .iter()
            .filter(|rdn| rdn.iter().all(|attribute| is_kept(&attribute.oid)));
        let ours = ours.rdns();
        let all = kept.chain(&ours).map(|rdn| {
            rdn.iter()
                .map(|attribute| attribute.der().to_vec())
                .collect()
        });
        Ok(Name::from_rdns(all)?)
    }

    /// Issues it.
    ///
    /// # Errors
    /// Those of [`super::Signing::sign`].
    fn issue_to_responder(&self, csr: &[u8], requester: &str) -> Result<Issued, AuthorityError> {
        let at = self.authority.now();
        let verified = verify_csr(Csr::parse(csr)?)?;
        let parsed = Certificate::parse(&self.certificate()?.der)?;
        let conf = Conf::parse(
            EXTENSIONS.as_bytes(),
            "the OCSP responder's extensions",
            &|_| None,
        )
        .map_err(CaFileError::from)?;
        let settings = CaSettings {
            copy_extensions: CopyExtensions::None,
            startdate: None,
            enddate: None,
            ..self.settings.clone()
        };
        let rules = CaRules {
            conf: &conf,
            settings: &settings,
            policy: "policy",
            extensions: ExtensionSource::Section(Some("ocsp")),
            preserve: true,
            email_in_dn: true,
        };
        let end = at
            .saturating_add(LIFE)
            .min(parsed.tbs().validity().not_after);
        let plan = rules.plan(
            &CaRequest {
                file: self.conf.name(),
                subject: &verified.csr().subject(),
                key_id: &verified.public_key().key_identifier(),
                requested: &[],
                serial: &Serial::from_be_bytes(&[1])?,
                days: None,
                // Clocks of clients may be slow.
                not_before: Some(at.saturating_sub(SLOW_CLOCKS)),
                not_after: Some(end),
                now: at,
            },
            CaIssuer::Certificate(parsed.tbs()),
        )?;
        let options = SignOptions::as_the_file_says(requester);
        let mut signing = self.begin()?;
        let issued = signing.sign(
            Wanted {
                csr,
                verified,
                plan,
                at,
            },
            &options,
        )?;
        signing.finish()?;
        Ok(issued)
    }
}

/// As in the profile `ocsp`.
const EXTENSIONS: &str = "\
[ocsp]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = OCSPSigning
noCheck = ignored
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[policy]
commonName = supplied
";

/// Seconds of a responder's certificate.
const LIFE: i64 = 30 * 86_400;
const SLOW_CLOCKS: i64 = 3_600;
/// RFC 5280 appendix A.1, `ub-common-name`.
const MAX_COMMON_NAME: usize = 64;
