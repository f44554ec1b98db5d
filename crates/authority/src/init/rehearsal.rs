//! What the profiles would refuse is refused before the TPM makes keys, which takes some chips a minute.

use tpm2ca_keys::{KeyAlgorithm, SoftwareKey};
use tpm2ca_profile::{IssuerView, Profiles, Request, SubjectSource};
use tpm2ca_x509::UnixTime;

use super::{INTERMEDIATE, InitOptions, ROOT, Subjects};
use crate::{AuthorityError, config::url_flaw};

/// Plans both certificates for a key that stands in for the TPM's.
pub(super) fn rehearse(
    profiles: &Profiles,
    subjects: &Subjects,
    options: &InitOptions,
    now: UnixTime,
) -> Result<(), AuthorityError> {
    if let Some(url) = &options.crl_url
        && let Some(problem) = url_flaw(url)
    {
        return Err(AuthorityError::Url {
            url: url.clone(),
            problem,
        });
    }
    let stand_in = SoftwareKey::generate(KeyAlgorithm::P256)?;
    let for_root = Request {
        subject: SubjectSource::Operator(&subjects.root),
        names: &[],
        san_der: None,
        spki_der: stand_in.public_key().spki_der(),
        requester: &options.requester,
        days: options.root_days,
        not_before: None,
        not_after: None,
        now,
        requested: &[],
        permitted_dns: &[],
    };
    let root = profiles.get(ROOT)?.plan(&for_root, None)?;
    let above = IssuerView {
        not_before: root.validity().not_before,
        not_after: root.validity().not_after,
        path_len: None,
        permitted: &[],
        excluded: &[],
        subject_der: root.subject_der(),
    };
    let for_intermediate = Request {
        subject: SubjectSource::Operator(&subjects.intermediate),
        days: options.intermediate_days,
        permitted_dns: &options.permit_dns,
        ..for_root
    };
    profiles
        .get(INTERMEDIATE)?
        .plan(&for_intermediate, Some(&above))?;
    Ok(())
}
