//! [`Brief`]: as much of an error's text as an event should carry.

use std::fmt::{self, Display, Write};

/// The first bytes of an error's text. Errors may quote what the client sent.
pub(crate) struct Brief<'e, E>(pub(crate) &'e E);

impl<E> Brief<'_, E> {
    const MAX: usize = 256;
}

impl<E: Display> Display for Brief<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Limited<'f, 'g> {
            f: &'f mut fmt::Formatter<'g>,
            left: usize,
        }
        impl Write for Limited<'_, '_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                let end = (0..=self.left.min(text.len()))
                    .rev()
                    .find(|at| text.is_char_boundary(*at))
                    .unwrap_or(0);
                self.f.write_str(&text[..end])?;
                // A cut text is at its end, even if there would be room for a shorter character.
                self.left = if end == text.len() {
                    self.left - end
                } else {
                    0
                };
                if self.left == 0 {
                    Err(fmt::Error)
                } else {
                    Ok(())
                }
            }
        }
        // The error is how the printing is stopped, and `to_string` would panic on one.
        let _ = write!(Limited { f, left: Self::MAX }, "{}", self.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_an_error_is_cut_between_characters() {
        assert_eq!(Brief(&"short").to_string(), "short");
        assert_eq!(Brief(&"x".repeat(10_000)).to_string(), "x".repeat(256));
        let text = format!("x{}", "ü".repeat(10_000));
        assert_eq!(Brief(&text).to_string(), format!("x{}", "ü".repeat(127)));
    }

    #[test]
    fn an_error_that_cannot_print_itself_does_not_panic() {
        struct Silent;
        impl Display for Silent {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("half")?;
                Err(fmt::Error)
            }
        }
        assert_eq!(Brief(&Silent).to_string(), "half");
    }
}
