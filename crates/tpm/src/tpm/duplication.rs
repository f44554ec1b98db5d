//! Keys that come from outside, and keys that leave (TPM 2.0 Library Part 1, 23 "Duplication").

use crate::auth::Auth;
use crate::command::{Call, Reply, duplication};
use crate::error::TpmError;
use crate::keyfile::{KeyFile, KeyFileKind};
use crate::name::Name;
use crate::policy::{Credentials, KeyPolicy, PolicyStepKind, Way, digest_after};
use crate::rc::{self, Subject};
use crate::tpm::Tpm;
use crate::tpm::loaded::{KeyId, LoadedKey, Proof};
use crate::tpm::owner::Owner;
use crate::tpm::parent::{ParentInUse, ParentKey};
use crate::tpm::policy::UnderPolicy;
use crate::wire::command::TpmCommand;
use crate::wire::public::PublicArea;
use crate::wire::{Reader, WireError, Writer, code};
use crate::wrap::{ImportTemplate, ParentPublic, SoftwarePrivate, Wrapped};

/// The digest of the policy that lets a key be duplicated to the parent with this Name and to no other, and that
/// allows nothing else: [`PolicyStepKind::DuplicationSelect`] alone.
///
/// A key with this policy and `userWithAuth` still signs with its authorization value alone, and its file needs no
/// policy in it, so other programs load it too.
pub fn duplication_policy(new_parent: &Name) -> [u8; 32] {
    let steps = [select(new_parent)];
    digest_after([0; 32], &steps)
}

impl Tpm {
    /// Brings a private key into the TPM that was made elsewhere. It is not loaded afterwards.
    ///
    /// The key is wrapped on this machine for its parent, so it crosses encrypted like a key file, and so does the
    /// authorization value. Before that the TPM proves that it holds the parent. Which TPM it is only [`TpmOptions::expected_srk`](crate::TpmOptions::expected_srk) tells.
    ///
    /// # Errors
    /// [`TpmError::UnsupportedAlgorithm`], [`TpmError::UnsupportedKey`] when the numbers do not make a key,
    /// [`TpmError::AuthTooLong`] when `auth` has more than 32 octets.
    pub fn import_software_key(
        &self,
        key: SoftwarePrivate,
        template: ImportTemplate,
        auth: &Auth,
    ) -> Result<KeyFile, TpmError> {
        let auth = auth.clone();
        self.worker
            .call(move |owner| owner.import_software_key(&key, &template, &auth))
    }

    /// Duplicates a key to another TPM, given a storage key of that TPM: a whole `TPM2B_PUBLIC` or a bare
    /// `TPMT_PUBLIC`, as [`ParentPublic::from_octets`] reads it. The result is an importable key file, of use only in
    /// that TPM; [`Tpm::receive`] or [`Tpm::load`] there imports it. The key stays usable here.
    ///
    /// The key must have been made for it: with the policy of [`duplication_policy`], or one that the file holds and of
    /// which one way leads to this parent. Its authorization value is not what a TPM asks for here; it is proved all
    /// the same, because the duplicate keeps it and is worthless to whoever does not know it.
    ///
    /// # Errors
    /// [`TpmError::CannotLeave`] says why a key cannot go there, [`TpmError::BadParentPublic`] what is wrong with the
    /// public area; otherwise as [`Tpm::load`].
    pub fn duplicate(
        &self,
        key: &KeyFile,
        auth: Auth,
        new_parent_public: &[u8],
    ) -> Result<KeyFile, TpmError> {
        self.duplicate_with(key, auth, Credentials::default(), new_parent_public)
    }

