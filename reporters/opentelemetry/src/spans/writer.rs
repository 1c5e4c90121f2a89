//! [`Writer`]: writes a span as it goes over the wire, `opentelemetry/proto/trace/v1`.

use telemetry::{Event, SpanInfo, Value};

use super::attribute;
use super::clock::Clock;
use super::convention::{Convention, Rules};
use super::ending::{Failure, Outcome};
use super::link;
use super::met::Met;
use super::plan::{ERROR_TYPE, Plan, Plans, SERVER_PORT};
use crate::proto::common::cut;
use crate::proto::writer::{bytes_even_empty, message, uint, varint, varint_len};

/// `ScopeSpans.spans`.
const SPANS: u8 = 2 << 3 | 2;

/// What stands before a span: its field's key, and its length in at most four bytes.
const HEAD: usize = 5;

/// Of each thread one, which keeps its memory.
#[derive(Debug, Default)]
pub(super) struct Writer {
    out: Vec<u8>,
    pub(super) plans: Plans,
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
        let met = Met::write_attributes(out, plan, event, outcome);
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
        let failure = Failure {
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
    let length = message(out, 5, |out| {
        let from = out.len();
        attribute::print(out, name);
        out.len() - from
    });
    if length == 0 {
        out.truncate(before);
    }
    length > 0
}
