//! Requests in the path of a GET: base64, escaped for URLs (RFC 6960 appendix A.1, RFC 5019 section 5).

use base64ct::{Base64Unpadded, Encoding};

/// The paths below which requests are answered: `/`, and those of the OCSP URLs that certificates bear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths(Vec<String>);

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning<'a> {
    /// That of an OCSP URL.
    Responder,
    /// What follows it.
    Request(&'a str),
}

impl Paths {
    /// Of these URLs.
    pub fn of_urls<'a>(urls: impl IntoIterator<Item = &'a str>) -> Self {
        let mut paths: Vec<String> = urls.into_iter().map(path_of_url).collect();
        paths.push(String::new());
        // Longer ones first, so that a request below `/ocsp` is not taken for one below `/`.
        paths.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        paths.dedup();
        Self(paths)
    }

    pub(crate) fn meaning<'a>(&self, path: &'a str) -> Option<Meaning<'a>> {
        self.0.iter().find_map(|known| {
            let rest = path.strip_prefix(known.as_str())?;
            match rest.strip_prefix('/') {
                Some("") => Some(Meaning::Responder),
                Some(request) => Some(Meaning::Request(request)),
                None if rest.is_empty() => Some(Meaning::Responder),
                None => None,
            }
        })
    }
}

/// The path without the slash at its end; that of `http://ocsp.example.com/` is empty.
fn path_of_url(url: &str) -> String {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let without_query = after_scheme.split(['?', '#']).next().unwrap_or_default();
    let path = without_query
        .find('/')
        .map_or("", |at| &without_query[at..]);
    path.trim_end_matches('/').to_owned()
}

/// The request in a path, or nothing where there is no base64. Some clients leave out the padding, some write the
/// alphabet that is safe in URLs, and some let a `+` become a space; all are understood.
pub fn request_in_path(path: &str) -> Option<Vec<u8>> {
    let mut text = String::with_capacity(path.len());
    let mut octets = path.bytes();
    while let Some(octet) = octets.next() {
        let octet = match octet {
            b'%' => 16 * hex_digit(octets.next()?)? + hex_digit(octets.next()?)?,
            other => other,
        };
        text.push(match octet {
            b'-' | b' ' => '+',
            b'_' => '/',
            other => char::from(other),
        });
    }
    Base64Unpadded::decode_vec(text.trim_end_matches('=')).ok()
}

fn hex_digit(octet: u8) -> Option<u8> {
    char::from(octet)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_of_the_certificates_are_known() {
        let paths = Paths::of_urls([
            "http://ocsp.example.com",
            "http://pki.example.com/ocsp/",
            "https://[2001:db8::1]:80/ocsp/v2?x",
        ]);
        for (path, meaning) in [
            ("/", Some(Meaning::Responder)),
            ("/ocsp", Some(Meaning::Responder)),
            ("/ocsp/", Some(Meaning::Responder)),
            ("/ocsp/v2", Some(Meaning::Responder)),
            ("/MEIw", Some(Meaning::Request("MEIw"))),
            ("/ocsp/MEIw/x", Some(Meaning::Request("MEIw/x"))),
            ("/ocsp/v2/MEIw", Some(Meaning::Request("MEIw"))),
            ("/ocspMEIw", Some(Meaning::Request("ocspMEIw"))),
            ("*", None),
        ] {
            assert_eq!(paths.meaning(path), meaning, "{path}");
        }
    }

    #[test]
    fn what_is_no_base64_is_no_request() {
        for path in ["favicon.ico", "%", "%4", "%zz", "a", "MEIw=MEIw", "M€"] {
            assert_eq!(request_in_path(path), None, "{path}");
        }
        assert_eq!(request_in_path(""), Some(Vec::new()));
    }

    proptest! {
        #[test]
        fn every_way_of_writing_a_request_is_read(
            request in proptest::collection::vec(any::<u8>(), 0..200),
            escape in any::<[bool; 4]>(), url_safe in any::<bool>(), padded in any::<bool>(),
        ) {
            let mut text = Base64Unpadded::encode_string(&request);
            while padded && text.len() % 4 != 0 {
                text.push('=');
            }
            if url_safe {
                text = text.replace('+', "-").replace('/', "_");
            }
            for (escape, (plain, escaped)) in escape.into_iter().zip([("+", "%2B"), ("/", "%2f"), ("=", "%3D"), ("M", "%4d")]) {
                if escape {
                    text = text.replace(plain, escaped);
                }
            }
            prop_assert_eq!(request_in_path(&text), Some(request));
        }

        #[test]
        fn any_path_is_read_or_not(path in "\\PC{0,100}") {
            let _ = request_in_path(&path);
            let _ = Paths::of_urls([path.as_str()]).meaning(&path);
        }
    }
}
