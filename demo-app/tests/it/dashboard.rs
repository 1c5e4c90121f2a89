//! The dashboard as the demo has it.

use std::time::Instant;

use demo_app::Config;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{DEADLINE, TestDemo, eventually, http};

/// What a figure shows on a page, by its label: a number, with or without a unit.
fn figure(page: &Value, label: &str) -> Option<f64> {
    let sections = page["sections"].as_array()?.iter();
    let cards = sections.filter_map(|section| section["cards"].as_array());
    let figures = cards
        .flatten()
        .filter_map(|card| card["figures"].as_array());
    let figure = figures.flatten().find(|figure| figure["label"] == label)?;
    let value = &figure["value"];
    value.as_f64().or_else(|| value["n"].as_f64())
}

async fn page(demo: &TestDemo, path: &str) -> Value {
    let reply = http::get_by_1_1(demo.address(), &format!("/dashboard/api/{path}")).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    serde_json::from_str(&reply.body).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_landing_page_leads_to_it_and_it_shows_what_was_asked_for() {
    let demo = TestDemo::start().await;
    assert!(demo.get("/").await.body.contains("href=\"/dashboard\""));
    for path in ["/dashboard", "/dashboard/"] {
        let reply = http::get_by_1_1(demo.address(), path).await;
        assert!(
            (301..=308).contains(&reply.status),
            "{path}: {}",
            reply.status
        );
    }
    let shell = http::get_by_1_1(demo.address(), "/dashboard/overview").await;
    assert_eq!(shell.status, 200);
    assert!(shell.head.contains("default-src 'self'"), "{}", shell.head);
    for _ in 0..3 {
        demo.get("/users-fast").await;
    }
    let definitions = demo.aggregator().definitions().iter();
    let mut names = definitions.map(|definition| definition.name());
    let id = names
        .position(|name| name == "demo.endpoint.stop.count")
        .expect("it");
    let chart = format!("metrics?show={id}");
    let total = || async { figure(&page(&demo, &chart).await, "since start") };
    let total = eventually(total, |total| *total >= Some(4.0)).await;
    // The landing page, too; but what is asked of the dashboard itself is not counted.
    assert_eq!(total, Some(4.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_answers_and_says_what_there_is() {
    let demo = TestDemo::start().await;
    demo.get("/users-slow").await;
    for path in [
        "overview", "metrics", "events", "traces", "runtime", "handlers", "health",
    ] {
        let page = page(&demo, path).await;
        let sections = page["sections"].as_array().expect("sections");
        assert!(!sections.is_empty(), "{path}");
        for section in sections {
            let cards = section["cards"].as_array().expect("cards");
            assert!(
                !cards.is_empty() || section["id"] == "n-plus-one",
                "{path}: {section}"
            );
        }
    }
}

#[tokio::test]
async fn nobody_from_elsewhere_sees_it_unless_there_is_a_token() {
    let demo = TestDemo::start().await;
    let reply = raw(&demo, "Host: example.com\r\n").await;
    assert!(reply.starts_with("HTTP/1.1 403 "), "{reply}");
    let reply = raw(&demo, "Host: localhost\r\nX-Forwarded-For: 192.0.2.1\r\n").await;
    assert!(reply.starts_with("HTTP/1.1 403 "), "{reply}");
    drop(demo);

    let demo = TestDemo::with(Config {
        dashboard_token: Some("a-token-for-this-test".to_owned()),
        ..Config::default()
    })
    .await;
    let reply = raw(&demo, "Host: example.com\r\n").await;
    assert!(reply.starts_with("HTTP/1.1 303 "), "{reply}");
    let known = "Host: example.com\r\nAuthorization: Bearer a-token-for-this-test\r\n";
    let reply = raw(&demo, known).await;
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
}

/// The first line of the answer for the overview, asked for with these headers.
async fn raw(demo: &TestDemo, headers: &str) -> String {
    let request = format!("GET /dashboard/overview HTTP/1.1\r\n{headers}\r\n");
    let mut stream = TcpStream::connect(demo.address()).await.expect("a server");
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut line = String::new();
    let mut answer = BufReader::new(stream);
    let read = timeout(DEADLINE, answer.read_line(&mut line)).await;
    read.expect("in time").expect("text");
    line
}

#[tokio::test(flavor = "multi_thread")]
async fn who_still_watches_does_not_hold_up_the_end() {
    let demo = TestDemo::start().await;
    let mut watching = Vec::new();
    for path in ["overview", "metrics", "health"] {
        let stream = TcpStream::connect(demo.address()).await.expect("a server");
        let mut stream = BufReader::new(stream);
        let request = format!(
            "GET /dashboard/stream?page={path} HTTP/1.1\r\nHost: {}\r\n\r\n",
            demo.address()
        );
        stream.write_all(request.as_bytes()).await.expect("written");
        let mut line = String::new();
        while !line.contains("event: sections") {
            line.clear();
            let read = timeout(DEADLINE, stream.read_line(&mut line)).await;
            assert_ne!(read.expect("in time").expect("text"), 0, "{path}");
        }
        watching.push(stream);
    }
    let begun = Instant::now();
    let report = demo.demo.stop().await;
    assert_eq!(report.complaints(), [""; 0]);
    assert!(begun.elapsed() < demo_app::DRAIN_TIMEOUT / 2);
}

#[tokio::test]
async fn without_memory_there_is_none() {
    let demo = TestDemo::with(Config {
        history_mib: 0,
        ..Config::default()
    })
    .await;
    assert_eq!(demo.get("/dashboard/overview").await.status, 404);
    assert_eq!(http::get(demo.address(), "/").await.status, 200);
}
