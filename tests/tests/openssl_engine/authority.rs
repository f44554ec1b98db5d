//! `ca` and `ocsp`: a small authority with its key in the TPM.

use crate::world::{World, everywhere};

const CONFIGURATION: &str = "\
[ca]
default_ca = authority
[authority]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
certificate = KIND.crt
private_key = KIND.tss
default_md = sha256
default_days = 3
default_crl_days = 3
policy = policy
unique_subject = no
[policy]
commonName = supplied
";

fn authority(world: &World, kind: &str) {
    world.certificate(kind);
    world.write("ca.cnf", CONFIGURATION.replace("KIND", kind));
    world.write("index.txt", "");
    world.write("serial", "1000\n");
    world.write("crlnumber", "01\n");
}

fn leaf(world: &World, kind: &str, name: &str) {
    world
        .theirs(&format!(
            "req -new -newkey rsa:2048 -nodes -keyout {name}.pem -subj /CN={name} -out {name}.csr"
        ))
        .ok();
    world
        .ours(&format!(
            "ca -config ca.cnf -keyform engine -batch -notext -in {name}.csr -out {name}.crt"
        ))
        .ok();
    world
        .theirs(&format!("verify -CAfile {kind}.crt {name}.crt"))
        .ok();
}

#[test]
fn certificates_one_after_the_other() {
    everywhere(|world| {
        for kind in ["ec", "rsa"] {
            authority(world, kind);
            leaf(world, kind, "one");
            leaf(world, kind, "two");
            let index = String::from_utf8(world.read("index.txt")).unwrap();
            assert_eq!(index.lines().count(), 2, "{index}");
        }
    });
}

#[test]
fn several_requests_in_one_call() {
    everywhere(|world| {
        authority(world, "ec");
        for name in ["a", "b", "c"] {
            world
                .theirs(&format!(
                    "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.pem -subj /CN={name} -out {name}.csr"
                ))
                .ok();
        }
        world
            .ours("ca -config ca.cnf -keyform engine -batch -notext -outdir . -infiles a.csr b.csr c.csr")
            .ok();
        for serial in ["1000", "1001", "1002"] {
            world
                .theirs(&format!("verify -CAfile ec.crt {serial}.pem"))
                .ok();
        }
    });
}

#[test]
fn an_authority_that_signs_itself() {
    everywhere(|world| {
        authority(world, "rsa");
        world
            .ours("req -keyform engine -new -key rsa.tss -subj /CN=rsa -out rsa.csr")
            .ok();
        world
            .ours("ca -config ca.cnf -keyform engine -selfsign -batch -notext -in rsa.csr -out self.crt")
            .ok();
        world.is_self_signed("self.crt");
    });
}

#[test]
fn lists_of_what_is_revoked() {
    everywhere(|world| {
        for kind in ["ec", "rsa"] {
            authority(world, kind);
            world
                .ours("ca -config ca.cnf -keyform engine -gencrl -out list.crl")
                .ok();
            let said = world
                .theirs(&format!("crl -in list.crl -CAfile {kind}.crt -noout"))
                .ok();
            assert!(said.errors().contains("verify OK"), "{}", said.report());
        }
    });
}

#[test]
fn revocation() {
    everywhere(|world| {
        authority(world, "ec");
        leaf(world, "ec", "one");
        world
            .ours("ca -config ca.cnf -keyform engine -revoke one.crt")
            .ok();
        world
            .ours("ca -config ca.cnf -keyform engine -gencrl -out list.crl")
            .ok();
        let refused = world
            .theirs("verify -crl_check -CRLfile list.crl -CAfile ec.crt one.crt")
            .run();
        assert!(refused.report().contains("revoked"), "{}", refused.report());
    });
}

/// `openssl ocsp` has no `-engine` in any version. In 3.x a key can be named with its engine; in 1.1.1 it cannot.
#[test]
fn answers_about_certificates() {
    everywhere(|world| {
        authority(world, "ec");
        leaf(world, "ec", "one");
        leaf(world, "ec", "two");
        world
            .ours("ca -config ca.cnf -keyform engine -revoke two.crt")
            .ok();
        world
            .theirs("ocsp -issuer ec.crt -no_nonce -cert one.crt -cert two.crt -reqout query.der")
            .ok();
        for kind in ["ec", "rsa"] {
            if kind != "ec" {
                world.key(kind);
                world
                    .ours("req -keyform engine -new -key rsa.tss -subj /CN=responder -out rsa.csr")
                    .ok();
                world.write("ocsp.ext", "extendedKeyUsage = OCSPSigning\n");
                world
                    .ours("x509 -req -in rsa.csr -CA ec.crt -CAkey ec.tss -CAkeyform engine -set_serial 9 -extfile ocsp.ext -out rsa.crt")
                    .ok();
            }
            let respond = format!(
                "ocsp -index index.txt -CA ec.crt -rsigner {kind}.crt -rkey org.openssl.engine:tpm2tss:{kind}.tss -reqin query.der -respout answer.der"
            );
            // Found by its name, or named in openssl.cnf.
            world.configuration("");
            for run in [world.plain(&respond), world.configured(&respond)] {
                let ran = run.run();
                if world.is_1_1_1() {
                    assert!(!ran.success(), "{}", ran.report());
                    continue;
                }
                assert!(ran.success(), "{}", ran.report());
                let said = world
                    .theirs("ocsp -issuer ec.crt -no_nonce -cert one.crt -cert two.crt -respin answer.der -CAfile ec.crt")
                    .ok()
                    .report();
                for words in ["Response verify OK", "one.crt: good", "two.crt: revoked"] {
                    assert!(said.contains(words), "{words}: {said}");
                }
            }
        }
    });
}
