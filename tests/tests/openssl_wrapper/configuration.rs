//! openssl.cnf: the lines that are printed, files that load the engine, files that name a TPM.

use std::fs;

use tpm2ca_testkit::Tool;
use tpm2ca_tests::openssl_versions::{OpenSsl, Version};

use crate::world::{World, everywhere, without_engines};

/// `openssl LINE` with nothing but a configuration file.
fn configured(world: &World, file: &str, line: &str) -> Tool {
    Tool::new(&world.openssl.program)
        .args(line.split_whitespace())
        .env("OPENSSL_CONF", world.path(file))
        .env("OPENSSL_MODULES", "/nowhere")
        .env("TPM2CA_TCTI", "")
        .env("PIN", "secret")
        .dir(world.folder.path())
}

#[test]
fn the_printed_lines_load_our_module() {
    everywhere(|world| {
        world
            .ours("genkey -a ecdsa --key-auth env:PIN ec.tss")
            .env("PIN", "secret")
            .ok();
        let tpm = world.tpm.tcti();
        let lines = world
            .ours(&format!(
                "--tpm {tpm} --key-auth env:PIN openssl --print-config"
            ))
            .env("PIN", "secret")
            .env("OPENSSL_CONF", world.path("files.cnf"))
            .ok()
            .text();
        assert!(!lines.contains("secret"), "{lines}");
        world.write("alone.cnf", &lines);
        // Behind a file, and in front of one, whose own settings stay.
        let own = "HOME = .\noid_section = oids\n[oids]\nshoe = 1.2.3.4\n[req]\ndistinguished_name = dn\nx509_extensions = x\n\
                   [dn]\n[x]\nbasicConstraints = critical,CA:TRUE\n";
        world.write("behind.cnf", format!("{own}{lines}"));
        world.write("before.cnf", format!("{lines}{own}"));
        for file in ["alone.cnf", "behind.cnf", "before.cnf"] {
            let listed = configured(world, file, "list -providers").ok().text();
            let default = listed.find("  default").unwrap();
            assert!(
                listed.find("  tpm2").is_some_and(|ours| default < ours),
                "{listed}"
            );
            configured(
                world,
                file,
                "dgst -sha256 -sign ec.tss -out signature message",
            )
            .ok();
            configured(world, file, "pkey -in ec.tss -pubout -out ec.pub").ok();
            world.verifies("", "ec.pub");
        }
        configured(
            world,
            "behind.cnf",
            "req -new -x509 -key ec.tss -subj /CN=x/shoe=left -out x.crt",
        )
        .ok();
        world.is_self_signed("x.crt");
    });
}

#[test]
fn the_printed_lines_use_the_names_of_the_file() {
    everywhere(|world| {
        world.key("ec");
        world.write(
            "own.cnf",
            "openssl_conf = mine\n[mine]\nproviders = list\noid_section = oids\n[oids]\nshoe = 1.2.3.4\n[list]\nbasis.default = d\n[d]\n",
        );
        let lines = world
            .wrapped("--print-config")
            .env("OPENSSL_CONF", world.path("own.cnf"))
            .ok()
            .text();
        let whole = [world.read("own.cnf"), lines.into_bytes()].concat();
        world.write("own.cnf", whole);
        let listed = configured(world, "own.cnf", "list -providers").ok().text();
        let default = listed.find("  default").unwrap();
        assert!(
            listed.find("  tpm2").is_some_and(|ours| default < ours),
            "{listed}"
        );
        configured(
            world,
            "own.cnf",
            "req -new -key ec.tss -subj /CN=x/shoe=left -out x.csr",
        )
        .env("TPM2CA_TCTI", world.tpm.tcti().to_string())
        .ok();
    });
}

#[test]
fn the_printed_lines_mend_the_order() {
    everywhere(|world| {
        let reversed = "openssl_conf = i\n[i]\nproviders = p\n[p]\ntpm2 = t\ndefault = d\n[d]\nactivate = 1\n[t]\nactivate = 1\n";
        world.write("own.cnf", reversed);
        let lines = world
            .wrapped("--print-config")
            .env("OPENSSL_CONF", world.path("own.cnf"))
            .ok()
            .text();
        world.write("mended.cnf", format!("{reversed}{lines}"));
        for (file, is_tpm) in [("own.cnf", true), ("mended.cnf", false)] {
            let made = configured(world, file, "genpkey -algorithm EC -pkeyopt group:P-256")
                .env("OPENSSL_MODULES", &world.modules)
                .env("TPM2CA_TCTI", world.tpm.tcti().to_string())
                .ok()
                .text();
            assert_eq!(made.contains("TSS2 PRIVATE KEY"), is_tpm, "{file}");
        }
        let said = world
            .ours("doctor")
            .env("OPENSSL_CONF", world.path("mended.cnf"))
            .run()
            .text();
        assert!(said.contains("loads `default` and then `tpm2`"), "{said}");
    });
}

