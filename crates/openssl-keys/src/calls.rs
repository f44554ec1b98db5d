//! Record of the functions that OpenSSL has called, by which tests see that they call all of them.

use std::env;
use std::ffi::CStr;
use std::fs::OpenOptions;
use std::io::Write as _;

/// Appends the name of a function of a module to the file that the environment names, in a build with debug assertions.
pub fn record(entry: &CStr) {
    if cfg!(debug_assertions)
        && let Some(path) = env::var_os("TPM2CA_TEST_CALLS").filter(|path| !path.is_empty())
        && let Ok(mut file) = OpenOptions::new().append(true).create(true).open(path)
    {
        // A line is one write, so that threads do not mix theirs. A test notices what is missing.
        let _ = file.write_all(format!("{}\n", entry.to_string_lossy()).as_bytes());
    }
}
