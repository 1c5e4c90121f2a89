//! What people see of the job queue.

use std::time::Duration;

use maud::{Markup, html};

use super::{Denied, LONGEST_LABEL, MOST, PATH};
use crate::web::accounts::Visitor;
use crate::web::pages::{self, ago};
use crate::work::{End, Fault, Finished, Kind, Work};

pub(super) fn page(visitor: &Visitor, work: &Work, denied: Option<Denied>) -> Markup {
    let content = html! {
        p.lead {
            "What takes time is left to a queue. Each attempt at a job is a span of its own, and all \
             of them belong to the trace of the request that asked for the job."
        }
        form.card.wide method="post" action=(PATH) {
            (visitor.csrf_field())
            @if let Some(denied) = denied {
                p.complaint role="alert" { (denied.text()) }
            }
            fieldset {
                legend { "What to do" }
                @for kind in Kind::ALL {
                    label.choice {
                        input type="radio" name="kind" value=(kind.name()) required
                            checked[kind == Kind::ResizeImage];
                        span { strong { (title(kind)) } " " span.quiet { (about(kind)) } }
                    }
                }
            }
            label for="jobs" { "How many, up to " (MOST) }
            input #jobs type="number" name="jobs" value="1" min="1" max=(MOST) required;
            label for="label" { "A name for them, which everybody sees (may be left out)" }
            input #label type="text" name="label" maxlength=(LONGEST_LABEL) dir="auto"
                autocomplete="off";
            button { "Put into the queue" }
        }
        div #jobs-state { (state(work)) }
        p.quiet { a href=(PATH) { "Look again" } }
        script type="module" src="/jobs/jobs.js" {}
    };
    pages::page("Jobs", PATH, &content)
}

/// What changes. Each element with an id is put in the place of the one that has the same.
pub(super) fn state(work: &Work) -> Markup {
    let figures = work.figures();
    html! {
        p #jobs-figures role="status" data-busy[figures.waiting + figures.running > 0] {
            (figures.waiting) " waiting, " (figures.running) " running, room for "
            (figures.limit) " in all"
        }
        (results(&work.results()))
    }
}

fn results(results: &[Finished]) -> Markup {
    html! {
        section #jobs-results aria-labelledby="jobs-last" {
            h2 #jobs-last { "Last attempts" }
            @if results.is_empty() {
                p.quiet { "None yet." }
            } @else {
                ul.log {
                    @for result in results {
                        li {
                            strong { (result.kind.name()) }
                            @if !result.label.is_empty() { bdi { (result.label) } }
                            span { "attempt " (result.attempt) }
                            span { (ended(&result.end)) }
                            span.quiet { (ago(result.age())) }
                            @if let Some(id) = result.trace_id { code title="trace id" { (id) } }
                        }
                    }
                }
            }
        }
    }
}

fn ended(end: &End) -> Markup {
    html! {
        @match end {
            End::Done(result) => { "Done: " (result) }
            End::Again(fault, delay) => {
                (told(*fault)) "; tried again after " (milliseconds(*delay))
            }
            End::GivenUp(fault) => { (told(*fault)) "; given up" }
        }
    }
}

fn told(fault: Fault) -> &'static str {
    match fault {
        Fault::Flaky => "Failed",
        Fault::Database => "The database did not answer",
        Fault::Panic => "Panicked",
        Fault::Timeout => "Took too long",
    }
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::ResizeImage => "Resize an image",
        Kind::SendReport => "Send a report",
        Kind::Flaky => "Something flaky",
        Kind::Crash => "A crash",
    }
}

fn about(kind: Kind) -> &'static str {
    match kind {
        Kind::ResizeImage => "Quickly done.",
        Kind::SendReport => "Asks the database, and takes a second.",
        Kind::Flaky => "Fails now and then, and is tried up to three times.",
        Kind::Crash => "Panics. The worker lives, and the job is given up.",
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

#[cfg(test)]
mod tests {
    use telemetry::SpanContext;

    use super::*;

    #[test]
    fn whatever_a_visitor_calls_a_job_is_text() {
        let trace = SpanContext::new_root().trace_id();
        let label = "</bdi><script>alert('x')</script>".into();
        let end = End::Again(Fault::Flaky, Duration::from_millis(200));
        let finished = Finished::new(Kind::Flaky, label, 1, end, Some(trace));
        let html = results(&[finished]).into_string();
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;script&gt;"), "{html}");
        assert!(html.contains(&trace.to_string()), "{html}");
        assert!(html.contains("tried again after 200 ms"), "{html}");
    }
}
