//! A WebSocket of the live page, as its visitor holds it.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::DEADLINE;

pub(crate) struct Socket(pub(crate) WebSocketStream<TcpStream>);

impl Socket {
    /// Opens one, and waits for what it shows at first.
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let mut socket = Self::ask(address, &[]).await.expect("a socket");
        assert!(socket.html().await.contains("data-handled=\"0\""));
        socket
    }

    pub(crate) async fn ask(
        address: SocketAddr,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Error> {
        let mut request = format!("ws://{address}/live/socket").into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(address).await?;
        let (socket, _) = client_async(request, stream).await?;
        Ok(Self(socket))
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.expect("it is open");
    }

    pub(crate) async fn next(&mut self) -> Option<Result<Message, Error>> {
        let next = timeout(DEADLINE, self.0.next()).await;
        next.expect("something in time")
    }

    pub(crate) async fn html(&mut self) -> String {
        loop {
            match self.next().await {
                Some(Ok(Message::Text(html))) => return html.to_string(),
                Some(Ok(Message::Ping(_))) => {}
                other => panic!("no HTML but {other:?}"),
            }
        }
    }

    /// The code that the server closes with; 0 if it does so without a word.
    pub(crate) async fn code(&mut self) -> u16 {
        loop {
            match self.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(Message::Close(None)) | Err(_)) | None => return 0,
                Some(Ok(_)) => {}
            }
        }
    }

    /// Sends bytes that are no frames, or not to be.
    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        let sent = self.0.get_mut().write_all(bytes).await;
        sent.expect("it is open");
    }
}
