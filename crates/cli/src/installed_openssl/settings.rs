//! What an openssl.cnf says about modules: config(5), the sections of `providers` and `engines`.

use std::{
    env,
    path::{Path, PathBuf},
};

use tpm2ca_openssl_conf::{Conf, ConfError, Section, Value};

use super::Version;

/// The modules that a file loads. Not to be shown: the values of some controls are secrets.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) file: PathBuf,
    /// The section that `openssl_conf` names.
    pub(crate) init: Option<String>,
    /// What stands in it beside `engines`.
    pub(crate) without_engines: Vec<(String, String)>,
    /// The section that `providers` names there.
    pub(crate) list: Option<String>,
    /// In the order in which they are loaded.
    pub(crate) providers: Vec<Provider>,
    pub(crate) engines: Vec<Engine>,
}

/// A provider of the file.
pub(crate) struct Provider {
    pub(crate) name: String,
    /// Its section.
    pub(crate) section: String,
    /// `module = FILE`
    pub(crate) module: Option<PathBuf>,
    /// `activate`, as it is written.
    activate: Option<String>,
    /// Which TPM it is to use.
    pub(crate) tcti: Option<String>,
    /// Where it stands.
    pub(crate) place: String,
}

/// An engine of the file.
pub(crate) struct Engine {
    pub(crate) id: String,
    /// `dynamic_path = FILE`
    pub(crate) path: Option<PathBuf>,
    /// `SET_TCTI` and others: what it is told.
    pub(crate) controls: Vec<(String, String)>,
    pub(crate) place: String,
}

impl Provider {
    /// Before 3.2 it is enough that the word is there.
    pub(crate) fn is_active(&self, version: Version) -> bool {
        self.activate.as_deref().is_some_and(|value| {
            version < Version::new(3, 2)
                || ["1", "yes", "true", "on"].contains(&value.to_ascii_lowercase().as_str())
        })
    }

    /// Its file, where OpenSSL looks into `folder`.
    pub(crate) fn file(&self, folder: Option<&Path>) -> Option<PathBuf> {
        match &self.module {
            Some(path) if path.is_absolute() => Some(path.clone()),
            Some(path) => Some(folder?.join(path)),
            None => Some(folder?.join(format!("{}.so", self.name))),
        }
    }
}

impl Settings {
    /// Reads a file. One that does not exist says nothing, and neither does a pipe, which can be read only once.
    ///
    /// # Errors
    /// OpenSSL cannot read it either.
    pub(crate) fn load(file: &Path) -> Result<Self, ConfError> {
        let settings = if file.is_file() {
            Self::of(&Conf::load(file, &|name| env::var(name).ok())?)
        } else {
            Self::default()
        };
        Ok(Self {
            file: file.to_owned(),
            ..settings
        })
    }

    fn of(conf: &Conf) -> Self {
        // There is no way back from a section that is not there: OpenSSL stops at the same point.
        let below = |value: &Value| conf.section_named_by(value).ok();
        let init = conf.get("default", "openssl_conf").and_then(below);
        let list = |name: &str| init?.get(name).and_then(below);
        let name = |section: Option<&Section>| section.map(|section| section.name().to_owned());
        let providers = list("providers");
        let others = values(init)
            .iter()
            .filter(|value| value.name() != "engines");
        Self {
            file: PathBuf::new(),
            init: name(init),
            without_engines: others
                .filter_map(|value| Some((value.name().to_owned(), text(value)?)))
                .collect(),
            list: name(providers),
            providers: values(providers)
                .iter()
                .map(|value| provider(value, below(value)))
                .collect(),
            engines: values(list("engines"))
                .iter()
                .map(|value| engine(value, below(value)))
                .collect(),
        }
    }
}

fn provider(value: &Value, section: Option<&Section>) -> Provider {
    let setting = |name: &str| text(section?.get(name)?);
    Provider {
        name: setting("identity").unwrap_or_else(|| plain_name(value).to_owned()),
        section: text(value).unwrap_or_default(),
        module: setting("module").map(PathBuf::from),
        activate: setting("activate"),
        tcti: setting("tcti"),
        place: value.place().to_string(),
    }
}

