//! Everything a CA has made, before three judges who know nothing of us: openssl, GnuTLS, Python's cryptography.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use tpm2ca_store::{Filter, SqliteStore, Store};
use tpm2ca_testkit::{Tool, temp_dir};
use tpm2ca_x509::pem;

/// How much was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Certificates, root and intermediate among them.
    pub certificates: usize,
    /// CRLs.
    pub crls: usize,
}

/// Has every certificate in the records of the CA in `directory`, and every CRL in its `crl` folder, judged: signature,
/// chain and conformance by `openssl verify -x509_strict -check_ss_sig` and `certtool --verify`, encoding by
/// `cryptography`. Certificates must be within their validity.
pub fn everything(directory: &Path) -> Judged {
    let folder = temp_dir();
    let certificates = written(directory, folder.path());
    let root = directory.join("root.crt");
    let intermediate = directory.join("intermediate.crt");

    Tool::openssl("verify")
        .args(["-x509_strict", "-check_ss_sig", "-CAfile"])
        .arg(&root)
        .arg("-untrusted")
        .arg(&intermediate)
        .args(&certificates)
        .ok();

    let issuers: String = [&intermediate, &root]
        .map(|path| fs::read_to_string(path).unwrap())
        .concat();
    for certificate in &certificates {
        let said = Tool::certtool()
            .args(["--verify", "--load-ca-certificate"])
            .arg(&root)
            .input(fs::read_to_string(certificate).unwrap() + &issuers)
            .ok()
            .text();
        assert!(
            said.contains("Verified. The certificate is trusted."),
            "{}: {said}",
            certificate.display()
        );
    }

    Tool::python(
        "import sys\n\
         from cryptography import x509\n\
         for name in sys.argv[1:]:\n\
         \x20   certificate = x509.load_pem_x509_certificate(open(name, 'rb').read())\n\
         \x20   assert [e.oid for e in certificate.extensions] and certificate.subject is not None, name\n\
         \x20   assert 0 < certificate.serial_number < 2 ** 159, name\n",
    )
    .args(&certificates)
    .ok();

    Judged {
        certificates: certificates.len(),
        crls: crls(directory),
    }
}

/// Writes the recorded certificates into `folder`, one file each.
fn written(directory: &Path, folder: &Path) -> Vec<PathBuf> {
    let store = SqliteStore::open(&directory.join("records.db")).unwrap();
    let mut rows = Vec::new();
    store
        .list(&Filter::default(), &mut |row| {
            rows.push(row);
            ControlFlow::Continue(())
        })
        .unwrap();
    let mut files = Vec::new();
    for row in rows {
        let Some(der) = store.certificate_der(row.issuer, &row.serial).unwrap() else {
            continue;
        };
        let path = folder.join(format!("{}.pem", files.len()));
        fs::write(&path, pem::encode("CERTIFICATE", &der)).unwrap();
        files.push(path);
    }
    assert!(
        files.len() >= 2,
        "the records have neither root nor intermediate"
    );
    files
}

fn crls(directory: &Path) -> usize {
    let Ok(entries) = fs::read_dir(directory.join("crl")) else {
        return 0;
    };
    let mut count = 0;
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "crl") {
            continue;
        }
        let issuer = directory.join(format!(
            "{}.crt",
            path.file_stem().unwrap().to_str().unwrap()
        ));
        let ran = Tool::openssl("crl")
            .args(["-inform", "DER", "-in"])
            .arg(&path)
            .arg("-CAfile")
            .arg(&issuer)
            .ok();
        assert!(ran.errors().contains("verify OK"), "{}", ran.report());
        let said = Tool::certtool()
            .args(["--verify-crl", "--load-ca-certificate"])
            .arg(&issuer)
            .input(ran.stdout)
            .ok()
            .text();
        assert!(said.contains("Verified"), "{}: {said}", path.display());
        Tool::python(
            "import sys\n\
             from cryptography import x509\n\
             crl = x509.load_der_x509_crl(open(sys.argv[1], 'rb').read())\n\
             crl.extensions.get_extension_for_class(x509.CRLNumber)\n\
             for entry in crl: entry.extensions\n",
        )
        .arg(&path)
        .ok();
        count += 1;
    }
    count
}
