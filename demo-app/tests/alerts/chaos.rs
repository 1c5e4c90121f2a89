//! The demo under chaos, watched by a real Prometheus and a real Alertmanager: the right alerts reach
//! somebody in time, no others do, the process itself says the same, and afterwards all is quiet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use demo_app::Config;
use demo_app::telemetry::objectives;
use telemetry::attach_many;
use telemetry_slo::{Objective, Severity};

use crate::support::TestDemo;
use crate::support::alerting::{Alerting, Told};

/// An hour is a minute, five minutes are five seconds.
const SPEED: u32 = 60;

/// How long all is well, and then not.
const QUIET: Duration = Duration::from_secs(14);
const BROKEN: Duration = Duration::from_secs(14);

/// Of requests that fail while all is not well; all of them are late.
const ERRORS: f64 = 0.3;

/// How often Prometheus scrapes and evaluates.
const INTERVAL: Duration = Duration::from_secs(1);

/// For machines that have much else to do.
const SLACK: Duration = Duration::from_secs(8);

fn config() -> Config {
    let (latency, errors) = (300, ERRORS * 100.0);
    let (after, lasts) = (QUIET.as_secs(), BROKEN.as_secs());
    let chaos = format!("latency={latency}ms,errors={errors}%,after={after}s,for={lasts}s");
    Config {
        chaos: chaos.parse().expect("chaos"),
        slo_speed: SPEED,
        load: Some(20),
        ..Config::default()
    }
}

/// The objectives that chaos breaks, and the share of requests that is bad meanwhile.
const BROKEN_ONES: [(&str, f64); 2] = [("site", ERRORS), ("site-latency", 1.0)];

fn objective(name: &str) -> Objective {
    let mut all = objectives(&config()).into_iter();
    all.find(|one| one.name() == name).expect(name)
}

/// How long after the first bad request the fastest alert has to have arrived.
fn fires_within(objective: &Objective, bad: f64) -> Duration {
    let fast = &objective.alerts().alerts()[0];
    let limit = fast.factor * (1.0 - objective.target_share());
    // Of the long window there is only what has been since the start: `bad * t / (QUIET + t) > limit`. And
    // of the short one, `bad * t / short > limit`.
    let long = QUIET.mul_f64(limit / (bad - limit));
    let short = fast.short.mul_f64(limit / bad);
    // It waits for `hold`; scrape, evaluation and the wait of Alertmanager's for more of the kind come on top.
    long.max(short) + fast.hold + 3 * INTERVAL + SLACK
}

/// How long after the last bad request the last page has to have been taken back.
fn is_over_within(objective: &Objective) -> Duration {
    let alerts = objective.alerts().alerts().iter();
    let pages = alerts.filter(|alert| alert.severity == Severity::Page);
    let slowest = pages.map(|alert| alert.short + alert.keep).max();
    // Alertmanager says what is new about a group every five minutes, at this speed.
    let group_interval = Duration::from_secs(300) / SPEED;
    slowest.expect("pages") + group_interval + 3 * INTERVAL + SLACK
}

/// What the process itself says: when, the event, of what, how urgent it is, and which long window.
type Said = (Instant, &'static str, String, String, String);

fn listen() -> (Arc<Mutex<Vec<Said>>>, telemetry::AttachGuard) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let events =
        ["slo.firing", "slo.resolved", "alarm.firing"].map(|name| format!("telemetry.{name}"));
    let hear = said.clone();
    let attached = attach_many("ops-alerts", events, move |event| {
        let text = |key| event.metadata(key).map(|text| text.to_string());
        let of = text("slo").or_else(|| text("alarm")).unwrap_or_default();
        let (severity, long) = (text("severity"), text("long"));
        let one = (
            Instant::now(),
            event.name(),
            of,
            severity.unwrap_or_default(),
            long.unwrap_or_default(),
        );
        hear.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(one);
    });
    (said, attached.expect("a handler").guard())
}

