//! CRLs in shards, and delta CRLs, judged by `openssl verify`, certtool and Python.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;

use support::{Ca, DAY, assert_sound, csr, now};
use tpm2ca_authority::{
    Authority, AuthorityError, CrlRequest, CrlSummary, IssueRequest, Issued, RevokeRequest, Shard,
};
use tpm2ca_store::StoreError;
use tpm2ca_testkit::Tool;
use tpm2ca_x509::{Serial, crl::ReasonCode, pem};

fn issue(authority: &Authority, host: &str) -> Issued {
    authority
        .issue(&IssueRequest::new(&csr(host), "server", "test"))
        .unwrap()
}

fn revoke(authority: &Authority, serial: &Serial, reason: ReasonCode) {
    authority
        .revoke(&RevokeRequest {
            serial,
            issuer: None,
            reason: Some(reason),
            invalidity_date: None,
            requester: "test",
        })
        .unwrap();
}

fn end_hold(authority: &Authority, serial: &Serial) {
    let id = authority.issuer_id("intermediate").unwrap();
    authority
        .store()
        .unrevoke(id, serial.as_be_bytes(), "test", authority.now())
        .unwrap();
}

fn make(authority: &Authority, shards: Option<u32>, delta: bool) -> Vec<CrlSummary> {
    authority
        .crls(&CrlRequest {
            shards,
            delta,
            requester: "test",
            ..CrlRequest::default()
        })
        .unwrap()
}

/// What openssl says of a certificate with these CRLs of the intermediate.
fn verify(ca: &Ca, certificate: &Issued, crls: &[&CrlSummary], options: &[&str]) -> String {
    let mut tool = Tool::openssl("verify")
        .args(["-crl_check", "-extended_crl"])
        .args(options)
        .args(["-CAfile", "root.crt", "-untrusted", "intermediate.crt"]);
    let mut all = String::new();
    for crl in crls {
        all += &pem::encode("X509 CRL", &fs::read(&crl.path).unwrap());
    }
    fs::write(ca.path("crls.pem"), all).unwrap();
    tool = tool.args(["-CRLfile", "crls.pem"]);
    tool.input(pem::encode("CERTIFICATE", &certificate.certificate))
        .dir(ca.folder.path())
        .run()
        .report()
}

fn text(crl: &CrlSummary) -> String {
    Tool::openssl("crl")
        .args(["-inform", "DER", "-noout", "-text", "-in"])
        .arg(&crl.path)
        .ok()
        .text()
}

const SHARD_URL: &str = "http://pki.example.com/intermediate-{shard}.crl";

