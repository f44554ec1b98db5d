//! Extensions of certificates, requests and CRLs.

use crate::{
    corpus::{self, bytes, lines},
    ours,
    theirs::{self, Kind},
};

const SUPPORT: &str = include_str!("corpus/support.cnf");

fn conf(case: &str) -> Vec<u8> {
    [SUPPORT.as_bytes(), b"\n[e]\n", &bytes(case), b"\n"].concat()
}

/// Whether openssl makes it, and what differs.
pub(crate) fn compare(conf: &[u8], case: &str, kind: Kind) -> (bool, Option<String>) {
    compare_section(conf, case, "e", kind)
}

/// The same for a section of another name.
pub(crate) fn compare_section(
    conf: &[u8],
    case: &str,
    section: &str,
    kind: Kind,
) -> (bool, Option<String>) {
    let theirs = theirs::make(conf, section, kind);
    let ours = ours::make(conf, section, kind);
    let made = theirs.is_some();
    match (theirs, ours) {
        (Some(theirs), Ok(ours)) if theirs == ours => (made, None),
        (None, Err(_)) => (made, None),
        (theirs, ours) => {
            let fault = format!("{kind:?} {case}\n  theirs {theirs:02x?}\n  ours   {ours:02x?}");
            (made, Some(fault))
        }
    }
}

#[test]
fn are_made_as_openssl_makes_them() {
    let cases = lines(include_str!("corpus/extensions.txt"));
    assert!(cases.len() >= 150, "{}", cases.len());
    corpus::judge(&cases, |case| {
        let (own, own_fault) = compare(&conf(case), case, Kind::Own);
        let (issued, issued_fault) = compare(&conf(case), case, Kind::Issued);
        let refused = (!own && !issued).then(|| format!("openssl refuses {case}"));
        [own_fault, issued_fault, refused]
            .into_iter()
            .flatten()
            .collect()
    });
}

#[test]
fn of_a_certificate_for_the_issuers_own_key() {
    let cases = lines(include_str!("corpus/extensions.txt"));
    let some = cases
        .iter()
        .copied()
        .filter(|case| case.contains("KeyIdentifier"));
    for case in some {
        let (_, fault) = compare(&conf(case), case, Kind::Renewed);
        assert!(fault.is_none(), "{}", fault.unwrap());
    }
}

#[test]
fn in_requests_and_crls() {
    let cases = lines(include_str!("corpus/extensions.txt"));
    let some: Vec<&str> = cases
        .iter()
        .copied()
        .filter(|case| {
            case.contains("KeyIdentifier")
                || case.contains("AltName")
                || case.contains("ssuing")
                || case.contains(" && ")
                || case.contains("2.5.29.15")
        })
        .collect();
    corpus::judge(&some, |case| {
        [Kind::Request, Kind::Crl]
            .iter()
            .filter_map(|kind| compare(&conf(case), case, *kind).1)
            .collect()
    });
}

#[test]
fn are_refused_as_openssl_refuses_them() {
    let cases = lines(include_str!("corpus/refused.txt"));
    assert!(cases.len() >= 60, "{}", cases.len());
    corpus::judge(&cases, |case| {
        let conf = conf(case);
        let mut faults = Vec::new();
        if theirs::make(&conf, "e", Kind::Issued).is_some() {
            faults.push(format!("openssl takes {case}"));
        }
        match ours::make(&conf, "e", Kind::Issued) {
            Ok(made) => faults.push(format!("we take {case}: {made:02x?}")),
            Err(error) => {
                let message = error.to_string();
                if !message.starts_with("test.cnf:") {
                    faults.push(format!("{case}: {message} has no place"));
                }
            }
        }
        faults
    });
}

#[test]
fn are_refused_only_here() {
    for case in lines(include_str!("corpus/only_here.txt")) {
        let conf = conf(case);
        assert!(
            theirs::make(&conf, "e", Kind::Own).is_some(),
            "openssl refuses {case}"
        );
        let error = ours::make(&conf, "e", Kind::Own).unwrap_err();
        assert!(error.hint().is_some(), "{case}: {error}");
    }
}

