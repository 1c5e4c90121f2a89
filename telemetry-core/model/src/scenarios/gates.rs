//! Gates end up saying what the slot's list says, whoever wins which race.

use std::sync::Arc;

use loom::thread::spawn;

use crate::gate::Behind;
use crate::handler::Handler;
use crate::slot::Slot;
use crate::world::{gate, is_observed, ran, slots};

fn handler(number: u64, spans_only: bool) -> Arc<Handler> {
    Arc::new(Handler::new(number).for_span_ends(spans_only))
}

fn assert_says(slot: &'static Slot, behind: Behind, open: bool) {
    assert_eq!(gate().is_open(), open, "the callsite's gate");
    assert_eq!(slot.is_observed(behind), open, "the slot's own gate");
    let says = gate().is_open_or(|| panic!("registered, so it has an answer"));
    assert_eq!(says, open, "the callsite's gate");
}

/// Whether a list with one such handler opens such a gate.
fn opens(behind: Behind, spans_only: bool) -> bool {
    behind == Behind::SpanEnd || !spans_only
}

/// The callsite runs for the first time, on two threads, while a third adds a handler.
pub(crate) fn registered_and_added(behind: Behind, spans_only: bool) {
    let [slot, _] = slots();
    let other = spawn(move || is_observed(slot, behind));
    let adder = spawn(move || slot.add(handler(1, spans_only)));
    is_observed(slot, behind);
    other.join().unwrap();
    adder.join().unwrap();
    assert_says(slot, behind, opens(behind, spans_only));
    // It is kept, so that later changes reach it, too.
    drop(slot.remove(1));
    assert_says(slot, behind, false);
    slot.add(handler(2, spans_only));
    assert_says(slot, behind, opens(behind, spans_only));
}

/// The same while the last handler is taken out.
pub(crate) fn registered_and_removed(behind: Behind, spans_only: bool) {
    let [slot, _] = slots();
    slot.add(handler(1, spans_only));
    let other = spawn(move || drop(slot.remove(1)));
    is_observed(slot, behind);
    other.join().unwrap();
    assert_says(slot, behind, false);
    slot.add(handler(2, spans_only));
    assert_says(slot, behind, opens(behind, spans_only));
}

/// A registered callsite, while one thread takes out what another adds, if it is there already.
pub(crate) fn changed_by_two(behind: Behind, spans_only: bool) {
    let [slot, _] = slots();
    is_observed(slot, behind);
    let other = spawn(move || slot.add(handler(1, spans_only)));
    let mut gone = slot.remove(1);
    other.join().unwrap();
    assert_says(slot, behind, gone.is_none() && opens(behind, spans_only));
    gone = gone.or_else(|| slot.remove(1));
    assert!(gone.is_some());
    assert_says(slot, behind, false);
}

/// A handler for everything comes and goes beside one for the ends of spans only.
pub(crate) fn mixed(behind: Behind) {
    let [slot, _] = slots();
    slot.add(handler(1, true));
    let other = spawn(move || {
        slot.add(handler(2, false));
        drop(slot.remove(2));
    });
    is_observed(slot, behind);
    other.join().unwrap();
    assert_says(slot, behind, behind == Behind::SpanEnd);
}

/// Who sees a gate open for the first time finds the handler that opened it.
pub(crate) fn opened() {
    let [slot, _] = slots();
    is_observed(slot, Behind::Event);
    let other = spawn(move || slot.add(handler(1, false)));
    if is_observed(slot, Behind::Event) {
        assert_eq!(ran(slot), [1], "open, but nobody there");
    }
    other.join().unwrap();
}
