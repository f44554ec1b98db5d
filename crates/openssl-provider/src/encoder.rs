//! Keys become files and text (provider-encoder(7)).
//!
//! The private half is written as a TSS2 PRIVATE KEY file, under the name of the structure that OpenSSL's programs ask
//! for, PrivateKeyInfo. It is encrypted by the TPM, so a pass phrase on top is not asked for.

use std::ffi::c_int;
use std::fmt::Write as _;

use tpm2ca_openssl_keys::{Error, Key, Place};
use tpm2ca_tpm::KeyPublic;

use crate::ffi::abi::{OsslDispatch, encoder as function, operation, selection};
use crate::ffi::algorithms::Implementation;
use crate::ffi::callback::Passphrase;
use crate::ffi::core::{Bio, Core};
use crate::ffi::entry::{Held, Nothing, entry, functions};
use crate::ffi::params::Params;
use crate::key::KeyObject;
use crate::keymgmt::group_name;
use crate::provider::Provider;

struct Context {
    provider: Provider,
}

impl Held for Context {
    fn core(&self) -> Core {
        self.provider.core()
    }
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    PrivatePem,
    PrivateDer,
    PublicPem,
    PublicDer,
    Text,
}

fn encode(
    form: Form,
    bio: &mut Bio<'_>,
    object: Option<&KeyObject>,
    wanted: c_int,
) -> Result<(), Error> {
    let key = object.ok_or(Error::NoKey)?.key()?;
    let octets = match form {
        Form::PrivatePem => {
            let Place::File(file) = place(key)? else {
                return Err(no_file());
            };
            file.to_pem().into_bytes()
        }
        Form::PrivateDer => {
            let Place::File(file) = place(key)? else {
                return Err(no_file());
            };
            file.to_der()
        }
        Form::PublicDer => key.spki()?,
        Form::PublicPem => public_pem(&key.spki()?).into_bytes(),
        Form::Text => text(key, wanted & selection::PRIVATE_KEY != 0).into_bytes(),
    };
    if bio.write(&octets) {
        Ok(())
    } else {
        Err(Error::Unwanted)
    }
}

fn place(key: &Key) -> Result<&Place, Error> {
    Ok(key.private().ok_or(Error::NoKey)?.place())
}

fn no_file() -> Error {
    Error::unsupported(
        "writing the private half",
        "the key is at a persistent handle in the TPM and has no file here",
    )
}

/// PEM of a SubjectPublicKeyInfo (RFC 7468, 13).
fn public_pem(der: &[u8]) -> String {
    // Base64 has no secrets here, and every length fits into memory.
    pem_rfc7468::encode_string("PUBLIC KEY", pem_rfc7468::LineEnding::LF, der).unwrap_or_default()
}

/// Laid out as OpenSSL lays out its own keys, and where the key is.
fn text(key: &Key, is_private: bool) -> String {
    let mut text = String::new();
    let bits = key.bits();
    // Writing to a string does not fail.
    let _ = match key.private().filter(|_| is_private) {
        Some(private) => {
            let place = private.place();
            let auth = match place.needs_auth() {
                Some(true) => "needed",
                Some(false) => "none",
                None => "not known here",
            };
            writeln!(text, "Private-Key: ({bits} bit, in a TPM)").and_then(|()| {
                writeln!(
                    text,
                    "Place: {}\nAuthorization value: {auth}",
                    place.describe()
                )
            })
        }
        None => writeln!(text, "Public-Key: ({bits} bit)"),
    };
    match key.public() {
        KeyPublic::Rsa { modulus, exponent } => {
            text.push_str("Modulus:\n");
            // A positive number, as in DER.
            let sign: &[u8] = if modulus.first().is_some_and(|&top| top >= 0x80) {
                &[0]
            } else {
                &[]
            };
            hex_lines(&mut text, &[sign, modulus].concat());
            let _ = writeln!(text, "Exponent: {exponent} ({exponent:#x})");
        }
        KeyPublic::Ecc { curve, .. } => {
            text.push_str("pub:\n");
            hex_lines(&mut text, &key.point().unwrap_or_default());
            let group = group_name(*curve).to_string_lossy();
            let _ = writeln!(text, "ASN1 OID: {group}\nNIST CURVE: {curve}");
        }
    }
    text
}

fn hex_lines(text: &mut String, octets: &[u8]) {
    let mut lines = octets.chunks(PER_LINE).peekable();
    while let Some(line) = lines.next() {
        text.push_str("    ");
        let hex: Vec<String> = line.iter().map(|octet| format!("{octet:02x}")).collect();
        text.push_str(&hex.join(":"));
        text.push_str(if lines.peek().is_some() { ":\n" } else { "\n" });
    }
}

/// The private half implies the public one, which implies the parameters: of what is asked for the first counts.
fn fits(of: c_int, wanted: c_int) -> bool {
    if wanted & selection::PRIVATE_KEY != 0 {
        return of & selection::PRIVATE_KEY != 0;
    }
    if wanted & selection::PUBLIC_KEY != 0 {
        return of & selection::PUBLIC_KEY != 0;
    }
    // Parameters alone are the default provider's, and nothing in particular is anything.
    wanted & selection::ALL_PARAMETERS == 0
}

