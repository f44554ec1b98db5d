//! A configuration while it is being read.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use crate::{Conf, ConfError, Place, Section, Skipped, Value, expand::Variables, limits};

pub(crate) struct Draft<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    sections: Vec<DraftSection>,
    index: HashMap<Arc<str>, usize>,
    /// Octets of all values ever set.
    size: usize,
}

struct DraftSection {
    name: Arc<str>,
    place: Place,
    /// A value that was set again leaves a gap: the later one counts, and stands where it was set.
    values: Vec<Option<Value>>,
    index: HashMap<String, usize>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(env: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            env,
            sections: Vec::new(),
            index: HashMap::new(),
            size: 0,
        }
    }

    pub(crate) fn env(&self, name: &str) -> Option<String> {
        (self.env)(name)
    }

    /// The section of this name, made if need be.
    pub(crate) fn section(&mut self, name: &str, place: &Place) -> Arc<str> {
        let at = self.position(name, place);
        Arc::clone(&self.sections[at].name)
    }

    pub(crate) fn set(
        &mut self,
        section: &str,
        name: String,
        bytes: Vec<u8>,
        place: Place,
    ) -> Result<(), ConfError> {
        self.size += bytes.len();
        if self.size > limits::VALUES {
            return Err(ConfError::ValuesTooLarge { place });
        }
        let at = self.position(section, &place);
        let section = &mut self.sections[at];
        if let Some(before) = section.index.insert(name.clone(), section.values.len()) {
            section.values[before] = None;
        }
        let value = Value::new(Arc::clone(&section.name), name, bytes, place);
        section.values.push(Some(value));
        Ok(())
    }

    pub(crate) fn finish(self, name: &str, skipped: Vec<Skipped>) -> Conf {
        let sections = self.sections.into_iter().map(|section| {
            let values = section.values.into_iter().flatten().collect();
            Section::new(section.name, section.place, values)
        });
        Conf::new(name.to_owned(), sections.collect(), self.index, skipped)
    }

    fn position(&mut self, name: &str, place: &Place) -> usize {
        if let Some(at) = self.index.get(name) {
            return *at;
        }
        let name = Arc::<str>::from(name);
        let at = self.sections.len();
        self.index.insert(Arc::clone(&name), at);
        self.sections.push(DraftSection {
            name,
            place: place.clone(),
            values: Vec::new(),
            index: HashMap::new(),
        });
        at
    }

    fn get(&self, section: &str, name: &str) -> Option<&Value> {
        let section = &self.sections[*self.index.get(section)?];
        section.values[*section.index.get(name)?].as_ref()
    }
}

impl Variables for Draft<'_> {
    fn lookup(&self, section: Option<&str>, name: &str) -> Option<Cow<'_, [u8]>> {
        let section = section.unwrap_or("default");
        if let Some(value) = self.get(section, name) {
            return Some(value.as_bytes().into());
        }
        // A section called ENV in the file goes before the environment.
        if section == "ENV"
            && let Some(value) = (self.env)(name)
        {
            return Some(value.into_bytes().into());
        }
        self.get("default", name)
            .map(|value| value.as_bytes().into())
    }
}
