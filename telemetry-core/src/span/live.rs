//! A span that somebody observes: what it keeps from its start to its end.

use std::sync::{Arc, Mutex};

use once_cell::sync::OnceCell;

use super::added::Added;
use super::kept::Kept;
use super::{Parent, Span, SpanInfo, spare};
use crate::callsite_info::{Base, CallsiteInfo, Keys};
use crate::catalogue;
use crate::clock::{self, Moment};
use crate::context::{self, Current};
use crate::dispatch::dispatch;
use crate::slot::Slot;
use crate::{Callsite, Event, EventKind, EventName, Number, SpanContext, SpanName, Value};

pub(super) struct Live {
    pub(super) ends: Ends,
    pub(super) context: SpanContext,
    pub(super) parent: Option<SpanContext>,
    /// The scope of a test's captures in which it began.
    scope: u64,
    /// That of the start, in the order of its keys.
    pub(super) metadata: Kept,
    pub(super) started: Moment,
    /// Made in a destructor that runs while the thread unwinds: its own drop says nothing about
    /// a panic then.
    pub(super) made_while_panicking: bool,
    /// There from the first decoration or handle on: most spans have none.
    pub(super) added: OnceCell<Arc<Mutex<Added>>>,
}

/// With which event it ends.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    pub(super) stop: &'static Slot,
    /// `None` if it reports its completion only, however it came.
    pub(super) exception: Option<&'static Slot>,
    /// The start's, and `outcome`.
    pub(super) keys: &'static Keys<'static>,
}

impl std::fmt::Debug for Ends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Ends {
    /// The span's own name.
    pub(super) fn name(self) -> &'static str {
        let stop = self.stop.name();
        match self.exception {
            Some(_) => stop.strip_suffix(".stop").unwrap_or(stop),
            None => stop,
        }
    }

    /// The keys of the metadata that the span began with.
    fn start_keys(self) -> &'static [&'static str] {
        match self.keys.metadata {
            [start @ .., _outcome] => start,
            [] => &[],
        }
    }
}

impl Live {
    #[inline(always)]
    fn begin(
        start: Option<&'static Slot>,
        ends: Ends,
        parent: Parent,
        values: &[Option<Value<'_>>],
    ) -> Span {
        let above = parent.resolve();
        let context = SpanContext::below(above.span);
        if let Some(start) = start.filter(|start| start.is_observed(super::START)) {
            emit_start(start, ends, context, above, values);
        }
        // `monotonic_time` of the end must not be before the process's zero.
        clock::start();
        let mut live = spare::take().unwrap_or_else(|| Box::new(Self::nothing(ends, context)));
        live.ends = ends;
        live.context = context;
        live.parent = above.span;
        live.scope = above.scope;
        if !values.is_empty() {
            live.metadata.keep(values);
        }
        live.made_while_panicking = std::thread::panicking();
        // Last: copying the metadata is not the span's work either.
        live.started = Moment::now();
        Span {
            live: Some(live),
            passes: Current::AS_IT_IS,
        }
    }

    /// To be filled in.
    #[cold]
    fn nothing(ends: Ends, context: SpanContext) -> Self {
        Self {
            ends,
            context,
            parent: None,
            scope: 0,
            metadata: Kept::new(),
            started: clock::start(),
            made_while_panicking: false,
            added: OnceCell::new(),
        }
    }

    /// Lets go of everything that takes memory of its own.
    pub(super) fn empty(&mut self) {
        self.metadata.clear();
        self.added.take();
    }

    /// What is current while it runs.
    pub(super) fn current(&self) -> Current {
        Current::of(self.context, self.scope)
    }

    /// What it is decorated with.
    pub(super) fn added(&self) -> &Arc<Mutex<Added>> {
        self.added.get_or_init(Arc::default)
    }
}

#[cold]
fn emit_start(
    start: &'static Slot,
    ends: Ends,
    context: SpanContext,
    above: Current,
    values: &[Option<Value<'_>>],
) {
    // The process's zero first, as above.
    let zero = clock::start();
    let now = Moment::now();
    let _within = context::enter(Current::of(context, above.scope));
    dispatch(&Event {
        slot: start,
        keys: &Keys {
            measurements: &["monotonic_time", "system_time"],
            metadata: ends.start_keys(),
            base: Base::Nothing,
        },
        measurements: &[
            Some(Number::Duration(now.duration_since(zero))),
            Some(Number::Duration(clock::system_time())),
        ],
        metadata: values,
        span: Some(&SpanInfo {
            ends,
            kind: EventKind::SpanStart,
            context,
            parent: above.span,
            started: now,
            started_at: None,
            duration: None,
        }),
    });
}

/// What `span!` with a literal name calls when one of its gates is open.
#[inline(never)]
pub fn begin(
    [start, stop, exception]: [&'static Callsite; 3],
    parent: Parent,
    values: &[Option<Value<'_>>],
) -> Span {
    let ends = Ends {
        stop: stop.slot(),
        exception: Some(exception.slot()),
        keys: &stop.info().keys,
    };
    Live::begin(Some(start.slot()), ends, parent, values)
}

/// What `span!` with a run-time name calls when one of its gates is open.
#[inline(never)]
pub fn begin_named(
    name: SpanName,
    parent: Parent,
    infos: [&'static CallsiteInfo; 3],
    values: &[Option<Value<'_>>],
) -> Span {
    infos.into_iter().for_each(catalogue::met_at_run_time);
    let [_start, stop, _exception] = infos;
    let ends = Ends {
        stop: name.stop.slot,
        exception: Some(name.exception.slot),
        keys: &stop.keys,
    };
    Live::begin(Some(name.start.slot), ends, parent, values)
}

/// What `completion_span!` calls when its gate is open.
#[inline(never)]
pub fn begin_complete(
    callsite: &'static Callsite,
    parent: Parent,
    values: &[Option<Value<'_>>],
) -> Span {
    let ends = Ends {
        stop: callsite.slot(),
        exception: None,
        keys: &callsite.info().keys,
    };
    Live::begin(None, ends, parent, values)
}

/// What `completion_span!` with a run-time name calls when the name's gate is open.
#[inline(never)]
pub fn begin_complete_named(
    name: EventName,
    parent: Parent,
    info: &'static CallsiteInfo,
    values: &[Option<Value<'_>>],
) -> Span {
    catalogue::met_at_run_time(info);
    let ends = Ends {
        stop: name.slot,
        exception: None,
        keys: &info.keys,
    };
    Live::begin(None, ends, parent, values)
}

/// What the macros call when nobody observes the span.
#[inline]
pub fn unobserved(parent: Parent) -> Span {
    Span {
        live: None,
        passes: parent.resolve(),
    }
}
