//! A DER writer that makes what it is told, right or wrong, and certificates to put wrong things into.

use tpm2ca_lint::{Context, Finding, IssuerFacts, Linter, Role};
use tpm2ca_x509::{ObjectIdentifier, SignatureAlgorithm, UnixTime, oid, parse_time};

pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    match length {
        0..=0x7f => out.push(length as u8),
        0x80..=0xff => out.extend([0x81, length as u8]),
        _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend(content);
    out
}

pub fn seq(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

pub fn oid_der(oid: ObjectIdentifier) -> Vec<u8> {
    tlv(0x06, oid.as_bytes())
}

pub fn printable(text: &str) -> (u8, Vec<u8>) {
    (0x13, text.into())
}

pub fn utf8(text: &str) -> (u8, Vec<u8>) {
    (0x0c, text.into())
}

pub fn attribute(oid: ObjectIdentifier, (tag, value): (u8, Vec<u8>)) -> Vec<u8> {
    seq(&[oid_der(oid), tlv(tag, &value)])
}

/// A name with one attribute in each relative distinguished name.
pub fn name(attributes: &[(ObjectIdentifier, (u8, Vec<u8>))]) -> Vec<u8> {
    let rdns: Vec<_> = attributes
        .iter()
        .map(|(oid, value)| tlv(0x31, &attribute(*oid, value.clone())))
        .collect();
    seq(&rdns)
}

pub fn common_name(text: &str) -> Vec<u8> {
    name(&[(oid::COMMON_NAME, utf8(text))])
}

pub fn dns(text: &str) -> Vec<u8> {
    tlv(0x82, text.as_bytes())
}

pub fn uri(text: &str) -> Vec<u8> {
    tlv(0x86, text.as_bytes())
}

pub fn utc(text: &str) -> Vec<u8> {
    tlv(0x17, text.as_bytes())
}

pub fn generalized(text: &str) -> Vec<u8> {
    tlv(0x18, text.as_bytes())
}

/// A BIT STRING.
pub fn bits(unused: u8, octets: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[unused], octets].concat())
}

pub fn ec_key() -> Vec<u8> {
    let mut point = vec![4];
    point.extend([0x5a; 64]);
    ec_key_of(oid_der(oid::SECP256R1), &point)
}

pub fn ec_key_of(parameters: Vec<u8>, point: &[u8]) -> Vec<u8> {
    seq(&[
        seq(&[oid_der(oid::EC_PUBLIC_KEY), parameters]),
        bits(0, point),
    ])
}

pub fn ed25519_key() -> Vec<u8> {
    seq(&[seq(&[oid_der(oid::ED25519)]), bits(0, &[7; 32])])
}

pub fn rsa_key() -> Vec<u8> {
    rsa_key_of(&modulus(2048), &[1, 0, 1])
}

pub fn rsa_key_of(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let key = seq(&[tlv(2, modulus), tlv(2, exponent)]);
    rsa_key_info(tlv(5, &[]), &key)
}

pub fn rsa_key_info(parameters: Vec<u8>, key: &[u8]) -> Vec<u8> {
    seq(&[
        seq(&[oid_der(oid::RSA_ENCRYPTION), parameters]),
        bits(0, key),
    ])
}

/// Content of an INTEGER that is odd and has exactly that many bits, a multiple of 8.
pub fn modulus(bits: usize) -> Vec<u8> {
    let mut octets = vec![0];
    octets.extend(vec![0xc5; bits / 8]);
    octets
}

