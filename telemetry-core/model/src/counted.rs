//! `Arc` and `Weak`, whose count loom can see: the records of threads that have ended are told by
//! it. (Loom has an `Arc` of its own, but no `Weak`.)
//!
//! The orderings are those of the standard library. The memory itself is held by its `Arc`.

use std::ops::Deref;
use std::{sync, thread};

use crate::atomics::{AtomicUsize, Ordering};

#[derive(Debug)]
struct Counted<T> {
    strong: AtomicUsize,
    value: T,
}

#[derive(Debug)]
pub(crate) struct Arc<T>(sync::Arc<Counted<T>>);

#[derive(Debug)]
pub(crate) struct Weak<T>(sync::Arc<Counted<T>>);

impl<T> Arc<T> {
    pub(crate) fn new(value: T) -> Self {
        let strong = AtomicUsize::new(1);
        Self(sync::Arc::new(Counted { strong, value }))
    }

    pub(crate) fn downgrade(this: &Self) -> Weak<T> {
        Weak(this.0.clone())
    }

    pub(crate) fn ptr_eq(this: &Self, other: &Self) -> bool {
        sync::Arc::ptr_eq(&this.0, &other.0)
    }
}

impl<T> Clone for Arc<T> {
    fn clone(&self) -> Self {
        self.0.strong.fetch_add(1, Ordering::Relaxed);
        Self(self.0.clone())
    }
}

impl<T> Drop for Arc<T> {
    fn drop(&mut self) {
        // The execution is over when a thread has panicked, and has no atomics any more.
        if !thread::panicking() {
            self.0.strong.fetch_sub(1, Ordering::Release);
        }
    }
}

impl<T> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T> Weak<T> {
    pub(crate) fn upgrade(&self) -> Option<Arc<T>> {
        let strong = &self.0.strong;
        let mut count = strong.load(Ordering::Relaxed);
        while count > 0 {
            let (good, bad) = (Ordering::Acquire, Ordering::Relaxed);
            match strong.compare_exchange(count, count + 1, good, bad) {
                Ok(_) => return Some(Arc(self.0.clone())),
                Err(now) => count = now,
            }
        }
        None
    }

    pub(crate) fn strong_count(&self) -> usize {
        self.0.strong.load(Ordering::Relaxed)
    }
}
