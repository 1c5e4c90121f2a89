//! When there is a conductor, and when there is not.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use super::probe::{LONG, Probe, QUICK, hub, own, until, view};
use super::reader::Reader;
use crate::hub::limits::{Limits, Times};
use crate::view::Key;

#[tokio::test]
async fn without_viewers_there_is_nothing() {
    let probe = Arc::new(Probe::default());
    let hub = hub(QUICK, Limits::default(), probe.open());
    for turn in 1..=3 {
        let mut reader = Reader::new(hub.stream(&view([own(0)])).unwrap());
        reader.view().await;
        reader.until("chart-0", 3).await;
        drop(reader);
        // The conductor shares the hub as long as there is one.
        until("the conductor is gone", || Arc::strong_count(&hub) == 1).await;
        until("the section is gone", || probe.dropped.load(SeqCst) == turn).await;
        assert_eq!((hub.status().viewers, hub.status().sections), (0, 0));
        assert_eq!(probe.opened.load(SeqCst), turn);
    }
    let advanced = probe.advanced();
    tokio::time::sleep(10 * QUICK.pace).await;
    assert_eq!(probe.advanced(), advanced);
}

#[tokio::test]
async fn a_reload_finds_sections_as_they_were() {
    let probe = Arc::new(Probe::default());
    let times = Times {
        grace: LONG,
        ..QUICK
    };
    let hub = hub(times, Limits::default(), probe.open());
    let mut last = 0;
    for _ in 0..4 {
        let mut reader = Reader::new(hub.stream(&view([own(0)])).unwrap());
        reader.view().await;
        reader.message().await;
        assert!(reader.number("chart-0").unwrap() >= last);
        reader.until("chart-0", last + 3).await;
        last = reader.number("chart-0").unwrap();
        drop(reader);
        // Nobody looks, so nothing is made.
        let advanced = probe.advanced();
        tokio::time::sleep(5 * QUICK.pace).await;
        assert!(probe.advanced() <= advanced + 1);
    }
    assert_eq!(probe.opened.load(SeqCst), 1);
}

#[tokio::test]
async fn a_tail_is_not_kept() {
    let probe = Arc::new(Probe::default());
    let times = Times {
        grace: LONG,
        ..QUICK
    };
    let hub = hub(times, Limits::default(), probe.open());
    let tail = Key::Tail {
        pattern: "*".to_owned(),
    };
    let mut other = Reader::new(hub.stream(&view([own(0)])).unwrap());
    let mut reader = Reader::new(hub.stream(&view([own(0), tail.clone()])).unwrap());
    other.view().await;
    reader.view().await;
    reader.until("tail", 2).await;
    drop(reader);
    until("it is gone", || probe.dropped.load(SeqCst) == 1).await;
    drop(other);
    let mut reader = Reader::new(hub.stream(&view([tail])).unwrap());
    reader.view().await;
    reader.until("tail", 2).await;
    drop(reader);
    until("it is gone, too", || probe.dropped.load(SeqCst) == 2).await;
}

#[test]
fn a_stream_goes_on_when_the_conductors_runtime_ends() {
    let probe = Arc::new(Probe::default());
    let times = Times {
        heartbeat: Duration::from_millis(50),
        ..QUICK
    };
    let hub = hub(times, Limits::default(), probe.open());
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap()
    };
    let (one, two) = (runtime(), runtime());
    let mut first = Reader::new(hub.stream(&view([own(0)])).unwrap());
    one.block_on(async {
        first.view().await;
        first.until("chart-0", 2).await;
    });
    let mut second = Reader::new(hub.stream(&view([own(0)])).unwrap());
    two.block_on(async {
        second.view().await;
        second.message().await;
    });
    drop(first);
    drop(one);
    two.block_on(async {
        let number = second.number("chart-0").unwrap();
        second.until("chart-0", number + 5).await;
        drop(second);
        until("nothing is left", || Arc::strong_count(&hub) == 1).await;
    });
}

#[tokio::test]
async fn a_tick_that_takes_long_is_followed_by_a_rest_as_long() {
    let probe = Arc::new(Probe::default());
    let hub = hub(QUICK, Limits::default(), probe.open());
    let mut reader = Reader::new(hub.stream(&view([own(0)])).unwrap());
    reader.view().await;
    reader.message().await;
    let gate = probe.shut();
    let advanced = probe.advanced();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(
        probe.advanced() <= advanced + 1,
        "no tick begins before one ends"
    );
    drop(gate);
    let slowest = || hub.status().slowest_tick;
    until("it is over", || slowest() >= Duration::from_millis(80)).await;
    // Nothing had piled up: ticks are as far apart as before.
    let (ticks, begun) = (hub.status().ticks, std::time::Instant::now());
    until("it goes on", || hub.status().ticks >= ticks + 4).await;
    assert!(begun.elapsed() >= 3 * QUICK.pace);
}
