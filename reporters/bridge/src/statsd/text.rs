//! Names and tags that cannot break a line: the exporter writes them as they are.

/// What separates names, values, types and tags, and what ends a line.
fn is_reserved(c: char) -> bool {
    matches!(c, ':' | '|' | '@' | '#') || c.is_whitespace() || c.is_control()
}

pub(super) fn name(text: &str) -> String {
    let plain = |c: char| if is_reserved(c) { '_' } else { c };
    text.chars().map(plain).collect()
}

pub(super) fn tag(text: &str) -> String {
    let plain = |c: char| {
        if is_reserved(c) || c == ',' { '_' } else { c }
    };
    text.chars().map(plain).collect()
}

/// A line as `name:value|kind` and its ending. `None` if it is none.
pub(super) fn parts(line: &str) -> Option<(&str, &str, &str, &str)> {
    let (name, rest) = line.split_once(':')?;
    let (value, rest) = rest.split_once('|')?;
    let end = rest.find('|').unwrap_or(rest.len());
    let (kind, ending) = rest.split_at(end);
    Some((name, value, kind, ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_has_a_meaning_is_left() {
        assert_eq!(name("a.b:1|c\n#x@\u{85}y"), "a.b_1_c__x__y");
        assert_eq!(tag("a,b.c d"), "a_b.c_d");
    }

    #[test]
    fn a_line_is_taken_apart() {
        assert_eq!(parts("a:1|c"), Some(("a", "1", "c", "")));
        assert_eq!(parts("a:-1.5|h|#k:v"), Some(("a", "-1.5", "h", "|#k:v")));
        assert_eq!(parts("a"), None);
    }
}
