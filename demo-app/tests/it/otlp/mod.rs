//! A real OpenTelemetry receiver gets the spans and the metrics of the running program.
//!
//! The program is a process of its own: in the tests' process, it would send the spans of all others.

mod metrics;
mod traces;

use std::time::Duration;

use rustix::process::Signal;
use telemetry_otlp_receiver::{Received, Receiver, Span};

use crate::support::program::Program;
use crate::support::visitor::Visitor;

/// How long a span may take from its end to the receiver's answer; the receiver is slow.
const DEADLINE: Duration = Duration::from_secs(60);

/// A program that sends to a receiver.
struct Sending {
    // Dropped first.
    program: Program,
    receiver: Receiver,
}

impl Sending {
    fn start() -> Self {
        Self::with(&[])
    }

    fn with(arguments: &[&str]) -> Self {
        let receiver = Receiver::start();
        let url = receiver.http();
        let own = ["--otlp", &url, "--password-cost", "low"];
        let nothing_fails = ["--jobs-fail-percent", "0", "--upstream-fail-percent", "0"];
        let arguments = [&own, &nothing_fails, arguments].concat();
        let program = Program::start_with(&arguments, |command| {
            command.env("OTEL_BSP_SCHEDULE_DELAY", "50");
        });
        Self { program, receiver }
    }

    fn visitor(&self) -> Visitor {
        Visitor::new(self.program.address)
    }

    /// Waits until the trace has come so far.
    #[track_caller]
    fn trace(&self, id: &str, is_whole: impl Fn(&Trace<'_>) -> bool) -> Vec<Span> {
        let mut received = self.receiver.wait_for(DEADLINE, |received| {
            let spans = of_trace(received, id);
            is_whole(&Trace { spans })
        });
        received.spans.retain(|span| span.trace == id);
        received.spans
    }

    /// Ends it, and returns all that was received.
    fn stop(mut self) -> Received {
        self.program.signal(Signal::TERM);
        assert_eq!(self.program.wait().code(), Some(0));
        let said = self.program.said();
        let complaints = said.lines().filter(|line| line.starts_with("demo-app:"));
        assert_eq!(complaints.collect::<Vec<_>>(), [""; 0], "{said}");
        self.receiver.received()
    }
}

fn of_trace<'r>(received: &'r Received, id: &str) -> Vec<&'r Span> {
    let spans = received.spans.iter();
    spans.filter(|span| span.trace == id).collect()
}

/// The spans of one trace.
struct Trace<'r> {
    spans: Vec<&'r Span>,
}

impl<'r> Trace<'r> {
    fn of(spans: &'r [Span]) -> Self {
        Self {
            spans: spans.iter().collect(),
        }
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &'r Span> {
        let spans = self.spans.iter().copied();
        spans.filter(move |span| span.name == name)
    }

    /// The one span of this name.
    #[track_caller]
    fn one(&self, name: &str) -> &'r Span {
        let mut named = self.named(name);
        let names = || self.spans.iter().map(|span| &span.name).collect::<Vec<_>>();
        let span = named
            .next()
            .unwrap_or_else(|| panic!("no {name} in {:?}", names()));
        assert!(named.next().is_none(), "{name} twice in {:?}", names());
        span
    }

    fn with(&self, key: &str, text: &str) -> Option<&'r Span> {
        let mut spans = self.spans.iter().copied();
        spans.find(|span| span.attributes.text(key) == Some(text))
    }

    fn parent(&self, span: &Span) -> Option<&'r Span> {
        let mut spans = self.spans.iter().copied();
        spans.find(|above| above.id == span.parent)
    }

    /// The names from a span upwards.
    fn path(&self, span: &'r Span) -> Vec<&'r str> {
        let path = std::iter::successors(Some(span), |span| self.parent(span));
        path.map(|span| &*span.name).collect()
    }
}
