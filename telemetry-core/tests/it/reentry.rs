//! Handlers, and destructors of handlers, that emit, attach, detach and fail, inside each other:
//! random scripts against the simplest thing that does the same.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use proptest::collection::vec;
use proptest::prelude::*;
use telemetry::{
    AttachOptions, EventName, FailurePolicy, HANDLER_FAILURE, attach, attach_with, detach, execute,
};

use crate::support::panic_quietly;

const EVENTS: [&str; 3] = ["it.reentry.0", "it.reentry.1", "it.reentry.2"];
const IDS: usize = 4;
/// Fewer calls than events may nest, so that depth is none of the model's business.
const CALLS: usize = 28;

#[derive(Debug, Clone)]
enum Op {
    Emit(usize),
    Attach(usize),
    Detach(usize),
}

/// What a handler is attached to and does, whenever it is attached.
#[derive(Debug, Clone)]
struct Script {
    events: Vec<usize>,
    ops: Vec<Op>,
    fails: bool,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (0..EVENTS.len()).prop_map(Op::Emit),
        2 => (0..IDS).prop_map(Op::Attach),
        2 => (0..IDS).prop_map(Op::Detach),
    ]
}

fn script() -> impl Strategy<Value = Script> {
    (
        vec(0..EVENTS.len(), 1..3),
        vec(op(), 0..4),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(events, ops, fails)| Script { events, ops, fails })
}

/// Both of the worlds below write into one of these.
#[derive(Default)]
struct Calls(Vec<(usize, usize)>);

impl Calls {
    /// Whether there is room for one more.
    fn push(&mut self, id: usize, event: usize) -> bool {
        let room = self.0.len() < CALLS;
        if room {
            self.0.push((id, event));
        }
        room
    }
}

/// The real one.
struct World {
    case: u64,
    scripts: Vec<Script>,
    calls: Mutex<Calls>,
    /// Handlers that exist, wherever.
    alive: AtomicI64,
}

/// Owned by a handler; emits when that is dropped.
struct Owned(Arc<World>);

impl Drop for Owned {
    fn drop(&mut self) {
        execute!("it.reentry.dropped");
        self.0.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

impl World {
    fn id(&self, id: usize) -> String {
        format!("it-reentry-{}-{id}", self.case)
    }

    fn run(self: &Arc<Self>, op: &Op) {
        match op {
            Op::Emit(0) => execute!("it.reentry.0", {}, { name: EVENTS[0] }),
            Op::Emit(event) => execute!(EventName::new(EVENTS[*event]).unwrap()),
            Op::Attach(id) => self.attach(*id),
            Op::Detach(id) => drop(detach(&self.id(*id))),
        }
    }

    fn attach(self: &Arc<Self>, id: usize) {
        self.alive.fetch_add(1, Ordering::Relaxed);
        let owned = Owned(self.clone());
        let names: Vec<_> = self.scripts[id].events.iter().map(|e| EVENTS[*e]).collect();
        let options = AttachOptions::new().on_failure(FailurePolicy::Detach);
        let _ = attach_with(self.id(id), names, options, move |event| {
            let world = &owned.0;
            let event = EVENTS.iter().position(|name| *name == event.name());
            let mut calls = world.calls.lock().unwrap_or_else(PoisonError::into_inner);
            if !calls.push(id, event.unwrap()) {
                return;
            }
            drop(calls);
            world.scripts[id].ops.iter().for_each(|op| world.run(op));
            if world.scripts[id].fails {
                panic_quietly("on purpose");
            }
        });
    }
}

/// The simple one: a list of (number, id).
struct Model<'s> {
    scripts: &'s [Script],
    attached: Vec<(u64, usize)>,
    last_number: u64,
    calls: Calls,
}

impl Model<'_> {
    fn run(&mut self, op: &Op) {
        match op {
            Op::Emit(event) => {
                let mut list = self.attached.clone();
                list.retain(|(_, id)| self.scripts[*id].events.contains(event));
                for (number, id) in list {
                    if self.calls.push(id, *event) {
                        let script = self.scripts[id].clone();
                        script.ops.iter().for_each(|op| self.run(op));
                        if script.fails {
                            self.attached.retain(|(known, _)| *known != number);
                        }
                    }
                }
            }
            Op::Attach(id) => {
                if !self.attached.iter().any(|(_, known)| known == id) {
                    self.last_number += 1;
                    self.attached.push((self.last_number, *id));
                }
            }
            Op::Detach(id) => self.attached.retain(|(_, known)| known != id),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn handlers_may_do_anything_inside_each_other(
        scripts in vec(script(), IDS),
        steps in vec(op(), 1..20),
    ) {
        static CASES: AtomicU64 = AtomicU64::new(0);
        let case = CASES.fetch_add(1, Ordering::Relaxed);
        // Nothing on standard error; and somebody hears of the destructors.
        let quiet = format!("it-reentry-{case}-quiet");
        let _quiet = attach(quiet, HANDLER_FAILURE, |_| {}).unwrap().guard();
        let hears = format!("it-reentry-{case}-hears");
        let _hears = attach(hears, "it.reentry.dropped", |_| {}).unwrap().guard();
        let world = Arc::new(World {
            case,
            scripts: scripts.clone(),
            calls: Mutex::default(),
            alive: AtomicI64::new(0),
        });
        let mut model =
            Model { scripts: &scripts, attached: vec![], last_number: 0, calls: Calls::default() };
        for step in steps.iter().chain(&[0, 1, 2, 3].map(Op::Detach)) {
            world.run(step);
            model.run(step);
            let calls = std::mem::take(&mut *world.calls.lock().unwrap());
            prop_assert_eq!(&calls.0, &model.calls.0, "after {:?}", step);
            model.calls.0.clear();
            // What was detached is gone when the outermost dispatch has ended.
            let alive = world.alive.load(Ordering::Relaxed);
            prop_assert_eq!(alive, model.attached.len() as i64, "after {:?}", step);
        }
        prop_assert_eq!(Arc::strong_count(&world), 1);
    }
}
