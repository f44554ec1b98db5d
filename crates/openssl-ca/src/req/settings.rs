//! The keys of `[req]`.

use tpm2ca_openssl_conf::{Conf, Section, Value};
use tpm2ca_x509::{Hash, Name, ObjectIdentifier};

use super::{Question, ReqError};
use tpm2ca_openssl_x509v3::{NameRules, Objects, StringMask};

/// What a section such as `[req]` says. Each value is read when it is asked for: what is not needed may be wrong.
#[derive(Clone, Copy, Debug)]
pub struct ReqSettings<'a> {
    conf: &'a Conf,
    section: &'a str,
    objects: &'a Objects,
}

impl<'a> ReqSettings<'a> {
    /// Of the section called `section`, which need not be there: then the default section has the values.
    pub fn new(conf: &'a Conf, section: &'a str, objects: &'a Objects) -> Self {
        Self {
            conf,
            section,
            objects,
        }
    }

    /// The file.
    pub fn conf(&self) -> &'a Conf {
        self.conf
    }

    /// Names of object identifiers.
    pub fn objects(&self) -> &'a Objects {
        self.objects
    }

    /// The value of any key, from the section or the default section.
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.conf.get(self.section, key)
    }

    /// How texts become the attributes of names: `string_mask` and `utf8`. `utf8` can also be asked for on the command
    /// line.
    pub fn name_rules(&self, utf8: bool) -> Result<NameRules<'a>, ReqError> {
        let string_mask = match self.get("string_mask") {
            Some(value) => {
                StringMask::parse(value.as_bytes()).map_err(|error| ReqError::at(value, &error))?
            }
            None => StringMask::default(),
        };
        Ok(NameRules {
            objects: self.objects,
            string_mask,
            utf8: utf8 || self.is("utf8", b"yes"),
        })
    }

    /// Whether the sections of name and attributes are questions: unless `prompt = no`.
    pub fn prompts(&self) -> bool {
        !self.is("prompt", b"no")
    }

    /// Whether a new private key is encrypted: unless `encrypt_rsa_key = no` or, without that key, `encrypt_key = no`.
    pub fn encrypts_key(&self) -> bool {
        let value = self
            .get("encrypt_rsa_key")
            .or_else(|| self.get("encrypt_key"));
        value.is_none_or(|value| value.as_bytes() != b"no")
    }

    /// `default_bits`: size of a new RSA key.
    pub fn default_bits(&self) -> Result<Option<i64>, ReqError> {
        Ok(self.get("default_bits").map(Value::number).transpose()?)
    }

    /// `default_md`: hash of the signature; `None` without it, and for `default`.
    pub fn default_md(&self) -> Result<Option<Hash>, ReqError> {
        match self.get("default_md") {
            Some(value) if value.as_bytes() != b"default" => {
                let hash = hash_by_name(&String::from_utf8_lossy(value.as_bytes()));
                hash.map(Some)
                    .map_err(|(problem, hint)| ReqError::value(value, problem, Some(hint)))
            }
            _ => Ok(None),
        }
    }

    /// The section of extensions that a key names: `req_extensions` or `x509_extensions`.
    pub fn extensions(&self, key: &str) -> Result<Option<&'a Section>, ReqError> {
        self.section_of(key)
    }

    /// The subject, where it is not asked for (`prompt = no`).
    pub fn fixed_name(&self, rules: NameRules<'_>) -> Result<Name, ReqError> {
        let section = self.name_section()?;
        if section.values().is_empty() {
            return Err(ReqError::EmptyName {
                place: section.place().to_string(),
            });
        }
        Ok(rules.section(section)?)
    }

    /// What to ask for the subject.
    pub fn name_questions(&self) -> Result<Vec<Question<'a>>, ReqError> {
        let section = self.name_section()?;
        let is_about_another = |value: &&Value| {
            let suffixes = ["_min", "_max", "_default", "_value"];
            suffixes.iter().any(|suffix| value.name().ends_with(suffix))
        };
        let values = section.values().iter();
        values
            .filter(|value| !is_about_another(value))
            .filter_map(|value| {
                let (joins, attribute) = match value.kind().strip_prefix('+') {
                    Some(attribute) => (true, attribute),
                    None => (false, value.kind()),
                };
                // Attributes that nobody knows are passed over.
                self.objects.find(attribute)?;
                Some(Question::new(self.conf, value, attribute, joins))
            })
            .collect()
    }

    /// Where the subject comes from, for messages about it.
    pub fn name_place(&self) -> Result<String, ReqError> {
        Ok(self.name_section()?.place().to_string())
    }

    /// The attributes of a request, where they are not asked for: type and value in DER.
    pub fn fixed_attributes(
        &self,
        rules: NameRules<'_>,
    ) -> Result<Vec<(ObjectIdentifier, Vec<u8>)>, ReqError> {
        let Some(section) = self.section_of("attributes")? else {
            return Ok(Vec::new());
        };
        let values = section.values().iter();
        values
            .map(|value| attribute(rules, value, value.name(), value.as_bytes()))
            .collect()
    }

    /// What to ask for the attributes of a request.
    pub fn attribute_questions(&self) -> Result<Vec<Question<'a>>, ReqError> {
        let Some(section) = self.section_of("attributes")? else {
            return Ok(Vec::new());
        };
        let values = section.values().iter();
        values
            .filter(|value| self.objects.find(value.name()).is_some())
            .map(|value| Question::new(self.conf, value, value.name(), false))
            .collect()
    }

    fn name_section(&self) -> Result<&'a Section, ReqError> {
        self.section_of("distinguished_name")?
            .ok_or_else(|| ReqError::NoName {
                file: self.conf.name().to_owned(),
                section: self.section.to_owned(),
            })
    }

    fn section_of(&self, key: &str) -> Result<Option<&'a Section>, ReqError> {
        let value = self.get(key);
        Ok(value
            .map(|value| self.conf.section_named_by(value))
            .transpose()?)
    }

    fn is(&self, key: &str, text: &[u8]) -> bool {
        self.get(key).is_some_and(|value| value.as_bytes() == text)
    }
}

