//! Feeding a recorder: a reader on one side, the recorder on the other, and what ties them together.

mod call;
mod carry;
mod mouth;
mod target;
mod turn;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use telemetry_metrics::push::Flush;
use telemetry_metrics::{Aggregator, Health, Needs, Reader, Snapshots};

use crate::notice::Notice;
use mouth::Mouth;
pub(crate) use target::{Outcome, Plan, Target};

/// A reader, and the recorder that gets what it reads.
pub(crate) struct Feeder<T> {
    reader: Reader,
    snapshots: Snapshots,
    mouth: Mouth<T>,
    health: Health,
    failing: Notice,
    giving_up: Notice,
}

impl<T: Target> Feeder<T> {
    pub(crate) fn new(aggregator: &Aggregator, target: T, name: &str) -> Self {
        let mut mouth = Mouth::new(target, aggregator.constant_tags());
        mouth.introduce(aggregator.definitions());
        Self {
            reader: aggregator.reader(Needs::Values),
            snapshots: aggregator.snapshots(),
            mouth,
            health: aggregator.register_health(name),
            failing: Notice::default(),
            giving_up: Notice::default(),
        }
    }

    pub(crate) fn target(&self) -> &T {
        &self.mouth.target
    }

    /// Gives the recorder what was counted since the last feed.
    pub(crate) fn feed(&mut self, deadline: Instant) -> Result<(), String> {
        let (mouth, reader) = (&mut self.mouth, &mut self.reader);
        mouth.begin(deadline);
        let mut outcome = Outcome::default();
        for turn in mouth.turns.of_next() {
            mouth.turns.begin(turn);
            reader.scan(|delta| mouth.put(&delta));
            outcome.add(mouth.settle(reader));
        }
        if outcome.failed == 0 {
            mouth.forget_gone(|| self.snapshots.take());
        }
        self.account(&outcome)
    }

    fn account(&mut self, outcome: &Outcome) -> Result<(), String> {
        if outcome.sent > 0 {
            self.health.sent(outcome.sent);
        }
        if outcome.dropped > 0 {
            self.health.dropped(outcome.dropped);
            self.giving_up.say(format_args!(
                "{} that the recorder cannot be given were dropped",
                outcome.dropped
            ));
        }
        if outcome.failed == 0 {
            return Ok(());
        }
        self.health.failed(outcome.failed);
        let why = format!(
            "{}; {} are left for the next feed",
            outcome.why.as_deref().unwrap_or("not all was recorded"),
            outcome.failed
        );
        self.failing.say(format_args!("{why}"));
        Err(why)
    }
}

/// A feeder and its one lock: whoever feeds the recorder, or reads it, holds it.
pub(crate) struct Shared<T>(Arc<Mutex<Feeder<T>>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Target> Shared<T> {
    pub(crate) fn new(feeder: Feeder<T>) -> Self {
        Self(Arc::new(Mutex::new(feeder)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Feeder<T>> {
        // Each feed begins by clearing what one that panicked may have left.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Target> Flush for Shared<T> {
    fn flush(&mut self, deadline: Instant) -> Result<(), String> {
        self.lock().feed(deadline)
    }
}
