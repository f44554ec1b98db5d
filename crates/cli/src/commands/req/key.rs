//! The key that the request is for: one that exists, or a new software key.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Result;
use tpm2ca_authority::{AuthorityError, KeyLocation, Keyring, OwnFiles};
use tpm2ca_keys::{KeyAlgorithm, Signer, SoftwareKey};
use tpm2ca_openssl_ca::req::{ReqError, ReqSettings};
use tpm2ca_openssl_conf::Value;
use zeroize::Zeroizing;

use crate::{
    args::{Global, req::Req},
    auth::UserAuth,
    error::CliError,
    key_file::{self, Stored},
    key_tpm::KeyTpm,
    new_file::{Existing, NewFile},
    output::Output,
    secret::Secret,
    terminal,
};

/// A key, before the questions are asked.
pub(super) enum Key {
    /// To be opened when it is to sign: until then no TPM is kept from others. Its file was read, if it is in one.
    Existing(PathBuf, Option<Stored>),
    /// Made, and not yet on the disk.
    New(NewKey),
}

/// A new software key and its file.
pub(super) struct NewKey {
    key: Arc<SoftwareKey>,
    pem: Zeroizing<String>,
    file: NewFile,
}

impl Key {
    /// What the options name. What can be wrong with it without a TPM is noticed now.
    pub(super) fn choose(
        args: &Req,
        settings: &ReqSettings<'_>,
        own: &OwnFiles,
        output: &Output,
    ) -> Result<Self> {
        if let Some(path) = &args.key {
            let location = KeyLocation::of_path(path).map_err(|message| {
                CliError::usage(
                    message,
                    "`tpm2_getcap handles-persistent` lists what there is",
                )
            })?;
            let stored = match location {
                KeyLocation::File(path) => Some(key_file::read(&path)?),
                KeyLocation::Handle(_) => None,
            };
            return Ok(Self::Existing(path.clone(), stored));
        }
        let default = settings
            .get("default_keyfile")
            .map(Value::as_str)
            .transpose();
        let default = default.map_err(ReqError::Conf)?;
        let Some(path) = args.keyout.as_deref().or(default.map(Path::new)) else {
            return Err(CliError::usage(
                "there is no key, and no file to put a new one into",
                "name the key with `--key FILE` or `--key handle:0x81...`, or make a software key with `--newkey \
                 rsa:2048 --keyout FILE`",
            )
            .into());
        };
        NewKey::make(args, settings, path, own, output).map(Self::New)
    }

    /// Opens it.
    pub(super) fn signer(
        &self,
        global: &Global,
        settings: &ReqSettings<'_>,
        output: &Output,
    ) -> Result<Arc<dyn Signer>> {
        let (path, stored) = match self {
            Self::New(new) => return Ok(Arc::clone(&new.key) as Arc<dyn Signer>),
            Self::Existing(path, stored) => (path, stored),
        };
        // What OpenSSL takes for the key's pass phrase.
        let mut global = global.clone();
        if let (None, Some(value)) = (&global.key_auth, settings.get("input_password")) {
            let password = value.as_str().map_err(ReqError::Conf)?;
            global.key_auth = Some(Secret::Pass(Zeroizing::new(password.to_owned())));
        }
        if let Some(Stored::Software(octets)) = stored {
            let key = key_file::software(path, octets, global.key_auth.as_ref())?;
            return Ok(Arc::new(key));
        }
        let (tcti, options) = KeyTpm::new(&global, output).place()?;
        let auth = UserAuth::new(&global, &options);
        let keyring = Keyring::new(Some(tcti), options, Box::new(auth));
        Ok(keyring.signer(path)?)
    }

    /// Whether `path` is the file of a new key: then what is made with it goes there too, as with OpenSSL.
    pub(super) fn is_in(&self, path: Option<&Path>) -> bool {
        matches!(self, Self::New(new) if path == Some(new.file.path()))
    }

    /// Puts a new key onto the disk; it is to be there before anything that was made with it. `with` goes into the
    /// same file.
    pub(super) fn keep(self, with: &str, output: &Output) -> Result<()> {
        let Self::New(NewKey { key, pem, file }) = self else {
            return Ok(());
        };
        let path = file.path().display().to_string();
        let text = Zeroizing::new(format!("{}{with}", *pem));
        file.publish(text.as_bytes())?;
        output.say(&format!(
            "{path}  new {} software key",
            key.public_key().algorithm()
        ));
        Ok(())
    }
}

