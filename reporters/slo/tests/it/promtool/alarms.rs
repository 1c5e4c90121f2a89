//! Each alarm fires and resolves.

use telemetry_slo::{Alarm, Reading};

use super::cases::{Case, assert_cases};
use super::source::{UP, builder, name};

fn fires(alert: &str, definition: &str) -> String {
    format!("alertname={alert:?}, definition={definition:?}")
}

fn assert_alarm(alarm: Alarm, cases: &[Case]) {
    let rules = builder(&[]).alarms(&[alarm]).build(name).unwrap();
    assert_cases(&rules, "30s", cases);
}

fn case() -> Case {
    Case::every("15s").series(UP, "1x2000")
}

#[test]
#[ignore = "needs promtool"]
fn a_channel_is_compared_with_its_own_capacity() {
    let channel = |what: &str, name: &str| {
        format!("app_mailbox_{what}{{job=\"shop\", instance=\"a\", name={name:?}}}")
    };
    let full = fires("ChannelFull", "app.mailbox.depth");
    let fills = case()
        .series(channel("depth", "mails"), "10x39 90x40 10x100")
        .series(channel("capacity", "mails"), "100x400")
        // Deeper, but with more room.
        .series(channel("depth", "orders"), "500x400")
        .series(channel("capacity", "orders"), "1000x400")
        // Zero says that there is no limit.
        .series(channel("depth", "logs"), "500x400")
        .series(channel("capacity", "logs"), "0x400")
        .quiet("11m30s")
        .firing("12m", [full.clone()])
        .firing("20m", [full])
        .quiet("21m30s");
    let exactly = case()
        .series(channel("depth", "mails"), "75x400")
        .series(channel("capacity", "mails"), "100x400")
        .quiet("30m");
    let alarm = Alarm::channel_depth("app.mailbox.depth", "app.mailbox.capacity");
    assert_alarm(alarm.limit(0.75), &[fills, exactly]);
}

#[test]
#[ignore = "needs promtool"]
fn what_is_above_its_limit_fires_and_resolves() {
    for (alarm, definition, series, limit) in [
        (
            Alarm::pool_waiting("app.pool.waiting"),
            "app.pool.waiting",
            "app_pool_waiting",
            10_u64,
        ),
        (Alarm::run_queue("app.queue"), "app.queue", "app_queue", 100),
        (
            Alarm::memory("app.memory", 1 << 30),
            "app.memory",
            "app_memory_bytes",
            1 << 30,
        ),
        (
            Alarm::table_size("app.table.size", 5_000),
            "app.table.size",
            "app_table_size",
            5_000,
        ),
    ] {
        let fires = fires(alarm.name(), definition);
        let goes_up = case()
            .series(
                format!("{series}{{job=\"shop\", instance=\"a\"}}"),
                format!("{limit}x39 {}x40 {limit}x200", limit + 1),
            )
            .series(
                format!("{series}{{job=\"else\", instance=\"a\"}}"),
                format!("{}x200", limit * 2),
            )
            .quiet("11m30s")
            .firing("12m", [fires.clone()])
            .firing("20m", [fires])
            .quiet("21m30s");
        assert_alarm(alarm, &[goes_up]);
    }
}

#[test]
#[ignore = "needs promtool"]
fn series_may_have_labels_that_the_alert_has_too() {
    let series = |label: &str, value: &str| {
        format!("app_pool_waiting{{job=\"shop\", instance=\"a\", {label}={value:?}}}")
    };
    for label in ["severity", "definition", "team"] {
        let high = case()
            .series(series(label, "x"), "5x40 20x100")
            .series(series(label, "y"), "5x40 30x100")
            .quiet("9m")
            .firing("13m", [fires("PoolWaiting", "app.pool.waiting")])
            .value(
                "13m",
                "count(ALERTS{severity=\"ticket\", definition=\"app.pool.waiting\", team=\"web\"})",
                Some(1.0),
            );
        let alarm = Alarm::pool_waiting("app.pool.waiting").label("team", "web");
        assert_alarm(alarm, &[high]);
    }
}

#[test]
#[ignore = "needs promtool"]
fn open_files_are_a_share_of_what_there_may_be() {
    let goes_up = case()
        .series("app_files_open{job=\"shop\"}", "100x39 900x40 100x100")
        .series("app_files_limit{job=\"shop\"}", "1000x400")
        .quiet("11m30s")
        .firing("12m", [fires("OpenFilesHigh", "app.files.open")])
        .quiet("21m30s");
    assert_alarm(
        Alarm::open_files("app.files.open", "app.files.limit"),
        &[goes_up],
    );
}

const PANIC: &str = "app_panic_count_total{job=\"shop\", instance=\"a\", location=\"x.rs:1\"}";

