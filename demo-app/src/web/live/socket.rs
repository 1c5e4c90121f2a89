//! One WebSocket: what is read from it, handled, and sent to it.
//!
//! - Clicks are handled one at a time, in order, while the socket goes on being read. A few may
//!   wait; who sends more is told to come back later.
//! - Who does not take what is sent, or has not been heard of for two pings, is gone.
//! - Whatever a client sends is bounded: the length of a message, messages that mean nothing,
//!   frames of any kind between two pings.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use axum::extract::ws::{Message, WebSocket};
use telemetry::{Span, SpanContext};
use telemetry_http::{Channel, OTHER_EVENT};
use tokio::time::{Interval, MissedTickBehavior, interval_at, timeout};

use super::click::{Click, Fault};
use super::ending::Ending;
use super::sockets::Seat;
use super::view::{Entry, View};
use crate::catch::caught;

/// No click is longer, in bytes.
const LONGEST: usize = 64;
/// So many clicks may wait.
const WAITING: usize = 16;
/// So many messages may mean nothing.
const STRANGE: usize = 10;
/// So many frames of any kind may come between two pings.
const FRAMES: usize = 1_000;
/// How long a client may take to take what is sent.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a client may take to say goodbye.
const GOODBYE: Duration = Duration::from_millis(250);

/// Serves a socket until it ends.
pub(super) async fn serve(
    mut socket: WebSocket,
    mut seat: Seat,
    channel: Channel,
    ping_every: Duration,
) {
    let mut visit = Visit::new(channel, ping_every);
    let ending = visit.run(&mut socket, &mut seat).await;
    // What is still being handled is cancelled, and the end is told, before the peer hears of it.
    visit.close(ending);
    let goodbye = async {
        if let Some(frame) = ending.frame() {
            socket.send(Message::Close(Some(frame))).await.ok()?;
        }
        // Also sends the answer to a close of the client's.
        while let Some(Ok(_)) = socket.recv().await {}
        Some(())
    };
    let _ = timeout(GOODBYE, goodbye).await;
}

type Handling = Pin<Box<dyn Future<Output = Option<Handled>> + Send>>;

struct Visit {
    channel: Channel,
    view: View,
    /// Clicks that wait; `None` is what is no click.
    waiting: VecDeque<Option<Click>>,
    /// The click that is being handled.
    handling: Option<Handling>,
    pings: Interval,
    /// Frames since the last ping.
    frames: usize,
    /// Pings that nothing has been heard after.
    unheard: usize,
    strange: usize,
}

/// A click that was handled, and where.
struct Handled {
    entry: Entry,
    context: Option<SpanContext>,
}

