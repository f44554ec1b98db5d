//! Rust source without comments, strings and character literals, so that words in them count for nothing.

/// The code alone; everything else is blanks, and lines stay where they are.
pub(crate) fn code(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    let mut before = ' ';
    while let Some(next) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if is_word(before) {
            0
        } else {
            literal(rest)
        };
        if length == 0 {
            code.push(next);
            before = next;
            rest = &rest[next.len_utf8()..];
        } else {
            let (skipped, after) = rest.split_at(length);
            code.extend(skipped.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            before = ' ';
            rest = after;
        }
    }
    code
}

/// Whether `word` stands in `code` by itself, and not as a part of a longer name.
pub(crate) fn has_word(code: &str, word: &str) -> bool {
    code.split(|c| !is_word(c)).any(|found| found == word)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Block comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of the string or character literal that `text` begins with; 0 when it does not.
fn literal(text: &str) -> usize {
    let prefix = text
        .find(|c| !matches!(c, 'b' | 'c' | 'r'))
        .unwrap_or(text.len());
    let after = &text[prefix..];
    let is_raw = text[..prefix].ends_with('r');
    let hashes = after.find(|c| c != '#').unwrap_or(0);
    if prefix <= 2 && is_raw && after[hashes..].starts_with('"') {
        let end = format!("\"{}", "#".repeat(hashes));
        let body = prefix + hashes + 1;
        return text[body..]
            .find(&end)
            .map_or(text.len(), |at| body + at + end.len());
    }
    if prefix <= 1 && !is_raw && after.starts_with('"') {
        return prefix + quoted(after, '"');
    }
    // 'a' and '\n' are literals, 'a alone is a lifetime.
    let is_character = after.starts_with("'\\") || after.chars().nth(2) == Some('\'');
    if prefix <= 1 && !is_raw && after.starts_with('\'') && is_character {
        return prefix + quoted(after, '\'');
    }
    0
}

fn quoted(text: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == mark {
            return at + 1;
        }
    }
    text.len()
}

#[test]
fn only_code_is_left() {
    for (source, expected) in [
        ("a // unsafe\nb", &["a", "b"][..]),
        ("a /* x /* unsafe */ unsafe */ b", &["a", "b"]),
        (r#"a("un\"safe unsafe") b"#, &["a", "b"]),
        (r##"a(r#"unsafe " "#) b(br"unsafe\") c"##, &["a", "b", "c"]),
        (r"f('\'', b'\\', '\u{1}', 'é') unsafe", &["f", "unsafe"]),
        (
            "fn f<'unsafe_, 'a>(x: &'a str)",
            &["fn", "f", "unsafe_", "a", "x", "a", "str"],
        ),
        ("for br in r {}", &["for", "br", "in", "r"]),
        (r#"x.r("unsafe")"#, &["x", "r"]),
    ] {
        let code = code(source);
        let words: Vec<_> = code
            .split(|c| !is_word(c))
            .filter(|word| !word.is_empty())
            .collect();
        assert_eq!(words, expected, "{source}");
        assert_eq!(code.lines().count(), source.lines().count(), "{source}");
    }
    assert!(has_word("let x = unsafe { 1 };", "unsafe"));
    assert!(!has_word("#![forbid(unsafe_code)]", "unsafe"));
}