impl NewKey {
    fn make(
        args: &Req,
        settings: &ReqSettings<'_>,
        path: &Path,
        own: &OwnFiles,
        output: &Output,
    ) -> Result<Self> {
        let algorithm = match &args.newkey {
            Some(kind) => kind_of_key(kind, settings)?,
            None => rsa(settings.default_bits()?)?,
        };
        // A key that was there is never replaced.
        let file = NewFile::begin(path, KEY_MODE, Existing::Keep, own)?;
        let passphrase = if args.noenc || !settings.encrypts_key() {
            None
        } else {
            Some(passphrase(args, settings, path)?)
        };
        let key = output
            .while_waiting(&format!("making a {algorithm} key"), || {
                SoftwareKey::generate(algorithm)
            })
            .map_err(AuthorityError::from)?;
        let pem = match &passphrase {
            Some(passphrase) => key.to_encrypted_pkcs8_pem(passphrase),
            None => key.to_pkcs8_pem(),
        };
        Ok(Self {
            pem: pem.map_err(AuthorityError::from)?,
            key: Arc::new(key),
            file,
        })
    }
}

/// `rsa`, `rsa:BITS`, `BITS`, `ec`, `ec:CURVE`, a curve, or `ed25519`.
fn kind_of_key(text: &str, settings: &ReqSettings<'_>) -> Result<KeyAlgorithm> {
    let lower = text.to_ascii_lowercase();
    let (kind, detail) = lower.split_once(':').unwrap_or((lower.as_str(), ""));
    let bits = |digits: &str| digits.parse().ok();
    Ok(match (kind, detail) {
        ("rsa", "") => rsa(settings.default_bits()?)?,
        ("rsa", digits) => rsa(bits(digits).or(Some(0)))?,
        (digits, "") if digits.starts_with(|first: char| first.is_ascii_digit()) => {
            rsa(bits(digits).or(Some(0)))?
        }
        ("ec", "") => KeyAlgorithm::P256,
        ("ec", curve) | (curve, "") => match curve {
            "p256" | "p-256" | "prime256v1" | "secp256r1" => KeyAlgorithm::P256,
            "p384" | "p-384" | "secp384r1" => KeyAlgorithm::P384,
            "p521" | "p-521" | "secp521r1" => KeyAlgorithm::P521,
            "ed25519" => KeyAlgorithm::Ed25519,
            _ => return Err(unknown_kind(text).into()),
        },
        _ => return Err(unknown_kind(text).into()),
    })
}

fn unknown_kind(text: &str) -> CliError {
    CliError::usage(
        format!("`{text}` is not a kind of key known here"),
        "use rsa:2048, rsa:3072, rsa:4096, ec:P-256, ec:P-384, ec:P-521 or ed25519; `tpm2ca genkey` makes keys in the TPM",
    )
}

fn rsa(bits: Option<i64>) -> Result<KeyAlgorithm> {
    match bits.unwrap_or(2048) {
        2048 => Ok(KeyAlgorithm::Rsa { bits: 2048 }),
        3072 => Ok(KeyAlgorithm::Rsa { bits: 3072 }),
        4096 => Ok(KeyAlgorithm::Rsa { bits: 4096 }),
        other => Err(CliError::usage(
            format!("new RSA keys have 2048, 3072 or 4096 bits, not {other}"),
            "give the size with `--newkey rsa:2048`, or change `default_bits` in the configuration",
        )
        .into()),
    }
}

/// `--passout`, the configuration's `output_password`, or what is typed twice.
fn passphrase(args: &Req, settings: &ReqSettings<'_>, path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let failed = |message: String| {
        CliError::failed(
            format!(
                "the key `{}` cannot be encrypted: {message}",
                path.display()
            ),
            "give its pass phrase with `--passout file:PATH`, `env:VAR` or `fd:N`, or do without with `--noenc`",
        )
    };
    let passphrase = if let Some(secret) = &args.passout {
        secret.value().map_err(failed)?
    } else if let Some(value) = settings.get("output_password") {
        Zeroizing::new(value.as_bytes().to_vec())
    } else {
        let ask = |prompt: &str| {
            terminal::ask(prompt).map_err(|message| {
                failed(message.replace("an authorization value", "a pass phrase"))
            })
        };
        let first = ask("Enter PEM pass phrase:")?;
        if first != ask("Verifying - Enter PEM pass phrase:")? {
            return Err(failed("the two pass phrases are not the same".to_owned()).into());
        }
        first
    };
    if passphrase.len() < SHORTEST_PASSPHRASE {
        return Err(failed(format!(
            "a pass phrase has {SHORTEST_PASSPHRASE} characters at least"
        ))
        .into());
    }
    Ok(passphrase)
}

const KEY_MODE: u32 = 0o600;
/// As with OpenSSL.
const SHORTEST_PASSPHRASE: usize = 4;