    /// The same with what the policy asks for beyond the key's own authorization value, such as somebody's approval.
    ///
    /// # Errors
    /// As [`Tpm::duplicate`], and [`TpmError::Policy`].
    pub fn duplicate_with(
        &self,
        key: &KeyFile,
        auth: Auth,
        credentials: Credentials,
        new_parent_public: &[u8],
    ) -> Result<KeyFile, TpmError> {
        let new_parent = ParentPublic::from_octets(new_parent_public)?;
        let policy = may_leave(key, &new_parent)?;
        let key = key.clone();
        self.worker.call(move |owner| {
            let exit = Exit {
                policy: &policy,
                credentials: &credentials,
            };
            owner.duplicate(&key, &auth, &new_parent, &exit)
        })
    }

    /// Imports a key that was wrapped for this TPM, as [`Tpm::duplicate`], [`SoftwarePrivate::wrap_for`] and other
    /// programs do. The result is loadable in this TPM only; the file that was imported stays what it is.
    ///
    /// # Errors
    /// [`TpmError::NotWrappedForThis`] when it was wrapped for another parent, [`TpmError::UnsupportedKey`] when it is
    /// no importable key.
    pub fn receive(&self, file: &KeyFile) -> Result<KeyFile, TpmError> {
        let file = file.clone();
        self.worker.call(move |owner| owner.receive(&file))
    }

    /// The public area of the storage root key, a whole `TPM2B_PUBLIC`: what others duplicate and wrap keys with for
    /// this TPM. It has proved that it holds the private half.
    ///
    /// # Errors
    /// As [`Tpm::srk_name`].
    pub fn parent_public(&self) -> Result<Vec<u8>, TpmError> {
        self.worker.call(|owner| {
            let parent = owner.parent_in_use(ParentKey::STORAGE_ROOT)?;
            let parent = owner.proven_public(&parent)?;
            Ok(parent.as_tpm2b().to_vec())
        })
    }
}

impl Owner {
    fn import_software_key(
        &mut self,
        key: &SoftwarePrivate,
        template: &ImportTemplate,
        auth: &Auth,
    ) -> Result<KeyFile, TpmError> {
        let asked = key.algorithm();
        let capabilities = self.capabilities()?;
        if !capabilities.can_do(asked) {
            return Err(TpmError::UnsupportedAlgorithm {
                asked,
                can: capabilities.algorithms,
            });
        }
        let handle = template.parent.unwrap_or_default();
        let found = self.parent_in_use(ParentKey::new(handle, template.rsa_parent))?;
        let parent = self.proven_public(&found)?;
        self.done_with(&found);
        let mut template = template.clone();
        template.parent = Some(handle);
        let template = &template;
        let file = key.wrap_for(&parent, template, auth)?;
        let outcome = match self.receive(&file) {
            // Some TPMs take only their own way to write the default exponent, 0. It is part of the Name, so
            // everything is wrapped anew.
            Err(error)
                if matches!(
                    key,
                    SoftwarePrivate::Rsa {
                        exponent: code::RSA_DEFAULT_EXPONENT,
                        ..
                    }
                ) && error
                    .code()
                    .is_some_and(|code| code.subject() == Some(OBJECT_PUBLIC)) =>
            {
                let file = key.wrap_with_exponent(&parent, template, auth, Some(0))?;
                self.receive(&file)
            }
            outcome => outcome,
        };
        // Not all TPMs compare the halves of an RSA key before they load it. Nobody should throw the software key away
        // for a file that does not load.
        let outcome = outcome.and_then(|file| {
            if template.user_with_auth {
                let loaded = self.load(&file, auth.clone(), Proof::Now)?;
                self.unload(loaded.id);
            } else {
                // Its policy is not in the file yet, so it cannot be made ready for use.
                self.unload_all_but(1);
                let key = ParentKey::of(&file)?;
                let reply = self.load_under(key, file.private_blob(), file.public_blob())?;
                self.channel.release(reply.handle()?);
            }
            Ok(file)
        });
        outcome.map_err(|error| {
            if error.is_code(rc::BINDING) {
                TpmError::UnsupportedKey {
                    reason: "its numbers do not belong together".to_owned(),
                }
            } else {
                error
            }
        })
    }

