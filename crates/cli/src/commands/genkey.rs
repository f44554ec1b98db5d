//! `tpm2ca genkey`, which is also `tpm2tss-genkey`: a key in the TPM and its file.

use std::{path::Path, time::Instant};

use anyhow::Result;
use tpm2ca_keys::{KeyAlgorithm, SoftwareKey};
use tpm2ca_tpm::{
    Algorithm, Auth, Curve, ImportTemplate, KeyFile, KeyOptions, Parent, ParentPublic, TpmError,
};

use super::key::report;
use crate::{
    algorithm,
    args::{
        Global,
        genkey::{Alg, Genkey, Guards, TssGenkey, TssOptions},
    },
    auth,
    context::own_files,
    error::{CliError, Code},
    interrupt::interruptible,
    key_file,
    key_tpm::KeyTpm,
    output::Output,
    policy::{Guard, guard},
    secret::Secret,
};

pub(super) fn run(global: &Global, args: &Genkey, output: &Output) -> Result<Code> {
    let global = merged(global, &args.tss, output)?;
    let file = make(&global, args, Manners::Ours, output)?;
    report::made(&args.tss.file, &file, output)?;
    Ok(Code::Done)
}

/// Under the name `tpm2tss-genkey`. That tool says nothing when all is well.
pub(crate) fn tss(args: &TssGenkey, output: &Output) -> Result<Code> {
    let args = Genkey {
        tss: args.options.clone(),
        guards: Guards::default(),
        importable: None,
        description: None,
        force: false,
    };
    let global = merged(&Global::default(), &args.tss, output)?;
    make(&global, &args, Manners::TssGenkey, output)?;
    Ok(Code::Done)
}

/// Whose habits are followed where the two differ.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manners {
    /// Options that contradict one another are an error.
    Ours,
    /// A curve is not looked at with RSA, nor a size with ECDSA.
    TssGenkey,
}

/// Our options with what its options say, and a warning about secrets that can be seen.
fn merged(global: &Global, tss: &TssOptions, output: &Output) -> Result<Global> {
    let mut merged = global.clone();
    let mut visible = Vec::new();
    for (option, long, given, slot) in [
        ("-p", "--key-auth", &tss.password, &mut merged.key_auth),
        ("-o", "--owner-auth", &tss.ownerpw, &mut merged.owner_auth),
        (
            "-W",
            "--parent-auth",
            &tss.parentpw,
            &mut merged.parent_auth,
        ),
    ] {
        let Some(given) = given else {
            continue;
        };
        if slot.is_some() {
            return Err(both(option, long).into());
        }
        if !given.0.is_empty() {
            visible.push(option);
        }
        *slot = Some(Secret::Pass(given.0.clone()));
    }
    if let Some(tcti) = &tss.tcti {
        if merged.tpm.is_some() {
            return Err(both("--tcti", "--tpm").into());
        }
        merged.tpm = Some(tcti.clone());
    }
    if !visible.is_empty() {
        output.advise(
            &format!(
                "the secret in `{}` is visible to every user in the process list",
                visible.join("` and `")
            ),
            "`tpm2ca genkey` takes it from a file, the environment or a descriptor with `--key-auth`, `--owner-auth` and \
             `--parent-auth`",
        );
    }
    Ok(merged)
}

fn both(one: &str, other: &str) -> CliError {
    CliError::usage(
        format!("`{one}` and `{other}` say the same thing twice"),
        "give one of them",
    )
}

fn make(global: &Global, args: &Genkey, manners: Manners, output: &Output) -> Result<KeyFile> {
    let tss = &args.tss;
    let key_auth = auth::value("--key-auth", global.key_auth.as_ref())?;
    let key_auth = Value {
        guessable: auth::is_guessable(&key_auth),
        auth: Auth::new(key_auth.to_vec()),
    };
    let new_file = key_file::begin(&tss.file, args.force, &own_files(global))?;
    let tpm = KeyTpm::for_new_keys(global, output);
    let file = if let (Some(public), Some(private)) = (&tss.public, &tss.private) {
        pair(args, public, private, !key_auth.auth.is_empty(), &tpm)?
    } else {
        let algorithm = asked(args, manners, &tpm)?;
        let guard = guard(&args.guards, !key_auth.auth.is_empty(), &tpm)?;
        let before = Instant::now();
        let file = match &args.importable {
            None => in_the_tpm(args, algorithm, &guard, &key_auth, &tpm, output)?,
            Some(parent) => in_software(
                algorithm,
                parent.as_deref(),
                &guard,
                &key_auth,
                &tpm,
                output,
            )?,
        };
        output.detail(&format!("done in {:.1} s", before.elapsed().as_secs_f64()));
        match &guard.policy {
            Some(policy) => file.with_policy(policy),
            None => file,
        }
    };
    let file = match &args.description {
        Some(text) => file.with_description(text),
        None => file,
    };
    new_file.publish(file.to_pem().as_bytes())?;
    // The TPM is there unless the key is for another.
    if key_auth.guessable && tss.public.is_none() && !matches!(args.importable, Some(Some(_))) {
        auth::warn_of_lockout(tpm.open()?.capabilities()?.max_auth_fail, output);
    }
    Ok(file)
}

/// The authorization value of the new key.
struct Value {
    auth: Auth,
    guessable: bool,
}

