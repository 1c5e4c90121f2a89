//! The rows that are found by what definitions are about: services, cost, runtime, databases.

use telemetry_metrics::{Kind, Metric, counter, distribution, last_value, sum, summary};
use telemetry_prometheus::grafana::{Dashboard, GrafanaError, Role};

use super::view::{View, bare_exprs, exprs, legends, reporter_of, title, unit};

/// Definitions as the instrumentation crates have them, of a server, a client, jobs, a database and
/// the process.
fn metrics(prefix: &str) -> Vec<Metric> {
    let name = |rest: &str| format!("{prefix}.{rest}");
    let timed = |span: &str, tag: &str| {
        distribution(name(&format!("{span}.duration")))
            .events([
                name(&format!("{span}.stop")),
                name(&format!("{span}.exception")),
            ])
            .tags([tag, "outcome"])
    };
    vec![
        timed("jobs.attempt", "queue"),
        last_value(name("jobs.queue.depth")).tags(["queue"]),
        last_value(name("jobs.queue.capacity")).tags(["queue"]),
        timed("calls", "host"),
        timed("web", "route"),
        timed("admin", "route"),
        counter(name("log_in.count")).tags(["outcome"]),
        distribution(name("log_in.duration")),
        // No services: nobody knows how they end, how long they take, or that it is they.
        distribution(name("render.duration")),
        counter(name("cart.emptied.count")),
        counter(name("project.stop.count")).tags(["outcome"]),
        distribution(name("project.stop.lag")).seconds(),
        counter(name("repo.query.count")).tags(["command", "outcome"]),
        summary(name("repo.query.total_time")).tags(["source", "command"]),
        distribution(name("repo.query.queue_time")),
        sum(name("repo.query.rows")),
        counter(name("repo.transaction.count")).tags(["ended"]),
        distribution(name("repo.transaction.duration")).tags(["ended"]),
        last_value(name("repo.pool.in_use")),
        last_value(name("repo.pool.max")),
        last_value(name("repo.pool.waiting")),
        last_value("vm.memory.total").bytes(),
        last_value("vm.cpu.cumulative").seconds(),
        last_value("vm.tokio.utilization"),
        last_value("vm.total_run_queue_lengths.total"),
        last_value("vm.system_counts.threads"),
        last_value("vm.system_counts.tasks"),
        last_value("vm.system_counts.open_files"),
        last_value("vm.system_counts.open_files_limit"),
    ]
}

fn titles<'v>(view: &'v View, row: &str) -> Vec<&'v str> {
    view.row(row).into_iter().map(title).collect()
}

#[test]
fn each_service_has_a_row_of_golden_signals() {
    let view = View::of(&reporter_of(metrics("graf_services")));
    assert_eq!(
        view.rows()[..9],
        [
            "Golden signals: graf_services.web",
            "Golden signals: graf_services.admin",
            "Golden signals: graf_services.jobs.attempt",
            "Golden signals: graf_services.calls",
            "Golden signals: graf_services.log_in",
            "Cost: graf_services.web",
            "Runtime",
            "Database: graf_services.repo",
            "graf_services.jobs.attempt",
        ]
    );
    let rows: Vec<_> = view
        .all()
        .into_iter()
        .filter(|panel| panel["type"] == "row")
        .collect();
    let folded = rows.iter().map(|row| row["collapsed"] == true);
    assert_eq!(
        folded.take(6).collect::<Vec<_>>(),
        [false, true, true, true, true, false]
    );

    let jobs = "graf_services.jobs.attempt";
    assert_eq!(
        titles(&view, &format!("Golden signals: {jobs}")),
        ["rate", "errors", "duration", "saturation"].map(|signal| format!("{jobs}: {signal}"))
    );
    // How full it is, and how full it can be.
    let full = view.panel(&format!("{jobs}: saturation"));
    assert_eq!(
        bare_exprs(full),
        [
            "graf_services_jobs_queue_depth",
            "graf_services_jobs_queue_capacity"
        ]
    );
    assert_eq!(
        legends(full),
        ["{{queue}} {{instance}}", "limit {{queue}} {{instance}}"]
    );
    assert_eq!(
        titles(&view, "Golden signals: graf_services.calls").len(),
        3
    );
}

