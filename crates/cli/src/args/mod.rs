//! The definition of the command line: `--help`, man pages and completions all come from here.

mod db_check;
mod doctor;
pub mod genkey;
pub mod key;
mod openssl;
mod openssl_wrapper;
pub mod req;

use std::path::PathBuf;

use clap::{
    Args, Parser, Subcommand, ValueEnum, builder::NonEmptyStringValueParser as NonEmpty,
    value_parser,
};

pub use openssl::{
    CrlByConfig, DbExport, DbImport, DbUpdate, FromConfig, ListedConfig, SignByConfig,
};

use crate::{
    names,
    secret::{Secret, SecretParser},
    text::{parse_duration, parse_when},
};

mod ocsp;

pub use db_check::DbCheck;
pub use doctor::Doctor;
pub use ocsp::{Ocsp, ResponderKeyArg};
pub use openssl_wrapper::OpenSslWrapper;

/// A certificate authority whose keys live in a TPM 2.0
#[derive(Debug, Parser)]
#[command(name = "tpm2ca", bin_name = "tpm2ca", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 TPM unavailable or locked out, \
                          4 a verification said no, 5 wrong or missing secret";

/// Options that every command takes.
// The variables are read where they are used and not by clap, for which an empty one would be a wrong value.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// The CA's directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else
    /// $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]
    #[arg(long, value_name = "DIR", global = true)]
    pub ca: Option<PathBuf>,
    /// The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR
    /// (a software TPM inside the program, for trials) [default: the first that is set of
    /// $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA's keys were made
    /// in, else /dev/tpmrm0]
    #[arg(long, value_name = "TCTI", value_parser = NonEmpty::new(), global = true)]
    pub tpm: Option<String>,
    /// Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE
    /// (which every user sees in the process list); a key that needs one and was given none asks on the terminal
    #[arg(long, value_name = "SOURCE", value_parser = SecretParser, global = true)]
    pub key_auth: Option<Secret>,
    /// Authorization value of a parent key, likewise
    #[arg(long, value_name = "SOURCE", value_parser = SecretParser, global = true)]
    pub parent_auth: Option<Secret>,
    /// Authorization value of the TPM's owner hierarchy, likewise
    #[arg(long, value_name = "SOURCE", value_parser = SecretParser, global = true)]
    pub owner_auth: Option<Secret>,
    /// Private key (PEM) that approves every use of keys with a policy `signed:KEY`
    #[arg(long, value_name = "FILE", global = true)]
    pub approver: Option<PathBuf>,
    /// Records and errors as JSON on stdout, one object a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Says nothing but what was asked for, warnings about what was done, and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Says more on stderr
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A whole CA on a software TPM, each step checked, to see what it is like
    Demo(Demo),
    /// A new CA: root and intermediate, both keys in the TPM
    Init(Init),
    /// A certificate request, or a self-signed certificate, as `openssl req` makes them
    Req(Box<req::Req>),
    /// Certificates from CSRs, by a profile
    Sign(Sign),
    /// A new software key and its certificate in one go
    Issue(Issue),
    /// Revokes a certificate; `crl` publishes it
    Revoke(Revoke),
    /// The list of revoked certificates
    Crl(Crl),
    /// Answers over HTTP whether certificates are revoked, until it is told to end
    Ocsp(Ocsp),
    /// What was issued
    List(List),
    /// One certificate
    Show(Show),
    /// Makes a key in the TPM; takes every option of tpm2tss-genkey
    Genkey(genkey::Genkey),
    /// About one key: a file, or a persistent handle
    Key {
        /// What about it.
        #[command(subcommand)]
        command: key::KeyCommand,
    },
    /// What is wrong, and what mends it
    Doctor(Doctor),
    /// About the TPM
    Tpm {
        /// What about it.
        #[command(subcommand)]
        command: TpmCommand,
    },
    /// About the records
    Db {
        /// What about them.
        #[command(subcommand)]
        command: DbCommand,
    },
    /// The installed openssl with our module loaded; takes command lines for engines too
    Openssl(OpenSslWrapper),
}

/// `tpm2ca demo`
#[derive(Args, Debug)]
pub struct Demo {
    /// Where to put the CA and its software TPM
    #[arg(default_value = "tpm2ca-demo")]
    pub dir: PathBuf,
}

