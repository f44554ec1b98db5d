//! TPM2_Sign as fast as the TPM goes: command bytes made once, a password session, a loaded key, a tight loop.
//!
//! Nothing of the `tpm` crate but its transport is in the way, so that this is what the rest is measured against.

use std::time::{Duration, Instant};

use tpm2ca_tpm::{Connector, KeyFile, Transport};

/// A connection with one key loaded.
pub(crate) struct Raw {
    transport: Box<dyn Transport>,
    command: Vec<u8>,
}

impl Raw {
    pub(crate) fn open(mut connector: Box<dyn Connector>, key: &KeyFile, rsa: bool) -> Self {
        let mut transport = connector.connect().unwrap();
        // TPM2_Startup(CLEAR); a TPM that is started already says 0x100, which is as good.
        transact(&mut *transport, &command(0x8001, 0x144, &[0, 0])).ok();

        // TPM2_CreatePrimary under the owner, the template that key files mean by parent 0x40000001.
        let public: Vec<u8> = [
            &[0, 0x23, 0, 0x0b][..],        // ECC, nameAlg SHA-256
            &0x0003_0472_u32.to_be_bytes(), // restricted decrypt, noDA, userWithAuth, fixedTPM, fixedParent, origin
            &[0, 0],                        // authPolicy
            &[0, 6, 0, 0x80, 0, 0x43],      // AES-128-CFB
            &[0, 0x10, 0, 3, 0, 0x10],      // scheme NULL, P-256, KDF NULL
            &[0, 0, 0, 0],                  // unique
        ]
        .concat();
        let parameters = [
            &[0, 4, 0, 0, 0, 0][..], // inSensitive: empty auth, no data
            &u16::try_from(public.len()).unwrap().to_be_bytes(),
            &public,
            &[0, 0],       // outsideInfo
            &[0, 0, 0, 0], // creationPCR
        ]
        .concat();
        let parent = handle(&transact(
            &mut *transport,
            &with_password(0x131, 0x4000_0001, &parameters),
        ));
        let blobs = [key.private_blob(), key.public_blob()].concat();
        let key = handle(&transact(
            &mut *transport,
            &with_password(0x157, parent, &blobs),
        ));
        transact(
            &mut *transport,
            &command(0x8001, 0x165, &parent.to_be_bytes()),
        )
        .unwrap();

        let scheme: [u8; 4] = if rsa {
            [0, 0x14, 0, 0x0b]
        } else {
            [0, 0x18, 0, 0x0b]
        };
        let parameters = [
            &[0, 32][..],
            &[0x5a; 32],
            &scheme,
            &[0x80, 0x24, 0x40, 0, 0, 7, 0, 0], // no ticket
        ]
        .concat();
        Self {
            transport,
            command: with_password(0x15d, key, &parameters),
        }
    }

    /// Signatures per second.
    pub(crate) fn run(&mut self, duration: Duration) -> f64 {
        let start = Instant::now();
        let mut count = 0_u32;
        while start.elapsed() < duration {
            transact(&mut *self.transport, &self.command).unwrap();
            count += 1;
        }
        f64::from(count) / start.elapsed().as_secs_f64()
    }
}

fn command(tag: u16, code: u32, rest: &[u8]) -> Vec<u8> {
    let length = u32::try_from(10 + rest.len()).unwrap();
    [
        &tag.to_be_bytes()[..],
        &length.to_be_bytes(),
        &code.to_be_bytes(),
        rest,
    ]
    .concat()
}

fn with_password(code: u32, handle: u32, parameters: &[u8]) -> Vec<u8> {
    let rest = [
        &handle.to_be_bytes()[..],
        &[0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0], // TPM_RS_PW, empty
        parameters,
    ]
    .concat();
    command(0x8002, code, &rest)
}

fn transact(transport: &mut dyn Transport, command: &[u8]) -> Result<Vec<u8>, u32> {
    let response = transport.transact(command).unwrap();
    match u32::from_be_bytes(response[6..10].try_into().unwrap()) {
        0 => Ok(response),
        code => Err(code),
    }
}

fn handle(response: &Result<Vec<u8>, u32>) -> u32 {
    let response = response.as_ref().expect("the TPM does it");
    u32::from_be_bytes(response[10..14].try_into().unwrap())
}
