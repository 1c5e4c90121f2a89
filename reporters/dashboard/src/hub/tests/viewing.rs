//! What a viewer gets, alone and among others.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use serde_json::json;

use super::probe::{Probe, QUICK, hosts, hub, own, until, view};
use super::reader::{Read, Reader};
use crate::hub::Hub;
use crate::hub::limits::{Limits, Times};

fn limits() -> Limits {
    Limits::default()
}

fn watch(hub: &Arc<Hub>, section: usize) -> Reader {
    Reader::new(hub.stream(&view([own(section)])).unwrap())
}

#[tokio::test]
async fn a_stream_begins_with_the_view_then_all_of_it_then_what_changes() {
    let probes = [Arc::default(), Arc::default()];
    let hub = hub(QUICK, limits(), Probe::several(&probes));
    let body = hub.stream(&view([own(0), hosts(1)])).unwrap();
    let mut reader = Reader::new(body);
    let about = reader.view().await;
    assert_eq!(about["title"], "Test");
    assert_eq!(about["build"], "build");
    assert_eq!(about["sections"], json!(["chart-0", "page"]));
    assert_eq!(about["boot"], json!(hub.boot));
    reader.until("page", 1).await;
    reader.until("chart-0", 1).await;
    let mut changes = 0;
    while changes < 10 {
        let before = reader.number("chart-0");
        for part in reader.message().await {
            if part["id"] != "chart-0" {
                continue;
            }
            // Who missed nothing gets what changed; who did, all of it.
            let is_next = reader.number("chart-0") == before.map(|number| number + 1);
            assert_eq!(part.get("cards").is_none(), is_next, "{part}");
            changes += usize::from(is_next);
        }
    }
    let wholes = probes[0].wholes.load(SeqCst);
    assert!(wholes < probes[0].advanced(), "{wholes}");
}

#[tokio::test]
async fn nothing_is_sent_where_nothing_changes() {
    let probe = Arc::new(Probe::default());
    let times = Times {
        heartbeat: Duration::from_millis(100),
        ..QUICK
    };
    let hub = hub(times, limits(), probe.open());
    probe.is_still.store(true, SeqCst);
    let mut reader = watch(&hub, 0);
    reader.view().await;
    reader.message().await;
    assert_eq!(
        reader.read().await,
        Read::Comment,
        "after a while of silence"
    );
    assert!(probe.advanced() > 2, "it was looked at");
    assert_eq!(hub.status().messages, 1);
    probe.is_still.store(false, SeqCst);
    reader.until("chart-0", 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_viewers_are_served_what_was_made_once() {
    let probe = Arc::new(Probe::default());
    let hub = hub(QUICK, limits(), probe.open());
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let mut reader = watch(&hub, 0);
        readers.spawn(async move {
            reader.view().await;
            reader.until("chart-0", 30).await;
            reader
        });
    }
    let readers = readers.join_all().await;
    assert_eq!((readers.len(), hub.status().viewers), (100, 100));
    assert_eq!(hub.status().sections, 1);
    // Each tick once, whoever came in between. One tick may be going on.
    let advanced = probe.advanced();
    let ticks = hub.status().ticks;
    assert!(advanced <= ticks + 1, "{advanced} in {ticks} ticks");
    let wholes = probe.wholes.load(SeqCst);
    assert!(wholes <= advanced + 1, "{wholes} of {advanced} versions");
    assert_eq!(probe.opened.load(SeqCst), 1);
}

#[tokio::test]
async fn who_was_away_gets_the_whole_and_nothing_that_waited() {
    let probe = Arc::new(Probe::default());
    let hub = hub(QUICK, limits(), probe.open());
    let (mut slow, mut quick) = (watch(&hub, 0), watch(&hub, 0));
    slow.view().await;
    slow.message().await;
    quick.view().await;
    quick.until("chart-0", 50).await;
    // What was handed over before it went away is at most one message.
    let mut messages = 0;
    while slow.number("chart-0").is_none_or(|number| number < 50) {
        slow.message().await;
        messages += 1;
    }
    assert!(messages <= 3, "{messages}");
    let ahead = quick.number("chart-0").unwrap();
    quick.until("chart-0", ahead + 5).await;
}

#[tokio::test]
async fn who_takes_nothing_for_long_is_ended() {
    let probe = Arc::new(Probe::default());
    let times = Times {
        patience: Duration::from_millis(200),
        ..QUICK
    };
    let hub = hub(
        times,
        limits(),
        Probe::several(&[probe.clone(), Arc::default()]),
    );
    let mut stalled = Reader::new(hub.stream(&view([own(0), own(1)])).unwrap());
    let mut other = watch(&hub, 0);
    stalled.view().await;
    other.view().await;
    while hub.status().viewers > 1 {
        other.message().await;
    }
    let status = hub.status();
    assert_eq!((status.viewers, status.ended), (1, 1));
    assert_eq!(hub.sources().health.report().failed, 1);
    assert_eq!(
        hub.roll().watched().len(),
        1,
        "what it alone saw is seen by nobody"
    );
    assert_eq!(stalled.bye().await, "too slow");
    drop(stalled);
    let number = other.number("chart-0").unwrap();
    other.until("chart-0", number + 3).await;
    assert_eq!(hub.status().viewers, 1);
}

#[tokio::test]
async fn a_slow_page_of_the_host_holds_up_nobody_else() {
    let probes = [Arc::new(Probe::default()), Arc::new(Probe::default())];
    let hub = hub(QUICK, limits(), Probe::several(&probes));
    let gate = probes[1].shut();
    let mut both = Reader::new(hub.stream(&view([own(0), hosts(1)])).unwrap());
    both.view().await;
    both.until("chart-0", 10).await;
    assert_eq!(both.number("page"), None);
    drop(gate);
    both.until("page", 3).await;
    let (advanced, opened) = (probes[1].advanced(), probes[1].opened.load(SeqCst));
    assert!(advanced >= 3 && opened == 1, "never twice at once");
}

#[tokio::test]
async fn closing_ends_all_streams() {
    let probe = Arc::new(Probe::default());
    let hub = hub(QUICK, limits(), probe.open());
    let mut readers: Vec<_> = (0..3).map(|_| watch(&hub, 0)).collect();
    for reader in &mut readers[..2] {
        reader.view().await;
        reader.message().await;
    }
    hub.close();
    for reader in &mut readers {
        assert_eq!(reader.bye().await, "closing");
    }
    let refused = hub.stream(&view([own(0)])).unwrap_err();
    assert_eq!(refused.sentence(), "this dashboard is closing");
    drop(readers);
    until("nothing is left", || Arc::strong_count(&hub) == 1).await;
}
