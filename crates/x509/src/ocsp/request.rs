//! What an OCSP client asks: RFC 6960 section 4.1.

use super::{
    CertId, find_nonce, nonce_extension, push_extensions, read_explicit_extensions, read_version_1,
    value_error,
};
use crate::{
    Error, ObjectIdentifier, RawExtension, oid,
    read::{self, tag},
    write,
};

/// A parsed request that borrows its bytes.
///
/// Its signature, which clients hardly ever make, and its `requestorName` are skipped: the answer is public.
#[derive(Clone, Debug)]
pub struct OcspRequest<'a> {
    certs: Vec<CertId<'a>>,
    nonce: Option<&'a [u8]>,
    extensions: Vec<RawExtension<'a>>,
    unknown_critical: Option<ObjectIdentifier>,
}

impl<'a> OcspRequest<'a> {
    /// Longer requests are refused: about 2,500 certificates fit.
    pub const MAX_LEN: usize = 256 * 1024;

    /// Reads a DER `OCSPRequest`. Whatever error comes back, the client is told
    /// [`super::ErrorStatus::MalformedRequest`].
    ///
    /// Refused are also an empty list of certificates, a nonce of no or of more than 128 octets ("MUST reject [..] with
    /// the malformedRequest", RFC 9654 section 2.1), and repeated extensions.
    pub fn parse(der: &'a [u8]) -> Result<Self, Error> {
        if der.len() > Self::MAX_LEN {
            return Err(Error::TooLarge {
                len: der.len(),
                max: Self::MAX_LEN,
            });
        }
        let mut outer = read::document(der, "OCSPRequest")?;
        let mut tbs = outer.sequence("tbsRequest")?;
        // Signature, algorithm and certificates; not looked into.
        outer.optional(tag::context_constructed(0), "optionalSignature")?;
        outer.finish()?;

        read_version_1(&mut tbs)?;
        tbs.optional(tag::context_constructed(1), "requestorName")?;
        let mut list = tbs.sequence("requestList")?;
        let extensions = read_explicit_extensions(&mut tbs, 2, "requestExtensions")?;
        tbs.finish()?;

        let nonce = find_nonce(&extensions)?;
        let mut unknown_critical = extensions
            .iter()
            .find(|e| e.critical && e.oid != oid::OCSP_NONCE)
            .map(|e| e.oid);
        let mut certs = Vec::new();
        while !list.is_finished() {
            let mut request = list.sequence("Request")?;
            certs.push(CertId::read(&mut request)?);
            let single = read_explicit_extensions(&mut request, 0, "singleRequestExtensions")?;
            request.finish()?;
            unknown_critical =
                unknown_critical.or_else(|| single.iter().find(|e| e.critical).map(|e| e.oid));
        }
        if certs.is_empty() {
            return Err(value_error(
                "requestList",
                "must name a certificate, but is empty".to_owned(),
            ));
        }
        Ok(Self {
            certs,
            nonce,
            extensions,
            unknown_critical,
        })
    }

    /// The certificates that are asked for, at least one. RFC 5019 clients ask for exactly one.
    pub fn certs(&self) -> &[CertId<'a>] {
        &self.certs
    }

    /// The nonce, 1 to 128 octets, to be copied into the response.
    pub fn nonce(&self) -> Option<&'a [u8]> {
        self.nonce
    }

    /// The `requestExtensions`, the nonce among them.
    pub fn extensions(&self) -> &[RawExtension<'a>] {
        &self.extensions
    }

    /// A critical extension that this reader does not interpret, of the request or of one of its certificates. RFC 6960
    /// section 4.4 asks clients not to make extensions critical, so a responder may refuse such a request.
    pub fn unknown_critical_extension(&self) -> Option<ObjectIdentifier> {
        self.unknown_critical
    }
}

/// A request to be made, without a signature.
#[derive(Clone, Copy, Debug)]
pub struct OcspRequestFields<'a> {
    /// The certificates to ask for, at least one.
    pub certs: &'a [CertId<'a>],
    /// 1 to 128 octets, from a good random generator; RFC 9654 section 2.1 wants at least 32 of them.
    pub nonce: Option<&'a [u8]>,
}

