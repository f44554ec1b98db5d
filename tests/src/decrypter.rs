//! A program that decrypts with a key in the TPM through libcrypto, and blocks to decrypt whose padding is right or wrong
//! in one way.

use std::{ffi::OsString, fs, path::PathBuf};

use tpm2ca_testkit::{Exchange, Ran, Recorder, Tool};

use crate::modules::{VARIABLES_OF_MODULES, preload};

/// In Python, which calls libcrypto; its first lines say what arguments it has.
const PROGRAM: &str = include_str!("decrypter.py");

/// How it gets at its key.
pub struct Decrypter {
    /// Where it runs, with keys and cipher texts.
    pub folder: PathBuf,
    /// The library: a path, or a name that the loader finds.
    pub libcrypto: PathBuf,
    /// The file of the engine that loads the key; without one, libcrypto reads it like any other.
    pub engine: Option<PathBuf>,
    /// What libcrypto and our module look for in the environment.
    pub environment: Vec<(&'static str, OsString)>,
}

impl Decrypter {
    /// Decrypts cipher texts with a key; a message in hexadecimal digits or `error` for each, in lines.
    pub fn messages(&self, key: &str, padding: &str, cipher_texts: &[&str]) -> Vec<String> {
        let ran = self.run(key, "show", padding, cipher_texts);
        let text = ran.text();
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), cipher_texts.len(), "{}", ran.report());
        lines
    }

    /// Measures `rounds` decryptions of each of two cipher texts, in nanoseconds.
    pub fn durations(
        &self,
        key: &str,
        padding: &str,
        cipher_texts: [&str; 2],
        rounds: usize,
    ) -> Vec<[f64; 2]> {
        let mode = format!("measure={rounds}");
        let text = self.run(key, &mode, padding, &cipher_texts).text();
        let pair = |line: &str| {
            let mut numbers = line.split(' ').map(|word| word.parse().unwrap());
            [numbers.next().unwrap(), numbers.next().unwrap()]
        };
        text.lines().map(pair).collect()
    }

    fn run(&self, key: &str, mode: &str, padding: &str, cipher_texts: &[&str]) -> Ran {
        let clean = VARIABLES_OF_MODULES
            .into_iter()
            .fold(Tool::python(PROGRAM), |tool, name| tool.env(name, ""));
        let clean = clean.envs(preload());
        let tool = self
            .environment
            .iter()
            .fold(clean, |tool, (name, value)| tool.env(name, value))
            .args([&self.libcrypto])
            .arg(key);
        let tool = match &self.engine {
            Some(file) => tool.arg("--engine").args([file]),
            None => tool,
        };
        tool.args([mode, padding])
            .args(cipher_texts)
            .dir(&self.folder)
            .ok()
    }
}

/// Blocks of 256 bytes, each with a name: the first is padded by the rules and has a secret of TLS 1.2, the others have one
/// thing wrong, at least for a server of TLS 1.2.
pub fn pkcs1_blocks() -> Vec<(&'static str, Vec<u8>)> {
    let secret: Vec<u8> = [&[3, 3][..], &[0x5e; 46]].concat();
    let block = |message: &[u8]| {
        let padding = vec![0x11; 256 - 3 - message.len()];
        [&[0, 2], padding.as_slice(), &[0], message].concat()
    };
    let right = block(&secret);
    let with = |index: usize, byte: u8| {
        let mut block = right.clone();
        block[index] = byte;
        block
    };
    vec![
        ("right", right.clone()),
        ("first-byte", with(0, 1)),
        ("second-byte", with(1, 1)),
        ("no-separator", with(256 - 49, 0x22)),
        ("separator-first", with(2, 0)),
        ("separator-too-early", with(9, 0)),
        ("version", block(&[&[3, 2][..], &[0x5e; 46]].concat())),
        ("shorter-secret", block(&secret[..47])),
        (
            "longer-secret",
            block(&[secret.as_slice(), &[0x5e]].concat()),
        ),
        ("no-message", block(&[])),
        ("zeros-in-front", [&[0; 200][..], &[7; 56]].concat()),
    ]
}

/// The message of a block by the rules for PKCS#1 v1.5 (RFC 8017, 7.2.2), in the plainest way.
pub fn pkcs1_message(block: &[u8]) -> Option<&[u8]> {
    let data = block.strip_prefix(&[0, 2])?;
    let separator = data.iter().position(|&byte| byte == 0)?;
    (separator >= 8).then(|| &data[separator + 1..])
}

/// Writes the public operation on a block into the file `NAME.secret` of a folder; `public_key` is a PEM file there.
pub fn encrypt_block(folder: &std::path::Path, public_key: &str, name: &str, block: &[u8]) {
    let plain = format!("{name}.block");
    fs::write(folder.join(&plain), block).unwrap();
    Tool::openssl("pkeyutl")
        .args(["-encrypt", "-pubin", "-inkey", public_key, "-in", &plain])
        .args(["-pkeyopt", "rsa_padding_mode:none"])
        .args(["-out", &format!("{name}.secret")])
        .dir(folder)
        .ok();
}

/// What crossed to the TPM and back: command codes, lengths of commands and responses, response codes.
pub fn traffic(recorder: &Recorder) -> Vec<(u32, usize, Option<usize>, Option<u32>)> {
    let row = |exchange: &Exchange| {
        (
            exchange.command_code(),
            exchange.command.len(),
            exchange.response.as_ref().map(Vec::len),
            exchange.response_code(),
        )
    };
    recorder.exchanges().iter().map(row).collect()
}

/// Hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
