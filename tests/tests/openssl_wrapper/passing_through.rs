//! What is not ours passes through: input, output, exit codes, signals, other modules; and what is wrong is told.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::{
        fs::{PermissionsExt, symlink},
        process::ExitStatusExt,
    },
    process::{Command, Stdio},
};

use tpm2ca_tests::program;

use crate::world::{everywhere, put_module, without_engines};

#[test]
fn input_and_output_are_those_of_openssl() {
    everywhere(|world| {
        let digest = |tool: tpm2ca_testkit::Tool| tool.input(vec![0, 1, 255, 10]).ok().stdout;
        assert_eq!(
            digest(world.wrapped("dgst -sha256 -binary")),
            digest(world.theirs("dgst -sha256 -binary"))
        );
        assert_eq!(
            world.wrapped("version").ok().stdout,
            world.theirs("version").ok().stdout
        );
    });
}

#[test]
fn exit_codes_and_messages_are_those_of_openssl() {
    everywhere(|world| {
        world.write("not-a-certificate", "x");
        for line in [
            "verify not-a-certificate",
            "no-such-command",
            "no-rsa",
            "rsa -no_such_option",
        ] {
            let (ours, theirs) = (world.wrapped(line).run(), world.theirs(line).run());
            assert_eq!(ours.code, theirs.code, "{line}: {}", ours.report());
            assert_eq!(ours.text(), theirs.text(), "{line}");
        }
    });
}

#[test]
fn it_is_openssl_that_gets_the_signals() {
    without_engines(|world| {
        world.key_and_certificate("ec");
        let mut child = world
            .command("openssl s_server -accept 127.0.0.1:0 -cert ec.crt -key ec.tss -keyform engine -www")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().starts_with("ACCEPT")));
        let running = fs::read_link(format!("/proc/{}/exe", child.id())).unwrap();
        assert_eq!(running, fs::canonicalize(&world.openssl.program).unwrap());
        let told = Command::new("kill")
            .arg(child.id().to_string())
            .status()
            .unwrap();
        assert!(told.success());
        assert_eq!(child.wait().unwrap().signal(), Some(15));
    });
}

#[test]
fn the_list_of_commands_without_providers_is_right() {
    everywhere(|world| {
        let listed = world.theirs("list -1 -commands").ok().text();
        for command in listed.split_whitespace() {
            let options = world
                .theirs(&format!("list -options {command}"))
                .run()
                .text();
            let takes = options.lines().any(|line| line.starts_with("provider "));
            // The program in which we are the last to add options: the shell's `echo`.
            let ours = world
                .wrapped(&format!("{command} an argument"))
                .env("TPM2CA_OPENSSL", shown(world).to_str().unwrap())
                .ok()
                .text();
            let has = ours.contains("-provider default -provider tpm2");
            assert_eq!(has, takes, "{command}: {ours}");
        }
    });
}

/// An `openssl` that only shows what it is given.
fn shown(world: &crate::world::World) -> std::path::PathBuf {
    let path = world.path("shown");
    let real = world.openssl.program.display();
    script(
        &path,
        &format!(
            "case $1 in version) if [ \"${{2-}}\" = -a ]; then exec {real} version -a; fi;; esac\necho \"$@\""
        ),
    );
    path
}

