//! Lines on standard error: few, because a receiver that is away for a night is one piece of news.

use std::fmt;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long a line is waited for.
const PATIENCE: Duration = Duration::from_millis(100);

/// So many lines at most wait to be written; more are lost.
const MOST: usize = 4;

/// How long a trouble that comes and goes is not told again.
const QUIET: Duration = Duration::from_secs(60);

/// One kind of trouble. It is told when it begins, not while it lasts, and when it begins again, at
/// most once a minute.
#[derive(Debug, Default)]
pub(crate) struct Notice {
    /// Told, and not over yet.
    lasts: bool,
    told: Option<Instant>,
}

impl Notice {
    /// There is trouble.
    pub(crate) fn begins(&mut self, news: fmt::Arguments<'_>) {
        if self.is_news(Instant::now()) {
            write(news);
        }
    }

    /// It is over: whether it had been told.
    pub(crate) fn is_over(&mut self) -> bool {
        std::mem::take(&mut self.lasts)
    }

    /// It is over, and that is told if its beginning was.
    pub(crate) fn ends(&mut self, news: fmt::Arguments<'_>) {
        if self.is_over() {
            write(news);
        }
    }

    fn is_news(&mut self, now: Instant) -> bool {
        let told_lately = self
            .told
            .is_some_and(|told| now.saturating_duration_since(told) < QUIET);
        if self.lasts || told_lately {
            return false;
        }
        (self.lasts, self.told) = (true, Some(now));
        true
    }
}

/// Not on this thread: whoever waits for it may be the one who has locked standard error, or nobody may
/// read what is written there.
pub(super) fn write(news: fmt::Arguments<'_>) {
    static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);
    if UNDER_WAY.fetch_add(1, Ordering::Relaxed) >= MOST {
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
        return;
    }
    let line = format!("telemetry-opentelemetry: {news}\n");
    let (done, is_done) = mpsc::sync_channel::<()>(1);
    let writing = std::thread::Builder::new()
        .name("telemetry-notice".into())
        .spawn(move || {
            // There is nowhere to report that standard error is closed.
            let _ = std::io::stderr().write_all(line.as_bytes());
            UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
            drop(done);
        });
    match writing {
        // The program may be about to end, and nearly always this takes no time.
        Ok(_) => drop(is_done.recv_timeout(PATIENCE)),
        Err(_) => drop(UNDER_WAY.fetch_sub(1, Ordering::Relaxed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_of_trouble_is_told_once() {
        let mut notice = Notice::default();
        let begin = Instant::now();
        assert!(notice.is_news(begin));
        for hour in 0..9 {
            assert!(!notice.is_news(begin + QUIET * 60 * hour));
        }
    }

    #[test]
    fn what_comes_and_goes_is_told_once_a_minute() {
        let mut notice = Notice::default();
        let begin = Instant::now();
        let mut told = 0;
        for second in 0..150 {
            told += u32::from(notice.is_news(begin + Duration::from_secs(second)));
            notice.is_over();
        }
        assert_eq!(told, 3);
    }

    #[test]
    fn an_end_is_told_if_its_beginning_was() {
        let mut notice = Notice::default();
        assert!(!notice.is_over());
        assert!(notice.is_news(Instant::now()));
        assert!(notice.is_over());
        assert!(!notice.is_news(Instant::now()), "within the minute");
        assert!(!notice.is_over());
    }
}
