//! What limits a CA: basic constraints, name constraints, policies; RFC 5280 sections 4.2.1.4, 4.2.1.9 and 4.2.1.10.

use tpm2ca_x509::{ObjectIdentifier, oid};

use super::{Report, hex, key_usage::allows, quote};
use crate::{
    context::Role,
    syntax,
    view::{GeneralName, NameConstraints, Subtree, View, kind, usage},
};

pub(crate) fn ca_is_ca(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.is_ca() && !view.decoded.basic_constraints.is_some_and(|bc| bc.ca),
        "the certificate of a CA lacks basic constraints with `cA TRUE`",
    );
}

pub(crate) fn ca_critical(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.is_ca() && view.is_critical(oid::BASIC_CONSTRAINTS) == Some(false),
        "the basic constraints of a CA are not critical",
    );
}

pub(crate) fn leaf_is_no_ca(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        !view.is_ca() && view.decoded.basic_constraints.is_some_and(|bc| bc.ca),
        "the certificate is for no CA but has basic constraints with `cA TRUE`",
    );
}

pub(crate) fn path_len_only_in_ca(view: &View<'_>, report: &mut Report<'_>) {
    if let Some(constraints) = view.decoded.basic_constraints
        && constraints.path_len.is_some()
        && !(constraints.ca && allows(view, usage::KEY_CERT_SIGN))
    {
        report.add("a path length stands without `cA TRUE` and `keyCertSign`");
    }
}

pub(crate) fn issuer_path_len(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.is_ca()
            && view
                .context
                .issuer
                .is_some_and(|issuer| issuer.path_len == Some(0)),
        "the issuer's path length is 0: no CA may be below it",
    );
}

pub(crate) fn path_len_below_issuer(view: &View<'_>, report: &mut Report<'_>) {
    let limit = view.context.issuer.and_then(|issuer| issuer.path_len);
    let own = view.decoded.basic_constraints.and_then(|bc| bc.path_len);
    if let (true, Some(limit @ 1..), Some(own)) = (view.is_ca(), limit, own)
        && own >= limit
    {
        report.add(format!(
            "the path length {own} is more than the issuer's, {limit}, leaves"
        ));
    }
}

pub(crate) fn root_path_len(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.context.role == Role::Root
            && view
                .decoded
                .basic_constraints
                .is_some_and(|bc| bc.path_len.is_some()),
        "a root certificate has a path length, which many verifiers ignore there",
    );
}

pub(crate) fn path_extensions_only_in_ca(view: &View<'_>, report: &mut Report<'_>) {
    if view.is_ca() {
        return;
    }
    for (oid, name) in ONLY_IN_CA {
        if view.extension(oid).is_some() {
            report.add(format!(
                "`{name}` stands in a certificate that is for no CA"
            ));
        }
    }
}

pub(crate) fn path_extensions_critical(view: &View<'_>, report: &mut Report<'_>) {
    for (oid, name) in CRITICAL {
        if view.is_critical(oid) == Some(false) {
            report.add(format!("`{name}` is not critical"));
        }
    }
}

pub(crate) fn names_not_empty(view: &View<'_>, report: &mut Report<'_>) {
    let Some(constraints) = &view.decoded.name_constraints else {
        return;
    };
    let NameConstraints {
        permitted,
        excluded,
    } = constraints;
    if permitted.is_none() && excluded.is_none() {
        report.add("the name constraints are empty");
    }
    for (list, name) in [(permitted, "permitted"), (excluded, "excluded")] {
        if list.as_ref().is_some_and(Vec::is_empty) {
            report.add(format!("the list of {name} names is there, and empty"));
        }
    }
}

