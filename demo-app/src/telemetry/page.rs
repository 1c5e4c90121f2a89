//! A page of this application's own on the dashboard: who came, and what became of their jobs.

use telemetry_dashboard::{Card, Context, Page, Status, Table, Value};

const LOG_IN: &str = "demo.accounts.log_in.count";
const JOBS: &str = "demo.jobs.attempt.duration";

/// The page "Site".
pub(super) struct Site;

impl Page for Site {
    fn slug(&self) -> &str {
        "site"
    }

    fn title(&self) -> &str {
        "Site"
    }

    fn cards(&self, context: &Context<'_>) -> Vec<Card> {
        vec![people(context), jobs(context)]
    }

    fn charts(&self) -> Vec<String> {
        ["demo.accounts.sign_up.count", LOG_IN, JOBS]
            .map(str::to_owned)
            .into()
    }
}

fn people(context: &Context<'_>) -> Card {
    let counted = |name: &str, tags: &[(&str, &str)]| context.count(name, tags);
    let (came, refused) = (
        counted(LOG_IN, &[("outcome", "ok")]),
        counted(LOG_IN, &[("outcome", "error")]),
    );
    // Somebody guesses, or something is broken.
    let is_odd = refused > 10 && refused > came;
    Card::figures("people")
        .title("People")
        .figure(
            "Signed up",
            counted("demo.accounts.sign_up.count", &[("outcome", "ok")]),
            None,
        )
        .figure("Logged in", came, None)
        .figure("Refused", refused, is_odd.then_some(Status::Warn))
        .figure(
            "Items changed",
            counted("demo.todos.change.count", &[]),
            None,
        )
        .figure(
            "Sessions",
            context.latest("demo.sessions.active", &[]),
            None,
        )
}

/// Each kind of job: how many attempts, how many of them failed, and how long they took.
fn jobs(context: &Context<'_>) -> Card {
    let mut table = Table::new(["Job"])
        .numbers(["Attempts", "Failed", "p95"])
        .empty("No job was tried in this time.");
    let series = context.series(JOBS, &[]);
    let mut workers: Vec<&str> = series
        .iter()
        .filter_map(|series| {
            let mut tags = series.tags();
            tags.find(|(key, _)| *key == "worker").map(|(_, name)| name)
        })
        .collect();
    workers.sort_unstable();
    workers.dedup();
    for worker in workers {
        let of = [("worker", worker)];
        let (tried, fine) = (
            context.count(JOBS, &of),
            context.count(JOBS, &[("worker", worker), ("outcome", "ok")]),
        );
        if tried == 0 {
            continue;
        }
        let p95 = context.quantile(JOBS, &of, 0.95).map(Value::seconds);
        let failed = tried.saturating_sub(fine);
        table.row(
            worker,
            [worker.into(), tried.into(), failed.into(), p95.into()],
        );
    }
    Card::table("jobs", table).title("Jobs")
}
