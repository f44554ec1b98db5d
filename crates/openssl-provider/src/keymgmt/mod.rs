//! Key management (provider-keymgmt(7)): what a key is, as numbers; new keys are in `generation`.

mod generation;

use std::ffi::{CStr, c_int};
use std::sync::Arc;

use tpm2ca_openssl_keys::Error;
use tpm2ca_openssl_keys::digest::Md;
use tpm2ca_openssl_keys::key::{Key, UNCOMPRESSED};
use tpm2ca_tpm::{BoundScheme, Curve, KeyPublic};

use crate::ffi::abi::{OsslDispatch, OsslParam, keymgmt as function, operation, selection};
use crate::ffi::algorithms::Implementation;
use crate::ffi::callback::Callback;
use crate::ffi::entry::{Nothing, descriptions, entry, functions};
use crate::ffi::init::keymgmt_load;
use crate::ffi::params::{Answers, ParamList, Params};
use crate::key::KeyObject;
use crate::provider::Provider;
use crate::{exchange, signature};

use generation::{
    keymgmt_gen, keymgmt_gen_cleanup, keymgmt_gen_init_ec, keymgmt_gen_init_rsa,
    keymgmt_gen_init_rsa_pss, keymgmt_gen_set_params, keymgmt_gen_set_template,
    keymgmt_gen_settable_ec, keymgmt_gen_settable_rsa,
};

pub(crate) static IMPLEMENTATIONS: &[Implementation] = &[
    Implementation {
        operation: operation::KEYMGMT,
        names: c"RSA:rsaEncryption:1.2.840.113549.1.1.1",
        properties: "",
        functions: RSA,
    },
    Implementation {
        operation: operation::KEYMGMT,
        names: c"RSA-PSS:RSASSA-PSS:1.2.840.113549.1.1.10",
        properties: "",
        functions: RSA_PSS,
    },
    Implementation {
        operation: operation::KEYMGMT,
        names: c"EC:id-ecPublicKey:1.2.840.10045.2.1",
        properties: "",
        functions: EC,
    },
];

static RSA: &[OsslDispatch] = functions![
    function::NEW => keymgmt_new,
    function::GEN_INIT => keymgmt_gen_init_rsa,
    function::GEN_SET_PARAMS => keymgmt_gen_set_params,
    function::GEN_SETTABLE_PARAMS => keymgmt_gen_settable_rsa,
    function::GEN => keymgmt_gen,
    function::GEN_CLEANUP => keymgmt_gen_cleanup,
    function::LOAD => keymgmt_load,
    function::FREE => keymgmt_free,
    function::DUP => keymgmt_dup,
    function::GET_PARAMS => keymgmt_get_params,
    function::GETTABLE_PARAMS => keymgmt_gettable_rsa,
    function::QUERY_OPERATION_NAME => keymgmt_operation_rsa,
    function::HAS => keymgmt_has,
    function::MATCH => keymgmt_match,
    function::IMPORT => keymgmt_import,
    function::IMPORT_TYPES => keymgmt_types_rsa,
    function::EXPORT => keymgmt_export,
    function::EXPORT_TYPES => keymgmt_types_rsa,
];

static RSA_PSS: &[OsslDispatch] = functions![
    function::NEW => keymgmt_new,
    function::GEN_INIT => keymgmt_gen_init_rsa_pss,
    function::GEN_SET_PARAMS => keymgmt_gen_set_params,
    function::GEN_SETTABLE_PARAMS => keymgmt_gen_settable_rsa,
    function::GEN => keymgmt_gen,
    function::GEN_CLEANUP => keymgmt_gen_cleanup,
    function::LOAD => keymgmt_load,
    function::FREE => keymgmt_free,
    function::DUP => keymgmt_dup,
    function::GET_PARAMS => keymgmt_get_params,
    function::GETTABLE_PARAMS => keymgmt_gettable_rsa,
    function::QUERY_OPERATION_NAME => keymgmt_operation_rsa,
    function::HAS => keymgmt_has,
    function::MATCH => keymgmt_match,
    function::IMPORT => keymgmt_import,
    function::IMPORT_TYPES => keymgmt_types_rsa,
    function::EXPORT => keymgmt_export,
    function::EXPORT_TYPES => keymgmt_types_rsa,
];

