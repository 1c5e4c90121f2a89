use std::time::Duration;

use telemetry::{EventName, execute};
use telemetry_metrics::{
    Aggregator, Metric, Needs, counter, distribution, last_value, sum, summary,
};

use super::*;

#[derive(Default)]
struct Sent {
    datagrams: Vec<String>,
    given_up: Vec<GivenUp>,
}

impl Sink for Sent {
    fn datagram(&mut self, bytes: &[u8], load: Load, _: &mut Vec<Claim>) {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(text.lines().count() as u64, load.lines);
        self.datagrams.push(text);
    }

    fn give_up(&mut self, reason: GivenUp, _: u64, _: &mut Vec<Claim>) {
        self.given_up.push(reason);
    }
}

/// One encoder over one list of definitions.
struct Case {
    format: Format,
    prefix: &'static str,
    mtu: usize,
    max_values: u64,
    constant_tags: Vec<(&'static str, &'static str)>,
    origin: &'static str,
    second: Option<u64>,
    metrics: Vec<Metric>,
}

fn case(format: Format, metrics: impl IntoIterator<Item = Metric>) -> Case {
    Case {
        format,
        prefix: "",
        mtu: 1_432,
        max_values: 1_000,
        constant_tags: Vec::new(),
        origin: "",
        second: None,
        metrics: metrics.into_iter().collect(),
    }
}

impl Case {
    fn send(self, emit: impl FnOnce()) -> Sent {
        let mut builder = Aggregator::builder().metrics(self.metrics);
        for (key, value) in self.constant_tags {
            builder = builder.constant_tag(key, value);
        }
        let aggregator = builder.start().unwrap();
        let mut reader = aggregator.reader(Needs::Values);
        let constant = aggregator.constant_tags().iter();
        let tags = global_tags(constant.filter(|(_, value)| !value.is_empty()));
        let mut encoder = Encoder::new(self.format, self.prefix, tags, self.max_values)
            .with_origin(self.origin.into());
        encoder.stamp(self.second);
        emit();
        let mut sent = Sent::default();
        let mut packer = Packer::new(self.mtu);
        reader.scan(|delta| encoder.encode(&delta, &mut packer, &mut sent));
        packer.finish(&mut sent);
        sent
    }

    fn lines(self, emit: impl FnOnce()) -> Vec<String> {
        let sent = self.send(emit);
        assert_eq!(sent.given_up, []);
        sent.datagrams
            .iter()
            .flat_map(|text| text.lines().map(str::to_owned))
            .collect()
    }
}

const BOTH: [Format; 2] = [Format::Standard, Format::Datadog];

#[test]
fn the_five_kinds() {
    let metrics = |name: &str| {
        let name = |last: &str| format!("{name}.{last}");
        [
            counter(name("count")),
            sum(name("bytes")),
            last_value(name("bytes2")).measurement("bytes"),
            summary(name("bytes3")).measurement("bytes"),
            distribution(name("bytes4"))
                .measurement("bytes")
                .buckets([1.0]),
        ]
    };
    let lines = |format, event: &str| {
        let name = EventName::new(event).unwrap();
        case(format, metrics(event)).lines(|| {
            execute!(name, { bytes: 5 });
            execute!(name, { bytes: 7 });
        })
    };
    assert_eq!(
        lines(Format::Standard, "enc.kinds.std"),
        [
            "enc.kinds.std.count:2|c",
            "enc.kinds.std.bytes:+12|g",
            "enc.kinds.std.bytes2:7|g",
            "enc.kinds.std.bytes3:5|ms",
            "enc.kinds.std.bytes3:7|ms",
            "enc.kinds.std.bytes4:5|ms",
            "enc.kinds.std.bytes4:7|ms",
        ]
    );
    assert_eq!(
        lines(Format::Datadog, "enc.kinds.dd"),
        [
            "enc.kinds.dd.count:2|c",
            "enc.kinds.dd.bytes:12|c",
            "enc.kinds.dd.bytes2:7|g",
            "enc.kinds.dd.bytes3:5:7|h",
            "enc.kinds.dd.bytes4:5:7|d",
        ]
    );
}

