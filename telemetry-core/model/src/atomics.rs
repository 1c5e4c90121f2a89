//! Loom's atomics, with the interleavings that loom leaves out.
//!
//! Loom tries another order of two accesses only if it has seen that they concern each other, and
//! of each atomic it remembers the last access alone. A thread that loads and then stores has thus
//! hidden from loom that some other thread loaded before (`tokio-rs/loom` issues 166 and 392), and
//! the order in which that one comes later is never tried. All dispatches begin with loads, so
//! half of this model would check next to nothing.
//!
//! Here each access is announced by a store to a second atomic. Stores all concern each other, so
//! for them the last one is enough. They are relaxed and nobody loads them: they order nothing.

use loom::sync::atomic;
pub(crate) use loom::sync::atomic::Ordering;

macro_rules! announced {
    ($name:ident, $value:ty) => {
        #[derive(Debug)]
        pub(crate) struct $name {
            announced: atomic::AtomicBool,
            value: atomic::$name,
        }

        #[allow(dead_code, reason = "not every type needs every operation")]
        impl $name {
            pub(crate) fn new(value: $value) -> Self {
                Self {
                    announced: atomic::AtomicBool::new(false),
                    value: atomic::$name::new(value),
                }
            }

            pub(crate) fn load(&self, ordering: Ordering) -> $value {
                self.announced.store(true, Ordering::Relaxed);
                self.value.load(ordering)
            }

            pub(crate) fn store(&self, value: $value, ordering: Ordering) {
                self.announced.store(true, Ordering::Relaxed);
                self.value.store(value, ordering);
            }

            pub(crate) fn fetch_add(&self, value: $value, ordering: Ordering) -> $value {
                self.announced.store(true, Ordering::Relaxed);
                self.value.fetch_add(value, ordering)
            }

            pub(crate) fn fetch_sub(&self, value: $value, ordering: Ordering) -> $value {
                self.announced.store(true, Ordering::Relaxed);
                self.value.fetch_sub(value, ordering)
            }

            pub(crate) fn compare_exchange(
                &self,
                known: $value,
                value: $value,
                good: Ordering,
                bad: Ordering,
            ) -> Result<$value, $value> {
                self.announced.store(true, Ordering::Relaxed);
                self.value.compare_exchange(known, value, good, bad)
            }
        }
    };
}

announced!(AtomicU8, u8);
announced!(AtomicU64, u64);
announced!(AtomicUsize, usize);
