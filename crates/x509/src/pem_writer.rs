//! PEM as a stream (RFC 7468), for what need not fit into memory, such as a CRL.

use std::io::{self, Write};

use pem_rfc7468::Base64Encoder;

/// Armours what is written into it, in lines of 64 characters. Only [`StreamWriter::finish`] makes it whole.
#[derive(Debug)]
#[must_use = "without `finish` the armour has no end"]
pub struct StreamWriter<W: Write> {
    out: W,
    label: String,
    /// Octets that do not fill a line yet.
    line: Vec<u8>,
}

impl<W: Write> StreamWriter<W> {
    /// Writes the BEGIN line.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn new(label: &str, mut out: W) -> io::Result<Self> {
        writeln!(out, "-----BEGIN {label}-----")?;
        Ok(Self {
            out,
            label: label.to_owned(),
            line: Vec::with_capacity(OCTETS_PER_LINE),
        })
    }

    /// Writes what is left and the END line, and flushes the sink.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn finish(mut self) -> io::Result<()> {
        if !self.line.is_empty() {
            write_line(&mut self.out, &self.line)?;
        }
        writeln!(self.out, "-----END {}-----", self.label)?;
        self.out.flush()
    }
}

impl<W: Write> Write for StreamWriter<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let mut rest = octets;
        while !rest.is_empty() {
            let room = OCTETS_PER_LINE - self.line.len();
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.line.extend_from_slice(now);
            rest = later;
            if self.line.len() == OCTETS_PER_LINE {
                write_line(&mut self.out, &self.line)?;
                self.line.clear();
            }
        }
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // The octets of an unfinished line cannot be encoded yet.
        self.out.flush()
    }
}

const OCTETS_PER_LINE: usize = 48;
const CHARACTERS_PER_LINE: usize = 64;

fn write_line(out: &mut impl Write, octets: &[u8]) -> io::Result<()> {
    let mut text = [0; CHARACTERS_PER_LINE];
    let encoded = Base64Encoder::new(&mut text)
        .and_then(|mut encoder| {
            encoder.encode(octets)?;
            encoder.finish()
        })
        .map_err(io::Error::other)?;
    writeln!(out, "{encoded}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::pem;

    proptest! {
        #[test]
        fn writes_what_encode_writes(octets in prop::collection::vec(any::<u8>(), 1..300), piece in 1_usize..100) {
            let mut text = Vec::new();
            let mut writer = StreamWriter::new("X509 CRL", &mut text).unwrap();
            for part in octets.chunks(piece) {
                writer.write_all(part).unwrap();
            }
            writer.finish().unwrap();
            prop_assert_eq!(String::from_utf8(text).unwrap(), pem::encode("X509 CRL", &octets));
        }
    }
}
