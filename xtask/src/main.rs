//! `cargo run -p tpm2ca-xtask` writes the generated files; with `--check` it only says what is stale, and fails then.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a tool for developers that prints")]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use tpm2ca_xtask::{Stale, generated, stale};

fn main() -> Result<()> {
    let check = match env::args().nth(1).as_deref() {
        None => false,
        Some("--check") => true,
        Some(other) => bail!("expected nothing or `--check`, got `{other}`"),
    };
    let root = root()?;
    let files = generated()?;
    let stale = stale(&files, &root)?;
    if stale.is_empty() {
        println!("{} generated files are up to date", files.len());
        return Ok(());
    }
    let names: Vec<String> = stale.iter().map(ToString::to_string).collect();
    if check {
        bail!(
            "stale: {}\nrun `cargo run -p tpm2ca-xtask`",
            names.join(", ")
        );
    }
    for file in stale {
        let path = root.join(file.path());
        match &file {
            Stale::Differs(name) => {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(&path, files.get(name).map_or(&[][..], Vec::as_slice))
            }
            Stale::Unknown(_) => fs::remove_file(&path),
        }
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    println!("written: {}", names.join(", "));
    Ok(())
}

/// Asked for when it runs: clones that share a target folder share this program too.
fn root() -> Result<PathBuf> {
    let package =
        env::var_os("CARGO_MANIFEST_DIR").context("run it with `cargo run -p tpm2ca-xtask`")?;
    Path::new(&package)
        .parent()
        .map(Path::to_owned)
        .context("the package has no folder above it")
}
