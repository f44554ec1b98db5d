//! How numbers and structures look on the wire: big-endian, structures one after the other, sized buffers with a 16-bit
//! length in front (TPM 2.0 Library Part 2, 4.2 and 10.4).
//!
//! Whatever a [`Reader`] reads may come from a hostile TPM or a damaged file: it never panics, never allocates more
//! than it was given, and what is left over at the end is an error. A [`Writer`] may hold secrets: its memory is wiped,
//! also the piece it leaves behind when it grows.

pub(crate) mod capability;
pub(crate) mod code;
pub(crate) mod command;
pub(crate) mod frame;
pub(crate) mod public;
pub(crate) mod signature;

use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

/// Where and why octets are not the structure they should be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{problem} in `{field}` at octet {offset}")]
pub(crate) struct WireError {
    /// The field that was being read, in the specification's spelling.
    pub(crate) field: &'static str,
    /// How far into the octets, counted from the start of the structure or of the sized buffer around the field.
    pub(crate) offset: usize,
    /// What is wrong there.
    pub(crate) problem: WireProblem,
}

/// What can be wrong with octets.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum WireProblem {
    /// They end too early.
    #[error("{needed} octets needed, {available} left")]
    Truncated {
        /// Octets the field takes.
        needed: usize,
        /// Octets that are there.
        available: usize,
    },
    /// Something follows where the end should be.
    #[error("{count} octets too many")]
    Trailing {
        /// How many follow.
        count: usize,
    },
    /// A number that is not allowed or not known here.
    #[error("unexpected value {got:#x}")]
    Value {
        /// The number.
        got: u32,
    },
    /// Too long to be written.
    #[error("{got} octets do not fit")]
    TooLong {
        /// The length.
        got: usize,
    },
}

