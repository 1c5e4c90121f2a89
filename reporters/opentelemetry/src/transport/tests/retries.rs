//! What is tried again, when, and for how long.

use super::receiver::{Receiver, Step, answer, ok};
use super::*;

/// Two requests: the first fails as the script says, the second succeeds.
async fn once_more_after(step: Step) -> String {
    let receiver = Receiver::start(vec![step]).await;
    let (delivery, failures) = deliver(&client(target_at(receiver.address))).await;
    assert_eq!(delivery, whole());
    assert_eq!(receiver.seen().len(), 2);
    assert!(receiver.seen().iter().all(|seen| seen.body == MESSAGE));
    assert_eq!(failures.len(), 1, "{failures:?}");
    failures[0].clone()
}

#[tokio::test]
async fn passing_trouble_of_the_receiver_is_waited_for() {
    for code in ["429", "502", "503", "504"] {
        let status = format!("{code} Busy");
        let why = once_more_after(Step::Say(answer(&status, &[], b"tired"))).await;
        assert_says(&why, &["127.0.0.1", code, "tired"]);
    }
}

#[tokio::test]
async fn a_connection_that_breaks_before_an_answer_is_made_anew() {
    let why = once_more_after(Step::SayAndClose(vec![])).await;
    assert_says(&why, &["127.0.0.1", "broke"]);
    let why = once_more_after(Step::SayAndClose(b"HTTP/1.1 200 OK\r\ncont".to_vec())).await;
    assert_says(&why, &["127.0.0.1", "broke"]);
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_is_asked_again() {
    let receiver = Receiver::start(vec![Step::SayAndStop(vec![])]).await;
    let mut target = target_at(receiver.address);
    target.timeout = Duration::from_millis(750);
    let (delivery, failures) = deliver(&client(target)).await;
    assert_eq!(delivery, whole());
    assert_eq!(receiver.connections(), [0, 1]);
    assert_says(&failures[0], &["no answer", "within 750.0ms"]);
}

#[tokio::test]
async fn retry_after_is_kept_to() {
    let busy = answer("503 Busy", &["retry-after: 1"], b"");
    let receiver = Receiver::start(vec![Step::Say(busy)]).await;
    let client = client(target_at(receiver.address));
    let began = Instant::now();
    let (delivery, _) = deliver(&client).await;
    assert_eq!(delivery, whole());
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn whoever_is_in_a_hurry_does_not_wait_for_the_next_attempt() {
    let busy = || Step::Say(answer("503 Busy", &[], b""));
    let receiver = Receiver::start(vec![busy(), busy()]).await;
    // Half a minute each, if nobody hurries.
    let client = client_waiting(target_at(receiver.address), NEVER);
    let hurrying = async {
        loop {
            client.hurry();
            tokio::time::sleep(SHORT).await;
        }
    };
    let began = Instant::now();
    tokio::select! {
        (delivery, _) = deliver_within(&client, NEVER) => assert_eq!(delivery, whole()),
        () = hurrying => {}
    }
    let took = began.elapsed();
    assert!(took < LONG, "{took:?}");
    // But nobody is run over.
    assert!(took >= 2 * super::super::backoff::SHORTEST_WAIT, "{took:?}");
}

#[tokio::test]
async fn a_wait_that_is_longer_than_the_time_left_is_not_begun() {
    for after in [
        "7",
        "86400",
        "99999999999999999999",
        "Fri, 21 Nov 2098 16:00:00 GMT",
    ] {
        let header = format!("retry-after: {after}");
        let busy = answer("429 Too Many Requests", &[&header], b"");
        let receiver = Receiver::start(vec![Step::Say(busy)]).await;
        let client = client(target_at(receiver.address));
        let began = Instant::now();
        let (delivery, failures) = deliver_within(&client, Duration::from_secs(6)).await;
        assert_late(&delivery, &["429"]);
        assert_eq!(failures.len(), 1);
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn the_time_for_all_attempts_is_kept() {
    let receiver = Receiver::start(vec![Step::SayAndStop(vec![])]).await;
    let client = client(target_at(receiver.address));
    let began = Instant::now();
    let (delivery, failures) = deliver_within(&client, Duration::from_millis(200)).await;
    assert_late(&delivery, &["no answer"]);
    assert_eq!(failures.len(), 1);
    assert!(began.elapsed() < LONG / 2);
    // Nothing is begun when there is no time to begin with.
    let (delivery, failures) = deliver_within(&client, Duration::ZERO).await;
    assert_late(&delivery, &["no time left"]);
    assert_eq!((failures.len(), receiver.seen().len()), (0, 1));
}

#[tokio::test]
async fn an_attempt_that_had_no_time_is_not_the_reason() {
    let script = vec![
        Step::Say(answer("503 Busy", &[], b"")),
        Step::SayAndStop(vec![]),
    ];
    let receiver = Receiver::start(script).await;
    let client = client_waiting(target_at(receiver.address), SHORT);
    let (delivery, failures) = deliver_within(&client, Duration::from_secs(1)).await;
    assert_late(&delivery, &["answered 503"]);
    assert_eq!((failures.len(), receiver.seen().len()), (2, 2));
}

#[tokio::test]
async fn endless_times_are_possible() {
    let receiver = Receiver::start(vec![]).await;
    let mut target = target_at(receiver.address);
    target.timeout = Duration::MAX;
    assert_eq!(deliver(&client(target)).await, (whole(), vec![]));
}

#[tokio::test]
async fn a_receiver_that_is_not_there_yet_is_waited_for() {
    // Bound, so that nobody else gets the port; but it does not listen.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let client = client_waiting(target_at(address), Duration::from_millis(20));
    let (delivery, failures) = deliver_within(&client, Duration::from_secs(1)).await;
    assert_late(&delivery, &["no connection", "127.0.0.1", "refused"]);
    assert!(failures.len() > 1, "{failures:?}");

    let coming = async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        Receiver::on(socket.listen(16).unwrap(), vec![])
    };
    let ((delivery, failures), _receiver) = tokio::join!(deliver(&client), coming);
    assert_eq!(delivery, whole());
    assert!(!failures.is_empty());
}

#[tokio::test]
async fn a_connection_that_was_closed_for_being_idle_costs_nothing() {
    // With this wait, anything but an immediate second attempt would be late.
    let wait = NEVER;
    // Closed in the moment it was used again.
    let receiver = Receiver::start(vec![Step::Say(ok(b"")), Step::SayAndClose(vec![])]).await;
    let client = client_waiting(target_at(receiver.address), wait);
    assert_eq!(deliver(&client).await, (whole(), vec![]));
    assert_eq!(deliver(&client).await, (whole(), vec![]));
    assert_eq!(receiver.connections(), [0, 0, 1]);
    // Closed before.
    let close = || Step::SayAndClose(ok(b""));
    let receiver = Receiver::start((0..20).map(|_| close()).collect()).await;
    let client = client_waiting(target_at(receiver.address), wait);
    for _ in 0..20 {
        assert_eq!(deliver(&client).await, (whole(), vec![]));
    }
    assert_eq!(receiver.seen().len(), 20);
}

#[tokio::test]
async fn a_receiver_that_closes_everything_is_not_asked_without_a_pause() {
    let close = || Step::SayAndClose(vec![]);
    let receiver = Receiver::start((0..20).map(|_| close()).collect()).await;
    let client = client_waiting(target_at(receiver.address), NEVER);
    let (delivery, failures) = deliver(&client).await;
    assert_late(&delivery, &["broke"]);
    assert_eq!((failures.len(), receiver.seen().len()), (1, 1));
    // After an answer once, and once only.
    let script = [Step::Say(ok(b""))].into_iter();
    let script = script.chain((0..20).map(|_| close())).collect();
    let receiver = Receiver::start(script).await;
    let client = client_waiting(target_at(receiver.address), NEVER);
    assert_eq!(deliver(&client).await, (whole(), vec![]));
    let (delivery, failures) = deliver(&client).await;
    assert_late(&delivery, &["broke"]);
    assert_eq!((failures.len(), receiver.seen().len()), (1, 3));
}

#[tokio::test]
async fn a_delivery_may_be_given_up_at_any_time() {
    let receiver = Receiver::start(vec![Step::SayAndStop(vec![])]).await;
    let client = client(target_at(receiver.address));
    let seen = async {
        while receiver.seen().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = deliver(&client) => panic!("there was no answer"),
        () = seen => {}
    }
    assert_eq!(deliver(&client).await, (whole(), vec![]));
}
