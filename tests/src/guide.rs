//! The OpenSSL Certificate Authority guide: its two files, whose only change is `dir`, its folders, its steps in order,
//! and what others say of what comes of them. Each suite takes the steps with its own program.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use tpm2ca_testkit::{Ran, Tool};

/// The root's certificate.
pub const ROOT: &str = "ca/certs/ca.cert.pem";
/// The intermediate's certificate.
pub const INTERMEDIATE: &str = "ca/intermediate/certs/intermediate.cert.pem";
/// Both.
pub const CHAIN: &str = "ca/intermediate/certs/ca-chain.cert.pem";
/// The root's list.
pub const ROOT_CRL: &str = "ca/crl/ca.crl.pem";
/// The intermediate's list.
pub const CRL: &str = "ca/intermediate/crl/intermediate.crl.pem";
/// A certificate that stays good.
pub const SERVER: &str = "ca/intermediate/certs/www.example.com.cert.pem";
/// A certificate that is revoked.
pub const CLIENT: &str = "ca/intermediate/certs/bob@example.com.cert.pem";
/// The OCSP responder's certificate.
pub const RESPONDER: &str = "ca/intermediate/certs/ocsp.cert.pem";
/// The root's openssl.cnf.
pub const ROOT_CONFIG: &str = "ca/openssl.cnf";
/// The intermediate's openssl.cnf.
pub const CONFIG: &str = "ca/intermediate/openssl.cnf";

/// Where the text of the openssl.cnf of `root` or `intermediate` comes from.
pub type Configuration = fn(&str) -> String;

/// The guide's own files, which are not ours to copy, are beside the repository or not at all.
pub fn is_here() -> bool {
    folder_of_the_guide().exists()
}

fn folder_of_the_guide() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/testdata/nguyen")
}

/// The guide's own files.
pub fn of_the_guide(name: &str) -> String {
    fs::read_to_string(folder_of_the_guide().join(format!("{name}-openssl.cnf"))).unwrap()
}

/// Files that say the same.
pub fn equivalent(name: &str) -> String {
    let (key, policy) = match name {
        "root" => ("ca", "policy_strict"),
        _ => ("intermediate", "policy_loose"),
    };
    include_str!("guide.cnf")
        .replace("KEY", key)
        .replace("POLICY", policy)
}

/// The file with its folder, and nothing else that is new.
fn in_folder(text: &str, dir: &Path) -> String {
    let (mut lines, mut changed) = (String::new(), 0);
    for line in text.lines() {
        if line.starts_with("dir ") {
            changed += 1;
            writeln!(lines, "dir = {}", dir.display()).unwrap();
        } else {
            writeln!(lines, "{line}").unwrap();
        }
    }
    assert_eq!(changed, 1);
    lines
}

/// The folders and files that the guide begins with.
pub fn begin(folder: &Path, configuration: Configuration) {
    for (name, dir) in [("root", "ca"), ("intermediate", "ca/intermediate")] {
        let path = folder.join(dir);
        for folder in ["certs", "crl", "csr", "newcerts", "private"] {
            fs::create_dir_all(path.join(folder)).unwrap();
        }
        fs::write(path.join("index.txt"), "").unwrap();
        fs::write(path.join("serial"), "1000\n").unwrap();
        let text = in_folder(&configuration(name), &path);
        fs::write(path.join("openssl.cnf"), text).unwrap();
    }
    // The guide makes this one for the intermediate only.
    fs::write(folder.join("ca/intermediate/crlnumber"), "1000\n").unwrap();
}

/// The root's `crlnumber`, which the guide forgets and `openssl ca` wants.
pub fn begin_root_s_crl(folder: &Path) {
    fs::write(folder.join("ca/crlnumber"), "1000\n").unwrap();
}

/// What the guide says is typed; the rest are defaults.
pub fn answers(common_name: &str) -> String {
    format!("GB\nEngland\n\nAlice Ltd\nAlice Ltd Certificate Authority\n{common_name}\n\n")
}

