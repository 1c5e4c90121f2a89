//! [`Shown`]: what is kept of a value to be shown, if it is to be shown at all.
//!
//! Whether it is is asked before anything is copied: a hidden value never gets into the dashboard's
//! memory. What is copied is bounded, and printing it runs code of users, which may panic.

use std::fmt::{self, Display, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value as Json, json};
use telemetry::{Number, SpanContext, TraceId, Value};

use crate::visible::Visible;

/// What stands behind a text that was cut.
const CUT: char = '…';

/// So much of a statement is looked at.
const STATEMENT: usize = 1_024;

/// Beyond it a browser rounds integers, so that an id would be a wrong one.
const EXACT: u64 = 1 << 53;

#[derive(Debug, Clone, PartialEq)]
pub(in crate::sections) enum Shown {
    Hidden,
    Text(String),
    /// The normal form of a statement, without the values in it.
    Statement(String),
    Bool(bool),
    Number(Number),
    /// The trace that a `link` leads to.
    Trace(TraceId),
}

/// What the rest of an event says about how its metadata may be shown.
#[derive(Debug, Clone, Copy)]
pub(in crate::sections) struct About<'a> {
    pub(in crate::sections) visible: &'a Visible,
    /// The name of the event, or of the span.
    pub(in crate::sections) event: &'a str,
    /// Whether [`normalise`](telemetry_traces::normalise) finds all values in its `statement`.
    pub(in crate::sections) has_sql: bool,
    /// The longest text, in bytes.
    pub(in crate::sections) most: usize,
}

/// Whether the normal form of statements for this `system` has no value in it. In MySQL a text may
/// stand between double quotes, which are around names elsewhere.
pub(in crate::sections) fn is_sql(system: Option<&str>) -> bool {
    matches!(system, Some("sqlite" | "postgresql"))
}

impl Shown {
    pub(in crate::sections) fn of(key: &str, value: Value<'_>, about: &About<'_>) -> Self {
        if about.visible.is_shown_in(about.event, key) {
            return Self::copy(value, about.most);
        }
        match (key, value) {
            ("statement", Value::Str(text)) if about.has_sql => {
                let form = telemetry_traces::normalise(at_most(text, STATEMENT));
                Self::Statement(print(&form, about.most))
            }
            // Ids and nothing else.
            ("link", Value::Str(text)) => match SpanContext::from_traceparent(text) {
                Ok(context) => Self::Trace(context.trace_id()),
                Err(_) => Self::Hidden,
            },
            _ => Self::Hidden,
        }
    }

    fn copy(value: Value<'_>, most: usize) -> Self {
        match value {
            Value::Bool(flag) => Self::Bool(flag),
            Value::Signed(n) => Self::Number(Number::Signed(n)),
            Value::Unsigned(n) => Self::Number(Number::Unsigned(n)),
            Value::Float(n) => Self::Number(Number::Float(n)),
            Value::Duration(time) => Self::Number(Number::Duration(time)),
            text => Self::Text(print(&text, most)),
        }
    }

    /// As a value of the dashboard.
    pub(in crate::sections) fn json(&self) -> Json {
        match self {
            Self::Hidden => json!({ "h": true }),
            Self::Text(text) => json!(text),
            Self::Statement(text) => json!({ "c": text }),
            Self::Bool(flag) => json!(if *flag { "true" } else { "false" }),
            Self::Number(number) => number_json("", *number),
            Self::Trace(id) => {
                let id = id.to_string();
                json!({ "l": format!("traces?id={id}"), "x": { "c": id } })
            }
        }
    }
}

/// A measurement as a value of the dashboard. Of sizes it knows those that our instrumentation
/// measures, and what says so in its key.
pub(in crate::sections) fn number_json(key: &str, number: Number) -> Json {
    let plain = match number {
        Number::Duration(time) => return json!({ "n": time.as_secs_f64(), "u": "seconds" }),
        Number::Signed(n) if n.unsigned_abs() > EXACT => json!(n.to_string()),
        Number::Signed(n) => json!(n),
        Number::Unsigned(n) if n > EXACT => json!(n.to_string()),
        Number::Unsigned(n) => json!(n),
        Number::Float(x) if x.is_finite() => json!(x),
        other => json!(other.to_string()),
    };
    let is_size = matches!(key, "bytes" | "request_size" | "response_size");
    if plain.is_number() && (is_size || key.ends_with("_bytes")) {
        return json!({ "n": plain, "u": "bytes" });
    }
    plain
}

