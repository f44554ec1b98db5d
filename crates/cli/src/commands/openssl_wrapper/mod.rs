//! `tpm2ca openssl`: the installed `openssl` with our module loaded.
//!
//! It takes our place, so that input, output, exit code and signals are its own. Arguments are changed in two places
//! only: behind the command stand the options that load the providers, and options for engines are left out. What our
//! own options say goes by the environment, which is where the module looks.

mod ca_key;
mod configuration;
mod corrected_file;
mod rewrite;

use std::{
    env,
    ffi::OsString,
    os::unix::process::CommandExt,
    path::{Path, absolute},
    process,
};

use anyhow::{Context as _, Result};
use zeroize::Zeroizing;

use crate::{
    args::{Global, OpenSslWrapper},
    auth,
    context::ca_directory,
    error::{CliError, Code, reason},
    installed_openssl::{
        GUARD, InstalledOpenSsl,
        modules::{Kind, Module},
        settings::Settings,
    },
    output::Output,
    secret::Secret,
    tpm,
};

use self::rewrite::Rewritten;

pub(super) fn run(global: &Global, args: &OpenSslWrapper, output: &Output) -> Result<Code> {
    let openssl = InstalledOpenSsl::find(args.openssl.as_deref())?;
    output.detail(&format!(
        "OpenSSL {}, `{}`",
        openssl.version,
        openssl.program.display()
    ));
    let said = Said::new(global, output)?;
    if args.print_config {
        if !args.arguments.is_empty() {
            return Err(CliError::usage(
                "with --print-config nothing is run, so there is no command",
                "leave one of them away",
            )
            .into());
        }
        return configuration::print(&openssl, &said, output);
    }
    let mut command = process::Command::new(&openssl.program);
    command.env(GUARD, "1").envs(said.environment());
    if openssl.version.has_providers() {
        with_provider(&mut command, &openssl, &args.arguments, &said, output)?;
    } else {
        with_engine(&mut command, &openssl, &args.arguments, output)?;
    }
    let error = command.exec();
    Err(CliError::failed(
        format!(
            "cannot run `{}`: {}",
            openssl.program.display(),
            reason(&error)
        ),
        "name OpenSSL's program: `--openssl PROGRAM` or TPM2CA_OPENSSL",
    )
    .into())
}

/// What our options say, in the form that the module takes it.
struct Said {
    tcti: Option<String>,
    /// The TPM was named by an option, and not by the environment or by a CA.
    is_tcti_asked: bool,
    /// Variables and their values, which are pass phrase arguments.
    secrets: Vec<(&'static str, Zeroizing<String>)>,
}

impl Said {
    fn new(global: &Global, output: &Output) -> Result<Self> {
        let secrets = [
            ("--key-auth", "TPM2CA_KEY_AUTH", &global.key_auth),
            ("--parent-auth", "TPM2CA_PARENT_AUTH", &global.parent_auth),
            ("--owner-auth", "TPM2CA_OWNER_AUTH", &global.owner_auth),
        ];
        let secrets = secrets
            .into_iter()
            .filter_map(|(option, variable, secret)| {
                let secret = secret.as_ref()?;
                Some(handed_on(option, secret).map(|value| (variable, value)))
            });
        Ok(Self {
            tcti: tcti(global, output)?,
            is_tcti_asked: global.tpm.is_some(),
            secrets: secrets.collect::<Result<_>>()?,
        })
    }

