//! Commands that need no session: start, test, ask, flush (TPM 2.0 Library Part 3, sections 9, 10, 12.4, 28.4, 30).

use crate::command::{Call, Channel, Reply, Started};
use crate::error::TpmError;
use crate::health::{SelfTest, TpmClock};
use crate::name::Name;
use crate::rc;
use crate::wire::capability::{Page, PcrSelection};
use crate::wire::command::TpmCommand;
use crate::wire::public::{PublicArea, PublicParameters};
use crate::wire::{Writer, code};

impl Channel {
    /// `TPM2_Startup(TPM_SU_CLEAR)`, which a TPM that runs already refuses with `TPM_RC_INITIALIZE`.
    pub(crate) fn startup(&mut self) -> Result<Started, TpmError> {
        let mut parameters = Writer::new();
        parameters.u16(SU_CLEAR);
        let outcome = self.execute(
            Call {
                command: TpmCommand::STARTUP,
                handles: Vec::new(),
                parameters,
            },
            &mut [],
        );
        match outcome {
            Ok(_) => Ok(Started::Now),
            Err(error) if error.is_code(rc::INITIALIZE) => Ok(Started::Before),
            Err(error) => Err(error),
        }
    }

    /// `TPM2_SelfTest`, of everything that was not tested yet.
    pub(crate) fn self_test(&mut self) -> Result<(), TpmError> {
        let mut parameters = Writer::new();
        parameters.u8(0);
        let call = Call {
            command: TpmCommand::SELF_TEST,
            handles: Vec::new(),
            parameters,
        };
        self.execute(call, &mut []).map(drop)
    }

    /// `TPM2_GetTestResult`, which also a TPM in failure mode answers.
    pub(crate) fn test_result(&mut self) -> Result<SelfTest, TpmError> {
        let call = Call {
            command: TpmCommand::GET_TEST_RESULT,
            handles: Vec::new(),
            parameters: Writer::new(),
        };
        let reply = self.execute(call, &mut [])?;
        let code = reply.read(|reader| {
            // The manufacturer's own details.
            reader.sized("outData")?;
            reader.u32("testResult")
        })?;
        Ok(SelfTest::of(code))
    }

    /// `TPM2_ReadClock`.
    pub(crate) fn read_clock(&mut self) -> Result<TpmClock, TpmError> {
        let call = Call {
            command: TpmCommand::READ_CLOCK,
            handles: Vec::new(),
            parameters: Writer::new(),
        };
        let reply = self.execute(call, &mut [])?;
        reply.read(|reader| {
            // Milliseconds since the last reset, which nobody asks for.
            reader.u32("time")?;
            reader.u32("time")?;
            let (high, low) = (reader.u32("clock")?, reader.u32("clock")?);
            Ok(TpmClock {
                milliseconds: u64::from(high) << 32 | u64::from(low),
                resets: reader.u32("resetCount")?,
                restarts: reader.u32("restartCount")?,
                is_safe: reader.u8("safe")? != 0,
            })
        })
    }

    /// `TPM2_GetCapability` of the banks of platform configuration registers, which are never more than fit at once.
    pub(crate) fn pcr_banks(&mut self) -> Result<Vec<PcrSelection>, TpmError> {
        let mut parameters = Writer::new();
        parameters.u32(code::CAP_PCRS).u32(0).u32(1);
        let call = Call {
            command: TpmCommand::GET_CAPABILITY,
            handles: Vec::new(),
            parameters,
        };
        let reply = self.execute(call, &mut [])?;
        reply.read(PcrSelection::read_all)
    }

    /// `TPM2_FlushContext`.
    pub(crate) fn flush(&mut self, handle: u32) -> Result<(), TpmError> {
        let mut parameters = Writer::new();
        parameters.u32(handle);
        let call = Call {
            command: TpmCommand::FLUSH_CONTEXT,
            handles: Vec::new(),
            parameters,
        };
        self.execute(call, &mut []).map(drop)
    }