macro_rules! for_each_kind {
    ($($properties:literal => $functions:expr,)*) => {
        &[$(
            Implementation {
                operation: operation::ENCODER,
                names: c"RSA:rsaEncryption:1.2.840.113549.1.1.1",
                properties: $properties,
                functions: $functions,
            },
            Implementation {
                operation: operation::ENCODER,
                names: c"RSA-PSS:RSASSA-PSS:1.2.840.113549.1.1.10",
                properties: $properties,
                functions: $functions,
            },
            Implementation {
                operation: operation::ENCODER,
                names: c"EC:id-ecPublicKey:1.2.840.10045.2.1",
                properties: $properties,
                functions: $functions,
            },
        )*]
    };
}

pub(crate) static IMPLEMENTATIONS: &[Implementation] = for_each_kind![
    ",output=pem,structure=PrivateKeyInfo" => PRIVATE_PEM,
    ",output=der,structure=PrivateKeyInfo" => PRIVATE_DER,
    ",output=pem,structure=SubjectPublicKeyInfo" => PUBLIC_PEM,
    ",output=der,structure=SubjectPublicKeyInfo" => PUBLIC_DER,
    ",output=text" => TEXT,
];

static PRIVATE_PEM: &[OsslDispatch] = functions![
    function::NEWCTX => encoder_newctx,
    function::FREECTX => encoder_freectx,
    function::DOES_SELECTION => encoder_does_private,
    function::ENCODE => encoder_private_pem,
];

static PRIVATE_DER: &[OsslDispatch] = functions![
    function::NEWCTX => encoder_newctx,
    function::FREECTX => encoder_freectx,
    function::DOES_SELECTION => encoder_does_private,
    function::ENCODE => encoder_private_der,
];

static PUBLIC_PEM: &[OsslDispatch] = functions![
    function::NEWCTX => encoder_newctx,
    function::FREECTX => encoder_freectx,
    function::DOES_SELECTION => encoder_does_public,
    function::ENCODE => encoder_public_pem,
];

static PUBLIC_DER: &[OsslDispatch] = functions![
    function::NEWCTX => encoder_newctx,
    function::FREECTX => encoder_freectx,
    function::DOES_SELECTION => encoder_does_public,
    function::ENCODE => encoder_public_der,
];

static TEXT: &[OsslDispatch] = functions![
    function::NEWCTX => encoder_newctx,
    function::FREECTX => encoder_freectx,
    function::DOES_SELECTION => encoder_does_text,
    function::ENCODE => encoder_text,
];

entry!(fn encoder_newctx(shared provider: Provider) -> Box<Context> = |provider: &Provider| {
    Ok(Box::new(Context { provider: provider.clone() }))
});

entry!(fn encoder_freectx(owned context: Context) -> Nothing = |context| {
    drop(context);
    Ok(Nothing)
});

entry!(fn encoder_does_private(ignored provider, int wanted) -> bool = |wanted| Ok(fits(selection::PRIVATE_KEY, wanted)));

entry!(fn encoder_does_public(ignored provider, int wanted) -> bool = |wanted| Ok(fits(selection::PUBLIC_KEY, wanted)));

entry!(fn encoder_does_text(ignored provider, int wanted) -> bool = |wanted| Ok(fits(selection::KEYPAIR, wanted)));

entry!(fn encoder_private_pem(shared context: Context, bio bio, optional key: KeyObject, params no, int wanted, passphrase p) -> () =
    |_: &Context, mut bio, key, _: Params<'_>, wanted, _: Passphrase<'_>| encode(Form::PrivatePem, &mut bio, key, wanted));

entry!(fn encoder_private_der(shared context: Context, bio bio, optional key: KeyObject, params no, int wanted, passphrase p) -> () =
    |_: &Context, mut bio, key, _: Params<'_>, wanted, _: Passphrase<'_>| encode(Form::PrivateDer, &mut bio, key, wanted));

entry!(fn encoder_public_pem(shared context: Context, bio bio, optional key: KeyObject, params no, int wanted, passphrase p) -> () =
    |_: &Context, mut bio, key, _: Params<'_>, wanted, _: Passphrase<'_>| encode(Form::PublicPem, &mut bio, key, wanted));

entry!(fn encoder_public_der(shared context: Context, bio bio, optional key: KeyObject, params no, int wanted, passphrase p) -> () =
    |_: &Context, mut bio, key, _: Params<'_>, wanted, _: Passphrase<'_>| encode(Form::PublicDer, &mut bio, key, wanted));

entry!(fn encoder_text(shared context: Context, bio bio, optional key: KeyObject, params no, int wanted, passphrase p) -> () =
    |_: &Context, mut bio, key, _: Params<'_>, wanted, _: Passphrase<'_>| encode(Form::Text, &mut bio, key, wanted));

/// Octets in a line of text.
const PER_LINE: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_private_half_counts_first() {
        let keypair = 0x87;
        let public = 0x86;
        assert!(fits(selection::PRIVATE_KEY, keypair));
        assert!(!fits(selection::PUBLIC_KEY, keypair));
        assert!(fits(selection::PUBLIC_KEY, public));
        assert!(!fits(selection::PRIVATE_KEY, public));
        assert!(fits(selection::KEYPAIR, public) && fits(selection::KEYPAIR, keypair));
        assert!(!fits(selection::KEYPAIR, selection::ALL_PARAMETERS));
    }

    #[test]
    fn hex_is_broken_into_lines() {
        let mut text = String::new();
        hex_lines(&mut text, &[0xab; 16]);
        assert_eq!(text.lines().count(), 2);
        assert!(text.ends_with(":\n    ab\n"), "{text}");
    }
}
