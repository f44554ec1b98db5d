//! Connectors around connectors: slow ones, lying ones, failing ones.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tpm2ca_tpm::{Connector, TpmCommand, Transport, TransportError};

/// What is done with a command on its way: look, change, drop, answer, or hand it on to the transport.
type Hook = dyn FnMut(&[u8], &mut dyn Transport) -> Result<Vec<u8>, TransportError> + Send;

/// Somebody in the middle. The hook outlives reconnects.
pub struct Intercept {
    inner: Box<dyn Connector>,
    hook: Arc<Mutex<Hook>>,
}

impl Intercept {
    /// Calls `hook` with every command and the transport it was meant for; the client gets what it returns.
    pub fn new(
        inner: Box<dyn Connector>,
        hook: impl FnMut(&[u8], &mut dyn Transport) -> Result<Vec<u8>, TransportError> + Send + 'static,
    ) -> Self {
        Self {
            inner,
            hook: Arc::new(Mutex::new(hook)),
        }
    }

    /// Changes commands before the TPM sees them, and responses (with the command as it was sent by the client)
    /// before the client sees them.
    pub fn tamper(
        inner: Box<dyn Connector>,
        mut on_command: impl FnMut(&mut Vec<u8>) + Send + 'static,
        mut on_response: impl FnMut(&[u8], &mut Vec<u8>) + Send + 'static,
    ) -> Self {
        Self::new(inner, move |command, tpm| {
            let mut changed = command.to_vec();
            on_command(&mut changed);
            let mut response = tpm.transact(&changed)?;
            on_response(command, &mut response);
            Ok(response)
        })
    }
}

impl fmt::Debug for Intercept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Intercept")
            .field(&self.inner.describe())
            .finish()
    }
}

impl Connector for Intercept {
    fn connect(&mut self) -> Result<Box<dyn Transport>, TransportError> {
        Ok(Box::new(Intercepted {
            inner: self.inner.connect()?,
            hook: Arc::clone(&self.hook),
        }))
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

struct Intercepted {
    inner: Box<dyn Transport>,
    hook: Arc<Mutex<Hook>>,
}

impl Transport for Intercepted {
    fn transact(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut hook = self.hook.lock().unwrap();
        (*hook)(command, self.inner.as_mut())
    }
}

/// A TPM that takes its time to sign, as chips do.
pub struct Delay {
    inner: Box<dyn Connector>,
    delay: Duration,
}

impl Delay {
    /// Adds `delay` to every TPM2_Sign.
    pub fn new(inner: Box<dyn Connector>, delay: Duration) -> Self {
        Self { inner, delay }
    }
}

impl fmt::Debug for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delay")
            .field("inner", &self.inner.describe())
            .field("delay", &self.delay)
            .finish()
    }
}

impl Connector for Delay {
    fn connect(&mut self) -> Result<Box<dyn Transport>, TransportError> {
        Ok(Box::new(Delayed {
            inner: self.inner.connect()?,
            delay: self.delay,
        }))
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

struct Delayed {
    inner: Box<dyn Transport>,
    delay: Duration,
}

impl Transport for Delayed {
    fn transact(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if command.get(6..10) == Some(&TpmCommand::SIGN.code().to_be_bytes()) {
            thread::sleep(self.delay);
        }
        self.inner.transact(command)
    }
}
