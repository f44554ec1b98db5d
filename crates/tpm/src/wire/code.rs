//! Numbers of the TPM 2.0 Library, Part 2: tags (6.9), algorithms (6.3), curves (6.4), handles (7), attributes (8.3), capabilities (6.12, 6.13).

pub(crate) const ST_NO_SESSIONS: u16 = 0x8001;
pub(crate) const ST_SESSIONS: u16 = 0x8002;
pub(crate) const ST_VERIFIED: u16 = 0x8022;
pub(crate) const ST_HASHCHECK: u16 = 0x8024;

pub(crate) const ALG_RSA: u16 = 0x0001;
pub(crate) const ALG_SHA1: u16 = 0x0004;
pub(crate) const ALG_AES: u16 = 0x0006;
pub(crate) const ALG_XOR: u16 = 0x000a;
pub(crate) const ALG_SHA256: u16 = 0x000b;
pub(crate) const ALG_SHA384: u16 = 0x000c;
pub(crate) const ALG_SHA512: u16 = 0x000d;
pub(crate) const ALG_NULL: u16 = 0x0010;
pub(crate) const ALG_SM3_256: u16 = 0x0012;
pub(crate) const ALG_RSASSA: u16 = 0x0014;
pub(crate) const ALG_RSAES: u16 = 0x0015;
pub(crate) const ALG_RSAPSS: u16 = 0x0016;
pub(crate) const ALG_OAEP: u16 = 0x0017;
pub(crate) const ALG_ECDSA: u16 = 0x0018;
pub(crate) const ALG_ECDAA: u16 = 0x001a;
pub(crate) const ALG_ECC: u16 = 0x0023;
pub(crate) const ALG_CFB: u16 = 0x0043;

pub(crate) const ECC_NIST_P256: u16 = 0x0003;
pub(crate) const ECC_NIST_P384: u16 = 0x0004;
pub(crate) const ECC_NIST_P521: u16 = 0x0005;

pub(crate) const RSA_DEFAULT_EXPONENT: u32 = 65537;

pub(crate) const RH_OWNER: u32 = 0x4000_0001;
pub(crate) const RH_NULL: u32 = 0x4000_0007;
pub(crate) const RS_PW: u32 = 0x4000_0009;
pub(crate) const RH_ENDORSEMENT: u32 = 0x4000_000b;
pub(crate) const RH_PLATFORM: u32 = 0x4000_000c;
/// Where the TCG provisioning guidance (7.5.1) keeps the storage root key.
pub(crate) const SRK_HANDLE: u32 = 0x8100_0001;
/// Most significant octets of handles.
pub(crate) const HT_HMAC_SESSION: u8 = 0x02;
pub(crate) const HT_POLICY_SESSION: u8 = 0x03;
pub(crate) const HT_PERMANENT: u8 = 0x40;
pub(crate) const HT_TRANSIENT: u8 = 0x80;
pub(crate) const HT_PERSISTENT: u8 = 0x81;

pub(crate) const ATTR_FIXED_TPM: u32 = 1 << 1;
pub(crate) const ATTR_FIXED_PARENT: u32 = 1 << 4;
pub(crate) const ATTR_SENSITIVE_DATA_ORIGIN: u32 = 1 << 5;
pub(crate) const ATTR_USER_WITH_AUTH: u32 = 1 << 6;
pub(crate) const ATTR_ADMIN_WITH_POLICY: u32 = 1 << 7;
pub(crate) const ATTR_NO_DA: u32 = 1 << 10;
pub(crate) const ATTR_ENCRYPTED_DUPLICATION: u32 = 1 << 11;
pub(crate) const ATTR_RESTRICTED: u32 = 1 << 16;
pub(crate) const ATTR_DECRYPT: u32 = 1 << 17;
pub(crate) const ATTR_SIGN: u32 = 1 << 18;

pub(crate) const SESSION_CONTINUE: u8 = 0x01;
pub(crate) const SESSION_DECRYPT: u8 = 0x20;
pub(crate) const SESSION_ENCRYPT: u8 = 0x40;
pub(crate) const SESSION_AUDIT: u8 = 0x80;
pub(crate) const SE_HMAC: u8 = 0x00;
pub(crate) const SE_POLICY: u8 = 0x01;
pub(crate) const SE_TRIAL: u8 = 0x03;

pub(crate) const CAP_ALGS: u32 = 0;
pub(crate) const CAP_HANDLES: u32 = 1;
pub(crate) const CAP_COMMANDS: u32 = 2;
pub(crate) const CAP_PCRS: u32 = 5;
pub(crate) const CAP_TPM_PROPERTIES: u32 = 6;
pub(crate) const CAP_ECC_CURVES: u32 = 8;

pub(crate) const PT_FIXED: u32 = 0x100;
pub(crate) const PT_REVISION: u32 = 0x102;
pub(crate) const PT_MANUFACTURER: u32 = 0x105;
pub(crate) const PT_VENDOR_STRING_1: u32 = 0x106;
pub(crate) const PT_FIRMWARE_VERSION_1: u32 = 0x10b;
pub(crate) const PT_FIRMWARE_VERSION_2: u32 = 0x10c;
pub(crate) const PT_HR_TRANSIENT_MIN: u32 = 0x10e;
pub(crate) const PT_HR_LOADED_MIN: u32 = 0x110;
pub(crate) const PT_NV_INDEX_MAX: u32 = 0x117;
pub(crate) const PT_VAR: u32 = 0x200;
pub(crate) const PT_PERMANENT: u32 = 0x200;
pub(crate) const PT_HR_LOADED_AVAIL: u32 = 0x204;
pub(crate) const PT_HR_ACTIVE_AVAIL: u32 = 0x206;
pub(crate) const PT_HR_PERSISTENT_AVAIL: u32 = 0x209;
pub(crate) const PT_HR_TRANSIENT_AVAIL: u32 = 0x207;
pub(crate) const PT_LOCKOUT_COUNTER: u32 = 0x20e;
pub(crate) const PT_MAX_AUTH_FAIL: u32 = 0x20f;
pub(crate) const PT_LOCKOUT_INTERVAL: u32 = 0x210;
pub(crate) const PT_LOCKOUT_RECOVERY: u32 = 0x211;
/// Bits of `PT_PERMANENT`.
pub(crate) const PERMANENT_OWNER_AUTH_SET: u32 = 1;
pub(crate) const PERMANENT_LOCKOUT_AUTH_SET: u32 = 1 << 2;
pub(crate) const PERMANENT_IN_LOCKOUT: u32 = 1 << 9;
