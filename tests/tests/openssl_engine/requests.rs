//! `pkey`, `req` and `x509`: public keys, requests and certificates.

use crate::world::{World, everywhere};

/// A request with a TPM key, and the judge's opinion of it.
fn request(world: &World, key: &str, options: &str) -> String {
    world
        .ours(&format!(
            "req -keyform engine -new -key {key}.tss -subj /CN=leaf {options} -out {key}.csr"
        ))
        .ok();
    world
        .theirs(&format!("req -in {key}.csr -verify -noout -text"))
        .ok()
        .text()
}

#[test]
fn public_keys_of_every_kind() {
    everywhere(|world| {
        for kind in ["ec", "p384", "p521", "rsa"] {
            world.key(kind);
            let said = world
                .ours(&format!("pkey -inform engine -in {kind}.tss -pubout"))
                .ok()
                .text();
            let expected = tpm2ca_keys::spki_from_tpm(
                &world.key_file(&format!("{kind}.tss")).key_public().unwrap(),
            );
            world.write("public.pem", said);
            let der = world
                .theirs("pkey -pubin -in public.pem -outform DER")
                .ok()
                .stdout;
            assert_eq!(der, expected, "{kind}");
        }
    });
}

#[test]
fn public_keys_need_no_tpm() {
    everywhere(|world| {
        world.key("ec");
        world
            .ours("pkey -inform engine -in ec.tss -pubout -out ec.pub")
            .env("TPM2TSSENGINE_TCTI", "device:/dev/no-such-tpm")
            .ok();
    });
}

#[test]
fn public_keys_as_public_keys() {
    everywhere(|world| {
        for kind in ["ec", "rsa", "auth"] {
            world.key_pair(kind);
            // Nobody is asked for a value. The program of 1.1.1 forgets to initialize the engine for this.
            world.configuration("init = 1");
            let again = world
                .configured(&format!(
                    "pkey -engine tpm2tss -pubin -inform engine -in {kind}.tss -pubout"
                ))
                .ok();
            assert_eq!(again.stdout, world.read(&format!("{kind}.pub")));
        }
    });
}

#[test]
fn requests_with_ec_keys() {
    everywhere(|world| {
        for kind in ["ec", "p384", "p521"] {
            world.key(kind);
            assert!(request(world, kind, "-sha256").contains("ecdsa-with-SHA256"));
        }
    });
}

#[test]
fn requests_with_rsa_keys() {
    everywhere(|world| {
        world.key("rsa");
        assert!(request(world, "rsa", "-sha256").contains("sha256WithRSAEncryption"));
    });
}

#[test]
fn requests_with_other_hashes() {
    everywhere(|world| {
        world.key("p384");
        assert!(request(world, "p384", "-sha384").contains("ecdsa-with-SHA384"));
        assert!(request(world, "p384", "-sha512").contains("ecdsa-with-SHA512"));
        world.key("rsa");
        assert!(request(world, "rsa", "-sha384").contains("sha384WithRSAEncryption"));
        assert!(request(world, "rsa", "-sha512").contains("sha512WithRSAEncryption"));
    });
}

#[test]
fn requests_with_pss() {
    everywhere(|world| {
        world.key("rsa");
        for options in ["-sha256", "-sha384 -sigopt rsa_pss_saltlen:-1"] {
            let text = request(
                world,
                "rsa",
                &format!("-sigopt rsa_padding_mode:pss {options}"),
            );
            assert!(text.contains("rsassaPss"), "{text}");
        }
    });
}

#[test]
fn a_request_is_checked_while_the_key_is_at_hand() {
    everywhere(|world| {
        for kind in ["ec", "rsa"] {
            world.key(kind);
            let said = world
                .ours(&format!(
                    "req -keyform engine -new -key {kind}.tss -subj /CN=leaf -verify -out {kind}.csr"
                ))
                .ok();
            assert!(said.report().contains("verify OK"), "{}", said.report());
        }
    });
}

