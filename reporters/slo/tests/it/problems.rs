//! What is wrong is said, all of it, and before anything starts.

use std::time::Duration;

use telemetry_metrics::{
    Aggregator, Check, Metric, counter, distribution, last_value, sum, summary,
};
use telemetry_slo::{
    Alarm, BurnAlert, Count, Objective, Policy, Problem, Reading, Severity, Slo, SloError,
    SloProblem, check,
};

const SECOND: Duration = Duration::from_secs(1);

fn problems(result: Result<(), SloError>) -> Vec<SloProblem> {
    match result {
        Err(SloError::Problems(problems)) => problems,
        other => panic!("{other:?}"),
    }
}

/// The only thing that is wrong with an objective.
#[track_caller]
fn one(objective: Objective) -> (String, Problem) {
    let name = objective.name().to_owned();
    let mut found = problems(check(&[objective], &[]));
    assert_eq!(found.len(), 1, "{found:?}");
    let found = found.remove(0);
    assert_eq!((found.is_alarm, &found.name), (false, &name));
    assert!(
        found
            .to_string()
            .starts_with(&format!("objective `{name}`: "))
    );
    (found.to_string(), found.problem)
}

fn site() -> Objective {
    Objective::availability("site", ["shop.endpoint.stop"])
}

fn pair(short: Duration, long: Duration, factor: f64) -> BurnAlert {
    BurnAlert::new(short, long, factor, Severity::Page)
}

#[test]
fn what_is_right_has_no_problems() {
    let latency = Objective::latency("site-speed", ["shop.endpoint.stop"], SECOND);
    let ratio = Objective::ratio("r2", Count::events(["a.b"]), Count::sum(["a.c"], "n"));
    let all = [site().label("team", "shop"), latency, ratio];
    let alarms = [
        Alarm::channel_depth("a.depth", "a.capacity"),
        Alarm::channel_depth("b.depth", "b.capacity"),
        Alarm::memory("vm.memory.total", 1 << 30),
        Alarm::memory("vm.memory.total", 1 << 29).severity(Severity::Ticket),
        Alarm::series_overflow(),
        Alarm::reporter_failures(),
        Alarm::panics("process.panic.count"),
        Alarm::pool_waiting("a.waiting"),
        Alarm::run_queue("a.queue"),
        Alarm::table_size("a.size", 10),
        Alarm::open_files("a.open", "a.limit"),
    ];
    check(&all, &alarms).unwrap();
    check(&[], &[]).unwrap();
}

#[test]
fn names_are_plain_and_not_those_of_the_crate() {
    let named = |name: &str| Objective::availability(name, ["shop.stop"]);
    let long = "a".repeat(65);
    for name in [
        "", "Site", "1st", "-site", "the site", "site.eu", "straße", &long,
    ] {
        assert_eq!(one(named(name)).1, Problem::Name, "{name}");
    }
    for name in [
        "alert",
        "alarm",
        "burn-rate",
        "burn_rate",
        "budget-left",
        "ratio",
    ] {
        assert_eq!(one(named(name)).1, Problem::ReservedName, "{name}");
    }
    check(&[named(&"a".repeat(64)), named("a_b2-c")], &[]).unwrap();
}

#[test]
fn names_that_give_the_same_definitions_are_the_same() {
    let all = ["a-b", "a_b"].map(|name| Objective::availability(name, ["shop.stop"]));
    let found = problems(check(&all, &[]));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].name, "a_b");
    assert_eq!(found[0].problem, Problem::Duplicate("a-b".to_owned()));
}

#[test]
fn targets_are_shares() {
    for target in [
        0.0,
        1.0,
        -0.5,
        99.9,
        f64::INFINITY,
        f64::NAN,
        0.999_999_999_95,
    ] {
        let found = problems(check(&[site().target(target)], &[]));
        assert!(
            matches!(found[0].problem, Problem::Target(_)),
            "{target} {found:?}"
        );
        // What follows from it would be nonsense.
        assert_eq!(found.len(), 1, "{target} {found:?}");
    }
}

#[test]
fn nine_nines_are_a_target() {
    check(&[site().target(0.999_999_999)], &[]).unwrap();
}

