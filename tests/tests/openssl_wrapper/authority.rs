//! `ca`, `ocsp` and `ts` with the options of old.

use crate::world::{World, everywhere, without_engines};

const CONFIGURATION: &str = "\
[ca]
default_ca = authority
[authority]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
certificate = CERTIFICATE
private_key = KEY
default_md = sha256
default_days = 3
default_crl_days = 3
policy = policy
unique_subject = no
[policy]
commonName = supplied
";

fn authority(world: &World) {
    world.key_and_certificate("ec");
    let configuration = CONFIGURATION
        .replace("CERTIFICATE", "ec.crt")
        .replace("KEY", "ec.tss");
    world.write("ca.cnf", configuration);
    world.write("index.txt", "");
    world.write("serial", "1000\n");
    world.write("crlnumber", "01\n");
}

fn leaf(world: &World, name: &str) {
    world.foreign_request(name);
    world
        .wrapped(&format!(
            "ca -config ca.cnf -engine tpm2tss -keyform engine -batch -notext -in {name}.csr -out {name}.crt"
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
    without_engines(|world| {
        authority(world);
        for name in ["a", "b"] {
            world.foreign_request(name);
        }
        world
            .wrapped("ca -config ca.cnf -batch -notext -keyform engine -engine tpm2tss -outdir . -infiles a.csr b.csr")
            .ok();
        for serial in ["1000", "1001"] {
            world
                .theirs(&format!("verify -CAfile ec.crt {serial}.pem"))
                .ok();
        }
    });
}

#[test]
fn a_key_at_a_handle_in_the_options() {
    without_engines(|world| {
        authority(world);
        world.ours("key persist ec.tss --handle 0x81000010").ok();
        world.foreign_request("one");
        world
            .wrapped("ca -config ca.cnf -engine tpm2tss -keyform engine -keyfile 0x81000010 -batch -notext -in one.csr -out one.crt")
            .ok();
        world.theirs("verify -CAfile ec.crt one.crt").ok();
    });
}

#[test]
fn a_key_at_a_handle_in_the_file() {
    without_engines(|world| {
        authority(world);
        world.ours("key persist ec.tss --handle 0x81000010").ok();
        let configuration = CONFIGURATION
            .replace("CERTIFICATE", "ec.crt")
            .replace("KEY", "0x81000010");
        world.write("ca.cnf", configuration);
        leaf(world, "one");
    });
}

#[test]
fn its_own_certificate() {
    without_engines(|world| {
        authority(world);
        world
            .wrapped(
                "req -new -engine tpm2tss -keyform engine -key ec.tss -subj /CN=root -out root.csr",
            )
            .ok();
        world
            .wrapped("ca -config ca.cnf -engine tpm2tss -keyform engine -selfsign -batch -notext -in root.csr -out root.crt")
            .ok();
        world.is_self_signed("root.crt");
    });
}

#[test]
fn a_list_of_revoked_certificates() {
    everywhere(|world| {
        authority(world);
        leaf(world, "one");
        world
            .wrapped("ca -config ca.cnf -engine tpm2tss -keyform engine -gencrl -out list.crl")
            .ok();
        world.theirs("crl -in list.crl -CAfile ec.crt -noout").ok();
        world
            .theirs("verify -crl_check -CRLfile list.crl -CAfile ec.crt one.crt")
            .ok();
    });
}

#[test]
fn a_revocation() {
    everywhere(|world| {
        authority(world);
        leaf(world, "one");
        world
            .wrapped("ca -config ca.cnf -engine tpm2tss -keyform engine -revoke one.crt")
            .ok();
        world
            .wrapped("ca -config ca.cnf -engine tpm2tss -keyform engine -gencrl -out list.crl")
            .ok();
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
        world
            .wrapped("ca -config ca.cnf -engine tpm2tss -keyform engine -revoke two.crt")
            .ok();
        world.key("rsa");
        world
            .wrapped("req -new -engine tpm2tss -keyform engine -key rsa.tss -subj /CN=responder -out responder.csr")
            .ok();
        world.write("ocsp.ext", "extendedKeyUsage = OCSPSigning\n");
        world
            .wrapped("x509 -req -in responder.csr -CA ec.crt -CAkey ec.tss -CAkeyform engine -engine tpm2tss -set_serial 9 -extfile ocsp.ext -out responder.crt")
            .ok();
        let asked = "-issuer ec.crt -no_nonce -cert one.crt -cert two.crt";
        world
            .theirs(&format!("ocsp {asked} -reqout query.der"))
            .ok();
        // It never had an option for engines.
        world
            .wrapped("ocsp -index index.txt -CA ec.crt -rsigner responder.crt -rkey rsa.tss -reqin query.der -respout answer.der")
            .ok();
        let said = world
            .theirs(&format!("ocsp {asked} -respin answer.der -CAfile ec.crt"))
            .ok()
            .report();
        for words in ["Response verify OK", "one.crt: good", "two.crt: revoked"] {
            assert!(said.contains(words), "{words}: {said}");
        }
    });
}

#[test]
fn time_stamps() {
    without_engines(|world| {
        world.key("ec");
        world.write("ts.ext", "extendedKeyUsage = critical,timeStamping\n");
        world.write(
            "ts.cnf",
            "[tsa]\ndefault_tsa = t\n[t]\nserial = tsserial\nsigner_digest = sha256\ndefault_policy = 1.2.3.4\ndigests = sha256\n\
             ess_cert_id_alg = sha256\n",
        );
        world
            .wrapped("req -new -x509 -engine tpm2tss -keyform engine -key ec.tss -subj /CN=tsa -addext extendedKeyUsage=critical,timeStamping -out tsa.crt")
            .ok();
        world
            .theirs("ts -query -data message -sha256 -cert -out query.tsq")
            .ok();
        world
            .wrapped("ts -reply -config ts.cnf -engine tpm2tss -queryfile query.tsq -signer tsa.crt -inkey ec.tss -out answer.tsr")
            .ok();
        world
            .theirs("ts -verify -queryfile query.tsq -in answer.tsr -CAfile tsa.crt")
            .ok();
    });
}
