//! Texts as they may stand in an event or a service check.
//!
//! Their fields are split at `|`, and messages at line feeds; there is no escape but `\n`, written
//! with a backslash, for a line feed in a title, a text or a message.

/// Appends a field that ends at the next `|`.
pub(super) fn push_field(out: &mut String, text: &str) {
    let reserved = |c: char| c == '|' || c.is_control() || is_line_end(c);
    out.extend(text.chars().map(|c| if reserved(c) { '_' } else { c }));
}

/// A text, with line ends written as `\n`, of at most so many characters, and bytes when written.
/// The length comes first in an event, so `|` stays there.
pub(super) fn escaped(text: &str, characters: usize, bytes: usize) -> String {
    let mut out = String::new();
    let mut before = None;
    for c in text.chars().take(characters) {
        let mut buffer = [0; 4];
        let piece: &str = match c {
            '\n' if before == Some('\r') => "",
            _ if c == '\n' || c == '\r' || is_line_end(c) => "\\n",
            '\t' => "\t",
            _ if c.is_control() => " ",
            _ => c.encode_utf8(&mut buffer),
        };
        if out.len() + piece.len() > bytes {
            break;
        }
        out.push_str(piece);
        before = Some(c);
    }
    out
}

/// The other characters that some reader of text takes for the end of a line.
fn is_line_end(c: char) -> bool {
    matches!(c, '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_hold_no_separator() {
        let mut out = String::new();
        push_field(&mut out, "a|b\nc\rd e#f@g:h,i\u{2028}");
        assert_eq!(out, "a_b_c_d e#f@g:h,i_");
    }

    #[test]
    fn line_ends_are_written_with_a_backslash() {
        assert_eq!(
            escaped("a\nb\r\nc\rd|e\u{85}f\0g", 100, 100),
            "a\\nb\\nc\\nd|e\\nf g"
        );
    }

    #[test]
    fn a_text_is_cut_at_a_character_and_never_within_an_escape() {
        assert_eq!(escaped("abc", 2, 100), "ab");
        assert_eq!(escaped("aé", 100, 2), "a");
        assert_eq!(escaped("aé", 100, 3), "aé");
        assert_eq!(escaped("a\n", 100, 2), "a");
        assert_eq!(escaped("a\n", 100, 3), "a\\n");
    }
}
