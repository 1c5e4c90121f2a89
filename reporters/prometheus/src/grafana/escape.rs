//! Text that means nothing to Grafana and to PromQL but itself.
//!
//! Grafana replaces `$name`, `${name}` and `[[name]]` in titles, descriptions and queries, and
//! `{{label}}` in legends, before anybody sees them, and has no way of escaping them. In a PromQL
//! string an escape of PromQL's does the job. Everywhere else an invisible character between the
//! two does it that Grafana looks for side by side.

/// Has no width and no meaning: U+2060, word joiner.
const JOINER: char = '\u{2060}';

/// `text` so that Grafana shows it as it stands: for legends, which Grafana would search for
/// `{{label}}` and for variables such as `$job`.
///
/// ```
/// use telemetry_prometheus::grafana;
/// assert_eq!(grafana::literal("paid in EUR"), "paid in EUR");
/// assert_ne!(grafana::literal("paid in $currency"), "paid in $currency");
/// ```
#[must_use]
pub fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    for c in text.chars() {
        let special = match before {
            Some('$') => c == '{' || c == '_' || c.is_alphanumeric(),
            Some('[') => c == '[',
            Some('{') => c == '{',
            _ => false,
        };
        if special {
            out.push(JOINER);
        }
        out.push(c);
        before = Some(c);
    }
    out
}

/// `text` as a string of PromQL, quotes included, in which Grafana finds no variable.
///
/// ```
/// use telemetry_prometheus::grafana;
/// let expr = format!("up{{job={}}}", grafana::quoted("a \"b\" $c"));
/// assert_eq!(expr, r#"up{job="a \"b\" \x24c"}"#);
/// ```
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '$' => out.push_str("\\x24"),
            '[' => out.push_str("\\x5b"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_literal_has_nothing_left_to_replace() {
        for (text, expected) in [
            ("$job", "$\u{2060}job"),
            ("${job}", "$\u{2060}{job}"),
            ("[[job]]", "[\u{2060}[job]]"),
            ("[[[", "[\u{2060}[\u{2060}["),
            ("{{route}}", "{\u{2060}{route}}"),
            ("$$x", "$$\u{2060}x"),
            ("5 $, {a} [b]", "5 $, {a} [b]"),
            ("", ""),
        ] {
            assert_eq!(literal(text), expected);
        }
    }

    /// As Prometheus reads a string; none if it is not one.
    fn read(quoted: &str) -> Option<String> {
        let mut rest = quoted.strip_prefix('"')?.chars();
        let mut text = String::new();
        loop {
            match rest.next()? {
                '"' => break,
                '\n' => return None,
                '\\' => text.push(match rest.next()? {
                    'n' => '\n',
                    'r' => '\r',
                    'x' => {
                        let digits = [rest.next()?, rest.next()?].map(|digit| digit.to_digit(16));
                        char::from_u32(digits[0]? * 16 + digits[1]?)?
                    }
                    c @ ('"' | '\\') => c,
                    _ => return None,
                }),
                c => text.push(c),
            }
        }
        rest.next().is_none().then_some(text)
    }

    proptest! {
        #[test]
        fn a_literal_looks_as_the_text(text in "[$\\[{}\\]a_ \"\\\\]{0,12}") {
            let literal = literal(&text);
            for found in ["${", "$a", "$_", "[[", "{{"] {
                prop_assert!(!literal.contains(found));
            }
            prop_assert_eq!(literal.replace(JOINER, ""), text);
        }

        #[test]
        fn a_string_of_promql_reads_back_the_same(text in any::<String>()) {
            prop_assert_eq!(read(&quoted(&text)), Some(text));
        }

        #[test]
        fn a_string_of_promql_survives_what_is_special(text in "[$\\[{\\\\\"\n\rx2]{0,12}") {
            let quoted = quoted(&text);
            prop_assert!(!quoted.contains(['$', '[', '\n']));
            prop_assert_eq!(read(&quoted), Some(text));
        }
    }
}
