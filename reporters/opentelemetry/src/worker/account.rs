//! [`Account`]: what became of what one signal sent, in numbers and in words.

use std::sync::{Mutex, MutexGuard, PoisonError};

use telemetry_metrics::{Health, HealthReport};

use super::notice::{self, Notice};

/// Counts for [`Health`], and says on standard error what an operator should know: each kind of trouble
/// when it begins.
#[derive(Debug)]
pub(crate) struct Account {
    health: Health,
    /// `span` or `point`.
    unit: &'static str,
    /// By the thread that sends, and by those tasks of its that wait for a deadline.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Why the last attempt failed, if none has succeeded since.
    trouble: Option<String>,
    /// Those that the queue had dropped when that was last looked at.
    overflown: u64,
    /// Those that were dropped here.
    dropped: u64,
    failing: Notice,
    late: Notice,
    refused: Notice,
    rejected: Notice,
    odd: Notice,
    full: Notice,
}

impl Account {
    pub(crate) fn new(health: Health, unit: &'static str) -> Self {
        Self {
            health,
            unit,
            state: Mutex::default(),
        }
    }

    pub(crate) fn report(&self) -> HealthReport {
        self.health.report()
    }

    /// Why nothing can be delivered at the moment, if that is so.
    pub(super) fn trouble(&self) -> Option<String> {
        self.state().trouble.clone()
    }

    /// One of several attempts.
    pub(super) fn attempt_failed(&self, why: &str) {
        self.health.failed(1);
        let mut state = self.state();
        state.trouble = Some(why.to_owned());
        let unit = self.unit;
        state
            .failing
            .begins(format_args!("{unit}s cannot be delivered: {why}"));
        drop(state);
        // It fills up while the same ones are tried again.
        self.look_at_queue();
    }

    /// Of `count`, `rejected` were not taken. A reason without that is a remark of the receiver's.
    ///
    /// # Errors
    ///
    /// If some were rejected, in a sentence.
    pub(super) fn delivered(
        &self,
        count: u64,
        rejected: u64,
        why: Option<&str>,
    ) -> Result<(), String> {
        let rejected = rejected.min(count);
        self.health.sent(count - rejected);
        let mut state = self.state();
        state.trouble = None;
        let unit = self.unit;
        state
            .failing
            .ends(format_args!("{unit}s are delivered again"));
        state.late.is_over();
        state.refused.is_over();
        let said = why.map(|why| format!(": {why}")).unwrap_or_default();
        if rejected == 0 {
            state.rejected.is_over();
            match why {
                Some(why) => state
                    .odd
                    .begins(format_args!("{unit}s were delivered, but: {why}")),
                None => drop(state.odd.is_over()),
            }
            return Ok(());
        }
        self.drop_some(&mut state, rejected);
        let sentence = format!("{} rejected by the receiver{said}", self.were(rejected));
        state
            .rejected
            .begins(format_args!("{sentence}; all such are dropped and counted"));
        Err(sentence)
    }

    /// It is of no use to try again, whatever becomes of them.
    ///
    /// # Errors
    ///
    /// Always, in a sentence.
    pub(super) fn refused(&self, count: u64, why: &str, is_lost: bool) -> Result<(), String> {
        let mut state = self.state();
        state.trouble = Some(why.to_owned());
        let sentence = format!("{} refused: {why}", self.were(count));
        self.lost(&mut state, count, is_lost);
        state
            .refused
            .begins(format_args!("{sentence}{}", outlook(is_lost)));
        Err(sentence)
    }

    /// There is no more time for them.
    ///
    /// # Errors
    ///
    /// Always, in a sentence.
    pub(super) fn late(&self, count: u64, why: &str, is_lost: bool) -> Result<(), String> {
        let mut state = self.state();
        state.trouble = Some(why.to_owned());
        let sentence = format!("{} not delivered in time: {why}", self.were(count));
        self.lost(&mut state, count, is_lost);
        state
            .late
            .begins(format_args!("{sentence}{}", outlook(is_lost)));
        Err(sentence)
    }

