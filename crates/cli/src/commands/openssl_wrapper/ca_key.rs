//! The key of a CA that an openssl.cnf names as engines do: `private_key = 0x81000001`.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use tpm2ca_openssl_conf::Conf;

use super::rewrite::{is_handle, value_of};

/// The options of `openssl ca` that name such a key as providers do, if the file has one and no option goes before it.
/// They stand in front of the others, of which the last are names of files.
pub(super) fn of_configuration(
    arguments: &[OsString],
    default: Option<PathBuf>,
) -> Option<[OsString; 2]> {
    if value_of(arguments, "keyfile").is_some() {
        return None;
    }
    let named = value_of(arguments, "config").map(PathBuf::from);
    let key = private_key(&named.or(default)?, value_of(arguments, "name"))?;
    is_handle(&key).then(|| ["-keyfile".into(), format!("handle:{key}").into()])
}

/// As `openssl ca` finds it. A pipe is left to it.
fn private_key(file: &Path, section: Option<&str>) -> Option<String> {
    if !file.is_file() {
        return None;
    }
    let conf = Conf::load(file, &|name| env::var(name).ok()).ok()?;
    let section = match section {
        Some(name) => name,
        None => conf.get("ca", "default_ca")?.as_str().ok()?,
    };
    Some(conf.get(section, "private_key")?.as_str().ok()?.to_owned())
}
