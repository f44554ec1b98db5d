//! Just enough DER to find the parts of a certificate that the records speak of (RFC 5280 section
//! 4.1). They are looked at for every certificate, and are all that the store needs to know of most: only names
//! of CAs are read by `tpm2ca_x509`.

/// Parts of a certificate, as they were received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    /// The whole TBSCertificate with its header: what is signed.
    pub(crate) tbs: &'a [u8],
    /// Serial number without leading zeros.
    pub(crate) serial: &'a [u8],
    /// The issuer's Name with its header.
    pub(crate) issuer: &'a [u8],
}

impl<'a> Parts<'a> {
    /// `None` when it is not a certificate.
    pub(crate) fn of(certificate: &'a [u8]) -> Option<Self> {
        let (certificate, rest) = Tlv::read(certificate)?;
        if certificate.tag != SEQUENCE || !rest.is_empty() {
            return None;
        }
        let (tbs, _) = Tlv::read(certificate.content)?;
        if tbs.tag != SEQUENCE {
            return None;
        }
        let (mut serial, mut rest) = Tlv::read(tbs.content)?;
        if serial.tag == VERSION {
            (serial, rest) = Tlv::read(rest)?;
        }
        let (_algorithm, rest) = Tlv::read(rest)?;
        let (issuer, _) = Tlv::read(rest)?;
        if serial.tag != INTEGER || issuer.tag != SEQUENCE {
            return None;
        }
        Some(Self {
            tbs: tbs.whole,
            serial: strip_zeros(serial.content),
            issuer: issuer.whole,
        })
    }
}

/// The octets without leading zeros.
pub(crate) fn strip_zeros(octets: &[u8]) -> &[u8] {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    octets.get(zeros..).unwrap_or_default()
}

struct Tlv<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// One element and what follows it. Only tags of one octet and definite lengths of at most four
    /// octets.
    fn read(input: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&tag, after_tag) = input.split_first()?;
        let (&first, after_first) = after_tag.split_first()?;
        let (len, header) = if first < 0x80 {
            (usize::from(first), 2)
        } else {
            let count = usize::from(first & 0x7f);
            if count == 0 || count > 4 {
                return None;
            }
            let len = after_first
                .get(..count)?
                .iter()
                .fold(0usize, |len, octet| (len << 8) | usize::from(*octet));
            (len, 2 + count)
        };
        let (whole, rest) = input.split_at_checked(header.checked_add(len)?)?;
        let content = whole.get(header..)?;
        Some((
            Self {
                tag,
                content,
                whole,
            },
            rest,
        ))
    }
}

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
/// `[0] EXPLICIT Version`
const VERSION: u8 = 0xa0;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_the_parts_of_a_certificate_made_by_openssl() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.der");
        let status = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/O=Acme/CN=a",
                "-set_serial",
                "0x80f1",
            ])
            .args(["-outform", "DER", "-keyout", "/dev/null", "-out"])
            .arg(&file)
            .output()
            .unwrap();
        assert!(status.status.success(), "{status:?}");
        let der = std::fs::read(&file).unwrap();
        let parts = Parts::of(&der).unwrap();
        assert_eq!(parts.serial, [0x80, 0xf1]);
        // `openssl asn1parse -strparse 4` cuts the same part out: the TBSCertificate stands after a
        // header of four octets
        let tbs = folder.path().join("tbs");
        let cut = Command::new("openssl")
            .args([
                "asn1parse",
                "-inform",
                "DER",
                "-strparse",
                "4",
                "-noout",
                "-in",
            ])
            .arg(&file)
            .arg("-out")
            .arg(&tbs)
            .output()
            .unwrap();
        assert!(cut.status.success(), "{cut:?}");
        assert_eq!(parts.tbs, std::fs::read(&tbs).unwrap());
        assert!(parts.issuer.windows(4).any(|window| window == b"Acme"));
        for len in 0..der.len() {
            assert_eq!(Parts::of(&der[..len]), None, "cut off at {len}");
        }
    }

    #[test]
    fn a_certificate_of_version_1_has_no_version() {
        let der = [
            0x30, 0x0b, 0x30, 0x07, 0x02, 0x01, 0x05, 0x30, 0x00, 0x30, 0x00, 0x30, 0x00,
        ];
        let parts = Parts::of(&der).unwrap();
        assert_eq!(parts.serial, [5]);
        assert_eq!(parts.issuer, [0x30, 0]);
        assert_eq!(parts.tbs, &der[2..11]);
    }

    proptest! {
        #[test]
        fn never_panics(octets in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Parts::of(&octets);
        }

        #[test]
        fn never_panics_on_lengths(
            lengths in proptest::collection::vec(0x7fu8..0x86, 1..6),
            tail in any::<[u8; 16]>(),
        ) {
            let mut octets = Vec::new();
            for len in lengths {
                octets.extend([0x30, len]);
            }
            octets.extend(tail);
            let _ = Parts::of(&octets);
        }
    }
}
