//! Which TPM, and what authorizes its use: from the module's section in openssl.cnf, else from the environment.
//!
//! The file comes first, so that nobody who starts a daemon can turn it to another TPM by a variable.

use std::ffi::CStr;
use std::fs;

use tpm2ca_tpm::{Auth, Tcti};
use zeroize::Zeroizing;

use crate::error::Error;

/// What was said about the TPM. What is wrong with it is found out when it is needed, because OpenSSL loads its
/// modules for many purposes.
pub struct Config {
    tcti: Option<String>,
    owner_auth: Option<Secret>,
    parent_auth: Option<Secret>,
    /// tpm2-openssl has one value for whatever the parent is, and it stands there as it is.
    any_parent_auth: Option<Secret>,
    key_auth: Option<Secret>,
    /// Where it was set, and to what.
    allow_rsaes: Option<(&'static str, String)>,
    variable: Box<Environment>,
}

/// A variable of the process.
type Environment = dyn Fn(&str) -> Option<String> + Send + Sync;

/// A secret or where it is.
struct Secret {
    setting: &'static str,
    source: Zeroizing<String>,
    notation: Notation,
}

/// How a secret is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// As one of OpenSSL's pass phrase arguments: `pass:…`, `env:…`, `file:…`.
    Source,
    /// As it is, whatever it looks like.
    Bare,
    /// As a pass phrase argument if it looks like one, else as it is.
    SourceOrBare,
}

