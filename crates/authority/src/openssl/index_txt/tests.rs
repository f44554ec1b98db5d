//! Rows as they are read and written.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::{prelude::*, strategy::ValueTree as _};

use super::*;

/// Something like a row: often right, with the octets that matter in the wrong places.
fn rows() -> impl Strategy<Value = String> {
    let time = "(2[0-9]|20[0-9]{2}|19[0-9]{2}|[5-9][0-9])(0[1-9]|1[0-2])[0-2][0-9]([01][0-9]|2[0-3])[0-5]{4}Z";
    let reason = "(|,unspecified|,KeyCompromise|,superseded|,unspecified,[a-z\\\\]{0,2}(\\\\\t)?[a-z]{0,3}\
                  |,holdInstruction,1\\.2\\.3|,keyTime,20260101000000Z)";
    let row = format!(
        "(V\t{time}\t\t|E\t{time}\t\t|R\t{time}\t{time}{reason}\t)([0-9A-Fa-f]{{2}}){{1,21}}\t[a-z]{{0,7}}\t\
         /CN=([ -~é]|\\\\|\\\\\t){{0,6}}\n"
    );
    proptest::collection::vec(
        prop_oneof![
            6 => proptest::string::string_regex(&row).unwrap(),
            1 => Just("# a comment\n".to_owned()),
        ],
        1..4,
    )
    .prop_map(|rows| rows.concat())
}

proptest! {
    #[test]
    fn any_octets_are_rows_or_damage(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        fuzzed_index_txt(&data);
    }

    #[test]
    fn what_is_written_is_read_as_the_same(rows in rows()) {
        fuzzed_index_txt(rows.as_bytes());
    }

    #[test]
    fn damaged_rows_are_rows_or_damage(
        rows in rows(),
        at in any::<prop::sample::Index>(),
        octet in any::<u8>(),
    ) {
        let mut damaged = rows.into_bytes();
        *at.get_mut(&mut damaged) = octet;
        fuzzed_index_txt(&damaged);
    }
}

/// The strategy makes rows that can be read, so that the properties say something.
#[test]
fn most_rows_of_the_properties_can_be_read() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let rows = rows();
    let read = (0..200)
        .filter(|_| {
            let text = rows.new_tree(&mut runner).unwrap().current();
            matches!(Rows::new(text.as_bytes(), 0).next_line(), Ok(Some(_)))
        })
        .count();
    assert!(read > 100, "{read} of 200");
}

#[test]
fn rows_are_written_as_they_were_read() {
    for text in [
        "V\t270101000000Z\t\t1000\tunknown\t/C=GB/CN=www.example.com",
        "V\t20600101000000Z\t\t00\tunknown\t/CN=zero",
        "V\t270101000000Z\t\t0F\tunknown\t",
        "E\t200101000000Z\t\tFF\tunknown\t/CN=a\\\tb",
        "E\t200101000000Z\t\t8000\tunknown\t/CN=back\\slash",
        "R\t270101000000Z\t260301120000Z\t1001\tunknown\t/CN=x",
        "R\t270101000000Z\t260301120000Z,unspecified\t1001\tunknown\t/CN=x",
        "R\t270101000000Z\t260301120000Z,keyCompromise\t1001\tunknown\t/CN=x",
        "R\t270101000000Z\t260301120000Z,removeFromCRL\t1001\tunknown\t/CN=x",
        "R\t270101000000Z\t260301120000Z,holdInstruction,holdInstructionReject\t1001\tunknown\t/CN=x",
        "R\t270101000000Z\t260301120000Z,holdInstruction,1.2.3.4\t1001\tunknown\t/CN=x",
        "R\t270101000000Z\t260301120000Z,keyTime,20260101000000Z\t1001\tunknown\t/CN=x",
        "R\t270101000000Z\t260301120000Z,CAkeyTime,20260101000000Z\t1001\tunknown\t/CN=x",
        "R\t270101000000Z\t260301120000Z,CERTIFICATEHOLD\t1001\tunknown\t/CN=x",
        "V\t270101000000Z\t\t1000\tunknown\t/CN=\\xC3\\xA9",
        "V\t270101000000Z\t\t1000\tunknown\t/CN=\u{e9}",
    ] {
        let row = parse(text.as_bytes()).unwrap();
        let written = line(&entry(&row));
        assert_eq!(String::from_utf8(written).unwrap(), format!("{text}\n"));
    }
}

