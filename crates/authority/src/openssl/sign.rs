//! Certificates from requests, as `openssl ca -in` makes them.

use std::{fs, sync::Arc};

use tpm2ca_keys::{Hash, VerifiedCsr, verify_csr};
use tpm2ca_lint::Linter;
use tpm2ca_openssl_ca::config::{
    CaFileError, CaIssuer, CaRequest, CaRules, ExtensionSource, SerialRule,
};
use tpm2ca_openssl_conf::Conf;
use tpm2ca_openssl_x509v3::{NameRules, Objects};
use tpm2ca_profile::Plan;
use tpm2ca_store::{Holder, Refused, SyncReport};
use tpm2ca_x509::{
    Certificate, Csr, Extension, Name, RawExtension, Serial, TbsCertificate, UnixTime, Validity,
};

use super::{Books, OpensslCa, ca::shown, index_txt::listed_subject, number_file};
use crate::{
    AuthorityError, Issued, Issuer, PlannedCertificate, file::file_error, random_serial,
    sha256::sha256,
};

/// What the command line puts in the place of the file.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of `openssl ca`"
)]
pub struct SignOptions<'a> {
    /// Section with the extensions.
    pub extensions: Option<&'a str>,
    /// Another file with them.
    pub extfile: Option<&'a Conf>,
    /// Section with the policy.
    pub policy: Option<&'a str>,
    /// Days of validity.
    pub days: Option<i64>,
    /// Start of validity.
    pub not_before: Option<UnixTime>,
    /// End of validity.
    pub not_after: Option<UnixTime>,
    /// Hash of the signature.
    pub md: Option<&'a str>,
    /// The subject in place of the request's; see [`OpensslCa::subject`].
    pub subject: Option<&'a Name>,
    /// Whether the subject stays as it is in the request.
    pub preserve: bool,
    /// Whether email addresses are taken out of the subject.
    pub no_email: bool,
    /// Whether the certificate is its own issuer.
    pub selfsign: bool,
    /// Whether the serial number is random, whatever the file says.
    pub rand_serial: bool,
    /// Whether a serial file that is not there begins with a random number.
    pub create_serial: bool,
    /// Whether what a profile of this program would not have done is refused.
    pub strict: bool,
    /// The requester, as the records name it.
    pub requester: &'a str,
}

impl<'a> SignOptions<'a> {
    /// Everything as the file has it.
    pub fn as_the_file_says(requester: &'a str) -> Self {
        Self {
            extensions: None,
            extfile: None,
            policy: None,
            days: None,
            not_before: None,
            not_after: None,
            md: None,
            subject: None,
            preserve: false,
            no_email: false,
            selfsign: false,
            rand_serial: false,
            create_serial: false,
            strict: false,
            requester,
        }
    }
}

/// A request that was verified, and the certificate that the file makes of it.
pub struct Wanted<'a> {
    pub(super) csr: &'a [u8],
    pub(super) verified: VerifiedCsr<'a>,
    pub(super) plan: Plan,
    pub(super) at: UnixTime,
}

/// What a certificate is going to say, for whoever confirms it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The subject's attributes: short name and text.
    pub subject: Vec<(String, String)>,
    /// When it is valid.
    pub validity: Validity,
    /// Its extensions.
    pub extensions: Vec<PreviewExtension>,
    /// What a profile of this program would not have done.
    pub notes: Vec<String>,
}

/// An extension for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewExtension {
    /// Its short name, or its number.
    pub name: String,
    /// Whether it is critical.
    pub critical: bool,
    /// What it says: names of a subjectAltName, otherwise the octets.
    pub value: String,
}