/// What is done with a key of a CA.
pub enum Step<'a> {
    /// The root's certificate, by itself.
    Root,
    /// The intermediate's request, in this file.
    Request(&'a str),
    /// A certificate for a request.
    Sign {
        /// The CA's openssl.cnf.
        config: &'a str,
        /// The section with its extensions.
        extensions: &'a str,
        /// How long it is valid.
        days: u32,
        /// The request's file.
        csr: &'a str,
        /// The certificate's file.
        out: &'a str,
    },
    /// A new CRL.
    Crl {
        /// The CA's openssl.cnf.
        config: &'a str,
        /// The list's file.
        out: &'a str,
    },
    /// The client's certificate is revoked, because its key is known to others.
    Revoke,
}

impl Step<'_> {
    /// The arguments of `openssl`, with a key of the engine. They have no spaces.
    pub fn of_openssl(&self) -> String {
        const KEY: &str = "-engine tpm2tss -keyform engine";
        match self {
            Self::Root => format!(
                "req -config {ROOT_CONFIG} {KEY} -key ca/private/ca.key.pem -new -x509 -days 7300 -sha256 \
                 -extensions v3_ca -out {ROOT}"
            ),
            Self::Request(csr) => format!(
                "req -config {CONFIG} {KEY} -new -sha256 -key ca/intermediate/private/intermediate.key.pem -out {csr}"
            ),
            Self::Sign {
                config,
                extensions,
                days,
                csr,
                out,
            } => format!(
                "ca -config {config} {KEY} -extensions {extensions} -days {days} -notext -md sha256 -batch -in {csr} \
                 -out {out}"
            ),
            Self::Crl { config, out } => format!("ca -config {config} {KEY} -gencrl -out {out}"),
            Self::Revoke => {
                format!("ca -config {CONFIG} {KEY} -revoke {CLIENT} -crl_reason keyCompromise")
            }
        }
    }

    /// What is typed.
    pub fn typed(&self) -> String {
        match self {
            Self::Root => answers("Alice Ltd Root CA"),
            Self::Request(_) => answers("Alice Ltd Intermediate CA"),
            _ => String::new(),
        }
    }
}

/// Somebody who follows the guide.
pub trait Guide {
    /// Where the files are.
    fn folder(&self) -> &Path;

    /// `openssl` with these arguments, which have no spaces, and without our modules: the judge.
    fn judge(&self, arguments: &str) -> Tool;

    /// A new key in the TPM.
    fn key(&self, file: &str);

    /// Takes a step, which must succeed.
    fn take(&self, step: &Step<'_>);

    /// Makes a request for the certificate of `www.example.com`, `bob@example.com` or `ocsp`, with a new key.
    fn request(&self, name: &str, csr: &str);

    /// What a responder with the certificate [`RESPONDER`] answers, as [`Guide::answer`] shows it; asked is
    /// `-cert FILE` or `-serial NUMBER`.
    fn ocsp(&self, asked: &str) -> String;

    /// The content of a file.
    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder().join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A new file.
    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder().join(name), text).unwrap();
    }

    /// The judge, which must succeed.
    fn openssl(&self, arguments: &str) -> Ran {
        self.judge(arguments).ok()
    }

    /// `openssl verify` at its strictest; what it objects to.
    fn objection(&self, arguments: &str) -> Option<String> {
        let ran = self
            .judge(&format!(
                "verify -x509_strict -check_ss_sig -CAfile {ROOT} {arguments}"
            ))
            .run();
        (!ran.success()).then(|| ran.errors())
    }

    /// GnuTLS agrees that the certificate is good.
    fn certtool_verifies(&self, certificate: &str) {
        let chain = [certificate, INTERMEDIATE, ROOT].map(|name| self.read(name));
        self.write("chain.pem", &chain.concat());
        Tool::certtool()
            .args(["--verify", "--load-ca-certificate", ROOT])
            .args(["--infile", "chain.pem"])
            .dir(self.folder())
            .ok();
    }

    /// A new CRL, which is right in the eyes of OpenSSL and GnuTLS.
    fn crl(&self, config: &str, issuer: &str, out: &str) {
        self.take(&Step::Crl { config, out });
        let ran = self.openssl(&format!("crl -in {out} -noout -CAfile {CHAIN}"));
        assert!(ran.errors().contains("verify OK"), "{}", ran.report());
        Tool::certtool()
            .args(["--verify-crl", "--load-ca-certificate", issuer])
            .args(["--infile", out])
            .dir(self.folder())
            .ok();
    }

    /// An OCSP response in words, after its signature was found good.
    fn answer(&self, response: &str, asked: &str) -> String {
        let ran = self.openssl(&format!(
            "ocsp -respin {response} -issuer {INTERMEDIATE} {asked} -no_nonce -CAfile {CHAIN}"
        ));
        assert!(
            ran.errors().contains("Response verify OK"),
            "{}",
            ran.report()
        );
        ran.text()
    }
}

