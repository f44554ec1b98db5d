//! What a certificate of a kind looks like, and which names it may bear: the decisions of RFC 5280,
//! section 4, that a CA takes by rule and not by request.
//!
//! [`Profiles`] are the built-in ones, changed and added to by TOML files. [`Profile::plan`]
//! applies one to a [`Request`] and the issuer's certificate ([`IssuerView`]); the outcome is a
//! [`Plan`] or a [`Refusal`], and there is no other way to a `Plan`. Like all libraries below the
//! authority, this crate reads no file and asks no clock.
//!
//! # Rules about names
//!
//! A name passes when
//! 1. its type is in `san_kinds`, and its syntax is right ([`names`]);
//! 2. no deny rule has it, and the allow list of its type has it, if there are allow lists at all
//!    ([`NameRules`]), first in the profile, then in the requester's block ([`RequesterRule`]);
//! 3. the name constraints of the issuer permit it (RFC 5280, section 4.2.1.10).
//!
//! The subject has names too: common names that look like hosts, and mail addresses. They are
//! held to the same rules; [`NameRules`] lists all such places.

#![forbid(unsafe_code)]

mod choice;
mod consistency;
mod constraint;
mod error;
mod file;
pub mod names;
mod plan;
mod profile;
mod profiles;
mod refusal;
mod request;
mod rules;
mod usage;

pub use self::choice::{CommonNameRule, Kind, LeafBasicConstraints, SanKind, SanRule, SubjectRule};
pub use self::error::ProfileError;
pub use self::file::{KeyInfo, Section, keys};
pub use self::plan::Plan;
pub use self::profile::Profile;
pub use self::profiles::Profiles;
pub use self::refusal::{Refusal, RulePlace};
pub use self::request::{IssuerView, Request, SubjectSource};
pub use self::rules::{NameRules, RequesterPattern, RequesterRule, Verdict};
