//! What can go wrong, and what to do then.

use std::path::PathBuf;

use thiserror::Error;
use tpm2ca_keys::{Hash, KeyAlgorithm, KeyError, PrivateKeyError, SignError};
use tpm2ca_lint::Rejected;
use tpm2ca_openssl_ca::config::{CaFileError, PlanError, PolicyRefusal};
use tpm2ca_openssl_x509v3::OpensslError;
use tpm2ca_profile::{ProfileError, Refusal};
use tpm2ca_store::StoreError;
use tpm2ca_tpm::{ErrorKind, KeyFileError, TpmError};
use tpm2ca_x509::{UnixTime, crl::CrlError};

use crate::config::URL_HINT;

/// An error of the authority. `hint` says what to do next.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// There is no CA in the directory.
    #[error("there is no CA in `{}`", .0.display())]
    NoCa(PathBuf),
    /// There is one already, or what a broken-off `init` left.
    #[error("`{}` holds {} already", path.display(), if *half_made { "a half-made CA" } else { "a CA" })]
    DirectoryInUse {
        /// The directory.
        path: PathBuf,
        /// Whether `init` did not finish there.
        half_made: bool,
    },
    /// The directory was written by a later version of the program.
    #[error("`{path}` has format {found}, and this version knows format {known}")]
    NewerDirectory {
        /// The configuration file.
        path: String,
        /// Its format.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// `ca.toml` is wrong.
    #[error("`{path}`: {message}")]
    Config {
        /// The configuration file.
        path: String,
        /// What and where.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// A URL for certificates that nobody could fetch anything from.
    #[error("`{}` {problem}", url.escape_debug())]
    Url {
        /// The URL.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A file could not be read or written.
    #[error("cannot {action} `{}`", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A file of the CA's that something else was to be written over.
    #[error("`{}` is {what}", path.display())]
    OwnFile {
        /// The file.
        path: PathBuf,
        /// Its role in the CA, such as `the key of an issuer of the CA`.
        what: &'static str,
    },
    /// A file is in the way.
    #[error("`{}` exists already", .0.display())]
    FileExists(PathBuf),
    /// A value of an openssl.cnf that extensions are made from.
    #[error(transparent)]
    Openssl(Box<OpensslError>),
    /// A key cannot sign with the hash asked for.
    #[error("a {key} key cannot sign with {hash}")]
    HashDoesNotFit {
        /// The key.
        key: KeyAlgorithm,
        /// The hash.
        hash: Hash,
    },
    /// No such issuer.
    #[error("there is no issuer `{asked}` here")]
    UnknownIssuer {
        /// The name asked for.
        asked: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// The issuer's certificate cannot be used.
    #[error("the issuer certificate `{}` cannot be used: {message}", path.display())]
    IssuerCertificate {
        /// Its file.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// Key and certificate do not belong together.
    #[error(
        "the key `{key}` is not the one in the certificate `{certificate}` of issuer `{issuer}`"
    )]
    KeyMismatch {
        /// The issuer.
        issuer: String,
        /// Its key file.
        key: String,
        /// Its certificate file.
        certificate: String,
    },
    /// A certificate that was to sign OCSP answers cannot do so.
    #[error("the responder certificate `{}` cannot be used: {message}", path.display())]
    Responder {
        /// Its file.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// CRLs cannot be divided.
    #[error(
        "the CRLs of this issuer cannot be divided: certificates have to bear the URL of their shard"
    )]
    NoShards,
    /// No TPM was named, but the key lives in one.
    #[error("the key lives in a TPM, and no TPM was named")]
    NoTpm,
    /// The TPM refused or is not there.
    #[error(transparent)]
    Tpm(#[from] TpmError),
    /// A TSS2 key file is wrong.
    #[error("the key file `{}` cannot be used", path.display())]
    Tss2File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: KeyFileError,
    },
    /// A software key file is wrong.
    #[error("the key file `{}` cannot be used", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: PrivateKeyError,
    },
    /// A persistent handle that is none.
    #[error("{message}")]
    KeyHandle {
        /// What is wrong with it.
        message: String,
    },
    /// No authorization value could be had.
    #[error("the key `{}` cannot be used: {message}", key.display())]
    KeyAuth {
        /// The key file.
        key: PathBuf,
        /// Why.
        message: String,
    },
    /// The TPM holds a key of a kind that certificates cannot be signed with.
    #[error("the key `{}` cannot sign certificates", key.display())]
    PublicKey {
        /// The key file.
        key: PathBuf,
        /// Why.
        #[source]
        source: KeyError,
    },
    /// A software key could not be made or written.
    #[error(transparent)]
    SoftwareKey(#[from] PrivateKeyError),
    /// The signature was refused, failed, or did not verify.
    #[error(transparent)]
    Signature(#[from] SignError),
    /// The key does not go with the hash, or takes no digest at all.
    #[error("the key of issuer `{issuer}` is of the kind {key}, which cannot sign a digest{}",
        md.map(|md| format!(" of {md}")).unwrap_or_default())]
    KeyCannotSign {
        /// The issuer.
        issuer: String,
        /// The kind of its key.
        key: KeyAlgorithm,
        /// The hash that was asked for, if one was.
        md: Option<Hash>,
    },
    /// Bytes that are not what they should be.
    #[error(transparent)]
    X509(#[from] tpm2ca_x509::Error),
    /// A key or a signature in a request is not acceptable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A profile is wrong or unknown.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The profile refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The subject alternative name of a CSR is broken.
    #[error("the names that the request asks for cannot be read: {0}")]
    UnreadableNames(#[source] tpm2ca_x509::Error),
    /// A root was asked for by a CSR.
    #[error("a root certificate is made by `init`, not from a request")]
    RootByRequest,
    /// The lints refused.
    #[error("{0}")]
    Lint(Box<Rejected>),
    /// An issuer whose time is over cannot sign.
    #[error("the certificate of issuer `{issuer}` ended at {}", tpm2ca_x509::format_time(*not_after))]
    IssuerExpired {
        /// The issuer.
        issuer: String,
        /// Its end.
        not_after: UnixTime,
    },
    /// An issuer whose time has not come, by this machine's clock, cannot sign.
    #[error("the certificate of issuer `{issuer}` begins at {}", tpm2ca_x509::format_time(*not_before))]
    IssuerNotYetValid {
        /// The issuer.
        issuer: String,
        /// Its begin.
        not_before: UnixTime,
    },
    /// A CRL could not be written.
    #[error(transparent)]
    Crl(#[from] CrlError),
    /// The records.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No certificate with that serial number, or several.
    #[error("{}", if issuers.is_empty() { format!("no certificate has the serial number `{serial}`") }
        else { format!("the serial number `{serial}` was used by several issuers: {}", issuers.join(", ")) })]
    Serial {
        /// The number asked for.
        serial: String,
        /// The issuers that used it.
        issuers: Vec<String>,
    },
    /// A certificate at hand is not of this CA, or not the one that its records know by that number.
    #[error("the certificate {serial} issued by `{issuer}` is not of this CA: {problem}")]
    NotIssuedHere {
        /// Its serial number.
        serial: String,
        /// Its issuer.
        issuer: String,
        /// The difference that was found.
        problem: String,
    },
    /// An openssl.cnf says something that cannot be used, or lacks something.
    #[error(transparent)]
    CaFile(Box<CaFileError>),
    /// The policy of an openssl.cnf refuses the subject.
    #[error(transparent)]
    Policy(#[from] PolicyRefusal),
    /// There is no index.txt.
    #[error("there is no `{}`", .0.display())]
    NoIndex(PathBuf),
    /// The CA is an issuer of the directory already.
    #[error("the CA in `{}` has this certificate's subject and key already: issuer `{issuer}`", path.display())]
    TakenOver {
        /// The directory.
        path: PathBuf,
        /// The issuer.
        issuer: String,
    },
    /// A line of index.txt makes no sense.
    #[error("`{}`, line {line}: the row {problem}", path.display())]
    Index {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// A serial or crlnumber file holds no number.
    #[error("`{}`: expected a hexadecimal number of at most 40 digits, got `{got}`", path.display())]
    NumberFile {
        /// The file.
        path: PathBuf,
        /// What is in it.
        got: String,
    },
    /// There is no serial file.
    #[error("there is no `{}`, from which serial numbers come", .0.display())]
    NoSerialFile(PathBuf),
    /// There is a valid certificate with this subject already, and `unique_subject` is on.
    #[error(
        "there is a valid certificate for `{subject}` already, with the serial number {serial}"
    )]
    SubjectTaken {
        /// The subject as index.txt has it.
        subject: String,
        /// The serial of that certificate.
        serial: String,
    },
    /// A hash with which nothing is signed.
    #[error("`{md}` ({from}) is not used for signatures: {why}")]
    RefusedHash {
        /// The hash.
        md: String,
        /// Where it was asked for.
        from: String,
        /// Why.
        why: &'static str,
    },
    /// `--strict` refuses what a profile of this program would not have done.
    #[error("refused because of `--strict`: {0}")]
    Strict(String),
    /// A reason that index.txt cannot hold.
    #[error("`openssl ca` knows no reason `{0}`, and would refuse to read index.txt with it")]
    UnlistableReason(String),
    /// The request of a certificate that is its own issuer is not from the CA's key.
    #[error("with `--selfsign` the request must come from the CA's own key, and it does not")]
    NotSelfSigned,
    /// A key of the section is needed.
    #[error("[{section}] has no `{key}`, {purpose}")]
    MissingSetting {
        /// The section.
        section: String,
        /// The key.
        key: &'static str,
        /// What for.
        purpose: &'static str,
    },
    /// The operating system has no randomness.
    #[error("the operating system gave no randomness")]
    Randomness,
    /// The thread that made the certificate broke off.
    #[error("the making of the certificate broke off by a defect of the program")]
    BrokenOff,
    /// Serial numbers that are random do not repeat.
    #[error("{attempts} random serial numbers in a row had been used before")]
    SerialsRepeat {
        /// How many were drawn.
        attempts: u32,
    },
}

/// What a caller should do with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorClass {
    /// Refused or failed.
    Failed,
    /// The TPM is not there or locked out; trying again later may help.
    TpmUnavailable,
    /// A secret is wrong or missing; trying again with the same one never helps, and may cost a try.
    WrongSecret,
}