impl OcspRequestFields<'_> {
    /// The whole `OCSPRequest`. Refuses an empty list and a nonce of a wrong length.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        if self.certs.is_empty() {
            return Err(value_error(
                "requestList",
                "must name a certificate, but is empty".to_owned(),
            ));
        }
        let requests: Vec<u8> = self
            .certs
            .iter()
            .flat_map(|cert| write::tlv(tag::SEQUENCE, &cert.to_der()))
            .collect();
        let mut tbs = write::tlv(tag::SEQUENCE, &requests);
        if let Some(nonce) = self.nonce {
            push_extensions(&mut tbs, 2, &[nonce_extension(nonce)?])?;
        }
        Ok(write::tlv(tag::SEQUENCE, &write::tlv(tag::SEQUENCE, &tbs)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::{Extension, Serial};

    fn id(serial: &str) -> CertId<'static> {
        CertId::new(
            oid::SHA1,
            &[1; 20],
            &[2; 20],
            &serial.parse::<Serial>().unwrap(),
        )
        .unwrap()
    }

    /// `fields` of a TBSRequest, made into a request.
    fn request(fields: &[&[u8]]) -> Vec<u8> {
        write::tlv(tag::SEQUENCE, &write::tlv(tag::SEQUENCE, &fields.concat()))
    }

    fn list(extra: &[u8]) -> Vec<u8> {
        write::tlv(
            tag::SEQUENCE,
            &write::tlv(tag::SEQUENCE, &[&id("05").to_der(), extra].concat()),
        )
    }

    fn extensions(number: u8, list: &[Extension]) -> Vec<u8> {
        let der: Vec<u8> = list.iter().flat_map(Extension::to_der).collect();
        write::tlv(
            tag::context_constructed(number),
            &write::tlv(tag::SEQUENCE, &der),
        )
    }

    fn nonce(value: &[u8]) -> Vec<u8> {
        extensions(
            2,
            &[Extension {
                oid: oid::OCSP_NONCE,
                critical: false,
                value: value.to_vec(),
            }],
        )
    }

    #[test]
    fn nonce_lengths_of_rfc_9654() {
        let with = |len: usize| {
            request(&[
                &list(b""),
                &nonce(&write::tlv(tag::OCTET_STRING, &vec![7; len])),
            ])
        };
        for len in [1, 16, 32, 33, 128] {
            assert_eq!(
                OcspRequest::parse(&with(len)).unwrap().nonce(),
                Some(&vec![7; len][..]),
                "{len}"
            );
        }
        for len in [0, 129, 4096] {
            let error = OcspRequest::parse(&with(len)).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("`nonce` must have 1 to 128 octets, found {len}")
            );
            let made = OcspRequestFields {
                certs: &[id("05")],
                nonce: Some(&vec![7; len]),
            }
            .to_der();
            assert_eq!(made, Err(error));
        }
        // Bare octets without their OCTET STRING, as a few old clients send them.
        assert!(OcspRequest::parse(&request(&[&list(b""), &nonce(&[1, 2, 3, 4])])).is_err());
    }

    #[test]
    fn optional_fields_are_skipped() {
        let version = write::tlv(tag::context_constructed(0), b"\x02\x01\x00");
        let requestor = write::tlv(tag::context_constructed(1), b"\x82\x01a");
        let signature = write::tlv(tag::context_constructed(0), b"\x30\x00");
        let tbs = write::tlv(tag::SEQUENCE, &[version, requestor, list(b"")].concat());
        let der = write::tlv(tag::SEQUENCE, &[tbs, signature].concat());
        assert_eq!(OcspRequest::parse(&der).unwrap().certs(), [id("05")]);
    }

    #[test]
    fn malformed_requests() {
        let v2 = write::tlv(tag::context_constructed(0), b"\x02\x01\x01");
        for (why, der) in [
            ("empty list", request(&[b"\x30\x00"])),
            ("no list", request(&[])),
            ("version 2", request(&[&v2, &list(b"")])),
            ("surplus", request(&[&list(b""), b"\x05\x00"])),
            ("surplus in a request", request(&[&list(b"\x05\x00")])),
            (
                "surplus after all",
                [request(&[&list(b"")]), vec![0]].concat(),
            ),
            ("nonce twice", {
                let one = Extension {
                    oid: oid::OCSP_NONCE,
                    critical: false,
                    value: vec![4, 1, 1],
                };
                request(&[&list(b""), &extensions(2, &[one.clone(), one])])
            }),
            ("empty", Vec::new()),
            (
                "too large",
                request(&[&list(b""), &nonce(&vec![4; OcspRequest::MAX_LEN])]),
            ),
        ] {
            assert!(OcspRequest::parse(&der).is_err(), "{why}");
        }
        assert_eq!(
            OcspRequest::parse(&vec![0; OcspRequest::MAX_LEN + 1]).unwrap_err(),
            Error::TooLarge {
                len: 262_145,
                max: 262_144
            }
        );
    }

    #[test]
    fn unknown_critical_extensions_are_seen() {
        let strange = Extension {
            oid: oid::CRL_NUMBER,
            critical: true,
            value: vec![],
        };
        let tame = Extension {
            critical: false,
            ..strange.clone()
        };
        let outer = |e: &Extension| request(&[&list(b""), &extensions(2, std::slice::from_ref(e))]);
        let single = |e: &Extension| request(&[&list(&extensions(0, std::slice::from_ref(e)))]);
        for der in [outer(&strange), single(&strange)] {
            assert_eq!(
                OcspRequest::parse(&der)
                    .unwrap()
                    .unknown_critical_extension(),
                Some(oid::CRL_NUMBER)
            );
        }
        for der in [outer(&tame), single(&tame)] {
            assert_eq!(
                OcspRequest::parse(&der)
                    .unwrap()
                    .unknown_critical_extension(),
                None
            );
        }
    }

    proptest! {
        #[test]
        fn round_trips(
            serials in proptest::collection::vec("[1-9a-f][0-9a-f]{0,37}", 1..5),
            nonce in proptest::option::of(proptest::collection::vec(any::<u8>(), 1..=128)),
        ) {
            let certs: Vec<_> = serials.iter().map(|s| id(s)).collect();
            let der = OcspRequestFields { certs: &certs, nonce: nonce.as_deref() }.to_der().unwrap();
            let read = OcspRequest::parse(&der).unwrap();
            prop_assert_eq!(read.certs(), &certs[..]);
            prop_assert_eq!(read.nonce(), nonce.as_deref());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = OcspRequest::parse(&bytes);
        }

        #[test]
        fn changed_requests_are_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in 0..3usize) {
            let mut der = OcspRequestFields { certs: &[id("05"), id("77aa")], nonce: Some(&[9; 32]) }.to_der().unwrap();
            let at = at.index(der.len());
            der[at] = byte;
            der.truncate(der.len() - cut);
            let _ = OcspRequest::parse(&der);
        }
    }
}
