//! What can be done about each response code: the other half of the table of names and meanings.
//!
//! What depends on more than the code (which key, which parent, how many tries are left) is said by
//! [`TpmError`](crate::TpmError), which translates the codes that it knows more about.

use super::table;

/// Advice for a code without its handle, parameter or session number.
pub(super) fn find(base: u32) -> Option<&'static str> {
    Some(match base {
        0x01e => "this is a TPM 1.2; a TPM 2.0 is needed",
        0x081 | 0x087 | 0x08a | 0x0a6 | 0x0aa => {
            "this TPM has no such keys; `tpm2ca tpm info` shows which it has"
        }
        table::HASH | 0x088 | 0x0ab => {
            "this TPM has no such hash, or the key was made for another; `tpm2ca tpm info` shows what it has"
        }
        0x082 => {
            "the key was made for another purpose; its attributes cannot be changed, so make a new key"
        }
        table::SCHEME | 0x08c => {
            "the key signs in another way than it was asked to, or this TPM has no such signatures; `tpm2ca tpm info` \
             shows what it can do"
        }
        0x089 | 0x096 => {
            "this TPM encrypts in another way; if the key is of another maker's TPM, it cannot be used here"
        }
        table::VALUE | table::RANGE => {
            "if it is about a handle, choose another one; else this TPM does not know what was asked for (`tpm2ca tpm \
             info` shows what it can do)"
        }
        table::HIERARCHY | 0x120 => {
            "the hierarchy is disabled; it is enabled in the firmware's setup or at the next start"
        }
        table::HANDLE => {
            "there is nothing at the handle, or not what belongs there; `tpm2_getcap handles-persistent` lists what there is"
        }
        table::AUTH_FAIL | table::BAD_AUTH => {
            "the authorization value is wrong; find the right one before the next try (`tpm2ca doctor` says how many are \
             left)"
        }
        0x08f | 0x0a0 => {
            "the session or ticket is of another time; try again, and if it stays so somebody changes what is sent"
        }
        0x090 => "the firmware's setup has to assert physical presence for this",
        table::SIZE | 0x097 | 0x098 | 0x09a | 0x0a1 | 0x142 | 0x144 => {
            "if a key file was used, it is damaged: take a copy of it; else this TPM reads the command in another way, \
             which is worth a bug report with `tpm2ca tpm info --json`"
        }
        table::SIGNATURE => {
            "the approval or the signed policy was made with another key, or for something else; have it signed again"
        }
        0x09c | 0x152 => {
            "the key cannot do this: a parent must be a storage key, a signer a signing key; name another one"
        }
        table::POLICY_FAIL | 0x126 => {
            "the key's policy does not hold; `tpm2ca doctor KEY` shows which condition does not"
        }
        table::INTEGRITY => {
            "the key was made in another TPM or under another parent, or its file is damaged; `tpm2ca doctor KEY` tries \
             which parent fits"
        }
        table::EXPIRED => "ask for the approval again, or for one that lasts longer",
        table::POLICY_CC => {
            "the policy allows the key for another command only; a key's policy cannot be changed, so make a new key"
        }
        table::BINDING | 0x155 => {
            "the key file is damaged: its public and private parts do not belong together; take a copy of it"
        }
        table::ECC_POINT => "the key is damaged or forged; do not use it",
        0x0a8 | 0x0a9 => {
            "the key is bound to other firmware of the TPM; put that firmware back, or make a new key"
        }
        0x0ac | 0x0ad => {
            "the key signs whole messages in sequences only, which are not used here; make another kind of key"
        }
        0x0b0 | 0x0b1 => {
            "the TPM wants a secure channel on its bus; use the kernel's driver (`device:/dev/tpmrm0`)"
        }
        table::INITIALIZE => {
            "something resets the TPM again and again; look for another program that uses it"
        }
        0x101 => {
            "the TPM failed its self-test; switch the machine off and on again, and if it stays so the TPM is defective"
        }
        0x103 | 0x10b | 0x119 | 0x121 | 0x124 | 0x125 | 0x145 | 0x150 | 0x151 | 0x154 => {
            "no command of this program should lead there; another program may interfere: use `device:/dev/tpmrm0`, and \
             report it with `tpm2ca tpm info --json` if it stays so"
        }
        0x127 | table::PCR_CHANGED => {
            "registers hold something else than the policy wants; `tpm2ca doctor KEY` shows which, and if they only \
             changed meanwhile try again"
        }
        0x12d => "the TPM's firmware is being updated; finish the update and restart the machine",
        0x12e | 0x130 | table::CONTEXT_GAP => {
            "restart the machine: the TPM's counter for swapped sessions is used up until then"
        }
        0x12f => {
            "the key takes no authorization value for this, or has no policy for it; `tpm2ca doctor KEY` shows what it takes"
        }
        0x131 => "choose a hash and a cipher of like strength, such as SHA-256 with AES-128",
        table::COMMAND_CODE => {
            "this TPM lacks the command; `tpm2ca tpm info` shows which features that leaves"
        }
        0x146 | 0x147 | 0x149 => {
            "the index in the TPM's memory is smaller, or may be used by others only; `tpm2_nvreadpublic` shows it"
        }
        0x148 => {
            "the index is locked until the next restart of the machine, or for good; `tpm2_nvreadpublic` tells"
        }
        0x14a => {
            "the TPM has no valid state; a software TPM's state folder may be damaged, put back a copy of it"
        }
        table::NV_SPACE => {
            "the TPM has no room for another persistent key; evict one that is not needed (`tpm2_getcap handles-persistent` \
             lists them)"
        }
        table::NV_DEFINED => {
            "something is there already; choose another handle (`tpm2_getcap handles-persistent` lists those in use)"
        }
        table::NEEDS_TEST | table::TESTING => {
            "the TPM is testing itself, which takes seconds; try again"
        }
        0x156 => "the TPM takes no changes at present; the owner or the firmware has set it so",
        table::OBJECT_MEMORY | table::MEMORY | table::OBJECT_HANDLES => {
            "other programs keep keys loaded; use the kernel's resource manager (`device:/dev/tpmrm0`), or flush them with \
             `tpm2_flushcontext -t`"
        }
        table::SESSION_MEMORY | table::SESSION_HANDLES => {
            "other programs keep sessions open; use the kernel's resource manager (`device:/dev/tpmrm0`), or flush them \
             with `tpm2_flushcontext -l` and `-s`"
        }
        table::LOCALITY => {
            "the key or the register belongs to the firmware or a measured launch; the kernel's device speaks from locality 0"
        }
        table::YIELDED | 0x909 | table::RETRY | table::NV_RATE | 0x923 => {
            "try again in a few seconds"
        }
        0x910..=0x916 | 0x918..=0x91e => {
            "another program flushed what was loaded, or the TPM was reset; try again, and use `device:/dev/tpmrm0` beside \
             other programs"
        }
        table::LOCKOUT => {
            "wait, or reset it with the lockout authorization: `tpm2_dictionarylockout --clear-lockout`; `tpm2ca doctor` \
             says how long it lasts"
        }
        0x97f => "the TPM answers with a code that none should send; it may be defective",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_in_the_form_that_all_hints_have() {
        for (base, name) in table::names() {
            let hint = find(base).unwrap_or_else(|| panic!("no advice for {name}"));
            assert!(
                !hint.ends_with('.') && !hint.contains("  "),
                "{name}: {hint}"
            );
            assert!(hint.starts_with(char::is_lowercase), "{name}: {hint}");
            assert_eq!(hint.matches('`').count() % 2, 0, "{name}: {hint}");
        }
    }

    #[test]
    fn there_is_none_for_what_is_no_code() {
        for base in (0..0x1000).filter(|base| table::find(*base).is_none()) {
            assert_eq!(find(base), None, "{base:#05x}");
        }
    }
}
