//! How the module is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // Once loaded it stays: OpenSSL unloads an engine with its last reference, while keys still point to functions
        // of this module, and threads may end with thread-local values whose destructors are here.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
