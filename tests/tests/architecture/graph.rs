//! The dependency graph, as `cargo metadata` tells it.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    process::{Command, Output},
    sync::LazyLock,
};

use serde_json::Value;

use crate::{expect_none, licences, root};

/// Which crate of ours may use which, in what is built for users. Whoever is not in a list is not known.
const ARROWS: &[(&str, &[&str])] = &[
    ("tpm2ca-x509", &[]),
    ("tpm2ca-openssl-conf", &[]),
    ("tpm2ca-tpm", &[]),
    ("tpm2ca-store", &["tpm2ca-x509"]),
    ("tpm2ca-keys", &["tpm2ca-tpm", "tpm2ca-x509"]),
    ("tpm2ca-profile", &["tpm2ca-x509"]),
    (
        "tpm2ca-openssl-x509v3",
        &["tpm2ca-openssl-conf", "tpm2ca-x509"],
    ),
    (
        "tpm2ca-openssl-ca",
        &[
            "tpm2ca-openssl-conf",
            "tpm2ca-openssl-x509v3",
            "tpm2ca-profile",
            "tpm2ca-x509",
        ],
    ),
    ("tpm2ca-lint", &["tpm2ca-x509"]),
    (
        "tpm2ca-authority",
        &[
            "tpm2ca-keys",
            "tpm2ca-lint",
            "tpm2ca-openssl-ca",
            "tpm2ca-openssl-conf",
            "tpm2ca-openssl-x509v3",
            "tpm2ca-profile",
            "tpm2ca-store",
            "tpm2ca-tpm",
            "tpm2ca-x509",
        ],
    ),
    ("tpm2ca-responder", &["tpm2ca-authority", "tpm2ca-x509"]),
    (
        "tpm2ca",
        &[
            "tpm2ca-authority",
            "tpm2ca-keys",
            "tpm2ca-openssl-ca",
            "tpm2ca-openssl-conf",
            "tpm2ca-openssl-x509v3",
            "tpm2ca-profile",
            "tpm2ca-responder",
            "tpm2ca-store",
            "tpm2ca-tpm",
            "tpm2ca-x509",
        ],
    ),
    ("tpm2ca-openssl-keys", &["tpm2ca-keys", "tpm2ca-tpm"]),
    (
        "tpm2ca-openssl-engine",
        &["tpm2ca-openssl-keys", "tpm2ca-tpm"],
    ),
    (
        "tpm2ca-openssl-provider",
        &["tpm2ca-openssl-keys", "tpm2ca-tpm"],
    ),
    ("tpm2ca-testkit", &["tpm2ca-tpm"]),
    ("tpm2ca-xtask", &["tpm2ca", "tpm2ca-lint", "tpm2ca-profile"]),
    // The end-to-end tests may use anything.
    ("tpm2ca-tests", &[]),
];

/// What users get.
const SHIPPED: [&str; 3] = ["tpm2ca", "tpm2ca-openssl-engine", "tpm2ca-openssl-provider"];

/// What that is made without: second copies of what we have, C libraries of the system, and what is dead.
/// An empty version bans all of them.
const BANNED: [(&str, &str, &str); 12] = [
    ("openssl", "", "aws-lc-rs is the one cryptographic library"),
    (
        "openssl-sys",
        "",
        "aws-lc-rs is the one cryptographic library",
    ),
    (
        "native-tls",
        "",
        "aws-lc-rs is the one cryptographic library",
    ),
    ("ring", "", "aws-lc-rs is the one cryptographic library"),
    ("rcgen", "", "certificates have one writer, in `x509`"),
    (
        "tss-esapi",
        "",
        "`tpm` speaks to TPMs itself: docs/adr/0001-own-tpm-codec.md",
    ),
    (
        "tss-esapi-sys",
        "",
        "`tpm` speaks to TPMs itself: docs/adr/0001-own-tpm-codec.md",
    ),
    ("sqlx", "", "docs/adr/0002-rusqlite.md"),
    (
        "chrono",
        "",
        "times are seconds, written and read in `x509`",
    ),
    ("time", "", "times are seconds, written and read in `x509`"),
    ("der", "0.7", "one generation of the DER crates is enough"),
    (
        "x509-cert",
        "0.2",
        "one generation of the DER crates is enough",
    ),
];

#[test]
fn the_arrows_between_our_crates_are_those_that_were_decided() {
    let graph = &*GRAPH;
    let mut wrong = Vec::new();
    let decided: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    for name in graph.ours() {
        let Some(allowed) = decided.get(name) else {
            wrong.push(format!(
                "`{name}` is new: decide what it may know, and write it into ARROWS"
            ));
            continue;
        };
        if name == "tpm2ca-tests" {
            continue;
        }
        let found: BTreeSet<&str> = graph
            .direct(name)
            .filter(|dependency| graph.ours().contains(dependency))
            .collect();
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        if found != allowed {
            wrong.push(format!("`{name}` uses {found:?} instead of {allowed:?}"));
        }
    }
    for name in decided.keys().filter(|name| !graph.ours().contains(*name)) {
        wrong.push(format!("`{name}` is in ARROWS and not in the workspace"));
    }
    expect_none(&wrong);
}