pub(crate) fn names_without_distances(view: &View<'_>, report: &mut Report<'_>) {
    let constraints = view.decoded.name_constraints.iter();
    for Subtree {
        base,
        minimum,
        has_maximum,
    } in constraints.flat_map(NameConstraints::subtrees)
    {
        let has_minimum = minimum.is_some_and(|content| content != [0]);
        if has_minimum || *has_maximum {
            report.add(format!(
                "the name constraint {} has a minimum or maximum",
                show(base)
            ));
        }
    }
}

pub(crate) fn names_well_formed(view: &View<'_>, report: &mut Report<'_>) {
    let constraints = view.decoded.name_constraints.iter();
    for Subtree { base, .. } in constraints.flat_map(NameConstraints::subtrees) {
        let wrong = match base.kind() {
            kind::DNS => {
                let name = base.content.strip_prefix(b".").unwrap_or(base.content);
                !name.is_empty() && syntax::host_flaw(name).is_some()
            }
            kind::IP => !is_network(base.content),
            kind::EMAIL => match base.content.iter().rposition(|&octet| octet == b'@') {
                Some(_) => syntax::email_flaw(base.content).is_some(),
                None => is_bad_domain(base.content),
            },
            kind::URI => is_bad_domain(base.content),
            _ => false,
        };
        if wrong {
            report.add(format!(
                "the name constraint {} is not well-formed",
                show(base)
            ));
        }
    }
}

pub(crate) fn policies_distinct(view: &View<'_>, report: &mut Report<'_>) {
    let policies = view.decoded.policies.as_deref().unwrap_or_default();
    for (index, policy) in policies.iter().enumerate() {
        if policies.iter().take(index).any(|earlier| earlier == policy) {
            report.add(format!("the certificate policy {policy} occurs twice"));
        }
    }
}

pub(crate) fn policies_not_empty(view: &View<'_>, report: &mut Report<'_>) {
    report.add_if(
        view.decoded.policies.as_ref().is_some_and(Vec::is_empty),
        "the list of certificate policies is empty",
    );
}

pub(crate) fn leaf_not_any_policy(view: &View<'_>, report: &mut Report<'_>) {
    let mut policies = view.decoded.policies.iter().flatten();
    report.add_if(
        !view.is_ca() && policies.any(|policy| *policy == oid::ANY_POLICY),
        "a certificate that is for no CA has `anyPolicy`, which says nothing",
    );
}

const ONLY_IN_CA: [(ObjectIdentifier, &str); 4] = [
    (oid::NAME_CONSTRAINTS, "nameConstraints"),
    (oid::POLICY_CONSTRAINTS, "policyConstraints"),
    (oid::POLICY_MAPPINGS, "policyMappings"),
    (oid::INHIBIT_ANY_POLICY, "inhibitAnyPolicy"),
];

const CRITICAL: [(ObjectIdentifier, &str); 3] = [
    (oid::NAME_CONSTRAINTS, "nameConstraints"),
    (oid::POLICY_CONSTRAINTS, "policyConstraints"),
    (oid::INHIBIT_ANY_POLICY, "inhibitAnyPolicy"),
];

/// `host` or `.domain`.
fn is_bad_domain(name: &[u8]) -> bool {
    syntax::host_flaw(name.strip_prefix(b".").unwrap_or(name)).is_some()
}

/// An address, then a mask of ones followed by zeros (RFC 4632).
fn is_network(content: &[u8]) -> bool {
    if !matches!(content.len(), 8 | 32) {
        return false;
    }
    let (_, mask) = content.split_at(content.len() / 2);
    let ones: u32 = mask.iter().map(|octet| octet.leading_ones()).sum();
    let all_ones: u32 = mask.iter().map(|octet| octet.count_ones()).sum();
    let after_first_zero = mask.iter().skip_while(|&&octet| octet == 0xff).skip(1);
    ones == all_ones && after_first_zero.fold(0, |any, octet| any | octet) == 0
}

fn show(base: &GeneralName<'_>) -> String {
    match base.kind() {
        kind::DNS | kind::EMAIL | kind::URI => quote(base.content),
        _ => hex(base.content),
    }
}
