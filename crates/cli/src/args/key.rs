//! `tpm2ca key`.

use std::path::PathBuf;

use clap::{Args, Subcommand, builder::NonEmptyStringValueParser as NonEmpty};
use tpm2ca_authority::KeyLocation;
use tpm2ca_tpm::Parent;

use super::{Form, Md, genkey::Guards};
use crate::secret::{Secret, SecretParser};

/// `tpm2ca key`
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// What a key is, what guards it, and whether there can be copies of it
    Show(KeyShow),
    /// The public half of a key, or of the parent that others wrap keys for
    Public(KeyPublicArgs),
    /// A raw signature over a file, as `openssl dgst -sign` makes it
    Sign(KeySign),
    /// Brings a software key into the TPM
    Import(KeyImport),
    /// Puts a key into the TPM for good, at a persistent handle
    Persist(KeyPersist),
    /// Removes a key from a persistent handle
    Evict(KeyEvict),
    /// Changes the authorization value of a key
    Passwd(KeyPasswd),
    /// Wraps a key for another TPM
    Duplicate(KeyDuplicate),
    /// Takes in a key that was wrapped for this TPM
    Receive(KeyReceive),
    /// Signed policies of a key
    Policy {
        /// What about them.
        #[command(subcommand)]
        command: PolicyCommand,
    },
}

/// `tpm2ca key show`
#[derive(Args, Debug)]
pub struct KeyShow {
    /// Key file, or handle:0x81...
    #[arg(value_name = "KEY", value_parser = location)]
    pub key: KeyLocation,
}

/// `tpm2ca key public`
#[derive(Args, Debug)]
#[command(after_help = PUBLIC_EXAMPLES)]
pub struct KeyPublicArgs {
    /// Key file, or handle:0x81...
    #[arg(value_name = "KEY", value_parser = location, required_unless_present = "parent")]
    pub key: Option<KeyLocation>,
    /// Where to put it, `-` for standard output [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Form: pem or der
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        ignore_case = true,
        default_value = "pem",
        hide_possible_values = true
    )]
    pub outform: Form,
    /// The public area as the TPM has it (TPM2B_PUBLIC) instead
    #[arg(long)]
    pub tpm2b: bool,
    /// The public area of this TPM's storage root key, for which other TPMs duplicate keys
    #[arg(long, conflicts_with = "key")]
    pub parent: bool,
    /// Writes over an existing file
    #[arg(long)]
    pub force: bool,
}

const PUBLIC_EXAMPLES: &str = "Examples:
  tpm2ca key public key.pem
  tpm2ca key public --parent --out recovery.pub";

/// `tpm2ca key sign`
#[derive(Args, Debug)]
pub struct KeySign {
    /// Key file, or handle:0x81...
    #[arg(long, value_name = "KEY", value_parser = location)]
    pub key: KeyLocation,
    /// Hash: sha256, sha384 or sha512 [default: the one that suits the key]
    #[arg(
        long,
        value_enum,
        value_name = "HASH",
        ignore_case = true,
        hide_possible_values = true
    )]
    pub md: Option<Md>,
    /// What to sign, `-` for standard input
    #[arg(long = "in", value_name = "FILE", default_value = "-")]
    pub input: PathBuf,
    /// Where to put the signature, `-` for standard output [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Writes over an existing file
    #[arg(long)]
    pub force: bool,
}

/// `tpm2ca key import`
#[derive(Args, Debug)]
#[command(after_help = IMPORT_EXAMPLES)]
pub struct KeyImport {
    /// The software key, PEM: PKCS#8, PKCS#1 or SEC1, plain or encrypted
    #[arg(long = "in", value_name = "FILE")]
    pub input: PathBuf,
    /// Pass phrase of the software key, likewise as `--key-auth`; asked on the terminal where it is needed
    #[arg(long, value_name = "SOURCE", value_parser = SecretParser)]
    pub passin: Option<Secret>,
    /// Where to put the key file
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Parent: a persistent handle such as 0x81000001, or owner, endorsement, platform or null [default: owner]
    #[arg(short = 'P', long, value_name = "PARENT", conflicts_with = "wrap_for")]
    pub parent: Option<Parent>,
    /// Wraps the key for another TPM, given the public area of its parent (`tpm2ca key public --parent` there); needs
    /// no TPM here
    #[arg(long = "for", id = "wrap_for", value_name = "FILE")]
    pub wrap_for: Option<PathBuf>,
    /// What is asked for beyond the authorization value.
    #[command(flatten)]
    pub guards: Guards,
    /// Text about the key for people, kept in the file
    #[arg(long, value_name = "TEXT", value_parser = NonEmpty::new())]
    pub description: Option<String>,
    /// Writes over an existing file
    #[arg(long)]
    pub force: bool,
}

const IMPORT_EXAMPLES: &str = "Examples:
  tpm2ca key import --in ca.key --out ca.tpm.pem
  tpm2ca key import --in ca.key --passin file:pass --key-auth file:pin --out ca.tpm.pem
  tpm2ca key import --in ca.key --for other-machine.pub --out ca.wrapped.pem";