#[test]
fn tags_are_segments_or_tags() {
    let lines = |format, event: &str| {
        let name = EventName::new(event).unwrap();
        let metric = counter("shop.count").event(event).tags(["method", "host"]);
        let case = Case {
            prefix: "web",
            constant_tags: vec![("env", "prod"), ("empty", ""), ("a b", "x,y")],
            ..case(format, [metric.max_series(2)])
        };
        case.lines(|| {
            execute!(name, {}, { method: "GET", host: "example.com:80" });
            execute!(name, {}, { host: "a,b" });
            execute!(name, {}, { method: "one too many" });
        })
    };
    assert_eq!(
        lines(Format::Standard, "enc.tags.std"),
        [
            "web.shop.count.GET.example_com_80:1|c",
            "web.shop.count.none.a,b:1|c",
            "web.shop.count.overflow:1|c",
        ]
    );
    assert_eq!(
        lines(Format::Datadog, "enc.tags.dd"),
        [
            "web.shop.count:1|c|#method:GET,host:example.com_80,env:prod,a_b:x_y",
            "web.shop.count:1|c|#host:a_b,env:prod,a_b:x_y",
            "web.shop.count:1|c|#otel.metric.overflow:true,env:prod,a_b:x_y",
        ]
    );
}

#[test]
fn sums_always_have_a_sign_where_they_are_gauges() {
    let lines = |format, event: &str, metric: Metric, steps: &[f64]| {
        let name = EventName::new(event).unwrap();
        case(format, [metric]).lines(|| steps.iter().for_each(|n| execute!(name, { n: *n })))
    };
    let (std, dd) = (Format::Standard, Format::Datadog);
    let falling = || sum("enc.sum.n").up_down();
    assert_eq!(
        lines(std, "enc.sum", falling(), &[0.25, 0.25]),
        ["enc.sum.n:+0.5|g"]
    );
    assert_eq!(
        lines(std, "enc.sum", falling(), &[1.0, -1.4]),
        ["enc.sum.n:-0.3999999999999999|g"]
    );
    assert_eq!(
        lines(dd, "enc.sum", falling(), &[1.0, -22.0]),
        ["enc.sum.n:-21|c"]
    );
    let counted = sum("enc.sum.n").option("report_as", "counter");
    assert_eq!(lines(std, "enc.sum", counted, &[1.5]), ["enc.sum.n:1.5|c"]);
    for format in BOTH {
        let nothing: [&str; 0] = [];
        assert_eq!(lines(format, "enc.sum", falling(), &[5.0, -5.0]), nothing);
    }
}

#[test]
fn a_gauge_below_zero_is_a_step_down_from_zero_where_signs_are_steps() {
    let lines = |format, value: f64| {
        case(format, [last_value("enc.below.n")]).lines(|| execute!("enc.below", { n: value }))
    };
    assert_eq!(
        lines(Format::Standard, -1.5),
        ["enc.below.n:0|g", "enc.below.n:-1.5|g"]
    );
    assert_eq!(lines(Format::Datadog, -1.5), ["enc.below.n:-1.5|g"]);
    for format in BOTH {
        assert_eq!(lines(format, -0.0), ["enc.below.n:0|g"]);
    }
}

#[test]
fn the_two_lines_of_a_gauge_below_zero_are_never_apart() {
    let metrics = (0..4).map(|n| last_value(format!("enc.apart.n{n}")).measurement("n"));
    let case = Case {
        mtu: 70,
        ..case(Format::Standard, metrics)
    };
    let sent = case.send(|| execute!("enc.apart", { n: -3 }));
    let pair = |n| format!("enc.apart.n{n}:0|g\nenc.apart.n{n}:-3|g");
    let two = |a, b| format!("{}\n{}", pair(a), pair(b));
    // 33 bytes each: two fit, and of the third a first line would.
    assert_eq!(sent.datagrams, [two(0, 1), two(2, 3)]);
}

#[test]
fn time_is_milliseconds_unless_the_definition_says_its_unit() {
    use telemetry_metrics::Unit;
    let name = |n: u8| format!("enc.unit.d{n}");
    let took = |n| summary(name(n)).measurement("duration");
    let metrics = [
        // The name decides, and here it does not say time.
        summary("enc.unit.duration"),
        took(1).unit(Unit::Microsecond),
        took(2).seconds(),
        sum(name(3)).measurement("bytes").bytes(),
        sum(name(4)).measurement("bytes").unit(Unit::Kibibyte),
        last_value(name(5))
            .measurement("ms")
            .unit((Unit::Millisecond, Unit::Second)),
    ];
    let duration = Duration::from_micros(300);
    let emit = || execute!("enc.unit", { duration, bytes: 1_536, ms: 250 });
    assert_eq!(
        case(Format::Standard, metrics).lines(emit),
        [
            "enc.unit.duration:0.3|ms",
            "enc.unit.d1:300|ms",
            "enc.unit.d2:0.0003|ms",
            "enc.unit.d3:+1536|g",
            "enc.unit.d4:+1.5|g",
            "enc.unit.d5:0.25|g",
        ]
    );
}

