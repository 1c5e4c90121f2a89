//! Each thread keeps an `arc_swap::Cache`, taken out while the handlers run.
//!
//! It compares pointers instead of generations, and holds the list that it read last, so the
//! address cannot be reused under it. Loading needs `&mut`, hence the taking out.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};

use super::{Event, Handler, Slot, nested, next_id, run_all};

type List = Vec<Handler>;
type Cached = Cache<&'static ArcSwap<List>, Arc<List>>;

struct Local {
    depth: Cell<u32>,
    caches: RefCell<Vec<Option<Cached>>>,
}

thread_local! {
    static LOCAL: Local = const {
        Local {
            depth: Cell::new(0),
            caches: RefCell::new(Vec::new()),
        }
    };
}

/// The slot.
pub struct Published {
    id: usize,
    list: ArcSwap<List>,
}

impl Slot for Published {
    fn new() -> Self {
        Self {
            id: next_id(),
            list: ArcSwap::default(),
        }
    }

    fn replace(&self, list: Vec<Handler>) {
        drop(self.list.swap(Arc::new(list)));
    }

    fn dispatch(&'static self, event: &Event<'_>) {
        if LOCAL
            .try_with(|local| nested(&local.depth, || self.run(local, event)))
            .is_err()
        {
            run_all(&self.list.load(), event);
        }
    }
}

impl Published {
    #[inline(always)]
    fn run(&'static self, local: &Local, event: &Event<'_>) {
        let kept = local
            .caches
            .borrow_mut()
            .get_mut(self.id)
            .and_then(Option::take);
        let mut cache = kept.unwrap_or_else(|| self.make(local));
        run_all(cache.load(), event);
        let nested = local.caches.borrow_mut()[self.id].replace(cache);
        drop(nested);
    }

    #[cold]
    #[inline(never)]
    fn make(&'static self, local: &Local) -> Cached {
        let mut caches = local.caches.borrow_mut();
        if caches.len() <= self.id {
            caches.resize_with(self.id + 1, || None);
        }
        Cache::new(&self.list)
    }
}
