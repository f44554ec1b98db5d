//! Any text as the path of a GET: no panic, and what is understood is understood in every way of writing it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tpm2ca_responder::{Paths, request_in_path};

fuzz_target!(|path: &str| {
    let _ = Paths::of_urls([path, "http://x/ocsp"]);
    let Some(request) = request_in_path(path) else {
        return;
    };
    let escaped: String = path
        .bytes()
        .map(|octet| match octet {
            b'%' => "%".to_owned(),
            other if other.is_ascii_hexdigit() => char::from(other).to_string(),
            other => format!("%{other:02x}"),
        })
        .collect();
    assert_eq!(request_in_path(&escaped), Some(request));
});
