//! Keys under every kind of parent: primary keys of four hierarchies, ECC and RSA, and persistent storage keys.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::path::Path;

use support::{P256, auth, held_handles, open, sign_and_verify};
use tpm2ca_testkit::{Recorder, Swtpm, TempDir, Tool, temp_dir};
use tpm2ca_tpm::{
    Algorithm, Auth, Curve, HashAlg, KeyFile, KeyOptions, Parent, Tpm, TpmError, TpmOptions,
};

const STORAGE: &str =
    "restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda";

fn under(parent: Parent, rsa_parent: bool) -> KeyOptions {
    let mut options = KeyOptions::new(P256);
    options.parent = parent;
    options.rsa_parent = rsa_parent;
    options
}

fn flush(swtpm: &Swtpm) {
    Tool::tpm2("tpm2_flushcontext", swtpm).arg("-t").ok();
}

/// Has tpm2-tools make the primary key that a file's parent stands for, and load the file under it.
fn tools_load(swtpm: &Swtpm, file: &KeyFile, letter: &str, rsa: bool) {
    let dir = temp_dir();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("unique"), if rsa { &[][..] } else { &[0; 4] }).unwrap();
    let kind = if rsa {
        "rsa2048:aes128cfb"
    } else {
        "ecc256:aes128cfb"
    };
    Tool::tpm2("tpm2_createprimary", swtpm)
        .args([
            "-C", letter, "-G", kind, "-g", "sha256", "-a", STORAGE, "-u",
        ])
        .arg(path("unique"))
        .arg("-c")
        .arg(path("primary.ctx"))
        .ok();
    flush(swtpm);
    fs::write(path("pub"), file.public_blob()).unwrap();
    fs::write(path("priv"), file.private_blob()).unwrap();
    Tool::tpm2("tpm2_load", swtpm)
        .arg("-C")
        .arg(path("primary.ctx"))
        .arg("-u")
        .arg(path("pub"))
        .arg("-r")
        .arg(path("priv"))
        .arg("-c")
        .arg(path("key.ctx"))
        .ok();
    flush(swtpm);
}

#[test]
fn every_hierarchy_can_be_the_parent() {
    let swtpm = Swtpm::start();
    for (parent, letter, number) in [
        (Parent::Owner, "o", 0x4000_0001),
        (Parent::Endorsement, "e", 0x4000_000b),
        (Parent::Platform, "p", 0x4000_000c),
        (Parent::Null, "n", 0x4000_0007),
    ] {
        for rsa in [false, true] {
            let tpm = open(&swtpm);
            let file = tpm.create_key(under(parent, rsa), &auth("sesame")).unwrap();
            assert_eq!((file.parent(), file.rsa_parent()), (number, rsa));
            let file = KeyFile::from_pem(file.to_pem().as_bytes()).unwrap();
            let keys: Vec<_> = (0..3)
                .map(|_| tpm.load(file.clone(), auth("sesame")).unwrap())
                .collect();
            for key in &keys {
                sign_and_verify(key, HashAlg::Sha256, b"under another parent");
            }
            // A new value works under the same parent only.
            let changed = tpm
                .change_auth(&file, &auth("sesame"), &auth("other"))
                .unwrap();
            assert_eq!((changed.parent(), changed.rsa_parent()), (number, rsa));
            let key = tpm.load(changed, auth("other")).unwrap();
            sign_and_verify(&key, HashAlg::Sha256, b"under another parent");
            drop((keys, key));

            // Any other parent is the wrong one, and is named.
            for (other, other_rsa) in [
                (Parent::Owner, false),
                (Parent::Owner, true),
                (Parent::Endorsement, false),
                (Parent::Platform, false),
                (Parent::Null, false),
            ] {
                if (other, other_rsa) == (parent, rsa) {
                    continue;
                }
                match tpm.load(moved(&file, other, other_rsa), auth("sesame")) {
                    Err(error @ TpmError::WrongParent { .. }) => {
                        let text = error.to_string();
                        let template = if other_rsa { "H-1" } else { "H-2" };
                        assert!(text.contains(&other.to_string()), "{text}");
                        assert!(text.contains(template), "{text}");
                    }
                    other => panic!("{other:?}"),
                }
            }
            drop(tpm);
            assert_eq!(held_handles(&swtpm), "");
            tools_load(&swtpm, &file, letter, rsa);
        }
    }
}

