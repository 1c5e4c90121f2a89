//! A server that stops while somebody watches.

use std::future::IntoFuture;
use std::time::Duration;

use axum::Router;
use telemetry_dashboard::Access;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::support::dashboard_with;

const LONG: Duration = Duration::from_secs(30);

/// Reads until this came, or to the end.
async fn read_until(stream: &mut TcpStream, wanted: Option<&str>) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4_096];
    while wanted.is_none_or(|wanted| !text.contains(wanted)) {
        let count = timeout(LONG, stream.read(&mut buffer)).await;
        match count.expect("something comes").unwrap() {
            0 if wanted.is_none() => break,
            0 => panic!("it ended: {text}"),
            count => text.push_str(&String::from_utf8_lossy(&buffer[..count])),
        }
    }
    text
}

#[tokio::test]
async fn a_server_can_stop_once_the_dashboard_is_closed() {
    let dashboard = dashboard_with(|builder| builder.access(Access::host_decides()));
    let app: Router = Router::new().nest_service("/dashboard", dashboard.router());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        let _ = stopped.await;
    });
    let server = tokio::spawn(server.into_future());
    let mut streams = Vec::new();
    for page in ["handlers", "health", "overview"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request =
            format!("GET /dashboard/stream?page={page} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        read_until(&mut stream, Some("event: sections")).await;
        streams.push(stream);
    }
    stop.send(()).unwrap();
    tokio::task::yield_now().await;
    assert!(!server.is_finished(), "it waits for its streams");
    dashboard.close();
    for mut stream in streams {
        let rest = read_until(&mut stream, None).await;
        assert!(
            rest.contains("event: bye\ndata: {\"why\":\"closing\"}"),
            "{rest}"
        );
    }
    timeout(LONG, server)
        .await
        .expect("it stops")
        .unwrap()
        .unwrap();
}
