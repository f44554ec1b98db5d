//! Configurations read by OpenSSL's own library and by us, value by value.

#![allow(clippy::unwrap_used, clippy::panic)]

mod oracle;

use std::{fs, path::Path};

use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::oracle::{ENVIRONMENT, compare};

/// Whole files, as people have them.
#[test]
fn whole_files_are_read_as_openssl_reads_them() {
    let mut files = Vec::new();
    for folder in [
        "tests/corpus",
        // What other people's programs bring, where it is.
        "/etc/ssl",
        "/usr/share/easy-rsa",
        "../../../shared/testdata/nguyen",
    ] {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "cnf") {
                files.push((path.display().to_string(), fs::read(path).unwrap()));
            }
        }
    }
    assert!(files.len() >= 12, "{} files", files.len());
    compare(&files, &ENVIRONMENT);
}

/// One rule of the format each.
#[test]
fn snippets_are_read_as_openssl_reads_them() {
    let text = fs::read_to_string("tests/corpus/snippets.txt").unwrap();
    let mut snippets = Vec::new();
    for snippet in text.split("\n%%% ").skip(1) {
        let (name, text) = snippet.split_once('\n').unwrap();
        snippets.push((name.to_owned(), format!("{text}\n").into_bytes()));
    }
    assert!(snippets.len() >= 200, "{} snippets", snippets.len());
    compare(&snippets, &ENVIRONMENT);
}

/// What a text file of snippets cannot hold.
#[test]
fn octets_are_read_as_openssl_reads_them() {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: &str, bytes: &[u8]| files.push((name.to_owned(), bytes.to_vec()));
    add("empty", b"");
    add("only a byte order mark", b"\xEF\xBB\xBF");
    add("byte order mark", b"\xEF\xBB\xBF[ s ]\r\na = 1\r\n");
    add("byte order mark twice", b"\xEF\xBB\xBF\xEF\xBB\xBFa = 1\n");
    add("half a byte order mark", b"\xEF\xBBa = 1\n");
    add("byte order mark later", b"a = 1\n\xEF\xBB\xBFb = 1\n");
    add(
        "lines end with CR LF",
        b"[ s ]\r\na = 1\r\nb = \\\r\n 2\r\n# c\r\n\r\nd = 3",
    );
    add("many CR", b"a = 1\r\r\r\nb = 2\n\r\nc = 3\r");
    add("CR only", b"a = 1\rb = 2\rc = 3\r");
    add("CR within", b"a = 1\r2\n\rb\r=\r3\n");
    add("no end of line", b"a = 1");
    add("backslash at the end", b"a = 1\\");
    add("two backslashes at the end", b"a = 1\\\\");
    add("three backslashes at the end", b"a = 1\\\\\\");
    add("continued by nothing", b"a = 1\\\n");
    add("continued by an empty line", b"a = 1\\\n\nb = 2\n");
    add("continued, CR LF", b"a = 1\\\r\n2\\\r\n3\r\n");
    add("Latin-1", b"a = \xE4\xF6\xFC\n");
    add("other white space", b"a\x0B=1\n");
    add("form feed", b"a = \x0C1\x0C\n");
    add("a delete character", b"a = \x7F\n");
    add("UTF-8 in names", "ä = 1\n".as_bytes());
    add("UTF-8 in sections", "[ ä ]\n".as_bytes());
    add("escaped UTF-8 in sections", b"[ a\\\xC3\\\xA4 ]\na = 1\n");
    for octet in 1..=255_u8 {
        // An escaped octet that is no UTF-8 is an error of ours alone.
        add("octet in a name", &[b'a', octet, b'b', b'=', b'1', b'\n']);
        add("octet in a value", &[b'a', b'=', b'x', octet, b'y', b'\n']);
        add(
            "octet in quotes",
            &[b'a', b'=', b'"', octet, b'y', b'"', b'\n'],
        );
        add("octet escaped", &[b'a', b'=', b'\\', octet, b'y', b'\n']);
        add(
            "octet in a section",
            &[b'[', b'a', octet, b'b', b']', b'c', b'=', b'1', b'\n'],
        );
        add(
            "octet in a variable",
            &[
                b'a', b'=', b'1', b'\n', b'b', b'=', b'$', b'a', octet, b'b', b'\n',
            ],
        );
        add(
            "dollars are letters",
            &[b".pragma dollarid:on\na$=1\nb=${a$}", &[octet][..], b"$x\n"].concat(),
        );
    }
    // OpenSSL reads lines in pieces of 510 octets.
    for length in (500..=520).chain(1010..=1030).chain([5_000, 70_000]) {
        let x = "x".repeat(length);
        add("long value", format!("a = {x}\nb = 1\n").as_bytes());
        add(
            "long value, escape",
            format!("a = {x}\\n{x}\\\\\nb = 1\n").as_bytes(),
        );
        add(
            "long value, continued",
            format!("a = {x}\\\n{x}\\\ny\nb = 1\n").as_bytes(),
        );
        add("long value, no end", format!("a = {x}").as_bytes());
        add(
            "long value, no end, escape",
            format!("a = {x}\\").as_bytes(),
        );
        add("long name", format!("{x} = 1\n").as_bytes());
        add("long section", format!("[ {x} ]\na=1\n").as_bytes());
        add("long comment", format!("#{x}\na=1\n").as_bytes());
        add("long quotes", format!("a='{x} # {x}'\n").as_bytes());
    }
    // The limit to what a variable may make of a value.
    for length in 65_530..=65_540 {
        let x = "x".repeat(length);
        add(
            "a variable of some length",
            format!("a = {x}\nb = $a\n").as_bytes(),
        );
        add(
            "a variable and more",
            format!("a = {x}\nb = $a 123 \\\\ $ENV::CNF_EMPTY\n").as_bytes(),
        );
    }
    compare(&files, &ENVIRONMENT);
}

