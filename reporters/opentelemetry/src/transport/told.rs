//! Texts of strangers, made fit to be shown.

use std::error::Error;

/// The longest text of a stranger that is passed on, in characters.
const LONGEST: usize = 300;

/// One line of at most [`LONGEST`] characters, nothing in it that moves the cursor, hides or turns
/// around what stands next to it.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::new();
    for (at, c) in text.trim().chars().enumerate() {
        if at == LONGEST {
            out.push('…');
            break;
        }
        out.push(match c {
            '\n' | '\r' | '\t' => ' ',
            c if c.is_control() || is_unseen(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        });
    }
    out
}

/// Format characters, of which bidirectional overrides are the worst.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// An error with all its causes, each said once.
pub(super) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    // No error has as many causes as this, unless it goes in a circle.
    for _ in 0..10 {
        let Some(error) = cause else { break };
        let one = error.to_string();
        if !text.ends_with(&one) {
            text = format!("{text}: {one}");
        }
        cause = error.source();
    }
    printable(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_one_line_that_shows_all_of_itself() {
        assert_eq!(printable(" a\nb\tc "), "a b c");
        assert_eq!(printable("\u{1b}[31mred\0"), "\u{fffd}[31mred\u{fffd}");
        assert_eq!(printable("x\u{202e}y"), "x\u{fffd}y");
        assert_eq!(printable("größer ✓"), "größer ✓");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let cut = printable(&"ä".repeat(100_000));
        assert_eq!(cut.chars().count(), LONGEST + 1);
        assert!(cut.ends_with('…'), "{cut}");
        assert_eq!(printable(&"ä".repeat(LONGEST)).chars().count(), LONGEST);
    }
}
