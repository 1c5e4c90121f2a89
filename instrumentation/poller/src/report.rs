//! What is said on standard error: the 1st, 2nd, 4th, 8th … failure of a measurement.

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
