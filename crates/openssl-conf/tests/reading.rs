//! What is read, where it stands, and what is said of files that cannot be read.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io,
    path::{Path, PathBuf},
};

use tpm2ca_openssl_conf::{Conf, ConfError, Files, Found, Section, Value, limits};

#[test]
fn sections_and_values_come_in_file_order() {
    let conf = parse(
        "
        top = 1
        [ b ]
        second = 2
        first = 1
        [ a ]
        x = $b::second
        [ b ]
        third = 3
        ",
    );
    let sections: Vec<_> = conf.sections().map(Section::name).collect();
    assert_eq!(sections, ["default", "b", "a"]);
    let names: Vec<_> = conf
        .section("b")
        .unwrap()
        .values()
        .iter()
        .map(Value::name)
        .collect();
    assert_eq!(names, ["second", "first", "third"]);
    assert_eq!(text(&conf, "a", "x"), Some("2"));
    assert_eq!(conf.section("a").unwrap().get("top"), None);
}

#[test]
fn a_value_is_looked_for_in_its_section_and_then_in_default() {
    let conf = parse("x = outer\ny = outer\n[ s ]\nx = inner\n");
    assert_eq!(text(&conf, "s", "x"), Some("inner"));
    assert_eq!(text(&conf, "s", "y"), Some("outer"));
    assert_eq!(text(&conf, "no such section", "y"), Some("outer"));
    assert_eq!(text(&conf, "s", "z"), None);
    assert_eq!(conf.section("s").unwrap().get("y"), None);
}

#[test]
fn a_value_that_is_set_again_stands_where_it_was_set_last() {
    let conf = parse("[ s ]\nx = 1\ny = 2\nx = 3\n");
    let section = conf.section("s").unwrap();
    let values: Vec<_> = section
        .values()
        .iter()
        .map(|value| (value.name(), value.as_str().unwrap()))
        .collect();
    assert_eq!(values, [("y", "2"), ("x", "3")]);
    assert_eq!(section.get("x").unwrap().place().line(), 4);
}

#[test]
fn values_know_file_and_line() {
    let conf = parse("a = 1\n\n[ s ] # here\nb = \\\n  2\nc = 3\ns2::d = 4\n");
    let place = |section: &str, name: &str| conf.get(section, name).unwrap().place().to_string();
    assert_eq!(place("default", "a"), "test.cnf:1");
    assert_eq!(place("s", "b"), "test.cnf:4");
    assert_eq!(place("s", "c"), "test.cnf:6");
    assert_eq!(conf.section("s").unwrap().place().to_string(), "test.cnf:3");
    assert_eq!(
        conf.section("s2").unwrap().place().to_string(),
        "test.cnf:7"
    );
    assert_eq!(conf.get("s2", "d").unwrap().section(), "s2");
}

#[test]
fn kinds_are_names_without_the_number() {
    let conf = parse("0.organizationName=a\nO=a\n1.OU=a\n1.+CN=a\n9.=a\n.x=a\n1,x=a\n1.2.3=a\n");
    let kinds: Vec<_> = conf
        .section("default")
        .unwrap()
        .values()
        .iter()
        .map(Value::kind)
        .collect();
    assert_eq!(
        kinds,
        ["organizationName", "O", "OU", "+CN", "9.", "x", "x", "2.3"]
    );
}

#[test]
fn numbers_are_the_digits_at_the_beginning() {
    let conf =
        parse("a=365\nb=30 days\nc=none\nd=\ne=9223372036854775807\nf=9223372036854775808\ng=-1\n");
    let number = |name: &str| conf.get("default", name).unwrap().number();
    assert_eq!(number("a").unwrap(), 365);
    assert_eq!(number("b").unwrap(), 30);
    assert_eq!(number("c").unwrap(), 0);
    assert_eq!(number("d").unwrap(), 0);
    assert_eq!(number("e").unwrap(), i64::MAX);
    assert_eq!(number("g").unwrap(), 0);
    let error = number("f").unwrap_err();
    assert_eq!(
        error.to_string(),
        "test.cnf:6: `f` in [default] is too large a number: `9223372036854775808`"
    );
}

#[test]
fn references_to_sections_are_followed() {
    let conf = parse(
        "[ req ]\nx509_extensions = v3_ca\nlost = v4\n[ v3_ca ]\nsan = @names\n[ names ]\nDNS.1 = a\n",
    );
    let value = |section: &str, name: &str| conf.get(section, name).unwrap();
    let extensions = value("req", "x509_extensions");
    assert_eq!(conf.section_named_by(extensions).unwrap().name(), "v3_ca");
    let san = value("v3_ca", "san");
    let found = conf.at_section(san.as_str().unwrap(), san).unwrap();
    assert_eq!(found.unwrap().name(), "names");
    assert!(conf.at_section("names", san).unwrap().is_none());
    let error = conf.section_named_by(value("req", "lost")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "test.cnf:3: `lost` in [req] names the section [v4], which is not in the file"
    );
    assert_eq!(
        error.hint().unwrap(),
        "add a section `[ v4 ]`, or mend the name"
    );
}