    /// Nobody will deliver them.
    pub(super) fn abandoned(&self, count: u64) {
        if count > 0 {
            self.drop_some(&mut self.state(), count);
        }
    }

    /// Those that were dropped so far.
    pub(super) fn dropped(&self) -> u64 {
        self.health.report().dropped
    }

    /// The last word, when nothing is sent any more: if any were dropped, how many in all. Returns what to
    /// say to who stopped it, if some were dropped since then, when it were `before`.
    pub(super) fn close(&self, before: u64) -> Option<String> {
        let HealthReport { sent, dropped, .. } = self.health.report();
        if dropped > 0 {
            let sent = self.were(sent);
            notice::write(format_args!(
                "stopped; {sent} sent in all, and {dropped} dropped"
            ));
        }
        let lost = dropped.saturating_sub(before);
        (lost > 0).then(|| format!("{} dropped", self.were(lost)))
    }

    /// Looks whether the queue has dropped some since the last time.
    pub(super) fn look_at_queue(&self) {
        let mut state = self.state();
        // A queue counts in the same account.
        let overflown = self.health.report().dropped.saturating_sub(state.dropped);
        let more = overflown - state.overflown.min(overflown);
        state.overflown = overflown;
        if more == 0 {
            state.full.is_over();
            return;
        }
        let sentence = self.were(more);
        state.full.begins(format_args!(
            "{sentence} dropped, because the queue is full; all such are counted"
        ));
    }

    fn lost(&self, state: &mut State, count: u64, is_lost: bool) {
        if is_lost {
            self.drop_some(state, count);
        }
    }

    fn drop_some(&self, state: &mut State, count: u64) {
        self.health.dropped(count);
        state.dropped += count;
    }

    fn were(&self, count: u64) -> String {
        let unit = self.unit;
        match count {
            1 => format!("1 {unit} was"),
            many => format!("{many} {unit}s were"),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn outlook(is_lost: bool) -> &'static str {
    if is_lost {
        "; all such are dropped and counted"
    } else {
        "; the next request has them again"
    }
}

#[cfg(test)]
mod tests {
    use telemetry_metrics::Aggregator;

    use super::*;

    fn account() -> Account {
        let aggregator = Aggregator::builder().start().unwrap();
        Account::new(aggregator.register_health("otlp-test"), "span")
    }

    fn counts(account: &Account) -> (u64, u64, u64) {
        let report = account.health.report();
        (report.sent, report.failed, report.dropped)
    }

    #[test]
    fn what_is_rejected_is_dropped_and_the_rest_was_sent() {
        let account = account();
        assert_eq!(account.delivered(10, 0, None), Ok(()));
        assert_eq!(account.delivered(10, 0, Some("mind the gap")), Ok(()));
        let told = account.delivered(10, 3, Some("too old")).unwrap_err();
        assert_eq!(told, "3 spans were rejected by the receiver: too old");
        assert_eq!(counts(&account), (27, 0, 3));
        // A receiver may say what it likes.
        assert!(account.delivered(1, u64::MAX, None).is_err());
        assert_eq!(counts(&account), (27, 0, 4));
    }

    #[test]
    fn trouble_lasts_until_something_is_delivered() {
        let account = account();
        assert_eq!(account.trouble(), None);
        account.attempt_failed("nobody listens");
        assert_eq!(account.trouble().as_deref(), Some("nobody listens"));
        assert_eq!(account.delivered(1, 0, None), Ok(()));
        assert_eq!(account.trouble(), None);
        assert!(account.late(1, "503", true).is_err());
        assert!(account.refused(2, "400", true).is_err());
        assert!(account.refused(2, "400", false).is_err());
        assert_eq!(account.trouble().as_deref(), Some("400"));
        account.abandoned(4);
        assert_eq!(counts(&account), (1, 1, 7));
    }

    #[test]
    fn what_the_queue_drops_is_told_apart_from_what_is_dropped_here() {
        let account = account();
        account.abandoned(5);
        account.look_at_queue();
        assert_eq!(account.state().overflown, 0);
        account.health.dropped(2);
        account.look_at_queue();
        assert_eq!(account.state().overflown, 2);
    }
}
