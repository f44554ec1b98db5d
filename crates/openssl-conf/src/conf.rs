//! A configuration that was read.

use std::{collections::HashMap, fs, io::Read as _, path::Path, sync::Arc};

use crate::{ConfError, Disk, Files, Place, Skipped, Value, limits, reader};

/// A read configuration.
#[derive(Clone, Debug)]
pub struct Conf {
    name: String,
    sections: Vec<Section>,
    index: HashMap<Arc<str>, usize>,
    skipped: Vec<Skipped>,
}

impl Conf {
    pub(crate) fn new(
        name: String,
        sections: Vec<Section>,
        index: HashMap<Arc<str>, usize>,
        skipped: Vec<Skipped>,
    ) -> Self {
        Self {
            name,
            sections,
            index,
            skipped,
        }
    }

    /// Reads the file at `path` and what it includes. `env` answers `$ENV::NAME`, and tells the folder of relative
    /// includes if it knows `OPENSSL_CONF_INCLUDE`.
    ///
    /// # Errors
    /// [`ConfError`], with file and line.
    pub fn load(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfError> {
        let failed = |source| ConfError::Read {
            path: path.to_owned(),
            source,
        };
        let mut bytes = Vec::new();
        let file = fs::File::open(path).map_err(failed)?;
        file.take(limits::INPUT as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        Self::parse(&bytes, &path.display().to_string(), env)
    }

    /// The same from the bytes of a file; `name` stands in messages. A relative `.include` belongs to the current
    /// folder, or to the one that `OPENSSL_CONF_INCLUDE` in `env` or `.pragma includedir` names.
    ///
    /// # Errors
    /// [`ConfError`], with file and line.
    pub fn parse(
        bytes: &[u8],
        name: &str,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfError> {
        Self::parse_with(bytes, name, env, &Disk)
    }

    /// The same with included files from elsewhere than this machine's disk.
    ///
    /// # Errors
    /// [`ConfError`], with file and line.
    pub fn parse_with(
        bytes: &[u8],
        name: &str,
        env: &dyn Fn(&str) -> Option<String>,
        files: &dyn Files,
    ) -> Result<Self, ConfError> {
        reader::read(bytes, name, env, files)
    }

    /// The name of the file, as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All sections in the order in which they first occur. The first is `default`, which is always there.
    pub fn sections(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter()
    }

    /// The section of this name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.index.get(name).map(|at| &self.sections[*at])
    }

    /// The value of `name` in `section` or, where that has none, in `default`: NCONF_get_string(3). (The environment,
    /// which that function also looks into for the section `ENV`, is left out: it was there for variables.)
    pub fn get(&self, section: &str, name: &str) -> Option<&Value> {
        let own = self.section(section).and_then(|section| section.get(name));
        own.or_else(|| self.section("default")?.get(name))
    }

    /// The section whose name is the text of `value`, as in `x509_extensions = v3_ca`.
    ///
    /// # Errors
    /// [`ConfError::MissingSection`], [`ConfError::NotUtf8`]
    pub fn section_named_by(&self, value: &Value) -> Result<&Section, ConfError> {
        self.referenced(value.as_str()?, value)
    }

    /// The section that `text` refers to, if it begins with `@`, as in `subjectAltName = @names`; `text` is `value`'s
    /// or a part of it.
    ///
    /// # Errors
    /// [`ConfError::MissingSection`] if there is none of this name.
    pub fn at_section(&self, text: &str, value: &Value) -> Result<Option<&Section>, ConfError> {
        let name = text.strip_prefix('@');
        name.map(|name| self.referenced(name, value)).transpose()
    }

    /// The includes that were not followed, which OpenSSL passes over in silence.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    fn referenced(&self, name: &str, value: &Value) -> Result<&Section, ConfError> {
        self.section(name).ok_or_else(|| ConfError::MissingSection {
            place: value.place().clone(),
            section: value.section().to_owned(),
            name: value.name().to_owned(),
            missing: name.to_owned(),
        })
    }
}

/// A section and its values.
#[derive(Clone, Debug)]
pub struct Section {
    name: Arc<str>,
    place: Place,
    values: Vec<Value>,
    index: HashMap<String, usize>,
}

impl Section {
    pub(crate) fn new(name: Arc<str>, place: Place, values: Vec<Value>) -> Self {
        let index = values.iter().enumerate();
        Self {
            name,
            place,
            index: index
                .map(|(at, value)| (value.name().to_owned(), at))
                .collect(),
            values,
        }
    }

    /// The name between the brackets.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The line that opens it first, or the one that made it by `section::name = value`.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// All values in file order, as NCONF_get_section(3) gives them. Of values with the same name there is only the
    /// last, at its own place.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The value of this name, in this section only.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.index.get(name).map(|at| &self.values[*at])
    }
}
