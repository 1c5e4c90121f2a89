//! One case per candidate and handler, and one churn run per candidate.

use std::hint::black_box;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use telemetry::{Number, Value};

use super::{
    Event, Handler, Slot, arc_swap_cache, arc_swap_load, mutex, rwlock, tls_fenced, tls_generation,
    tls_global_generation, tls_in_flight, tls_padded, tls_taken,
};
use crate::harness::{Case, Churn, Fields, Prepared, Table, fields, repeat, seen};

/// All candidates.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    // The site is a static and the rest are function pointers, so that nothing is captured.
    macro_rules! candidate {
        ($id:ident, $label:literal) => {{
            static SITE: Site<$id::Published> = Site::new();
            let functions = Functions {
                noop: || prepared(&SITE, noop()),
                visit: || prepared(&SITE, visiting()),
                churn: Churn {
                    emitter: || {
                        SITE.publish(vec![noop()]);
                        let f = fields();
                        Box::new(move || SITE.emit(&f))
                    },
                    cycle: || {
                        SITE.publish(vec![noop(), owning()]);
                        SITE.publish(vec![noop()]);
                    },
                },
            };
            add(&mut cases, stringify!($id), $label, &functions);
        }};
    }
    candidate!(
        tls_generation,
        "thread-local `Rc` list, a generation per slot"
    );
    candidate!(tls_padded, "the same, the list on cache lines of its own");
    candidate!(
        tls_global_generation,
        "thread-local `Rc` list, one global generation"
    );
    candidate!(
        tls_taken,
        "thread-local list taken out, a generation per slot"
    );
    candidate!(arc_swap_cache, "thread-local `arc_swap::Cache`");
    candidate!(arc_swap_load, "`ArcSwap::load`");
    candidate!(rwlock, "`RwLock<Arc<[Handler]>>`, cloned");
    candidate!(mutex, "`Mutex<Arc<[Handler]>>`, cloned");
    candidate!(
        tls_fenced,
        "as the first, with a `SeqCst` fence, so that detaching can wait"
    );
    candidate!(
        tls_in_flight,
        "as the first, with a count of running calls per handler"
    );
    cases
}

struct Functions {
    noop: fn() -> Prepared,
    visit: fn() -> Prepared,
    churn: Churn,
}

fn add(cases: &mut Vec<Case>, id: &str, label: &str, functions: &Functions) {
    let case = |handler: &str, prepare| {
        Case::new(
            Table::Candidate,
            format!("candidate.{id}.{handler}"),
            format!("{label}; {handler}"),
            prepare,
        )
    };
    cases.push(case("noop", functions.noop).churn(functions.churn));
    cases.push(case("visit", functions.visit));
}

/// What `execute!` has for a static.
struct Site<S> {
    gate: AtomicU8,
    slot: OnceLock<S>,
}

impl<S: Slot> Site<S> {
    const fn new() -> Self {
        Self {
            gate: AtomicU8::new(0),
            slot: OnceLock::new(),
        }
    }

    fn publish(&'static self, list: Vec<Handler>) {
        self.slot.get_or_init(S::new).replace(list);
        self.gate.store(1, Ordering::Relaxed);
    }

    #[inline(always)]
    fn emit(&'static self, f: &Fields) {
        if self.gate.load(Ordering::Relaxed) != 0 {
            self.send(
                &[Some(Number::Duration(f.duration))],
                &[
                    Some(Value::Str(f.route)),
                    Some(Value::Unsigned(f.status.into())),
                ],
            );
        }
    }

    #[inline(never)]
    fn send(&'static self, measurements: &[Option<Number>], metadata: &[Option<Value<'_>>]) {
        if let Some(slot) = self.slot.get() {
            slot.dispatch(&Event {
                measurement_keys: &["duration"],
                measurements,
                metadata_keys: &["route", "status"],
                metadata,
            });
        }
    }
}

fn prepared<S: Slot>(site: &'static Site<S>, handler: Handler) -> Prepared {
    site.publish(vec![handler]);
    let f = fields();
    Prepared::seen(1, repeat(move |_| site.emit(&f)))
}

fn noop() -> Handler {
    Arc::new(|_: &Event<'_>| seen())
}

/// A handler with something to leak.
fn owning() -> Handler {
    let owned = [1_u8; 64].to_vec();
    Arc::new(move |_: &Event<'_>| {
        black_box(&owned);
    })
}

fn visiting() -> Handler {
    Arc::new(|event: &Event<'_>| {
        let mut fields = 0;
        for (key, number) in event.measurement_keys.iter().zip(event.measurements) {
            if let Some(number) = number {
                black_box((*key, *number));
                fields += 1;
            }
        }
        for (key, value) in event.metadata_keys.iter().zip(event.metadata) {
            if let Some(value) = value {
                black_box((*key, *value));
                fields += 1;
            }
        }
        if fields == 3 {
            seen();
        }
    })
}
