//! Names as X509_NAME_oneline(3) writes them, which is how index.txt has them.

use std::fmt::Write;

use tpm2ca_x509::Name;

use tpm2ca_openssl_x509v3::Objects;

/// `/C=GB/O=Example/CN=www.example.com`; `+` inside an RDN; what is not printable ASCII as `\xC3`. `objects` has the
/// names that a configuration file gives to object identifiers.
pub fn oneline(name: &Name, objects: &Objects) -> String {
    let mut out = String::new();
    for rdn in name.rdns() {
        for (at, attribute) in rdn.iter().enumerate() {
            out.push(if at == 0 { '/' } else { '+' });
            match objects.short_name_of(&attribute.oid) {
                Some(short) => out.push_str(short),
                // Writing to a String cannot fail.
                None => {
                    let _ = write!(out, "{}", attribute.oid);
                }
            }
            out.push('=');
            for octet in attribute.content() {
                if (b' '..=b'~').contains(octet) {
                    out.push(char::from(*octet));
                } else {
                    let _ = write!(out, "\\x{octet:02X}");
                }
            }
        }
    }
    out
}
