// What `local.rs` and `wait.rs` take from the standard library, because it cannot be a model's and
// theirs: statics, thread locals and time. Each text is there exactly once, or a test says so.

pub(crate) struct Adapted {
    pub(crate) file: &'static str,
    pub(crate) std: &'static str,
    pub(crate) model: &'static str,
}

pub(crate) const ADAPTED: &[Adapted] = &[
    Adapted {
        file: "wait",
        std: "use std::sync::Arc;",
        model: "use crate::counted::Arc;",
    },
    Adapted {
        file: "local",
        std: "use std::sync::atomic::{AtomicUsize, Ordering, fence};",
        model: "use crate::sync::{AtomicUsize, Ordering, fence};",
    },
    Adapted {
        file: "local",
        std: "use std::sync::{Arc, Mutex, PoisonError, Weak};",
        model: "use crate::counted::{Arc, Weak};
                use crate::sync::{Mutex, PoisonError};",
    },
    Adapted {
        file: "local",
        std: "use std::time::{Duration, Instant};",
        model: "use crate::time::{Duration, Instant};",
    },
    Adapted {
        file: "local",
        std: "std::thread::sleep(",
        model: "crate::time::sleep(",
    },
    Adapted {
        file: "local",
        std: "thread_local! {",
        model: "loom::thread_local! {",
    },
    Adapted {
        file: "local",
        std: "static RECORDS: Mutex<Vec<Weak<Record>>> = Mutex::new(Vec::new());",
        model: "loom::lazy_static! {
                    static ref RECORDS: Mutex<Vec<Weak<Record>>> = Mutex::new(Vec::new());
                }",
    },
    Adapted {
        file: "local",
        std: "static WITHOUT_LOCALS: AtomicUsize = AtomicUsize::new(0);",
        model: "loom::lazy_static! {
                    static ref WITHOUT_LOCALS: AtomicUsize = AtomicUsize::new(0);
                }",
    },
];
