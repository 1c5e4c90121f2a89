//! [`Writer`]: writes a span as it goes over the wire, `opentelemetry/proto/trace/v1`.

use std::ops::Range;

use telemetry::{Event, SpanInfo, Value};

use super::attribute;
use super::clock::Clock;
use super::convention::{Convention, Rules, kind_named};
use super::ending::{self, Outcome};
use super::link::{self, Links};
use super::names::Part;
use super::plan::{ERROR_TYPE, Known, Plan, Plans, SERVER_PORT};
use crate::proto::common::cut;
use crate::proto::writer::{bytes_even_empty, uint, varint, varint_len};

/// As many attributes as the limits of the OpenTelemetry SDK allow.
const MOST_ATTRIBUTES: u32 = 128;

/// So many bytes of attributes; one that does not fit any more is left out. With everything else, a span
/// is smaller than 64 KiB.
const MOST_BYTES: usize = 40 * 1024;

/// `ScopeSpans.spans`.
const SPANS: u8 = 2 << 3 | 2;

/// What stands before a span: its field's key, and its length in at most four bytes.
const HEAD: usize = 5;

/// Of each thread one, which keeps its memory.
#[derive(Debug, Default)]
pub(super) struct Writer {
    out: Vec<u8>,
    plans: Plans,
}

/// What is met on the way and belongs elsewhere.
#[derive(Debug, Default)]
struct Met<'e> {
    reason: Option<Value<'e>>,
    links: Links,
    kind: Option<u8>,
    name: Option<Value<'e>>,
    status: Option<u64>,
    /// Of the host.
    port: Option<u16>,
    /// Where in the output the texts lie of which the name is made.
    verb: Range<usize>,
    target: Range<usize>,
    /// What the span has of what it would otherwise be given.
    filled: u8,
    attributes: u32,
    dropped: u32,
}

impl Writer {
    /// The span that `event` ends, with the key of the field that it is and its length.
    #[inline]
    pub(super) fn write(
        &mut self,
        recorder: u64,
        conventions: &[(String, Convention)],
        clock: &Clock,
        event: &Event<'_>,
        span: &SpanInfo,
    ) -> &[u8] {
        let Self { out, plans } = self;
        let plan = plans.of(recorder, conventions, event);
        out.clear();
        out.extend_from_slice(&[0; HEAD]);
        let ended = plan
            .ended
            .and_then(|at| event.measurement_at(at)?.as_duration());
        let times = clock.times(span, ended);
        write_head(out, span, times);
        let outcome = Outcome::of(plan.outcome.and_then(|at| event.metadata_at(at)));
        let met = write_attributes(out, plan, event, outcome);
        write_tail(out, plan, span, outcome, times.1, &met);
        // The length is known now, and stands right before what it counts.
        let length = out.len() - HEAD;
        let size = varint_len(length as u64);
        let begin = HEAD - size - 1;
        out[begin] = SPANS;
        let mut rest = length;
        for byte in &mut out[begin + 1..HEAD] {
            *byte = rest as u8 | 0x80;
            rest >>= 7;
        }
        out[HEAD - 1] &= 0x7f;
        &out[begin..]
    }

    /// Memory that one large span took is not kept for ever.
    pub(super) fn tidy(&mut self) {
        const KEPT: usize = 16 * 1024;
        if self.out.capacity() > 2 * KEPT {
            self.out.clear();
            self.out.shrink_to(KEPT);
        }
    }
}

/// Ids, flags and times.
#[inline]
fn write_head(out: &mut Vec<u8>, span: &SpanInfo, (start, end): (u64, u64)) {
    let context = span.context();
    let parent = span.parent();
    let mut flags = u32::from(context.is_sampled()) | IS_REMOTE_IS_KNOWN;
    if parent.is_some_and(|parent| parent.is_remote()) {
        flags |= PARENT_IS_REMOTE;
    }
    // One piece of a known size: put together here, and copied at once.
    let mut head = [0; 62];
    head[..2].copy_from_slice(&[1 << 3 | 2, 16]);
    head[2..18].copy_from_slice(&context.trace_id().to_bytes());
    head[18..20].copy_from_slice(&[2 << 3 | 2, 8]);
    head[20..28].copy_from_slice(&context.span_id().to_bytes());
    head[28] = 7 << 3 | 1;
    head[29..37].copy_from_slice(&start.to_le_bytes());
    head[37] = 8 << 3 | 1;
    head[38..46].copy_from_slice(&end.to_le_bytes());
    // `flags` has the number 16, and so a key of two bytes.
    head[46..48].copy_from_slice(&[0x80 | 5, 1]);
    head[48..52].copy_from_slice(&flags.to_le_bytes());
    let size = match parent {
        Some(parent) => {
            head[52..54].copy_from_slice(&[4 << 3 | 2, 8]);
            head[54..].copy_from_slice(&parent.span_id().to_bytes());
            62
        }
        None => 52,
    };
    out.extend_from_slice(&head[..size]);
}

