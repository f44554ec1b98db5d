//! What the program makes.

use tpm2ca_openssl_conf::Conf;
use tpm2ca_openssl_x509v3::{
    ExtensionBuilder, ExtensionContext, Extensions, Issuer, IssuerCertificate, NameRules, Objects,
    OpensslError, StringMask, Target,
};
use tpm2ca_x509::{Certificate, Name};

use crate::{
    der::Extension,
    theirs::{Kind, Made, SERIAL, SETUP, SUBJECT},
};

pub(crate) fn conf(bytes: &[u8]) -> Conf {
    Conf::parse(bytes, "test.cnf", &|_: &str| None).unwrap()
}

pub(crate) fn subject() -> Name {
    let objects = Objects::new();
    let rules = NameRules {
        objects: &objects,
        string_mask: StringMask::default(),
        utf8: false,
    };
    rules.subject(SUBJECT.as_bytes()).unwrap().0
}

/// Makes the extensions of a section, as far as a document has them in the end.
pub(crate) fn make(bytes: &[u8], section: &str, kind: Kind) -> Result<Made, OpensslError> {
    let made = extensions(bytes, section, kind)?;
    let extensions = made.list.iter().map(|extension| Extension {
        oid: extension.oid.as_bytes().to_vec(),
        critical: extension.critical,
        value: extension.value.clone(),
    });
    let subject = made.subject.map(|name| name.as_der().to_vec());
    Ok((subject, extensions.collect()))
}

/// What there is to say about section `[e]` of a certificate.
pub(crate) fn warnings(bytes: &[u8]) -> Vec<String> {
    let made = extensions(bytes, "e", Kind::Issued).unwrap();
    made.warnings.iter().map(ToString::to_string).collect()
}

fn extensions(bytes: &[u8], section: &str, kind: Kind) -> Result<Extensions, OpensslError> {
    let conf = conf(bytes);
    let objects = Objects::from_conf(&conf)?;
    let certificate = Certificate::parse(&SETUP.issuer).unwrap();
    let issuer = IssuerCertificate::new(certificate.tbs());
    let subject = subject();
    let key_id = &SETUP.key_id;
    let target = match kind {
        Kind::Own => Target::Certificate {
            subject: &subject,
            key_id,
            issuer: Issuer::Itself { serial: SERIAL },
        },
        Kind::Issued => Target::Certificate {
            subject: &subject,
            key_id,
            issuer: Issuer::Other(issuer),
        },
        Kind::Renewed => Target::Certificate {
            subject: &subject,
            key_id: &SETUP.issuer_key_id,
            issuer: Issuer::Other(issuer),
        },
        Kind::Request => Target::Request {
            subject: &subject,
            key_id,
        },
        Kind::Crl => Target::Crl { issuer },
    };
    let mut builder = ExtensionBuilder::new(ExtensionContext {
        conf: Some(&conf),
        objects: &objects,
        string_mask: match conf.get("req", "string_mask") {
            Some(mask) => StringMask::parse(mask.as_bytes()).unwrap(),
            None => StringMask::default(),
        },
        target,
    });
    builder.add_section(conf.section(section).unwrap())?;
    builder.complete_key_identifiers()?;
    Ok(builder.finish())
}
