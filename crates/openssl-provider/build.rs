//! How the module is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // Once loaded it stays: OpenSSL unloads providers while threads of the program may still end with thread-local
        // values of the cryptography library inside, and their destructors are code of this module.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
