//! The handler: asks whether a span is sampled, and hands it over.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use telemetry::{AttachError, AttachGuard, Event};

use super::clock::Clock;
use super::convention::Convention;
use super::queue::SpanQueue;
use super::writer::Writer;
use crate::sampling::{Decision, Sampler};

/// Which spans are recorded, and how.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpanSettings {
    pub(crate) sampler: Sampler,
    /// Prefixes of spans' names, and what these follow.
    pub(crate) conventions: Vec<(String, Convention)>,
}

/// Begins to record spans into the queue, until the guard is dropped; `None` if there are none to
/// record, so that they cost nothing.
pub(crate) fn attach(
    settings: SpanSettings,
    queue: Arc<SpanQueue>,
) -> Result<Option<AttachGuard>, AttachError> {
    let recorder = Recorder::new(settings, queue);
    if recorder.decision == Decision::None {
        return Ok(None);
    }
    let id = format!("opentelemetry-spans-{}", recorder.id);
    let attached = telemetry::attach_spans(id, move |event| recorder.record(event))?;
    Ok(Some(attached.guard()))
}

#[derive(Debug)]
pub(super) struct Recorder {
    /// What threads tell its plans by.
    id: u64,
    decision: Decision,
    conventions: Box<[(String, Convention)]>,
    queue: Arc<SpanQueue>,
}

/// One for all: it is one system.
static CLOCK: Clock = Clock::new();

thread_local! {
    /// Taken out while it is at work: what prints itself may end a span meanwhile.
    static WRITER: Cell<Option<Box<Writer>>> = const { Cell::new(None) };
}

impl Recorder {
    pub(super) fn new(settings: SpanSettings, queue: Arc<SpanQueue>) -> Self {
        static IDS: AtomicU64 = AtomicU64::new(1);
        Self {
            id: IDS.fetch_add(1, Ordering::Relaxed),
            decision: settings.sampler.decision(),
            conventions: settings.conventions.into(),
            queue,
        }
    }

    #[inline]
    pub(super) fn record(&self, event: &Event<'_>) {
        let Some(span) = event.span() else {
            return;
        };
        if !self.decision.keeps(&span.context()) || !event.kind().is_span_end() {
            return;
        }
        // While the thread ends there may be none any more.
        let kept = WRITER.try_with(Cell::take).ok().flatten();
        let mut writer = kept.unwrap_or_default();
        let encoded = writer.write(self.id, &self.conventions, &CLOCK, event, span);
        self.queue.push(encoded);
        writer.tidy();
        let _ = WRITER.try_with(|place| place.set(Some(writer)));
    }
}

/// How many keys this thread keeps of the place that has most.
#[cfg(test)]
pub(super) fn most_keys() -> usize {
    let writer = WRITER.take();
    let keys = writer.as_ref().map_or(0, |writer| writer.plans.most_keys());
    WRITER.set(writer);
    keys
}