fn asked(args: &Genkey, manners: Manners, tpm: &KeyTpm<'_>) -> Result<Algorithm> {
    let TssOptions {
        alg,
        keysize,
        curve,
        ..
    } = &args.tss;
    let curve = curve.as_deref();
    let is_sm2 = *alg == Alg::Sm2 || curve == Some("sm2_p256");
    match (alg, manners) {
        _ if is_sm2 && (*alg != Alg::Rsa || manners == Manners::Ours) => {
            let can = tpm.open()?.capabilities()?.algorithms;
            let can: Vec<String> = can.iter().map(ToString::to_string).collect();
            Err(CliError::failed(
                format!(
                    "keys of the kind SM2 are not made here; this TPM can do {}",
                    can.join(", ")
                ),
                "use `-a ecdsa` or `-a rsa`",
            )
            .into())
        }
        (Alg::Rsa, Manners::Ours) => algorithm::rsa(*keysize, curve),
        (Alg::Rsa, Manners::TssGenkey) => algorithm::rsa(*keysize, None),
        (_, Manners::Ours) => algorithm::ecdsa(*keysize, curve),
        (_, Manners::TssGenkey) => algorithm::ecdsa(None, curve),
    }
}

/// `TPM2_Create`.
fn in_the_tpm(
    args: &Genkey,
    algorithm: Algorithm,
    guard: &Guard,
    key_auth: &Value,
    tpm: &KeyTpm<'_>,
    output: &Output,
) -> Result<KeyFile> {
    let mut options = KeyOptions::new(algorithm);
    options.no_da = !key_auth.guessable;
    options.parent = args.tss.parent.unwrap_or_default();
    if matches!(algorithm, Algorithm::Rsa { .. }) {
        options.exponent = args.tss.exponent;
    }
    options.policy.clone_from(&guard.digest);
    options.user_with_auth = !guard.is_for_use();
    options.fixed = !guard.movable;
    if options.parent == Parent::Null {
        output.warn("a key of the null hierarchy is gone after the next reset of the TPM");
    }
    let auth = key_auth.auth.clone();
    output.while_waiting(&format!("making the {algorithm} key in the TPM"), || {
        interruptible(output, || {
            tpm.open()?
                .create_key(options, &auth)
                .map_err(|error| match error {
                    TpmError::Template { .. } => CliError::failed(
                        error.to_string(),
                        "change the option that it is about; without `-e` the exponent is 65537",
                    )
                    .into(),
                    other => other.into(),
                })
        })
    })
}

/// A key that is made here, and wrapped for this TPM or another.
fn in_software(
    algorithm: Algorithm,
    parent: Option<&Path>,
    guard: &Guard,
    key_auth: &Value,
    tpm: &KeyTpm<'_>,
    output: &Output,
) -> Result<KeyFile> {
    let parent = match parent {
        Some(path) => ParentPublic::from_octets(&key_file::read_limited(path)?)?,
        None => ParentPublic::from_octets(&tpm.open()?.parent_public()?)?,
    };
    let kind = match algorithm {
        Algorithm::Rsa { bits } => KeyAlgorithm::Rsa { bits: bits.into() },
        Algorithm::Ecc(Curve::P256) => KeyAlgorithm::P256,
        Algorithm::Ecc(Curve::P384) => KeyAlgorithm::P384,
        Algorithm::Ecc(Curve::P521) => KeyAlgorithm::P521,
    };
    let key = output.while_waiting(&format!("making the {algorithm} key"), || {
        SoftwareKey::generate(kind)
    })?;
    let template = ImportTemplate {
        no_da: !key_auth.guessable,
        policy: guard.digest.clone(),
        user_with_auth: !guard.is_for_use(),
        ..ImportTemplate::default()
    };
    Ok(key.to_tpm()?.wrap_for(&parent, &template, &key_auth.auth)?)
}

/// A key file of what `tpm2_create` wrote.
fn pair(
    args: &Genkey,
    public: &Path,
    private: &Path,
    has_auth: bool,
    tpm: &KeyTpm<'_>,
) -> Result<KeyFile> {
    let public_blob = key_file::read_limited(public)?.to_vec();
    let private_blob = key_file::read_limited(private)?.to_vec();
    let parent = args.tss.parent.unwrap_or_default();
    let file = KeyFile::loadable(parent.handle(), !has_auth, public_blob, private_blob);
    let attributes = file.attributes().map_err(|error| {
        CliError::failed(
            format!(
                "`{}` is no TPM2B_PUBLIC of a key: {error}",
                public.display()
            ),
            "give the file that `tpm2_create -u` wrote",
        )
    })?;
    let whole = file
        .private_blob()
        .split_first_chunk()
        .is_some_and(|(size, content)| usize::from(u16::from_be_bytes(*size)) == content.len());
    if !whole || file.private_blob().len() == 2 {
        return Err(CliError::failed(
            format!("`{}` is no TPM2B_PRIVATE", private.display()),
            "give the file that `tpm2_create -r` wrote",
        )
        .into());
    }
    if args.guards.pcr.is_empty() && args.guards.policy.is_empty() {
        if !attributes.user_with_auth {
            return Err(CliError::failed(
                format!(
                    "the key in `{}` can be used under a policy only, which has to be in its file",
                    public.display()
                ),
                "say which with `--policy`, as for a new key",
            )
            .into());
        }
        return Ok(file);
    }
    let found = guard(&args.guards, has_auth, tpm)?;
    if found.digest.as_ref() != Some(&attributes.policy) {
        return Err(CliError::failed(
            format!(
                "the policy is not the one that the key in `{}` was made with",
                public.display()
            ),
            "repeat the conditions of `tpm2_create`, in their order",
        )
        .into());
    }
    Ok(match &found.policy {
        Some(policy) => file.with_policy(policy),
        None => file,
    })
}
