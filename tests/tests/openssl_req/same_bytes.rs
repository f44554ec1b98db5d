//! The same configuration, the same software key, the same bytes.

use std::fs;

use super::setup::{Case, answered, case, compare, keys};

/// Every key of `[req]`, every way to a subject, and what makes extensions. Whoever adds an option adds a line here.
const CASES: &[Case] = &[
    case(
        "a name that is not asked for",
        "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nC=DE\nO=Beispiel\nCN=a.example\n",
        &[],
    ),
    case("no section for the name", "[req]\n", &["-subj", "/CN=a"]),
    case(
        "another section",
        "[req]\nprompt=no\n[mine]\nprompt=no\ndistinguished_name=dn\n[dn]\nCN=mine\n",
        &["-section", "mine"],
    ),
    case(
        "keys at the top of the file",
        "prompt=no\ndistinguished_name=dn\ndefault_md=sha512\n[req]\n[dn]\nCN=top\n",
        &[],
    ),
    case(
        "numbered attributes",
        "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nC=DE\n0.O=A\n1.O=B\n0.OU=C\n1.OU=D\nCN=x\n",
        &[],
    ),
    case(
        "attributes that join",
        "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nO=A\nOU=z\n1.+OU=a\n2.+CN=m\nCN=x\n",
        &[],
    ),
    case(
        "names of attributes, long and short",
        "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\ncountryName=DE\nstateOrProvinceName=Bayern\nL=Ort\nDC=org\nserialNumber=12\nsurname=Doe\ngivenName=Jane\ninitials=JD\nemailAddress=j@example.org\nUID=jd\ntitle=Dr\ndescription=text\nname=n\ndnQualifier=q\n",
        &[],
    ),
    case(
        "escapes and quotes",
        "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nO=\"A, B # C\"\nOU=a\\\\b\\#c\nCN='x y'\n",
        &[],
    ),
    case(
        "variables",
        "host=a.example\n[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=e\n[dn]\nCN=$host\n[e]\nsubjectAltName=DNS:${dn::CN},DNS:www.$host\n",
        &[],
    ),
    case(
        "Latin-1, as it was",
        "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nCN=Müller\n",
        &[],
    ),
    case(
        "UTF-8",
        "[req]\nprompt=no\nutf8=yes\ndistinguished_name=dn\n[dn]\nC=DE\nO=Müller & Söhne\nCN=€\n",
        &[],
    ),
    case(
        "UTF-8 by option",
        "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nCN=Müller\n",
        &["-utf8"],
    ),
    case(
        "utf8 is `yes` or nothing",
        "[req]\nprompt=no\nutf8=true\ndistinguished_name=dn\n[dn]\nCN=Müller\n",
        &[],
    ),
    case(
        "string_mask nombstr",
        "[req]\nprompt=no\nstring_mask=nombstr\ndistinguished_name=dn\n[dn]\nC=DE\nO=A & B\nCN=x*y\nemailAddress=a@b\n",
        &[],
    ),
    case(
        "string_mask pkix",
        "[req]\nprompt=no\nstring_mask=pkix\nutf8=yes\ndistinguished_name=dn\n[dn]\nO=A & B\nCN=plain\nOU=Müller\n",
        &[],
    ),
    case(
        "string_mask default",
        "[req]\nprompt=no\nstring_mask=default\nutf8=yes\ndistinguished_name=dn\n[dn]\nO=A & B\nCN=plain\nOU=Müller\nL=€\n",
        &[],
    ),
    case(
        "string_mask by number",
        "[req]\nprompt=no\nstring_mask=MASK:0x2002\ndistinguished_name=dn\n[dn]\nO=A & B\nCN=plain\n",
        &[],
    ),
    case(
        "attributes",
        "[req]\nprompt=no\ndistinguished_name=dn\nattributes=at\n[dn]\nCN=x\n[at]\nchallengePassword=secret word\nunstructuredName=A company\n",
        &[],
    ),
    case(
        "attributes and extensions are sorted",
        "[req]\nprompt=no\ndistinguished_name=dn\nattributes=at\nreq_extensions=e\n[dn]\nCN=x\n[at]\nunstructuredName=An optional company name\nchallengePassword=secret\n[e]\nkeyUsage=digitalSignature\n",
        &[],
    ),
    case(
        "subject by option",
        "[req]\ndistinguished_name=dn\n[dn]\nCN=name\nCN_default=not this\n",
        &["-subj", "/C=DE/O=Example/CN=a.example"],
    ),
    case(
        "subject with parts that join",
        "[req]\n",
        &[
            "-subj",
            "/DC=org/DC=example/UID=123456+CN=John Doe/O=z+OU=a",
        ],
    ),
    case(
        "subject with escapes",
        "[req]\n",
        &["-subj", r"/O=a\/b\+c\=d/CN=e\\f=g, h"],
    ),
    case(
        "subject with an empty part",
        "[req]\n",
        &["-subj", "/O=/CN=a/OU="],
    ),
    case(
        "empty subject",
        "[req]\n",
        &["-subj", "/", "-addext", "subjectAltName=critical,DNS:a"],
    ),
    case(
        "subject, UTF-8",
        "[req]\nutf8=yes\n",
        &["-subj", "/O=Müller/CN=€"],
    ),
    case("subject, Latin-1", "[req]\n", &["-subj", "/O=Müller"]),
    case(
        "subject without attributes",
        "[req]\nattributes=at\n[at]\nchallengePassword=secret\n",
        &["-subj", "/CN=a"],
    ),
    case(
        "subject with object identifiers of the file",
        "oid_section=ids\n[ids]\nmyName=1.2.3.4\n[req]\n",
        &["-subj", "/myName=a/1.2.3.4=b/CN=c"],
    ),
    case(
        "extensions",
        "[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=e\n[dn]\nCN=x\n[e]\nbasicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth,clientAuth,1.2.3.4\nsubjectKeyIdentifier=hash\nsubjectAltName=@alt\ntlsfeature=status_request\n[alt]\nDNS.1=a.example\nDNS.2=*.a.example\nIP.1=192.0.2.1\nIP.2=2001:db8::1\nURI.1=https://a.example/\nemail.1=a@a.example\nRID.1=1.2.3.4\ndirName.1=d\notherName.1=1.2.3.4;UTF8:x\n[d]\nC=DE\nO=y\n",
        &[],
    ),
    case(
        "extensions of another section",
        "[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=no such\n[dn]\nCN=x\n[other]\nkeyUsage=cRLSign\n",
        &["-reqexts", "other"],
    ),
    case(
        "extensions by option",
        "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nCN=x\n",
        &[
            "-addext",
            "subjectAltName = DNS:a, IP:192.0.2.1",
            "-addext",
            "keyUsage = critical, digitalSignature",
            "-addext",
            "1.2.3.4 = DER:05:00",
        ],
    ),
    case(
        "extensions from nothing but ASN.1",
        "[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=e\n[dn]\nCN=x\n[e]\n1.2.3.4=ASN1:SEQUENCE:s\n1.2.3.5=critical,ASN1:UTF8:text\n[s]\na=INT:5\nb=OID:1.2.3\nc=EXP:0,IA5:x\n",
        &[],
    ),
    case(
        "email:copy and email:move",
        "[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=e\n[dn]\nCN=x\nemailAddress=a@example.org\n[e]\nsubjectAltName=email:move\n",
        &[],
    ),
    case(
        "sha384",
        "[req]\nprompt=no\ndefault_md=sha384\ndistinguished_name=dn\n[dn]\nCN=x\n",
        &[],
    ),
    case(
        "the option for the hash goes first",
        "[req]\nprompt=no\ndefault_md=sha384\ndistinguished_name=dn\n[dn]\nCN=x\n",
        &["-sha512"],
    ),
    case("defaults in batch", PROMPTS, &["-batch"]),
    answered(
        "answers",
        PROMPTS,
        "FR\nÎle\n.\nO Two\nUnit\na.example\na@example.org\nsecret\n\n",
    ),
    answered("defaults, by Enter", PROMPTS, "\n\n\n\n\nCN\n\n\n\n"),
    answered(
        "too short and too long, asked again",
        PROMPTS,
        "D\nDEU\nDE\n\n\n\n\nCN\n\nabc\nabcd\n\n",
    ),
    answered("white space stays", PROMPTS, "DE\n  x  \n\n\n\nCN\n\n\n\n"),
    case(
        "certificate",
        "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN=Root\n[v3]\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always,issuer\nbasicConstraints=critical,CA:true\nkeyUsage=critical,digitalSignature,cRLSign,keyCertSign\n",
        &["-x509", "-days", "7300", "-set_serial", "4096"],
    ),
    case(
        "certificate with the issuer's name and serial number",
        "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN=Root\n[v3]\nauthorityKeyIdentifier=keyid,issuer:always\nbasicConstraints=CA:true,pathlen:1\nsubjectKeyIdentifier=hash\nissuerAltName=issuer:copy\nnsComment=\"a comment\"\nnsCertType=sslCA,emailCA\ncrlDistributionPoints=URI:http://a.example/crl\nauthorityInfoAccess=OCSP;URI:http://a.example/ocsp\ncertificatePolicies=1.2.3.4\nsubjectAltName=email:ca@a.example\n",
        &[
            "-x509",
            "-set_serial",
            "0x1000000000000000000000000000000000000f",
        ],
    ),
    case(
        "certificate without extensions",
        "[req]\nprompt=no\ndistinguished_name=dn\nreq_extensions=e\n[dn]\nCN=x\n[e]\nkeyUsage=cRLSign\n",
        &["-x509", "-set_serial", "1"],
    ),
    case(
        "certificate with key identifiers that nobody asked for",
        "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN=x\n[v3]\nkeyUsage=keyCertSign\n",
        &["-x509", "-set_serial", "1"],
    ),
    case(
        "certificate with no key identifier",
        "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN=x\n[v3]\nkeyUsage=keyCertSign\nsubjectKeyIdentifier=none\nauthorityKeyIdentifier=none\n",
        &["-x509", "-set_serial", "1"],
    ),
    case(
        "certificate, section by option",
        "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN=x\n[v3]\nkeyUsage=keyCertSign\n[v4]\nbasicConstraints=CA:FALSE\n",
        &["-x509", "-extensions", "v4", "-set_serial", "1"],
    ),
    case(
        "certificate, extension by option replaces",
        "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN=x\n[v3]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n",
        &[
            "-x509",
            "-addext",
            "basicConstraints=CA:FALSE",
            "-addext",
            "subjectAltName=DNS:x",
            "-set_serial",
            "1",
        ],
    ),
    case(
        "certificate, answers and attributes",
        PROMPTS,
        &["-x509", "-batch", "-set_serial", "1"],
    ),
    case(
        "certificate with sha384",
        "[req]\nprompt=no\ndefault_md=sha384\ndistinguished_name=dn\n[dn]\nCN=x\n",
        &["-x509", "-set_serial", "1", "-subj", "/CN=other"],
    ),
    case(
        "certificate with name constraints",
        "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN=x\n[v3]\nbasicConstraints=critical,CA:TRUE\nnameConstraints=critical,permitted;DNS:.example.org,excluded;IP:10.0.0.0/255.0.0.0\npolicyConstraints=requireExplicitPolicy:0\ninhibitAnyPolicy=1\n",
        &["-x509", "-set_serial", "1"],
    ),
];

