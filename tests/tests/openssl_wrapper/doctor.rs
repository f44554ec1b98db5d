//! What the doctor says about OpenSSL and its openssl.cnf.

use std::fs;

use tpm2ca_tests::{
    openssl_versions::{OpenSsl, Version},
    program,
};

use crate::world::{World, all, put_module};

/// What it says about `openssl` and `openssl.cnf`, a line each.
fn findings(world: &World, configuration: &str) -> String {
    world.write("user.cnf", configuration);
    let ran = world
        .ours("doctor")
        .env("OPENSSL_CONF", world.path("user.cnf"))
        .run();
    let text = ran.text();
    let mut kept = String::new();
    let mut is_ours = false;
    for line in text.lines() {
        if !line.starts_with("         hint:") {
            is_ours = line
                .get(9..)
                .is_some_and(|rest| rest.starts_with("openssl"));
        }
        if is_ours {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    assert!(!kept.is_empty(), "{}", ran.report());
    kept
}

fn says(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "{word}: {said}");
    }
}

/// A file that loads providers in this order.
fn loading(providers: &[&str]) -> String {
    let list = providers
        .iter()
        .map(|name| format!("{name} = {name}_section"));
    let sections = providers
        .iter()
        .map(|name| format!("[{name}_section]\nactivate = 1"));
    let lines: Vec<String> = list.chain(sections).collect();
    format!(
        "openssl_conf = i\n[i]\nproviders = p\n[p]\n{}\n",
        lines.join("\n")
    )
}

fn everywhere(test: impl Fn(&World)) {
    for openssl in all() {
        test(&World::new(openssl));
    }
}

#[test]
fn all_is_well() {
    everywhere(|world| {
        let said = findings(world, &loading(&["default", "tpm2"]));
        says(
            &said,
            &[
                "ok       openssl: ",
                "finds our module",
                "ok       openssl.cnf: ",
                "loads `default` and then `tpm2`",
            ],
        );
        assert!(
            !said.contains("warning") && !said.contains("problem"),
            "{said}"
        );
        // Nothing about modules in the file.
        let said = findings(world, "[req]\n");
        assert!(!said.contains("openssl.cnf"), "{said}");
    });
}

#[test]
fn ours_first() {
    everywhere(|world| {
        let said = findings(world, &loading(&["tpm2", "default"]));
        says(
            &said,
            &[
                "warning  openssl.cnf: ",
                "user.cnf:5 loads `tpm2` before `default`",
                "put the line of `default` above",
            ],
        );
        // The one known exception, where it bites.
        let bites = world.openssl.name.starts_with("3.0");
        assert_eq!(
            said.contains("TLS 1.2 with EC certificates"),
            bites,
            "{said}"
        );
        assert_eq!(said.contains("use OpenSSL 3.5"), bites, "{said}");
    });
}

#[test]
fn without_the_default_provider() {
    everywhere(|world| {
        let said = findings(world, &loading(&["tpm2"]));
        says(
            &said,
            &[
                "problem  openssl.cnf: ",
                "nothing loads `default`",
                "hint: `default = default_section`",
            ],
        );
        let inactive = "openssl_conf = i\n[i]\nproviders = p\n[p]\ndefault = d\ntpm2 = t\n[d]\n[t]\nactivate = 1\n";
        let said = findings(world, inactive);
        says(
            &said,
            &["nothing loads `default`", "`activate = 1` under `[d]`"],
        );
    });
}

#[test]
fn a_missing_module() {
    everywhere(|world| {
        fs::remove_file(world.modules.join("tpm2.so")).unwrap();
        let said = findings(world, &loading(&["default", "tpm2"]));
        says(
            &said,
            &[
                "problem  openssl.cnf: ",
                "user.cnf:6",
                "tpm2.so",
                "no such file",
                "make install",
            ],
        );
        says(&said, &["ok       openssl: our module is not in"]);
        let elsewhere = loading(&["default", "tpm2"]) + "module = /no/such/module.so\n";
        says(&findings(world, &elsewhere), &["/no/such/module.so"]);
        // Those who do not use it miss nothing.
        let said = findings(world, "");
        assert!(
            !said.contains("problem") && !said.contains("warning"),
            "{said}"
        );
    });
}