#[test]
fn a_few_services_are_not_folded() {
    let mut metrics = metrics("graf_few");
    metrics.retain(|metric| !metric.name().contains("jobs") && !metric.name().contains("log_in"));
    let view = View::of(&reporter_of(metrics));
    let is_folded = |row: &&serde_json::Value| row["collapsed"] == true;
    let folded = view.all().into_iter().filter(is_folded).count();
    assert_eq!(folded, 1, "but for the library's own");
    let calls = view.panel("graf_few.calls: rate");
    assert_eq!(
        bare_exprs(calls),
        ["sum(rate(graf_few_calls_duration_seconds_count[i])) or vector(0)"]
    );
}

#[test]
fn what_a_request_costs_is_what_was_spent_by_requests() {
    let view = View::of(&reporter_of(metrics("graf_cost")));
    let requests = "(sum(rate(graf_cost_web_duration_seconds_count[i])) > 0)";
    for (title, spent, shown_in) in [
        ("CPU per request", "vm_cpu_cumulative_seconds", "s"),
        (
            "Queries per request",
            "graf_cost_repo_query_count_total",
            "short",
        ),
        (
            "Database time per request",
            "graf_cost_repo_query_total_time_seconds_sum",
            "s",
        ),
        (
            "Rows per request",
            "graf_cost_repo_query_rows_total",
            "short",
        ),
    ] {
        let panel = view.panel(title);
        assert_eq!(
            bare_exprs(panel),
            [format!("sum(rate({spent}[i])) / {requests}")]
        );
        assert_eq!(unit(panel), shown_in);
    }
    // Jobs are not all that a process spends on.
    let jobs = View::new(
        Dashboard::builder(&reporter_of(metrics("graf_cost")))
            .rate("graf_cost.jobs.attempt.duration"),
    );
    assert!(!jobs.rows().iter().any(|row| row.starts_with("Cost")));
}

#[test]
fn the_runtime_row_shows_what_the_process_has() {
    let view = View::of(&reporter_of(metrics("graf_runtime")));
    assert_eq!(
        titles(&view, "Runtime"),
        [
            "Memory",
            "Processors",
            "Busy workers",
            "Run queue",
            "Threads and tasks",
            "Open files"
        ]
    );
    let files = view.panel("Open files");
    assert_eq!(
        bare_exprs(files),
        [
            "vm_system_counts_open_files",
            "vm_system_counts_open_files_limit"
        ]
    );
    assert_eq!(legends(files), ["open {{instance}}", "limit {{instance}}"]);
    assert_eq!(unit(view.panel("Memory")), "bytes");
    assert_eq!(
        bare_exprs(view.panel("Processors")),
        ["rate(vm_cpu_cumulative_seconds[i])"]
    );
    let busy = view.panel("Busy workers");
    assert_eq!(unit(busy), "percentunit");
    assert_eq!(busy["fieldConfig"]["defaults"]["max"], 1);
}

#[test]
fn each_database_has_a_row() {
    let mut all = metrics("graf_db");
    all.push(distribution("graf_db.cache.query.total_time").tags(["source"]));
    let view = View::of(&reporter_of(all));
    assert_eq!(
        titles(&view, "Database: graf_db.repo"),
        [
            "Queries",
            "Failed queries",
            "Query time (p95)",
            "Waiting for a connection (p95)",
            "Pool",
            "Transactions",
        ]
    );
    let row = view.row("Database: graf_db.repo");
    assert_eq!(
        bare_exprs(row[0]),
        ["sum by (command) (rate(graf_db_repo_query_count_total[i])) or on () vector(0)"]
    );
    assert_eq!(legends(row[0]), ["{{command}}"]);
    assert_eq!(
        bare_exprs(row[2]),
        ["max by (source) (graf_db_repo_query_total_time_seconds{quantile=\"0.95\"})"]
    );
    assert_eq!(legends(row[3]), ["p95"]);
    let figures = ["in_use", "max", "waiting"].map(|figure| format!("graf_db_repo_pool_{figure}"));
    assert_eq!(bare_exprs(row[4]), figures);
    assert_eq!(
        bare_exprs(row[5]),
        ["sum by (ended) (rate(graf_db_repo_transaction_count_total[i])) or on () vector(0)"]
    );
    let other = view.row("Database: graf_db.cache");
    assert_eq!(
        bare_exprs(other[1]),
        ["histogram_quantile(0.95, sum by (le, source) \
          (rate(graf_db_cache_query_total_time_seconds_bucket[i])))"]
    );
    assert_eq!(legends(other[1]), ["{{source}}"]);
    assert_eq!(other[1]["targets"][0]["exemplar"], true);
}

