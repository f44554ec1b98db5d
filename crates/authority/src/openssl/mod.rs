//! A CA that an openssl.cnf describes: what `openssl ca` does, with the stages and the records of every other CA.
//!
//! The records are in `$dir/tpm2ca.db`. The files of `openssl ca` (`index.txt`, `serial`, `crlnumber`, `newcerts/`)
//! are kept current beside them, and what others change there is taken in before anything is done ([`books`]).

mod books;
mod ca;
mod crl;
mod delegate;
mod export;
mod index_sync;
mod index_txt;
mod number_file;
mod revoke;
mod sign;
mod take_over;

pub use ca::{OpensslCa, OpensslCaOptions};
pub use crl::{OpensslCrl, OpensslCrlOptions};
pub use export::ExportSummary;
#[doc(hidden)]
pub use index_txt::fuzzed_index_txt;
pub use revoke::OpensslRevocation;
pub use sign::{Preview, PreviewExtension, SignOptions, Signing, Wanted};
pub use take_over::{TakeOver, TakenOver, take_over};

pub(crate) use books::Books;
