//! What can be told about a key, for people and as a record.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};
use tpm2ca_tpm::{
    Copies, KeyAttributes, KeyFile, KeyFileKind, Origin, Parent, PersistentKey, Policy,
};

use crate::{
    output::Output,
    policy::words,
    text::{hex, printable},
};

/// One line about a key that was just written to a file.
pub(in crate::commands) fn made(path: &Path, file: &KeyFile, output: &Output) -> Result<()> {
    let facts = Facts::of_file(file)?;
    output.done(
        || facts.record("file", &path.display().to_string()),
        || {
            printable(&format!(
                "{}  {}  {}",
                path.display(),
                facts.attributes.algorithm,
                facts.copies
            ))
        },
    )?;
    Ok(())
}

/// What is known of a key.
pub(super) struct Facts {
    pub(super) attributes: KeyAttributes,
    pub(super) copies: Copies,
    kind: String,
    parent: Option<String>,
    auth: String,
    policies: Vec<(Option<String>, Policy)>,
    unknown_policy: Option<String>,
    description: Option<String>,
    problem: Option<String>,
}

impl Facts {
    /// Of a key in a file, without a TPM.
    pub(super) fn of_file(file: &KeyFile) -> Result<Self> {
        let attributes = file.attributes()?;
        let kind = match file.kind() {
            KeyFileKind::Loadable => "key file for the TPM it was made in",
            KeyFileKind::Importable => "wrapped for a TPM, which imports it whenever it is used",
            KeyFileKind::Sealed => "sealed data, not a key",
            _ => "another kind of file",
        };
        let (policies, unknown_policy) = match file.policies() {
            Ok(policies) => (policies, None),
            Err(problem) => (Vec::new(), Some(problem.to_string())),
        };
        Ok(Self {
            copies: file.copies()?,
            kind: kind.to_owned(),
            parent: Some(parent(file)),
            auth: auth(
                if file.needs_auth() {
                    "needed"
                } else {
                    "none needed"
                },
                file.needs_auth(),
                &attributes,
            ),
            policies,
            unknown_policy,
            description: file.description().map(str::to_owned),
            problem: file.unsupported_reason(),
            attributes,
        })
    }

    /// Of a key at a persistent handle. `auth` says whether it has a value.
    pub(super) fn of_handle(key: &PersistentKey, has_auth: Option<bool>) -> Result<Self> {
        let attributes = KeyAttributes::from_tpm2b_public(&key.public)?;
        let origin = match key.origin {
            Origin::StorageRoot => "the storage root key of this TPM",
            Origin::UnderStorageRoot => "the storage root key",
            _ => "another one than the storage root key",
        };
        let known = match has_auth {
            Some(true) => "needed",
            Some(false) => "none needed",
            None => "perhaps needed; a wrong try would count",
        };
        // What is there never was in a file that says more.
        let file = KeyFile::loadable(KeyFile::OWNER, true, key.public.clone(), Vec::new());
        Ok(Self {
            copies: file.copies()?,
            kind: if attributes.is_parent() {
                "storage key at a persistent handle, the parent of others".to_owned()
            } else {
                "key at a persistent handle".to_owned()
            },
            parent: Some(origin.to_owned()),
            auth: auth(known, has_auth != Some(false), &attributes),
            policies: Vec::new(),
            unknown_policy: None,
            description: None,
            problem: None,
            attributes,
        })
    }

