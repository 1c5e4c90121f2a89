//! Names and tags as they may stand in a line.
//!
//! A line is text with `:`, `|`, `@`, `#` and line ends as its punctuation, and no way to escape
//! them. Tags come from outside as often as not, so whatever could be read as punctuation becomes
//! `_`.

/// Whether a daemon could take the character for punctuation of a line.
pub(crate) fn is_reserved(c: char) -> bool {
    matches!(c, ':' | '|' | '@' | '#') || c.is_whitespace() || c.is_control()
}

/// Appends a name: dots stay, they join its segments.
pub(crate) fn push_name(out: &mut String, name: &str) {
    push(out, name, is_reserved);
}

/// Appends a tag value as one segment of a name, so that its own dots do not make more of them.
pub(crate) fn push_segment(out: &mut String, value: &str) {
    push(out, value, |c| c == '.' || is_reserved(c));
}

/// Appends a DogStatsD tag's key or value, which a comma would end.
pub(crate) fn push_tag(out: &mut String, text: &str) {
    push(out, text, |c| c == ',' || is_reserved(c));
}

fn push(out: &mut String, text: &str, reserved: impl Fn(char) -> bool) {
    out.extend(text.chars().map(|c| if reserved(c) { '_' } else { c }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(push: fn(&mut String, &str), text: &str) -> String {
        let mut out = String::new();
        push(&mut out, text);
        out
    }

    #[test]
    fn punctuation_becomes_an_underscore() {
        let hostile = "a:b|c@d#e f\tg\nh\0i\u{a0}j\u{2028}k\u{85}l";
        assert_eq!(with(push_name, hostile), "a_b_c_d_e_f_g_h_i_j_k_l");
        assert_eq!(with(push_segment, "example.com"), "example_com");
        assert_eq!(with(push_name, "example.com"), "example.com");
        assert_eq!(with(push_tag, "a,b.c"), "a_b.c");
    }

    #[test]
    fn letters_of_any_script_stay() {
        assert_eq!(with(push_segment, "Kraków/東京"), "Kraków/東京");
    }
}
