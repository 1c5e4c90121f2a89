//! Text of strangers on its way to a terminal or a file.
//!
//! A line break in a value could pretend to be another line, an escape sequence could repaint the
//! terminal or set its title, and a mark of direction could show a text other than it is. None of
//! them is ever written as it came. A text may also be endless, and what prints it may panic.

use std::fmt::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use telemetry::Value;

/// How what is not written as it is looks instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// `\u{1b}`, as Rust writes it.
    Line,
    /// `\u001b`, in pairs where need be.
    Json,
}

/// Whether a character may be written as it is: not the controls, and not what is invisible and
/// changes how other characters are shown. The joiners of emoji and of Persian may pass.
fn is_harmless(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    !matches!(
        c,
        '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Appends text to a line, escaped, and at most so many bytes of it.
pub(crate) struct Escaped<'o> {
    out: &'o mut String,
    escape: Escape,
    left: usize,
    /// Whether something in it would be misread without quotation marks.
    is_special: bool,
    is_cut: bool,
}

impl Escaped<'_> {
    fn push(&mut self, c: char) {
        match c {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            ' ' | '=' | '\u{a0}' => self.out.push(c),
            c if is_harmless(c) => {
                self.out.push(c);
                self.is_special |= c.is_whitespace();
                return;
            }
            c => match self.escape {
                Escape::Line => {
                    let _ = write!(self.out, "\\u{{{:x}}}", u32::from(c));
                }
                Escape::Json => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        let _ = write!(self.out, "\\u{unit:04x}");
                    }
                }
            },
        }
        self.is_special = true;
    }
}

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.is_cut {
            return Err(fmt::Error);
        }
        let fits = beginning(text, self.left);
        self.left -= fits.len();
        // Most text is plain, and goes in one piece.
        let plain = |byte: u8| matches!(byte, b'!'..=b'~') && !matches!(byte, b'"' | b'\\' | b'=');
        let start = fits
            .bytes()
            .position(|byte| !plain(byte))
            .unwrap_or(fits.len());
        self.out.push_str(&fits[..start]);
        fits[start..].chars().for_each(|c| self.push(c));
        if fits.len() < text.len() {
            self.is_cut = true;
            self.out.push('…');
            return Err(fmt::Error);
        }
        Ok(())
    }
}

fn beginning(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let mut end = bytes;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Appends a text, in quotation marks if it needs them ([`Escape::Json`]: always). Says whether it
/// was cut.
pub(crate) fn quoted(out: &mut String, escape: Escape, max: usize, text: &str) -> bool {
    within_quotes(out, escape, max, |escaped| {
        let _ = escaped.write_str(text);
    })
}

/// As [`quoted`], of what a value prints: all until it fails, panics, or is too long.
pub(crate) fn printed(out: &mut String, escape: Escape, max: usize, value: Value<'_>) -> bool {
    within_quotes(out, escape, max, |escaped| {
        quietly(|| {
            let _ = write!(escaped, "{value}");
        });
    })
}

fn within_quotes(
    out: &mut String,
    escape: Escape,
    max: usize,
    print: impl FnOnce(&mut Escaped<'_>),
) -> bool {
    let start = out.len();
    if escape == Escape::Json {
        out.push('"');
    }
    let mut escaped = Escaped {
        out,
        escape,
        left: max,
        is_special: false,
        is_cut: false,
    };
    print(&mut escaped);
    let (is_special, is_cut) = (escaped.is_special, escaped.is_cut);
    if escape == Escape::Json {
        out.push('"');
    } else if is_special || out.len() == start {
        // Only now it is known; texts are short.
        out.insert(start, '"');
        out.push('"');
    }
    is_cut
}

/// Runs code of others of which nobody here needs to know whether it panics. Says whether it did.
///
/// Unwind safety: what it may leave half done is a text that is written half, or what belongs to
/// whoever panicked.
pub(crate) fn quietly(work: impl FnOnce()) -> bool {
    let Err(payload) = catch_unwind(AssertUnwindSafe(work)) else {
        return false;
    };
    // Its destructor may panic as well. Enough is enough: the second one is leaked.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(text: &str) -> String {
        let mut out = String::new();
        quoted(&mut out, Escape::Line, 100, text);
        out
    }

    fn json(text: &str) -> String {
        let mut out = String::new();
        quoted(&mut out, Escape::Json, usize::MAX, text);
        out
    }

    #[test]
    fn a_word_stands_as_it_is_and_everything_else_in_quotation_marks() {
        for (text, expected) in [
            ("/cart", "/cart"),
            ("Grüße", "Grüße"),
            ("👩‍🚀", "👩‍🚀"),
            ("", "\"\""),
            ("a b", "\"a b\""),
            ("a=b", "\"a=b\""),
            ("a\u{3000}b", "\"a\u{3000}b\""),
            ("say \"hi\"", "\"say \\\"hi\\\"\""),
            ("C:\\dir", "\"C:\\\\dir\""),
        ] {
            assert_eq!(line(text), expected);
        }
    }

    #[test]
    fn what_could_forge_a_line_or_repaint_the_terminal_is_escaped() {
        assert_eq!(line("a\r\nb\tc"), r#""a\r\nb\tc""#);
        assert_eq!(line("\u{1b}[2J\u{9b}\u{7f}"), r#""\u{1b}[2J\u{9b}\u{7f}""#);
        assert_eq!(line("\u{202e}gpj.exe"), r#""\u{202e}gpj.exe""#);
        assert_eq!(
            json("\u{1b}\u{2028}\u{e0041}"),
            r#""\u001b\u2028\udb40\udc41""#
        );
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_says_so() {
        let mut out = String::new();
        assert!(quoted(&mut out, Escape::Line, 3, "aää"));
        assert_eq!(out, "aä…");
        out.clear();
        assert!(!quoted(&mut out, Escape::Line, 5, "aää"));
        assert_eq!(out, "aää");
    }

    struct Endless;
    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                // Does not stop at an error more than once in two.
                let _ = f.write_str("ab");
                f.write_str("cd")?;
            }
        }
    }

    struct Panics;
    impl fmt::Display for Panics {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            panic!("on purpose")
        }
    }

    #[test]
    fn a_value_that_prints_for_ever_or_panics_yields_its_beginning() {
        let mut out = String::new();
        assert!(printed(
            &mut out,
            Escape::Line,
            7,
            telemetry::display(&Endless)
        ));
        assert_eq!(out, "abcdabc…");
        out.clear();
        assert!(!printed(
            &mut out,
            Escape::Json,
            7,
            telemetry::display(&Panics)
        ));
        assert_eq!(out, "\"half\"");
    }

    proptest! {
        #[test]
        fn json_text_is_read_back_as_it_was(text in any::<String>()) {
            let shown = json(&text);
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
            prop_assert!(shown.chars().all(is_harmless));
        }

        #[test]
        fn a_text_of_a_line_is_one_word_or_quoted_and_harmless(text in any::<String>()) {
            let shown = line(&text);
            prop_assert!(shown.chars().all(is_harmless));
            prop_assert!(shown.starts_with('"') || !shown.contains([' ', '=', '"']));
        }
    }
}