#[test]
#[ignore = "needs promtool"]
fn the_first_panic_counts_although_its_series_begins_with_it() {
    let panics = || fires("Panics", "app.panic.count");
    let first = case()
        .series(PANIC, "_x40 1x400")
        .quiet("9m30s")
        .firing("10m30s", [panics()])
        .firing("19m", [panics()])
        .quiet("21m30s")
        .quiet("1h");
    let second = case()
        .series(PANIC, "1x240 2x400")
        .quiet("59m")
        .firing("61m", [panics()])
        .quiet("72m");
    let old = case()
        .series(PANIC, "7x2000")
        // Of a process whose start nobody knows, a new server takes what it sees first for new.
        .firing("1m", [panics()])
        .quiet("12m")
        .quiet("6h");
    let pause = case()
        .series(PANIC, "7x240 _x48 7x400")
        .quiet("71m")
        .quiet("73m")
        .quiet("90m");
    assert_alarm(
        Alarm::panics("app.panic.count"),
        &[first, second, old, pause],
    );
}

#[test]
#[ignore = "needs promtool"]
fn a_process_that_panics_at_each_start_is_seen_each_time() {
    let panics = || fires("Panics", "app.panic.count");
    let started = "process_start_time_seconds{job=\"shop\", instance=\"a\"}";
    let again = case()
        .series(PANIC, "1x39 stale _x20 1x400")
        .series(started, "0x39 stale _x20 900x400")
        .firing("5m", [panics()])
        .quiet("13m")
        .firing("16m", [panics()])
        .quiet("27m");
    assert_alarm(Alarm::panics("app.panic.count"), &[again]);
}

#[test]
#[ignore = "needs promtool"]
fn old_panics_are_not_new_because_the_server_is() {
    let panics = || fires("Panics", "app.panic.count");
    let started = "process_start_time_seconds{job=\"shop\", instance=\"a\"}";
    let new_server = case()
        .series(PANIC, "_x4 7x400")
        .series(started, "_x4 -100000x400")
        .quiet("1m30s")
        .quiet("5m")
        .quiet("1h");
    let away = case()
        .series(PANIC, "7x80 _x160 7x400")
        .series(started, "-100000x80 _x160 -100000x400")
        .quiet("61m")
        .quiet("65m")
        .quiet("75m");
    // What happens just after that is seen, also where it is the first of its series.
    let first = case()
        .series(started, "-100000x80 _x160 -100000x400")
        .series(PANIC, "_x248 1x300")
        .quiet("61m")
        .firing("63m", [panics()])
        .quiet("75m");
    let again = case()
        .series(started, "-100000x80 _x160 -100000x400")
        .series(PANIC, "7x80 _x160 7x8 8x300")
        .quiet("61m")
        .firing("63m", [panics()])
        .quiet("75m");
    assert_alarm(
        Alarm::panics("app.panic.count"),
        &[new_server, away, first, again],
    );
}

#[test]
#[ignore = "needs promtool"]
fn overflowing_series_are_told_until_they_do_no_more() {
    let overflows = || fires("SeriesOverflow", "telemetry.metric.overflowed");
    let case = case()
        .series(
            "telemetry_metric_overflowed_total{job=\"shop\", metric=\"m\"}",
            "0x40 0+5x40 200x400",
        )
        .quiet("10m")
        .firing("12m", [overflows()])
        .firing("21m", [overflows()])
        .quiet("32m");
    assert_alarm(Alarm::series_overflow(), &[case]);
}

#[test]
#[ignore = "needs promtool"]
fn two_definitions_rise_together() {
    let failing = || fires("ReporterFailing", "telemetry.reporter.failed");
    let series = |what: &str, reporter: &str| {
        format!("telemetry_reporter_{what}_total{{job=\"shop\", reporter={reporter:?}}}")
    };
    let long = case()
        .series(series("failed", "otlp"), "0x40 0+1x80 80x400")
        .series(series("dropped", "statsd"), "0x400")
        .quiet("19m")
        .firing("21m", [failing()])
        .quiet("37m");
    let once = case()
        .series(series("failed", "otlp"), "0x40 1x400")
        .series(series("dropped", "otlp"), "0x50 1x400")
        .quiet("12m")
        .quiet("21m")
        .quiet("30m");
    assert_alarm(Alarm::reporter_failures(), &[long, once]);

    let within = std::time::Duration::from_secs(600);
    let definitions = vec!["app.a.count".to_owned(), "app.b.count".to_owned()];
    let both = Reading::Rise {
        definitions,
        within,
    };
    let alarm = Alarm::new("Both", both, 15.0).hold(std::time::Duration::ZERO);
    let each_too_few = case()
        .series("app_a_count_total{job=\"shop\"}", "0x40 10x400")
        .series("app_b_count_total{job=\"shop\"}", "0x40 10x400")
        .quiet("9m")
        .firing("12m", [fires("Both", "app.a.count")])
        .quiet("22m");
    assert_alarm(alarm, &[each_too_few]);
}