#[test]
fn another_s_module_in_the_place_of_ours() {
    everywhere(|world| {
        fs::remove_file(world.modules.join("tpm2.so")).unwrap();
        fs::write(world.modules.join("tpm2.so"), "another module").unwrap();
        put_module(&world.modules.join("tpm2ca.so"));
        let said = findings(world, &loading(&["default", "tpm2"]));
        says(
            &said,
            &[
                "warning  openssl: `-provider tpm2` is another project's",
                "ours is `-provider tpm2ca`",
                "REPLACE=yes",
            ],
        );
        says(
            &said,
            &[
                "warning  openssl.cnf: ",
                "user.cnf:6: `tpm2` is another project's module",
            ],
        );
        let said = findings(world, &loading(&["default", "tpm2ca"]));
        assert!(!said.contains("warning  openssl.cnf"), "{said}");
        // Without ours it is nobody's mistake.
        fs::remove_file(world.modules.join("tpm2ca.so")).unwrap();
        says(
            &findings(world, ""),
            &[
                "ok       openssl: our module is not in",
                "another project's",
            ],
        );
    });
}

#[test]
fn both_names() {
    everywhere(|world| {
        put_module(&world.modules.join("tpm2ca.so"));
        let said = findings(world, &loading(&["default", "tpm2", "tpm2ca"]));
        says(
            &said,
            &[
                "ok       openssl: ",
                "warning  openssl.cnf: ",
                "loads `tpm2`",
                "loads `tpm2ca`",
                "leave one of them away",
            ],
        );
        // An old one was left under one of the names.
        let mut old = fs::read(world.modules.join("tpm2ca.so")).unwrap();
        old.push(0);
        fs::remove_file(world.modules.join("tpm2ca.so")).unwrap();
        fs::write(world.modules.join("tpm2ca.so"), old).unwrap();
        says(
            &findings(world, ""),
            &[
                "warning  openssl: ",
                "two versions of our module",
                "make install",
            ],
        );
    });
}

#[test]
fn engines_in_the_file() {
    everywhere(|world| {
        let text = "openssl_conf = i\n[i]\nengines = e\n[e]\ntpm2tss = t\n[t]\ndynamic_path = /no/such/libtpm2tss.so\n";
        let said = findings(world, text);
        if world.openssl.name.starts_with('4') {
            says(
                &said,
                &["problem  openssl.cnf: ", "has no engines", "--print-config"],
            );
        } else {
            says(
                &said,
                &[
                    "problem  openssl.cnf: ",
                    "/no/such/libtpm2tss.so",
                    "no such file",
                ],
            );
        }
    });
}

#[test]
fn the_engine_of_others() {
    everywhere(|world| {
        let engines = world.path("engines");
        fs::create_dir(&engines).unwrap();
        fs::write(engines.join("libtpm2tss.so"), "another module").unwrap();
        world.write("user.cnf", "");
        let said = world
            .ours("doctor")
            .env("OPENSSL_CONF", world.path("user.cnf"))
            .env("OPENSSL_ENGINES", &engines)
            .run()
            .text();
        let has_engines = !world.openssl.name.starts_with('4');
        assert_eq!(
            said.contains("wrong signatures on OpenSSL 3"),
            has_engines,
            "{said}"
        );
    });
}

#[test]
fn the_engine_of_an_openssl_without_providers() {
    let world = World::new(OpenSsl::version(Version::V1_1_1));
    let engines = world.path("engines");
    fs::create_dir(&engines).unwrap();
    let said = |configuration: &str| {
        world.write("user.cnf", configuration);
        world
            .ours("doctor")
            .env("OPENSSL_CONF", world.path("user.cnf"))
            .env("OPENSSL_ENGINES", &engines)
            .run()
            .text()
    };
    let text = "openssl_conf = i\n[i]\nengines = e\n[e]\ntpm2tss = t\n[t]\ninit = 1\n";
    says(
        &said(""),
        &["ok       openssl: our engine is not in", "make install"],
    );
    says(
        &said(text),
        &[
            "problem  openssl.cnf: ",
            "user.cnf:5",
            "tpm2tss.so",
            "make install",
        ],
    );
    fs::copy(
        program("deps/libtpm2ca_openssl_engine.so"),
        engines.join("tpm2tss.so"),
    )
    .unwrap();
    let well = said(text);
    says(
        &well,
        &["ok       openssl: OpenSSL 1.1 finds our engine in"],
    );
    assert!(!well.contains("problem"), "{well}");
}

#[test]
fn a_file_that_cannot_be_read() {
    everywhere(|world| {
        let said = findings(world, "[req\n");
        says(
            &said,
            &[
                "problem  openssl.cnf: ",
                "user.cnf:1",
                "OpenSSL cannot read it either",
            ],
        );
    });
}

#[test]
fn no_openssl_at_all() {
    let world = World::new(all().into_iter().next().unwrap());
    let ran = world
        .ours("doctor")
        .env("TPM2CA_OPENSSL", "/no/such/openssl")
        .run();
    assert_eq!(ran.code, Some(0), "{}", ran.report());
    says(&ran.text(), &["ok       openssl: not used here: "]);
}
