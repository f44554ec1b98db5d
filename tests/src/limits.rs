//! Programs under limits that a cautious service sets.

use std::path::Path;

use tpm2ca_testkit::Tool;

/// Runs a program that may start no thread and no process (`RLIMIT_NPROC` 0), as HAProxy does with its workers. The limit
/// does not bind root, so for root it is run as nobody: give that user what it reads and writes with [`for_everybody`].
pub fn without_threads(program: &Path) -> Tool {
    Tool::new("bash").args(["-c", SCRIPT, "bash"]).arg(program)
}

/// Lets everybody read and write a folder and what is in it, but not files that are elsewhere as well.
pub fn for_everybody(folder: &Path) {
    Tool::new("find")
        .arg(folder)
        .args(["(", "-type", "d", "-o", "-links", "1", ")"])
        .args(["-exec", "chmod", "a+rwX", "{}", "+"])
        .ok();
}

const SCRIPT: &str = r#"
limited='ulimit -u 0 && exec "$@"'
if [ "$(id -u)" = 0 ]; then
    exec setpriv --reuid 65534 --regid 65534 --clear-groups -- bash -c "$limited" bash "$@"
fi
eval "$limited"
"#;
