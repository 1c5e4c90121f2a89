//! Lines on standard error: few, because a daemon that is away for a night is one piece of news.

use std::fmt;
use std::io::Write;
use std::time::{Duration, Instant};

/// How long a piece of news stays one.
const QUIET: Duration = Duration::from_secs(60);

/// One piece of news, said at most once a minute, or once for ever.
#[derive(Debug, Default)]
pub(crate) struct Notice {
    said: Option<Instant>,
}

impl Notice {
    /// Says it, unless that was done within the last minute.
    pub(crate) fn say(&mut self, news: fmt::Arguments<'_>) {
        if self.is_due(Instant::now()) {
            self.write(news);
        }
    }

    /// Says it, unless that was ever done.
    pub(crate) fn say_once(&mut self, news: fmt::Arguments<'_>) {
        if self.said.is_none() {
            self.write(news);
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        self.said
            .is_none_or(|said| now.saturating_duration_since(said) >= QUIET)
    }

    fn write(&mut self, news: fmt::Arguments<'_>) {
        self.said = Some(Instant::now());
        // There is nowhere to report that standard error is closed.
        let _ = writeln!(std::io::stderr(), "telemetry-statsd: {news}");
    }
}

/// `1 line`, `2 lines`.
pub(crate) fn lines(count: u64) -> String {
    match count {
        1 => "1 line".into(),
        many => format!("{many} lines"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_one() {
        assert_eq!([0, 1, 2].map(lines), ["0 lines", "1 line", "2 lines"]);
    }

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
