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
certificate = ec.crt
private_key = ec.tss
default_md = sha256
default_days = 3
default_crl_days = 3
policy = policy
unique_subject = no
[policy]
commonName = supplied
";

pub(crate) fn authority(world: &World) {
    world.key_and_certificate("ec");
    world.write("ca.cnf", CONFIGURATION);
    world.write("index.txt", "");
    world.write("serial", "1000\n");
    world.write("crlnumber", "01\n");
}

fn leaf(world: &World, name: &str) {
    world
        .theirs(&format!(
            "req -new -newkey rsa:2048 -nodes -keyout {name}.pem -subj /CN={name} -out {name}.csr"
        ))
        .ok();
    world
        .ours(&format!(
            "ca -config ca.cnf -batch -notext -in {name}.csr -out {name}.crt"
        ))
        .ok();
    world
        .theirs(&format!("verify -CAfile ec.crt {name}.crt"))
        .ok();
}

#[test]
fn certificates_one_after_the_other() {
    everywhere(|world| {
        authority(world);
        leaf(world, "one");
        leaf(world, "two");
        let index = String::from_utf8(world.read("index.txt")).unwrap();
        assert_eq!(index.lines().count(), 2, "{index}");
    });
}

#[test]
fn several_requests_in_one_call() {
    everywhere(|world| {
        authority(world);
        for name in ["a", "b", "c"] {
            world
                .theirs(&format!(
                    "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.pem -subj /CN={name} -out {name}.csr"
                ))
                .ok();
        }
        world
            .ours("ca -config ca.cnf -batch -notext -outdir . -infiles a.csr b.csr c.csr")
            .ok();
        for serial in ["1000", "1001", "1002"] {
            world
                .theirs(&format!("verify -CAfile ec.crt {serial}.pem"))
                .ok();
        }
    });
}

#[test]
fn revocation_and_its_list() {
    everywhere(|world| {
        authority(world);
        leaf(world, "one");
        world.ours("ca -config ca.cnf -revoke one.crt").ok();
        world.ours("ca -config ca.cnf -gencrl -out list.crl").ok();
        world.theirs("crl -in list.crl -CAfile ec.crt -noout").ok();
        let refused = world
            .theirs("verify -crl_check -CRLfile list.crl -CAfile ec.crt one.crt")
            .run();
        assert!(refused.report().contains("revoked"), "{}", refused.report());
    });
}

#[test]
fn answers_about_certificates() {
    everywhere(|world| {
        authority(world);
        leaf(world, "one");
        leaf(world, "two");
        world.ours("ca -config ca.cnf -revoke two.crt").ok();
        for kind in ["p384", "rsa"] {
            world.key(kind);
            world
                .ours(&format!(
                    "req -new -key {kind}.tss -subj /CN=responder -out responder.csr"
                ))
                .ok();
            world.write("ocsp.ext", "extendedKeyUsage = OCSPSigning\n");
            world
                .ours("x509 -req -in responder.csr -CA ec.crt -CAkey ec.tss -set_serial 9 -extfile ocsp.ext -out responder.crt")
                .ok();
            world
                .theirs(
                    "ocsp -issuer ec.crt -no_nonce -cert one.crt -cert two.crt -reqout query.der",
                )
                .ok();
            world
                .ours(&format!(
                    "ocsp -index index.txt -CA ec.crt -rsigner responder.crt -rkey {kind}.tss -reqin query.der -respout answer.der"
                ))
                .ok();
            let said = world
                .theirs("ocsp -issuer ec.crt -no_nonce -cert one.crt -cert two.crt -respin answer.der -CAfile ec.crt")
                .ok()
                .report();
            for words in ["Response verify OK", "one.crt: good", "two.crt: revoked"] {
                assert!(said.contains(words), "{words}: {said}");
            }
        }
    });
}