/// The first bytes of a text, as many as make whole characters.
pub(in crate::sections) fn at_most(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// What a value prints, at most so many bytes and a sign that there was more. A panic leaves what was
/// printed before it.
pub(in crate::sections) fn print(value: &impl Display, most: usize) -> String {
    let mut bounded = Bounded {
        text: String::new(),
        most,
        is_cut: false,
    };
    quietly(|| {
        let _ = write!(bounded, "{value}");
    });
    bounded.text
}

struct Bounded {
    text: String,
    most: usize,
    is_cut: bool,
}

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.is_cut {
            return Err(fmt::Error);
        }
        let cut = at_most(text, self.most - self.text.len());
        self.text.push_str(cut);
        if cut.len() < text.len() {
            self.is_cut = true;
            // What fits is at most `most`, whatever is written after this.
            self.text.push(CUT);
            return Err(fmt::Error);
        }
        Ok(())
    }
}

/// Runs code of users; what it panics with is their business, and may panic again when it is dropped.
fn quietly(work: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(work)) {
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(again);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn about(visible: &Visible, has_sql: bool) -> About<'_> {
        About {
            visible,
            event: "shop.order",
            has_sql,
            most: 16,
        }
    }

    #[test]
    fn a_value_whose_key_is_not_allowed_is_not_even_printed() {
        struct Never;
        impl Display for Never {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("it was printed")
            }
        }
        let visible = Visible::default();
        let about = about(&visible, false);
        let shown = Shown::of("email", telemetry::display(&Never), &about);
        assert_eq!(shown, Shown::Hidden);
        assert_eq!(shown.json(), json!({ "h": true }));
        assert_eq!(
            Shown::of("route", Value::from("/a"), &about).json(),
            json!("/a")
        );
    }

    #[test]
    fn texts_are_cut_between_characters_and_a_panic_keeps_what_was_printed() {
        struct Panics;
        impl Display for Panics {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("so far")?;
                std::panic::resume_unwind(Box::new("on purpose"))
            }
        }
        struct Endless;
        impl Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Does not listen.
                for _ in 0..1_000 {
                    let _ = f.write_str("ääää");
                }
                Ok(())
            }
        }
        assert_eq!(print(&Panics, 100), "so far");
        assert_eq!(print(&Endless, 5), "ää…");
        assert_eq!(print(&"1234", 4), "1234");
        assert_eq!(print(&"12345", 4), "1234…");
    }

    #[test]
    fn a_statement_shows_what_it_asks_and_not_for_whom() {
        let mut visible = Visible::default();
        let sql = Value::from("SELECT 1 WHERE a = 'Ada'");
        let about_sql = About {
            most: 100,
            ..about(&visible, true)
        };
        let Shown::Statement(form) = Shown::of("statement", sql, &about_sql) else {
            panic!("hidden");
        };
        assert_eq!(form, "select ? where a = ?");
        assert_eq!(
            Shown::of("statement", sql, &about(&visible, false)),
            Shown::Hidden
        );
        assert!(is_sql(Some("sqlite")) && !is_sql(Some("mysql")) && !is_sql(None));
        // A cut lies within a text that is left open.
        let long = format!("select '{}Ada'", "x".repeat(2_000));
        let cut = Shown::of("statement", Value::from(&*long), &about_sql);
        assert_eq!(cut, Shown::Statement("select ?".to_owned()));
        visible.add(["statement".to_owned()]);
        let all = Shown::of("statement", sql, &about(&visible, true));
        assert_eq!(all, Shown::Text("SELECT 1 WHERE a…".to_owned()));
    }

    #[test]
    fn a_link_is_shown_if_it_is_one() {
        let visible = Visible::default();
        let about = about(&visible, false);
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let shown = Shown::of("link", Value::from(parent), &about).json();
        assert_eq!(shown["l"], "traces?id=0af7651916cd43dd8448eb211c80319c");
        let url = Value::from("https://shop.test/?token=secret");
        assert_eq!(Shown::of("link", url, &about), Shown::Hidden);
    }

    #[test]
    fn numbers_keep_their_units_and_their_digits() {
        let time = Number::Duration(Duration::from_millis(1_500));
        assert_eq!(
            number_json("duration", time),
            json!({ "n": 1.5, "u": "seconds" })
        );
        assert_eq!(
            number_json("response_size", Number::Unsigned(7)),
            json!({ "n": 7, "u": "bytes" })
        );
        assert_eq!(number_json("size", Number::Signed(-7)), json!(-7));
        assert_eq!(
            number_json("id", Number::Unsigned(u64::MAX)),
            json!("18446744073709551615")
        );
        assert_eq!(number_json("x", Number::Float(f64::NAN)), json!("NaN"));
    }
}
