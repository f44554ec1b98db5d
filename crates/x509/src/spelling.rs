//! Suggestions for words that were spelled wrongly in a text form or a configuration file.

/// Returns the known word nearest to `word`, if it is near enough for `word` to be a misspelling of it. Case does not
/// matter, and `-` is as good as `_`.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer than any known word by far: not a misspelling, and not worth the quadratic comparison.
    if word.chars().count() > MAX_LEN {
        return None;
    }
    let folded = |word: &str| word.to_ascii_lowercase().replace('-', "_");
    let word = folded(word);
    known
        .into_iter()
        .map(|candidate| (strsim::levenshtein(&word, &folded(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns a hint: ``did you mean `x`? known keys: …``. `what` is the plural of what the words name.
pub fn did_you_mean<'a>(
    word: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    what: &str,
) -> String {
    let list = known.clone().collect::<Vec<_>>().join(", ");
    match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`? known {what}: {list}"),
        None => format!("known {what}: {list}"),
    }
}

const MAX_LEN: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_misspellings_have_a_suggestion() {
        let known = ["days", "backdate", "key_usage", "extended_key_usage"];
        assert_eq!(nearest("day", known), Some("days"));
        assert_eq!(nearest("key-usages", known), Some("key_usage"));
        assert_eq!(nearest("KeyUsage", known), Some("key_usage"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest(&"days".repeat(100), known), None);
    }
}