#[test]
fn a_factor_that_can_never_be_reached_is_told() {
    let (text, problem) = one(site().target(0.9));
    assert!(matches!(problem, Problem::Unreachable { .. }));
    assert!(
        text.contains("at a target of 90 % the burn rate is at most 10;"),
        "{text}"
    );
    // Exactly all of it is not above it.
    let hour = 3_600 * SECOND;
    let at = |factor| {
        site()
            .target(0.9)
            .policy(Policy::new([pair(SECOND, hour, factor)]))
    };
    assert!(matches!(one(at(10.0)).1, Problem::Unreachable { .. }));
    check(&[at(9.99)], &[]).unwrap();
    for factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(one(at(factor)).1, Problem::Factor(_)), "{factor}");
    }
}

#[test]
fn windows_fit_into_each_other() {
    let with = |short, long| site().policy(Policy::new([pair(short, long, 2.0)]));
    let day = 24 * 3_600 * SECOND;
    for (short, long) in [
        (SECOND, SECOND),
        (2 * SECOND, SECOND),
        (Duration::ZERO, SECOND),
        (SECOND, 31 * day),
    ] {
        assert!(matches!(one(with(short, long)).1, Problem::Windows { .. }));
    }
    check(&[with(SECOND, 30 * day)], &[]).unwrap();
    let found = problems(check(&[site().window(Duration::ZERO)], &[]));
    assert_eq!(found[0].problem, Problem::Window(Duration::ZERO));
    assert_eq!(one(site().policy(Policy::new([]))).1, Problem::NoAlerts);
    let twice = [pair(SECOND, day, 2.0), pair(2 * SECOND, day, 3.0)];
    assert_eq!(
        one(site().policy(Policy::new(twice))).1,
        Problem::SameAlert(day)
    );
}

#[test]
fn events_and_measurements_have_names() {
    let none: [&str; 0] = [];
    assert_eq!(
        one(Objective::availability("site", none)).1,
        Problem::NoEvents
    );
    let (_, problem) = one(Objective::availability("site", ["Shop Stop"]));
    assert!(matches!(problem, Problem::Event { .. }));
    let latency = || Objective::latency("speed", ["shop.stop"], SECOND);
    assert_eq!(one(latency().measurement("")).1, Problem::Measurement);
    let ratio = |good, valid| Objective::ratio("share", good, valid);
    let count = || Count::events(["shop.stop"]);
    assert_eq!(
        one(ratio(Count::sum(["shop.stop"], ""), count())).1,
        Problem::Measurement
    );
    assert_eq!(
        one(ratio(count(), Count::events(none))).1,
        Problem::NoEvents
    );
    for threshold in [Duration::ZERO, Duration::MAX] {
        let objective = Objective::latency("speed", ["shop.stop"], threshold);
        assert_eq!(one(objective).1, Problem::Threshold(threshold));
    }
    assert_eq!(one(latency().good(|_| true)).1, Problem::Misplaced("good"));
    assert_eq!(
        one(site().measurement("took")).1,
        Problem::Misplaced("measurement")
    );
}

#[test]
fn labels_are_those_of_prometheus() {
    for label in ["", "1st", "the-team", "__name__", "straße"] {
        assert_eq!(
            one(site().label(label, "x")).1,
            Problem::Label(label.to_owned())
        );
    }
    for label in ["slo", "severity", "le", "alertname"] {
        let problem = Problem::ReservedLabel(label.to_owned());
        assert_eq!(one(site().label(label, "x")).1, problem);
    }
    let twice = site().label("team", "a").label("team", "b");
    assert_eq!(one(twice).1, Problem::DuplicateLabel("team".to_owned()));
}

#[test]
fn alarms_are_looked_at_too() {
    let latest = |name: &str| Alarm::new(name, Reading::Latest("a.b".into()), 1.0);
    let found = |alarm: Alarm| problems(check(&[], &[alarm])).remove(0);
    assert_eq!(found(latest("Channel Full")).problem, Problem::Name);
    assert!(
        found(latest("1st"))
            .to_string()
            .starts_with("alarm `1st`: choose a name")
    );
    assert!(matches!(
        found(latest("A").limit(f64::NAN)).problem,
        Problem::Limit(_)
    ));
    assert!(matches!(
        found(latest("A").label("slo", "x")).problem,
        Problem::ReservedLabel(_)
    ));
    let rise = |definitions: &[&str], within| Reading::Rise {
        definitions: definitions.iter().map(|name| (*name).to_owned()).collect(),
        within,
    };
    let none = Alarm::new("A", rise(&[], SECOND), 1.0);
    assert_eq!(found(none).problem, Problem::NoDefinitions);
    let never = Alarm::new("A", rise(&["a.b"], Duration::ZERO), 1.0);
    assert_eq!(found(never).problem, Problem::Within);
    let twice = problems(check(&[], &[latest("A"), latest("A").limit(2.0)]));
    assert_eq!(twice[0].problem, Problem::Duplicate("A".to_owned()));
}

