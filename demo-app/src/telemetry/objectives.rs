//! What this application promises, in one place: objectives, and alarms for what fills up or fails.
//!
//! The pages that are broken on purpose (`/fail`, `/panic`, `/slow`) are not promised to anybody, nor are
//! files, and nor is what only machines ask for. `--load` with the defaults keeps every promise; `--chaos`
//! breaks them.

use std::time::Duration;

use telemetry::Event;
use telemetry_slo::{Alarm, BurnAlert, Count, Objective, Policy, Severity};

use super::ENDPOINT;
use crate::{Config, work};

/// The pages that work, with their forms.
pub(crate) const WORKING: &[&str] = &[
    "/",
    "/users-fast",
    "/users-slow",
    "/activity",
    "/live",
    "/sign-up",
    "/log-in",
    "/log-out",
    "/me",
    "/me/todos",
    "/me/todos/{id}/tick",
    "/me/todos/{id}/delete",
    "/jobs",
    "/jobs/state",
];

/// Those of them that are quick: not those that ask the database again and again, or hash a password.
pub(crate) const QUICK: &[&str] = &[
    "/",
    "/users-fast",
    "/activity",
    "/live",
    "/me",
    "/jobs",
    "/jobs/state",
];

/// How long a quick page takes at most.
pub(crate) const QUICKLY: Duration = Duration::from_millis(250);

/// Which share of requests is answered.
pub(crate) const SITE: f64 = 0.999;

/// Which share of requests for quick pages is answered quickly.
pub(crate) const SITE_LATENCY: f64 = 0.99;

/// Which share of quotes arrives; a fifth of what the other service says is unusable.
pub(crate) const QUOTES: f64 = 0.7;

/// Which share of jobs is done in the end; a flaky one may fail three times in a row.
const JOBS: f64 = 0.95;

/// Which share of people who want to sign up can.
const SIGN_UPS: f64 = 0.99;

/// So much memory is too much, in bytes; a small machine has half a gibibyte.
const MEMORY: u64 = 400 << 20;

/// So many names whose attempts to log in are remembered are too many: somebody tries them all.
const TABLE: u64 = 8_000;

/// Why somebody could not sign up, where that was not for them to do better.
const OUR_FAULT: [&str; 5] = ["busy", "failed", "database", "unanswered", "stopping"];

/// The objectives, in the times that `--slo-speed` asks for.
///
/// ```
/// let objectives = demo_app::telemetry::objectives(&demo_app::Config::default());
/// let names: Vec<&str> = objectives.iter().map(|one| one.name()).collect();
/// assert_eq!(names, ["site", "site-latency", "quotes", "jobs", "sign-ups"]);
/// ```
#[must_use]
pub fn objectives(config: &Config) -> Vec<Objective> {
    let by = 1.0 / f64::from(config.slo_speed);
    let objectives = [site(), site_latency(config), quotes(), jobs(), sign_ups()];
    objectives.map(|objective| objective.scaled(by)).into()
}

/// As long as the short window: where events are few, one of three that failed says nothing yet.
const SHORT: u32 = 1;

/// A fifth of that: in the first minute of a process there are few events of any kind.
const BRIEFLY: u32 = 5;

/// The policy, with alerts that wait for a part of their short window before they fire.
fn held(policy: &Policy, part: u32) -> Policy {
    let alerts = policy.alerts().iter().copied();
    Policy::new(alerts.map(|alert| BurnAlert {
        hold: alert.short / part,
        ..alert
    }))
}

fn site() -> Objective {
    let ends = [format!("{ENDPOINT}.stop"), format!("{ENDPOINT}.exception")];
    Objective::availability("site", ends)
        .valid(|event| is_one_of(event, "route", WORKING))
        .target(SITE)
        .policy(held(&Policy::standard(), BRIEFLY))
        .description("Requests for pages that work are answered")
}

fn site_latency(config: &Config) -> Objective {
    // Delayed on purpose, it is no quick page.
    let landing_is_quick = !config.landing_delay_ms.is_any();
    Objective::latency("site-latency", [format!("{ENDPOINT}.stop")], QUICKLY)
        .valid(|event| is_one_of(event, "route", QUICK))
        .valid(move |event| landing_is_quick || !event.metadata_is("route", "/"))
        // A failure is no answer, however quick it is.
        .valid(|event| !event.metadata_is("outcome", "error"))
        .target(SITE_LATENCY)
        .policy(held(&Policy::standard(), BRIEFLY))
        .description("Quick pages are there within a quarter of a second")
}

