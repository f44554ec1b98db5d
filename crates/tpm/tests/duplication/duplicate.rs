//! Keys move from one TPM to another and to no third.

use tpm2ca_testkit::Swtpm;
use tpm2ca_tpm::{
    Algorithm, Auth, Curve, HashAlg, ImportTemplate, KeyFile, KeyFileKind, KeyOptions,
    ParentPublic, Policy, PolicyStepKind, Tpm, TpmError, WayOut, duplication_policy,
};

use crate::support::{P256, auth, held_handles, open, sign_and_verify, template};
use crate::tools::{PRIMARY, SoftwareKey, Tools};

/// A key that can be moved to `new_parent`.
pub(crate) fn movable(tpm: &Tpm, algorithm: Algorithm, new_parent: &[u8], auth: &Auth) -> KeyFile {
    let parent = ParentPublic::from_octets(new_parent).unwrap();
    let mut options = KeyOptions::new(algorithm);
    options.fixed = false;
    options.policy = Some(duplication_policy(parent.name()).to_vec());
    tpm.create_key(options, auth).unwrap()
}

#[test]
fn a_key_moves_to_the_tpm_it_was_made_for_and_to_no_other() {
    let (here, there, elsewhere) = (Swtpm::start(), Swtpm::start(), Swtpm::start());
    let recovery = open(&there).parent_public().unwrap();
    let hashes = [
        (P256, HashAlg::Sha256),
        (Algorithm::Ecc(Curve::P384), HashAlg::Sha384),
        (Algorithm::Rsa { bits: 2048 }, HashAlg::Sha256),
    ];
    for (algorithm, hash) in hashes {
        let tpm = open(&here);
        let file = movable(&tpm, algorithm, &recovery, &auth("sesame"));
        assert_eq!(file.copies().unwrap().way_out, WayOut::ByPolicy);
        assert!(!file.copies().unwrap().is_only_one());
        // It signs with its authorization value, like any other.
        let key = tpm.load(file.clone(), auth("sesame")).unwrap();
        sign_and_verify(&key, hash, b"before");

        let duplicate = tpm.duplicate(&file, auth("sesame"), &recovery).unwrap();
        assert_eq!(duplicate.kind(), KeyFileKind::Importable);
        assert_eq!(duplicate.parent(), KeyFile::OWNER);
        assert!(duplicate.needs_auth());
        assert_eq!(duplicate.public_blob(), file.public_blob());
        sign_and_verify(&key, hash, b"still here");
        let duplicate = KeyFile::from_pem(duplicate.to_pem().as_bytes()).unwrap();
        // Not even the TPM it comes from opens it again.
        let name = key.name().clone();
        drop(key);
        let refused = tpm.receive(&duplicate);
        assert!(
            matches!(refused, Err(TpmError::NotWrappedForThis { .. })),
            "{refused:?}"
        );
        drop(tpm);
        assert_eq!(held_handles(&here), "");

        let received = open(&there).receive(&duplicate).unwrap();
        assert_eq!(received.kind(), KeyFileKind::Loadable);
        let key = open(&there).load(received, auth("sesame")).unwrap();
        assert_eq!(key.name(), &name);
        sign_and_verify(&key, hash, b"over there");
        drop(key);
        assert_eq!(held_handles(&there), "");

        match open(&elsewhere).receive(&duplicate) {
            Err(error @ TpmError::NotWrappedForThis { .. }) => {
                assert!(error.hint().unwrap().contains("tpm info"));
            }
            other => panic!("{other:?}"),
        }
        let refused = open(&elsewhere).load(duplicate, auth("sesame"));
        assert!(
            matches!(refused, Err(TpmError::NotWrappedForThis { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn the_duplicate_keeps_its_authorization_value() {
    let (here, there) = (Swtpm::start(), Swtpm::start());
    let recovery = open(&there).parent_public().unwrap();
    let tpm = open(&here);
    let file = movable(&tpm, P256, &recovery, &auth("sesame"));
    // A value that is wrong is noticed here, before the original is gone.
    let refused = tpm.duplicate(&file, auth("guess"), &recovery);
    assert!(
        matches!(refused, Err(TpmError::AuthFailed { .. })),
        "{refused:?}"
    );
    let duplicate = tpm.duplicate(&file, auth("sesame"), &recovery).unwrap();
    let refused = open(&there).load(duplicate.clone(), auth("guess"));
    assert!(
        matches!(refused, Err(TpmError::AuthFailed { .. })),
        "{refused:?}"
    );
    assert!(open(&there).load(duplicate, auth("sesame")).is_ok());
}

#[test]
fn what_cannot_leave_says_why() {
    let (here, there, elsewhere) = (Swtpm::start(), Swtpm::start(), Swtpm::start());
    let recovery = open(&there).parent_public().unwrap();
    let tpm = open(&here);
    let refused = |file: &KeyFile, parent: &[u8], word: &str| match tpm.duplicate(
        file,
        Auth::empty(),
        parent,
    ) {
        Err(error @ TpmError::CannotLeave { .. }) => {
            assert!(error.to_string().contains(word), "{error}");
            assert!(error.hint().is_some());
        }
        other => panic!("{other:?}"),
    };
    let fixed = tpm.create_key(template(P256), &Auth::empty()).unwrap();
    assert!(fixed.copies().unwrap().is_only_one());
    refused(&fixed, &recovery, "fixedTPM");

    let imported = tpm
        .import_software_key(
            SoftwareKey::ecc(Curve::P256).numbers,
            ImportTemplate::default(),
            &Auth::empty(),
        )
        .unwrap();
    refused(&imported, &recovery, "without a policy");

    let file = movable(&tpm, P256, &recovery, &Auth::empty());
    let third = open(&elsewhere).parent_public().unwrap();
    let name = open(&elsewhere).srk_name().unwrap().to_string();
    refused(&file, &third, &name);

    let parent = ParentPublic::from_octets(&recovery).unwrap();
    let mut options = KeyOptions::new(P256);
    options.fixed = false;
    options.encrypted_duplication = true;
    options.policy = Some(duplication_policy(parent.name()).to_vec());
    let file = tpm.create_key(options, &Auth::empty()).unwrap();
    refused(&file, &recovery, "encryptedDuplication");
}

#[test]
fn duplication_can_be_one_way_of_a_policy_and_signing_another() {
    let (here, there, elsewhere) = (Swtpm::start(), Swtpm::start(), Swtpm::start());
    let recovery = open(&there).parent_public().unwrap();
    let parent = ParentPublic::from_octets(&recovery).unwrap();
    let tpm = open(&here);
    let registers = tpm.pcr_read(HashAlg::Sha256, &[16]).unwrap();
    let policy = Policy::any_of(vec![
        Policy::pcr(&registers).unwrap(),
        Policy::new(vec![PolicyStepKind::DuplicationSelect {
            object: None,
            new_parent: parent.name().clone(),
        }])
        .unwrap(),
    ])
    .unwrap();
    let mut options = KeyOptions::new(P256);
    options.fixed = false;
    options.user_with_auth = false;
    options.policy = Some(policy.digest().to_vec());
    let file = tpm
        .create_key(options, &Auth::empty())
        .unwrap()
        .with_policy(&policy);
    let key = tpm.load(file.clone(), Auth::empty()).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"while the register is as it was");
    let duplicate = tpm.duplicate(&file, Auth::empty(), &recovery).unwrap();
    assert_eq!(duplicate.policy(), file.policy());
    let duplicate = KeyFile::from_pem(duplicate.to_pem().as_bytes()).unwrap();
    // The register there has the same value.
    let moved = open(&there).load(duplicate, Auth::empty()).unwrap();
    sign_and_verify(&moved, HashAlg::Sha256, b"over there");
    let third = open(&elsewhere).parent_public().unwrap();
    let refused = tpm.duplicate(&file, Auth::empty(), &third);
    assert!(
        matches!(refused, Err(TpmError::CannotLeave { .. })),
        "{refused:?}"
    );
}

#[test]
fn an_imported_software_key_can_be_duplicable_too() {
    let (here, there) = (Swtpm::start(), Swtpm::start());
    let recovery = open(&there).parent_public().unwrap();
    let parent = ParentPublic::from_octets(&recovery).unwrap();
    let software = SoftwareKey::rsa(2048);
    let tpm = open(&here);
    let template = ImportTemplate {
        policy: Some(duplication_policy(parent.name()).to_vec()),
        ..ImportTemplate::default()
    };
    let file = tpm
        .import_software_key(software.numbers, template, &auth("sesame"))
        .unwrap();
    let duplicate = tpm.duplicate(&file, auth("sesame"), &recovery).unwrap();
    let key = open(&there).load(duplicate, auth("sesame")).unwrap();
    assert_eq!(key.public(), &software.public);
    sign_and_verify(&key, HashAlg::Sha256, b"twice moved");
}

#[test]
fn with_all_slots_but_ours_taken_by_our_own_keys() {
    let (here, there) = (Swtpm::start(), Swtpm::start());
    let recovery = open(&there).parent_public().unwrap();
    let tpm = open(&here);
    let others: Vec<_> = (0..3).map(|_| crate::support::new_key(&tpm)).collect();
    let file = movable(&tpm, P256, &recovery, &Auth::empty());
    let duplicate = tpm.duplicate(&file, Auth::empty(), &recovery).unwrap();
    let tpm = open(&there);
    let _more: Vec<_> = (0..3).map(|_| crate::support::new_key(&tpm)).collect();
    let key = tpm.load(duplicate, Auth::empty()).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"there is room");
    for key in others {
        sign_and_verify(&key, HashAlg::Sha256, b"still there");
    }
}

#[test]
fn a_policy_session_that_is_lost_on_the_way_is_opened_again() {
    let (here, there) = (Swtpm::start(), Swtpm::start());
    let recovery = open(&there).parent_public().unwrap();
    let file = movable(&open(&here), P256, &recovery, &Auth::empty());
    let mut once = false;
    let tpm = crate::support::open_through(
        &here,
        tpm2ca_tpm::TpmOptions::default(),
        move |request, tpm| {
            if crate::support::code_of(request) == DUPLICATE && !std::mem::replace(&mut once, true)
            {
                // The third handle area entry is the session's.
                let session = u32::from_be_bytes(request[22..26].try_into().unwrap());
                tpm.transact(&crate::support::flush(session))?;
            }
            tpm.transact(request)
        },
    );
    assert!(tpm.duplicate(&file, Auth::empty(), &recovery).is_ok());
    drop(tpm);
    assert_eq!(held_handles(&here), "");
}

#[test]
fn tpm2_tools_duplicate_and_we_receive() {
    let (here, there) = (Swtpm::start(), Swtpm::start());
    let recovery = open(&there).parent_public().unwrap();
    let parent = ParentPublic::from_octets(&recovery).unwrap();
    let tools = Tools::new(&here);
    tools.make_srk();
    tools.write("recovery.pub", &recovery);
    tools.write("recovery.name", &unhex(&parent.name().to_string()));

    // The digest that tpm2-tools arrive at in a trial session is ours.
    tools.run("tpm2_startauthsession -S session.ctx");
    tools.run("tpm2_policyduplicationselect -S session.ctx -N recovery.name -L policy");
    tools.run("tpm2_flushcontext session.ctx");
    assert_eq!(tools.read("policy"), duplication_policy(parent.name()));

    tools.run(
        "tpm2_create -C srk.ctx -G ecc256 -p sesame -L policy -a sign|userwithauth|sensitivedataorigin|noda -u key.pub -r key.priv",
    );
    tools.run("tpm2_load -C srk.ctx -u key.pub -r key.priv -c key.ctx -n key.name");
    tools.run("tpm2_loadexternal -C n -u recovery.pub -c recovery.ctx");
    tools.run("tpm2_startauthsession --policy-session -S session.ctx");
    tools.run("tpm2_policyduplicationselect -S session.ctx -n key.name -N recovery.name");
    tools.run(
        "tpm2_duplicate -C recovery.ctx -c key.ctx -G null -p session:session.ctx -r duplicate -s seed",
    );
    tools.run("tpm2_flushcontext session.ctx");
    let file = KeyFile::importable(
        KeyFile::OWNER,
        false,
        false,
        tools.read("key.pub"),
        tools.read("duplicate"),
        tools.read("seed"),
    );
    let received = open(&there).receive(&file).unwrap();
    let key = open(&there).load(received, auth("sesame")).unwrap();
    sign_and_verify(&key, HashAlg::Sha256, b"from tpm2-tools");
    let name = unhex(&key.name().to_string());
    // A TPM without a resource manager serves one client at a time.
    drop(key);

    // And the other way: the same key, duplicated by us.
    let file = KeyFile::loadable(
        KeyFile::OWNER,
        false,
        tools.read("key.pub"),
        tools.read("key.priv"),
    );
    let duplicate = open(&here)
        .duplicate(&file, auth("sesame"), &recovery)
        .unwrap();
    let tools = Tools::new(&there);
    tools.make_srk();
    tools.write("our.pub", duplicate.public_blob());
    tools.write("our.dup", duplicate.private_blob());
    tools.write("our.seed", duplicate.secret().unwrap());
    tools.run("tpm2_import -C srk.ctx -u our.pub -i our.dup -s our.seed -r our.priv");
    tools.run("tpm2_load -C srk.ctx -u our.pub -r our.priv -c our.ctx -n our.name");
    assert_eq!(tools.read("our.name"), name);
    tools.sign("our.ctx", "sesame", b"in the other TPM");
}

#[test]
fn recovery_parents_of_other_kinds() {
    let (here, there) = (Swtpm::start(), Swtpm::start());
    for (parent, handle) in [
        // Template H-1, which a key file calls `rsaParent`.
        (
            format!("-G rsa2048:aes128cfb -g sha256 -a {PRIMARY}"),
            KeyFile::OWNER,
        ),
        ("-G ecc384:aes256cfb -g sha384".to_owned(), 0x8100_0001),
    ] {
        let tools = Tools::new(&there);
        tools.run(&format!("tpm2_createprimary -C o {parent} -c parent.ctx"));
        tools.run("tpm2_evictcontrol -C o -c parent.ctx 0x81000001");
        tools.run("tpm2_readpublic -c 0x81000001 -f tpmt -o parent.tpmt");
        let tpm = open(&here);
        let file = movable(&tpm, P256, &tools.read("parent.tpmt"), &auth("sesame"));
        let duplicate = tpm
            .duplicate(&file, auth("sesame"), &tools.read("parent.tpmt"))
            .unwrap();
        assert_eq!(duplicate.parent(), handle);
        assert_eq!(duplicate.rsa_parent(), handle == KeyFile::OWNER);
        // tpm2-tools fill the unique part of RSA templates differently, so the handle is named.
        let received = open(&there)
            .receive(&duplicate.with_parent(0x8100_0001))
            .unwrap();
        let key = open(&there).load(received, auth("sesame")).unwrap();
        sign_and_verify(&key, HashAlg::Sha256, b"under another parent");
        drop(key);
        tools.run("tpm2_evictcontrol -C o -c 0x81000001");
    }
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

const DUPLICATE: u32 = 0x14b;
