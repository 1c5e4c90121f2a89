//! [`Met`]: goes through what a span tells, writes the attributes, and keeps what belongs elsewhere.

use std::ops::Range;

use telemetry::{Event, Value};

use super::attribute;
use super::convention::kind_named;
use super::ending::Outcome;
use super::link::Links;
use super::names::Part;
use super::plan::{Known, Plan};

/// As many attributes as the limits of the OpenTelemetry SDK allow.
const MOST_ATTRIBUTES: u32 = 128;

/// So many bytes of attributes; one that does not fit any more is left out. With everything else, a span
/// is smaller than 64 KiB.
const MOST_BYTES: usize = 40 * 1024;

/// What is met on the way and belongs elsewhere.
#[derive(Debug, Default)]
pub(super) struct Met<'e> {
    pub(super) reason: Option<Value<'e>>,
    pub(super) links: Links,
    pub(super) kind: Option<u8>,
    pub(super) name: Option<Value<'e>>,
    pub(super) status: Option<u64>,
    /// Of the host.
    pub(super) port: Option<u16>,
    /// Where in the output the texts lie of which the name is made.
    pub(super) verb: Range<usize>,
    pub(super) target: Range<usize>,
    /// What the span has of what it would otherwise be given.
    pub(super) filled: u8,
    /// How many attributes there is room for yet, beside those that are written afterwards.
    room: u32,
    pub(super) dropped: u32,
}

impl<'e> Met<'e> {
    /// All that is an attribute is written, and the rest kept.
    #[inline]
    pub(super) fn write_attributes(
        out: &mut Vec<u8>,
        plan: &mut Plan,
        event: &Event<'e>,
        outcome: Outcome,
    ) -> Self {
        let mut met = Self {
            room: MOST_ATTRIBUTES - plan.at_the_end(outcome),
            ..Self::default()
        };
        let mut cursor = 0;
        for (key, value) in event.all_metadata() {
            let known = plan.metadata(&mut cursor, key);
            met.metadata(out, known, &value, outcome);
        }
        let mut cursor = 0;
        for (key, number) in event.measurements() {
            let known = plan.measurement(&mut cursor, key);
            if known.part == Part::Nothing {
                continue;
            }
            met.attribute(out, known, |out| {
                attribute::number(out, &known.attribute, number);
            });
        }
        met
    }

    #[inline]
    fn metadata(&mut self, out: &mut Vec<u8>, known: &Known, value: &Value<'e>, outcome: Outcome) {
        let key = &known.attribute;
        match known.part {
            Part::Attribute => {
                self.attribute(out, known, |out| attribute::value(out, key, value));
            }
            Part::Verb => self.verb = self.text(out, known, value),
            Part::Target => self.target = self.text(out, known, value),
            Part::Method => match value.as_str() {
                // As the convention calls it.
                Some("OTHER" | "_OTHER") => {
                    self.text(out, known, &Value::Str("_OTHER"));
                }
                _ => self.verb = self.text(out, known, value),
            },
            Part::Route => {
                if value.as_str() != Some("unmatched") {
                    self.target = self.text(out, known, value);
                }
            }
            Part::Version => {
                if value.as_str() != Some("other") {
                    self.text(out, known, value);
                }
            }
            Part::Host => self.host(out, known, value),
            Part::Status => {
                self.status = value.as_u64();
                self.attribute(out, known, |out| attribute::value(out, key, value));
            }
            Part::Reason if outcome.is_failure() => self.reason = Some(*value),
            Part::Link => match Links::of(out, value) {
                Some(links) => self.links = links,
                None => {
                    self.attribute(out, known, |out| attribute::value(out, key, value));
                }
            },
            _ => self.rest(out, known, value, outcome),
        }
    }

    /// What is seldom there.
    fn rest(&mut self, out: &mut Vec<u8>, known: &Known, value: &Value<'e>, outcome: Outcome) {
        let is_told_elsewhere = match known.part {
            Part::Outcome => outcome.is_told_by_status(),
            Part::PanicKind => outcome == Outcome::Panic,
            Part::Kind => {
                self.kind = value.as_str().and_then(kind_named);
                self.kind.is_some()
            }
            Part::Name => {
                self.name = Some(*value);
                true
            }
            _ => false,
        };
        if !is_told_elsewhere {
            self.attribute(out, known, |out| {
                attribute::value(out, &known.attribute, value);
            });
        }
    }

    /// A host, and its port, if it has one.
    fn host(&mut self, out: &mut Vec<u8>, known: &Known, value: &Value<'e>) {
        let Some(host) = value.as_str() else {
            self.attribute(out, known, |out| {
                attribute::value(out, &known.attribute, value);
            });
            return;
        };
        if host == "other" {
            return;
        }
        let port = host.rsplit_once(':').and_then(|(name, port)| {
            // An address of version 6 has colons itself.
            let is_whole = !name.contains(':') || name.ends_with(']');
            is_whole.then_some((name, port.parse::<u16>().ok()?))
        });
        let (name, port) = port.map_or((host, None), |(name, port)| (name, Some(port)));
        self.attribute(out, known, |out| {
            attribute::text(out, &known.attribute, name);
        });
        self.port = port;
    }

    #[inline]
    fn attribute(
        &mut self,
        out: &mut Vec<u8>,
        known: &Known,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> bool {
        let is_there = self.limited(out, write);
        if is_there {
            self.filled |= known.fills;
        }
        is_there
    }

    /// An attribute that is a text, whatever the value; where that text lies.
    #[inline]
    fn text(&mut self, out: &mut Vec<u8>, known: &Known, value: &Value<'_>) -> Range<usize> {
        let mut length = 0;
        let is_there = self.attribute(out, known, |out| {
            length = attribute::as_text(out, &known.attribute, value);
        });
        match is_there {
            true => out.len() - length..out.len(),
            false => 0..0,
        }
    }

    /// Whether there was room.
    #[inline]
    fn limited(&mut self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        if self.room > 0 {
            let before = out.len();
            write(out);
            if out.len() <= MOST_BYTES {
                self.room -= 1;
                return true;
            }
            out.truncate(before);
        }
        self.dropped += 1;
        false
    }
}
