//! `tpm2ca issue`: a new software key and its certificate in one go.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Result;
use tpm2ca_authority::{AuthorityError, IssueRequest};
use tpm2ca_keys::{KeyAlgorithm, SoftwareKey};
use tpm2ca_profile::{Profile, SanRule};
use tpm2ca_x509::{GeneralName, Name, ext};

use super::delivery::{Delivery, Destination, is_stdout};
use crate::{
    args::{Global, Issue},
    context::{authority, own_files},
    error::{CliError, Code, Failure},
    names,
    new_file::{Existing, NewFile},
    output::Output,
    requester::requester,
};

pub(super) fn run(global: &Global, args: &Issue, output: &Output) -> Result<Code> {
    args.validity.one_end()?;
    let algorithm = algorithm(&args.newkey)?;
    let authority = authority(global, output)?;
    let profile = authority
        .profiles()
        .get(&args.profile)
        .map_err(AuthorityError::from)?;
    let holder = Holder::new(&args.names, profile)?;
    let (key_out, out) = files(args, &holder.common_name)?;
    let own = own_files(global);
    let mut key_file = NewFile::begin(&key_out, KEY_MODE, Existing::Keep, &own)?;
    let destination = Destination::begin(Some(&out), Existing::Keep, &own)?;

    // The TPM comes first: without it, no time is spent on the making of a key.
    authority.issuer(args.issuer.as_deref())?;
    let key = output
        .while_waiting(&format!("making a {algorithm} key"), || {
            SoftwareKey::generate(algorithm)
        })
        .map_err(AuthorityError::from)?;
    let csr = holder.request(&key)?;
    // The key is on the disk before there is a certificate for it, and has a name only after.
    let pem = key.to_pkcs8_pem().map_err(AuthorityError::from)?;
    key_file
        .write_all(pem.as_bytes())
        .map_err(|error| CliError::file("write", &key_out, &error))?;
    key_file.sync()?;

    let requester = requester();
    let issued = authority.issue(&IssueRequest {
        issuer: args.issuer.as_deref(),
        days: args.validity.days,
        not_before: args.validity.startdate,
        not_after: args.validity.enddate,
        ..IssueRequest::new(&csr, &args.profile, &requester)
    })?;
    let serial = &issued.serial;
    key_file.publish(b"").map_err(|error| {
        CliError::failed(
            format!(
                "the certificate {serial} was issued and recorded, but its key could not be written: {}",
                Failure::from(&error).message
            ),
            format!("`tpm2ca revoke {serial} --reason cessationOfOperation`, and issue it again"),
        )
    })?;
    let delivery = Delivery {
        authority: &authority,
        issued: &issued,
        chain: args.chain,
        key: Some(&key_out),
    };
    delivery.to(destination, output)?;
    Ok(Code::Done)
}

const KEY_MODE: u32 = 0o600;

/// Who gets the certificate.
struct Holder {
    common_name: String,
    names: Vec<GeneralName>,
}

impl Holder {
    /// The first name is also the common name. It is that alone when the profile has no alternative names, or when it
    /// is what people call somebody and the profile can do with that.
    fn new(texts: &[String], profile: &Profile) -> Result<Self> {
        let (first, rest) = match texts.split_first() {
            Some((first, rest)) if only_common_name(first, profile) => (Some(first.clone()), rest),
            _ => (None, texts),
        };
        let mut names = Vec::new();
        for text in rest {
            let name = names::parse(text)?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let common_name = first
            .or_else(|| names.first().map(names::bare))
            .unwrap_or_default();
        Ok(Self { common_name, names })
    }

    /// A CSR like anybody else's: the new key goes through the same stages as a stranger's.
    fn request(&self, key: &SoftwareKey) -> Result<Vec<u8>> {
        let Self { common_name, names } = self;
        let subject = if common_name.chars().count() <= MAX_COMMON_NAME {
            Name::common_name(common_name).map_err(AuthorityError::from)?
        } else {
            Name::empty()
        };
        let mut extensions = Vec::new();
        if !names.is_empty() {
            let san =
                ext::subject_alt_name(names, subject.is_empty()).map_err(AuthorityError::from)?;
            extensions.push(san);
        }
        Ok(key
            .make_csr(subject.as_der(), &extensions)
            .map_err(AuthorityError::from)?)
    }
}

fn only_common_name(text: &str, profile: &Profile) -> bool {
    match profile.san {
        SanRule::Forbidden => true,
        SanRule::Optional => names::is_for_people(text),
        SanRule::Required => false,
    }
}

/// Upper bound of a common name in characters (RFC 5280 appendix A.1, ub-common-name).
const MAX_COMMON_NAME: usize = 64;

/// The files of the key and of the certificate.
fn files(args: &Issue, common_name: &str) -> Result<(PathBuf, PathBuf)> {
    // A name becomes a file name: nothing of it may lead out of the folder, or look like an option.
    let stem: String = common_name
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_' | '@') {
                character
            } else {
                '_'
            }
        })
        .collect();
    let stem = stem.trim_start_matches(['.', '-']);
    let path = |given: &Option<PathBuf>, extension: &str| {
        given
            .clone()
            .unwrap_or_else(|| Path::new(&format!("{stem}.{extension}")).to_owned())
    };
    let (key, certificate) = (path(&args.key_out, "key"), path(&args.out, "crt"));
    if is_stdout(&key) {
        return Err(CliError::usage(
            "a private key does not go to standard output",
            "name a file with `--key-out FILE`; it is made for its owner alone",
        )
        .into());
    }
    if key == certificate {
        return Err(CliError::usage(
            format!("key and certificate cannot both be `{}`", key.display()),
            "name different files with `--key-out` and `--out`",
        )
        .into());
    }
    Ok((key, certificate))
}

fn algorithm(text: &str) -> Result<KeyAlgorithm> {
    Ok(match text.to_ascii_lowercase().replace('-', "").as_str() {
        "p256" => KeyAlgorithm::P256,
        "p384" => KeyAlgorithm::P384,
        "p521" => KeyAlgorithm::P521,
        "ed25519" => KeyAlgorithm::Ed25519,
        "rsa" | "rsa2048" => KeyAlgorithm::Rsa { bits: 2048 },
        "rsa3072" => KeyAlgorithm::Rsa { bits: 3072 },
        "rsa4096" => KeyAlgorithm::Rsa { bits: 4096 },
        _ => {
            return Err(CliError::usage(
                format!("`{text}` is not a kind of key known here"),
                "use p256, p384, p521, ed25519, rsa2048, rsa3072 or rsa4096",
            )
            .into());
        }
    })
}
