//! Whatever runtime the program has, or if it has none, nothing panics and nothing waits for ever.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use telemetry_opentelemetry::FlushError;
use tokio::runtime::{Builder, Runtime};

use crate::support::{Receiver, SOON, aggregator, alone, counts, emit, spans_of, spans_to};

fn runtimes() -> [Runtime; 4] {
    let multi = |threads| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(threads).enable_all().build()
    };
    [
        Builder::new_current_thread().enable_all().build(),
        // Without time and network.
        Builder::new_current_thread().build(),
        multi(1),
        multi(4),
    ]
    .map(Result::unwrap)
}

#[test]
fn it_starts_flushes_and_stops_in_async_code() {
    for runtime in runtimes() {
        let _alone = alone();
        let receiver = Receiver::new();
        let aggregator = aggregator([]);
        runtime.block_on(async {
            let otel = spans_to(&receiver.url(), &aggregator).start().unwrap();
            emit(1);
            otel.flush_async(SOON).await.unwrap();
            emit(1);
            otel.flush(SOON).unwrap();
            emit(1);
            otel.stop_async(SOON).await.unwrap();
        });
        assert_eq!(receiver.different(), 3);
    }
}

#[test]
fn it_may_be_dropped_in_async_code() {
    for runtime in runtimes() {
        let _alone = alone();
        let receiver = Receiver::new();
        let aggregator = aggregator([]);
        let url = receiver.url();
        let spawned = runtime.spawn({
            let started = spans_to(&url, &aggregator).start().unwrap();
            async move {
                emit(1);
                drop(started);
            }
        });
        runtime.block_on(spawned).unwrap();
        assert_eq!(receiver.different(), 1);
        // With the runtime, as the future that owns it.
        let owned = spans_to(&url, &aggregator).start().unwrap();
        runtime.spawn(async move {
            std::future::pending::<()>().await;
            drop(owned);
        });
        emit(1);
        drop(runtime);
        assert_eq!(receiver.different(), 2);
    }
}

#[test]
fn a_receiver_on_the_very_thread_that_waits_for_it_is_waited_for_no_longer_than_said() {
    let _alone = alone();
    let aggregator = aggregator([]);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let service = service_fn(|_| async {
                        Ok::<_, std::io::Error>(hyper::Response::new(Full::<Bytes>::default()))
                    });
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        let otel = spans_to(&url, &aggregator).start().unwrap();
        emit(1);
        let blocked = otel.flush(Duration::from_millis(100));
        assert_eq!(blocked, Err(FlushError::Timeout));
        // Without blocking it works, of course.
        otel.flush_async(SOON).await.unwrap();
        assert_eq!(counts(&spans_of(&aggregator)), (1, 0));
        drop(otel);
    });
}

#[test]
fn two_reporters_do_not_know_of_each_other() {
    let _alone = alone();
    let (one, two) = (Receiver::new(), Receiver::new());
    let aggregator = aggregator([]);
    let first = spans_to(&one.url(), &aggregator).start().unwrap();
    let second = spans_to(&two.url(), &aggregator).start().unwrap();
    emit(3);
    first.stop(SOON).unwrap();
    emit(4);
    second.stop(SOON).unwrap();
    assert_eq!(one.different(), 3);
    assert_eq!(two.different(), 7);
    let names: Vec<_> = aggregator
        .health()
        .into_iter()
        .map(|report| report.reporter)
        .collect();
    assert_eq!(names, ["otlp-traces", "otlp-traces-2"]);
}
