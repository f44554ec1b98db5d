//! Policies in key files: writing them, adding and removing signed ones.

use super::{AuthPolicy, KeyFile, PolicyStep};
use crate::error::PolicyError;
use crate::policy::{KeyPolicy, Policy, Way};

impl KeyFile {
    /// The same key with the steps of the policy it was made under.
    ///
    /// A policy with an OR has several ways: the first becomes `policy`, the others `authPolicy`. The draft has no OR;
    /// programs that go by it alone take the first way.
    #[must_use]
    pub fn with_policy(mut self, policy: &Policy) -> Self {
        let mut ways = policy.alternatives().into_iter();
        self.policy = ways.next().unwrap_or_default();
        self.auth_policy = ways
            .map(|policy| AuthPolicy { name: None, policy })
            .collect();
        self
    }

    /// Adds a signed policy ([`sign_policy`](crate::sign_policy)), to be tried before those that are there: the newest
    /// is the likeliest. One of the same name is replaced.
    pub fn add_signed_policy(&mut self, policy: AuthPolicy) {
        if policy.name.is_some() {
            self.auth_policy.retain(|other| other.name != policy.name);
        }
        self.auth_policy.insert(0, policy);
    }

    /// Takes a signed policy out, counted from 0. Whoever still has it can put it back: a signature does not expire.
    pub fn remove_signed_policy(&mut self, index: usize) -> Option<AuthPolicy> {
        (index < self.auth_policy.len()).then(|| self.auth_policy.remove(index))
    }

    /// The key's own policy, then the signed ones and other ways that are in the file, each with the name that people
    /// gave it.
    ///
    /// # Errors
    /// As [`Policy::from_steps`].
    pub fn policies(&self) -> Result<Vec<(Option<String>, Policy)>, PolicyError> {
        let mut policies = Vec::new();
        if !self.policy.is_empty() {
            policies.push((None, Policy::from_steps(&self.policy)?));
        }
        for AuthPolicy { name, policy } in &self.auth_policy {
            policies.push((name.clone(), Policy::from_steps(policy)?));
        }
        Ok(policies)
    }

    /// Whether no signature is possible without the key's own authorization value: the file says that there is one, and
    /// no policy makes it needless in one way at least.
    pub fn asks_for_auth(&self) -> bool {
        if !self.needs_auth() {
            return false;
        }
        match KeyPolicy::of(self) {
            Ok(Some(policy)) => {
                let by_value_alone = self
                    .attributes()
                    .is_ok_and(|attributes| attributes.user_with_auth);
                policy.ways.iter().all(Way::needs_auth_value)
                    || (by_value_alone && policy.ways.iter().all(Way::is_for_other_use))
            }
            // What is wrong with the policy is said when the key is loaded.
            Ok(None) | Err(_) => true,
        }
    }

    /// Why the policy of the key cannot be run here, if it has one and it cannot.
    pub(super) fn unsupported_policy(&self) -> Option<String> {
        let problem = KeyPolicy::of(self).err()?;
        Some(problem.to_string())
    }

    /// The policy steps of the key's own policy, for those who build it up by hand.
    #[must_use]
    pub fn with_policy_steps(mut self, policy: Vec<PolicyStep>) -> Self {
        self.policy = policy;
        self
    }
}
