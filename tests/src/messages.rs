//! Signed and encrypted messages: `openssl cms` with a key in the TPM on one side, and without our modules, as the judge,
//! on the other. Its arguments have no spaces. A key is in `KIND.tss`, its certificate in `KIND.crt`; the file `message`
//! has the text `to be signed`.

use tpm2ca_testkit::Tool;

/// We sign, the judge verifies; the structure as text.
pub fn signed(
    ours: impl Fn(&str) -> Tool,
    theirs: impl Fn(&str) -> Tool,
    kind: &str,
    options: &str,
) -> String {
    ours(&format!(
        "-sign -binary -nodetach -in message -signer {kind}.crt -inkey {kind}.tss {options} -outform DER -out signed.der"
    ))
    .ok();
    let opened = theirs(&format!(
        "-verify -binary -inform DER -in signed.der -CAfile {kind}.crt -purpose any"
    ))
    .ok();
    assert_eq!(opened.text(), "to be signed\n");
    theirs("-cmsout -print -noout -inform DER -in signed.der")
        .ok()
        .text()
}

/// The judge encrypts, we open.
pub fn opened(
    ours: impl Fn(&str) -> Tool,
    theirs: impl Fn(&str) -> Tool,
    kind: &str,
    options: &str,
) {
    theirs(&format!(
        "-encrypt -binary -aes256 -in message -outform DER -out secret.der -recip {kind}.crt {options}"
    ))
    .ok();
    let opened = ours(&format!(
        "-decrypt -binary -inform DER -in secret.der -recip {kind}.crt -inkey {kind}.tss"
    ))
    .ok();
    assert_eq!(opened.text(), "to be signed\n");
}
