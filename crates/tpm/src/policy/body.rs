//! Policy commands as key files hold them, `TPMPolicy` (draft-bottomley-tpm2-keys, 4 "Policy").
//!
//! The body is the command's parameters as they are sent. Three commands deviate: `TPM2_PolicyAuthorize` is public key
//! || policyRef || signature, because the ticket is made anew every time; `TPM2_PolicySecret` is a handle to look at ||
//! Name || policyRef; `TPM2_PolicyAuthValue` is empty. For `TPM2_PolicySigned`, of which the draft does not speak, the
//! form of `TPM2_PolicyAuthorize` is used, with no signature: that is asked for every time.
//!
//! Files may be hostile: nothing here recurses, and no allocation is larger than the file.

use super::digest::MOST_BRANCHES;
use super::pcr::{SELECT_LEN, registers, selection_list};
use super::{Branch, PolicyKey, PolicySignature, PolicyStepKind};
use crate::algorithm::HashAlg;
use crate::error::PolicyError;
use crate::keyfile::PolicyStep;
use crate::name::Name;
use crate::session::DIGEST_LEN;
use crate::wire::command::TpmCommand;
use crate::wire::{Reader, WireError, WireProblem, Writer};

/// The command of a step.
pub(crate) fn command_of(step: &PolicyStepKind) -> &'static TpmCommand {
    match step {
        PolicyStepKind::Pcr { .. } => TpmCommand::POLICY_PCR,
        PolicyStepKind::AuthValue => TpmCommand::POLICY_AUTH_VALUE,
        PolicyStepKind::Secret { .. } => TpmCommand::POLICY_SECRET,
        PolicyStepKind::Signed { .. } => TpmCommand::POLICY_SIGNED,
        PolicyStepKind::Authorize { .. } => TpmCommand::POLICY_AUTHORIZE,
        PolicyStepKind::CommandCode(_) => TpmCommand::POLICY_COMMAND_CODE,
        PolicyStepKind::Locality(_) => TpmCommand::POLICY_LOCALITY,
        PolicyStepKind::DuplicationSelect { .. } => TpmCommand::POLICY_DUPLICATION_SELECT,
        PolicyStepKind::Or(_) => TpmCommand::POLICY_OR,
    }
}

/// Writes the steps of one way, in which every OR is one list of digests.
pub(super) fn encode_all(steps: &[PolicyStepKind]) -> Vec<PolicyStep> {
    steps.iter().map(encode).collect()
}

fn encode(step: &PolicyStepKind) -> PolicyStep {
    PolicyStep {
        command_code: command_of(step).code,
        // Everything in a step was checked to fit when it was made, or was read from a TPM2B.
        command_policy: command_parameters(step)
            .finish()
            .map(|octets| octets.to_vec())
            .unwrap_or_default(),
    }
}

/// Writes what a key file holds of a step: the parameters of its command, but for the three commands that deviate.
pub(crate) fn command_parameters(step: &PolicyStepKind) -> Writer {
    let mut body = Writer::new();
    match step {
        PolicyStepKind::Pcr {
            bank,
            selection,
            digest,
        } => {
            body.sized(digest, "pcrDigest")
                .octets(&selection_list(*bank, selection));
        }
        PolicyStepKind::AuthValue => {}
        PolicyStepKind::Secret {
            handle,
            name,
            policy_ref,
        } => {
            body.u32(*handle)
                .sized(name.as_bytes(), "objectName")
                .sized(policy_ref, "policyRef");
        }
        PolicyStepKind::Signed { key, policy_ref } => {
            body.octets(key.public_blob())
                .sized(policy_ref, "policyRef");
            PolicySignature::write(None, &mut body);
        }
        PolicyStepKind::Authorize {
            key,
            policy_ref,
            signature,
        } => {
            body.octets(key.public_blob())
                .sized(policy_ref, "policyRef");
            PolicySignature::write(signature.as_ref(), &mut body);
        }
        PolicyStepKind::CommandCode(code) => {
            body.u32(*code);
        }
        PolicyStepKind::Locality(locality) => {
            body.u8(*locality);
        }
        PolicyStepKind::DuplicationSelect { object, new_parent } => {
            let object_name = object.as_ref().map_or(&[][..], Name::as_bytes);
            body.sized(object_name, "objectName")
                .sized(new_parent.as_bytes(), "newParentName")
                .u8(u8::from(object.is_some()));
        }
        PolicyStepKind::Or(branches) => {
            let digests: Vec<[u8; DIGEST_LEN]> = branches
                .iter()
                .filter_map(|branch| match branch {
                    Branch::Digest(digest) => Some(*digest),
                    Branch::Steps(_) => None,
                })
                .collect();
            // At most `MOST_BRANCHES` of them ever get here.
            body.u32(u32::try_from(digests.len()).unwrap_or(u32::MAX));
            for digest in digests {
                body.sized(&digest, "pHashList");
            }
        }
    }
    body
}

