//! Sections of whole configuration files, as people have them.

use std::{fs, path::Path};

use crate::{extensions::compare_section, ours, theirs::Kind};

/// A section that has one of these is one of extensions.
const EXTENSIONS: [&str; 6] = [
    "basicConstraints",
    "keyUsage",
    "extendedKeyUsage",
    "subjectKeyIdentifier",
    "authorityKeyIdentifier",
    "subjectAltName",
];

#[test]
fn are_read_as_openssl_reads_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sections = 0;
    for folder in [
        "../openssl-conf/tests/corpus",
        "../../../shared/testdata/nguyen",
        "/etc/ssl",
    ] {
        let Ok(entries) = fs::read_dir(root.join(folder)) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "cnf") {
                sections += compare_file(&path);
            }
        }
    }
    assert!(sections >= 10, "{sections}");
}

/// How many sections were compared.
fn compare_file(path: &Path) -> usize {
    let text = fs::read(path).unwrap();
    // Includes and the environment are not what is compared here.
    let Ok(conf) = tpm2ca_openssl_conf::Conf::parse(&text, "test.cnf", &|_: &str| None) else {
        return 0;
    };
    let names = conf
        .sections()
        .filter(|section| EXTENSIONS.iter().any(|name| section.get(name).is_some()))
        .map(|section| section.name().to_owned());
    let mut compared = 0;
    for section in names {
        let is_proxy = conf.get(&section, "proxyCertInfo").is_some();
        for kind in [Kind::Own, Kind::Issued, Kind::Request] {
            let case = format!("{} [{section}]", path.display());
            let (made, fault) = compare_section(&text, &case, &section, kind);
            match fault {
                // Refused here, with a reason.
                Some(_) if is_proxy => assert!(ours::make(&text, &section, kind).is_err()),
                Some(fault) => panic!("{fault}"),
                None => compared += usize::from(made),
            }
        }
    }
    compared
}