#[test]
fn each_certificate_names_the_list_that_would_revoke_it() {
    let ca = Ca::new();
    ca.change_config(|config| {
        let issuer = config.issuer.get_mut("intermediate").unwrap();
        issuer.crl_shards = 3;
        issuer.crl_urls = vec![SHARD_URL.into(), "ldap:///cn={shard}".into()];
    });
    let authority = ca.open();
    let issued: Vec<_> = (0..12)
        .map(|number| issue(&authority, &format!("host{number}.example.com")))
        .collect();
    for (number, one) in issued.iter().enumerate() {
        let shard = Shard::of(&one.serial, 3);
        let shown = support::openssl_text(&one.certificate);
        assert!(
            shown.contains(&format!(
                "URI:http://pki.example.com/intermediate-{shard}.crl"
            )),
            "{shard}: {shown}"
        );
        if number % 2 == 0 {
            revoke(&authority, &one.serial, ReasonCode::KeyCompromise);
        }
    }
    let lists = make(&authority, None, false);
    assert_eq!(lists.len(), 3);
    assert_eq!(lists.iter().map(|list| list.entries).sum::<u64>(), 6);
    for (index, list) in lists.iter().enumerate() {
        assert_eq!(
            list.path,
            ca.path(&format!("crl/intermediate-{index}-of-3.crl"))
        );
        assert_eq!(list.number, 1);
        let shown = text(list);
        assert!(
            shown.contains("Issuing Distribution Point: critical")
                && shown.contains(&format!("intermediate-{index}-of-3.crl")),
            "{shown}"
        );
        let said = Tool::certtool()
            .args(["--verify-crl", "--load-ca-certificate", "intermediate.crt"])
            .input(pem::encode("X509 CRL", &fs::read(&list.path).unwrap()))
            .dir(ca.folder.path())
            .ok()
            .report();
        assert!(said.contains("Verified"), "{said}");
    }
    for (number, one) in issued.iter().enumerate() {
        let own = Shard::of(&one.serial, 3).index() as usize;
        let said = verify(&ca, one, &[&lists[own]], &[]);
        if number % 2 == 0 {
            assert!(said.contains("certificate revoked"), "{said}");
        } else {
            assert!(said.contains("stdin: OK"), "{said}");
        }
        // Another list says nothing about it, and openssl knows.
        let said = verify(&ca, one, &[&lists[(own + 1) % 3]], &[]);
        assert!(
            said.to_lowercase().contains("different crl scope"),
            "{said}"
        );
    }
    assert_sound(&authority, 0);

    // More shards: new names, and the former lists can still be made.
    ca.change_config(|config| config.issuer.get_mut("intermediate").unwrap().crl_shards = 70);
    let authority = ca.open();
    let more = make(&authority, None, false);
    assert_eq!((more.len(), more[69].number), (70, 2));
    assert_eq!(more.iter().map(|list| list.entries).sum::<u64>(), 6);
    let former = make(&authority, Some(3), false);
    let own = Shard::of(&issued[0].serial, 3).index() as usize;
    let said = verify(&ca, &issued[0], &[&former[own]], &[]);
    assert!(said.contains("certificate revoked"), "{said}");
    // One list of all has no distribution point.
    let whole = make(&authority, Some(0), false);
    assert_eq!((whole.len(), whole[0].entries, whole[0].number), (1, 6, 4));
    assert!(!text(&whole[0]).contains("Issuing Distribution Point"));
    assert_sound(&authority, 0);
}

#[test]
fn without_urls_of_shards_there_are_no_shards() {
    let ca = Ca::new();
    for shards in [2, 513] {
        let refused = ca.open().crls(&CrlRequest {
            shards: Some(shards),
            requester: "test",
            ..CrlRequest::default()
        });
        let error = refused.unwrap_err();
        assert!(matches!(error, AuthorityError::NoShards), "{error}");
        assert!(error.hint().unwrap().contains("crl_urls"));
    }
    for (shards, url, problem) in [
        (2, "http://pki.example.com/a.crl", "lacks `{shard}`"),
        (0, SHARD_URL, "there is no `crl_shards`"),
        (600, SHARD_URL, "512 are the most"),
    ] {
        ca.change_config(|config| {
            let issuer = config.issuer.get_mut("intermediate").unwrap();
            issuer.crl_shards = shards;
            issuer.crl_urls = vec![url.into()];
        });
        let error = ca.directory().config().unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
        // Written without being read again.
        let text = fs::read_to_string(ca.path("ca.toml")).unwrap();
        let fixed = text
            .replace(&format!("crl_shards = {shards}\n"), "")
            .replace(&format!("crl_urls = [\"{url}\"]\n"), "");
        fs::write(ca.path("ca.toml"), fixed).unwrap();
    }
}

