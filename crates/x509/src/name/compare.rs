//! Comparison of names, RFC 5280 section 7.1.

use unicode_normalization::UnicodeNormalization;

use super::{Name, NameAttribute, display::is_string};

impl Name {
    /// Returns true if both names are the same by RFC 5280 section 7.1: the RDNs in the same order, in each the same
    /// types with the same values.
    ///
    /// Values of all string types are compared as text, by caseIgnoreMatch: without regard to case (of all letters, not
    /// of ASCII alone), to how characters are composed (NFKC), and to the amount of white space. So two names that any
    /// verifier takes for one are one here. Values that are no strings are compared byte by byte.
    pub fn matches(&self, other: &Self) -> bool {
        self.der == other.der || self.comparison_rdns() == other.comparison_rdns()
    }

    /// Returns bytes that are equal for two names exactly when they [match](Self::matches), to find a name by.
    pub fn comparison_key(&self) -> Vec<u8> {
        let mut key = Vec::with_capacity(self.der.len());
        for rdn in self.comparison_rdns() {
            push_part(&mut key, &rdn);
        }
        key
    }

    /// The same for each RDN, for names that begin with another one (RFC 5280 section 4.2.1.10).
    pub fn comparison_rdns(&self) -> Vec<Vec<u8>> {
        self.rdns().iter().map(|rdn| rdn_key(rdn)).collect()
    }
}

/// A SET has no order.
fn rdn_key(rdn: &[NameAttribute<'_>]) -> Vec<u8> {
    let mut attributes: Vec<Vec<u8>> = rdn
        .iter()
        .map(|attribute| {
            let mut key = Vec::with_capacity(attribute.der.len());
            push_part(&mut key, attribute.oid.as_bytes());
            if is_string(attribute) {
                key.push(STRING);
                key.extend_from_slice(prepare(&attribute.text()).as_bytes());
            } else {
                key.push(OTHER_VALUE);
                key.extend_from_slice(attribute.value);
            }
            key
        })
        .collect();
    attributes.sort();
    let mut key = Vec::new();
    for attribute in attributes {
        push_part(&mut key, &attribute);
    }
    key
}

/// Prefixed by its length, so that no two lists of parts give the same bytes.
fn push_part(key: &mut Vec<u8>, part: &[u8]) {
    key.extend_from_slice(&part.len().to_be_bytes());
    key.extend_from_slice(part);
}

/// String preparation for caseIgnoreMatch, RFC 4518 section 2: map, normalize, and take away white space that does not
/// count. Nothing is prohibited: a name with characters that should not be there must be found, too.
fn prepare(text: &str) -> String {
    let mapped = text.chars().filter(|c| !is_ignored(*c));
    let folded: String = if text.is_ascii() {
        mapped.map(|c| c.to_ascii_lowercase()).collect()
    } else {
        // A fold can undo the normal form, and the normal form can bring up new capitals.
        let once: String = mapped.nfkc().flat_map(fold).collect();
        once.nfkc().flat_map(fold).nfkc().collect()
    };
    let words: Vec<&str> = folded.split_whitespace().collect();
    words.join(" ")
}

/// Full case folding, as far as the case mappings of Unicode give it: capitals first, since several small letters can
/// have the same one (`ς` and `σ`, `ß` and `ss`).
fn fold(c: char) -> impl Iterator<Item = char> {
    c.to_uppercase().flat_map(char::to_lowercase)
}

/// Characters that are mapped to nothing (RFC 4518 section 2.2): controls that are no white space, and characters that
/// are not seen.
fn is_ignored(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{08}'
            | '\u{0e}'..='\u{1f}'
            | '\u{7f}'..='\u{84}'
            | '\u{86}'..='\u{9f}'
            | '\u{ad}'
            | '\u{034f}'
            | '\u{06dd}'
            | '\u{070f}'
            | '\u{1806}'
            | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2063}'
            | '\u{206a}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffc}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}'
    )
}

