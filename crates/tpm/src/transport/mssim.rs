//! The framing of the Microsoft/TCG reference simulator (`TpmTcpProtocol.h` of ms-tpm-20-ref): a port for
//! commands, and beside it, one higher, a port for the buttons of the machine around the TPM.

use super::frame::{MAX_RESPONSE, bad_frame, check_response, patience};
use super::socket::{Exchange, Socket};
use super::{Transport, TransportError};

/// A connection to the simulator's command port.
pub(super) struct Mssim {
    socket: Socket,
}

impl Mssim {
    /// Switches the simulator on (which does nothing to one that runs) and connects.
    pub(super) fn open(at: &str, host: &str, port: u16) -> Result<Self, TransportError> {
        let platform_port = port
            .checked_add(1)
            .ok_or_else(|| TransportError::NotFound { at: at.to_owned() })?;
        let mut platform = Socket::tcp(at, host, platform_port)?;
        platform.exchange(patience(&[]), |exchange| {
            for signal in [SIGNAL_POWER_ON, SIGNAL_NV_ON] {
                exchange.send(&signal.to_be_bytes())?;
                expect_zero(exchange)?;
            }
            exchange.send(&SESSION_END.to_be_bytes())
        })?;
        Ok(Self {
            socket: Socket::tcp(at, host, port)?,
        })
    }
}

impl Transport for Mssim {
    fn transact(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let size = u32::try_from(command.len())
            .map_err(|_| bad_frame(self.socket.at(), "a command below 4 GiB", command.len()))?;
        let mut request = Vec::with_capacity(9 + command.len());
        request.extend_from_slice(&SEND_COMMAND.to_be_bytes());
        request.push(LOCALITY);
        request.extend_from_slice(&size.to_be_bytes());
        request.extend_from_slice(command);
        self.socket.exchange(patience(command), |exchange| {
            exchange.send(&request)?;
            let size = receive_u32(exchange)?;
            let size = usize::try_from(size)
                .ok()
                .filter(|size| *size <= MAX_RESPONSE)
                .ok_or_else(|| {
                    bad_frame(
                        exchange.at(),
                        format!("a size of at most {MAX_RESPONSE}"),
                        size,
                    )
                })?;
            let mut response = vec![0; size];
            exchange.receive(&mut response)?;
            check_response(exchange.at(), &response)?;
            expect_zero(exchange)?;
            Ok(response)
        })
    }
}

impl Drop for Mssim {
    fn drop(&mut self) {
        // The simulator waits for this before it takes the next client; a closed socket does as well.
        let _ = self.socket.exchange(patience(&[]), |exchange| {
            exchange.send(&SESSION_END.to_be_bytes())
        });
    }
}

fn receive_u32(exchange: &mut Exchange<'_>) -> Result<u32, TransportError> {
    let mut bytes = [0; 4];
    exchange.receive(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}

/// Reads the acknowledgement that ends every exchange.
fn expect_zero(exchange: &mut Exchange<'_>) -> Result<(), TransportError> {
    match receive_u32(exchange)? {
        0 => Ok(()),
        other => Err(bad_frame(
            exchange.at(),
            "the acknowledgement 0",
            format!("{other:#x}"),
        )),
    }
}

const SIGNAL_POWER_ON: u32 = 1;
const SEND_COMMAND: u32 = 8;
const SIGNAL_NV_ON: u32 = 11;
const SESSION_END: u32 = 20;
/// Ordinary programs speak from locality 0.
const LOCALITY: u8 = 0;