    /// A record, with the place under `place`.
    pub(super) fn record(&self, place: &str, at: &str) -> Value {
        let Self {
            attributes,
            copies,
            kind,
            parent,
            auth: _,
            policies,
            unknown_policy: _,
            description,
            problem,
        } = self;
        let policies: Vec<Value> = policies
            .iter()
            .map(|(name, policy)| json!({ "name": name, "needs": words(policy) }))
            .collect();
        let mut record = json!({
            "kind": kind,
            "algorithm": attributes.algorithm.to_string(),
            "name": attributes.name.as_ref().map(ToString::to_string),
            "parent": parent,
            "auth": self.auth,
            "lockout_protected": !attributes.no_da,
            "user_with_auth": attributes.user_with_auth,
            "policy_digest": (!attributes.policy.is_empty()).then(|| hex(&attributes.policy)),
            "policies": policies,
            "only_one": copies.is_only_one(),
            "copies": copies.to_string(),
            "description": description,
            "problem": problem,
        });
        if let Some(fields) = record.as_object_mut() {
            fields.insert(place.to_owned(), at.into());
        }
        record
    }

    /// A table for people.
    pub(super) fn table(&self, place: &str, at: &str) -> String {
        let mut lines = vec![
            (place.to_owned(), at.to_owned()),
            ("kind".to_owned(), self.kind.clone()),
            (
                "algorithm".to_owned(),
                self.attributes.algorithm.to_string(),
            ),
        ];
        let mut line = |name: &str, value: &str| lines.push((name.to_owned(), value.to_owned()));
        if let Some(name) = &self.attributes.name {
            line("name", &name.to_string());
        }
        if let Some(parent) = &self.parent {
            line("parent", parent);
        }
        line("auth", &self.auth);
        for (at, need) in self.needs().iter().enumerate() {
            line(if at == 0 { "policy" } else { "" }, need);
        }
        line("copies", &self.copies.to_string());
        if let Some(description) = &self.description {
            line("description", description);
        }
        if let Some(problem) = &self.problem {
            line("problem", problem);
        }
        let lines: Vec<String> = lines
            .iter()
            .map(|(name, value)| printable(&format!("{name:<12} {value}")))
            .collect();
        lines.join("\n")
    }

    /// Ways to satisfy the policy, one a line.
    fn needs(&self) -> Vec<String> {
        if self.attributes.policy.is_empty() {
            return Vec::new();
        }
        if let Some(problem) = &self.unknown_policy {
            return vec![problem.clone()];
        }
        if self.policies.is_empty() {
            return vec![if self.attributes.user_with_auth {
                "for duplication only, or not in the file".to_owned()
            } else {
                "one that is not known here".to_owned()
            }];
        }
        // With signed policies, the first says that there are such.
        let mut number = 0;
        let several = self.policies.len() > 1;
        self.policies
            .iter()
            .enumerate()
            .map(|(at, (name, policy))| {
                let need = words(policy);
                if at == 0 {
                    return need;
                }
                number += 1;
                match name {
                    Some(name) => format!("{number}: `{name}`: {need}"),
                    None if several => format!("{number}: or {need}"),
                    None => need,
                }
            })
            .collect()
    }
}

fn auth(known: &str, may_have_one: bool, attributes: &KeyAttributes) -> String {
    let by_policy = if attributes.user_with_auth {
        ""
    } else {
        ", and its use takes the policy"
    };
    let guarded = match (may_have_one, attributes.no_da) {
        (true, false) => "; wrong tries count towards lockout",
        (true, true) => "; wrong tries do not count towards lockout",
        (false, _) => "",
    };
    format!("{known}{guarded}{by_policy}")
}

fn parent(file: &KeyFile) -> String {
    let template = if file.rsa_parent() { ", RSA-2048" } else { "" };
    match Parent::try_from(file.parent()) {
        Ok(Parent::Owner) if !file.rsa_parent() => "the storage root key".to_owned(),
        Ok(Parent::Owner) => format!("the primary key of the owner hierarchy{template}"),
        Ok(Parent::Endorsement) => {
            format!("the primary key of the endorsement hierarchy{template}")
        }
        Ok(Parent::Platform) => format!("the primary key of the platform hierarchy{template}"),
        Ok(Parent::Null) => format!("the primary key of the null hierarchy{template}"),
        Ok(Parent::Handle(handle)) => format!("the key at {handle:#010x}"),
        Err(problem) => problem.to_string(),
    }
}