    /// `TPM2_ReadPublic`; `None` when nothing is there. The Name that comes with it is not looked at.
    pub(crate) fn read_public(&mut self, handle: u32) -> Result<Option<Found>, TpmError> {
        let call = Call {
            command: TpmCommand::READ_PUBLIC,
            // What the Name would be is what this command asks for; without a session, nothing is computed from it.
            handles: vec![(handle, Name::of_handle(handle))],
            parameters: Writer::new(),
        };
        match self.execute(call, &mut []) {
            Ok(reply) => reply
                .read(|reader| {
                    let area = PublicArea::read_tpm2b(reader)?;
                    reader.sized("name")?;
                    let qualified_name = reader.sized("qualifiedName")?.to_vec();
                    Ok(Found {
                        area,
                        qualified_name,
                    })
                })
                .map(Some),
            Err(error) if error.is_code(rc::HANDLE) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `TPM2_GetCapability`, page after page from `first` up to `last`, and [`MOST_ENTRIES`] at most.
    pub(crate) fn get_capability(
        &mut self,
        capability: u32,
        first: u32,
        last: u32,
    ) -> Result<Vec<(u32, u32)>, TpmError> {
        let mut entries: Vec<(u32, u32)> = Vec::new();
        let mut next = first;
        loop {
            let mut parameters = Writer::new();
            parameters.u32(capability).u32(next).u32(PAGE_LEN);
            let call = Call {
                command: TpmCommand::GET_CAPABILITY,
                handles: Vec::new(),
                parameters,
            };
            let reply = self.execute(call, &mut [])?;
            let bad = |problem: String| TpmError::BadResponse {
                command: TpmCommand::GET_CAPABILITY.name,
                problem,
            };
            let page = Page::read(&reply.parameters, capability)
                .map_err(|problem| bad(problem.to_string()))?;
            if page.entries.len() > PAGE_LEN as usize {
                return Err(bad(format!(
                    "{} entries instead of {PAGE_LEN} at most",
                    page.entries.len()
                )));
            }
            let newest = page.entries.iter().map(|(number, _)| *number).max();
            entries.extend(page.entries.iter().filter(|(number, _)| *number <= last));
            if entries.len() > MOST_ENTRIES {
                return Err(bad(format!("there are more than {MOST_ENTRIES} entries")));
            }
            match newest.and_then(|newest| newest.checked_add(1)) {
                _ if !page.more => return Ok(entries),
                Some(following) if following > next => next = following,
                _ => return Err(bad("there is said to be more, but nothing came".to_owned())),
            }
            if next > last {
                return Ok(entries);
            }
        }
    }

    /// `TPM2_TestParms`: whether keys with these parameters can be made.
    pub(crate) fn test_parms(&mut self, keys: &PublicParameters) -> Result<bool, TpmError> {
        let mut parameters = Writer::new();
        keys.write_with_type(&mut parameters);
        let call = Call {
            command: TpmCommand::TEST_PARMS,
            handles: Vec::new(),
            parameters,
        };
        match self.execute(call, &mut []) {
            Ok(_) => Ok(true),
            // Whatever it dislikes about the parameter, it does not take it.
            Err(error) if error.code().is_some_and(|code| code.subject().is_some()) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// What `TPM2_ReadPublic` finds at a handle.
pub(crate) struct Found {
    pub(crate) area: PublicArea,
    /// The Names of all its ancestors and itself, digested (TPM 2.0 Library Part 1, 16). As the TPM says it.
    pub(crate) qualified_name: Vec<u8>,
}

/// `TPM2_GetRandom`; the TPM may return fewer octets.
pub(crate) fn get_random(count: u16) -> Call {
    let mut parameters = Writer::new();
    parameters.u16(count);
    Call {
        command: TpmCommand::GET_RANDOM,
        handles: Vec::new(),
        parameters,
    }
}

/// The octets of a `TPM2_GetRandom`.
pub(crate) fn random_octets(reply: &Reply) -> Result<Vec<u8>, TpmError> {
    reply.read(|reader| Ok(reader.sized("randomBytes")?.to_vec()))
}

/// The last of the properties in the group that begins with `first`, a multiple of 256.
pub(crate) fn end_of_group(first: u32) -> u32 {
    first | 0xff
}

/// The last handle of the kind that `first` is of, which its most significant octet says.
pub(crate) fn end_of_kind(first: u32) -> u32 {
    first | 0x00ff_ffff
}

/// Every property of capabilities that are not in groups.
pub(crate) const NO_END: u32 = u32::MAX;

const SU_CLEAR: u16 = 0;
/// Entries asked for at once; a TPM returns as many as fit.
const PAGE_LEN: u32 = 256;
/// Commands, handles or properties. No TPM has half as many of anything.
const MOST_ENTRIES: usize = 1024;
const _: () = assert!(code::PT_FIXED.is_multiple_of(256) && code::PT_VAR.is_multiple_of(256));
