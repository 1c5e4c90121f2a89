// What is broken on purpose, see `src/flawed.rs`. `after` and `right` together must be in the
// file exactly once; `right` is a statement, statements, or an expression, and `wrong` takes its
// place.

pub(crate) struct Flaw {
    pub(crate) name: &'static str,
    pub(crate) edits: &'static [Edit],
}

pub(crate) struct Edit {
    pub(crate) file: &'static str,
    /// What comes before it, where `right` alone is there more than once.
    pub(crate) after: &'static str,
    pub(crate) right: &'static str,
    pub(crate) wrong: &'static str,
}

const fn slot(right: &'static str, wrong: &'static str) -> Edit {
    edit("slot", right, wrong)
}

const fn cache(right: &'static str, wrong: &'static str) -> Edit {
    edit("cache", right, wrong)
}

const fn local(right: &'static str, wrong: &'static str) -> Edit {
    edit("local", right, wrong)
}

const fn wait(right: &'static str, wrong: &'static str) -> Edit {
    edit("wait", right, wrong)
}

const fn edit(file: &'static str, right: &'static str, wrong: &'static str) -> Edit {
    Edit {
        file,
        after: "",
        right,
        wrong,
    }
}

impl Edit {
    const fn after(mut self, after: &'static str) -> Self {
        self.after = after;
        self
    }
}

const RAISE_COUNT: &str = "changes().fetch_add(1, Ordering::Release);";
const RAISE_GENERATION: &str = "self.generation.store(generation + 1, Ordering::Relaxed);";
const FIND_PLACE: &str = "list.partition_point(|known| known.number() < handler.number())";
const COPY: &str = "let state = self.lock();
        let generation = self.generation.load(Ordering::Relaxed);
        (generation, state.handlers.clone())";
const DROP_OLD: &str = "drop(copies);
        // Outside the borrow: a handler's destructor may emit.
        drop(old);";
const REPLACED: &str = "let old = std::mem::replace(&mut copies[place], copied);
        ";

