//! Room in the TPM: for keys while they are used, for sessions, for keys that stay.

use anyhow::Result;

use super::{finding::Findings, situation::Situation};

/// Objects that others keep loaded.
pub(super) fn objects(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let (Some(health), Some(can)) = (situation.health(), situation.capabilities()) else {
        return Ok(());
    };
    let loaded = health.objects.len();
    let slots = can.transient_slots;
    if loaded == 0 {
        return Ok(findings.ok(OBJECTS, format!("none of {slots} is taken"))?);
    }
    if health.resource_manager {
        return Ok(findings.ok(OBJECTS, "the kernel's resource manager shares them out")?);
    }
    let ours = health
        .objects
        .iter()
        .filter(|object| object.under_storage_root)
        .count();
    let what = format!(
        "{loaded} of {slots} are taken by other programs, or by some that were killed; {ours} of them hang from the \
         storage root key"
    );
    let room = slots.saturating_sub(u32::try_from(loaded).unwrap_or(u32::MAX));
    if room >= NEEDED || ours > 0 {
        return Ok(findings.warning(
            OBJECTS,
            what,
            format!(
                "where no other program uses the TPM now, `tpm2_flushcontext -t` frees them; those that hang from the storage \
                 root key are freed by themselves when there is no room. {MANAGER}"
            ),
        )?);
    }
    Ok(findings.unusable_tpm(
        OBJECTS,
        format!("{what}: there is no room to load a key and its parent"),
        format!(
            "end the program that keeps them; if it was killed, `tpm2_flushcontext -t` frees them. {MANAGER}"
        ),
    )?)
}

/// Sessions that others keep open.
pub(super) fn sessions(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let (Some(health), Some(can)) = (situation.health(), situation.capabilities()) else {
        return Ok(());
    };
    let is_policy = |handle: &&u32| **handle >> 24 == 3;
    let policy = health.sessions.iter().filter(is_policy).count();
    let (loaded, saved) = (health.sessions.len(), health.saved_sessions.len());
    let what = format!(
        "{loaded} of {} are loaded by others ({policy} of them policy sessions), {saved} more are saved",
        can.session_slots
    );
    if health.resource_manager || loaded + saved == 0 {
        return Ok(findings.ok(
            SESSIONS,
            format!("room for {} loaded ones", can.session_slots),
        )?);
    }
    if can.sessions_trackable == 0 {
        return Ok(findings.unusable_tpm(
            SESSIONS,
            format!("{what}: the TPM can keep track of no more"),
            "`tpm2_flushcontext -s` and `tpm2_flushcontext -l` free them where no other program uses the TPM now",
        )?);
    }
    // Only HMAC sessions are taken back by themselves.
    if can.sessions_free == 0 && policy == loaded {
        return Ok(findings.unusable_tpm(
            SESSIONS,
            format!("{what}: there is no room for another one"),
            format!(
                "end the program that keeps them; if it was killed, `tpm2_flushcontext -l` frees them. {MANAGER}"
            ),
        )?);
    }
    if loaded == 0 {
        return Ok(findings.ok(SESSIONS, what)?);
    }
    Ok(findings.warning(
        SESSIONS,
        what,
        format!(
            "where no other program uses the TPM now, `tpm2_flushcontext -l` frees them; HMAC sessions are freed by \
             themselves when there is no room. {MANAGER}"
        ),
    )?)
}

/// Room for keys at persistent handles.
pub(super) fn persistent(situation: &Situation<'_>, findings: &mut Findings<'_>) -> Result<()> {
    let Some(can) = situation.capabilities() else {
        return Ok(());
    };
    if can.persistent_free == 0 {
        return Ok(findings.warning(
            PERSISTENT,
            "there is no room for another key that stays in the TPM",
            "`tpm2_getcap handles-persistent` lists what is there; `tpm2_evictcontrol -c HANDLE` removes one, for ever",
        )?);
    }
    Ok(findings.ok(
        PERSISTENT,
        format!("room for at least {} more", can.persistent_free),
    )?)
}

/// A key and its parent.
const NEEDED: u32 = 2;
const MANAGER: &str = "`--tpm device:/dev/tpmrm0` shares a TPM among programs";
const OBJECTS: &str = "object slots";
const SESSIONS: &str = "sessions";
const PERSISTENT: &str = "persistent keys";
