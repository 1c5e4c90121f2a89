//! Escaping: the only thing that stands between a tag's text and the lines of a scrape.
//!
//! | | `\` | line feed | `"` |
//! |---|---|---|---|
//! | value of a label, both formats | `\\` | `\n` | `\"` |
//! | help, text | `\\` | `\n` | as it is |
//! | help, OpenMetrics | `\\` | `\n` | `\"` |
//!
//! Nothing else has to be escaped, and nothing else may be: readers refuse `\t`.

/// Appends a label's value, or a help text of OpenMetrics.
pub(crate) fn escape(out: &mut String, text: &str) {
    if is_plain(text.as_bytes()) {
        out.push_str(text);
    } else {
        escape_where(out, text, is_special);
    }
}

/// Appends a help text of the text format, where a quote is only a quote.
pub(crate) fn escape_help(out: &mut String, text: &str) {
    escape_where(out, text, |byte| matches!(byte, b'\\' | b'\n'));
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'\\' | b'"' | b'\n')
}

/// Whether nothing has to be escaped, which is nearly always so: eight bytes at a time.
fn is_plain(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk::<8>() else {
        return !bytes.iter().any(|byte| is_special(*byte));
    };
    let mut rest = bytes;
    while let Some((first, behind)) = rest.split_first_chunk::<8>() {
        if has_special(u64::from_ne_bytes(*first)) {
            return false;
        }
        rest = behind;
    }
    // Looks at some bytes twice, and at none alone.
    !has_special(u64::from_ne_bytes(*last))
}

fn has_special(eight: u64) -> bool {
    let has = |byte: u8| {
        // A byte that is the same becomes zero, and only from a zero (or above one) is there
        // something to borrow.
        let same = eight ^ (u64::from(byte) * LOW);
        same.wrapping_sub(LOW) & !same & (LOW << 7)
    };
    has(b'\\') | has(b'"') | has(b'\n') != 0
}

/// The lowest bit of each byte.
const LOW: u64 = 0x0101_0101_0101_0101;

/// Bytes will do: what is special is ASCII, and no byte of a longer character is.
fn escape_where(out: &mut String, text: &str, special: impl Fn(u8) -> bool) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(&special) {
        out.push_str(&rest[..at]);
        out.push('\\');
        out.push_str(match &rest[at..=at] {
            "\n" => "n",
            other => other,
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_is_special_is_escaped() {
        let odd = "a\\b\"c\nd\te\r\0ü\u{2028}";
        let (mut label, mut help) = (String::new(), String::new());
        escape(&mut label, odd);
        escape_help(&mut help, odd);
        assert_eq!(label, "a\\\\b\\\"c\\nd\te\r\0ü\u{2028}");
        assert_eq!(help, "a\\\\b\"c\\nd\te\r\0ü\u{2028}");
    }

    proptest! {
        #[test]
        fn wherever_something_special_stands_it_is_found(
            text in prop_oneof![any::<String>(), "[!-^]{0,30}", "[\n\x0b\\\\\\[\"#a]{0,12}"],
            place in any::<prop::sample::Index>(),
            special in prop::sample::select(vec!['\\', '"', '\n']),
        ) {
            let plain: String =
                text.chars().filter(|c| !['\\', '"', '\n'].contains(c)).collect();
            prop_assert!(is_plain(plain.as_bytes()));
            let mut escaped = String::new();
            escape(&mut escaped, &text);
            let mut slowly = String::new();
            escape_where(&mut slowly, &text, is_special);
            prop_assert_eq!(escaped, slowly);
            let mut chars: Vec<char> = plain.chars().collect();
            chars.insert(place.index(chars.len() + 1), special);
            let odd: String = chars.into_iter().collect();
            prop_assert!(!is_plain(odd.as_bytes()));
        }
    }
}
