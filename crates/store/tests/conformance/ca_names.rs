//! The name of a CA belongs to the key that has it first, and to no leaf.

use std::thread;

use crate::database::{Database, New};
use crate::fixture::{DAY, NOW, clean_check, sha256};
use tpm2ca_store::{
    Claim, Holder, ImportedCertificate, IndexRow, IndexSeen, IndexStatus, IssuerId, NewIssuer,
    NewReservation, Reserved, Store, StoreError,
};
use tpm2ca_x509::{CertificateFields, Name, Serial, SignatureAlgorithm, Validity, assemble, ext};

/// A certificate; its to-be-signed part comes first.
fn certificate(serial: u8, issuer: &str, subject: &str, key: u8, is_ca: bool) -> [Vec<u8>; 2] {
    let extensions = if is_ca {
        vec![ext::basic_constraints(true, None)]
    } else {
        Vec::new()
    };
    let tbs = CertificateFields {
        serial: &Serial::from_be_bytes(&[serial]).unwrap(),
        signature_algorithm: SignatureAlgorithm::EcdsaSha256,
        issuer_der: Name::parse(issuer).unwrap().as_der(),
        validity: Validity {
            not_before: NOW,
            not_after: NOW + DAY,
        },
        subject_der: Name::parse(subject).unwrap().as_der(),
        spki_der: &spki(key),
        extensions: &extensions,
    }
    .to_tbs_der()
    .unwrap();
    let der = assemble(&tbs, SignatureAlgorithm::EcdsaSha256, &[0x5a; 71]);
    [tbs, der]
}

/// An Ed25519 key.
fn spki(key: u8) -> Vec<u8> {
    let mut spki = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".to_vec();
    spki.extend([key; 32]);
    spki
}

pub(crate) struct Names {
    pub(crate) database: Box<dyn Database>,
    pub(crate) store: Box<dyn Store>,
    pub(crate) root: IssuerId,
}

impl Names {
    /// A root `/CN=Root` with the key 1, that has its certificate.
    fn new(new: New) -> Self {
        Self::in_database(new())
    }

    pub(crate) fn in_database(database: Box<dyn Database>) -> Self {
        let store = database.open();
        let root = issuer(&*store, "root", "/CN=Root", "/CN=Root", 1);
        Self {
            database,
            store,
            root,
        }
    }

    fn reserve(
        &self,
        serial: u8,
        subject: &str,
        key: u8,
        is_ca: bool,
    ) -> Result<Reserved, StoreError> {
        reserve(&*self.store, self.root, serial, subject, key, is_ca)
    }

    pub(crate) fn issue(
        &self,
        serial: u8,
        subject: &str,
        key: u8,
        is_ca: bool,
    ) -> Result<(), StoreError> {
        let reserved = self.reserve(serial, subject, key, is_ca)?;
        let [_, der] = certificate(serial, "/CN=Root", subject, key, is_ca);
        self.store.record(reserved, &der, None, NOW).map(drop)
    }
}

pub(crate) fn issuer(
    store: &dyn Store,
    name: &str,
    above: &str,
    subject: &str,
    key: u8,
) -> IssuerId {
    let [_, der] = certificate(1, above, subject, key, true);
    store
        .add_issuer(&NewIssuer {
            name,
            subject_der: Name::parse(subject).unwrap().as_der(),
            key_id: &[key; 20],
            key: "a.key",
            pinned_parent: None,
            certificate_der: Some(&der),
            requester: "test",
            at: NOW,
        })
        .unwrap()
}

pub(crate) fn reserve(
    store: &dyn Store,
    issuer: IssuerId,
    serial: u8,
    subject: &str,
    key: u8,
    is_ca: bool,
) -> Result<Reserved, StoreError> {
    let [tbs, _] = certificate(serial, "/CN=Root", subject, key, is_ca);
    let name = Name::parse(subject).unwrap();
    let holder = Holder {
        subject_der: name.as_der(),
        spki_der: &spki(key),
        is_ca,
    };
    let looked = store.check_subject(&holder, &name.to_string());
    let reserved = store.reserve(&NewReservation {
        issuer,
        holder,
        serial: &[serial],
        tbs_sha256: sha256(&tbs),
        requester: "test",
        profile: "test",
        subject: &name.to_string(),
        names: &[],
        not_before: NOW,
        not_after: NOW + DAY,
        claim: Claim::None,
        at: NOW,
    });
    // What is said in advance is what is decided.
    let refusal = reserved.as_ref().err().cloned();
    let is_about_names = |error: &StoreError| matches!(error, StoreError::SubjectIsCa { .. });
    assert_eq!(looked.err(), refusal.filter(is_about_names));
    reserved
}

