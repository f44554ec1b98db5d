//! Whatever is asked in whatever order, the store does what a simple model of it does.

use std::collections::BTreeMap;

use crate::database::{Ca, New};
use crate::fixture::{Calls, NOW, certificate, reserve};
use proptest::prelude::*;
use tpm2ca_store::{CrlScope, Reserved, State};

#[derive(Clone, Copy, Debug)]
enum Step {
    Reserve,
    Record,
    Release,
    /// 0 is unspecified.
    Revoke(u8),
    Unrevoke,
}

#[derive(Default)]
struct Model {
    state: Option<State>,
    reason: Option<u8>,
    reserved: Option<Reserved>,
}

impl Model {
    /// Takes the step on both sides and says whether they agree on its success.
    fn step(&mut self, ca: &Ca, serial: &[u8], step: Step) -> (bool, bool) {
        let open = self.state == Some(State::Reserved) && self.reason.is_none();
        match step {
            Step::Reserve => {
                let expected = self.state.is_none();
                let result = reserve(&*ca.store, ca.issuer, serial);
                let succeeded = result.is_ok();
                if let Ok(reserved) = result {
                    (self.state, self.reserved) = (Some(State::Reserved), Some(reserved));
                }
                (succeeded, expected)
            }
            Step::Record | Step::Release => {
                let Some(reserved) = self.reserved.take() else {
                    return (true, true);
                };
                let (result, state) = match step {
                    Step::Record => {
                        let result = ca.store.record(reserved, &certificate(serial).1, None, NOW);
                        (result.map(drop), State::Issued)
                    }
                    _ => (ca.store.release(reserved, "lockout", NOW), State::Void),
                };
                if result.is_ok() {
                    self.state = Some(state);
                }
                (result.is_ok(), open)
            }
            Step::Revoke(reason) => {
                let possible = matches!(self.state, Some(State::Reserved | State::Issued));
                let expected = possible
                    && match self.reason {
                        None => true,
                        Some(before) => before == 6 && reason != 6,
                    };
                let result = ca.revoke(serial, Some(reason), NOW);
                if result.is_ok() {
                    self.reason = Some(reason);
                }
                (result.is_ok(), expected)
            }
            Step::Unrevoke => {
                let expected = self.reason == Some(6);
                let result = ca.store.unrevoke(ca.issuer, serial, "uid:0", NOW);
                if result.is_ok() {
                    self.reason = None;
                }
                (result.is_ok(), expected)
            }
        }
    }
}

pub(crate) fn agrees_with_the_model(new: New) {
    let config = ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let steps = proptest::collection::vec((1u8..5, step()), 1..60);
    proptest!(config, |(steps in steps)| {
        let ca = Ca::new(new);
        let mut models: BTreeMap<u8, Model> = BTreeMap::new();
        for (serial, step) in steps {
            let (succeeded, expected) = models.entry(serial).or_default().step(&ca, &[serial], step);
            prop_assert_eq!(succeeded, expected, "{:?} of {}", step, serial);
        }
        let mut on_crl = Vec::new();
        for (serial, model) in &models {
            let found = ca.store.find_by_serial(Some(ca.issuer), &[*serial]).unwrap();
            prop_assert_eq!(found.first().map(|row| row.state), model.state);
            if let (Some(row), Some(reason)) = (found.first(), model.reason) {
                let reason = (reason != 0).then_some(reason);
                prop_assert_eq!((row.revoked_at, row.reason), (Some(NOW), reason));
                on_crl.push(vec![*serial]);
            }
        }
        let crl = ca.store.begin_crl(ca.issuer, CrlScope::default(), NOW).unwrap();
        let serials: Vec<_> = crl.entries().map(|row| row.unwrap().serial).collect();
        prop_assert_eq!(serials, on_crl);
        let report = ca.store.check().unwrap();
        prop_assert!(report.is_clean(), "{:#?}", report.problems);
    });
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Reserve),
        3 => Just(Step::Record),
        1 => Just(Step::Release),
        2 => prop_oneof![Just(0), Just(1), Just(6)].prop_map(Step::Revoke),
        1 => Just(Step::Unrevoke),
    ]
}
