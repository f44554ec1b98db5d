//! What `openssl` makes.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    sync::LazyLock,
};

use tempfile::TempDir;

use crate::der::{self, Extension};

/// Subject of everything that is made.
pub(crate) const SUBJECT: &str =
    "/C=DE/O=Example/CN=host/emailAddress=a@example.com/OU=x+emailAddress=b@example.com";
/// Serial number of everything that is made.
pub(crate) const SERIAL: &[u8] = b"\x7f\x01";

/// Keys and an issuer, made once.
pub(crate) struct Setup {
    dir: TempDir,
    /// SHA-1 of the subject's public key bits.
    pub(crate) key_id: Vec<u8>,
    /// SHA-1 of the issuer's.
    pub(crate) issuer_key_id: Vec<u8>,
    /// The issuer's certificate, DER.
    pub(crate) issuer: Vec<u8>,
}

pub(crate) static SETUP: LazyLock<Setup> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    let curve = "ec_paramgen_curve:P-256";
    for key in ["ca.key", "host.key"] {
        done(
            path,
            &[
                "genpkey",
                "-algorithm",
                "EC",
                "-pkeyopt",
                curve,
                "-out",
                key,
            ],
        );
    }
    let key_id = |key: &str| {
        let spki = done(path, &["pkey", "-in", key, "-pubout", "-outform", "DER"]).stdout;
        // The uncompressed point ends a SubjectPublicKeyInfo of P-256.
        fs::write(path.join("point"), &spki[spki.len() - 65..]).unwrap();
        done(path, &["dgst", "-sha1", "-binary", "point"]).stdout
    };
    let (issuer_key_id, key_id) = (key_id("ca.key"), key_id("host.key"));
    fs::write(
        path.join("ca.cnf"),
        "[req]\ndistinguished_name=d\n[d]\n[e]\nbasicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\nsubjectAltName=DNS:ca.example.com,email:ca@example.com\n",
    )
    .unwrap();
    done(
        path,
        &[
            "req",
            "-x509",
            "-config",
            "ca.cnf",
            "-extensions",
            "e",
            "-key",
            "ca.key",
            "-subj",
            "/C=DE/O=Example/CN=Example CA",
            "-set_serial",
            "0x1234",
            "-out",
            "ca.pem",
        ],
    );
    let issuer = done(path, &["x509", "-in", "ca.pem", "-outform", "DER"]).stdout;
    fs::write(path.join("index.txt"), "").unwrap();
    Setup {
        dir,
        key_id,
        issuer_key_id,
        issuer,
    }
});

pub(crate) fn run(dir: &Path, arguments: &[&str]) -> Output {
    Command::new("openssl")
        .args(arguments)
        .current_dir(dir)
        .env_remove("OPENSSL_CONF")
        .output()
        .unwrap()
}