#[test]
fn messages_name_the_innermost_entry() {
    let messages = [
        (
            "subjectAltName=@alt\n[alt]\nDNS.1=a\nIP.1=1.2.3",
            "test.cnf:5: `IP.1` in [alt]: expected an IP address, found `1.2.3`",
        ),
        (
            "certificatePolicies=@p\n[p]\npolicyIdentifier=x.1",
            "test.cnf:4: `policyIdentifier` in [p]: expected the name of an object identifier, or its dotted numbers, found `x.1`",
        ),
        (
            "keyUsage=critical,certSign",
            "test.cnf:2: `keyUsage` in [e]: there is no `certSign` in it",
        ),
        (
            "basicConstraint=CA:TRUE",
            "test.cnf:2: `basicConstraint` in [e]: there is no extension `basicConstraint`",
        ),
        (
            "crlNumber=5",
            "test.cnf:2: `crlNumber` in [e]: there is no text form for the extension `crlNumber`",
        ),
        (
            "1.2.3=ASN1:SEQUENCE:s\n[s]\na=INT:x",
            "test.cnf:4: `a` in [s]: expected a whole number, decimal or hexadecimal behind `0x`, found `x`",
        ),
        (
            "subjectAltName=dirName:d\n[d]\nC=Germany",
            "test.cnf:4: `C` in [d]: `Germany` has 7 characters, must have exactly 2",
        ),
        (
            "crlDistributionPoints=d\n[d]\nreasons=x",
            "test.cnf:4: `reasons` in [d]: there is no `x` in it",
        ),
    ];
    for (case, message) in messages {
        let conf = format!("[e]\n{case}\n");
        let error = ours::make(conf.as_bytes(), "e", Kind::Issued).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn what_openssl_says_nothing_about_is_a_warning() {
    let warnings = |case: &str| {
        let conf = [SUPPORT.as_bytes(), b"\n[e]\n", case.as_bytes()].concat();
        ours::warnings(&conf)
    };
    assert_eq!(warnings("subjectAltName=DNS:example.com"), [""; 0]);
    for (case, beginning) in [
        (
            "subjectAltName=@latin_names\n[latin_names]\nDNS.1=münchen.example\n",
            "`DNS.1`: `münchen.example` is not ASCII",
        ),
        (
            "subjectAltName=email:move,email:copy\nissuerAltName=DNS:x\n[x]\n",
            "",
        ),
        (
            "crlDistributionPoints=point_odd",
            "`fullnames`: means nothing",
        ),
    ] {
        let warnings = warnings(case);
        match beginning {
            "" => assert!(warnings.is_empty(), "{warnings:?}"),
            _ => assert!(
                warnings[0].starts_with("test.cnf:") && warnings[0].contains(beginning),
                "{warnings:?}"
            ),
        }
    }
}

#[test]
fn hints_say_what_to_write() {
    for (case, hint) in [
        ("keyUsage=crlSign", "did you mean `cRLSign`?"),
        ("keyUsage=contentCommitment", "write `nonRepudiation`"),
        (
            "basicConstraint=CA:TRUE",
            "did you mean `basicConstraints`?",
        ),
        ("qqqqqqqqqq=DER:00", "write the dotted numbers"),
        ("extendedKeyUsage=serverauth", "did you mean `serverAuth`?"),
        (
            "nameConstraints=permitted;IP:10.0.0.0/8",
            "write `10.0.0.0/255.0.0.0`",
        ),
        (
            "nameConstraints=permitted;IP:2001:db8::/32",
            "write `2001:db8::/ffff:ffff::`",
        ),
        (
            "nameConstraints=permitted;IP:0.0.0.0/0",
            "write `0.0.0.0/0.0.0.0`",
        ),
        ("2.5.29.19=CA:TRUE", "write `basicConstraints`"),
        ("crlNumber=5", "write its value as `ASN1:…`"),
    ] {
        let conf = format!("[e]\n{case}\n");
        let error = ours::make(conf.as_bytes(), "e", Kind::Issued).unwrap_err();
        let given = error.hint().unwrap_or_default();
        assert!(given.contains(hint), "{case}: {given}");
    }
}

#[test]
fn too_many_extensions_are_refused() {
    let entries: String = (0..1_001)
        .map(|n| format!("1.2.3.{n}=DER:0500\n"))
        .collect::<Vec<_>>()
        .concat();
    let conf = format!("[e]\n{entries}");
    let error = ours::make(conf.as_bytes(), "e", Kind::Request).unwrap_err();
    assert!(
        error.to_string().contains("more than 1000 extensions"),
        "{error}"
    );
}