/// Reads the steps of one way.
pub(super) fn decode_all(steps: &[PolicyStep]) -> Result<Vec<PolicyStepKind>, PolicyError> {
    if steps.len() > MOST_STEPS {
        return Err(PolicyError::Invalid {
            step: 0,
            reason: format!("{} steps; at most {MOST_STEPS} are run", steps.len()),
        });
    }
    steps
        .iter()
        .enumerate()
        .map(|(at, step)| decode(at + 1, step))
        .collect()
}

fn decode(number: usize, step: &PolicyStep) -> Result<PolicyStepKind, PolicyError> {
    let Some((command, read)) = PARSERS
        .iter()
        .find(|(command, _)| command.code == step.command_code)
    else {
        return Err(PolicyError::Unsupported {
            step: number,
            command: TpmCommand::by_code(step.command_code)
                .filter(|command| command.is_assertion())
                .map_or_else(
                    || format!("command {:#x}", step.command_code),
                    |command| command.name.to_owned(),
                ),
        });
    };
    let mut body = Reader::new(&step.command_policy);
    let result = read(&mut body).and_then(|kind| {
        body.finish("commandPolicy")
            .map(|()| kind)
            .map_err(Problem::from)
    });
    let mut kind = result.map_err(|problem| PolicyError::Malformed {
        step: number,
        command: command.name,
        reason: problem.0,
    })?;
    kind.normalize().map_err(|reason| PolicyError::Invalid {
        step: number,
        reason,
    })?;
    Ok(kind)
}