pub(crate) const FLAWS: &[Flaw] = &[
    // slot.rs: what a change does.
    Flaw {
        name: "COUNT_NOT_RAISED",
        edits: &[slot(RAISE_COUNT, "")],
    },
    Flaw {
        name: "COUNT_RELAXED",
        edits: &[slot(
            RAISE_COUNT,
            "changes().fetch_add(1, Ordering::Relaxed);",
        )],
    },
    Flaw {
        name: "COUNT_FIRST",
        edits: &[
            slot(
                RAISE_GENERATION,
                "changes().fetch_add(1, Ordering::Release);
                 self.generation.store(generation + 1, Ordering::Relaxed);",
            ),
            slot(RAISE_COUNT, ""),
        ],
    },
    Flaw {
        name: "GENERATION_NOT_RAISED",
        edits: &[slot(RAISE_GENERATION, "")],
    },
    Flaw {
        name: "ADDED_AT_THE_END",
        edits: &[slot(FIND_PLACE, "list.len()")],
    },
    // slot.rs: what is read.
    Flaw {
        name: "COPIED_THEN_DATED",
        edits: &[slot(
            COPY,
            "let handlers = self.lock().handlers.clone();
             (self.generation(), handlers)",
        )],
    },
    Flaw {
        name: "COPIED_IN_TWO_PARTS",
        edits: &[slot(
            COPY,
            "let generation = self.generation();
             let first = self.lock().handlers.first().cloned();
             let rest: Vec<_> = self.lock().handlers.iter().skip(1).cloned().collect();
             (generation, first.into_iter().chain(rest).collect())",
        )],
    },
    // slot.rs: gates.
    Flaw {
        name: "GATE_SET_AFTER_UNLOCK",
        edits: &[slot(
            "let open = self.is_observed(behind);
        gate.set(open);
        open",
            "let open = self.is_observed(behind);
             drop(state);
             gate.set(open);
             open",
        )],
    },
    Flaw {
        name: "GATE_NOT_KEPT",
        edits: &[slot("state.callsites.push((gate, behind));", "")],
    },
    Flaw {
        name: "GATES_SET_AFTER_UNLOCK",
        edits: &[slot(
            "list.insert(at, handler);
        self.changed(&state);",
            "list.insert(at, handler);
             let before = State {
                 handlers: state.handlers.clone(),
                 callsites: state.callsites.clone(),
             };
             drop(state);
             self.changed(&before);",
        )],
    },
    Flaw {
        name: "SPAN_ENDS_OPEN_EVERYTHING",
        edits: &[slot(
            "state.handlers.iter().any(|handler| !handler.spans_only())",
            "span_end",
        )],
    },
    // cache.rs
    Flaw {
        name: "COUNT_NOT_COMPARED",
        edits: &[
            cache("changes().load(Ordering::Acquire)", "self.seen.get()")
                .after("self.seen.get() == "),
        ],
    },
    Flaw {
        name: "COUNT_READ_RELAXED",
        edits: &[
            cache(
                "changes().load(Ordering::Acquire)",
                "changes().load(Ordering::Relaxed)",
            )
            .after("let now = "),
            cache(
                "changes().load(Ordering::Acquire)",
                "changes().load(Ordering::Relaxed)",
            )
            .after("self.seen.get() == "),
        ],
    },
    Flaw {
        name: "COUNT_READ_AFTER_LOOKING",
        edits: &[cache(
            DROP_OLD,
            "drop(copies);
             drop(old);
             self.seen.set(changes().load(Ordering::Acquire));",
        )],
    },
    Flaw {
        name: "SWEEP_TAKES_ALL",
        edits: &[cache(
            "copy.slot.is_some() && !copy.is_good()",
            "copy.slot.is_some()",
        )],
    },
    Flaw {
        name: "SWEEP_TAKES_NONE",
        edits: &[cache(
            "copy.slot.is_some() && !copy.is_good()",
            "copy.slot.is_none()",
        )],
    },
    Flaw {
        name: "DROPPED_INSIDE_THE_BORROW",
        edits: &[cache(DROP_OLD, "drop(old); drop(copies);")],
    },
    Flaw {
        name: "REPLACED_INSIDE_THE_BORROW",
        edits: &[cache(
            "drop(copies);
        drop(old);",
            "drop(old); drop(copies);",
        )
        .after(REPLACED)],
    },
    Flaw {
        name: "ASIDE_DROPPED_INSIDE_THE_BORROW",
        edits: &[cache(
            "drop(aside);
                drop(old);",
            "drop(old);",
        )],
    },
    Flaw {
        name: "ASIDE_NOT_LOOKED_AT_AGAIN",
        edits: &[cache("copied.is_good()", "true").after("Some(copied) if ")],
    },
    Flaw {
        name: "ASIDE_FOR_EVER",
        edits: &[cache("self.aside.take()", "self.aside.borrow().clone()")],
    },
    Flaw {
        name: "UNTIDY_FORGOTTEN",
        edits: &[cache(
            "self.untidy.set(true);
            return false;",
            "return false;",
        )],
    },
    // local.rs
    Flaw {
        name: "DETACHING_THREAD_KEEPS",
        edits: &[local(
            "LOCAL.try_with(|local| local.cache.tidy())",
            "LOCAL.try_with(|_| true)",
        )],
    },
    Flaw {
        name: "NEVER_TIDIED_UP",
        edits: &[local("self.cache.tidy_up();", "")],
    },
    Flaw {
        name: "RECORD_NOT_KNOWN",
        edits: &[local("records.push(Arc::downgrade(&record));", "")],
    },
    Flaw {
        name: "WITHOUT_LOCALS_NOT_COUNTED",
        edits: &[
            local("WITHOUT_LOCALS.fetch_add(1, Ordering::SeqCst);", ""),
            local("WITHOUT_LOCALS.fetch_sub(1, Ordering::SeqCst);", ""),
        ],
    },
    Flaw {
        name: "WITHOUT_LOCALS_NOT_WAITED_FOR",
        edits: &[local("WITHOUT_LOCALS.load(Ordering::SeqCst) > 0", "false")],
    },
    Flaw {
        name: "OWN_DISPATCH_FORGOTTEN",
        edits: &[local("own.depth() > 0", "false")],
    },
    // wait.rs
    Flaw {
        name: "ONE_LOOK_IS_ENOUGH",
        edits: &[wait(
            "record.state() / ONE_ENDED == seen / ONE_ENDED",
            "false",
        )],
    },
    Flaw {
        name: "INNER_END_COUNTS",
        edits: &[wait(
            "self.state.store(before, Ordering::Release);",
            "self.state.store(before.wrapping_add(ONE_ENDED), Ordering::Release);",
        )],
    },
    Flaw {
        name: "END_RELAXED",
        edits: &[wait(
            "self.state
                .store(before.wrapping_add(ONE_ENDED), Ordering::Release);",
            "self.state
                .store(before.wrapping_add(ONE_ENDED), Ordering::Relaxed);",
        )],
    },
    Flaw {
        name: "BEGIN_NOT_SAID",
        edits: &[wait("self.state.store(before + 1, Ordering::Release);", "")],
    },
    Flaw {
        name: "BEGIN_RELAXED",
        edits: &[wait(
            "self.state.store(before + 1, Ordering::Release);",
            "self.state.store(before + 1, Ordering::Relaxed);",
        )],
    },
    Flaw {
        name: "STATE_READ_RELAXED",
        edits: &[wait(
            "self.state.load(Ordering::Acquire)",
            "self.state.load(Ordering::Relaxed)",
        )],
    },
    Flaw {
        name: "TIMEOUT_FORGOTTEN",
        edits: &[wait("return false;", "return true;")],
    },
];