/// `tpm2ca init`
#[derive(Args, Debug)]
#[command(after_help = INIT_EXAMPLES)]
pub struct Init {
    /// The CA's name; the certificates are called `NAME Root CA` and `NAME Intermediate CA`
    #[arg(long, value_parser = names::for_ca)]
    pub name: String,
    /// Kind of both keys: ecdsa or rsa
    #[arg(long, value_enum, default_value = "ecdsa", hide_possible_values = true)]
    pub alg: KeyAlg,
    /// Size of RSA keys: 2048 or 3072, where the TPM can
    #[arg(long, value_name = "BITS", conflicts_with = "curve")]
    pub keysize: Option<u16>,
    /// Curve of ECDSA keys: nist_p256 or nist_p384
    #[arg(long, value_name = "CURVE")]
    pub curve: Option<String>,
    /// Days of validity of the root [default: 7300]
    #[arg(long, value_name = "N", value_parser = days(), allow_negative_numbers = true)]
    pub root_days: Option<u32>,
    /// Days of validity of the intermediate [default: 3650]
    #[arg(long, value_name = "N", value_parser = days(), allow_negative_numbers = true)]
    pub intermediate_days: Option<u32>,
    /// DNS suffix below which alone the intermediate may issue; may be given several times
    #[arg(long, value_name = "SUFFIX", value_parser = NonEmpty::new())]
    pub permit_dns: Vec<String>,
    /// Asks on the terminal, twice, for the authorization value that both keys get; `--key-auth` takes it from elsewhere
    #[arg(long, conflicts_with = "key_auth")]
    pub ask_key_auth: bool,
    /// Where CRLs will be published; `%` stands for the issuer's name
    #[arg(long, value_name = "URL", value_parser = NonEmpty::new())]
    pub crl_url: Option<String>,
}

const INIT_EXAMPLES: &str = "Examples:
  tpm2ca init --ca ./my-ca --name Acme --permit-dns example.com
  tpm2ca init --ca ./my-ca --name Acme --alg rsa --key-auth file:/etc/tpm2ca.pin
  tpm2ca init --ca ./trial --name Trial --tpm libtpms:./trial-tpm   # no TPM needed";

/// The kinds of key that a TPM makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeyAlg {
    /// RSA, PKCS#1 v1.5 signatures
    Rsa,
    /// ECDSA on a NIST curve
    Ecdsa,
}

/// `tpm2ca sign`
#[derive(Args, Debug)]
#[command(after_help = SIGN_EXAMPLES)]
pub struct Sign {
    /// The profile: server, client, ocsp, intermediate, or one from the CA's `profiles` folder
    #[arg(
        long,
        value_name = "NAME",
        default_value = "server",
        conflicts_with = "config"
    )]
    pub profile: String,
    /// The issuer [default: the CA's default issuer]
    #[arg(long, value_name = "NAME")]
    pub issuer: Option<String>,
    /// The CSR, PEM or DER; `-` for standard input
    #[arg(
        long = "in",
        value_name = "CSR",
        required_unless_present_any = ["csrs", "spkac"],
        conflicts_with = "csrs"
    )]
    pub input: Option<PathBuf>,
    /// Where to put the certificate of one CSR [default: standard output, which `-` also means]
    #[arg(long, value_name = "FILE", conflicts_with = "outdir")]
    pub out: Option<PathBuf>,
    /// Many CSRs; each certificate goes beside its CSR, with the ending .crt
    #[arg(value_name = "CSR")]
    pub csrs: Vec<PathBuf>,
    /// Where to put the certificates of many CSRs
    #[arg(long, value_name = "DIR", conflicts_with = "input")]
    pub outdir: Option<PathBuf>,
    /// When it is to be valid.
    #[command(flatten)]
    pub validity: ValidityArgs,
    /// Hash of the signature: sha256, sha384 or sha512 [default: the one that suits the issuer's key]
    #[arg(
        long,
        value_enum,
        value_name = "HASH",
        ignore_case = true,
        hide_possible_values = true
    )]
    pub md: Option<Md>,
    /// The subject in place of the CSR's, such as /C=DE/O=Example/CN=host
    #[arg(long, value_name = "DN", value_parser = NonEmpty::new())]
    pub subj: Option<String>,
    /// DNS name, IP address, email address or URI in place of the CSR's; may be given several times
    #[arg(long = "san", value_name = "NAME", value_parser = NonEmpty::new())]
    pub names: Vec<String>,
    /// Puts the intermediate's certificate behind the new one, as servers want it
    #[arg(long)]
    pub chain: bool,
    /// Writes over existing output files
    #[arg(long)]
    pub force: bool,
    /// By an openssl.cnf.
    #[command(flatten)]
    pub by_config: SignByConfig,
}

