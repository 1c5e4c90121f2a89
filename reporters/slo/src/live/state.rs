//! [`Lamp`]: whether an alert fires. It behaves as a rule of Prometheus does, with its `for` and its
//! `keep_firing_for`.

use std::time::Duration;

use crate::report::AlertState;

/// One alert: inactive, pending, firing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lamp {
    state: AlertState,
    /// Since when it has been in its state.
    since: Duration,
    /// While firing: since when nothing has been wrong any more.
    quiet: Option<Duration>,
}

/// What happened to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Fired,
    /// After firing for so long.
    Resolved(Duration),
}

impl Lamp {
    /// Whether something is wrong `now`, which is not before the last time.
    pub(crate) fn turn(
        &mut self,
        now: Duration,
        is_wrong: bool,
        hold: Duration,
        keep: Duration,
    ) -> Option<Turn> {
        match (self.state, is_wrong) {
            (AlertState::Inactive, true) => self.enter(AlertState::Pending, now),
            (AlertState::Pending, false) => self.enter(AlertState::Inactive, now),
            (AlertState::Firing, true) => self.quiet = None,
            (AlertState::Firing, false) => {
                let quiet = *self.quiet.get_or_insert(now);
                if now.saturating_sub(quiet) >= keep {
                    let lasted = self.lasting(now);
                    self.enter(AlertState::Inactive, now);
                    return Some(Turn::Resolved(lasted));
                }
            }
            (AlertState::Inactive, false) | (AlertState::Pending, true) => {}
        }
        if self.state == AlertState::Pending && self.lasting(now) >= hold {
            self.enter(AlertState::Firing, now);
            return Some(Turn::Fired);
        }
        None
    }

    fn enter(&mut self, state: AlertState, now: Duration) {
        *self = Self {
            state,
            since: now,
            quiet: None,
        };
    }

    pub(crate) fn state(&self) -> AlertState {
        self.state
    }

    /// For how long it has been in its state.
    pub(crate) fn lasting(&self, now: Duration) -> Duration {
        now.saturating_sub(self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// One character per second: what is wrong, and what became of it.
    fn run(wrong: &str, hold: u64, keep: u64) -> String {
        let mut lamp = Lamp::default();
        let one = |(at, wrong): (usize, char)| {
            lamp.turn(s(at as u64), wrong == '!', s(hold), s(keep));
            match lamp.state() {
                AlertState::Inactive => '.',
                AlertState::Pending => 'p',
                AlertState::Firing => 'F',
            }
        };
        wrong.chars().enumerate().map(one).collect()
    }

    #[test]
    fn without_hold_and_keep_it_does_what_it_is_told() {
        assert_eq!(run("..!!..!.", 0, 0), "..FF..F.");
    }

    #[test]
    fn it_fires_when_it_was_wrong_all_the_time() {
        assert_eq!(run(".!!!!.", 3, 0), ".pppF.");
        assert_eq!(run("!!!.!!!.!!!!", 3, 0), "ppp.ppp.pppF");
    }

    #[test]
    fn it_goes_on_until_it_was_right_all_the_time() {
        assert_eq!(run("!....", 0, 3), "FFFF.");
        // Neither flaps nor fires anew.
        assert_eq!(run("!..!..!.....", 0, 3), "FFFFFFFFFF..");
    }

    #[test]
    fn an_evaluation_that_comes_late_still_needs_two_to_fire() {
        let mut lamp = Lamp::default();
        assert_eq!(lamp.turn(s(1_000), true, s(60), s(60)), None);
        assert_eq!(lamp.turn(s(2_000), true, s(60), s(60)), Some(Turn::Fired));
        // And two to resolve.
        assert_eq!(lamp.turn(s(9_000), false, s(60), s(60)), None);
        let resolved = lamp.turn(s(9_060), false, s(60), s(60));
        assert_eq!(resolved, Some(Turn::Resolved(s(7_060))));
    }
}
