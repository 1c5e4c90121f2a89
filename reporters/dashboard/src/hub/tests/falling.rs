//! Sections that panic, or are too long.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use super::probe::{Probe, QUICK, Where, hosts, hub, own, until, view};
use super::reader::Reader;
use crate::hub::limits::{FULL_MESSAGE, LONGEST_SECTION, Limits};

#[tokio::test]
async fn a_section_that_panics_says_so_and_comes_back() {
    let probes = [Arc::new(Probe::default()), Arc::new(Probe::default())];
    let beginning = [Where::Open, Where::Advance, Where::Whole];
    let cases = beginning.map(|place| (place, false));
    for (place, has_begun) in cases.into_iter().chain([(Where::Advance, true)]) {
        for key in [own(0), hosts(0)] {
            let hub = hub(QUICK, Limits::default(), Probe::several(&probes));
            let id = key.id();
            let mut reader = Reader::new(hub.stream(&view([key, own(1)])).unwrap());
            if has_begun {
                reader.view().await;
                reader.until(&id, 3).await;
                probes[0].panic_at(Some(place));
            } else {
                probes[0].panic_at(Some(place));
                reader.view().await;
            }
            let has_fallen = |reader: &Reader| {
                let card = reader.sections.get(&id).map(|section| &section["cards"][0]);
                card.is_some_and(|card| card["notices"][0]["text"].is_string())
            };
            while !has_fallen(&reader) {
                reader.message().await;
            }
            let others = reader.number("chart-1").unwrap_or(0);
            reader.until("chart-1", others + 20).await;
            assert!(has_fallen(&reader), "{place:?}");
            assert!(hub.status().panics > 0);
            probes[0].panic_at(None);
            reader.until(&id, 5).await;
        }
    }
}

#[tokio::test]
async fn what_panics_when_it_is_dropped_does_no_harm() {
    let probe = Arc::new(Probe::default());
    let hub = hub(QUICK, Limits::default(), probe.open());
    probe.panic_at(Some(Where::Drop));
    let mut reader = Reader::new(hub.stream(&view([own(0)])).unwrap());
    reader.view().await;
    reader.until("chart-0", 2).await;
    drop(reader);
    until("it is gone", || probe.dropped.load(SeqCst) == 1).await;
    until("so is the conductor", || Arc::strong_count(&hub) == 1).await;
    let mut reader = Reader::new(hub.stream(&view([own(0)])).unwrap());
    reader.view().await;
    reader.until("chart-0", 2).await;
}

#[tokio::test]
async fn whoever_asks_once_sees_that_it_panicked() {
    let probes = [Arc::new(Probe::default()), Arc::new(Probe::default())];
    let hub = hub(QUICK, Limits::default(), Probe::several(&probes));
    for place in [Where::Open, Where::Advance, Where::Whole] {
        probes[0].panic_at(Some(place));
        let sections = hub.whole(&view([own(0), own(1)])).await;
        let text = sections[0]["cards"][0]["notices"][0]["text"].as_str();
        assert!(text.unwrap().contains("panicked"), "{place:?}");
        assert_eq!(sections[1]["cards"][0]["number"], 1);
    }
    assert_eq!(hub.status().panics, 3);
}

#[tokio::test]
async fn a_section_that_is_too_long_is_a_notice_while_it_is() {
    let probe = Arc::new(Probe::default());
    let hub = hub(QUICK, Limits::default(), probe.open());
    let mut early = Reader::new(hub.stream(&view([own(0)])).unwrap());
    early.view().await;
    early.until("chart-0", 2).await;
    probe.padding.store(LONGEST_SECTION as u64, SeqCst);
    while early.number("chart-0").is_some() {
        early.message().await;
    }
    let mut late = Reader::new(hub.stream(&view([own(0)])).unwrap());
    late.view().await;
    late.message().await;
    let text =
        |reader: &Reader| reader.sections["chart-0"]["cards"][0]["notices"][0]["text"].clone();
    assert!(
        text(&late).as_str().unwrap().contains("MB"),
        "{}",
        text(&late)
    );
    assert_eq!(text(&early), text(&late));
    probe.padding.store(0, SeqCst);
    late.until("chart-0", 3).await;
    early.until("chart-0", 3).await;
}

#[tokio::test]
async fn messages_are_bounded() {
    let probes: Vec<_> = (0..6).map(|_| Arc::new(Probe::default())).collect();
    for probe in &probes {
        probe.padding.store(FULL_MESSAGE as u64 / 2, SeqCst);
    }
    let hub = hub(QUICK, Limits::default(), Probe::several(&probes));
    let mut reader = Reader::new(hub.stream(&view((0..6).map(own))).unwrap());
    reader.view().await;
    let mut parts = Vec::new();
    while parts.len() < 6 {
        let more = reader.message().await;
        assert!(more.len() <= 3, "{}", more.len());
        parts.extend(more);
    }
}
