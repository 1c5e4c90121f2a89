//! Metrics as tables and as JSON lines.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use telemetry::{EventName, execute};
use telemetry_console::{Colours, Console, FlushError, MetricsBuilder};
use telemetry_metrics::{Aggregator, Metric, counter, distribution, last_value, sum, summary};

use crate::support::{Caught, SOON};

const NEVER: Duration = Duration::from_secs(3_600);

fn console<'a>(aggregator: &'a Aggregator, caught: &Caught) -> MetricsBuilder<'a> {
    Console::metrics(aggregator)
        .output(caught.clone())
        .environment(|_| None)
        .interval(NEVER)
}

/// Tests see each other's events, so each has a prefix of its own.
fn shop(prefix: &str) -> Aggregator {
    let aggregator = Aggregator::builder()
        .metrics(
            [
                counter(format!("{prefix}.stop.count")).tags(["route"]),
                summary(format!("{prefix}.stop.duration")).tags(["route"]),
                distribution(format!("{prefix}.stop.bytes")).bytes(),
                sum(format!("{prefix}.stop.items")),
                last_value(format!("{prefix}.memory.total")).bytes(),
            ]
            .map(Metric::unchecked),
        )
        .constant_tag("env", "test")
        .start()
        .unwrap();
    let [stop, memory] =
        ["stop", "memory"].map(|end| EventName::new(&format!("{prefix}.{end}")).unwrap());
    for n in 1..=100u64 {
        let duration = Duration::from_millis(n);
        execute!("*.stop" => stop, { duration, bytes: 1_000, items: 2 }, { route: "/cart" });
    }
    execute!("*.memory" => memory, { total: 24_100_000u64 });
    aggregator
}

#[test]
fn a_table_has_aligned_columns_with_what_was_counted() {
    let (aggregator, caught) = (shop("aligned"), Caught::default());
    let console = console(&aggregator, &caught).start().unwrap();
    console.flush(SOON).unwrap();
    let lines = caught.lines();
    let title = &lines[0];
    assert!(
        title.starts_with("5 series in the last ") && title.ends_with('Z'),
        "{title}"
    );
    // Within 2.2 % of 50, 95 and 99 ms.
    let [p50, p95, p99] = [50, 95, 99].map(|q| column(&lines[3], &lines[1], &format!("P{q}")));
    for (shown, expected) in [(p50, 50.0), (p95, 95.0), (p99, 99.0)] {
        let number: f64 = shown.trim_end_matches("ms").parse().unwrap();
        assert!((number - expected).abs() < expected * 0.022, "{shown}");
    }
    let shown: Vec<String> = lines[1..]
        .iter()
        .map(|line| line[..line.len().min(56)].trim_end().to_owned())
        .collect();
    assert_eq!(
        shown,
        [
            "METRIC                 TAGS         COUNT    SUM    LAST",
            "aligned.stop.count     route=/cart    100",
            "aligned.stop.duration  route=/cart    100  5.05s",
            "aligned.stop.bytes                    100  100kB",
            "aligned.stop.items                           200",
            "aligned.memory.total                              24.1MB",
            "",
        ]
    );
    assert_eq!(console.stats().written, 8);
}

/// The cell below a head, whose last character is aligned with it.
fn column<'l>(line: &'l str, heads: &str, head: &str) -> &'l str {
    let end = heads.find(head).unwrap() + head.len();
    line[..end].rsplit(' ').next().unwrap()
}

#[test]
fn a_table_is_of_what_was_counted_since_the_one_before_and_newest_values_stay() {
    let (aggregator, caught) = (shop("since"), Caught::default());
    let console = console(&aggregator, &caught)
        .only(["since.*"])
        .except(["since.stop.bytes"])
        .start()
        .unwrap();
    console.flush(SOON).unwrap();
    caught.clear();
    execute!("since.stop", { items: 1 }, { route: "/" });
    console.flush(SOON).unwrap();
    let text = caught.text();
    assert!(
        text.contains("route=/ ") && !text.contains("/cart"),
        "{text}"
    );
    assert!(text.contains("24.1MB") && !text.contains("bytes"), "{text}");
    assert!(
        text.lines()
            .any(|line| line.starts_with("since.stop.items") && line.ends_with(" 1")),
        "{text}"
    );
}

#[test]
fn a_table_fits_and_bounds_its_rows_with_a_word_on_the_rest() {
    let caught = Caught::default();
    let aggregator = Aggregator::builder()
        .metrics([
            counter("rows.many.of_a_long_name.count")
                .event("rows.many")
                .tags(["user"]),
            counter("rows.few.count"),
        ])
        .start()
        .unwrap();
    for n in 0..100u32 {
        let user = format!("user {n} 日本語 \u{1b}[2J");
        (0..=n).for_each(|_| execute!("rows.many", {}, { user: &user }));
    }
    execute!("rows.few");
    let console = console(&aggregator, &caught)
        .width(50)
        .max_rows(10)
        .start()
        .unwrap();
    console.flush(SOON).unwrap();
    let lines = caught.lines();
    assert!(
        lines[0].starts_with("10 of 101 series in the last "),
        "{}",
        lines[0]
    );
    assert!(
        lines.iter().all(|line| line.chars().count() <= 50),
        "{lines:#?}"
    );
    assert!(!caught.text().contains('\u{1b}'));
    assert_eq!(lines.len(), 1 + 1 + 10 + 1 + 1);
    assert!(
        lines[2].contains("user 99") && lines[2].ends_with(" 100"),
        "{}",
        lines[2]
    );
    assert!(
        lines[11].starts_with("rows.few.count") && lines[11].ends_with(" 1"),
        "{}",
        lines[11]
    );
    assert_eq!(
        lines[12],
        "… 91 series left out: 91 of rows.many.of_a_long_n…"[..].to_owned()
    );
}