type Parser = fn(&mut Reader<'_>) -> Result<PolicyStepKind, Problem>;

/// The commands that are run here, each with the reader of its body.
const PARSERS: [(&TpmCommand, Parser); 10] = [
    (TpmCommand::POLICY_PCR, read_pcr),
    (TpmCommand::POLICY_AUTH_VALUE, read_auth_value),
    // A password is the same policy, but would cross in clear: it is proved instead.
    (TpmCommand::POLICY_PASSWORD, read_auth_value),
    (TpmCommand::POLICY_SECRET, read_secret),
    (TpmCommand::POLICY_SIGNED, read_signed),
    (TpmCommand::POLICY_AUTHORIZE, read_authorize),
    (TpmCommand::POLICY_COMMAND_CODE, read_command_code),
    (TpmCommand::POLICY_LOCALITY, read_locality),
    (
        TpmCommand::POLICY_DUPLICATION_SELECT,
        read_duplication_select,
    ),
    (TpmCommand::POLICY_OR, read_or),
];

/// What is wrong with a body.
struct Problem(String);

impl From<WireError> for Problem {
    fn from(error: WireError) -> Self {
        Self(error.to_string())
    }
}

fn read_pcr(body: &mut Reader<'_>) -> Result<PolicyStepKind, Problem> {
    // The draft's own order is that of the command. openssl_tpm2_engine writes the list first and a digest without its
    // size last; a list begins with two octets of zeros.
    let digest_first = body.clone().u16("pcrDigest")? != 0;
    let (bank, selection, digest) = if digest_first {
        let digest = body.sized("pcrDigest")?;
        let (bank, selection) = read_selection(body)?;
        (bank, selection, digest)
    } else {
        let (bank, selection) = read_selection(body)?;
        (bank, selection, body.rest())
    };
    Ok(PolicyStepKind::Pcr {
        bank,
        selection,
        digest: array(digest, "pcrDigest")?,
    })
}

#[expect(clippy::unnecessary_wraps, reason = "one of the `PARSERS`")]
fn read_auth_value(_: &mut Reader<'_>) -> Result<PolicyStepKind, Problem> {
    Ok(PolicyStepKind::AuthValue)
}

fn read_command_code(body: &mut Reader<'_>) -> Result<PolicyStepKind, Problem> {
    Ok(PolicyStepKind::CommandCode(body.u32("code")?))
}

fn read_locality(body: &mut Reader<'_>) -> Result<PolicyStepKind, Problem> {
    Ok(PolicyStepKind::Locality(body.u8("locality")?))
}

fn read_selection(body: &mut Reader<'_>) -> Result<(HashAlg, Vec<u8>), Problem> {
    match body.u32("pcrs")? {
        1 => {}
        count => {
            return Err(Problem(format!(
                "{count} banks of PCRs are selected; 1 is supported"
            )));
        }
    }
    let id = body.u16("pcrs.hash")?;
    let bank = HashAlg::from_tpm_id(id)
        .ok_or_else(|| Problem(format!("the bank {id:#06x} of PCRs is not supported")))?;
    let length = usize::from(body.u8("pcrs.sizeofSelect")?);
    let bits = body.take(length, "pcrs.pcrSelect")?;
    if length != SELECT_LEN {
        // It is part of the digest, and TPMs of PCs have 24 registers.
        return Err(Problem(format!(
            "a selection of {length} octets; {SELECT_LEN} are supported"
        )));
    }
    Ok((bank, registers(bits)))
}

fn read_secret(body: &mut Reader<'_>) -> Result<PolicyStepKind, Problem> {
    Ok(PolicyStepKind::Secret {
        handle: body.u32("authHandle")?,
        name: read_name(body, "objectName")?,
        policy_ref: body.sized("policyRef")?.to_vec(),
    })
}

fn read_signed(body: &mut Reader<'_>) -> Result<PolicyStepKind, Problem> {
    let (key, policy_ref, signature) = read_signer(body)?;
    if signature.is_some() {
        return Err(Problem(
            "it holds an approval; approvals are asked for when the key is used".to_owned(),
        ));
    }
    Ok(PolicyStepKind::Signed { key, policy_ref })
}

fn read_authorize(body: &mut Reader<'_>) -> Result<PolicyStepKind, Problem> {
    let (key, policy_ref, signature) = read_signer(body)?;
    Ok(PolicyStepKind::Authorize {
        key,
        policy_ref,
        signature,
    })
}

fn read_signer(
    body: &mut Reader<'_>,
) -> Result<(PolicyKey, Vec<u8>, Option<PolicySignature>), Problem> {
    let mut blob = Writer::new();
    blob.sized(body.sized("keySign")?, "keySign");
    let blob = blob.finish()?;
    let key = PolicyKey::from_tpm2b_public(&blob)
        .map_err(|problem| Problem(format!("the key that signs: {problem}")))?;
    let policy_ref = body.sized("policyRef")?.to_vec();
    Ok((key, policy_ref, PolicySignature::read(body)?))
}

fn read_duplication_select(body: &mut Reader<'_>) -> Result<PolicyStepKind, Problem> {
    let object = body.sized("objectName")?;
    let new_parent = read_name(body, "newParentName")?;
    let include_object = match body.u8("includeObject")? {
        0 => false,
        1 => true,
        got => {
            let got = u32::from(got);
            return Err(body
                .error("includeObject", WireProblem::Value { got })
                .into());
        }
    };
    let object = include_object
        .then(|| name_of(object, "objectName"))
        .transpose()?;
    Ok(PolicyStepKind::DuplicationSelect { object, new_parent })
}

fn read_or(body: &mut Reader<'_>) -> Result<PolicyStepKind, Problem> {
    let count = body.count(2 + DIGEST_LEN, "pHashList")?;
    if count > MOST_BRANCHES {
        return Err(Problem(format!(
            "a list of {count} digests; a TPM takes at most {MOST_BRANCHES}"
        )));
    }
    let branches = (0..count)
        .map(|_| {
            Ok(Branch::Digest(array(
                body.sized("pHashList")?,
                "pHashList",
            )?))
        })
        .collect::<Result<_, Problem>>()?;
    Ok(PolicyStepKind::Or(branches))
}

fn read_name(body: &mut Reader<'_>, field: &'static str) -> Result<Name, Problem> {
    name_of(body.sized(field)?, field)
}

fn name_of(octets: &[u8], field: &'static str) -> Result<Name, Problem> {
    Name::from_octets(octets).ok_or_else(|| {
        Problem(format!(
            "`{field}` of {} octets is not a Name",
            octets.len()
        ))
    })
}

fn array(octets: &[u8], field: &'static str) -> Result<[u8; DIGEST_LEN], Problem> {
    octets.try_into().map_err(|_| {
        Problem(format!(
            "`{field}` has {} octets, a SHA-256 digest has {DIGEST_LEN}",
            octets.len()
        ))
    })
}

/// More than anybody needs, and few enough that a hostile file does not keep the TPM busy.
const MOST_STEPS: usize = 64;
