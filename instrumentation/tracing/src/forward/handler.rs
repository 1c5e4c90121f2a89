//! The handler that forwards.
//!
//! What costs comes last: first the level, then the cached interest of the callsite, then the
//! subscriber's own word, and only then is anything printed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use telemetry::{Event, EventKind, SpanInfo};
use tracing::field::display;
use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing::span::Id;
use tracing::{Dispatch, Level, Metadata, Span, dispatcher};

use super::callsite::{Callsite, Place, own};
use super::callsites;
use super::fields::{Field, Raws, Values, nanoseconds};
use super::levels::Levels;
use super::open::{self, Opened};
use super::subscriber;
use crate::guard;

#[derive(Debug)]
pub(super) struct Forwarder {
    /// Tells it from all others.
    number: u64,
    levels: Levels,
    exceptions: Level,
    target: Option<&'static str>,
    spans: bool,
    ids: bool,
}

impl Forwarder {
    pub(super) fn new(
        levels: Levels,
        exceptions: Level,
        target: Option<&'static str>,
        spans: bool,
        ids: bool,
    ) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self {
            number: LAST.fetch_add(1, Ordering::Relaxed) + 1,
            levels,
            exceptions,
            target,
            spans,
            ids,
        }
    }

    pub(super) fn handle(&self, event: &Event<'_>) {
        if guard::is_taken_in(event.name()) {
            return;
        }
        guard::forwarding(|| match (event.kind(), event.span()) {
            (EventKind::SpanStart, Some(info)) if self.spans => self.begin(event, info),
            (EventKind::SpanStop | EventKind::SpanException, Some(info)) => self.end(event, info),
            (_, Some(info)) => self.emit(event, || Above::parent(info)),
            (_, None) => self.emit(event, || Above::current(event)),
        });
    }

    /// Makes a `tracing` span of ours.
    fn begin(&self, event: &Event<'_>, info: &SpanInfo) {
        let Some(place) = self.place(info.name(), self.levels.of(event.name()), true) else {
            return;
        };
        let context = info.context();
        // Another that forwards may have been quicker.
        if open::is_known(&context) {
            return;
        }
        let above = Above::parent(info);
        let Some((raws, callsite)) = callsite_for(place, event, &above) else {
            return;
        };
        let mut opened = None;
        above.run(&mut |dispatch, parent| {
            let Some(mut values) = wanted(dispatch, callsite, &raws, info.name()) else {
                return;
            };
            if self.ids {
                values.set(own::TRACE_ID, Field::TraceId(display(context.trace_id())));
                values.set(own::SPAN_ID, Field::SpanId(display(context.span_id())));
            }
            let metadata = callsite.metadata();
            let values = values.as_values();
            let values = metadata.fields().value_set_all(&values);
            let span = match parent {
                Some(_) => Span::child_of_with(above.parent_of_next(), metadata, &values, dispatch),
                None => Span::new_with(metadata, &values, dispatch),
            };
            let outside = dispatch.current_span().id().cloned();
            opened = Some(Opened::new(span, above.opened(), outside, self.number));
        });
        // Outside of the subscriber's call: another span may have to be closed for it.
        if let Some(opened) = opened {
            open::insert(&context, opened);
        }
    }

    /// Emits the end of a span of ours as an event in the `tracing` span made of it, and closes
    /// that.
    fn end(&self, event: &Event<'_>, info: &SpanInfo) {
        let Some(own) = open::remove(&info.context(), self.number) else {
            return self.emit(event, || Above::parent(info));
        };
        self.emit(event, || Above::Inside(own.clone()));
        record_end(own.span(), event, info);
    }

    fn emit(&self, event: &Event<'_>, above: impl FnOnce() -> Above) {
        let level = if is_exception(event) {
            self.exceptions
        } else {
            self.levels.of(event.name())
        };
        let Some(place) = self.place(event.name(), level, false) else {
            return;
        };
        let above = above();
        let Some((raws, callsite)) = callsite_for(place, event, &above) else {
            return;
        };
        above.run(&mut |dispatch, parent| {
            let Some(mut values) = wanted(dispatch, callsite, &raws, event.name()) else {
                return;
            };
            values.set(own::MESSAGE, Field::Str(event.name()));
            let metadata = callsite.metadata();
            let values = values.as_values();
            let values = metadata.fields().value_set_all(&values);
            dispatch.event(&match parent {
                Some(parent) => tracing::Event::new_child_of(parent, metadata, &values),
                None => tracing::Event::new(metadata, &values),
            });
        });
    }

    /// `None` if no subscriber wants it: two comparisons for the level, and what the callsite, if
    /// there is one already, has been told.
    fn place(&self, name: &'static str, level: Level, is_span: bool) -> Option<Place> {
        if level > STATIC_MAX_LEVEL || level > LevelFilter::current() {
            return None;
        }
        let place = Place {
            name,
            target: self.target,
            level,
            is_span,
        };
        let is_unwanted = callsites::find(place).is_some_and(Callsite::is_unwanted);
        (!is_unwanted).then_some(place)
    }
}

