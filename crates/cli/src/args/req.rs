//! `tpm2ca req`

use std::path::PathBuf;

use clap::{ArgGroup, Args, builder::NonEmptyStringValueParser as NonEmpty, value_parser};

use super::Form;
use crate::secret::{Secret, SecretParser};

/// `tpm2ca req`
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "options are no states")]
#[command(after_help = EXAMPLES)]
#[command(group(ArgGroup::new("hash").args(["md", "sha256", "sha384", "sha512"])))]
pub struct Req {
    /// The key: a file (a TPM's key or PKCS#8, told apart by content) or a handle:0x81... in the TPM
    #[arg(long, value_name = "KEY", conflicts_with = "newkey")]
    pub key: Option<PathBuf>,
    /// Makes a new software key: rsa, rsa:BITS, ec, ec:CURVE or ed25519 [default without --key: RSA with the
    /// configuration's default_bits]
    #[arg(long, value_name = "KIND", value_parser = NonEmpty::new())]
    pub newkey: Option<String>,
    /// Where to put the new key [default: the configuration's default_keyfile]
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub keyout: Option<PathBuf>,
    /// Does not encrypt the new key
    #[arg(long, visible_alias = "nodes", conflicts_with = "key")]
    pub noenc: bool,
    /// Pass phrase of the new key: file:PATH, env:VAR, fd:N, stdin, credential:NAME or pass:VALUE [default: the
    /// configuration's output_password, else it is asked for]
    #[arg(long, value_name = "SOURCE", value_parser = SecretParser, conflicts_with_all = ["key", "noenc"])]
    pub passout: Option<Secret>,
    /// An openssl.cnf [default: a built-in one, which asks for the usual parts of a subject]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Its section
    #[arg(long, value_name = "NAME", default_value = "req")]
    pub section: String,
    /// The subject, such as /C=DE/O=Example/CN=host; `+` joins parts, `\` takes the meaning from `/`, `+` and `=`
    #[arg(long, value_name = "DN")]
    pub subj: Option<String>,
    /// Texts are UTF-8 [default: the configuration's utf8]
    #[arg(long)]
    pub utf8: bool,
    /// One more extension, as in the configuration: 'subjectAltName = DNS:a.example'; may be given several times
    #[arg(long, value_name = "EXTENSION", value_parser = NonEmpty::new())]
    pub addext: Vec<String>,
    /// A self-signed certificate instead of a request
    #[arg(long)]
    pub x509: bool,
    /// Days of validity of the certificate [default: 30]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..), allow_negative_numbers = true)]
    pub days: Option<u32>,
    /// The section with the certificate's extensions [default: the one that x509_extensions names]
    #[arg(long, value_name = "SECTION", value_parser = NonEmpty::new())]
    pub extensions: Option<String>,
    /// The section with the request's extensions [default: the one that req_extensions names]
    #[arg(long, value_name = "SECTION", value_parser = NonEmpty::new())]
    pub reqexts: Option<String>,
    /// Serial number of the certificate, decimal or 0x and hexadecimal [default: random]
    #[arg(long = "set_serial", visible_alias = "set-serial", value_name = "N", value_parser = NonEmpty::new())]
    pub set_serial: Option<String>,
    /// Hash of the signature: sha256, sha384 or sha512, of which each is an option too [default: default_md of the
    /// configuration]
    #[arg(long, value_name = "HASH", value_parser = NonEmpty::new())]
    pub md: Option<String>,
    #[expect(missing_docs, reason = "hidden: said at `--md`")]
    #[arg(long, hide = true)]
    pub sha256: bool,
    #[expect(missing_docs, reason = "hidden: said at `--md`")]
    #[arg(long, hide = true)]
    pub sha384: bool,
    #[expect(missing_docs, reason = "hidden: said at `--md`")]
    #[arg(long, hide = true)]
    pub sha512: bool,
    /// Asks nothing: the configuration's defaults are the answers
    #[arg(long)]
    pub batch: bool,
    /// Refuses a certificate that a lint finds an error in, instead of warning
    #[arg(long)]
    pub strict: bool,
    /// Where to put the request or certificate; what is there is replaced [default: standard output, which `-` also
    /// means]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Its form: pem or der
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        default_value = "pem",
        ignore_case = true,
        hide_possible_values = true
    )]
    pub outform: Form,
    /// Looks at this request, PEM or DER, and makes none
    #[arg(
        long = "in",
        value_name = "CSR",
        conflicts_with_all = ["key", "newkey", "keyout", "passout", "subj", "addext", "x509", "days", "extensions",
            "reqexts", "set_serial", "hash", "new"]
    )]
    pub input: Option<PathBuf>,
    /// Verifies the signature of `--in`
    #[arg(long, requires = "input")]
    pub verify: bool,
    /// Writes the subject of `--in`
    #[arg(long, requires = "input")]
    pub subject: bool,
    /// Writes the public key of `--in`, PEM
    #[arg(long, requires = "input")]
    pub pubkey: bool,
    /// Writes the modulus of the RSA key of `--in`
    #[arg(long, requires = "input")]
    pub modulus: bool,
    /// Does not write the request of `--in` itself
    #[arg(long, requires = "input")]
    pub noout: bool,
    #[expect(missing_docs, reason = "hidden: what is made is always new")]
    #[arg(long, hide = true)]
    pub new: bool,
}

const EXAMPLES: &str = "Examples:
  tpm2ca req --key intermediate.tss --config openssl.cnf --out intermediate.csr
  tpm2ca req --key www.key --subj /CN=www.example.com --out www.csr
  tpm2ca req --in www.csr --verify --noout --subject
  tpm2ca req --x509 --key handle:0x81000010 --config openssl.cnf --days 7300 --out root.crt";