#[derive(Clone, Debug)]
pub struct Extension {
    pub oid: ObjectIdentifier,
    /// The whole `critical` field.
    pub critical: Vec<u8>,
    pub value: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Issuer {
    pub subject: Vec<u8>,
    pub key_identifier: Vec<u8>,
    pub not_before: UnixTime,
    pub not_after: UnixTime,
    pub path_len: Option<u32>,
    pub name_constraints: Option<Vec<u8>>,
}

/// A certificate to be, and what its linter is told. Every field is the whole DER element but `serial`.
#[derive(Clone, Debug)]
pub struct Fixture {
    pub version: Vec<u8>,
    pub serial: Vec<u8>,
    pub algorithm: Vec<u8>,
    pub issuer: Vec<u8>,
    pub not_before: Vec<u8>,
    pub not_after: Vec<u8>,
    pub subject: Vec<u8>,
    pub key: Vec<u8>,
    pub unique: Vec<u8>,
    /// `None` leaves the field out.
    pub extensions: Option<Vec<Extension>>,
    /// Put inside the outer SEQUENCE, after the extensions.
    pub inner_tail: Vec<u8>,
    /// Put after everything.
    pub tail: Vec<u8>,
    pub role: Role,
    pub issuer_facts: Option<Issuer>,
    pub subject_key_identifier: Option<Vec<u8>>,
}

pub const CRITICAL: bool = true;
pub const NOT_CRITICAL: bool = false;

pub const KEY_ID: [u8; 20] = [0x11; 20];
pub const ISSUER_KEY_ID: [u8; 20] = [0x22; 20];

impl Fixture {
    fn new(role: Role) -> Self {
        let issuer = common_name("Issuer");
        Self {
            version: tlv(0xa0, &tlv(2, &[2])),
            serial: vec![0x5e, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x01],
            algorithm: SignatureAlgorithm::EcdsaSha256.to_der().to_vec(),
            issuer: issuer.clone(),
            not_before: utc("260101000000Z"),
            not_after: utc("260301000000Z"),
            subject: common_name("Subject"),
            key: ec_key(),
            unique: vec![],
            extensions: Some(vec![]),
            inner_tail: vec![],
            tail: vec![],
            role,
            issuer_facts: Some(Issuer {
                subject: issuer,
                key_identifier: ISSUER_KEY_ID.to_vec(),
                not_before: parse_time("20250101000000Z").unwrap(),
                not_after: parse_time("20550101000000Z").unwrap(),
                path_len: None,
                name_constraints: None,
            }),
            subject_key_identifier: Some(KEY_ID.to_vec()),
        }
        .ext(oid::SUBJECT_KEY_IDENTIFIER, NOT_CRITICAL, tlv(4, &KEY_ID))
        .ext(
            oid::AUTHORITY_KEY_IDENTIFIER,
            NOT_CRITICAL,
            seq(&[tlv(0x80, &ISSUER_KEY_ID)]),
        )
    }

    /// Puts the extension in the place of the one with the same identifier, else at the end.
    pub fn ext(mut self, oid: ObjectIdentifier, critical: bool, value: Vec<u8>) -> Self {
        let critical = if critical { tlv(1, &[0xff]) } else { vec![] };
        let new = Extension {
            oid,
            critical,
            value,
        };
        let all = self.extensions.get_or_insert_default();
        match all.iter_mut().find(|extension| extension.oid == oid) {
            Some(old) => *old = new,
            None => all.push(new),
        }
        self
    }

