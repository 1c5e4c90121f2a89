use std::time::Duration;

use telemetry::execute;
use telemetry_metrics::{counter, last_value, sum, summary};
use telemetry_statsd::{FlushError, Format, Statsd};

use crate::grammar::{Line, parse};
use crate::support::{DeadPort, Listener, SOON, aggregator, counts, health, quiet, wait_until};

#[test]
fn a_flush_on_request_sends_what_changed_since_the_last() {
    let daemon = Listener::new();
    let aggregator = aggregator([counter("u.request.count"), sum("u.request.bytes")]);
    let statsd = quiet(&aggregator, daemon.address())
        .prefix("app")
        .start()
        .unwrap();
    statsd.flush(SOON).unwrap();
    assert_eq!(daemon.lines(), [""; 0], "nothing has happened yet");

    execute!("u.request", { bytes: 10 });
    execute!("u.request", { bytes: 5 });
    statsd.flush(SOON).unwrap();
    assert_eq!(
        daemon.datagrams(),
        ["app.u.request.count:2|c\napp.u.request.bytes:+15|g"]
    );

    execute!("u.request", { bytes: 0 });
    statsd.flush(SOON).unwrap();
    assert_eq!(daemon.lines(), ["app.u.request.count:1|c"]);
    assert_eq!(counts(&aggregator), (3, 0, 0));
    assert!(health(&aggregator).last_success.is_some());
}

#[test]
fn what_was_counted_before_the_start_is_sent_too() {
    let daemon = Listener::new();
    let aggregator = aggregator([counter("u.before.count")]);
    execute!("u.before");
    let statsd = quiet(&aggregator, daemon.address()).start().unwrap();
    statsd.flush(SOON).unwrap();
    assert_eq!(daemon.lines(), ["u.before.count:1|c"]);
}

#[test]
fn a_timer_flushes() {
    let daemon = Listener::new();
    let aggregator = aggregator([counter("u.timer.count")]);
    let statsd = quiet(&aggregator, daemon.address())
        .interval(Duration::from_millis(5))
        .start()
        .unwrap();
    for _ in 0..3 {
        execute!("u.timer");
        assert_eq!(daemon.datagram(), "u.timer.count:1|c");
    }
    drop(statsd);
}

#[test]
fn dropping_flushes_and_so_does_stopping() {
    let daemon = Listener::new();
    let aggregator = aggregator([counter("u.drop.count")]);
    let statsd = quiet(&aggregator, daemon.address()).start().unwrap();
    execute!("u.drop");
    drop(statsd);
    assert_eq!(daemon.lines(), ["u.drop.count:1|c"]);

    let statsd = quiet(&aggregator, daemon.address()).start().unwrap();
    assert_eq!(statsd.stop(SOON), Ok(()));
    assert_eq!(
        daemon.lines(),
        ["u.drop.count:1|c"],
        "a reader of its own begins at zero"
    );
}

#[test]
fn the_last_flush_is_complete_even_if_the_aggregator_is_gone() {
    let daemon = Listener::new();
    let aggregator = aggregator([counter("u.gone.count")]);
    let statsd = quiet(&aggregator, daemon.address()).start().unwrap();
    execute!("u.gone");
    drop(aggregator);
    execute!("u.gone");
    drop(statsd);
    assert_eq!(daemon.lines(), ["u.gone.count:1|c"]);
}

#[test]
fn ipv6_is_spoken() {
    let daemon = Listener::at("[::1]:0".parse().unwrap());
    let aggregator = aggregator([counter("u.v6.count")]);
    let statsd = quiet(&aggregator, daemon.address()).start().unwrap();
    execute!("u.v6");
    statsd.flush(SOON).unwrap();
    assert_eq!(daemon.lines(), ["u.v6.count:1|c"]);
}

