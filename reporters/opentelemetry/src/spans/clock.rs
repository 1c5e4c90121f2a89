//! When spans began and ended, by the time of day.
//!
//! A span's end has the time since the process began, so the time of day is an addition away, once it
//! is known when that was. To read two clocks for each span would cost more than to write it. What is known
//! is good for a hundredth of a second: the clock of the system may be set, or corrected, meanwhile, and
//! the span's clock may be a little off.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use telemetry::SpanInfo;

/// How long an answer is good, in nanoseconds.
const GOOD_FOR: u64 = 10_000_000;

#[derive(Debug)]
pub(super) struct Clock {
    /// When the process began, in nanoseconds since the Unix epoch.
    zero: AtomicU64,
    /// Until when that is believed, in nanoseconds since the process began.
    until: AtomicU64,
}

impl Clock {
    pub(super) const fn new() -> Self {
        Self {
            zero: AtomicU64::new(0),
            until: AtomicU64::new(0),
        }
    }

    /// When a span began and ended that is over now, in nanoseconds since the Unix epoch.
    #[inline]
    pub(super) fn times(&self, span: &SpanInfo, ended: Option<Duration>) -> (u64, u64) {
        let duration = nanos(span.duration().unwrap_or_default());
        let zero = match ended {
            Some(ended) => self.zero(span, duration, nanos(ended)),
            None => {
                let start = since_epoch(span.started_at());
                return (start, start.saturating_add(duration));
            }
        };
        let end = zero.saturating_add(nanos(ended.unwrap_or_default()));
        (end.saturating_sub(duration), end)
    }

    #[inline]
    fn zero(&self, span: &SpanInfo, duration: u64, ended: u64) -> u64 {
        let until = self.until.load(Ordering::Acquire);
        // A little before is as good as a little after: threads are not all as fast.
        if ended < until && until - ended < 2 * GOOD_FOR {
            return self.zero.load(Ordering::Relaxed);
        }
        self.ask(span, duration, ended)
    }

    #[inline(never)]
    fn ask(&self, span: &SpanInfo, duration: u64, ended: u64) -> u64 {
        // Whoever is interrupted between the two clocks gets a time that is too early, never too late.
        let started = (0..3).map(|_| since_epoch(span.started_at())).max();
        let zero = started.unwrap_or_default().saturating_add(duration);
        let zero = zero.saturating_sub(ended);
        self.zero.store(zero, Ordering::Relaxed);
        self.until
            .store(ended.saturating_add(GOOD_FOR), Ordering::Release);
        zero
    }
}

fn since_epoch(time: SystemTime) -> u64 {
    nanos(
        time.duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default(),
    )
}

#[inline]
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_used_for_a_while_and_then_asked_for_again() {
        let span = |clock: Clock, ended: u64| {
            let (sender, receiver) = std::sync::mpsc::channel();
            let _seen = telemetry::attach("spans-clock", "spans.clock.work.stop", move |event| {
                let ended = Duration::from_nanos(ended);
                let times = clock.times(event.span().unwrap(), Some(ended));
                sender
                    .send((times, clock.until.load(Ordering::Relaxed)))
                    .unwrap();
            })
            .unwrap()
            .guard();
            telemetry::span!("spans.clock.work").finish();
            receiver.recv().unwrap()
        };
        let known = |until| Clock {
            zero: AtomicU64::new(7_000),
            until: AtomicU64::new(until),
        };
        let (ended, later) = (50_000_000, 50_000_000 + GOOD_FOR);
        let ((start, end), until) = span(known(later), ended);
        assert_eq!((end, until), (7_000 + ended, later));
        assert!(start < end);
        // Too old, and from a time that is not ours.
        for until in [ended, 0, ended + 3 * GOOD_FOR] {
            let before = since_epoch(SystemTime::now());
            let ((start, end), until) = span(known(until), ended);
            let after = since_epoch(SystemTime::now());
            let near = 50_000_000;
            assert!(start < end && before - near < start && end < after + near);
            assert_eq!(until, later);
        }
    }
}