#[test]
fn nothing_is_written_where_nothing_was_counted() {
    let caught = Caught::default();
    let aggregator = Aggregator::builder()
        .metrics([counter("quiet.count").tags(["a"])])
        .start()
        .unwrap();
    let console = console(&aggregator, &caught).start().unwrap();
    console.flush(SOON).unwrap();
    assert_eq!(caught.text(), "");
    assert_eq!(console.stop(SOON), Ok(()));
    assert!(caught.is_let_go());
}

#[test]
fn a_table_comes_at_its_interval_and_a_last_one_at_the_end() {
    let (aggregator, caught) = (shop("paced"), Caught::default());
    let quick = console(&aggregator, &caught)
        .interval(Duration::from_millis(5))
        .start()
        .unwrap();
    crate::support::eventually("two tables", || {
        caught.text().matches("METRIC").count() >= 2
    });
    drop(quick);
    caught.clear();
    let slow = console(&aggregator, &caught)
        .colours(Colours::Always)
        .start()
        .unwrap();
    assert_eq!(caught.text(), "");
    slow.stop(SOON).unwrap();
    assert!(
        caught.text().contains("\u{1b}[1mMETRIC"),
        "{:?}",
        caught.text()
    );
    assert!(caught.is_let_go());
}

#[test]
fn json_lines_have_numbers_in_base_units() {
    let (aggregator, caught) = (shop("base"), Caught::default());
    let console = console(&aggregator, &caught).json().start().unwrap();
    console.flush(SOON).unwrap();
    let lines: Vec<Value> = caught
        .lines()
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 5);
    let count = &lines[0];
    assert_eq!(
        (&count["metric"], &count["type"], &count["count"]),
        (&json!("base.stop.count"), &json!("counter"), &json!(100))
    );
    assert_eq!(count["tags"], json!({"route": "/cart", "env": "test"}));
    assert!(
        count["interval_ns"].is_u64() && count["time"].is_string() && count.get("unit").is_none()
    );
    let duration = &lines[1];
    assert_eq!(
        (&duration["unit"], &duration["count"]),
        (&json!("seconds"), &json!(100))
    );
    assert!(
        (duration["sum"].as_f64().unwrap() - 5.05).abs() < 0.001,
        "{duration}"
    );
    assert!(
        (duration["p95"].as_f64().unwrap() - 0.095).abs() < 0.0021,
        "{duration}"
    );
    assert_eq!(
        (&lines[2]["unit"], &lines[2]["sum"]),
        (&json!("bytes"), &json!(100_000.0))
    );
    assert_eq!(
        (&lines[3]["sum"], &lines[4]["last"]),
        (&json!(200.0), &json!(24_100_000.0))
    );
    assert_eq!(console.stats().written, 5);
    assert_eq!(aggregator.health()[0].sent, 5);
}

#[test]
fn json_lines_are_bounded_on_request_only() {
    let caught = Caught::default();
    let aggregator = Aggregator::builder()
        .metrics([counter("bounded.count").tags(["n"]).max_series(60)])
        .start()
        .unwrap();
    (0..100).for_each(|n| execute!("bounded", {}, { n }));
    let all = console(&aggregator, &caught).json().start().unwrap();
    all.flush(SOON).unwrap();
    assert_eq!(caught.lines().len(), 61);
    assert!(caught.text().contains(r#""otel.metric.overflow":"true""#));
    caught.clear();
    let some = console(&aggregator, &caught)
        .json()
        .max_rows(5)
        .start()
        .unwrap();
    some.flush(SOON).unwrap();
    let last: Value = serde_json::from_str(caught.lines().last().unwrap()).unwrap();
    assert_eq!(
        (caught.lines().len(), &last["left_out"]),
        (6, &json!({"bounded.count": 56}))
    );
}

struct Fails(Arc<AtomicBool>, Caught);

impl Write for Fails {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if self.0.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.1.write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_an_output_did_not_take_is_part_of_the_next_table() {
    let (fails, caught) = (Arc::new(AtomicBool::new(true)), Caught::default());
    let aggregator = Aggregator::builder()
        .metrics([counter("again.count")])
        .start()
        .unwrap();
    let console = Console::metrics(&aggregator)
        .output(Fails(fails.clone(), caught.clone()))
        .interval(NEVER)
        .environment(|_| None)
        .start()
        .unwrap();
    execute!("again");
    assert!(matches!(console.flush(SOON), Err(FlushError::Failed(_))));
    assert_eq!((console.stats().written, console.stats().failed), (0, 4));
    fails.store(false, Ordering::SeqCst);
    execute!("again");
    console.flush(SOON).unwrap();
    assert!(caught.lines()[2].starts_with("again.count") && caught.lines()[2].ends_with(" 2"));
    assert_eq!(aggregator.health()[0].failed, 4);
}
