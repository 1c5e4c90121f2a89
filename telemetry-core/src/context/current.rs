//! What is current on a thread, and how it comes and goes.
//!
//! Each thread has one [`Current`] in a cell, so looking at it costs a few moves, and a stack of
//! what was current before. Entering pushes, leaving pops. Two things make it more than a stack:
//!
//! - Guards may be dropped in any order. Leaving an entry in the middle takes just that one out;
//!   what is on top stays current.
//! - A future may keep a guard of its own over an `.await` (on a single-threaded executor, as the
//!   guard is not `Send`). When the poll ends, everything that was entered during it is left, so
//!   that nothing leaks into the task that is polled next.

use std::cell::Cell;
use std::marker::PhantomData;

use super::ids::SpanId;
use super::{SpanContext, source, stack};
use crate::testing::scopes;

/// What travels with the code that runs: the span, and the scope of a test's captures.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Current {
    pub(crate) span: Option<SpanContext>,
    /// A number that `testing` knows; 0 outside of every capture.
    pub(crate) scope: u64,
    /// What the source hook answered when this was entered; see `set_context_source`.
    source: Option<SpanId>,
}

impl Current {
    pub(crate) const NOTHING: Self = Self {
        span: None,
        scope: 0,
        source: None,
    };

    /// Not to be entered: whatever is current stays. An `Option` around this would not be copied
    /// as fast.
    pub(crate) const AS_IT_IS: Self = Self {
        scope: u64::MAX,
        ..Self::NOTHING
    };

    #[inline]
    fn is_as_it_is(&self) -> bool {
        self.scope == u64::MAX
    }

    pub(crate) fn with_span(self, span: Option<SpanContext>) -> Self {
        Self { span, ..self }
    }

    /// A span in this scope, or in the one that is current where it is entered.
    pub(crate) fn of(span: SpanContext, scope: u64) -> Self {
        Self {
            span: Some(span),
            scope,
            source: None,
        }
    }
}

thread_local! {
    /// Without a destructor, so that it can be read while the thread ends.
    static CURRENT: Cell<Current> = const { Cell::new(Current::NOTHING) };
}

/// What is current here, or what the source hook says if that is further inside.
#[inline]
pub(crate) fn current() -> Current {
    let own = CURRENT.get();
    match source::ask() {
        Some(theirs) if own.source != Some(theirs.span_id()) => Current {
            span: Some(theirs),
            ..own
        },
        _ => own,
    }
}

/// What is current here, without asking the source hook.
pub(crate) fn own() -> Current {
    CURRENT.get()
}

/// What is current here, in a scope as well.
pub(crate) fn within(scope: u64) -> Current {
    Current { scope, ..current() }
}

/// Makes whatever runs on this thread belong to a scope as well, from now on: also what is left
/// to be current when the guards that live now are gone.
pub(crate) fn adopt_thread(scope: u64) {
    let adopted = |current: Current| Current {
        scope: both(current.scope, scope),
        ..current
    };
    CURRENT.set(adopted(CURRENT.get()));
    stack::change(|entries| {
        for entry in entries {
            entry.before = adopted(entry.before);
        }
    });
}

/// The scope of what belongs to two. Only tests come here.
#[cold]
fn both(scope: u64, other: u64) -> u64 {
    match (scope, other) {
        (0, scope) | (scope, 0) => scope,
        (scope, other) => scopes::union(scope, other),
    }
}

/// Makes something current until the guard is dropped. A scope that is current already stays, so
/// what belongs to another belongs to both.
#[inline]
pub(crate) fn enter(mut next: Current) -> Entered {
    let before = CURRENT.get();
    if next.is_as_it_is() {
        next = before;
    } else {
        if next.scope != before.scope {
            next.scope = both(next.scope, before.scope);
        }
        next.source = source::ask().map(|theirs| theirs.span_id());
    }
    let number = stack::push(before);
    CURRENT.set(next);
    Entered {
        number,
        of_this_thread: PhantomData,
    }
}

/// Something is current as long as this lives. Bound to its thread.
#[derive(Debug)]
pub(crate) struct Entered {
    number: u64,
    of_this_thread: PhantomData<*const ()>,
}

impl Drop for Entered {
    #[inline]
    fn drop(&mut self) {
        match stack::pop(self.number) {
            Some(before) => CURRENT.set(before),
            None => leave_in_the_middle(self.number),
        }
    }
}

