//! SPDX licence expressions (SPDX 2.3, annex D), as far as crates.io has them.

/// Whether the terms of one of the allowed licences are enough to use the crate.
pub(crate) fn is_permissive(expression: &str) -> Result<bool, String> {
    let spaced = ["(", ")", "/"]
        .iter()
        .fold(expression.to_owned(), |text, mark| {
            text.replace(mark, &format!(" {mark} "))
        });
    let mut words = Words {
        rest: spaced.split_whitespace().collect(),
    };
    let allowed = words.any()?;
    match words.peek() {
        None => Ok(allowed),
        Some(word) => Err(format!("has `{word}` where it should end")),
    }
}

const ALLOWED: [&str; 15] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "OpenSSL",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

struct Words<'a> {
    rest: Vec<&'a str>,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.rest.first().copied()
    }

    fn next(&mut self) -> Option<&'a str> {
        (!self.rest.is_empty()).then(|| self.rest.remove(0))
    }

    fn next_if(&mut self, words: &[&str]) -> bool {
        let found = self.peek().is_some_and(|word| words.contains(&word));
        if found {
            self.next();
        }
        found
    }

    /// `a OR b`, and the older `a/b`; binds less than `AND`.
    fn any(&mut self) -> Result<bool, String> {
        let mut allowed = self.all()?;
        while self.next_if(&["OR", "/"]) {
            allowed |= self.all()?;
        }
        Ok(allowed)
    }

    fn all(&mut self) -> Result<bool, String> {
        let mut allowed = self.one()?;
        while self.next_if(&["AND"]) {
            allowed &= self.one()?;
        }
        Ok(allowed)
    }

    fn one(&mut self) -> Result<bool, String> {
        match self.next() {
            Some("(") => {
                let allowed = self.any()?;
                if self.next_if(&[")"]) {
                    Ok(allowed)
                } else {
                    Err("has a bracket that is not closed".to_owned())
                }
            }
            None | Some(")" | "/" | "AND" | "OR" | "WITH") => Err("lacks a licence".to_owned()),
            Some(licence) => {
                if self.next_if(&["WITH"]) {
                    let exception = self.next().ok_or("lacks an exception")?;
                    Ok(ALLOWED.contains(&format!("{licence} WITH {exception}").as_str()))
                } else {
                    Ok(ALLOWED.contains(&licence))
                }
            }
        }
    }
}

#[test]
fn licence_expressions_are_evaluated() {
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "MIT OR GPL-3.0-only",
        "GPL-3.0-only OR MIT AND ISC",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR GPL-2.0-only",
        "ISC AND (Apache-2.0 OR (GPL-2.0-only AND ISC))",
    ] {
        assert_eq!(is_permissive(good), Ok(true), "{good}");
    }
    for bad in [
        "GPL-3.0-only",
        "MPL-2.0",
        "MIT AND GPL-3.0-only",
        "(MIT OR Apache-2.0) AND LGPL-2.1-or-later",
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "MIT WITH Unknown-exception",
    ] {
        assert_eq!(is_permissive(bad), Ok(false), "{bad}");
    }
    for wrong in [
        "", "MIT OR", "AND MIT", "(MIT", "MIT)", "MIT MIT", "MIT WITH",
    ] {
        assert!(is_permissive(wrong).is_err(), "{wrong}");
    }
}
