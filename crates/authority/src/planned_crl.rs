//! CRLs that a front end has planned itself: number, dates, extensions and the form of the entries are given.

use std::io::Write;

use tpm2ca_keys::{Hash, Hasher};
use tpm2ca_store::NewCrl;
use tpm2ca_x509::{
    Extension, UnixTime,
    crl::{PlainCrlFields, PlainEntry},
};

use crate::{Authority, AuthorityError, Issuer, hashing_writer::HashingWriter};

/// A CRL but for its entries and its signature.
pub struct PlannedCrl<'a> {
    /// The issuer.
    pub issuer: &'a Issuer,
    /// The hash of the signature; none for the one that suits the issuer's key.
    pub md: Option<Hash>,
    /// The number under which it is recorded.
    pub number: u64,
    /// When it is made.
    pub this_update: UnixTime,
    /// When the next one is due.
    pub next_update: UnixTime,
    /// True when it is of version 2 in any case; entries with a reason ask for that too.
    pub version_2: bool,
    /// Its extensions, in the order in which they are written.
    pub extensions: &'a [Extension],
    /// The requester, as the records name it.
    pub requester: &'a str,
}

/// A file that a CRL is written to.
pub trait CrlFile: Write {
    /// Ends the file: all that was written is in it when this returns.
    ///
    /// # Errors
    /// [`AuthorityError::File`].
    fn finish(&mut self) -> Result<(), AuthorityError>;
}

impl Authority {
    /// Signs a CRL, writes it, and records it. `entries` is called three times: for the lengths, for the digest, and
    /// for the file. Returns the number of entries.
    ///
    /// # Errors
    /// [`AuthorityError::KeyCannotSign`]; those of the entries, the key, the file and the records.
    pub fn sign_crl<I>(
        &self,
        crl: &PlannedCrl<'_>,
        entries: impl Fn() -> I,
        file: &mut dyn CrlFile,
    ) -> Result<u64, AuthorityError>
    where
        I: Iterator<Item = Result<PlainEntry, AuthorityError>>,
    {
        let issuer = crl.issuer;
        let signing = issuer.signing(crl.md)?;
        let mut has_reasons = false;
        let size = PlainCrlFields::entries_len(entries().inspect(|entry| {
            has_reasons |= entry.as_ref().is_ok_and(|entry| entry.reason.is_some());
        }))?;
        let fields = PlainCrlFields {
            version_2: crl.version_2 || has_reasons,
            signature_algorithm: signing.algorithm,
            issuer_der: issuer.subject_der(),
            this_update: crl.this_update,
            next_update: crl.next_update,
            extensions: crl.extensions,
        };
        let mut hasher = Hasher::new(signing.hash);
        fields.write_tbs(&size, entries(), &mut hasher)?;
        let signature = issuer.signer().sign(signing.algorithm, &hasher.finish())?;
        let mut out = HashingWriter::new(&mut *file);
        fields.write(&size, entries(), signature.bytes(), &mut out)?;
        let sha256 = out.finish();
        file.finish()?;
        self.store.record_crl(&NewCrl {
            issuer: issuer.id(),
            number: crl.number,
            sha256,
            this_update: crl.this_update,
            next_update: crl.next_update,
            entries: size.count(),
            requester: crl.requester,
            at: self.now(),
        })?;
        Ok(size.count())
    }
}
