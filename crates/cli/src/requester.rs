//! The user who runs a command.

/// Returns the name by which the records have this user: `uid:1000`.
pub(crate) fn requester() -> String {
    let uid = rustix::process::getuid().as_raw();
    format!("uid:{uid}")
}