fn aggregator(metrics: impl IntoIterator<Item = Metric>) -> Aggregator {
    let builder = Aggregator::builder().metrics(metrics);
    builder.check_definitions(Check::Off).start().unwrap()
}

fn start(metrics: Vec<Metric>, objectives: Vec<Objective>, alarms: Vec<Alarm>) -> Vec<SloProblem> {
    let aggregator = aggregator(metrics);
    let builder = Slo::builder(&aggregator)
        .objectives(objectives)
        .alarms(alarms);
    problems(builder.start().map(drop))
}

#[test]
fn what_the_aggregator_lacks_is_told_at_the_start() {
    let found = start(
        vec![],
        vec![site()],
        vec![Alarm::panics("process.panic.count")],
    );
    let texts: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "objective `site`: the aggregator has no definition `slo.site.good`: add \
             `objective.metrics()` to its definitions",
            "alarm `Panics`: the aggregator has no definition `process.panic.count`: add it, or \
             give the name of one that is there",
        ]
    );
}

#[test]
fn what_the_aggregator_has_must_be_what_is_needed() {
    let site_of = |metric: Metric| vec![metric, counter("slo.site.valid")];
    let found = start(site_of(summary("slo.site.good")), vec![site()], vec![]);
    assert!(matches!(found[0].problem, Problem::Kind { .. }));
    let found = start(
        site_of(sum("slo.site.good").seconds()),
        vec![site()],
        vec![],
    );
    assert!(matches!(found[0].problem, Problem::Units { .. }));
    let speed = Objective::latency("speed", ["shop.stop"], 3 * SECOND);
    let found = start(
        vec![distribution("slo.speed.duration")],
        vec![speed],
        vec![],
    );
    assert!(matches!(found[0].problem, Problem::NoBound { .. }));

    let metrics = || {
        vec![
            last_value("a.depth").tags(["of"]),
            last_value("a.capacity").tags(["of"]),
            last_value("a.limit"),
            last_value("a.bytes").bytes().tags(["of"]),
            sum("a.open").up_down(),
            counter("a.count"),
        ]
    };
    let with = |alarm: Alarm| start(metrics(), vec![], vec![alarm]).remove(0).problem;
    assert!(matches!(
        with(Alarm::channel_depth("a.depth", "a.limit")),
        Problem::Tags { .. }
    ));
    assert!(matches!(
        with(Alarm::channel_depth("a.depth", "a.bytes")),
        Problem::Units { .. }
    ));
    assert!(matches!(
        with(Alarm::table_size("a.count", 1)),
        Problem::Kind { .. }
    ));
    assert!(matches!(
        with(Alarm::panics("a.open")),
        Problem::Kind { .. }
    ));
    let right = [
        Alarm::channel_depth("a.depth", "a.capacity"),
        Alarm::open_files("a.open", "a.limit"),
        Alarm::panics("a.count"),
        Alarm::series_overflow(),
        Alarm::reporter_failures(),
    ];
    let aggregator = aggregator(metrics());
    let slo = Slo::builder(&aggregator).alarms(right).start().unwrap();
    assert_eq!(slo.report().alarms.len(), 5);
}

#[test]
fn an_interval_is_a_time() {
    let aggregator = aggregator([]);
    let error = Slo::builder(&aggregator)
        .interval(Duration::ZERO)
        .start()
        .unwrap_err();
    assert!(error.to_string().contains("the interval is zero"));
    // Without windows there is nothing to be in a hurry for.
    let interval = |objective: Objective| {
        let aggregator = self::aggregator(objective.metrics());
        let builder = Slo::builder(&aggregator).objectives([objective]);
        builder.start().unwrap().interval()
    };
    assert_eq!(interval(site()), 5 * SECOND);
    assert_eq!(
        interval(site().scaled(1.0 / 60.0)),
        Duration::from_secs(5) / 30
    );
    assert_eq!(
        interval(site().scaled(1.0 / 7_200.0)),
        Duration::from_millis(10)
    );
}
