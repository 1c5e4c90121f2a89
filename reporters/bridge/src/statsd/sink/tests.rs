use std::collections::VecDeque;

use super::*;

/// Does what it is told.
#[derive(Default)]
struct Told {
    sent: Vec<String>,
    /// What each look for a refusal finds; nothing from then on.
    refusals: VecDeque<bool>,
    sends: VecDeque<io::ErrorKind>,
    is_far: bool,
    cannot_begin: bool,
}

impl Wire for Told {
    fn begin(&mut self) -> Result<(), String> {
        if self.cannot_begin {
            return Err("no route".into());
        }
        Ok(())
    }

    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        if let Some(error) = self.sends.pop_front() {
            return Err(error.into());
        }
        self.sent
            .push(String::from_utf8(datagram.to_vec()).unwrap());
        Ok(())
    }

    fn refusal(&mut self) -> Option<io::Error> {
        self.refusals
            .pop_front()
            .unwrap_or_default()
            .then(|| io::ErrorKind::ConnectionRefused.into())
    }

    fn refuses_at_once(&self) -> bool {
        !self.is_far
    }

    fn turn(&mut self) {}

    fn name(&self) -> &str {
        "there"
    }
}

const LATER: Duration = Duration::from_secs(60);

fn sink(told: Told, is_plain: bool) -> Sink<Told> {
    let sink = Sink::new(told, 64, is_plain);
    sink.begin(Instant::now() + LATER);
    sink
}

fn emit(sink: &Sink<Told>, ticket: usize, each: bool, line: &str) {
    sink.expect(ticket, each);
    sink.emit(line).unwrap();
}

fn sent(sink: &Sink<Told>) -> Vec<String> {
    sink.lock().wire.sent.clone()
}

#[test]
fn lines_are_packed_and_sent_at_the_end() {
    let sink = sink(Told::default(), true);
    for ticket in 0..3 {
        emit(
            &sink,
            ticket,
            false,
            &format!("some.long.name.{ticket}:1|c"),
        );
    }
    let outcome = sink.end();
    assert_eq!(
        sent(&sink),
        ["some.long.name.0:1|c\nsome.long.name.1:1|c\nsome.long.name.2:1|c",]
    );
    assert_eq!((outcome.sent, outcome.failed, outcome.dropped), (3, 0, 0));
    let tickets: Vec<usize> = outcome.settled.iter().map(|(ticket, _)| *ticket).collect();
    assert_eq!(tickets, [0, 1, 2]);
    assert_eq!(sink.end().sent, 0);
}

#[test]
fn plain_daemons_get_timers_and_gauges_below_zero_in_two_lines() {
    let plain = sink(Told::default(), true);
    emit(&plain, 0, true, "a:-0.5|h|#k:v");
    emit(&plain, 1, false, "b:-3|g");
    emit(&plain, 2, true, "c:1|d");
    assert_eq!(plain.end().sent, 4);
    assert_eq!(sent(&plain), ["a:-0.5|ms|#k:v\nb:0|g\nb:-3|g\nc:1|ms"]);

    let datadog = sink(Told::default(), false);
    emit(&datadog, 0, true, "a:-0.5|h|#k:v");
    emit(&datadog, 1, false, "b:-3|g");
    assert_eq!(datadog.end().sent, 2);
    assert_eq!(sent(&datadog), ["a:-0.5|h|#k:v\nb:-3|g"]);
}

#[test]
fn near_by_a_refusal_is_about_the_datagram_before() {
    // Looked for before the second datagram, the third, and so on.
    let told = Told {
        refusals: [false, true].into(),
        ..Told::default()
    };
    let sink = sink(told, true);
    let line = |n: usize| format!("{}:{n}|c", "x".repeat(50));
    (0..4).for_each(|n| emit(&sink, n, true, &line(n)));
    let outcome = sink.end();
    assert_eq!(sent(&sink), [line(0), line(1)]);
    assert_eq!(outcome.settled, [(0, 1)]);
    assert_eq!((outcome.sent, outcome.failed), (1, 3));
    assert!(outcome.why.unwrap().starts_with("there refused: "));
}

