//! Random input: compared with openssl in batches, and never a panic.

use proptest::prelude::*;
use tpm2ca_openssl_x509v3::{
    ExtensionBuilder, ExtensionContext, NameRules, Objects, StringMask, Target,
};

use crate::{
    asn1, ours,
    theirs::{Kind, SETUP},
};

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

/// Entries of a section, of the words that extensions are made of, and now and then of others.
fn section() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        "(basicConstraints|keyUsage|extendedKeyUsage|subjectKeyIdentifier|authorityKeyIdentifier|subjectAltName|issuerAltName|authorityInfoAccess)",
        "(crlDistributionPoints|freshestCRL|issuingDistributionPoint|certificatePolicies|policyConstraints|policyMappings|inhibitAnyPolicy)",
        "(nameConstraints|tlsfeature|noCheck|nsCertType|nsComment|issuerSignTool|1\\.2\\.3|qcStatements)",
    ];
    entries(name)
}

/// Entries of the sections that those name.
fn other_section() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        "(DNS|IP|email|URI|RID|dirName|otherName|CPS|userNotice)(\\.[12])?",
        "(CN|\\+OU|0\\.OU|C|explicitText|fullname|reasons|CRLissuer|policyIdentifier|organization|noticeNumbers|CA|pathlen)",
        "(permitted|excluded|OCSP|caIssuers);(DNS|IP|email|dirName|URI)(\\.1)?",
    ];
    entries(name)
}

fn entries(name: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let general_name = "(DNS:a|DNS:|IP:1\\.2\\.3\\.4|IP:::1|IP:1:2|IP:1\\.2\\.3\\.0/255\\.255\\.255\\.0|email:copy|email:move|email:a@b|URI:x|RID:1\\.2\\.3|dirName:a|otherName:1\\.2;UTF8:x|issuer:copy)";
    let item = prop_oneof![
        3 => general_name,
        2 => "(permitted|excluded|OCSP|caIssuers|1\\.2\\.3);(DNS:a|IP:1\\.2\\.3\\.0/255\\.255\\.255\\.0|IP:::/::|dirName:b|URI:x)",
        3 => "(CA:TRUE|CA:no|pathlen:[0-9]{1,3}|digitalSignature|cRLSign|serverAuth|1\\.2\\.3\\.4|anyPolicy|keyid|keyid:always|issuer|issuer:always|hash|none)",
        2 => "(fullname:URI:x|onlyuser:TRUE|onlyCA:no|onlysomereasons:keyCompromise|requireExplicitPolicy:[0-9]|inhibitPolicyMapping:-?[0-9]|1\\.2\\.3:1\\.2\\.4|status_request|5|ia5org|sslCA|signTool:x)",
        2 => "(@a|@b|a|b|ASN1:UTF8:x|ASN1:SEQUENCE:a|DER:05:00|DER:1|0x1f|01:02)",
        1 => "[ -!%-+\\--Z^-~]{0,5}",
    ];
    let value = ("(critical, ?)?", proptest::collection::vec(item, 1..4))
        .prop_map(|(critical, items)| critical + &items.join(","));
    proptest::collection::vec((name, value), 0..4).prop_map(|entries| {
        let lines = entries
            .into_iter()
            .flat_map(|(name, value)| [name, " = ".to_owned(), value, "\n".to_owned()]);
        lines.collect::<String>()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, max_shrink_iters: 50, ..ProptestConfig::default() })]

    #[test]
    fn sections_make_what_openssl_makes(e in section(), a in other_section(), b in other_section(), issued in any::<bool>()) {
        let text = format!("[req]\ndistinguished_name = a\n[e]\n{e}[a]\n{a}[b]\n{b}");
        let kind = if issued { Kind::Issued } else { Kind::Own };
        let (_, fault) = crate::extensions::compare(text.as_bytes(), &text, kind);
        prop_assert!(fault.is_none(), "{}", fault.unwrap());
    }

    #[test]
    fn subjects_make_what_openssl_makes(
        subject in "(/(C|CN|O|DC|emailAddress|2\\.5\\.4\\.3)=(\\\\[/+]|[ -*,.0-Z^-~üé€]){1,6}(\\+OU=[a-c]{1,2}){0,3}){1,4}/?",
        mask in "(default|pkix|nombstr|utf8only|MASK:0x[0-9a-f]{1,4})",
        utf8 in any::<bool>(),
    ) {
        let keys = format!("string_mask={mask}\nutf8={}\n", if utf8 { "yes" } else { "no" });
        let faults = crate::names::compare_subject(&keys, &subject);
        prop_assert!(faults.is_empty(), "{faults:?}");
    }
}

proptest! {
    #[test]
    fn sections_are_made_or_refused(e in section(), a in other_section(), b in other_section()) {
        let text = format!("[e]\n{e}[a]\n{a}[b]\n{b}");
        let Ok(conf) = tpm2ca_openssl_conf::Conf::parse(text.as_bytes(), "test.cnf", &|_: &str| None) else {
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
