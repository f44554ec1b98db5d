//! Which TPM, and what authorizes its use: from the provider's section in openssl.cnf, else from the environment.
//!
//! The file comes first, so that nobody who starts a daemon can turn it to another TPM by a variable.

use std::fs;

use tpm2ca_tpm::{Auth, Tcti};
use zeroize::Zeroizing;

use crate::error::Error;

/// What was said about the TPM. What is wrong with it is found out when it is needed, because OpenSSL loads its
/// providers for many purposes.
pub(crate) struct Config {
    tcti: Option<String>,
    owner_auth: Option<Secret>,
    parent_auth: Option<Secret>,
    /// tpm2-openssl has one value for whatever the parent is, and it stands there as it is.
    any_parent_auth: Option<Secret>,
    key_auth: Option<Secret>,
}

/// A secret or where it is.
struct Secret {
    setting: &'static str,
    source: Zeroizing<String>,
    /// It is the value itself, whatever it looks like.
    literal: bool,
}

impl Config {
    /// `section` looks into the provider's section of openssl.cnf, `variable` into the environment.
    pub(crate) fn new(
        section: impl Fn(&std::ffi::CStr) -> Option<String>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let from_file = |setting: &'static str, key| {
            section(key).map(|source| Secret {
                setting,
                source: source.into(),
                literal: false,
            })
        };
        let from_variable = |setting: &'static str, literal| {
            variable(setting).map(|source| Secret {
                setting,
                source: source.into(),
                literal,
            })
        };
        Self {
            tcti: section(c"tcti")
                .or_else(|| TCTI_VARIABLES.iter().find_map(|name| variable(name))),
            owner_auth: from_file("owner-auth", c"owner-auth")
                .or_else(|| from_variable("TPM2CA_OWNER_AUTH", false)),
            parent_auth: from_file("parent-auth", c"parent-auth")
                .or_else(|| from_variable("TPM2CA_PARENT_AUTH", false)),
            any_parent_auth: from_variable("TPM2OPENSSL_PARENT_AUTH", true),
            key_auth: from_file("key-auth", c"key-auth")
                .or_else(|| from_variable("TPM2CA_KEY_AUTH", false)),
        }
    }

    pub(crate) fn tcti(&self) -> Result<Tcti, Error> {
        Ok(self.tcti.as_deref().unwrap_or(DEFAULT_TCTI).parse()?)
    }

    pub(crate) fn owner_auth(&self) -> Result<Auth, Error> {
        value_or_empty(self.owner_auth.as_ref())
    }

    /// The value to try if [`Self::owner_auth`] is empty and the TPM wants one.
    pub(crate) fn owner_auth_at_need(&self) -> Result<Option<Auth>, Error> {
        match (&self.owner_auth, &self.any_parent_auth) {
            (None, Some(secret)) => secret.value().map(Some),
            _ => Ok(None),
        }
    }

    pub(crate) fn parent_auth(&self) -> Result<Auth, Error> {
        value_or_empty(self.parent_auth.as_ref().or(self.any_parent_auth.as_ref()))
    }

    /// Of keys that need one.
    pub(crate) fn key_auth(&self) -> Result<Option<Auth>, Error> {
        self.key_auth.as_ref().map(Secret::value).transpose()
    }
}

fn value_or_empty(secret: Option<&Secret>) -> Result<Auth, Error> {
    secret.map_or_else(|| Ok(Auth::empty()), Secret::value)
}

impl Secret {
    /// OpenSSL's pass phrase arguments: `pass:…`, `env:…`, `file:…` (its first line); openssl-passphrase-options(1).
    fn value(&self) -> Result<Auth, Error> {
        let problem = |reason: String| Error::Config {
            setting: self.setting,
            reason,
        };
        let octets = |text: &str| Auth::new(text.as_bytes().to_vec());
        if self.literal {
            return Ok(octets(&self.source));
        }
        match self.source.split_once(':') {
            Some(("pass", value)) => Ok(octets(value)),
            Some(("env", name)) => std::env::var(name)
                .map(|value| octets(&Zeroizing::new(value)))
                .map_err(|_| problem(format!("there is no variable `{name}`"))),
            Some(("file", path)) => {
                let text = fs::read(path)
                    .map(Zeroizing::new)
                    .map_err(|error| problem(format!("`{path}`: {error}")))?;
                let line = text
                    .split(|&octet| octet == b'\n')
                    .next()
                    .unwrap_or_default();
                Ok(Auth::new(line.strip_suffix(b"\r").unwrap_or(line).to_vec()))
            }
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

    use super::*;

    fn config(file: &[(&str, &str)], variables: &[(&str, &str)]) -> Config {
        let find = |list: &[(&str, &str)], name: &str| {
            let found = list.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Config::new(
            |key| find(file, key.to_str().unwrap()),
            |name| find(variables, name),
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
        let folder = std::env::temp_dir().join(format!("tpm2ca-config-{}", std::process::id()));
        fs::write(&folder, "from a file\r\nnot this\n").unwrap();
        let from_file = format!("file:{}", folder.display());
        let shown = |auth: Auth| auth.is_empty();
        let auth = config(&[("key-auth", &from_file)], &[]).key_auth();
        assert!(!shown(auth.unwrap().unwrap()));
        fs::remove_file(&folder).unwrap();
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
}