const STRING: u8 = 0;
const OTHER_VALUE: u8 = 1;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::{ObjectIdentifier, oid, read::tag, write::tlv};

    /// One RDN for each list of type, string type and content.
    fn name(rdns: &[&[(ObjectIdentifier, u8, &[u8])]]) -> Name {
        let rdns = rdns.iter().map(|rdn| {
            rdn.iter()
                .map(|(oid, kind, content)| {
                    let parts = [tlv(tag::OID, oid.as_bytes()), tlv(*kind, content)];
                    tlv(tag::SEQUENCE, &parts.concat())
                })
                .collect()
        });
        Name::from_rdns(rdns).unwrap()
    }

    fn common_name(kind: u8, content: &[u8]) -> Name {
        name(&[&[(oid::COMMON_NAME, kind, content)]])
    }

    fn text(value: &str) -> Name {
        common_name(tag::UTF8_STRING, value.as_bytes())
    }

    #[test]
    fn the_same_name_in_other_spellings() {
        let plain = text("Müller Root CA");
        for other in [
            text("MÜLLER ROOT ca"),
            text("  Müller \t Root\u{a0}\u{3000}CA "),
            // decomposed, fullwidth, with a soft hyphen and a zero width space
            text("Mu\u{308}ller Root CA"),
            text("Müller Root \u{ff23}\u{ff21}"),
            text("Mül\u{ad}ler Root\u{200b} CA"),
            common_name(tag::TELETEX_STRING, b"M\xfcller Root CA"),
            common_name(
                tag::BMP_STRING,
                b"\0M\0\xfc\0l\0l\0e\0r\0 \0R\0o\0o\0t\0 \0C\0A",
            ),
        ] {
            assert!(plain.matches(&other), "{other}");
            assert!(other.matches(&plain), "{other}");
            assert_eq!(plain.comparison_key(), other.comparison_key());
        }
        assert!(text("STRASSE").matches(&text("straße")));
        assert!(text("ΣΑΣ").matches(&text("σας")));
        for kind in [
            tag::PRINTABLE_STRING,
            tag::IA5_STRING,
            tag::VISIBLE_STRING,
            tag::NUMERIC_STRING,
        ] {
            assert!(text("12 3").matches(&common_name(kind, b"12  3")));
        }
    }

    #[test]
    fn other_names() {
        let plain = text("Root CA");
        for other in [
            text("Root"),
            text("RootCA"),
            text("Root CA 2"),
            text(""),
            // no string, but the same bytes
            common_name(tag::OCTET_STRING, b"Root CA"),
            name(&[&[(oid::ORGANIZATION, tag::UTF8_STRING, b"Root CA")]]),
            Name::empty(),
            Name::parse("/CN=Root CA/CN=Root CA").unwrap(),
        ] {
            assert!(!plain.matches(&other), "{other}");
            assert_ne!(plain.comparison_key(), other.comparison_key());
        }
        let ordered = Name::parse("/O=Acme/CN=Root").unwrap();
        assert!(!ordered.matches(&Name::parse("/CN=Root/O=Acme").unwrap()));
        assert!(!ordered.matches(&Name::parse("/O=Acme+CN=Root").unwrap()));
        // A value that shows as another one's text.
        assert!(!text("#040100").matches(&common_name(tag::OCTET_STRING, b"\0")));
    }

    #[test]
    fn a_set_has_no_order() {
        let attribute = |oid: ObjectIdentifier| {
            let parts = [tlv(tag::OID, oid.as_bytes()), tlv(tag::UTF8_STRING, b"x")];
            tlv(tag::SEQUENCE, &parts.concat())
        };
        let of = |oids: [ObjectIdentifier; 2]| {
            let set = tlv(tag::SET, &oids.map(attribute).concat());
            Name::from_der(tlv(tag::SEQUENCE, &set)).unwrap()
        };
        assert!(
            of([oid::COMMON_NAME, oid::ORGANIZATION])
                .matches(&of([oid::ORGANIZATION, oid::COMMON_NAME]))
        );
    }

    #[test]
    fn a_name_that_begins_with_another_one() {
        let base = Name::parse("/C=de/O=ACME").unwrap().comparison_rdns();
        let starts = |text: &str| {
            let rdns = Name::parse(text).unwrap().comparison_rdns();
            rdns.starts_with(&base)
        };
        assert!(starts("/C=DE/O=Acme/CN=host"));
        assert!(!starts("/C=DE/O=Acme Ltd/CN=host"));
        assert!(!starts("/C=DE"));
    }

    proptest! {
        #[test]
        fn case_and_white_space_do_not_count(words in proptest::collection::vec("[^\\p{C}\\p{Z}]{1,8}", 1..4)) {
            let plain = text(&words.join(" "));
            let wide = format!(" {}  ", words.join("\u{3000} "));
            prop_assert!(plain.matches(&text(&wide)), "{}", wide);
            prop_assert!(plain.matches(&text(&words.join(" ").to_uppercase())));
            prop_assert!(plain.matches(&text(&words.join(" ").to_lowercase())));
            let composed: String = words.join(" ").nfkc().collect();
            let decomposed: String = words.join(" ").nfkd().collect();
            prop_assert!(plain.matches(&text(&composed)) && plain.matches(&text(&decomposed)));
        }

        #[test]
        fn ascii_takes_the_short_way_to_the_same_end(value in "[\\x00-\\x7f]{0,20}") {
            let long_way: String = prepare(&format!("{value}é"));
            let short_way = prepare(&value);
            prop_assert_eq!(long_way.trim_end_matches('é').trim_end(), short_way);
        }

        #[test]
        fn keys_are_equal_exactly_when_names_match(
            a in "(/(CN|O)=[aA][ b]{0,2}c?(\\+L=b)?){1,2}", b in "(/(CN|O)=[aA][ b]{0,2}c?(\\+L=b)?){1,2}"
        ) {
            let (a, b) = (Name::parse(&a).unwrap(), Name::parse(&b).unwrap());
            prop_assert_eq!(a.matches(&b), a.comparison_key() == b.comparison_key());
            prop_assert!(a.matches(&a));
        }

        #[test]
        fn any_name_has_a_key(bytes in proptest::collection::vec(any::<u8>(), 0..60), kind in any::<u8>()) {
            if let Ok(name) = Name::from_der(bytes) {
                let _ = name.comparison_key();
            }
            let _ = common_name(kind & 0x1e, b"\xff\xd8\0a").comparison_key();
        }
    }
}
