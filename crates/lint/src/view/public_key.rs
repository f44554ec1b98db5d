//! `SubjectPublicKeyInfo`, RFC 5280 section 4.1.2.7 with RFC 3279 (RSA), RFC 5480 (EC) and RFC 8410 (Ed25519).

use tpm2ca_x509::oid;

use crate::tlv::{Flaw, Oid, Tlv, tag};

/// A public key, not yet judged.
#[derive(Debug)]
pub(crate) struct PublicKey<'a> {
    pub(crate) algorithm: Oid<'a>,
    pub(crate) parameters: Option<Tlv<'a>>,
    pub(crate) unused_bits: u8,
    /// The octets of the BIT STRING.
    pub(crate) bits: &'a [u8],
    /// The bits as `RSAPublicKey`; `None` for other keys, and when they are no such thing.
    pub(crate) rsa: Option<RsaKey<'a>>,
}

/// Contents of the two INTEGERs, RFC 8017 appendix A.1.1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RsaKey<'a> {
    pub(crate) modulus: &'a [u8],
    pub(crate) exponent: &'a [u8],
}

impl<'a> PublicKey<'a> {
    pub(super) fn parse(info: &Tlv<'a>) -> Result<Self, Flaw> {
        const WHAT: &str = "subjectPublicKeyInfo";
        let mut fields = info.reader(WHAT);
        let mut identifier = fields.expect(tag::SEQUENCE)?.reader(WHAT);
        let algorithm = Oid(identifier.expect(tag::OID)?.content);
        let parameters = if identifier.is_empty() {
            None
        } else {
            Some(identifier.next()?)
        };
        identifier.finish()?;
        let bit_string = fields.expect(tag::BIT_STRING)?.content;
        fields.finish()?;
        let (unused_bits, bits) = match bit_string {
            [unused, bits @ ..] => (*unused, bits),
            [] => (0, &[][..]),
        };
        let rsa = (algorithm == oid::RSA_ENCRYPTION)
            .then(|| RsaKey::parse(bits).ok())
            .flatten();
        Ok(Self {
            algorithm,
            parameters,
            unused_bits,
            bits,
            rsa,
        })
    }

    pub(crate) fn is_rsa(&self) -> bool {
        self.algorithm == oid::RSA_ENCRYPTION
    }

    pub(crate) fn is_ec(&self) -> bool {
        self.algorithm == oid::EC_PUBLIC_KEY
    }

    pub(crate) fn is_ed25519(&self) -> bool {
        self.algorithm == oid::ED25519
    }

    /// The DER inside of an RSA key's BIT STRING.
    pub(super) fn rsa_der(&self) -> Option<&'a [u8]> {
        self.is_rsa().then_some(self.bits)
    }
}

impl<'a> RsaKey<'a> {
    fn parse(der: &'a [u8]) -> Result<Self, Flaw> {
        let mut fields = Tlv::only(der, tag::SEQUENCE, "RSAPublicKey")?.reader("RSAPublicKey");
        let modulus = fields.expect(tag::INTEGER)?.content;
        let exponent = fields.expect(tag::INTEGER)?.content;
        fields.finish()?;
        Ok(Self { modulus, exponent })
    }
}