pub(crate) fn is_refused<T: std::fmt::Debug>(outcome: Result<T, StoreError>) -> bool {
    match outcome {
        Ok(_) => false,
        Err(StoreError::SubjectIsCa { .. }) => true,
        Err(other) => panic!("{other}"),
    }
}

pub(crate) fn the_name_of_an_issuer(new: New) {
    let ca = Names::new(new);
    for subject in ["/CN=Root", "/CN=ROOT", "/CN= root "] {
        assert!(is_refused(ca.reserve(2, subject, 2, true)), "{subject}");
        assert!(is_refused(ca.reserve(2, subject, 2, false)), "{subject}");
        // not even with the same key
        assert!(is_refused(ca.reserve(2, subject, 1, false)), "{subject}");
    }
    assert_eq!(
        ca.reserve(2, "/CN=ROOT", 2, true).unwrap_err().to_string(),
        "the subject `CN=ROOT` is the name of issuer `root`, which has another key"
    );
    let leaf = ca.reserve(2, "/CN=ROOT", 2, false).unwrap_err();
    assert_eq!(
        (leaf.to_string().as_str(), leaf.hint().unwrap().as_str()),
        (
            "the subject `CN=ROOT` is the name of issuer `root`",
            "give the certificate a name of its own"
        )
    );
    // Nothing was used up, and the same name with the same key is a renewal.
    ca.issue(2, "/CN=Root", 1, true).unwrap();
    ca.issue(3, "/CN=Root 2", 2, true).unwrap();
    ca.issue(4, "/", 3, false).unwrap();
    assert_eq!(clean_check(&*ca.store).issued, 3);
}

pub(crate) fn the_name_of_a_ca_in_the_records(new: New) {
    let ca = Names::new(new);
    ca.issue(2, "/O=Acme/CN=Sub", 2, true).unwrap();
    let error = ca.reserve(3, "/O=ACME/CN=sub", 3, true).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the subject `CN=sub,O=ACME` is the name of the CA whose certificate has the serial number 02, which has \
         another key"
    );
    assert!(is_refused(ca.reserve(3, "/O=Acme/CN=Sub", 2, false)));
    ca.issue(3, "/O=Acme/CN=Sub", 2, true).unwrap();
    // Revoked, it still has its name.
    for serial in [2, 3] {
        ca.store
            .revoke(&tpm2ca_store::NewRevocation {
                issuer: ca.root,
                serial: &[serial],
                reason: Some(2),
                invalidity_date: None,
                requester: "test",
                at: NOW,
            })
            .unwrap();
    }
    assert!(is_refused(ca.reserve(4, "/O=Acme/CN=Sub", 3, true)));
    // Names of leaves are nobody's.
    ca.issue(4, "/CN=host", 4, false).unwrap();
    ca.issue(5, "/CN=host", 5, false).unwrap();
    ca.issue(6, "/CN=host", 6, true).unwrap();
    assert!(is_refused(ca.reserve(7, "/CN=host", 5, false)));
}

pub(crate) fn what_was_never_signed_has_no_name(new: New) {
    let ca = Names::new(new);
    let reserved = ca.reserve(2, "/CN=Sub", 2, true).unwrap();
    assert!(
        is_refused(ca.reserve(3, "/CN=Sub", 3, true)),
        "possibly signed"
    );
    ca.store.release(reserved, "lockout", NOW).unwrap();
    ca.issue(3, "/CN=Sub", 3, true).unwrap();
    assert!(is_refused(ca.reserve(4, "/CN=Sub", 2, true)));
    // A serial that is taken takes no name.
    assert!(matches!(
        ca.reserve(3, "/CN=Other", 4, true),
        Err(StoreError::SerialTaken { .. })
    ));
    ca.issue(5, "/CN=Other", 5, true).unwrap();
}

