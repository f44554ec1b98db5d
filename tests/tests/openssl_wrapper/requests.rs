//! `req` and `x509` with the options of old.

use crate::world::{everywhere, without_engines};

#[test]
fn a_self_signed_certificate_with_an_ec_key() {
    everywhere(|world| world.key_and_certificate("ec"));
}

#[test]
fn a_self_signed_certificate_with_an_rsa_key_and_sha384() {
    everywhere(|world| {
        world.key("rsa");
        world
            .wrapped("req -new -x509 -engine tpm2tss -key rsa.tss -keyform engine -sha384 -subj /CN=rsa -out rsa.crt")
            .ok();
        world.is_self_signed("rsa.crt");
        let text = world.theirs("x509 -in rsa.crt -noout -text").ok().text();
        assert!(text.contains("sha384WithRSAEncryption"), "{text}");
    });
}

#[test]
fn a_self_signed_certificate_with_pss() {
    without_engines(|world| {
        world.key("rsa");
        world
            .wrapped(
                "req -new -x509 -engine tpm2tss -keyform engine -key rsa.tss -sigopt rsa_padding_mode:pss -subj /CN=pss -out pss.crt",
            )
            .ok();
        world.is_self_signed("pss.crt");
    });
}

#[test]
fn requests_with_ec_and_rsa_keys() {
    without_engines(|world| {
        for kind in ["ec", "p384", "rsa"] {
            world.key(kind);
            world
                .wrapped(&format!(
                    "req -new -engine tpm2tss -keyform engine -key {kind}.tss -subj /CN={kind} -out {kind}.csr"
                ))
                .ok();
            world
                .theirs(&format!("req -in {kind}.csr -verify -noout"))
                .ok();
        }
    });
}

#[test]
fn a_key_at_a_handle_is_named_as_engines_name_it() {
    everywhere(|world| {
        world.persistent_key();
        world
            .wrapped("req -new -x509 -engine tpm2tss -keyform engine -key 0x81000010 -subj /CN=handle -out handle.crt")
            .ok();
        world.is_self_signed("handle.crt");
        let public = world
            .theirs("x509 -in handle.crt -noout -pubkey")
            .ok()
            .stdout;
        assert_eq!(public, world.read("handle.pub"));
    });
}

#[test]
fn a_certificate_for_the_request_of_another() {
    everywhere(|world| {
        world.foreign_request("leaf");
        for kind in ["ec", "rsa"] {
            world.key_and_certificate(kind);
            world
                .wrapped(&format!(
                    "x509 -req -in leaf.csr -CA {kind}.crt -CAkey {kind}.tss -CAkeyform engine -engine tpm2tss -set_serial 7 -days 3 -out leaf.crt"
                ))
                .ok();
            world
                .theirs(&format!("verify -CAfile {kind}.crt leaf.crt"))
                .ok();
        }
    });
}

#[test]
fn a_ca_key_at_a_handle() {
    without_engines(|world| {
        world.persistent_key();
        world
            .wrapped("req -new -x509 -engine tpm2tss -keyform engine -key 0x81000010 -subj /CN=ca -addext basicConstraints=critical,CA:TRUE -out ca.crt")
            .ok();
        world.foreign_request("leaf");
        world
            .wrapped("x509 -req -in leaf.csr -CA ca.crt -CAkey 0x81000010 -CAkeyform engine -engine tpm2tss -set_serial 0x81000010 -out leaf.crt")
            .ok();
        world.theirs("verify -CAfile ca.crt leaf.crt").ok();
        let serial = world.theirs("x509 -in leaf.crt -noout -serial").ok().text();
        assert_eq!(serial, "serial=81000010\n");
    });
}

#[test]
fn a_certificate_signed_anew_by_its_key() {
    without_engines(|world| {
        for kind in ["ec", "rsa"] {
            world.key_and_certificate(kind);
            world
                .wrapped(&format!(
                    "x509 -in {kind}.crt -signkey {kind}.tss -keyform engine -engine tpm2tss -days 3 -out again.crt"
                ))
                .ok();
            world.is_self_signed("again.crt");
        }
    });
}

#[test]
fn a_request_out_of_a_certificate() {
    without_engines(|world| {
        // Without any, OpenSSL 4.0 stops, also with software keys.
        world.write("request.ext", "keyUsage = digitalSignature\n");
        world.key_and_certificate("ec");
        world
            .wrapped("x509 -x509toreq -in ec.crt -signkey ec.tss -keyform engine -engine tpm2tss -extfile request.ext -out again.csr")
            .ok();
        world.theirs("req -in again.csr -verify -noout").ok();
    });
}

#[test]
fn the_wrong_key_is_refused() {
    without_engines(|world| {
        world.key_and_certificate("ec");
        world.key("p384");
        world.foreign_request("leaf");
        world.refuses(
            "x509 -req -in leaf.csr -CA ec.crt -CAkey p384.tss -CAkeyform engine -engine tpm2tss -set_serial 7 -out x.crt",
            &[],
        );
    });
}

#[test]
fn a_new_software_key_is_made_beside_the_engine() {
    without_engines(|world| {
        world
            .wrapped("req -new -x509 -engine tpm2tss -newkey rsa:2048 -nodes -keyout new.pem -subj /CN=new -out new.crt")
            .ok();
        world.is_self_signed("new.crt");
        world.theirs("pkey -in new.pem -noout").ok();
    });
}

#[test]
fn software_keys_beside_the_engine() {
    everywhere(|world| {
        for (name, options) in [
            ("rsa", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"),
            ("ec", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"),
            ("ed", "-algorithm ED25519"),
        ] {
            world
                .theirs(&format!("genpkey {options} -out {name}.pem"))
                .ok();
            world
                .wrapped(&format!(
                    "req -new -x509 -engine tpm2tss -key {name}.pem -subj /CN={name} -out {name}.crt"
                ))
                .ok();
            world.is_self_signed(&format!("{name}.crt"));
        }
    });
}

#[test]
fn a_signed_public_key_and_challenge() {
    without_engines(|world| {
        world.key("rsa");
        world
            .wrapped("spkac -engine tpm2tss -keyform engine -key rsa.tss -challenge hello -digest sha256 -out rsa.spkac")
            .ok();
        world.theirs("spkac -in rsa.spkac -noout -verify").ok();
    });
}