impl Wanted<'_> {
    /// For whoever confirms it; `objects` has the names of the configuration file.
    pub fn preview(&self, objects: &Objects) -> Preview {
        let subject = Name::from_der(self.plan.subject_der().to_vec()).unwrap_or_default();
        let attributes = subject.rdns();
        Preview {
            subject: attributes
                .iter()
                .flatten()
                .map(|attribute| {
                    let name = objects
                        .short_name_of(&attribute.oid)
                        .map_or_else(|| attribute.oid.to_string(), str::to_owned);
                    (name, attribute.text())
                })
                .collect(),
            validity: self.plan.validity(),
            extensions: self
                .plan
                .extensions()
                .iter()
                .map(|extension| preview(extension, objects))
                .collect(),
            notes: self.plan.notes().to_vec(),
        }
    }
}

fn preview(extension: &Extension, objects: &Objects) -> PreviewExtension {
    let Extension {
        oid,
        critical,
        value,
    } = extension;
    let names = (*oid == tpm2ca_x509::oid::SUBJECT_ALT_NAME)
        .then(|| tpm2ca_x509::parse_general_names(value).ok())
        .flatten();
    let value = match names {
        Some(names) => {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            names.join(", ")
        }
        None => super::index_txt::serial_digits(value),
    };
    PreviewExtension {
        name: objects
            .short_name_of(oid)
            .map_or_else(|| oid.to_string(), str::to_owned),
        critical: *critical,
        value,
    }
}

/// The books of a CA, held while certificates are made. The rows of index.txt are written when it is
/// [finished](Signing::finish).
pub struct Signing<'a> {
    ca: &'a OpensslCa,
    books: Option<Books<'a>>,
    /// What others had done.
    pub taken: Option<SyncReport>,
}

