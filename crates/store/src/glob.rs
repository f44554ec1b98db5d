//! Patterns for names in listings: `*`, `?` and `[a-z]` with the meaning of SQLite's `GLOB`, but
//! without regard to ASCII case.

/// A pattern.
pub(crate) struct Glob(Vec<Token>);

impl Glob {
    pub(crate) fn new(pattern: &str) -> Self {
        let mut tokens = Vec::new();
        let pattern = pattern.to_ascii_lowercase();
        let mut rest = pattern.chars();
        while let Some(first) = rest.next() {
            tokens.push(match first {
                '*' => Token::Any,
                '?' => Token::One,
                '[' => class(&mut rest),
                literal => Token::Literal(literal),
            });
        }
        Self(tokens)
    }

    /// Whether the pattern matches the whole text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let mut tokens = self.0.as_slice();
        let mut rest = text.chars();
        // where to go on when the text does not fit: after the last `*`, which then takes one
        // character more
        let mut retry = None;
        loop {
            if let Some((Token::Any, after)) = tokens.split_first() {
                tokens = after;
                retry = Some((after, rest.clone()));
                continue;
            }
            match (tokens.split_first(), rest.next()) {
                (None, None) => return true,
                (Some((token, after)), Some(next)) if token.fits(next) => tokens = after,
                _ => {
                    let Some((after_any, from)) = &mut retry else {
                        return false;
                    };
                    if from.next().is_none() {
                        return false;
                    }
                    tokens = after_any;
                    rest = from.clone();
                }
            }
        }
    }

    /// Whether it matches one of the names, the part of a name after its first `:`, the subject or
    /// a common name in it.
    pub(crate) fn matches_certificate(&self, subject: &str, names: &[String]) -> bool {
        names.iter().any(|name| {
            self.matches(name)
                || name
                    .split_once(':')
                    .is_some_and(|(_, value)| self.matches(value))
        }) || self.matches(subject)
            || common_names(subject).iter().any(|name| self.matches(name))
    }
}

enum Token {
    Any,
    One,
    Literal(char),
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// A class without end: fits nothing.
    Never,
}

impl Token {
    fn fits(&self, next: char) -> bool {
        let next = next.to_ascii_lowercase();
        match self {
            Token::Any | Token::Never => false,
            Token::One => true,
            Token::Literal(literal) => *literal == next,
            Token::Class { negated, ranges } => {
                ranges
                    .iter()
                    .any(|(low, high)| (*low..=*high).contains(&next))
                    != *negated
            }
        }
    }
}

/// Reads a class after its `[`. A `]` that comes first stands for itself, and so does a `-` at
/// either end.
fn class(rest: &mut std::str::Chars<'_>) -> Token {
    let mut ranges = Vec::new();
    let mut next = rest.next();
    let negated = next == Some('^');
    if negated {
        next = rest.next();
    }
    if next == Some(']') {
        ranges.push((']', ']'));
        next = rest.next();
    }
    let mut low = None;
    loop {
        match next {
            None => return Token::Never,
            Some(']') => return Token::Class { negated, ranges },
            Some(character) => match (low, rest.clone().next()) {
                (Some(from), Some(to)) if character == '-' && to != ']' => {
                    rest.next();
                    ranges.push((from, to));
                    low = None;
                }
                _ => {
                    ranges.push((character, character));
                    low = Some(character);
                }
            },
        }
        next = rest.next();
    }
}

/// The values of the `CN` attributes in a name written as in RFC 4514.
fn common_names(subject: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut attribute = String::new();
    let mut rest = subject.chars();
    loop {
        let next = rest.next();
        match next {
            None | Some(',' | '+') => {
                let trimmed = attribute.trim_start();
                if let Some((kind, value)) = trimmed.split_once('=')
                    && kind.eq_ignore_ascii_case("CN")
                {
                    found.push(value.to_owned());
                }
                attribute.clear();
            }
            Some('\\') => attribute.extend(rest.next()),
            Some(character) => attribute.push(character),
        }
        if next.is_none() {
            return found;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn matches_where_a_user_expects_it() {
        let names = ["DNS:www.Example.com".to_owned(), "IP:192.0.2.7".to_owned()];
        let fits = |pattern: &str| {
            Glob::new(pattern).matches_certificate(r"O=Acme\, Inc.,CN=Front Door+OU=x", &names)
        };
        for pattern in [
            "*.example.COM",
            "www.example.com",
            "192.0.2.*",
            "front door",
            "DNS:*",
            "*Acme, Inc*",
            "[u-w]ww.*",
        ] {
            // the subject is matched as it is written, with its escapes
            assert_eq!(fits(pattern), pattern != "*Acme, Inc*", "{pattern}");
        }
        for pattern in ["example.com", "*.example.org", "front", "", "192.0.2.?7"] {
            assert!(!fits(pattern), "{pattern}");
        }
    }

    #[test]
    fn many_stars_are_cheap() {
        let glob = Glob::new(&"*a".repeat(50));
        assert!(!glob.matches(&"b".repeat(5000)));
        assert!(glob.matches(&"a".repeat(5000)));
    }

    proptest! {
        #[test]
        fn agrees_with_sqlite(pattern in "[-ab*?\\[\\]^Bé]{0,9}", text in "[-abB\\]^é\\[]{0,9}") {
            let oracle = rusqlite::Connection::open_in_memory().unwrap();
            let expected: bool = oracle
                .query_row("SELECT lower(?1) GLOB lower(?2)", [&text, &pattern], |row| row.get(0))
                .unwrap();
            prop_assert_eq!(Glob::new(&pattern).matches(&text), expected);
        }
    }
}
