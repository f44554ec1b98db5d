//! Lines to a configuration.

use std::{
    ffi::OsString,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
};

use crate::{
    Conf, ConfError, Files, Place,
    draft::Draft,
    expand::{Context, expand},
    lines::Lines,
    statement::{Flaw, Statement, pragma},
};

/// What `.pragma` lines have set.
#[derive(Default)]
struct Pragmas {
    dollar_in_names: bool,
    absolute_paths: bool,
    include_folder: Option<PathBuf>,
}

pub(crate) fn read(
    bytes: &[u8],
    name: &str,
    env: &dyn Fn(&str) -> Option<String>,
    files: &dyn Files,
) -> Result<Conf, ConfError> {
    let mut lines = Lines::new(bytes, name, files)?;
    let mut draft = Draft::new(env);
    let mut pragmas = Pragmas::default();
    let mut current = draft.section("default", &Place::new(name.into(), 1));
    let mut line = Vec::new();
    while let Some(place) = lines.next(&mut line)? {
        let statement = match Statement::parse(&line, pragmas.dollar_in_names) {
            Ok(statement) => statement,
            Err(Flaw::MissingBracket(rest)) => {
                let got = excerpt(rest);
                return Err(ConfError::MissingBracket { place, got });
            }
            Err(Flaw::MissingEqualSign(rest)) => {
                let got = excerpt(rest);
                return Err(ConfError::MissingEqualSign { place, got });
            }
        };
        let context = Context {
            place: &place,
            section: None,
            name: None,
            dollar_in_names: pragmas.dollar_in_names,
        };
        let section_or_current = |named: Option<&[u8]>| match named {
            Some(section) => utf8(section, &place, "the section's name"),
            None => Ok(current.to_string()),
        };
        match statement {
            Statement::Blank => {}
            Statement::Section(name) => {
                let name = utf8(
                    &expand(name, context, &draft)?,
                    &place,
                    "the section's name",
                )?;
                current = draft.section(&name, &place);
            }
            Statement::Pragma(argument) => pragmas.set(argument, &place)?,
            Statement::Include { section, path } => {
                let section = section_or_current(section)?;
                let context = Context {
                    section: Some(&section),
                    ..context
                };
                let path = PathBuf::from(OsString::from_vec(expand(path, context, &draft)?));
                let path =
                    pragmas.place_in_folder(path, draft.env("OPENSSL_CONF_INCLUDE"), &place)?;
                lines.include(path, &place)?;
            }
            Statement::Assignment {
                section,
                name,
                value,
            } => {
                let section = section_or_current(section)?;
                let name = utf8(name, &place, "the name")?;
                let context = Context {
                    section: Some(&section),
                    name: Some(&name),
                    ..context
                };
                let value = expand(value, context, &draft)?;
                draft.set(&section, name, value, place)?;
            }
        }
    }
    Ok(draft.finish(name, lines.skipped))
}

impl Pragmas {
    /// Pragmas that are not known are passed over.
    fn set(&mut self, argument: &[u8], place: &Place) -> Result<(), ConfError> {
        let invalid = |expected| ConfError::InvalidPragma {
            place: place.clone(),
            expected,
            got: String::from_utf8_lossy(argument).into_owned(),
        };
        let (keyword, value) = pragma(argument).ok_or_else(|| invalid("`keyword:value`"))?;
        let is_one_of = |words: [&str; 2]| {
            words
                .iter()
                .any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
        };
        let switch = || {
            if is_one_of(["on", "true"]) {
                Ok(true)
            } else if is_one_of(["off", "false"]) {
                Ok(false)
            } else {
                Err(invalid("`on`, `true`, `off` or `false`"))
            }
        };
        match keyword {
            b"dollarid" => self.dollar_in_names = switch()?,
            b"abspath" => self.absolute_paths = switch()?,
            b"includedir" => {
                self.include_folder = Some(PathBuf::from(OsString::from_vec(value.to_vec())));
            }
            _ => {}
        }
        Ok(())
    }

    /// A relative path is in the folder that the environment or, failing that, the pragma names.
    fn place_in_folder(
        &self,
        path: PathBuf,
        from_environment: Option<String>,
        place: &Place,
    ) -> Result<PathBuf, ConfError> {
        let is_absolute = |path: &Path| path.as_os_str().as_bytes().starts_with(b"/");
        let folder = from_environment
            .map(PathBuf::from)
            .or(self.include_folder.clone());
        let path = match folder {
            Some(folder) if !is_absolute(&path) => {
                // As text: an empty folder means `/`.
                let mut whole = folder.into_os_string();
                if !whole.as_bytes().ends_with(b"/") {
                    whole.push("/");
                }
                whole.push(path);
                whole.into()
            }
            _ => path,
        };
        if self.absolute_paths && !is_absolute(&path) {
            return Err(ConfError::RelativeInclude {
                place: place.clone(),
                path,
            });
        }
        Ok(path)
    }
}

fn utf8(bytes: &[u8], place: &Place, what: &str) -> Result<String, ConfError> {
    String::from_utf8(bytes.to_vec()).map_err(|_| ConfError::NotUtf8 {
        place: place.clone(),
        what: what.to_owned(),
    })
}

/// The beginning of what was found, for a message.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    const LONGEST: usize = 24;
    if bytes.is_empty() {
        return "the end of the line".to_owned();
    }
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * LONGEST)]);
    let mut shown: String = text.chars().take(LONGEST).collect();
    if shown.len() < bytes.len() {
        shown.push('…');
    }
    format!("`{shown}`")
}