impl OpensslCa {
    /// A subject as `-subj` has it, in the string types that the file asks for.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn subject(&self, text: &str, utf8: bool) -> Result<Name, AuthorityError> {
        let rules = NameRules {
            objects: &self.settings.objects,
            string_mask: self.settings.string_mask,
            utf8: utf8 || self.settings.utf8,
        };
        let (name, _) = rules.subject(text.as_bytes()).map_err(CaFileError::from)?;
        Ok(name)
    }

    /// Verifies a request and decides on its certificate; nothing is written but a refusal.
    ///
    /// # Errors
    /// What is wrong with the request, with the file, or why the policy refuses.
    pub fn prepare<'r>(
        &self,
        csr: &'r [u8],
        options: &SignOptions<'_>,
    ) -> Result<Wanted<'r>, AuthorityError> {
        let at = self.authority.now();
        let parsed = Csr::parse(csr)?;
        let subject = parsed.subject();
        let wanted = self.decide(parsed, csr, options, at);
        if let Err(error) = &wanted
            && error.is_refusal()
        {
            self.note_refusal(error, options.subject.unwrap_or(&subject), csr, options, at);
        }
        wanted
    }

    fn decide<'r>(
        &self,
        parsed: Csr<'r>,
        csr: &'r [u8],
        options: &SignOptions<'_>,
        at: UnixTime,
    ) -> Result<Wanted<'r>, AuthorityError> {
        let verified = verify_csr(parsed)?;
        // What the hash is, is known before anything is asked of anybody.
        self.hash(options)?;
        let provisional = Serial::from_be_bytes(&[1])?;
        let plan = self.plan(&verified, options, &provisional, at)?;
        if options.strict
            && let Some(note) = plan.notes().first()
        {
            return Err(AuthorityError::Strict(note.clone()));
        }
        Ok(Wanted {
            csr,
            verified,
            plan,
            at,
        })
    }

    /// The hash for signatures: `--md`, `default_md`, or none for the one that suits the key.
    pub(super) fn hash(&self, options: &SignOptions<'_>) -> Result<Option<Hash>, AuthorityError> {
        self.hash_named(options.md)
    }

    pub(super) fn hash_named(&self, md: Option<&str>) -> Result<Option<Hash>, AuthorityError> {
        let (name, from) = match (md, &self.settings.md) {
            (Some(md), _) => (md, "--md".to_owned()),
            (None, Some(md)) => (
                md.as_str(),
                format!("`default_md` in [{}]", self.settings.section),
            ),
            (None, None) => return Ok(None),
        };
        let refused = |why| AuthorityError::RefusedHash {
            md: name.to_owned(),
            from: from.clone(),
            why,
        };
        match name.to_ascii_lowercase().as_str() {
            "default" => Ok(None),
            "sha256" | "sha-256" | "sha2-256" | "rsa-sha256" => Ok(Some(Hash::Sha256)),
            "sha384" | "sha-384" | "sha2-384" | "rsa-sha384" => Ok(Some(Hash::Sha384)),
            "sha512" | "sha-512" | "sha2-512" | "rsa-sha512" => Ok(Some(Hash::Sha512)),
            "md5" | "sha1" | "sha-1" | "md4" | "md5-sha1" | "ripemd160" | "rmd160" | "rsa-md5"
            | "rsa-sha1" | "md2" | "mdc2" => Err(refused(
                "collisions can be made, and with them a certificate for another name",
            )),
            _ => Err(refused("verifiers are not sure to know it")),
        }
    }

    fn plan(
        &self,
        verified: &VerifiedCsr<'_>,
        options: &SignOptions<'_>,
        serial: &Serial,
        now: UnixTime,
    ) -> Result<Plan, AuthorityError> {
        let settings = &self.settings;
        let csr = verified.csr();
        let own = csr.subject();
        let Some(policy) = options.policy.or(settings.policy.as_deref()) else {
            return Err(self.missing("policy", "the section that says what a subject must have"));
        };
        let extfile_default = options
            .extfile
            .and_then(|conf| conf.get("default", "extensions"))
            .and_then(|value| value.as_str().ok());
        let extensions = match options.extfile {
            Some(conf) => ExtensionSource::File {
                conf,
                section: options.extensions.or(extfile_default).unwrap_or("default"),
            },
            None => {
                ExtensionSource::Section(options.extensions.or(settings.x509_extensions.as_deref()))
            }
        };
        let rules = CaRules {
            conf: &self.conf,
            settings,
            policy,
            extensions,
            preserve: options.preserve || settings.preserve,
            email_in_dn: settings.email_in_dn && !options.no_email,
        };
        let requested: &[RawExtension<'_>] = csr.extensions();
        let request = CaRequest {
            file: self.conf.name(),
            subject: options.subject.unwrap_or(&own),
            key_id: &verified.public_key().key_identifier(),
            requested,
            serial,
            days: options.days,
            not_before: options.not_before,
            not_after: options.not_after,
            now,
        };
        if options.selfsign {
            return Ok(rules.plan(&request, CaIssuer::Itself)?);
        }
        let certificate = self
            .certificate
            .as_ref()
            .ok_or_else(|| self.missing("certificate", "the CA's certificate"))?;
        let parsed = Certificate::parse(&certificate.der)?;
        let tbs: &TbsCertificate<'_> = parsed.tbs();
        Ok(rules.plan(&request, CaIssuer::Certificate(tbs))?)
    }

    /// The lints, without those that the file answers once and for all.
    fn linter(&self, options: &SignOptions<'_>) -> Linter {
        // The plan says that one itself.
        let mut answered = vec!["tpm2ca_validity_within_issuer"];
        if matches!(self.settings.serial, SerialRule::File(_)) && !options.rand_serial {
            // Said of every certificate, it would only hide what is said of one.
            answered.push("br_serial_64_bits");
        }
        let linter = Linter::ignoring(&answered).unwrap_or_default();
        if options.strict {
            linter
        } else {
            linter.advise_only()
        }
    }

    /// Takes the books, to make certificates.
    ///
    /// # Errors
    /// Those of the files and the records.
    pub fn begin(&self) -> Result<Signing<'_>, AuthorityError> {
        // Found out before a number is used up, as `openssl ca` does.
        if let Some(folder) = &self.settings.new_certs_dir {
            fs::read_dir(folder).map_err(|source| file_error("open", folder, source))?;
        }
        let (books, taken) = match self.row.get() {
            Some(row) => {
                let (books, taken) = self.books(row, self.authority.now())?;
                (Some(books), taken)
            }
            None => (None, None),
        };
        Ok(Signing {
            ca: self,
            books,
            taken,
        })
    }

    /// Returns the subject as index.txt is to have it.
    fn listed_subject(&self, plan: &Plan, serial: &Serial) -> Result<String, AuthorityError> {
        let subject = Name::from_der(plan.subject_der().to_vec())?;
        Ok(listed_subject(&subject, serial, &self.settings.objects))
    }

    /// Whether a subject may have one valid certificate only: index.txt.attr decides over the section.
    fn unique_subject(&self) -> bool {
        let path = number_file::with_ending(&self.files.index, "attr");
        let attributes = Conf::load(&path, &|_| None).ok();
        attributes
            .as_ref()
            .and_then(|conf| conf.get("default", "unique_subject"))
            .map_or(self.settings.unique_subject, |value| {
                !matches!(
                    value.as_bytes().first(),
                    Some(b'f' | b'F' | b'n' | b'N' | b'0')
                )
            })
    }

    fn note_refusal(
        &self,
        error: &AuthorityError,
        subject: &Name,
        csr: &[u8],
        options: &SignOptions<'_>,
        at: UnixTime,
    ) {
        let profile = options
            .extensions
            .or(self.settings.x509_extensions.as_deref())
            .unwrap_or("-");
        // The requester is to learn the reason, whether it could be recorded or not.
        let _ = self.authority.store.refuse(&Refused {
            issuer: self.row.get().map(|row| row.id),
            requester: options.requester,
            profile: &format!("{}:{profile}", self.settings.section),
            subject: &tpm2ca_openssl_ca::config::oneline(subject, &self.settings.objects),
            reason: &error.to_string(),
            csr_sha256: Some(sha256(csr)),
            at,
        });
    }
}