#[test]
fn a_delta_has_what_changed_since_the_complete_list() {
    let ca = Ca::new();
    ca.change_config(|config| {
        let issuer = config.issuer.get_mut("intermediate").unwrap();
        issuer.crl_urls = vec!["http://pki.example.com/intermediate.crl".into()];
        issuer.delta_urls = vec!["http://pki.example.com/intermediate-delta.crl".into()];
    });
    let start = now();
    let (authority, clock) = ca.open_at(start - 100);
    let [old, held, new, good] =
        ["a", "b", "c", "d"].map(|name| issue(&authority, &format!("{name}.example.com")));
    let refused = authority.crls(&CrlRequest {
        delta: true,
        requester: "test",
        ..CrlRequest::default()
    });
    assert!(matches!(
        refused,
        Err(AuthorityError::Store(StoreError::NoBaseCrl { shards: 0 }))
    ));
    revoke(&authority, &old.serial, ReasonCode::Superseded);
    revoke(&authority, &held.serial, ReasonCode::CertificateHold);
    let complete = make(&authority, None, false).remove(0);
    assert!(
        text(&complete).contains("Freshest CRL"),
        "{}",
        text(&complete)
    );
    clock.set(start - 50);
    revoke(&authority, &new.serial, ReasonCode::KeyCompromise);
    end_hold(&authority, &held.serial);
    let delta = make(&authority, None, true).remove(0);
    assert_eq!(delta.path, ca.path("crl/intermediate-delta.crl"));
    assert_eq!((delta.base, delta.entries), (Some(complete.number), 2));
    assert!(delta.number > complete.number);
    assert_eq!(delta.next_update, start - 50 + DAY);
    let shown = text(&delta);
    assert!(
        shown.contains("Delta CRL Indicator: critical")
            && shown.contains("Remove From CRL")
            && shown.contains("Key Compromise")
            && !shown.contains("Freshest CRL"),
        "{shown}"
    );
    // As relying parties see it: with the delta and without.
    let both = [&complete, &delta];
    for (certificate, with_delta, without) in [
        (&old, "certificate revoked", "certificate revoked"),
        (&held, "stdin: OK", "certificate revoked"),
        (&new, "certificate revoked", "stdin: OK"),
        (&good, "stdin: OK", "stdin: OK"),
    ] {
        let said = verify(&ca, certificate, &both, &["-use_deltas"]);
        assert!(said.contains(with_delta), "{said}");
        let said = verify(&ca, certificate, &[&complete], &[]);
        assert!(said.contains(without), "{said}");
    }
    let said = Tool::python(PYTHON)
        .arg(&delta.path)
        .arg("intermediate.crt")
        .dir(ca.folder.path())
        .ok()
        .text();
    let mut lines: Vec<&str> = said.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            format!("base {}", complete.number).as_str(),
            "reason key_compromise",
            "reason remove_from_crl"
        ]
    );
    // The next complete list is the base of the next delta, which has nothing.
    let complete = make(&authority, None, false).remove(0);
    assert_eq!(complete.entries, 2);
    let delta = make(&authority, None, true).remove(0);
    assert_eq!((delta.base, delta.entries), (Some(complete.number), 0));
    // A later complete list than that on which a certificate was last: counted without the deltas.
    assert_eq!(
        authority
            .store()
            .last_crl(authority.issuer_id("intermediate").unwrap())
            .unwrap()
            .unwrap()
            .number,
        complete.number
    );
    assert_sound(&authority, 0);
}

const PYTHON: &str = r"
import sys
from cryptography import x509
crl = x509.load_der_x509_crl(open(sys.argv[1], 'rb').read())
issuer = x509.load_pem_x509_certificate(open(sys.argv[2], 'rb').read())
assert crl.is_signature_valid(issuer.public_key())
indicator = crl.extensions.get_extension_for_class(x509.DeltaCRLIndicator)
assert indicator.critical
print('base', indicator.value.crl_number)
for entry in crl:
    print('reason', entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.name)
";

#[test]
fn deltas_of_shards_have_the_scope_of_their_shard() {
    let ca = Ca::new();
    ca.change_config(|config| {
        let issuer = config.issuer.get_mut("intermediate").unwrap();
        issuer.crl_shards = 2;
        issuer.crl_urls = vec![SHARD_URL.into()];
        issuer.delta_urls = vec!["http://pki.example.com/{shard}-delta.crl".into()];
    });
    let authority = ca.open();
    let one = issue(&authority, "a.example.com");
    let complete = make(&authority, None, false);
    revoke(&authority, &one.serial, ReasonCode::Superseded);
    let deltas = make(&authority, None, true);
    let own = Shard::of(&one.serial, 2).index() as usize;
    assert_eq!(deltas[own].entries, 1);
    assert_eq!(deltas[1 - own].entries, 0);
    assert!(text(&complete[own]).contains(&format!("{own}-of-2-delta.crl")));
    assert!(text(&deltas[own]).contains("Issuing Distribution Point: critical"));
    let said = verify(&ca, &one, &[&complete[own], &deltas[own]], &["-use_deltas"]);
    assert!(said.contains("certificate revoked"), "{said}");
    let said = verify(&ca, &one, &[&complete[own]], &[]);
    assert!(said.contains("stdin: OK"), "{said}");
    assert_sound(&authority, 0);
}
