//! What a `ca.toml` can have wrong although every key of it is known.

use super::{CaConfig, IssuerConfig};
use crate::Shard;

/// What is wrong, and what to do about it.
pub(super) struct Flaw {
    pub(super) message: String,
    pub(super) hint: String,
}

/// Everything that would otherwise be found out by the first certificate, or never.
pub(super) fn check(config: &CaConfig) -> Result<(), Flaw> {
    let names: Vec<&str> = config.issuer.keys().map(String::as_str).collect();
    let missing = |key: String, name: &str| Flaw {
        message: format!("`{key}` names `{name}`, which has no `[issuer.{name}]`"),
        hint: format!("there are: {}", names.join(", ")),
    };
    if !config.issuer.contains_key(&config.default_issuer) {
        return Err(missing("default_issuer".to_owned(), &config.default_issuer));
    }
    for (name, issuer) in &config.issuer {
        if let Some(parent) = &issuer.parent
            && !config.issuer.contains_key(parent)
        {
            return Err(missing(format!("issuer.{name}.parent"), parent));
        }
        if issuer.crl_days == 0 {
            return Err(Flaw {
                message: format!("`issuer.{name}.crl_days` is 0: a CRL would be stale at once"),
                hint: "a week is usual: crl_days = 7".to_owned(),
            });
        }
        if issuer.delta_hours == 0 {
            return Err(Flaw {
                message: format!(
                    "`issuer.{name}.delta_hours` is 0: a delta CRL would be stale at once"
                ),
                hint: "a day is usual: delta_hours = 24".to_owned(),
            });
        }
        shards(name, issuer)?;
        urls(name, issuer)?;
        line_of_parents(config, name)?;
    }
    Ok(())
}

/// A certificate whose URL does not tell its shard could not be looked up.
fn shards(name: &str, issuer: &IssuerConfig) -> Result<(), Flaw> {
    let count = issuer.crl_shards;
    let hint = format!(
        "shards look like crl_shards = 16 and crl_urls = [\"http://pki.example.com/ca-{}.crl\"]",
        Shard::PLACE
    );
    if count > Shard::MAX {
        let message = format!(
            "`issuer.{name}.crl_shards` is {count}, and {} are the most",
            Shard::MAX
        );
        return Err(Flaw { message, hint });
    }
    for (key, list) in [
        ("crl_urls", &issuer.crl_urls),
        ("delta_urls", &issuer.delta_urls),
    ] {
        for url in list {
            let message = match (count, url.contains(Shard::PLACE)) {
                (0, true) => format!(
                    "`issuer.{name}.{key}`: `{url}` is for shards, and there is no `crl_shards`"
                ),
                (1.., false) => format!(
                    "`issuer.{name}.{key}`: `{url}` lacks `{}`, which tells the {count} shards apart",
                    Shard::PLACE
                ),
                _ => continue,
            };
            return Err(Flaw { message, hint });
        }
    }
    if count > 0 && issuer.crl_urls.is_empty() {
        let message = format!("`issuer.{name}.crl_shards` is {count}, and there are no `crl_urls`");
        return Err(Flaw { message, hint });
    }
    Ok(())
}

fn urls(name: &str, issuer: &IssuerConfig) -> Result<(), Flaw> {
    let lists = [
        ("crl_urls", &issuer.crl_urls),
        ("delta_urls", &issuer.delta_urls),
        ("ocsp_urls", &issuer.ocsp_urls),
        ("ca_issuers_urls", &issuer.ca_issuers_urls),
    ];
    for (key, list) in lists {
        for url in list {
            if let Some(problem) = url_flaw(&url.replace(Shard::PLACE, "0")) {
                return Err(Flaw {
                    message: format!("`issuer.{name}.{key}`: `{}` {problem}", url.escape_debug()),
                    hint: URL_HINT.to_owned(),
                });
            }
        }
    }
    Ok(())
}

/// Up to the root there are never more steps than issuers, unless it goes round in a circle.
fn line_of_parents(config: &CaConfig, name: &str) -> Result<(), Flaw> {
    let mut line = vec![name];
    while let Some(parent) = line
        .last()
        .and_then(|last| config.issuer.get(*last)?.parent.as_deref())
    {
        let is_circle = line.contains(&parent);
        line.push(parent);
        if is_circle {
            return Err(Flaw {
                message: format!("the issuers are above themselves: {}", line.join(" -> ")),
                hint: "a root has no `parent`".to_owned(),
            });
        }
    }
    Ok(())
}

/// What keeps verifiers from fetching something from a URL (RFC 5280 section 4.2.1.13, RFC 3986).
pub(crate) fn url_flaw(url: &str) -> Option<&'static str> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Some("is not a whole URL");
    };
    let known = ["http", "https", "ldap", "ldaps"];
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_allowed = |octet: u8| octet.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&octet);
    if !known.iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        Some("is neither http nor ldap")
    } else if !url.bytes().all(is_allowed) {
        Some("has a character that must be escaped")
    } else if host.is_empty() && !scheme.eq_ignore_ascii_case("ldap") {
        Some("has no host")
    } else {
        None
    }
}

pub(crate) const URL_HINT: &str = "a URL looks like http://pki.example.com/ca.crl";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_can_be_fetched() {
        for good in [
            "http://pki.example.com/ca.crl",
            "HTTP://10.0.0.1:8080/",
            "https://[2001:db8::1]/a%20b.crl?x=1",
            "ldap:///cn=CA,dc=example?certificateRevocationList",
        ] {
            assert_eq!(url_flaw(good), None, "{good}");
        }
        for bad in [
            "",
            "pki.example.com/ca.crl",
            "http:/pki.example.com",
            "http:///ca.crl",
            "http://",
            "ftp://pki.example.com/ca.crl",
            "file:///etc/passwd",
            "http://pki.example.com/my ca.crl",
            "http://pki.exämple.com/ca.crl",
            "http://pki.example.com/\n",
        ] {
            assert!(url_flaw(bad).is_some(), "{bad:?}");
        }
    }
}
