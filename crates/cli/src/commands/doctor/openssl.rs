//! OpenSSL: whether its programs find our modules, in the order that works.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

use super::finding::Findings;
use super::situation::Situation;
use crate::{
    error::Failure,
    installed_openssl::{
        InstalledOpenSsl,
        modules::{Kind, Owner, is_our_engine},
        settings::{Engine, Provider, Settings},
    },
};

/// Looks at the OpenSSL that is installed, and at its openssl.cnf.
pub(super) fn check(_: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let openssl = match InstalledOpenSsl::find(None) {
        Ok(openssl) => openssl,
        Err(error) => {
            let reason = Failure::from(&error).message;
            return Ok(findings.ok(CHECK, format!("not used here: {reason}"))?);
        }
    };
    modules(&openssl, findings)?;
    let Some(file) = openssl.configuration() else {
        return Ok(());
    };
    let settings = match Settings::load(&file) {
        Ok(settings) => settings,
        Err(error) => {
            return Ok(findings.problem(
                FILE,
                error.to_string(),
                "OpenSSL cannot read it either: correct that line",
            )?);
        }
    };
    if openssl.version.has_providers() {
        providers(&openssl, &settings, findings)?;
    }
    engines(&openssl, &settings, findings)
}

/// What lies in OpenSSL's folders under our names.
fn modules(openssl: &InstalledOpenSsl, findings: &mut Findings<'_>) -> Result<()> {
    let version = openssl.version;
    if version.has_engines() {
        engine_of_others(openssl, findings)?;
    }
    if !version.has_providers() {
        return engine_of_ours(openssl, findings);
    }
    let Some(folder) = Kind::Provider.folder(openssl) else {
        return Ok(());
    };
    let [short, long] = ["tpm2.so", "tpm2ca.so"].map(|name| folder.join(name));
    let place = folder.display();
    match (owner(&short), owner(&long)) {
        (Some(Owner::Ours), Some(Owner::Ours)) if !is_same(&short, &long) => findings.warning(
            CHECK,
            format!("`tpm2.so` and `tpm2ca.so` in `{place}` are two versions of our module"),
            "`make install` puts the same one there under both names",
        )?,
        (Some(Owner::Others), Some(Owner::Ours)) => findings.warning(
            CHECK,
            format!(
                "`-provider tpm2` is another project's module, `{}`; ours is `-provider tpm2ca`",
                short.display()
            ),
            "`make install REPLACE=yes` puts ours in its place, and keeps a copy of the other",
        )?,
        (Some(Owner::Ours), _) | (_, Some(Owner::Ours)) => findings.ok(
            CHECK,
            format!("OpenSSL {version} finds our module in `{place}`"),
        )?,
        (others, _) => {
            let others = match others {
                Some(_) => "; `tpm2.so` there is another project's",
                None => "",
            };
            findings.ok(
                CHECK,
                format!("our module is not in `{place}` (`make install` puts it there){others}"),
            )?;
        }
    }
    Ok(())
}

/// Our engine, where there is nothing else for keys in a TPM.
fn engine_of_ours(openssl: &InstalledOpenSsl, findings: &mut Findings<'_>) -> Result<()> {
    let Some(folder) = Kind::Engine.folder(openssl) else {
        return Ok(());
    };
    let (version, place) = (openssl.version, folder.display());
    let is_there = ["tpm2tss.so", "tpm2ca.so"]
        .iter()
        .any(|name| matches!(Kind::Engine.owner(&folder.join(name)), Ok(Owner::Ours)));
    let what = if is_there {
        format!("OpenSSL {version} finds our engine in `{place}`")
    } else {
        format!("our engine is not in `{place}` (`make install` puts it there)")
    };
    Ok(findings.ok(CHECK, what)?)
}

/// tpm2-tss-engine, in whose place ours would be.
fn engine_of_others(openssl: &InstalledOpenSsl, findings: &mut Findings<'_>) -> Result<()> {
    let Some(folder) = Kind::Engine.folder(openssl) else {
        return Ok(());
    };
    let file = ["tpm2tss.so", "libtpm2tss.so"]
        .map(|name| folder.join(name))
        .into_iter()
        .find(|file| matches!(Kind::Engine.owner(file), Ok(Owner::Others)));
    let Some(file) = file else {
        return Ok(());
    };
    let what = format!(
        "`-engine tpm2tss` is another project's module, `{}`",
        file.display()
    );
    if openssl.version.has_providers() {
        return Ok(findings.warning(
            CHECK,
            format!("{what}: tpm2-tss-engine makes wrong signatures on OpenSSL 3"),
            "`tpm2ca openssl` takes the same command lines without it; `make install REPLACE=yes` puts ours in its place",
        )?);
    }
    Ok(findings.ok(CHECK, what)?)
}

/// The providers that openssl.cnf loads.
fn providers(
    openssl: &InstalledOpenSsl,
    settings: &Settings,
    findings: &mut Findings<'_>,
) -> Result<()> {
    let folder = Kind::Provider.folder(openssl);
    let is_of_tpm = |provider: &&Provider| {
        let file = provider.file(folder.as_deref());
        provider.name.starts_with("tpm2")
            || file.is_some_and(|file| owner(&file) == Some(Owner::Ours))
    };
    let active: Vec<&Provider> = settings
        .providers
        .iter()
        .filter(|provider| provider.is_active(openssl.version))
        .collect();
    let of_tpm: Vec<&Provider> = active.iter().copied().filter(is_of_tpm).collect();
    let Some(first) = of_tpm.first() else {
        return Ok(());
    };
    let mut is_well = true;
    for provider in &of_tpm {
        is_well &= module_of(provider, folder.as_deref(), findings)?;
    }
    if let [first, second, ..] = of_tpm.as_slice() {
        is_well = false;
        findings.warning(
            FILE,
            format!(
                "{} loads `{}` and {} loads `{}`: keys go to the first, new ones to whichever is asked for",
                first.place, first.name, second.place, second.name
            ),
            "leave one of them away",
        )?;
    }
    is_well &= order(openssl, settings, &active, first, findings)?;
    if is_well {
        findings.ok(
            FILE,
            format!(
                "`{}` loads `default` and then `{}`",
                settings.file.display(),
                first.name
            ),
        )?;
    }
    Ok(())
}

