//! Whoever goes, at whatever moment, is gone.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Waker};

use http_body_util::BodyExt;

use super::probe::{Probe, QUICK, hub, own, until, view};
use crate::hub::limits::{ANSWERS, Limits};

#[tokio::test]
async fn a_stream_can_be_dropped_at_any_point() {
    let probe = Arc::new(Probe::default());
    let hub = hub(QUICK, Limits::default(), probe.open());
    for polls in 0..60 {
        let mut body = hub.stream(&view([own(0)])).unwrap();
        assert_eq!(hub.status().viewers, 1);
        for _ in 0..polls {
            // Once, whether there is anything or not; then the wait itself is dropped.
            let _ = pin!(body.frame()).poll(&mut Context::from_waker(Waker::noop()));
            tokio::task::yield_now().await;
        }
        drop(body);
        assert_eq!(hub.status().viewers, 0);
    }
    until("nothing is left", || Arc::strong_count(&hub) == 1).await;
    assert_eq!(hub.status().sections, 0);
}

#[tokio::test]
async fn a_body_that_nobody_reads_starts_nothing() {
    let probe = Arc::new(Probe::default());
    let hub = hub(QUICK, Limits::default(), probe.open());
    let body = hub.stream(&view([own(0)])).unwrap();
    assert_eq!(hub.status().sections, 1);
    drop(body);
    assert_eq!((hub.status().viewers, hub.status().sections), (0, 0));
    assert_eq!(Arc::strong_count(&hub), 1);
    assert_eq!(probe.opened.load(SeqCst), 0);
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_gives_up_its_turn() {
    let probe = Arc::new(Probe::default());
    let hub = hub(QUICK, Limits::default(), probe.open());
    let gate = probe.shut();
    for _ in 0..2 * ANSWERS {
        let view = view([own(0)]);
        let mut answer = pin!(hub.whole(&view));
        let polled = answer
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
    }
    let opened = || probe.opened.load(SeqCst);
    until("it makes as many as it may", || opened() == ANSWERS as u64).await;
    assert_eq!(
        hub.answers.available_permits(),
        0,
        "what is being made counts"
    );
    drop(gate);
    let all = || hub.answers.available_permits() == ANSWERS;
    until("all turns are over", all).await;
    assert_eq!(hub.whole(&view([own(0)])).await.len(), 1);
}