impl Signing<'_> {
    /// Whether the subject of a request is free; said before anybody is asked to confirm.
    ///
    /// # Errors
    /// [`AuthorityError::SubjectTaken`]; [`AuthorityError::Store`] when it is the name of a CA.
    pub fn check(&self, wanted: &Wanted<'_>) -> Result<(), AuthorityError> {
        let serial = Serial::from_be_bytes(&[1])?;
        self.subject_is_free(&wanted.plan, &serial)?;
        self.subject_is_no_ca(&wanted.plan, &wanted.verified, &serial)
    }

    /// Makes the certificate: it is recorded when this returns, and its file is among the new certificates.
    ///
    /// # Errors
    /// When this returns an error, no certificate was handed out.
    pub fn sign(
        &mut self,
        wanted: Wanted<'_>,
        options: &SignOptions<'_>,
    ) -> Result<Issued, AuthorityError> {
        let at = wanted.at;
        let csr = wanted.csr;
        let subject = options
            .subject
            .cloned()
            .unwrap_or_else(|| wanted.verified.csr().subject());
        let signed = self.make(wanted, options);
        if let Err(error) = &signed
            && error.is_refusal()
        {
            self.ca.note_refusal(error, &subject, csr, options, at);
        }
        signed
    }

    fn make(
        &mut self,
        wanted: Wanted<'_>,
        options: &SignOptions<'_>,
    ) -> Result<Issued, AuthorityError> {
        let Wanted {
            csr: _,
            verified,
            mut plan,
            at,
        } = wanted;
        let ca = self.ca;
        let issuer: Arc<Issuer> = if options.selfsign {
            let subject = Name::from_der(plan.subject_der().to_vec())?;
            let issuer = ca.own_issuer(&subject, options.requester)?;
            let own = issuer.public_key().spki_der();
            if own != verified.public_key().spki_der() {
                return Err(AuthorityError::NotSelfSigned);
            }
            issuer
        } else {
            ca.issuer()?
        };
        if self.books.is_none() {
            self.books = Some(ca.books(ca.known_row()?, at)?.0);
        }
        let md = ca.hash(options)?;
        issuer.check_hash(md)?;
        let (serial, mut notes) = self.next_serial(options)?;
        self.subject_is_free(&plan, &serial)?;
        // Decided for good when it is reserved; looked at here so that no number is used up in vain.
        self.subject_is_no_ca(&plan, &verified, &serial)?;
        if options.selfsign {
            plan = ca.plan(&verified, options, &serial, at)?;
        }
        let subject = ca.listed_subject(&plan, &serial)?;
        let linted = ca.authority.lint_plan(
            PlannedCertificate {
                plan,
                request: &verified,
                issuer,
                serial: serial.clone(),
                md,
                subject,
            },
            &ca.linter(options),
        )?;
        self.use_serial(&serial, options)?;
        let issued = ca.authority.issue_plan(linted, options.requester, at)?;
        notes.extend(issued.notes);
        Ok(Issued { notes, ..issued })
    }

    /// Writes the rows of what was made into index.txt.
    ///
    /// # Errors
    /// Those of the files. The certificates are recorded all the same, and the next call completes the file.
    pub fn finish(self) -> Result<(), AuthorityError> {
        match &self.books {
            Some(books) => books.write_pending(),
            None => Ok(()),
        }
    }

    fn subject_is_free(&self, plan: &Plan, serial: &Serial) -> Result<(), AuthorityError> {
        let Some(row) = self.ca.row.get() else {
            return Ok(());
        };
        if !self.ca.unique_subject() {
            return Ok(());
        }
        let subject = self.ca.listed_subject(plan, serial)?;
        let store = &self.ca.authority.store;
        match store.require_index()?.listed_as_valid(row.id, &subject)? {
            Some(serial) => Err(AuthorityError::SubjectTaken {
                subject,
                serial: super::index_txt::serial_digits(&serial),
            }),
            None => Ok(()),
        }
    }

    fn subject_is_no_ca(
        &self,
        plan: &Plan,
        verified: &VerifiedCsr<'_>,
        serial: &Serial,
    ) -> Result<(), AuthorityError> {
        let ca = self.ca;
        let holder = Holder {
            subject_der: plan.subject_der(),
            spki_der: verified.public_key().spki_der(),
            is_ca: plan.kind().is_ca(),
        };
        let subject = ca.listed_subject(plan, serial)?;
        Ok(ca.authority.store.check_subject(&holder, &subject)?)
    }

    /// The serial number of the next certificate, and what there is to say about it.
    fn next_serial(
        &self,
        options: &SignOptions<'_>,
    ) -> Result<(Serial, Vec<String>), AuthorityError> {
        let environment = &self.ca.authority.environment;
        let random = || random_serial(&*environment.randomness);
        let path = match &self.ca.settings.serial {
            SerialRule::File(path) if !options.rand_serial => path,
            _ => return Ok((random()?, Vec::new())),
        };
        let Some(mut number) = number_file::read(path)? else {
            if options.create_serial {
                return Ok((random()?, Vec::new()));
            }
            return Err(AuthorityError::NoSerialFile(path.clone()));
        };
        let row = self.ca.known_row()?;
        let first = number.clone();
        while number.is_empty()
            || !self
                .ca
                .authority
                .store
                .find_by_serial(Some(row.id), &number)?
                .is_empty()
        {
            number = number_file::successor(&number);
        }
        let serial = Serial::from_be_bytes(&number)?;
        let notes = if first == number || first.is_empty() {
            Vec::new()
        } else {
            vec![format!(
                "`{}` says {}, which was used before: {} is the next that is free",
                path.display(),
                super::index_txt::serial_digits(&first),
                shown(&serial)
            )]
        };
        Ok((serial, notes))
    }

    /// Counts the serial file up, durably, before anything is signed under the number: after a crash it is a gap, and
    /// `openssl ca` does not use it either.
    fn use_serial(&self, serial: &Serial, options: &SignOptions<'_>) -> Result<(), AuthorityError> {
        match &self.ca.settings.serial {
            SerialRule::File(path) if !options.rand_serial => {
                number_file::write(path, &number_file::successor(serial.as_be_bytes()))
            }
            _ => Ok(()),
        }
    }
}
