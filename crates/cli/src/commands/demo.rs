//! `tpm2ca demo`: a whole CA on a software TPM, each step checked by other code than the one that made it.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tpm2ca_authority::{
    Authority, AuthorityError, CaDirectory, Environment, InitOptions, IssueRequest, Issued,
    Keyring, NoAuth, OcspResponder, RevokeRequest, init, write_new, write_replacing,
};
use tpm2ca_keys::{KeyAlgorithm, PublicKey, SoftwareKey};
use tpm2ca_tpm::{Algorithm, Auth, Curve, Tcti, TpmOptions};
use tpm2ca_x509::{
    Certificate, GeneralName, Name, Serial, SignatureAlgorithm,
    crl::{CertificateList, ReasonCode},
    ext,
    ocsp::{CertId, CertStatus, OcspRequestFields, OcspResponse},
    oid, pem, spki_key_bits,
};

use crate::{
    args::{Demo, Global},
    error::{CliError, Code},
    output::Output,
    requester::requester,
    text::shell_word,
};

const HOST: &str = "www.example.com";

pub(super) fn run(global: &Global, args: &Demo, output: &Output) -> Result<Code> {
    if global.ca.is_some() || global.tpm.is_some() {
        return Err(CliError::usage(
            "`demo` makes a CA and a software TPM of its own, `--ca` and `--tpm` are not for it",
            "`tpm2ca demo DIR` says where; `tpm2ca init` makes a CA in a TPM of your choice",
        )
        .into());
    }
    let folder = std::path::absolute(&args.dir).context("cannot tell the working directory")?;
    if folder.join("ca").exists() {
        return Err(CliError::failed(
            format!("`{}` holds a demo already", args.dir.display()),
            format!(
                "remove it with `rm -r {}`, or name another folder: `tpm2ca demo DIR`",
                shell_word(&args.dir.to_string_lossy())
            ),
        )
        .into());
    }
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(CliError::failed(
            format!("`{}` has other files in it", args.dir.display()),
            "name a folder that is empty or not there yet: `tpm2ca demo DIR`",
        )
        .into());
    }
    let tcti = Tcti::Libtpms(folder.join("tpm"));
    fs::create_dir_all(&folder)
        .map_err(|error| CliError::file("make the folder", &folder, &error))?;
    let demo = Story {
        folder: &folder,
        output,
    };
    demo.tell(&tcti)?;
    Ok(Code::Done)
}

struct Story<'a> {
    folder: &'a Path,
    output: &'a Output,
}

