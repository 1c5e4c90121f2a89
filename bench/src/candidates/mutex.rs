//! A lock, held for as long as it takes to clone an `Arc`.

use std::sync::{Arc, Mutex};

use super::{DEPTH, Event, Handler, Slot, lock, nested, run_all};

/// The slot.
pub struct Published {
    list: Mutex<Arc<[Handler]>>,
}

impl Slot for Published {
    fn new() -> Self {
        Self {
            list: Mutex::new(Arc::new([])),
        }
    }

    fn replace(&self, list: Vec<Handler>) {
        let old = std::mem::replace(&mut *lock(&self.list), list.into());
        drop(old);
    }

    fn dispatch(&'static self, event: &Event<'_>) {
        DEPTH.with(|depth| {
            nested(depth, || {
                let list = lock(&self.list).clone();
                run_all(&list, event);
            });
        });
    }
}
