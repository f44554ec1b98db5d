//! The CA's issuers: their certificates, their keys, their CRLs.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use tpm2ca_keys::PublicKey;
use tpm2ca_store::Store as _;
use tpm2ca_x509::{Certificate, Validity, format_time, pem};

use super::{finding::Findings, key, situation::Situation};
use crate::{error::CliError, text::duration};

/// What is needed of an issuer's certificate.
pub(super) struct IssuerCertificate {
    pub(super) key: PublicKey,
    pub(super) validity: Validity,
}

/// Reads an issuer's certificate.
pub(super) fn read(path: &Path) -> Result<IssuerCertificate> {
    let text = fs::read(path).map_err(|error| CliError::file("read", path, &error))?;
    let parse = || -> Result<IssuerCertificate> {
        let der = pem::single(&text, &["CERTIFICATE"])?;
        let certificate = Certificate::parse(&der)?;
        let tbs = certificate.tbs();
        Ok(IssuerCertificate {
            key: PublicKey::from_spki_der(tbs.spki_der())?,
            validity: tbs.validity(),
        })
    };
    parse().with_context(|| format!("the issuer certificate `{}` cannot be used", path.display()))
}

/// Whether they can be read, and how long they last.
pub(super) fn certificates(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let Some((directory, config)) = situation.ca() else {
        return Ok(());
    };
    for (name, issuer) in &config.issuer {
        let check = format!("issuer {name}");
        let path = directory.resolve(&issuer.certificate);
        let validity = match read(&path) {
            Ok(certificate) => certificate.validity,
            Err(error) => {
                let shown = format!("{error:#}");
                findings.problem(
                    &check,
                    shown,
                    "put the certificate back from a backup; `tpm2ca db check` knows the right one",
                )?;
                continue;
            }
        };
        let now = situation.now;
        let end = format_time(validity.not_after);
        if now > validity.not_after {
            findings.problem(
                &check,
                format!("its certificate ended at {end}: it signs nothing any more"),
                "a new CA is needed: `tpm2ca init` in another directory",
            )?;
        } else if now < validity.not_before {
            findings.problem(
                &check,
                format!(
                    "its certificate begins at {} only",
                    format_time(validity.not_before)
                ),
                "is this machine's clock right? `timedatectl` shows it",
            )?;
        } else if validity.not_after - now < SOON {
            let left = u64::try_from(validity.not_after - now).unwrap_or(0);
            findings.warning(
                &check,
                format!("its certificate ends at {end}, in {}", duration(left)),
                "plan the next one: what it signs never lasts longer than itself",
            )?;
        } else {
            findings.ok(&check, format!("its certificate is valid to {end}"))?;
        }
    }
    Ok(())
}

/// Whether each key loads, and is the one in its certificate.
pub(super) fn keys(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let Some((directory, config)) = situation.ca() else {
        return Ok(());
    };
    for (name, issuer) in &config.issuer {
        let check = format!("key of {name}");
        let path = directory.resolve(&issuer.key);
        let Some(spki) = key::look(situation, &check, &path, findings)? else {
            continue;
        };
        let Ok(certificate) = read(&directory.resolve(&issuer.certificate)) else {
            continue;
        };
        if certificate.key.spki_der() != spki {
            findings.problem(
                &check,
                format!(
                    "`{}` is not the key in the certificate `{}`",
                    issuer.key, issuer.certificate
                ),
                "put both back from the same backup",
            )?;
        }
    }
    Ok(())
}

/// Whether the newest CRLs are in force.
pub(super) fn crls(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let (Some((directory, config)), Some(records)) = (situation.ca(), situation.records()) else {
        return Ok(());
    };
    for row in records.issuers().unwrap_or_default() {
        let Some(issuer) = config.issuer.get(&row.name) else {
            continue;
        };
        let check = format!("crl of {}", row.name);
        let mend = format!("tpm2ca crl --issuer {}", row.name);
        let Ok(Some(crl)) = records.last_crl(row.id) else {
            findings.ok(
                &check,
                format!("none was made yet; `{mend}` makes the first"),
            )?;
            continue;
        };
        let end = format_time(crl.next_update);
        let left = crl.next_update - situation.now;
        let whole = crl.next_update - crl.this_update;
        let path = directory.resolve(&issuer.crl);
        if !path.exists() {
            findings.problem(&check, format!("`{}` is missing", path.display()), &mend)?;
        } else if left < 0 {
            findings.problem(
                &check,
                format!("it ended at {end}: verifiers that ask for it refuse every certificate"),
                &mend,
            )?;
        } else if left < whole / 4 {
            let left = duration(u64::try_from(left).unwrap_or(0));
            findings.warning(
                &check,
                format!("the next one is due at {end}, in {left}"),
                &mend,
            )?;
        } else {
            findings.ok(
                &check,
                format!("number {}, the next one is due at {end}", crl.number),
            )?;
        }
    }
    Ok(())
}

/// How long before the end of an issuer's certificate one should think of the next, in seconds.
const SOON: i64 = 90 * 86_400;
