//! Whole TPM commands and responses off a stream.

use std::io::{self, Read};

/// The next one; an error at the end of the stream.
pub(crate) fn read(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; HEADER];
    stream.read_exact(&mut frame)?;
    let size = u32::from_be_bytes(frame[2..6].try_into().unwrap());
    let rest = usize::try_from(size)
        .unwrap()
        .checked_sub(HEADER)
        .ok_or(io::ErrorKind::InvalidData)?;
    if rest > MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    frame.resize(HEADER + rest, 0);
    stream.read_exact(&mut frame[HEADER..])?;
    Ok(frame)
}

const HEADER: usize = 10;
const MAX: usize = 1 << 20;
