//! The cases: a line each, ` && ` for a line break, `\xNN` for a byte.

/// Cases of a file, without its comments.
pub(crate) fn lines(text: &'static str) -> Vec<&'static str> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
        .collect()
}

/// The bytes that a case stands for.
pub(crate) fn bytes(case: &str) -> Vec<u8> {
    let case = case.replace(" && ", "\n");
    let mut out = Vec::new();
    let mut rest = case.as_str();
    while let Some(at) = rest.find("\\x") {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        out.push(u8::from_str_radix(&rest[at + 2..at + 4], 16).unwrap());
        rest = &rest[at + 4..];
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// Judges all cases on a few threads, and fails with what `judge` says about them.
pub(crate) fn judge(cases: &[&'static str], judge: impl Fn(&'static str) -> Vec<String> + Sync) {
    let faults: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = cases
            .chunks(cases.len().div_ceil(3))
            .map(|chunk| {
                let judge = &judge;
                scope.spawn(move || {
                    chunk
                        .iter()
                        .flat_map(|case| judge(case))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
