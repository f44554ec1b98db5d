//! `copy_extensions` of `openssl ca`.

use tpm2ca_openssl_x509v3::{
    CopyExtensions, ExtensionBuilder, ExtensionContext, Issuer, IssuerCertificate, Objects,
    StringMask, Target,
};
use tpm2ca_x509::{Certificate, Csr};

use crate::{
    der::Extension,
    ours,
    theirs::{self, SETUP},
};

const REQUESTED: &str = "[e]
basicConstraints=CA:TRUE,pathlen:1
subjectAltName=DNS:requested.example.com
keyUsage=critical,digitalSignature
1.2.3.4=DER:0500
subjectKeyIdentifier=0102
";

/// The same by `openssl ca`, and by us.
fn compare(section: &str, how: &str) {
    let request = theirs::request(REQUESTED.as_bytes());
    let authority = format!("[ca]\ndefault_ca=a\n[a]\ncopy_extensions={how}\n[e]\n{section}");
    let theirs = theirs::sign(authority.as_bytes(), &request);

    let conf = ours::conf(authority.as_bytes());
    let certificate = Certificate::parse(&SETUP.issuer).unwrap();
    let csr = Csr::parse(&request).unwrap();
    let subject = csr.subject();
    let objects = Objects::new();
    let mut builder = ExtensionBuilder::new(ExtensionContext {
        conf: Some(&conf),
        objects: &objects,
        string_mask: StringMask::default(),
        target: Target::Certificate {
            subject: &subject,
            key_id: &SETUP.key_id,
            issuer: Issuer::Other(IssuerCertificate::new(certificate.tbs())),
        },
    });
    builder.add_section(conf.section("e").unwrap()).unwrap();
    builder.copy(
        csr.extensions(),
        CopyExtensions::parse(how.as_bytes()).unwrap(),
    );
    builder.complete_key_identifiers().unwrap();
    let ours: Vec<Extension> = builder
        .finish()
        .list
        .into_iter()
        .map(|extension| Extension {
            oid: extension.oid.as_bytes().to_vec(),
            critical: extension.critical,
            value: extension.value,
        })
        .collect();
    assert_eq!(theirs, ours, "{how}: {section}");
}

#[test]
fn is_done_as_openssl_does_it() {
    for how in ["none", "copy", "copyall"] {
        compare("basicConstraints=CA:FALSE\nkeyUsage=keyAgreement\n", how);
        compare(
            "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid,issuer\n",
            how,
        );
        compare(
            "subjectKeyIdentifier=none\nauthorityKeyIdentifier=none\n",
            how,
        );
        compare("", how);
    }
    assert!(CopyExtensions::parse(b"all").is_err());
}