impl Visit {
    fn new(channel: Channel, ping_every: Duration) -> Self {
        let mut pings = interval_at(tokio::time::Instant::now() + ping_every, ping_every);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            channel,
            view: View::default(),
            waiting: VecDeque::new(),
            handling: None,
            pings,
            frames: 0,
            unheard: 0,
            strange: 0,
        }
    }

    async fn run(&mut self, socket: &mut WebSocket, seat: &mut Seat) -> Ending {
        let mut ended = self.show(socket, seat, None).await;
        while ended.is_ok() {
            ended = tokio::select! {
                () = seat.closing() => Err(Ending::Closing),
                handled = next(&mut self.handling) => self.handled(handled, socket, seat).await,
                message = socket.recv() => self.heard(message),
                _ = self.pings.tick() => self.ping(socket, seat).await,
            };
        }
        ended.err().unwrap_or(Ending::Closing)
    }

    fn heard(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), Ending> {
        self.unheard = 0;
        self.frames += 1;
        if self.frames > FRAMES {
            return Err(Ending::Policy);
        }
        let text = match message {
            Some(Ok(Message::Text(text))) if text.len() <= LONGEST => text,
            Some(Ok(Message::Text(_))) => return Err(Ending::TooLong),
            Some(Ok(Message::Binary(_))) => return Err(Ending::NotText),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Close(_))) => return Err(Ending::Client),
            Some(Err(error)) => return Err(Ending::of(error)),
            None => return Err(Ending::Gone),
        };
        let click = Click::parse(&text);
        self.strange += usize::from(click.is_none());
        if self.strange > STRANGE {
            return Err(Ending::Policy);
        }
        if self.waiting.len() >= WAITING {
            return Err(Ending::Busy);
        }
        self.waiting.push_back(click);
        self.begin();
        Ok(())
    }

    /// Begins to handle the next click, unless one is being handled.
    fn begin(&mut self) {
        if self.handling.is_none()
            && let Some(click) = self.waiting.pop_front()
        {
            let nth = click.map_or(0, |click| self.view.nth(click));
            let event = click.map_or(OTHER_EVENT, Click::name);
            let message = self.channel.message(event);
            self.handling = Some(Box::pin(handle(message, event, click, nth)));
        }
    }

    async fn handled(
        &mut self,
        handled: Option<Handled>,
        socket: &mut WebSocket,
        seat: &mut Seat,
    ) -> Result<(), Ending> {
        self.handling = None;
        // What a panic leaves behind is not to be trusted: the visit is over.
        let Some(Handled { entry, context }) = handled else {
            return Err(Ending::Panicked);
        };
        self.view.handled(entry);
        self.begin();
        self.show(socket, seat, context).await
    }

    /// Renders, as a child of what made it necessary, and sends.
    async fn show(
        &mut self,
        socket: &mut WebSocket,
        seat: &mut Seat,
        context: Option<SpanContext>,
    ) -> Result<(), Ending> {
        let render = || {
            let span = telemetry::completion_span!("demo.live.render");
            let handle = span.handle();
            span.in_scope(|| {
                let html = self.view.fragments().into_string();
                handle.measure("bytes", html.len());
                html
            })
        };
        let html = match context {
            Some(context) => context.in_scope(render),
            None => render(),
        };
        send(socket, seat, Message::Text(html.into())).await?;
        self.channel.sent();
        Ok(())
    }

    async fn ping(&mut self, socket: &mut WebSocket, seat: &mut Seat) -> Result<(), Ending> {
        if self.unheard >= 2 {
            return Err(Ending::Silent);
        }
        self.unheard += 1;
        self.frames = 0;
        send(socket, seat, Message::Ping(Vec::new().into())).await
    }

    fn close(self, ending: Ending) {
        drop(self.handling);
        self.channel.close(ending.reason());
    }
}

/// What the click that is being handled comes to, if one is.
async fn next(handling: &mut Option<Handling>) -> Option<Handled> {
    match handling {
        Some(handling) => handling.await,
        None => std::future::pending().await,
    }
}

/// Handles a click: a message of the channel, which begins a trace, and in it an event of the page.
/// `None` if that panicked.
async fn handle(
    message: Span,
    event: &'static str,
    click: Option<Click>,
    nth: u32,
) -> Option<Handled> {
    let began = Instant::now();
    let context = message.context();
    let work = message.wrap_result(async move {
        let span = telemetry::span!("demo.live.handle_event", { event });
        let handled = span.wrap_result(async move {
            match click {
                Some(click) => click.handle(nth).await,
                None => Err(Fault::Unknown),
            }
        });
        handled.await
    });
    let result = caught(work).await.ok()?;
    Some(Handled {
        entry: Entry {
            click,
            took: began.elapsed(),
            fault: result.err(),
            trace: context.map(|context| context.trace_id()),
        },
        context,
    })
}

async fn send(socket: &mut WebSocket, seat: &mut Seat, message: Message) -> Result<(), Ending> {
    tokio::select! {
        sent = timeout(PATIENCE, socket.send(message)) => match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ending::Gone),
            Err(_) => Err(Ending::Silent),
        },
        () = seat.closing() => Err(Ending::Closing),
    }
}
