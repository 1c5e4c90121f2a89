//! Events, service checks, environment variables, and what else only Datadog's format has.

use std::time::{Duration, UNIX_EPOCH};

use telemetry::execute;
use telemetry_metrics::{Aggregator, counter, distribution, last_value, sum, summary};
use telemetry_statsd::{
    AlertType, Cardinality, CheckStatus, DatadogEvent, FlushError, Format, NotSent, Priority,
    Problem, ServiceCheck, Statsd, StatsdBuilder, StatsdError,
};

use crate::grammar::parse;
use crate::support::{DeadPort, Listener, NEVER, SOON, aggregator, counts, quiet};

fn datadog<'a>(aggregator: &'a Aggregator, daemon: &Listener) -> StatsdBuilder<'a> {
    quiet(aggregator, daemon.address()).format(Format::Datadog)
}

fn variables<'v>(all: &'v [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'v {
    |name| {
        let found = all.iter().find(|(one, _)| *one == name);
        found.map(|(_, value)| (*value).to_owned())
    }
}

fn problems(builder: StatsdBuilder<'_>) -> Vec<Problem> {
    match builder.start() {
        Err(StatsdError::Settings(problems)) => problems,
        other => panic!("{other:?}"),
    }
}

#[test]
fn events_and_service_checks_are_sent_from_a_handler_with_the_next_flush() {
    let daemon = Listener::new();
    let aggregator = Aggregator::builder()
        .metrics([counter("dd.send.count")])
        .constant_tag("env", "prod")
        .start()
        .unwrap();
    let statsd = datadog(&aggregator, &daemon).prefix("app").start().unwrap();
    let outbox = statsd.outbox();
    let at = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let _guard = telemetry::attach("dd.send.handler", "dd.send", move |event| {
        let reason = event.metadata("reason").map(|reason| reason.to_string());
        let told = DatadogEvent::new("refused", reason.unwrap_or_default())
            .at(at)
            .alert_type(AlertType::Error)
            .priority(Priority::Low);
        outbox.event(&told).unwrap();
        let check = ServiceCheck::new("dd.bank", CheckStatus::Critical).at(at);
        outbox.service_check(&check.tag("bank", "north")).unwrap();
    })
    .unwrap()
    .guard();
    execute!("dd.send", {}, { reason: "503\nagain" });
    assert_eq!(daemon.lines(), [""; 0], "nothing is sent by the handler");
    statsd.flush(SOON).unwrap();
    assert_eq!(
        daemon.datagrams(),
        [
            "_e{7,10}:refused|503\\nagain|d:1700000000|p:low|t:error|#env:prod\n\
          _sc|dd.bank|2|d:1700000000|#bank:north,env:prod\n\
          app.dd.send.count:1|c|#env:prod"
        ]
    );
    assert_eq!(counts(&aggregator), (3, 0, 0));
    statsd.flush(SOON).unwrap();
    assert_eq!(daemon.lines(), [""; 0]);
}

#[test]
fn an_event_that_is_longer_than_a_datagram_may_be_goes_alone() {
    let daemon = Listener::new();
    let aggregator = aggregator([counter("dd.alone.count")]);
    let statsd = datadog(&aggregator, &daemon).start().unwrap();
    execute!("dd.alone");
    let check = ServiceCheck::new("dd.alone", CheckStatus::Ok);
    for event in ["short".into(), "x".repeat(4_000)] {
        let event = DatadogEvent::new("t", event);
        statsd.outbox().event(&event).unwrap();
        statsd.outbox().service_check(&check).unwrap();
    }
    statsd.flush(SOON).unwrap();
    let datagrams = daemon.datagrams();
    let lengths: Vec<usize> = datagrams.iter().map(|text| text.lines().count()).collect();
    assert_eq!(lengths, [2, 1, 2]);
    assert!(datagrams[1].starts_with("_e{1,4000}:t|xxx"));
    assert_eq!(counts(&aggregator), (5, 0, 0));
}