const PROMPTS: &str = "[req]
distinguished_name=dn
attributes=at
utf8=yes
x509_extensions=v3
[dn]
countryName=Country Name (2 letter code)
countryName_default=AU
countryName_min=2
countryName_max=2
ST=State
ST_default=Some \"quoted\" State
0.organizationName=Organization
0.organizationName_default=Example
1.organizationName=Second Organization
OU=Unit
OU_default=
commonName=Common Name
commonName_default=default.example
commonName_max=64
emailAddress=Email
emailAddress_value=given@example.org
nonsense=Nobody knows this
[at]
challengePassword=A challenge password
challengePassword_min=4
challengePassword_max=20
unstructuredName=An optional company name
unstructuredName_default=Acme
[v3]
basicConstraints=CA:TRUE
";

#[test]
fn requests_and_certificates_are_openssl_s_to_the_byte() {
    let folder = keys();
    let kinds = CASES.iter().cycle().zip(
        ["rsa.key", "p256.key", "rsa.key", "p384.key", "rsa.key"]
            .iter()
            .cycle(),
    );
    let mut wrong = Vec::new();
    for (number, (case, key)) in kinds.take(CASES.len()).enumerate() {
        fs::write(folder.path().join("test.cnf"), case.config).unwrap();
        // Whole outputs compare with RSA alone: ECDSA signatures are never the same twice.
        for key in ["rsa.key", key] {
            if let Err(difference) = compare(&folder, case, key) {
                wrong.push(format!("{number}: {} ({key}): {difference}", case.name));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(CASES.len() >= 25);
}
