//! Where the certificates of a file say that the CA's CRL, responder and certificate are.

use tpm2ca_openssl_conf::{Conf, Section, Value};

/// The URLs in a file's sections of extensions, each once. Which section is used is not looked at: all that speak of
/// this are about what the file's CA issues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaUrls {
    /// `crlDistributionPoints`
    pub crl: Vec<String>,
    /// `authorityInfoAccess = OCSP;URI:...`
    pub ocsp: Vec<String>,
    /// `authorityInfoAccess = caIssuers;URI:...`
    pub ca_issuers: Vec<String>,
}

impl CaUrls {
    /// Those of a whole file, with the long forms: `authorityInfoAccess = @section`, and sections of distribution
    /// points.
    pub fn of(conf: &Conf) -> Self {
        let mut urls = Self::default();
        for value in conf.sections().flat_map(Section::values) {
            let text = String::from_utf8_lossy(value.as_bytes());
            match value.name() {
                "authorityInfoAccess" | "1.3.6.1.5.5.7.1.1" => {
                    for entry in entries(conf, value, &text) {
                        urls.add_access(&entry);
                    }
                }
                "crlDistributionPoints" | "2.5.29.31" => {
                    for entry in entries(conf, value, &text) {
                        // The name of a section with one point.
                        let point = conf.section(&entry).and_then(|point| point.get("fullname"));
                        match point {
                            Some(names) => {
                                let text = String::from_utf8_lossy(names.as_bytes());
                                for entry in entries(conf, names, &text) {
                                    add(&mut urls.crl, entry.strip_prefix("URI:"));
                                }
                            }
                            None => add(&mut urls.crl, entry.strip_prefix("URI:")),
                        }
                    }
                }
                _ => {}
            }
        }
        urls
    }

    fn add_access(&mut self, entry: &str) {
        add(&mut self.ocsp, entry.strip_prefix("OCSP;URI:"));
        add(&mut self.ca_issuers, entry.strip_prefix("caIssuers;URI:"));
    }
}

/// The parts of a list as `TYPE:VALUE`, from the value itself or from the section that it names with `@`.
fn entries(conf: &Conf, value: &Value, text: &str) -> Vec<String> {
    if let Ok(Some(section)) = conf.at_section(text.trim(), value) {
        let of_section = section.values().iter().map(|value| {
            // `URI.1 = x` is one of several `URI = x`.
            let kind = value.name().split('.').next().unwrap_or_default();
            format!("{kind}:{}", String::from_utf8_lossy(value.as_bytes()))
        });
        return of_section.collect();
    }
    text.split(',').map(|part| part.trim().to_owned()).collect()
}

fn add(urls: &mut Vec<String>, url: Option<&str>) {
    if let Some(url) = url.map(str::trim)
        && !urls.iter().any(|known| known == url)
    {
        urls.push(url.to_owned());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn short_and_long_forms_are_read() {
        let text = "\
[a]
authorityInfoAccess = OCSP;URI:http://o.example/a, caIssuers;URI:http://i.example/ca
crlDistributionPoints = URI:http://c.example/1, URI:http://c.example/2
[b]
authorityInfoAccess = @access
crlDistributionPoints = point, @points
[access]
OCSP;URI.0 = http://o.example/b
OCSP;URI.1 = http://o.example/a
caIssuers;email = x@example.com
[point]
fullname = URI:http://c.example/3, DNS:c.example
reasons = keyCompromise
[points]
URI = http://c.example/4
";
        let conf = Conf::parse(text.as_bytes(), "x.cnf", &|_| None).unwrap();
        let urls = CaUrls::of(&conf);
        assert_eq!(urls.ocsp, ["http://o.example/a", "http://o.example/b"]);
        assert_eq!(urls.ca_issuers, ["http://i.example/ca"]);
        // A list that begins with a name is no reference to a section as a whole.
        assert_eq!(
            urls.crl,
            [
                "http://c.example/1",
                "http://c.example/2",
                "http://c.example/3"
            ]
        );
    }
}
