//! Which alarms fire, and when.

use super::*;
use crate::alarm::{Alarm, Reading};
use crate::live::alarm::Point;
use crate::report::{AlarmReport, AlertState};

struct Watch {
    engine: Engine,
    now: Duration,
    told: Vec<(u64, Turn, String)>,
}

impl Watch {
    fn new(alarm: Alarm) -> Self {
        Self {
            engine: Engine::new(&[], &[alarm], TICK, &Readings::default()),
            now: Duration::ZERO,
            told: Vec::new(),
        }
    }

    fn tick(&mut self, points: &[Point]) {
        let readings = Readings {
            objectives: Vec::new(),
            alarms: vec![points.to_vec()],
        };
        for happening in self.engine.evaluate(self.now, &readings) {
            let Happening::Alarm(0, change) = happening else {
                panic!("{happening:?}");
            };
            let worst = change.worst.map(|worst| worst.tags[0].1.clone());
            let at = self.now.as_secs();
            self.told.push((at, change.turn, worst.unwrap_or_default()));
        }
        self.now += TICK;
    }

    fn run(&mut self, time: Duration, points: &[Point]) {
        let end = self.now + time;
        while self.now < end {
            self.tick(points);
        }
    }

    fn report(&self) -> AlarmReport {
        let at = std::time::SystemTime::UNIX_EPOCH;
        self.engine.report(at).alarms.remove(0)
    }
}

fn point(series: &str, value: f64) -> Point {
    Point {
        tags: vec![("channel".to_owned(), series.to_owned())],
        value,
        is_old: false,
    }
}

fn old(series: &str, value: f64) -> Point {
    Point {
        is_old: true,
        ..point(series, value)
    }
}

fn channel() -> Alarm {
    Alarm::channel_depth("shop.mailbox.depth", "shop.mailbox.capacity")
}

#[test]
fn a_channel_that_stays_full_fires_after_its_hold_and_resolves_after_its_keep() {
    let mut watch = Watch::new(channel());
    watch.run(MINUTE, &[point("mail", 0.8)]);
    assert_eq!(watch.report().state, AlertState::Inactive, "not above");
    watch.run(2 * MINUTE, &[point("mail", 0.81), point("log", 0.1)]);
    assert_eq!(watch.report().state, AlertState::Pending);
    watch.tick(&[point("mail", 0.9), point("log", 0.95)]);
    assert_eq!(watch.told, [(180, Turn::Fired, "log".to_owned())]);
    let report = watch.report();
    assert_eq!((report.series, report.fired), (1, 1));
    assert_eq!(report.worst.unwrap().value, 0.95);
    watch.told.clear();
    watch.run(2 * MINUTE, &[point("mail", 0.2), point("log", 0.1)]);
    let lasted = Duration::from_secs(65);
    assert_eq!(
        watch.told,
        [(245, Turn::Resolved(lasted), "mail".to_owned())]
    );
}

#[test]
fn series_that_take_turns_do_not_make_up_for_each_other() {
    let mut watch = Watch::new(channel());
    for _ in 0..20 {
        watch.run(MINUTE, &[point("mail", 0.9), point("log", 0.1)]);
        watch.run(MINUTE, &[point("mail", 0.1), point("log", 0.9)]);
    }
    assert_eq!(watch.told, []);
}

#[test]
fn a_series_that_goes_away_is_no_longer_above() {
    let mut watch = Watch::new(channel());
    watch.run(3 * MINUTE, &[point("mail", 0.9)]);
    watch.run(3 * MINUTE, &[]);
    assert_eq!(watch.told.len(), 2);
    assert_eq!(watch.report().state, AlertState::Inactive);
}

#[test]
fn what_is_no_number_is_not_above() {
    let mut watch = Watch::new(channel());
    watch.run(5 * MINUTE, &[point("mail", f64::NAN)]);
    assert_eq!(watch.told, []);
    assert_eq!(watch.report().worst, None);
}

#[test]
fn a_thousand_series_that_are_above_are_one_alarm_of_bounded_size() {
    let mut watch = Watch::new(channel());
    let points: Vec<_> = (0..1_000).map(|n| point(&n.to_string(), 1.0)).collect();
    watch.run(3 * MINUTE, &points);
    assert_eq!(watch.told.len(), 1);
    assert_eq!(watch.report().series, 256);
}