/// It may be any thread that drops the handler last, in the midst of anything.
impl Drop for Forwarder {
    fn drop(&mut self) {
        open::close_all(self.number);
    }
}

fn is_exception(event: &Event<'_>) -> bool {
    match event.kind() {
        EventKind::SpanException => true,
        EventKind::SpanComplete => event.metadata_is("outcome", "panic"),
        _ => false,
    }
}

/// The callsite with all the fields of this event; `None` if no subscriber wants it.
///
/// `tracing` may ask only the subscriber of the thread on which a callsite is first met, and cache
/// its answer for all threads. So a callsite is never first met where there is none.
fn callsite_for<'e>(
    place: Place,
    event: &Event<'e>,
    above: &Above,
) -> Option<(Raws<'e>, &'static Callsite)> {
    let is_nobody_here = subscriber::is_nobody_here();
    let elsewhere = above.opened().map(Opened::span);
    if is_nobody_here && elsewhere.is_none() {
        return None;
    }
    let raws = Raws::of(event);
    let callsite = callsites::with_all(place, raws.sources());
    let interest = match elsewhere {
        Some(span) if is_nobody_here => span
            .with_subscriber(|(_, dispatch)| subscriber::with(dispatch, || callsite.interest()))?,
        _ => callsite.interest(),
    };
    (!interest.is_never()).then_some((raws, callsite))
}

/// The values, if this subscriber wants them.
///
/// It is asked even if it always does: per-layer filters keep their answer for the event that
/// follows, and an old one of another event would be taken for it. For the same reason it is asked
/// again when printing has run code that may have emitted something.
fn wanted<'e>(
    dispatch: &Dispatch,
    callsite: &'static Callsite,
    raws: &Raws<'e>,
    name: &str,
) -> Option<Values<'e>> {
    let metadata: &'static Metadata<'static> = callsite.metadata();
    if !dispatch.enabled(metadata) {
        return None;
    }
    let values = raws.values(callsite, name);
    (!raws.runs_code() || dispatch.enabled(metadata)).then_some(values)
}

/// The fields of a span that are known at its end only.
fn record_end(span: &Span, event: &Event<'_>, info: &SpanInfo) {
    let Some(metadata) = span.metadata() else {
        return;
    };
    let mut values = Values::none(metadata);
    if let Some(time) = info.duration() {
        values.set(own::DURATION, Field::time(time));
        values.set(own::DURATION_NS, Field::Unsigned(nanoseconds(time)));
    }
    for (at, key) in [(own::OUTCOME, "outcome"), (own::REASON, "reason")] {
        if let Some(value) = event.metadata(key) {
            values.set(at, Field::from(value));
        }
    }
    span.record_all(&metadata.fields().value_set_all(&values.as_values()));
}

/// Which `tracing` span something belongs to.
enum Above {
    /// The one made of this very span.
    Inside(Arc<Opened>),
    /// The one made of the span above, or what has been entered in `tracing` since.
    Below(Arc<Opened>),
    /// What is current in `tracing`.
    Theirs,
}

impl Above {
    fn parent(info: &SpanInfo) -> Self {
        let opened = info.parent().and_then(|parent| open::find(&parent));
        opened.map_or(Self::Theirs, Self::Below)
    }

    fn current(event: &Event<'_>) -> Self {
        let opened = event.context().and_then(|context| open::find(&context));
        opened.map_or(Self::Theirs, Self::Below)
    }

    fn opened(&self) -> Option<&Opened> {
        match self {
            Self::Inside(opened) | Self::Below(opened) => Some(opened),
            Self::Theirs => None,
        }
    }

    /// What a span made here is a child of, if it has to be named.
    fn parent_of_next(&self) -> Option<Id> {
        self.opened()
            .and_then(|opened| opened.parent_of_next().id())
    }

    /// Runs `work` with the subscriber that has the span, and the span if it has to be named.
    fn run(&self, work: &mut dyn FnMut(&Dispatch, Option<Id>)) {
        match self {
            Self::Inside(opened) => {
                opened
                    .span()
                    .with_subscriber(|(id, dispatch)| work(dispatch, Some(id.clone())));
            }
            Self::Below(opened) => {
                opened.span().with_subscriber(|(id, dispatch)| {
                    let parent = opened.is_innermost(dispatch).then(|| id.clone());
                    work(dispatch, parent);
                });
            }
            Self::Theirs => dispatcher::get_default(|dispatch| work(dispatch, None)),
        }
    }
}
