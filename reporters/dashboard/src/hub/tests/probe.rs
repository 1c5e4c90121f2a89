//! [`Probe`]: a section that counts what is asked of it, and does as it is told.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value as Json, json};
use telemetry_metrics::Aggregator;
use telemetry_metrics::history::History;

use crate::hub::Hub;
use crate::hub::limits::{Limits, Times};
use crate::hub::section::Open;
use crate::live::{Advance, Live};
use crate::moment::Moment;
use crate::sources::Sources;
use crate::view::{ChartKey, Key, Range, View};

/// Ticks every 5 ms; otherwise so patient that nothing happens by itself.
pub(super) const QUICK: Times = Times {
    pace: Duration::from_millis(5),
    waits_for_sample: false,
    grace: Duration::from_millis(20),
    heartbeat: LONG,
    patience: LONG,
    retry: Duration::from_millis(50),
    host: Duration::from_millis(5),
};

pub(super) const LONG: Duration = Duration::from_secs(60);

pub(super) fn hub(times: Times, limits: Limits, open: Box<Open>) -> Arc<Hub> {
    let aggregator = Aggregator::builder().start().unwrap();
    let history = Arc::new(History::start(&aggregator).unwrap());
    let sources = Sources::new(&aggregator, history);
    Arc::new(Hub::with(sources, limits, "build", times, open))
}

/// Sections of ours, `chart-0` and so on.
pub(super) fn own(number: usize) -> Key {
    Key::Chart(ChartKey {
        definition: number,
        range: Range(60),
        stat: None,
        by: None,
        find: String::new(),
        is_alone: false,
    })
}

/// Sections of the host.
pub(super) fn hosts(number: usize) -> Key {
    Key::Page(number, Range(60))
}

pub(super) fn view(sections: impl IntoIterator<Item = Key>) -> View {
    View {
        page: "test".to_owned(),
        title: "Test".to_owned(),
        sections: sections.into_iter().collect(),
    }
}

/// What is known of all sections with one key.
#[derive(Default)]
pub(super) struct Probe {
    pub(super) opened: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) advanced: AtomicU64,
    pub(super) wholes: AtomicU64,
    /// Does not change any more.
    pub(super) is_still: AtomicBool,
    pub(super) panics: Mutex<Option<Where>>,
    /// Blocks `advance`.
    is_shut: Mutex<bool>,
    opens: Condvar,
    /// How long the text is besides.
    pub(super) padding: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    Open,
    Advance,
    Whole,
    Drop,
}

impl Probe {
    /// Opens this for all keys.
    pub(super) fn open(self: &Arc<Self>) -> Box<Open> {
        let probe = self.clone();
        Box::new(move |_, _| probe.begin())
    }

    /// Opens one for each number in a key.
    pub(super) fn several(probes: &[Arc<Self>]) -> Box<Open> {
        let probes = probes.to_vec();
        Box::new(move |key, _| {
            let number = match key {
                Key::Chart(chart) => chart.definition,
                Key::Page(number, _) => *number,
                _ => unreachable!(),
            };
            probes[number].begin()
        })
    }

    pub(super) fn begin(self: &Arc<Self>) -> Box<dyn Live> {
        self.opened.fetch_add(1, SeqCst);
        self.fall(Where::Open);
        Box::new(Probing {
            probe: self.clone(),
            number: 0,
        })
    }

    pub(super) fn panic_at(&self, place: Option<Where>) {
        *self.panics.lock().unwrap() = place;
    }

    fn fall(&self, place: Where) {
        let panics = *self.panics.lock().unwrap_or_else(PoisonError::into_inner);
        assert_ne!(panics, Some(place), "as the test wants it");
    }

    /// `advance` does not return as long as this is there.
    pub(super) fn shut(&self) -> Shut<'_> {
        *self.is_shut.lock().unwrap() = true;
        Shut(self)
    }

    fn pass(&self) {
        let shut = self.is_shut.lock().unwrap();
        drop(self.opens.wait_while(shut, |shut| *shut).unwrap());
    }

    pub(super) fn advanced(&self) -> u64 {
        self.advanced.load(SeqCst)
    }
}

pub(super) struct Shut<'p>(&'p Probe);

impl Drop for Shut<'_> {
    fn drop(&mut self) {
        *self.0.is_shut.lock().unwrap() = false;
        self.0.opens.notify_all();
    }
}

/// Shows how often it was advanced.
struct Probing {
    probe: Arc<Probe>,
    number: u64,
}

impl Probing {
    fn text(&self) -> Json {
        let padding = self.probe.padding.load(SeqCst);
        json!({ "number": self.number, "padding": "x".repeat(usize::try_from(padding).unwrap()) })
    }
}

impl Live for Probing {
    fn advance(&mut self, _: &Moment<'_>) -> Advance {
        self.probe.pass();
        self.probe.advanced.fetch_add(1, SeqCst);
        self.probe.fall(Where::Advance);
        if self.probe.is_still.load(SeqCst) {
            return Advance::Same;
        }
        self.number += 1;
        Advance::Delta(json!({ "cards": { "card": { "delta": { "set": self.text() } } } }))
    }

    fn whole(&self) -> Json {
        self.probe.wholes.fetch_add(1, SeqCst);
        self.probe.fall(Where::Whole);
        let mut card = self.text();
        card["id"] = json!("card");
        card["kind"] = json!("text");
        json!({ "cards": [card] })
    }
}

impl Drop for Probing {
    fn drop(&mut self) {
        self.probe.dropped.fetch_add(1, SeqCst);
        self.probe.fall(Where::Drop);
    }
}

/// Waits until something holds.
pub(super) async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + LONG;
    while !holds() {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
