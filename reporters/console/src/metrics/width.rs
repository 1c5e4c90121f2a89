//! How wide text is on a terminal, roughly: what is East Asian or an emoji takes two places, and
//! what combines takes none. A table that holds such text is aligned on most terminals.

use std::borrow::Cow;

/// How many places it takes.
pub(crate) fn of(text: &str) -> usize {
    text.chars().map(of_char).sum()
}

fn of_char(c: char) -> usize {
    match c {
        ' '..='~' => 1,
        '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// The beginning, with `…` for what is cut off.
pub(crate) fn cut_end(text: &str, width: usize) -> Cow<'_, str> {
    if of(text) <= width {
        return text.into();
    }
    let mut cut: String = fitting(text.chars(), width).collect();
    cut.push('…');
    cut.into()
}

/// The end, with `…` for what is cut off.
pub(crate) fn cut_start(text: &str, width: usize) -> Cow<'_, str> {
    if of(text) <= width {
        return text.into();
    }
    let end: Vec<char> = fitting(text.chars().rev(), width).collect();
    let mut cut = String::from("…");
    cut.extend(end.iter().rev());
    cut.into()
}

/// As many characters as leave room for one more.
fn fitting(chars: impl Iterator<Item = char>, width: usize) -> impl Iterator<Item = char> {
    let mut taken = 1;
    chars.take_while(move |c| {
        taken += of_char(*c);
        taken <= width
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_to_its_places() {
        assert_eq!((of("abc"), of("日本"), of("e\u{301}")), (3, 4, 1));
        assert_eq!(cut_end("abcdef", 6), "abcdef");
        assert_eq!(cut_end("abcdef", 4), "abc…");
        assert_eq!(cut_start("abcdef", 4), "…def");
        assert_eq!(cut_end("日本語", 4), "日…");
        assert_eq!(
            (cut_end("abc", 1), cut_start("abc", 1)),
            ("…".into(), "…".into())
        );
    }
}