#[test]
fn events_wait_for_an_agent_that_is_away_and_are_sent_once() {
    let port = DeadPort::new();
    let aggregator = aggregator([counter("dd.away.count")]);
    let statsd = quiet(&aggregator, port.address())
        .format(Format::Datadog)
        .start()
        .unwrap();
    let outbox = statsd.outbox();
    for attempt in 1..=3 {
        let name = format!("dd.away.{attempt}");
        let check = ServiceCheck::new(name, CheckStatus::Warning);
        outbox.service_check(&check).unwrap();
        assert!(matches!(statsd.flush(SOON), Err(FlushError::Failed(_))));
    }
    let daemon = port.revive();
    statsd.flush(SOON).unwrap();
    let names: Vec<String> = daemon
        .lines()
        .iter()
        .map(|line| line.split('|').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(names, ["dd.away.1", "dd.away.2", "dd.away.3"]);
    statsd.flush(SOON).unwrap();
    assert_eq!(daemon.lines(), [""; 0]);
}

#[test]
fn the_queue_has_an_end_and_what_is_left_at_the_end_is_counted() {
    let port = DeadPort::new();
    let aggregator = aggregator([counter("dd.full.count")]);
    let statsd = quiet(&aggregator, port.address())
        .format(Format::Datadog)
        .start()
        .unwrap();
    let outbox = statsd.outbox();
    let event = DatadogEvent::new("t", "x");
    // Also while the thread tries to send.
    let refused = std::thread::scope(|scope| {
        let put = || {
            let results = (0..1_000).map(|_| outbox.event(&event));
            results.filter(Result::is_err).count() as u64
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(put)).collect();
        let _ = statsd.flush(SOON);
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum::<u64>()
    });
    assert_eq!(refused, 3_000);
    assert_eq!(outbox.event(&event), Err(NotSent::Full));
    statsd.stop(SOON).unwrap_err();
    assert_eq!(counts(&aggregator).2, 3_001 + 1_000);
    assert_eq!(outbox.event(&event), Err(NotSent::Stopped));
}

#[test]
fn plain_statsd_has_no_events() {
    let daemon = Listener::new();
    let aggregator = aggregator([counter("dd.plain.count")]);
    let statsd = quiet(&aggregator, daemon.address()).start().unwrap();
    let event = DatadogEvent::new("t", "x");
    assert_eq!(statsd.outbox().event(&event), Err(NotSent::PlainStatsd));
    statsd.flush(SOON).unwrap();
    assert_eq!(daemon.lines(), [""; 0]);
    assert_eq!(counts(&aggregator), (0, 0, 1));
}

#[test]
fn all_that_an_agent_is_told_stands_in_each_line() {
    let daemon = Listener::new();
    let aggregator = Aggregator::builder()
        .metrics([
            counter("dd.all.count").tags(["route"]),
            last_value("dd.all.n"),
            sum("dd.all.m").measurement("n"),
            summary("dd.all.o").measurement("n"),
            distribution("dd.all.p").measurement("n").buckets([1.0]),
        ])
        .constant_tag("env", "prod")
        .start()
        .unwrap();
    let variables = [
        ("DD_ENV", "ignored"),
        ("DD_SERVICE", "web"),
        ("DD_VERSION", "1.2"),
        ("DD_ENTITY_ID", "pod-1"),
        ("DD_TAGS", "team:shop,region:us,alone"),
        ("DD_AGENT_HOST", "ignored.invalid"),
        ("DD_ORIGIN_DETECTION_ENABLED", "false"),
        ("DD_EXTERNAL_ENV", "it-false,cn-web"),
        ("DD_CARDINALITY", "high"),
    ];
    let builder = datadog(&aggregator, &daemon)
        .global_tag("region", "eu")
        .container_id("ci-7")
        .cardinality(Cardinality::Low)
        .timestamps(true);
    let statsd = builder.env(self::variables(&variables)).start().unwrap();
    execute!("dd.all", { n: 5 }, { route: "/" });
    statsd.flush(SOON).unwrap();
    let tags = "env:prod,region:eu,team:shop,alone,dd.internal.entity_id:pod-1,service:web,\
                version:1.2|c:ci-7|e:it-false,cn-web|card:low";
    let lines = daemon.lines();
    let second = lines[0].rsplit_once("|T").unwrap().1;
    let now = UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!((now - 60..=now).contains(&second.parse().unwrap()));
    assert_eq!(
        lines,
        [
            format!("dd.all.count:1|c|#route:/,{tags}|T{second}"),
            format!("dd.all.n:5|g|#{tags}|T{second}"),
            format!("dd.all.m:5|c|#{tags}|T{second}"),
            format!("dd.all.o:5|h|#{tags}"),
            format!("dd.all.p:5|d|#{tags}"),
        ]
    );
    let check = ServiceCheck::new("dd.all", CheckStatus::Unknown).at(UNIX_EPOCH);
    statsd.outbox().service_check(&check).unwrap();
    statsd.flush(SOON).unwrap();
    assert_eq!(daemon.lines(), [format!("_sc|dd.all|3|d:0|#{tags}")]);
}

#[test]
fn the_environment_says_where_the_agent_is_unless_the_program_does() {
    let daemon = Listener::new();
    let (host, port) = (
        daemon.address().ip().to_string(),
        daemon.address().port().to_string(),
    );
    let aggregator = aggregator([counter("dd.env.count")]);
    let url = format!("udp://{}", daemon.address());
    for variables in [
        vec![
            ("DD_AGENT_HOST", host.as_str()),
            ("DD_DOGSTATSD_PORT", port.as_str()),
        ],
        vec![
            ("DD_DOGSTATSD_URL", url.as_str()),
            ("DD_AGENT_HOST", "nobody.invalid"),
        ],
    ] {
        // In plain StatsD, the tags are not for it.
        let variables = [variables, vec![("DD_ENV", "prod")]].concat();
        let builder = Statsd::builder(&aggregator).interval(NEVER);
        let statsd = builder.env(self::variables(&variables)).start().unwrap();
        statsd.flush(SOON).unwrap();
        daemon.lines();
        execute!("dd.env");
        statsd.flush(SOON).unwrap();
        assert_eq!(daemon.lines(), ["dd.env.count:1|c"]);
    }
}

#[test]
fn variables_that_cannot_be_used_and_settings_without_effect_are_refused() {
    let aggregator = aggregator([counter("dd.refuse.count").tags(["env"])]);
    let builder = || Statsd::builder(&aggregator);
    let variables = [("DD_AGENT_HOST", "a b"), ("DD_CARDINALITY", "much")];
    let refused = problems(builder().env(self::variables(&variables)));
    let names: Vec<&str> = refused
        .iter()
        .map(|problem| match problem {
            Problem::Environment { variable, .. } => *variable,
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(names, ["DD_AGENT_HOST", "DD_CARDINALITY"]);
    let text = refused[0].to_string();
    assert!(
        text.contains("DD_AGENT_HOST cannot be used: `a b:8125`"),
        "{text}"
    );

    // Where the program says itself where to send, nobody needs to know.
    let here = builder().address("127.0.0.1:9");
    let refused = problems(here.env(self::variables(&variables)));
    assert!(
        matches!(
            &refused[..],
            [Problem::Environment {
                variable: "DD_CARDINALITY",
                ..
            }]
        ),
        "{refused:?}"
    );

    let all = builder()
        .global_tag("a", "b")
        .timestamps(true)
        .container_id("x")
        .detect_container()
        .external_data("x")
        .cardinality(Cardinality::None);
    assert_eq!(problems(all.clone()).len(), 6);
    assert!(all.format(Format::Datadog).start().is_ok());

    let prefixed = builder().format(Format::Datadog).prefix("_scores");
    let wrong = problems(prefixed);
    assert!(matches!(&wrong[..], [Problem::NotAMetric(_)]), "{wrong:?}");

    let twice = builder().format(Format::Datadog).global_tag("env", "x");
    assert!(matches!(&problems(twice)[..], [Problem::SameTag { .. }]));
}

#[test]
fn no_tag_of_the_environment_can_make_a_line() {
    let daemon = Listener::new();
    let aggregator = aggregator([counter("dd.inject.count")]);
    let hostile = "a:b|c\nevil:1|c|#x,y:z";
    let variables = [
        ("DD_ENV", hostile),
        ("DD_TAGS", hostile),
        ("DD_EXTERNAL_ENV", hostile),
        ("DD_ORIGIN_DETECTION_ENABLED", "0"),
    ];
    let builder = datadog(&aggregator, &daemon).container_id(hostile);
    let statsd = builder.env(self::variables(&variables)).start().unwrap();
    execute!("dd.inject");
    let event = DatadogEvent::new(hostile, hostile)
        .host(hostile)
        .tag(hostile, hostile);
    statsd.outbox().event(&event).unwrap();
    statsd.flush(SOON).unwrap();
    let lines = daemon.lines();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1].matches('|').count(), 4, "{}", lines[1]);
    let metric = lines[1].split("|c:").next().unwrap();
    assert!(parse(metric, Format::Datadog).is_ok(), "{metric}");
}

#[test]
fn what_was_thinned_is_counted() {
    let daemon = Listener::new();
    let aggregator = aggregator([summary("dd.thin.n")]);
    let statsd = datadog(&aggregator, &daemon)
        .max_values(10)
        .start()
        .unwrap();
    (0..1_000).for_each(|n| execute!("dd.thin", { n: n }));
    statsd.flush(SOON).unwrap();
    assert_eq!(daemon.lines().len(), 1);
    let report = statsd.report();
    assert_eq!((report.sent, report.thinned), (1, 990));
    execute!("dd.thin", { n: 1 });
    statsd.flush(SOON).unwrap();
    assert_eq!(statsd.report().thinned, 990);
}
