//! A read lock, held for as long as it takes to clone an `Arc`.

use std::sync::{Arc, PoisonError, RwLock};

use super::{DEPTH, Event, Handler, Slot, nested, run_all};

/// The slot.
pub struct Published {
    list: RwLock<Arc<[Handler]>>,
}

impl Slot for Published {
    fn new() -> Self {
        Self {
            list: RwLock::new(Arc::new([])),
        }
    }

    fn replace(&self, list: Vec<Handler>) {
        let mut current = self.list.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *current, list.into());
        drop(current);
        drop(old);
    }

    fn dispatch(&'static self, event: &Event<'_>) {
        DEPTH.with(|depth| {
            nested(depth, || {
                let list = self
                    .list
                    .read()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                run_all(&list, event);
            });
        });
    }
}