#[test]
fn from_far_away_a_refusal_may_be_about_anything() {
    let told = Told {
        refusals: [false, false, true].into(),
        is_far: true,
        ..Told::default()
    };
    let sink = sink(told, true);
    let line = |n: usize| format!("{}:{n}|c", "x".repeat(50));
    (0..3).for_each(|n| emit(&sink, n, true, &line(n)));
    let outcome = sink.end();
    assert_eq!(outcome.settled, []);
    assert_eq!((outcome.sent, outcome.failed), (0, 3));
}

#[test]
fn numbers_of_one_ticket_are_settled_by_the_datagrams_that_carry_them() {
    let told = Told {
        refusals: [true].into(),
        ..Told::default()
    };
    let sink = sink(told, true);
    sink.expect(7, true);
    (0..20).for_each(|_| assert_eq!(sink.emit("abcdef:1|h").unwrap(), 10));
    // Five lines in a datagram, and the first is refused.
    let outcome = sink.end();
    assert_eq!(outcome.settled, []);
    assert_eq!((outcome.sent, outcome.failed), (0, 20));

    sink.begin(Instant::now() + LATER);
    sink.expect(3, true);
    (0..20).for_each(|_| assert_eq!(sink.emit("abcdef:1|h").unwrap(), 10));
    let outcome = sink.end();
    assert_eq!(outcome.settled.iter().map(|(_, n)| n).sum::<u64>(), 20);
    assert_eq!(outcome.sent, 20);
}

#[test]
fn a_line_that_is_too_long_is_given_up() {
    let sink = sink(Told::default(), true);
    emit(&sink, 0, false, &format!("{}:1|c", "x".repeat(61)));
    emit(&sink, 1, false, "a:1|c");
    let outcome = sink.end();
    assert_eq!((outcome.sent, outcome.dropped), (1, 1));
    let tickets: Vec<usize> = outcome.settled.iter().map(|(ticket, _)| *ticket).collect();
    assert_eq!(tickets, [0, 1]);
}

#[test]
fn what_cannot_be_sent_stays() {
    let error = io::ErrorKind::PermissionDenied;
    let told = Told {
        sends: [error].into(),
        ..Told::default()
    };
    let broken = sink(told, true);
    emit(&broken, 0, false, "a:1|c");
    let outcome = broken.end();
    assert_eq!(
        (outcome.sent, outcome.failed, outcome.settled.len()),
        (0, 1, 0)
    );
    assert!(outcome.why.unwrap().starts_with("cannot send to there: "));

    let nowhere = Told {
        cannot_begin: true,
        ..Told::default()
    };
    let nowhere = sink(nowhere, true);
    assert!(nowhere.is_stuck());
    assert_eq!(nowhere.end().why.unwrap(), "no route");

    let late = sink(Told::default(), true);
    late.begin(Instant::now());
    emit(&late, 0, false, "a:1|c");
    let outcome = late.end();
    assert_eq!((outcome.sent, outcome.failed), (0, 1));
    assert_eq!(outcome.why.unwrap(), "no time was left");
}

#[test]
fn one_datagram_that_cannot_be_sent_does_not_stop_the_others_but_many_do() {
    let line = |n: usize| format!("{}:{n}|c", "x".repeat(50));
    let told = Told {
        sends: [io::ErrorKind::InvalidInput].into(),
        ..Told::default()
    };
    let one = sink(told, true);
    (0..3).for_each(|n| emit(&one, n, false, &line(n)));
    let outcome = one.end();
    assert_eq!((outcome.sent, outcome.failed), (2, 1));
    assert_eq!(sent(&one), [line(1), line(2)]);

    let told = Told {
        sends: [io::ErrorKind::InvalidInput; 10].into(),
        ..Told::default()
    };
    let many = sink(told, true);
    (0..12).for_each(|n| emit(&many, n, false, &line(n)));
    assert!(many.is_stuck());
    let outcome = many.end();
    assert_eq!((outcome.sent, outcome.failed), (0, 12));
}
