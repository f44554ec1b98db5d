//! Random input: compared with openssl in batches, and never a panic.

use proptest::prelude::*;
use tpm2ca_profile::openssl::{
    ExtensionBuilder, ExtensionContext, NameRules, Objects, StringMask, Target,
};

use crate::{asn1, ours, theirs::SETUP};

/// A description of a value, mostly a right one.
fn description() -> impl Strategy<Value = String> {
    let tag = (0u32..200, "[CAPU]?").prop_map(|(number, class)| format!("{number}{class}"));
    let modifier = prop_oneof![
        tag.clone().prop_map(|tag| format!("EXP:{tag},")),
        tag.prop_map(|tag| format!("IMP:{tag},")),
        "(OCTWRAP|SEQWRAP|SETWRAP|BITWRAP),",
        "FORMAT:(ASCII|UTF8|HEX|BITLIST),",
    ];
    let value = prop_oneof![
        "(INT|ENUM):-?[0-9]{1,30}",
        "INT:-?0x[0-9a-fA-F]{1,20}",
        "OID:[0-2]\\.[0-9]{1,2}(\\.[0-9]{1,12}){0,6}",
        "(UTF8|IA5|PRINTABLE|T61|BMP|UNIV|VISIBLE|GENSTR|NUMERIC|OCT|BITSTR):[ -~ä€]{0,12}",
        "(OCT|BITSTR):([0-9a-f]{2}){0,8}",
        "BITSTR:[0-9]{1,2}(,[0-9]{1,2}){0,4}",
        "UTC:[0-9]{2}[01][0-9][0-3][0-9][0-2][0-9][0-5][0-9]([0-5][0-9])?(Z|[+-]0[0-9]30)",
        "GENTIME:20[0-9]{2}[01][0-9][0-3][0-9][0-2][0-9][0-5][0-9]([0-5][0-9])?(\\.[0-9]{1,3})?Z",
        "(BOOL:(TRUE|false|x)|NULL|SEQ:seq|SET:unsorted|SEQ:inner)",
    ];
    (proptest::collection::vec(modifier, 0..4), value)
        .prop_map(|(modifiers, value)| modifiers.concat() + &value)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, max_shrink_iters: 30, ..ProptestConfig::default() })]

    #[test]
    fn descriptions_make_what_openssl_makes(description in description()) {
        let fault = asn1::compare(description.as_bytes());
        prop_assert!(fault.is_none(), "{}", fault.unwrap());
    }
}

/// Entries of a section, of the words that extensions are made of.
fn section() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "(critical|CA|TRUE|pathlen|keyid|issuer|always|hash|none|copy|move|DNS|IP|URI|email|RID|dirName|otherName)",
        "(permitted|excluded|OCSP|caIssuers|fullname|relativename|reasons|keyCompromise|@a|@b|a|b|ia5org)",
        "(ASN1|DER|SEQUENCE|UTF8|INT|1\\.2\\.3|0x1|5|1\\.2\\.3\\.4|::1|policyIdentifier|userNotice|explicitText|status_request)",
        "[ -~]{0,6}",
    ];
    let value = proptest::collection::vec((word, "[:;,/. ]?"), 0..6).prop_map(|words| {
        words
            .into_iter()
            .map(|(word, mark)| word + &mark)
            .collect::<String>()
    });
    let name = prop_oneof![
        "(basicConstraints|keyUsage|extendedKeyUsage|subjectKeyIdentifier|authorityKeyIdentifier|subjectAltName|issuerAltName|authorityInfoAccess)",
        "(crlDistributionPoints|freshestCRL|issuingDistributionPoint|certificatePolicies|policyConstraints|policyMappings|inhibitAnyPolicy)",
        "(nameConstraints|tlsfeature|noCheck|nsCertType|nsComment|issuerSignTool|1\\.2\\.3|DNS\\.1|CN|\\+OU|explicitText|fullname|reasons|policyIdentifier|CPS)",
    ];
    proptest::collection::vec((name, value), 0..6).prop_map(|entries| {
        let lines = entries
            .into_iter()
            .flat_map(|(name, value)| [name, " = ".to_owned(), value, "\n".to_owned()]);
        lines.collect::<String>()
    })
}

proptest! {
    #[test]
    fn sections_are_made_or_refused(e in section(), a in section(), b in section()) {
        let text = format!("[e]\n{e}[a]\n{a}[b]\n{b}");
        let Ok(conf) = tpm2ca_opensslcnf::Conf::parse(text.as_bytes(), "test.cnf", &|_: &str| None) else {
            return Ok(());
        };
        let objects = Objects::new();
        let subject = ours::subject();
        for value in conf.section("e").unwrap().values() {
            let mut builder = ExtensionBuilder::new(ExtensionContext {
                conf: Some(&conf),
                objects: &objects,
                string_mask: StringMask::default(),
                target: Target::Request { subject: &subject, key_id: &SETUP.key_id },
            });
            match builder.add_value(value) {
                Ok(()) => prop_assert_eq!(builder.finish().list.len(), 1),
                Err(error) => prop_assert!(error.to_string().starts_with("test.cnf:"), "{error}"),
            }
        }
    }

    #[test]
    fn subjects_are_made_or_refused(text in "(/(CN|O|C|2\\.5\\.4\\.3|x)(=|)[ -~ü]{0,5}[+/\\\\]?){0,4}", utf8 in any::<bool>()) {
        let objects = Objects::new();
        let rules = NameRules { objects: &objects, string_mask: StringMask::default(), utf8 };
        if let Ok((name, _)) = rules.subject(text.as_bytes()) {
            prop_assert!(name.is_canonical_der());
        }
    }
}
