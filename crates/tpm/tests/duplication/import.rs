//! Software keys into a TPM.

use tpm2ca_testkit::Swtpm;
use tpm2ca_tpm::{
    Algorithm, Auth, Curve, HashAlg, ImportTemplate, KeyFile, KeyFileKind, ParentPublic,
    SoftwarePrivate, TpmError, WayOut,
};

use crate::support::{P256, auth, held_handles, open, sign_and_verify, template};
use crate::tools::{SoftwareKey, Tools, openssl_verifies};

fn imported(key: &SoftwareKey, hash: HashAlg) {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    for secret in [Auth::empty(), auth("sesame")] {
        let file = tpm
            .import_software_key(key.numbers.clone(), ImportTemplate::default(), &secret)
            .unwrap();
        // Through its text, as another process would have it.
        let file = KeyFile::from_pem(file.to_pem().as_bytes()).unwrap();
        assert_eq!(file.kind(), KeyFileKind::Loadable);
        assert_eq!(file.parent(), KeyFile::OWNER);
        assert_eq!(file.needs_auth(), !secret.is_empty());
        assert_eq!(file.key_public().unwrap(), key.public);
        let copies = file.copies().unwrap();
        assert!(!copies.made_in_tpm && copies.way_out == WayOut::Unauthorized);
        let loaded = tpm.load(file.clone(), secret.clone()).unwrap();
        assert_eq!(loaded.public(), &key.public);
        sign_and_verify(&loaded, hash, b"the same key, now in a TPM");
        if !secret.is_empty() {
            let wrong = tpm.load(file, auth("guess"));
            assert!(matches!(wrong, Err(TpmError::AuthFailed { .. })));
        }
    }
    drop(tpm);
    assert_eq!(held_handles(&swtpm), "");
}

#[test]
fn rsa_2048() {
    imported(&SoftwareKey::rsa(2048), HashAlg::Sha256);
}

#[test]
fn rsa_3072() {
    imported(&SoftwareKey::rsa(3072), HashAlg::Sha384);
}

#[test]
fn p256() {
    imported(&SoftwareKey::ecc(Curve::P256), HashAlg::Sha256);
}

#[test]
fn p384() {
    imported(&SoftwareKey::ecc(Curve::P384), HashAlg::Sha384);
}

#[test]
fn p521() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let key = SoftwareKey::ecc(Curve::P521);
    let file = tpm
        .import_software_key(key.numbers, ImportTemplate::default(), &Auth::empty())
        .unwrap();
    let loaded = tpm.load(file, Auth::empty()).unwrap();
    assert_eq!(loaded.public(), &key.public);
    let digest = HashAlg::Sha512.digest(b"to be signed");
    assert!(loaded.sign(HashAlg::Sha512, &digest).is_ok());
}

#[test]
fn many_keys_so_that_numbers_with_leading_zeros_are_among_them() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    // Secret numbers that are almost all zeros, and points with a zero in front, computed by another library.
    for (d, x, y) in SMALL {
        let key = SoftwarePrivate::Ecc {
            curve: Curve::P256,
            d: vec![d].into(),
            x: unhex(x),
            y: unhex(y),
        };
        let file = tpm
            .import_software_key(key, ImportTemplate::default(), &Auth::empty())
            .unwrap();
        let key = tpm.load(file, Auth::empty()).unwrap();
        sign_and_verify(&key, HashAlg::Sha256, b"a small number");
    }
}

#[test]
fn tpm2_tools_load_what_was_imported_and_openssl_verifies_with_the_original() {
    let swtpm = Swtpm::start();
    for key in [SoftwareKey::rsa(2048), SoftwareKey::ecc(Curve::P256)] {
        let file = open(&swtpm)
            .import_software_key(
                key.numbers.clone(),
                ImportTemplate::default(),
                &auth("sesame"),
            )
            .unwrap();
        let tools = Tools::new(&swtpm);
        tools.make_srk();
        tools.load(&file);
        let signature = tools.sign("key.ctx", "sesame", b"to be signed");
        assert!(openssl_verifies(&key, b"to be signed", &signature));
    }
}