/// The share that may fail is large, so that the budget cannot burn fast: the policy is its own.
fn quotes() -> Objective {
    const MINUTE: Duration = Duration::from_secs(60);
    const HOUR: Duration = Duration::from_secs(3_600);
    let policy = Policy::new([
        BurnAlert::new(5 * MINUTE, HOUR, 2.5, Severity::Page),
        BurnAlert::new(2 * HOUR, 24 * HOUR, 1.5, Severity::Ticket),
    ]);
    Objective::availability("quotes", ["demo.quotes.fetch"])
        .target(QUOTES)
        .policy(held(&policy, SHORT))
        .description("Quotes that are asked for arrive")
}

/// Each job counts once, when it is done or given up, however often it was tried.
fn jobs() -> Objective {
    let [attempt, discarded, dropped] =
        ["attempt.stop", "discarded", "dropped"].map(|name| format!("{}.{name}", work::PREFIX));
    let is_done = |event: &Event<'_>| event.metadata_is("outcome", "ok");
    let tried = attempt.clone();
    let done = Count::events([attempt.clone()]).keep(is_done);
    let ended = Count::events([attempt, discarded, dropped])
        .keep(move |event| event.name() != tried || is_done(event));
    Objective::ratio("jobs", done, ended)
        .target(JOBS)
        // One of three that was given up says nothing.
        .min_events(5)
        .policy(held(&Policy::standard(), SHORT))
        .description("Jobs that are accepted are done in the end")
}

fn sign_ups() -> Objective {
    Objective::availability("sign-ups", ["demo.accounts.sign_up"])
        // Whose name is taken, or whose form is no form of ours, was answered as promised.
        .valid(|event| {
            !event.metadata_is("outcome", "error") || is_one_of(event, "reason", &OUR_FAULT)
        })
        .target(SIGN_UPS)
        // Of few people, one who cannot is no emergency.
        .min_events(5)
        .policy(held(&Policy::standard(), SHORT))
        .description("People who want to sign up can")
}

/// The alarms: what fills up, and what should not happen at all. In the times that `--slo-speed` asks
/// for.
#[must_use]
pub fn alarms(config: &Config) -> Vec<Alarm> {
    let alarms = [
        Alarm::channel_depth("demo.mailbox.depth", "demo.mailbox.capacity"),
        Alarm::channel_depth("demo.upstream.calls.in_flight", "demo.upstream.calls.limit")
            .summary("Nearly as many calls to the other service are under way as may be"),
        Alarm::channel_depth("demo.live.sockets.open", "demo.live.sockets.limit")
            .summary("Nearly as many WebSockets are open as may be: soon some are refused"),
        Alarm::pool_waiting("demo.repo.pool.waiting"),
        Alarm::run_queue("vm.total_run_queue_lengths.total"),
        Alarm::memory("vm.memory.total", MEMORY),
        Alarm::table_size("demo.table.size", TABLE),
        Alarm::open_files(
            "vm.system_counts.open_files",
            "vm.system_counts.open_files_limit",
        ),
        Alarm::series_overflow(),
        Alarm::reporter_failures(),
        // Nobody who is sent by `--load` asks for `/panic`, so one is one too many.
        Alarm::panics("process.panic.count"),
    ];
    let by = 1.0 / f64::from(config.slo_speed);
    alarms.map(|alarm| alarm.scaled(by)).into()
}

fn is_one_of(event: &Event<'_>, key: &str, words: &[&str]) -> bool {
    let value = event.metadata(key);
    value.is_some_and(|value| words.iter().any(|word| value.as_str() == Some(word)))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[tokio::test]
    async fn the_reason_of_a_failure_is_known_by_its_word() {
        let known = Arc::new(Mutex::new(Vec::new()));
        let seen = known.clone();
        let attached = telemetry::attach("test-reasons", "test_objectives.try", move |event| {
            let is_ours = is_one_of(event, "reason", &OUR_FAULT);
            seen.lock().unwrap().push(is_ours);
        });
        let _guard = attached.unwrap().guard();
        for reason in ["busy", "name_taken", "busybody"] {
            // As a sign-up tells it: by whatever its error is as text.
            let tried = telemetry::completion_span!("test_objectives.try")
                .wrap_result(async { Err::<(), _>(format_args!("{reason}").to_string()) });
            assert!(tried.await.is_err());
        }
        assert_eq!(*known.lock().unwrap(), [true, false, false]);
    }
}
