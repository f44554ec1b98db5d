//! No bytes make the linter panic, hang, or give back others than it was given.

use proptest::prelude::*;
use tpm2ca_lint::Linter;

use crate::build::{Fixture, client, dns, intermediate, responder, root, rsa_key, server, tlv};

fn fixtures() -> Vec<Fixture> {
    vec![
        root(),
        intermediate(),
        server().alt_names(&[
            dns("host.example.com"),
            tlv(0x87, &[1, 2, 3, 4]),
            tlv(0x81, b"a@b"),
        ]),
        client().with(|f| f.key = rsa_key()),
        responder(),
    ]
}

fn check(fixture: &Fixture, tbs: Vec<u8>) -> bool {
    let given = tbs.clone();
    match Linter::new().check(tbs, &fixture.context()) {
        Ok(linted) => linted.tbs() == given,
        Err(rejected) => rejected.tbs == given && rejected.errors().count() > 0,
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300), which in 0_usize..5) {
        prop_assert!(check(&fixtures()[which], bytes));
    }

    #[test]
    fn mutated_certificates(
        which in 0_usize..5,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        let fixture = &fixtures()[which];
        let mut tbs = fixture.tbs();
        for (index, octet) in changes {
            let at = index.index(tbs.len());
            tbs[at] = octet;
        }
        if let Some(cut) = cut {
            tbs.truncate(cut.index(tbs.len()));
        }
        prop_assert!(check(fixture, tbs));
    }

    /// What is inside of an extension is read by hand, so it gets arbitrary bytes of its own.
    #[test]
    fn arbitrary_extension_values(
        which in 0_usize..12,
        critical: bool,
        value in proptest::collection::vec(any::<u8>(), 0..60),
        wrapped: bool,
    ) {
        use tpm2ca_x509::oid;
        let oids = [
            oid::BASIC_CONSTRAINTS, oid::KEY_USAGE, oid::EXTENDED_KEY_USAGE, oid::SUBJECT_ALT_NAME,
            oid::AUTHORITY_KEY_IDENTIFIER, oid::SUBJECT_KEY_IDENTIFIER, oid::AUTHORITY_INFO_ACCESS,
            oid::CRL_DISTRIBUTION_POINTS, oid::NAME_CONSTRAINTS, oid::CERTIFICATE_POLICIES,
            oid::OCSP_NO_CHECK, oid::POLICY_CONSTRAINTS,
        ];
        let value = if wrapped { tlv(0x30, &value) } else { value };
        let fixture = server().ext(oids[which], critical, value);
        prop_assert!(check(&fixture, fixture.tbs()));
    }

    /// A name may hold anything, and messages about it must stay printable.
    #[test]
    fn messages_are_safe_to_print(text in "\\PC*|[\\x00-\\x7f]{0,20}", tag in prop::sample::select(vec![0x81_u8, 0x82, 0x86])) {
        let fixture = client().alt_names(&[tlv(tag, text.as_bytes())]);
        for finding in fixture.findings() {
            prop_assert!(!finding.message.chars().any(char::is_control), "{:?}", finding.message);
        }
    }

    /// Any prefix or extension of the right bytes is not the right bytes.
    #[test]
    fn truncated_or_extended_bytes_are_rejected(which in 0_usize..5, cut in any::<prop::sample::Index>(), tail in proptest::collection::vec(any::<u8>(), 1..5)) {
        let fixture = &fixtures()[which];
        let tbs = fixture.tbs();
        let prefix = tbs[..cut.index(tbs.len())].to_vec();
        prop_assert!(Linter::new().check(prefix, &fixture.context()).is_err());
        let extended = [tbs, tail].concat();
        prop_assert!(Linter::new().check(extended, &fixture.context()).is_err());
    }
}
