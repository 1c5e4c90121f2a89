//! Numbers of one case, and how samples become numbers.

/// Median and minimum of the samples of all rounds, in nanoseconds per call.
///
/// The minimum is what the code can do on this machine; the median is what it did while the machine
/// had other things to do, too. A claim ought to hold for both.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// Half of the rounds were faster.
    pub median: f64,
    /// The fastest round.
    pub minimum: f64,
}

impl Times {
    /// Of at least one sample.
    pub fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        let middle = samples.len() / 2;
        let median = if samples.len() % 2 == 1 {
            samples[middle]
        } else {
            f64::midpoint(samples[middle - 1], samples[middle])
        };
        Self {
            median,
            minimum: samples[0],
        }
    }
}

/// Everything measured of one case; `None` is not measured.
#[derive(Debug, Clone, Copy, Default)]
pub struct Measured {
    /// Instructions per call, with the loop around it.
    pub instructions: Option<f64>,
    /// Instructions per call of all threads together, and of emptying queues.
    pub everywhere: Option<f64>,
    /// With one thread.
    pub one_thread: Option<Times>,
    /// With T threads doing the same, as each of them sees it.
    pub all_threads: Option<Times>,
    /// Heap allocations per call on the calling thread.
    pub allocations: Option<f64>,
    /// Bytes of them.
    pub bytes: Option<f64>,
    /// Attaching and detaching while others emit.
    pub churn: Option<Churned>,
    /// How much of what was emitted at once arrived.
    pub flood: Option<Flooded>,
}

/// What a flood showed.
#[derive(Debug, Clone, Copy)]
pub struct Flooded {
    /// Calls that were made.
    pub calls: f64,
    /// How many of them the receiver heard of.
    pub arrived: f64,
    /// Nanoseconds per call as each thread sees it.
    pub nanos: f64,
}

/// Live bytes of the heap.
#[derive(Debug, Clone, Copy)]
pub struct Weighed {
    /// Per series, when one thread has recorded into it.
    pub series: f64,
    /// Per series and further thread.
    pub thread: f64,
    /// Per series and further sample.
    pub sample: f64,
}

/// What it cost to be watched.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Milliseconds of processor time per second.
    pub processor: f64,
    /// Nanoseconds per event of the thread that emits.
    pub event: Times,
    /// Bytes per second and viewer, if there are any.
    pub bytes: Option<f64>,
}

/// What a churn run showed.
#[derive(Debug, Clone, Copy)]
pub struct Churned {
    /// Most heap bytes held at once, beyond what was held at the start.
    pub peak: f64,
    /// Nanoseconds to attach and detach.
    pub nanos: f64,
    /// Events that the emitters dispatched meanwhile, per cycle.
    pub events: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_of_samples_lies_between_the_middle_two() {
        let times = Times::of(vec![4.0, 1.0, 3.0, 2.0]);
        assert_eq!((times.median, times.minimum), (2.5, 1.0));
        assert_eq!(Times::of(vec![3.0, 9.0, 1.0]).median, 3.0);
    }
}