#[test]
fn text_must_be_utf8_only_when_it_is_asked_for_as_text() {
    let conf = Conf::parse(b"[ s ]\na = \xFC\n", "test.cnf", &no_environment).unwrap();
    let value = conf.get("s", "a").unwrap();
    assert_eq!(value.as_bytes(), b"\xFC");
    let error = value.as_str().unwrap_err();
    assert_eq!(
        error.to_string(),
        "test.cnf:2: the value of `a` in [s] is not UTF-8"
    );
}

#[test]
fn mistakes_are_named_with_file_and_line() {
    let long = format!("a = {}\nb = $a$a\n", "x".repeat(40_000));
    for (input, message) in [
        (
            "a = 1\nb\n",
            "test.cnf:2: expected `name = value`, got the end of the line where the `=` should be",
        ),
        (
            "a b = 1\n",
            "test.cnf:1: expected `name = value`, got `b = 1` where the `=` should be",
        ),
        (
            "a = 1\n[ s\nb = 2\n",
            "test.cnf:2: expected `]` after the section's name, got the end of the line",
        ),
        (
            "[ s : t ]\n",
            "test.cnf:1: expected `]` after the section's name, got `: t ]`",
        ),
        (
            "[ s ]\nb = $a\n",
            "test.cnf:2: the variable `$a` in the value of `b` has no value up to this line",
        ),
        (
            "b = x${s::a}\n",
            "test.cnf:1: the variable `$s::a` in the value of `b` has no value up to this line",
        ),
        (
            "b = $\n",
            "test.cnf:1: the variable `$` in the value of `b` has no value up to this line",
        ),
        (
            "a = 1\nb = ${a\n",
            "test.cnf:2: expected `}` after the variable's name in the value of `b`, got the end of the line",
        ),
        (
            "a = 1\nb = $(a}\n",
            "test.cnf:2: expected `)` after the variable's name in the value of `b`, got `}`",
        ),
        (
            ".include $x\n",
            "test.cnf:1: the variable `$x` has no value up to this line",
        ),
        (
            ".pragma dollarid\n",
            "test.cnf:1: expected `keyword:value` after `.pragma`, got `dollarid`",
        ),
        (
            ".pragma = dollarid:yes\n",
            "test.cnf:1: expected `on`, `true`, `off` or `false` after `.pragma`, got `dollarid:yes`",
        ),
        (
            ".pragma abspath:on\n.include a\n",
            "test.cnf:2: `.pragma abspath` asks for absolute paths, got `a`",
        ),
        ("a = 1\0\n", "test.cnf:1: the line contains a NUL byte"),
        (
            "\\\u{80}=1",
            "test.cnf:1: expected `name = value`, got `\u{fffd}=1` where the `=` should be",
        ),
        (
            &long,
            "test.cnf:2: the value of `b` is longer than 65535 octets after `$a` is expanded",
        ),
    ] {
        let error = Conf::parse(input.as_bytes(), "test.cnf", &no_environment).unwrap_err();
        assert_eq!(error.to_string(), message, "{input}");
        assert!(error.hint().is_some(), "{message}");
        let (file, line) = (error.place().unwrap().file(), error.place().unwrap().line());
        assert!(message.starts_with(&format!("{file}:{line}: ")));
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("openssl.cnf");
    let error = Conf::load(&path, &no_environment).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot read `{}`", path.display())
    );
    let error = Conf::load(folder.path(), &no_environment).unwrap_err();
    assert!(matches!(error, ConfError::Read { .. }), "{error:?}");
}

#[test]
fn places_in_included_files_name_these() {
    let files = Memory::new(&[
        ("part.cnf", "[ p ]\n\nx = 1\n"),
        ("bad.cnf", "\n\nnothing\n"),
    ]);
    let conf = files.read("a = 1\n.include part.cnf\nb = 2\n").unwrap();
    assert_eq!(
        conf.get("p", "x").unwrap().place().to_string(),
        "part.cnf:3"
    );
    // The section goes on behind the line that includes.
    assert_eq!(
        conf.get("p", "b").unwrap().place().to_string(),
        "main.cnf:3"
    );
    let error = files.read(".include bad.cnf").unwrap_err();
    assert!(error.to_string().starts_with("bad.cnf:3: "), "{error}");
}

