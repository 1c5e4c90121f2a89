//! Text of strangers: it may be huge, and what prints it may panic.

use std::fmt::{self, Write};

use crate::quiet::quietly;

/// How many bytes of one value are passed on, in either direction; the rest is cut off.
pub const MAX_TEXT: usize = 16 * 1024;

/// The beginning of a text, of at most [`MAX_TEXT`] bytes.
pub(crate) fn cut(text: &str) -> &str {
    beginning(text, MAX_TEXT)
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

/// Appends what `printed` prints, at most [`MAX_TEXT`] bytes of it: all until it fails or panics.
pub(crate) fn print(text: &mut String, printed: fmt::Arguments<'_>) {
    let mut limited = Limited {
        left: MAX_TEXT,
        text,
    };
    quietly(|| {
        let _ = limited.write_fmt(printed);
    });
}

struct Limited<'t> {
    text: &'t mut String,
    left: usize,
}

impl Write for Limited<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let fits = beginning(part, self.left);
        self.text.push_str(fits);
        if fits.len() < part.len() {
            // Nothing smaller that follows may slip in.
            self.left = 0;
            return Err(fmt::Error);
        }
        self.left -= fits.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Endless;

    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("äöü")?;
            }
        }
    }

    struct Panics;

    impl fmt::Debug for Panics {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            panic!("on purpose");
        }
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("ä"), "ä");
        let text = format!("a{}", "ä".repeat(MAX_TEXT));
        assert_eq!(cut(&text).len(), MAX_TEXT - 1);
        let mut printed = String::from("before ");
        print(&mut printed, format_args!("{Endless}"));
        assert_eq!(printed.len(), "before ".len() + MAX_TEXT);
    }

    #[test]
    fn what_was_printed_before_a_panic_stays() {
        let mut printed = String::new();
        print(&mut printed, format_args!("{Panics:?}"));
        assert_eq!(printed, "half");
    }
}
