//! Keys that OpenSSL makes, and TPMs in which tpm2-tools work.

use std::fs;
use std::path::PathBuf;

use tpm2ca_testkit::{Swtpm, TempDir, Tool, temp_dir};
use tpm2ca_tpm::{Curve, KeyFile, KeyPublic, SoftwarePrivate};

/// A software key: its numbers, and a file that OpenSSL and tpm2-tools read.
pub(crate) struct SoftwareKey {
    pub(crate) numbers: SoftwarePrivate,
    /// What must never be seen on a wire.
    pub(crate) secrets: Vec<Vec<u8>>,
    pub(crate) public: KeyPublic,
    pub(crate) dir: TempDir,
}

impl SoftwareKey {
    pub(crate) fn rsa(bits: u32) -> Self {
        let option = format!("rsa_keygen_bits:{bits}");
        Self::generate(&["-algorithm", "RSA", "-pkeyopt", &option], |field| {
            let (p, q) = (field("prime1"), field("prime2"));
            let modulus = field("modulus");
            (
                SoftwarePrivate::Rsa {
                    modulus: modulus.clone(),
                    prime: p.clone().into(),
                    exponent: 65537,
                },
                vec![p, q, field("privateExponent")],
                KeyPublic::Rsa {
                    modulus: trimmed(&modulus),
                    exponent: 65537,
                },
            )
        })
    }

    pub(crate) fn ecc(curve: Curve) -> Self {
        let option = format!("group:{curve}");
        Self::generate(&["-algorithm", "EC", "-pkeyopt", &option], |field| {
            let (d, point) = (field("priv"), field("pub"));
            let (x, y) = point[1..].split_at(curve.coordinate_len());
            let (x, y) = (x.to_vec(), y.to_vec());
            (
                SoftwarePrivate::Ecc {
                    curve,
                    d: d.clone().into(),
                    x: x.clone(),
                    y: y.clone(),
                },
                vec![d],
                KeyPublic::Ecc { curve, x, y },
            )
        })
    }

    pub(crate) fn pem(&self) -> PathBuf {
        self.dir.path().join("software.pem")
    }

    fn generate(
        options: &[&str],
        take: impl FnOnce(&dyn Fn(&str) -> Vec<u8>) -> (SoftwarePrivate, Vec<Vec<u8>>, KeyPublic),
    ) -> Self {
        let dir = temp_dir();
        Tool::openssl("genpkey")
            .args(options)
            .arg("-out")
            .arg(dir.path().join("software.pem"))
            .ok();
        let text = Tool::openssl("pkey")
            .args(["-noout", "-text", "-in"])
            .arg(dir.path().join("software.pem"))
            .ok()
            .text();
        let (numbers, secrets, public) = take(&|name| field(&text, name));
        let secrets = secrets.iter().map(|secret| trimmed(secret)).collect();
        Self {
            numbers,
            secrets,
            public,
            dir,
        }
    }
}

/// A number as `openssl pkey -text` prints it: a name, then lines of octets.
fn field(text: &str, name: &str) -> Vec<u8> {
    let digits: String = text
        .lines()
        .skip_while(|line| line.split(':').next() != Some(name))
        .skip(1)
        .take_while(|line| line.starts_with(' '))
        .map(str::trim)
        .collect();
    digits
        .split(':')
        .filter(|octet| !octet.is_empty())
        .map(|octet| u8::from_str_radix(octet, 16).unwrap())
        .collect()
}

pub(crate) fn trimmed(number: &[u8]) -> Vec<u8> {
    let start = number.iter().position(|&octet| octet != 0).unwrap();
    number[start..].to_vec()
}

/// tpm2-tools at work in a folder, each with all slots of the TPM to itself.
pub(crate) struct Tools<'a> {
    tpm: &'a Swtpm,
    dir: TempDir,
}

impl<'a> Tools<'a> {
    pub(crate) fn new(tpm: &'a Swtpm) -> Self {
        Self {
            tpm,
            dir: temp_dir(),
        }
    }

    pub(crate) fn run(&self, line: &str) -> String {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap();
        let text = Tool::tpm2(name, self.tpm)
            .dir(&self.dir)
            .args(words)
            .ok()
            .text();
        if name != "tpm2_startauthsession" && !name.starts_with("tpm2_policy") {
            Tool::tpm2("tpm2_flushcontext", self.tpm).arg("-t").ok();
        }
        text
    }

    pub(crate) fn write(&self, name: &str, octets: &[u8]) {
        fs::write(self.dir.path().join(name), octets).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.dir.path().join(name)).unwrap()
    }

    /// `srk.ctx`: the primary key of template H-2, made again.
    pub(crate) fn make_srk(&self) {
        self.write("unique", &[0; 4]);
        self.run(&format!(
            "tpm2_createprimary -C o -G ecc256:aes128cfb -g sha256 -a {PRIMARY} -u unique -c srk.ctx"
        ));
    }

    /// A signature of `message` with the key in a context, as DER or as RSA octets.
    pub(crate) fn sign(&self, context: &str, auth: &str, message: &[u8]) -> Vec<u8> {
        self.write("message", message);
        self.run(&format!(
            "tpm2_sign -c {context} -g sha256 -p {auth} -f plain -o signature message"
        ));
        self.read("signature")
    }

    /// `key.ctx` of a loadable file of ours.
    pub(crate) fn load(&self, file: &KeyFile) {
        self.write("key.pub", file.public_blob());
        self.write("key.priv", file.private_blob());
        self.run("tpm2_load -C srk.ctx -u key.pub -r key.priv -c key.ctx");
    }
}

/// Whether OpenSSL finds a signature good that tpm2-tools wrote.
pub(crate) fn openssl_verifies(key: &SoftwareKey, message: &[u8], signature: &[u8]) -> bool {
    let path = |name: &str| key.dir.path().join(name);
    fs::write(path("message"), message).unwrap();
    fs::write(path("signature"), signature).unwrap();
    Tool::openssl("pkey")
        .args(["-pubout", "-in"])
        .arg(key.pem())
        .arg("-out")
        .arg(path("public.pem"))
        .ok();
    Tool::openssl("dgst")
        .dir(&key.dir)
        .args(["-sha256", "-verify", "public.pem"])
        .args(["-signature", "signature", "message"])
        .run()
        .success()
}

pub(crate) const PRIMARY: &str =
    "restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda";