/// The same file with another parent in it, which nothing protects.
fn moved(file: &KeyFile, parent: Parent, rsa: bool) -> KeyFile {
    let donor = KeyFile::loadable(
        parent.handle(),
        false,
        file.public_blob().to_vec(),
        file.private_blob().to_vec(),
    );
    if !rsa {
        return donor;
    }
    // `rsaParent` by hand: [5] { BOOLEAN TRUE } in front of the parent.
    let der = donor.to_der();
    let flag = [0xa5, 3, 1, 1, 0xff];
    let parent = [&[2, 4], parent.handle().to_be_bytes().as_slice()].concat();
    let at = der.windows(6).position(|octets| octets == parent).unwrap();
    // The length in front takes one or two octets after its own.
    let header = 2 + usize::from(der[1] - 0x80);
    let body = [&der[header..at], &flag, &der[at..]].concat();
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    let header = match length {
        [0, low] => vec![0x30, 0x81, low],
        [high, low] => vec![0x30, 0x82, high, low],
    };
    KeyFile::from_der(&[header, body].concat()).unwrap()
}

#[test]
fn keys_of_the_null_hierarchy_are_gone_after_a_reset() {
    let mut swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = tpm
        .create_key(under(Parent::Null, false), &Auth::empty())
        .unwrap();
    let key = tpm.load(file, Auth::empty()).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"for now");
    swtpm.restart();
    match key.sign(HashAlg::Sha256, &[7; 32]) {
        Err(error @ TpmError::WrongParent { .. }) => {
            assert!(error.to_string().contains("the null hierarchy"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_hierarchy_is_authorized_without_sending_the_value() {
    let swtpm = Swtpm::start();
    Tool::tpm2("tpm2_changeauth", &swtpm)
        .args(["-c", "endorsement", "privacy secret"])
        .ok();
    let recorder = Recorder::start(&swtpm.tcti());
    let with = |parent_auth| {
        let options = TpmOptions {
            parent_auth,
            ..TpmOptions::default()
        };
        Tpm::open(&recorder.tcti(), options).unwrap()
    };
    let options = || under(Parent::Endorsement, false);
    let tpm = with(auth("privacy secret"));
    let file = tpm.create_key(options(), &Auth::empty()).unwrap();
    let key = tpm.load(file, Auth::empty()).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"with privacy");
    drop((key, tpm));
    match with(Auth::empty()).create_key(options(), &Auth::empty()) {
        Err(TpmError::AuthFailed {
            what, empty: true, ..
        }) => assert_eq!(what, "the endorsement hierarchy"),
        other => panic!("{other:?}"),
    }
    assert!(!recorder.contains(b"privacy secret"));
}

/// A storage key of another program's at 0x81000005.
fn persist_parent(swtpm: &Swtpm, kind: &str, attributes: &str) -> TempDir {
    let dir = temp_dir();
    let context = dir.path().join("parent.ctx");
    Tool::tpm2("tpm2_createprimary", swtpm)
        .args([
            "-C",
            "e",
            "-G",
            kind,
            "-p",
            "parent secret",
            "-a",
            attributes,
            "-c",
        ])
        .arg(&context)
        .ok();
    flush(swtpm);
    evictcontrol(swtpm, &context, "0x81000005");
    dir
}

fn evictcontrol(swtpm: &Swtpm, context: &Path, handle: &str) {
    Tool::tpm2("tpm2_evictcontrol", swtpm)
        .args(["-C", "o", "-c"])
        .arg(context)
        .arg(handle)
        .ok();
    flush(swtpm);
}

#[test]
fn persistent_storage_keys_of_both_kinds_can_be_the_parent() {
    for kind in ["ecc256:aes128cfb", "ecc384:aes256cfb", "rsa2048:aes128cfb"] {
        let swtpm = Swtpm::start();
        let _dir = persist_parent(&swtpm, kind, STORAGE);
        let recorder = Recorder::start(&swtpm.tcti());
        let with = |parent_auth| {
            let options = TpmOptions {
                parent_auth,
                ..TpmOptions::default()
            };
            Tpm::open(&recorder.tcti(), options).unwrap()
        };
        let tpm = with(auth("parent secret"));
        let options = under(Parent::Handle(0x8100_0005), false);
        let file = tpm.create_key(options.clone(), &auth("sesame")).unwrap();
        assert_eq!(file.parent(), 0x8100_0005);
        let keys: Vec<_> = (0..3)
            .map(|_| tpm.load(file.clone(), auth("sesame")).unwrap())
            .collect();
        for key in &keys {
            sign_and_verify(key, HashAlg::Sha256, b"under a persistent parent");
        }
        let changed = tpm
            .change_auth(&file, &auth("sesame"), &Auth::empty())
            .unwrap();
        let name = tpm.persist(changed, 0x8100_0006).unwrap();
        assert_eq!(
            tpm.load_handle(0x8100_0006, Auth::empty()).unwrap().name(),
            &name
        );
        drop((keys, tpm));

        let tpm = with(auth("not it"));
        for outcome in [
            tpm.load(file, auth("sesame")).map(drop),
            tpm.create_key(options, &Auth::empty()).map(drop),
        ] {
            match outcome {
                Err(TpmError::AuthFailed {
                    what, empty: false, ..
                }) => assert_eq!(what, "the parent key at 0x81000005"),
                other => panic!("{other:?}"),
            }
        }
        drop(tpm);
        assert!(!recorder.contains(b"parent secret") && !recorder.contains(b"sesame"));
        assert_eq!(held_handles(&swtpm), "");
    }
}

#[test]
fn what_is_no_storage_key_is_no_parent() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let file = tpm
        .create_key(KeyOptions::new(P256), &Auth::empty())
        .unwrap();
    tpm.persist(file, 0x8100_0007).unwrap();
    match tpm.create_key(under(Parent::Handle(0x8100_0007), false), &Auth::empty()) {
        Err(error @ TpmError::UnsuitableParent { .. }) => {
            assert!(error.to_string().contains("0x81000007"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        tpm.create_key(under(Parent::Handle(0x8100_0008), false), &Auth::empty()),
        Err(TpmError::NoParent {
            handle: 0x8100_0008
        })
    ));
}

#[test]
fn wishes_are_fulfilled_as_the_tools_see_them() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let mut movable = KeyOptions::new(P256);
    movable.fixed = false;
    movable.encrypted_duplication = true;
    movable.policy = Some((0..32).collect());
    movable.no_da = false;
    let mut rsa = KeyOptions::new(Algorithm::Rsa { bits: 3072 });
    rsa.exponent = 65537;
    let files = [
        (
            movable.clone(),
            "userwithauth|encryptedduplication|sign",
            "ecc",
        ),
        (
            rsa,
            "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|decrypt|sign",
            "rsa",
        ),
        (
            KeyOptions::new(Algorithm::Ecc(Curve::P521)),
            "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|sign",
            "ecc",
        ),
    ]
    .map(|(options, attributes, kind)| {
        let file = tpm.create_key(options, &Auth::empty()).unwrap();
        (file, attributes, kind)
    });
    drop(tpm);
    let dir = temp_dir();
    let path = dir.path().join("pub");
    let mut shown = Vec::new();
    for (file, attributes, kind) in &files {
        fs::write(&path, file.public_blob()).unwrap();
        let text = Tool::new("tpm2_print")
            .args(["-t", "TPM2B_PUBLIC"])
            .arg(&path)
            .ok()
            .text();
        assert!(text.contains(&format!("value: {kind}")), "{text}");
        for attribute in attributes.split('|') {
            assert!(text.contains(attribute), "{attribute}: {text}");
        }
        shown.push(text);
    }
    assert!(
        !shown[0].contains("fixed") && !shown[0].contains("noda"),
        "{}",
        shown[0]
    );
    let digest = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    assert!(shown[0].to_lowercase().contains(digest), "{}", shown[0]);
    assert!(shown[1].contains("bits: 3072"), "{}", shown[1]);
    assert!(shown[2].contains("NIST 521"), "{}", shown[2]);
}

#[test]
fn an_exponent_that_the_tpm_does_not_take_is_named() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let mut options = KeyOptions::new(Algorithm::Rsa { bits: 2048 });
    options.exponent = 3;
    match tpm.create_key(options, &Auth::empty()) {
        Err(error @ TpmError::Template { .. }) => {
            let text = error.to_string();
            assert!(
                text.contains("exponent 3;") && text.contains("65537"),
                "{text}"
            );
        }
        other => panic!("{other:?}"),
    }
}
