//! The set of profiles that a CA has: the built-in ones, changed and added to by files.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::consistency;
use crate::error::ProfileError;
use crate::file::{Document, Place, ProfileTable};
use crate::profile::Profile;
use tpm2ca_x509::spelling::did_you_mean;

/// The profiles of a CA by name.
///
/// ```
/// let mut profiles = tpm2ca_profile::Profiles::built_in();
/// profiles.merge_toml(
///     r#"
///     [profile.server]
///     days = 30
///
///     [profile.web]
///     base = "server"
///     [profile.web.names]
///     allow_dns = ["*.example.com"]
///     "#,
///     "profiles/web.toml",
/// )?;
/// assert_eq!(profiles.get("web")?.days, 30);
/// # Ok::<(), tpm2ca_profile::ProfileError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Profiles {
    /// Every file so far, the built-in ones first.
    layers: Vec<Layer>,
    profiles: BTreeMap<String, Profile>,
}

#[derive(Clone, Debug)]
struct Layer {
    origin: Cow<'static, str>,
    text: Cow<'static, str>,
}

impl Profiles {
    /// Names of the built-in profiles, in the order of their use.
    pub const BUILT_IN: [&'static str; 5] = ["root", "intermediate", "server", "client", "ocsp"];

    /// The built-in profiles `root`, `intermediate`, `server`, `client` and `ocsp`.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "the text is part of the program, and every test builds it"
    )]
    pub fn built_in() -> Self {
        let layers: Vec<_> = BUILT_IN_FILES
            .iter()
            .map(|(origin, text)| Layer {
                origin: Cow::Borrowed(origin),
                text: Cow::Borrowed(text),
            })
            .collect();
        let profiles = build(&layers).expect("the built-in profiles are well-formed");
        Self { layers, profiles }
    }

    /// The text of a built-in profile, as a file to start from.
    pub fn built_in_text(name: &str) -> Option<&'static str> {
        let position = Self::BUILT_IN.iter().position(|known| *known == name)?;
        BUILT_IN_FILES.get(position).map(|(_, text)| *text)
    }

    /// Adds several files at once, text and name of each; see [`Profiles::merge_toml`]. Only so may a base stand in a
    /// later file.
    pub fn merge_all(&mut self, files: Vec<(String, String)>) -> Result<(), ProfileError> {
        let before = self.layers.len();
        self.layers
            .extend(files.into_iter().map(|(text, origin)| Layer {
                origin: Cow::Owned(origin),
                text: Cow::Owned(text),
            }));
        match build(&self.layers) {
            Ok(profiles) => {
                self.profiles = profiles;
                Ok(())
            }
            Err(error) => {
                self.layers.truncate(before);
                Err(error)
            }
        }
    }

    /// Adds a file: `[profile.NAME]` changes only the keys it has of an existing profile, or makes
    /// a new one, on the base of another where it says `base = "OTHER"`.
    ///
    /// A base is looked up when the whole file is there, so the order of tables within one does not
    /// matter to it; where two files set the same key of the same profile, the later
    /// file wins. Lists are replaced as a whole, `[[profile.NAME.requester]]` blocks too.
    ///
    /// `origin` is the file's name for messages. On an error the set stays as it was.
    pub fn merge_toml(&mut self, text: &str, origin: &str) -> Result<(), ProfileError> {
        self.merge_all(vec![(text.to_owned(), origin.to_owned())])
    }

    /// The profile of this name, or an error that lists the names there are.
    pub fn get(&self, name: &str) -> Result<&Profile, ProfileError> {
        self.profiles
            .get(name)
            .ok_or_else(|| ProfileError::UnknownProfile {
                name: name.to_owned(),
                known: self.names().map(str::to_owned).collect(),
            })
    }

    /// The names there are, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.profiles.keys().map(String::as_str)
    }

    /// All profiles, in alphabetical order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.values()
    }
}

impl Default for Profiles {
    fn default() -> Self {
        Self::built_in()
    }
}

