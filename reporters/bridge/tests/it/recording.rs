//! A recorder that remembers, and panics when it is told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// By name and labels, `a.b{k=v}`.
    pub(crate) counters: BTreeMap<String, u64>,
    pub(crate) gauges: BTreeMap<String, f64>,
    pub(crate) histograms: BTreeMap<String, Vec<(f64, u64)>>,
    pub(crate) described: Vec<(String, Option<Unit>, String)>,
    /// At the series that begin like this, each call panics, so many times.
    pub(crate) panics: BTreeMap<String, u32>,
    pub(crate) calls: u64,
    /// Histograms of which a call takes so long.
    pub(crate) slow: BTreeMap<String, Duration>,
}

/// Clones share one memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recording(pub(crate) Arc<Mutex<Memory>>);

impl Recording {
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Memory) -> T) -> T {
        // A panic on purpose poisons nothing: it is raised outside the lock.
        look(&mut self.0.lock().unwrap())
    }

    pub(crate) fn panic_at(&self, series: &str, times: u32) {
        self.with(|memory| memory.panics.insert(series.into(), times));
    }

    pub(crate) fn counter(&self, series: &str) -> Option<u64> {
        self.with(|memory| memory.counters.get(series).copied())
    }

    pub(crate) fn gauge(&self, series: &str) -> Option<f64> {
        self.with(|memory| memory.gauges.get(series).copied())
    }

    /// How many numbers, and their sum.
    pub(crate) fn histogram(&self, series: &str) -> (u64, f64) {
        self.with(|memory| {
            let numbers = memory.histograms.get(series).cloned().unwrap_or_default();
            let count = numbers.iter().map(|(_, count)| count).sum();
            let sum = numbers.iter().map(|(n, count)| n * *count as f64).sum();
            (count, sum)
        })
    }

    fn series(&self, key: &Key) -> Arc<One> {
        let labels: Vec<String> = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        let name = match &labels[..] {
            [] => key.name().to_owned(),
            labels => format!("{}{{{}}}", key.name(), labels.join(",")),
        };
        Arc::new(One {
            name,
            memory: self.clone(),
        })
    }
}

struct One {
    name: String,
    memory: Recording,
}

impl One {
    fn call(&self, change: impl FnOnce(&mut Memory, &str)) {
        let panics = self.memory.with(|memory| {
            memory.calls += 1;
            let left = memory.panics.get_mut(&self.name).filter(|left| **left > 0);
            left.map(|left| *left -= 1).is_some()
        });
        assert!(!panics, "on purpose");
        if let Some(time) = self
            .memory
            .with(|memory| memory.slow.get(&self.name).copied())
        {
            std::thread::sleep(time);
        }
        self.memory.with(|memory| change(memory, &self.name));
    }
}

impl CounterFn for One {
    fn increment(&self, value: u64) {
        self.call(|memory, name| *memory.counters.entry(name.into()).or_default() += value);
    }

    fn absolute(&self, _: u64) {
        unreachable!("some exporters ignore it");
    }
}

impl GaugeFn for One {
    fn increment(&self, _: f64) {
        unreachable!("some exporters ignore it");
    }

    fn decrement(&self, _: f64) {
        unreachable!("some exporters ignore it");
    }

    fn set(&self, value: f64) {
        self.call(|memory, name| {
            memory.gauges.insert(name.into(), value);
        });
    }
}

impl HistogramFn for One {
    fn record(&self, value: f64) {
        self.record_many(value, 1);
    }

    fn record_many(&self, value: f64, count: usize) {
        let number = (value, count as u64);
        self.call(|memory, name| {
            memory
                .histograms
                .entry(name.into())
                .or_default()
                .push(number);
        });
    }
}

impl Recorder for Recording {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        let described = (format!("counter {}", key.as_str()), unit, text.into_owned());
        self.with(|memory| memory.described.push(described));
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        let described = (format!("gauge {}", key.as_str()), unit, text.into_owned());
        self.with(|memory| memory.described.push(described));
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        let described = (
            format!("histogram {}", key.as_str()),
            unit,
            text.into_owned(),
        );
        self.with(|memory| memory.described.push(described));
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let series = self.series(key);
        self.with(|memory| {
            memory.counters.entry(series.name.clone()).or_default();
        });
        Counter::from_arc(series)
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.series(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.series(key))
    }
}
