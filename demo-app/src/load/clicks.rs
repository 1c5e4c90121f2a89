//! A visitor of the live page, who clicks its buttons over a WebSocket.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::USER_AGENT;
use super::browser::{self, Browser, PATIENCE};
use super::pace::Stopped;

const ROUTE: &str = "/live/socket";

/// How large a message from the server may be, in bytes.
const LARGEST: usize = 256 * 1024;

/// How long the server may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

type Socket = WebSocketStream<TcpStream>;

/// Opens the socket, clicks a few times, each when the one before is handled, and closes it.
pub(super) async fn click(browser: &Browser, events: &[&'static str]) -> Result<(), Stopped> {
    browser.pace.turn().await?;
    let began = Instant::now();
    let opened = timeout(PATIENCE, open(browser)).await;
    let status = match &opened {
        Ok(Ok(_)) => Some(101),
        Ok(Err(Error::Http(response))) => Some(response.status().as_u16()),
        _ => None,
    };
    browser::told("GET", ROUTE, status, began.elapsed());
    let Ok(Ok(mut socket)) = opened else {
        return Ok(());
    };
    let clicked = browser
        .pace
        .unless_stopped(click_all(browser, &mut socket, events));
    let clicked = clicked.await;
    let goodbye = async {
        socket.close(None).await.ok()?;
        while let Some(Ok(_)) = socket.next().await {}
        Some(())
    };
    let _ = timeout(GOODBYE, goodbye).await;
    match clicked {
        Ok(done) => done,
        Err(stopped) => Err(stopped),
    }
}

async fn open(browser: &Browser) -> Result<Socket, Error> {
    let mut request = format!("ws://{}{ROUTE}", browser.address).into_client_request()?;
    let agent = HeaderValue::from_static(USER_AGENT);
    request.headers_mut().insert(header::USER_AGENT, agent);
    let stream = TcpStream::connect(browser.address).await?;
    let config = WebSocketConfig::default().max_message_size(Some(LARGEST));
    let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    Ok(socket)
}

async fn click_all(
    browser: &Browser,
    socket: &mut Socket,
    events: &[&'static str],
) -> Result<(), Stopped> {
    // What the page looks like at first.
    if seen(socket).await.is_none() {
        return Ok(());
    }
    for event in events {
        browser.pace.turn().await?;
        let sent = socket.send(Message::text(*event)).await;
        if sent.is_err() || seen(socket).await.is_none() {
            return Ok(());
        }
        browser.pace.think(200..=1_000).await?;
    }
    Ok(())
}

/// Waits for HTML. `None` if there will not be any.
async fn seen(socket: &mut Socket) -> Option<()> {
    let text = async {
        loop {
            if let Message::Text(_) = socket.next().await?.ok()? {
                return Some(());
            }
        }
    };
    timeout(PATIENCE, text).await.ok().flatten()
}