/// `tpm2ca key persist`
#[derive(Args, Debug)]
pub struct KeyPersist {
    /// Key file
    #[arg(
        value_name = "KEY",
        required_unless_present = "storage_root",
        conflicts_with = "storage_root"
    )]
    pub key: Option<PathBuf>,
    /// Where to put it [default: the first free one from 0x81000100 on]
    #[arg(long, value_name = "HANDLE", value_parser = handle, conflicts_with = "storage_root")]
    pub handle: Option<u32>,
    /// Puts the parent of all keys there, at 0x81000001, so that it need not be made whenever a key is loaded
    #[arg(long)]
    pub storage_root: bool,
}

/// `tpm2ca key evict`
#[derive(Args, Debug)]
pub struct KeyEvict {
    /// The persistent handle, such as 0x81000100
    #[arg(value_name = "HANDLE", value_parser = handle)]
    pub handle: u32,
    /// The file of the key that is there: it can be loaded from it ever after
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Removes whatever is there. A key without a file is gone for ever
    #[arg(long, conflicts_with = "key")]
    pub force: bool,
}

/// `tpm2ca key passwd`
#[derive(Args, Debug)]
#[command(after_help = PASSWD_EXAMPLES)]
pub struct KeyPasswd {
    /// Key file
    #[arg(value_name = "KEY", value_parser = location)]
    pub key: KeyLocation,
    /// The new authorization value, likewise as `--key-auth`, which is the present one; asked on the terminal where it
    /// is not given
    #[arg(long, value_name = "SOURCE", value_parser = SecretParser)]
    pub new_key_auth: Option<Secret>,
    /// The key shall have none
    #[arg(long, conflicts_with = "new_key_auth")]
    pub remove: bool,
}

const PASSWD_EXAMPLES: &str = "Examples:
  tpm2ca key passwd key.pem
  tpm2ca key passwd key.pem --key-auth file:old --new-key-auth file:new";

/// `tpm2ca key duplicate`
#[derive(Args, Debug)]
pub struct KeyDuplicate {
    /// Key file
    #[arg(value_name = "KEY")]
    pub key: PathBuf,
    /// Public area of the other TPM's parent key (`tpm2ca key public --parent` there)
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// Where to put the wrapped key
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Writes over an existing file
    #[arg(long)]
    pub force: bool,
}

/// `tpm2ca key receive`
#[derive(Args, Debug)]
pub struct KeyReceive {
    /// The wrapped key
    #[arg(value_name = "FILE")]
    pub key: PathBuf,
    /// Where to put the key file
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Its parent here, where that is not the one that the file names: a persistent handle such as 0x81000001
    #[arg(short = 'P', long, value_name = "PARENT")]
    pub parent: Option<Parent>,
    /// Writes over an existing file
    #[arg(long)]
    pub force: bool,
}

/// `tpm2ca key policy`
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Signs a policy for a key that was made with `--policy authorize:KEY`, and puts it into the key's file
    Sign(PolicySign),
    /// Takes a signed policy out of a key's file
    Remove(PolicyRemove),
}

/// `tpm2ca key policy sign`
#[derive(Args, Debug)]
#[command(after_help = POLICY_EXAMPLES)]
pub struct PolicySign {
    /// The key that signs policies: a PEM file, plain or encrypted, or a key in the TPM
    #[arg(long, value_name = "KEY", value_parser = location)]
    pub key: KeyLocation,
    /// Pass phrase of that key, likewise as `--key-auth`
    #[arg(long, value_name = "SOURCE", value_parser = SecretParser)]
    pub passin: Option<Secret>,
    /// The policy, as for `tpm2ca genkey --policy`; all, if given several times
    #[arg(long, value_name = "POLICY", value_parser = NonEmpty::new(), required = true)]
    pub policy: Vec<String>,
    /// What people call it; one of the same name in the file is replaced
    #[arg(long, value_name = "TEXT", value_parser = NonEmpty::new())]
    pub name: Option<String>,
    /// The key's file, which is written anew
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

const POLICY_EXAMPLES: &str = "Examples:
  tpm2ca key policy sign --key signer.pem --policy pcr:sha256:0,7 --name 'after the update' key.pem
  tpm2ca key policy sign --key signer.pem --policy 'pcr:sha256:7=HEX' key.pem";

/// `tpm2ca key policy remove`
#[derive(Args, Debug)]
pub struct PolicyRemove {
    /// The key's file, which is written anew
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which: its name, or its number as `tpm2ca key show` counts them
    #[arg(value_name = "NAME|NUMBER", value_parser = NonEmpty::new())]
    pub which: String,
}

fn location(text: &str) -> Result<KeyLocation, String> {
    text.parse()
}

/// `0x81000100`, with or without `handle:` in front.
fn handle(text: &str) -> Result<u32, String> {
    match text.strip_prefix("handle:").unwrap_or(text).parse() {
        Ok(Parent::Handle(handle)) => Ok(handle),
        _ => Err("expected a persistent handle such as 0x81000100".to_owned()),
    }
}