#[test]
fn tpm2_import_of_the_same_key_makes_the_same_key() {
    let swtpm = Swtpm::start();
    for (key, kind) in [
        (SoftwareKey::rsa(2048), "rsa"),
        (SoftwareKey::ecc(Curve::P384), "ecc"),
    ] {
        let tools = Tools::new(&swtpm);
        tools.make_srk();
        // The attributes that we give, so that the Names can be compared.
        let attributes = if kind == "rsa" {
            "sign|decrypt"
        } else {
            "sign"
        };
        tools.run(&format!(
            "tpm2_import -C srk.ctx -G {kind} -g sha256 -i {} -p sesame -a {attributes}|userwithauth|noda -u their.pub -r their.priv",
            key.pem().display()
        ));
        let ours = open(&swtpm)
            .import_software_key(
                key.numbers.clone(),
                ImportTemplate::default(),
                &auth("sesame"),
            )
            .unwrap();
        let theirs = KeyFile::loadable(
            KeyFile::OWNER,
            false,
            tools.read("their.pub"),
            tools.read("their.priv"),
        );
        let tpm = open(&swtpm);
        let hash = match key.public.algorithm() {
            Algorithm::Ecc(Curve::P384) => HashAlg::Sha384,
            _ => HashAlg::Sha256,
        };
        for file in [&ours, &theirs] {
            let loaded = tpm.load(file.clone(), auth("sesame")).unwrap();
            assert_eq!(loaded.public(), &key.public);
            sign_and_verify(&loaded, hash, b"whoever imported it");
        }
        // RSA: tpm2-tools write the default exponent as 0, we as 65537, so the areas differ there.
        if kind == "ecc" {
            assert_eq!(ours.public_blob(), theirs.public_blob());
        }
    }
}

#[test]
fn a_key_wrapped_without_a_tpm_is_imported_when_it_is_loaded() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let parent = ParentPublic::from_octets(&tpm.parent_public().unwrap()).unwrap();
    assert_eq!(parent.name(), &tpm.srk_name().unwrap());
    let key = SoftwareKey::ecc(Curve::P256);
    let file = key
        .numbers
        .wrap_for(&parent, &ImportTemplate::default(), &auth("sesame"))
        .unwrap();
    assert_eq!(file.kind(), KeyFileKind::Importable);
    let file = KeyFile::from_pem(file.to_pem().as_bytes()).unwrap();
    let loaded = tpm.load(file.clone(), auth("sesame")).unwrap();
    assert_eq!(loaded.public(), &key.public);
    sign_and_verify(&loaded, HashAlg::Sha256, b"imported on load");

    let received = tpm.receive(&file).unwrap();
    assert_eq!(received.kind(), KeyFileKind::Loadable);
    assert!(received.secret().is_none());
    let again = tpm.load(received, auth("sesame")).unwrap();
    assert_eq!(again.name(), loaded.name());

    // Another TPM cannot open it.
    let other = Swtpm::start();
    let refused = open(&other).receive(&file);
    assert!(
        matches!(refused, Err(TpmError::NotWrappedForThis { .. })),
        "{refused:?}"
    );
}

#[test]
fn tpm2_import_takes_a_key_that_was_wrapped_here() {
    let swtpm = Swtpm::start();
    let key = SoftwareKey::ecc(Curve::P256);
    let tools = Tools::new(&swtpm);
    tools.make_srk();
    tools.run("tpm2_readpublic -c srk.ctx -f tss -o srk.pub");
    tools.run("tpm2_readpublic -c srk.ctx -f tpmt -o srk.tpmt");
    let parent = ParentPublic::from_octets(&tools.read("srk.pub")).unwrap();
    assert_eq!(
        parent,
        ParentPublic::from_octets(&tools.read("srk.tpmt")).unwrap()
    );
    let file = key
        .numbers
        .wrap_for(&parent, &ImportTemplate::default(), &auth("sesame"))
        .unwrap();
    tools.write("wrapped.pub", file.public_blob());
    tools.write("wrapped.dup", file.private_blob());
    tools.write("wrapped.seed", file.secret().unwrap());
    tools.run(
        "tpm2_import -C srk.ctx -u wrapped.pub -i wrapped.dup -s wrapped.seed -r wrapped.priv",
    );
    tools.run("tpm2_load -C srk.ctx -u wrapped.pub -r wrapped.priv -c wrapped.ctx");
    let signature = tools.sign("wrapped.ctx", "sesame", b"to be signed");
    assert!(openssl_verifies(&key, b"to be signed", &signature));
}