#[test]
fn roles_can_be_named() {
    let mut all = metrics("graf_roles");
    all.extend([
        sum("graf_roles.bill.cpu").seconds(),
        summary("graf_roles.bill.rows"),
        last_value("graf_roles.bill.memory").bytes(),
        counter("graf_roles.bill.count").tags(["command"]),
    ]);
    let prometheus = reporter_of(all);
    let view = View::new(
        Dashboard::builder(&prometheus)
            .role(Role::Memory, "vm.memory.total")
            .role(Role::Memory, "graf_roles.bill.memory")
            .role(Role::CpuTime, "graf_roles.bill.cpu")
            .role(Role::Rows, "graf_roles.bill.rows")
            .role(Role::Queries, "graf_roles.bill.count"),
    );
    let first = |title: &str| bare_exprs(view.panel(title))[0].clone();
    assert_eq!(first("Memory"), "graf_roles_bill_memory_bytes");
    assert!(
        first("CPU per request").starts_with("sum(rate(graf_roles_bill_cpu_seconds_total[i]))")
    );
    assert!(first("Rows per request").starts_with("sum(rate(graf_roles_bill_rows_sum[i]))"));
    assert!(
        first("Queries").starts_with("sum by (command) (rate(graf_roles_bill_count_total[i]))")
    );
    let wrong = |role, name: &str| {
        let error = Dashboard::builder(&prometheus)
            .role(role, name)
            .build()
            .unwrap_err();
        match error {
            GrafanaError::Unsuitable { kind, .. } => Some(kind),
            GrafanaError::UnknownDefinition { .. } => None,
            other => panic!("{other}"),
        }
    };
    assert_eq!(wrong(Role::Rows, "graf_roles.bill.row"), None);
    assert_eq!(
        wrong(Role::Rows, "graf_roles.bill.count"),
        Some(Kind::Counter)
    );
    assert_eq!(
        wrong(Role::Memory, "graf_roles.bill.rows"),
        Some(Kind::Summary)
    );
    assert_eq!(
        wrong(Role::QueueTime, "graf_roles.bill.cpu"),
        Some(Kind::Sum)
    );
    assert_eq!(
        wrong(Role::CpuTime, "graf_roles.bill.count"),
        Some(Kind::Counter)
    );
}

#[test]
fn one_reporter_makes_dashboards_of_its_parts() {
    let prometheus = reporter_of(metrics("graf_part"));
    let builder = || Dashboard::builder(&prometheus);
    let web = ["graf_part.web.", "graf_part.admin."];
    let view = View::new(builder().only(web));
    assert_eq!(
        view.rows(),
        [
            "Golden signals: graf_part.web",
            "Golden signals: graf_part.admin",
            "Cost: graf_part.web",
            "graf_part.web",
            "graf_part.admin",
            "Telemetry itself",
        ]
    );
    // What it costs is told from everything.
    assert_eq!(titles(&view, "Cost: graf_part.web").len(), 4);
    let view = View::new(
        builder()
            .only(["vm."])
            .only(["graf_part.jobs."])
            .except(["vm.cpu."]),
    );
    let asked: String = view.panels().into_iter().flat_map(exprs).collect();
    assert!(asked.contains("vm_memory") && asked.contains("graf_part_jobs"));
    assert!(!asked.contains("vm_cpu") && !asked.contains("graf_part_web"));
    let view = View::new(builder().only(Vec::<String>::new()));
    assert_eq!(view.rows(), ["Telemetry itself"]);
}
