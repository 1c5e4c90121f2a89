//! Queues and tables: what their events say, and how a probe ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, mpsc};

use telemetry::{AttachGuard, attach};
use telemetry_poller::{Depth, Measurement, PollerError};

use crate::support::{DEADLINE, on_request, row};

type Seen = (String, Vec<(&'static str, u64)>);

/// Listens to an event that only one test emits.
fn listen(event: &str) -> (mpsc::Receiver<Seen>, AttachGuard) {
    let (sender, seen) = mpsc::channel();
    let guard = attach(format!("depth {event}"), event, move |event| {
        assert_eq!(event.all_metadata().count(), 1);
        let name = event.metadata("name").unwrap().to_string();
        let numbers = event.measurements();
        let numbers = numbers.map(|(key, number)| (key, number.as_u64().unwrap()));
        let _ = sender.send((name, numbers.collect()));
    })
    .unwrap()
    .guard();
    (seen, guard)
}

fn seen(name: &str, numbers: &[(&'static str, u64)]) -> Seen {
    (name.to_owned(), numbers.to_vec())
}

#[test]
fn a_mailbox_says_its_depth_and_its_capacity_if_it_has_one() {
    let (events, _guard) = listen("depth.plain.mailbox");
    let queue = Arc::new(Mutex::new(vec![1, 2, 3]));
    let probe = queue.clone();
    let poller = on_request()
        .mailbox("depth.plain", "orders", move || probe.lock().unwrap().len())
        .mailbox("depth.plain", "emails", || (7, 10))
        .start()
        .unwrap();
    poller.poll_now(DEADLINE).unwrap();
    queue.lock().unwrap().clear();
    poller.poll_now(DEADLINE).unwrap();
    let emails = seen("emails", &[("depth", 7), ("capacity", 10)]);
    assert_eq!(
        events.try_iter().collect::<Vec<_>>(),
        [
            seen("orders", &[("depth", 3)]),
            emails.clone(),
            seen("orders", &[("depth", 0)]),
            emails
        ]
    );
    assert_eq!(row(&poller, "depth.plain.mailbox/orders").runs, 2);
    assert!(poller.remove("depth.plain.mailbox/emails"));
}

#[test]
fn a_mailbox_that_is_gone_says_so_once_and_is_listed_no_more() {
    let (events, _guard) = listen("depth.gone.mailbox");
    let mut depths = [Some(3), None].into_iter();
    let poller = on_request()
        .mailbox("depth.gone", "m", move || {
            depths.next().expect("asked no more")
        })
        .start()
        .unwrap();
    for _ in 0..3 {
        poller.poll_now(DEADLINE).unwrap();
    }
    assert_eq!(
        events.try_iter().collect::<Vec<_>>(),
        [seen("m", &[("depth", 3)]), seen("m", &[("depth", 0)])]
    );
    assert_eq!(poller.list_measurements(), []);
    assert_eq!(Depth::from(None::<(usize, usize)>), Depth::GONE);
    assert_eq!(Depth::GONE.with_capacity(7), Depth::GONE);
}

#[test]
fn a_table_says_its_size_until_it_is_dropped() {
    let (events, _guard) = listen("depth.map.table");
    let table = Arc::new(Mutex::new(HashMap::from([(1, "a"), (2, "b")])));
    let weak = Arc::downgrade(&table);
    let poller = on_request()
        .table("depth.map", "sessions", move || {
            Some(weak.upgrade()?.lock().unwrap().len())
        })
        .table("depth.map", "static", || 5)
        .start()
        .unwrap();
    poller.poll_now(DEADLINE).unwrap();
    drop(table);
    poller.poll_now(DEADLINE).unwrap();
    poller.poll_now(DEADLINE).unwrap();
    let fixed = seen("static", &[("size", 5)]);
    assert_eq!(
        events.try_iter().collect::<Vec<_>>(),
        [
            seen("sessions", &[("size", 2)]),
            fixed.clone(),
            seen("sessions", &[("size", 0)]),
            fixed.clone(),
            fixed
        ]
    );
}

#[test]
fn a_prefix_that_is_no_name_is_an_error_and_not_a_panic() {
    for prefix in ["", ".", "a b", "a..b", "*"] {
        let error = on_request().mailbox(prefix, "m", || 1).start().unwrap_err();
        let PollerError::Prefix { prefix: said, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!(said, prefix);
        assert!(error.to_string().contains("prefix"), "{error}");
    }
    let poller = on_request().start().unwrap();
    assert!(poller.add(Measurement::table("a b", "m", || 1)).is_err());
}

#[test]
fn a_probe_that_panics_is_a_failure_and_is_kept() {
    let poller = on_request()
        .mailbox("depth.panics", "m", || -> usize { panic!("poisoned") })
        .start()
        .unwrap();
    poller.poll_now(DEADLINE).unwrap();
    let row = row(&poller, "depth.panics.mailbox/m");
    assert_eq!(row.last_error.as_deref(), Some("poisoned"));
}

#[cfg(feature = "tokio")]
mod channels {
    use telemetry_poller::channel_depth;
    use tokio::sync::mpsc::channel;
    use tokio::sync::mpsc::error::TryRecvError;

    use super::*;

    #[test]
    fn what_waits_in_a_channel_is_counted_and_its_capacity_told() {
        let (events, _guard) = listen("depth.tokio.mailbox");
        let (sender, mut receiver) = channel(10);
        let poller = on_request()
            .mailbox("depth.tokio", "emails", channel_depth(&sender))
            .start()
            .unwrap();
        let depth = || {
            poller.poll_now(DEADLINE).unwrap();
            let (name, numbers) = events.try_recv().unwrap();
            assert_eq!((name.as_str(), numbers[1]), ("emails", ("capacity", 10)));
            numbers[0].1
        };
        assert_eq!(depth(), 0);
        for n in 0..4 {
            sender.try_send(n).unwrap();
        }
        assert_eq!(depth(), 4);
        receiver.try_recv().unwrap();
        assert_eq!(depth(), 3);
        let permit = sender.try_reserve().unwrap();
        assert_eq!(depth(), 4, "a permit takes a place");
        drop(permit);
        assert_eq!(depth(), 3);
    }

    #[test]
    fn the_probe_does_not_keep_the_channel_open_and_ends_with_it() {
        let (sender, mut receiver) = channel::<u8>(10);
        let poller = on_request()
            .mailbox("depth.weak", "m", channel_depth(&sender))
            .start()
            .unwrap();
        poller.poll_now(DEADLINE).unwrap();
        assert_eq!(poller.list_measurements().len(), 1);
        drop(sender);
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
        poller.poll_now(DEADLINE).unwrap();
        assert_eq!(poller.list_measurements(), []);
    }

    #[test]
    fn a_channel_without_a_receiver_is_gone() {
        let (sender, receiver) = channel::<u8>(10);
        let poller = on_request()
            .mailbox("depth.deaf", "m", channel_depth(&sender))
            .start()
            .unwrap();
        drop(receiver);
        poller.poll_now(DEADLINE).unwrap();
        assert_eq!(poller.list_measurements(), []);
    }
}