/// Reads octets from the front.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        Self {
            rest: octets,
            offset: 0,
        }
    }

    pub(crate) fn take(
        &mut self,
        count: usize,
        field: &'static str,
    ) -> Result<&'a [u8], WireError> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.error(
                field,
                WireProblem::Truncated {
                    needed: count,
                    available: self.rest.len(),
                },
            ));
        };
        self.rest = rest;
        self.offset += count;
        Ok(taken)
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, WireError> {
        Ok(u8::from_be_bytes(self.array(field)?))
    }

    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, WireError> {
        Ok(u16::from_be_bytes(self.array(field)?))
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, WireError> {
        Ok(u32::from_be_bytes(self.array(field)?))
    }

    /// The content of a `TPM2B`.
    pub(crate) fn sized(&mut self, field: &'static str) -> Result<&'a [u8], WireError> {
        let length = self.u16(field)?;
        self.take(usize::from(length), field)
    }

    /// A `TPML` count, refused when the list cannot fit into what is left.
    pub(crate) fn count(
        &mut self,
        element: usize,
        field: &'static str,
    ) -> Result<usize, WireError> {
        let count = self.u32(field)?;
        usize::try_from(count)
            .ok()
            .filter(|count| {
                count
                    .checked_mul(element)
                    .is_some_and(|needed| needed <= self.rest.len())
            })
            .ok_or_else(|| self.error(field, WireProblem::Value { got: count }))
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        self.offset += self.rest.len();
        std::mem::take(&mut self.rest)
    }

    /// Says that everything must have been read.
    pub(crate) fn finish(self, field: &'static str) -> Result<(), WireError> {
        match self.rest.len() {
            0 => Ok(()),
            count => Err(self.error(field, WireProblem::Trailing { count })),
        }
    }

    pub(crate) fn error(&self, field: &'static str, problem: WireProblem) -> WireError {
        WireError {
            field,
            offset: self.offset,
            problem,
        }
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], WireError> {
        let offset = self.offset;
        let taken = self.take(N, field)?;
        // `take` returned exactly N octets, so this is never an error; it costs nothing to say so without a panic.
        taken.try_into().map_err(|_| WireError {
            field,
            offset,
            problem: WireProblem::Truncated {
                needed: N,
                available: taken.len(),
            },
        })
    }
}

/// Writes octets at the end. What does not fit is remembered and reported by [`Writer::finish`].
#[derive(Clone)]
pub(crate) struct Writer {
    octets: Zeroizing<Vec<u8>>,
    problem: Option<WireError>,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self {
            octets: Zeroizing::new(Vec::with_capacity(512)),
            problem: None,
        }
    }

    pub(crate) fn u8(&mut self, value: u8) -> &mut Self {
        self.octets(&[value])
    }

    pub(crate) fn u16(&mut self, value: u16) -> &mut Self {
        self.octets(&value.to_be_bytes())
    }

    pub(crate) fn u32(&mut self, value: u32) -> &mut Self {
        self.octets(&value.to_be_bytes())
    }

    pub(crate) fn octets(&mut self, octets: &[u8]) -> &mut Self {
        if self.octets.capacity() - self.octets.len() < octets.len() {
            // Vec would free the old block as it is. It may hold an authorization value.
            let mut larger = Vec::with_capacity((self.octets.len() + octets.len()) * 2);
            larger.extend_from_slice(&self.octets);
            self.octets.zeroize();
            *self.octets = larger;
        }
        self.octets.extend_from_slice(octets);
        self
    }

    /// A `TPM2B` with this content.
    pub(crate) fn sized(&mut self, content: &[u8], field: &'static str) -> &mut Self {
        self.length(content.len(), field).octets(content)
    }

    /// A `TPM2B` around what `content` writes.
    pub(crate) fn nested(
        &mut self,
        field: &'static str,
        content: impl FnOnce(&mut Writer),
    ) -> &mut Self {
        let mut inner = Writer::new();
        content(&mut inner);
        if let Some(problem) = inner.problem.take() {
            self.problem.get_or_insert(problem);
        }
        self.sized(&inner.octets, field)
    }

    pub(crate) fn finish(mut self) -> Result<Zeroizing<Vec<u8>>, WireError> {
        match self.problem.take() {
            None => Ok(self.octets),
            Some(problem) => Err(problem),
        }
    }

    fn length(&mut self, length: usize, field: &'static str) -> &mut Self {
        let short = u16::try_from(length).unwrap_or_else(|_| {
            self.problem.get_or_insert(WireError {
                field,
                offset: self.octets.len(),
                problem: WireProblem::TooLong { got: length },
            });
            u16::MAX
        });
        self.u16(short)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_left_over_is_an_error() {
        let mut reader = Reader::new(&[0, 1, 7, 9]);
        assert_eq!(reader.sized("buffer").unwrap(), [7]);
        assert_eq!(
            reader.finish("end").unwrap_err(),
            WireError {
                field: "end",
                offset: 3,
                problem: WireProblem::Trailing { count: 1 }
            }
        );
    }

    #[test]
    fn a_count_cannot_exceed_what_is_there() {
        let mut reader = Reader::new(&[0xff, 0xff, 0xff, 0xff, 0, 0]);
        assert!(reader.count(2, "count").is_err());
        let mut reader = Reader::new(&[0, 0, 0, 1, 0, 0]);
        assert_eq!(reader.count(2, "count").unwrap(), 1);
    }

    #[test]
    fn too_long_a_buffer_is_reported_at_the_end() {
        let mut writer = Writer::new();
        writer.nested("outer", |inner| {
            inner.sized(&vec![1; 70_000], "inner");
        });
        assert_eq!(writer.finish().unwrap_err().field, "inner");
    }

    proptest! {
        #[test]
        fn sized_buffers_round_trip(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..700), 0..6)) {
            let mut writer = Writer::new();
            for part in &parts {
                writer.sized(part, "part");
            }
            let octets = writer.finish().unwrap();
            let mut reader = Reader::new(&octets);
            for part in &parts {
                prop_assert_eq!(reader.sized("part").unwrap(), part.as_slice());
            }
            prop_assert!(reader.finish("end").is_ok());
        }

        #[test]
        fn reading_never_panics(octets in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut reader = Reader::new(&octets);
            while reader.sized("any").is_ok() && reader.u8("any").is_ok() {}
            let _ = reader.count(6, "any");
            let _ = reader.finish("any");
        }
    }
}
