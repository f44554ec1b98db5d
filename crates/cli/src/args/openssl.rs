//! Options that speak of an openssl.cnf, with the names that `openssl ca` has for them.
#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "help texts speak of sections: [ca]"
)]

use std::path::PathBuf;

use clap::{Args, builder::NonEmptyStringValueParser as NonEmpty};

use crate::{names, text::parse_when};

/// A CA that an openssl.cnf describes.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "With an openssl.cnf")]
pub struct FromConfig {
    /// The CA is the one that this openssl.cnf describes, with its index.txt and its other files
    #[arg(long, value_name = "FILE", conflicts_with = "ca")]
    pub config: Option<PathBuf>,
    /// The CA's section of the file [default: the one that default_ca in [ca] names]
    #[arg(long = "section", visible_alias = "name", value_name = "CA_SECTION", requires = "config", value_parser = NonEmpty::new())]
    pub section: Option<String>,
}

/// Options of `tpm2ca sign` that need an openssl.cnf.
#[derive(Args, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of `openssl ca`"
)]
#[command(next_help_heading = "With an openssl.cnf")]
pub struct SignByConfig {
    /// The CA is the one that this openssl.cnf describes: certificates are what `openssl ca` makes of the file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ca", "issuer", "names", "chain"])]
    pub config: Option<PathBuf>,
    /// The CA's section of the file [default: the one that default_ca in [ca] names]
    #[arg(long = "name", value_name = "CA_SECTION", requires = "config", value_parser = NonEmpty::new())]
    pub section: Option<String>,
    /// Section with the extensions [default: x509_extensions of the CA's section]
    #[arg(long, value_name = "SECTION", requires = "config", value_parser = NonEmpty::new())]
    pub extensions: Option<String>,
    /// Another file with the extensions; its key `extensions` names the section
    #[arg(long, value_name = "FILE", requires = "config")]
    pub extfile: Option<PathBuf>,
    /// Section with the policy for subjects [default: policy of the CA's section]
    #[arg(long, value_name = "SECTION", requires = "config", value_parser = NonEmpty::new())]
    pub policy: Option<String>,
    /// The CA's key: a file, or handle:0x81... [default: `private_key` of the CA's section]
    #[arg(long, visible_alias = "key", value_name = "KEY", requires = "config", value_parser = NonEmpty::new())]
    pub keyfile: Option<String>,
    /// The CA's certificate [default: certificate of the CA's section]
    #[arg(long, value_name = "FILE", requires = "config")]
    pub cert: Option<PathBuf>,
    /// The certificate is its own issuer; the CSR must come from the CA's key
    #[arg(long, requires = "config")]
    pub selfsign: bool,
    /// The subject stays in the order that it has in the CSR
    #[arg(long = "preserveDN", alias = "preserve-dn", requires = "config")]
    pub preserve_dn: bool,
    /// Email addresses are taken out of the subject
    #[arg(long = "noemailDN", alias = "no-email-dn", requires = "config")]
    pub no_email_dn: bool,
    /// `--subj` is UTF-8 [default: utf8 of the CA's section, else Latin-1]
    #[arg(long, requires = "config")]
    pub utf8: bool,
    /// The serial number is random
    #[arg(long = "rand_serial", alias = "rand-serial", requires = "config")]
    pub rand_serial: bool,
    /// A serial file that does not exist begins with a random number
    #[arg(long = "create_serial", alias = "create-serial", requires = "config")]
    pub create_serial: bool,
    /// Does not ask before it signs
    #[arg(long, requires = "config")]
    pub batch: bool,
    /// Without the certificate as text in front of its PEM block, which is how it is in any case
    #[arg(long, requires = "config")]
    pub notext: bool,
    /// Refuses what a profile would not have done, instead of warning of it
    #[arg(long, requires = "config")]
    pub strict: bool,
    /// A Netscape SPKAC, which is refused
    #[arg(long, value_name = "FILE", requires = "config", hide = true)]
    pub spkac: Option<PathBuf>,
}

/// Options of `tpm2ca crl` that need an openssl.cnf.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "With an openssl.cnf")]
pub struct CrlByConfig {
    /// The CA and its files.
    #[command(flatten)]
    pub from: FromConfig,
    /// The CA's key: a file, or handle:0x81... [default: `private_key` of the CA's section]
    #[arg(long, visible_alias = "key", value_name = "KEY", requires = "config", value_parser = NonEmpty::new())]
    pub keyfile: Option<String>,
    /// The CA's certificate [default: certificate of the CA's section]
    #[arg(long, value_name = "FILE", requires = "config")]
    pub cert: Option<PathBuf>,
    /// Hours to the next CRL, added to the days [default for delta CRLs: delta_hours in ca.toml]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub hours: Option<u32>,
    /// Section with the extensions [default: crl_extensions of the CA's section]
    #[arg(long, value_name = "SECTION", requires = "config", value_parser = NonEmpty::new())]
    pub crlexts: Option<String>,
    /// When the list is made, in place of now
    #[arg(long, value_name = "TIME", requires = "config", value_parser = parse_when)]
    pub lastupdate: Option<i64>,
    /// When the next one is due
    #[arg(long, value_name = "TIME", requires = "config", value_parser = parse_when)]
    pub nextupdate: Option<i64>,
    /// Hash of the signature [default: default_md of the CA's section]
    #[arg(long, value_name = "HASH", requires = "config", value_parser = NonEmpty::new())]
    pub md: Option<String>,
}

/// As [`FromConfig`], for a command whose `--name` is something else.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "With an openssl.cnf")]
pub struct ListedConfig {
    /// The CA is the one that this openssl.cnf describes, with its index.txt and its other files
    #[arg(long, value_name = "FILE", conflicts_with = "ca")]
    pub config: Option<PathBuf>,
    /// The CA's section of the file [default: the one that default_ca in [ca] names]
    #[arg(long = "section", value_name = "CA_SECTION", requires = "config", value_parser = NonEmpty::new())]
    pub section: Option<String>,
}

/// `tpm2ca db import-openssl`
#[derive(Args, Debug)]
pub struct DbImport {
    /// The openssl.cnf that describes the CA
    #[arg(long, value_name = "FILE", required = true)]
    pub config: PathBuf,
    /// The CA's section of the file [default: the one that default_ca in [ca] names]
    #[arg(long = "section", visible_alias = "name", value_name = "CA_SECTION", value_parser = NonEmpty::new())]
    pub section: Option<String>,
    /// What the issuer is called in the CA directory that `--ca` names [default: root or intermediate]
    #[arg(long, value_name = "NAME", value_parser = names::for_issuer)]
    pub issuer: Option<String>,
}

/// `tpm2ca db export-openssl`
#[derive(Args, Debug)]
pub struct DbExport {
    /// The folder to write into; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    pub outdir: PathBuf,
    /// The issuer [default: the CA's default issuer]
    #[arg(long, value_name = "NAME")]
    pub issuer: Option<String>,
    /// The CA and its files.
    #[command(flatten)]
    pub from: FromConfig,
}

/// `tpm2ca db updatedb`
#[derive(Args, Debug)]
pub struct DbUpdate {
    /// The openssl.cnf that describes the CA
    #[arg(long, value_name = "FILE", required = true, conflicts_with = "ca")]
    pub config: PathBuf,
    /// The CA's section of the file [default: the one that default_ca in [ca] names]
    #[arg(long = "section", visible_alias = "name", value_name = "CA_SECTION", value_parser = NonEmpty::new())]
    pub section: Option<String>,
}
