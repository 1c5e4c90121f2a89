//! What a case is: one thing that a thread can do over and over, and how to tell that it did.

use std::cell::Cell;
use std::hint::black_box;
use std::time::Duration;

/// A whole scrape stands for so many calls.
const WHOLE: u64 = 4_000;

/// The table in which a case is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Ways to find out that nobody listens.
    Gate,
    /// One event of three fields.
    Event,
    /// One span.
    Span,
    /// One event into a counter and a distribution.
    Metric,
    /// The same, beside reporters.
    Reporter,
    /// One event into a counter that is sent to a daemon.
    Statsd,
    /// One answer to a Prometheus server.
    Scrape,
    /// One event that objectives are about.
    Objective,
    /// One evaluation of objectives.
    Evaluation,
    /// One request to a router.
    Http,
    /// One request with its queries, traced.
    Traced,
    /// Ways to publish a list of handlers.
    Candidate,
}

/// One row of a table.
pub struct Case {
    /// Unique; what filters and goals refer to.
    pub id: String,
    /// Where it is reported.
    pub table: Table,
    /// What it is, for people.
    pub label: String,
    /// Sets everything up. Called once, in a process of its own, because most of what is measured
    /// is global and can be set once only.
    pub prepare: fn() -> Prepared,
    /// Replaces the handler list under emitters, for the cases that have one.
    pub churn: Option<Churn>,
    /// Whether one call is so much work that few of them are enough. Nobody does it on several
    /// threads at once, so it is measured with one.
    pub is_whole: bool,
    /// Whether to look at how much of a million calls arrives.
    pub is_flooded: bool,
    /// Whether that is all there is to look at.
    pub is_only_flooded: bool,
    /// Whether instructions are counted on all threads as well: others do some of the work.
    pub is_counted_everywhere: bool,
}

impl Case {
    /// A case without a churn run.
    pub fn new(
        table: Table,
        id: impl Into<String>,
        label: impl Into<String>,
        prepare: fn() -> Prepared,
    ) -> Self {
        Self {
            id: id.into(),
            table,
            label: label.into(),
            prepare,
            churn: None,
            is_whole: false,
            is_flooded: false,
            is_only_flooded: false,
            is_counted_everywhere: false,
        }
    }

    /// Whose call is a whole scrape.
    pub fn whole(mut self) -> Self {
        self.is_whole = true;
        self
    }

    /// With a flood.
    pub fn flooded(mut self) -> Self {
        self.is_flooded = true;
        self
    }

    /// With a flood and nothing else: most calls come to nothing, so none can be compared.
    pub fn only_flooded(mut self) -> Self {
        self.is_only_flooded = true;
        self.flooded()
    }

    /// Of which other threads do a part.
    pub fn everywhere(mut self) -> Self {
        self.is_counted_everywhere = true;
        self
    }

    /// How many calls are as good as so many of a cheap case.
    pub fn scaled(&self, calls: u64) -> u64 {
        if self.is_whole {
            (calls / WHOLE).max(1)
        } else {
            calls
        }
    }

    /// With a churn run.
    pub fn churn(mut self, churn: Churn) -> Self {
        self.churn = Some(churn);
        self
    }
}

/// How to attach and detach while others emit.
#[derive(Clone, Copy)]
pub struct Churn {
    /// Called once: attaches a handler that stays and calls [`seen`], so that no event goes
    /// unobserved; what it returns emits one event.
    pub emitter: fn() -> Box<dyn Fn() + Send + Sync>,
    /// Attaches a second handler, which owns some memory, and detaches it.
    pub cycle: fn(),
}

/// Makes that many calls.
pub type Run = Box<dyn Fn(u64) + Send + Sync>;

/// A case, set up.
pub struct Prepared {
    /// The calls.
    pub run: Run,
    /// What must have happened afterwards.
    pub witness: Witness,
    /// If set: how many calls all threads together may make before each has to settle.
    pub burst: Option<u64>,
    /// Run off the clock after each burst and each sample: lets background threads catch up.
    pub settle: Option<Box<dyn Fn() + Send + Sync>>,
}

/// How to tell that the work was done.
pub enum Witness {
    /// The handlers called [`seen`] this often per call, on the thread of the call.
    Thread(u64),
    /// A running total, kept by whatever takes in the calls, grew by this much per call.
    Total(u64, Box<dyn Fn() -> u64 + Send + Sync>),
    /// The peer loses some when it is driven flat out, as the label says; at least one in this
    /// many must have arrived.
    AtLeastOneIn(u64, Box<dyn Fn() -> u64 + Send + Sync>),
}

impl Prepared {
    /// A case whose handlers must never run.
    pub fn unseen(run: Run) -> Self {
        Self::seen(0, run)
    }

    /// A case whose handlers call [`seen`] so often per call.
    pub fn seen(per_call: u64, run: Run) -> Self {
        Self {
            run,
            witness: Witness::Thread(per_call),
            burst: None,
            settle: None,
        }
    }

    /// A case whose receiver keeps a total.
    pub fn total(per_call: u64, run: Run, total: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self {
            witness: Witness::Total(per_call, Box::new(total)),
            ..Self::unseen(run)
        }
    }

    /// What is done after each sample.
    pub fn settled(mut self, settle: impl Fn() + Send + Sync + 'static) -> Self {
        self.settle = Some(Box::new(settle));
        self
    }

    /// What is done after each sample, and also after so many calls.
    pub fn bursts(mut self, burst: u64, settle: impl Fn() + Send + Sync + 'static) -> Self {
        self.burst = Some(burst);
        self.settled(settle)
    }
}

/// The loop around every call: as little as possible, and the same for all.
pub fn repeat(call: impl Fn(u64) + Send + Sync + 'static) -> Run {
    Box::new(move |calls| {
        for at in 0..calls {
            call(at);
        }
    })
}

thread_local! {
    static SEEN: Cell<u64> = const { Cell::new(0) };
}

/// Called by handlers that did what they were to do. One instruction, in all peers alike.
#[inline(always)]
pub fn seen() {
    SEEN.set(SEEN.get() + 1);
}

/// How often this thread has called [`seen`].
pub fn seen_so_far() -> u64 {
    SEEN.get()
}

/// Makes sure that `work` runs a handler once: that somebody who must not be called later would
/// have been.
pub fn must_be_seen(work: impl FnOnce()) {
    let before = seen_so_far();
    work();
    assert_eq!(seen_so_far() - before, 1, "the handler works");
}

/// What one event carries.
#[derive(Clone, Copy)]
pub struct Fields {
    /// How long something took.
    pub duration: Duration,
    /// The same for peers that take no `Duration`, converted beforehand, to their advantage.
    pub nanos: u64,
    /// A text.
    pub route: &'static str,
    /// A small integer.
    pub status: u16,
}

/// Values of which the compiler knows nothing.
pub fn fields() -> Fields {
    let nanos = black_box(3_141_592);
    black_box(Fields {
        duration: Duration::from_nanos(nanos),
        nanos,
        route: "/api/v1/items/:id",
        status: 200,
    })
}