#[test]
fn a_host_may_be_given_by_name() {
    let daemon = Listener::new();
    let aggregator = aggregator([counter("u.name.count")]);
    let port = daemon.address().port();
    let statsd = quiet(&aggregator, daemon.address())
        .address(format!("localhost:{port}"))
        .start()
        .unwrap();
    execute!("u.name");
    // Whichever of its addresses comes first.
    statsd.flush(SOON).unwrap();
    assert_eq!(daemon.lines(), ["u.name.count:1|c"]);
}

#[test]
fn a_host_that_is_not_known_is_no_error_until_there_is_something_to_send() {
    let aggregator = aggregator([counter("u.unknown.count")]);
    let statsd = Statsd::builder(&aggregator)
        .address("nobody.invalid:8125")
        .start()
        .unwrap();
    assert_eq!(statsd.flush(SOON), Ok(()));
    execute!("u.unknown");
    for round in 1..=2 {
        let Err(FlushError::Failed(why)) = statsd.flush(SOON) else {
            panic!("it is not known")
        };
        assert!(why.contains("cannot look up nobody.invalid"), "{why}");
        assert_eq!(counts(&aggregator), (0, round, 0));
    }
}

#[test]
fn datagrams_are_full_and_no_longer_than_the_mtu() {
    let daemon = Listener::new();
    let aggregator = aggregator([counter("u.mtu.count").tags(["n"])]);
    let statsd = quiet(&aggregator, daemon.address())
        .mtu(100)
        .start()
        .unwrap();
    (100..200).for_each(|n| execute!("u.mtu", {}, { n: n }));
    statsd.flush(SOON).unwrap();
    let datagrams = daemon.datagrams();
    // Five lines of 19 bytes and their line ends are 99.
    assert_eq!(datagrams.len(), 20);
    assert!(datagrams.iter().all(|text| text.len() == 99));
    assert_eq!(counts(&aggregator), (100, 0, 0));
}

#[test]
fn a_line_that_is_too_long_is_dropped_once_and_the_others_are_sent() {
    let daemon = Listener::new();
    let aggregator = aggregator([
        counter("u.long.count").tags(["url"]),
        summary("u.long.n").tags(["url"]),
        counter("u.long.all"),
    ]);
    let statsd = quiet(&aggregator, daemon.address())
        .mtu(512)
        .start()
        .unwrap();
    let url = "u".repeat(600);
    execute!("u.long", { n: 1 }, { url: &url });
    execute!("u.long", { n: 2 }, { url: "short" });
    assert_eq!(statsd.flush(SOON), Ok(()));
    assert_eq!(
        daemon.lines(),
        [
            "u.long.count.short:1|c",
            "u.long.n.short:2|ms",
            "u.long.all:2|c"
        ]
    );
    assert_eq!(counts(&aggregator), (3, 0, 2));

    execute!("u.long", { n: 3 }, { url: "short" });
    statsd.flush(SOON).unwrap();
    assert_eq!(counts(&aggregator), (6, 0, 2), "they do not come back");
}

#[test]
fn a_gauge_goes_in_each_flush_in_which_it_was_set() {
    let daemon = Listener::new();
    let aggregator = aggregator([last_value("u.gauge.n")]);
    let statsd = quiet(&aggregator, daemon.address()).start().unwrap();
    for _ in 0..2 {
        execute!("u.gauge", { n: 7 });
        statsd.flush(SOON).unwrap();
        assert_eq!(daemon.lines(), ["u.gauge.n:7|g"]);
    }
    statsd.flush(SOON).unwrap();
    assert_eq!(daemon.lines(), [""; 0]);
}

#[test]
fn a_flush_without_time_says_so_and_loses_nothing() {
    let daemon = Listener::new();
    let aggregator = aggregator([counter("u.hurry.count")]);
    let statsd = quiet(&aggregator, daemon.address()).start().unwrap();
    execute!("u.hurry");
    assert!(statsd.flush(Duration::ZERO).is_err());
    statsd.flush(SOON).unwrap();
    assert_eq!(daemon.lines(), ["u.hurry.count:1|c"]);
}

