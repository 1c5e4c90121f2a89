//! Readers: deltas, marks, and what becomes of marks that are not taken. Values and their parts are
//! in `readers_parts`; this is one thread, see `readers_threads` for many.

use telemetry::execute;
use telemetry_metrics::{
    Amount, DeltaData, Kind, Mark, Needs, Reader, counter, distribution, last_value, sum, summary,
};

use crate::support::*;

/// What one metric has to say, without its marks.
pub(crate) fn says(reader: &mut Reader, name: &str) -> Vec<DeltaData> {
    scan(reader)
        .into_iter()
        .filter(|one| one.name == name)
        .map(|one| one.data)
        .collect()
}

pub(crate) fn take_all(reader: &mut Reader) -> usize {
    let scanned = scan(reader);
    scanned.iter().for_each(|one| reader.take(one.mark));
    scanned.len()
}

#[test]
fn a_delta_is_what_was_counted_since_it_was_last_taken() {
    let aggregator = start([
        counter("readers.delta.count"),
        sum("readers.delta.n"),
        last_value("readers.delta.level"),
        summary("readers.delta.m"),
        distribution("readers.delta.size").buckets([10]),
    ]);
    let mut reader = aggregator.reader(Needs::Totals);
    let deltas = |reader: &mut Reader| -> Vec<DeltaData> {
        let scanned = scan(reader);
        scanned.iter().for_each(|one| reader.take(one.mark));
        scanned.into_iter().map(|one| one.data).collect()
    };
    let emit = |n: i32| execute!("readers.delta", { n, level: n, m: n, size: n });
    let expected = |n: f64, count: u64, sum: f64, buckets: [u64; 2]| {
        let totals = |buckets| DeltaData::Totals {
            count,
            sum: Amount::Real(sum),
            buckets,
        };
        [
            DeltaData::Counter(count),
            DeltaData::Sum(Amount::Real(sum)),
            DeltaData::LastValue(Amount::Real(n)),
            totals(Vec::new()),
            totals(buckets.to_vec()),
        ]
    };
    // Before the first event there is nothing, although a zero is shown in the snapshot.
    assert_eq!(deltas(&mut reader), []);
    emit(3);
    emit(30);
    assert_eq!(deltas(&mut reader), expected(30.0, 2, 33.0, [1, 1]));
    assert_eq!(deltas(&mut reader), []);
    emit(5);
    assert_eq!(deltas(&mut reader), expected(5.0, 1, 5.0, [1, 0]));
    // Set again, to the same: said again.
    emit(5);
    assert_eq!(deltas(&mut reader), expected(5.0, 1, 5.0, [1, 0]));
}

#[test]
fn what_is_not_taken_is_part_of_the_next_delta() {
    let aggregator = start([counter("readers.untaken.count").tags(["k"])]);
    let mut reader = aggregator.reader(Needs::Totals);
    let emit = |k: &str| execute!("readers.untaken", {}, { k });
    emit("a");
    emit("b");
    let first = scan(&mut reader);
    // Only `b` was delivered.
    reader.take(first.iter().find(|one| one.tags == "k=b").unwrap().mark);
    emit("a");
    emit("b");
    emit("c");
    let second: Vec<_> = scan(&mut reader)
        .into_iter()
        .map(|one| (one.tags, one.data))
        .collect();
    let expected = [("k=a", 2), ("k=b", 1), ("k=c", 1)]
        .map(|(tags, count)| (tags.to_owned(), DeltaData::Counter(count)));
    assert_eq!(second, expected);
}

#[test]
fn events_between_scan_and_take_belong_to_the_next_delta() {
    let aggregator = start([
        counter("readers.between.count"),
        summary("readers.between.n"),
    ]);
    for needs in [Needs::Totals, Needs::Values] {
        let mut reader = aggregator.reader(needs);
        take_all(&mut reader);
        execute!("readers.between", { n: 1 });
        let scanned = scan(&mut reader);
        execute!("readers.between", { n: 1 });
        execute!("readers.between", { n: 1 });
        scanned.iter().for_each(|one| reader.take(one.mark));
        assert_eq!(
            says(&mut reader, "readers.between.count"),
            [DeltaData::Counter(2)]
        );
    }
}

#[test]
fn marks_of_an_older_scan_are_void() {
    let aggregator = start([counter("readers.stale.count"), summary("readers.stale.n")]);
    let mut reader = aggregator.reader(Needs::Values);
    execute!("readers.stale", { n: 1 });
    let old = scan(&mut reader);
    execute!("readers.stale", { n: 1 });
    let new = scan(&mut reader);
    old.iter().for_each(|one| reader.take(one.mark));
    assert_eq!(
        says(&mut reader, "readers.stale.count"),
        [DeltaData::Counter(2)]
    );
    // And so are those that have just become old by that scan.
    new.iter().for_each(|one| reader.take(one.mark));
    assert_eq!(
        says(&mut reader, "readers.stale.count"),
        [DeltaData::Counter(2)]
    );
    assert_eq!(take_all(&mut reader), 2);
    assert_eq!(take_all(&mut reader), 0);
}

