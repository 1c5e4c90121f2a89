//! Text of strangers on its way to a terminal.
//!
//! A line break in a value could pretend to be another span, an escape sequence could repaint the
//! terminal, and a mark of direction could show a text other than it is. None is written as it came.

use std::fmt::{self, Write};

/// Whether a character may be written as it is: not the controls, and not what is invisible and
/// changes how others are shown.
fn is_harmless(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// How many columns a character takes: two in the scripts of East Asia and of emoji. A mark that is put
/// over the one before takes none; it counts as one, so that a pile of them ends somewhere.
fn columns(c: char) -> usize {
    let is_wide = matches!(
        c,
        '\u{1100}'..='\u{115f}'
            | '\u{2e80}'..='\u{a4cf}'
            | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}'
            | '\u{fe30}'..='\u{fe6f}'
            | '\u{ff00}'..='\u{ff60}'
            | '\u{ffe0}'..='\u{ffe6}'
            | '\u{1f300}'..='\u{1faff}'
            | '\u{20000}'..='\u{3fffd}'
    );
    1 + usize::from(is_wide)
}

/// A text of at most so many columns. What is written to it is escaped, and cut.
#[derive(Debug)]
pub(super) struct Cell {
    text: String,
    columns: usize,
    most: usize,
    is_cut: bool,
}

impl Cell {
    pub(super) fn new(most: usize) -> Self {
        Self {
            text: String::new(),
            columns: 0,
            most,
            is_cut: false,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_cut
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// Appends a piece whole, or cuts there: an escape is not torn apart.
    fn push(&mut self, piece: &str, columns: usize) {
        // One column is kept for the sign that something was cut.
        if self.columns + columns < self.most {
            self.text.push_str(piece);
            self.columns += columns;
        } else {
            self.is_cut = true;
            if self.columns < self.most {
                self.text.push('…');
                self.columns += 1;
            }
        }
    }
}

impl Write for Cell {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if self.is_cut {
                return Err(fmt::Error);
            }
            if is_harmless(c) {
                self.push(c.encode_utf8(&mut [0; 4]), columns(c));
            } else {
                let escaped = c.escape_default().to_string();
                self.push(&escaped, escaped.len());
            }
        }
        Ok(())
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(most: usize, text: &str) -> Cell {
        let mut cell = Cell::new(most);
        let _ = cell.write_str(text);
        cell
    }

    #[test]
    fn what_is_invisible_or_moves_the_cursor_is_escaped() {
        assert_eq!(
            cell(99, "a\n\u{1b}[2J\u{202e}b").to_string(),
            "a\\n\\u{1b}[2J\\u{202e}b"
        );
        assert_eq!(cell(99, "Grüße, 世界").to_string(), "Grüße, 世界");
    }

    #[test]
    fn a_cell_is_never_wider_than_it_may_be() {
        for most in 0..20 {
            for text in [
                "",
                "a",
                "世界世界世界世界",
                "aaaaaaaaaaaaaaaaaaaaaaa",
                "\u{1b}\u{1b}\u{1b}",
            ] {
                let cell = cell(most, text);
                let counted: usize = cell.to_string().chars().map(columns).sum();
                assert_eq!(cell.columns(), counted);
                assert!(counted <= most, "{text} in {most}");
            }
        }
    }
}
