//! Key files become keys (provider-decoder(7)): PEM becomes DER, and DER a key.
//!
//! OpenSSL's own PEM decoder passes over labels that it does not know, so ours is a must. Like it, ours takes one block of
//! a file at a time, so that a certificate or a software key beside the TPM key is found by whoever looks for it.
//! What is not for us is passed over without an error, since OpenSSL offers everything to everybody.

use std::ffi::c_int;
use std::sync::Arc;

use tpm2ca_openssl_keys::{Error, Key, Kind, open};
use tpm2ca_tpm::{Auth, KeyFile, KeyFileError};

use crate::ffi::abi::{decoder as function, operation, selection};
use crate::ffi::algorithms::Implementation;
use crate::ffi::callback::{Callback, Passphrase};
use crate::ffi::core::{Bio, Core};
use crate::ffi::entry::{Held, Nothing, entry, functions};
use crate::ffi::params::ParamList;
use crate::key::KeyObject;
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
    let Some(file) = open::any_key_file(&der)? else {
        return Ok(true);
    };
    let kind = open::kind_of(&file)?;
    if context.kind != Some(kind) {
        return Ok(true);
    }
    let connection = context.provider.connection();
    // OpenSSL's store drops the reason of a decoder that fails. So a key that cannot be used is handed over all the same:
    // its public half is good, and it tells the reason when its private half is used.
    let is_wanted_private = wanted == 0 || wanted & selection::PRIVATE_KEY != 0;
    let key = if is_wanted_private && open::is_usable(&file)? {
        let key = open::file(connection, file, || passphrase.ask(open::PROMPT))?;
        // What the TPM has refused is not sent again.
        let _ = key.prove();
        key
    } else {
        Key::from_any_file(connection, file, Auth::empty())?
    };
    let object = KeyObject::new(&context.provider, Arc::new(key));
    Ok(found.give_key(kind.name(), object))
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
        let line = block.get(start..).unwrap_or_default();
        // Of UTF-8, as editors of Windows write it at the start of a file.
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let line = line.trim_ascii();
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
        let _ = KeyFile::from_pem(&block).map(|file| (open::kind_of(&file).ok(), file.to_der()));
    }
    if let Ok(Some(file)) = open::key_file(data) {
        let _ = open::kind_of(&file);
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

/// What OpenSSL calls the structure of a key file; the default provider has none of this name.
const STRUCTURE: &str = "TSS2";
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
        // With a byte order mark, which the reader of the block passes over.
        let marked = format!("\u{feff}{key}");
        assert_eq!(blocks(&marked), [marked]);
    }

    #[test]
    fn what_is_far_too_long_is_left() {
        let long = "x".repeat(KeyFile::MAX_LEN + 10);
        assert!(blocks(&long).is_empty());
    }

    proptest! {
        #[test]
        fn no_octets_panic(data: Vec<u8>) {
            fuzzed(&data);
        }
    }
}