/// All layers read again, from the first. Cheap beside what a certificate costs, and it makes the
/// result independent of the order in which bases and their users come.
fn build(layers: &[Layer]) -> Result<BTreeMap<String, Profile>, ProfileError> {
    let documents = layers
        .iter()
        .map(|layer| Document::parse(&layer.origin, &layer.text))
        .collect::<Result<Vec<_>, _>>()?;
    let names: BTreeSet<&str> = documents
        .iter()
        .flat_map(Document::tables)
        .map(|table| table.name.as_str())
        .collect();
    let builder = Builder {
        documents: &documents,
        names: &names,
    };
    let mut done = BTreeMap::new();
    for name in &names {
        builder.resolve(name, &mut done, &mut Vec::new())?;
    }
    Ok(done)
}

struct Builder<'a, 'i> {
    documents: &'a [Document<'i>],
    names: &'a BTreeSet<&'a str>,
}

impl<'a, 'i> Builder<'a, 'i> {
    /// Builds the profile `name` and the ones below it into `done`. `path` are the profiles waiting
    /// for this one.
    fn resolve(
        &self,
        name: &str,
        done: &mut BTreeMap<String, Profile>,
        path: &mut Vec<String>,
    ) -> Result<Profile, ProfileError> {
        if let Some(profile) = done.get(name) {
            return Ok(profile.clone());
        }
        let mut profile = match self.base(name) {
            None => Profile::new(name),
            Some((place, base, offset)) => {
                let section = format!("[profile.{name}]");
                let error = |problem: String, hint: String| {
                    place.value(&section, "base", crate::file::fault(offset, problem, hint))
                };
                if Profiles::BUILT_IN.contains(&name) {
                    return Err(error(
                        "a built-in profile cannot have one".to_owned(),
                        format!("make a new profile: `[profile.my-{name}]` with base = \"{base}\""),
                    ));
                }
                if !self.names.contains(base) {
                    return Err(error(
                        format!("there is no profile `{}`", base.escape_debug()),
                        did_you_mean(base, self.names.iter().copied(), "profiles"),
                    ));
                }
                path.push(name.to_owned());
                if path.iter().any(|waiting| waiting == base) {
                    return Err(error(
                        format!(
                            "the profile is based on itself: {} -> {base}",
                            path.join(" -> ")
                        ),
                        "take one of these bases away".to_owned(),
                    ));
                }
                if path.len() > MAX_BASES {
                    return Err(error(
                        format!("more than {MAX_BASES} profiles are based on one another"),
                        "base the profile on one nearer to the built-in profiles".to_owned(),
                    ));
                }
                let base = self.resolve(base, done, path)?;
                path.pop();
                Profile {
                    name: name.to_owned(),
                    ..base
                }
            }
        };
        let mut last = None;
        for (place, table) in self.tables(name) {
            table.apply(place, &mut profile)?;
            last = Some((place, table.offset));
        }
        if let Some((place, offset)) = last {
            consistency::check(&profile)
                .map_err(|fault| place.inconsistent(offset, name, fault.problem, fault.hint))?;
        }
        done.insert(name.to_owned(), profile.clone());
        Ok(profile)
    }

    /// What the last file to say so names as base, and where.
    fn base(&self, name: &str) -> Option<(Place<'i>, &'a str, usize)> {
        self.tables(name)
            .filter_map(|(place, table)| {
                table
                    .base
                    .as_ref()
                    .map(|(base, offset)| (place, base.as_str(), *offset))
            })
            .last()
    }

    fn tables(&self, name: &str) -> impl Iterator<Item = (Place<'i>, &'a ProfileTable<'i>)> {
        self.documents.iter().flat_map(move |document| {
            let tables = document
                .tables()
                .iter()
                .filter(move |table| table.name == name);
            tables.map(|table| (document.place(), table))
        })
    }
}

/// In the order of [`Profiles::BUILT_IN`].
const BUILT_IN_FILES: [(&str, &str); 5] = [
    ("built-in root.toml", include_str!("builtin/root.toml")),
    (
        "built-in intermediate.toml",
        include_str!("builtin/intermediate.toml"),
    ),
    ("built-in server.toml", include_str!("builtin/server.toml")),
    ("built-in client.toml", include_str!("builtin/client.toml")),
    ("built-in ocsp.toml", include_str!("builtin/ocsp.toml")),
];

/// How deep bases may nest.
const MAX_BASES: usize = 16;
