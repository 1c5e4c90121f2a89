//! Just enough YAML to write a file that people read and any parser takes.
//!
//! A text stands without quotes only where no version of YAML could take it for something else; a
//! text of several lines is a literal block; every other is quoted, with escapes. What is written
//! depends on what is given alone, so that a file can be compared with the one from last time.

use std::fmt::Write as _;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Yaml {
    /// Any text.
    Text(String),
    /// Text of ours that is written as it is: a duration, a boolean.
    Plain(String),
    List(Vec<Yaml>),
    /// In the order in which it is given.
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self::Plain(text.into())
    }

    /// A map of texts.
    pub(super) fn texts(pairs: &[(String, String)]) -> Self {
        let pairs = pairs.iter();
        Self::Map(
            pairs
                .map(|(key, value)| (key.clone(), Self::text(value)))
                .collect(),
        )
    }

    /// The document, with comment lines in front.
    pub(super) fn document(&self, comment: &str) -> String {
        let mut out = String::new();
        for line in comment.lines() {
            let _ = writeln!(out, "# {line}");
        }
        self.write(&mut out, 0);
        out
    }

    /// Writes whole lines, indented so far.
    fn write(&self, out: &mut String, indent: usize) {
        match self {
            Self::List(items) => {
                for item in items {
                    pad(out, indent);
                    out.push_str("- ");
                    item.write_inline(out, indent + 2, true);
                }
            }
            Self::Map(pairs) => {
                for (key, value) in pairs {
                    pad(out, indent);
                    write_pair(out, key, value, indent);
                }
            }
            scalar => {
                pad(out, indent);
                scalar.write_inline(out, indent, true);
            }
        }
    }

    /// Writes what stands behind a `-` or a key: to the end of its last line.
    fn write_inline(&self, out: &mut String, indent: usize, in_list: bool) {
        match self {
            Self::Text(text) => write_text(out, text, indent),
            Self::Plain(text) => {
                out.push_str(text);
                out.push('\n');
            }
            Self::List(items) if items.is_empty() => out.push_str("[]\n"),
            Self::Map(pairs) if pairs.is_empty() => out.push_str("{}\n"),
            Self::Map(pairs) if in_list => {
                // The first pair stands on the line of the dash.
                for (at, (key, value)) in pairs.iter().enumerate() {
                    if at > 0 {
                        pad(out, indent);
                    }
                    write_pair(out, key, value, indent);
                }
            }
            nested => {
                out.push('\n');
                nested.write(out, indent);
            }
        }
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn write_pair(out: &mut String, key: &str, value: &Yaml, indent: usize) {
    if stands_alone(key) {
        out.push_str(key);
    } else {
        write_quoted(out, key);
    }
    let nests = match value {
        Yaml::List(items) => !items.is_empty(),
        Yaml::Map(pairs) => !pairs.is_empty(),
        _ => false,
    };
    out.push_str(if nests { ":" } else { ": " });
    value.write_inline(out, indent + 2, false);
}

fn write_text(out: &mut String, text: &str, indent: usize) {
    if stands_alone(text) {
        out.push_str(text);
    } else if is_block(text) {
        out.push_str("|-");
        for line in text.split('\n') {
            out.push('\n');
            pad(out, indent);
            out.push_str(line);
        }
    } else if is_single(text) {
        let _ = write!(out, "'{text}'");
    } else {
        write_quoted(out, text);
    }
    out.push('\n');
}

/// Whether a text needs no quotes: it begins with a letter, has nothing in it that means something in
/// YAML, and is no word that some version takes for a boolean or for nothing.
fn stands_alone(text: &str) -> bool {
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "y" | "yes" | "n" | "no" | "true" | "false" | "on" | "off" | "null"
    );
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c))
        && !word
}

/// Whether a text can be a literal block that says exactly this text.
fn is_block(text: &str) -> bool {
    let fits = |line: &str| {
        let visible = |c: char| c == ' ' || c.is_ascii_graphic();
        !line.is_empty() && !line.ends_with(' ') && line.chars().all(visible)
    };
    text.contains('\n')
        && !text.starts_with(' ')
        && !text.ends_with('\n')
        && text.split('\n').all(fits)
}

/// Whether a text is easier to read in single quotes, where nothing is escaped.
fn is_single(text: &str) -> bool {
    let visible = |c: char| c != '\'' && (c == ' ' || c.is_ascii_graphic());
    text.contains(['"', '\\']) && text.chars().all(visible)
}

fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Characters that end a line or cannot be seen, in one version of YAML or the other.
            '\u{85}' | '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c if c.is_control() => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &Yaml) -> String {
        value.document("")
    }

    #[test]
    fn only_what_cannot_be_mistaken_stands_without_quotes() {
        for (text, line) in [
            ("page", "page\n"),
            ("site-latency", "site-latency\n"),
            ("yes", "\"yes\"\n"),
            ("Off", "\"Off\"\n"),
            ("1e3", "\"1e3\"\n"),
            ("", "\"\"\n"),
            ("a: b", "\"a: b\"\n"),
            ("a #b", "\"a #b\"\n"),
            ("*x", "\"*x\"\n"),
            ("{{ $value }}", "\"{{ $value }}\"\n"),
            ("say \"so\"\\", "'say \"so\"\\'\n"),
            ("it's \"so\"\\", "\"it's \\\"so\\\"\\\\\"\n"),
            ("a\u{7}\u{2028}\tb\r", "\"a\\x07\\u2028\\tb\\r\"\n"),
            ("größe", "\"größe\"\n"),
        ] {
            assert_eq!(written(&Yaml::text(text)), line);
        }
    }

    #[test]
    fn lines_are_a_block_unless_it_would_say_something_else() {
        let pair = |text: &str| written(&Yaml::Map(vec![("expr".into(), Yaml::text(text))]));
        assert_eq!(pair("a > 1\nand\n  b"), "expr: |-\n  a > 1\n  and\n    b\n");
        for text in ["a\n", " a\nb", "a \nb", "a\n\nb", "a\r\nb", "\n"] {
            assert!(pair(text).starts_with("expr: \""), "{text:?}");
        }
    }

    #[test]
    fn lists_and_maps_nest() {
        let inner = Yaml::Map(vec![
            ("name".into(), Yaml::text("x y")),
            ("none".into(), Yaml::List(Vec::new())),
            ("empty".into(), Yaml::Map(Vec::new())),
            (
                "list".into(),
                Yaml::List(vec![Yaml::text("a"), Yaml::plain("5m")]),
            ),
            ("no".into(), Yaml::texts(&[("k".into(), "v".into())])),
        ]);
        let all = Yaml::Map(vec![("groups".into(), Yaml::List(vec![inner]))]);
        let text = "\
# told
groups:
  - name: \"x y\"
    none: []
    empty: {}
    list:
      - a
      - 5m
    \"no\":
      k: v
";
        assert_eq!(all.document("told"), text);
    }
}
