//! Classes of characters. Octets of 0x80 and above are in none of them.

/// White space, as it is skipped around names and values.
pub(crate) fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

/// What a variable's name after `$` consists of.
pub(crate) fn is_word(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || octet == b'_'
}

/// What the name of a value or a section consists of, escapes aside.
pub(crate) fn is_name(octet: u8) -> bool {
    is_word(octet)
        || matches!(
            octet,
            b'!' | b'%'
                | b'&'
                | b'*'
                | b'+'
                | b','
                | b'-'
                | b'.'
                | b'/'
                | b';'
                | b'?'
                | b'@'
                | b'^'
                | b'|'
                | b'~'
        )
}

/// All three quotes work alike.
pub(crate) fn is_quote(octet: u8) -> bool {
    matches!(octet, b'"' | b'\'' | b'`')
}

/// The octet at `at`, or 0 behind the end: no line contains a 0.
pub(crate) fn octet(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

/// The first place from `at` on that is no white space.
pub(crate) fn skip_space(text: &[u8], mut at: usize) -> usize {
    while is_space(octet(text, at)) {
        at += 1;
    }
    at
}

/// `text` without the white space at its end, even if that is escaped.
pub(crate) fn trim_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|octet| !is_space(*octet));
    &text[..end.map_or(0, |last| last + 1)]
}
