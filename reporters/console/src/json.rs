//! JSON, by hand: a line is written into a buffer that is there already, and nothing is allocated.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use crate::moment;
use crate::text::{self, Escape};

/// Writes an object's members, with the commas between them.
pub(crate) struct Object<'o> {
    pub(crate) out: &'o mut String,
    is_empty: bool,
}

impl<'o> Object<'o> {
    pub(crate) fn begin(out: &'o mut String) -> Self {
        out.push('{');
        Self {
            out,
            is_empty: true,
        }
    }

    pub(crate) fn end(self) {
        self.out.push('}');
    }

    /// A key, followed by what is pushed to `out` next.
    pub(crate) fn key(&mut self, key: &str) {
        self.key_with(key, "");
    }

    fn key_with(&mut self, key: &str, suffix: &str) {
        if !self.is_empty {
            self.out.push(',');
        }
        self.is_empty = false;
        text::quoted(self.out, Escape::Json, usize::MAX, key);
        if !suffix.is_empty() {
            self.out.pop();
            self.out.push_str(suffix);
            self.out.push('"');
        }
        self.out.push(':');
    }

    pub(crate) fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        text::quoted(self.out, Escape::Json, usize::MAX, text);
    }

    /// Something whose text is a number, or `true` and `false`.
    pub(crate) fn plain(&mut self, key: &str, plain: impl std::fmt::Display) {
        self.key(key);
        let _ = write!(self.out, "{plain}");
    }

    /// Something whose text has nothing to escape.
    pub(crate) fn word(&mut self, key: &str, word: impl std::fmt::Display) {
        self.key(key);
        let _ = write!(self.out, "\"{word}\"");
    }

    /// A float; JSON has no NaN and no infinities, so those are the texts that Protobuf's JSON has
    /// for them.
    pub(crate) fn float(&mut self, key: &str, x: f64) {
        self.key(key);
        if x.is_finite() {
            // `{:?}` is the shortest text that is read as the same number, and always has a point
            // or an exponent.
            let _ = write!(self.out, "{x:?}");
        } else {
            self.out.push_str(if x.is_nan() {
                "\"NaN\""
            } else if x > 0.0 {
                "\"Infinity\""
            } else {
                "\"-Infinity\""
            });
        }
    }

    /// A length of time as an integer, with the unit in the key.
    pub(crate) fn duration(&mut self, key: &str, time: Duration) {
        self.key_with(key, NANOSECONDS);
        let _ = write!(self.out, "{}", time.as_nanos());
    }

    /// The time now.
    pub(crate) fn now(&mut self) {
        self.key("time");
        self.out.push('"');
        moment::push(self.out, SystemTime::now(), 6);
        self.out.push('"');
    }
}

/// What follows the key of a length of time.
pub(crate) const NANOSECONDS: &str = "_ns";
