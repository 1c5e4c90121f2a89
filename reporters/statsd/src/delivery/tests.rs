use std::collections::VecDeque;

use super::*;

/// A wire that does what it is told.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) at_once: bool,
    pub(crate) sends: VecDeque<Result<(), Trouble>>,
    /// What is pending when it is asked for the nth time.
    pub(crate) refusals: VecDeque<bool>,
    pub(crate) sent: Vec<Vec<u8>>,
    pub(crate) turns: u32,
}

fn refused() -> io::Error {
    io::ErrorKind::ConnectionRefused.into()
}

impl Wire for Told {
    fn begin(&mut self) -> Option<String> {
        None
    }

    fn send(&mut self, datagram: &[u8], _: Instant) -> Result<(), Trouble> {
        self.sends.pop_front().unwrap_or(Ok(()))?;
        self.sent.push(datagram.to_vec());
        Ok(())
    }

    fn refusal(&mut self) -> Option<io::Error> {
        self.refusals.pop_front().unwrap_or(false).then(refused)
    }

    fn refusals(&self) -> Refusals {
        if self.at_once {
            Refusals::OfTheLast
        } else {
            Refusals::OfAny
        }
    }

    fn turn(&mut self) {
        self.turns += 1;
    }

    fn name(&self) -> String {
        "there".into()
    }
}

/// Sends datagrams of two lines each, and yields which were settled.
fn deliver(wire: &mut Told, datagrams: u8) -> (Vec<u8>, Outcome<u8>) {
    deliver_by(wire, datagrams, Instant::now() + Duration::from_secs(10))
}

fn deliver_by(wire: &mut Told, datagrams: u8, deadline: Instant) -> (Vec<u8>, Outcome<u8>) {
    let mut delivery = Delivery::new(wire, deadline, false);
    for mark in 1..=datagrams {
        let mut claims = vec![Claim {
            token: mark,
            count: 1,
        }];
        delivery.datagram(&[mark], Load::lines(2), &mut claims);
        assert!(claims.is_empty());
    }
    let outcome = delivery.finish();
    (
        outcome.settled.iter().map(|claim| claim.token).collect(),
        outcome,
    )
}

fn lines(outcome: &Outcome<u8>) -> (u64, u64) {
    (outcome.sent, outcome.failed)
}

#[test]
fn what_was_not_refused_is_settled_at_the_end() {
    for at_once in [true, false] {
        let mut wire = Told {
            at_once,
            ..Told::default()
        };
        let (settled, outcome) = deliver(&mut wire, 3);
        assert_eq!(settled, [1, 2, 3]);
        assert_eq!(lines(&outcome), (6, 0));
        assert_eq!((outcome.why, wire.turns), (None, 0));
    }
}

#[test]
fn by_loopback_a_refusal_is_about_the_datagram_before() {
    // Asked before the second: clean; before the third: refused.
    let refusals = [false, true].into();
    let mut wire = Told {
        at_once: true,
        refusals,
        ..Told::default()
    };
    let (settled, outcome) = deliver(&mut wire, 4);
    assert_eq!(settled, [1]);
    assert_eq!(lines(&outcome), (2, 6));
    assert_eq!(wire.sent, [[1], [2]], "a refusal ends the flush");
    assert_eq!(wire.turns, 1);
}

#[test]
fn by_a_network_a_refusal_is_about_any_of_them() {
    let mut wire = Told {
        refusals: [false, true].into(),
        ..Told::default()
    };
    let (settled, outcome) = deliver(&mut wire, 4);
    assert_eq!(settled, []);
    assert_eq!(lines(&outcome), (0, 8));
}

#[test]
fn a_send_that_is_refused_was_not_sent_and_neither_was_the_one_before() {
    let sends = [Ok(()), Ok(()), Err(Trouble::Refused(refused()))].into();
    let mut wire = Told {
        at_once: true,
        sends,
        ..Told::default()
    };
    let (settled, outcome) = deliver(&mut wire, 4);
    assert_eq!(settled, [1]);
    assert_eq!(lines(&outcome), (2, 6));
    assert!(outcome.why.unwrap().starts_with("there refused: "));
}

#[test]
fn the_last_datagram_is_waited_for() {
    for at_once in [true, false] {
        // Clean at first, and refused after a moment.
        let mut wire = Told {
            at_once,
            refusals: [false, true].into(),
            ..Told::default()
        };
        let (settled, outcome) = deliver(&mut wire, 1);
        assert_eq!(settled, []);
        assert_eq!(lines(&outcome), (0, 2));
    }
}

#[test]
fn one_that_cannot_be_sent_does_not_keep_the_others_back() {
    let failed = || Err(Trouble::Failed(io::Error::other("too long")));
    for at_once in [true, false] {
        let sends = [failed(), Ok(()), failed(), Ok(())].into();
        let mut wire = Told {
            at_once,
            sends,
            ..Told::default()
        };
        let (settled, outcome) = deliver(&mut wire, 4);
        assert_eq!(settled, [2, 4]);
        assert_eq!(lines(&outcome), (4, 4));
        assert_eq!(
            outcome.why.unwrap(),
            "cannot send 1 bytes to there: too long"
        );
    }
}

#[test]
fn what_there_is_no_time_for_stays() {
    let mut wire = Told::default();
    let (settled, outcome) = deliver_by(&mut wire, 2, Instant::now());
    assert_eq!((settled, lines(&outcome)), (vec![], (0, 4)));
    assert!(wire.sent.is_empty());

    let sends = [Ok(()), Err(Trouble::Stop("full".into()))].into();
    let mut wire = Told {
        sends,
        ..Told::default()
    };
    let (settled, outcome) = deliver(&mut wire, 3);
    assert_eq!(settled, [1], "what was sent was sent");
    assert_eq!(lines(&outcome), (2, 4));
    assert_eq!(outcome.why.unwrap(), "full");
}

#[test]
fn what_is_given_up_is_taken_even_if_nothing_can_be_sent() {
    let sends = [Err(Trouble::Stop("away".into()))].into();
    let mut wire = Told {
        sends,
        ..Told::default()
    };
    let mut delivery = Delivery::new(&mut wire, Instant::now() + WAIT_LATE, false);
    delivery.datagram(
        b"x",
        Load::lines(1),
        &mut vec![Claim { token: 1, count: 1 }],
    );
    delivery.give_up(
        GivenUp::NotFinite,
        1,
        &mut vec![Claim { token: 2, count: 1 }],
    );
    let outcome = delivery.finish();
    assert_eq!(outcome.settled, [Claim { token: 2, count: 1 }]);
    assert_eq!((outcome.failed, outcome.dropped), (1, 1));
}
