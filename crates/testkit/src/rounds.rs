//! How often a crash test kills what it tests.

use std::env;

/// Rounds without `TPM2CA_TEST_ROUNDS`, and the fewest: every crash test reaches all of its points in as many.
const FEWEST: usize = 10;

/// Rounds that a crash test has: `TPM2CA_TEST_ROUNDS`, which `make test-long` sets, or 10.
pub fn rounds() -> usize {
    let Some(text) = env::var_os("TPM2CA_TEST_ROUNDS") else {
        return FEWEST;
    };
    text.to_str()
        .and_then(|text| text.parse().ok())
        .filter(|rounds| *rounds >= FEWEST)
        .unwrap_or_else(|| {
            panic!(
                "expected a number of at least {FEWEST} in TPM2CA_TEST_ROUNDS, found `{}`",
                text.display()
            )
        })
}
