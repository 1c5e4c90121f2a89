//! The order of handlers: that of attaching, whatever they are attached to.

use telemetry::{EventName, attach, attach_many, attach_spans, execute, span};

use crate::support::{Log, alone};

#[test]
fn handlers_run_in_the_order_of_attaching_across_patterns_and_names() {
    let _alone = alone();
    let log = Log::new();
    let earlier = EventName::new("order.a.earlier").unwrap();
    let patterns = [
        &["order.a.*"][..],
        &["order.a.earlier", "order.a.later", "order.a.s.stop"],
        &["*"],
        &["order.*"],
        &["order.other", "order.a.*"],
        &["order.a.later", "order.a.earlier", "order.a.s.stop"],
        &["*"],
    ];
    let mut guards: Vec<_> = patterns
        .iter()
        .enumerate()
        .map(|(n, patterns)| {
            let id = format!("order-{n}");
            attach_many(id, *patterns, log.writes(&n.to_string()))
                .unwrap()
                .guard()
        })
        .collect();
    let later = EventName::new("order.a.later").unwrap();
    let numbers = |range: std::ops::Range<usize>| range.map(|n| n.to_string()).collect::<Vec<_>>();
    execute!(earlier);
    assert_eq!(log.take(), numbers(0..7));
    execute!(later);
    assert_eq!(log.take(), numbers(0..7));
    // Made after all of them: its slot is given them in their order, not in that of some table.
    for n in 0..20 {
        execute!(EventName::new(&format!("order.a.new{n}")).unwrap());
        assert_eq!(log.take(), ["0", "2", "3", "4", "6"]);
    }

    // One for the ends of spans has its place among them.
    guards.push(attach_spans("order-7", log.writes("7")).unwrap().guard());
    guards.push(
        attach("order-8", "order.a.*", log.writes("8"))
            .unwrap()
            .guard(),
    );
    span!("order.a.s").finish();
    let mut expected: Vec<_> = ["0", "2", "3", "4", "6", "8"].map(String::from).into();
    expected.extend(numbers(0..9));
    assert_eq!(log.take(), expected);

    // Who leaves and comes back is last.
    drop(guards.remove(0));
    guards.push(
        attach("order-0", "order.a.*", log.writes("0"))
            .unwrap()
            .guard(),
    );
    execute!(earlier);
    assert_eq!(log.take(), ["1", "2", "3", "4", "5", "6", "8", "0"]);
}
