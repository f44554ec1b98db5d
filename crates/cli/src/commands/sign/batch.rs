//! `tpm2ca sign CSR...`: many CSRs in one call.
//!
//! Workers share the durable commits and keep the TPM busy, while each certificate is prepared and verified beside it.
//! A CSR that is refused does not stop the others; a TPM that went away does.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::{Error, Result};
use tpm2ca_authority::{Authority, AuthorityError, OwnFiles};

use super::params::{IssueParams, existing};
use crate::{
    args::{Global, Sign},
    commands::{
        csr,
        delivery::{Delivery, Destination},
    },
    context::{authority, own_files},
    error::{CliError, Code, Failure, is_broken_pipe},
    output::Output,
    text::shell_word,
};

pub(super) fn run(
    global: &Global,
    args: &Sign,
    params: &IssueParams,
    output: &Output,
) -> Result<Code> {
    let targets = targets(args)?;
    let own = own_files(global);
    for target in &targets {
        own.check(target)?;
        if !args.force {
            // Looked at all before the first is signed; the file itself is begun when its turn comes.
            Destination::begin(Some(target), existing(args), &own)?;
        }
    }
    let authority = authority(global, output)?;
    // What is wrong with all of them is said once.
    authority
        .profiles()
        .get(&args.profile)
        .map_err(AuthorityError::from)?;
    authority.issuer(args.issuer.as_deref())?;
    let batch = Batch {
        authority: &authority,
        args,
        params,
        targets: &targets,
        own: &own,
        output,
        next: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        failures: Mutex::default(),
    };
    thread::scope(|scope| {
        for _ in 0..WORKERS.min(targets.len()) {
            scope.spawn(|| batch.work());
        }
    });
    batch.report()
}

/// Enough to keep one TPM busy and to fill the shared commits.
const WORKERS: usize = 16;

/// The file of each certificate.
fn targets(args: &Sign) -> Result<Vec<PathBuf>> {
    if let Some(folder) = &args.outdir
        && !folder.is_dir()
    {
        return Err(CliError::failed(
            format!("`{}` is not a folder", folder.display()),
            format!(
                "`mkdir -p {}` makes it",
                shell_word(&folder.to_string_lossy())
            ),
        )
        .into());
    }
    let target = |csr: &PathBuf| {
        let beside = csr.with_extension("crt");
        match (&args.outdir, beside.file_name()) {
            (Some(folder), Some(name)) => folder.join(name),
            _ => beside,
        }
    };
    let targets: Vec<PathBuf> = args.csrs.iter().map(target).collect();
    for (csr, target) in args.csrs.iter().zip(&targets) {
        if csr == target {
            return Err(CliError::usage(
                format!(
                    "the certificate would be called like the CSR, `{}`",
                    csr.display()
                ),
                "name its file with `--out FILE`, or a folder with `--outdir DIR`",
            )
            .into());
        }
    }
    let mut sorted: Vec<_> = targets.iter().collect();
    sorted.sort();
    if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(CliError::usage(
            format!("two CSRs would both become `{}`", twice[0].display()),
            "give them different names, or sign them in two calls",
        )
        .into());
    }
    Ok(targets)
}

/// The CSRs, and how far the workers are with them.
struct Batch<'a> {
    authority: &'a Authority,
    args: &'a Sign,
    params: &'a IssueParams,
    targets: &'a [PathBuf],
    own: &'a OwnFiles,
    output: &'a Output,
    next: AtomicUsize,
    stop: AtomicBool,
    failures: Mutex<Vec<(usize, Error)>>,
}

impl Batch<'_> {
    fn work(&self) {
        while !self.stop.load(Ordering::Relaxed) {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let (Some(input), Some(target)) = (self.args.csrs.get(at), self.targets.get(at)) else {
                break;
            };
            let Err(error) = self.sign(input, target) else {
                continue;
            };
            let code = Failure::from(&error).code;
            if is_broken_pipe(&error) || matches!(code, Code::TpmUnavailable | Code::WrongSecret) {
                self.stop.store(true, Ordering::Relaxed);
            }
            self.failures
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((at, error));
        }
    }

    fn sign(&self, input: &Path, target: &Path) -> Result<()> {
        let csr = csr::read(input)?;
        let destination = Destination::begin(Some(target), existing(self.args), self.own)?;
        let issued = self
            .params
            .issue(self.authority, &csr, self.args)
            .map_err(|error| error.context(format!("`{}`", input.display())))?;
        let delivery = Delivery {
            authority: self.authority,
            issued: &issued,
            chain: self.args.chain,
            key: None,
        };
        delivery.to(destination, self.output)
    }

    fn report(self) -> Result<Code> {
        let all = self.targets.len();
        let tried = self.next.into_inner().min(all);
        let mut failures = self
            .failures
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = failures.iter().position(|(_, error)| is_broken_pipe(error)) {
            return Err(failures.swap_remove(at).1);
        }
        failures.sort_by_key(|(at, _)| *at);
        let mut code = Code::Done;
        for (at, error) in &failures {
            let failure = Failure {
                about: self.args.csrs.get(*at).map(|csr| csr.display().to_string()),
                ..Failure::from(error)
            };
            self.output.failure(&failure);
            // A TPM that is not there is the reason that matters, and after it a wrong secret.
            if !matches!(
                (code, failure.code),
                (Code::TpmUnavailable, _) | (Code::WrongSecret, Code::Failed | Code::Usage)
            ) {
                code = failure.code;
            }
        }
        let left = match all - tried {
            0 => String::new(),
            left => format!(", {left} not tried"),
        };
        self.output
            .say(&format!("{} of {all} signed{left}", tried - failures.len()));
        Ok(code)
    }
}
