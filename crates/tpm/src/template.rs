//! Templates that the parents of keys are made from, as the tools of today make them.
//!
//! A key loads under the very key only that it was made under. Where two tools take different templates for "the
//! storage root key", a key file of the one fails in the other with `TPM_RC_INTEGRITY`, and nothing in the file says
//! why.

use std::fmt;

use crate::wire::code;
use crate::wire::public::{PublicArea, PublicParameters};

/// A template of a storage key, with what stands in its unique part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParentTemplate {
    /// H-2: ECC P-256 with `noDA`, unique part empty. What a parent 0x40000001 means in a key file.
    H2,
    /// H-1: RSA-2048 with `noDA`, unique part empty. What `rsaParent` means in a key file.
    H1,
    /// ECC P-256 with `noDA`, unique part of 2 times 32 zero octets: `ECCSRKTemplate` of go-tpm.
    EccZeros,
    /// RSA-2048 with `noDA`, unique part of 256 zero octets: `RSASRKTemplate` of go-tpm, smallstep's default, and what
    /// the TCG's provisioning guidance has at 0x81000001.
    RsaZeros,
    /// ECC P-256 without `noDA`: `tpm2_createprimary -G ecc`.
    EccTools,
    /// RSA-2048 without `noDA`: `tpm2_createprimary` as it is.
    RsaTools,
}

impl ParentTemplate {
    /// All of them, the likeliest first.
    pub const ALL: [Self; 6] = [
        Self::H2,
        Self::H1,
        Self::RsaZeros,
        Self::RsaTools,
        Self::EccTools,
        Self::EccZeros,
    ];

    /// The commands that make this key in the owner hierarchy with tpm2-tools, in `parent.ctx`. They take unique parts as
    /// numbers of two octets, the lower one first, before the
    /// octets themselves, which fill 128 octets where they are coordinates.
    pub fn tools_command(self) -> &'static str {
        match self {
            Self::H2 => {
                "tpm2_createprimary -C o -G ecc256:aes128cfb -a \
                 'restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda' -c parent.ctx"
            }
            Self::H1 => {
                "tpm2_createprimary -C o -G rsa2048:aes128cfb -a \
                 'restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda' -c parent.ctx"
            }
            Self::EccZeros => {
                "{ printf ' \\0'; head -c 128 /dev/zero; printf ' \\0'; head -c 128 /dev/zero; } > unique; tpm2_createprimary -C o -G ecc256:aes128cfb -u unique -a \
                 'restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda' -c parent.ctx"
            }
            Self::RsaZeros => {
                "{ printf '\\0\\001'; head -c 256 /dev/zero; } > unique; tpm2_createprimary -C o -G rsa2048:aes128cfb -u unique -a \
                 'restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda' -c parent.ctx"
            }
            Self::EccTools => "tpm2_createprimary -C o -G ecc -c parent.ctx",
            Self::RsaTools => "tpm2_createprimary -C o -c parent.ctx",
        }
    }

    /// What a key that is there already was made from, as far as its public area shows: the unique part of a template
    /// is replaced by the key itself.
    pub fn alike(public_blob: &[u8]) -> Option<Self> {
        let area = PublicArea::from_tpm2b(public_blob).ok()?;
        [Self::H2, Self::H1, Self::EccTools, Self::RsaTools]
            .into_iter()
            .find(|template| area.is_made_from(&template.area()))
    }

    pub(crate) fn area(self) -> PublicArea {
        let mut area = match self {
            Self::H2 | Self::EccZeros | Self::EccTools => PublicArea::storage_root_template(),
            Self::H1 | Self::RsaZeros | Self::RsaTools => PublicArea::rsa_storage_template(),
        };
        if matches!(self, Self::EccTools | Self::RsaTools) {
            area.attributes &= !code::ATTR_NO_DA;
        }
        match (&mut area.parameters, self) {
            (PublicParameters::Ecc { x, y, .. }, Self::EccZeros) => {
                *x = vec![0; 32];
                *y = vec![0; 32];
            }
            (PublicParameters::Rsa { modulus, .. }, Self::RsaZeros) => *modulus = vec![0; 256],
            _ => {}
        }
        area
    }
}

impl fmt::Display for ParentTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::H2 => "H-2, ECC P-256",
            Self::H1 => "H-1, RSA-2048",
            Self::EccZeros => "ECC P-256 with a unique part of zeros, as go-tpm makes it",
            Self::RsaZeros => "RSA-2048 with a unique part of zeros, as go-tpm and step make it",
            Self::EccTools => "ECC P-256 without noDA, as `tpm2_createprimary -G ecc` makes it",
            Self::RsaTools => "RSA-2048 without noDA, as `tpm2_createprimary` makes it",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn templates_are_told_apart_as_far_as_they_can_be() {
        let blob = |template: ParentTemplate| template.area().to_tpm2b().unwrap();
        for template in ParentTemplate::ALL {
            let expected = match template {
                ParentTemplate::EccZeros => ParentTemplate::H2,
                ParentTemplate::RsaZeros => ParentTemplate::H1,
                other => other,
            };
            assert_eq!(ParentTemplate::alike(&blob(template)), Some(expected));
        }
        assert_eq!(ParentTemplate::alike(&[0, 0]), None);
    }
}
