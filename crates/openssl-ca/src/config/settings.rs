//! The keys of a CA section.

use std::path::PathBuf;

use tpm2ca_openssl_conf::{Conf, Value};

use super::CaFileError;
use tpm2ca_openssl_x509v3::{CopyExtensions, Objects, StringMask};

/// Where serial numbers come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SerialRule {
    /// A file with the next one, which is counted up.
    File(PathBuf),
    /// 128 random bits: `rand_serial`, or neither key.
    Random,
}

/// What a CA section says. Paths are as in the file: relative ones belong to the working directory, as in OpenSSL.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file")]
pub struct CaSettings {
    /// The section's name.
    pub section: String,
    /// `dir`, which OpenSSL knows as a variable only; the records are there. Where it is missing, the folder of
    /// `database`.
    pub dir: PathBuf,
    /// `database`: index.txt.
    pub database: PathBuf,
    /// `new_certs_dir`
    pub new_certs_dir: Option<PathBuf>,
    /// `serial` or `rand_serial`
    pub serial: SerialRule,
    /// `crlnumber`
    pub crlnumber: Option<PathBuf>,
    /// `private_key`
    pub private_key: Option<String>,
    /// `certificate`
    pub certificate: Option<PathBuf>,
    /// `default_md`; `default` and what is not there are `None`.
    pub md: Option<String>,
    /// `default_days`; 0 is none.
    pub days: i64,
    /// `default_startdate`
    pub startdate: Option<String>,
    /// `default_enddate`
    pub enddate: Option<String>,
    /// `default_crl_days`
    pub crl_days: i64,
    /// `default_crl_hours`
    pub crl_hours: i64,
    /// `policy`
    pub policy: Option<String>,
    /// `preserve`
    pub preserve: bool,
    /// `email_in_dn`
    pub email_in_dn: bool,
    /// `copy_extensions`
    pub copy_extensions: CopyExtensions,
    /// `unique_subject`
    pub unique_subject: bool,
    /// `x509_extensions`
    pub x509_extensions: Option<String>,
    /// `crl_extensions`
    pub crl_extensions: Option<String>,
    /// `string_mask`
    pub string_mask: StringMask,
    /// `utf8`
    pub utf8: bool,
    /// Names of object identifiers, with those of `oid_section`.
    pub objects: Objects,
}

impl CaSettings {
    /// Reads the section `name`, or the one that `default_ca` in `[ca]` names. `oid_file` is what stands in the file that
    /// [`Objects::oid_file`] names.
    ///
    /// # Errors
    /// [`CaFileError`], with file and line.
    pub fn read(
        conf: &Conf,
        name: Option<&str>,
        oid_file: Option<&[u8]>,
    ) -> Result<Self, CaFileError> {
        let section = section_name(conf, name)?;
        let keys = Keys {
            conf,
            section: &section,
        };
        let database = keys.path("database")?.ok_or_else(|| {
            keys.missing("database", "the file with all certificates (`index.txt`)")
        })?;
        let folder = || match database.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let dir = keys.path("dir")?.unwrap_or_else(folder);
        let serial = match (keys.text("rand_serial")?, keys.path("serial")?) {
            (Some(_), _) | (None, None) => SerialRule::Random,
            (None, Some(path)) => SerialRule::File(path),
        };
        let mut objects = Objects::from_conf(conf)?;
        if let Some(oid_file) = oid_file {
            objects.add_file(oid_file);
        }
        Ok(Self {
            dir,
            new_certs_dir: keys.path("new_certs_dir")?,
            serial,
            crlnumber: keys.path("crlnumber")?,
            private_key: keys.text("private_key")?,
            certificate: keys.path("certificate")?,
            md: keys.text("default_md")?.filter(|md| md != "default"),
            days: keys.number("default_days")?,
            startdate: keys.text("default_startdate")?,
            enddate: keys.text("default_enddate")?,
            crl_days: keys.number("default_crl_days")?,
            crl_hours: keys.number("default_crl_hours")?,
            policy: keys.text("policy")?,
            // OpenSSL looks for this one in [ca], whatever the CA's section is called.
            preserve: conf
                .get(BASE, "preserve")
                .is_some_and(|value| matches!(value.as_bytes().first(), Some(b'y' | b'Y'))),
            email_in_dn: keys.text("email_in_dn")?.as_deref() != Some("no"),
            copy_extensions: match keys.get("copy_extensions") {
                Some(value) => CopyExtensions::parse(value.as_bytes()).map_err(|_| {
                    CaFileError::value(
                        value,
                        format!(
                            "expected `none`, `copy` or `copyall`, got `{}`",
                            value.as_bytes().escape_ascii()
                        ),
                        None,
                    )
                })?,
                None => CopyExtensions::None,
            },
            unique_subject: yes_or_no(keys.get("unique_subject"), true),
            x509_extensions: keys.section("x509_extensions")?,
            crl_extensions: keys.section("crl_extensions")?,
            string_mask: match keys.get("string_mask") {
                Some(value) => StringMask::parse(value.as_bytes())
                    .map_err(|error| CaFileError::value(value, error.to_string(), error.hint()))?,
                None => StringMask::default(),
            },
            utf8: keys.text("utf8")?.as_deref() == Some("yes"),
            objects,
            database,
            section,
        })
    }
}

