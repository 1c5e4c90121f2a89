//! JSON, written by hand: keys stay in the order in which Grafana's own files have them, and the
//! text is the same on every run.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::number::write_f64;

/// A value of JSON.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(Cow<'static, str>, Json)>),
}

/// `object! { "key": value, .. }`; the values are whatever becomes [`Json`].
macro_rules! object {
    ($($key:literal: $value:expr),* $(,)?) => {
        $crate::grafana::json::Json::Object(vec![
            $(($key.into(), $crate::grafana::json::Json::from($value))),*
        ])
    };
}
pub(crate) use object;

impl Json {
    /// The text, with a line per entry and a newline at the end.
    pub(crate) fn pretty(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out.push('\n');
        out
    }

    /// Adds an entry to an object; nothing else has any.
    pub(crate) fn put(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Json>) {
        if let Self::Object(entries) = self {
            entries.push((key.into(), value.into()));
        }
    }

    fn write(&self, out: &mut String, depth: usize) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
            // There is no other way of writing these.
            Self::Number(number) if !number.is_finite() => out.push_str("null"),
            Self::Number(number) => write_f64(out, *number),
            Self::Text(text) => write_text(out, text),
            Self::List(items) => write_all(out, depth, ['[', ']'], items, |out, item| {
                item.write(out, depth + 1);
            }),
            Self::Object(entries) => write_all(out, depth, ['{', '}'], entries, |out, entry| {
                write_text(out, &entry.0);
                out.push_str(": ");
                entry.1.write(out, depth + 1);
            }),
        }
    }
}

fn write_all<T>(
    out: &mut String,
    depth: usize,
    [open, close]: [char; 2],
    items: &[T],
    mut write: impl FnMut(&mut String, &T),
) {
    let new_line = |out: &mut String, depth| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    out.push(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        new_line(out, depth + 1);
        write(out, item);
    }
    if !items.is_empty() {
        new_line(out, depth);
    }
    out.push(close);
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            // The rest of the ASCII ones have to be written so. The others are for those who look
            // at the file, or paste it into a script.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

impl From<bool> for Json {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl From<u32> for Json {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<f64> for Json {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<Json>> for Json {
    fn from(items: Vec<Json>) -> Self {
        Self::List(items)
    }
}

impl<const N: usize> From<[Json; N]> for Json {
    fn from(items: [Json; N]) -> Self {
        Self::List(items.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_written_with_a_line_per_entry() {
        let json = object! {
            "b": true, "a": [Json::from(1), Json::from(0.25), Json::Null], "empty": Vec::new(),
            "nothing": object! {}, "text": "x",
        };
        let expected = "{\n  \"b\": true,\n  \"a\": [\n    1,\n    0.25,\n    null\n  ],\n  \
                        \"empty\": [],\n  \"nothing\": {},\n  \"text\": \"x\"\n}\n";
        assert_eq!(json.pretty(), expected);
    }

    #[test]
    fn what_json_has_no_number_for_is_null() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Json::from(number).pretty(), "null\n");
        }
    }

    #[test]
    fn separators_that_scripts_stumble_over_are_escaped() {
        let text = Json::from("\u{0}\u{7f}\u{85}\u{2028}").pretty();
        assert_eq!(text, "\"\\u0000\\u007f\\u0085\\u2028\"\n");
    }

    proptest! {
        #[test]
        fn any_text_reads_back_the_same(text in any::<String>()) {
            let read: serde_json::Value = serde_json::from_str(&Json::from(&*text).pretty()).unwrap();
            prop_assert_eq!(read.as_str(), Some(&*text));
        }

        #[test]
        fn any_finite_number_reads_back_the_same(number in -1e300..1e300_f64) {
            let text = Json::from(number).pretty();
            let read: serde_json::Value = serde_json::from_str(&text).unwrap();
            prop_assert!(read.is_number());
            // Its own reading of long numbers is off by a bit.
            prop_assert_eq!(text.trim().parse(), Ok(number));
        }
    }
}