/// As [`enter`], for one poll of a future: when the guard is dropped, everything that was entered
/// since is left, too.
#[inline]
pub(crate) fn enter_all(next: Current) -> EnteredAll {
    let entered = enter(next);
    EnteredAll {
        _since: Since(Some(entered.number)),
        _entered: entered,
    }
}

/// As [`enter_all`], but enters nothing if this is current already, which is what happens to futures
/// of spans that nobody observes.
#[inline(always)]
pub(crate) fn enter_all_unless_current(next: Current) -> Within {
    if is_current(next) {
        Within::Stayed(Since(stack::last()))
    } else {
        Within::Entered(enter_all(next))
    }
}

/// Whether entering this would change nothing: it is what code here finds to be current.
#[inline(always)]
pub(crate) fn is_current(next: Current) -> bool {
    next.is_as_it_is() || {
        let own = CURRENT.get();
        next == own && source::ask().is_none_or(|theirs| own.source == Some(theirs.span_id()))
    }
}

/// See [`enter_all`]. What was entered since is left first.
#[derive(Debug)]
pub(crate) struct EnteredAll {
    _since: Since,
    _entered: Entered,
}

/// See [`enter_all_unless_current`].
#[derive(Debug)]
#[expect(dead_code, reason = "kept to be dropped")]
pub(crate) enum Within {
    Entered(EnteredAll),
    Stayed(Since),
}

/// When this is dropped, all entries are left that are later than this one.
#[derive(Debug)]
pub(crate) struct Since(Option<u64>);

impl Drop for Since {
    #[inline]
    fn drop(&mut self) {
        // Later ones have higher numbers.
        if stack::last() > self.0 {
            leave_all_since(self.0);
        }
    }
}

#[cold]
fn leave_all_since(last: Option<u64>) {
    stack::change(|entries| {
        let later = entries.iter().position(|entry| Some(entry.number) > last);
        if let Some(at) = later {
            CURRENT.set(entries[at].before);
            entries.truncate(at);
        }
    });
}

/// Takes one entry out from under others; what is current stays.
#[cold]
fn leave_in_the_middle(number: u64) {
    stack::change(|entries| {
        if let Some(at) = entries.iter().position(|entry| entry.number == number) {
            let gone = entries.remove(at);
            // The one above now returns to what was below.
            if let Some(above) = entries.get_mut(at) {
                above.before = gone.before;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TraceId;
    use proptest::prelude::*;

    fn some(n: u64) -> Current {
        let ids = TraceId::new(1).zip(SpanId::new(n));
        let span = ids.map(|(trace, span)| SpanContext::new(trace, span, true));
        Current::NOTHING.with_span(span)
    }

    fn is_current(n: u64) -> bool {
        current().span == some(n).span
    }

    #[test]
    fn what_a_future_left_entered_ends_with_its_poll() {
        let poll = enter_all(some(1));
        let kept_over_an_await = enter(some(2));
        drop(poll);
        assert_eq!(current(), Current::NOTHING);
        let other_task = enter(some(3));
        drop(kept_over_an_await);
        assert!(is_current(3));
        drop(other_task);
        assert_eq!(current(), Current::NOTHING);
    }

    #[test]
    fn a_thread_that_is_adopted_is_also_when_all_that_was_entered_before_is_left() {
        let outer = enter(some(1));
        let inner = enter(some(2));
        let captured = crate::testing::capture("current.test");
        let scope = own().scope;
        assert!(scope != 0 && is_current(2));
        drop(inner);
        assert!(own().scope == scope && is_current(1));
        drop(outer);
        assert_eq!(own().scope, scope);
        // What belonged to nothing belongs to the thread where it is entered.
        let _entered = enter(some(3));
        assert!(own().scope == scope && is_current(3));
        drop(captured);
    }

    proptest! {
        /// In whatever order guards are dropped, the youngest that is alive is current.
        #[test]
        fn guards_may_be_dropped_in_any_order(steps in prop::collection::vec(any::<prop::sample::Index>(), 1..40)) {
            let mut alive: Vec<(u64, Entered)> = Vec::new();
            let mut count = 0;
            for step in steps {
                let at = step.index(alive.len() + 2);
                if at < alive.len() {
                    drop(alive.remove(at));
                } else {
                    count += 1;
                    alive.push((count, enter(some(count))));
                }
                prop_assert!(is_current(alive.last().map_or(0, |(n, _)| *n)));
            }
            while !alive.is_empty() {
                alive.remove(0);
                prop_assert!(is_current(alive.last().map_or(0, |(n, _)| *n)));
            }
            prop_assert_eq!(current(), Current::NOTHING);
        }
    }
}