#[test]
fn the_first_panic_fires_at_once_and_ten_minutes_later_it_is_over() {
    let mut watch = Watch::new(Alarm::panics("process.panic.count"));
    watch.run(HOUR, &[]);
    watch.tick(&[point("worker", 1.0)]);
    assert_eq!(watch.told, [(3_600, Turn::Fired, "worker".to_owned())]);
    watch.told.clear();
    watch.run(HOUR, &[point("worker", 1.0)]);
    // Ten minutes, up to a sixtieth, and the keep of a minute.
    let (at, ..) = watch.told[0];
    assert!((4_260..=4_275).contains(&at), "{at}");
    assert_eq!(watch.report().state, AlertState::Inactive);
    assert_eq!(watch.report().worst.unwrap().value, 0.0);
}

#[test]
fn what_rose_long_before_is_no_news_and_what_rose_just_before_is() {
    let mut watch = Watch::new(Alarm::panics("process.panic.count"));
    watch.run(HOUR, &[old("worker", 7.0)]);
    assert_eq!(watch.told, []);
    watch.tick(&[old("worker", 8.0)]);
    assert_eq!(watch.told.len(), 1);
    let mut watch = Watch::new(Alarm::panics("process.panic.count"));
    watch.tick(&[point("worker", 1.0)]);
    assert_eq!(watch.told.len(), 1, "a panic at the start");
}

#[test]
fn a_series_that_appears_later_rose_from_zero_whenever_it_says_it_began() {
    let mut watch = Watch::new(Alarm::series_overflow());
    watch.run(HOUR, &[old("other", 1.0)]);
    // The aggregator has counted since the process began, and shows it when there is something to show.
    watch.tick(&[old("other", 1.0), old("shop.visit.count", 3.0)]);
    assert_eq!(
        watch.told,
        [(3_600, Turn::Fired, "shop.visit.count".to_owned())]
    );
}

#[test]
fn a_counter_that_goes_away_with_its_series_comes_back_from_zero() {
    let mut watch = Watch::new(Alarm::panics("process.panic.count").limit(2.0));
    watch.run(MINUTE, &[point("worker", 2.0)]);
    watch.run(HOUR, &[]);
    watch.run(MINUTE, &[point("worker", 2.0)]);
    assert_eq!(watch.told, []);
    watch.tick(&[point("worker", 3.0)]);
    assert_eq!(watch.told.len(), 1);
    // And one that begins again goes on.
    watch.tick(&[point("worker", 1.0)]);
    assert_eq!(watch.report().worst.unwrap().value, 4.0);
}

#[test]
fn one_failure_of_a_reporter_is_none_and_ten_minutes_of_them_are_one() {
    let mut watch = Watch::new(Alarm::reporter_failures());
    watch.run(MINUTE, &[point("statsd", 0.0)]);
    watch.run(HOUR, &[point("statsd", 40.0)]);
    assert_eq!(watch.told, []);
    let began = watch.now.as_secs();
    for minute in 1..=11 {
        watch.run(MINUTE, &[point("statsd", 40.0 + f64::from(minute))]);
    }
    let (at, turn, _) = &watch.told[0];
    assert_eq!((*at - began, *turn), (600, Turn::Fired));
}

#[test]
fn times_are_scaled_together() {
    let alarm = Alarm::panics("process.panic.count")
        .keep(MINUTE)
        .scaled(0.1);
    assert_eq!(alarm.kept(), Duration::from_secs(6));
    let Reading::Rise { within, .. } = alarm.reading() else {
        panic!();
    };
    assert_eq!(*within, MINUTE);
}

#[test]
fn what_rose_and_went_away_counts_as_long_as_anything_else() {
    let mut watch = Watch::new(Alarm::panics("process.panic.count"));
    watch.run(HOUR, &[]);
    watch.tick(&[point("worker", 1.0)]);
    watch.run(9 * MINUTE, &[]);
    assert_eq!(watch.report().state, AlertState::Firing);
    assert_eq!(watch.report().worst.unwrap().value, 1.0);
    watch.run(4 * MINUTE, &[]);
    assert_eq!(watch.report().state, AlertState::Inactive);
    assert_eq!(watch.report().worst, None, "and is forgotten then");
}
