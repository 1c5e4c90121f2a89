//! Readers: deltas, marks, and what becomes of marks that are not taken. One thread; see
//! `readers_threads` for many.

use telemetry::execute;
use telemetry_metrics::{
    Amount, DeltaData, Kind, Mark, Needs, Part, Reader, counter, distribution, last_value, sum,
    summary,
};

use crate::support::*;

/// What one metric has to say, without its marks.
fn says(reader: &mut Reader, name: &str) -> Vec<DeltaData> {
    scan(reader)
        .into_iter()
        .filter(|one| one.name == name)
        .map(|one| one.data)
        .collect()
}

fn take_all(reader: &mut Reader) -> usize {
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

fn count(parts: &[Part]) -> u64 {
    parts.iter().map(|part| part.count).sum()
}

fn mean(parts: &[Part]) -> f64 {
    parts
        .iter()
        .map(|part| part.value * part.count as f64)
        .sum::<f64>()
        / count(parts) as f64
}

fn values(data: DeltaData) -> Vec<Part> {
    match data {
        DeltaData::Values(parts) => parts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn parts_are_taken_one_by_one_and_piece_by_piece() {
    let aggregator = start([summary("readers.pieces.n")]);
    let mut reader = aggregator.reader(Needs::Values);
    let next = |reader: &mut Reader| -> Vec<(f64, u64, Mark)> {
        let mut parts: Vec<Part> = says(reader, "readers.pieces.n")
            .into_iter()
            .flat_map(values)
            .collect();
        parts.sort_by(|a, b| a.value.total_cmp(&b.value));
        parts
            .iter()
            .map(|part| (part.value, part.count, part.mark))
            .collect()
    };
    let seen = |reader: &mut Reader| -> Vec<(f64, u64)> {
        next(reader)
            .into_iter()
            .map(|(value, count, _)| (value, count))
            .collect()
    };
    for n in [0, -8, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 100, 100, 100] {
        execute!("readers.pieces", { n });
    }
    let parts = next(&mut reader);
    assert_eq!(
        seen(&mut reader),
        [(-8.0, 1), (0.0, 1), (1.0, 10), (100.0, 3)]
    );
    // Those marks are void by now; these are not.
    drop(parts);
    let parts = next(&mut reader);
    let (minus, zero, ones, hundreds) = (parts[0].2, parts[1].2, parts[2].2, parts[3].2);
    reader.take(ones.of(4));
    reader.take(ones.of(3));
    reader.take(hundreds.of(0));
    reader.take(zero);
    assert_eq!(seen(&mut reader), [(-8.0, 1), (1.0, 3), (100.0, 3)]);
    let _ = minus;

    execute!("readers.pieces", { n: 1 });
    execute!("readers.pieces", { n: 0 });
    let parts = next(&mut reader);
    assert_eq!(
        parts.iter().map(|part| part.1).collect::<Vec<_>>(),
        [1, 1, 4, 3]
    );
    // More than there are is all there are.
    parts
        .iter()
        .for_each(|part| reader.take(part.2.of(u64::MAX)));
    assert_eq!(seen(&mut reader), []);
}

#[test]
fn the_mean_survives_pieces_of_numbers_that_differ() {
    let aggregator = start([summary("readers.mean.run_time")]);
    let mut reader = aggregator.reader(Needs::Values);
    let mut random = Random::new(7);
    let (mut taken, mut taken_sum, mut true_sum) = (0, 0.0, 0.0);
    for round in 0..200 {
        for _ in 0..20 {
            let nanos = 1_000_000 + random.below(1_000_000);
            true_sum += nanos as f64;
            execute!("readers.mean", { run_time: std::time::Duration::from_nanos(nanos) });
        }
        for one in scan(&mut reader) {
            for part in values(one.data) {
                let some = if round == 199 {
                    part.count
                } else {
                    random.below(part.count + 1)
                };
                reader.take(part.mark.of(some));
                taken += some;
                taken_sum += part.value * some as f64;
            }
        }
    }
    assert_eq!(take_all(&mut reader), 0);
    assert_eq!(taken, 4_000);
    // To the rounding of a nanosecond per piece, and not to that of a bucket.
    assert!(close(taken_sum, true_sum, 1e-5), "{taken_sum} {true_sum}");
}

#[test]
fn a_reader_that_comes_late_gets_all_counts_and_the_mean() {
    let aggregator = start([
        counter("readers.late.count"),
        summary("readers.late.n"),
        distribution("readers.late.n").buckets([10, 100]),
        distribution("readers.late.run_time"),
    ]);
    let emit = |from: u64, to: u64| {
        for n in from..to {
            execute!("readers.late", { n, run_time: millis(n) });
        }
    };
    emit(1, 501);
    let mut reader = aggregator.reader(Needs::Values);
    let of = |scanned: &[Scanned], name: &str, which: usize| -> Vec<Part> {
        let mut found = scanned.iter().filter(|one| one.name == name);
        values(found.nth(which).unwrap().data.clone())
    };
    let first = scan(&mut reader);
    let numbers = [
        of(&first, "readers.late.n", 0),
        of(&first, "readers.late.n", 1),
    ];
    for parts in &numbers {
        assert_eq!(count(parts), 500);
        assert!(close(mean(parts), 250.5, 1e-9), "{}", mean(parts));
    }
    let times = of(&first, "readers.late.run_time", 0);
    assert_eq!((count(&times), numbers[1].len()), (500, 1));
    assert!(close(mean(&times), 250.5e6, 1e-9), "{}", mean(&times));

    // Some of what came before is taken, the rest comes with what is new.
    for part in times.iter().chain(&numbers[1]) {
        reader.take(part.mark.of(200));
    }
    emit(501, 1_001);
    let second = scan(&mut reader);
    let times = of(&second, "readers.late.run_time", 0);
    assert_eq!(count(&times), 800);
    let left = (300.0 * 250.5 + 500.0 * 750.5) / 800.0;
    assert!(close(mean(&times), left * 1e6, 1e-6), "{}", mean(&times));
    // What is new is told apart: its own values, 2.2 % wide.
    assert!(times.len() > 20, "{}", times.len());
    second.iter().for_each(|one| reader.take(one.mark));
    assert_eq!(take_all(&mut reader), 0);
    let snapshot = aggregator.snapshot();
    assert_eq!(
        total_count(&snapshot, Kind::Distribution, "readers.late.run_time"),
        1_000
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