const IS_REMOTE_IS_KNOWN: u32 = 0x100;
const PARENT_IS_REMOTE: u32 = 0x200;

#[inline]
fn write_attributes<'e>(
    out: &mut Vec<u8>,
    plan: &mut Plan,
    event: &Event<'e>,
    outcome: Outcome,
) -> Met<'e> {
    let mut met = Met::default();
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
            attribute::number(out, &known.attribute, number)
        });
    }
    met
}

impl<'e> Met<'e> {
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
                attribute::value(out, &known.attribute, value)
            });
        }
    }

    /// A host, and its port, if it has one.
    fn host(&mut self, out: &mut Vec<u8>, known: &Known, value: &Value<'e>) {
        let Some(host) = value.as_str() else {
            self.attribute(out, known, |out| {
                attribute::value(out, &known.attribute, value)
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
            attribute::text(out, &known.attribute, name)
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
        if self.attributes < MOST_ATTRIBUTES {
            let before = out.len();
            write(out);
            if out.len() <= MOST_BYTES {
                self.attributes += 1;
                return true;
            }
            out.truncate(before);
        }
        self.dropped += 1;
        false
    }
}

/// Name, kind, status, and what the attributes have been read for.
#[inline]
fn write_tail(
    out: &mut Vec<u8>,
    plan: &Plan,
    span: &SpanInfo,
    outcome: Outcome,
    end: u64,
    met: &Met<'_>,
) {
    for (bit, whole) in &plan.always {
        if met.filled & bit == 0 {
            out.extend_from_slice(whole);
        }
    }
    if let Some(port) = met.port.filter(|_| met.filled & SERVER_PORT == 0) {
        attribute::int(out, &attribute::SERVER_PORT, port.into());
    }
    out.extend_from_slice(&[6 << 3, met.kind.unwrap_or(plan.rules.kind())]);
    write_name(out, plan.rules, span, met);
    uint(out, 10, met.dropped.into());
    link::write(out, &met.links);
    if outcome.is_failure() {
        let failure = ending::Failure {
            rules: plan.rules,
            is_panic: outcome == Outcome::Panic,
            reason: met.reason,
            status: met.status,
            has_type: met.filled & ERROR_TYPE != 0,
            end,
        };
        failure.write(out);
    }
}

const NAME: u8 = 5 << 3 | 2;

#[inline]
fn write_name(out: &mut Vec<u8>, rules: Rules, span: &SpanInfo, met: &Met<'_>) {
    if let Some(name) = met.name {
        if write_own_name(out, &name) {
            return;
        }
    }
    let fixed = match rules {
        // The method is not known.
        Rules::Server | Rules::Client if met.verb.is_empty() => Some("HTTP"),
        _ => rules.verb(),
    };
    let (verb, target) = (met.verb.clone(), met.target.clone());
    let length = fixed.map_or(verb.len(), str::len);
    match (length, target.len()) {
        (0, 0) => bytes_even_empty(out, 5, span.name().as_bytes()),
        (length, more) => {
            let space = usize::from(length > 0 && more > 0);
            out.push(NAME);
            varint(out, (length + space + more) as u64);
            match fixed {
                Some(fixed) => out.extend_from_slice(fixed.as_bytes()),
                None => out.extend_from_within(verb),
            }
            if space > 0 {
                out.push(b' ');
            }
            out.extend_from_within(target);
        }
    }
}

/// `otel.name`; `false` if it is empty.
#[cold]
fn write_own_name(out: &mut Vec<u8>, name: &Value<'_>) -> bool {
    let before = out.len();
    if let Some(text) = name.as_str() {
        bytes_even_empty(out, 5, cut(text).as_bytes());
        return !text.is_empty() || {
            out.truncate(before);
            false
        };
    }
    let length = crate::proto::writer::message(out, 5, |out| {
        let from = out.len();
        attribute::print(out, name);
        out.len() - from
    });
    if length == 0 {
        out.truncate(before);
    }
    length > 0
}