impl Story<'_> {
    fn tell(&self, tcti: &Tcti) -> Result<()> {
        let requester = requester();
        let keyring = Keyring::new(Some(tcti.clone()), TpmOptions::default(), Box::new(NoAuth));
        let maker = keyring.tpm()?.capabilities()?.manufacturer;
        self.step(
            "software TPM",
            "tpm/",
            &format!("made by {maker}; a trial, not a safe"),
        )?;

        let made = init(
            &CaDirectory::new(self.folder.join("ca")),
            keyring,
            Environment::default(),
            &InitOptions {
                name: "Demo".to_owned(),
                algorithm: Algorithm::Ecc(Curve::P256),
                root_days: None,
                intermediate_days: None,
                permit_dns: vec!["example.com".to_owned()],
                key_auth: Auth::empty(),
                no_da: true,
                crl_url: Some("http://pki.example.com/%.crl".to_owned()),
                tcti: Some(tcti.to_string()),
                requester: requester.clone(),
            },
        )?;
        let authority = made.authority;
        let (root, intermediate) = (&made.root.certificate, &made.intermediate.certificate);
        is_signed_by(root, root)?;
        self.step("root", "ca/root.crt", "key in the TPM, signature verified")?;
        is_signed_by(intermediate, root)?;
        self.step(
            "intermediate",
            "ca/intermediate.crt",
            "key in the TPM, signed by the root, may issue for example.com only",
        )?;

        let server = self.server_certificate(&authority, &requester)?;
        is_signed_by(&server.certificate, intermediate)?;
        self.step(
            "server certificate",
            "server.crt",
            &format!("for {HOST}, signed by the intermediate, chain verified"),
        )?;

        let responder = authority.ocsp_responder(None, &requester)?;
        ensure!(
            matches!(
                self.ask(&responder, intermediate, &server.serial)?,
                CertStatus::Good
            ),
            "the OCSP answer before the revocation is not `good`"
        );
        authority.revoke(&RevokeRequest {
            serial: &server.serial,
            issuer: None,
            reason: Some(ReasonCode::Superseded),
            invalidity_date: None,
            requester: &requester,
        })?;
        self.step("revocation", "ca/records.db", "recorded, with its reason")?;
        self.revocation_list(&authority, intermediate, &server.serial, &requester)?;
        ensure!(
            matches!(
                self.ask(&responder, intermediate, &server.serial)?,
                CertStatus::Revoked {
                    reason: Some(ReasonCode::Superseded),
                    ..
                }
            ),
            "the OCSP answer after the revocation is not `revoked`"
        );
        self.step(
            "OCSP answers",
            "ocsp.der",
            "good before the revocation, revoked after it",
        )?;

        let checked = authority.check()?;
        ensure!(checked.is_clean(), "the records are not in order");
        self.step(
            "records",
            "ca/records.db",
            &format!(
                "{} certificates, {} audit entries, all checked",
                checked.records.issued, checked.records.audit_entries
            ),
        )?;
        self.next_steps();
        Ok(())
    }

    fn server_certificate(&self, authority: &Authority, requester: &str) -> Result<Issued> {
        let key = SoftwareKey::generate(KeyAlgorithm::P256).map_err(AuthorityError::from)?;
        let subject = Name::common_name(HOST).map_err(AuthorityError::from)?;
        let san = ext::subject_alt_name(&[GeneralName::Dns(HOST.to_owned())], false)
            .map_err(AuthorityError::from)?;
        let csr = key
            .make_csr(subject.as_der(), &[san])
            .map_err(AuthorityError::from)?;
        key.write_new(&self.folder.join("server.key"))
            .map_err(AuthorityError::from)?;
        let issued = authority.issue(&IssueRequest::new(&csr, "server", requester))?;
        let mut text = pem::encode("CERTIFICATE", &issued.certificate);
        for certificate in authority.chain(&issued.issuer)? {
            text.push_str(&pem::encode("CERTIFICATE", &certificate));
        }
        write_new(&self.folder.join("server.crt"), text.as_bytes(), 0o644)?;
        Ok(issued)
    }

    fn revocation_list(
        &self,
        authority: &Authority,
        issuer: &[u8],
        serial: &Serial,
        requester: &str,
    ) -> Result<()> {
        let made = authority.crl(None, None, requester)?;
        let der = fs::read(&made.path)?;
        let list = CertificateList::parse(&der).map_err(AuthorityError::from)?;
        let key = public_key(issuer)?;
        let algorithm = list.signature_algorithm().map_err(AuthorityError::from)?;
        key.verify(algorithm, list.tbs_der(), list.signature())
            .map_err(AuthorityError::from)?;
        let listed = list.entries().any(|entry| {
            entry.is_ok_and(|entry| entry.serial().is_ok_and(|listed| listed == *serial))
        });
        ensure!(listed, "the revoked certificate is not on the CRL");
        self.step(
            "CRL",
            "ca/crl/intermediate.crl",
            "signed by the intermediate, has the revoked certificate",
        )
    }

    /// Asks as a client would, and believes nothing that it cannot verify.
    fn ask(
        &self,
        responder: &OcspResponder<&Authority>,
        issuer: &[u8],
        serial: &Serial,
    ) -> Result<CertStatus> {
        let certificate = Certificate::parse(issuer).map_err(AuthorityError::from)?;
        let key = public_key(issuer)?;
        let hash = |octets: &[u8]| {
            tpm2ca_keys::Digest::of(tpm2ca_keys::Hash::Sha256, octets)
                .value()
                .to_vec()
        };
        let (name_hash, key_hash) = (
            hash(certificate.tbs().subject_der()),
            hash(spki_key_bits(key.spki_der()).map_err(AuthorityError::from)?),
        );
        let id = CertId::new(oid::SHA256, &name_hash, &key_hash, serial)
            .map_err(AuthorityError::from)?;
        let request = OcspRequestFields {
            certs: std::slice::from_ref(&id),
            nonce: None,
        }
        .to_der()
        .map_err(AuthorityError::from)?;

        let answer = responder.answer(&request).der;
        write_replacing(&self.folder.join("ocsp.der"), &answer, 0o644)?;
        let OcspResponse::Successful(basic) =
            OcspResponse::parse(&answer).map_err(AuthorityError::from)?
        else {
            anyhow::bail!("the OCSP responder did not answer");
        };
        let delegate = basic
            .certs()
            .first()
            .copied()
            .context("the OCSP answer has no certificate")?;
        is_signed_by(delegate, issuer)?;
        let algorithm = basic.signature_algorithm().map_err(AuthorityError::from)?;
        public_key(delegate)?
            .verify(algorithm, basic.tbs_der(), basic.signature())
            .map_err(AuthorityError::from)?;
        let single = basic
            .responses()
            .first()
            .context("the OCSP answer is empty")?;
        ensure!(
            single.cert_id == id,
            "the OCSP answer is about another certificate"
        );
        Ok(single.status)
    }

    fn step(&self, what: &str, file: &str, how: &str) -> Result<()> {
        self.output.done(
            || json!({ "step": what, "file": self.folder.join(file), "checked": how }),
            || format!("{what:<20} {file:<24} {how}"),
        )?;
        Ok(())
    }

    fn next_steps(&self) {
        let folder = shell_word(&self.folder.to_string_lossy());
        self.output.say(&format!(
            "\nEverything is in {folder}. Go on with it:\n\
             \x20 export TPM2CA_DIR={folder}/ca\n\
             \x20 tpm2ca issue --profile server api.example.com --chain   # a key and its certificate\n\
             \x20 openssl req -new -newkey ed25519 -nodes -subj /CN=user -addext subjectAltName=email:user@example.com -keyout user.key -out user.csr\n\
             \x20 tpm2ca sign --profile client --in user.csr --out user.crt\n\
             \x20 tpm2ca list ; tpm2ca db check\n\
             \x20 openssl verify -x509_strict -CAfile {folder}/ca/root.crt -untrusted {folder}/server.crt {folder}/server.crt\n\
             A CA of your own, with the keys in this machine's TPM:\n\
             \x20 tpm2ca tpm info --tpm device:/dev/tpmrm0\n\
             \x20 tpm2ca init --ca ./my-ca --name Acme --tpm device:/dev/tpmrm0"
        ));
    }
}

fn is_signed_by(certificate: &[u8], issuer: &[u8]) -> Result<()> {
    let certificate = Certificate::parse(certificate).map_err(AuthorityError::from)?;
    let algorithm = SignatureAlgorithm::from_der(certificate.signature_algorithm_der())
        .map_err(AuthorityError::from)?;
    public_key(issuer)?
        .verify(algorithm, certificate.tbs().der(), certificate.signature())
        .map_err(AuthorityError::from)?;
    Ok(())
}

fn public_key(certificate: &[u8]) -> Result<PublicKey> {
    let certificate = Certificate::parse(certificate).map_err(AuthorityError::from)?;
    Ok(PublicKey::from_spki_der(certificate.tbs().spki_der()).map_err(AuthorityError::from)?)
}
