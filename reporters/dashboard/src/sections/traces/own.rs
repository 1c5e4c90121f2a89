//! [`Own`]: requests to the dashboard itself, which say nothing about the program.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use telemetry::{SpanContext, SpanId, TraceId};
use telemetry_traces::TraceSummary;

/// So many are remembered; a store of traces seldom has more of them.
const MOST: usize = 4_096;

/// The spans of requests to the dashboard, where its host traces requests.
#[derive(Debug, Default)]
pub(crate) struct Own(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    order: VecDeque<(TraceId, SpanId)>,
    all: HashSet<(TraceId, SpanId)>,
}

impl Own {
    /// The span that is current is that of a request to the dashboard.
    pub(crate) fn note(&self) {
        let Some(context) = SpanContext::current() else {
            return;
        };
        let id = (context.trace_id(), context.span_id());
        let mut noted = self.lock();
        if noted.all.insert(id) {
            noted.order.push_back(id);
        }
        if noted.order.len() > MOST {
            if let Some(oldest) = noted.order.pop_front() {
                noted.all.remove(&oldest);
            }
        }
    }

    /// Whether a trace is about nothing but such a request. One that began elsewhere, and came by, is
    /// not.
    pub(super) fn began(&self, trace: &TraceSummary) -> bool {
        let id = (trace.id(), trace.root().span_id());
        self.lock().all.contains(&id)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_remembers_each_once_and_not_all() {
        let own = Own::default();
        own.note();
        assert_eq!(own.lock().order.len(), 0, "no span is current");
        let first = SpanContext::new_root();
        for _ in 0..2 {
            first.in_scope(|| own.note());
        }
        assert_eq!(own.lock().order.len(), 1);
        for _ in 0..MOST {
            SpanContext::new_root().in_scope(|| own.note());
        }
        let noted = own.lock();
        assert_eq!((noted.order.len(), noted.all.len()), (MOST, MOST));
        assert!(!noted.all.contains(&(first.trace_id(), first.span_id())));
    }
}
