//! Unix sockets: datagrams and streams, daemons that are slow, full, away and back.

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use telemetry::{EventName, execute};
use telemetry_metrics::{Aggregator, counter, summary};
use telemetry_statsd::{FlushError, Format, Statsd, StatsdBuilder};

use crate::sockets::{Place, Reading, accepted, accepted_or_none, bytes, frames, received, total};
use crate::support::{NEVER, SOON, aggregator, close, counts, wait_until};

fn quiet<'a>(aggregator: &'a Aggregator, place: &Place, scheme: &str) -> StatsdBuilder<'a> {
    Statsd::builder(aggregator)
        .address(place.address(scheme))
        .interval(NEVER)
}

fn emit(event: EventName, series: u64) {
    (0..series).for_each(|n| execute!(event, {}, { n: n }));
}

fn failed(result: Result<(), FlushError>) -> String {
    match result {
        Err(FlushError::Failed(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn datagrams_are_as_long_as_an_agent_reads() {
    let place = Place::new();
    let daemon = place.datagrams();
    let aggregator = aggregator([counter("ux.long.count").tags(["n"])]);
    for scheme in ["unix", "unixgram"] {
        let statsd = quiet(&aggregator, &place, scheme).start().unwrap();
        emit(EventName::new("ux.long").unwrap(), 300);
        statsd.flush(SOON).unwrap();
        let sent = received(&daemon);
        assert_eq!(sent.len(), 1);
        assert!((6_000..8_192).contains(&sent[0].len()), "{}", sent[0].len());
        assert_eq!(sent[0].lines().count(), 300);
    }
}

#[test]
fn on_a_stream_datadogs_messages_have_their_length_and_plain_lines_an_end() {
    let place = Place::new();
    let listener = place.streams();
    let aggregator = aggregator([counter("ux.stream.count"), summary("ux.stream.n")]);
    for scheme in ["unix", "unixstream"] {
        let datadog = quiet(&aggregator, &place, scheme)
            .format(Format::Datadog)
            .mtu(64);
        let (datadog, plain) = (
            datadog.start().unwrap(),
            quiet(&aggregator, &place, scheme).start().unwrap(),
        );
        // A reader begins with all that was counted.
        datadog.flush(SOON).unwrap();
        plain.flush(SOON).unwrap();
        let before = [accepted_or_none(&listener), accepted_or_none(&listener)];
        for n in [1, 2] {
            execute!("ux.stream", { n: n });
        }
        datadog.flush(SOON).unwrap();
        let [first, second] = before;
        let of_datadog = first.unwrap_or_else(|| accepted(&listener));
        let (messages, rest) = frames(&bytes(&of_datadog));
        let expected = "ux.stream.count:2|c\nux.stream.n:1:2|h";
        assert_eq!((messages.last().unwrap().as_str(), rest), (expected, 0));
        plain.flush(SOON).unwrap();
        let of_plain = second.unwrap_or_else(|| accepted(&listener));
        let text = String::from_utf8(bytes(&of_plain)).unwrap();
        let expected = "ux.stream.count:2|c\nux.stream.n:1|ms\nux.stream.n:2|ms\n";
        assert!(text.ends_with(expected), "{text}");
    }
}

#[test]
fn a_socket_that_is_not_there_yet_gets_everything_once_it_is() {
    for (scheme, format, event) in [
        ("unixgram", Format::Standard, "ux.late.gram"),
        ("unixstream", Format::Standard, "ux.late.lines"),
        ("unixstream", Format::Datadog, "ux.late.frames"),
        ("unix", Format::Datadog, "ux.late.either"),
    ] {
        let place = Place::new();
        let event = EventName::new(event).unwrap();
        let metric = counter(format!("{event}.count")).tags(["n"]);
        let aggregator = aggregator([metric]);
        let builder = quiet(&aggregator, &place, scheme).format(format).mtu(500);
        let statsd = builder.start().unwrap();
        for attempt in 1..=3 {
            emit(event, 50);
            let why = failed(statsd.flush(SOON));
            assert!(why.starts_with("cannot connect to unix"), "{why}");
            assert_eq!(counts(&aggregator), (0, attempt * 50, 0));
        }
        // A file that is no socket is no socket.
        std::fs::write(place.path(), "").unwrap();
        failed(statsd.flush(SOON));
        let got = if scheme == "unixgram" {
            let daemon = place.datagrams();
            statsd.flush(SOON).unwrap();
            received(&daemon)
        } else {
            let listener = place.streams();
            statsd.flush(SOON).unwrap();
            let sent = bytes(&accepted(&listener));
            match format {
                Format::Datadog => frames(&sent).0,
                _ => vec![String::from_utf8(sent).unwrap()],
            }
        };
        assert_eq!(total(got.iter().map(String::as_str)), 150, "{scheme}");
        assert_eq!(counts(&aggregator).0, 50);
    }
}

#[test]
fn a_daemon_that_is_restarted_between_flushes_gets_each_event_once() {
    for (scheme, format, event) in [
        ("unixgram", Format::Datadog, "ux.again.gram"),
        ("unixstream", Format::Standard, "ux.again.lines"),
        ("unixstream", Format::Datadog, "ux.again.frames"),
    ] {
        let place = Place::new();
        let event = EventName::new(event).unwrap();
        let aggregator = aggregator([counter(format!("{event}.count")).tags(["n"])]);
        let builder = quiet(&aggregator, &place, scheme).format(format).mtu(500);
        let statsd = builder.start().unwrap();
        let mut sum = 0;
        for round in 0..6 {
            emit(event, 40);
            if scheme == "unixgram" {
                let daemon = place.datagrams();
                statsd.flush(SOON).unwrap();
                sum += total(received(&daemon).iter().map(String::as_str));
                close(daemon);
            } else {
                let listener = place.streams();
                statsd.flush(SOON).unwrap();
                let stream = accepted(&listener);
                let sent = bytes(&stream);
                let texts = match format {
                    Format::Datadog => frames(&sent).0,
                    _ => vec![String::from_utf8(sent).unwrap()],
                };
                sum += total(texts.iter().map(String::as_str));
                close((stream, listener));
            }
            if round % 2 == 1 {
                // Away at a flush, too.
                place.clear();
                emit(event, 40);
                failed(statsd.flush(SOON));
            }
        }
        statsd.stop(SOON).unwrap_err();
        // The last 40 were never sent.
        assert_eq!(sum, 6 * 40 + 2 * 40, "{scheme}");
        let (sent, _, dropped) = counts(&aggregator);
        assert_eq!((sent, dropped), (6 * 40, 0));
    }
}

/// Fills a socket that nobody reads, and reads it then.
fn fill(scheme: &str, format: Format, event: &str) {
    let place = Place::new();
    let datagrams = (scheme == "unixgram").then(|| place.datagrams());
    let streams = (scheme == "unixstream").then(|| place.streams());
    let event = EventName::new(event).unwrap();
    let metric = counter(format!("{event}.{}", "x".repeat(150))).tags(["n"]);
    let aggregator = aggregator([metric.event(event.to_string()).max_series(30_000)]);
    let builder = quiet(&aggregator, &place, scheme).format(format);
    let statsd = builder.start().unwrap();
    let series = 20_000;
    emit(event, series);

    let began = Instant::now();
    assert!(statsd.flush(Duration::from_millis(300)).is_err());
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "it waits no longer than it may"
    );
    wait_until("the end of the flush", || counts(&aggregator).1 > 0);
    let (sent, failed, dropped) = counts(&aggregator);
    assert_eq!((sent + failed, dropped), (series, 0));
    assert!(sent > 0 && failed > 0);

    // While the thread waits for room, emitting goes on.
    let reading = streams.map(Reading::new);
    let mut texts = Vec::new();
    std::thread::scope(|scope| {
        let flush = scope.spawn(|| statsd.flush(SOON));
        emit(event, series);
        while !flush.is_finished() {
            texts.extend(datagrams.iter().flat_map(received));
            std::thread::yield_now();
        }
        flush.join().unwrap().unwrap();
    });
    let before = counts(&aggregator).0;
    let flush = std::thread::spawn(move || statsd.stop(SOON));
    while !flush.is_finished() {
        texts.extend(datagrams.iter().flat_map(received));
        std::thread::yield_now();
    }
    flush.join().unwrap().unwrap();
    texts.extend(datagrams.iter().flat_map(received));
    if let Some(reading) = reading {
        let streams = reading.finish();
        assert_eq!(streams.len(), 1, "a full stream is not left");
        if format == Format::Datadog {
            let (messages, rest) = frames(&streams[0]);
            assert_eq!(rest, 0);
            texts.extend(messages);
        } else {
            texts.push(String::from_utf8(streams[0].clone()).unwrap());
        }
    }
    assert_eq!(total(texts.iter().map(String::as_str)), 2 * series);
    let (sent, _, dropped) = counts(&aggregator);
    assert!(sent >= before && dropped == 0);
}

#[test]
fn a_full_socket_of_datagrams_is_waited_for_and_nothing_is_lost() {
    fill("unixgram", Format::Standard, "ux.full.gram");
}

#[test]
fn a_full_stream_of_lines_is_waited_for_and_nothing_is_lost() {
    fill("unixstream", Format::Standard, "ux.full.lines");
}

#[test]
fn a_full_stream_of_messages_is_waited_for_and_nothing_is_lost() {
    fill("unixstream", Format::Datadog, "ux.full.frames");
}

#[test]
fn what_was_begun_on_a_full_stream_and_cannot_be_ended_is_counted() {
    for (format, event) in [
        (Format::Standard, "ux.torn.lines"),
        (Format::Datadog, "ux.torn.frames"),
    ] {
        let place = Place::new();
        let listener = place.streams();
        let event = EventName::new(event).unwrap();
        let metric = counter(format!("{event}.{}", "x".repeat(150))).tags(["n"]);
        let aggregator = aggregator([metric.event(event.to_string()).max_series(30_000)]);
        // Long messages, which do not fit whole or not at all.
        let builder = quiet(&aggregator, &place, "unixstream")
            .format(format)
            .mtu(65_507);
        let statsd = builder.start().unwrap();
        emit(event, 20_000);
        assert!(statsd.flush(Duration::from_millis(200)).is_err());
        wait_until("the end of the flush", || counts(&aggregator).1 > 0);
        let before = statsd.report();
        assert_eq!((before.dropped, before.late), (0, 0));

        // The daemon ends with nearly all of that unread, and somebody else is there.
        let stream = accepted(&listener);
        let mut some = [0; 100];
        let _ = (&stream).read(&mut some).unwrap();
        close((stream, listener));
        let reading = Reading::new(place.streams());
        statsd.flush(SOON).unwrap();
        let report = statsd.report();
        let why = "the system says that not all was read";
        assert_eq!(report.late, before.sent, "{why}");
        assert!((1..400).contains(&report.dropped), "{report:?}");
        let got = reading.finish().concat();
        let texts = match format {
            Format::Datadog => frames(&got).0,
            _ => vec![String::from_utf8(got).unwrap()],
        };
        let got = total(texts.iter().map(String::as_str));
        assert_eq!(got, report.sent - before.sent);
        assert_eq!(report.sent, 20_000, "the rest was sent to the other one");
        let health = &aggregator.health()[0];
        assert_eq!((health.sent, health.dropped), (report.sent, report.dropped));
        assert_eq!(health.failed, report.failed);
    }
}

#[test]
fn a_daemon_that_ends_in_the_middle_of_a_flush_is_told_by_the_system() {
    let place = Place::new();
    let listener = place.streams();
    let metric = counter("ux.middle.count").tags(["n"]);
    let aggregator = aggregator([metric]);
    let statsd = quiet(&aggregator, &place, "unixstream").format(Format::Datadog);
    let statsd = statsd.start().unwrap();
    emit(EventName::new("ux.middle").unwrap(), 10);
    statsd.flush(SOON).unwrap();
    // It ends without having read: known at the next flush, and counted.
    close((accepted(&listener), listener));
    let listener = place.streams();
    emit(EventName::new("ux.middle").unwrap(), 10);
    statsd.flush(SOON).unwrap();
    let report = statsd.report();
    assert_eq!((report.sent, report.late, report.failed), (20, 10, 10));
    let (messages, _) = frames(&bytes(&accepted(&listener)));
    assert_eq!(total(messages.iter().map(String::as_str)), 10);
}

#[test]
fn a_daemon_that_accepts_nobody_does_not_hold_a_flush() {
    let place = Place::new();
    let listener = place.streams();
    let aggregator = aggregator([counter("ux.backlog.count")]);
    rustix::net::listen(&listener, 0).unwrap();
    let taken = UnixStream::connect(place.path()).unwrap();
    let statsd = quiet(&aggregator, &place, "unixstream").start().unwrap();
    execute!("ux.backlog");
    let began = Instant::now();
    // Systems differ in whether one more may wait; nobody may wait for ever.
    let result = statsd.flush(SOON);
    assert!(began.elapsed() < SOON);
    if cfg!(target_os = "linux") {
        let why = failed(result);
        assert!(why.starts_with("cannot connect to unixstream"), "{why}");
        close((accepted(&listener), taken));
        statsd.flush(SOON).unwrap();
        assert_eq!(bytes(&accepted(&listener)), b"ux.backlog.count:1|c\n");
    }
}
