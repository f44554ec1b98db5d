//! Commands that use a private key for something else than signing (TPM 2.0 Library Part 3, 14.3 `TPM2_RSA_Decrypt`,
//! 14.5 `TPM2_ECDH_ZGen`).

use zeroize::Zeroizing;

use crate::command::{Call, Reply};
use crate::error::TpmError;
use crate::name::Name;
use crate::wire::Writer;
use crate::wire::command::TpmCommand;
use crate::wire::public::Scheme;

/// `TPM2_RSA_Decrypt` without a label.
pub(crate) fn rsa_decrypt(key: (u32, Name), cipher_text: &[u8], scheme: Scheme) -> Call {
    let mut parameters = Writer::new();
    parameters.sized(cipher_text, "cipherText");
    scheme.write(&mut parameters);
    parameters.sized(&[], "label");
    Call {
        command: TpmCommand::RSA_DECRYPT,
        handles: vec![key],
        parameters,
    }
}

/// What was decrypted, without its padding.
pub(crate) fn decrypted(reply: &Reply) -> Result<Zeroizing<Vec<u8>>, TpmError> {
    reply.read(|reader| Ok(Zeroizing::new(reader.sized("message")?.to_vec())))
}

/// `TPM2_ECDH_ZGen` with a public point.
pub(crate) fn ecdh_zgen(key: (u32, Name), x: &[u8], y: &[u8]) -> Call {
    let mut parameters = Writer::new();
    parameters.nested("inPoint", |point| {
        point.sized(x, "inPoint.x").sized(y, "inPoint.y");
    });
    Call {
        command: TpmCommand::ECDH_ZGEN,
        handles: vec![key],
        parameters,
    }
}

/// The x coordinate of the shared point.
pub(crate) fn shared_x(reply: &Reply) -> Result<Zeroizing<Vec<u8>>, TpmError> {
    reply.read(|reader| {
        let length = reader.u16("outPoint")?;
        let x = Zeroizing::new(reader.sized("outPoint.x")?.to_vec());
        let y = reader.sized("outPoint.y")?;
        if usize::from(length) != 4 + x.len() + y.len() {
            let got = u32::from(length);
            return Err(reader.error("outPoint", crate::wire::WireProblem::Value { got }));
        }
        Ok(x)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::options::Receipt;

    fn reply(parameters: Vec<u8>) -> Reply {
        Reply {
            command: TpmCommand::ECDH_ZGEN,
            handle: None,
            parameters: Zeroizing::new(parameters),
            receipt: Receipt {
                command_code: TpmCommand::ECDH_ZGEN.code,
                cp_hash: [0; 32],
                rp_hash: [0; 32],
            },
        }
    }

    #[test]
    fn a_point_with_a_wrong_length_is_refused() {
        let shared = |octets: &[u8]| shared_x(&reply(octets.to_vec())).ok().map(|x| x.to_vec());
        assert_eq!(shared(&[0, 6, 0, 1, 7, 0, 1, 8]), Some(vec![7]));
        assert_eq!(shared(&[0, 7, 0, 1, 7, 0, 1, 8]), None);
        assert_eq!(shared(&[0, 6, 0, 1, 7, 0, 1, 8, 0]), None);
    }

    proptest! {
        #[test]
        fn reading_never_panics(octets in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = shared_x(&reply(octets.clone()));
            let _ = decrypted(&reply(octets));
        }
    }
}
