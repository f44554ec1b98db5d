//! `tpm2ca genkey`, and `tpm2tss-genkey`.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum, builder::NonEmptyStringValueParser as NonEmpty};
use tpm2ca_tpm::{HashAlg, Parent};
use zeroize::Zeroizing;

use crate::policy::Registers;

/// The program under the name `tpm2tss-genkey`: the grammar of that tool and nothing else.
#[derive(Debug, Parser)]
#[command(
    name = "tpm2tss-genkey",
    bin_name = "tpm2tss-genkey",
    about = "Makes a key in the TPM and writes it to a file, as tpm2tss-genkey does",
    after_help = "This is `tpm2ca genkey` under the name of a tool whose place it takes"
)]
pub(crate) struct TssGenkey {
    /// Options and file.
    #[command(flatten)]
    pub(crate) options: TssOptions,
    /// Says more on stderr
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

/// The options of tpm2tss-genkey, by its letters.
#[derive(Args, Clone, Debug)]
pub struct TssOptions {
    /// Kind of the key: rsa or ecdsa
    #[arg(
        short,
        long,
        value_enum,
        default_value = "rsa",
        ignore_case = true,
        hide_possible_values = true
    )]
    pub alg: Alg,
    /// Curve of an ECDSA key: nist_p256, nist_p384 or nist_p521, where the TPM can [default: nist_p256]
    #[arg(short, long, value_name = "CURVE")]
    pub curve: Option<String>,
    /// Public exponent of an RSA key
    #[arg(short, long, value_name = "N", default_value_t = 65537)]
    pub exponent: u32,
    /// Size of an RSA key: 2048, 3072 or 4096, where the TPM can [default: 2048]
    #[arg(short = 's', long, value_name = "BITS")]
    pub keysize: Option<u16>,
    /// Authorization value of the new key, which every user sees in the process list; better with `--key-auth`
    #[arg(short, long, value_name = "VALUE", value_parser = plain)]
    pub password: Option<Plain>,
    /// Authorization value of the owner hierarchy, likewise; better with `--owner-auth`
    #[arg(short, long, value_name = "VALUE", value_parser = plain)]
    pub ownerpw: Option<Plain>,
    /// Parent of the new key: a persistent handle such as 0x81000001, or owner, endorsement, platform or null
    /// [default: owner]
    #[arg(short = 'P', long, value_name = "PARENT")]
    pub parent: Option<Parent>,
    /// Authorization value of the parent, likewise; better with `--parent-auth`
    #[arg(short = 'W', long, value_name = "VALUE", value_parser = plain)]
    pub parentpw: Option<Plain>,
    /// Makes no key, but a key file of this TPM2B_PUBLIC and the TPM2B_PRIVATE of `--private`, as `tpm2_create` writes
    /// them; nothing is sent to the TPM
    #[arg(short = 'u', long, value_name = "FILE", requires = "private")]
    pub public: Option<PathBuf>,
    /// The TPM2B_PRIVATE for `--public`
    #[arg(short = 'r', long, value_name = "FILE", requires = "public")]
    pub private: Option<PathBuf>,
    /// The TPM, like `--tpm`
    #[arg(short, long, value_name = "TCTI", value_parser = NonEmpty::new())]
    pub tcti: Option<String>,
    /// Where to put the key file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `tpm2ca genkey`
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Genkey {
    /// Options and file.
    #[command(flatten)]
    pub tss: TssOptions,
    /// What is asked for beyond the authorization value.
    #[command(flatten)]
    pub guards: Guards,
    /// Makes the key in software and wraps it for a TPM, into a file that is imported whenever it is used: for this
    /// TPM, or with =FILE for the one whose parent key has this public area (`tpm2ca key public --parent` there)
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        conflicts_with_all = ["public", "parent"]
    )]
    pub importable: Option<Option<PathBuf>>,
    /// Text about the key for people, kept in the file
    #[arg(long, value_name = "TEXT", value_parser = NonEmpty::new())]
    pub description: Option<String>,
    /// Writes over an existing file
    #[arg(long)]
    pub force: bool,
}

const EXAMPLES: &str = "Policies are made of conditions, `and`, `or` and parentheses:
  pcr:sha256:0,7        PCRs hold what they hold now; 7=HEX instead of 7 is a value that is expected
  authvalue             the authorization value of the key is given
  secret:owner          that of a hierarchy is given, or of a key, as in secret:0x81000010
  signed:KEY[#REF]      the holder of this key (PEM) approves every use: `--approver`
  authorize:KEY[#REF]   one of the policies holds that `tpm2ca key policy sign` has signed with this key
  command:sign          the key is used to sign
  locality:0,3          commands come from one of these localities
  duplicate:PARENT      the key is moved to the TPM with this parent

Examples:
  tpm2ca genkey -a ecdsa key.pem
  tpm2ca genkey -s 3072 --key-auth file:/etc/ca.pin key.pem
  tpm2ca genkey -a ecdsa --pcr sha256:0,7 key.pem
  tpm2ca genkey -a ecdsa --policy 'pcr:sha256:7 or authvalue' --key-auth env:RESCUE key.pem
  tpm2ca genkey -a ecdsa --duplicable-to recovery.pub key.pem";

/// What has to hold before a new key can be used, and where it may go.
#[derive(Args, Clone, Debug, Default)]
pub struct Guards {
    /// Binds the key to what these PCRs hold now, such as sha256:0,7
    #[arg(long, value_name = "BANK:PCRS")]
    pub pcr: Vec<Registers>,
    /// Under which conditions the key can be used; all, if given several times
    #[arg(long, value_name = "POLICY", value_parser = NonEmpty::new())]
    pub policy: Vec<String>,
    /// The key may be moved to the TPM whose parent key this is, and to no other: its Name, or the file with its public
    /// area (`tpm2ca key public --parent` there)
    #[arg(long, value_name = "NAME|FILE", value_parser = NonEmpty::new())]
    pub duplicable_to: Option<String>,
}

/// Kinds of keys that tpm2tss-genkey knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Alg {
    /// RSA
    Rsa,
    /// ECDSA on a NIST curve
    Ecdsa,
    /// SM2, which is refused
    Sm2,
}

/// A secret that was given as it is.
#[derive(Clone)]
pub struct Plain(pub(crate) Zeroizing<String>);

impl std::fmt::Debug for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Plain(..)")
    }
}

#[expect(clippy::unnecessary_wraps, reason = "clap wants a Result")]
fn plain(text: &str) -> Result<Plain, String> {
    Ok(Plain(Zeroizing::new(text.to_owned())))
}

/// A hash by the name that tpm2-tools give it.
pub(crate) fn bank(name: &str) -> Option<HashAlg> {
    match name.to_ascii_lowercase().as_str() {
        "sha256" => Some(HashAlg::Sha256),
        "sha384" => Some(HashAlg::Sha384),
        "sha512" => Some(HashAlg::Sha512),
        _ => None,
    }
}