/// An attribute of a request.
pub(super) fn attribute(
    rules: NameRules<'_>,
    value: &Value,
    name: &str,
    text: &[u8],
) -> Result<(ObjectIdentifier, Vec<u8>), ReqError> {
    let oid = rules
        .objects
        .find(name)
        .and_then(|oid| oid.to_object_identifier())
        .ok_or_else(|| {
            let problem = format!(
                "expected the name of an attribute, such as `challengePassword`, got `{name}`"
            );
            ReqError::value(
                value,
                problem,
                Some("name it in the section that `oid_section` points to"),
            )
        })?;
    let der = rules
        .attribute_value(&oid, text)
        .map_err(|error| ReqError::at(value, &error))?;
    Ok((oid, der))
}

/// A hash by one of OpenSSL's names for it. The error is what is wrong and what to do.
pub fn hash_by_name(name: &str) -> Result<Hash, (String, &'static str)> {
    match name.to_ascii_lowercase().as_str() {
        "sha256" | "sha-256" | "sha2-256" | "rsa-sha256" => Ok(Hash::Sha256),
        "sha384" | "sha-384" | "sha2-384" | "rsa-sha384" => Ok(Hash::Sha384),
        "sha512" | "sha-512" | "sha2-512" | "rsa-sha512" => Ok(Hash::Sha512),
        "md5" | "sha1" | "sha-1" | "rsa-md5" | "rsa-sha1" | "ssl3-md5" | "ssl3-sha1" | "md4" => {
            Err((
                format!("signatures with `{name}` can be forged and are not made"),
                "use `sha256`",
            ))
        }
        _ => Err((
            format!("expected `sha256`, `sha384` or `sha512`, got `{name}`"),
            "use `sha256`",
        )),
    }
}
