//! Object identifiers that more than one place needs.

use der::asn1::ObjectIdentifier;

macro_rules! oids {
    ($($(#[$doc:meta])* $name:ident = $dotted:literal;)*) => {
        $($(#[$doc])* pub const $name: ObjectIdentifier = ObjectIdentifier::new_unwrap($dotted);)*
    };
}

oids! {
    // Extensions, RFC 5280 section 4.2 and 5.2
    /// `subjectKeyIdentifier`, RFC 5280 4.2.1.2
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    /// `keyUsage`, RFC 5280 4.2.1.3
    KEY_USAGE = "2.5.29.15";
    /// `subjectAltName`, RFC 5280 4.2.1.6
    SUBJECT_ALT_NAME = "2.5.29.17";
    /// `issuerAltName`, RFC 5280 4.2.1.7
    ISSUER_ALT_NAME = "2.5.29.18";
    /// `basicConstraints`, RFC 5280 4.2.1.9
    BASIC_CONSTRAINTS = "2.5.29.19";
    /// `cRLNumber`, RFC 5280 5.2.3
    CRL_NUMBER = "2.5.29.20";
    /// `reasonCode`, RFC 5280 5.3.1
    CRL_REASON = "2.5.29.21";
    /// `invalidityDate`, RFC 5280 5.3.2
    INVALIDITY_DATE = "2.5.29.24";
    /// `holdInstructionCode`, RFC 3280 5.3.2
    HOLD_INSTRUCTION = "2.5.29.23";
    /// `deltaCRLIndicator`, RFC 5280 5.2.4
    DELTA_CRL_INDICATOR = "2.5.29.27";
    /// `issuingDistributionPoint`, RFC 5280 5.2.5
    ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
    /// `certificateIssuer`, RFC 5280 5.3.3
    CERTIFICATE_ISSUER = "2.5.29.29";
    /// `nameConstraints`, RFC 5280 4.2.1.10
    NAME_CONSTRAINTS = "2.5.29.30";
    /// `cRLDistributionPoints`, RFC 5280 4.2.1.13
    CRL_DISTRIBUTION_POINTS = "2.5.29.31";
    /// `certificatePolicies`, RFC 5280 4.2.1.4
    CERTIFICATE_POLICIES = "2.5.29.32";
    /// `anyPolicy`, RFC 5280 4.2.1.4
    ANY_POLICY = "2.5.29.32.0";
    /// `policyMappings`, RFC 5280 4.2.1.5
    POLICY_MAPPINGS = "2.5.29.33";
    /// `authorityKeyIdentifier`, RFC 5280 4.2.1.1
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    /// `policyConstraints`, RFC 5280 4.2.1.11
    POLICY_CONSTRAINTS = "2.5.29.36";
    /// `extKeyUsage`, RFC 5280 4.2.1.12
    EXTENDED_KEY_USAGE = "2.5.29.37";
    /// `freshestCRL`, RFC 5280 4.2.1.15
    FRESHEST_CRL = "2.5.29.46";
    /// `inhibitAnyPolicy`, RFC 5280 4.2.1.14
    INHIBIT_ANY_POLICY = "2.5.29.54";
    /// `authorityInfoAccess`, RFC 5280 4.2.2.1
    AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1";
    /// `subjectInfoAccess`, RFC 5280 4.2.2.2
    SUBJECT_INFO_ACCESS = "1.3.6.1.5.5.7.1.11";
    /// TLS features ("must staple"), RFC 7633
    TLS_FEATURE = "1.3.6.1.5.5.7.1.24";

    // Access methods, RFC 5280 section 4.2.2
    /// `id-ad-ocsp`
    AD_OCSP = "1.3.6.1.5.5.7.48.1";
    /// `id-ad-caIssuers`
    AD_CA_ISSUERS = "1.3.6.1.5.5.7.48.2";

    // OCSP, RFC 6960 section 4
    /// `id-pkix-ocsp-basic`
    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1";
    /// `id-pkix-ocsp-nonce`, RFC 9654
    OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2";
    /// `id-pkix-ocsp-nocheck`, RFC 6960 4.2.2.2.1
    OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5";

    // Extended key usages, RFC 5280 4.2.1.12
    /// `anyExtendedKeyUsage`
    ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0";
    /// `id-kp-serverAuth`
    SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    /// `id-kp-clientAuth`
    CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
    /// `id-kp-codeSigning`
    CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
    /// `id-kp-emailProtection`
    EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";
    /// `id-kp-timeStamping`
    TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
    /// `id-kp-OCSPSigning`
    OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";

    // Attributes of a request, RFC 2985 section 5.4
    /// `extensionRequest`
    EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
    /// `challengePassword`
    CHALLENGE_PASSWORD = "1.2.840.113549.1.9.7";
    /// Microsoft's older spelling of `extensionRequest` (`szOID_CERT_EXTENSIONS`)
    MS_CERT_EXTENSIONS = "1.3.6.1.4.1.311.2.1.14";

    // Attributes of a name, RFC 5280 appendix A and RFC 4519
    /// `commonName`
    COMMON_NAME = "2.5.4.3";
    /// `surname`
    SURNAME = "2.5.4.4";
    /// `serialNumber` of a device or person (not a certificate's)
    SERIAL_NUMBER = "2.5.4.5";
    /// `countryName`
    COUNTRY = "2.5.4.6";
    /// `localityName`
    LOCALITY = "2.5.4.7";
    /// `stateOrProvinceName`
    STATE = "2.5.4.8";
    /// `streetAddress`
    STREET = "2.5.4.9";
    /// `organizationName`
    ORGANIZATION = "2.5.4.10";
    /// `organizationalUnitName`
    ORGANIZATIONAL_UNIT = "2.5.4.11";
    /// `title`
    TITLE = "2.5.4.12";
    /// `description`
    DESCRIPTION = "2.5.4.13";
    /// `businessCategory`
    BUSINESS_CATEGORY = "2.5.4.15";
    /// `postalCode`
    POSTAL_CODE = "2.5.4.17";
    /// `name`
    NAME = "2.5.4.41";
    /// `givenName`
    GIVEN_NAME = "2.5.4.42";
    /// `initials`
    INITIALS = "2.5.4.43";
    /// `generationQualifier`
    GENERATION_QUALIFIER = "2.5.4.44";
    /// `dnQualifier`
    DN_QUALIFIER = "2.5.4.46";
    /// `pseudonym`
    PSEUDONYM = "2.5.4.65";
    /// `organizationIdentifier`
    ORGANIZATION_IDENTIFIER = "2.5.4.97";
    /// `userId`
    USER_ID = "0.9.2342.19200300.100.1.1";
    /// `domainComponent`
    DOMAIN_COMPONENT = "0.9.2342.19200300.100.1.25";
    /// `emailAddress`, RFC 2985 5.2.1
    EMAIL_ADDRESS = "1.2.840.113549.1.9.1";

    /// `unstructuredName`, RFC 2985 5.4.1
    UNSTRUCTURED_NAME = "1.2.840.113549.1.9.2";
    /// `unstructuredAddress`, RFC 2985 5.4.2
    UNSTRUCTURED_ADDRESS = "1.2.840.113549.1.9.8";

    // Types of otherName
    /// `userPrincipalName` of Microsoft
    USER_PRINCIPAL_NAME = "1.3.6.1.4.1.311.20.2.3";
    /// `id-on-xmppAddr`, RFC 6120 13.7.1.4
    XMPP_ADDRESS = "1.3.6.1.5.5.7.8.5";
    /// `id-on-dnsSRV`, RFC 4985
    SRV_NAME = "1.3.6.1.5.5.7.8.7";
    /// `id-on-naiRealm`, RFC 7585
    NAI_REALM = "1.3.6.1.5.5.7.8.8";
    /// `id-on-SmtpUTF8Mailbox`, RFC 9598
    SMTP_UTF8_MAILBOX = "1.3.6.1.5.5.7.8.9";
    /// `id-pkinit-san`, RFC 4556
    KERBEROS_PRINCIPAL_NAME = "1.3.6.1.5.2.2";

    // Public keys, RFC 3279, 5480, 8410
    /// `rsaEncryption`
    RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
    /// `id-ecPublicKey`
    EC_PUBLIC_KEY = "1.2.840.10045.2.1";
    /// `secp256r1`, P-256
    SECP256R1 = "1.2.840.10045.3.1.7";
    /// `secp384r1`, P-384
    SECP384R1 = "1.3.132.0.34";
    /// `secp521r1`, P-521
    SECP521R1 = "1.3.132.0.35";
    /// `id-Ed25519`, both key and signature
    ED25519 = "1.3.101.112";

    // Signatures, RFC 4055 and 5758
    /// `sha256WithRSAEncryption`
    SHA256_WITH_RSA = "1.2.840.113549.1.1.11";
    /// `sha384WithRSAEncryption`
    SHA384_WITH_RSA = "1.2.840.113549.1.1.12";
    /// `sha512WithRSAEncryption`
    SHA512_WITH_RSA = "1.2.840.113549.1.1.13";
    /// `ecdsa-with-SHA256`
    ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
    /// `ecdsa-with-SHA384`
    ECDSA_WITH_SHA384 = "1.2.840.10045.4.3.3";
    /// `ecdsa-with-SHA512`
    ECDSA_WITH_SHA512 = "1.2.840.10045.4.3.4";

    // Hashes, RFC 5754 and 3279
    /// `id-sha1`
    SHA1 = "1.3.14.3.2.26";
    /// `id-sha256`
    SHA256 = "2.16.840.1.101.3.4.2.1";
    /// `id-sha384`
    SHA384 = "2.16.840.1.101.3.4.2.2";
    /// `id-sha512`
    SHA512 = "2.16.840.1.101.3.4.2.3";
}
