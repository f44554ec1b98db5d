//! The form in which a CRL is written.

use std::io::{self, Write};

use tpm2ca_x509::pem;

use crate::args::Form;

/// Copies the DER of a CRL, as it is or as PEM.
pub(super) fn copy_bytes(
    mut file: &mut impl io::Read,
    form: Form,
    mut out: &mut impl Write,
) -> io::Result<()> {
    match form {
        Form::Der => io::copy(&mut file, &mut out).map(drop),
        Form::Pem => pem::StreamWriter::new("X509 CRL", &mut out).and_then(|mut writer| {
            io::copy(&mut file, &mut writer)?;
            writer.finish().map(drop)
        }),
    }
}
