//! Lines on standard error: few, because an exporter that fails for a night is one piece of news.

use std::fmt;
use std::io::Write;
use std::time::{Duration, Instant};

/// How long a piece of news stays one.
const QUIET: Duration = Duration::from_secs(60);

/// One piece of news, said at most once a minute.
#[derive(Debug, Default)]
pub(crate) struct Notice {
    said: Option<Instant>,
}

impl Notice {
    /// Says it, unless that was done within the last minute.
    pub(crate) fn say(&mut self, news: fmt::Arguments<'_>) {
        let now = Instant::now();
        if self.is_due(now) {
            self.said = Some(now);
            line(news);
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        self.said
            .is_none_or(|said| now.saturating_duration_since(said) >= QUIET)
    }
}

/// One line.
pub(crate) fn line(news: fmt::Arguments<'_>) {
    // There is nowhere to report that standard error is closed.
    let _ = writeln!(std::io::stderr(), "telemetry-bridge: {news}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_is_said_again_after_a_minute() {
        let mut notice = Notice::default();
        assert!(notice.is_due(Instant::now()));
        notice.say(format_args!("(a test says this)"));
        let said = notice.said.unwrap();
        assert!(!notice.is_due(said + QUIET / 2));
        assert!(notice.is_due(said + QUIET));
    }
}
