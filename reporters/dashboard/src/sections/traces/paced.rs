//! [`Paced`]: a section that takes the longer breaks, the longer it takes to make.

use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::live::{Advance, Live};
use crate::moment::Moment;

/// A break is so many times as long as the work before it: one percent of a core.
const BREAK: u32 = 100;

/// And never longer than this.
const LONGEST: Duration = Duration::from_secs(10);

/// To look through a store of traces takes a millisecond or fifty, depending on what is asked for and
/// how much there is. Nobody reads a list so quickly that it had to be made anew each second.
pub(super) struct Paced<L> {
    live: L,
    next: Instant,
}

impl<L: Live> Paced<L> {
    pub(super) fn new(live: L) -> Self {
        Self {
            live,
            next: Instant::now(),
        }
    }

    fn advance_at(&mut self, moment: &Moment<'_>, now: impl Fn() -> Instant) -> Advance {
        let began = now();
        if began < self.next {
            return Advance::Same;
        }
        let advance = self.live.advance(moment);
        let ended = now();
        let pause = ended.saturating_duration_since(began).saturating_mul(BREAK);
        self.next = ended.checked_add(pause.min(LONGEST)).unwrap_or(ended);
        advance
    }
}

impl<L: Live> Live for Paced<L> {
    fn advance(&mut self, moment: &Moment<'_>) -> Advance {
        self.advance_at(moment, Instant::now)
    }

    fn whole(&self) -> Json {
        self.live.whole()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use telemetry_metrics::Aggregator;
    use telemetry_metrics::history::History;

    use super::*;
    use crate::sources::Sources;

    struct Counts(u32);

    impl Live for Counts {
        fn advance(&mut self, _: &Moment<'_>) -> Advance {
            self.0 += 1;
            Advance::Whole
        }

        fn whole(&self) -> Json {
            Json::from(self.0)
        }
    }

    #[test]
    fn whatever_takes_long_is_made_seldom() {
        let aggregator = Aggregator::builder().start().unwrap();
        let history = History::start(&aggregator).unwrap();
        let sources = Sources::new(&aggregator, history.into());
        let moment = Moment::new(&sources);
        // Each look at the clock is 10 ms after the one before, and so is a tick that does nothing.
        let start = Instant::now() + Duration::from_secs(1);
        let looks = Cell::new(0);
        let now = || {
            looks.set(looks.get() + 1);
            start + Duration::from_millis(10) * looks.get()
        };
        let mut paced = Paced::new(Counts(0));
        assert_eq!(paced.advance_at(&moment, now), Advance::Whole, "at once");
        // It took 10 ms, so a second passes.
        let ticks = (1..).take_while(|_| paced.advance_at(&moment, now) == Advance::Same);
        assert_eq!((ticks.count(), paced.whole()), (99, Json::from(2)));
    }
}
