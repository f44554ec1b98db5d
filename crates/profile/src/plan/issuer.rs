//! Whether the issuer can issue anything now (RFC 5280, section 4.2.1.9 and 6.1).

use tpm2ca_x509::UnixTime;

use crate::choice::Kind;
use crate::profile::Profile;
use crate::refusal::Refusal;
use crate::request::IssuerView;

pub(super) fn check(
    profile: &Profile,
    issuer: Option<&IssuerView<'_>>,
    now: UnixTime,
) -> Result<(), Refusal> {
    let issuer = match (profile.kind, issuer) {
        (Kind::Root, None) => return Ok(()),
        (Kind::Root, Some(_)) => {
            return Err(Refusal::RootWithIssuer {
                profile: profile.name.clone(),
            });
        }
        (kind, None) => {
            return Err(Refusal::NoIssuer {
                profile: profile.name.clone(),
                kind,
            });
        }
        (_, Some(issuer)) => issuer,
    };
    if now > issuer.not_after {
        return Err(Refusal::IssuerExpired {
            not_after: issuer.not_after,
            now,
        });
    }
    if now < issuer.not_before {
        return Err(Refusal::IssuerNotYetValid {
            not_before: issuer.not_before,
            now,
        });
    }
    if profile.kind == Kind::Intermediate && issuer.path_len == Some(0) {
        return Err(Refusal::PathLenExhausted);
    }
    Ok(())
}