#[test]
fn an_include_that_is_not_there_is_skipped_and_told() {
    let conf = Memory::new(&[])
        .read("a = 1\n.include = lost.cnf\nb = 2\n")
        .unwrap();
    assert_eq!(text(&conf, "default", "b"), Some("2"));
    let [skipped] = conf.skipped() else {
        panic!("{:?}", conf.skipped());
    };
    assert_eq!(skipped.path(), Path::new("lost.cnf"));
    assert_eq!(skipped.place().line(), 2);
    assert_eq!(
        skipped.to_string(),
        "main.cnf:2: `lost.cnf` is not included: not in memory"
    );
}

#[test]
fn the_files_of_a_folder_are_read_by_name_and_suffix() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in [
        ("b.cnf", "b"),
        ("a.CONF", "a"),
        ("c.txt", "c"),
        (".conf", "d"),
    ] {
        std::fs::write(
            folder.path().join(name),
            format!("x = {value}\n{value} = 1\n"),
        )
        .unwrap();
    }
    std::fs::create_dir(folder.path().join("z.cnf")).unwrap();
    let text = format!(".include {}\nend = 1\n", folder.path().display());
    let conf = Conf::parse(text.as_bytes(), "main.cnf", &no_environment).unwrap();
    let names: Vec<_> = conf
        .section("default")
        .unwrap()
        .values()
        .iter()
        .map(Value::name)
        .collect();
    assert_eq!(names, ["a", "x", "b", "end"]);
    assert!(conf.skipped().is_empty());
}

#[test]
fn circles_end() {
    let files = Memory::new(&[
        ("a.cnf", ".include b.cnf\n"),
        ("b.cnf", ".include a.cnf\n.include a.cnf\n"),
    ]);
    let error = files.read(".include a.cnf\n").unwrap_err();
    assert!(matches!(error, ConfError::IncludeDepth { .. }), "{error:?}");
    assert_eq!(error.hint().unwrap(), "do the files include one another?");
}

#[test]
fn doubling_includes_end() {
    let files: Vec<_> = (0..30)
        .map(|level| {
            (
                format!("{level}.cnf"),
                format!(".include {0}.cnf\n.include {0}.cnf\n", level + 1),
            )
        })
        .collect();
    let files = Memory(
        files
            .into_iter()
            .map(|(name, text)| (PathBuf::from(name), text.into_bytes()))
            .collect(),
    );
    let error = files.read(".include 0.cnf\n").unwrap_err();
    assert!(matches!(error, ConfError::IncludeCount { .. }), "{error:?}");
}

#[test]
fn sizes_are_limited() {
    let files = Memory(BTreeMap::from([(
        "big.cnf".into(),
        vec![b'#'; limits::INPUT / 2],
    )]));
    files.read(".include big.cnf\n").unwrap();
    let error = files
        .read(".include big.cnf\n.include big.cnf\n.include big.cnf")
        .unwrap_err();
    assert!(matches!(error, ConfError::TooLarge { .. }), "{error:?}");

    let mut text = format!("a = {}\n", "x".repeat(60_000));
    for number in 0..=limits::VALUES / 60_000 {
        writeln!(text, "{number} = $a").unwrap();
    }
    let error = Conf::parse(text.as_bytes(), "test.cnf", &no_environment).unwrap_err();
    assert!(
        matches!(error, ConfError::ValuesTooLarge { .. }),
        "{error:?}"
    );
}

fn parse(text: &str) -> Conf {
    Conf::parse(text.as_bytes(), "test.cnf", &no_environment).unwrap()
}

fn text<'a>(conf: &'a Conf, section: &str, name: &str) -> Option<&'a str> {
    conf.get(section, name).map(|value| value.as_str().unwrap())
}

fn no_environment(_: &str) -> Option<String> {
    None
}

/// Files that are nowhere but here.
struct Memory(BTreeMap<PathBuf, Vec<u8>>);

impl Memory {
    fn new(files: &[(&str, &str)]) -> Self {
        let files = files.iter();
        Self(
            files
                .map(|(path, text)| (path.into(), text.as_bytes().to_vec()))
                .collect(),
        )
    }

    fn read(&self, text: &str) -> Result<Conf, ConfError> {
        Conf::parse_with(text.as_bytes(), "main.cnf", &no_environment, self)
    }
}

impl Files for Memory {
    fn find(&self, path: &Path, _: usize) -> io::Result<Found> {
        let bytes = self.0.get(path).cloned().map(Found::File);
        bytes.ok_or_else(|| io::Error::other("not in memory"))
    }
}
