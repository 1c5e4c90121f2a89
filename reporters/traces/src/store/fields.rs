//! The measurements and metadata of a span, packed.
//!
//! All texts of a span lie in one piece of memory, so a span costs three allocations whatever it
//! carries, and how much it takes is known to the byte. Texts may be endless, and what prints them
//! may panic: each is cut, all of them together are, and a panic leaves what was printed before it.

use std::cell::Cell;
use std::fmt::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use telemetry::{Event, Number, Value};

use super::settings::Limits;

/// As many measurements, and as many pieces of metadata, are kept of a span; telemetry's own
/// instrumentation has a dozen at most.
pub(super) const MAX_FIELDS: usize = 64;

/// All texts of a span together may be so many times as long as one.
pub(super) const MAX_TEXTS: usize = 8;

/// What the span says of itself elsewhere.
const OUTCOME: &str = "outcome";
const TIMES: [&str; 2] = ["duration", "monotonic_time"];

/// What stands behind a text that was cut.
pub(super) const CUT: char = '…';

#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    key: &'static str,
    value: Stored,
}

#[derive(Debug, Clone, Copy)]
enum Stored {
    Text {
        at: u32,
        len: u32,
    },
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Bool(bool),
    Char(char),
    /// In nanoseconds, which is enough for centuries.
    Duration(u64),
}

#[derive(Debug, Default)]
pub(super) struct Fields {
    /// The metadata first, then the measurements.
    all: Box<[Field]>,
    metadata: u16,
    left_out: u16,
    texts: Box<str>,
}

/// Where the pieces are put together; each thread has one and keeps it.
#[derive(Default)]
struct Scratch {
    fields: Vec<Field>,
    texts: String,
}

thread_local! {
    // Taken out while it is used: printing a value may end a span.
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// A thread does not keep more than this for the next span.
const MAX_SCRATCH: usize = 64 * 1024;

impl Fields {
    pub(super) fn of(event: &Event<'_>, limits: &Limits) -> Self {
        let kept = SCRATCH.try_with(Cell::take).ok().flatten();
        let mut scratch = kept.unwrap_or_default();
        let (metadata, left_out) = scratch.fill(event, limits);
        let fields = Self {
            all: scratch.fields.as_slice().into(),
            metadata,
            left_out,
            texts: scratch.texts.as_str().into(),
        };
        scratch.fields.clear();
        scratch.texts.clear();
        if scratch.texts.capacity() <= MAX_SCRATCH {
            let _ = SCRATCH.try_with(|own| own.set(Some(scratch)));
        }
        fields
    }

    /// How much memory it takes besides its own size.
    pub(super) fn bytes(&self) -> usize {
        super::account::allocation(size_of_val(&*self.all))
            + super::account::allocation(self.texts.len())
    }

    pub(super) fn left_out(&self) -> usize {
        self.left_out.into()
    }

    pub(super) fn metadata(&self) -> impl Iterator<Item = (&'static str, Value<'_>)> {
        let all = &self.all[..self.metadata.into()];
        all.iter().map(|field| (field.key, self.value(field.value)))
    }

    pub(super) fn measurements(&self) -> impl Iterator<Item = (&'static str, Number)> {
        let all = &self.all[self.metadata.into()..];
        all.iter()
            .filter_map(|field| Some((field.key, number(field.value)?)))
    }

    fn value(&self, stored: Stored) -> Value<'_> {
        match stored {
            Stored::Text { at, len } => {
                let text = self.texts.get(at as usize..(at + len) as usize);
                Value::Str(text.unwrap_or_default())
            }
            Stored::Signed(n) => Value::Signed(n),
            Stored::Unsigned(n) => Value::Unsigned(n),
            Stored::Float(n) => Value::Float(n),
            Stored::Bool(flag) => Value::Bool(flag),
            Stored::Char(one) => Value::Char(one),
            Stored::Duration(nanos) => Value::Duration(Duration::from_nanos(nanos)),
        }
    }
}

fn number(stored: Stored) -> Option<Number> {
    Some(match stored {
        Stored::Signed(n) => Number::Signed(n),
        Stored::Unsigned(n) => Number::Unsigned(n),
        Stored::Float(n) => Number::Float(n),
        Stored::Duration(nanos) => Number::Duration(Duration::from_nanos(nanos)),
        Stored::Text { .. } | Stored::Bool(_) | Stored::Char(_) => return None,
    })
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Scratch {
    /// How many of the fields are metadata, and how many there was no room for.
    fn fill(&mut self, event: &Event<'_>, limits: &Limits) -> (u16, u16) {
        let mut left_out = 0u16;
        for (key, value) in event.all_metadata() {
            if key == OUTCOME {
                continue;
            }
            if self.fields.len() == MAX_FIELDS {
                left_out = left_out.saturating_add(1);
                continue;
            }
            let value = self.stored(value, limits);
            self.fields.push(Field { key, value });
        }
        let metadata = self.fields.len();
        for (key, measured) in event.measurements() {
            if TIMES.contains(&key) {
                continue;
            }
            let value = match measured {
                Number::Signed(n) => Stored::Signed(n),
                Number::Unsigned(n) => Stored::Unsigned(n),
                Number::Float(n) => Stored::Float(n),
                Number::Duration(time) => Stored::Duration(nanos(time)),
                _ => continue,
            };
            if self.fields.len() - metadata == MAX_FIELDS {
                left_out = left_out.saturating_add(1);
                continue;
            }
            self.fields.push(Field { key, value });
        }
        (metadata as u16, left_out)
    }

    fn stored(&mut self, value: Value<'_>, limits: &Limits) -> Stored {
        match value {
            Value::Signed(n) => Stored::Signed(n),
            Value::Unsigned(n) => Stored::Unsigned(n),
            Value::Float(n) => Stored::Float(n),
            Value::Bool(flag) => Stored::Bool(flag),
            Value::Char(one) => Stored::Char(one),
            Value::Duration(time) => Stored::Duration(nanos(time)),
            text => {
                let at = self.texts.len();
                let all = MAX_TEXTS * limits.text;
                let mut cut = Cutting {
                    texts: &mut self.texts,
                    left: limits.text.min(all.saturating_sub(at)),
                    is_cut: false,
                };
                match text {
                    Value::Str(text) => {
                        let _ = cut.write_str(text);
                    }
                    printed => quietly(|| {
                        let _ = write!(cut, "{printed}");
                    }),
                }
                Stored::Text {
                    at: at as u32,
                    len: (self.texts.len() - at) as u32,
                }
            }
        }
    }
}

/// Appends at most so many bytes.
struct Cutting<'t> {
    texts: &'t mut String,
    left: usize,
    is_cut: bool,
}

impl Write for Cutting<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.is_cut {
            return Err(fmt::Error);
        }
        let mut end = self.left.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.texts.push_str(&text[..end]);
        self.left -= end;
        if end < text.len() {
            self.is_cut = true;
            self.texts.push(CUT);
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

/// The most that one span's fields can take.
pub(super) fn most(text: usize) -> usize {
    super::account::allocation(2 * MAX_FIELDS * size_of::<Field>())
        + super::account::allocation(MAX_TEXTS * text + MAX_FIELDS * CUT.len_utf8())
}
