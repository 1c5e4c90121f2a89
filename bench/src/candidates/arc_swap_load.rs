//! `ArcSwap::load`: a guard from one of the thread's debt slots, no reference count.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{DEPTH, Event, Handler, Slot, nested, run_all};

/// The slot.
pub struct Published {
    list: ArcSwap<Vec<Handler>>,
}

impl Slot for Published {
    fn new() -> Self {
        Self {
            list: ArcSwap::default(),
        }
    }

    fn replace(&self, list: Vec<Handler>) {
        drop(self.list.swap(Arc::new(list)));
    }

    fn dispatch(&'static self, event: &Event<'_>) {
        DEPTH.with(|depth| nested(depth, || run_all(&self.list.load(), event)));
    }
}