    /// `TPM2_Import`.
    pub(super) fn receive(&mut self, file: &KeyFile) -> Result<KeyFile, TpmError> {
        let (KeyFileKind::Importable, Some(secret)) = (file.kind(), file.secret()) else {
            return Err(TpmError::UnsupportedKey {
                reason: file
                    .unsupported_reason()
                    .unwrap_or_else(|| "it was not wrapped for import".to_owned()),
            });
        };
        // The file's public area is sent as it is: the wrapper is bound to its Name.
        sized(file.public_blob(), "its public area")?;
        sized(file.private_blob(), "its private part")?;
        sized(secret, "the seed of its wrapper")?;
        let parent = self.parent_in_use(ParentKey::of(file)?)?;
        let call = duplication::import(
            (parent.handle, parent.name.clone()),
            file.public_blob(),
            file.private_blob(),
            secret,
        );
        let reply = match self.run(call, &parent.auth, &parent.what) {
            Ok(reply) => reply,
            Err(error) => return Err(why_no_import(error, parent.what)),
        };
        self.done_with(&parent);
        let mut private = Writer::new();
        private.sized(&duplication::imported(&reply)?, "outPrivate");
        let private = private.finish().map_err(|problem| bad(&reply, &problem))?;
        Ok(file.after_import(private.to_vec()))
    }

    fn duplicate(
        &mut self,
        file: &KeyFile,
        auth: &Auth,
        new_parent: &ParentPublic,
        exit: &Exit<'_>,
    ) -> Result<KeyFile, TpmError> {
        // Three slots are needed, which is all that a TPM must have: for the parent, the key and the new parent.
        self.unload_all_but(0);
        let LoadedKey { id, name, .. } = self.load(file, auth.clone(), Proof::Now)?;
        let outcome = self.duplicate_loaded((id, &name), auth, new_parent, exit);
        self.unload(id);
        outcome.map(|wrapped| {
            let Wrapped { duplicate, secret } = wrapped;
            file.wrapped_for(new_parent.in_key_file(), duplicate, secret)
        })
    }

    fn duplicate_loaded(
        &mut self,
        (id, name): (KeyId, &Name),
        auth: &Auth,
        new_parent: &ParentPublic,
        exit: &Exit<'_>,
    ) -> Result<Wrapped, TpmError> {
        let handle = self.channel.load_public(new_parent.as_tpm2b())?;
        let new_parent = (handle, new_parent.name().clone());
        let key = (self.ensure_loaded(id)?, name.clone());
        let reply = self.run_under_policy(&UnderPolicy {
            policy: exit.policy,
            credentials: exit.credentials,
            object: name,
            auth,
            what: "the key",
            call: &|| duplication::duplicate(key.clone(), new_parent.clone()),
        })?;
        let (duplicate, secret) = duplication::duplicated(&reply)?;
        let whole = |content: &[u8]| {
            let mut writer = Writer::new();
            writer.sized(content, "duplicate");
            let octets = writer.finish().map_err(|problem| bad(&reply, &problem))?;
            Ok::<_, TpmError>(octets.to_vec())
        };
        Ok(Wrapped {
            duplicate: whole(&duplicate)?,
            secret: whole(&secret)?,
        })
    }

    /// The public area of a parent, from the TPM that holds it: the answer comes through the session, whose key only
    /// the holder of the storage root key knows. Else whoever stands in between could have keys wrapped for himself.
    fn proven_public(&mut self, parent: &ParentInUse) -> Result<ParentPublic, TpmError> {
        let call = Call {
            command: TpmCommand::READ_PUBLIC,
            handles: vec![(parent.handle, parent.name.clone())],
            parameters: Writer::new(),
        };
        let reply = self.run(call, &Auth::empty(), SESSION)?;
        let area = reply.read(|reader| {
            let area = PublicArea::read_tpm2b(reader)?;
            reader.sized("name")?;
            reader.sized("qualifiedName")?;
            Ok(area)
        })?;
        let proven = ParentPublic::from_area(area)?;
        if *proven.name() != parent.name {
            return Err(TpmError::BadResponse {
                command: reply.command.name,
                problem: "it is about another key than the parent".to_owned(),
            });
        }
        Ok(proven)
    }
}

