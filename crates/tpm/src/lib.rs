//! Speaks to a TPM 2.0: transports, commands, sessions, keys and key files. No libtss2 is needed.
//!
//! Read this page from the top to the bottom and you know how the crate works. "Part 1" and so on are the parts of the
//! TPM 2.0 Library specification, published by the Trusted Computing Group.
//!
//! # Transport: octets in, octets out
//!
//! A [`Transport`] carries a whole command to the TPM and a whole response back; it knows nothing of what is in them
//! (Part 1, 18). There are transports for the kernel's device, for swtpm, for the Microsoft simulator, and for libtpms
//! inside this process; a TCTI string such as `device:/dev/tpmrm0` names one ([`Tcti`]). A [`Connector`] opens a
//! transport, and opens it again after it broke.
//!
//! # Tpm: one at a time
//!
//! [`Tpm::open`] makes a connection that one thread at a time works with: the caller's own when the TPM is free, otherwise
//! one that is started for it, where calls from any number of threads queue up. What breaks is repaired: a TPM that answers "again" is asked again with growing pauses, one that was reset is started,
//! and everything is loaded into it once more, before the request that noticed it is carried out from its beginning.
//! Only one thing is never tried twice: an authorization value that the TPM called wrong, because a TPM that has seen
//! too many of these goes into lockout (Part 1, 19.8; [`TpmError::Lockout`]).
//!
//! # Name: which key it is
//!
//! What a TPM holds is an object: a key or data, with a public area (kind, attributes, policy, public key) and a sensitive
//! one that never leaves it in clear (Part 1, 25). A loaded object is called by a handle, a number that soon means
//! another object (Part 1, 15). What does not change is its Name.
//!
//! A [`Name`] is the digest of an object's public area, behind the identifier of the hash (Part 1, 16). This crate
//! always computes it from the public area and never believes one that was sent along. The Name of the **storage root
//! key** says which TPM it is: that key comes out of the TPM's own seed and is the same until the TPM is cleared. It
//! is an ECC key on P-256 of the template that tpm2-tss-engine, tpm2-openssl and others call H-2 (the parent
//! 0x40000001 of a key file). Pin it with [`TpmOptions::expected_srk`], else anybody can stand in for the TPM.
//!
//! # Session: nothing crosses in clear
//!
//! A session is a conversation with a memory: both ends know a key and the other's last nonce, so that a command or a
//! response from outside of it, or from earlier in it, is recognised (Part 1, 19). It authorizes commands, and it can
//! encrypt what they carry. A policy session, below, also remembers which conditions were met.
//!
//! All commands that matter go through one HMAC session (Part 1, 19.6). Its key comes from a salt that only the holder
//! of the storage root key can learn (ECDH, Part 1, annex C), so that
//! - an authorization value ([`Auth`]) is proved by an HMAC and never sent,
//! - every response is checked to be the TPM's answer to this very command, and not one bit of it changed,
//! - the first parameter in both directions is encrypted (Part 1, 21): the authorization value of a new key, digests,
//!   random octets. AES-128-CFB, or XOR where a TPM has no other.
//!
//! The salt alone does not say who is at the other end; the pinned Name does.
//!
//! # Policy: what else must hold
//!
//! A policy is a list of conditions, each a command of its own. A policy session extends a digest with every condition
//! that the TPM saw met, and the key can be used when that digest is the one in its public area (Part 1, 19.7).
//!
//! A key can be made under a [`Policy`] (Part 3, 23 has the commands): registers hold what they held
//! ([`Tpm::pcr_read`]), its own or another authorization value is known, somebody approves ([`Approver`]), somebody has
//! signed the policy ([`sign_policy`]), the command or its locality is a certain one; all of several such conditions,
//! or one of several policies. The key holds a digest only, which [`Policy::digest`] computes without a TPM; its file
//! holds the steps ([`KeyFile::with_policy`]). [`TpmKey::sign`] takes them, with every signature, in a policy session
//! beside the other one. [`PolicyError`] says which step failed and why.
//!
//! ```no_run
//! use tpm2ca_tpm::{Algorithm, Auth, Curve, HashAlg, KeyOptions, Policy, PolicyStepKind, Tpm, TpmOptions};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tpm = Tpm::open(&"device:/dev/tpmrm0".parse()?, TpmOptions::default())?;
//! // Only with this firmware and its secure boot keys, and with the authorization value.
//! let state = tpm.pcr_read(HashAlg::Sha256, &[0, 7])?;
//! let policy = Policy::pcr(&state)?.and(PolicyStepKind::AuthValue)?;
//! let mut options = KeyOptions::new(Algorithm::Ecc(Curve::P256));
//! options.policy = Some(policy.digest().to_vec());
//! options.user_with_auth = false;
//! let auth = Auth::new(b"correct horse battery staple".to_vec());
//! let file = tpm.create_key(options, &auth)?.with_policy(&policy);
//! # drop(file);
//! # Ok(())
//! # }
//! ```
//!
//! # Receipt: what was done
//!
//! Every command that succeeds yields a [`Receipt`]: its code, `cpHash` and `rpHash` (Part 1, 18). A TPM
//! builds its audit digests from exactly these, and an approval can be bound to one (`TPM2_PolicySigned`).
//! [`TpmOptions::observer`] sees them all, [`TpmKey::sign`] returns that of the signature.
//!
//! # Keys and key files
//!
//! [`Tpm::create_key`] makes a key that cannot leave the TPM and returns it as a [`KeyFile`], encrypted by the TPM under
//! its storage root key; [`Tpm::load`] makes a [`TpmKey`] of it, which signs. A TPM has three slots for keys. One is
//! needed while a key is loaded under its parent, so at most two keys stay loaded; the others are loaded again when
//! they are used. Whatever this crate puts into a TPM it flushes, on every path. Only a process that is killed leaves
//! something behind, in a TPM without a resource manager; the next one that finds no room flushes what looks like ours.
//!
//! ```no_run
//! use tpm2ca_tpm::{Algorithm, Auth, Curve, HashAlg, KeyTemplate, Tpm, TpmOptions};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tpm = Tpm::open(&"device:/dev/tpmrm0".parse()?, TpmOptions::default())?;
//! let auth = Auth::new(b"correct horse battery staple".to_vec());
//! let template = KeyTemplate { algorithm: Algorithm::Ecc(Curve::P256), no_da: true };
//! let file = tpm.create_key(template, &auth)?;
//! let key = tpm.load(file, auth)?;
//! let digest = HashAlg::Sha256.digest(b"to be signed");
//! let (signature, receipt) = key.sign(HashAlg::Sha256, &digest)?;
//! # drop((signature, receipt));
//! # Ok(())
//! # }
//! ```
//!
//! # Uses: what a key may do
//!
//! The attributes of a key say what it may be used for (Part 2, 8.3 `TPMA_OBJECT`), and a TPM keeps to them. What
//! [`KeyOptions`] make by itself signs; an RSA key decrypts too unless it is for RSASSA-PSS alone, and with
//! [`KeyOptions::key_agreement`] an EC key agrees on secrets. [`KeyAttributes`] tell what guards a key and [`KeyUses`]
//! what it is for, out of a public area, without a TPM.
//!
//! [`Tpm::load`] takes signing keys, which is all that a CA has. [`Tpm::load_for_any_use`] and
//! [`Tpm::load_handle_for_any_use`] take the others. Then, beside [`TpmKey::sign`], there are
//! - [`TpmKey::sign_pss`], for RSASSA-PSS (Part 1, annex B),
//! - [`TpmKey::rsa_decrypt`], with the padding that the sender chose ([`DecryptPadding`]; Part 3, 14.3),
//! - [`TpmKey::ecdh`], key agreement: the x coordinate of the shared point (Part 1, annex C; Part 3, 14.5).
//!
//! Messages and shared secrets cross encrypted, as everything does. A padding that is wrong is the TPM's error: another
//! response in another time than a message. Where strangers send messages, take [`DecryptPadding::None`] and remove the
//! padding in constant time; do not tell them that it was wrong (RFC 8017, 7.2).
//!
//! # Parents and persistent handles: where a key is
//!
//! A key is made and loaded under a [`Parent`] (Part 1, 14 and 23): the primary key of a hierarchy, which is made anew
//! from the hierarchy's seed whenever it is needed, or a storage key at a persistent handle. The storage root key is the
//! primary key of the owner's hierarchy, and the session stays salted to it whatever the parent is. [`KeyOptions`] choose
//! another parent, and everything else about a new key; [`Tpm::change_auth`] changes its authorization value.
//!
//! A few keys can stay in the TPM for good (Part 1, 37.3): [`Tpm::persist`] and [`Tpm::evict`], authorized by the owner.
//! Then [`Tpm::load_handle`] takes the place of [`Tpm::load`]. Nothing is ever evicted to make room:
//! [`TpmError::HandleTaken`] says what is there and whether it hangs from the storage root key.
//!
//! On a chip every command takes milliseconds and a primary key tenths of a second. A process that signs once therefore
//! does best with the storage root key where everybody keeps it, at 0x81000001 ([`Tpm::persist_storage_root`]), and
//! with [`Tpm::load_unproved`]: it is read, a session is opened, the key is loaded, it signs, and key and session are
//! flushed.
//!
//! # Copies: keys that come and go
//!
//! A key can come from outside: [`Tpm::import_software_key`] wraps it on this machine for its parent, as Part 1, 23
//! describes, and only the TPM can open that. A key that was not made with `fixedTPM` can leave, encrypted for a parent
//! in another TPM, if its policy allows that parent ([`duplication_policy`]): [`Tpm::duplicate`] here,
//! [`Tpm::parent_public`] and [`Tpm::receive`] there. On the way it is an importable [`KeyFile`], which
//! [`Tpm::load`] takes too. [`KeyFile::copies`] says of any key whether there can be copies of it.
//!
//! # Looking at a TPM, and at what went wrong
//!
//! [`Tpm::capabilities`] says what a TPM is and can do (Part 3, 30.2 `TPM2_GetCapability`) and how near it
//! is to lockout. [`Tpm::health`] says how it is at the moment: its self-test, which objects and sessions take up its
//! slots, its clock ([`Health`]). [`Tpm::persistent_handles`] lists what it keeps, and [`Tpm::fitting_parents`] finds the
//! parent of a key that does not load. None of these changes what it keeps, nor is an authorization value tried that
//! could count.
//!
//! What fails is a [`TpmError`]: its text says what was expected and what came, [`TpmError::hint`] what to do about it,
//! [`TpmError::kind`] what sort of failure it is, for programs. An
//! authorization value whose failure counted towards lockout is not sent again by the same process
//! ([`TpmError::RefusedBefore`]). A code of the TPM's own (Part 2, 6.6 `TPM_RC`) is a
//! [`ResponseCode`], which knows its name and the parameter, handle or session that it is about.
//!
//! # Where things are
//!
//! From the wire upwards: `transport` (octets), `wire` (structures), `session` (HMACs and encryption), `command` (one
//! command each, and the channel that sends them), `tpm` (whose turn it is, recovery, the storage root key, loaded keys).
//! Beside them `rc` (response codes), `keyfile` (TSS2 PRIVATE KEY files), `policy` (conditions and their digests) and
//! `wrap` (keys wrapped without a TPM).
#![deny(unsafe_code)]

