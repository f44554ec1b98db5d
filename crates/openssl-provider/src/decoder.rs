//! Key files become keys (provider-decoder(7)): PEM becomes DER, and DER a key.
//!
//! OpenSSL's own PEM decoder passes over labels that it does not know, so ours is a must. Like it, ours takes one block of
//! a file at a time, so that a certificate or a software key beside the TPM key is found by whoever looks for it.
//! What is not for us is passed over without an error, since OpenSSL offers everything to everybody.

use std::ffi::c_int;
use std::sync::Arc;

use tpm2ca_tpm::{Auth, KeyFile, KeyFileError};

use crate::error::Error;
use crate::ffi::abi::{decoder as function, operation, selection};
use crate::ffi::algorithms::Implementation;
use crate::ffi::callback::{Callback, Passphrase};
use crate::ffi::core::{Bio, Core};
use crate::ffi::entry::{Held, Nothing, entry, functions};
use crate::ffi::params::ParamList;
use crate::key::{Key, KeyObject, Kind};
use crate::provider::Provider;

struct Context {
    provider: Provider,
    /// The keys it looks for; `None` for the one that reads PEM.
    kind: Option<Kind>,
}

impl Held for Context {
    fn core(&self) -> Core {
        self.provider.core()
    }
}

fn new(provider: &Provider, kind: Option<Kind>) -> Result<Box<Context>, Error> {
    Ok(Box::new(Context {
        provider: provider.clone(),
        kind,
    }))
}

/// Finds the next block, and hands over the DER in it if it is a key file.
fn decode_pem(
    _: &Context,
    mut bio: Bio<'_>,
    _: c_int,
    found: Callback<'_>,
    _: Passphrase<'_>,
) -> Result<bool, Error> {
    let mut octet = [0];
    let block = next_block(|| (bio.read(&mut octet) == 1).then_some(octet[0]));
    let Some(block) = block.filter(|block| KeyFile::is_tss2_pem(block)) else {
        return Ok(true);
    };
    let der = KeyFile::from_pem(&block)?.to_der();
    let values = ParamList::new()
        .text(c"data-structure", STRUCTURE)
        .octets(c"data", &der);
    Ok(found.give(values))
}

/// Hands over the key, if it is one of the kind that is looked for.
fn decode_der(
    context: &Context,
    mut bio: Bio<'_>,
    wanted: c_int,
    found: Callback<'_>,
    passphrase: Passphrase<'_>,
) -> Result<bool, Error> {
    let der = read_to_end(&mut bio);
    let Some(file) = key_file(&der)? else {
        return Ok(true);
    };
    let kind = kind_of(&file)?;
    if context.kind != Some(kind) {
        return Ok(true);
    }
    let auth = auth_of(&context.provider, &file, wanted, &passphrase)?;
    let key = Key::from_file(&context.provider, file, auth)?;
    let object = KeyObject::new(&context.provider, Arc::new(key));
    Ok(found.give_key(kind.name(), object))
}

/// The authorization value of a key: what the configuration says, else what somebody answers.
fn auth_of(
    provider: &Provider,
    file: &KeyFile,
    wanted: c_int,
    passphrase: &Passphrase<'_>,
) -> Result<Auth, Error> {
    let for_private = wanted == 0 || wanted & selection::PRIVATE_KEY != 0;
    if !file.needs_auth() || !for_private {
        return Ok(Auth::empty());
    }
    if let Some(auth) = provider.connection().config().key_auth()? {
        return Ok(auth);
    }
    match passphrase.ask(PROMPT) {
        Some(octets) => Ok(Auth::new(octets.to_vec())),
        // Under a policy the value may not be needed.
        None if !file.policy().is_empty() || !file.auth_policy().is_empty() => Ok(Auth::empty()),
        None => Err(Error::Auth {
            reason: "the key needs one, and nobody gave any".to_owned(),
        }),
    }
}