/// Which alert: its name, of what, and its long window.
fn key(told: &Told) -> [String; 3] {
    ["alertname", "slo", "long"].map(|label| told.label(label).to_owned())
}

async fn until<T>(deadline: Instant, what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "too late: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs installed Prometheus and Alertmanager; .ci/run installs them and runs this"]
async fn under_chaos_the_right_alerts_reach_somebody_in_time_and_are_taken_back() {
    let config = config();
    let demo = TestDemo::with(config.clone()).await;
    let began = Instant::now();
    let (said, _attached) = listen();
    let watched = Alerting::of(&config, demo.address()).await;
    let (breaks, heals) = (began + QUIET, began + QUIET + BROKEN);
    assert!(Instant::now() < breaks, "Prometheus took too long to start");

    // The right alert arrives, in time, from both.
    for (name, bad) in BROKEN_ONES {
        let objective = objective(name);
        let fast = telemetry_slo::span_text(objective.alerts().alerts()[0].long);
        let wanted = ["SloBurnsFast", name, &fast];
        let deadline = breaks + fires_within(&objective, bad);
        let told = until(deadline, name, async || {
            let told = watched.pager.told();
            told.into_iter().find(|one| key(one) == wanted)
        })
        .await;
        assert!(told.is_firing && told.at > breaks - INTERVAL, "{told:?}");
        assert_eq!(told.label("severity"), "page");
        let runbook = &told.alert["annotations"]["runbook_url"];
        assert_eq!(runbook, "docs/runbooks/slo-burns-fast.md");
        let fired = until(deadline, name, async || {
            let said = said.lock().unwrap_or_else(PoisonError::into_inner).clone();
            said.into_iter().find(|(_, event, of, severity, long)| {
                *event == "telemetry.slo.firing"
                    && of == name
                    && severity == "page"
                    && *long == fast
            })
        })
        .await;
        assert!(fired.0 > breaks - INTERVAL, "{fired:?}");
        let report = demo.slo().report();
        let report = report.objective(name).expect(name);
        assert_eq!(report.severity(), Some(Severity::Page), "{report:?}");
    }

    // It is taken back, by both.
    for (name, _) in BROKEN_ONES {
        let deadline = heals + is_over_within(&objective(name));
        until(deadline, name, async || {
            let pages = format!("ALERTS{{severity=\"page\",slo=\"{name}\"}}");
            let fires = watched.prometheus.query(&pages).await.is_some();
            let last: BTreeMap<_, _> = watched
                .pager
                .told()
                .into_iter()
                .filter(|one| one.label("slo") == name && one.label("severity") == "page")
                .map(|one| (key(&one), one.is_firing))
                .collect();
            let is_told = !last.is_empty() && last.values().all(|is_firing| !is_firing);
            let report = demo.slo().report();
            let severity = report.objective(name).expect(name).severity();
            (!fires && is_told && severity != Some(Severity::Page)).then_some(())
        })
        .await;
    }

    // Nothing else has fired, here or there.
    let right = BROKEN_ONES.map(|(name, _)| name.to_owned());
    let fired = watched
        .prometheus
        .series("count by (alertname, slo) (max_over_time(ALERTS{alertstate=\"firing\"}[5m]))")
        .await;
    let fired: BTreeSet<Vec<String>> = fired
        .into_iter()
        .map(|(labels, _)| labels.into_iter().map(|(_, value)| value).collect())
        .collect();
    for alert in &fired {
        assert!(alert.len() == 2 && right.contains(&alert[1]), "{fired:?}");
    }
    for told in watched.pager.told() {
        assert!(right.contains(&key(&told)[1]), "{told:?}");
        assert!(told.at > breaks - INTERVAL, "{told:?}");
    }
    let said = said.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for one in &said {
        assert!(
            right.contains(&one.2) && one.0 > breaks - INTERVAL,
            "{one:?}"
        );
    }
    assert!(said.iter().any(|one| one.1 == "telemetry.slo.resolved"));
}
