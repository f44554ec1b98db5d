//! The digest by which the records name things (FIPS 180-4).

pub(crate) fn sha256(octets: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, octets);
    let mut value = [0; 32];
    value.copy_from_slice(digest.as_ref());
    value
}