/// The guide up to the certificates of others: root, intermediate, server, client and OCSP responder.
pub fn certificates(guide: &impl Guide) {
    root_and_intermediate(guide);
    for (name, extensions, purpose) in [
        ("www.example.com", "server_cert", "sslserver"),
        ("bob@example.com", "usr_cert", "sslclient"),
        ("ocsp", "ocsp", "ocsphelper"),
    ] {
        let csr = format!("ca/intermediate/csr/{name}.csr.pem");
        let out = format!("ca/intermediate/certs/{name}.cert.pem");
        guide.request(name, &csr);
        guide.take(&Step::Sign {
            config: CONFIG,
            extensions,
            days: 375,
            csr: &csr,
            out: &out,
        });
        let objection = guide.objection(&format!(
            "-untrusted {INTERMEDIATE} -purpose {purpose} {out}"
        ));
        assert_eq!(objection, None, "{name}");
        guide.certtool_verifies(&out);
    }
}

fn root_and_intermediate(guide: &impl Guide) {
    guide.key("ca/private/ca.key.pem");
    guide.take(&Step::Root);
    guide.key("ca/intermediate/private/intermediate.key.pem");
    let csr = "ca/intermediate/csr/intermediate.csr.pem";
    guide.take(&Step::Request(csr));
    guide.openssl(&format!("req -in {csr} -noout -verify"));
    guide.take(&Step::Sign {
        config: ROOT_CONFIG,
        extensions: "v3_intermediate_ca",
        days: 3650,
        csr,
        out: INTERMEDIATE,
    });
    let index = guide.read("ca/index.txt");
    assert!(
        index.starts_with("V\t")
            && index.ends_with(
                "\t1000\tunknown\t/C=GB/ST=England/O=Alice Ltd/OU=Alice Ltd Certificate Authority\
                 /CN=Alice Ltd Intermediate CA\n"
            ),
        "{index}"
    );
    let chain = [INTERMEDIATE, ROOT].map(|name| guide.read(name));
    guide.write(CHAIN, &chain.concat());
    for certificate in [ROOT, INTERMEDIATE] {
        assert_eq!(guide.objection(certificate), None, "{certificate}");
        guide.certtool_verifies(certificate);
    }
}

/// CRLs and OCSP, before and after the revocation of the client.
pub fn revocation(guide: &impl Guide) {
    let checked = |certificate: &str| {
        guide.objection(&format!(
            "-untrusted {INTERMEDIATE} -crl_check -crl_check_all -CRLfile {CRL} -CRLfile {ROOT_CRL} {certificate}"
        ))
    };
    guide.crl(ROOT_CONFIG, ROOT, ROOT_CRL);
    guide.crl(CONFIG, INTERMEDIATE, CRL);
    for certificate in [SERVER, CLIENT] {
        assert_eq!(checked(certificate), None);
        let answer = guide.ocsp(&format!("-cert {certificate}"));
        assert!(answer.contains(&format!("{certificate}: good")), "{answer}");
    }

    guide.take(&Step::Revoke);
    guide.crl(CONFIG, INTERMEDIATE, CRL);
    assert_eq!(checked(SERVER), None);
    let objection = checked(CLIENT).unwrap();
    assert!(objection.contains("certificate revoked"), "{objection}");
    let answer = guide.ocsp(&format!("-cert {CLIENT}"));
    assert!(
        answer.contains(&format!("{CLIENT}: revoked")) && answer.contains("Reason: keyCompromise"),
        "{answer}"
    );
    let answer = guide.ocsp(&format!("-cert {SERVER}"));
    assert!(answer.contains(": good"), "{answer}");
    let answer = guide.ocsp("-serial 0x7777");
    assert!(answer.contains("0x7777: unknown"), "{answer}");
    assert_eq!(guide.read("ca/intermediate/crlnumber"), "1002\n");
}
