//! The CA that is answered for: a directory of its own, or an openssl.cnf.

use std::{fs, sync::Arc};

use anyhow::Result;
use tpm2ca_authority::{
    Authority, AuthorityError, Environment, OcspOptions, OcspResponder, OpensslCa,
    OpensslCaOptions, ResponderCa,
};
use tpm2ca_openssl_ca::config::CaUrls;
use tpm2ca_tpm::KeyFile;
use tpm2ca_x509::ocsp::OcspRequest;

use crate::{
    args::{Global, Ocsp},
    context::{authority, ca_directory, keys_in_files},
    openssl_config::{keyring, openssl_ca, tell},
    output::Output,
};

pub(super) enum Home {
    Native(Arc<Authority>),
    Openssl(Arc<OpensslCa>),
}

impl Home {
    /// Opens it; what others have done to an index.txt is taken in.
    pub(super) fn open(global: &Global, args: &Ocsp, output: &Output) -> Result<Self> {
        // With a key in a file there may be no TPM on this machine.
        let without_tpm = args
            .rkey
            .as_ref()
            .is_some_and(|key| fs::read(key).is_ok_and(|text| !KeyFile::is_tss2_pem(&text)));
        let Some(config) = &args.from.config else {
            let ca = if without_tpm {
                let directory = ca_directory(global, output)?;
                Authority::open(directory, keys_in_files(global), Environment::default())?
            } else {
                authority(global, output)?
            };
            return Ok(Self::Native(Arc::new(ca)));
        };
        let options = OpensslCaOptions {
            section: args.from.section.clone(),
            ..OpensslCaOptions::default()
        };
        let keys = if without_tpm {
            keys_in_files(global)
        } else {
            keyring(global, output)?
        };
        let ca = openssl_ca(config, options, keys, output)?;
        let taken = output.while_waiting("taking index.txt in", || ca.synchronize())?;
        tell(taken.as_ref(), output);
        Ok(Self::Openssl(Arc::new(ca)))
    }

    pub(super) fn responder(&self, options: OcspOptions) -> Result<OcspResponder, AuthorityError> {
        match self {
            Self::Native(ca) => {
                OcspResponder::open(Arc::clone(ca) as Arc<dyn ResponderCa>, options)
            }
            Self::Openssl(ca) => {
                OcspResponder::open(Arc::clone(ca) as Arc<dyn ResponderCa>, options)
            }
        }
    }

    /// The issuer that a request is about.
    pub(super) fn asked_about(&self, request: &OcspRequest<'_>) -> Result<Option<String>> {
        Ok(match self {
            Self::Native(ca) => ca.issuer_asked_about(request),
            Self::Openssl(ca) => ca
                .is_asked_about(request)?
                .then(|| ca.authority().default_issuer().to_owned()),
        })
    }

    /// The URLs that certificates give for the responder.
    pub(super) fn urls(&self) -> Vec<String> {
        match self {
            Self::Native(ca) => {
                let issuers = ca.config().issuer.values();
                issuers
                    .flat_map(|issuer| issuer.ocsp_urls.clone())
                    .collect()
            }
            Self::Openssl(ca) => CaUrls::of(ca.conf()).ocsp,
        }
    }
}