fn script(path: &std::path::Path, lines: &str) {
    fs::write(path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn providers_of_the_user_are_found_where_they_were() {
    everywhere(|world| {
        // Ours is beside the program, another where OpenSSL looks.
        let beside = world.path("bin");
        fs::create_dir(&beside).unwrap();
        fs::copy(program("tpm2ca"), beside.join("tpm2ca")).unwrap();
        put_module(&beside.join("libtpm2ca_openssl_provider.so"));
        fs::rename(
            world.modules.join("tpm2.so"),
            world.modules.join("another.so"),
        )
        .unwrap();
        let listed = tpm2ca_testkit::Tool::new(beside.join("tpm2ca"))
            .args(["openssl", "list", "-provider", "another", "-providers"])
            .env("TPM2CA_OPENSSL", &world.openssl.program)
            .env("OPENSSL_CONF", "/dev/null")
            .env("OPENSSL_MODULES", &world.modules)
            .dir(world.folder.path())
            .run();
        // The folder that the environment names goes before the one beside the program, and has none of our names.
        assert!(listed.success(), "{}", listed.report());
        let names: Vec<&str> = listed
            .stdout
            .split(|octet| *octet == b'\n')
            .filter_map(|line| str::from_utf8(line).ok())
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
            .map(str::trim)
            .collect();
        assert_eq!(names, ["another", "default", "libtpm2ca_openssl_provider"]);
    });
}

#[test]
fn a_module_beside_the_program_bears_the_name_that_queries_use() {
    everywhere(|world| {
        let beside = world.path("bin");
        fs::create_dir(&beside).unwrap();
        fs::copy(program("tpm2ca"), beside.join("tpm2ca")).unwrap();
        put_module(&beside.join("libtpm2ca_openssl_provider.so"));
        tpm2ca_testkit::Tool::new(beside.join("tpm2ca"))
            .args(["openssl", "genpkey", "-propquery", "?provider=tpm2"])
            .args([
                "-algorithm",
                "EC",
                "-pkeyopt",
                "group:P-256",
                "-out",
                "ec.tss",
            ])
            .env("TPM2CA_OPENSSL", &world.openssl.program)
            .env("OPENSSL_CONF", "/dev/null")
            .env("OPENSSL_MODULES", "")
            .env("TPM2CA_TCTI", world.tpm.tcti().to_string())
            .dir(world.folder.path())
            .ok();
        let text = String::from_utf8(world.read("ec.tss")).unwrap();
        assert!(text.contains("TSS2 PRIVATE KEY"), "{text}");
    });
}

#[test]
fn a_link_called_openssl_takes_old_scripts_as_they_are() {
    everywhere(|world| {
        world.key("ec");
        let bin = world.path("bin");
        fs::create_dir(&bin).unwrap();
        symlink(program("tpm2ca"), bin.join("openssl")).unwrap();
        let real = world.path("real");
        fs::create_dir(&real).unwrap();
        // The system's is a name in PATH.
        let path = std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .map(|folder| folder.join(&world.openssl.program))
            .find(|path| path.exists())
            .unwrap();
        symlink(path, real.join("openssl")).unwrap();
        script(
            &world.path("old-script"),
            "set -e\nopenssl req -new -x509 -engine tpm2tss -keyform engine -key ec.tss -subj /CN=old -out old.crt\n",
        );
        let path = format!("{}:{}:/usr/bin:/bin", bin.display(), real.display());
        tpm2ca_testkit::Tool::new(world.path("old-script"))
            .env("PATH", path)
            .env("OPENSSL_CONF", "/dev/null")
            .env("OPENSSL_MODULES", &world.modules)
            .env("TPM2CA_OPENSSL", "")
            .env("TPM2CA_TCTI", world.tpm.tcti().to_string())
            .dir(world.folder.path())
            .ok();
        world.is_self_signed("old.crt");
    });
}

#[test]
fn a_script_called_openssl_that_leads_back_is_noticed() {
    without_engines(|world| {
        let bin = world.path("bin");
        fs::create_dir(&bin).unwrap();
        script(
            &bin.join("openssl"),
            &format!("exec {} openssl \"$@\"", program("tpm2ca").display()),
        );
        let refused = world
            .wrapped("version")
            .env("TPM2CA_OPENSSL", "")
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .run();
        assert_eq!(refused.code, Some(1), "{}", refused.report());
        assert!(
            refused.errors().contains("TPM2CA_OPENSSL"),
            "{}",
            refused.report()
        );
    });
}

#[test]
fn what_is_not_openssl_is_refused() {
    without_engines(|world| {
        for (name, word) in [
            ("/bin/true", "is not OpenSSL"),
            ("no-such-program", "no program"),
            ("/no/such", "cannot be run"),
        ] {
            let refused = world
                .ours(&format!("openssl --openssl {name} version"))
                .run();
            assert_eq!(refused.code, Some(1), "{}", refused.report());
            assert!(
                refused.errors().contains(word),
                "{word}: {}",
                refused.report()
            );
            assert!(refused.errors().contains("hint: "), "{}", refused.report());
        }
    });
}

#[test]
fn a_missing_module_is_told_with_its_mend() {
    everywhere(|world| {
        fs::remove_file(world.modules.join("tpm2.so")).unwrap();
        let bin = world.path("bin");
        fs::create_dir(&bin).unwrap();
        fs::copy(program("tpm2ca"), bin.join("tpm2ca")).unwrap();
        let run = |line: &str| {
            tpm2ca_testkit::Tool::new(bin.join("tpm2ca"))
                .args(line.split(' '))
                .env("TPM2CA_OPENSSL", &world.openssl.program)
                .env("OPENSSL_MODULES", &world.modules)
                .dir(world.folder.path())
                .run()
        };
        let refused = run("openssl req -new -key x -out y");
        assert_eq!(refused.code, Some(1), "{}", refused.report());
        assert!(
            refused.errors().contains("make install"),
            "{}",
            refused.report()
        );
        // Another project's file is not taken for ours.
        fs::write(world.modules.join("tpm2.so"), "another module").unwrap();
        assert_eq!(run("openssl req -new -key x -out y").code, Some(1));
        put_module(&world.modules.join("tpm2ca.so"));
        let listed = run("openssl list -providers");
        assert!(listed.text().contains("tpm2ca"), "{}", listed.report());
        // Nothing of ours is needed for this.
        assert!(run("openssl version").success());
    });
}

#[test]
fn secrets_do_not_come_by_standard_input() {
    without_engines(|world| {
        let refused = world.ours("openssl --key-auth stdin dgst message").run();
        assert_eq!(refused.code, Some(2), "{}", refused.report());
        assert!(
            refused.errors().contains("standard input"),
            "{}",
            refused.report()
        );
    });
}

#[test]
fn secrets_are_not_in_the_arguments() {
    without_engines(|world| {
        let mut child = world
            .command("openssl --key-auth fd:0 list -providers")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(b"secret\n");
        assert_eq!(child.wait().unwrap().code(), Some(2));
        let said = world
            .ours("openssl --key-auth env:PIN dgst -sha256")
            .env("PIN", "very-secret")
            .env("TPM2CA_OPENSSL", shown(world).to_str().unwrap())
            .ok()
            .text();
        assert!(!said.contains("very-secret"), "{said}");
    });
}
