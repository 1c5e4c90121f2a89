//! What is not taken in costs what it did before, and other layers get what they got. A binary of
//! its own: `tracing` caches for each callsite who of all subscribers in the process wants it, and
//! other tests have some that want all.

#[path = "support/mod.rs"]
mod support;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use telemetry_tracing::{Rule, take_in};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber, debug, info, info_span, trace};
use tracing_subscriber::filter::{LevelFilter, dynamic_filter_fn};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::prelude::*;

use support::{Caught, Recorder, Told};

/// How often a whole subscriber was asked about targets of a prefix, and given events of it.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Counts {
    interest_never: usize,
    interest_other: usize,
    enabled: usize,
    events: usize,
}

/// Around another subscriber, it counts what arrives from the program.
struct Counting<S> {
    inner: S,
    counts: Arc<Mutex<HashMap<String, Counts>>>,
}

impl<S> Counting<S> {
    fn count(&self, metadata: &Metadata<'_>, add: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.lock().unwrap();
        add(counts.entry(metadata.target().to_owned()).or_default());
    }
}

impl<S: Subscriber> Subscriber for Counting<S> {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let interest = self.inner.register_callsite(metadata);
        self.count(metadata, |counts| match interest.is_never() {
            true => counts.interest_never += 1,
            false => counts.interest_other += 1,
        });
        interest
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.count(metadata, |counts| counts.enabled += 1);
        self.inner.enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.inner.max_level_hint()
    }

    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::Id {
        self.inner.new_span(span)
    }

    fn record(&self, _: &tracing::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::Id, _: &tracing::Id) {}

    fn event(&self, event: &Event<'_>) {
        self.count(event.metadata(), |counts| counts.events += 1);
        self.inner.event(event);
    }

    fn enter(&self, _: &tracing::Id) {}

    fn exit(&self, _: &tracing::Id) {}
}

/// One test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn another_callsite_stays_disabled() {
    let _alone = alone();
    let layer = take_in().target("un::chosen", "un.chosen").build().unwrap();
    let counts = Arc::new(Mutex::new(HashMap::new()));
    let subscriber = Counting {
        inner: tracing_subscriber::registry().with(layer),
        counts: counts.clone(),
    };
    let caught = Caught::of("un.chosen");
    tracing::subscriber::with_default(subscriber, || {
        for _ in 0..100 {
            info!(target: "un::other", "unwanted");
            trace!(target: "un::other", "unwanted");
            info!(target: "un::chosen", "wanted");
            assert!(tracing::enabled!(target: "un::chosen", Level::TRACE));
            assert!(!tracing::enabled!(target: "un::other", Level::ERROR));
            let _span = info_span!(target: "un::chosen", "spans are not taken in").entered();
        }
    });
    let counts = counts.lock().unwrap();
    let (other, chosen) = (counts["un::other"], counts["un::chosen"]);
    assert!(other.interest_never >= 2);
    assert_eq!(
        (other.interest_other, other.enabled, other.events),
        (0, 0, 0)
    );
    assert!(chosen.interest_other >= 1 && chosen.interest_never >= 1);
    assert_eq!(chosen.events, 100);
    assert_eq!(caught.len(), 100);
}

#[test]
fn another_layer_gets_what_it_would_get_without() {
    let _alone = alone();
    // Whichever stands first, with a filter of its own and without.
    fn run<S: Subscriber + Send + Sync + 'static>(
        event: &str,
        make: impl FnOnce(Recorder, telemetry_tracing::TakeIn) -> S,
    ) {
        let recorder = Recorder::default();
        let rule = Rule::target("un::both", event).level(Level::DEBUG);
        let subscriber = make(recorder.clone(), take_in().rule(rule));
        let caught = Caught::of(event);
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..3 {
                info!(target: "un::both", "for both");
                debug!(target: "un::both", "for us, and for who wants all");
                info!(target: "un::theirs", "for them");
                info_span!("span").in_scope(|| info!(target: "un::theirs", "in a span"));
            }
        });
        let told: Vec<_> = recorder
            .take()
            .iter()
            .filter_map(|told| match told {
                Told::Event {
                    target,
                    level,
                    scope,
                    ..
                } if *level <= Level::INFO => Some(format!("{target} {scope:?}")),
                _ => None,
            })
            .collect();
        let expected = ["un::both []", "un::theirs []", "un::theirs [\"span\"]"];
        assert_eq!(told, expected.repeat(3), "{event}");
        assert_eq!(caught.take().len(), 6, "{event}");
    }
    let registry = tracing_subscriber::registry;
    run("un.both.a", |recorder, ours| {
        registry().with(recorder).with(ours.build().unwrap())
    });
    run("un.both.b", |recorder, ours| {
        registry().with(ours.build().unwrap()).with(recorder)
    });
    run("un.both.c", |recorder, ours| {
        registry()
            .with(recorder.with_filter(LevelFilter::INFO))
            .with(ours.build().unwrap())
    });
    run("un.both.d", |recorder, ours| {
        registry()
            .with(ours.build().unwrap())
            .with(recorder.with_filter(LevelFilter::INFO))
    });
}

/// Counts what a layer beside ours is given.
struct Beside(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Beside {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.0
            .lock()
            .unwrap()
            .push(event.metadata().target().to_owned());
    }
}

#[test]
fn a_filter_beside_ours_is_asked_about_its_own_only() {
    let _alone = alone();
    let given = Arc::new(Mutex::new(Vec::new()));
    let layer = take_in().target("un::ours", "un.ours").build().unwrap();
    let filter = tracing_subscriber::filter::Targets::new().with_target("un::his", Level::INFO);
    let counts = Arc::new(Mutex::new(HashMap::new()));
    let subscriber = Counting {
        inner: tracing_subscriber::registry()
            .with(layer)
            .with(Beside(given.clone()).with_filter(filter)),
        counts: counts.clone(),
    };
    tracing::subscriber::with_default(subscriber, || {
        for _ in 0..10 {
            info!(target: "un::his", "his");
            info!(target: "un::ours", "ours");
            info!(target: "un::nobodys", "nobody's");
        }
    });
    assert_eq!(*given.lock().unwrap(), ["un::his"; 10]);
    let nobodys = counts.lock().unwrap()["un::nobodys"];
    assert_eq!((nobodys.interest_other, nobodys.events), (0, 0));
}

/// What goes wrong with filters that are always interested: the registry remembers the answer to a
/// question that no event followed, and takes it for that of the next event.
#[test]
fn a_question_without_an_event_does_not_lose_the_next_one() {
    let _alone = alone();
    // Beside ours one that is always interested in the event, and has to be asked about the rest.
    let asked = Arc::new(Mutex::new(0));
    let count = asked.clone();
    let filter = dynamic_filter_fn(move |metadata, _| {
        *count.lock().unwrap() += 1;
        metadata.target() == "un::stale"
    });
    let filter = filter.with_callsite_filter(|metadata| match metadata.target() {
        "un::stale" => Interest::always(),
        _ => Interest::sometimes(),
    });
    let layer = take_in().target("un::stale", "un.stale").build().unwrap();
    let subscriber = tracing_subscriber::registry()
        .with(layer)
        .with(Recorder::default().with_filter(filter));
    let caught = Caught::of("un.stale");
    tracing::subscriber::with_default(subscriber, || {
        let say = || info!(target: "un::stale", "wanted");
        for round in 1..=3 {
            let before = *asked.lock().unwrap();
            let _ = tracing::enabled!(target: "un::else", Level::INFO);
            assert!(*asked.lock().unwrap() > before);
            say();
            assert_eq!(caught.len(), round);
        }
    });
}
