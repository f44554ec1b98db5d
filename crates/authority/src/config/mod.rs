//! `ca.toml`: what a CA directory says about itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::AuthorityError;

mod check;

pub(crate) use check::{URL_HINT, url_flaw};

/// The version of the directory's layout that this program writes and reads.
pub const FORMAT: u32 = 1;

/// The whole of `ca.toml`. Unknown keys are errors: a misspelt one would otherwise be silently without effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaConfig {
    /// Version of the layout, [`FORMAT`].
    pub format: u32,
    /// The name given at `init`, for people.
    pub name: String,
    /// The issuer that signs when none is asked for.
    pub default_issuer: String,
    /// The TPM that holds the keys.
    pub tpm: TpmConfig,
    /// The issuers, by name.
    pub issuer: BTreeMap<String, IssuerConfig>,
}

/// Which TPM holds the keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TpmConfig {
    /// TCTI string of the TPM the keys were made in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcti: Option<String>,
    /// Name of its storage root key (TPM 2.0 Library Part 1, 16 "Names"), hexadecimal. Pinned: a TPM with another
    /// one is refused, because a salted session alone does not tell who is at the other end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub srk: Option<String>,
}

/// One issuer: a certificate, its key, and what goes into the certificates it signs. Paths are relative to the
/// CA's directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// Key file: TSS2 PRIVATE KEY or PKCS#8, told apart by content. Or a key in the TPM, such as `handle:0x81000010`.
    pub key: String,
    /// Its certificate, PEM.
    pub certificate: String,
    /// The issuer above it; none for a root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Where the newest CRL is kept, DER.
    pub crl: String,
    /// Days from a CRL to the next.
    #[serde(default = "default_crl_days")]
    pub crl_days: u32,
    /// Hours from a delta CRL to the next.
    #[serde(
        default = "default_delta_hours",
        skip_serializing_if = "is_default_delta_hours"
    )]
    pub delta_hours: u32,
    /// Into how many lists the CRL is divided; 0 for one list of all. What may be changed later: docs/revocation.md.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub crl_shards: u32,
    /// URLs for the CRL distribution points of certificates it signs (RFC 5280 section 4.2.1.13). With shards,
    /// `{shard}` stands for the one that a certificate belongs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crl_urls: Vec<String>,
    /// URLs of delta CRLs, for the complete ones (RFC 5280 section 5.2.6). With shards, they have `{shard}` as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delta_urls: Vec<String>,
    /// OCSP URLs for the authority information access of certificates it signs (RFC 5280 section 4.2.2.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ocsp_urls: Vec<String>,
    /// Where its own certificate can be had; also for the authority information access.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ca_issuers_urls: Vec<String>,
}

impl CaConfig {
    /// Reads the text of a `ca.toml`.
    ///
    /// # Errors
    /// [`AuthorityError::NewerDirectory`] for a later layout, [`AuthorityError::Config`] with the line or the key for
    /// anything else that is wrong: unknown keys, issuers that are not there, parents in a circle, URLs that nobody
    /// can fetch from.
    pub fn parse(text: &str, path: &str) -> Result<Self, AuthorityError> {
        // The version comes first: a later layout may have keys that this one does not know.
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let wrong = |message: String, hint: Option<String>| AuthorityError::Config {
            path: path.to_owned(),
            message,
            hint,
        };
        let unreadable = |error: toml::de::Error| wrong(error.to_string(), None);
        let Version { format } = toml::from_str(text).map_err(unreadable)?;
        if format > FORMAT {
            return Err(AuthorityError::NewerDirectory {
                path: path.to_owned(),
                found: format,
                known: FORMAT,
            });
        }
        if format < FORMAT {
            let message = format!("there is no format {format}");
            let hint = format!("directories have `format = {FORMAT}`");
            return Err(wrong(message, Some(hint)));
        }
        let config: Self = toml::from_str(text).map_err(unreadable)?;
        check::check(&config).map_err(|flaw| wrong(flaw.message, Some(flaw.hint)))?;
        Ok(config)
    }

    /// The text of a `ca.toml`.
    ///
    /// # Errors
    /// [`AuthorityError::Config`] if a value cannot be written in TOML.
    pub fn to_toml(&self) -> Result<String, AuthorityError> {
        let body = toml::to_string(self).map_err(|error| AuthorityError::Config {
            path: "ca.toml".to_owned(),
            message: error.to_string(),
            hint: None,
        })?;
        Ok(format!(
            "# A tpm2ca certificate authority. URLs may be added; the rest is written by `tpm2ca init`.\n{body}"
        ))
    }
}

