//! Readers that ask for values: numbers come in parts, and a part may be taken in pieces.

use telemetry::execute;
use telemetry_metrics::{
    DeltaData, Kind, Mark, Needs, Part, Reader, counter, distribution, summary,
};

use crate::readers::{says, take_all};
use crate::support::*;

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