impl Config {
    /// `section` looks into the module's section of openssl.cnf, where secrets are written in `notation`; `variable`
    /// looks into the environment.
    pub fn new(
        section: impl Fn(&CStr) -> Option<String>,
        notation: Notation,
        variable: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let from_file = |setting: &'static str, key| {
            section(key).map(|source| Secret {
                setting,
                source: source.into(),
                notation,
            })
        };
        let from_variable = |setting: &'static str, notation| {
            set(setting).map(|source| Secret {
                setting,
                source: source.into(),
                notation,
            })
        };
        Self {
            tcti: section(c"tcti").or_else(|| TCTI_VARIABLES.iter().find_map(|name| set(name))),
            owner_auth: from_file("owner-auth", c"owner-auth")
                .or_else(|| from_variable("TPM2CA_OWNER_AUTH", Notation::Source)),
            parent_auth: from_file("parent-auth", c"parent-auth")
                .or_else(|| from_variable("TPM2CA_PARENT_AUTH", Notation::Source)),
            any_parent_auth: from_variable("TPM2OPENSSL_PARENT_AUTH", Notation::Bare),
            key_auth: from_file("key-auth", c"key-auth")
                .or_else(|| from_variable("TPM2CA_KEY_AUTH", Notation::Source)),
            allow_rsaes: section(c"allow-rsaes")
                .map(|value| ("allow-rsaes", value))
                .or_else(|| set("TPM2CA_ALLOW_RSAES").map(|value| ("TPM2CA_ALLOW_RSAES", value))),
            variable: Box::new(variable),
        }
    }

    /// The TPM.
    ///
    /// # Errors
    /// [`Error::Tcti`]
    pub fn tcti(&self) -> Result<Tcti, Error> {
        Ok(self.tcti.as_deref().unwrap_or(DEFAULT_TCTI).parse()?)
    }

    /// The value of the owner hierarchy; empty when none was given.
    ///
    /// # Errors
    /// [`Error::Config`], here and below, when a value is not where it is said to be.
    pub fn owner_auth(&self) -> Result<Auth, Error> {
        self.value_or_empty(self.owner_auth.as_ref())
    }

    /// The value to try if [`Self::owner_auth`] is empty and the TPM wants one.
    pub fn owner_auth_at_need(&self) -> Result<Option<Auth>, Error> {
        match (&self.owner_auth, &self.any_parent_auth) {
            (None, Some(secret)) => self.value(secret).map(Some),
            _ => Ok(None),
        }
    }

    /// The value of parent keys; empty when none was given.
    pub fn parent_auth(&self) -> Result<Auth, Error> {
        self.value_or_empty(self.parent_auth.as_ref().or(self.any_parent_auth.as_ref()))
    }

    /// Of keys that need one.
    pub fn key_auth(&self) -> Result<Option<Auth>, Error> {
        self.key_auth
            .as_ref()
            .map(|secret| self.value(secret))
            .transpose()
    }

    /// Returns whether a key whose scheme is fixed to RSAES may decrypt, although the TPM then tells by its time whether
    /// the padding is right. No unless it was set.
    pub fn allows_rsaes(&self) -> Result<bool, Error> {
        let Some((setting, value)) = &self.allow_rsaes else {
            return Ok(false);
        };
        // As OpenSSL writes `activate` in openssl.cnf.
        match value.to_ascii_lowercase().as_str() {
            "1" | "yes" | "true" | "on" => Ok(true),
            "0" | "no" | "false" | "off" => Ok(false),
            _ => Err(Error::Config {
                setting,
                reason: format!("expected `yes` or `no`, found `{value}`"),
            }),
        }
    }

    fn value_or_empty(&self, secret: Option<&Secret>) -> Result<Auth, Error> {
        secret.map_or_else(|| Ok(Auth::empty()), |secret| self.value(secret))
    }

    /// OpenSSL's pass phrase arguments: `pass:…`, `env:…`, `file:…` (its first line); openssl-passphrase-options(1).
    ///
    /// Only `pass:` and a bare value can be empty: elsewhere that is a mistake, and would cost one of the few tries that a
    /// TPM allows.
    fn value(&self, secret: &Secret) -> Result<Auth, Error> {
        let problem = |reason: String| Error::Config {
            setting: secret.setting,
            reason,
        };
        let octets = |text: &str| Auth::new(text.as_bytes().to_vec());
        let not_empty = |place: String, auth: Auth| {
            if auth.is_empty() {
                Err(problem(format!("{place} is empty")))
            } else {
                Ok(auth)
            }
        };
        if secret.notation == Notation::Bare {
            return Ok(octets(&secret.source));
        }
        match secret.source.split_once(':') {
            Some(("pass", value)) => Ok(octets(value)),
            Some(("env", name)) => {
                let value = (self.variable)(name)
                    .map(Zeroizing::new)
                    .ok_or_else(|| problem(format!("there is no variable `{name}`")))?;
                not_empty(format!("the variable `{name}`"), octets(&value))
            }
            Some(("file", path)) => {
                let text = fs::read(path)
                    .map(Zeroizing::new)
                    .map_err(|error| problem(format!("`{path}`: {error}")))?;
                let line = text
                    .split(|&octet| octet == b'\n')
                    .next()
                    .unwrap_or_default();
                let auth = Auth::new(line.strip_suffix(b"\r").unwrap_or(line).to_vec());
                not_empty(format!("the first line of `{path}`"), auth)
            }
            _ if secret.notation == Notation::SourceOrBare => Ok(octets(&secret.source)),
            _ => Err(problem(
                "expected `pass:VALUE`, `env:VARIABLE` or `file:PATH`".to_owned(),
            )),
        }
    }
}