impl From<OpensslError> for AuthorityError {
    fn from(error: OpensslError) -> Self {
        Self::Openssl(Box::new(error))
    }
}

impl AuthorityError {
    /// What to do next, if there is something.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoCa(path) => Some(format!(
                "`tpm2ca init --ca {} --name NAME` makes one; `--ca DIR` or TPM2CA_DIR names another directory",
                path.display()
            )),
            Self::DirectoryInUse { path, half_made } => Some(if *half_made {
                format!(
                    "if an `init` did not finish here, nothing was issued by it. Put it out of the way with \
                     `mv {0} {0}.old` and try again",
                    path.display()
                )
            } else {
                "choose another directory with `--ca DIR`".to_owned()
            }),
            Self::NewerDirectory { .. } => {
                Some("it was written by a later version; install that version or a newer one".to_owned())
            }
            Self::File { source, .. } => match source.kind() {
                std::io::ErrorKind::StorageFull => {
                    Some("the disk is full; nothing was issued. Make room and try again".to_owned())
                }
                std::io::ErrorKind::PermissionDenied => Some(
                    "run it as the user that owns the CA's directory, or choose another with `--ca DIR`".to_owned(),
                ),
                _ => None,
            },
            Self::FileExists(_) => {
                Some("files are never overwritten; choose another name or remove it first".to_owned())
            }
            Self::OwnFile { .. } => {
                Some("nothing is written over the files of a CA; name another file. Nothing was done".to_owned())
            }
            Self::UnknownIssuer { known, .. } => Some(format!("there are: {}", known.join(", "))),
            Self::KeyMismatch { .. } => Some(
                "restore the key file and the certificate that were made together, from the same backup".to_owned(),
            ),
            Self::NoTpm => Some(
                "name it with `--tpm device:/dev/tpmrm0`, or a software TPM for trials with `--tpm libtpms:DIR`"
                    .to_owned(),
            ),
            Self::Tpm(error) => error.hint(),
            Self::Tss2File { source, .. } => source.hint(),
            Self::KeyFile { source, .. } => source.hint(),
            Self::Key(error) => error.hint(),
            Self::KeyAuth { .. } => Some(
                "give it with `--key-auth file:PATH`, `env:VAR`, `fd:N`, `stdin` or `credential:NAME`".to_owned(),
            ),
            Self::KeyHandle { .. } => Some("`tpm2_getcap handles-persistent` lists what there is".to_owned()),
            Self::PublicKey { source, .. } => source.hint(),
            Self::SoftwareKey(error) => error.hint(),
            Self::Openssl(error) => Some(
                error
                    .hint()
                    .unwrap_or("change the value; x509v3_config(5) describes them")
                    .to_owned(),
            ),
            Self::HashDoesNotFit { .. } => Some("leave the hash out: the key tells it".to_owned()),
            Self::Signature(source) => source.hint(),
            Self::X509(error) | Self::UnreadableNames(error) => error.hint(),
            Self::Profile(error) => error.hint(),
            Self::Refused(refusal) => refusal.hint(),
            Self::Lint(rejected) => rejected.hint(),
            Self::Store(error) => error.hint(),
            Self::Crl(error) => error.hint(),
            Self::IssuerExpired { .. } => {
                Some("make a new CA with `tpm2ca init` in another directory".to_owned())
            }
            Self::Serial { issuers, .. } => Some(if issuers.is_empty() {
                "`tpm2ca list` shows all there are".to_owned()
            } else {
                "say which with `--issuer NAME`".to_owned()
            }),
            Self::NotIssuedHere { serial, .. } => Some(format!(
                "nothing was recorded. `--ca DIR` or `--config FILE` names the CA that issued it; if the one in the records \
                 is meant, `tpm2ca show {serial}` shows it, and its number says so in place of the file"
            )),
            Self::RootByRequest => Some("use the profile `intermediate`, `server`, `client` or your own".to_owned()),
            Self::Config { hint, .. } => hint.clone(),
            Self::Url { .. } => Some(URL_HINT.to_owned()),
            Self::IssuerCertificate { .. } => {
                Some("put back the certificate that belongs to this CA, from a backup".to_owned())
            }
            Self::NoShards => Some(
                "in `ca.toml` set `crl_shards = 16` (at most 512) and `crl_urls` with `{shard}` in each, such as \
                 http://pki.example.com/ca-{shard}.crl"
                    .to_owned(),
            ),
            Self::Responder { .. } => Some(
                "`tpm2ca sign --profile ocsp` makes one that can, and without `--rsigner` the responder gets its own"
                    .to_owned(),
            ),
            Self::IssuerNotYetValid { .. } => Some("is the clock of this machine right?".to_owned()),
            Self::KeyCannotSign { md: Some(_), .. } => Some("leave `--md` away".to_owned()),
            Self::KeyCannotSign { md: None, .. } => Some("keys of a CA are RSA or EC keys".to_owned()),
            Self::SerialsRepeat { .. } => Some(
                "the random numbers of this machine are not random: do not use it for a CA until the cause is found"
                    .to_owned(),
            ),
            Self::BrokenOff => Some(
                "`tpm2ca list --status reserved` shows whether a serial number was left behind; please report this"
                    .to_owned(),
            ),
            Self::CaFile(error) => error.hint(),
            Self::Policy(error) => Some(error.hint()),
            Self::NoIndex(path) => Some(format!(
                "`touch {}` makes an empty one for a new CA",
                path.display()
            )),
            Self::TakenOver { .. } => Some(
                "a CA is taken over once; from then on its records are in the directory".to_owned(),
            ),
            Self::Index { .. } => Some(
                "mend the line, or put back `index.txt.old`; nothing was changed".to_owned(),
            ),
            Self::NumberFile { .. } => Some("write the next number into it, such as 1000".to_owned()),
            Self::NoSerialFile(path) => Some(format!(
                "`echo 1000 > {0}` begins with 1000, `--create_serial` with a random number",
                path.display()
            )),
            Self::SubjectTaken { serial, .. } => Some(format!(
                "revoke it with `tpm2ca revoke --config FILE {serial}`, or write `unique_subject = no` into the \
                 `.attr` file beside index.txt"
            )),
            Self::RefusedHash { .. } => Some("use sha256, sha384 or sha512; `--md` goes before the file".to_owned()),
            Self::Strict(_) => Some("without `--strict` that is a warning".to_owned()),
            Self::UnlistableReason(_) => Some(
                "use keyCompromise, CACompromise, affiliationChanged, superseded, cessationOfOperation or \
                 certificateHold"
                    .to_owned(),
            ),
            Self::NotSelfSigned => Some("make the request with the key in `private_key`".to_owned()),
            Self::MissingSetting { key, .. } => Some(format!("add `{key} = ...` to the section")),
            Self::Randomness => None,
        }
    }

    /// Whether a request was looked at and turned down, by a rule or for what it is; such errors are in the audit
    /// log. Everything else is a mistake in the question or trouble of our own.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Key(_)
                | Self::Lint(_)
                | Self::Policy(_)
                | Self::Refused(_)
                | Self::RootByRequest
                | Self::Store(StoreError::SubjectIsCa { .. })
                | Self::Strict(_)
                | Self::SubjectTaken { .. }
                | Self::UnreadableNames(_)
        )
    }

    /// Returns the class of the cause where that is the TPM or a secret.
    pub fn class(&self) -> ErrorClass {
        let tpm = match self {
            Self::KeyAuth { .. }
            | Self::KeyFile {
                source: PrivateKeyError::WrongPassphrase | PrivateKeyError::NoPassphrase { .. },
                ..
            } => return ErrorClass::WrongSecret,
            Self::Tpm(error) | Self::Signature(SignError::Tpm(error)) => Some(error.kind()),
            _ => None,
        };
        match tpm {
            Some(ErrorKind::Unavailable | ErrorKind::Lockout) => ErrorClass::TpmUnavailable,
            Some(ErrorKind::Auth) => ErrorClass::WrongSecret,
            _ => ErrorClass::Failed,
        }
    }
}

impl From<CaFileError> for AuthorityError {
    fn from(error: CaFileError) -> Self {
        Self::CaFile(Box::new(error))
    }
}

impl From<PlanError> for AuthorityError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::File(error) => Self::CaFile(error),
            PlanError::Policy(error) => Self::Policy(error),
            PlanError::Refused(error) => Self::Refused(error),
            PlanError::Name(error) => Self::X509(error),
        }
    }
}