#[test]
fn secrets_are_not_printed() {
    without_engines(|world| {
        let ran = world
            .ours("--key-auth pass:very-secret openssl --print-config")
            .ok();
        assert!(ran.text().contains("activate = 1"), "{}", ran.report());
        for said in [ran.text(), ran.errors()] {
            assert!(!said.contains("very-secret"), "{said}");
        }
        assert!(ran.errors().contains("is not printed"), "{}", ran.report());
    });
}

#[test]
fn nothing_is_run_beside_the_printing() {
    without_engines(|world| {
        let refused = world.wrapped("--print-config req -new").run();
        assert_eq!(refused.code, Some(2), "{}", refused.report());
    });
}

/// As the engine's own documentation has it.
fn engine_file(world: &World) {
    let tpm = world.tpm.tcti();
    world.write(
        "engine.cnf",
        format!(
            "openssl_conf = init\n[init]\nengines = engines\noid_section = oids\n[engines]\ntpm2tss = tss\n[tss]\nengine_id = \
             tpm2tss\ndynamic_path = /no/such/libtpm2tss.so\nSET_TCTI = {tpm}\ninit = 1\n[oids]\nshoe = 1.2.3.4\n[req]\n\
             distinguished_name = dn\nx509_extensions = x\n[dn]\n[x]\nbasicConstraints = critical,CA:TRUE\n"
        ),
    );
}

#[test]
fn a_file_that_loads_the_engine_is_read_without_it() {
    everywhere(|world| {
        world.key("ec");
        engine_file(world);
        let before = world.read("engine.cnf");
        let line = "req -config engine.cnf -new -x509 -engine tpm2tss -keyform engine -key ec.tss -subj /CN=x/shoe=left -out x.crt";
        world
            .wrapped(line)
            // Which TPM, only the file knows.
            .env("TPM2CA_TCTI", "")
            .ok();
        world.is_self_signed("x.crt");
        let text = world.theirs("x509 -in x.crt -noout -text").ok().text();
        assert!(
            text.contains("CA:TRUE") && text.contains("1.2.3.4"),
            "{text}"
        );
        assert_eq!(world.read("engine.cnf"), before);

        fs::remove_file(world.path("x.crt")).unwrap();
        let line = line.replace("-config engine.cnf ", "");
        world
            .wrapped(&line)
            .env("TPM2CA_TCTI", "")
            .env("OPENSSL_CONF", world.path("engine.cnf"))
            .ok();
        world.is_self_signed("x.crt");
    });
}

#[test]
fn what_the_file_tells_the_engine_the_provider_is_told() {
    everywhere(|world| {
        Tool::tpm2("tpm2_changeauth", &world.tpm)
            .args(["-c", "owner", "owner-secret"])
            .ok();
        world
            .ours("genkey -a ecdsa --owner-auth env:OWNER --key-auth env:PIN ec.tss")
            .env("OWNER", "owner-secret")
            .env("PIN", "secret")
            .ok();
        let tpm = world.tpm.tcti();
        world.write(
            "told.cnf",
            format!(
                "openssl_conf = i\n[i]\nengines = e\n[e]\ntpm2tss = t\n[t]\nSET_TCTI = {tpm}\nSET_OWNERAUTH = owner-secret\n\
                 SET_KEYAUTH = env:PIN\n[req]\ndistinguished_name = d\n[d]\n"
            ),
        );
        let request = |config: &str| {
            world
                .wrapped(&format!(
                    "req {config} -new -engine tpm2tss -keyform engine -key ec.tss -subj /CN=told -out told.csr"
                ))
                .env("TPM2CA_TCTI", "")
                .env("PIN", "secret")
        };
        for config in ["-config told.cnf", "--config=told.cnf"] {
            request(config).ok();
            world.theirs("req -in told.csr -verify -noout").ok();
            fs::remove_file(world.path("told.csr")).unwrap();
        }
        // An option of ours goes before the file.
        let refused = request("-config told.cnf")
            .env("TPM2CA_OWNER_AUTH", "pass:wrong")
            .run();
        assert!(!refused.success(), "{}", refused.report());
    });
}

#[test]
fn a_key_that_is_fixed_to_rsaes_is_allowed_for_the_provider_too() {
    everywhere(|world| {
        let tools = |name: &str, options: &str| {
            Tool::tpm2(name, &world.tpm)
                .args(options.split_whitespace())
                .dir(world.folder.path())
                .ok()
        };
        tools(
            "tpm2_createprimary",
            "-C o -G rsa2048:rsaes -a decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda -c key.ctx",
        );
        tools("tpm2_readpublic", "-c key.ctx -f pem -o rsa.pub");
        tools("tpm2_evictcontrol", "-C o -c key.ctx 0x81000010");
        tools("tpm2_flushcontext", "-t");
        world.write("message", "to be signed");
        world
            .theirs("pkeyutl -encrypt -pubin -inkey rsa.pub -in message -out secret")
            .ok();
        let tpm = world.tpm.tcti();
        for (more, is_allowed) in [("", false), ("SET_ALLOWRSAES = yes\n", true)] {
            world.write(
                "told.cnf",
                format!(
                    "openssl_conf = i\n[i]\nengines = e\n[e]\ntpm2tss = t\n[t]\nSET_TCTI = {tpm}\n{more}"
                ),
            );
            let ran = world
                .wrapped(
                    "pkeyutl -engine tpm2tss -keyform engine -decrypt -inkey 0x81000010 -in secret",
                )
                .env("OPENSSL_CONF", world.path("told.cnf"))
                .env("TPM2CA_TCTI", "")
                .run();
            assert_eq!(ran.success(), is_allowed, "{}", ran.report());
            if is_allowed {
                assert_eq!(ran.text(), "to be signed");
            }
        }
    });
}

