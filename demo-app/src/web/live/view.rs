//! What a visitor sees of their socket, rendered here and sent as HTML.
//!
//! Each element has an id; the page's module puts it in the place of the one that has the same.

use std::collections::VecDeque;
use std::time::Duration;

use maud::{Markup, html};
use telemetry::TraceId;
use telemetry_http::OTHER_EVENT;

use super::click::{Click, Fault, STUMBLES_EVERY};

/// So many clicks are listed.
const LISTED: usize = 8;

/// The state of one socket. Nothing in it is of the client's making.
#[derive(Debug, Default)]
pub(super) struct View {
    clicks: [u32; Click::ALL.len()],
    handled: u64,
    last: VecDeque<Entry>,
}

/// A click that was handled.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) click: Option<Click>,
    pub(super) took: Duration,
    pub(super) fault: Option<Fault>,
    pub(super) trace: Option<TraceId>,
}

impl Entry {
    fn name(&self) -> &'static str {
        self.click.map_or(OTHER_EVENT, Click::name)
    }
}

impl View {
    /// How often a button will have been clicked once this click is handled.
    pub(super) fn nth(&self, click: Click) -> u32 {
        self.clicks[click as usize].saturating_add(1)
    }

    pub(super) fn handled(&mut self, entry: Entry) {
        self.handled += 1;
        if let Some(click) = entry.click {
            self.clicks[click as usize] = self.nth(click);
        }
        self.last.truncate(LISTED - 1);
        self.last.push_front(entry);
    }

    /// What changes from click to click.
    pub(super) fn fragments(&self) -> Markup {
        html! {
            @for click in Click::ALL { (self.count(click)) }
            (self.said())
            (self.log())
        }
    }

    /// The whole, as the page has it before there is a socket: the buttons cannot be pressed.
    pub(super) fn page(&self) -> Markup {
        html! {
            #live data-socket="/live/socket" {
                p #live-state role="status" { "Not connected." }
                noscript { p { "The buttons need JavaScript: a module of this site, and no other." } }
                ul.live-buttons {
                    @for click in Click::ALL {
                        li {
                            button type="button" data-event=(click.name()) disabled
                                aria-describedby={ "live-about-" (click.name()) } {
                                span { (title(click)) }
                                (self.count(click))
                            }
                            p id={ "live-about-" (click.name()) } { (about(click)) }
                        }
                    }
                }
                (self.said())
                h2 { "Last clicks" }
                (self.log())
            }
        }
    }

    fn count(&self, click: Click) -> Markup {
        html! {
            span.live-count id={ "live-count-" (click.name()) } { (self.clicks[click as usize]) }
        }
    }

    /// The last result in words; how many there were tells the page how many are still to come.
    fn said(&self) -> Markup {
        html! {
            p #live-said role="status" data-handled=(self.handled) {
                @match self.last.front() {
                    None => { "Nothing clicked yet." }
                    Some(entry) => {
                        (entry.name()) ": "
                        @match entry.fault {
                            None => { "done in " (milliseconds(entry.took)) }
                            Some(fault) => { "failed, " (fault) }
                        }
                    }
                }
            }
        }
    }

    fn log(&self) -> Markup {
        html! {
            ol #live-log {
                @for entry in &self.last {
                    li.live-failed[entry.fault.is_some()] {
                        strong { (entry.name()) }
                        span { (milliseconds(entry.took)) }
                        span { @if entry.fault.is_some() { "error" } @else { "ok" } }
                        @if let Some(trace) = entry.trace { code title="trace id" { (trace) } }
                    }
                }
            }
        }
    }
}

fn title(click: Click) -> &'static str {
    match click {
        Click::Quick => "Quick",
        Click::Steady => "Steady",
        Click::Slow => "Slow",
        Click::Raise => "Raise",
    }
}

fn about(click: Click) -> Markup {
    html! {
        @match click {
            Click::Quick | Click::Slow => { "Takes " (milliseconds(click.delay())) "." }
            Click::Steady => {
                "Takes " (milliseconds(click.delay())) ", and fails every " (STUMBLES_EVERY) "th time."
            }
            Click::Raise => { "Panics. The socket is closed, and the page begins anew." }
        }
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clicks_are_counted_and_only_the_last_are_listed() {
        let mut view = View::default();
        for n in 0..100_u32 {
            view.handled(Entry {
                click: (n % 2 == 0).then_some(Click::Slow),
                took: Duration::from_millis(n.into()),
                fault: (n % 2 == 1).then_some(Fault::Unknown),
                trace: None,
            });
        }
        let html = view.fragments().into_string();
        assert!(html.contains(r#"id="live-count-slow">50<"#), "{html}");
        assert!(html.contains(r#"id="live-count-quick">0<"#), "{html}");
        assert!(html.contains(r#"data-handled="100""#), "{html}");
        assert_eq!(html.matches("<li").count(), LISTED);
        assert!(html.contains("99 ms"), "{html}");
        assert!(!html.contains("91 ms"), "{html}");
    }

    #[test]
    fn what_is_sent_replaces_what_the_page_has() {
        let view = View::default();
        let page = view.page().into_string();
        let sent = view.fragments().into_string();
        let ids = sent.split("id=\"").skip(1).map(|rest| {
            let (id, _) = rest.split_once('"').unwrap();
            id
        });
        let ids: Vec<&str> = ids.collect();
        assert_eq!(ids.len(), Click::ALL.len() + 2);
        for id in ids {
            assert_eq!(page.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
        }
    }
}
