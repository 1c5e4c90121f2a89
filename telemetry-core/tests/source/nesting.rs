//! Theirs and ours, one inside the other in any order.

use proptest::collection::vec;
use proptest::prelude::*;
use telemetry::{AttachGuard, Span, SpanContext, span};

use crate::support::{Seen, current, pend, poll_once, theirs_below, within};

#[derive(Debug, Clone, Copy)]
enum How {
    Theirs,
    InScope,
    Enter,
    Wrap,
    Context,
    Idle,
    IdleWrap,
    ByHand,
}

/// One inside the other: the innermost is current, and all are of one trace.
fn nest(how: &[How], outside: Option<SpanContext>) {
    assert_eq!(current(), outside);
    let [now, rest @ ..] = how else { return };
    let trace = outside.map(|outside| outside.trace_id());
    let go_on = |inside: Option<SpanContext>| {
        assert!(trace.is_none() || inside.map(|inside| inside.trace_id()) == trace);
        nest(rest, inside);
    };
    let wrap = |span: Span| {
        let own = span.context();
        let mut future = Box::pin(span.wrap(async move {
            go_on(own);
            pend(1).await;
            assert_eq!(current(), own);
        }));
        assert!(poll_once(future.as_mut()).is_pending());
        assert_eq!(current(), outside);
        assert!(poll_once(future.as_mut()).is_ready());
    };
    let ours = || {
        let span = span!("source.nest");
        assert!(span.is_observed());
        let own = span.context();
        (span, own)
    };
    match now {
        How::Theirs => {
            let theirs = theirs_below(outside);
            within(theirs, || go_on(Some(theirs)));
        }
        How::InScope => {
            let (span, own) = ours();
            span.in_scope(|| go_on(own));
        }
        How::Enter => {
            let (span, own) = ours();
            let _guard = span.enter();
            go_on(own);
        }
        How::Wrap => wrap(ours().0),
        How::Context => {
            let below = theirs_below(outside);
            below.in_scope(|| go_on(Some(below)));
        }
        How::Idle => span!("source_idle.nest").in_scope(|| go_on(outside)),
        How::IdleWrap => wrap(span!("source_idle.nest")),
        How::ByHand => Span::unobserved().in_scope(|| go_on(outside)),
    }
    assert_eq!(current(), outside);
}

fn how() -> impl Strategy<Value = How> {
    use How::{Context, Enter, Idle, IdleWrap, InScope, Theirs, Wrap};
    prop::sample::select(vec![
        Theirs, Theirs, InScope, Enter, Wrap, Context, Idle, IdleWrap,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn theirs_and_ours_alternate_and_the_innermost_is_current(how in vec(how(), 1..12)) {
        static SEEN: std::sync::OnceLock<(Seen, AttachGuard)> = std::sync::OnceLock::new();
        SEEN.get_or_init(|| Seen::of("source.nest.*"));
        nest(&how, None);
    }
}

#[test]
fn a_span_made_by_hand_leaves_theirs_current() {
    let (_seen, _guard) = Seen::of("source.by_hand.*");
    nest(&[How::ByHand, How::Theirs, How::ByHand], None);
    nest(&[How::Context, How::Theirs, How::ByHand, How::Idle], None);
}