fn engine(value: &Value, section: Option<&Section>) -> Engine {
    let setting = |name: &str| text(section?.get(name)?);
    let controls = CONTROLS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), setting(name)?)));
    Engine {
        id: setting("engine_id").unwrap_or_else(|| plain_name(value).to_owned()),
        path: setting("dynamic_path").map(PathBuf::from),
        controls: controls.collect(),
        place: value.place().to_string(),
    }
}

/// What stands in front of a point only tells entries of the same name apart.
fn plain_name(value: &Value) -> &str {
    let name = value.name();
    name.rsplit_once('.').map_or(name, |(_, name)| name)
}

fn values(section: Option<&Section>) -> &[Value] {
    section.map_or(&[], Section::values)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().ok().map(str::to_owned)
}

/// Of tpm2-tss-engine and ours.
const CONTROLS: [&str; 5] = [
    "SET_TCTI",
    "SET_OWNERAUTH",
    "SET_PARENTAUTH",
    "SET_KEYAUTH",
    "SET_ALLOWRSAES",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn settings(text: &str) -> Settings {
        Settings::of(&Conf::parse(text.as_bytes(), "openssl.cnf", &|_| None).unwrap())
    }

    #[test]
    fn providers_come_in_the_order_of_the_file() {
        let settings = settings(
            "openssl_conf = i\n[i]\nproviders = p\n[p]\ntpm2 = t\nlast.default = d\nx = n\n[t]\nactivate = 1\n\
             tcti = libtpms:tpm\nmodule = /m/tpm2.so\n[d]\nactivate = 0\n[n]\nidentity = legacy\n",
        );
        let names: Vec<&str> = settings
            .providers
            .iter()
            .map(|provider| &provider.name[..])
            .collect();
        assert_eq!(names, ["tpm2", "default", "legacy"]);
        assert_eq!(settings.init.as_deref(), Some("i"));
        let [tpm, default, legacy] = settings.providers.as_slice() else {
            panic!("three providers");
        };
        assert_eq!(tpm.tcti.as_deref(), Some("libtpms:tpm"));
        assert_eq!(tpm.place, "openssl.cnf:5");
        let folder = Some(Path::new("/usr/lib/ossl-modules"));
        assert_eq!(tpm.file(folder).unwrap(), Path::new("/m/tpm2.so"));
        assert_eq!(
            legacy.file(folder).unwrap(),
            Path::new("/usr/lib/ossl-modules/legacy.so")
        );
        let (old, new) = (Version::new(3, 0), Version::new(3, 5));
        assert!(tpm.is_active(old) && tpm.is_active(new));
        assert!(default.is_active(old) && !default.is_active(new));
        assert!(!legacy.is_active(old));
    }

    #[test]
    fn engines_are_read_with_their_controls() {
        let settings = settings(
            "openssl_conf = i\n[i]\nengines = e\n[e]\ntpm2tss = t\n[t]\ndynamic_path = /e/libtpm2tss.so\nSET_TCTI = \
             device:/dev/tpm0\ninit = 1\n",
        );
        let [engine] = settings.engines.as_slice() else {
            panic!("one engine");
        };
        assert_eq!(engine.id, "tpm2tss");
        assert_eq!(engine.path.as_deref(), Some(Path::new("/e/libtpm2tss.so")));
        assert_eq!(
            engine.controls,
            [("SET_TCTI".to_owned(), "device:/dev/tpm0".to_owned())]
        );
    }

    #[test]
    fn files_without_modules_say_nothing() {
        for text in [
            "",
            "openssl_conf = nowhere\n",
            "openssl_conf = i\n[i]\nproviders = nowhere\n",
            "[req]\nx = y\n",
        ] {
            let settings = settings(text);
            assert!(
                settings.providers.is_empty() && settings.engines.is_empty(),
                "{text}"
            );
        }
        let settings = Settings::load(Path::new("/no/such/openssl.cnf")).unwrap();
        assert!(settings.init.is_none());
    }
}