/// The first that is set counts.
const TCTI_VARIABLES: [&str; 4] = [
    "TPM2CA_TCTI",
    "TPM2OPENSSL_TCTI",
    "TPM2TSSENGINE_TCTI",
    "TPM2TOOLS_TCTI",
];
const DEFAULT_TCTI: &str = "device:/dev/tpmrm0";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashMap;

    use super::*;

    fn config(file: &[(&str, &str)], variables: &[(&str, &str)]) -> Config {
        written(Notation::Source, file, variables)
    }

    fn written(notation: Notation, file: &[(&str, &str)], variables: &[(&str, &str)]) -> Config {
        let owned = |list: &[(&str, &str)]| -> HashMap<String, String> {
            list.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let (file, variables) = (owned(file), owned(variables));
        Config::new(
            |key| file.get(key.to_str().unwrap()).cloned(),
            notation,
            move |name| variables.get(name).cloned(),
        )
    }

    #[test]
    fn the_file_comes_before_the_environment() {
        let tcti = |file: &[(&str, &str)], variables: &[(&str, &str)]| {
            config(file, variables).tcti().unwrap().to_string()
        };
        assert_eq!(tcti(&[], &[]), "device:/dev/tpmrm0");
        let old = ("TPM2OPENSSL_TCTI", "device:/dev/tpm0");
        let new = ("TPM2CA_TCTI", "swtpm:path=/run/tpm");
        assert_eq!(tcti(&[], &[old]), "device:/dev/tpm0");
        assert_eq!(tcti(&[], &[old, new]), "swtpm:path=/run/tpm");
        assert_eq!(tcti(&[("tcti", "/dev/tpm1")], &[new]), "device:/dev/tpm1");
        assert!(config(&[("tcti", "tabrmd")], &[]).tcti().is_err());
    }

    #[test]
    fn secrets_come_as_openssl_takes_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("value");
        fs::write(&path, "from a file\r\nnot this\n").unwrap();
        let from_file = format!("file:{}", path.display());
        let shown = |auth: Auth| auth.is_empty();
        let auth = config(&[("key-auth", &from_file)], &[]).key_auth();
        assert!(!shown(auth.unwrap().unwrap()));
        fs::write(&path, "\nnot this\n").unwrap();
        let empty = config(&[("key-auth", &from_file)], &[("EMPTY", "")]).key_auth();
        assert!(empty.unwrap_err().to_string().contains("is empty"));
        let empty = config(&[("key-auth", "env:EMPTY")], &[("EMPTY", "")]).key_auth();
        assert_eq!(
            empty.unwrap_err().to_string(),
            "cannot read the setting `key-auth`: the variable `EMPTY` is empty"
        );
        let said = config(&[("key-auth", "pass:")], &[]).key_auth();
        assert!(shown(said.unwrap().unwrap()));
        fs::remove_file(&path).unwrap();
        let missing = config(&[("key-auth", &from_file)], &[]).key_auth();
        assert!(missing.unwrap_err().to_string().contains("key-auth"));
        assert!(
            config(&[("owner-auth", "secret")], &[])
                .owner_auth()
                .is_err()
        );
        assert!(!shown(
            config(&[("owner-auth", "pass:a:b")], &[])
                .owner_auth()
                .unwrap()
        ));
        assert!(config(&[], &[]).key_auth().unwrap().is_none());
        // As it is, with the colon.
        let old = [("TPM2OPENSSL_PARENT_AUTH", "x:y")];
        assert!(!shown(config(&[], &old).parent_auth().unwrap()));
        assert!(shown(config(&[], &old).owner_auth().unwrap()));
        assert!(!shown(
            config(&[], &old).owner_auth_at_need().unwrap().unwrap()
        ));
        let both = config(&[("owner-auth", "pass:x")], &old);
        assert!(both.owner_auth_at_need().unwrap().is_none());
    }

    #[test]
    fn keys_for_rsaes_alone_are_allowed_by_a_setting() {
        let allowed = |file: &[(&str, &str)], variables: &[(&str, &str)]| {
            config(file, variables)
                .allows_rsaes()
                .map_err(|error| error.to_string())
        };
        let (no, yes) = (("TPM2CA_ALLOW_RSAES", "no"), ("TPM2CA_ALLOW_RSAES", "yes"));
        assert_eq!(allowed(&[], &[]), Ok(false));
        assert_eq!(allowed(&[], &[no]), Ok(false));
        assert_eq!(allowed(&[], &[yes]), Ok(true));
        assert_eq!(allowed(&[("allow-rsaes", "0")], &[yes]), Ok(false));
        assert_eq!(allowed(&[("allow-rsaes", "On")], &[no]), Ok(true));
        assert_eq!(
            allowed(&[("allow-rsaes", "maybe")], &[]),
            Err(
                "cannot read the setting `allow-rsaes`: expected `yes` or `no`, found `maybe`"
                    .to_owned()
            )
        );
    }

    #[test]
    fn controls_take_values_as_they_are() {
        let owner = |value: &str| {
            let variables = [("SECRET", "x")];
            written(Notation::SourceOrBare, &[("owner-auth", value)], &variables).owner_auth()
        };
        for value in ["secret", "a:b", "pass:x", "env:SECRET"] {
            assert!(!owner(value).unwrap().is_empty(), "{value}");
        }
        assert!(owner("env:NOTHING").is_err());
        assert!(owner("pass:").unwrap().is_empty());
    }
}