fn done(dir: &Path, arguments: &[&str]) -> Output {
    let output = run(dir, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// What is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A certificate that is its own issuer.
    Own,
    /// A certificate of the issuer's.
    Issued,
    /// A certificate of the issuer's for its own key.
    Renewed,
    Request,
    Crl,
}

/// Subject (none for a CRL) and extensions.
pub(crate) type Made = (Option<Vec<u8>>, Vec<Extension>);

/// Makes it with the extensions of a section; `None` if openssl refuses.
pub(crate) fn make(conf: &[u8], section: &str, kind: Kind) -> Option<Made> {
    let setup = &*SETUP;
    let file = tempfile::NamedTempFile::new_in(setup.dir.path()).unwrap();
    fs::write(file.path(), conf).unwrap();
    let conf = file.path().to_str().unwrap();
    let key = if kind == Kind::Renewed {
        "ca.key"
    } else {
        "host.key"
    };
    let common = [
        "-config", conf, "-key", key, "-subj", SUBJECT, "-outform", "DER",
    ];
    let (first, more): (&[&str], &[&str]) = match kind {
        Kind::Own => (
            &[
                "req",
                "-x509",
                "-set_serial",
                "0x7f01",
                "-extensions",
                section,
            ],
            &[],
        ),
        Kind::Issued | Kind::Renewed => (
            &[
                "req",
                "-x509",
                "-set_serial",
                "0x7f01",
                "-extensions",
                section,
            ],
            &["-CA", "ca.pem", "-CAkey", "ca.key"],
        ),
        Kind::Request => (&["req", "-new", "-reqexts", section], &[]),
        Kind::Crl => (&["ca", "-gencrl", "-crlexts", section], &[]),
    };
    let arguments = match kind {
        Kind::Crl => [
            first,
            &["-config", conf, "-keyfile", "ca.key", "-cert", "ca.pem"],
        ]
        .concat(),
        _ => [first, &common, more].concat(),
    };
    let output = run(setup.dir.path(), &arguments);
    if !output.status.success() {
        return None;
    }
    let der = match kind {
        Kind::Crl => {
            fs::write(file.path(), &output.stdout).unwrap();
            done(setup.dir.path(), &["crl", "-in", conf, "-outform", "DER"]).stdout
        }
        _ => output.stdout,
    };
    Some(read(&der, kind))
}

/// A request with the extensions of section `[e]`.
pub(crate) fn request(conf: &[u8]) -> Vec<u8> {
    let dir = SETUP.dir.path();
    let file = tempfile::NamedTempFile::new_in(dir).unwrap();
    let conf = [&b"[req]\ndistinguished_name=d\n[d]\n"[..], conf].concat();
    fs::write(file.path(), conf).unwrap();
    let arguments = [
        "req",
        "-new",
        "-key",
        "host.key",
        "-reqexts",
        "e",
        "-subj",
        SUBJECT,
        "-outform",
        "DER",
        "-config",
        file.path().to_str().unwrap(),
    ];
    done(dir, &arguments).stdout
}

/// The extensions of the certificate that `openssl ca` makes for a request with those of section `[e]`.
pub(crate) fn sign(conf: &[u8], request: &[u8]) -> Vec<Extension> {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    for file in ["ca.key", "ca.pem"] {
        fs::copy(SETUP.dir.path().join(file), dir.join(file)).unwrap();
    }
    fs::write(dir.join("index.txt"), "").unwrap();
    fs::write(dir.join("request"), request).unwrap();
    let conf = [
        &b"new_certs_dir=.\ndatabase=index.txt\nrand_serial=yes\ndefault_md=sha256\ndefault_days=9\npolicy=p\n"[..],
        conf,
        b"[p]\n",
    ]
    .concat();
    fs::write(dir.join("c"), conf).unwrap();
    done(
        dir,
        &["req", "-in", "request", "-inform", "DER", "-out", "csr"],
    );
    done(
        dir,
        &[
            "ca",
            "-batch",
            "-preserveDN",
            "-notext",
            "-config",
            "c",
            "-in",
            "csr",
            "-cert",
            "ca.pem",
            "-keyfile",
            "ca.key",
            "-extensions",
            "e",
            "-out",
            "out",
        ],
    );
    let der = done(dir, &["x509", "-in", "out", "-outform", "DER"]).stdout;
    read(&der, Kind::Issued).1
}

fn read(der: &[u8], kind: Kind) -> Made {
    let fields = der::signed(der);
    let list = |tag: u8| {
        let field = fields.iter().find(|field| field.tag == tag);
        field.map(|field| der::extensions(&der::children(field)[0]))
    };
    match kind {
        Kind::Own | Kind::Issued | Kind::Renewed => (
            // Without extensions there is no version in front.
            Some(
                fields[if fields[0].tag == 0xa0 { 5 } else { 4 }]
                    .whole
                    .to_vec(),
            ),
            list(0xa3).unwrap_or_default(),
        ),
        Kind::Crl => (None, list(0xa0).unwrap_or_default()),
        Kind::Request => {
            let attributes = fields.iter().find(|field| field.tag == 0xa0).unwrap();
            let extensions = der::children(attributes)
                .iter()
                .filter_map(|attribute| {
                    let parts = der::children(attribute);
                    // extensionRequest
                    (parts[0].content == b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e")
                        .then(|| der::extensions(&der::children(&parts[1])[0]))
                })
                .flatten()
                .collect();
            (Some(fields[1].whole.to_vec()), extensions)
        }
    }
}

/// The subject of a request whose configuration asks nothing; `None` if openssl refuses.
pub(crate) fn name_of_section(conf: &[u8]) -> Option<Vec<u8>> {
    name(conf, &[])
}

/// The subject that `-subj` makes, and what openssl said.
pub(crate) fn name_of_subject(conf: &[u8], subject: &std::ffi::OsStr) -> Option<Vec<u8>> {
    name(conf, &["-subj".as_ref(), subject])
}

fn name(conf: &[u8], more: &[&std::ffi::OsStr]) -> Option<Vec<u8>> {
    let dir = SETUP.dir.path();
    let file = tempfile::NamedTempFile::new_in(dir).unwrap();
    fs::write(file.path(), conf).unwrap();
    let output = Command::new("openssl")
        .args([
            "req", "-new", "-key", "host.key", "-outform", "DER", "-config",
        ])
        .arg(file.path())
        .args(more)
        .current_dir(dir)
        .env_remove("OPENSSL_CONF")
        .output()
        .unwrap();
    output
        .status
        .success()
        .then(|| read(&output.stdout, Kind::Request).0.unwrap())
}

/// What `openssl asn1parse -genstr` makes, with the sections of `conf`.
pub(crate) fn asn1(description: &std::ffi::OsStr, conf: &Path) -> Option<Vec<u8>> {
    let dir = SETUP.dir.path();
    let file = tempfile::NamedTempFile::new_in(dir).unwrap();
    let output = Command::new("openssl")
        .args(["asn1parse", "-noout", "-genstr"])
        .arg(description)
        .arg("-genconf")
        .arg(conf)
        .arg("-out")
        .arg(file.path())
        .current_dir(dir)
        .env_remove("OPENSSL_CONF")
        .output()
        .unwrap();
    let der = fs::read(file.path()).unwrap();
    // Printing what was made can fail where making it did not.
    (output.status.success() || !der.is_empty()).then_some(der)
}
