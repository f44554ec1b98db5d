//! subjectKeyIdentifier and authorityKeyIdentifier: RFC 5280 sections 4.2.1.1 and 4.2.1.2.

use tpm2ca_x509::{Extension, ObjectIdentifier, oid};

use super::ExtensionBuilder;
use crate::{
    context::{Issuer, Target},
    der::{self, tag},
    error::{OpensslError, Problem, shown},
    list::Item,
    scalar,
};

/// `hash`, `none`, or the identifier in hexadecimal digits. `none` has no effect but in
/// [`ExtensionBuilder::complete_key_identifiers`].
pub(super) fn subject(builder: &mut ExtensionBuilder<'_>, text: &[u8]) -> Result<Vec<u8>, Problem> {
    let identifier = match text {
        b"none" => Vec::new(),
        b"hash" => match builder.context.target {
            Target::Request { key_id, .. } | Target::Certificate { key_id, .. } => key_id.to_vec(),
            Target::Crl { .. } => {
                return Err(
                    Problem::new("a CRL has no subject whose key could be hashed")
                        .hint("remove it from the section for CRLs"),
                );
            }
        },
        _ => scalar::hex(text).map_err(|problem| {
            problem.hint("write `hash`, `none`, or the identifier in hexadecimal digits")
        })?,
    };
    Ok(der::tlv(tag::OCTET_STRING, &identifier))
}

/// How much is wanted of a part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    No,
    /// `keyid` if there is one, `issuer` if there is no `keyid`.
    Maybe,
    Always,
}

/// `keyid`, `issuer`, each with `:always`; `none`.
pub(super) fn authority(
    builder: &mut ExtensionBuilder<'_>,
    items: &[Item<'_>],
) -> Result<Vec<u8>, Problem> {
    if let [Item { name: b"none", .. }] = items {
        return Ok(der::tlv(tag::SEQUENCE, &[]));
    }
    let mut key_id = Wish::No;
    let mut issuer = Wish::No;
    for item in items {
        let wish = if item.value == Some(b"always") {
            Wish::Always
        } else {
            Wish::Maybe
        };
        match item.name {
            b"keyid" => key_id = wish,
            b"issuer" => issuer = wish,
            _ => {
                return Err(item.blame(
                    Problem::new(format!(
                        "expected `keyid`, `issuer` or `none`, found `{}`",
                        shown(item.name)
                    ))
                    .hint("write `keyid` or `keyid:always,issuer`"),
                ));
            }
        }
    }
    let issued_by = match builder.context.target {
        Target::Request { .. } => {
            return Err(
                Problem::new("a request has no issuer whose key could be named")
                    .hint("remove authorityKeyIdentifier from the section for requests"),
            );
        }
        Target::Certificate { issuer, .. } => issuer,
        Target::Crl { issuer } => Issuer::Other(issuer),
    };
    let own = matches!(issued_by, Issuer::Itself { .. });
    // A certificate that is its own issuer names its key only if it is told to.
    let identifier = if key_id == Wish::Always || (key_id == Wish::Maybe && !own) {
        let identifier = identifier_of(builder, issued_by)?;
        let is_none = identifier.as_ref().is_none_or(|id| id.len() <= 2);
        if is_none && (key_id == Wish::Always || issuer == Wish::No) {
            return Err(
                Problem::new("the issuer's certificate has no subjectKeyIdentifier")
                    .hint("write `keyid,issuer` to name it by its issuer and serial number"),
            );
        }
        identifier
    } else {
        None
    };
    let mut content = Vec::new();
    if let Some(identifier) = &identifier {
        der::push(&mut content, tag::context(0), identifier);
    }
    if issuer == Wish::Always || (issuer == Wish::Maybe && identifier.is_none()) {
        // Its own name as it was before `email:move` took addresses out of the subject.
        let (issuer_der, serial) = match (issued_by, builder.context.target) {
            (Issuer::Other(issuer), _) => (issuer.issuer_der, issuer.serial),
            (
                Issuer::Itself { serial },
                Target::Certificate { subject, .. } | Target::Request { subject, .. },
            ) => (subject.as_der(), serial),
            // Only certificates are their own issuers.
            (Issuer::Itself { .. }, Target::Crl { .. }) => {
                return Err(Problem::new("there is no subject"));
            }
        };
        let directory_name = der::tlv(tag::context_constructed(4), issuer_der);
        der::push(&mut content, tag::context_constructed(1), &directory_name);
        der::push(&mut content, tag::context(2), serial);
    }
    Ok(der::tlv(tag::SEQUENCE, &content))
}

/// The issuer's key identifier: what its certificate says, or, for a certificate that is its own issuer, its key.
fn identifier_of(
    builder: &ExtensionBuilder<'_>,
    issued_by: Issuer<'_>,
) -> Result<Option<Vec<u8>>, Problem> {
    let value = match issued_by {
        Issuer::Other(issuer) => issuer.subject_key_identifier,
        Issuer::Itself { .. } => builder.value_of(oid::SUBJECT_KEY_IDENTIFIER),
    };
    match (value, builder.context.target) {
        (Some(value), _) => der::content(value, tag::OCTET_STRING)
            .map(|id| Some(id.to_vec()))
            .ok_or_else(|| Problem::new("the issuer's subjectKeyIdentifier cannot be read")),
        (
            None,
            Target::Certificate {
                key_id,
                issuer: Issuer::Itself { .. },
                ..
            },
        ) => Ok(Some(key_id.to_vec())),
        (None, _) => Ok(None),
    }
}

pub(super) fn complete(builder: &mut ExtensionBuilder<'_>) -> Result<(), OpensslError> {
    let Target::Certificate { issuer, .. } = builder.context.target else {
        return Ok(());
    };
    if builder.list.is_empty() {
        return Ok(());
    }
    let text = b"subjectKeyIdentifier=hash";
    let value = subject(builder, b"hash").map_err(|problem| problem.in_text(text))?;
    settle(builder, oid::SUBJECT_KEY_IDENTIFIER, value, true);
    let text = b"authorityKeyIdentifier=keyid, issuer";
    let items = [b"keyid", &b"issuer"[..]].map(|name| Item {
        name,
        value: None,
        entry: None,
    });
    let value = authority(builder, &items).map_err(|problem| problem.in_text(text))?;
    settle(
        builder,
        oid::AUTHORITY_KEY_IDENTIFIER,
        value,
        !is_own_key(builder, issuer),
    );
    Ok(())
}

/// Whether the certificate is signed with the key it is about, be it its own issuer or not. A CA that renews its
/// certificate under an older one of the same key is told by the key identifier in it.
fn is_own_key(builder: &ExtensionBuilder<'_>, issuer: Issuer<'_>) -> bool {
    match (issuer, builder.context.target) {
        (Issuer::Itself { .. }, _) => true,
        (Issuer::Other(issuer), Target::Certificate { key_id, .. }) => {
            let identifier = issuer
                .subject_key_identifier
                .and_then(|value| der::content(value, tag::OCTET_STRING));
            identifier == Some(key_id)
        }
        (Issuer::Other(_), _) => false,
    }
}

/// Takes the extension away if it says `none`, adds it if it is not there.
fn settle(builder: &mut ExtensionBuilder<'_>, oid: ObjectIdentifier, value: Vec<u8>, add: bool) {
    match builder.list.iter().find(|made| made.oid == oid) {
        Some(made) if made.value.len() <= 2 => builder.list.retain(|made| made.oid != oid),
        None if add => builder.list.push(Extension {
            oid,
            critical: false,
            value,
        }),
        Some(_) | None => {}
    }
}
