//! A log that handlers write to, for more than one of the test binaries.

use std::sync::{Arc, Mutex, PoisonError};

use telemetry::Event;

/// Lines that handlers wrote, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(pub(crate) Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn push(&self, line: impl Into<String>) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line.into());
    }

    /// The lines so far, which are gone from the log afterwards.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A handler that writes always the same line.
    pub(crate) fn writes(&self, line: &str) -> impl Fn(&Event<'_>) + Send + Sync + use<> + 'static {
        let (log, line) = (self.clone(), line.to_owned());
        move |_| log.push(line.clone())
    }

    /// A handler that writes the event's name.
    pub(crate) fn writes_name(&self) -> impl Fn(&Event<'_>) + Send + Sync + use<> + 'static {
        let log = self.clone();
        move |event| log.push(event.name())
    }
}
