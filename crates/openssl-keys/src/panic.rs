//! Panics become errors: nothing may unwind into C, and a program that only loads a module is not to be aborted by it.

use std::cell::RefCell;
use std::ffi::CStr;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use crate::error::Error;

/// Runs what C has called for; a panic in it is an error like others.
pub fn caught<T>(body: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    panic::catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
        Err(Error::Panic {
            message: PANIC.take(),
        })
    })
}

/// Keeps what a panic says for the error queue, instead of printing it in somebody else's program. Once for a module:
/// each has its own copy of this.
pub fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|info| {
            let message = info.to_string().replace('\n', " ");
            let _ = PANIC.try_with(|kept| kept.replace(message));
        }));
    });
}

/// Panics where it was told to, so that tests can see what becomes of it.
///
/// # Panics
/// When `wanted` is the name of the entry.
pub fn panic_if_asked(entry: &CStr, wanted: Option<&[u8]>) {
    assert!(
        wanted != Some(entry.to_bytes()),
        "asked to panic in {entry:?}"
    );
}

thread_local! {
    /// What the last panic said.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_with_its_words() {
        keep_quiet();
        let outcome = caught(|| {
            panic_if_asked(c"sign", Some(b"verify"));
            panic_if_asked(c"sign", Some(b"sign"));
            Ok(())
        });
        let error = outcome.map_or_else(|error| error.in_full(), |()| String::new());
        assert!(error.starts_with("internal error: "), "{error}");
        assert!(error.contains("asked to panic in \"sign\""), "{error}");
        assert!(caught(|| Ok(7)).is_ok_and(|number| number == 7));
    }
}