impl IssuerConfig {
    /// The table of a `ca.toml`, for one more issuer at its end.
    pub(crate) fn to_toml(&self, name: &str) -> Result<String, AuthorityError> {
        let table = BTreeMap::from([("issuer", BTreeMap::from([(name, self)]))]);
        toml::to_string(&table).map_err(|error| AuthorityError::Config {
            path: "ca.toml".to_owned(),
            message: error.to_string(),
            hint: None,
        })
    }
}

fn default_crl_days() -> u32 {
    7
}

fn default_delta_hours() -> u32 {
    24
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_default_delta_hours(hours: &u32) -> bool {
    *hours == default_delta_hours()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn example() -> CaConfig {
        CaConfig {
            format: FORMAT,
            name: "Acme".into(),
            default_issuer: "root".into(),
            tpm: TpmConfig {
                tcti: Some("device:/dev/tpmrm0".into()),
                srk: Some("000b".into()),
            },
            issuer: BTreeMap::from([(
                "root".into(),
                IssuerConfig {
                    key: "root.key".into(),
                    certificate: "root.crt".into(),
                    parent: None,
                    crl: "root.crl".into(),
                    crl_days: 180,
                    delta_hours: 24,
                    crl_shards: 0,
                    delta_urls: Vec::new(),
                    crl_urls: vec!["http://example.com/root.crl".into()],
                    ocsp_urls: vec![],
                    ca_issuers_urls: vec![],
                },
            )]),
        }
    }

    #[test]
    fn reads_what_it_writes() {
        let text = example().to_toml().unwrap();
        assert_eq!(CaConfig::parse(&text, "ca.toml").unwrap(), example());
    }

    #[test]
    fn refuses_unknown_keys_with_the_line() {
        let text = example().to_toml().unwrap().replace("crl_days", "crl_dayz");
        let error = CaConfig::parse(&text, "ca.toml").unwrap_err().to_string();
        assert!(
            error.contains("crl_dayz") && error.contains("line"),
            "{error}"
        );
    }

    #[test]
    fn a_newer_layout_is_told_apart_from_a_mistake() {
        let text = "format = 2\nbrand_new = true\n";
        assert!(matches!(
            CaConfig::parse(text, "ca.toml"),
            Err(AuthorityError::NewerDirectory { found: 2, .. })
        ));
        assert!(matches!(
            CaConfig::parse("format = 0\n", "ca.toml"),
            Err(AuthorityError::Config { .. })
        ));
    }

    /// What is said of a configuration, and the hint.
    fn complaint(change: impl FnOnce(&mut CaConfig)) -> (String, String) {
        let mut config = example();
        change(&mut config);
        let error = CaConfig::parse(&config.to_toml().unwrap(), "/srv/ca/ca.toml").unwrap_err();
        (error.to_string(), error.hint().unwrap())
    }

    #[test]
    fn urls_are_checked_when_the_file_is_read() {
        let (said, hint) = complaint(|config| {
            let root = config.issuer.get_mut("root").unwrap();
            root.ocsp_urls = vec!["ocsp.example.com".into()];
        });
        assert_eq!(
            said,
            "`/srv/ca/ca.toml`: `issuer.root.ocsp_urls`: `ocsp.example.com` is not a whole URL"
        );
        assert!(hint.contains("http://"), "{hint}");
    }

    #[test]
    fn issuers_that_are_referred_to_must_be_there() {
        let (said, hint) = complaint(|config| config.default_issuer = "rooot".into());
        assert!(said.contains("`default_issuer` names `rooot`"), "{said}");
        assert_eq!(hint, "there are: root");
        let (said, _) = complaint(|config| {
            config.issuer.get_mut("root").unwrap().parent = Some("above".into());
        });
        assert!(
            said.contains("`issuer.root.parent` names `above`"),
            "{said}"
        );
        let (said, _) = complaint(|config| config.issuer.get_mut("root").unwrap().crl_days = 0);
        assert!(said.contains("crl_days"), "{said}");
    }

    #[test]
    fn parents_in_a_circle_are_an_error() {
        let (said, _) = complaint(|config| {
            let root = config.issuer.get_mut("root").unwrap();
            root.parent = Some("child".into());
            let mut child = root.clone();
            child.parent = Some("root".into());
            config.issuer.insert("child".into(), child);
        });
        assert!(said.contains("child -> root -> child"), "{said}");
    }
}