static EC: &[OsslDispatch] = functions![
    function::NEW => keymgmt_new,
    function::GEN_INIT => keymgmt_gen_init_ec,
    function::GEN_SET_TEMPLATE => keymgmt_gen_set_template,
    function::GEN_SET_PARAMS => keymgmt_gen_set_params,
    function::GEN_SETTABLE_PARAMS => keymgmt_gen_settable_ec,
    function::GEN => keymgmt_gen,
    function::GEN_CLEANUP => keymgmt_gen_cleanup,
    function::LOAD => keymgmt_load,
    function::FREE => keymgmt_free,
    function::DUP => keymgmt_dup,
    function::GET_PARAMS => keymgmt_get_params,
    function::GETTABLE_PARAMS => keymgmt_gettable_ec,
    function::SET_PARAMS => keymgmt_set_params,
    function::SETTABLE_PARAMS => keymgmt_settable_ec,
    function::QUERY_OPERATION_NAME => keymgmt_operation_ec,
    function::HAS => keymgmt_has,
    function::MATCH => keymgmt_match,
    function::IMPORT => keymgmt_import,
    function::IMPORT_TYPES => keymgmt_types_ec,
    function::EXPORT => keymgmt_export,
    function::EXPORT_TYPES => keymgmt_types_ec,
];

entry!(fn keymgmt_new(shared provider: Provider) -> Box<KeyObject> = |provider| Ok(KeyObject::empty(provider)));

entry!(fn keymgmt_free(owned key: KeyObject) -> Nothing = |key| {
    drop(key);
    Ok(Nothing)
});

entry!(fn keymgmt_dup(shared object: KeyObject, int selection) -> Box<KeyObject> = duplicate);

entry!(fn keymgmt_set_params(shared object: KeyObject, params params) -> () = set_params);

