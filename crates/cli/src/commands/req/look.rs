//! `tpm2ca req --in`: what is in a request, in the words of `openssl req`.

use std::{fmt::Write as _, path::Path};

use anyhow::Result;
use serde_json::json;
use tpm2ca_authority::OwnFiles;
use tpm2ca_keys::verify_csr;
use tpm2ca_openssl_x509v3::Objects;
use tpm2ca_x509::{Csr, Name, NameAttribute, pem, spki_key_bits};

use crate::{
    args::{Form, req::Req},
    commands::{csr, delivery::Destination},
    error::{CliError, Code},
    new_file::Existing,
    output::Output,
};

pub(super) fn run(args: &Req, input: &Path, own: &OwnFiles, output: &Output) -> Result<Code> {
    let der = csr::read(input)?;
    let csr = Csr::parse(&der)?;
    let destination = Destination::begin(args.out.as_deref(), Existing::Replace, own)?;
    if args.verify {
        verify_csr(Csr::parse(&der)?).map_err(|error| {
            CliError::failed(
                format!("`{}`: {error}", input.display()),
                "only who has the key can make a request that verifies: ask for it once more",
            )
        })?;
        output.say("Certificate request self-signature verify OK");
    }
    let subject = one_line(&csr.subject());
    let public_key = pem::encode("PUBLIC KEY", csr.spki_der());
    let modulus = modulus(&csr);
    if output.is_json() {
        output.done(
            || json!({ "subject": subject, "public_key": public_key, "modulus": modulus, "verified": args.verify }),
            String::new,
        )?;
        return Ok(Code::Done);
    }
    // In the order of OpenSSL, whatever the order of the options.
    let mut text = String::new();
    if args.pubkey {
        text.push_str(&public_key);
    }
    // Writing to a String cannot fail.
    if args.subject {
        let _ = writeln!(text, "subject={subject}");
    }
    if args.modulus {
        let modulus = modulus.as_deref().unwrap_or("Wrong Algorithm type");
        let _ = writeln!(text, "Modulus={modulus}");
    }
    let mut octets = text.into_bytes();
    match args.outform {
        _ if args.noout => {}
        Form::Pem => octets.extend(pem::encode("CERTIFICATE REQUEST", &der).into_bytes()),
        Form::Der => octets.extend(&der),
    }
    match destination {
        Destination::Stdout => output.data(&octets)?,
        Destination::File(file) => file.publish(&octets)?,
    }
    Ok(Code::Done)
}

/// The name in OpenSSL's form "oneline": `C = GB, O = "Alice, Ltd", CN = M\C3\BCller`.
fn one_line(name: &Name) -> String {
    let rdns: Vec<String> = name
        .rdns()
        .iter()
        .map(|rdn| {
            let attributes: Vec<String> = rdn.iter().map(attribute).collect();
            attributes.join(" + ")
        })
        .collect();
    rdns.join(", ")
}

fn attribute(attribute: &NameAttribute<'_>) -> String {
    let name = Objects::short_name(&attribute.oid)
        .map_or_else(|| attribute.oid.to_string(), str::to_owned);
    let text = attribute.text();
    let is_quoted = text.contains([',', '+', '<', '>', ';'])
        || text.starts_with([' ', '#'])
        || text.ends_with(' ');
    let mut value = String::with_capacity(text.len());
    for octet in text.bytes() {
        match octet {
            b'"' | b'\\' => value.extend(['\\', char::from(octet)]),
            b' '..=b'~' => value.push(char::from(octet)),
            other => {
                // Writing to a String cannot fail.
                let _ = write!(value, "\\{other:02X}");
            }
        }
    }
    if is_quoted {
        format!("{name} = \"{value}\"")
    } else {
        format!("{name} = {value}")
    }
}

/// Of an RSA key, in hexadecimal digits without leading zeros.
fn modulus(csr: &Csr<'_>) -> Option<String> {
    // RFC 8017 appendix A.1.1: RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
    let (sequence, after) = element(0x30, spki_key_bits(csr.spki_der()).ok()?)?;
    let (modulus, _) = element(0x02, sequence).filter(|_| after.is_empty())?;
    let digits: String =
        modulus
            .iter()
            .skip_while(|octet| **octet == 0)
            .fold(String::new(), |mut digits, octet| {
                let _ = write!(digits, "{octet:02X}");
                digits
            });
    Some(digits)
}

/// The content of a DER element, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        long => {
            let (octets, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            let length = octets.iter().try_fold(0_usize, |sum, octet| {
                sum.checked_mul(256)?.checked_add(usize::from(*octet))
            })?;
            (length, rest)
        }
    };
    rest.split_at_checked(length).filter(|_| *found == tag)
}