#[test]
fn the_command_line_of_the_issue() {
    everywhere(|world| {
        world.key("rsa");
        world.write("names.cnf", "[req]\ndistinguished_name = names\nprompt = no\n[names]\nCN = Example root\n[v3_ca]\nsubjectKeyIdentifier = hash\nbasicConstraints = critical, CA:true\n");
        world
            .plain("req -config names.cnf -new -x509 -engine tpm2tss -key rsa.tss -keyform engine -days 7300 -sha256 -extensions v3_ca -out ca-root.cert")
            .ok();
        world.is_self_signed("ca-root.cert");
    });
}

#[test]
fn self_signed_certificates() {
    everywhere(|world| {
        for kind in ["ec", "rsa", "p384", "p521"] {
            world.certificate(kind);
        }
    });
}

#[test]
fn self_signed_certificates_are_renewed() {
    everywhere(|world| {
        for kind in ["ec", "rsa"] {
            world.certificate(kind);
            world
                .ours(&format!(
                    "x509 -keyform engine -in {kind}.crt -signkey {kind}.tss -days 3 -out again.crt"
                ))
                .ok();
            world.is_self_signed("again.crt");
        }
    });
}

#[test]
fn self_signed_certificates_with_pss() {
    everywhere(|world| {
        world.key("rsa");
        world
            .ours("req -keyform engine -new -x509 -key rsa.tss -subj /CN=pss -sigopt rsa_padding_mode:pss -extensions ca -out pss.crt")
            .ok();
        world.is_self_signed("pss.crt");
    });
}

#[test]
fn certificates_for_requests_of_others() {
    everywhere(|world| {
        world
            .theirs("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.pem -subj /CN=leaf -out leaf.csr")
            .ok();
        for kind in ["ec", "rsa"] {
            world.certificate(kind);
            world
                .ours(&format!(
                    "x509 -req -in leaf.csr -CA {kind}.crt -CAkey {kind}.tss -CAkeyform engine -set_serial 7 -days 3 -out leaf.crt"
                ))
                .ok();
            world
                .theirs(&format!("verify -CAfile {kind}.crt leaf.crt"))
                .ok();
        }
    });
}

#[test]
fn certificates_for_requests_of_tpm_keys() {
    everywhere(|world| {
        world.certificate("rsa");
        world.key("ec");
        request(world, "ec", "");
        world
            .ours("x509 -req -in ec.csr -CA rsa.crt -CAkey rsa.tss -CAkeyform engine -set_serial 8 -days 3 -out leaf.crt")
            .ok();
        world.theirs("verify -CAfile rsa.crt leaf.crt").ok();
    });
}

#[test]
fn a_certificate_with_the_wrong_key_is_refused() {
    everywhere(|world| {
        world.certificate("ec");
        world.key("ecdh");
        let refused = world
            .ours("x509 -req -in ec.crt -CA ec.crt -CAkey ecdh.tss -CAkeyform engine -days 3 -set_serial 1 -out x.crt")
            .run();
        assert!(!refused.success(), "{}", refused.report());
    });
}

#[test]
fn software_keys_beside_the_engine() {
    everywhere(|world| {
        world
            .ours("req -new -x509 -newkey rsa:2048 -nodes -keyout soft.pem -subj /CN=soft -extensions ca -out soft.crt")
            .ok();
        world.is_self_signed("soft.crt");
        assert!(String::from_utf8_lossy(&world.read("soft.pem")).contains("BEGIN PRIVATE KEY"));
        // A software authority for a TPM key, with the engine loaded.
        world.key("ec");
        request(world, "ec", "");
        world
            .ours("x509 -req -in ec.csr -CA soft.crt -CAkey soft.pem -set_serial 9 -days 3 -out leaf.crt")
            .ok();
        world.theirs("verify -CAfile soft.crt leaf.crt").ok();
    });
}
