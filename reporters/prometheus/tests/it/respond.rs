//! From a request to an answer, without a server.

use http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
    HeaderName, VARY, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderValue, Method, Response};
use telemetry::execute;
use telemetry_metrics::counter;
use telemetry_prometheus::{CONTENT_TYPE as TEXT, Format, Prometheus};

use crate::support::{reporter, start};
use crate::{open, strict};

type Headers<'h> = &'h [(HeaderName, &'h str)];

fn ask(prometheus: &Prometheus, method: &Method, headers: Headers<'_>) -> Response<Vec<u8>> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    prometheus.respond(method, &map)
}

fn header(response: &Response<Vec<u8>>, name: HeaderName) -> &str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

fn text(response: &Response<Vec<u8>>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

fn unzip(body: &[u8]) -> String {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(body), &mut text).unwrap();
    text
}

#[test]
fn the_format_is_what_was_asked_for() {
    let aggregator = start([counter("prom_respond.format.count")]);
    let prometheus = reporter(&aggregator);
    execute!("prom_respond.format");
    let open = Format::OpenMetrics.content_type();
    for (accept, content_type) in [
        ("", TEXT),
        ("*/*", TEXT),
        (
            "application/openmetrics-text; version=1.0.0, text/plain;q=0.5",
            open,
        ),
        ("\u{e9}, application/openmetrics-text", TEXT),
    ] {
        let response = ask(&prometheus, &Method::GET, &[(ACCEPT, accept)]);
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, CONTENT_TYPE), content_type, "{accept}");
        assert_eq!(header(&response, VARY), "Accept, Accept-Encoding");
        assert_eq!(header(&response, CONTENT_ENCODING), "");
        let length = response.body().len().to_string();
        assert_eq!(header(&response, CONTENT_LENGTH), length);
        let line = "\nprom_respond_format_count_total 1\n";
        assert!(text(&response).contains(line), "{accept}");
        if content_type == open {
            open::parse(text(&response)).unwrap();
        } else {
            strict::parse(text(&response)).unwrap();
        }
    }
    let several = [
        (ACCEPT, "text/html"),
        (ACCEPT, "application/openmetrics-text"),
    ];
    let response = ask(&prometheus, &Method::GET, &several);
    assert_eq!(
        header(&response, CONTENT_TYPE),
        open,
        "lists in several headers are one"
    );
}

#[test]
fn the_body_is_compressed_for_those_who_allow_it() {
    let aggregator = start([counter("prom_respond.gzip.count").tags(["n"])]);
    let prometheus = reporter(&aggregator);
    for n in 0..100 {
        execute!("prom_respond.gzip", {}, { n });
    }
    let plain = ask(&prometheus, &Method::GET, &[]);
    let zipped = ask(
        &prometheus,
        &Method::GET,
        &[(ACCEPT_ENCODING, "br, gzip;q=0.8")],
    );
    assert_eq!(header(&zipped, CONTENT_ENCODING), "gzip");
    assert_eq!(header(&zipped, CONTENT_TYPE), TEXT);
    assert_eq!(
        header(&zipped, CONTENT_LENGTH),
        zipped.body().len().to_string()
    );
    assert!(zipped.body().len() * 5 < plain.body().len());
    // The count of scrapes differs.
    let others = |text: &str| text.lines().filter(|line| !line.contains("sent")).count();
    assert_eq!(others(&unzip(zipped.body())), others(text(&plain)));
    strict::parse(&unzip(zipped.body())).unwrap();
    let refused = ask(&prometheus, &Method::GET, &[(ACCEPT_ENCODING, "gzip;q=0")]);
    assert_eq!(header(&refused, CONTENT_ENCODING), "");
}

#[test]
fn head_has_the_headers_of_get_and_no_body() {
    let aggregator = start([counter("prom_respond.head.count")]);
    let prometheus = reporter(&aggregator);
    for encoding in ["identity", "gzip"] {
        // The count of scrapes has as many digits in both.
        let headers = [(ACCEPT_ENCODING, encoding)];
        let get = ask(&prometheus, &Method::GET, &headers);
        let head = ask(&prometheus, &Method::HEAD, &headers);
        assert_eq!(head.status(), 200);
        assert_eq!(head.body().len(), 0);
        let length = |response| header(response, CONTENT_LENGTH).parse::<i64>().unwrap();
        assert!(
            (length(&head) - length(&get)).abs() <= 8,
            "compressed digits vary"
        );
        for name in [CONTENT_TYPE, CONTENT_ENCODING, VARY] {
            assert_eq!(header(&head, name.clone()), header(&get, name));
        }
    }
}

#[test]
fn other_methods_are_told_which_there_are() {
    let aggregator = start([]);
    let prometheus = reporter(&aggregator);
    let odd = Method::from_bytes(b"BREW").unwrap();
    for method in [
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
        odd,
    ] {
        let response = ask(&prometheus, &method, &[]);
        assert_eq!(response.status(), 405, "{method}");
        assert_eq!(header(&response, ALLOW), "GET, HEAD");
    }
    assert_eq!(aggregator.health()[0].sent, 0);
}

#[test]
fn with_a_token_only_those_who_know_it_see_anything() {
    let aggregator = start([counter("prom_respond.token.count")]);
    let prometheus = Prometheus::builder(&aggregator)
        .bearer_token("Zm9v.bar-_~+/==")
        .build()
        .unwrap();
    let asked = |authorization: Headers<'_>| {
        let response = ask(&prometheus, &Method::GET, authorization);
        let seen = text(&response).contains("prom_respond");
        assert_eq!(seen, response.status() == 200);
        (
            response.status().as_u16(),
            header(&response, WWW_AUTHENTICATE).to_owned(),
        )
    };
    let missing = (401, "Bearer realm=\"metrics\"".to_owned());
    let wrong = (
        401,
        "Bearer realm=\"metrics\", error=\"invalid_token\"".to_owned(),
    );
    assert_eq!(asked(&[]), missing);
    let right = (AUTHORIZATION, "Bearer Zm9v.bar-_~+/==");
    assert_eq!(asked(std::slice::from_ref(&right)), (200, String::new()));
    assert_eq!(asked(&[right.clone(), right]), wrong);
    for odd in [
        "Bearer Zm9v.bar-_~+/=",
        "Basic Zm9v.bar-_~+/==",
        "Bearer",
        "",
        "\u{e9}",
    ] {
        assert_eq!(asked(&[(AUTHORIZATION, odd)]), wrong, "{odd}");
    }
    // Who may not read may not learn what else there is, either.
    assert_eq!(ask(&prometheus, &Method::POST, &[]).status(), 401);
    let health = &aggregator.health()[0];
    assert_eq!((health.sent, health.failed), (1, 8));
    assert!(!format!("{prometheus:?}").contains("Zm9v"));
    let builder = Prometheus::builder(&aggregator).bearer_token("Zm9v");
    assert!(!format!("{builder:?}").contains("Zm9v"));
    assert!(!format!("{builder:?}").contains("90, 109"), "nor as bytes");
}