#[test]
fn a_tab_in_the_revocation_does_not_shift_the_other_fields() {
    let old = b"R\t270101000000Z\t260301120000Z,unspecified,a\\\tb\t1001\tunknown\t/CN=x";
    let mut entry = entry(&parse(old).unwrap());
    (entry.status, entry.revoked_at, entry.note) = (IndexStatus::Valid, None, None);
    assert_eq!(
        changed_line(old, &entry),
        b"V\t270101000000Z\t\t1001\tunknown\t/CN=x\n"
    );
}

#[test]
fn what_the_crl_says() {
    let on_crl = |field: &str| {
        let revocation = Revocation::parse(field.as_bytes()).unwrap();
        let (reason, hold) = Revocation::on_crl(revocation.reason, revocation.note.as_deref());
        (
            reason,
            revocation.invalidity_date,
            hold.map(|oid| oid.to_string()),
        )
    };
    assert_eq!(on_crl("260301120000Z"), (None, None, None));
    assert_eq!(on_crl("260301120000Z,unspecified"), (Some(0), None, None));
    assert_eq!(on_crl("260301120000Z,superseded"), (Some(4), None, None));
    assert_eq!(on_crl("260301120000Z,SUPERSEDED"), (Some(4), None, None));
    assert_eq!(on_crl("260301120000Z,removeFromCRL"), (Some(8), None, None));
    assert_eq!(
        on_crl("260301120000Z,holdInstruction,1.2.3"),
        (Some(6), None, Some("1.2.3".to_owned()))
    );
    assert_eq!(
        on_crl("260301120000Z,keyTime,20260101000000Z"),
        (Some(1), parse_time("20260101000000Z"), None)
    );
}

#[test]
fn damage_is_told() {
    for (text, expected) in [
        ("", "has 1 fields"),
        ("V\t270101000000Z\t\t1000\tunknown", "has 5 fields"),
        (
            "V\t270101000000Z\t\t1000\tunknown\t/CN=x\ty",
            "more than six",
        ),
        (
            "X\t270101000000Z\t\t1000\tunknown\t/CN=x",
            "begins with `X`",
        ),
        (
            "V\t271301000000Z\t\t1000\tunknown\t/CN=x",
            "end of validity `271301000000Z`",
        ),
        (
            "V\t270101000000Z\t260101000000Z\t1000\tunknown\t/CN=x",
            "is not revoked",
        ),
        (
            "R\t270101000000Z\t\t1000\tunknown\t/CN=x",
            "no revocation date",
        ),
        (
            "R\t270101000000Z\tsoon\t1000\tunknown\t/CN=x",
            "revocation date `soon`",
        ),
        (
            "R\t270101000000Z\t260101000000Z,privilegeWithdrawn\t1000\tunknown\t/CN=x",
            "reason `privilegeWithdrawn`",
        ),
        (
            "R\t270101000000Z\t260101000000Z,keyTime,now\t1000\tunknown\t/CN=x",
            "expected `keyTime,",
        ),
        ("V\t270101000000Z\t\t100\tunknown\t/CN=x", "even number"),
        ("V\t270101000000Z\t\t10G0\tunknown\t/CN=x", "even number"),
        ("V\t270101000000Z\t\t-10\tunknown\t/CN=x", "negative"),
        (
            "V\t270101000000Z\t\t0111111111111111111111111111111111111111111111\tunknown\t/CN=x",
            "23 octets",
        ),
    ] {
        let problem = parse(text.as_bytes()).unwrap_err();
        assert!(problem.contains(expected), "{text}: {problem}");
    }
    let mut rows = Rows::new(&b"V\t270101000000Z\t\t1000\tunknown\t/CN=x\nV\t27"[..], 0);
    assert!(rows.next_line().unwrap().is_some());
    let Err(RowError::Damaged { line: 2, problem }) = rows.next_line() else {
        panic!()
    };
    assert!(problem.contains("cut off"));
}
