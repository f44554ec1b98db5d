//! A file of profiles.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tpm2ca_profile::Profiles;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut profiles = Profiles::built_in();
    if let Err(error) = profiles.merge_toml(text, "fuzz.toml") {
        let _ = (error.to_string(), error.hint());
    }
});
