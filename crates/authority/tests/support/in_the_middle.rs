//! A CA whose TPM is reached through somebody else's hands.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tpm2ca_authority::{Authority, CaDirectory, Environment, InitOptions, Keyring, NoAuth, init};
use tpm2ca_testkit::{Intercept, Swtpm, TempDir, temp_dir};
use tpm2ca_tpm::{Algorithm, Auth, Curve, Tcti, Tpm, TpmOptions, Transport, TransportError};

pub(crate) const TPM2_SIGN: u32 = 0x15d;

pub(crate) fn code_of(command: &[u8]) -> u32 {
    u32::from_be_bytes(command[6..10].try_into().unwrap())
}

pub(crate) fn options(name: &str) -> InitOptions {
    InitOptions {
        name: name.to_owned(),
        algorithm: Algorithm::Ecc(Curve::P256),
        root_days: None,
        intermediate_days: None,
        permit_dns: Vec::new(),
        key_auth: Auth::empty(),
        no_da: true,
        crl_url: None,
        tcti: None,
        requester: "test".to_owned(),
    }
}

/// Somebody who sees every command, and decides what comes back.
pub(crate) type Hook =
    dyn FnMut(&[u8], &mut dyn Transport) -> Result<Vec<u8>, TransportError> + Send;

/// A CA in a TPM, made while nobody was in the middle.
pub(crate) struct TpmCa {
    pub(crate) folder: TempDir,
    pub(crate) swtpm: Swtpm,
}

impl TpmCa {
    pub(crate) fn new() -> Self {
        let ca = Self {
            folder: temp_dir(),
            swtpm: Swtpm::start(),
        };
        let keyring = keyring(ca.swtpm.tcti());
        init(
            &ca.directory(),
            keyring,
            Environment::default(),
            &options("Test"),
        )
        .unwrap();
        ca
    }

    pub(crate) fn directory(&self) -> CaDirectory {
        CaDirectory::new(self.folder.path().join("ca"))
    }

    /// Opens it with the pin that `init` made, and somebody in the middle.
    pub(crate) fn open_through(&self, hook: Arc<Mutex<Box<Hook>>>) -> Authority {
        let connector = Intercept::new(self.swtpm.tcti().connector(), move |command, tpm| {
            (hook.lock().unwrap())(command, tpm)
        });
        let srk = self.directory().config().unwrap().tpm.srk.unwrap();
        let options = TpmOptions {
            expected_srk: Some(srk.parse().unwrap()),
            patience: Duration::from_millis(200),
            ..TpmOptions::default()
        };
        let tpm = Tpm::with_connector(Box::new(connector), options).unwrap();
        let keyring = Keyring::with_tpm(tpm, Box::new(NoAuth));
        Authority::open(self.directory(), keyring, Environment::default()).unwrap()
    }
}

pub(crate) fn keyring(tcti: Tcti) -> Keyring {
    Keyring::new(Some(tcti), TpmOptions::default(), Box::new(NoAuth))
}

/// Hands everything on.
pub(crate) fn honest() -> Arc<Mutex<Box<Hook>>> {
    Arc::new(Mutex::new(Box::new(|command, tpm| tpm.transact(command))))
}

pub(crate) fn lost() -> TransportError {
    TransportError::Io {
        at: "test".to_owned(),
        source: io::ErrorKind::ConnectionReset.into(),
    }
}
