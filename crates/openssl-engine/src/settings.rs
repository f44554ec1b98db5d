//! What was said with the engine's controls, and the connection that follows from it.
//!
//! Controls are for the whole process, as tpm2-tss-engine has them: they come before the key that they are meant for.
//! Keys that are there already stay with what they were loaded with.

use std::ffi::CStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tpm2ca_openssl_keys::Connection;
use tpm2ca_openssl_keys::config::{Config, Notation};
use zeroize::Zeroizing;

/// A control. The numbers are tpm2-tss-engine's, except the last two, which it has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    OwnerAuth = 200,
    Tcti = 201,
    ParentAuth = 202,
    KeyAuth = 203,
    AllowRsaes = 204,
}

impl Control {
    pub(crate) const ALL: [Self; 5] = [
        Self::OwnerAuth,
        Self::Tcti,
        Self::ParentAuth,
        Self::KeyAuth,
        Self::AllowRsaes,
    ];

    pub(crate) const fn number(self) -> u32 {
        self as u32
    }

    /// In openssl.cnf and on the command line.
    pub(crate) const fn name(self) -> &'static CStr {
        match self {
            Self::OwnerAuth => c"SET_OWNERAUTH",
            Self::Tcti => c"SET_TCTI",
            Self::ParentAuth => c"SET_PARENTAUTH",
            Self::KeyAuth => c"SET_KEYAUTH",
            Self::AllowRsaes => c"SET_ALLOWRSAES",
        }
    }

    /// For `openssl engine -vv`.
    pub(crate) const fn description(self) -> &'static CStr {
        match self {
            Self::OwnerAuth => c"authorization value of the owner hierarchy",
            Self::Tcti => c"the TPM, such as device:/dev/tpmrm0",
            Self::ParentAuth => c"authorization value of persistent parent keys",
            Self::KeyAuth => c"authorization value of keys that need one, instead of asking",
            Self::AllowRsaes => {
                c"yes: keys fixed to RSAES decrypt, although their time shows whether a padding is right"
            }
        }
    }

    /// As the configuration calls it.
    const fn setting(self) -> &'static CStr {
        match self {
            Self::OwnerAuth => c"owner-auth",
            Self::Tcti => c"tcti",
            Self::ParentAuth => c"parent-auth",
            Self::KeyAuth => c"key-auth",
            Self::AllowRsaes => c"allow-rsaes",
        }
    }
}

/// Sets a value, or with `None` forgets it.
pub(crate) fn set(control: Control, value: Option<&str>) {
    let mut state = state();
    if let Some(place) = state.values.get_mut(index(control)) {
        *place = value.map(|text| Zeroizing::new(text.to_owned()));
    }
    state.connection = None;
}

/// One more engine of this process is ours: OpenSSL may load the file again, under another name.
pub(crate) fn begin() {
    state().engines += 1;
}

/// One less; with the last everything is forgotten.
pub(crate) fn end() {
    let mut state = state();
    state.engines = state.engines.saturating_sub(1);
    if state.engines == 0 {
        *state = State::NEW;
    }
}

/// The way to the TPM for a key that is loaded now.
pub(crate) fn connection() -> Arc<Connection> {
    let mut state = state();
    if let Some(connection) = &state.connection {
        return Arc::clone(connection);
    }
    let config = Config::new(
        |setting| {
            let control = Control::ALL
                .into_iter()
                .find(|control| control.setting() == setting)?;
            let value = state.values.get(index(control))?.as_ref()?;
            Some(String::clone(value))
        },
        Notation::SourceOrBare,
        |name| std::env::var(name).ok(),
    );
    let connection = Arc::new(Connection::new(config));
    state.connection = Some(Arc::clone(&connection));
    connection
}

struct State {
    /// One for each control.
    values: [Option<Zeroizing<String>>; Control::ALL.len()],
    connection: Option<Arc<Connection>>,
    engines: usize,
}

impl State {
    const NEW: Self = Self {
        values: [const { None }; Control::ALL.len()],
        connection: None,
        engines: 0,
    };
}

/// Keys do not come here when they are used, only when they are loaded. So a child that was forked off can use its keys
/// even if another thread of its parent was here in that moment.
static STATE: Mutex<State> = Mutex::new(State::NEW);

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn index(control: Control) -> usize {
    control as usize - Control::OwnerAuth as usize
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    // One test, because there is one state.
    #[test]
    fn controls_count_for_what_comes_after_them() {
        let tcti = |connection: &Connection| connection.config().tcti().unwrap().to_string();
        begin();
        begin();
        set(Control::Tcti, Some("device:/dev/tpm0"));
        let first = connection();
        assert!(Arc::ptr_eq(&first, &connection()));
        assert_eq!(tcti(&first), "device:/dev/tpm0");
        set(Control::Tcti, Some("device:/dev/tpm1"));
        set(Control::OwnerAuth, Some("secret"));
        set(Control::KeyAuth, Some("env:TPM2CA_NO_SUCH_VARIABLE"));
        let second = connection();
        assert_eq!(tcti(&first), "device:/dev/tpm0");
        assert_eq!(tcti(&second), "device:/dev/tpm1");
        assert!(!second.config().owner_auth().unwrap().is_empty());
        assert!(first.config().owner_auth().unwrap().is_empty());
        assert!(second.config().key_auth().is_err());
        set(Control::OwnerAuth, None);
        assert!(connection().config().owner_auth().unwrap().is_empty());
        end();
        assert!(connection().config().key_auth().is_err());
        end();
        assert!(connection().config().key_auth().unwrap().is_none());
    }
}
