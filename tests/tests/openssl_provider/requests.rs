//! `req` and `x509`: requests and certificates.

use crate::world::{World, everywhere};

/// A request with a TPM key, and the judge's opinion of it.
fn request(world: &World, key: &str, options: &str) -> String {
    world
        .ours(&format!(
            "req -new -key {key}.tss -subj /CN=leaf {options} -out {key}.csr"
        ))
        .ok();
    world
        .theirs(&format!("req -in {key}.csr -verify -noout -text"))
        .ok()
        .text()
}

#[test]
fn requests_with_ec_keys() {
    everywhere(|world| {
        world.key("ec");
        assert!(request(world, "ec", "").contains("ecdsa-with-SHA256"));
    });
}

#[test]
fn requests_with_rsa_keys() {
    everywhere(|world| {
        world.key("rsa");
        assert!(request(world, "rsa", "").contains("sha256WithRSAEncryption"));
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
        for (options, words) in [
            ("-sha256", ["sha256", "Salt Length: 0x20"]),
            (
                "-sha384 -sigopt rsa_pss_saltlen:-1",
                ["sha384", "Salt Length: 0x30"],
            ),
            (
                "-sha256 -sigopt rsa_pss_saltlen:20",
                ["sha256", "mgf1 with sha256"],
            ),
        ] {
            let text = request(
                world,
                "rsa",
                &format!("-sigopt rsa_padding_mode:pss {options}"),
            );
            assert!(text.contains("rsassaPss"), "{text}");
            for word in words {
                assert!(text.contains(word), "{word}: {text}");
            }
        }
    });
}

#[test]
fn requests_with_keys_for_pss_only() {
    everywhere(|world| {
        world.key("pss");
        let text = request(world, "pss", "");
        assert!(
            text.contains("rsassaPss") && text.contains("PSS parameter restrictions"),
            "{text}"
        );
    });
}

#[test]
fn a_request_is_checked_while_the_key_is_at_hand() {
    everywhere(|world| {
        for kind in ["ec", "rsa"] {
            world.key(kind);
            let said = world
                .ours(&format!(
                    "req -new -key {kind}.tss -subj /CN=leaf -verify -out {kind}.csr"
                ))
                .ok();
            assert!(said.report().contains("verify OK"), "{}", said.report());
        }
    });
}

#[test]
fn self_signed_certificates() {
    everywhere(|world| {
        for kind in ["ec", "rsa", "p384", "pss"] {
            world.key_and_certificate(kind);
            // The key belongs to the certificate, also as OpenSSL compares them.
            world
                .ours(&format!(
                    "x509 -in {kind}.crt -signkey {kind}.tss -days 3 -out again.crt"
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
            .ours("req -new -x509 -key rsa.tss -subj /CN=pss -sigopt rsa_padding_mode:pss -out pss.crt")
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
            world.key_and_certificate(kind);
            world
                .ours(&format!(
                    "x509 -req -in leaf.csr -CA {kind}.crt -CAkey {kind}.tss -set_serial 7 -days 3 -out leaf.crt"
                ))
                .ok();
            world
                .theirs(&format!("verify -CAfile {kind}.crt leaf.crt"))
                .ok();
        }
    });
}

#[test]
fn a_certificate_with_the_wrong_key_is_refused() {
    everywhere(|world| {
        world.key_and_certificate("ec");
        world.genpkey("other.tss", "-algorithm EC -pkeyopt group:P-256");
        let refused = world
            .ours("x509 -req -in ec.crt -CA ec.crt -CAkey other.tss -days 3 -out x.crt")
            .run();
        assert!(!refused.success(), "{}", refused.report());
    });
}