/// What allows a key to leave.
struct Exit<'a> {
    policy: &'a KeyPolicy,
    credentials: &'a Credentials,
}

/// The ways in which a key may go there. If there is none, says why, which a TPM would not.
fn may_leave(key: &KeyFile, new_parent: &ParentPublic) -> Result<KeyPolicy, TpmError> {
    let refuse = |reason: String| Err(TpmError::CannotLeave { reason });
    let area =
        PublicArea::from_tpm2b(key.public_blob()).map_err(|problem| TpmError::UnsupportedKey {
            reason: format!("its public area cannot be read: {problem}"),
        })?;
    if area.has(code::ATTR_FIXED_TPM) {
        return refuse(
            "it was made so that it can never leave its TPM (`fixedTPM`); no copy of it exists or can be made".to_owned(),
        );
    }
    if area.has(code::ATTR_FIXED_PARENT) {
        return refuse(
            "it was made so that it moves together with its parent key only (`fixedParent`)"
                .to_owned(),
        );
    }
    if area.has(code::ATTR_ENCRYPTED_DUPLICATION) {
        return refuse(
            "it was made so that it leaves only in a second, inner wrapper (`encryptedDuplication`), for whose key a key \
             file has no place"
                .to_owned(),
        );
    }
    if area.auth_policy.is_empty() {
        return refuse(
            "it was made without a policy that allows it, and its authorization value does not"
                .to_owned(),
        );
    }
    if area.name_alg != code::ALG_SHA256 {
        return refuse(format!(
            "its policy is not a SHA-256 digest (name algorithm {:#06x})",
            area.name_alg
        ));
    }
    let mut policy = KeyPolicy::of(key)?.unwrap_or(KeyPolicy { ways: Vec::new() });
    // A key that was made for nothing else needs no policy in its file.
    policy.ways.push(Way {
        name: "duplication".to_owned(),
        steps: vec![select(new_parent.name())],
    });
    policy.ways.retain(|way| {
        way.steps.iter().any(|step| {
            matches!(step, PolicyStepKind::DuplicationSelect { new_parent: allowed, .. } if allowed == new_parent.name())
        }) && digest_after([0; 32], &way.steps) == area.auth_policy.as_slice()
    });
    if policy.ways.is_empty() {
        return refuse(format!(
            "its policy does not allow duplication to the parent {}",
            new_parent.name()
        ));
    }
    Ok(policy)
}

fn select(new_parent: &Name) -> PolicyStepKind {
    PolicyStepKind::DuplicationSelect {
        // The object's Name depends on the digest of its policy.
        object: None,
        new_parent: new_parent.clone(),
    }
}

fn why_no_import(error: TpmError, tried: String) -> TpmError {
    let of_wrapper = error
        .code()
        .is_some_and(|code| code.base() == rc::INTEGRITY || code.subject() == Some(IN_SYM_SEED));
    if of_wrapper {
        TpmError::NotWrappedForThis { tried }
    } else {
        error
    }
}

/// Whether it is one `TPM2B` and nothing else; else what follows would be read as something it is not.
fn sized(blob: &[u8], what: &str) -> Result<(), TpmError> {
    let mut reader = Reader::new(blob);
    reader
        .sized("size")
        .and_then(|_| reader.finish("end"))
        .map_err(|problem| TpmError::UnsupportedKey {
            reason: format!("{what} is damaged: {problem}"),
        })
}

fn bad(reply: &Reply, problem: &WireError) -> TpmError {
    TpmError::BadResponse {
        command: reply.command.name,
        problem: problem.to_string(),
    }
}

/// Parameters of `TPM2_Import`.
const OBJECT_PUBLIC: Subject = Subject::Parameter(2);
const IN_SYM_SEED: Subject = Subject::Parameter(4);
const SESSION: &str = "the session";