    pub fn without(mut self, oid: ObjectIdentifier) -> Self {
        self.extensions
            .get_or_insert_default()
            .retain(|extension| extension.oid != oid);
        self
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub fn with_issuer(mut self, change: impl FnOnce(&mut Issuer)) -> Self {
        change(self.issuer_facts.as_mut().unwrap());
        self
    }

    pub fn key_usage(self, unused: u8, octets: &[u8]) -> Self {
        self.ext(oid::KEY_USAGE, CRITICAL, bits(unused, octets))
    }

    pub fn purposes(self, purposes: &[ObjectIdentifier]) -> Self {
        let list: Vec<_> = purposes.iter().map(|oid| oid_der(*oid)).collect();
        self.ext(oid::EXTENDED_KEY_USAGE, NOT_CRITICAL, seq(&list))
    }

    pub fn alt_names(self, names: &[Vec<u8>]) -> Self {
        self.ext(oid::SUBJECT_ALT_NAME, NOT_CRITICAL, seq(names))
    }

    /// Alternative names of a client, for which nothing but the syntax matters.
    pub fn subject_attribute(self, oid: ObjectIdentifier, value: (u8, Vec<u8>)) -> Self {
        self.with(|fixture| fixture.subject = name(&[(oid, value)]))
    }

    pub fn tbs(&self) -> Vec<u8> {
        let extensions = self.extensions.as_ref().map_or_else(Vec::new, |all| {
            let list: Vec<_> = all
                .iter()
                .map(|e| seq(&[oid_der(e.oid), e.critical.clone(), tlv(4, &e.value)]))
                .collect();
            tlv(0xa3, &seq(&list))
        });
        let mut tbs = seq(&[
            self.version.clone(),
            tlv(2, &self.serial),
            self.algorithm.clone(),
            self.issuer.clone(),
            seq(&[self.not_before.clone(), self.not_after.clone()]),
            self.subject.clone(),
            self.key.clone(),
            self.unique.clone(),
            extensions,
            self.inner_tail.clone(),
        ]);
        tbs.extend(&self.tail);
        tbs
    }

    pub fn context(&self) -> Context<'_> {
        Context {
            role: self.role,
            issuer: self.issuer_facts.as_ref().map(|issuer| IssuerFacts {
                subject_der: &issuer.subject,
                key_identifier: Some(&issuer.key_identifier),
                not_before: issuer.not_before,
                not_after: issuer.not_after,
                path_len: issuer.path_len,
                name_constraints: issuer.name_constraints.as_deref(),
            }),
            signature_algorithm: SignatureAlgorithm::EcdsaSha256,
            subject_key_identifier: self.subject_key_identifier.as_deref(),
        }
    }

    pub fn findings(&self) -> Vec<Finding> {
        match Linter::new().check(self.tbs(), &self.context()) {
            Ok(linted) => linted.warnings().to_vec(),
            Err(rejected) => rejected.findings,
        }
    }

    /// A certificate that `lint` must object to, and no other lint but those named in [`Case::and`].
    pub fn breaks(self, lint: &'static str) -> Case {
        Case {
            fixture: self,
            expected: vec![lint],
        }
    }

    /// A certificate that is near the edge, on the right side of it.
    pub fn passes(self) -> Case {
        Case {
            fixture: self,
            expected: vec![],
        }
    }
}

/// A certificate, and the lints that should object to it.
pub struct Case {
    pub fixture: Fixture,
    pub expected: Vec<&'static str>,
}

impl Case {
    pub fn and(mut self, lint: &'static str) -> Self {
        self.expected.push(lint);
        self
    }
}

pub fn root() -> Fixture {
    let mut root = ca(Role::Root).without(oid::AUTHORITY_KEY_IDENTIFIER);
    root.issuer = root.subject.clone();
    root.issuer_facts = None;
    root.not_after = utc("460101000000Z");
    root
}

pub fn intermediate() -> Fixture {
    ca(Role::Intermediate)
        .ext(
            oid::BASIC_CONSTRAINTS,
            CRITICAL,
            seq(&[tlv(1, &[0xff]), tlv(2, &[0])]),
        )
        .with(|fixture| fixture.not_after = utc("360101000000Z"))
}

fn ca(role: Role) -> Fixture {
    Fixture::new(role)
        .ext(oid::BASIC_CONSTRAINTS, CRITICAL, seq(&[tlv(1, &[0xff])]))
        .key_usage(1, &[0x06])
}

/// A TLS server with an EC key.
pub fn server() -> Fixture {
    leaf(Role::Leaf)
        .purposes(&[oid::SERVER_AUTH])
        .with(|fixture| fixture.subject = common_name("host.example.com"))
        .alt_names(&[dns("host.example.com")])
}

/// A TLS client without alternative names.
pub fn client() -> Fixture {
    leaf(Role::Leaf).purposes(&[oid::CLIENT_AUTH])
}

pub fn responder() -> Fixture {
    leaf(Role::OcspResponder)
        .purposes(&[oid::OCSP_SIGNING])
        .ext(oid::OCSP_NO_CHECK, NOT_CRITICAL, tlv(5, &[]))
}

fn leaf(role: Role) -> Fixture {
    Fixture::new(role)
        .ext(oid::BASIC_CONSTRAINTS, CRITICAL, seq(&[]))
        .key_usage(7, &[0x80])
}
