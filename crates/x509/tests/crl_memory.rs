//! A CRL of a million entries is written without holding more than a few of them.
//!
//! Alone in its file, because the memory of the whole test program is what is measured.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{convert::Infallible, fs, io};

use tpm2ca_x509::{
    Name, Serial, SignatureAlgorithm,
    crl::{CertificateList, CrlFields, ReasonCode, RevokedEntry},
};

/// Counts bytes and keeps the first of them.
#[derive(Default)]
struct Counter {
    octets: u64,
    start: Vec<u8>,
}

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.octets += bytes.len() as u64;
        let room = 16 - self.start.len().min(16);
        self.start.extend(bytes.iter().take(room));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const COUNT: u64 = 1_000_000;
const ALLOWED_KIB: u64 = 8 * 1024;

/// The most memory this process ever had since [`forget_peak`], as the kernel tells it.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap()
}

fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").unwrap();
}

fn entries(count: u64) -> impl Iterator<Item = Result<RevokedEntry, Infallible>> {
    (0..count).map(|n| {
        let mut serial = [0xaa; 16];
        serial[..8].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        Ok(RevokedEntry {
            serial: Serial::from_be_bytes(&serial).unwrap(),
            revoked_at: 1_700_000_000 + i64::try_from(n).unwrap(),
            reason: (n % 3 == 0).then_some(ReasonCode::KeyCompromise),
            invalidity_date: (n % 7 == 0).then_some(1_600_000_000),
        })
    })
}

#[test]
fn a_million_entries_need_little_memory() {
    let name = Name::common_name("Large CA").unwrap();
    let fields = CrlFields {
        signature_algorithm: SignatureAlgorithm::EcdsaSha256,
        issuer_der: name.as_der(),
        this_update: 1_800_000_000,
        next_update: 1_800_086_400,
        authority_key_id: &[7; 20],
        number: 1,
        extensions: &[],
    };
    forget_peak();
    let before = peak_kib();

    let size = CrlFields::entries_len(entries(COUNT)).unwrap();
    let (mut tbs, mut whole) = (Counter::default(), Counter::default());
    fields.write_tbs(&size, entries(COUNT), &mut tbs).unwrap();
    fields
        .write(&size, entries(COUNT), &[0; 72], &mut whole)
        .unwrap();

    let grown = peak_kib().saturating_sub(before);
    assert!(grown < ALLOWED_KIB, "{grown} KiB were held at once");
    assert_eq!(size.count(), COUNT);
    assert!(size.octets() > 35 * COUNT, "{}", size.octets());
    assert_eq!(tbs.octets, fields.tbs_len(&size).unwrap());
    // The outer header announces exactly what follows it: four length octets, for some 40 MB.
    let announced = whole.start[2..6]
        .iter()
        .fold(0, |sum, &b| sum << 8 | u64::from(b));
    assert_eq!((whole.start[1], whole.octets), (0x84, announced + 6));

    // Reading does not hold entries either, only the file's bytes.
    let mut der = Vec::with_capacity(usize::try_from(whole.octets).unwrap());
    fields
        .write(&size, entries(COUNT), &[0; 72], &mut der)
        .unwrap();
    forget_peak();
    let held = peak_kib();
    let list = CertificateList::parse(&der).unwrap();
    let mut expected = entries(COUNT);
    for entry in list.entries() {
        let entry = entry.unwrap();
        let Ok(wanted) = expected.next().unwrap();
        assert_eq!(
            (
                entry.serial().unwrap(),
                entry.revoked_at(),
                entry.reason(),
                entry.invalidity_date()
            ),
            (
                wanted.serial,
                wanted.revoked_at,
                wanted.reason,
                wanted.invalidity_date
            )
        );
    }
    assert!(expected.next().is_none());
    let grown = peak_kib().saturating_sub(held);
    assert!(grown < 1024, "{grown} KiB were held to read it");
}
