//! Whoever is one too many.

use std::sync::Arc;

use super::probe::{Probe, QUICK, hub, own, until, view};
use super::reader::Reader;
use crate::hub::limits::{Busy, Limits};

#[tokio::test]
async fn viewers_and_sections_are_bounded() {
    let probe = Arc::new(Probe::default());
    let limits = Limits {
        viewers: 2,
        sections: 3,
    };
    let hub = hub(QUICK, limits, probe.open());
    let mut one = Reader::new(hub.stream(&view([own(0), own(1)])).unwrap());
    one.view().await;
    one.message().await;
    let refused = hub.stream(&view([own(1), own(2), own(3)]));
    assert_eq!(refused.unwrap_err(), Busy::Sections(3));
    let two = hub.stream(&view([own(1), own(2)])).unwrap();
    let refused = hub.stream(&view([own(1)]));
    assert_eq!(refused.unwrap_err(), Busy::Viewers(2));
    let status = hub.status();
    assert_eq!((status.viewers, status.viewers_limit), (2, 2));
    assert_eq!((status.sections, status.sections_limit), (3, 3));
    assert_eq!(status.refused, 2);
    // A place that is free is free at once.
    drop(two);
    let again = hub.stream(&view([own(1), own(3)])).unwrap();
    drop((one, again));
    until("nothing is left", || Arc::strong_count(&hub) == 1).await;
}

#[tokio::test]
async fn whoever_asks_once_is_given_what_is_watched_anyway() {
    let probe = Arc::new(Probe::default());
    let hub = hub(QUICK, Limits::default(), probe.open());
    let mut reader = Reader::new(hub.stream(&view([own(0)])).unwrap());
    reader.view().await;
    reader.until("chart-0", 3).await;
    let advanced = probe.advanced();
    let sections = hub.whole(&view([own(0), own(1)])).await;
    assert_eq!(sections[0]["id"], "chart-0");
    assert!(sections[0]["cards"][0]["number"].as_u64().unwrap() >= advanced);
    assert_eq!(
        sections[1]["cards"][0]["number"], 1,
        "one that was made for it"
    );
    drop(reader);
    until("nothing is left", || Arc::strong_count(&hub) == 1).await;
    assert_eq!(hub.status().sections, 0);
    assert_eq!(hub.whole(&view([own(0)])).await[0]["cards"][0]["number"], 1);
}
