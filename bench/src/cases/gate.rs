//! Ways to find out that nobody listens, which is what most events in a program cost.
//!
//! The arguments of an event are evaluated only behind the gate, so a gate is all there is. The
//! peers' own gates are measured with their events; here stand the shapes that ours could have.

use std::hint::black_box;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use once_cell::race::OnceRef;

use crate::harness::{Case, Fields, Prepared, Table, fields, repeat, seen};

struct Slot {
    open: AtomicBool,
}

static SLOT: Slot = Slot {
    open: AtomicBool::new(false),
};
static BYTE: AtomicU8 = AtomicU8::new(2);
static LISTENERS: AtomicUsize = AtomicUsize::new(1);
static POINTER: OnceRef<'static, Slot> = OnceRef::new();
static CELL: OnceLock<&'static Slot> = OnceLock::new();

/// All shapes, and the loop alone.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Gate, format!("gate.{id}"), label, prepare)
    };
    vec![
        case("loop", "the loop alone, with a `black_box`", || {
            Prepared::unseen(repeat(|at| {
                black_box(at);
            }))
        }),
        case("byte", "a byte in the callsite, three states", || {
            black_box(&BYTE).store(0, Ordering::Relaxed);
            gated(|| match BYTE.load(Ordering::Relaxed) {
                0 => false,
                1 => true,
                _ => met(),
            })
        }),
        case(
            "global.none",
            "a global counter and the byte, nobody anywhere",
            || {
                black_box(&BYTE).store(0, Ordering::Relaxed);
                black_box(&LISTENERS).store(0, Ordering::Relaxed);
                gated(globally_gated)
            },
        ),
        case(
            "global.some",
            "a global counter and the byte, somebody elsewhere",
            || {
                black_box(&BYTE).store(0, Ordering::Relaxed);
                black_box(&LISTENERS).store(1, Ordering::Relaxed);
                gated(globally_gated)
            },
        ),
        case(
            "once_ref",
            "a pointer in the callsite (`OnceRef`), a flag in the slot",
            || {
                shut_slot();
                gated(|| POINTER.get_or_init(slot).open.load(Ordering::Relaxed))
            },
        ),
        case(
            "once_lock",
            "a pointer in the callsite (`OnceLock`), a flag in the slot",
            || {
                shut_slot();
                gated(|| CELL.get_or_init(slot).open.load(Ordering::Relaxed))
            },
        ),
    ]
}

fn gated(is_open: impl Fn() -> bool + Send + Sync + 'static) -> Prepared {
    let f = fields();
    Prepared::unseen(repeat(move |_| {
        if is_open() {
            observed(&f);
        }
    }))
}

fn globally_gated() -> bool {
    LISTENERS.load(Ordering::Relaxed) != 0 && BYTE.load(Ordering::Relaxed) != 0
}

/// Written through a `black_box`, or the compiler proves that it is never written.
fn shut_slot() {
    black_box(&SLOT).open.store(false, Ordering::Relaxed);
}

#[cold]
#[inline(never)]
fn slot() -> &'static Slot {
    black_box(&SLOT)
}

#[cold]
#[inline(never)]
fn met() -> bool {
    black_box(false)
}

#[cold]
#[inline(never)]
fn observed(fields: &Fields) {
    black_box(fields);
    seen();
}
