//! Whatever was missed on the way: in the end everybody sees the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use serde_json::Value as Json;

use super::probe::{LONG, QUICK, hub, own, view};
use super::reader::Reader;
use crate::card::{Card, Table};
use crate::hub::limits::Limits;
use crate::live::Made;

/// After so many ticks nothing changes any more.
const TICKS: u64 = 150;

/// The same numbers for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn cards(chance: &mut Chance) -> Vec<Card> {
    let count = chance.below(5);
    let card = |chance: &mut Chance| {
        let id = format!("card-{}", chance.below(6));
        if chance.below(2) == 0 {
            return Card::text(id, "text").set("n", chance.below(3).into());
        }
        let mut table = Table::new(["Row"]);
        for _ in 0..chance.below(8) {
            table.row(
                format!("row-{}", chance.below(10)),
                [chance.below(3).into()],
            );
        }
        Card::table(id, table)
    };
    (0..count).map(|_| card(chance)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deltas_and_wholes_lead_to_the_same() {
    let ticks = Arc::new(AtomicU64::new(0));
    let hub = {
        let ticks = ticks.clone();
        let open = move |key: &crate::view::Key, _: &crate::sources::Sources| {
            let seed = if *key == own(0) { 1 } else { 2 };
            let (ticks, mut made, mut last) = (ticks.clone(), 0, Vec::new());
            let live = Made::new(Some("Title"), move |_| {
                if made < TICKS {
                    made += 1;
                    last = cards(&mut Chance(seed * 1_000 + made));
                }
                if seed == 1 {
                    ticks.store(made, SeqCst);
                }
                last.clone()
            });
            Box::new(live) as Box<dyn crate::live::Live>
        };
        hub(QUICK, Limits::default(), Box::new(open))
    };
    let view = view([own(0), own(1)]);
    let mut readers = tokio::task::JoinSet::new();
    for seed in 0..12 {
        let mut reader = Reader::new(hub.stream(&view).unwrap());
        let (hub, view, ticks) = (hub.clone(), view.clone(), ticks.clone());
        readers.spawn(async move {
            let mut chance = Chance(seed);
            reader.view().await;
            while ticks.load(SeqCst) < TICKS - 1 {
                reader.message().await;
                if chance.below(4) < seed % 4 {
                    let pause = Duration::from_millis(chance.below(40));
                    tokio::time::sleep(pause).await;
                }
            }
            // As it stays.
            let deadline = tokio::time::Instant::now() + LONG;
            loop {
                let last = hub.whole(&view).await;
                let seen: Vec<Json> = reader.sections.values().cloned().collect();
                if ticks.load(SeqCst) == TICKS && seen == last {
                    return;
                }
                assert!(
                    tokio::time::Instant::now() < deadline,
                    "{seen:#?} {last:#?}"
                );
                let _ = tokio::time::timeout(Duration::from_millis(20), reader.message()).await;
            }
        });
    }
    assert_eq!(readers.join_all().await.len(), 12);
}