#[test]
fn a_file_that_loads_ours_first_is_read_in_the_right_order() {
    everywhere(|world| {
        world.key_and_certificate("ec");
        let tpm = world.tpm.tcti();
        world.write(
            "reversed.cnf",
            format!(
                "openssl_conf = i\n[i]\noid_section = o\nproviders = p\n[o]\nshoe = 1.2.3.4\n[p]\ntpm2 = t\nx.default = d\n[d]\n\
                 activate = 1\n[t]\nactivate = 1\ntcti = {tpm}\n[req]\ndistinguished_name = n\n[n]\n"
            ),
        );
        let with_file = |tool: Tool| {
            tool.env("OPENSSL_CONF", world.path("reversed.cnf"))
                .env("OPENSSL_MODULES", &world.modules)
                .env("TPM2CA_TCTI", "")
        };
        // Where a new key is made tells the order.
        let new = "genpkey -algorithm EC -pkeyopt group:P-256";
        let made = |tool: Tool| with_file(tool).ok().text().contains("TSS2 PRIVATE KEY");
        assert!(made(world.theirs(new)), "the file alone");
        assert!(!made(world.wrapped(new)), "with us");
        // The rest of the file counts, also the TPM that it names.
        with_file(world.wrapped(
            "req -new -engine tpm2tss -keyform engine -key ec.tss -subj /CN=x/shoe=left -out x.csr",
        ))
        .ok();
        world.theirs("req -in x.csr -verify -noout").ok();
    });
}

#[test]
fn without_us_such_a_file_stops_openssl_4() {
    let world = World::new(OpenSsl::version(Version::V4_0));
    engine_file(&world);
    let refused = world
        .theirs("req -config engine.cnf -new -newkey rsa:2048 -nodes -keyout x.pem -subj /CN=x -out x.csr")
        .run();
    assert!(!refused.success(), "{}", refused.report());
}

#[test]
fn a_file_by_a_pipe_is_left_to_openssl() {
    without_engines(|world| {
        world.key("ec");
        let line = "req -config /dev/stdin -new -x509 -engine tpm2tss -keyform engine -key ec.tss -subj /CN=pipe -out pipe.crt";
        world
            .wrapped(line)
            .input("[req]\ndistinguished_name = dn\nx509_extensions = x\n[dn]\n[x]\nbasicConstraints = critical,CA:TRUE\n")
            .ok();
        world.is_self_signed("pipe.crt");
        let text = world.theirs("x509 -in pipe.crt -noout -text").ok().text();
        assert!(text.contains("CA:TRUE"), "{text}");
    });
}

#[test]
fn a_tpm_that_the_file_names_goes_before_the_option_and_that_is_said() {
    everywhere(|world| {
        world.key("ec");
        let tpm = world.tpm.tcti();
        let sign = "dgst -sha256 -sign ec.tss -out signature message";
        world
            .ours(&format!("openssl --tpm {tpm} {sign}"))
            .env("TPM2CA_TCTI", "device:/dev/no-such-tpm")
            .ok();
        let file = format!(
            "openssl_conf = i\n[i]\nproviders = p\n[p]\ndefault = d\ntpm2 = t\n[d]\nactivate = 1\n[t]\nactivate = 1\ntcti = {tpm}\n"
        );
        world.write("tpm.cnf", file);
        let ran = world
            .ours(&format!("openssl --tpm device:/dev/no-such-tpm {sign}"))
            .env("OPENSSL_CONF", world.path("tpm.cnf"))
            .ok();
        assert!(
            ran.errors().contains("goes before `--tpm`"),
            "{}",
            ran.report()
        );
    });
}

#[test]
fn the_tpm_of_a_ca_is_used_when_no_other_is_named() {
    without_engines(|world| {
        let tpm = world.tpm.tcti();
        world
            .ours(&format!("--tpm {tpm} --ca ca init --name Test"))
            .env("TPM2CA_TCTI", "")
            .ok();
        world
            .ours("--ca ca openssl req -new -x509 -key ca/root.key -subj /CN=root -out root.crt")
            .env("TPM2CA_TCTI", "")
            .ok();
        world.is_self_signed("root.crt");
    });
}
