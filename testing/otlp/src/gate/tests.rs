//! The gate before a receiver that says `ok` to everybody.

use super::*;

/// What it received, as long as the sender wants to know.
fn receiver() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let received = Arc::<Mutex<Vec<String>>>::default();
    let log = received.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = String::from_utf8(read(&stream).unwrap()).unwrap();
            let body = request.split_once("\r\n\r\n").unwrap().1;
            lock(&log).push(body.to_owned());
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                .unwrap();
        }
    });
    (port, received)
}

struct Sender(TcpStream);

impl Sender {
    fn to(gate: &Gate) -> std::io::Result<Self> {
        TcpStream::connect((Ipv4Addr::LOCALHOST, gate.port)).map(Self)
    }

    /// The status of the answer, if there was one.
    fn send(&mut self, body: &str) -> Option<String> {
        let length = body.len();
        let request = format!("POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{body}");
        self.0.write_all(request.as_bytes()).ok()?;
        let answer = String::from_utf8(read(&self.0)?).unwrap();
        answer.split(' ').nth(1).map(str::to_owned)
    }
}

#[test]
fn an_open_gate_passes_requests_and_answers_on() {
    let (port, received) = receiver();
    let gate = Gate::before_port(port);
    let mut sender = Sender::to(&gate).unwrap();
    for body in ["one", "", &"two".repeat(100_000)] {
        assert_eq!(sender.send(body).as_deref(), Some("200"));
        assert_eq!(lock(&received).pop().as_deref(), Some(body));
    }
    let seen = Seen {
        passed: 3,
        ..Seen::default()
    };
    assert_eq!(gate.seen(), seen);
}

#[test]
fn a_gate_that_vanished_is_not_there_until_it_comes_back() {
    let (port, received) = receiver();
    let gate = Gate::before_port(port);
    for round in 0..3 {
        let mut sender = Sender::to(&gate).unwrap();
        assert!(sender.send("before").is_some());
        gate.vanish();
        gate.vanish();
        assert_eq!(sender.send("cut"), None);
        // A process that is being started has the listener for a moment longer: somebody may connect,
        // and then is cut off, too.
        let late = Sender::to(&gate).ok();
        assert_eq!(late.and_then(|mut sender| sender.send("late")), None);
        assert_eq!(*lock(&received), vec!["before"; round + 1]);
        gate.come_back();
    }
}

#[test]
fn scripted_answers_are_given_first_and_the_receiver_hears_nothing_of_those() {
    let (port, received) = receiver();
    let gate = Gate::before_port(port);
    gate.answer(["HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", ""]);
    let mut sender = Sender::to(&gate).unwrap();
    assert_eq!(sender.send("refused").as_deref(), Some("503"));
    assert_eq!(sender.send("cut"), None);
    let mut sender = Sender::to(&gate).unwrap();
    assert_eq!(sender.send("passed").as_deref(), Some("200"));
    assert_eq!(*lock(&received), ["passed"]);
    let seen = Seen {
        passed: 1,
        answered: 1,
        cut: 1,
        lost: 0,
    };
    assert_eq!(gate.seen(), seen);
}

#[test]
fn an_answer_that_is_lost_is_one_that_the_receiver_gave() {
    let (port, received) = receiver();
    let gate = Gate::before_port(port);
    gate.lose_answers(1);
    assert_eq!(Sender::to(&gate).unwrap().send("first"), None);
    let mut sender = Sender::to(&gate).unwrap();
    assert_eq!(sender.send("second").as_deref(), Some("200"));
    assert_eq!(*lock(&received), ["first", "second"]);
    assert_eq!((gate.seen().lost, gate.seen().passed), (1, 1));
}
