//! Who signs the answers for an issuer: a key, and the certificate that the issuer has given it.

use std::{fs, path::Path, sync::Arc};

use tpm2ca_keys::{Digest, Hash, KeyAlgorithm, Signer, SoftwareKey};
use tpm2ca_tpm::{Algorithm, Auth, Curve, KeyTemplate};
use tpm2ca_x509::{
    Certificate, SignatureAlgorithm, UnixTime, Validity, ext,
    ocsp::{BasicResponseFields, ResponderId, SingleResponse},
    oid, pem,
};

use super::{OcspOptions, ResponderCa, ResponderKey, cache::Signed};
use crate::{Authority, AuthorityError, CaCertificate, file::file_error};

pub(super) struct DelegatedResponder {
    signer: Arc<dyn Signer>,
    pub(super) algorithm: SignatureAlgorithm,
    hash: Hash,
    key_identifier: [u8; 20],
    pub(super) certificate: Arc<[u8]>,
    pub(super) not_after: UnixTime,
    /// From when on it is to have a successor; none when there will be none.
    pub(super) renew_at: Option<UnixTime>,
    /// Whether its key is in a TPM.
    pub(super) is_slow: bool,
}

impl DelegatedResponder {
    /// A new key with a new certificate of the profile `ocsp`.
    pub(super) fn certify(
        ca: &dyn ResponderCa,
        issuer: &str,
        options: &OcspOptions,
    ) -> Result<Self, AuthorityError> {
        let is_slow = options.key == ResponderKey::Tpm;
        let signer: Arc<dyn Signer> = if is_slow {
            let template = KeyTemplate {
                algorithm: Algorithm::Ecc(Curve::P256),
                no_da: true,
            };
            let keyring = ca.authority().keyring();
            let key = keyring.tpm()?.create_key(template, &Auth::empty())?;
            // The path is for messages alone: the key is written nowhere.
            let path = Path::new("the OCSP responder's key");
            keyring.load(path, key, Auth::empty())?.signer
        } else {
            Arc::new(SoftwareKey::generate(KeyAlgorithm::P256)?)
        };
        let issued = ca.certify_responder(issuer, &*signer, &options.requester)?;
        // A third of its life is left for trouble. What it lost at its beginning to clocks that are slow does not count.
        let begin = issued.validity.not_before.max(ca.authority().now());
        let life = issued.validity.not_after.saturating_sub(begin);
        let renew_at = Some(begin.saturating_add(life / 3 * 2));
        Ok(Self::new(
            signer,
            issued.certificate,
            issued.validity,
            renew_at,
            is_slow,
        ))
    }

    /// A certificate that the issuer has given already, and its key.
    pub(super) fn from_files(
        ca: &Authority,
        issuer: &CaCertificate,
        certificate: &Path,
        key: &Path,
    ) -> Result<Self, AuthorityError> {
        let text =
            fs::read(certificate).map_err(|source| file_error("read", certificate, source))?;
        let useless = |message: String| AuthorityError::Responder {
            path: certificate.to_owned(),
            message,
        };
        // The first of several, as OpenSSL takes it: people keep the chain behind it.
        let der = if text.first() == Some(&0x30) {
            text
        } else {
            pem::blocks(&text)
                .map_err(|error| useless(error.to_string()))?
                .into_iter()
                .find(|block| block.label == "CERTIFICATE")
                .ok_or_else(|| useless("there is no certificate in it".to_owned()))?
                .der
        };
        let parsed = Certificate::parse(&der).map_err(|error| useless(error.to_string()))?;
        let tbs = parsed.tbs();
        // The issuer itself needs no permission to speak for itself.
        if der != issuer.der {
            crate::check::verify(&der, &issuer.key)
                .map_err(|_| useless("the issuer has not signed it".to_owned()))?;
            let purposes = match tbs.extension(oid::EXTENDED_KEY_USAGE) {
                Some(extension) => ext::parse_extended_key_usage(extension.value)?,
                None => Vec::new(),
            };
            if !purposes.contains(&oid::OCSP_SIGNING) {
                return Err(useless("it lacks the purpose OCSPSigning".to_owned()));
            }
        }
        let opened = ca.keyring().open(key)?;
        if opened.signer.public_key().spki_der() != tbs.spki_der() {
            return Err(useless(format!(
                "its key is not the one in `{}`",
                key.display()
            )));
        }
        let is_slow = opened.is_in_tpm();
        let validity = tbs.validity();
        if ca.now() > validity.not_after {
            return Err(useless("it has expired".to_owned()));
        }
        Ok(Self::new(
            opened.signer,
            der.clone(),
            validity,
            None,
            is_slow,
        ))
    }

    fn new(
        signer: Arc<dyn Signer>,
        certificate: Vec<u8>,
        validity: Validity,
        renew_at: Option<UnixTime>,
        is_slow: bool,
    ) -> Self {
        let algorithm = signer.default_algorithm();
        Self {
            hash: algorithm.hash().unwrap_or(Hash::Sha256),
            algorithm,
            key_identifier: signer.public_key().key_identifier(),
            signer,
            certificate: certificate.into(),
            not_after: validity.not_after,
            renew_at,
            is_slow,
        }
    }

    /// Signs answers, the first of which tells how long they hold.
    pub(super) fn sign(
        &self,
        responses: &[SingleResponse<'_>],
        nonce: Option<&[u8]>,
        now: UnixTime,
    ) -> Result<Signed, AuthorityError> {
        let tbs = BasicResponseFields {
            responder: ResponderId::ByKey(&self.key_identifier),
            produced_at: now,
            responses,
            nonce,
            extensions: &[],
        }
        .to_tbs_der()?;
        let digest = Digest::of(self.hash, &tbs);
        let signature = self.signer.sign(self.algorithm, &digest)?;
        let next_update = responses.iter().filter_map(|one| one.next_update).min();
        let times = [now, next_update.unwrap_or(now)];
        Ok(Signed::new(
            &tbs,
            self.algorithm,
            signature.bytes(),
            &self.certificate,
            times,
        ))
    }
}
