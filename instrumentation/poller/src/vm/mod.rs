//! The built-in measurements: what the process and its tokio runtime look like from outside.
//!
//! What the platform or the absence of a runtime makes impossible is decided here, when a
//! measurement is added, so that it is not a failure at every poll.

mod process;
#[cfg(any(target_os = "linux", target_os = "android", test))]
mod stat;

use telemetry::execute;
use tokio::runtime::{Handle, RuntimeMetrics};

use crate::measurement::Measurement;

pub(crate) fn memory() -> Option<Measurement> {
    if !process::HAS_PROC {
        return None;
    }
    Some(Measurement::new("vm.memory", || {
        let memory = process::memory().ok_or("the memory figures in /proc cannot be read")?;
        execute!("vm.memory", { total: memory.resident, "virtual": memory.virtual_ });
        Ok::<(), &str>(())
    }))
}

pub(crate) fn cpu() -> Option<Measurement> {
    let mut last = process::cpu_time()?;
    Some(Measurement::new("vm.cpu", move || {
        let cumulative = process::cpu_time().ok_or("the CPU clock cannot be read")?;
        let time = cumulative.saturating_sub(last);
        last = cumulative;
        execute!("vm.cpu", { time, cumulative });
        Ok::<(), &str>(())
    }))
}

pub(crate) fn run_queue(handle: Handle) -> Measurement {
    Measurement::new("vm.total_run_queue_lengths", move || {
        let total = handle.metrics().global_queue_depth();
        execute!("vm.total_run_queue_lengths", { total });
        Ok::<(), &str>(())
    })
}

pub(crate) fn system_counts(handle: Option<Handle>) -> Option<Measurement> {
    if !process::HAS_PROC && handle.is_none() {
        return None;
    }
    Some(Measurement::new("vm.system_counts", move || {
        let metrics = handle.as_ref().map(Handle::metrics);
        let tasks = metrics.as_ref().map(RuntimeMetrics::num_alive_tasks);
        let workers = metrics.as_ref().map(RuntimeMetrics::num_workers);
        let (threads, open_files) = (process::threads(), process::open_files());
        // One figure that cannot be read does not cost the others.
        if threads.is_none() && open_files.is_none() && metrics.is_none() {
            return Err("neither threads nor open files can be read from /proc");
        }
        execute!("vm.system_counts", { threads, tasks, workers, open_files });
        Ok(())
    }))
}
