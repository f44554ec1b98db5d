//! Controls: on the command line of `openssl engine`, and in openssl.cnf.

use tpm2ca_testkit::Tool;

use crate::world::{World, everywhere};

/// Makes a certificate with nothing but `engine.cnf`, and has it judged.
fn certifies(world: &World, key: &str) {
    world
        .configured(&format!(
            "req -engine tpm2tss -keyform engine -new -x509 -key {key} -subj /CN=x -extensions ca -out x.crt"
        ))
        .ok();
    world.is_self_signed("x.crt");
}

fn is_refused(world: &World, key: &str, words: &str) {
    let refused = world
        .configured(&format!(
            "req -engine tpm2tss -keyform engine -new -x509 -key {key} -subj /CN=x -out x.crt"
        ))
        .input("")
        .run();
    assert!(!refused.success(), "{}", refused.report());
    assert!(refused.errors().contains(words), "{}", refused.report());
}

#[test]
fn they_are_listed_with_their_numbers() {
    everywhere(|world| {
        let said = world.plain("engine -vvvv tpm2tss").ok().text();
        for name in [
            "TPM 2.0 keys (tpm2ca)",
            "SET_OWNERAUTH",
            "SET_TCTI",
            "SET_PARENTAUTH",
            "SET_KEYAUTH",
            "SET_ALLOWRSAES",
        ] {
            assert!(said.contains(name), "{name}: {said}");
        }
        assert!(said.contains("(input flags): STRING"), "{said}");
    });
}

#[test]
fn they_are_set_before_the_engine_is_tested() {
    everywhere(|world| {
        let said = world
            .plain("engine -t -pre SET_TCTI:device:/dev/tpmrm0 -pre SET_OWNERAUTH:secret tpm2tss")
            .ok()
            .text();
        assert!(said.contains("[ available ]"), "{said}");
        assert_eq!(said.matches("[Success]").count(), 2, "{said}");
        let unknown = world.plain("engine -pre SET_NOTHING:x tpm2tss").run();
        assert!(
            unknown.report().contains("[Failure]"),
            "{}",
            unknown.report()
        );
    });
}

#[test]
fn the_tpm_is_named_in_openssl_cnf() {
    everywhere(|world| {
        world.key("ec");
        world.configuration("");
        certifies(world, "ec.tss");
    });
}

/// What makes an engine the one for everything: software keys stay what they are.
#[test]
fn the_engine_is_the_default_for_everything() {
    everywhere(|world| {
        world.certificate("rsa");
        world.configuration("default_algorithms = ALL\ninit = 1");
        certifies(world, "rsa.tss");
        world
            .configured("req -new -x509 -newkey rsa:2048 -nodes -keyout soft.pem -subj /CN=soft -extensions ca -out soft.crt")
            .ok();
        world.is_self_signed("soft.crt");
        world
            .configured(
                "req -new -newkey rsa:2048 -nodes -keyout leaf.pem -subj /CN=leaf -out leaf.csr",
            )
            .ok();
        world
            .configured("x509 -req -in leaf.csr -CA rsa.crt -CAkey rsa.tss -CAkeyform engine -engine tpm2tss -set_serial 2 -days 3 -out leaf.crt")
            .ok();
        world.theirs("verify -CAfile rsa.crt leaf.crt").ok();
    });
}

#[test]
fn the_value_of_a_key_is_in_openssl_cnf() {
    everywhere(|world| {
        world.key("auth");
        world.write("value", "secret\n");
        for value in ["secret", "pass:secret", "file:value"] {
            world.configuration(&format!("SET_KEYAUTH = {value}"));
            certifies(world, "auth.tss");
        }
        world.configuration("SET_KEYAUTH = wrong");
        is_refused(world, "auth.tss", "authorization failed");
    });
}

#[test]
fn the_value_of_the_owner_hierarchy() {
    everywhere(|world| {
        world.key("ec");
        Tool::tpm2("tpm2_changeauth", &world.tpm)
            .args(["-c", "owner", "owner-secret"])
            .ok();
        world.configuration("");
        is_refused(world, "ec.tss", "authorization");
        for value in ["owner-secret", "pass:owner-secret"] {
            world.configuration(&format!("SET_OWNERAUTH = {value}"));
            certifies(world, "ec.tss");
        }
        // As from a program, by the variable of ours.
        world.configuration("");
        world
            .configured("req -engine tpm2tss -keyform engine -new -x509 -key ec.tss -subj /CN=x -extensions ca -out x.crt")
            .env("TPM2CA_OWNER_AUTH", "pass:owner-secret")
            .ok();
    });
}

#[test]
fn the_value_of_a_parent() {
    everywhere(|world| {
        let tools = |name: &str, options: &str| {
            Tool::tpm2(name, &world.tpm)
                .args(options.split_whitespace())
                .dir(world.folder.path())
                .ok()
        };
        tools(
            "tpm2_createprimary",
            "-C o -G ecc -p parent-secret -c parent.ctx",
        );
        tools("tpm2_evictcontrol", "-C o -c parent.ctx 0x81000002");
        tools("tpm2_flushcontext", "-t");
        Tool::new(tpm2ca_tests::program("tpm2ca"))
            .args(
                "genkey --alg ecdsa --parent 0x81000002 --parent-auth pass:parent-secret ec.tss"
                    .split(' '),
            )
            .env("TPM2CA_TCTI", world.tpm.tcti().to_string())
            .dir(world.folder.path())
            .ok();
        world.configuration("SET_PARENTAUTH = parent-secret");
        certifies(world, "ec.tss");
        world.configuration("SET_PARENTAUTH = wrong");
        is_refused(world, "ec.tss", "authorization");
    });
}
