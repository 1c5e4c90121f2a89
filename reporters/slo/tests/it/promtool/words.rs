//! What the alerts say.

use telemetry_slo::{Alarm, Objective, Policy, Severity};

use super::cases::{Case, assert_cases};
use super::source::{GOOD, ODD, UP, VALID, builder, name, site};

/// One pair of windows, so that one alert fires.
fn once() -> Objective {
    let first = Policy::standard().alerts()[0];
    site()
        .policy(Policy::new([first]))
        .label("team", "web")
        .description("Pages are {{answered}}.")
}

#[test]
#[ignore = "needs promtool"]
fn an_alert_says_how_bad_it_is_and_where_to_go_on() {
    let rules = builder(&[once()])
        .alarms(&[
            Alarm::memory("app.memory", 512 << 20),
            Alarm::channel_depth("app.depth", "app.capacity").severity(Severity::Page),
            Alarm::panics("app.panic.count"),
        ])
        .runbooks("https://example.com/runbooks/")
        .dashboard("https://example.com/d/slo")
        .build(name)
        .unwrap();
    let burns = "\
- exp_labels: {slo: site, team: web, severity: page, short: 5m, long: 1h}
  exp_annotations:
    summary: 'site: the error budget burns more than 14.4 times as fast as it may'
    description: 'Pages are {{answered}}. 20% was bad in the last 5m, and more than 1.44 % in the last 1h; \
0.1 % is allowed over 30d. At 14.4 times that, the whole budget is gone within 2d 2h.'
    runbook_url: https://example.com/runbooks/slo-burns-fast.md
    dashboard_url: https://example.com/d/slo";
    let memory = "\
- exp_labels: {severity: page, job: shop, instance: a, definition: app.memory}
  exp_annotations:
    summary: The process has nearly all the memory that it may have
    description: 'app.memory is 768MiB, and 512MiB is the limit. Of: instance=a job=shop'
    runbook_url: https://example.com/runbooks/memory-high.md
    dashboard_url: https://example.com/d/slo";
    let channel = "\
- exp_labels: {severity: page, job: shop, name: mails, definition: app.depth}
  exp_annotations:
    summary: 'A channel is nearly full: whoever sends will soon wait, or lose what is sent'
    description: 'app.depth is 95% of app.capacity, and 80 % is the limit. Of: job=shop name=mails'
    runbook_url: https://example.com/runbooks/channel-full.md
    dashboard_url: https://example.com/d/slo";
    let panics = "\
- exp_labels: {severity: ticket, job: shop, location: 'x.rs:1', definition: app.panic.count}
  exp_annotations:
    summary: Something panicked
    description: 'app.panic.count rose by 3 within 10m, and 0 is the limit. Of: job=shop location=x.rs:1'
    runbook_url: https://example.com/runbooks/panics.md
    dashboard_url: https://example.com/d/slo";
    let case = Case::every("15s")
        .series(UP, "1x400")
        .series(VALID, "0+100x400")
        .series(GOOD, "0+80x400")
        .series(
            "app_memory_bytes{job=\"shop\", instance=\"a\"}",
            "805306368x400",
        )
        .series("app_depth{job=\"shop\", name=\"mails\"}", "95x400")
        .series("app_capacity{job=\"shop\", name=\"mails\"}", "100x400")
        .series(
            "app_panic_count_total{job=\"shop\", location=\"x.rs:1\"}",
            "_x230 3x400",
        )
        .words("1h", "SloBurnsFast", burns)
        .words("1h", "MemoryHigh", memory)
        .words("1h", "ChannelFull", channel)
        .words("1h", "Panics", panics);
    assert_cases(&rules, "30s", &[case]);
}

#[test]
#[ignore = "needs promtool"]
fn the_slowest_pair_burns_faster_than_it_may() {
    let last = Policy::standard().alerts()[3];
    let rules = builder(&[site().policy(Policy::new([last]))]).build(name);
    let slowly = "\
- exp_labels: {slo: site, severity: ticket, short: 6h, long: 3d}
  exp_annotations:
    summary: 'site: the error budget burns faster than it may'
    description: '20% was bad in the last 6h, and more than 0.1 % in the last 3d; 0.1 % is allowed over \
30d. At just that, the whole budget is gone within 30d.'";
    let case = Case::every("15s")
        .series(UP, "1x400")
        .series(VALID, "0+100x400")
        .series(GOOD, "0+80x400")
        .words("1h", "SloBurnsSlowly", slowly);
    assert_cases(&rules.unwrap(), "30s", &[case]);
}

#[test]
#[ignore = "needs promtool"]
fn what_is_missing_says_what_it_is_not() {
    let rules = builder(&[once()]).build(name).unwrap();
    let no_data = "\
- exp_labels: {slo: site, team: web, severity: page, job: shop}
  exp_annotations:
    summary: 'site: nothing is known of this objective'
    description: 'Pages are {{answered}}. There has been no series of it for 10m: that is not \"no traffic\", \
which would be zeros. As long as this lasts, no other alert of this objective can fire.'";
    let down = "\
- exp_labels: {severity: page, job: shop}
  exp_annotations:
    summary: 'shop: no instance answers'
    description: 'Prometheus cannot scrape a single instance of shop. Either all of them are down, or the way \
to them is.'
- exp_labels: {severity: ticket, job: shop, instance: a}
  exp_annotations:
    summary: 'shop: a does not answer'
    description: 'Prometheus cannot scrape a of shop. What it counted until its last scrape is known; what it \
counts now is in no number.'";
    let case = Case::every("15s")
        .series(UP, "0x400")
        .words("20m", "SloNoData", no_data)
        .words("20m", "InstanceDown", down);
    assert_cases(&rules, "30s", &[case]);
}

#[test]
#[ignore = "needs promtool"]
fn text_of_others_comes_out_as_it_went_in() {
    let rules = builder(&[site().label("team", ODD)])
        .alarms(&[Alarm::memory("app.memory", 1)
            .summary(ODD)
            .label("team", ODD)])
        .dashboard(ODD)
        .build(name)
        .unwrap();
    // JSON is YAML, and written by nobody of ours.
    let odd = ODD
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('\t', "\\t")
        .replace('\u{1}', "\\u0001")
        .replace('\u{2028}', "\\u2028");
    let no_data = format!(
        "- exp_labels: {{slo: site, team: \"{odd}\", severity: page, job: shop}}
  exp_annotations:
    summary: 'site: nothing is known of this objective'
    description: 'There has been no series of it for 10m: that is not \"no traffic\", which would be \
zeros. As long as this lasts, no other alert of this objective can fire.'
    dashboard_url: \"{odd}\""
    );
    let memory = format!(
        "- exp_labels: {{severity: page, team: \"{odd}\", job: shop, definition: app.memory}}
  exp_annotations:
    summary: \"{odd}\"
    description: 'app.memory is 2B, and 1B is the limit. Of: job=shop'
    dashboard_url: \"{odd}\""
    );
    let case = Case::every("15s")
        .series(UP, "1x400")
        .series("app_memory_bytes{job=\"shop\"}", "2x400")
        .words("20m", "SloNoData", no_data)
        .words("20m", "MemoryHigh", memory);
    assert_cases(&rules, "30s", &[case]);
}
