//! Text that stands in HTML.

use std::fmt::{self, Write};

/// Displays any text so that it is text, between tags and within quoted attributes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Escaped<'t>(pub(super) &'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'', '`', '\0']) {
            f.write_str(&rest[..at])?;
            f.write_str(match rest.as_bytes()[at] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                b'\'' => "&#39;",
                b'`' => "&#96;",
                // No HTML can have it.
                _ => "\u{fffd}",
            })?;
            rest = &rest[at + 1..];
        }
        f.write_str(rest)
    }
}

/// Displays an address so that it is one segment of a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment<'t>(pub(super) &'t str);

impl fmt::Display for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.bytes().try_for_each(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                f.write_char(char::from(byte))
            }
            _ => write!(f, "%{byte:02X}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_neither_a_tag_nor_an_attribute() {
        assert_eq!(Escaped("shop").to_string(), "shop");
        assert_eq!(
            Escaped("</title><script>\"x\" & 'y'`\0ü").to_string(),
            "&lt;/title&gt;&lt;script&gt;&quot;x&quot; &amp; &#39;y&#39;&#96;\u{fffd}ü"
        );
    }

    #[test]
    fn an_address_stays_in_its_segment() {
        assert_eq!(Segment("stock-2").to_string(), "stock-2");
        assert_eq!(Segment("../a b?\"ü").to_string(), "..%2Fa%20b%3F%22%C3%BC");
    }
}
