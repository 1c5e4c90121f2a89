//! The built-in measurements: what the process and its tokio runtime look like from outside.
//!
//! What the platform or the absence of a runtime makes impossible is decided here, when a
//! measurement is added, so that it is not a failure at every poll.

mod process;
#[cfg(feature = "tokio")]
pub(crate) mod runtime;
#[cfg(any(target_os = "linux", target_os = "android", test))]
mod stat;

use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use telemetry::execute;

use crate::measurement::Measurement;

const NO_COUNTS: &str = "neither threads nor open files can be read from /proc";

pub(crate) fn memory() -> Option<Measurement> {
    if !process::HAS_PROC {
        return None;
    }
    Some(Measurement::fallible("vm.memory", || {
        let memory = process::memory().ok_or("the memory figures in /proc cannot be read")?;
        execute!("vm.memory", { total: memory.resident, "virtual": memory.virtual_ });
        Ok::<(), &str>(())
    }))
}

pub(crate) fn cpu() -> Option<Measurement> {
    let mut last = (Instant::now(), process::cpu_time()?);
    Some(Measurement::fallible("vm.cpu", move || {
        // It is what the scheduler and a container's quota leave this process, and may change.
        let cores = available_parallelism().map_or(1, usize::from);
        let cumulative = process::cpu_time().ok_or("the CPU clock cannot be read")?;
        let now = Instant::now();
        let time = cumulative.saturating_sub(last.1);
        let utilization = share(time, now - last.0, cores);
        last = (now, cumulative);
        execute!("vm.cpu", { time, cumulative, utilization });
        Ok::<(), &str>(())
    }))
}

pub(crate) fn process_counts() -> Option<Measurement> {
    if !process::HAS_PROC {
        return None;
    }
    Some(Measurement::fallible("vm.system_counts", || {
        let (threads, open_files) = (process::threads(), process::open_files());
        // One figure that cannot be read does not cost the other.
        if threads.is_none() && open_files.is_none() {
            return Err(NO_COUNTS);
        }
        let open_files_limit = process::open_files_limit();
        execute!("vm.system_counts", { threads, open_files, open_files_limit });
        Ok(())
    }))
}

/// Which part of the time of so many threads or cores was used; nothing of no time.
fn share(used: Duration, elapsed: Duration, of: usize) -> Option<f64> {
    let available = elapsed.as_secs_f64() * of as f64;
    (available > 0.0).then(|| (used.as_secs_f64() / available).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_all_cores_and_never_more_than_all() {
        let second = Duration::from_secs(1);
        assert_eq!(share(second, second, 4), Some(0.25));
        assert_eq!(share(second * 3, second, 2), Some(1.0));
        assert_eq!(share(Duration::ZERO, second, 2), Some(0.0));
        assert_eq!(share(second, Duration::ZERO, 2), None);
        assert_eq!(share(second, second, 0), None);
    }
}
