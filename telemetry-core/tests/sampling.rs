//! Head sampling is one setting of the process, so this has a process of its own, and one test.

use telemetry::{SpanContext, span};

#[test]
fn a_share_of_new_traces_is_sampled_and_what_is_below_inherits_it() {
    let _seen = telemetry::attach_spans("sampling-test", |_| {})
        .unwrap()
        .guard();

    telemetry::sample_new_traces(0.25);
    let mut sampled = 0_u32;
    for _ in 0..20_000 {
        let request = span!("sampling.request");
        let context = request.context().unwrap();
        sampled += u32::from(context.is_sampled());
        request.in_scope(|| {
            let query = span!("sampling.query");
            let below = query.context().unwrap();
            assert_eq!(below.trace_id(), context.trace_id());
            assert_eq!(below.is_sampled(), context.is_sampled());
            query.finish();
        });
        let text = context.to_string();
        assert!(
            text.ends_with(if context.is_sampled() { "-01" } else { "-00" }),
            "{text}"
        );
    }
    // 5,000 expected, with a standard deviation of 61.
    assert!((4_500..5_500).contains(&sampled), "{sampled}");

    telemetry::sample_new_traces(0.0);
    assert!((0..1_000).all(|_| !SpanContext::new_root().is_sampled()));
    // Traces that began elsewhere keep theirs, in both directions.
    for (flags, is_sampled) in [("01", true), ("00", false)] {
        let text = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
        let parent: SpanContext = text.parse().unwrap();
        let child = span!(parent: parent, "sampling.request");
        assert_eq!(child.context().unwrap().is_sampled(), is_sampled);
        telemetry::sample_new_traces(1.0);
    }
    assert!((0..1_000).all(|_| SpanContext::new_root().is_sampled()));
}
