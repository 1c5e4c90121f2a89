//! What others record through `metrics`, in the aggregator and its reporters.

use metrics::{Recorder, Unit, with_local_recorder};
use telemetry::execute;
use telemetry_bridge::{MetricsRecorder, MetricsRecorderBuilder};
use telemetry_metrics::{Aggregator, Amount, Data, DeltaData, Family, Needs, Snapshot, counter};

use crate::support::{aggregator, health, on_four_threads};

fn with(
    aggregator: &Aggregator,
    choose: impl FnOnce(MetricsRecorderBuilder<'_>) -> MetricsRecorderBuilder<'_>,
    record: impl FnOnce(),
) -> MetricsRecorder {
    let recorder = choose(MetricsRecorder::builder(aggregator)).build();
    with_local_recorder(&recorder, record);
    recorder
}

fn family<'s>(snapshot: &'s Snapshot, name: &str) -> &'s Family {
    snapshot
        .families
        .iter()
        .find(|family| family.definition.name() == name)
        .unwrap_or_else(|| panic!("no {name}"))
}

fn has(snapshot: &Snapshot, name: &str) -> bool {
    let mut families = snapshot.families.iter();
    families.any(|family| family.definition.name() == name)
}

fn counted(snapshot: &Snapshot, name: &str, tags: &[(&str, &str)]) -> u64 {
    match snapshot.find(name, tags) {
        Some(Data::Counter(count)) => *count,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn all_three_kinds_appear_beside_the_definitions() {
    let aggregator = aggregator([counter("in.own.count")]);
    execute!("in.own");
    with(
        &aggregator,
        |it| it,
        || {
            metrics::counter!("in_requests", "route" => "/a").increment(2);
            metrics::counter!("in_requests", "route" => "/a").increment(3);
            metrics::counter!("in_requests").increment(1);
            let gauge = metrics::gauge!("in_open");
            gauge.set(5.0);
            gauge.increment(2.5);
            metrics::gauge!("in_open").decrement(1.0);
            for n in [1.0, 2.0, 3.0] {
                metrics::histogram!("in_size").record(n);
            }
            metrics::histogram!("in_size").record_many(6.0, 2);
        },
    );
    let snapshot = aggregator.snapshot();
    assert_eq!(counted(&snapshot, "in.own.count", &[]), 1);
    assert_eq!(counted(&snapshot, "in_requests", &[("route", "/a")]), 5);
    assert_eq!(counted(&snapshot, "in_requests", &[]), 1);
    let open = Data::LastValue(Amount::Real(6.5));
    assert_eq!(snapshot.find("in_open", &[]), Some(&open));
    let Some(Data::Summary(summary)) = snapshot.find("in_size", &[]) else {
        panic!("{snapshot:?}")
    };
    assert_eq!((summary.count, summary.sum), (5, Amount::Real(18.0)));
    assert_eq!((summary.min, summary.max), (1.0, 6.0));
    let median = summary.quantile(0.5).unwrap();
    assert!((median / 3.0 - 1.0).abs() < 0.011, "{median}");
}

#[test]
fn units_and_descriptions_come_along() {
    let aggregator = aggregator([]);
    with(
        &aggregator,
        |it| it.buckets("in_wait*", [0.5, 0.1, 0.1, f64::NAN]),
        || {
            metrics::describe_counter!("in_sent", Unit::Kibibytes, "What was sent");
            metrics::describe_gauge!("in_disk", Unit::Tebibytes, "How much there is");
            metrics::describe_histogram!("in_latency", Unit::Milliseconds, "How long it took");
            metrics::describe_histogram!("in_wait_time", Unit::Seconds, "How long it waited");
            metrics::counter!("in_sent").increment(3);
            metrics::gauge!("in_disk").set(1.5);
            metrics::histogram!("in_latency").record(0.25);
            metrics::histogram!("in_wait_time").record(0.25);
            metrics::counter!("in_late").increment(1);
            metrics::describe_counter!("in_late", "Described later");
        },
    );
    let snapshot = aggregator.snapshot();
    let description = |name| {
        family(&snapshot, name)
            .definition
            .description()
            .unwrap()
            .to_owned()
    };
    assert_eq!(description("in_sent"), "What was sent");
    assert_eq!(description("in_latency"), "How long it took");
    assert_eq!(description("in_late"), "Described later");
    let sent = Data::Sum(Amount::Integer(3 << 10));
    assert_eq!(snapshot.find("in_sent", &[]), Some(&sent));
    let disk = Data::LastValue(Amount::Integer(3 << 39));
    assert_eq!(snapshot.find("in_disk", &[]), Some(&disk));
    let Some(Data::Summary(latency)) = snapshot.find("in_latency", &[]) else {
        panic!("{snapshot:?}")
    };
    assert_eq!(latency.sum, Amount::Integer(250_000));
    let Some(Data::Distribution(wait)) = snapshot.find("in_wait_time", &[]) else {
        panic!("{snapshot:?}")
    };
    assert_eq!(
        family(&snapshot, "in_wait_time").definition.bounds(),
        [0.1, 0.5]
    );
    assert_eq!(wait.buckets, [0, 1, 0]);
}

#[test]
fn readers_get_their_deltas() {
    let aggregator = aggregator([]);
    let mut reader = aggregator.reader(Needs::Values);
    let read = |reader: &mut telemetry_metrics::Reader| {
        let (mut seen, mut marks) = (Vec::new(), Vec::new());
        reader.scan(|delta| {
            let tags: Vec<String> = delta.tags().map(|(k, v)| format!("{k}={v}")).collect();
            let number = match &delta.data {
                DeltaData::Counter(count) => *count,
                DeltaData::Values(parts) => parts.iter().map(|part| part.count).sum(),
                other => panic!("{other:?}"),
            };
            seen.push((delta.definition.name().to_owned(), tags.join(","), number));
            marks.push(delta.mark);
        });
        marks.into_iter().for_each(|mark| reader.take(mark));
        seen
    };
    let recorder = with(
        &aggregator,
        |it| it,
        || {
            metrics::counter!("in_read", "a" => "1").increment(2);
            metrics::histogram!("in_read_size").record_many(1.0, 70);
        },
    );
    let row = |name: &str, tags: &str, n| (name.to_owned(), tags.to_owned(), n);
    assert_eq!(
        read(&mut reader),
        [row("in_read", "a=1", 2), row("in_read_size", "", 70)]
    );
    assert_eq!(read(&mut reader), []);
    with_local_recorder(&recorder, || {
        metrics::counter!("in_read", "a" => "1").increment(1);
        // Another label, later: the series before stays what it was.
        metrics::counter!("in_read", "b" => "2", "a" => "1").increment(4);
    });
    assert_eq!(
        read(&mut reader),
        [row("in_read", "a=1", 1), row("in_read", "a=1,b=2", 4)]
    );
    let snapshot = aggregator.snapshot();
    assert_eq!(counted(&snapshot, "in_read", &[("a", "1")]), 3);
    assert_eq!(counted(&snapshot, "in_read", &[("b", "2"), ("a", "1")]), 4);
}

#[test]
fn an_absolute_value_is_what_it_adds() {
    let aggregator = aggregator([]);
    with(
        &aggregator,
        |it| it,
        || {
            let counter = metrics::counter!("in_absolute");
            counter.absolute(10);
            counter.absolute(7);
            metrics::counter!("in_absolute").increment(5);
            counter.absolute(12);
            counter.absolute(20);
        },
    );
    let recorder = MetricsRecorder::builder(&aggregator).prefix("four").build();
    on_four_threads(|_| {
        with_local_recorder(&recorder, || {
            metrics::describe_counter!("in_absolute_sent", Unit::Bytes, "With a unit");
            (1..=1_000).for_each(|n| {
                metrics::counter!("in_absolute").absolute(n);
                metrics::counter!("in_absolute_sent").absolute(n);
            });
        });
    });
    let snapshot = aggregator.snapshot();
    assert_eq!(counted(&snapshot, "in_absolute", &[]), 20);
    assert_eq!(counted(&snapshot, "four.in_absolute", &[]), 1_000);
    let sent = Data::Sum(Amount::Integer(1_000));
    assert_eq!(snapshot.find("four.in_absolute_sent", &[]), Some(&sent));
}

#[test]
fn four_threads_flat_out_are_counted_whole() {
    const EACH: u64 = 100_000;
    let aggregator = aggregator([]);
    let recorder = MetricsRecorder::builder(&aggregator).build();
    on_four_threads(|thread| {
        with_local_recorder(&recorder, || {
            let thread = thread.to_string();
            let gauge = metrics::gauge!("in_load_level");
            for n in 0..EACH {
                metrics::counter!("in_load").increment(1);
                metrics::counter!("in_load", "thread" => thread.clone()).increment(2);
                metrics::histogram!("in_load_size").record((n % 100) as f64);
                gauge.increment(1.0);
            }
        });
    });
    let snapshot = aggregator.snapshot();
    assert_eq!(counted(&snapshot, "in_load", &[]), 4 * EACH);
    for thread in ["0", "1", "2", "3"] {
        assert_eq!(
            counted(&snapshot, "in_load", &[("thread", thread)]),
            2 * EACH
        );
    }
    let level = Data::LastValue(Amount::Real(4.0 * EACH as f64));
    assert_eq!(snapshot.find("in_load_level", &[]), Some(&level));
    let Some(Data::Summary(size)) = snapshot.find("in_load_size", &[]) else {
        panic!("{snapshot:?}")
    };
    assert_eq!(size.count, 4 * EACH);
}

#[test]
fn names_that_are_taken_get_their_kind_appended() {
    let aggregator = aggregator([counter("in.taken.count")]);
    execute!("in.taken");
    with(
        &aggregator,
        |it| it,
        || {
            metrics::counter!("in_taken_count").increment(1);
            metrics::counter!("in_two").increment(2);
            metrics::gauge!("in_two").set(3.0);
            metrics::counter!("in two").increment(4);
            // Taken twice.
            metrics::counter!("in:two").increment(8);
            metrics::counter!("telemetry.metric.skipped").increment(16);
            metrics::counter!("").increment(32);
        },
    );
    let snapshot = aggregator.snapshot();
    assert_eq!(counted(&snapshot, "in.taken.count", &[]), 1);
    assert_eq!(counted(&snapshot, "in_taken_count.counter", &[]), 1);
    assert_eq!(counted(&snapshot, "in_two", &[]), 2);
    assert_eq!(counted(&snapshot, "in_two.counter", &[]), 4);
    assert!(has(&snapshot, "in_two.gauge"));
    let dropped = health(&aggregator).dropped;
    assert_eq!(dropped, 3, "calls, of what is left out");
}

#[test]
fn hostile_names_and_labels_are_bounded() {
    let aggregator = Aggregator::builder()
        .constant_tag("env", "test")
        .start()
        .unwrap();
    let huge = "x\n".repeat(100_000);
    let recorder = with(
        &aggregator,
        |it| it.max_metrics(10).max_series(5),
        || {
            metrics::counter!("in_hostile", "le" => "a", "env" => "b", "" => "c", "d" => "")
                .increment(1);
            metrics::counter!("in_hostile", "a b" => "1", "a_b" => "2").increment(1);
            metrics::counter!("in_hostile", "v" => huge.clone()).increment(1);
            metrics::counter!(huge.clone()).increment(1);
            for n in 0..100 {
                metrics::counter!("in_series", "n" => n.to_string()).increment(1);
                metrics::counter!(format!("in_name_{n}")).increment(1);
                metrics::counter!("in_labels", format!("label{n}") => "x").increment(1);
            }
        },
    );
    let snapshot = aggregator.snapshot();
    let tags = [("label_le", "a"), ("label_env", "b")];
    assert_eq!(counted(&snapshot, "in_hostile", &tags), 1);
    assert_eq!(counted(&snapshot, "in_hostile", &[("a_b", "1")]), 1);
    let series = family(&snapshot, "in_series");
    assert_eq!(series.series.len(), 6);
    let overflow = series.series.last().unwrap();
    assert!(overflow.is_overflow);
    assert_eq!(overflow.data, Data::Counter(95));
    assert!(family(&snapshot, "in_labels").definition.tags().len() <= 32);
    let names = |start: &str| {
        let families = snapshot.families.iter();
        families
            .filter(|family| family.definition.name().starts_with(start))
            .count()
    };
    assert_eq!(names("in_"), 10);
    assert_eq!(health(&aggregator).dropped, 1 + 93);
    // Where nobody can say what it is relative to.
    with_local_recorder(&recorder, || {
        metrics::counter!("in_series", "n" => "1000").absolute(5);
    });
    assert_eq!(health(&aggregator).dropped, 1 + 93 + 1);
}

#[test]
fn numbers_that_are_none_are_counted_as_skipped() {
    let aggregator = aggregator([]);
    with(
        &aggregator,
        |it| it,
        || {
            let gauge = metrics::gauge!("in_bad");
            gauge.set(1.0);
            gauge.increment(f64::NAN);
            gauge.set(f64::INFINITY);
            gauge.increment(1.0);
            metrics::histogram!("in_bad_size").record(f64::NAN);
            metrics::histogram!("in_bad_size").record_many(f64::NEG_INFINITY, 3);
        },
    );
    let snapshot = aggregator.snapshot();
    let two = Data::LastValue(Amount::Real(2.0));
    assert_eq!(snapshot.find("in_bad", &[]), Some(&two));
    let skipped = |metric| {
        let tags = [("metric", metric), ("reason", "not_finite")];
        counted(&snapshot, "telemetry.metric.skipped", &tags)
    };
    assert_eq!(skipped("in_bad"), 2);
    assert_eq!(skipped("in_bad_size"), 4);
}

#[test]
fn a_prefix_stands_before_every_name() {
    let aggregator = aggregator([]);
    with(
        &aggregator,
        |it| it.prefix("libs"),
        || {
            metrics::counter!("in_prefix").increment(1);
        },
    );
    assert_eq!(counted(&aggregator.snapshot(), "libs.in_prefix", &[]), 1);
}

#[test]
fn a_destructor_that_runs_while_its_thread_ends_may_record() {
    use std::cell::RefCell;

    struct Late(MetricsRecorder);
    impl Drop for Late {
        fn drop(&mut self) {
            let key = metrics::Key::from_name("in_late_thread");
            let metadata = metrics::Metadata::new("", metrics::Level::INFO, None);
            self.0.register_counter(&key, &metadata).increment(1);
        }
    }
    thread_local! {
        static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
    }
    let aggregator = aggregator([]);
    let recorder = MetricsRecorder::builder(&aggregator).build();
    for uses_it_before in [false, true, false] {
        let recorder = recorder.clone();
        let thread = std::thread::spawn(move || {
            LATE.with(|place| *place.borrow_mut() = Some(Late(recorder.clone())));
            if uses_it_before {
                with_local_recorder(&recorder, || {
                    metrics::counter!("in_late_thread").increment(1);
                });
            }
        });
        thread.join().unwrap();
    }
    assert_eq!(counted(&aggregator.snapshot(), "in_late_thread", &[]), 4);
}
