//! A configuration file that somebody wrote. What `%` separates from the rest is what an `.include` finds.
#![no_main]

use std::{io, path::Path};

use libfuzzer_sys::fuzz_target;
use tpm2ca_openssl_conf::{Conf, Files, Found, limits};

struct Included<'a>(&'a [u8]);

impl Files for Included<'_> {
    fn find(&self, path: &Path, _: usize) -> io::Result<Found> {
        match path.as_os_str().len() % 3 {
            0 => Ok(Found::File(self.0.to_vec())),
            1 => Ok(Found::Folder(vec![
                path.join("bb.cnf"),
                path.join("a.conf"),
            ])),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |octet| *octet == b'%');
    let main = parts.next().unwrap_or_default();
    let included = Included(parts.next().unwrap_or_default());
    let env = |name: &str| (name.len() == 1).then(|| "$value # \"".to_owned());
    match Conf::parse_with(main, "main.cnf", &env, &included) {
        Ok(conf) => {
            let mut size = 0;
            for section in conf.sections() {
                assert_eq!(
                    conf.section(section.name()).map(|found| found.name()),
                    Some(section.name())
                );
                for value in section.values() {
                    // What is listed is what is found.
                    assert_eq!(section.get(value.name()), Some(value));
                    assert_eq!(conf.get(section.name(), value.name()), Some(value));
                    let _ = (value.kind(), value.number(), value.as_str());
                    let _ = conf
                        .section_named_by(value)
                        .map(|section| section.place().line());
                    size += value.as_bytes().len();
                }
            }
            assert!(size <= limits::VALUES);
        }
        Err(error) => {
            let _ = (error.to_string(), error.hint(), error.place());
        }
    }
});
