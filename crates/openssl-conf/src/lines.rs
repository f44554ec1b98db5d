//! The lines of a file and of what it includes, in the order in which OpenSSL reads them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    vec,
};

use crate::{ConfError, Files, Found, Place, Skipped, files::configuration_files, limits};

/// The files being read, innermost last.
pub(crate) struct Lines<'a> {
    files: &'a dyn Files,
    current: Source,
    outer: Vec<Source>,
    /// What is still to be read of the one included folder. There is never more than one.
    folder: Option<(Place, vec::IntoIter<PathBuf>)>,
    /// Octets taken in so far.
    size: usize,
    includes: usize,
    pub(crate) skipped: Vec<Skipped>,
}

struct Source {
    name: Arc<str>,
    bytes: Vec<u8>,
    at: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(bytes: &[u8], name: &str, files: &'a dyn Files) -> Result<Self, ConfError> {
        // Of the first file only: OpenSSL leaves the mark in included ones, where it is then part of a name.
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        if bytes.len() > limits::INPUT {
            return Err(ConfError::TooLarge {
                file: name.to_owned(),
            });
        }
        Ok(Self {
            files,
            current: Source::new(name.into(), bytes.to_vec()),
            outer: Vec::new(),
            folder: None,
            size: bytes.len(),
            includes: 0,
            skipped: Vec::new(),
        })
    }

    /// Puts the next line into `line`, with those that continue it; `None` after the last.
    pub(crate) fn next(&mut self, line: &mut Vec<u8>) -> Result<Option<Place>, ConfError> {
        line.clear();
        let place = loop {
            let place = self.current.place();
            if let Some(physical) = self.current.next() {
                line.extend_from_slice(physical);
                break place;
            }
            if !self.next_source()? {
                return Ok(None);
            }
        };
        // Only the last two octets count: `\\\` at the end of a line does not continue it.
        while line.ends_with(b"\\") && !line.ends_with(b"\\\\") {
            line.pop();
            let Some(physical) = self.current.next() else {
                break;
            };
            line.extend_from_slice(physical);
        }
        if line.contains(&0) {
            return Err(ConfError::NullByte { place });
        }
        Ok(Some(place))
    }

    /// The current file is at its end. While a folder is being read its next file comes first, even if the current
    /// file was included by one of the folder's files: the rest of that one is read when the folder is.
    fn next_source(&mut self) -> Result<bool, ConfError> {
        while let Some((place, folder)) = &mut self.folder {
            let Some(path) = folder.next() else {
                self.folder = None;
                break;
            };
            let place = place.clone();
            // What is not a file, or cannot be read, is passed over.
            if let Ok(Found::File(bytes)) = self.find(&path, &place)? {
                self.current = Source::new(path.display().to_string().into(), bytes);
                return Ok(true);
            }
        }
        match self.outer.pop() {
            Some(source) => self.current = source,
            None => return Ok(false),
        }
        Ok(true)
    }

    /// Goes on with what is at `path`.
    pub(crate) fn include(&mut self, path: PathBuf, place: &Place) -> Result<(), ConfError> {
        if self.outer.len() + 1 > limits::INCLUDE_DEPTH {
            return Err(ConfError::IncludeDepth {
                place: place.clone(),
                path,
            });
        }
        let reason = match self.find(&path, place)? {
            Ok(Found::File(bytes)) => {
                self.enter(Source::new(path.display().to_string().into(), bytes));
                return Ok(());
            }
            Ok(Found::Folder(_)) if self.folder.is_some() => {
                "a file of an included folder cannot include a folder".to_owned()
            }
            Ok(Found::Folder(files)) => {
                self.folder = Some((place.clone(), configuration_files(files).into_iter()));
                // An empty one, so that the folder's first file is next.
                self.enter(Source::new(path.display().to_string().into(), Vec::new()));
                return Ok(());
            }
            Err(error) => error.to_string(),
        };
        self.skipped.push(Skipped {
            place: place.clone(),
            path,
            reason,
        });
        Ok(())
    }

    fn enter(&mut self, source: Source) {
        self.outer
            .push(std::mem::replace(&mut self.current, source));
    }

    fn find(&mut self, path: &Path, place: &Place) -> Result<std::io::Result<Found>, ConfError> {
        self.includes += 1;
        if self.includes > limits::INCLUDES {
            return Err(ConfError::IncludeCount {
                place: place.clone(),
            });
        }
        let found = self.files.find(path, limits::INPUT - self.size);
        if let Ok(Found::File(bytes)) = &found {
            self.size += bytes.len();
            if self.size > limits::INPUT {
                return Err(ConfError::TooLarge {
                    file: path.display().to_string(),
                });
            }
        }
        Ok(found)
    }
}

impl Source {
    fn new(name: Arc<str>, bytes: Vec<u8>) -> Self {
        Self {
            name,
            bytes,
            at: 0,
            line: 0,
        }
    }

    /// Where [`Self::next`] will be.
    fn place(&self) -> Place {
        Place::new(Arc::clone(&self.name), self.line + 1)
    }

    /// The next line without its end.
    fn next(&mut self) -> Option<&[u8]> {
        let rest = &self.bytes[self.at..];
        if rest.is_empty() {
            return None;
        }
        let length = rest.iter().position(|octet| *octet == b'\n');
        let line = &rest[..length.unwrap_or(rest.len())];
        self.at += length.map_or(rest.len(), |length| length + 1);
        self.line += 1;
        let end = line.iter().rposition(|octet| *octet != b'\r');
        Some(&line[..end.map_or(0, |last| last + 1)])
    }
}