#[test]
fn millions_of_values_are_a_thousand_lines() {
    for format in [Format::Standard, Format::Datadog] {
        let daemon = Listener::new();
        let aggregator = aggregator([summary("u.million.n")]);
        let statsd = quiet(&aggregator, daemon.address())
            .format(format)
            .start()
            .unwrap();
        statsd.flush(SOON).unwrap();
        (0..200_000).for_each(|n| execute!("u.million", { n: n % 1_000 }));
        statsd.flush(SOON).unwrap();
        let lines: Vec<_> = daemon
            .lines()
            .iter()
            .map(|line| parse(line, format).unwrap())
            .collect();
        let values: Vec<f64> = lines.iter().flat_map(Line::numbers).collect();
        assert_eq!(values.len(), 1_000);
        assert!(
            lines.iter().all(|line| line.rate == lines[0].rate),
            "one rate for all"
        );
        let count = values.len() as f64 * lines[0].weight();
        assert!((count - 200_000.0).abs() < 0.01, "{count}");
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        assert!((mean - 499.5).abs() < 1e-6, "{mean}");
        for (rank, value) in values.iter().enumerate() {
            assert!(
                (value - rank as f64).abs() <= 2.0 + 0.022 * rank as f64,
                "{rank}: {value}"
            );
        }
    }
}

#[test]
fn two_reporters_do_not_take_from_each_other() {
    let (one, two) = (Listener::new(), Listener::new());
    let aggregator = aggregator([counter("u.two.count")]);
    let first = quiet(&aggregator, one.address()).start().unwrap();
    let second = quiet(&aggregator, two.address())
        .format(Format::Datadog)
        .start()
        .unwrap();
    execute!("u.two");
    first.flush(SOON).unwrap();
    second.flush(SOON).unwrap();
    assert_eq!(
        (one.lines(), two.lines()),
        (
            vec!["u.two.count:1|c".into()],
            vec!["u.two.count:1|c".into()]
        )
    );
    let names: Vec<_> = aggregator
        .health()
        .into_iter()
        .map(|health| health.reporter)
        .collect();
    assert_eq!(names, ["statsd", "statsd-2"]);
}

#[test]
fn stopping_with_a_dead_daemon_ends_in_time_and_says_so() {
    let dead = DeadPort::new();
    let aggregator = aggregator([counter("u.stop.count")]);
    let statsd = quiet(&aggregator, dead.address()).start().unwrap();
    execute!("u.stop");
    assert!(matches!(statsd.stop(SOON), Err(FlushError::Failed(_))));
}

#[cfg(target_os = "linux")]
#[test]
fn a_daemon_on_this_machine_that_reads_late_loses_nothing() {
    let daemon = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let metric = counter("u.slow.count").tags(["n"]).max_series(30_000);
    let aggregator = aggregator([metric]);
    let address = daemon.local_addr().unwrap();
    let statsd = quiet(&aggregator, address).start().unwrap();
    let series = 20_000;
    (0..series).for_each(|n| execute!("u.slow", {}, { n: n }));
    assert!(statsd.flush(Duration::from_millis(300)).is_err());
    wait_until("the end of the flush", || counts(&aggregator).1 > 0);
    assert!(
        counts(&aggregator).0 < series / 2,
        "it has no room for more"
    );

    daemon.set_nonblocking(true).unwrap();
    let mut lines = Vec::new();
    let mut buffer = [0; 2_000];
    std::thread::scope(|scope| {
        let flush = scope.spawn(|| statsd.flush(SOON));
        loop {
            let over = flush.is_finished();
            while let Ok(length) = daemon.recv(&mut buffer) {
                let text = std::str::from_utf8(&buffer[..length]).unwrap();
                lines.extend(text.lines().map(str::to_owned));
            }
            if over {
                return flush.join().unwrap().unwrap();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len() as u64, series);
    assert_eq!(counts(&aggregator).0, series);
}