    fn environment(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let tcti = self.tcti.iter().map(|tcti| (TCTI, tcti.as_str()));
        let secrets = self.secrets.iter();
        tcti.chain(secrets.map(|(variable, value)| (*variable, value.as_str())))
    }
}

/// The TPM that an option or a CA names. One that the environment names, the module finds by itself; if there is
/// something wrong with that, it matters only when a key is used.
fn tcti(global: &Global, output: &Output) -> Result<Option<String>> {
    if global.tpm.is_none() && is_tcti_in_environment() {
        return Ok(None);
    }
    let remembered = ca_directory(global, output).ok().and_then(|directory| {
        let config = directory.config().ok()?;
        tpm::remembered(&directory, &config).ok().flatten()
    });
    if global.tpm.is_none() && remembered.is_none() {
        return Ok(None);
    }
    tpm::chosen(global, remembered, output).map(|tcti| Some(tcti.to_string()))
}

fn is_tcti_in_environment() -> bool {
    tpm::TCTI_VARIABLES.iter().any(|name| is_set(name))
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// A secret as the module takes it: where it is, if that can be looked into again and again, else itself. An
/// environment is read by nobody but its user, unlike arguments.
fn handed_on(option: &str, secret: &Secret) -> Result<Zeroizing<String>> {
    if secret.is_stdin() {
        return Err(CliError::usage(
            format!("{option}: standard input belongs to openssl"),
            "give the secret as `file:PATH`, `env:VAR`, `fd:N` (N from 3) or `credential:NAME`",
        )
        .into());
    }
    let value = auth::value(option, Some(secret))?;
    let of_file = |path: &Path| -> Result<Option<String>> {
        let path = absolute(path).context("cannot tell the working directory")?;
        Ok(path.to_str().map(|path| format!("file:{path}")))
    };
    let place = match secret {
        Secret::Env(name) => Some(format!("env:{name}")),
        Secret::File(path) => of_file(path)?,
        Secret::Credential(name) => match env::var_os("CREDENTIALS_DIRECTORY") {
            Some(folder) => of_file(&Path::new(&folder).join(name))?,
            None => None,
        },
        _ => None,
    };
    if let Some(place) = place {
        return Ok(Zeroizing::new(place));
    }
    let text = str::from_utf8(&value).map_err(|_| {
        CliError::failed(
            format!("{option}: the secret from {secret} is not text"),
            "give it as `file:PATH`",
        )
    })?;
    Ok(Zeroizing::new(format!("pass:{text}")))
}

fn with_provider(
    command: &mut process::Command,
    openssl: &InstalledOpenSsl,
    arguments: &[OsString],
    said: &Said,
    output: &Output,
) -> Result<()> {
    let arguments = corrected_file::apply(command, openssl, arguments, said, output)?;
    let Some((name, rest)) = arguments.split_first() else {
        return Ok(());
    };
    command.arg(name);
    let name = name.to_str().unwrap_or_default();
    if !takes_providers(name) {
        command.args(rest);
        return Ok(());
    }
    let module = Kind::Provider
        .find(openssl)
        .ok_or_else(|| missing(Kind::Provider, openssl.providers.as_deref()))?;
    let Rewritten {
        arguments: mut rest,
        changes,
    } = rewrite::for_providers(name, rest);
    if name == "ca" && !changes.is_empty() {
        let key = ca_key::of_configuration(&rest, openssl.configuration());
        rest.splice(0..0, key.into_iter().flatten());
    }
    let options = provider_options(&module, Kind::Provider.folder(openssl).as_deref(), &rest);
    output.detail(&format!("provider `{}`", module.path().display()));
    for change in changes {
        output.detail(&change);
    }
    if said.is_tcti_asked {
        warn_of_other_tpm(openssl, output);
    }
    command.args(options).args(rest);
    Ok(())
}

/// `default` comes first: docs/openssl.md, "The order".
fn provider_options(
    module: &Module,
    installed: Option<&Path>,
    others: &[OsString],
) -> Vec<OsString> {
    let mut options = Vec::new();
    if !module.is_installed {
        options.extend([
            "-provider-path".into(),
            module.folder.clone().into_os_string(),
        ]);
    }
    options.extend(["-provider", "default", "-provider", module.name].map(OsString::from));
    let is_provider = |word: &OsString| ["-provider", "--provider"].iter().any(|name| word == name);
    if let Some(folder) = installed
        && !module.is_installed
        && others.iter().any(is_provider)
    {
        // Those of the user, such as `legacy`, are where they always were.
        options.extend(["-provider-path".into(), folder.as_os_str().to_owned()]);
    }
    options
}

/// Whether a command of openssl has the option `-provider`.
fn takes_providers(command: &str) -> bool {
    let is_command =
        !command.is_empty() && !command.starts_with('-') && !command.starts_with("no-");
    is_command && !WITHOUT_PROVIDERS.contains(&command)
}

/// The TPM that a file names goes before the environment, and so before our option.
fn warn_of_other_tpm(openssl: &InstalledOpenSsl, output: &Output) {
    let Some(settings) = openssl
        .configuration()
        .and_then(|file| Settings::load(&file).ok())
    else {
        return;
    };
    for provider in &settings.providers {
        if let Some(tcti) = &provider.tcti
            && Kind::Provider.names().contains(&provider.name.as_str())
            && provider.is_active(openssl.version)
        {
            output.warn(&format!(
                "`{}` has `tcti = {tcti}` for `{}`, which goes before `--tpm`",
                settings.file.display(),
                provider.name
            ));
        }
    }
}

fn with_engine(
    command: &mut process::Command,
    openssl: &InstalledOpenSsl,
    arguments: &[OsString],
    output: &Output,
) -> Result<()> {
    if rewrite::names_our_engine(arguments) {
        let module = Kind::Engine
            .find(openssl)
            .ok_or_else(|| missing(Kind::Engine, openssl.engines.as_deref()))?;
        output.detail(&format!("engine `{}`", module.path().display()));
        if !module.is_installed {
            command.args(rewrite::for_engine_at(&module.path(), arguments));
            return Ok(());
        }
    }
    command.args(arguments);
    Ok(())
}

/// Our module is not there.
fn missing(kind: Kind, folder: Option<&Path>) -> CliError {
    let what = match kind {
        Kind::Provider => "provider",
        Kind::Engine => "engine",
    };
    let place = folder.map_or_else(
        || "beside this program".to_owned(),
        |folder| format!("in `{}` nor beside this program", folder.display()),
    );
    let negation = if folder.is_some() { "neither " } else { "not " };
    CliError::failed(
        format!("our {what} for OpenSSL is {negation}{place}"),
        "`make install` puts it there",
    )
}

/// Commands of 3.0 to 4.0 that load no providers.
const WITHOUT_PROVIDERS: [&str; 10] = [
    "asn1parse",
    "configutl",
    "ech",
    "engine",
    "errstr",
    "fipsinstall",
    "help",
    "info",
    "sess_id",
    "version",
];
const TCTI: &str = "TPM2CA_TCTI";