mod algorithm;
mod attributes;
mod auth;
mod capability;
mod command;
mod copies;
mod creation;
mod error;
mod health;
mod key;
mod keyfile;
mod name;
mod options;
mod parent;
mod persistent;
mod policy;
mod rc;
mod refused;
mod session;
mod template;
mod tpm;
mod transport;
mod uses;
mod wire;
mod wrap;

pub use algorithm::{Algorithm, Curve, HashAlg};
pub use attributes::KeyAttributes;
pub use auth::Auth;
pub use capability::{Capabilities, PcrBank};
pub use copies::{Copies, WayOut};
pub use creation::{KeyOptions, KeyTemplate};
pub use error::{ErrorKind, PolicyError, TpmError};
pub use health::{Health, LoadedObject, SelfTest, TpmClock};
pub use key::{KeyPublic, RawSignature};
pub use keyfile::{AuthPolicy, KeyFile, KeyFileError, KeyFileKind, PolicyStep};
pub use name::{Name, ParseNameError};
pub use options::{Observer, Receipt, TpmOptions};
pub use parent::{Parent, ParseParentError};
pub use persistent::{AuthNeed, Origin, PersistentKey};
pub use policy::{
    ApprovalRefused, ApprovalRequest, ApprovalTerms, Approver, Branch, Credentials, PcrValues,
    Policy, PolicyKey, PolicySignature, PolicyStepKind, sign_policy,
};
pub use rc::{ResponseCode, Subject};
pub use template::ParentTemplate;
pub use tpm::{FittingParent, Tpm, TpmKey, duplication_policy};
pub use transport::{Connector, Tcti, TctiError, Transport, TransportError};
pub use uses::{BoundScheme, DecryptPadding, KeyUses};
pub use wire::command::TpmCommand;
pub use wrap::{ImportTemplate, ParentPublic, SoftwarePrivate};
