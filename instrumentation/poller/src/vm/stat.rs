//! `/proc/self/stat`: one line of numbers, after a name that may contain anything.
//!
//! `4711 (a name) S 1 4711 …`: the name is what the program called itself, with spaces,
//! parentheses, newlines and bytes that are no UTF-8 as they come. No field after it contains a
//! parenthesis, so it ends at the last one.

/// What we read of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) threads: u64,
    pub(super) virtual_bytes: u64,
    pub(super) resident_pages: u64,
}

// As proc(5) numbers the fields: from 1, of which two are before the end of the name.
const THREADS: usize = 20;
const VIRTUAL_BYTES: usize = 23;
const RESIDENT_PAGES: usize = 24;
const FIRST_AFTER_NAME: usize = 3;

/// `None` if the text is not what proc(5) says.
pub(super) fn parse(text: &[u8]) -> Option<Stat> {
    let name_end = text.iter().rposition(|byte| *byte == b')')?;
    let fields = std::str::from_utf8(text.get(name_end + 1..)?).ok()?;
    let field = |number: usize| {
        fields
            .split_ascii_whitespace()
            .nth(number - FIRST_AFTER_NAME)?
            .parse::<u64>()
            .ok()
    };
    Some(Stat {
        threads: field(THREADS)?,
        virtual_bytes: field(VIRTUAL_BYTES)?,
        resident_pages: field(RESIDENT_PAGES)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AFTER_NAME: &str = " S 1 4711 4711 34816 4711 4194304 2034 0 3 0 71 29 0 0 20 0 5 0 \
        812345 228179968 1523 18446744073709551615 94210 94220 140 0 0 0 0 4096 17642 0 0 0 17 2 \
        0 0 0 0 0 94230 94240 94250 1407 1408 1408 1409 0\n";

    const EXPECTED: Stat = Stat {
        threads: 5,
        virtual_bytes: 228_179_968,
        resident_pages: 1523,
    };

    fn with_name(name: &[u8]) -> Vec<u8> {
        [b"4711 (", name, b")", AFTER_NAME.as_bytes()].concat()
    }

    #[test]
    fn the_fields_are_found() {
        assert_eq!(parse(&with_name(b"shop")), Some(EXPECTED));
    }

    #[test]
    fn names_may_contain_anything() {
        let names: [&[u8]; 7] = [
            b"",
            b"tmux: server",
            b"(sd-pam)",
            b"a) S 1 2 3 4",
            b") ) ((",
            b"two\nlines",
            b"\xff\xfe not utf-8",
        ];
        for name in names {
            assert_eq!(
                parse(&with_name(name)),
                Some(EXPECTED),
                "{}",
                name.escape_ascii()
            );
        }
    }

    #[test]
    fn garbage_is_nothing() {
        let many = format!("1 (x) S{}", " 18446744073709551616".repeat(50));
        let negative = format!("1 (x) S{}", " -1".repeat(50));
        let words = format!("1 (x) S{}", " x".repeat(50));
        let garbage: [&[u8]; 9] = [
            b"",
            b")",
            b"no parentheses at all",
            b"1 (unclosed",
            b"1 (x)",
            b"1 (x) S 1 2 3\xff\xff",
            many.as_bytes(),
            negative.as_bytes(),
            words.as_bytes(),
        ];
        for text in garbage {
            assert_eq!(parse(text), None, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn a_text_that_ends_too_early_is_nothing() {
        let whole = with_name(b"sh) op");
        let resident = whole.windows(4).position(|four| four == b"1523").unwrap();
        for end in 0..=resident {
            assert_eq!(
                parse(&whole[..end]),
                None,
                "{}",
                whole[..end].escape_ascii()
            );
        }
        assert_eq!(parse(&whole[..resident + 4]), Some(EXPECTED));
    }
}
