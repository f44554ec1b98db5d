//! Which extensions there are, and how each is made.

use tpm2ca_x509::{ObjectIdentifier, spelling::nearest};

use super::{
    ExtensionBuilder, access, basic, constraints, distribution_points, general_names,
    key_identifiers, netscape, policies, sign_tool,
};
use crate::{
    error::{Problem, shown},
    list::Item,
    objects::Objects,
};

/// How the value of an extension is made of its text.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Of the text as it stands.
    Text(fn(&mut ExtensionBuilder<'_>, &[u8]) -> Result<Vec<u8>, Problem>),
    /// Of a list, or of a section in its place.
    List(fn(&mut ExtensionBuilder<'_>, &[Item<'_>]) -> Result<Vec<u8>, Problem>),
}

/// `id-pe-proxyCertInfo`
pub(super) const PROXY_CERT_INFO: &str = "1.3.6.1.5.5.7.1.14";

/// By its short name, which is the only one that counts.
pub(super) fn by_name(name: &[u8], objects: &Objects) -> Result<(ObjectIdentifier, Kind), Problem> {
    let known = KINDS.iter().find(|(known, _)| known.as_bytes() == name);
    let Some(&(_, kind)) = known else {
        return Err(unknown(name, objects));
    };
    let oid = objects.require(name)?.fitting(name)?;
    Ok((oid, kind))
}

pub(super) fn no_proxies() -> Problem {
    Problem::new(
        "proxy certificates are issued by the holder of a certificate, not by a CA (RFC 3820)",
    )
    .hint("remove the extension; use `openssl x509 -req` with the user's own key for a proxy")
}

const KINDS: [(&str, Kind); 30] = [
    ("authorityInfoAccess", Kind::List(access::access)),
    (
        "authorityKeyIdentifier",
        Kind::List(key_identifiers::authority),
    ),
    ("basicConstraints", Kind::List(basic::basic_constraints)),
    ("certificatePolicies", Kind::Text(policies::policies)),
    (
        "crlDistributionPoints",
        Kind::List(distribution_points::points),
    ),
    ("extendedKeyUsage", Kind::List(basic::extended_key_usage)),
    ("freshestCRL", Kind::List(distribution_points::points)),
    (
        "inhibitAnyPolicy",
        Kind::Text(constraints::inhibit_any_policy),
    ),
    ("issuerAltName", Kind::List(general_names::issuer)),
    ("issuerSignTool", Kind::List(sign_tool::issuer)),
    (
        "issuingDistributionPoint",
        Kind::List(distribution_points::issuing),
    ),
    ("keyUsage", Kind::List(basic::key_usage)),
    ("nameConstraints", Kind::List(constraints::names)),
    ("noCheck", Kind::Text(basic::no_check)),
    ("nsBaseUrl", Kind::Text(netscape::text)),
    ("nsCaPolicyUrl", Kind::Text(netscape::text)),
    ("nsCaRevocationUrl", Kind::Text(netscape::text)),
    ("nsCertType", Kind::List(netscape::certificate_type)),
    ("nsComment", Kind::Text(netscape::text)),
    ("nsRenewalUrl", Kind::Text(netscape::text)),
    ("nsRevocationUrl", Kind::Text(netscape::text)),
    ("nsSslServerName", Kind::Text(netscape::text)),
    ("policyConstraints", Kind::List(constraints::policies)),
    ("policyMappings", Kind::List(policies::mappings)),
    ("proxyCertInfo", Kind::Text(|_, _| Err(no_proxies()))),
    ("subjectAltName", Kind::List(general_names::subject)),
    ("subjectInfoAccess", Kind::List(access::access)),
    ("subjectKeyIdentifier", Kind::Text(key_identifiers::subject)),
    ("subjectSignTool", Kind::Text(sign_tool::subject)),
    ("tlsfeature", Kind::List(basic::tls_feature)),
];

/// Names a text for: unknown to all, or without a way to write it but as bytes.
fn unknown(name: &[u8], objects: &Objects) -> Problem {
    let shown_name = shown(name);
    let names = KINDS.iter().map(|(name, _)| *name);
    if let Some(oid) = objects.by_any(name) {
        let by_oid = names
            .clone()
            .find(|name| objects.find(name).as_ref() == Some(&oid));
        if let Some(short) = by_oid {
            return Problem::new(format!(
                "an extension is named by its short name, `{shown_name}` is not one"
            ))
            .hint(format!("write `{short}`"));
        }
        return Problem::new(format!(
            "there is no text form for the extension `{shown_name}`"
        ))
        .hint("write its value as `ASN1:…` or as `DER:` and hexadecimal digits");
    }
    let problem = Problem::new(format!("there is no extension `{shown_name}`"));
    match nearest(&shown_name, names) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint("write the object identifier, and its value as `ASN1:…` or `DER:…`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_an_object_identifier() {
        for (name, _) in KINDS {
            assert!(by_name(name.as_bytes(), &Objects::new()).is_ok(), "{name}");
        }
        assert!(KINDS.is_sorted_by_key(|(name, _)| *name));
    }

    #[test]
    fn every_kind_is_documented() {
        let root = env!("CARGO_MANIFEST_DIR");
        let document = std::fs::read_to_string(format!("{root}/../../docs/from-openssl.md"));
        let document = document.unwrap_or_default();
        for (name, _) in KINDS {
            assert!(document.contains(&format!("`{name}`")), "{name}");
        }
    }
}
