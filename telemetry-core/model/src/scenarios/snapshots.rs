//! A dispatch works on one published list, in full, and that list stays what it was.

use std::sync::{Arc, Mutex};

use loom::thread::spawn;

use crate::handler::Handler;
use crate::world::{add, add_and_watch, emit, ran, remove, slots};

/// A thread emits while another publishes one list after the other. It meets them in their order.
pub(crate) fn published() {
    let [slot, _] = slots();
    add(slot, 1);
    add(slot, 2);
    let published: [&[u64]; 3] = [&[1, 2], &[2], &[2, 3]];
    let other = spawn(move || {
        remove(slot, 1);
        add(slot, 3);
    });
    let mut met = 0;
    for _ in 0..3 {
        let list = ran(slot);
        let Some(at) = published.iter().position(|known| *known == list) else {
            panic!("{list:?} was never published");
        };
        assert!(at >= met, "an older list than before");
        met = at;
    }
    other.join().unwrap();
    assert_eq!(ran(slot), [2, 3], "an older list than the last");
}

/// A handler takes itself out, adds another and emits again, while a second thread adds, too.
pub(crate) fn nested() {
    let [slot, _] = slots();
    let inside = Arc::new(Mutex::new(Vec::new()));
    let seen = inside.clone();
    let fate = add_and_watch(
        slot,
        Handler::new(1).on_run(move || {
            add(slot, 2);
            remove(slot, 1);
            *seen.lock().unwrap() = ran(slot);
        }),
    );
    let watched = fate.clone();
    let other = spawn(move || {
        slot.add(Arc::new(Handler::new(3).on_run(move || {
            // In the outer list it comes after the first, which its dispatch keeps.
            let _ = watched.runs();
        })));
    });
    let outer = ran(slot);
    let inside = inside.lock().unwrap().clone();
    assert!(outer == [1] || outer == [1, 3], "{outer:?} outside");
    assert!(
        inside == [2, 3] || (inside == [2] && outer == [1]),
        "{inside:?} inside, after the changes"
    );
    assert_eq!((fate.runs(), fate.drops()), (1, 1), "run once, and let go");
    other.join().unwrap();
    assert_eq!(ran(slot), [2, 3]);
}

/// Lists that change inside a handler are new for the next inner event, and old for the outer one:
/// what another thread changes and tells, and what the handler changes itself.
pub(crate) fn changed_inside_a_handler() {
    let [outer, inner] = slots();
    add(inner, 10);
    add(inner, 11);
    outer.add(Arc::new(Handler::new(1).on_run(move || {
        let changer = spawn(move || remove(inner, 10));
        let early = ran(inner);
        assert!(
            early == [10, 11] || early == [11],
            "{early:?} was never published"
        );
        changer.join().unwrap();
        assert_eq!(ran(inner), [11], "joined, but still there inside");
        add(inner, 12);
        assert_eq!(ran(inner), [11, 12], "added inside, but not found");
        add(outer, 2);
    })));
    assert_eq!(ran(outer), [1], "the list changed while it was used");
    assert_eq!(ran(inner), [11, 12], "changed inside, but not found after");
}

/// Two threads run one handler that emits the other event, which a third changes: the copies and
/// what is aside are each thread's own.
pub(crate) fn nested_on_two_threads() {
    let [outer, inner] = slots();
    add(inner, 10);
    outer.add(Arc::new(Handler::new(1).on_run(move || {
        let list = ran(inner);
        assert!(
            list == [10] || list.is_empty(),
            "{list:?} was never published"
        );
    })));
    let other = spawn(move || emit(outer));
    let changer = spawn(move || remove(inner, 10));
    emit(outer);
    changer.join().unwrap();
    emit(outer);
    assert!(ran(inner).is_empty(), "joined, but still there");
    other.join().unwrap();
}