#[test]
fn taking_a_mark_twice_changes_nothing() {
    let aggregator = start([
        counter("readers.twice.count"),
        sum("readers.twice.n"),
        summary("readers.twice.n"),
        distribution("readers.twice.n").buckets([1]),
    ]);
    for needs in [Needs::Totals, Needs::Values] {
        let mut reader = aggregator.reader(needs);
        take_all(&mut reader);
        execute!("readers.twice", { n: 1 });
        let scanned = scan(&mut reader);
        for one in scanned.iter().chain(&scanned) {
            reader.take(one.mark);
            if let DeltaData::Values(parts) = &one.data {
                parts.iter().for_each(|part| reader.take(part.mark));
            }
        }
        assert_eq!(take_all(&mut reader), 0);
        execute!("readers.twice", { n: 1 });
        assert_eq!(
            says(&mut reader, "readers.twice.count"),
            [DeltaData::Counter(1)]
        );
        assert_eq!(take_all(&mut reader), 4);
    }
}

#[test]
fn readers_do_not_notice_each_other() {
    let aggregator = start([counter("readers.apart.count"), summary("readers.apart.n")]);
    let mut one = aggregator.reader(Needs::Totals);
    let mut two = aggregator.reader(Needs::Values);
    execute!("readers.apart", { n: 1 });
    assert_eq!(take_all(&mut one), 2);
    execute!("readers.apart", { n: 1 });
    assert_eq!(
        says(&mut one, "readers.apart.count"),
        [DeltaData::Counter(1)]
    );
    assert_eq!(
        says(&mut two, "readers.apart.count"),
        [DeltaData::Counter(2)]
    );
    drop(two);
    assert_eq!(
        says(&mut one, "readers.apart.count"),
        [DeltaData::Counter(1)]
    );
    // A late one begins at zero.
    let mut three = aggregator.reader(Needs::Totals);
    assert_eq!(
        says(&mut three, "readers.apart.count"),
        [DeltaData::Counter(2)]
    );
}

#[test]
fn a_reader_that_is_gone_takes_nothing_from_the_others() {
    let aggregator = start([counter("readers.gone.count")]);
    let mut stays = aggregator.reader(Needs::Totals);
    let mut goes = aggregator.reader(Needs::Totals);
    execute!("readers.gone");
    assert_eq!(take_all(&mut goes), 1);
    drop(goes);
    assert_eq!(
        says(&mut stays, "readers.gone.count"),
        [DeltaData::Counter(1)]
    );
}

#[test]
fn a_mark_of_another_reader_is_void() {
    let aggregator = start([counter("readers.foreign.count")]);
    let mut goes = aggregator.reader(Needs::Totals);
    let mut stays = aggregator.reader(Needs::Totals);
    execute!("readers.foreign");
    let marks: Vec<Mark> = scan(&mut goes).iter().map(|one| one.mark).collect();
    drop(goes);
    execute!("readers.foreign");
    assert_eq!(
        says(&mut stays, "readers.foreign.count"),
        [DeltaData::Counter(2)]
    );
    marks.into_iter().for_each(|mark| stays.take(mark));
    assert_eq!(
        says(&mut stays, "readers.foreign.count"),
        [DeltaData::Counter(2)]
    );
}

#[test]
fn a_sum_that_rose_and_fell_by_as_much_has_no_delta() {
    let aggregator = start([sum("readers.fall.n").up_down()]);
    let mut reader = aggregator.reader(Needs::Totals);
    for n in [5, -5] {
        execute!("readers.fall", { n });
    }
    assert_eq!(says(&mut reader, "readers.fall.n"), []);
    execute!("readers.fall", { n: -3 });
    assert_eq!(
        says(&mut reader, "readers.fall.n"),
        [DeltaData::Sum(Amount::Real(-3.0))]
    );
}

#[test]
fn a_scan_may_emit_the_event_that_it_reads() {
    let aggregator = start([counter("readers.emit.count").tags(["k"])]);
    let mut reader = aggregator.reader(Needs::Totals);
    execute!("readers.emit", {}, { k: "a" });
    reader.scan(|_| execute!("readers.emit", {}, { k: "a" }));
    reader.scan(|delta| {
        assert_eq!(delta.data, DeltaData::Counter(2));
        execute!("readers.emit", {}, { k: "new" });
    });
    let mut panics = aggregator.reader(Needs::Totals);
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        panics.scan(|_| panic_quietly());
    }));
    assert!(caught.is_err());
    assert_eq!(take_all(&mut panics), 2);
}

#[test]
fn reading_takes_nothing_from_snapshots() {
    let aggregator = start([
        counter("readers.snapshot.count"),
        summary("readers.snapshot.n"),
    ]);
    execute!("readers.snapshot", { n: 1 });
    let mut reader = aggregator.reader(Needs::Values);
    take_all(&mut reader);
    execute!("readers.snapshot", { n: 1 });
    let snapshot = aggregator.snapshot();
    assert_eq!(
        total_count(&snapshot, Kind::Counter, "readers.snapshot.count"),
        2
    );
    assert_eq!(summary_of(&snapshot, "readers.snapshot.n").count, 2);
}