#[test]
fn nothing_that_users_get_contains_test_code() {
    for program in SHIPPED {
        let shipped = GRAPH.closure(program);
        for name in [
            "tpm2ca-testkit",
            "tpm2ca-tests",
            "insta",
            "tempfile",
            "proptest",
            "regex-lite",
        ] {
            assert!(!shipped.contains(name), "`{program}` contains `{name}`");
        }
    }
}

#[test]
fn the_rooms_below_the_responder_know_no_async_runtime() {
    for room in [
        "tpm2ca-x509",
        "tpm2ca-openssl-conf",
        "tpm2ca-openssl-x509v3",
        "tpm2ca-tpm",
        "tpm2ca-keys",
        "tpm2ca-profile",
        "tpm2ca-lint",
        "tpm2ca-store",
        "tpm2ca-authority",
    ] {
        for runtime in ["tokio", "async-std", "smol"] {
            assert!(
                !GRAPH.closure(room).contains(runtime),
                "`{room}` contains `{runtime}`"
            );
        }
    }
}

#[test]
fn banned_crates_are_not_in_the_program() {
    let shipped: BTreeSet<&str> = SHIPPED
        .iter()
        .flat_map(|program| GRAPH.closure(program))
        .collect();
    let mut wrong = Vec::new();
    for (name, version, why) in BANNED {
        let versions = GRAPH.packages.get(name).into_iter().flatten();
        for found in versions
            .filter(|package| shipped.contains(name) && package.version.starts_with(version))
        {
            wrong.push(format!("`{name}` {} is banned: {why}", found.version));
        }
    }
    expect_none(&wrong);
}

#[test]
fn every_dependency_has_a_permissive_licence() {
    let mut wrong = Vec::new();
    for (name, versions) in &GRAPH.packages {
        for package in versions {
            match &package.licence {
                None => wrong.push(format!("`{name}` {} states no licence", package.version)),
                Some(licence) => match licences::is_permissive(licence) {
                    Ok(true) => {}
                    Ok(false) => {
                        wrong.push(format!("`{name}` {} is under {licence}", package.version));
                    }
                    Err(error) => {
                        wrong.push(format!("the licence of `{name}`, {licence}, {error}"));
                    }
                },
            }
        }
    }
    expect_none(&wrong);
}

/// What the tests ask of the graph. Versions of one crate are taken together: nothing here tells them apart.
struct Graph {
    packages: BTreeMap<String, Vec<Package>>,
    members: BTreeSet<String>,
    /// Normal and build dependencies; none of what is for tests only.
    edges: BTreeMap<String, BTreeSet<String>>,
}

struct Package {
    version: String,
    licence: Option<String>,
}

static GRAPH: LazyLock<Graph> = LazyLock::new(|| Graph::of(&metadata()));

impl Graph {
    fn of(metadata: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let array = |value: &Value| value.as_array().unwrap().clone();
        let mut names = BTreeMap::new();
        let mut packages = BTreeMap::<_, Vec<_>>::new();
        for package in array(&metadata["packages"]) {
            names.insert(text(&package["id"]), text(&package["name"]));
            packages
                .entry(text(&package["name"]))
                .or_default()
                .push(Package {
                    version: text(&package["version"]),
                    licence: package["license"].as_str().map(str::to_owned),
                });
        }
        let mut edges = BTreeMap::<_, BTreeSet<_>>::new();
        for node in array(&metadata["resolve"]["nodes"]) {
            let from = edges.entry(names[&text(&node["id"])].clone()).or_default();
            for dependency in array(&node["deps"]) {
                let is_for_tests = |kind: &Value| kind["kind"] == "dev";
                if !array(&dependency["dep_kinds"]).iter().all(is_for_tests) {
                    from.insert(names[&text(&dependency["pkg"])].clone());
                }
            }
        }
        let members = array(&metadata["workspace_members"]);
        Self {
            packages,
            members: members.iter().map(|id| names[&text(id)].clone()).collect(),
            edges,
        }
    }

    fn ours(&self) -> BTreeSet<&str> {
        self.members.iter().map(String::as_str).collect()
    }

    fn direct(&self, name: &str) -> impl Iterator<Item = &str> {
        self.edges
            .get(name)
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// Everything that `name` is built from, itself included.
    fn closure<'a>(&'a self, name: &'a str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut waiting = vec![name];
        while let Some(next) = waiting.pop() {
            if reached.insert(next) {
                waiting.extend(self.direct(next));
            }
        }
        reached
    }
}

/// For this machine's kind only, because Cargo has not fetched the crates of others.
fn metadata() -> Value {
    let cargo = |arguments: &[&str]| -> Output {
        let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Command::new(program)
            .args(arguments)
            .current_dir(root())
            .output()
            .unwrap()
    };
    let version = String::from_utf8(cargo(&["-vV"]).stdout).unwrap();
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    let arguments = [
        "metadata",
        "--format-version=1",
        "--locked",
        "--filter-platform",
        host,
    ];
    let mut output = cargo(&[&arguments[..], &["--offline"]].concat());
    if !output.status.success() {
        output = cargo(&arguments);
    }
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata\n{talk}");
    serde_json::from_slice(&output.stdout).unwrap()
}