entry!(fn keymgmt_settable_ec(ignored provider) -> &'static [OsslParam] = || Ok(SETTABLE_EC));

entry!(fn keymgmt_get_params(shared object: KeyObject, answers answers) -> () = get_params);

entry!(fn keymgmt_gettable_rsa(ignored provider) -> &'static [OsslParam] = || Ok(GETTABLE_RSA));

entry!(fn keymgmt_gettable_ec(ignored provider) -> &'static [OsslParam] = || Ok(GETTABLE_EC));

entry!(fn keymgmt_operation_rsa(int operation) -> Option<&'static CStr> = |_| Ok(Some(c"RSA")));

entry!(fn keymgmt_operation_ec(int operation) -> Option<&'static CStr> = |operation| Ok(match operation {
    operation::SIGNATURE => Some(signature::ECDSA),
    operation::KEYEXCH => Some(exchange::NAME),
    _ => None,
}));

entry!(fn keymgmt_has(shared object: KeyObject, int selection) -> bool = has);

entry!(fn keymgmt_match(shared one: KeyObject, shared other: KeyObject, int selection) -> bool = are_same);

entry!(fn keymgmt_import(shared object: KeyObject, int selection, params params) -> bool = import);

entry!(fn keymgmt_export(shared object: KeyObject, int selection, callback callback) -> bool = export);

entry!(fn keymgmt_types_rsa(int selection) -> &'static [OsslParam] = |_| Ok(TYPES_RSA));

entry!(fn keymgmt_types_ec(int selection) -> &'static [OsslParam] = |_| Ok(TYPES_EC));

/// A copy of what is wanted of a key.
fn duplicate(object: &KeyObject, wanted: c_int) -> Result<Box<KeyObject>, Error> {
    let provider = object.provider();
    if wanted & selection::KEYPAIR == 0 {
        return match object.curve() {
            Some(_) => Ok(KeyObject::on_curve(provider, object.curve())),
            None => Err(no_parameters("a copy")),
        };
    }
    let key = object.key()?;
    Ok(if wanted & selection::PRIVATE_KEY == 0 {
        let public = Key::public_only(provider.connection(), key.public().clone())?;
        KeyObject::new(provider, Arc::new(public))
    } else {
        KeyObject::new(provider, Arc::clone(key))
    })
}

fn no_parameters(what: &str) -> Error {
    Error::unsupported(
        format!("{what} of parameters alone"),
        "only EC keys have some",
    )
}

/// Gives a public key to a curve that has none yet: how a key agreement gets its peer from the octets in a message.
fn set_params(object: &KeyObject, params: Params<'_>) -> Result<(), Error> {
    let Some(point) = params.octets(ENCODED_POINT)? else {
        return Ok(());
    };
    let public = object
        .curve()
        .and_then(|curve| point_on(curve, point))
        .ok_or_else(|| Error::parameter(ENCODED_POINT))?;
    object.fill(Arc::new(Key::public_only(
        object.provider().connection(),
        public,
    )?))
}

fn has(object: &KeyObject, wanted: c_int) -> Result<bool, Error> {
    let Ok(key) = object.key() else {
        return Ok(wanted & selection::KEYPAIR == 0 && object.curve().is_some());
    };
    // Every key has its public half and all parameters that there are.
    Ok(wanted & selection::PRIVATE_KEY == 0 || key.private().is_some())
}

fn are_same(one: &KeyObject, other: &KeyObject, wanted: c_int) -> Result<bool, Error> {
    if wanted & selection::KEYPAIR != 0 {
        // The public half decides: there is one private half to it.
        return Ok(one.key()?.public() == other.key()?.public());
    }
    Ok(one.curve() == other.curve())
}

/// Takes the public half of what can be the peer of an agreement in progress, and nothing else, without an error: OpenSSL
/// asks to compare keys, or asks whoever was loaded first, and goes to the key's own provider after a refusal.
fn import(object: &KeyObject, wanted: c_int, params: Params<'_>) -> Result<bool, Error> {
    // Peers come whole, even with their private half. What programs import by themselves is less, or has another purpose.
    if wanted != selection::ALL || !object.provider().agreements().are_in_progress() {
        return Ok(false);
    }
    let (Some(group), Some(point)) = (params.text(GROUP)?, params.octets(PUB)?) else {
        return Ok(false);
    };
    let Some(public) = curve_named(group).and_then(|curve| point_on(curve, point)) else {
        return Ok(false);
    };
    let key = Key::public_only(object.provider().connection(), public)?;
    object.fill(Arc::new(key))?;
    Ok(true)
}

/// Tells the public half. The private one cannot be told, and that is what makes OpenSSL come to us for its use.
fn export(object: &KeyObject, wanted: c_int, callback: Callback<'_>) -> Result<bool, Error> {
    if wanted & selection::PRIVATE_KEY != 0 {
        // Without an error: OpenSSL's encoders try this as well before it finds ours, and would leave it in the queue.
        return Ok(false);
    }
    let mut values = ParamList::new();
    if wanted & selection::DOMAIN_PARAMETERS != 0
        && let Some(curve) = object.curve()
    {
        values = values.text(GROUP, &group_name(curve).to_string_lossy());
    }
    if wanted & selection::PUBLIC_KEY != 0 {
        let key = object.key()?;
        if let KeyPublic::Rsa { modulus, exponent } = key.public() {
            values = values
                .natural(c"n", modulus)
                .natural(c"e", &exponent.to_be_bytes());
        }
        if let Some(point) = key.point() {
            values = values.octets(PUB, &point);
        }
    }
    // An empty list would become a key without numbers, which OpenSSL's own provider trusts to have them.
    if values.is_empty() {
        return Err(no_parameters("an export"));
    }
    Ok(callback.give(values))
}

fn get_params(object: &KeyObject, mut answers: Answers<'_>) -> Result<(), Error> {
    if let Some(curve) = object.curve() {
        answers.text(GROUP, group_name(curve))?;
    }
    let Ok(key) = object.key() else {
        return Ok(());
    };
    answers.number(c"bits", key.bits())?;
    answers.number(c"security-bits", key.security_bits())?;
    answers.number(c"max-size", key.max_size())?;
    let bound = key.uses().ok().and_then(|uses| uses.bound);
    let only = match bound {
        Some(
            BoundScheme::RsaPkcs1(hash) | BoundScheme::RsaPss(hash) | BoundScheme::Ecdsa(hash),
        ) => hash.map(Md::from_tpm),
        _ => None,
    };
    answers.text(c"default-digest", only.unwrap_or(Md::Sha256).name())?;
    if let Some(only) = only {
        answers.text(c"mandatory-digest", only.name())?;
    }
    match key.public() {
        KeyPublic::Rsa { modulus, exponent } => {
            answers.natural(c"n", modulus)?;
            answers.natural(c"e", &exponent.to_be_bytes())
        }
        KeyPublic::Ecc { x, y, .. } => {
            if let Some(point) = key.point() {
                answers.octets(PUB, &point)?;
                answers.octets(ENCODED_POINT, &point)?;
            }
            answers.natural(c"qx", x)?;
            answers.natural(c"qy", y)?;
            answers.text(c"point-format", c"uncompressed")?;
            answers.text(c"field-type", c"prime-field")?;
            answers.text(c"encoding", c"named_curve")?;
            answers.number(c"decoded-from-explicit", 0)
        }
    }
}

/// A curve by one of its names.
fn curve_named(name: &str) -> Option<Curve> {
    Some(match name {
        "prime256v1" | "P-256" | "secp256r1" => Curve::P256,
        "secp384r1" | "P-384" => Curve::P384,
        "secp521r1" | "P-521" => Curve::P521,
        _ => return None,
    })
}

/// OpenSSL's name of a curve.
pub(crate) fn group_name(curve: Curve) -> &'static CStr {
    match curve {
        Curve::P256 => c"prime256v1",
        Curve::P384 => c"secp384r1",
        Curve::P521 => c"secp521r1",
    }
}

/// An uncompressed point; that it is on the curve is checked when a key is made of it.
fn point_on(curve: Curve, point: &[u8]) -> Option<KeyPublic> {
    let coordinates = point.strip_prefix(&[UNCOMPRESSED])?;
    let length = curve.coordinate_len();
    let (x, y) = coordinates.split_at_checked(length)?;
    (y.len() == length).then(|| KeyPublic::Ecc {
        curve,
        x: x.to_vec(),
        y: y.to_vec(),
    })
}

static GETTABLE_RSA: &[OsslParam] = descriptions![
    c"bits" => INTEGER,
    c"security-bits" => INTEGER,
    c"max-size" => INTEGER,
    c"default-digest" => UTF8_STRING,
    c"mandatory-digest" => UTF8_STRING,
    c"n" => UNSIGNED_INTEGER,
    c"e" => UNSIGNED_INTEGER,
];

static GETTABLE_EC: &[OsslParam] = descriptions![
    c"bits" => INTEGER,
    c"security-bits" => INTEGER,
    c"max-size" => INTEGER,
    c"default-digest" => UTF8_STRING,
    c"mandatory-digest" => UTF8_STRING,
    GROUP => UTF8_STRING,
    PUB => OCTET_STRING,
    ENCODED_POINT => OCTET_STRING,
    c"qx" => UNSIGNED_INTEGER,
    c"qy" => UNSIGNED_INTEGER,
    c"point-format" => UTF8_STRING,
    c"field-type" => UTF8_STRING,
    c"encoding" => UTF8_STRING,
    c"decoded-from-explicit" => INTEGER,
];

static SETTABLE_EC: &[OsslParam] = descriptions![ENCODED_POINT => OCTET_STRING,];

static TYPES_RSA: &[OsslParam] = descriptions![
    c"n" => UNSIGNED_INTEGER,
    c"e" => UNSIGNED_INTEGER,
];

static TYPES_EC: &[OsslParam] = descriptions![
    GROUP => UTF8_STRING,
    PUB => OCTET_STRING,
];

const GROUP: &CStr = c"group";
const PUB: &CStr = c"pub";
const ENCODED_POINT: &CStr = c"encoded-pub-key";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_uncompressed_points_are_read() {
        let mut point = vec![4; 65];
        assert!(point_on(Curve::P256, &point).is_some());
        assert!(point_on(Curve::P384, &point).is_none());
        point.push(4);
        assert!(point_on(Curve::P256, &point).is_none());
        assert!(point_on(Curve::P256, &[2; 33]).is_none());
        for curve in Curve::ALL {
            let name = group_name(curve).to_string_lossy();
            assert_eq!(curve_named(&name), Some(curve));
            assert_eq!(curve_named(&curve.to_string()), Some(curve));
        }
        assert_eq!(curve_named("secp256k1"), None);
    }
}