/// The file of a provider that should be ours; whether it is.
fn module_of(
    provider: &Provider,
    folder: Option<&Path>,
    findings: &mut Findings<'_>,
) -> Result<bool> {
    let Some(file) = provider.file(folder) else {
        return Ok(true);
    };
    let (name, place) = (&provider.name, &provider.place);
    match Kind::Provider.owner(&file) {
        Ok(Owner::Ours) => Ok(true),
        Ok(Owner::Others) => {
            findings.warning(
                FILE,
                format!(
                    "{place}: `{name}` is another project's module, `{}`",
                    file.display()
                ),
                "call it `tpm2ca` there, or put ours in its place: `make install REPLACE=yes`",
            )?;
            Ok(false)
        }
        Err(error) => {
            let reason = crate::error::reason(&error);
            findings.problem(
                FILE,
                format!(
                    "{place}: the module of `{name}`, `{}`, cannot be loaded: {reason}",
                    file.display()
                ),
                "`make install` puts it there; `module = FILE` in its section says where it is",
            )?;
            Ok(false)
        }
    }
}

/// Whether what makes certificates work is loaded, and before us.
fn order(
    openssl: &InstalledOpenSsl,
    settings: &Settings,
    active: &[&Provider],
    ours: &Provider,
    findings: &mut Findings<'_>,
) -> Result<bool> {
    let place_of = |name: &str| active.iter().position(|provider| provider.name == name);
    let Some(default) = BASES.iter().find_map(|name| place_of(name)) else {
        // It need not be there as long as no other is named.
        let written = settings
            .providers
            .iter()
            .find(|provider| provider.name == "default");
        let section = written.map_or("default_section", |provider| &provider.section);
        findings.problem(
            FILE,
            format!(
                "{} loads `{}` and nothing loads `default`, without which OpenSSL can do nothing else",
                ours.place, ours.name
            ),
            format!("`default = {section}` in front of it, and `activate = 1` under `[{section}]`"),
        )?;
        return Ok(false);
    };
    if place_of(&ours.name).is_none_or(|ours| default < ours) {
        return Ok(true);
    }
    let what = format!("{} loads `{}` before `default`", ours.place, ours.name);
    let mend = format!(
        "put the line of `default` above that of `{}`, or add the lines of `tpm2ca openssl --print-config`",
        ours.name
    );
    if openssl.version.loses_curves() {
        findings.warning(
            FILE,
            format!(
                "{what}: on OpenSSL {}, TLS 1.2 with EC certificates then fails (`no shared cipher`), for software keys too",
                openssl.version
            ),
            format!("{mend}, or use OpenSSL 3.5"),
        )?;
    } else {
        findings.warning(
            FILE,
            format!("{what}: every new key is made in the TPM, whoever makes it"),
            mend,
        )?;
    }
    Ok(false)
}

/// The engines that openssl.cnf loads.
fn engines(
    openssl: &InstalledOpenSsl,
    settings: &Settings,
    findings: &mut Findings<'_>,
) -> Result<()> {
    let ours = settings
        .engines
        .iter()
        .filter(|engine| is_our_engine(&engine.id));
    for engine in ours {
        if !openssl.version.has_engines() {
            findings.problem(
                FILE,
                format!(
                    "{} loads the engine `{}`, and OpenSSL {} has no engines: programs that are given this file stop there",
                    engine.place, engine.id, openssl.version
                ),
                "remove `engines`, and add the lines of `tpm2ca openssl --print-config`; `tpm2ca openssl` passes over it",
            )?;
        } else if let Some(path) = engine_file(openssl, engine)
            && let Err(error) = fs::metadata(&path)
        {
            findings.problem(
                FILE,
                format!(
                    "{}: the module of the engine `{}`, `{}`, cannot be loaded: {}",
                    engine.place,
                    engine.id,
                    path.display(),
                    crate::error::reason(&error)
                ),
                "`make install` puts ours where OpenSSL looks; a `dynamic_path` must name that file",
            )?;
        }
    }
    Ok(())
}

/// The file of an engine, if it is known where OpenSSL looks for it.
fn engine_file(openssl: &InstalledOpenSsl, engine: &Engine) -> Option<PathBuf> {
    match &engine.path {
        Some(path) => path.is_absolute().then(|| path.clone()),
        None => Some(
            Kind::Engine
                .folder(openssl)?
                .join(format!("{}.so", engine.id)),
        ),
    }
}

fn owner(file: &Path) -> Option<Owner> {
    Kind::Provider.owner(file).ok()
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((fs::read(one), fs::read(other)), (Ok(one), Ok(other)) if one == other)
}

/// Providers that have what certificates and TLS need.
const BASES: [&str; 2] = ["default", "fips"];
const CHECK: &str = "openssl";
const FILE: &str = "openssl.cnf";
