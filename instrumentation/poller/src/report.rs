//! What is said on standard error: the 1st, 2nd, 4th, 8th … failure of a measurement.

use std::collections::VecDeque;
use std::io::Write;

use crate::info::MeasurementInfo;

/// A line to write, without the lock.
#[derive(Debug)]
pub(crate) struct Report(String);

impl Report {
    pub(crate) fn failed(info: &MeasurementInfo, periods: u64) -> Option<Self> {
        Self::at_powers_of_two(info, || {
            format!(
                "failed and is kept, skipped for {periods} period(s) (failure {}): {}",
                info.failures,
                info.last_error.as_deref().unwrap_or_default(),
            )
        })
    }

    pub(crate) fn hangs(info: &MeasurementInfo) -> Option<Self> {
        Self::at_powers_of_two(info, || {
            format!(
                "hangs, and is not started again before it returns (failure {}): {}",
                info.failures,
                info.last_error.as_deref().unwrap_or_default(),
            )
        })
    }

    pub(crate) fn no_thread(error: &std::io::Error) -> Self {
        Self(format!(
            "telemetry-poller: the operating system gives no thread to go on with while a \
             measurement takes its time: {error}; the others wait\n"
        ))
    }

    fn at_powers_of_two(info: &MeasurementInfo, what: impl FnOnce() -> String) -> Option<Self> {
        let name = info.name.escape_debug();
        info.failures.is_power_of_two().then(|| {
            let what = what();
            Self(format!("telemetry-poller: measurement `{name}` {what}\n"))
        })
    }

    pub(crate) fn write(self) {
        // Not `eprintln!`: it panics when standard error is closed.
        let _ = std::io::stderr().write_all(self.0.as_bytes());
    }
}

/// The lines to write, one after the other.
///
/// Standard error may be a pipe that nobody reads: that must not keep more than one thread, nor take
/// memory without end.
#[derive(Default)]
pub(crate) struct Reports {
    lines: VecDeque<Report>,
    writing: bool,
}

impl Reports {
    /// No more are kept.
    const AT_MOST: usize = 100;

    pub(crate) fn add(&mut self, report: Option<Report>) {
        if self.lines.len() < Self::AT_MOST {
            self.lines.extend(report);
        }
    }

    /// Whether one could be written now.
    pub(crate) fn wait(&self) -> bool {
        !self.writing && !self.lines.is_empty()
    }

    /// The next one; until it is [`written`](Self::written) there is no other.
    pub(crate) fn take(&mut self) -> Option<Report> {
        if !self.wait() {
            return None;
        }
        self.writing = true;
        self.lines.pop_front()
    }

    pub(crate) fn written(&mut self) {
        self.writing = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Option<Report> {
        Some(Report("a line\n".into()))
    }

    #[test]
    fn one_line_is_written_at_a_time() {
        let mut reports = Reports::default();
        assert!(reports.take().is_none());
        reports.add(line());
        reports.add(line());
        assert!(reports.take().is_some());
        assert!(!reports.wait() && reports.take().is_none());
        assert!(reports.take().is_none(), "still");
        reports.written();
        assert!(reports.wait() && reports.take().is_some());
        reports.written();
        assert!(!reports.wait());
    }

    #[test]
    fn lines_that_nobody_writes_are_not_kept_without_end() {
        let mut reports = Reports::default();
        (0..1000).for_each(|_| reports.add(line()));
        let mut written = 0;
        while reports.take().is_some() {
            reports.written();
            written += 1;
        }
        assert_eq!(written, Reports::AT_MOST);
    }
}