/// Parents of other kinds than the storage root key, at a persistent handle.
#[test]
fn parents_of_every_kind() {
    let swtpm = Swtpm::start();
    let key = SoftwareKey::ecc(Curve::P256);
    for parent in [
        "-G rsa2048:aes128cfb -g sha256",
        "-G rsa3072:aes256cfb -g sha384",
        "-G ecc384:aes256cfb -g sha384",
        "-G ecc521:aes256cfb -g sha512",
    ] {
        let tools = Tools::new(&swtpm);
        tools.run(&format!("tpm2_createprimary -C o {parent} -c parent.ctx"));
        tools.run("tpm2_evictcontrol -C o -c parent.ctx 0x81000007");
        tools.run("tpm2_readpublic -c 0x81000007 -f tss -o parent.pub");
        let tpm = open(&swtpm);
        let template = ImportTemplate {
            parent: Some("0x81000007".parse().unwrap()),
            ..ImportTemplate::default()
        };
        let file = tpm
            .import_software_key(key.numbers.clone(), template.clone(), &auth("sesame"))
            .unwrap();
        assert_eq!(file.parent(), 0x8100_0007, "{parent}");
        let loaded = tpm.load(file, auth("sesame")).unwrap();
        sign_and_verify(&loaded, HashAlg::Sha256, b"under another parent");
        // From elsewhere, without a TPM.
        let public = ParentPublic::from_octets(&tools.read("parent.pub")).unwrap();
        let wrapped = key
            .numbers
            .wrap_for(&public, &template, &auth("sesame"))
            .unwrap();
        assert!(
            tpm.load(wrapped.clone(), auth("sesame")).is_ok(),
            "{parent}"
        );
        // Under the storage root key it does not open, whichever way that is found out.
        let refused = tpm.receive(&wrapped.with_parent(KeyFile::OWNER));
        assert!(
            matches!(refused, Err(TpmError::NotWrappedForThis { .. })),
            "{parent}: {refused:?}"
        );
        drop((loaded, tpm));
        tools.run("tpm2_evictcontrol -C o -c 0x81000007");
    }
}

#[test]
fn what_cannot_be_a_key_here_is_said_before_or_by_the_tpm() {
    let swtpm = Swtpm::start();
    let tpm = open(&swtpm);
    let import = |key: SoftwarePrivate, auth: &Auth| {
        tpm.import_software_key(key, ImportTemplate::default(), auth)
    };
    let rsa = |modulus: Vec<u8>, prime: Vec<u8>, exponent| SoftwarePrivate::Rsa {
        modulus,
        prime: prime.into(),
        exponent,
    };
    let key = SoftwareKey::ecc(Curve::P256);
    assert!(matches!(
        import(key.numbers, &Auth::new(vec![7; 33])),
        Err(TpmError::AuthTooLong { max: 32, got: 33 })
    ));
    assert!(matches!(
        import(
            rsa(vec![0xc5; 2048], vec![0xc5; 1024], 65537),
            &Auth::empty()
        ),
        Err(TpmError::UnsupportedAlgorithm { .. })
    ));
    // A prime that does not divide the modulus; an exponent that swtpm does not have.
    let refused = import(rsa(vec![0xc5; 256], vec![0xc7; 128], 65537), &Auth::empty());
    assert!(
        matches!(&refused, Err(TpmError::UnsupportedKey { reason }) if reason.contains("belong together")),
        "{refused:?}"
    );
    let software = SoftwareKey::rsa(2048);
    let SoftwarePrivate::Rsa { modulus, prime, .. } = software.numbers else {
        panic!("an RSA key");
    };
    let refused = import(rsa(modulus, prime.to_vec(), 3), &Auth::empty());
    assert!(
        matches!(
            refused,
            Err(TpmError::Rc {
                command: "TPM2_Import",
                argument: Some("objectPublic"),
                ..
            })
        ),
        "{refused:?}"
    );
    // And the TPM is still of use.
    assert!(tpm.create_key(template(P256), &Auth::empty()).is_ok());
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// d, x, y on P-256.
const SMALL: [(u8, &str, &str); 2] = [
    (
        1,
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    ),
    (
        43,
        "986ae2506f1ff104d04230861d8f4b498f4bc4c6d009b30f7544dc129b82d28d",
        "003cccc0a6460e0ae328a4d97d3c7b61d86fc6289c189f2525110c441bb07e97",
    ),
];
