//! Names of instruments, as OpenTelemetry has them.

/// The longest name.
const MAX_NAME: usize = 255;

/// What is wrong with a name, if anything is.
pub(super) fn problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        Some("it does not begin with a letter from a to z")
    } else if !name.chars().all(may_stand) {
        Some("it has characters other than letters from a to z, digits, `_`, `.`, `-` and `/`")
    } else if name.len() > MAX_NAME {
        Some("it has more than 255 characters")
    } else {
        None
    }
}

/// A valid name that is as like this one as can be, for those that come while the program runs.
pub(super) fn sanitise(name: &str) -> String {
    let mut valid: String = name
        .chars()
        .map(|c| if may_stand(c) { c } else { '_' })
        .collect();
    if !valid.starts_with(|first: char| first.is_ascii_alphabetic()) {
        valid.insert_str(0, "m_");
    }
    valid.truncate(MAX_NAME);
    valid
}

/// The name with a number, still valid.
pub(super) fn numbered(name: &str, number: usize) -> String {
    let number = format!("_{number}");
    // All of it is ASCII.
    let room = name.len().min(MAX_NAME - number.len());
    format!("{}{number}", &name[..room])
}

/// Names that differ only in case are one.
pub(super) fn folded(name: &str) -> String {
    name.to_ascii_lowercase()
}

fn may_stand(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_follow_the_specification() {
        for name in [
            "a",
            "http.server.request.duration",
            "A/b-c_d.9",
            &"x".repeat(255),
        ] {
            assert_eq!(problem(name), None, "{name}");
            assert_eq!(sanitise(name), name);
        }
        for name in ["", "9a", "_a", ".a", "a b", "ä", "a{}", &"x".repeat(256)] {
            assert!(problem(name).is_some(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_text_becomes_a_valid_name(text in "\\PC{0,300}", number in 2..100_000_usize) {
            let name = sanitise(&text);
            prop_assert_eq!(problem(&name), None);
            prop_assert_eq!(problem(&numbered(&name, number)), None);
        }
    }
}