const SIGN_EXAMPLES: &str = "Examples:
  tpm2ca sign --in www.csr --out www.crt --chain
  tpm2ca sign --profile client --days 30 --in - < user.csr > user.crt
  tpm2ca sign requests/*.csr --outdir certificates
  tpm2ca sign --config openssl.cnf --extensions server_cert --in www.csr --out www.crt";

/// Hash of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Md {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

/// When a certificate is to be valid.
#[derive(Args, Debug, Default)]
pub struct ValidityArgs {
    /// Days of validity [default: the profile's]
    #[arg(long, value_name = "N", value_parser = days(), allow_negative_numbers = true)]
    pub days: Option<u32>,
    /// Start of validity: 2026-12-31T23:59:59Z or YYYYMMDDHHMMSSZ
    #[arg(long, value_name = "TIME", value_parser = parse_when, allow_hyphen_values = true)]
    pub startdate: Option<i64>,
    /// End of validity, likewise
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    pub enddate: Option<i64>,
}

impl ValidityArgs {
    /// Whether one end at most is asked for. With an openssl.cnf `--enddate` goes first, as in OpenSSL.
    ///
    /// # Errors
    /// When there are two.
    pub(crate) fn one_end(&self) -> Result<(), crate::error::CliError> {
        if self.days.is_some() && self.enddate.is_some() {
            return Err(crate::error::CliError::usage(
                "the argument `--days <N>` cannot be used with `--enddate <TIME>`",
                "leave one of them out",
            ));
        }
        Ok(())
    }
}

/// `tpm2ca issue`
#[derive(Args, Debug)]
#[command(after_help = ISSUE_EXAMPLES)]
pub struct Issue {
    /// The profile: server, client, ocsp, or one from the CA's `profiles` folder
    #[arg(long, value_name = "NAME", default_value = "server")]
    pub profile: String,
    /// The issuer [default: the CA's default issuer]
    #[arg(long, value_name = "NAME")]
    pub issuer: Option<String>,
    /// DNS names, IP addresses, email addresses or URIs; the first is also the common name. With the profile `client`
    /// the first may be what people are called, such as 'Jane Doe'
    #[arg(value_name = "NAME", required = true, value_parser = NonEmpty::new())]
    pub names: Vec<String>,
    /// Where to put the new private key, which is not encrypted [default: NAME.key]
    #[arg(long, value_name = "FILE")]
    pub key_out: Option<PathBuf>,
    /// Where to put the certificate, `-` for standard output [default: NAME.crt]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Kind of the new key: p256, p384, p521, ed25519, rsa2048, rsa3072 or rsa4096
    #[arg(long, value_name = "KIND", default_value = "p256")]
    pub newkey: String,
    /// When it is to be valid.
    #[command(flatten)]
    pub validity: ValidityArgs,
    /// Puts the intermediate's certificate behind the new one, as servers want it
    #[arg(long)]
    pub chain: bool,
}

const ISSUE_EXAMPLES: &str = "Examples:
  tpm2ca issue www.example.com example.com 10.0.0.1 --chain
  tpm2ca issue --profile client 'Jane Doe' jane@example.com --newkey rsa3072";

/// `tpm2ca revoke`
#[derive(Args, Debug)]
#[command(after_help = REVOKE_EXAMPLES)]
pub struct Revoke {
    /// Serial number, or the certificate's file
    #[arg(value_name = "SERIAL|CERT", value_parser = NonEmpty::new())]
    pub what: String,
    /// keyCompromise, CACompromise, affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn,
    /// certificateHold, or removeFromCRL to end a hold
    #[arg(long)]
    pub reason: Option<String>,
    /// Since when the key must be doubted: 2026-12-31T23:59:59Z
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    pub invalidity_date: Option<i64>,
    /// The issuer, where several have used the serial number
    #[arg(long, value_name = "NAME")]
    pub issuer: Option<String>,
    /// What to do with a certificate on hold: holdInstructionCallIssuer, holdInstructionReject or a number
    #[arg(long, value_name = "INSTRUCTION", requires = "config", conflicts_with = "reason", value_parser = NonEmpty::new())]
    pub hold_instruction: Option<String>,
    /// The CA and its files.
    #[command(flatten)]
    pub from: FromConfig,
}

const REVOKE_EXAMPLES: &str = "Examples:
  tpm2ca revoke www.example.com.crt --reason superseded
  tpm2ca revoke 01:6f:9b:20 --reason keyCompromise --invalidity-date 2026-11-01T00:00:00Z";

/// `tpm2ca crl`
#[derive(Args, Debug)]
#[command(after_help = CRL_EXAMPLES)]
pub struct Crl {
    /// The issuer [default: the CA's default issuer]
    #[arg(long, value_name = "NAME")]
    pub issuer: Option<String>,
    /// Where to put it as well, `-` for standard output; it is always kept in the CA's directory
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Form of `--out`: pem or der
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        ignore_case = true,
        default_value = "pem",
        hide_possible_values = true
    )]
    pub outform: Form,
    /// Where to put it, or all of them where they are divided, under their own names
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "config"])]
    pub outdir: Option<PathBuf>,
    /// Days to the next one [default: crl_days in ca.toml]
    #[arg(long, value_name = "N", value_parser = days(), allow_negative_numbers = true)]
    pub days: Option<u32>,
    /// By an openssl.cnf.
    #[command(flatten)]
    pub by_config: CrlByConfig,
    /// Into how many lists it is divided, 0 for one of all certificates [default: crl_shards in ca.toml]
    #[arg(long, value_name = "N", conflicts_with = "config")]
    pub shards: Option<u32>,
    /// Only what has changed since the newest complete CRL
    #[arg(long, conflicts_with = "config")]
    pub delta: bool,
}

const CRL_EXAMPLES: &str = "Examples:
  tpm2ca crl --out /srv/www/intermediate.crl --outform der
  tpm2ca crl --issuer root --days 180
  tpm2ca crl --delta --hours 6 --outdir /srv/www --outform der";

/// PEM or DER.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Text
    Pem,
    /// Bytes
    Der,
}

/// `tpm2ca list`
#[derive(Args, Debug)]
pub struct List {
    /// Only those that are valid, revoked, expired or reserved (before a crash: they may have been signed)
    #[arg(long, value_enum, hide_possible_values = true)]
    pub status: Option<StatusArg>,
    /// Only those whose subject or one of whose names matches, such as '*.example.com'
    #[arg(long, value_name = "GLOB", value_parser = NonEmpty::new())]
    pub name: Option<String>,
    /// Only those that expire within this time, such as 30d, 12h or 2w
    #[arg(long, value_name = "TIME", value_parser = parse_duration, allow_hyphen_values = true)]
    pub expires_within: Option<i64>,
    /// Only those of this issuer
    #[arg(long, value_name = "NAME")]
    pub issuer: Option<String>,
    /// The CA and its files.
    #[command(flatten)]
    pub from: ListedConfig,
}

/// How a certificate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatusArg {
    /// In force
    Valid,
    /// Revoked
    Revoked,
    /// Past its end
    Expired,
    /// Reserved before a crash; may have been signed
    Reserved,
}

/// `tpm2ca show`
#[derive(Args, Debug)]
pub struct Show {
    /// Serial number, or the certificate's file
    #[arg(value_name = "SERIAL|CERT", value_parser = NonEmpty::new())]
    pub what: String,
    /// The issuer, where several have used the serial number
    #[arg(long, value_name = "NAME")]
    pub issuer: Option<String>,
    /// The certificate itself, PEM
    #[arg(long)]
    pub pem: bool,
    /// The CA and its files.
    #[command(flatten)]
    pub from: FromConfig,
}

/// `tpm2ca tpm`
#[derive(Debug, Subcommand)]
pub enum TpmCommand {
    /// What this TPM is and can do
    Info,
}

/// `tpm2ca db`
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Checks the file, the audit chain, and the signature of every certificate
    Check(DbCheck),
    /// Takes over the index.txt of `openssl ca`: makes the records beside it, or, with `--ca DIR`, an issuer of that CA
    /// directory
    ImportOpenssl(DbImport),
    /// Writes index.txt, serial, crlnumber and newcerts for `openssl ca`
    ExportOpenssl(DbExport),
    /// Marks expired certificates in index.txt, as `openssl ca -updatedb` does
    Updatedb(DbUpdate),
}

fn days() -> clap::builder::RangedI64ValueParser<u32> {
    value_parser!(u32).range(1..)
}