pub(crate) fn the_ca_above_an_issuer(new: New) {
    let ca = Names::new(new);
    issuer(&*ca.store, "guest", "/CN=Elsewhere", "/CN=Guest", 7);
    assert_eq!(
        ca.reserve(2, "/CN=elsewhere", 2, true)
            .unwrap_err()
            .to_string(),
        "the subject `CN=elsewhere` is the name of the CA above issuer `guest`, which has another key"
    );
    assert!(is_refused(ca.reserve(2, "/CN=Elsewhere", 2, false)));
    // Once it is here itself, its key is known.
    issuer(&*ca.store, "elsewhere", "/CN=Elsewhere", "/CN=Elsewhere", 8);
    assert!(is_refused(ca.reserve(2, "/CN=Elsewhere", 2, true)));
    ca.issue(2, "/CN=Elsewhere", 8, true).unwrap();
}

pub(crate) fn of_many_at_once_one_gets_the_name(new: New) {
    let ca = Names::new(new);
    let root = ca.root;
    let won = thread::scope(|scope| {
        let tries: Vec<_> = (2..34_u8)
            .map(|serial| {
                // Half of them as other processes would.
                let other = (serial % 2 == 0).then(|| ca.database.open());
                let store = &*ca.store;
                scope.spawn(move || {
                    let store = other.as_deref().unwrap_or(store);
                    let name = Name::parse("/CN=Contested").unwrap();
                    store
                        .reserve(&NewReservation {
                            issuer: root,
                            holder: Holder {
                                subject_der: name.as_der(),
                                spki_der: &spki(serial),
                                is_ca: true,
                            },
                            serial: &[serial],
                            tbs_sha256: [serial; 32],
                            requester: "test",
                            profile: "test",
                            subject: "CN=Contested",
                            names: &[],
                            not_before: NOW,
                            not_after: NOW + DAY,
                            claim: Claim::None,
                            at: NOW,
                        })
                        .map(drop)
                })
            })
            .collect();
        tries
            .into_iter()
            .map(|each| !is_refused(each.join().unwrap()))
            .filter(|won| *won)
            .count()
    });
    assert_eq!(won, 1);
}

/// Rows of an index.txt, with their certificates.
fn rows(list: &[(u8, &str, u8, bool)]) -> Vec<Result<IndexRow, StoreError>> {
    list.iter()
        .map(|&(serial, subject, key, is_ca)| {
            let [_, der] = certificate(serial, "/CN=Root", subject, key, is_ca);
            Ok(IndexRow {
                status: IndexStatus::Valid,
                serial: vec![serial],
                subject: subject.to_owned(),
                not_after: NOW + DAY,
                revoked_at: None,
                reason: None,
                invalidity_date: None,
                note: None,
                certificate: Some(ImportedCertificate {
                    der,
                    not_before: NOW,
                    names: Vec::new(),
                }),
            })
        })
        .collect()
}

pub(crate) fn cas_of_an_index_txt(new: New) {
    let ca = Names::new(new);
    let list = rows(&[(2, "/CN=Sub", 2, true), (3, "/CN=host", 3, false)]);
    ca.store
        .index()
        .unwrap()
        .migrate_index(ca.root, Box::new(list.into_iter()), "test", NOW)
        .unwrap();
    assert!(is_refused(ca.reserve(4, "/CN=SUB", 4, true)));
    assert!(is_refused(ca.reserve(4, "/CN=Sub", 4, false)));
    ca.issue(4, "/CN=Sub", 2, true).unwrap();
    ca.issue(5, "/CN=host", 5, false).unwrap();
    // What others have issued with the name of a CA is a fact.
    let list = rows(&[(6, "/CN=Sub", 6, true)]);
    ca.store
        .index()
        .unwrap()
        .sync_index(
            ca.root,
            Box::new(list.into_iter()),
            IndexSeen::default(),
            "test",
            NOW,
        )
        .unwrap();
    ca.issue(7, "/CN=Sub", 6, true).unwrap();
    assert!(is_refused(ca.reserve(8, "/CN=Sub", 8, true)));
}
