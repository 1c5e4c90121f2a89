//! The definitions that the crate ships, compared to what it emits, and taken by a reporter.

use telemetry_metrics::{Aggregator, Check, Metric};
use telemetry_poller::{mailbox_metrics, metrics, table_metrics};
use telemetry_prometheus::Prometheus;

use crate::support::{DEADLINE, on_request};

fn all(prefix: &str) -> Vec<Metric> {
    [metrics(), mailbox_metrics(prefix), table_metrics(prefix)]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn they_name_only_what_is_emitted() {
    let builder = Aggregator::builder().metrics(all("definitions.check"));
    let started = builder.check_definitions(Check::Deny).start();
    assert!(started.is_ok(), "{}", started.unwrap_err());
}

#[test]
#[cfg(target_os = "linux")]
fn prometheus_shows_them_all() {
    let aggregator = Aggregator::builder()
        .metrics(all("definitions"))
        .start()
        .unwrap();
    let builder = on_request()
        .mailbox("definitions", "emails", || (3, 10))
        .mailbox("definitions", "orders", || 4)
        .table("definitions", "sessions", || 5);
    #[cfg(feature = "tokio")]
    let runtime = tokio::runtime::Runtime::new().unwrap();
    #[cfg(feature = "tokio")]
    let builder = builder.vm_on(runtime.handle().clone());
    #[cfg(not(feature = "tokio"))]
    let builder = builder.vm();
    let poller = builder.start().unwrap();
    poller.poll_now(DEADLINE).unwrap();

    let text = Prometheus::new(&aggregator).unwrap().render();
    for line in [
        "definitions_mailbox_depth{name=\"emails\"} 3\n",
        "definitions_mailbox_capacity{name=\"emails\"} 10\n",
        "definitions_mailbox_depth{name=\"orders\"} 4\n",
        "definitions_table_size{name=\"sessions\"} 5\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    assert!(!text.contains("capacity{name=\"orders\"}"), "{text}");
    let samples: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let mut names = vec![
        "vm_memory_total_bytes",
        "vm_memory_virtual_bytes",
        "vm_cpu_time_seconds",
        "vm_cpu_cumulative_seconds",
        "vm_cpu_utilization",
        "vm_system_counts_threads",
        "vm_system_counts_open_files",
        "vm_system_counts_open_files_limit",
    ];
    if cfg!(feature = "tokio") {
        names.extend([
            "vm_total_run_queue_lengths",
            "vm_system_counts_tasks",
            "vm_system_counts_workers",
            "vm_tokio_busy_time_seconds",
            "vm_tokio_utilization",
            "vm_tokio_parks",
        ]);
    }
    for name in names {
        let there = samples
            .iter()
            .any(|line| line.split([' ', '{']).next() == Some(name));
        // Without a limit there is none to tell.
        assert!(
            there || name.ends_with("_limit"),
            "{name} is not in\n{text}"
        );
    }
}
