//! Fills a CA directory with certificates that were never asked for, to see how it fares when it is full.

use std::{fs, path::Path, thread};

use tpm2ca_store::{Claim, Holder, NewReservation, NewRevocation, SqliteStore, Store};
use tpm2ca_x509::{
    Certificate, CertificateFields, Extension, Name, Serial, SignatureAlgorithm, Validity,
    assemble, ext, pem,
};

/// Loads `count` certificates of the intermediate, and revokes every `revoke_every`th of them (none for 0).
///
/// They are as large as real ones; their signatures are not, since nobody looks at them here.
pub fn load(ca: &Path, count: usize, revoke_every: usize, now: i64) {
    let issuer_pem = fs::read(ca.join("intermediate.crt")).unwrap();
    let issuer_der = pem::single(&issuer_pem, &["CERTIFICATE"]).unwrap();
    let issuer = Certificate::parse(&issuer_der).unwrap();
    let store = SqliteStore::open(&ca.join("records.db")).unwrap();
    let id = store
        .issuers()
        .unwrap()
        .into_iter()
        .find(|row| row.name == "intermediate")
        .unwrap()
        .id;
    let extensions: Vec<Extension> = vec![
        ext::subject_key_identifier(&[7; 20]),
        ext::authority_key_identifier(&[8; 20]),
    ];
    let validity = Validity {
        not_before: now - 86_400,
        not_after: now + 365 * 86_400,
    };
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (store, issuer, extensions) = (&store, &issuer, &extensions);
            scope.spawn(move || {
                for number in (worker..count).step_by(WORKERS) {
                    let mut octets = [0x5a; 17];
                    octets[9..].copy_from_slice(&(number as u64).to_be_bytes());
                    let serial = Serial::from_be_bytes(&octets).unwrap();
                    let tbs = CertificateFields {
                        serial: &serial,
                        signature_algorithm: SignatureAlgorithm::EcdsaSha256,
                        issuer_der: issuer.tbs().subject_der(),
                        validity,
                        subject_der: issuer.tbs().subject_der(),
                        spki_der: issuer.tbs().spki_der(),
                        extensions,
                    }
                    .to_tbs_der()
                    .unwrap();
                    let subject = format!("CN=host{number}.example.com");
                    let names = [format!("DNS:host{number}.example.com")];
                    let reserved = store
                        .reserve(&NewReservation {
                            issuer: id,
                            holder: Holder {
                                subject_der: Name::empty().as_der(),
                                spki_der: issuer.tbs().spki_der(),
                                is_ca: false,
                            },
                            serial: serial.as_be_bytes(),
                            tbs_sha256: sha256(&tbs),
                            requester: "bulk",
                            profile: "server",
                            subject: &subject,
                            names: &names,
                            not_before: validity.not_before,
                            not_after: validity.not_after,
                            claim: Claim::None,
                            at: now,
                        })
                        .unwrap();
                    let der = assemble(&tbs, SignatureAlgorithm::EcdsaSha256, &[0x5a; 71]);
                    let _ = store.record(reserved, &der, None, now).unwrap();
                    if revoke_every != 0 && number % revoke_every == 0 {
                        store
                            .revoke(&NewRevocation {
                                issuer: id,
                                serial: serial.as_be_bytes(),
                                reason: Some(4),
                                invalidity_date: None,
                                requester: "bulk",
                                at: now,
                            })
                            .unwrap();
                    }
                }
            });
        }
    });
}

/// Many, so that they share the durable commits.
const WORKERS: usize = 64;

fn sha256(octets: &[u8]) -> [u8; 32] {
    tpm2ca_keys::Digest::of(tpm2ca_keys::Hash::Sha256, octets)
        .value()
        .try_into()
        .unwrap()
}