/// The name of the CA's section.
fn section_name(conf: &Conf, asked: Option<&str>) -> Result<String, CaFileError> {
    let missing = |place: String, section: &str, purpose| CaFileError::MissingSection {
        place,
        section: section.to_owned(),
        purpose,
    };
    if let Some(name) = asked {
        return match conf.section(name) {
            Some(_) => Ok(name.to_owned()),
            None => Err(missing(
                conf.name().to_owned(),
                name,
                "which the command line names",
            )),
        };
    }
    let value = conf
        .get(BASE, "default_ca")
        .ok_or_else(|| CaFileError::MissingKey {
            file: conf.name().to_owned(),
            section: BASE.to_owned(),
            key: "default_ca",
            purpose: "which names the CA's section",
        })?;
    let name = value.as_str()?;
    match conf.section(name) {
        Some(_) => Ok(name.to_owned()),
        None => Err(missing(
            value.place().to_string(),
            name,
            "which `default_ca` names",
        )),
    }
}

/// `parse_yesno` of OpenSSL: the first letter decides.
pub(crate) fn yes_or_no(value: Option<&Value>, otherwise: bool) -> bool {
    match value.and_then(|value| value.as_bytes().first()) {
        Some(b'f' | b'F' | b'n' | b'N' | b'0') => false,
        Some(b't' | b'T' | b'y' | b'Y' | b'1') => true,
        _ => otherwise,
    }
}

/// Lookups in the CA's section, and in the default section where it has nothing.
struct Keys<'a> {
    conf: &'a Conf,
    section: &'a str,
}

impl<'a> Keys<'a> {
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.conf.get(self.section, key)
    }

    fn text(&self, key: &str) -> Result<Option<String>, CaFileError> {
        let value = self.get(key).map(Value::as_str).transpose()?;
        Ok(value.map(str::to_owned))
    }

    fn path(&self, key: &str) -> Result<Option<PathBuf>, CaFileError> {
        match (self.get(key), self.text(key)?) {
            (Some(value), Some(text)) if text.is_empty() => Err(CaFileError::value(
                value,
                "expected a path, got nothing",
                None,
            )),
            (_, text) => Ok(text.map(PathBuf::from)),
        }
    }

    fn number(&self, key: &str) -> Result<i64, CaFileError> {
        Ok(self.get(key).map(Value::number).transpose()?.unwrap_or(0))
    }

    /// The name of a section, which must be there.
    fn section(&self, key: &str) -> Result<Option<String>, CaFileError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let name = value.as_str()?;
        if self.conf.section(name).is_none() {
            return Err(CaFileError::MissingSection {
                place: value.place().to_string(),
                section: name.to_owned(),
                purpose: "which the CA's section names",
            });
        }
        Ok(Some(name.to_owned()))
    }

    fn missing(&self, key: &'static str, purpose: &'static str) -> CaFileError {
        CaFileError::MissingKey {
            file: self.conf.name().to_owned(),
            section: self.section.to_owned(),
            key,
            purpose,
        }
    }
}

const BASE: &str = "ca";
