//! The numbers for programs.

use super::Results;
use crate::args::Args;
use crate::stats::Times;

impl Results<'_> {
    /// All numbers, for programs.
    pub fn json(&self, args: &Args, machine: &str) -> serde_json::Value {
        let times = |times: Option<Times>| {
            times.map(|t| serde_json::json!({ "median": t.median, "minimum": t.minimum }))
        };
        let cases: Vec<_> = self
            .cases
            .iter()
            .map(|(case, m)| {
                serde_json::json!({
                    "id": case.id,
                    "table": format!("{:?}", case.table),
                    "label": case.label,
                    "instructions": m.instructions,
                    "instructions_everywhere": m.everywhere,
                    "one_thread_ns": times(m.one_thread),
                    "all_threads_ns": times(m.all_threads),
                    "allocations": m.allocations,
                    "bytes": m.bytes,
                    "churn_peak_bytes": m.churn.map(|churned| churned.peak),
                    "churn_ns_per_cycle": m.churn.map(|churned| churned.nanos),
                    "flood_calls": m.flood.map(|flood| flood.calls),
                    "flood_arrived": m.flood.map(|flood| flood.arrived),
                })
            })
            .collect();
        let weights: Vec<_> = self
            .weights
            .iter()
            .map(|(weight, weighed)| {
                serde_json::json!({
                    "id": weight.id,
                    "label": weight.label,
                    "bytes_per_series": weighed.series,
                    "bytes_per_further_thread": weighed.thread,
                    "bytes_per_further_sample": weighed.sample,
                })
            })
            .collect();
        let watches: Vec<_> = self
            .watches
            .iter()
            .map(|(watch, seen)| {
                serde_json::json!({
                    "id": watch.id,
                    "label": watch.label,
                    "viewers": watch.viewers,
                    "processor_ms_per_second": seen.processor,
                    "event_ns": times(Some(seen.event)),
                    "bytes_per_second_and_viewer": seen.bytes,
                })
            })
            .collect();
        let originals: Vec<_> = self
            .originals
            .iter()
            .map(|original| {
                serde_json::json!({
                    "name": original.name,
                    "one_thread_ns": times(Some(original.one_thread)),
                    "all_threads_ns": times(Some(original.all_threads)),
                })
            })
            .collect();
        serde_json::json!({
            "machine": machine,
            "threads": args.threads,
            "rounds": args.rounds,
            "cases": cases,
            "weights": weights,
            "watches": watches,
            "originals": originals,
        })
    }
}
