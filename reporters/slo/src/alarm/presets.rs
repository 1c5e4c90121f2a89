//! The alarms that most programs want.

use std::time::Duration;

use super::{Alarm, Reading};
use crate::policy::Severity;

const MINUTE: Duration = Duration::from_secs(60);

impl Alarm {
    /// `ChannelFull`: a channel is fuller than four fifths for two minutes, by two last values of the
    /// same tags. Whoever sends soon waits, or loses what is sent.
    pub fn channel_depth(depth: impl Into<String>, capacity: impl Into<String>) -> Self {
        Self::new("ChannelFull", share(depth, capacity), 0.8)
            .summary("A channel is nearly full: whoever sends will soon wait, or lose what is sent")
    }

    /// `PoolWaiting`: more than ten tasks wait for a connection of a pool for two minutes.
    pub fn pool_waiting(waiting: impl Into<String>) -> Self {
        Self::new("PoolWaiting", Reading::Latest(waiting.into()), 10.0)
            .summary("Tasks wait for a connection of a pool")
    }

    /// `RunQueueLong`: more than a hundred tasks wait for a thread of the runtime for two minutes.
    pub fn run_queue(length: impl Into<String>) -> Self {
        Self::new("RunQueueLong", Reading::Latest(length.into()), 100.0)
            .summary("Tasks wait for a thread: the processors are busy, or something blocks")
    }

    /// `MemoryHigh`: the process has had more bytes of memory than this for two minutes. It wakes
    /// somebody: what comes next is the end of the process.
    pub fn memory(used: impl Into<String>, limit_bytes: u64) -> Self {
        Self::new(
            "MemoryHigh",
            Reading::Latest(used.into()),
            limit_bytes as f64,
        )
        .severity(Severity::Page)
        .summary("The process has nearly all the memory that it may have")
    }

    /// `TableLarge`: a table, a cache or a map has had more entries than this for two minutes.
    pub fn table_size(size: impl Into<String>, limit: u64) -> Self {
        Self::new("TableLarge", Reading::Latest(size.into()), limit as f64)
            .summary("A table has more entries than it should ever have: something is not removed")
    }

    /// `OpenFilesHigh`: more than four fifths of the files and sockets that there may be are open for
    /// two minutes. It wakes somebody: what comes next is that nobody can connect.
    pub fn open_files(open: impl Into<String>, limit: impl Into<String>) -> Self {
        Self::new("OpenFilesHigh", share(open, limit), 0.8)
            .severity(Severity::Page)
            .summary("Nearly all files and sockets that may be open are open")
    }

    /// `SeriesOverflow`: within ten minutes a metric had more combinations of tags than it may have, so
    /// that events were counted together that should not be.
    pub fn series_overflow() -> Self {
        Self::new(
            "SeriesOverflow",
            rise(["telemetry.metric.overflowed"], 10 * MINUTE),
            0.0,
        )
        .hold(Duration::ZERO)
        .summary("A metric has more series than it may have: a tag has too many values")
    }

    /// `ReporterFailing`: for ten minutes there has been no time of five minutes in which a reporter
    /// delivered everything.
    pub fn reporter_failures() -> Self {
        let definitions = ["telemetry.reporter.failed", "telemetry.reporter.dropped"];
        Self::new("ReporterFailing", rise(definitions, 5 * MINUTE), 0.0)
            .hold(10 * MINUTE)
            .summary("A reporter cannot deliver what it has to report")
    }

    /// `Panics`: something panicked within the last ten minutes, by a counter of that.
    pub fn panics(count: impl Into<String>) -> Self {
        Self::new("Panics", rise([count.into()], 10 * MINUTE), 0.0)
            .hold(Duration::ZERO)
            .summary("Something panicked")
    }
}

fn share(part: impl Into<String>, of: impl Into<String>) -> Reading {
    Reading::Share {
        part: part.into(),
        of: of.into(),
    }
}

fn rise<D: Into<String>>(definitions: impl IntoIterator<Item = D>, within: Duration) -> Reading {
    Reading::Rise {
        definitions: definitions.into_iter().map(Into::into).collect(),
        within,
    }
}
