//! [`TracesBuilder`]: settings.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use telemetry::{AttachOptions, attach_with};

use super::budget::Budget;
use super::keeper::{Keeper, Settings};
use super::problem::TracesError;
use super::record;
use super::settings::{Limits, Slow, is_pattern, share};
use super::traces::Traces;

/// Collects the settings of a [`Traces`]; made by [`Traces::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `start`"]
pub struct TracesBuilder {
    memory: usize,
    kept: f64,
    sample: f64,
    unsampled: bool,
    slow: Slow,
    max_spans: usize,
    max_text: usize,
    only: Vec<String>,
}

/// What [`TracesBuilder::max_spans`] and [`TracesBuilder::max_text`] may be at most.
const MOST_SPANS: usize = 100_000;
const MOST_TEXT: usize = 1 << 20;

/// The memory is at least as much as so many spans may take, so that as many threads can hold one each
/// while they wait for room.
const LEAST_SPANS: usize = 16;

/// A trace may take this part of the memory.
const TRACE_PART: usize = 8;

impl Default for TracesBuilder {
    fn default() -> Self {
        Self {
            memory: 16 << 20,
            kept: 0.5,
            sample: 1.0,
            unsampled: false,
            slow: Slow {
                limit: Duration::from_millis(500),
                others: Vec::new(),
            },
            max_spans: 1_000,
            max_text: 2_048,
            only: vec!["*".to_owned()],
        }
    }
}

impl TracesBuilder {
    /// How many bytes the traces may take, all together; 16 MiB by default. That is enough for some
    /// twenty thousand spans with a dozen values each.
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Which part of the memory is for slow and failed traces, half of it for each; 0.5 by default.
    /// What they do not need is used by others as long as they do not.
    pub fn kept(mut self, part: f64) -> Self {
        self.kept = part;
        self
    }

    /// A trace with a span that took so long is slow; half a second by default.
    ///
    /// A response that is streamed (whose span says `streamed: true`, as `telemetry-http` has it)
    /// takes as long as its reader likes, and is not.
    pub fn slow(mut self, limit: Duration) -> Self {
        self.slow.limit = limit;
        self
    }

    /// Another limit for the spans of a name, or below a prefix (`jobs.*`). `Duration::MAX` is for
    /// those that are never slow. Of several that match, the last counts.
    pub fn slow_for(mut self, pattern: impl Into<String>, limit: Duration) -> Self {
        self.slow.others.push((pattern.into(), limit));
        self
    }

    /// Which part of the traces is taken, by their ids: all of a trace or nothing; 1.0 by default.
    ///
    /// It is a part of all traces. Those that are not sampled at all (their contexts' flag is not
    /// set) are not taken, and where that was decided by a ratio as well, the smaller one counts; but see
    /// [`unsampled`](Self::unsampled).
    pub fn sample(mut self, ratio: f64) -> Self {
        self.sample = ratio;
        self
    }

    /// Whether traces that are not sampled are taken as well: no by default, so that they cost next to
    /// nothing. Where only a share of the traces is sampled, to be sent elsewhere, this is how the slow and
    /// the failed of all are still here.
    pub fn unsampled(mut self, take: bool) -> Self {
        self.unsampled = take;
        self
    }

    /// How many spans of a trace are kept, 1,000 by default, at most 100,000; those that come later are
    /// counted. Parents come after their children, so for those there is room for an eighth more.
    ///
    /// No trace takes more than an eighth of the memory, either.
    pub fn max_spans(mut self, spans: usize) -> Self {
        self.max_spans = spans;
        self
    }

    /// How many bytes of a text are kept, 2,048 by default, at most a mebibyte, and eight times that of
    /// all texts of a span. A text that was cut ends in `…`.
    pub fn max_text(mut self, bytes: usize) -> Self {
        self.max_text = bytes;
        self
    }

    /// Takes only spans whose last event matches one of these patterns: `shop.*`, or
    /// `shop.checkout.stop`. By default all are taken.
    ///
    /// A span whose parent is not taken stands below one that is missing.
    pub fn only<P: Into<String>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.only = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// Checks the settings, and attaches the store to the ends of spans.
    ///
    /// # Errors
    ///
    /// A [`TracesError`] if a setting is out of its range or a pattern is none.
    pub fn start(self) -> Result<Traces, TracesError> {
        static NUMBER: AtomicU64 = AtomicU64::new(1);

        let keeper = Arc::new(self.keeper()?);
        let id = format!(
            "telemetry.traces.{}",
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        let options = AttachOptions::new().spans_only(true);
        let handler = keeper.clone();
        let attached = attach_with(id, &self.only, options, move |event| handler.take(event))?;
        Ok(Traces::new(keeper, attached))
    }

    fn keeper(&self) -> Result<Keeper, TracesError> {
        within("max_spans", self.max_spans, MOST_SPANS)?;
        within("max_text", self.max_text, MOST_TEXT)?;
        let others = self.slow.others.iter().map(|(pattern, _)| pattern);
        if let Some(wrong) = others.into_iter().find(|pattern| !is_pattern(pattern)) {
            let pattern = wrong.clone();
            return Err(TracesError::Pattern { pattern });
        }
        let ratio = |setting, given| TracesError::Ratio { setting, given };
        if !(0.0..=1.0).contains(&self.kept) {
            return Err(ratio("kept", self.kept));
        }
        let sample = share(self.sample).ok_or_else(|| ratio("sample", self.sample))?;
        let least = LEAST_SPANS * record::most(self.max_text);
        if self.memory < least {
            let bytes = self.memory;
            return Err(TracesError::Memory { bytes, least });
        }
        let settings = Settings {
            limits: Limits {
                text: self.max_text,
                spans: self.max_spans,
                trace: self.memory / TRACE_PART,
            },
            sample,
            unsampled: self.unsampled,
            slow: self.slow.clone(),
            is_filtered: !self.only.iter().any(|pattern| pattern == "*"),
        };
        Ok(Keeper::new(Budget::new(self.memory, self.kept), settings))
    }
}

fn within(setting: &'static str, given: usize, most: usize) -> Result<(), TracesError> {
    if (1..=most).contains(&given) {
        return Ok(());
    }
    Err(TracesError::Limit {
        setting,
        given,
        most,
    })
}