#[test]
fn too_many_values_are_thinned_with_one_rate() {
    let emit = || (0..8).for_each(|n| execute!("enc.thin", { n: if n < 4 { 1 } else { 9 } }));
    let few = |format| Case {
        max_values: 2,
        ..case(format, [summary("enc.thin.n")])
    };
    assert_eq!(
        few(Format::Standard).lines(emit),
        ["enc.thin.n:1|ms|@0.25", "enc.thin.n:9|ms|@0.25"]
    );
    let tagged = Case {
        constant_tags: vec![("env", "prod")],
        ..few(Format::Datadog)
    };
    assert_eq!(tagged.lines(emit), ["enc.thin.n:1:9|h|@0.25|#env:prod"]);
}

#[test]
fn origin_and_time_stand_behind_the_tags_and_only_counts_and_gauges_have_a_time() {
    let metrics = [
        counter("enc.origin.count").tags(["n"]),
        sum("enc.origin.n"),
        last_value("enc.origin.m").measurement("n"),
        summary("enc.origin.o").measurement("n"),
    ];
    let case = Case {
        origin: "|c:in-7",
        second: Some(99),
        constant_tags: vec![("env", "prod")],
        ..case(Format::Datadog, metrics)
    };
    assert_eq!(
        case.lines(|| execute!("enc.origin", { n: 1 }, { n: 2 })),
        [
            "enc.origin.count:1|c|#n:2,env:prod|c:in-7|T99",
            "enc.origin.n:1|c|#env:prod|c:in-7|T99",
            "enc.origin.m:1|g|#env:prod|c:in-7|T99",
            "enc.origin.o:1|h|#env:prod|c:in-7",
        ]
    );
}

#[test]
fn packed_values_fill_datagrams_and_no_more() {
    let metrics = [counter("enc.packed.count"), summary("enc.packed.n")];
    let case = Case {
        mtu: 64,
        ..case(Format::Datadog, metrics)
    };
    let sent = case.send(|| (0..40).for_each(|_| execute!("enc.packed", { n: 123 })));
    assert!(sent.datagrams[0].starts_with("enc.packed.count:40|c\nenc.packed.n:123:123"));
    let (last, full) = sent.datagrams.split_last().unwrap();
    assert!(
        full.iter().all(|text| (61..=64).contains(&text.len())),
        "{full:?}"
    );
    assert!(last.len() <= 64);
    let values: usize = sent
        .datagrams
        .iter()
        .map(|text| text.matches(":123").count())
        .sum();
    assert_eq!(values, 40);
}

#[test]
fn a_value_for_which_there_is_no_room_is_given_up() {
    let tag = "x".repeat(60);
    for format in BOTH {
        let metrics = [
            summary("enc.room.n").tags(["tag"]),
            summary("enc.room.m").measurement("n"),
        ];
        let case = Case {
            mtu: 64,
            ..case(format, metrics)
        };
        let sent = case.send(|| execute!("enc.room", { n: 1 }, { tag: &tag }));
        assert_eq!(sent.datagrams.len(), 1);
        assert!(sent.datagrams[0].starts_with("enc.room.m:1|"));
        assert!(matches!(&sent.given_up[..], [GivenUp::TooLong { .. }]));
    }
}

#[test]
fn a_step_that_is_not_finite_is_given_up() {
    let aggregator = Aggregator::builder()
        .metrics([sum("enc.inf.n").up_down()])
        .start()
        .unwrap();
    let mut reader = aggregator.reader(Needs::Values);
    let mut encoder = Encoder::new(Format::Standard, "", String::new(), 1);
    let mut packer = Packer::new(1_432);
    execute!("enc.inf", { n: -f64::MAX });
    let mut marks = Vec::new();
    reader.scan(|delta| marks.push(delta.mark));
    marks.into_iter().for_each(|mark| reader.take(mark));
    for _ in 0..2 {
        execute!("enc.inf", { n: f64::MAX });
    }
    let mut sent = Sent::default();
    reader.scan(|delta| encoder.encode(&delta, &mut packer, &mut sent));
    packer.finish(&mut sent);
    assert_eq!(
        (sent.datagrams.len(), sent.given_up),
        (0, vec![GivenUp::NotFinite])
    );
}