/// Relative includes belong to the folder that the environment names, and only then to that of the pragma.
#[test]
fn the_folder_of_includes_comes_from_the_environment_first() {
    let files: Vec<(String, Vec<u8>)> = [
        ".include simple.cnf\n",
        ".pragma includedir:/nowhere\n.include = simple.cnf\n",
        ".pragma abspath:on\n.include = simple.cnf\n",
        ".include folder\n",
        ".include nested/outer.cnf\n",
        "a = 1\n.include lost.cnf\nb = 1\n",
    ]
    .map(|text| (text.to_owned(), text.into()))
    .into();
    let folder = Path::new("tests/corpus/parts").canonicalize().unwrap();
    for folder in [
        folder.to_str().unwrap(),
        "tests/corpus/parts",
        "tests/corpus/parts/",
        "",
    ] {
        compare(&files, &[("OPENSSL_CONF_INCLUDE", folder)]);
    }
}

/// Configurations that nobody would write. The seed is the same in every run.
#[test]
fn generated_configurations_are_read_as_openssl_reads_them() {
    let name = || {
        select(vec![
            "a", "b", "cd", "x.y", "0.a", "a\\=", "", "a$b", ".include", ".pragma", "ENV",
            "default",
        ])
    };
    let space = || select(vec!["", "", " ", "\t", "  ", "\\\n", "\\\r\n", "\\\n "]);
    let piece = prop_oneof![
        6 => "[a-zA-Z0-9 ,:/=@]{0,8}".prop_map(|text| text),
        1 => select(vec![
            "$a", "$b", "$cd", "${a}", "$(b)", "${a", "$(b}", "$s::a", "${s::a}", "$ENV::CNF_WORD", "${ENV::CNF_ODD}",
            "$t::b", "$default::a", "$::a", "${}", "$", "$$", "$a$b", "${a$b}", "$ENV::a",
        ]).prop_map(str::to_owned),
        1 => select(vec!["\\n", "\\t", "\\r", "\\b", "\\x", "\\\\", "\\#", "\\\"", "\\$", "\\ ", "\\"])
            .prop_map(str::to_owned),
        1 => select(vec!["\"", "'", "`", "\"a b\"", "'a \\' b'", "`$a`", "\"#\"", "'\"'"]).prop_map(str::to_owned),
        1 => select(vec!["# a", "#", ";", "[", "]", "{", "}", "(", ")", "::", "ä"]).prop_map(str::to_owned),
    ];
    let value = vec(piece, 0..5).prop_map(|pieces| pieces.concat());
    let section = || {
        select(vec![
            "s", "t", "default", "ENV", "a b", "", "s\\]", "s.t", "a$b",
        ])
    };
    let line = prop_oneof![
        8 => (space(), name(), space(), space(), value.clone())
            .prop_map(|(a, name, b, c, value)| format!("{a}{name}{b}={c}{value}")),
        2 => (section(), name(), space(), value.clone())
            .prop_map(|(section, name, a, value)| format!("{section}::{name}{a}= {value}")),
        3 => (space(), section(), space()).prop_map(|(a, section, b)| format!("[{a}{section}{b}]")),
        1 => (space(), value.clone()).prop_map(|(a, text)| format!("{a}#{text}")),
        1 => select(vec![
            ".pragma dollarid:on", ".pragma = dollarid:off", ".pragma abspath:true", ".pragma=abspath:false",
            ".pragma includedir:tests/corpus/parts", ".pragma = unknown : x", ".include simple.cnf",
            ".include = tests/corpus/parts/simple.cnf", ".include lost", ".include \"tests/corpus/parts/simple.cnf\"",
        ]).prop_map(str::to_owned),
        1 => value,
    ];
    let end = || select(vec!["\n", "\n", "\n", "\r\n"]);
    // Almost every line is a definition first, so that variables have values more often than not.
    let start = select(vec![
        "",
        "a=1\nb=2\ns::a=3\n",
        "a=1\nb=2\ncd=3\nt::b=4\n",
        ".pragma dollarid:on\na=1\na$b=2\n",
    ]);
    let lines = vec((line, end()).prop_map(|(line, end)| line + end), 0..10);
    let file = (start, lines).prop_map(|(start, lines)| start.to_owned() + &lines.concat());
    let soup = vec(
        select(b"ab=[]$(){}:.\\\"'` \t\r\n#\xC3\xA4;@".to_vec()),
        0..40,
    );

    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]),
    );
    let mut files = Vec::new();
    for number in 0..3_000 {
        let text = file.new_tree(&mut runner).unwrap().current();
        files.push((format!("lines {number}"), text.into_bytes()));
        let octets = soup.new_tree(&mut runner).unwrap().current();
        files.push((format!("soup {number}"), octets));
    }
    // A name that is not UTF-8 is an error of ours alone: `\` before half a character.
    files.retain(|(_, bytes)| {
        !bytes
            .windows(2)
            .any(|pair| pair[0] == b'\\' && pair[1] >= 0x80)
    });
    let read = compare(&files, &ENVIRONMENT);
    assert!(
        read > files.len() / 4,
        "only {read} of {} have no mistake",
        files.len()
    );
}