/// `None` for what is no key file at all.
fn key_file(der: &[u8]) -> Result<Option<KeyFile>, Error> {
    match KeyFile::from_der(der) {
        Ok(file) => match file.unsupported_reason() {
            None => Ok(Some(file)),
            Some(reason) => Err(tpm2ca_tpm::TpmError::UnsupportedKey { reason }.into()),
        },
        // It begins like one, so it was meant to be one.
        Err(error) if is_announced(der) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

fn kind_of(file: &KeyFile) -> Result<Kind, Error> {
    Ok(Kind::of(&file.key_public()?, file.uses()?.bound))
}

/// Whether there is a SEQUENCE that begins with the object identifier of a TPM key.
fn is_announced(der: &[u8]) -> bool {
    der.first() == Some(&0x30)
        && der
            .get(..MOST_BEFORE_OID + TPM_KEY_OID.len())
            .unwrap_or(der)
            .windows(TPM_KEY_OID.len())
            .any(|window| window == TPM_KEY_OID)
}

fn read_to_end(bio: &mut Bio<'_>) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut buffer = [0; 4096];
    // A key file is never longer, and what is longer is refused as such.
    while octets.len() <= KeyFile::MAX_LEN {
        let count = bio.read(&mut buffer);
        match buffer.get(..count) {
            Some(read) if count > 0 => octets.extend_from_slice(read),
            _ => break,
        }
    }
    octets
}

/// The next PEM block, from its first to its last line.
fn next_block(mut next: impl FnMut() -> Option<u8>) -> Option<Vec<u8>> {
    let mut block: Vec<u8> = Vec::new();
    let mut count = 0;
    loop {
        let start = block.len();
        let mut is_end = false;
        loop {
            count += 1;
            match next() {
                Some(b'\n') => break,
                Some(octet) => block.push(octet),
                None => {
                    is_end = true;
                    break;
                }
            }
            if count > KeyFile::MAX_LEN {
                return None;
            }
        }
        let line = block.get(start..).unwrap_or_default().trim_ascii();
        let is_inside = start > 0;
        if is_inside && line.starts_with(b"-----END ") {
            return Some(block);
        }
        if !is_inside && !line.starts_with(b"-----BEGIN ") {
            block.truncate(0);
        } else {
            block.push(b'\n');
        }
        if is_end {
            return None;
        }
    }
}

/// Reads octets as the decoders would, for fuzzing.
pub fn fuzzed(data: &[u8]) {
    let mut octets = data.iter().copied();
    while let Some(block) = next_block(|| octets.next()) {
        let _ = KeyFile::from_pem(&block).map(|file| (kind_of(&file).ok(), file.to_der()));
    }
    if let Ok(Some(file)) = key_file(data) {
        let _ = kind_of(&file);
        let _: Result<KeyFile, KeyFileError> = KeyFile::from_der(&file.to_der());
    }
}

pub(crate) static IMPLEMENTATIONS: &[Implementation] = &[
    Implementation {
        operation: operation::DECODER,
        names: c"DER",
        properties: ",input=pem",
        functions: functions![
            function::NEWCTX => decoder_newctx_pem,
            function::FREECTX => decoder_freectx,
            function::DECODE => decoder_decode_pem,
        ],
    },
    Implementation {
        operation: operation::DECODER,
        names: c"RSA:rsaEncryption:1.2.840.113549.1.1.1",
        properties: ",input=der,structure=TSS2",
        functions: functions![
            function::NEWCTX => decoder_newctx_rsa,
            function::FREECTX => decoder_freectx,
            function::DECODE => decoder_decode_der,
        ],
    },
    Implementation {
        operation: operation::DECODER,
        names: c"RSA-PSS:RSASSA-PSS:1.2.840.113549.1.1.10",
        properties: ",input=der,structure=TSS2",
        functions: functions![
            function::NEWCTX => decoder_newctx_rsa_pss,
            function::FREECTX => decoder_freectx,
            function::DECODE => decoder_decode_der,
        ],
    },
    Implementation {
        operation: operation::DECODER,
        names: c"EC:id-ecPublicKey:1.2.840.10045.2.1",
        properties: ",input=der,structure=TSS2",
        functions: functions![
            function::NEWCTX => decoder_newctx_ec,
            function::FREECTX => decoder_freectx,
            function::DECODE => decoder_decode_der,
        ],
    },
];

entry!(fn decoder_newctx_pem(shared provider: Provider) -> Box<Context> = |provider| new(provider, None));

entry!(fn decoder_newctx_rsa(shared provider: Provider) -> Box<Context> = |provider| new(provider, Some(Kind::Rsa)));

entry!(fn decoder_newctx_rsa_pss(shared provider: Provider) -> Box<Context> =
    |provider| new(provider, Some(Kind::RsaPss)));

entry!(fn decoder_newctx_ec(shared provider: Provider) -> Box<Context> = |provider| new(provider, Some(Kind::Ec)));

entry!(fn decoder_freectx(owned context: Context) -> Nothing = |context| {
    drop(context);
    Ok(Nothing)
});

entry!(fn decoder_decode_pem(shared context: Context, bio bio, int selection, callback found, passphrase passphrase) -> bool =
    decode_pem);

entry!(fn decoder_decode_der(shared context: Context, bio bio, int selection, callback found, passphrase passphrase) -> bool =
    decode_der);

/// What the prompt calls the key.
pub(crate) const PROMPT: &str = "TPM key";
/// What OpenSSL calls the structure of a key file; the default provider has none of this name.
const STRUCTURE: &str = "TSS2";
/// 2.23.133.10.1, the arc of TPM keys, as it begins in DER (the last number follows).
const TPM_KEY_OID: [u8; 7] = [0x06, 0x06, 0x67, 0x81, 0x05, 0x0a, 0x01];
/// Tag and length of the SEQUENCE.
const MOST_BEFORE_OID: usize = 6;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn blocks(text: &str) -> Vec<String> {
        let mut octets = text.bytes();
        std::iter::from_fn(|| next_block(|| octets.next()))
            .map(|block| String::from_utf8(block).unwrap())
            .collect()
    }

    #[test]
    fn blocks_come_one_by_one() {
        let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
        let key = "-----BEGIN TSS2 PRIVATE KEY-----\nBBBB\n-----END TSS2 PRIVATE KEY-----";
        let text = format!("words\n\n{certificate}\nmore words\r\n{key}\n");
        assert_eq!(blocks(&text), [certificate, key]);
        // Without a line end at the end of the file.
        assert_eq!(blocks(key), [key]);
        assert!(blocks("-----BEGIN TSS2 PRIVATE KEY-----\nBBBB\n").is_empty());
    }

    #[test]
    fn what_is_far_too_long_is_left() {
        let long = "x".repeat(KeyFile::MAX_LEN + 10);
        assert!(blocks(&long).is_empty());
    }

    #[test]
    fn what_begins_like_a_key_must_be_one() {
        assert!(matches!(key_file(b"\x30\x03\x02\x01\x00"), Ok(None)));
        let damaged = [&[0x30, 0x0a][..], &TPM_KEY_OID, &[3, 5, 0]].concat();
        assert!(key_file(&damaged).is_err());
    }

    proptest! {
        #[test]
        fn no_octets_panic(data: Vec<u8>) {
            fuzzed(&data);
        }
    }
}
