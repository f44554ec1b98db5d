//! DER, X.690.

use super::Report;
use crate::{
    canonical::{Rule, Violation},
    view::View,
};

pub(crate) fn canonical(view: &View<'_>, report: &mut Report<'_>) {
    let others = |violation: &&Violation| violation.rule != Rule::SetOrder;
    for violation in view.violations.iter().filter(others).take(SHOWN) {
        report.add(format!("{} at byte {}", violation.rule, violation.offset));
    }
}

pub(crate) fn set_order(view: &View<'_>, report: &mut Report<'_>) {
    let of_sets = |violation: &&Violation| violation.rule == Rule::SetOrder;
    for violation in view.violations.iter().filter(of_sets).take(SHOWN) {
        report.add(format!("{} at byte {}", violation.rule, violation.offset));
    }
}

/// X.690 section 11.5.
pub(crate) fn defaults_omitted(view: &View<'_>, report: &mut Report<'_>) {
    if view.version == Some(&[0]) {
        report.add("the version v1 is spelled out, though it is the default");
    }
    for extension in view.extensions.iter().filter(|e| e.explicit_default) {
        report.add(format!(
            "the extension {} spells out `critical FALSE`, which is the default",
            extension.oid
        ));
    }
    if view
        .decoded
        .basic_constraints
        .is_some_and(|bc| bc.explicit_default)
    {
        report.add("the basic constraints spell out `cA FALSE`, which is the default");
    }
    if let Some(constraints) = &view.decoded.name_constraints
        && constraints
            .subtrees()
            .any(|subtree| subtree.minimum == Some(&[0]))
    {
        report.add("a name constraint spells out `minimum 0`, which is the default");
    }
}

/// One wrong writer makes many violations of one kind; the first few tell it all.
const SHOWN: usize = 5;
